package contract

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// fixtures are what several probes need: made by the one that comes first, awaited by the rest.
type fixtures struct {
	list    *Exchange // the project's agents as they were before the run
	deleted *Exchange // the answer to who deletes an agent that is not there; nil if none came, or if the run is read-only

	// The run's agents, by the letters at the end of their names.
	a fixture[*ownAgent] // that no probe changes
	b fixture[*ownAgent] // whose life the lifecycle is
	c fixture[*ownAgent] // that intruders try to change
	d fixture[*ownAgent] // that is there to be listed

	tokens    fixture[*pair]
	shown     fixture[*shownTokens]
	third     fixture[*Exchange]
	elsewhere fixture[*Exchange]
	pages     fixture[[2]*Exchange]
	listed    fixture[*listing]
	wrongly   fixture[*Exchange]
	oddly     fixture[struct{}]
	otherwise fixture[struct{}]
	lifecycle fixture[*lifecycle]
	intruders fixture[*intruders]
}

// fixture is made once.
type fixture[T any] struct {
	once  sync.Once
	value T
	chain int // requests it took, one after the other
	stop  any // how making it ended before its end
}

// get makes the fixture, or waits until it is made. If it could not be made, the probe ends as inconclusive.
func (f *fixture[T]) get(p *Probe, make func(*Probe) T) T {
	f.once.Do(func() {
		own := &Probe{run: p.run, ctx: p.ctx, rule: p.rule, chain: p.run.begun, urgency: 1}
		defer func() {
			f.chain = own.chain
			f.stop = recover()
		}()
		f.value = make(own)
	})
	p.chain = max(p.chain, f.chain)
	if f.stop != nil {
		panic(f.stop)
	}
	return f.value
}

// noAgent and noToken are ids that exist nowhere, though they could.
const (
	noAgent = "9007199254740991"
	noToken = "9007199254740991"
)

// name is the name of an agent of the run.
func (r *run) name(what string) string { return namePrefix + r.id + "-" + what }

// ownAgent and ownToken are what the run made, with the answer it was made with, and the read that followed; made is nil
// for what a read-only run found.
type ownAgent struct {
	*Agent
	made *Exchange
	read *Exchange // nil if there is nothing to read
	why  string    // why it cannot be used; empty if it can
}

// name is the name that was sent, or that a read-only run found.
func (a *ownAgent) name() string {
	if a.made == nil {
		return a.Name
	}
	return a.made.sent("name").value
}

type ownToken struct {
	*Token // nil if it was refused
	made   *Exchange
}

// make makes an agent in the first of several ways that works. What came back has to be surely the run's own: a broken
// server may answer with somebody else's agent, which must not get tokens of ours, nor be deleted.
func (p *Probe) make(ways ...way) *ownAgent {
	a := &ownAgent{made: p.firstWay(p.run.agents(), ways...)}
	if a.Agent = a.made.newAgent(); a.Agent == nil {
		a.why = fmt.Sprintf("no agent could be created: %d", a.made.Status())
		return a
	}
	a.read = p.Do(Maintainer, "GET", p.run.agentPath(a.ID))
	page := a.read
	if len(page.Agents()) == 0 {
		page = p.findAgent(a.ID)
	}
	if page == nil || !slices.ContainsFunc(page.Agents(), func(is Agent) bool { return is.ID == a.ID && p.run.made.own(is.Name) }) {
		a.why = fmt.Sprintf("agent %d, with which a create was answered, is not shown under the name that was sent, and so is left alone", a.ID)
		return a
	}
	p.run.made.confirm(a.ID)
	return a
}

// usable gives the probe up if an agent cannot be used.
func (p *Probe) usable(a *ownAgent) *ownAgent {
	if a.why != "" {
		p.give(Inconclusive, a.why)
	}
	return a
}

// makeToken makes a token in the first of several ways that works. Its Token is nil if none did.
func (p *Probe) makeToken(agent int64, ways ...way) *ownToken {
	t := &ownToken{made: p.firstWay(p.run.tokensOf(agent), ways...)}
	if is := t.made.newToken(); is != nil && (is.AgentID == agent || is.AgentID == 0) {
		t.Token = is // and no other agent's, which would be somebody else's
	}
	return t
}

// nameIs is the body that names an agent of the run.
func (r *run) nameIs(what string) With { return JSON(fmt.Sprintf(`{"name":%q}`, r.name(what))) }

func (r *run) agentPath(agent int64) string { return fmt.Sprintf("%s/%d", r.agents(), agent) }
func (r *run) tokensOf(agent int64) string  { return r.agentPath(agent) + "/tokens" }
func (r *run) tokenPath(agent, token int64) string {
	return fmt.Sprintf("%s/%d", r.tokensOf(agent), token)
}

// agent is an agent that no probe changes: one of the run's own, or in a read-only run one that is there.
func (p *Probe) agent() *ownAgent { return p.usable(p.firstAgent()) }

func (p *Probe) firstAgent() *ownAgent {
	return p.run.fixtures.a.get(p, func(p *Probe) *ownAgent {
		if !p.run.readOnly {
			return p.make(
				way{rule: "parameters/json-with-charset", with: []With{p.run.nameIs("a"), Header("Content-Type", "application/json; charset=utf-8")}},
				way{with: []With{p.run.nameIs("a")}},
			)
		}
		there := p.run.fixtures.list.Agents()
		if len(there) == 0 {
			p.Untested("the run is read-only, and the project has no agent")
		}
		return &ownAgent{Agent: &there[0], read: p.Do(Maintainer, "GET", p.run.agentPath(there[0].ID))}
	})
}

// readable is that agent, if it can be read. Otherwise nothing can be said of reading it in another way.
func (p *Probe) readable() *ownAgent {
	a := p.agent()
	if !a.read.ok(200) {
		p.give(Inconclusive, fmt.Sprintf("reading the agent in the plainest way is answered with %d", a.read.Status()))
	}
	return a
}

// listable gives the probe up if agents cannot be listed in the plainest way.
func (p *Probe) listable() {
	if x := p.run.fixtures.list; !x.ok(200) {
		p.give(Inconclusive, fmt.Sprintf("listing the agents in the plainest way is answered with %d", x.Status()))
	}
}

// What an agent's name may be, and a careless server refuses: as long as can be, with two "-" in a row, with digits at
// both ends.
func (p *Probe) secondAgent() *ownAgent {
	return p.run.fixtures.b.get(p, func(p *Probe) *ownAgent {
		longest := pad(p.run.name("b--"), 63)
		return p.make(
			way{rule: "parameters/form", with: []With{Form("name=" + longest)}},
			way{rule: "agent-names/longest-is-accepted", with: []With{JSON(fmt.Sprintf(`{"name":%q}`, longest))}},
			way{with: []With{p.run.nameIs("b")}},
		)
	})
}

func (p *Probe) thirdAgent() *ownAgent {
	return p.run.fixtures.c.get(p, func(p *Probe) *ownAgent { return p.make(way{with: []With{p.run.nameIs("c")}}) })
}

func (p *Probe) fourthAgent() *ownAgent {
	return p.run.fixtures.d.get(p, func(p *Probe) *ownAgent {
		p.attempt(func(p *Probe) { p.firstAgent() }) // so that the order of ids is not that of names
		name := "0-" + p.run.name("9")
		return p.make(
			way{rule: "parameters/unknown-in-body-are-ignored", with: []With{JSON(fmt.Sprintf(`{"name":%q,"contract":"ignored","project_id":0,"created_by_user_id":0,"is_receptive":true}`, name))}},
			way{rule: "agent-names/digits-at-ends", with: []With{JSON(fmt.Sprintf(`{"name":%q}`, name))}},
			way{with: []With{p.run.nameIs("d")}},
		)
	})
}

// listing is the project's agents, once all that the run makes are there.
type listing struct {
	first *Exchange // the first page, by the plainest request
	page  *Exchange // the page with the agent that no probe changes; nil if there is none
}

func (p *Probe) listed() *listing {
	return p.run.fixtures.listed.get(p, func(p *Probe) *listing {
		if !p.run.readOnly {
			p.Together(
				func(p *Probe) { p.attempt(func(p *Probe) { p.secondAgent() }) },
				func(p *Probe) { p.attempt(func(p *Probe) { p.thirdAgent() }) },
				func(p *Probe) { p.attempt(func(p *Probe) { p.fourthAgent() }) },
			)
		}
		a := p.agent()
		has := func(x *Exchange) bool {
			return slices.ContainsFunc(x.Agents(), func(is Agent) bool { return is.ID == a.ID })
		}
		l := &listing{first: p.Do(Maintainer, "GET", p.run.agents())}
		switch {
		case has(l.first):
			l.page = l.first
		case l.first.ok(200) && !l.first.wholeList():
			l.page = p.findAgent(a.ID)
		}
		return l
	})
}

// pair is two tokens of the agent that no probe changes. In a read-only run they may be the same.
type pair struct{ first, second *ownToken }

// tokens are those tokens. The probe is given up if there is not even one.
func (p *Probe) tokens() *pair {
	t := p.firstTokens()
	if t.first.Token == nil {
		p.give(Inconclusive, fmt.Sprintf("no token could be created: %d", t.first.made.Status()))
	}
	return t
}

func (p *Probe) firstTokens() *pair {
	return p.run.fixtures.tokens.get(p, func(p *Probe) *pair {
		agent := p.agent()
		if p.run.readOnly {
			tokens := p.Do(Maintainer, "GET", p.run.tokensOf(agent.ID)).Tokens()
			if len(tokens) == 0 {
				p.Untested("the run is read-only, and the project's first agent has no token")
			}
			return &pair{&ownToken{Token: &tokens[0]}, &ownToken{Token: &tokens[len(tokens)-1]}}
		}
		// What is sent shows whether it is kept: not shortened, not escaped, not turned into something else.
		first := p.makeToken(agent.ID,
			way{rule: "tokens/longest-are-accepted", with: []With{JSON(fmt.Sprintf(`{"name":%s,"description":%s}`, quotedJSON(hardName), quotedJSON(hardDescription)))}},
			way{with: []With{JSON(`{"name":"contract"}`)}},
		)
		second := p.makeToken(agent.ID, way{rule: "parameters/form", with: []With{Form("name=contract+form&description=a%26b+%2B%0A")}}, way{with: []With{JSON(`{"name":"contract second"}`)}})
		return &pair{first, second}
	})
}

// two is both tokens; the probe is given up if there is only one.
func (p *Probe) two() (first, second *ownToken) {
	t := p.tokens()
	if t.second.Token == nil {
		p.give(Inconclusive, "no second token could be created")
	}
	return t.first, t.second
}

// shownTokens is how those tokens are shown once both are there.
type shownTokens struct{ read, list *Exchange }

func (p *Probe) tokensShown() *shownTokens {
	return p.run.fixtures.shown.get(p, func(p *Probe) *shownTokens {
		agent, token := p.agent(), p.tokens().first
		shown := &shownTokens{}
		p.Together(
			func(p *Probe) { shown.read = p.Do(Maintainer, "GET", p.run.tokenPath(agent.ID, token.ID)) },
			func(p *Probe) { shown.list = p.Do(Maintainer, "GET", p.run.tokensOf(agent.ID)) },
		)
		return shown
	})
}

// third is the answer to who asks for a third token.
func (p *Probe) third() *Exchange {
	return p.run.fixtures.third.get(p, func(p *Probe) *Exchange {
		p.full()
		return p.Do(Maintainer, "POST", p.run.tokensOf(p.agent().ID), JSON(fmt.Sprintf(`{"name":%q,"description":"contract"}`, thirdName)))
	})
}

// thirdName is the name of the third token.
const thirdName = "contract third"

// full gives the probe up unless the agent has two tokens, which can be read.
func (p *Probe) full() {
	p.two()
	if x := p.tokensShown().read; x.Status() == 404 {
		p.give(Inconclusive, "a token that was created is not there")
	}
}

// tokenPages are the first two pages of the agent's tokens, at one per page, after the third was asked for.
func (p *Probe) tokenPages() [2]*Exchange {
	return p.run.fixtures.pages.get(p, func(p *Probe) (pages [2]*Exchange) {
		p.attempt(func(p *Probe) { p.third() })
		path := p.run.tokensOf(p.agent().ID)
		p.Together(
			func(p *Probe) { pages[0] = p.Do(Maintainer, "GET", path+"?per_page=1&page=1") },
			func(p *Probe) { pages[1] = p.Do(Maintainer, "GET", path+"?per_page=1&page=2") },
		)
		return pages
	})
}

// What a name and a description may hold, and careless servers break: the longest that is allowed, markup, quotes,
// letters beyond ASCII and beyond the basic plane, one in two parts, line breaks, spaces at the ends.
var (
	hardName        = pad(" Contract <b>&\"'\\%2F\té\u200be\u0301Ａ😀</b> ", 254) + " "
	hardDescription = pad(" <script>&amp;\"\\'é\u200be\u0301Ａ😀%2F\t\r\n", 1023) + "\n"
)

// quotedJSON is a text as JSON.
func quotedJSON(s string) string {
	data, err := json.Marshal(s)
	if err != nil {
		panic(err) // no string fails
	}
	return string(data)
}

// pad makes a text that many characters long.
func pad(s string, characters int) string {
	return s + strings.Repeat("x", characters-utf8.RuneCountInString(s))
}

// hasLimit says whether the GitLab surely allows two active tokens only.
func (r *run) hasLimit() bool {
	release, _ := r.found()
	return release.IsZero() || release.Compare(gitlab(16, 2)) >= 0
}

// hasTokens says whether the GitLab has the four operations on tokens.
func (r *run) hasTokens() bool {
	release, _ := r.found()
	return release.IsZero() || release.Compare(gitlab(15, 0)) >= 0
}
