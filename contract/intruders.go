package contract

import (
	"fmt"
	"slices"
	"sync"
)

// intruders are callers without the role for what they ask. What could destroy is asked about an agent that nothing
// else needs, so that a server which lets it pass spoils no other rule.
type intruders struct {
	agent   *ownAgent
	token   *ownToken                     // nil before 15.0
	answers map[Role]map[string]*Exchange // by operation
	after   *Exchange                     // the maintainer's read of the agent afterwards; nil in a read-only run
	tokens  *Exchange                     // and of its tokens
	read    *Exchange                     // and of the token, if they lack it

	// The maintainer's attempt to delete the agent under another project, which is made together with attempts to create and
	// revoke tokens there, and the list of its tokens afterwards; nil if none was made, or if it was granted.
	elsewhere, afterElsewhere *Exchange
}

// destroyed says that the answer is to a question about what is not there any more, though destroying it was refused.
func (in *intruders) destroyed(x *Exchange) bool {
	if x.Status() != 404 || x.Request.Method != "GET" || x.AgentID == 0 {
		return false
	}
	return in.after != nil && in.after.Status() == 404 || x.TokenID != 0 && in.revoked()
}

// revoked says that the token, which the list lacks, cannot be read either.
func (in *intruders) revoked() bool { return in.read != nil && in.read.Status() == 404 }

// intruderToken is the name of the tokens that intruders try to create.
const intruderToken = "contract intruder"

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
			in.agent = p.usable(p.thirdAgent())
			if r.hasTokens() {
				multipart := Body("multipart/form-data; boundary=b",
					"--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\ncontract multipart\r\n--b--\r\n")
				in.token = p.makeToken(in.agent.ID, way{rule: "parameters/multipart", with: []With{multipart}}, way{with: []With{JSON(`{"name":"contract"}`)}})
				if in.token.Token == nil {
					p.give(Inconclusive, fmt.Sprintf("no token could be created: %d", in.token.made.Status()))
				}
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
			switch role {
			case Developer:
				try("getAgent", "GET", agent)
			case Guest, Anonymous:
				try("HEAD", "HEAD", agent)
				fallthrough
			default:
				try("getAgent", "GET", agent, Header("If-None-Match", in.agent.read.etag())) // which a cache may have
			}
			if !r.readOnly {
				name := r.nameIs("by-" + role.String())
				if role == Developer {
					name = Form("name=" + r.name("by-"+role.String()))
				}
				try("createAgent", "POST", r.agents(), name)
				try("deleteAgent", "DELETE", agent)
			}
			if in.token == nil {
				continue
			}
			token := r.tokenPath(in.agent.ID, in.token.ID)
			// What guards one way to ask may not guard another: a guest is another by Bearer, a stranger by the project's id.
			switch role {
			case Guest:
				try("listAgentTokens", "GET", agent+"/tokens", r.bearer(role))
				try("getAgentToken", "GET", token)
			case Stranger:
				try("listAgentTokens", "GET", agent+"/tokens")
				try("getAgentToken", "GET", r.byID(in.agent, token))
			default:
				try("listAgentTokens", "GET", agent+"/tokens")
				try("getAgentToken", "GET", token)
			}
			if !r.readOnly {
				try("createAgentToken", "POST", agent+"/tokens", JSON(fmt.Sprintf(`{"name":%q}`, intruderToken)))
				try("revokeAgentToken", "DELETE", token)
			}
		}
		p.Together(parts...)
		if r.readOnly {
			return in
		}
		p.Together(
			func(p *Probe) { in.after = r.made.lookAfter(p.Do(Maintainer, "GET", agent)) },
			func(p *Probe) {
				if in.token == nil {
					return
				}
				in.tokens = p.Do(Maintainer, "GET", agent+"/tokens")
				if !slices.ContainsFunc(in.tokens.Tokens(), func(t Token) bool { return t.ID == in.token.ID }) {
					in.read = p.Do(Maintainer, "GET", r.tokenPath(in.agent.ID, in.token.ID))
				}
			},
		)
		return in
	})
}
