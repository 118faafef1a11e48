package contract

import (
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// oddServer is a server that departs from GitLab, and what one probing rule makes of it. The faults show that rules
// notice; here is what a rule does not blame, what it says when it gives up, and which of several answers it means.
type oddServer struct {
	what     string
	version  string // of the fake; the newest, if it is empty
	project  string // root/test, if it is empty
	readOnly bool
	agents   int // that are there before, with a token each
	answer   rewrite
	response func(*http.Response) // changes what the fake adds to an answer in the end
	rule     string
	outcome  Outcome
	findings int    // under the rule
	says     string // a part of the reason, or of a finding
}

// rewrite changes an answer of the fake. It is called by one goroutine at a time.
type rewrite = func(r *http.Request, d *fakegitlab.ResponseDraft)

// fails gives what some operations answer with a status another status and body.
func fails(operation string, from, to int, body string) rewrite {
	return func(_ *http.Request, d *fakegitlab.ResponseDraft) {
		if d.Operation == operation && d.Status == from {
			reply(d, to, body)
		}
	}
}

func reply(d *fakegitlab.ResponseDraft, status int, body string) {
	d.Status, d.Body = status, []byte(body)
	d.Header.Set("Content-Type", "application/json")
}

// edits replaces what matches in the bodies of an operation's successes.
func edits(operation, pattern, replacement string) rewrite {
	what := regexp.MustCompile(pattern)
	return func(_ *http.Request, d *fakegitlab.ResponseDraft) {
		if d.Operation == operation && d.Status < 300 {
			d.Body = what.ReplaceAll(d.Body, []byte(replacement))
		}
	}
}

// to is a rewrite for one caller only.
func to(role Role, change rewrite) rewrite {
	return func(r *http.Request, d *fakegitlab.ResponseDraft) {
		if token := fakeTarget("").Tokens[role]; r.Header.Get("Private-Token") == token || r.Header.Get("Authorization") == "Bearer "+token {
			change(r, d)
		}
	}
}

// askedFor is a rewrite for URLs that contain a text.
func askedFor(text string, change rewrite) rewrite {
	return func(r *http.Request, d *fakegitlab.ResponseDraft) {
		if strings.Contains(r.URL.RequestURI(), text) {
			change(r, d)
		}
	}
}

// all is several rewrites, one after the other.
func all(changes ...rewrite) rewrite {
	return func(r *http.Request, d *fakegitlab.ResponseDraft) {
		for _, change := range changes {
			change(r, d)
		}
	}
}

const (
	hiddenText    = `{"message":"404 Project Not Found"}`
	absentText    = `{"message":"404 Not found"}`
	forbiddenText = `{"message":"403 Forbidden"}`
	failedText    = `{"message":"500 Internal Server Error"}`
)

// again is a rewrite that leaves the first answer to a request as it is.
func again(change rewrite) rewrite {
	seen := make(map[string]bool)
	return func(r *http.Request, d *fakegitlab.ResponseDraft) {
		key := r.Header.Get("Private-Token") + " " + r.Method + " " + r.URL.RequestURI()
		if seen[key] {
			change(r, d)
		}
		seen[key] = true
	}
}

func TestOddServers(t *testing.T) {
	t.Parallel()
	for _, c := range slices.Concat(oddParameters(), oddNames(), oddRoles(), oddPages(), oddConditions(), oddLives(), oddEnds()) {
		t.Run(strings.ReplaceAll(c.rule, "/", " ")+": "+c.what, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			changed := c.answer == nil // or the case shows nothing
			deviation := &fakegitlab.Deviation{Rewrite: func(r *http.Request, d *fakegitlab.ResponseDraft) {
				mu.Lock()
				defer mu.Unlock()
				if c.answer != nil {
					was := *d
					was.Header = d.Header.Clone()
					c.answer(r, d)
					changed = changed || !reflect.DeepEqual(was, *d)
				}
			}}
			options := []fakegitlab.Option{fakegitlab.Deviate(deviation)}
			if c.version != "" {
				options = append(options, fakegitlab.Version(c.version))
			}
			gitlab := fakegitlab.Start(t, options...)
			target := fakeTarget(gitlab.URL)
			if c.response != nil {
				target.Transport = transportFunc(func(r *http.Request) (*http.Response, error) {
					response, err := http.DefaultTransport.RoundTrip(r)
					if err == nil {
						c.response(response)
					}
					return response, err
				})
			}
			if c.project != "" {
				target.Project = c.project
			}
			for i := range c.agents {
				agent := unmarshal[Agent]([]byte(ask1(t, gitlab.URL, "POST", "/api/v4/projects/20/cluster_agents", fmt.Sprintf(`{"name":"1-%d"}`, i))))
				ask1(t, gitlab.URL, "POST", fmt.Sprintf("/api/v4/projects/20/cluster_agents/%d/tokens", agent.ID), `{"name":"there"}`)
			}
			rules := slices.DeleteFunc(Catalogue(), func(rule Rule) bool { return rule.Probe != nil && rule.ID != c.rule })
			settings := []Option{Rules(rules...), quickly(requestTimeout)}
			if c.readOnly {
				settings = append(settings, ReadOnly())
			}
			result, err := Run(t.Context(), target, settings...)
			require.NoError(t, err)
			assert.True(t, changed, "the server is not odd")
			became := ruleResult(t, result, c.rule)
			said := became.Reason
			for _, f := range result.Findings {
				if f.Rule == c.rule {
					said += "\n" + f.String()
				}
			}
			assert.Equal(t, c.outcome, became.Outcome, said)
			assert.Equal(t, c.findings, became.Findings, said)
			assert.Contains(t, said, c.says)
		})
	}
}

func oddParameters() []oddServer {
	return []oddServer{
		{what: "agents cannot be listed", answer: fails("listAgents", 200, 500, failedText), rule: "parameters/unknown-are-ignored",
			outcome: Inconclusive, says: "listing the agents in the plainest way is answered with 500"},
		{what: "agents cannot be listed", answer: fails("listAgents", 200, 500, failedText), rule: "pagination/at-most-100",
			outcome: Inconclusive, says: "listing the agents in the plainest way is answered with 500"},
		{what: "what is unknown is refused", answer: askedFor("search=", fails("listAgents", 200, 400, `{"error":"search is invalid"}`)),
			rule: "parameters/unknown-are-ignored", outcome: Violation, findings: 1, says: "expected 200"},
		{what: "the list is none", answer: askedFor("search=", fails("listAgents", 200, 200, `{}`)), rule: "parameters/unknown-are-ignored", outcome: Pass},
		{what: "tokens cannot be listed", answer: fails("listAgentTokens", 200, 500, failedText), rule: "parameters/unknown-for-tokens-are-ignored",
			outcome: Inconclusive, says: "not listed in the plainest way either: 500"},
		{what: "nothing is found", answer: askedFor("search=", fails("listAgentTokens", 200, 200, "[]")), rule: "parameters/unknown-for-tokens-are-ignored",
			outcome: Violation, findings: 1, says: "as they cannot be searched"},
		{what: "it is refused", answer: askedFor("search=", fails("listAgentTokens", 200, 400, `{"error":"search is invalid"}`)), rule: "parameters/unknown-for-tokens-are-ignored",
			outcome: Violation, findings: 1, says: "expected 200"},
		{what: "the list is none", answer: askedFor("search=", fails("listAgentTokens", 200, 200, "{}")), rule: "parameters/unknown-for-tokens-are-ignored", outcome: Pass},
		{what: "another text", answer: askedFor("page=abc", fails("listAgents", 400, 400, `{"error":"something is wrong"}`)),
			rule: "parameters/faults-are-joined", outcome: Inconclusive, says: "no parameter is said to be wrong"},
		{what: "it is 404", answer: askedFor("page=1000000", fails("listAgents", 200, 404, `{"message":"404 ClusterAgents Not Found"}`)),
			rule: "pagination/past-the-end", outcome: Violation, findings: 1, says: "expected 200"},
		{what: "the list is none", answer: askedFor("page=1000000", fails("listAgents", 200, 200, `{}`)), rule: "pagination/past-the-end", outcome: Pass},
		{what: "X-Per-Page is missing", answer: func(_ *http.Request, d *fakegitlab.ResponseDraft) { d.Header.Del("X-Per-Page") },
			rule: "pagination/defaults", outcome: Pass},
		{what: "no token can be created", answer: func(_ *http.Request, d *fakegitlab.ResponseDraft) {
			if d.Operation == "createAgentToken" {
				reply(d, 403, forbiddenText)
			}
		}, rule: "errors/create-token-for-unknown-agent", outcome: Inconclusive, says: "a token for an agent that is there is refused with 403 as well"},
		{what: "no token can be created, for another reason", answer: fails("createAgentToken", 201, 403, forbiddenText),
			rule: "errors/create-token-for-unknown-agent", outcome: Pass},
		{what: "a token is created", answer: askedFor(noAgent, fails("createAgentToken", 404, 201, tokenText(1, 1, ""))),
			rule: "errors/create-token-for-unknown-agent", outcome: Violation, findings: 1, says: "expected 404"},
		{what: "the agent is gone", answer: again(to(Maintainer, fails("getAgent", 200, 404, absentText))),
			rule: "errors/token-of-another-agent", outcome: Untested, says: "the agent to try it on was deleted"},
		{what: "the token is gone", answer: all(to(Maintainer, fails("listAgentTokens", 200, 200, `[]`)), to(Maintainer, fails("getAgentToken", 200, 404, absentText))),
			rule: "errors/token-of-another-agent", outcome: Untested, says: "the token to try it on was revoked"},
		{what: "reading elsewhere is forbidden, and nothing may be created there", answer: askedFor("root%2Fother", all(
			fails("getAgent", 404, 403, forbiddenText), fails("createAgent", 201, 403, forbiddenText), fails("createAgent", 400, 403, forbiddenText))),
			rule: "errors/agent-of-another-project", outcome: Violation, findings: 1, says: "expected 404"},
		{what: "deleting elsewhere is forbidden", answer: askedFor("root%2Fother", fails("deleteAgent", 404, 403, forbiddenText)),
			rule: "errors/agent-of-another-project", outcome: Violation, findings: 1, says: "expected 404"},
		{what: "deleting elsewhere is granted, and nothing may be created there", answer: askedFor("root%2Fother", all(
			fails("deleteAgent", 404, 204, ""), fails("createAgent", 201, 403, forbiddenText), fails("createAgent", 400, 403, forbiddenText))),
			rule: "errors/agent-of-another-project", outcome: Violation, findings: 1, says: "expected 404"},
		{what: "nothing may be done elsewhere", answer: askedFor("root%2Fother", func(r *http.Request, d *fakegitlab.ResponseDraft) {
			if r.Method == "POST" || r.Method == "DELETE" {
				reply(d, 403, forbiddenText)
			}
		}), rule: "errors/agent-of-another-project", outcome: Pass},
		{what: "the path is missing", answer: edits("createAgent", `"path_with_namespace":"[^"]*"`, `"path_with_namespace":""`),
			rule: "paths/encoded", outcome: Inconclusive, says: "does not say which project"},
		{what: "the id is missing", answer: edits("createAgent", `("config_project":\{"id":)\d+`, `${1}0`),
			rule: "paths/id", outcome: Inconclusive, says: "does not say which project"},
	}
}

func oddNames() []oddServer {
	return []oddServer{
		{what: "no agent can be created", answer: fails("createAgent", 201, 400, `{"message":"400 Bad request - no"}`),
			rule: "agent-names/no-dot", outcome: Inconclusive, says: "an agent with which nothing is wrong is refused with 400 as well"},
		{what: "no agent can be created, for another reason", answer: func(_ *http.Request, d *fakegitlab.ResponseDraft) {
			if d.Operation == "createAgent" && (d.Status == 201 || strings.Contains(string(d.Body), "already")) {
				reply(d, 403, forbiddenText)
			}
		},
			rule: "agent-names/no-dot", outcome: Pass},
		{what: "a name that another project has is taken", answer: func() rewrite {
			seen := make(map[string]bool)
			return func(r *http.Request, d *fakegitlab.ResponseDraft) {
				if name := regexp.MustCompile(`"name":"[^"]*-a"`).Find(d.Body); d.Operation == "createAgent" && name != nil {
					if seen[string(name)] {
						reply(d, 400, `{"message":"400 Bad request - Name has already been taken"}`)
					}
					seen[string(name)] = true
				}
			}
		}(), rule: "agent-names/unique-per-project", outcome: Violation, findings: 1, says: "has already been taken"},
	}
}

func oddRoles() []oddServer {
	guestDeletes := to(Guest, fails("deleteAgent", 403, 204, ""))
	guestRevokes := to(Guest, fails("revokeAgentToken", 403, 204, ""))
	return []oddServer{
		// One caller is let through, and others find what that did.
		{what: "a guest deletes the agent, and it is not found", answer: all(guestDeletes, to(Developer, fails("getAgent", 200, 404, absentText))),
			rule: "roles/developer-reads", outcome: Pass},
		{what: "a guest deletes the agent, and nothing is listed", answer: all(guestDeletes, to(Developer, fails("listAgents", 200, 404, absentText))),
			rule: "roles/developer-reads", outcome: Violation, findings: 1, says: "expected 200"},
		{what: "a guest deletes the agent, and no other is created", answer: all(guestDeletes, to(Developer, fails("createAgent", 403, 404, absentText))),
			rule: "roles/developer-may-not-write", outcome: Violation, findings: 1, says: "expected 403"},
		{what: "a guest deletes the agent, and so does a developer", answer: all(guestDeletes, to(Developer, fails("deleteAgent", 403, 204, ""))),
			rule: "roles/developer-may-not-write", outcome: Violation, findings: 1, says: "expected 403"},
		{what: "a guest revokes the token, and it is not found", answer: all(guestRevokes, to(Developer, fails("getAgentToken", 200, 404, absentText))),
			rule: "roles/developer-reads", outcome: Pass},
		{what: "a guest revokes the token, and it cannot be revoked again", answer: all(guestRevokes, to(Developer, fails("revokeAgentToken", 403, 404, absentText))),
			rule: "roles/developer-may-not-write", outcome: Pass},
		{what: "a guest revokes the token, and its agent is not found", answer: all(guestRevokes, to(Developer, fails("getAgent", 200, 404, absentText))),
			rule: "roles/developer-reads", outcome: Violation, findings: 1, says: "expected 200"},
		{what: "the agent is gone from the list", answer: all(to(Developer, fails("listAgents", 200, 200, "[]")), again(to(Maintainer, fails("getAgent", 200, 404, absentText)))),
			rule: "roles/developer-reads", outcome: Pass},

		{what: "the agent is gone, though nobody was let through", answer: all(
			to(Developer, fails("getAgent", 200, 404, absentText)), again(to(Maintainer, fails("getAgent", 200, 404, absentText)))),
			rule: "roles/developer-reads", outcome: Pass},
		{what: "who has no token is told of a scope", answer: to(Anonymous, func(_ *http.Request, d *fakegitlab.ResponseDraft) {
			reply(d, 403, `{"error":"insufficient_scope"}`)
		}), rule: "authentication/required-to-read", outcome: Violation, findings: 5, says: "expected 401"},
		{what: "a guest is told that nobody is known", answer: to(Guest, func(_ *http.Request, d *fakegitlab.ResponseDraft) {
			if d.Operation != "" {
				reply(d, 401, `{"message":"401 Unauthorized"}`)
			}
		}), rule: "roles/guest-may-not-write", outcome: Violation, findings: 4, says: "expected 403"},
		{what: "deleting takes a scope that there is not", answer: fails("deleteAgent", 204, 403, `{"error":"insufficient_scope"}`),
			rule: "agents/delete", outcome: Violation, findings: 1, says: "expected 204"},
		{what: "one answer speaks of a scope", answer: to(Developer, fails("deleteAgent", 403, 403, `{"error":"insufficient_scope"}`)),
			rule: "roles/developer-may-not-write", outcome: Pass},
		{what: "one answer does not speak of a scope", answer: to(Developer, func(_ *http.Request, d *fakegitlab.ResponseDraft) {
			switch {
			case d.Operation == "createAgent":
				reply(d, 409, `{"message":"409 Conflict"}`)
			case d.Status == 403:
				reply(d, 403, `{"error":"insufficient_scope"}`)
			}
		}), rule: "roles/developer-may-not-write", outcome: Violation, findings: 1, says: "expected 403"},

		// A developer is shown something else than a maintainer.
		{what: "no tokens are listed", answer: to(Developer, fails("listAgentTokens", 200, 200, "[]")),
			rule: "roles/developer-reads", outcome: Violation, findings: 1, says: "in the list, as a maintainer sees it"},
		{what: "tokens are listed to nobody", answer: fails("listAgentTokens", 200, 403, forbiddenText),
			rule: "roles/developer-reads", outcome: Pass},
		{what: "nobody is shown the agent in the list", answer: fails("listAgents", 200, 200, "[]"),
			rule: "roles/developer-reads", outcome: Pass},
		{what: "the list is none", answer: to(Developer, fails("listAgents", 200, 200, "{}")),
			rule: "roles/developer-reads", outcome: Pass},
		{what: "ids are no numbers", answer: to(Developer, edits("listAgents", `\{"id":(\d+),"name"`, `{"id":"$1","name"`)),
			rule: "roles/developer-reads", outcome: Pass},
		{what: "the list is empty", readOnly: true, agents: 1, answer: to(Developer, fails("listAgents", 200, 200, "[]")),
			rule: "roles/developer-reads", outcome: Violation, findings: 1, says: "in the list, as a maintainer sees it"},
		{what: "a part of the list lacks the agent", agents: 1, answer: to(Developer, all(fails("listAgents", 200, 200, list(agentText(9999, "another"))), heading("listAgents", "X-Next-Page", "2"))),
			rule: "roles/developer-reads", outcome: Pass},
		{what: "the list lacks the agent", agents: 1, answer: to(Developer, func(_ *http.Request, d *fakegitlab.ResponseDraft) {
			if d.Operation == "listAgents" {
				var kept []string
				for _, a := range unmarshal[[]Agent](d.Body) {
					if !strings.HasSuffix(a.Name, "-c") {
						kept = append(kept, agentText(int(a.ID), a.Name))
					}
				}
				d.Body = []byte("[" + strings.Join(kept, ",") + "]")
				d.Header.Set("X-Total", fmt.Sprint(len(kept)))
			}
		}), rule: "roles/developer-reads", outcome: Violation, findings: 1, says: "in the list, as a maintainer sees it"},

		// What is hidden from one who is no member, and what is not.
		{what: "one answer shows that there is a project", answer: to(Stranger, fails("getAgent", 404, 404, absentText)),
			rule: "roles/stranger-finds-nothing", outcome: Violation, findings: 1, says: "404 Project Not Found"},
		{what: "one answer hides a project that is public", project: "public/open", answer: to(Stranger, fails("getAgent", 404, 404, hiddenText)),
			rule: "roles/stranger-finds-nothing", outcome: Violation, findings: 1, says: `expected message "404 Not found"`},
		{what: "reads hide the project, and writes do not", answer: to(Stranger, func(r *http.Request, d *fakegitlab.ResponseDraft) {
			if r.Method == "POST" || r.Method == "DELETE" {
				reply(d, 403, forbiddenText)
			}
		}), rule: "roles/stranger-may-not-write", outcome: Violation, findings: 4, says: "expected 404"},
		{what: "writes hide a project that is public", project: "public/open", answer: to(Stranger, func(r *http.Request, d *fakegitlab.ResponseDraft) {
			if r.Method == "POST" || r.Method == "DELETE" {
				reply(d, 404, hiddenText)
			}
		}), rule: "roles/stranger-may-not-write", outcome: Violation, findings: 4, says: "expected 403"},
		{what: "nothing is said, and it is 404", answer: to(Stranger, func(_ *http.Request, d *fakegitlab.ResponseDraft) { reply(d, 404, `{"message":"404"}`) }),
			rule: "roles/stranger-may-not-write", outcome: Pass},
		{what: "nothing is said, and it is 403", answer: to(Stranger, func(_ *http.Request, d *fakegitlab.ResponseDraft) { reply(d, 403, `{"message":"403"}`) }),
			rule: "roles/stranger-may-not-write", outcome: Pass},
		{what: "nothing is said, and it is 409", answer: to(Stranger, func(_ *http.Request, d *fakegitlab.ResponseDraft) { reply(d, 409, `{"message":"409"}`) }),
			rule: "roles/stranger-may-not-write", outcome: Violation, findings: 4, says: "expected 403"},
		{what: "guests are told that there is no project", answer: to(Guest, fails("getAgent", 404, 404, hiddenText)),
			rule: "roles/guest-finds-nothing", outcome: Violation, findings: 1, says: `expected message "404 Not found"`},

		{what: "the list shows that there is a project", answer: to(Stranger, fails("listAgents", 404, 404, `{"message":"404 ClusterAgents Not Found"}`)),
			rule: "roles/stranger-finds-nothing", outcome: Violation, findings: 1, says: "404 Project Not Found"},
		{what: "guests are told that there is no project to list", answer: to(Guest, fails("listAgents", 404, 404, hiddenText)),
			rule: "roles/guest-finds-nothing", outcome: Violation, findings: 1, says: `expected message "404 ClusterAgents Not Found"`},

		// Reads below developer were forbidden once.
		{what: "guests may not ask", version: "15.0", answer: to(Guest, fails("listAgentTokens", 403, 400, `{"message":"400 Bad request"}`)),
			rule: "roles/guest-finds-nothing", outcome: Violation, findings: 1, says: "expected 404"},
		{what: "guests are forbidden to read, and the release is not known", version: "15.0",
			answer: func(r *http.Request, d *fakegitlab.ResponseDraft) {
				if d.Operation == "" {
					reply(d, 404, `{"error":"404 Not Found"}`)
				}
			}, rule: "roles/guest-finds-nothing", outcome: Violation, findings: 5, says: "expected 404"},
		{what: "reads of a hidden project are forbidden", version: "15.0", answer: to(Stranger, fails("getAgent", 404, 403, forbiddenText)),
			rule: "roles/stranger-finds-nothing", outcome: Violation, findings: 1, says: "expected 404"},

		// What was refused.
		{what: "an agent cannot be read", answer: fails("getAgent", 200, 404, absentText),
			rule: "roles/refused-has-no-effect", outcome: Pass},
		{what: "tokens cannot be read or listed", answer: all(fails("getAgentToken", 200, 404, absentText), fails("listAgentTokens", 200, 403, forbiddenText)),
			rule: "roles/refused-has-no-effect", outcome: Pass},
		{what: "a token is listed as revoked", version: "15.0", answer: edits("listAgentTokens", `"active"`, `"revoked"`),
			rule: "roles/refused-has-no-effect", outcome: Violation, findings: 1, says: "as revoking was refused"},
		{what: "a token is listed as revoked which nobody asked to revoke", version: "15.0",
			answer: func(_ *http.Request, d *fakegitlab.ResponseDraft) {
				if d.Operation == "listAgentTokens" && d.Status == 200 && len(d.Body) > 2 {
					other := strings.Replace(tokenText(9999, 1, ""), `"active"`, `"revoked"`, 1)
					d.Body = []byte("[" + other + "," + string(d.Body[1:]))
				}
			}, rule: "roles/refused-has-no-effect", outcome: Pass},
		{what: "a create is neither granted nor refused", answer: fails("createAgentToken", 404, 202, `{}`),
			rule: "errors/refused-has-no-effect", outcome: Inconclusive, says: "neither granted nor refused"},
		{what: "ids are missing", answer: edits("listAgentTokens", `\{"id":\d+,`, `{`), rule: "errors/refused-has-no-effect", outcome: Pass},
		{what: "tokens cannot be read in the end", answer: after("deleteAgent", fails("getAgentToken", 200, 502, "{}")), rule: "errors/refused-has-no-effect", outcome: Pass},
		{what: "all is gone in the end", answer: after("deleteAgent", all(
			fails("getAgentToken", 200, 404, absentText), fails("getAgent", 200, 404, absentText), fails("listAgents", 200, 200, "[]"))),
			rule: "errors/refused-has-no-effect", outcome: Pass},
		{what: "another agent's token is listed", answer: func(_ *http.Request, d *fakegitlab.ResponseDraft) {
			if d.Operation == "listAgentTokens" && d.Status == 200 {
				d.Body = []byte(strings.Replace(string(d.Body), "[", "["+tokenText(9999, 9999, "")+",", 1))
			}
		}, rule: "errors/refused-has-no-effect", outcome: Pass},

		{what: "a token that there is not is said to be revoked", answer: func(r *http.Request, d *fakegitlab.ResponseDraft) {
			if strings.HasPrefix(r.Header.Get("Private-Token"), "glpat-xxx") {
				reply(d, 401, `{"error":"invalid_token","error_description":"Token was revoked. You have to re-authorize from the user."}`)
			}
		}, rule: "authentication/unknown-token", outcome: Violation, findings: 1, says: `expected message "401 Unauthorized"`},
		{what: "any access token will do", answer: func(r *http.Request, d *fakegitlab.ResponseDraft) {
			if strings.HasPrefix(r.Header.Get("Private-Token"), "glpat-xxx") {
				reply(d, 200, "[]")
			}
		}, rule: "authentication/unknown-token", outcome: Violation, findings: 1, says: "expected 401 to a token that there is not"},
	}
}

// heading sets a header of an operation's successes; an empty value removes it.
func heading(operation, name, value string) rewrite {
	return func(_ *http.Request, d *fakegitlab.ResponseDraft) {
		if d.Operation == operation && d.Status == 200 {
			d.Header.Del(name)
			if value != "" {
				d.Header.Set(name, value)
			}
		}
	}
}

func oddPages() []oddServer {
	const lastPage = "per_page=3&page=2" // of the run's four agents
	return []oddServer{
		{what: "no tokens are listed", answer: fails("listAgentTokens", 200, 500, failedText),
			rule: "pagination/token-pages", outcome: Inconclusive, says: "cannot be listed"},
		{what: "there is no first page of tokens", answer: askedFor("per_page=1&page=1", fails("listAgentTokens", 200, 404, absentText)),
			rule: "pagination/token-pages", outcome: Violation, findings: 1, says: "expected 200"},
		{what: "there is no second page of tokens", answer: askedFor("per_page=1&page=2", fails("listAgentTokens", 200, 404, absentText)),
			rule: "pagination/token-pages", outcome: Violation, findings: 1, says: "expected 200"},
		{what: "a page of tokens is none", answer: askedFor("per_page=1&page=2", fails("listAgentTokens", 200, 200, "{}")),
			rule: "pagination/token-pages", outcome: Pass},
		{what: "tokens are not counted, and one is missing", answer: all(heading("listAgentTokens", "X-Total", ""), askedFor("per_page=1&page=2", fails("listAgentTokens", 200, 200, "[]"))),
			rule: "pagination/token-pages", outcome: Violation, findings: 1, says: "on one of the pages"},
		{what: "there are three tokens", answer: all(heading("listAgentTokens", "X-Total", "3"), askedFor("per_page=1&page=2", fails("listAgentTokens", 200, 200, "[]"))),
			rule: "pagination/token-pages", outcome: Pass},

		{what: "pages have no number", answer: heading("listAgents", "X-Page", ""),
			rule: "pagination/agent-pages", outcome: Inconclusive, says: "cannot be listed"},
		{what: "the list is none", answer: edits("listAgents", `"name":"[^"]*"`, `"name":1`),
			rule: "pagination/agent-pages", outcome: Inconclusive, says: "cannot be listed"},
		{what: "none is counted", answer: heading("listAgents", "X-Total", "0"),
			rule: "pagination/agent-pages", outcome: Pass},
		{what: "one too many is counted", answer: func(_ *http.Request, d *fakegitlab.ResponseDraft) {
			if d.Operation == "listAgents" && d.Header.Get("X-Total") == "4" {
				d.Header.Set("X-Total", "5")
			}
		}, rule: "pagination/agent-pages", outcome: Pass},
		{what: "agents are not counted", answer: all(heading("listAgents", "X-Total", ""), askedFor(lastPage, fails("listAgents", 200, 200, "[]"))),
			rule: "pagination/agent-pages", outcome: Violation, findings: 1, says: "0 on the second"},
		{what: "there are too many to be counted", agents: 21, readOnly: true, answer: heading("listAgents", "X-Total", ""),
			rule: "pagination/agent-pages", outcome: Untested, says: "more agents than GitLab counts"},
		{what: "there is one agent", agents: 1, readOnly: true, rule: "pagination/agent-pages", outcome: Untested, says: "there are not two agents"},
		{what: "there are two agents", agents: 2, readOnly: true, answer: askedFor("page=2", fails("listAgents", 200, 404, absentText)),
			rule: "pagination/agent-pages", outcome: Violation, findings: 1, says: "expected 200"},
		{what: "there are three agents", agents: 3, readOnly: true, rule: "pagination/agent-pages", outcome: Pass},
		{what: "there are four agents, and the third page has another", agents: 4, readOnly: true,
			answer: askedFor("per_page=1&page=3", edits("listAgents", `\{"id":\d+,"name":"1-2"`, `{"id":9,"name":"1-2"`)),
			rule:   "pagination/agent-pages", outcome: Violation, findings: 1, says: "page 3, at 1 per page, is not agent"},
		{what: "there are four agents, and the third page has none", agents: 4, readOnly: true,
			answer: askedFor("per_page=1&page=3", fails("listAgents", 200, 200, "[]")),
			rule:   "pagination/agent-pages", outcome: Violation, findings: 1, says: "page 3, at 1 per page, is not agent"},
		{what: "a page of agents is none", answer: askedFor(lastPage, fails("listAgents", 200, 200, "{}")),
			rule: "pagination/agent-pages", outcome: Pass},
		{what: "the last page has no number", answer: askedFor(lastPage, heading("listAgents", "X-Page", "")),
			rule: "pagination/agent-pages", outcome: Untested, says: "by somebody else"},
		{what: "the last page counts otherwise", answer: askedFor(lastPage, heading("listAgents", "X-Total", "9")),
			rule: "pagination/agent-pages", outcome: Untested, says: "by somebody else"},
	}
}

func oddConditions() []oddServer {
	head := func(change rewrite) rewrite {
		return func(r *http.Request, d *fakegitlab.ResponseDraft) {
			if r.Method == http.MethodHead {
				change(r, d)
			}
		}
	}
	get := func(change rewrite) rewrite {
		return func(r *http.Request, d *fakegitlab.ResponseDraft) {
			if r.Method == http.MethodGet {
				change(r, d)
			}
		}
	}
	untagged := func(r *http.Response) { r.Header.Del("ETag") }
	return []oddServer{
		{what: "there is no ETag", response: untagged, rule: "conditional/if-none-match", outcome: Untested, says: "no ETag"},
		{what: "there is no ETag", response: untagged, rule: "conditional/changed-list", outcome: Untested, says: "no ETag"},
		{what: "the agent changes", answer: again(edits("getAgent", `"name":"test"`, `"name":"best"`)),
			rule: "conditional/if-none-match", outcome: Inconclusive, says: "shown otherwise before"},
		{what: "an agent is not found any more", answer: all(head(fails("getAgent", 200, 404, absentText)), again(get(fails("getAgent", 200, 404, absentText)))),
			rule: "headers/head", outcome: Pass},
		{what: "an agent is not found with HEAD", answer: head(fails("getAgent", 200, 404, absentText)),
			rule: "headers/head", outcome: Violation, findings: 1, says: "expected 200"},
		{what: "one token more is counted in between", answer: all(head(heading("listAgentTokens", "X-Total", "3")), again(get(heading("listAgentTokens", "X-Total", "3")))),
			rule: "headers/head", outcome: Pass},
		{what: "one agent more is counted in between", agents: 2, readOnly: true, answer: head(heading("listAgents", "X-Total", "3")),
			rule: "headers/head", outcome: Pass},
		{what: "tokens are not counted", answer: head(heading("listAgentTokens", "X-Total", "")),
			rule: "headers/head", outcome: Pass},
	}
}

// after is a rewrite from a success of an operation on.
func after(operation string, change rewrite) rewrite {
	done := false
	return func(r *http.Request, d *fakegitlab.ResponseDraft) {
		if done {
			change(r, d)
		}
		done = done || d.Operation == operation && d.Status < 300
	}
}

// refusing is a rewrite that refuses the tokens whose creation is answered with a text. They are made all the same, and
// count from 16.2 on.
func refusing(text string) rewrite {
	return func(_ *http.Request, d *fakegitlab.ResponseDraft) {
		if d.Operation == "createAgentToken" && strings.Contains(string(d.Body), text) {
			reply(d, 403, forbiddenText)
		}
	}
}

func oddLives() []oddServer {
	formAccepted := func(r *http.Request, d *fakegitlab.ResponseDraft) {
		if d.Operation == "createAgentToken" && d.Status == 400 && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form") {
			reply(d, 201, tokenText(9999, 1, ""))
		}
	}
	noTokens := fails("createAgentToken", 201, 403, forbiddenText)
	return []oddServer{
		// Agents.
		{what: "it fails", answer: fails("listAgents", 200, 500, failedText), rule: "agents/list", outcome: Violation, findings: 1, says: "expected 200"},
		{what: "it is none", answer: fails("listAgents", 200, 200, "{}"), rule: "agents/list", outcome: Pass},
		{what: "the page on which the agent is shows it otherwise", agents: 120, answer: askedFor("per_page=100&page=2", edits("listAgents", `"created_by_user_id":\d+`, `"created_by_user_id":null`)),
			rule: "agents/read-back-equal", outcome: Violation, findings: 1, says: "as it is read alone"},
		{what: "the document has something against what differs", answer: edits("listAgents", `"created_by_user_id":\d+`, `"created_by_user_id":"42"`),
			rule: "agents/read-back-equal", outcome: Pass},
		{what: "it is in a list", answer: to(Developer, edits("getAgent", `.+`, `[$0]`)), rule: "roles/developer-reads", outcome: Pass},
		{what: "it is in a list for everybody", answer: edits("getAgent", `.+`, `[$0]`), rule: "roles/developer-reads", outcome: Pass},

		{what: "it is in a list for a maintainer", answer: to(Maintainer, edits("getAgent", `.+`, `[$0]`)), rule: "roles/developer-reads", outcome: Pass},
		{what: "what is created is none", answer: edits("createAgent", `.+`, `[]`), rule: "parameters/unknown-in-body-are-ignored", outcome: Pass},

		// Tokens.
		{what: "it is 404", answer: fails("listAgentTokens", 200, 404, absentText), rule: "tokens/list", outcome: Violation, findings: 1, says: "expected 200"},
		{what: "it is none", answer: fails("listAgentTokens", 200, 200, "{}"), rule: "tokens/list", outcome: Pass},
		{what: "tokens are never listed", answer: fails("listAgentTokens", 200, 500, failedText), rule: "tokens/none-is-an-empty-list",
			outcome: Inconclusive, says: "listing tokens is answered with 500"},
		{what: "tokens are never listed, and none in another way", answer: func(_ *http.Request, d *fakegitlab.ResponseDraft) {
			switch {
			case d.Operation != "listAgentTokens":
			case string(d.Body) == "[]":
				reply(d, 500, failedText)
			default:
				reply(d, 403, forbiddenText)
			}
		}, rule: "tokens/none-is-an-empty-list", outcome: Violation, findings: 1, says: "expected 200"},
		{what: "the agent is gone", answer: all(func(_ *http.Request, d *fakegitlab.ResponseDraft) {
			if d.Operation == "listAgentTokens" && string(d.Body) == "[]" {
				reply(d, 404, absentText)
			}
		}, again(fails("getAgent", 200, 404, absentText))), rule: "tokens/none-is-an-empty-list", outcome: Inconclusive, says: "not there any more"},
		{what: "it is 404, and the agent is there", answer: func(_ *http.Request, d *fakegitlab.ResponseDraft) {
			if d.Operation == "listAgentTokens" && string(d.Body) == "[]" {
				reply(d, 404, absentText)
			}
		}, rule: "tokens/none-is-an-empty-list", outcome: Violation, findings: 1, says: "expected 200"},
		{what: "it fails, and the agent is gone", answer: all(func(_ *http.Request, d *fakegitlab.ResponseDraft) {
			if d.Operation == "listAgentTokens" && string(d.Body) == "[]" {
				reply(d, 500, failedText)
			}
		}, again(fails("getAgent", 200, 404, absentText))), rule: "tokens/none-is-an-empty-list", outcome: Violation, findings: 1, says: "expected 200"},
		{what: "it is none", answer: func(_ *http.Request, d *fakegitlab.ResponseDraft) {
			if d.Operation == "listAgentTokens" && string(d.Body) == "[]" {
				reply(d, 200, "{}")
			}
		}, rule: "tokens/none-is-an-empty-list", outcome: Pass},
		{what: "a form is refused for tokens", version: "16.0", answer: refusing(`"name":"contract form"`), rule: "parameters/form", outcome: Violation, findings: 1, says: "expected 201"},

		{what: "no token is created", answer: noTokens, rule: "parameters/number-becomes-text", outcome: Inconclusive, says: "in plainer ways as well"},
		{what: "a number is refused", version: "16.0", answer: refusing(`"name":"123"`), rule: "parameters/number-becomes-text", outcome: Violation, findings: 1, says: "expected 201"},
		{what: "a second token is refused", version: "16.0", answer: after("createAgentToken", fails("createAgentToken", 201, 403, forbiddenText)),
			rule: "parameters/number-becomes-text", outcome: Pass},
		{what: "a token is another agent's", answer: edits("createAgentToken", `"agent_id":\d+`, `"agent_id":9999`), rule: "parameters/number-becomes-text", outcome: Pass},
		{what: "a number stays one", answer: edits("createAgentToken", `"name":"123"`, `"name":123`), rule: "parameters/number-becomes-text", outcome: Pass},
		{what: "a number becomes another", answer: edits("createAgentToken", `"name":"123"`, `"name":"124"`), rule: "parameters/number-becomes-text",
			outcome: Violation, findings: 1, says: `actual /name is "124"`},

		{what: "no token is created", answer: func(_ *http.Request, d *fakegitlab.ResponseDraft) {
			if d.Operation == "createAgentToken" {
				reply(d, 400, `{"error":"name is missing"}`)
			}
		}, rule: "tokens/name-is-text", outcome: Inconclusive, says: "a token with which nothing is wrong is refused with 400 as well"},
		{what: "no token is created, for another reason", version: "16.0", answer: noTokens, rule: "tokens/name-required", outcome: Pass},
		{what: "it is refused in another form", answer: fails("createAgentToken", 400, 400, `{"error":"no"}`), rule: "tokens/name-not-blank", outcome: Pass},

		// The limit.
		{what: "three are counted, and none of that name is listed", answer: askedFor("per_page=1&page=2", heading("listAgentTokens", "X-Total", "3")),
			rule: "token-limit/third-is-refused", outcome: Pass},
		{what: "a third is listed all the same", answer: all(heading("listAgentTokens", "X-Total", "3"), edits("listAgentTokens", `"contract form"`, `"contract third"`)),
			rule: "token-limit/third-is-refused", outcome: Violation, findings: 1, says: "one, which is listed"},
		{what: "one more is accepted after one was revoked", answer: formAccepted,
			rule: "token-limit/third-is-refused", outcome: Violation, findings: 1, says: "expected 400"},
		{what: "one more is accepted after both were", answer: all(formAccepted,
			after("revokeAgentToken", all(fails("listAgentTokens", 200, 200, "[]"), fails("getAgentToken", 200, 404, absentText)))),
			rule: "token-limit/third-is-refused", outcome: Pass},
		{what: "one more is accepted, and the other is not listed", answer: all(formAccepted, after("revokeAgentToken", fails("listAgentTokens", 200, 200, "[]"))),
			rule: "token-limit/third-is-refused", outcome: Violation, findings: 1, says: "expected 400"},
		{what: "forms are forbidden", answer: func(r *http.Request, d *fakegitlab.ResponseDraft) {
			if d.Operation == "createAgentToken" && d.Status == 400 && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form") {
				reply(d, 403, forbiddenText)
			}
		}, rule: "token-limit/third-is-refused", outcome: Pass},
		{what: "it is refused in another form", answer: fails("createAgentToken", 400, 400, `{"error":"no"}`), rule: "token-limit/checked-before-name", outcome: Pass},
		{what: "the name is spoken of", answer: fails("createAgentToken", 400, 400, `{"message":"400 Bad request - [\"Name can't be blank\"]"}`),
			rule: "token-limit/checked-before-name", outcome: Violation, findings: 1, says: "what is said of a third token"},

		// Who made it.
		{what: "the creator is missing", answer: edits("createAgent", `,"created_by_user_id":\d+`, ``), rule: "agents/created-by-caller", outcome: Pass},
		{what: "the creator is a text", answer: edits("createAgent", `"created_by_user_id":(\d+)`, `"created_by_user_id":"$1"`), rule: "agents/created-by-caller", outcome: Pass},
		{what: "nobody says who the caller is, and the creators are two",
			answer: all(askedFor("/api/v4/user", func(_ *http.Request, d *fakegitlab.ResponseDraft) { reply(d, 404, `{"error":"404 Not Found"}`) }),
				edits("createAgentToken", `"created_by_user_id":\d+`, `"created_by_user_id":99`)),
			rule: "agents/created-by-caller", outcome: Violation, findings: 1, says: "actual /created_by_user_id is 99"},

		// When.
		{what: "all is well", rule: "agents/created-at-is-now", outcome: Pass},
		{what: "a token is of another year", answer: edits("createAgentToken", `"created_at":"\d+`, `"created_at":"2020`),
			rule: "agents/created-at-is-now", outcome: Violation, findings: 1, says: "actual /created_at is 2020"},
		{what: "the times are none", answer: all(edits("createAgentToken", `"created_at":"`, `"created_at":"on `), edits("createAgent", `"created_at":"`, `"created_at":"on `)),
			rule: "agents/created-at-is-now", outcome: Untested, says: "no times"},
		{what: "there is no Date", response: func(r *http.Response) { r.Header.Del("Date") }, rule: "agents/created-at-is-now", outcome: Untested, says: "no header Date"},

		// Reading.
		{what: "tokens cannot be read in the end", answer: after("deleteAgent", fails("getAgentToken", 200, 502, "{}")),
			rule: "tokens/reading-is-no-use", outcome: Inconclusive, says: "no token could be read twice"},
		{what: "the time is none", answer: after("deleteAgent", edits("getAgentToken", `"last_used_at":null`, `"last_used_at":"now"`)),
			rule: "tokens/reading-is-no-use", outcome: Inconclusive, says: "no token could be read twice"},
		{what: "a token is used at first", answer: edits("getAgentToken", `"last_used_at":null`, `"last_used_at":"2026-01-01T00:00:00.000Z"`),
			rule: "tokens/reading-is-no-use", outcome: Inconclusive, says: "when it was read first"},

		// Revoking.
		{what: "there is only one token", answer: all(refusing(`"name":"contract form"`), refusing(`"name":"contract second"`)), rule: "tokens/revoke", outcome: Pass},
		{what: "it is 200", answer: fails("revokeAgentToken", 204, 200, "{}"), rule: "tokens/revoke", outcome: Violation, findings: 2, says: "expected 204"},
		{what: "tokens are not shown", answer: all(fails("listAgentTokens", 200, 200, "[]"), fails("getAgentToken", 200, 404, absentText)),
			rule: "tokens/revoke-only-that-one", outcome: Inconclusive, says: "an earlier step"},
		{what: "revoking is forbidden, and another is revoked", version: "15.0", answer: all(fails("revokeAgentToken", 204, 403, forbiddenText), edits("listAgentTokens", `"active"`, `"revoked"`)),
			rule: "tokens/revoke-only-that-one", outcome: Inconclusive, says: "an earlier step"},
		{what: "revoking is forbidden", answer: fails("revokeAgentToken", 204, 403, forbiddenText), rule: "tokens/revoked-is-404", outcome: Inconclusive, says: "an earlier step"},
		{what: "tokens are not listed any more", version: "15.0", answer: after("revokeAgentToken", fails("listAgentTokens", 200, 404, absentText)),
			rule: "tokens/revoked-is-shown", outcome: Violation, findings: 1, says: "expected 200"},
	}
}

func oddEnds() []oddServer {
	afterwards := func(change rewrite) rewrite { return after("deleteAgent", change) }
	tokenOf := func(agent int64) rewrite { // 0 is the agent in the URL
		return func(r *http.Request, d *fakegitlab.ResponseDraft) {
			if d.Operation == "listAgentTokens" && d.Status == 200 {
				of := agent
				if of == 0 {
					_, _ = fmt.Sscanf(regexp.MustCompile(`cluster_agents/\d+`).FindString(r.URL.Path), "cluster_agents/%d", &of)
				}
				reply(d, 200, "["+tokenText(9999, int(of), "")+"]")
			}
		}
	}
	const rule = "agents/deleted-with-tokens"
	return []oddServer{
		{what: "the condition is not looked at", answer: all(fails("deleteAgent", 412, 204, ""), again(fails("getAgent", 200, 404, absentText))),
			rule: "conditional/if-unmodified-since", outcome: Violation, findings: 1, says: "expected 412"},
		{what: "deleting is forbidden, and others are gone", answer: all(fails("deleteAgent", 204, 403, forbiddenText),
			askedFor("per_page=100", fails("listAgents", 200, 200, "[]")), again(fails("getAgent", 200, 404, absentText))),
			rule: "agents/delete-only-that-one", outcome: Inconclusive, says: "deleting the agent was answered with 403"},

		{what: "the next agent has its id", answer: func() rewrite {
			var first string
			return func(_ *http.Request, d *fakegitlab.ResponseDraft) {
				id := regexp.MustCompile(`^\{"id":\d+`)
				switch {
				case d.Operation != "createAgent" || d.Status != 201:
				case first == "":
					first = string(id.Find(d.Body))
				default:
					d.Body = id.ReplaceAll(d.Body, []byte(first))
				}
			}
		}(), rule: rule, outcome: Inconclusive, says: "another agent has the id of the deleted one"},
		{what: "its tokens are listed", answer: afterwards(fails("listAgentTokens", 404, 200, "[]")), rule: rule, outcome: Violation, findings: 1, says: "expected 404"},
		{what: "its token is shown", answer: afterwards(fails("getAgentToken", 404, 200, tokenText(1, 1, ""))), rule: rule, outcome: Violation, findings: 1, says: "expected 404"},
		{what: "its token is revoked", answer: afterwards(fails("revokeAgentToken", 404, 204, "")), rule: rule, outcome: Violation, findings: 1, says: "expected 404"},
		{what: "it gets a token", answer: afterwards(fails("createAgentToken", 404, 201, tokenText(1, 1, ""))), rule: rule, outcome: Violation, findings: 1, says: "expected 404"},
		{what: "it gets a token, as no other agent does", answer: all(fails("createAgentToken", 201, 403, forbiddenText), fails("createAgentToken", 404, 201, tokenText(1, 1, ""))),
			rule: rule, outcome: Violation, findings: 1, says: "expected 404"},
		{what: "nobody gets a token", answer: all(fails("createAgentToken", 201, 403, forbiddenText), fails("createAgentToken", 404, 403, forbiddenText)),
			rule: rule, outcome: Pass},
		{what: "the next agent of its name has a token", answer: afterwards(tokenOf(0)), rule: rule, outcome: Violation, findings: 1, says: "no token, as the agent is new"},
		{what: "the next agent of its name is said to have another's", answer: afterwards(tokenOf(9999)), rule: rule, outcome: Pass},
	}
}
