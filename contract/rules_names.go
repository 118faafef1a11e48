package contract

import (
	"fmt"
	"strconv"
	"strings"
)

// refusedName is a rule about a name that an agent must not have. Each name holds the run's id, so that what a broken
// server accepts can be found and removed.
func refusedName(id, sentence string, body func(r *run) string, want func(p *Probe, x *Exchange)) Rule {
	return Rule{
		ID: id, Sentence: sentence, Source: agentModel, Operations: []string{"createAgent"},
		Needs: Needs{Writes: true},
		Probe: func(p *Probe) {
			a := p.firstAgent()
			x := p.Do(Maintainer, "POST", p.run.agents(), JSON(body(p.run)))
			if a.Agent == nil && a.made.Status() == x.Status() {
				p.give(Inconclusive, fmt.Sprintf("an agent with which nothing is wrong is refused with %d as well", x.Status()))
			}
			want(p, x)
		},
	}
}

// named is a body with a name made of the run's id and what is around it.
func named(before, after string) func(r *run) string {
	return func(r *run) string {
		return fmt.Sprintf(`{"name":%s}`, quotedJSON(before+r.id+after))
	}
}

func literally(body string) func(*run) string { return func(*run) string { return body } }

func refused(p *Probe, x *Exchange) { p.wantRefused(x) }

var (
	nameMissing = refusedName("agent-names/required", "An agent without a name is refused.",
		literally(`{}`), says(400, "name is missing"))
	nameNull = refusedName("agent-names/not-null", "An agent whose name is null is refused.",
		literally(`{"name":null}`), refused)
	nameBlank = refusedName("agent-names/not-blank", "An agent with an empty name is refused.",
		literally(`{"name":""}`), refused)
	nameArray = refusedName("agent-names/is-text", "An agent whose name is an array is refused.",
		literally(`{"name":["contract"]}`), says(400, "name is invalid"))
	nameLong = refusedName("agent-names/at-most-63", "A name of 64 characters is refused.",
		func(r *run) string { return fmt.Sprintf(`{"name":%q}`, pad(r.name("l"), 64)) }, refused)
	nameUpper = refusedName("agent-names/lower-case", "A name with an upper-case letter is refused.",
		named("Contract-", "-upper"), refused)
	nameUnderscore = refusedName("agent-names/no-underscore", "A name with an underscore is refused.",
		named("contract_", "_low"), refused)
	nameDot = refusedName("agent-names/no-dot", "A name with a dot is refused.",
		named("contract.", ".dot"), refused)
	nameSpace = refusedName("agent-names/no-space", "A name with a space is refused.",
		named("contract ", " space"), refused)
	nameLeading = refusedName("agent-names/no-leading-hyphen", "A name that begins with \"-\" is refused.",
		named("-contract-", ""), refused)
	nameTrailing = refusedName("agent-names/no-trailing-hyphen", "A name that ends with \"-\" is refused.",
		named("contract-", "-"), refused)
	nameNewline = refusedName("agent-names/no-newline", "A name that ends with a line break is refused.",
		named("contract-", "\n"), refused)
	nameLetters = refusedName("agent-names/ascii", "A name with a letter beyond ASCII is refused.",
		named("contract-", "-é"), refused)
)

var nameTaken = Rule{
	ID:         "agent-names/unique",
	Sentence:   "A name that another agent of the project has is refused: 400, not 409.",
	Source:     agentModel,
	Operations: []string{"createAgent"},
	Needs:      Needs{Writes: true},
	Probe: func(p *Probe) {
		p.agent()
		p.wantRefused(p.Do(Maintainer, "POST", p.run.agents(), p.run.nameIs("a")))
	},
}

var nameInOtherProject = Rule{
	ID:         "agent-names/unique-per-project",
	Sentence:   "A name that only an agent of another project has is accepted.",
	Source:     agentModel,
	Operations: []string{"createAgent"},
	Needs:      Needs{Writes: true, OtherProject: true},
	Probe: func(p *Probe) {
		p.createElsewhere()
		p.wantTaken(201)
	},
}

// createElsewhere creates an agent in the other project, under the name of one in this.
func (p *Probe) createElsewhere() *Exchange {
	return p.run.fixtures.elsewhere.get(p, func(p *Probe) *Exchange {
		p.otherProject()
		return p.firstWay(p.run.elsewhere(),
			way{rule: "agent-names/unique-per-project", with: []With{p.run.nameIs("a")}},
			way{with: []With{p.run.nameIs("e")}})
	})
}

// otherProject gives the probe up if the other project is this one, named in another way.
func (p *Probe) otherProject() {
	is := p.agent().ConfigProject
	if other := p.run.target.OtherProject; other == strconv.FormatInt(is.ID, 10) || strings.EqualFold(other, is.PathWithNamespace) {
		p.Untested("the other project is the project itself")
	}
}
