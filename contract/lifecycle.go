package contract

import (
	"fmt"
	"slices"
	"sync"
)

// lifecycle is one agent from its creation to its end, and what was answered on the way. Each step waits for the one
// before, so that what a rule says of a step is not blurred by another.
type lifecycle struct {
	agent *ownAgent

	token, other                      *ownToken // nil before 15.0
	refused                           map[string]*Exchange
	shown                             *Exchange // the token, before it is revoked
	revoked, again                    *Exchange
	readRevoked, listRevoked, another *Exchange
	otherRead                         *Exchange // the other token, if the list lacks it

	deleted, deletedAgain             *Exchange
	read, readTokens, readToken, list *Exchange
	late                              *Exchange // a token for the deleted agent
	sibling                           *Exchange // the agent that no probe changes, if the list lacks it
	anew                              *Exchange // a new agent under the old name
}

func (p *Probe) lifecycle() *lifecycle {
	if p.standBy != nil {
		p.standBy()
	}
	return p.run.fixtures.lifecycle.get(p, func(p *Probe) *lifecycle {
		p.urgency++ // it is the longest of all
		l := &lifecycle{refused: make(map[string]*Exchange), agent: p.usable(p.secondAgent())}
		if p.run.hasTokens() {
			p.tokenLife(l)
		}
		// A broken server may delete more than it is asked for, which nothing else is to suffer from.
		p.awaitOthers()
		p.end(l)
		return l
	})
}

// tokenLife makes and revokes tokens of the agent, and goes on as far as it can.
func (p *Probe) tokenLife(l *lifecycle) {
	r := p.run
	tokens := r.tokensOf(l.agent.ID)
	parts := []func(*Probe){
		func(p *Probe) {
			l.token = p.makeToken(l.agent.ID,
				way{rule: "tokens/description-may-be-empty", with: []With{JSON(`{"name":123,"description":""}`)}},
				way{rule: "parameters/number-becomes-text", with: []With{JSON(`{"name":123}`)}},
				way{with: []With{JSON(`{"name":"contract"}`)}})
		},
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
	if l.token.Token == nil {
		return
	}
	token := r.tokenPath(l.agent.ID, l.token.ID)
	p.Together(
		func(p *Probe) {
			l.other = p.makeToken(l.agent.ID,
				way{rule: "tokens/description-may-be-empty", with: []With{JSON(`{"name":true,"description":null}`)}},
				way{rule: "parameters/number-becomes-text", with: []With{JSON(`{"name":true}`)}},
				way{with: []With{JSON(`{"name":"contract"}`)}})
		},
		// A server that keeps answers shows these again, after they are wrong.
		func(p *Probe) { l.shown = p.Do(Maintainer, "GET", token) },
		func(p *Probe) { p.Do(Maintainer, "GET", tokens) },
	)
	if l.other.Token == nil {
		return
	}
	l.revoked = p.Do(Maintainer, "DELETE", token, Header("If-Unmodified-Since", "Wed, 01 Jan 2020 00:00:00 GMT"))
	p.Together(
		func(p *Probe) { l.again = p.Do(Maintainer, "DELETE", token) },
		func(p *Probe) { l.readRevoked = p.Do(Maintainer, "GET", token) },
		func(p *Probe) {
			l.listRevoked = p.Do(Maintainer, "GET", tokens)
			if !slices.ContainsFunc(l.listRevoked.Tokens(), func(t Token) bool { return t.ID == l.other.ID }) {
				l.otherRead = p.Do(Maintainer, "GET", r.tokenPath(l.agent.ID, l.other.ID))
			}
		},
		func(p *Probe) {
			l.another = p.firstWay(tokens,
				way{rule: "tokens/names-may-repeat", path: tokens + "?name=true"},
				way{rule: "parameters/query", path: tokens + "?name=contract-query"},
				way{with: []With{JSON(`{"name":"contract another"}`)}},
			)
		},
	)
}

// lost says that the agent is not there any more, though only a token of it was revoked.
func (l *lifecycle) lost() bool { return l.listRevoked != nil && l.listRevoked.Status() == 404 }

// end deletes the agent.
func (p *Probe) end(l *lifecycle) {
	r := p.run
	agent := r.agentPath(l.agent.ID)
	l.deleted = p.Do(Maintainer, "DELETE", agent, Header("If-Unmodified-Since", "no date"))
	parts := []func(*Probe){
		func(p *Probe) { l.read = p.Do(Maintainer, "GET", agent) },
		func(p *Probe) { l.deletedAgain = p.Do(Maintainer, "DELETE", agent) },
		func(p *Probe) {
			l.anew = p.Do(Maintainer, "POST", r.agents(), JSON(fmt.Sprintf(`{"name":%q}`, l.agent.name())))
		},
		func(p *Probe) {
			l.list = p.Do(Maintainer, "GET", r.agents()+"?per_page=100")
			p.attempt(func(p *Probe) {
				a := p.agent()
				if !slices.ContainsFunc(l.list.Agents(), func(is Agent) bool { return is.ID == a.ID }) {
					l.sibling = p.Do(Maintainer, "GET", r.agentPath(a.ID))
				}
			})
		},
	}
	if r.hasTokens() {
		parts = append(parts,
			func(p *Probe) { l.readTokens = p.Do(Maintainer, "GET", agent+"/tokens") },
			func(p *Probe) { l.late = p.Do(Maintainer, "POST", agent+"/tokens", JSON(`{"name":"contract late"}`)) })
	}
	if l.other != nil && l.other.Token != nil {
		parts = append(parts, func(p *Probe) { l.readToken = p.Do(Maintainer, "GET", r.tokenPath(l.agent.ID, l.other.ID)) })
	}
	p.Together(parts...)
}
