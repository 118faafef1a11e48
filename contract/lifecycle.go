package contract

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// lifecycle is one agent from its creation to its end, and what was answered on the way. Each step waits for the one
// before, so that what a rule says of a step is not blurred by another.
type lifecycle struct {
	agent *ownAgent

	token, other                      *ownToken // nil before 15.0
	refused                           map[string]*Exchange
	shown, listed                     *Exchange // the token, and the agent's tokens, before it is revoked
	revoked, again                    *Exchange
	readRevoked, listRevoked, another *Exchange
	otherRead                         *Exchange // the other token, if the list lacks it
	beyond                            *Exchange // one token more than there may be; nil if there may be any number

	deleted, deletedAgain             *Exchange
	read, readTokens, readToken, list *Exchange
	late, lateRevoked                 *Exchange           // a token for the deleted agent, and the revocation of one of its own
	siblings                          map[int64]*Exchange // reads of the run's other agents that the list lacks
	anew, anewTokens                  *Exchange           // a new agent under the old name, and its tokens

	kept              []*Exchange // reads of tokens whose revocation was refused, or never asked for
	revokedLast       *Exchange   // the revocation of a token without description, at the end of all
	unreadable, later *Exchange   // deletions with a date that cannot be read, and with one to come
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
			p.attempt(func(p *Probe) { p.tokensShown() }) // what is read in the end is read a second time
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
		"spaces":      `{"name":" \u3000"}`,
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
	l.listed = p.Do(Maintainer, "GET", tokens)
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
			foreign := int64(0) // another agent of ours, which a broken server makes the token for
			p.attempt(func(p *Probe) { foreign = p.usable(p.thirdAgent()).ID })
			body := fmt.Sprintf(`{"name":true,"description":null,"status":"revoked","token":"glagent-chosen-by-the-caller-0123456789abcdefghijklmnopqr","created_by_user_id":0,"last_used_at":"2020-01-01T00:00:00.000Z","agent_id":%d}`, foreign)
			l.other = p.makeToken(l.agent.ID,
				way{rule: "tokens/unknown-in-body-are-ignored", with: []With{JSON(body)}},
				way{rule: "tokens/description-may-be-empty", with: []With{JSON(`{"name":true,"description":null}`)}},
				way{rule: "parameters/number-becomes-text", with: []With{JSON(`{"name":true}`)}},
				way{with: []With{JSON(`{"name":"contract"}`)}})
		},
		// A server that keeps answers shows this again, and the list from before, after they are wrong.
		func(p *Probe) { l.shown = p.Do(Maintainer, "GET", token) },
	)
	if l.other.Token == nil {
		return
	}
	l.revoked = p.Do(Maintainer, "DELETE", token)
	p.Together(
		func(p *Probe) {
			l.again = p.Do(Maintainer, "DELETE", token, Header("If-Unmodified-Since", "Wed, 01 Jan 2020 00:00:00 GMT"))
		},
		func(p *Probe) { l.readRevoked = p.Do(Maintainer, "GET", token) },
		func(p *Probe) { p.otherwise(l.agent, token) },
		func(p *Probe) {
			l.listRevoked = p.Do(Maintainer, "GET", tokens, Header("If-None-Match", l.listed.etag()))
			if !slices.ContainsFunc(l.listRevoked.Tokens(), func(t Token) bool { return t.ID == l.other.ID }) {
				l.otherRead = p.Do(Maintainer, "GET", r.tokenPath(l.agent.ID, l.other.ID))
			}
		},
		func(p *Probe) {
			plain := way{with: []With{JSON(`{"name":"contract another"}`)}}
			if l.revoked.Status() != 204 { // so that there may be no place for it
				l.another = p.firstWay(tokens, plain)
				return
			}
			l.another = p.firstWay(tokens,
				way{rule: "tokens/names-may-repeat", path: tokens + "?name=true"},
				way{rule: "parameters/query", path: tokens + "?name=contract-query"},
				plain,
			)
		},
	)
	if r.hasLimit() && l.revoked.Status() == 204 && l.another.ok(201) {
		l.beyond = p.Do(Maintainer, "POST", tokens, Form("name=contract+beyond"))
	}
}

// lost says that the agent is not there any more, though only a token of it was revoked.
func (l *lifecycle) lost() bool { return l.listRevoked != nil && l.listRevoked.Status() == 404 }

// lacks says that another agent was gone when this one was deleted.
func (l *lifecycle) lacks(agent int64) bool {
	x := l.siblings[agent]
	return x != nil && x.Status() == 404
}

// end deletes the agent, and then two others that nothing needs any more.
func (p *Probe) end(l *lifecycle) {
	r := p.run
	agent := r.agentPath(l.agent.ID)
	l.siblings = make(map[int64]*Exchange)
	l.deleted = p.Do(Maintainer, "DELETE", agent)
	parts := []func(*Probe){
		// A cache in front of a server answers 304 for what is gone.
		func(p *Probe) { l.read = p.Do(Maintainer, "GET", agent, Header("If-None-Match", l.agent.read.etag())) },
		func(p *Probe) { l.deletedAgain = p.Do(Maintainer, "DELETE", agent) },
		func(p *Probe) { p.otherwise(l.agent, agent) },
		func(p *Probe) {
			l.anew = p.Do(Maintainer, "POST", r.agents(), JSON(fmt.Sprintf(`{"name":%q}`, l.agent.name())))
			if a := l.anew.newAgent(); a != nil && r.hasTokens() {
				l.anewTokens = p.Do(Maintainer, "GET", r.tokensOf(a.ID))
			}
		},
		func(p *Probe) {
			l.list = p.Do(Maintainer, "GET", r.agents()+"?per_page=100")
			for _, sibling := range []func(*Probe) *ownAgent{(*Probe).firstAgent, (*Probe).thirdAgent, (*Probe).fourthAgent} {
				p.attempt(func(p *Probe) {
					a := p.usable(sibling(p))
					if p.run.made.isGone(a.ID) {
						return
					}
					if !slices.ContainsFunc(l.list.Agents(), func(is Agent) bool { return is.ID == a.ID }) {
						l.siblings[a.ID] = p.Do(Maintainer, "GET", r.agentPath(a.ID))
					}
				})
			}
		},
	}
	if r.hasTokens() {
		parts = append(parts,
			func(p *Probe) { l.readTokens = p.Do(Maintainer, "GET", agent+"/tokens") },
			func(p *Probe) { l.late = p.Do(Maintainer, "POST", agent+"/tokens", JSON(`{"name":"contract late"}`)) },
			func(p *Probe) { p.attempt(func(p *Probe) { p.endTokens(l) }) },
		)
	}
	if l.other != nil && l.other.Token != nil {
		token := r.tokenPath(l.agent.ID, l.other.ID)
		parts = append(parts,
			func(p *Probe) { l.readToken = p.Do(Maintainer, "GET", token) },
			func(p *Probe) { l.lateRevoked = p.Do(Maintainer, "DELETE", token) },
		)
	}
	p.Together(parts...)
	p.Together(
		func(p *Probe) { l.unreadable = p.deleteLast(l, (*Probe).fourthAgent, "no date") },
		func(p *Probe) { l.later = p.deleteLast(l, (*Probe).thirdAgent, "Fri, 01 Jan 2100 00:00:00 GMT") },
	)
}

// deleteLast deletes one of the run's agents that nothing needs any more; nil if it cannot be used or is gone.
func (p *Probe) deleteLast(l *lifecycle, agent func(*Probe) *ownAgent, unmodifiedSince string) (x *Exchange) {
	p.attempt(func(p *Probe) {
		if a := p.usable(agent(p)); !p.run.made.isGone(a.ID) && !l.lacks(a.ID) {
			x = p.Do(Maintainer, "DELETE", p.run.agentPath(a.ID), Header("If-Unmodified-Since", unmodifiedSince))
		}
	})
	return x
}

// endTokens looks whether tokens that nobody revoked, or was allowed to, are still there, and revokes one without a
// description.
func (p *Probe) endTokens(l *lifecycle) {
	var parts []func(*Probe)
	keep := func(agent int64, token *ownToken) {
		if p.run.made.isGone(agent) || p.run.made.isRevoked(token.ID) {
			return
		}
		i := len(parts)
		parts = append(parts, func(p *Probe) {
			p.attempt(func(p *Probe) { l.kept[i] = p.Do(Maintainer, "GET", p.run.tokenPath(agent, token.ID)) })
		})
	}
	p.attempt(func(p *Probe) {
		if in := p.intruders(); in.token != nil && !in.revoked() {
			keep(in.agent.ID, in.token)
		}
	})
	first, second := p.two()
	agent := p.agent().ID
	p.attempt(func(p *Probe) {
		if !p.run.hasLimit() || p.third().Status() >= 400 { // one more may have taken its place
			keep(agent, first)
		}
	})
	l.kept = make([]*Exchange, len(parts))
	p.Together(parts...)
	path := p.run.tokenPath(agent, second.ID)
	l.revokedLast = p.Do(Maintainer, "DELETE", path)
	p.Together( // which is judged
		func(p *Probe) { p.Do(Maintainer, "GET", path) },
		func(p *Probe) { p.Do(Maintainer, "GET", p.run.tokensOf(agent)+"?per_page=20") },
	)
}

// otherwise asks for what is gone in other ways than others do: what comes is judged.
func (p *Probe) otherwise(agent *ownAgent, path string) {
	p.Together(
		func(p *Probe) { p.Do(Maintainer, "HEAD", p.run.byID(agent, path)) },
		func(p *Probe) {
			if p.run.target.Tokens[Developer] != "" {
				p.Do(Developer, "GET", path)
			}
		},
	)
}

// byID is a path under the id of its project; as it is, if the agent does not say which that is.
func (r *run) byID(agent *ownAgent, path string) string {
	if id := agent.ConfigProject.ID; id != 0 {
		return strings.Replace(path, "/projects/"+r.project+"/", fmt.Sprintf("/projects/%d/", id), 1)
	}
	return path
}
