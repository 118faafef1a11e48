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
	list *Exchange // the project's agents as they were before the run

	agent     fixture[*ownAgent]
	tokens    fixture[*pair]
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
		own := &Probe{run: p.run, ctx: p.ctx, rule: p.rule, chain: p.run.begun}
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

// ownAgent and ownToken are what the run made, with the answer it was made with; made is nil for what a read-only run
// found.
type ownAgent struct {
	*Agent
	made *Exchange
}

type ownToken struct {
	*Token
	made *Exchange
}

// create makes an agent, and gives the probe up if that fails, or if what came back is not surely the run's own: a
// broken server may answer with somebody else's agent, which must not get tokens of ours, nor be deleted.
func (p *Probe) create(with With) *ownAgent {
	x := p.Do(Maintainer, "POST", p.run.agents(), with)
	if !x.ok(201) || len(x.Agents()) != 1 {
		p.give(Inconclusive, fmt.Sprintf("no agent could be created: %d", x.Status()))
	}
	a := &x.Agents()[0]
	if !p.shown(a.ID) {
		p.give(Inconclusive, fmt.Sprintf("agent %d, with which a create was answered, is not shown under the name that was sent, and so is left alone", a.ID))
	}
	p.run.made.confirm(a.ID)
	return &ownAgent{a, x}
}

// shown says whether an agent is read, alone or in the list, under a name that only this run gives.
func (p *Probe) shown(id int64) bool {
	x := p.Do(Maintainer, "GET", p.run.agentPath(id))
	if len(x.Agents()) == 0 {
		if x = p.findAgent(id); x == nil {
			return false
		}
	}
	return slices.ContainsFunc(x.Agents(), func(a Agent) bool { return a.ID == id && p.run.made.own(a.Name) })
}

// createToken makes a token, and gives the probe up if that fails.
func (p *Probe) createToken(agent int64, with With) *ownToken {
	x := p.Do(Maintainer, "POST", p.run.tokensOf(agent), with)
	if !x.ok(201) || len(x.Tokens()) != 1 {
		p.give(Inconclusive, fmt.Sprintf("no token could be created: %d", x.Status()))
	}
	t := &x.Tokens()[0]
	if t.AgentID != 0 && t.AgentID != agent {
		p.give(Inconclusive, fmt.Sprintf("token %d, with which a create was answered, is another agent's, and so is left alone", t.ID))
	}
	return &ownToken{t, x}
}

// nameIs is the body that names an agent of the run.
func (r *run) nameIs(what string) With { return JSON(fmt.Sprintf(`{"name":%q}`, r.name(what))) }

func (r *run) agentPath(agent int64) string { return fmt.Sprintf("%s/%d", r.agents(), agent) }
func (r *run) tokensOf(agent int64) string  { return r.agentPath(agent) + "/tokens" }
func (r *run) tokenPath(agent, token int64) string {
	return fmt.Sprintf("%s/%d", r.tokensOf(agent), token)
}

// agent is an agent that no probe changes: one of the run's own, or in a read-only run one that is there.
func (p *Probe) agent() *ownAgent {
	return p.run.fixtures.agent.get(p, func(p *Probe) *ownAgent {
		if !p.run.readOnly {
			return p.create(p.run.nameIs("a"))
		}
		if there := p.run.fixtures.list.Agents(); len(there) > 0 {
			return &ownAgent{Agent: &there[0]}
		}
		p.Untested("the run is read-only, and the project has no agent")
		return nil
	})
}

// pair is two tokens of the agent that no probe changes. In a read-only run they may be the same.
type pair struct {
	first  *ownToken
	second *ownToken // its Token is nil if it was refused
}

func (p *Probe) tokens() *pair {
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
		first := p.createToken(agent.ID, JSON(fmt.Sprintf(`{"name":%s,"description":%s}`, quotedJSON(hardName), quotedJSON(hardDescription))))
		second := &ownToken{made: p.Do(Maintainer, "POST", p.run.tokensOf(agent.ID), Form("name=contract+form"))}
		if tokens := second.made.Tokens(); len(tokens) == 1 {
			second.Token = &tokens[0]
		}
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

// What a name and a description may hold, and careless servers break: the longest that is allowed, markup, quotes,
// letters beyond ASCII and beyond the basic plane, spaces at the ends.
var (
	hardName        = pad(" contract <b>&\"'é😀</b> ", 255)
	hardDescription = pad("<script>&amp;\"\\'é😀%2F\t ", 1024)
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

// lifecycle is one agent from its creation to its end, and what was answered on the way. Each step waits for the one
// before, so that what a rule says of a step is not blurred by another.
type lifecycle struct {
	agent   *Agent
	created *Exchange

	token, other                      *ownToken // nil before 15.0
	refused                           map[string]*Exchange
	revoked, again                    *Exchange
	readRevoked, listRevoked, another *Exchange

	stale, kept, deleted              *Exchange
	read, readTokens, readToken, list *Exchange
	deletedAgain                      *Exchange
}

func (p *Probe) lifecycle() *lifecycle {
	return p.run.fixtures.lifecycle.get(p, func(p *Probe) *lifecycle {
		r := p.run
		l := &lifecycle{refused: make(map[string]*Exchange)}
		// The longest name there can be, and two "-" in a row, which is allowed.
		made := p.create(Form("name=" + pad(r.name("b--"), 63)))
		l.agent, l.created = made.Agent, made.made
		if r.hasTokens() {
			p.tokenLife(l)
		}
		agent := r.agentPath(l.agent.ID)
		l.stale = p.Do(Maintainer, "DELETE", agent, Header("If-Unmodified-Since", "Wed, 01 Jan 2020 00:00:00 GMT"))
		l.kept = p.Do(Maintainer, "GET", agent)
		if l.kept.Status() == 200 {
			l.deleted = p.Do(Maintainer, "DELETE", agent, Header("If-Unmodified-Since", "no date"))
		} else {
			l.deleted = l.stale
		}
		p.Together(
			func(p *Probe) { l.read = p.Do(Maintainer, "GET", agent) },
			func(p *Probe) { l.list = p.Do(Maintainer, "GET", r.agents()+"?per_page=100") },
			func(p *Probe) { l.deletedAgain = p.Do(Maintainer, "DELETE", agent) },
			func(p *Probe) {
				if l.token != nil {
					l.readTokens = p.Do(Maintainer, "GET", agent+"/tokens")
				}
			},
			func(p *Probe) {
				if l.other != nil {
					l.readToken = p.Do(Maintainer, "GET", r.tokenPath(l.agent.ID, l.other.ID))
				}
			},
		)
		return l
	})
}

// tokenLife makes and revokes tokens of the agent.
func (p *Probe) tokenLife(l *lifecycle) {
	r := p.run
	tokens := r.tokensOf(l.agent.ID)
	parts := []func(*Probe){
		func(p *Probe) { l.token = p.createToken(l.agent.ID, JSON(`{"name":123,"description":""}`)) },
	}
	var mu sync.Mutex
	for what, body := range map[string]string{
		"missing":     `{}`,
		"blank":       `{"name":""}`,
		"null":        `{"name":null}`,
		"long":        fmt.Sprintf(`{"name":%q}`, pad("", 256)),
		"description": fmt.Sprintf(`{"name":"contract","description":%q}`, pad("", 1025)),
		"array":       `{"name":["contract"]}`,
	} {
		parts = append(parts, func(p *Probe) {
			x := p.Do(Maintainer, "POST", tokens, JSON(body))
			mu.Lock()
			defer mu.Unlock()
			l.refused[what] = x
		})
	}
	p.Together(parts...)
	for _, x := range l.refused {
		if x.ok(201) {
			return // the limit would now refuse what follows
		}
	}
	l.other = p.createToken(l.agent.ID, JSON(`{"name":true}`))
	token := r.tokenPath(l.agent.ID, l.token.ID)
	l.revoked = p.Do(Maintainer, "DELETE", token, Header("If-Unmodified-Since", "Wed, 01 Jan 2020 00:00:00 GMT"))
	p.Together(
		func(p *Probe) { l.again = p.Do(Maintainer, "DELETE", token) },
		func(p *Probe) { l.readRevoked = p.Do(Maintainer, "GET", token) },
		func(p *Probe) { l.listRevoked = p.Do(Maintainer, "GET", tokens) },
		func(p *Probe) { l.another = p.Do(Maintainer, "POST", tokens+"?name=contract-query") },
	)
}

// hasTokens says whether the GitLab has the four operations on tokens.
func (r *run) hasTokens() bool {
	release, _ := r.found()
	return release.IsZero() || release.Compare(gitlab(15, 0)) >= 0
}

// intruders are callers without the role for what they ask. What could destroy is asked about an agent that nothing
// else needs, so that a server which lets it pass spoils no other rule.
type intruders struct {
	agent   *ownAgent
	token   *ownToken                     // nil before 15.0
	answers map[Role]map[string]*Exchange // by operation
	after   *Exchange                     // the maintainer's read of the agent afterwards; nil in a read-only run
	tokens  *Exchange                     // and of its tokens
}

// intruders has every caller below maintainer try everything.
func (p *Probe) intruders() *intruders {
	return p.run.fixtures.intruders.get(p, func(p *Probe) *intruders {
		r := p.run
		in := &intruders{answers: make(map[Role]map[string]*Exchange)}
		switch {
		case r.readOnly:
			in.agent = p.agent()
			if r.hasTokens() {
				in.token = p.tokens().first
			}
		default:
			in.agent = p.create(p.run.nameIs("c"))
			if r.hasTokens() {
				in.token = p.createToken(in.agent.ID, Body("multipart/form-data; boundary=b",
					"--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\ncontract multipart\r\n--b--\r\n"))
			}
		}
		agent := r.agentPath(in.agent.ID)
		var parts []func(*Probe)
		var mu sync.Mutex
		for _, role := range []Role{Developer, Guest, Stranger, Anonymous} {
			if role != Anonymous && r.target.Tokens[role] == "" {
				continue
			}
			answers := make(map[string]*Exchange)
			in.answers[role] = answers
			try := func(operation, method, path string, with ...With) {
				parts = append(parts, func(p *Probe) {
					x := p.Do(role, method, path, with...)
					mu.Lock()
					defer mu.Unlock()
					answers[operation] = x
				})
			}
			try("listAgents", "GET", r.agents())
			try("getAgent", "GET", agent)
			if !r.readOnly {
				try("createAgent", "POST", r.agents(), r.nameIs("by-"+role.String()))
				try("deleteAgent", "DELETE", agent)
			}
			if in.token == nil {
				continue
			}
			token := r.tokenPath(in.agent.ID, in.token.ID)
			try("listAgentTokens", "GET", agent+"/tokens")
			try("getAgentToken", "GET", token)
			if !r.readOnly {
				try("createAgentToken", "POST", agent+"/tokens", JSON(`{"name":"contract intruder"}`))
				try("revokeAgentToken", "DELETE", token)
			}
		}
		p.Together(parts...)
		if r.readOnly {
			return in
		}
		p.Together(
			func(p *Probe) { in.after = p.Do(Maintainer, "GET", agent) },
			func(p *Probe) {
				if in.token != nil {
					in.tokens = p.Do(Maintainer, "GET", agent+"/tokens")
				}
			},
		)
		return in
	})
}
