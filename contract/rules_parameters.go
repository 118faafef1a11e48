package contract

import (
	"fmt"
	"math/big"
	"net/url"
	"strconv"
	"strings"
)

// asked is a rule about one request of the maintainer's that changes nothing, and its answer.
func asked(id string, level Level, sentence, source string, operations []string, request func(p *Probe) *Exchange, want func(p *Probe, x *Exchange)) Rule {
	return Rule{
		ID: id, Level: level, Sentence: sentence, Source: source, Operations: operations,
		Probe: func(p *Probe) { want(p, request(p)) },
	}
}

// get asks for what lies below the project's agents.
func get(path string) func(p *Probe) *Exchange {
	return func(p *Probe) *Exchange { return p.Do(Maintainer, "GET", p.run.agents()+path) }
}

// getList is get, for answers that mean something only if agents can be listed at all.
func getList(query string) func(p *Probe) *Exchange {
	return func(p *Probe) *Exchange {
		p.listable()
		return get(query)(p)
	}
}

// oddList is a rule about lists that are asked for in odd ways, two of which are in one request.
func oddList(id string, level Level, sentence, source string) Rule {
	return Rule{
		ID: id, Level: level, Sentence: sentence, Source: source, Operations: []string{"listAgents"},
		Probe: func(p *Probe) {
			p.listable()
			p.run.fixtures.oddly.get(p, func(p *Probe) (none struct{}) {
				agents := p.run.agents()
				plain := way{path: agents + "?per_page=1"}
				p.Together(
					func(p *Probe) {
						p.firstOf("GET", "", 200, way{rule: "paths/trailing-slash", path: agents + "/?per_page=101"},
							way{rule: "pagination/at-most-100", path: agents + "?per_page=101"}, plain)
					},
					func(p *Probe) {
						p.firstOf("GET", "", 200, way{rule: "paths/json-suffix", path: agents + ".json?page=0&per_page=-1"},
							way{rule: "pagination/page-zero", path: agents + "?page=0&per_page=-1"}, plain)
					},
				)
				return none
			})
			p.wantTaken(200)
		},
	}
}

// askWrongly asks for a page with two parameters that are wrong.
func (p *Probe) askWrongly() *Exchange {
	return p.run.fixtures.wrongly.get(p, func(p *Probe) *Exchange { return get("?page=abc&per_page=abc")(p) })
}

// beyond reads an agent by an id which is that of one that is there to who counts in so many bits.
func beyond(bits uint) func(p *Probe) *Exchange {
	return func(p *Probe) *Exchange {
		id := big.NewInt(p.agent().ID)
		return p.Do(Maintainer, "GET", p.run.agents()+"/"+id.Add(id, new(big.Int).Lsh(big.NewInt(1), bits)).String())
	}
}

// answers wants a status.
func answers(status int) func(p *Probe, x *Exchange) {
	return func(p *Probe, x *Exchange) { p.Want(x, status) }
}

// says wants an error of the form {"error": …}.
func says(status int, text string) func(p *Probe, x *Exchange) {
	return func(p *Probe, x *Exchange) { p.WantError(x, status, text) }
}

// replies wants an error of the form {"message": …}.
func replies(status int, text string) func(p *Probe, x *Exchange) {
	return func(p *Probe, x *Exchange) { p.WantMessage(x, status, text) }
}

// since is a rule that holds from a release on.
func since(release Release, rule Rule) Rule {
	rule.Since = release
	return rule
}

// writing is a rule that a read-only run does not test, as a broken server could take what it asks for, and that needs
// tokens of some roles.
func writing(rule Rule, roles ...Role) Rule {
	rule.Needs.Writes, rule.Needs.Roles = true, roles
	return rule
}

var (
	agentIDText = asked("parameters/agent-id-is-integer", Must,
		"An agent id that is no integer is refused: 400. One that begins with an agent's id is none either.", agentsAPI, []string{"getAgent"},
		func(p *Probe) *Exchange {
			return p.Do(Maintainer, "GET", p.run.agentPath(p.agent().ID)+"abc")
		}, says(400, "agent_id is invalid"))
	noLookUpByName = asked("parameters/no-look-up-by-name", Must,
		"An agent is not found by its name.", agentsAPI, []string{"getAgent"},
		func(p *Probe) *Exchange {
			name := p.agent().name()
			if strings.ContainsAny(name[:1], "0123456789") { // one that was there before a read-only run
				p.Untested("the agent's name may be read as a number")
			}
			return p.Do(Maintainer, "GET", p.run.agents()+"/"+name)
		}, says(400, "agent_id is invalid"))
	tokenIDText = since(gitlab(15, 0), asked("parameters/token-id-is-integer", Must,
		"A token id that is no integer is refused: 400.", tokensAPI, []string{"getAgentToken"},
		func(p *Probe) *Exchange {
			return p.Do(Maintainer, "GET", p.run.tokenPath(p.agent().ID, p.tokens().first.ID)+"abc")
		}, says(400, "token_id is invalid")))
	perPageZero = asked("parameters/per-page-not-zero", Must,
		"per_page=0 is refused: 400.", pager, []string{"listAgents"},
		get("?per_page=0"), says(400, "per_page has a value not allowed"))
	severalFaults = asked("parameters/faults-are-joined", Must,
		"The faults of several parameters come in one text.", rootAPI, []string{"listAgents"},
		(*Probe).askWrongly, func(p *Probe, x *Exchange) {
			f, _ := x.failure()
			if f.Error == nil || !parameterFaults.MatchString(*f.Error) {
				p.give(Inconclusive, "no parameter is said to be wrong")
			}
			other := map[string]string{"page is invalid": "?per_page=abc", "per_page is invalid": "?page=abc"}[*f.Error]
			if other != "" && get(other)(p).ok(200) {
				p.give(Inconclusive, "only one of the two is taken for wrong")
			}
			p.WantError(x, 400, "page is invalid, per_page is invalid")
		})
	perPageText = asked("parameters/per-page-is-integer", Must,
		"A per_page that is no integer is refused: 400.", pager, []string{"listAgents"},
		func(p *Probe) *Exchange {
			x := p.askWrongly()
			if f, _ := x.failure(); f.Error == nil || !strings.Contains(*f.Error, "per_page") {
				x = p.Do(Maintainer, "GET", p.run.agents()+"?per_page=abc") // the other may be what it is about
			}
			return x
		}, func(p *Probe, x *Exchange) { p.Want(x, 400) })
	pageText = asked("parameters/page-is-integer", Must,
		"A page that is no integer is refused: 400.", pager, []string{"listAgents"},
		get("?page=1.5"), says(400, "page is invalid"))
	unknownIgnored = asked("parameters/unknown-are-ignored", Must,
		"Parameters that GitLab does not know are ignored.", agentsAPI, []string{"listAgents"},
		func(p *Probe) *Exchange {
			p.agent() // so that there is one to list
			return getList("?per_page=1&search=nothing&name=nothing&status=&ids=0&order_by=id&sort=desc&limit=0&offset=1000&pagination=keyset")(p)
		}, func(p *Probe, x *Exchange) {
			if p.wantSound(x) && len(x.Agents()) == 0 {
				p.Violation(x, "", "an agent, as nothing can be searched for", "an empty list")
			}
		})
	unknownForTokens = since(gitlab(15, 0), asked("parameters/unknown-for-tokens-are-ignored", Must,
		"The list of tokens cannot be searched or sorted either.", tokensAPI, []string{"listAgentTokens"},
		func(p *Probe) *Exchange {
			if x := p.tokensShown().list; len(x.Tokens()) == 0 {
				p.give(Inconclusive, fmt.Sprintf("the tokens are not listed in the plainest way either: %d", x.Status()))
			}
			return p.Do(Maintainer, "GET", p.run.tokensOf(p.agent().ID)+"?status=revoked&search=nothing&name=nothing&order_by=id&sort=asc&limit=0&offset=1000")
		}, func(p *Probe, x *Exchange) {
			if p.wantSound(x) && len(x.Tokens()) == 0 {
				p.Violation(x, "", "tokens, as they cannot be searched", "an empty list")
			}
		}))
	tokensPageText = since(gitlab(15, 0), asked("parameters/token-page-is-integer", Must,
		"A page of tokens that is no integer is refused: 400.", pager, []string{"listAgentTokens"},
		func(p *Probe) *Exchange {
			return p.Do(Maintainer, "GET", p.run.tokensOf(p.agent().ID)+"?page=abc")
		}, says(400, "page is invalid")))

	perPageLarge = oddList("pagination/at-most-100", Must,
		"per_page above 100 is taken as 100.", pager)
	pageZero = oddList("pagination/page-zero", Should,
		"Page 0 is page 1, and a negative per_page is 20.", pager)
	pagePastEnd = asked("pagination/past-the-end", Must,
		"A page past the end is an empty list.", pager, []string{"listAgents"},
		getList("?page=1000000&per_page=100"), func(p *Probe, x *Exchange) {
			if p.wantSound(x) && strings.TrimSpace(string(x.Response.Body)) != "[]" {
				p.Violation(x, "", "[]", fmt.Sprintf("%d agents", len(x.Agents())))
			}
		})
	defaultPage = asked("pagination/defaults", Must,
		"Without page and per_page the first 20 are listed.", pager, []string{"listAgents"},
		func(p *Probe) *Exchange { return p.listed().first }, func(p *Probe, x *Exchange) {
			if x.ok(200) {
				if got := x.Response.Header.Get("X-Per-Page"); got != "" && got != "20" {
					p.Violation(x, "", "X-Per-Page: 20", "X-Per-Page: "+got)
				}
			}
		})

	unknownProject = asked("errors/unknown-project", Must,
		"A project that is not there is not found.", helpersAPI, []string{"listAgents"},
		func(p *Probe) *Exchange {
			return p.Do(Maintainer, "GET", "/api/v4/projects/"+noProject+"/cluster_agents")
		}, replies(404, "404 Project Not Found"))
	unknownPath = asked("errors/unknown-project-path", Must,
		"A project path that is not there is not found.", helpersAPI, []string{"listAgents"},
		func(p *Probe) *Exchange {
			return p.Do(Maintainer, "GET", "/api/v4/projects/contract-"+p.run.id+"%2Fnone/cluster_agents")
		}, replies(404, "404 Project Not Found"))
	unknownAgent = asked("errors/unknown-agent", Must,
		"An agent that is not there is not found.", agentsFinder, []string{"getAgent"},
		beyond(32), replies(404, "404 Not found"))
	agentZero = asked("errors/agent-zero", Must,
		"No agent has the id 0.", agentsFinder, []string{"getAgent"},
		get("/0"), replies(404, "404 Not found"))
	agentTooLarge = asked("errors/agent-past-64-bits", Should,
		"An agent id past 64 bits is not found.", agentsFinder, []string{"getAgent"},
		beyond(64), replies(404, "404 Not found"))
	unknownAgentTokens = since(gitlab(15, 0), asked("errors/unknown-agent-tokens", Must,
		"The tokens of an agent that is not there are not found.", agentsFinder, []string{"listAgentTokens"},
		get("/"+noAgent+"/tokens"), replies(404, "404 Not found")))
	unknownTokenRead = since(gitlab(15, 0), asked("errors/unknown-token", Must,
		"A token that is not there is not found.", tokensFinder, []string{"getAgentToken"},
		func(p *Probe) *Exchange {
			return p.Do(Maintainer, "GET", p.run.tokensOf(p.agent().ID)+"/"+noToken)
		}, replies(404, "404 Not found")))
	deleteUnknown = writing(asked("errors/delete-unknown-agent", Must,
		"Deleting an agent that is not there is answered with 404.", agentsAPI, []string{"deleteAgent"},
		func(p *Probe) *Exchange {
			if x := p.run.fixtures.deleted; x != nil {
				return x
			}
			return p.deleteNone()
		}, replies(404, "404 Not found")))
	revokeUnknown = writing(since(gitlab(15, 0), asked("errors/revoke-unknown-token", Must,
		"Revoking a token that is not there is answered with 404.", tokensAPI, []string{"revokeAgentToken"},
		func(p *Probe) *Exchange {
			return p.Do(Maintainer, "DELETE", p.run.tokensOf(p.agent().ID)+"/"+noToken)
		}, replies(404, "404 Not found"))))
	createForUnknown = writing(since(gitlab(15, 0), asked("errors/create-token-for-unknown-agent", Must,
		"A token for an agent that is not there is answered with 404.", tokensAPI, []string{"createAgentToken"},
		func(p *Probe) *Exchange {
			// That a name is blank is said of agents that are there.
			x := p.Do(Maintainer, "POST", p.run.agents()+"/"+noAgent+"/tokens", JSON(`{"name":""}`))
			if t := p.firstTokens().first; t.Token == nil && t.made.Status() == x.Status() {
				p.give(Inconclusive, fmt.Sprintf("a token for an agent that is there is refused with %d as well", x.Status()))
			}
			return x
		}, replies(404, "404 Not found"))))

	unsupportedType = writing(asked("errors/unsupported-media-type", Must,
		"A body that is neither JSON nor a form is refused: 415.", rootAPI, []string{"createAgent"},
		func(p *Probe) *Exchange {
			return p.Do(Maintainer, "POST", p.run.agents(), Body("text/plain", `{"name":"`+p.run.name("plain")+`"}`))
		}, says(415, "The provided content-type 'text/plain' is not supported.")))
	noContentType = writing(asked("errors/no-media-type", Should,
		"A body without a content type is refused: 415.", rootAPI, []string{"createAgent"},
		func(p *Probe) *Exchange {
			return p.Do(Maintainer, "POST", p.malformedAt(), Body("", `{"name":"`+p.run.name("bare")+`"}`))
		}, answers(415)))
	unsupportedOnDelete = writing(asked("errors/unsupported-media-type-on-delete", Should,
		"DELETE refuses such a body too.", rootAPI, []string{"deleteAgent"},
		func(p *Probe) *Exchange {
			return p.Do(Maintainer, "DELETE", p.run.agents()+"/"+noAgent, Body("text/plain", "x"))
		}, answers(415)))
	malformedJSON = writing(asked("errors/malformed-json", Must,
		"Malformed JSON is refused: 400.", malformed, []string{"createAgent"},
		func(p *Probe) *Exchange { return p.Do(Maintainer, "POST", p.run.agents(), JSON(`{"name":`)) },
		answers(400)))
	nulByte = writing(asked("errors/nul-byte", Must,
		"A NUL in the input is refused: 400.", malformed, []string{"createAgent"},
		func(p *Probe) *Exchange {
			return p.Do(Maintainer, "POST", p.malformedAt(), JSON(`{"name":"`+p.run.name("nul")+`\u0000"}`))
		}, answers(400)))
	badUTF8 = writing(asked("errors/invalid-utf-8", Must,
		"Invalid UTF-8 in the input is refused: 400.", malformed, []string{"createAgent"},
		func(p *Probe) *Exchange {
			return p.Do(Maintainer, "POST", p.malformedAt(), JSON("{\"name\":\""+p.run.name("utf")+"\xff\"}"))
		}, answers(400)))

	parametersBeforeProject = since(gitlab(16, 0), writing(asked("order/parameters-before-project", Should,
		"Parameters are checked before the project is looked up.", rootAPI, []string{"createAgent"},
		func(p *Probe) *Exchange {
			return p.Do(Maintainer, "POST", "/api/v4/projects/"+noProject+"/cluster_agents", JSON(`{}`))
		}, says(400, "name is missing"))))
	parametersBeforeRole = since(gitlab(16, 0), writing(asked("order/parameters-before-role", Should,
		"Parameters are checked before the role.", rootAPI, []string{"createAgent"},
		func(p *Probe) *Exchange {
			p.mayWrite(Developer)
			return p.Do(Developer, "POST", p.run.agents(), JSON(`{}`))
		}, says(400, "name is missing")), Developer))
	formBeforeAuthentication = since(gitlab(16, 0), writing(asked("order/malformed-before-authentication", Should,
		"Malformed input is refused before credentials are checked.", malformed, []string{"createAgent"},
		func(p *Probe) *Exchange { return p.Do(Anonymous, "POST", p.run.agents(), JSON(`{"name":`)) }, answers(400))))
	typeBeforeAuthentication = since(gitlab(16, 0), writing(asked("order/content-type-before-authentication", Should,
		"The content type is checked before credentials.", rootAPI, []string{"createAgent"},
		func(p *Probe) *Exchange { return p.Do(Anonymous, "POST", p.run.agents(), Body("text/plain", "x")) }, answers(415))))
	authenticationBeforeParameters = writing(asked("order/authentication-before-parameters", Must,
		"Credentials are checked before parameters.", rootAPI, []string{"createAgent"},
		func(p *Probe) *Exchange { return p.Do(Anonymous, "POST", p.run.agents(), JSON(`{}`)) },
		replies(401, "401 Unauthorized")))
)

// deleteNone deletes an agent that is not there, if it did not change.
func (p *Probe) deleteNone() *Exchange {
	return p.Do(Maintainer, "DELETE", p.run.agents()+"/"+noAgent, Header("If-Unmodified-Since", "Wed, 01 Jan 2020 00:00:00 GMT"))
}

// malformedAt is where malformed names are sent: to where such a name is refused for no other reason.
func (p *Probe) malformedAt() string {
	if p.run.hasTokens() {
		return p.run.agents() + "/" + noAgent + "/tokens"
	}
	return p.run.agents()
}

var roleBeforeRecord = Rule{
	ID:         "order/role-before-agent",
	Sentence:   "The role is checked before the agent is looked up, so that nobody learns which agents there are.",
	Source:     agentsAPI,
	Operations: []string{"deleteAgent", "createAgentToken"},
	Needs:      Needs{Roles: []Role{Developer}, Writes: true},
	Probe: func(p *Probe) {
		p.mayWrite(Developer)
		// The condition is looked at when there is an agent.
		p.Together(
			func(p *Probe) {
				x := p.Do(Developer, "DELETE", p.run.agents()+"/"+noAgent, Header("If-Unmodified-Since", "Wed, 01 Jan 2020 00:00:00 GMT"))
				p.WantMessage(x, 403, "403 Forbidden")
			},
			func(p *Probe) {
				if p.run.hasTokens() {
					x := p.Do(Developer, "POST", p.run.agents()+"/"+noAgent+"/tokens", JSON(`{"name":"contract"}`))
					p.WantMessage(x, 403, "403 Forbidden")
				}
			},
		)
	},
}

// mayWrite gives the probe up if a role's token is refused whatever it asks for.
func (p *Probe) mayWrite(role Role) {
	if why := p.refusedAtAll(role, writes, p.intruders().answers[role]); why != "" {
		p.Untested(why)
	}
}

var tokenOfOtherAgent = Rule{
	ID:         "errors/token-of-another-agent",
	Since:      gitlab(15, 0),
	Sentence:   "A token is not found under another agent.",
	Source:     tokensFinder,
	Operations: []string{"getAgentToken", "revokeAgentToken"},
	Needs:      Needs{Writes: true},
	Probe: func(p *Probe) {
		in := p.ofIntruders()
		token := p.run.tokenPath(p.agent().ID, in.token.ID)
		p.Together(
			func(p *Probe) { p.WantMessage(p.Do(Maintainer, "GET", token), 404, "404 Not found") },
			func(p *Probe) { p.WantMessage(p.Do(Maintainer, "DELETE", token), 404, "404 Not found") },
		)
	},
}

// ofIntruders is the agent and the token that intruders tried to change, and did not. Nothing else needs them any more.
func (p *Probe) ofIntruders() *intruders {
	in := p.intruders()
	switch {
	case !in.after.ok(200):
		p.Untested("the agent to try it on was deleted by a caller who may not, or cannot be read")
	case in.revoked():
		p.Untested("the token to try it on was revoked by a caller who may not")
	}
	return in
}

var agentOfOtherProject = Rule{
	ID:         "errors/agent-of-another-project",
	Since:      gitlab(16, 0), // an older finder looked ids up unscoped; which releases is not known
	Sentence:   "An agent and its tokens are not found under another project.",
	Source:     agentsFinder,
	Operations: ofOneAgent,
	Needs:      Needs{OtherProject: true},
	Probe: func(p *Probe) {
		other, agent := p.run.elsewhere(), p.agent()
		p.otherProject()
		ask := func(p *Probe, method, path string, with ...With) *Exchange {
			x := p.Do(Maintainer, method, other+path, with...)
			if method != "GET" && x.Status() == 403 && p.createElsewhere().Status() == 403 {
				return x // nothing may be written there, as if it is archived
			}
			p.WantMessage(x, 404, "404 Not found")
			return x
		}
		missing := func(method, path string, with ...With) func(p *Probe) {
			return func(p *Probe) { ask(p, method, path, with...) }
		}
		parts := []func(*Probe){
			missing("GET", fmt.Sprintf("/%d", agent.ID)),
			func(p *Probe) {
				p.attempt(func(p *Probe) {
					token := p.tokens().first
					p.Together(
						missing("GET", fmt.Sprintf("/%d/tokens", agent.ID)),
						missing("GET", fmt.Sprintf("/%d/tokens/%d", agent.ID, token.ID)),
					)
				})
			},
		}
		if !p.run.readOnly {
			parts = append(parts, func(p *Probe) {
				p.attempt(func(p *Probe) {
					in := p.ofIntruders()
					p.Together(
						func(p *Probe) { in.elsewhere = ask(p, "DELETE", fmt.Sprintf("/%d", in.agent.ID)) },
						missing("DELETE", fmt.Sprintf("/%d/tokens/%d", in.agent.ID, in.token.ID)),
						missing("POST", fmt.Sprintf("/%d/tokens", in.agent.ID), JSON(fmt.Sprintf(`{"name":%q}`, tokenElsewhere))),
					)
					if in.elsewhere.Status() >= 400 {
						in.afterElsewhere = p.run.made.lookAfter(p.Do(Maintainer, "GET", p.run.tokensOf(in.agent.ID)))
					}
				})
			})
		}
		p.Together(parts...)
	},
}

// tokenElsewhere is the name of the token that is asked for under another project.
const tokenElsewhere = "contract elsewhere"

// fullPath is the full path of the project.
func (p *Probe) fullPath() string {
	path := p.readable().ConfigProject.PathWithNamespace
	if !strings.Contains(path, "/") {
		p.give(Inconclusive, "the agent does not say which project it is of")
	}
	return path
}

// readUnder reads the agent under the project as it stands in the URL. It may have been read in just that way.
func (p *Probe) readUnder(project string) *Exchange {
	a := p.readable()
	if p.run.project == project {
		return a.read
	}
	return p.Do(Maintainer, "GET", fmt.Sprintf("/api/v4/projects/%s/cluster_agents/%d", project, a.ID))
}

// noProject is the id of a project that exists nowhere, though it could.
const noProject = "9007199254740991"

var (
	encodedPath = asked("paths/encoded", Must,
		"A project is found by its full path, URL-encoded as one segment.", rootAPI, []string{"getAgent"},
		func(p *Probe) *Exchange { return p.readUnder(url.PathEscape(p.fullPath())) }, answers(200))
	numericID = asked("paths/id", Must,
		"A project is found by its id.", rootAPI, []string{"getAgent"},
		func(p *Probe) *Exchange {
			id := p.readable().ConfigProject.ID
			if id == 0 {
				p.give(Inconclusive, "the agent does not say which project it is of")
			}
			return p.readUnder(strconv.FormatInt(id, 10))
		}, answers(200))
	unencodedPath = asked("paths/unencoded", Must,
		"A project's path that is not encoded is no route.", rootAPI, nil,
		func(p *Probe) *Exchange {
			return p.Do(Maintainer, "GET", "/api/v4/projects/"+p.fullPath()+"/cluster_agents")
		}, says(404, "404 Not Found"))
	doubleEncodedPath = asked("paths/double-encoded", Must,
		"A project's path that is encoded twice is not found.", helpersAPI, []string{"listAgents"},
		func(p *Probe) *Exchange {
			return p.Do(Maintainer, "GET", "/api/v4/projects/"+url.PathEscape(url.PathEscape(p.fullPath()))+"/cluster_agents")
		}, replies(404, "404 Project Not Found"))
	trailingSlash = oddList("paths/trailing-slash", Should,
		"A slash at the end does not matter.", rootAPI)
	jsonSuffix = oddList("paths/json-suffix", Should,
		"The suffix .json does not matter.", rootAPI)
	singularToken = since(gitlab(15, 0), asked("paths/token-is-no-route", Must,
		"The URL that the documentation prints, …/token/1, is no route.", tokensAPI, nil,
		func(p *Probe) *Exchange {
			return p.Do(Maintainer, "GET", p.run.agentPath(p.agent().ID)+"/token/1")
		}, says(404, "404 Not Found")))
	noUpdate = writing(asked("paths/no-update", Must,
		"An agent cannot be changed: PUT is no route, and not a 405.", agentsAPI, nil,
		func(p *Probe) *Exchange {
			return p.Do(Maintainer, "PUT", p.run.agents()+"/"+noAgent, p.run.nameIs("put"))
		}, says(404, "404 Not Found")))
	noPatch = writing(since(gitlab(15, 0), asked("paths/no-token-update", Must,
		"A token cannot be changed: PATCH is no route.", tokensAPI, nil,
		func(p *Probe) *Exchange {
			return p.Do(Maintainer, "PATCH", p.run.agents()+"/"+noAgent+"/tokens/"+noToken, JSON(`{"name":"contract"}`))
		}, says(404, "404 Not Found"))))
)
