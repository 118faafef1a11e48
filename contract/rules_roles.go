package contract

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// visible is what a caller sees of a project, which decides how they are refused.
type visible int

const (
	hidden  visible = -1
	unknown visible = 0
	seen    visible = 1
)

// roleRule states what one role is answered on some operations.
func roleRule(id string, role Role, writesToo bool, sentence, source string, operations []string, want func(p *Probe, x *Exchange, v visible)) Rule {
	return Rule{
		ID: id, Sentence: sentence, Source: source, Operations: operations,
		Needs: Needs{Roles: []Role{role}, Writes: writesToo},
		Probe: func(p *Probe) {
			in := p.intruders()
			answers := in.answers[role]
			if why := p.refusedAtAll(role, operations, answers); why != "" {
				p.Untested(why)
			}
			v := sees(answers)
			for _, operation := range append(slices.Clone(operations), "HEAD") { // which is a read
				if operation == "HEAD" && writesToo {
					continue
				}
				x := answers[operation]
				if x == nil || in.spoiled(x) || in.destroyed(x) {
					continue
				}
				want(p, x, v)
				if role != Developer { // who may see it
					p.wantNothingShown(in, x)
				}
			}
		},
	}
}

// wantNothingShown wants a refusal that tells nothing of what there is.
func (p *Probe) wantNothingShown(in *intruders, x *Exchange) {
	if x.Status() < 400 {
		return
	}
	// The name of an agent that was there before may be any word.
	if !p.run.readOnly && bytes.Contains(x.Response.Body, []byte(in.agent.name())) {
		p.Violation(x, "", "a refusal without what is refused", "the agent's name in it")
	}
	if x.total() != "" {
		p.Violation(x, "", "a refusal without what is refused", "X-Total: "+x.total())
	}
}

// refusedAtAll says why a role's token is refused whatever is asked with it, if it is. Who is answered 401 to all of it may
// have a token that is good for something else, and then the server is wrong.
func (p *Probe) refusedAtAll(role Role, operations []string, answers map[string]*Exchange) string {
	if role == Anonymous {
		return ""
	}
	every := func(holds func(operation string, x *Exchange) bool) bool {
		for operation, x := range answers {
			if !holds(operation, x) {
				return false
			}
		}
		return true
	}
	switch {
	case every(func(operation string, x *Exchange) bool {
		return !slices.Contains(operations, operation) || x.lacksScope()
	}):
		return fmt.Sprintf("the %s's token is refused: it needs the scope api", role)
	case every(func(_ string, x *Exchange) bool { return x.Status() == 401 }) && p.Do(role, "GET", "/api/v4/user").Status() == 401:
		return fmt.Sprintf("the %s's token is refused (401): it is unknown, expired or revoked", role)
	}
	return ""
}

// sees says what a caller sees of the project, by what most answers say: one alone may be wrong. If as many say this as
// that, the list of agents, which is the plainest question, decides.
func sees(answers map[string]*Exchange) visible {
	vote := func(x *Exchange) int {
		f, _ := x.failure()
		if f.Message == nil {
			return 0
		}
		switch *f.Message {
		case "404 Project Not Found":
			return -1
		case "404 ClusterAgents Not Found", "404 Not found", "403 Forbidden":
			return 1
		}
		return 0
	}
	votes := 0
	for _, x := range answers {
		votes += vote(x)
	}
	if votes == 0 {
		votes = vote(answers["listAgents"])
	}
	return visible(cmp.Compare(votes, 0))
}

// spoiled says that the answer is to a question about what another intruder had destroyed.
func (in *intruders) spoiled(x *Exchange) bool {
	if x.Operation == "listAgents" || x.Operation == "createAgent" || x.Status() < 300 {
		return false
	}
	for _, answers := range in.answers {
		for _, operation := range []string{"deleteAgent", "revokeAgentToken"} {
			if y := answers[operation]; y != nil && y.Status() < 300 {
				if operation == "deleteAgent" || x.Operation == "getAgentToken" || x.Operation == "revokeAgentToken" {
					return true
				}
			}
		}
	}
	return false
}

var developerReads = roleRule("roles/developer-reads", Developer, false,
	"A developer may list and read agents and tokens, and is shown what a maintainer is.", docs(docsListAgents), reads,
	func(p *Probe, x *Exchange, _ visible) {
		in := p.intruders()
		plain, id := in.agent.read, in.agent.ID
		switch x.Operation {
		case "listAgents":
			plain = p.listed().first
		case "listAgentTokens":
			plain, id = in.tokens, in.token.ID
		case "getAgentToken":
			plain, id = p.tokensShown().read, in.token.ID
		}
		if plain == nil || !plain.ok(200) {
			return // a maintainer may not either
		}
		if !p.Want(x, 200) {
			return
		}
		want, got := object(plain.Response.Body), object(x.Response.Body)
		switch x.Operation {
		case "listAgents", "listAgentTokens":
			want, got = element(plain.Response.Body, id), element(x.Response.Body, id)
			all := x.sound() && (x.wholeList() || strings.TrimSpace(string(x.Response.Body)) == "[]")
			gone := in.after != nil && in.after.Status() == 404 // as another caller was let through
			if want != nil && got == nil && all && !gone {
				p.Violation(x, "", fmt.Sprintf("%d in the list, as a maintainer sees it", id), "a list without it")
			}
		case "getAgentToken":
			for name := range want { // it is another token
				if _, there := got[name]; there {
					want[name] = got[name]
				}
			}
		}
		p.wantEqual(x, got, plain, want, "as a maintainer is shown it")
	})

var developerWrites = roleRule("roles/developer-may-not-write", Developer, true,
	"A developer may create and delete nothing: 403.", docs(docsCreateAgent), writes,
	func(p *Probe, x *Exchange, _ visible) { p.WantMessage(x, 403, "403 Forbidden") })

var guestReads = roleRule("roles/guest-finds-nothing", Guest, false,
	"Below developer nothing is found: 404.", agentsFinder, reads, wantNothing)

var guestWrites = roleRule("roles/guest-may-not-write", Guest, true,
	"Below developer nothing may be created or deleted: 403.", agentsAPI, writes,
	func(p *Probe, x *Exchange, _ visible) { p.WantMessage(x, 403, "403 Forbidden") })

var strangerReads = roleRule("roles/stranger-finds-nothing", Stranger, false,
	"Who is no member finds nothing: not the project if it is private, not its agents and tokens if it is not.", agentsFinder, reads, wantNothing)

var strangerWrites = roleRule("roles/stranger-may-not-write", Stranger, true,
	"Who is no member may create and delete nothing: 404 if the project is private, 403 if it is not.", agentsAPI, writes,
	func(p *Probe, x *Exchange, v visible) {
		switch {
		case v == hidden, v == unknown && x.Status() == 404:
			p.WantMessage(x, 404, "404 Project Not Found")
		default:
			p.WantMessage(x, 403, "403 Forbidden")
		}
	})

var anonymousReads = roleRule("authentication/required-to-read", Anonymous, false,
	"Nothing is shown without credentials, in public projects either: 401.", rootAPI, reads,
	func(p *Probe, x *Exchange, _ visible) { p.WantMessage(x, 401, "401 Unauthorized") })

var anonymousWrites = roleRule("authentication/required-to-write", Anonymous, true,
	"Nothing is done without credentials: 401.", rootAPI, writes,
	func(p *Probe, x *Exchange, _ visible) { p.WantMessage(x, 401, "401 Unauthorized") })

// wantNothing is what reads below developer are answered. Until about 15.7 they were forbidden instead.
func wantNothing(p *Probe, x *Exchange, v visible) {
	release, _ := p.run.found()
	forbade := !release.IsZero() && release.Compare(gitlab(16, 0)) < 0
	switch {
	case forbade && v != hidden && x.Status() == 403:
	case v == hidden:
		p.WantMessage(x, 404, "404 Project Not Found")
	case v == unknown:
		p.Want(x, 404) // the text is a judging rule's business
	case x.Operation == "listAgents":
		p.WantMessage(x, 404, "404 ClusterAgents Not Found")
	default:
		p.WantMessage(x, 404, "404 Not found")
	}
}

var refusedWithoutEffect = Rule{
	ID:         "roles/refused-has-no-effect",
	Sentence:   "What is refused does not happen all the same.",
	Source:     agentsAPI,
	Operations: writes,
	Needs:      Needs{Writes: true},
	Probe: func(p *Probe) {
		in := p.intruders()
		for _, answers := range in.answers {
			for _, x := range answers {
				if x.Request.Method != "GET" && x.Status() < 300 {
					p.Untested("something was not refused")
				}
			}
		}
		if in.after.Status() == 404 && in.agent.read.ok(200) {
			p.Violation(in.after, "", fmt.Sprintf("agent %d, whose deletion was refused", in.agent.ID), "404")
			return
		}
		p.attempt(func(p *Probe) {
			list := p.lifecycle().list
			list.eachAgent(func(a *Agent, at string) {
				if strings.HasPrefix(a.Name, p.run.name("by-")) {
					p.Violation(list, at+"/name", "no agent whose creation was refused", quoted(a.Name))
				}
			})
		})
		if in.tokens == nil {
			return
		}
		in.tokens.eachToken(func(t *Token, at string) {
			switch {
			case t.ID == in.token.ID && t.Status == "revoked":
				p.Violation(in.tokens, at+"/status", `"active", as revoking was refused`, quoted(t.Status))
			case t.Name == intruderToken:
				p.Violation(in.tokens, at, "one token, as creating others was refused", quoted(t.Name)+" too")
			}
		})
		if in.revoked() && p.tokensShown().read.ok(200) {
			p.Violation(in.read, "", fmt.Sprintf("token %d, whose revocation was refused", in.token.ID), "404")
		}
	},
}

var refusedHasNoEffect = Rule{
	ID:         "errors/refused-has-no-effect",
	Sentence:   "What is refused does not happen: no agent or token is created, none is deleted or created under another project, none revoked under another agent.",
	Source:     agentsAPI,
	Operations: writes,
	Needs:      Needs{Writes: true},
	Probe: func(p *Probe) {
		l := p.lifecycle()
		if p.run.isUnsure() {
			p.give(Inconclusive, "some creates were neither granted nor refused")
		}
		l.list.eachAgent(func(a *Agent, at string) {
			if p.run.made.own(a.Name) && !p.run.made.claimed(a.ID) && !strings.HasPrefix(a.Name, p.run.name("by-")) {
				p.Violation(l.list, at+"/name", "only agents with which a create was answered", quoted(a.Name))
			}
		})
		for _, x := range []*Exchange{l.listed, l.listRevoked} {
			if x == nil {
				continue
			}
			x.eachToken(func(t *Token, at string) {
				if t.AgentID == l.agent.ID && !p.run.made.grants(t.ID) {
					p.Violation(x, at, "only tokens with which a create was answered", fmt.Sprintf("token %d", t.ID))
				}
			})
		}
		for _, x := range l.kept {
			if x != nil && x.Status() == 404 && !l.lacks(x.AgentID) {
				p.Violation(x, "", fmt.Sprintf("token %d, as no revocation of it was granted", x.TokenID), "404")
			}
		}
		p.attempt(func(p *Probe) {
			in := p.intruders()
			x := in.afterElsewhere
			if x == nil {
				return
			}
			if x.Status() == 404 {
				p.Violation(in.elsewhere, "", fmt.Sprintf("agent %d, as its deletion was refused", in.agent.ID), "it is gone")
			}
			x.eachToken(func(t *Token, at string) {
				if t.Name == tokenElsewhere && !p.run.made.grants(t.ID) {
					p.Violation(x, at, "only tokens with which a create was answered", fmt.Sprintf("token %d", t.ID))
				}
			})
		})
	},
}

var tokenNotShown = Rule{
	ID:       "authentication/token-not-shown",
	Sentence: "No answer shows the access token that was sent, unless the URL holds it.",
	Source:   rootAPI,
	Judge: func(_ *History, x *Exchange) bool {
		if x.Operation == "" || !x.complete() {
			return false
		}
		token := cmp.Or(x.Request.Header.Get("Private-Token"), strings.TrimPrefix(x.Request.Header.Get("Authorization"), "Bearer "))
		if len(token) < shortestToken || strings.Contains(x.Request.URL.RawQuery, token) {
			return false
		}
		for name, values := range x.Response.Header {
			if strings.Contains(strings.Join(values, "\n"), token) {
				x.Violation("", "no access token in any header", "header "+name+" holds the one that was sent")
			}
		}
		if bytes.Contains(x.Response.Body, []byte(token)) {
			x.Violation("", "no access token in the body", "the one that was sent")
		}
		return true
	},
}

// shortestToken is the length below which a text may be in an answer by chance. What stands in place of a token that a
// recorder removed is shorter.
const shortestToken = 12

var unknownToken = Rule{
	ID:         "authentication/unknown-token",
	Sentence:   "A token that GitLab does not know is as good as none: 401. One that is like another is unknown too, and so is an agent's.",
	Source:     rootAPI,
	Operations: []string{"listAgents"},
	Probe: func(p *Probe) {
		unknown, known := "glpat-"+strings.Repeat("x", 20), p.run.target.Tokens[Maintainer]
		// What was sent no report shows, so that it has to say what it was.
		refused := func(name, value, what string) func(*Probe) {
			return func(p *Probe) {
				x := p.Do(Anonymous, "GET", p.run.agents(), Header(name, value))
				if x.Status() != 401 {
					p.Violation(x, "", "401 to "+what, strconv.Itoa(x.Status()))
					return
				}
				p.WantMessage(x, 401, "401 Unauthorized")
			}
		}
		parts := []func(*Probe){
			refused("Private-Token", unknown, "a token that there is not"),
			refused("Authorization", "Bearer "+unknown, "a token that there is not"),
		}
		for what, like := range map[string]string{
			`a token with an "x" after it`: known + "x", "a token without its last character": known[:len(known)-1], "a token in capitals": strings.ToUpper(known),
		} {
			if like != known {
				parts = append(parts, refused("Private-Token", like, what))
			}
		}
		if p.run.hasTokens() {
			parts = append(parts, func(p *Probe) {
				p.attempt(func(p *Probe) { // an agent's secret is good for its agent only
					if secret := p.tokens().first.Token.Token; secret != "" {
						refused("Private-Token", secret, "the secret of an agent's token")(p)
					}
				})
			})
		}
		p.Together(parts...)
	},
}

var bearer = Rule{
	ID:         "authentication/bearer",
	Sentence:   "A token may come as PRIVATE-TOKEN or as Authorization: Bearer.",
	Source:     rootAPI,
	Operations: []string{"getAgent"},
	Probe:      func(p *Probe) { p.readOtherwise(); p.wantTaken(200) },
}

// bearer has a request carry a role's token in the other way.
func (r *run) bearer(role Role) With {
	return func(a *ask) {
		a.header.Del("Private-Token")
		a.header.Set("Authorization", "Bearer "+r.target.Tokens[role])
	}
}

// readOtherwise reads the agent in two ways that are out of the ordinary, at once.
func (p *Probe) readOtherwise() {
	p.run.fixtures.otherwise.get(p, func(p *Probe) (none struct{}) {
		path, asBearer := p.run.agentPath(p.readable().ID), p.run.bearer(Maintainer)
		otherTag := Header("If-None-Match", `W/"00000000000000000000000000000000"`)
		p.firstOf("GET", path, 200,
			way{rule: "authentication/bearer", with: []With{asBearer, otherTag}},
			way{rule: "conditional/other-etag", with: []With{otherTag}},
			way{},
		)
		return none
	})
}
