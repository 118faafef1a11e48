package contract_test

import (
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/internal/racedetector"
)

// oneRule is a server that differs from GitLab in one way, and what one rule makes of it.
type oneRule struct {
	// The server.
	answer  rewrite
	loses   string // a header that its answers lose on the way
	version string // of the GitLab; the newest if it is empty
	agents  int    // that exist before, each with a token
	project string // to check; root/test if it is empty

	// The check.
	readOnly bool
	rule     string
	scenario string // the only one to play; all that test the rule if it is empty

	// What the rule makes of it.
	outcome contract.Outcome
	says    string // a part of the reason or of a finding
}

// TestWhatOneRuleMakesOfAServer has servers that differ from GitLab in one way. The faults show that rules notice; this
// shows what a rule does not blame, what it says when it cannot tell, and what it finds in answers that are almost right.
func TestWhatOneRuleMakesOfAServer(t *testing.T) {
	t.Parallel()
	racedetector.Skip(t)
	for subject, servers := range map[string]map[string]oneRule{
		"parameters":           parameterServers(),
		"errors":               errorServers(),
		"paths and names":      pathServers(),
		"developers":           developerServers(),
		"guests and strangers": strangerServers(),
		"refused writes":       refusingServers(),
		"pages":                pageServers(),
		"conditions and HEAD":  conditionServers(),
		"creation":             creatingServers(),
		"tokens":               tokenServers(),
		"token limit":          limitServers(),
		"deletion":             deletingServers(),
	} {
		for name, server := range servers {
			t.Run(subject+"/"+name, func(t *testing.T) {
				t.Parallel()
				server.test(t)
			})
		}
	}
}

func (s oneRule) test(t *testing.T) {
	differs := &difference{answer: s.answer}
	options := []fakegitlab.Option{fakegitlab.Deviate(&fakegitlab.Deviation{Rewrite: differs.rewrite})}
	if s.version != "" {
		options = append(options, fakegitlab.Version(s.version))
	}
	gitlab := fake(t, options...)
	for i := range s.agents {
		id := newAgent(t, gitlab, 20, fmt.Sprintf("1-%03d", i))
		ask(gitlab, "POST", fmt.Sprintf("/projects/20/cluster_agents/%d/tokens", id), `{"name":"of others"}`)
	}
	differs.on.Store(true)
	target := targetOf(t, gitlab)
	if s.project != "" {
		target.Project = s.project
	}
	if s.loses != "" {
		target.Transport = &losing{target.Transport, s.loses, differs}
	}
	checked := contract.Options{ReadOnly: s.readOnly, Rules: []string{s.rule}}
	if s.scenario != "" {
		checked.Scenarios = []string{s.scenario}
	}
	result := check(t, target, checked)
	assert.Equal(t, s.answer != nil || s.loses != "", differs.seen.Load(), "whether an answer differed from the fake's")
	is := ruleOf(t, result, s.rule)
	said := is.Reason.Text
	for _, f := range result.Findings {
		said += "\n" + f.String()
	}
	assert.Equal(t, s.outcome, is.Outcome, said)
	if s.outcome == contract.Pass || s.outcome == contract.Violation {
		assert.Positive(t, is.Applied)
	}
	assert.Contains(t, said, s.says)
}

// difference is what a server answers in place of the fake.
type difference struct {
	answer rewrite
	on     atomic.Bool // the server is set up
	mu     sync.Mutex
	seen   atomic.Bool // an answer differed from the fake's
}

func (d *difference) rewrite(r *http.Request, draft *fakegitlab.ResponseDraft) {
	if d.answer == nil || !d.on.Load() {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	was := *draft
	was.Header = draft.Header.Clone()
	d.answer(r, draft)
	if !reflect.DeepEqual(was, *draft) {
		d.seen.Store(true)
	}
}

// losing is a way on which answers lose a header.
type losing struct {
	http.RoundTripper
	header  string
	differs *difference
}

func (l *losing) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := l.RoundTripper.RoundTrip(r)
	if err == nil && answer.Header.Get(l.header) != "" {
		answer.Header.Del(l.header)
		l.differs.seen.Store(true)
	}
	return answer, err
}

func parameterServers() map[string]oneRule {
	const ignored, ofTokens = "parameters/unknown-are-ignored", "parameters/unknown-for-tokens-are-ignored"
	return map[string]oneRule{
		"agents cannot be listed": {answer: answers("listAgents", 200, 500, failedText), rule: ignored,
			outcome: contract.Inconclusive, says: "per_page=1: expected 200, and got 500"},
		"tokens cannot be listed": {answer: answers("listAgentTokens", 200, 500, failedText), rule: ofTokens,
			outcome: contract.Inconclusive, says: "expected 200, and got 500"},
		"with unknown parameters, what should be a list of agents is an object, which the document reports": {
			answer: asked("search=", answers("listAgents", 200, 200, "{}")), rule: ignored, outcome: contract.Pass},
		"with unknown parameters, what should be a list of tokens is an object, which the document reports": {
			answer: asked("search=", answers("listAgentTokens", 200, 200, "{}")), rule: ofTokens, outcome: contract.Pass},
		"the error about two pages that are not numbers names neither": {
			answer: asked("page=abc", answers("listAgents", 400, 400, `{"error":"something is wrong"}`)), rule: "parameters/faults-are-joined",
			outcome: contract.Violation, says: `error "page is invalid, per_page is invalid"`},
		"what is created with unknown properties is a list, which the document reports": {
			answer: replaces("createAgent", `(?s).+`, `[]`), rule: "parameters/unknown-in-body-are-ignored", outcome: contract.Pass},
		"no token can be created, so that a number as its name says nothing": {
			answer: answers("createAgentToken", 201, 403, forbiddenText), rule: "parameters/number-becomes-text",
			outcome: contract.Inconclusive, says: "a token could not be created: 403"},
		"an agent can get one token only, so that a number as a name says nothing": {
			answer: secondTokens(always(403, forbiddenText, "createAgentToken")), rule: "parameters/number-becomes-text",
			outcome: contract.Inconclusive, says: "a second plain token of an agent is refused too"},
	}
}

func errorServers() map[string]oneRule {
	const unknown, others, elsewhere, noEffect = "errors/create-token-for-unknown-agent", "errors/token-of-another-agent", "errors/agent-of-another-project", "errors/refused-has-no-effect"
	return map[string]oneRule{
		"no agent can get a token": {answer: always(403, forbiddenText, "createAgentToken"), rule: unknown,
			outcome: contract.Inconclusive, says: "a token for an agent that exists is refused too"},
		"no agent can get a token, and one that does not exist is not found": {
			answer: answers("createAgentToken", 201, 403, forbiddenText), rule: unknown, outcome: contract.Pass},
		"an agent that does not exist gets a token": {
			answer: asked(unknownAgent, answers("createAgentToken", 404, 201, fmt.Sprintf(otherToken, 1, "active"))), rule: unknown,
			outcome: contract.Violation, says: "expected 404"},
		"a new token cannot be read": {
			answer: all(answers("listAgentTokens", 200, 200, "[]"), answers("getAgentToken", 200, 404, notFound)), rule: others,
			outcome: contract.Inconclusive, says: "expected 200, and got 404"},
		"an agent may not be deleted under another project, though it should not be found": {
			answer: asked(otherProject, answers("deleteAgent", 404, 403, forbiddenText)), rule: elsewhere,
			outcome: contract.Violation, says: "expected 404"},
		"nothing may be changed in the other project, so that a refusal says nothing": {
			answer: asked(otherProject, always(403, forbiddenText, "createAgent", "createAgentToken", "deleteAgent", "revokeAgentToken")), rule: elsewhere,
			outcome: contract.Inconclusive, says: "agents cannot be changed in the other project at all"},
		"a token for another project's agent is answered with 202": {
			answer: answers("createAgentToken", 404, 202, "{}"), rule: noEffect, outcome: contract.Pass},
		"the tokens in lists have no ids, which the document reports": {
			answer: replaces("listAgentTokens", `\{"id":\d+,`, "{"), rule: noEffect,
			outcome: contract.Inconclusive, says: "a body that matches the document"},
		"lists of tokens have a token of another agent, which another rule reports": {
			answer: tokenBefore(9999, "active"), rule: noEffect, outcome: contract.Pass},
		"an unknown access token is called revoked": {
			answer: func(r *http.Request, d *fakegitlab.ResponseDraft) {
				if strings.HasPrefix(r.Header.Get("Private-Token"), "glpat-xxx") {
					reply(d, 401, `{"error":"invalid_token","error_description":"Token was revoked. You have to re-authorize from the user."}`)
				}
			}, rule: "authentication/unknown-token", outcome: contract.Violation, says: `expected message "401 Unauthorized"`},
	}
}

func pathServers() map[string]oneRule {
	return map[string]oneRule{
		"GitLab does not say the project's path": {answer: projectLacks("path_with_namespace"), rule: "paths/encoded",
			outcome: contract.Untested, says: "does not say which path and id"},
		"GitLab does not say the project's id": {answer: projectLacks("id"), rule: "paths/id",
			outcome: contract.Untested, says: "does not say which path and id"},
		// Where every name is refused, agents/create says so, and a refused name proves nothing.
		"no agent can be created, so that a name with a dot is refused anyway": {
			answer: answers("createAgent", 201, 400, `{"message":"400 Bad request - no"}`), rule: "agent-names/no-dot",
			outcome: contract.Inconclusive, says: `an agent could not be created: 400, message "400 Bad request - no"`},
		"no agent may be created, and a name with a dot is refused as it should be": {
			answer: answers("createAgent", 201, 403, forbiddenText), rule: "agent-names/no-dot",
			outcome: contract.Inconclusive, says: `an agent could not be created: 403, message "403 Forbidden"`},
	}
}

func developerServers() map[string]oneRule {
	const reads, writes = "roles/developer-reads", "roles/developer-may-not-write"
	developer := func(change rewrite) rewrite { return to(contract.Developer, change) }
	return map[string]oneRule{
		"the agent is gone before a developer reads it": {
			answer: all(developer(answers("getAgent", 200, 404, notFound)), from(2, to(contract.Maintainer, answers("getAgent", 200, 404, notFound)))),
			rule:   reads, outcome: contract.Inconclusive, says: "expected 200, and got 404"},
		"one refusal speaks of a scope that the developer's token has": {
			answer: developer(answers("deleteAgent", 403, 403, lacksScope)), rule: writes,
			outcome: contract.Violation, says: `expected message "403 Forbidden"`},
		"all refusals speak of a scope, and GitLab does not say which scopes a token has": {
			answer: developer(func(r *http.Request, d *fakegitlab.ResponseDraft) {
				switch {
				case strings.HasSuffix(r.URL.Path, "/self"):
					reply(d, 404, `{"error":"404 Not Found"}`)
				case d.Status == 403:
					reply(d, 403, lacksScope)
				}
			}), rule: writes, outcome: contract.Untested, says: "scope"},
		"one refusal is a conflict, and the others speak of a scope": {
			answer: developer(func(_ *http.Request, d *fakegitlab.ResponseDraft) {
				switch {
				case d.Operation == "createAgent":
					reply(d, 409, `{"message":"409 Conflict"}`)
				case d.Status == 403:
					reply(d, 403, lacksScope)
				}
			}), rule: writes, outcome: contract.Violation, says: "409"},
		"nobody can list tokens":            {answer: answers("listAgentTokens", 200, 403, forbiddenText), rule: reads, outcome: contract.Pass},
		"nobody gets a list with the agent": {answer: answers("listAgents", 200, 200, "[]"), rule: reads, outcome: contract.Pass},
		"a developer gets an object in place of a list, which the document reports": {
			answer: developer(answers("listAgents", 200, 200, "{}")), rule: reads, outcome: contract.Pass},
		"a developer gets ids that are not numbers, which the document reports": {
			answer: developer(replaces("listAgents", `\{"id":(\d+),"name"`, `{"id":"$1","name"`)), rule: reads, outcome: contract.Pass},
		"a developer gets an agent in a list of one, which the document reports": {
			answer: developer(replaces("getAgent", `.+`, `[$0]`)), rule: reads, outcome: contract.Pass},
		"a developer gets an empty list, and the check is read-only": {readOnly: true, agents: 1,
			answer: developer(answers("listAgents", 200, 200, "[]")), rule: reads, outcome: contract.Violation, says: "in the list"},
		"a developer gets a page with another agent, and the promise of more": {agents: 1,
			answer: developer(all(replaces("listAgents", `"id":\d+,"name":"[^"]*"`, `"id":9999,"name":"another"`), withHeader("listAgents", "X-Next-Page", "2"))),
			rule:   reads, outcome: contract.Violation, says: "in the list"},
		"a developer's list lacks one agent of several": {agents: 1,
			answer: developer(replaces("listAgents", `,\{"id":\d+,"name":"contract-.*`, `]`)), rule: reads,
			outcome: contract.Violation, says: "in the list"},
	}
}

func strangerServers() map[string]oneRule {
	const guestReads, guestWrites, strangerReads, strangerWrites = "roles/guest-finds-nothing", "roles/guest-may-not-write", "roles/stranger-finds-nothing", "roles/stranger-may-not-write"
	writes := func(status int, body string) rewrite {
		return to(contract.Stranger, always(status, body, "createAgent", "createAgentToken", "deleteAgent", "revokeAgentToken"))
	}
	return map[string]oneRule{
		"a caller without credentials is told of a scope": {answer: func(r *http.Request, d *fakegitlab.ResponseDraft) {
			if d.Operation != "" && d.Status == 401 {
				reply(d, 403, lacksScope)
			}
		}, rule: "authentication/required-to-read", outcome: contract.Violation, says: "expected 401"},
		"a guest is told that the token is unknown": {answer: to(contract.Guest, func(_ *http.Request, d *fakegitlab.ResponseDraft) {
			if d.Operation != "" {
				reply(d, 401, `{"message":"401 Unauthorized"}`)
			}
		}), rule: guestWrites, outcome: contract.Violation, says: "expected 403"},
		"a guest who lists agents is told that the project does not exist": {
			answer: to(contract.Guest, answers("listAgents", 404, 404, hidden)), rule: guestReads,
			outcome: contract.Violation, says: `expected message "404 ClusterAgents Not Found"`},
		"a guest of GitLab 15.0 who lists tokens is told that the request is bad": {version: "15.0",
			answer: to(contract.Guest, answers("listAgentTokens", 403, 400, `{"message":"400 Bad request"}`)), rule: guestReads,
			outcome: contract.Violation, says: "expected 403 or 404"},
		"a guest of a GitLab of an unknown release is forbidden to read": {version: "15.0", answer: releaseIsNotTold, rule: guestReads, outcome: contract.Pass},
		"a stranger is forbidden to read in a private project of GitLab 15.0": {version: "15.0",
			answer: to(contract.Stranger, answers("getAgent", 404, 403, forbiddenText)), rule: strangerReads,
			outcome: contract.Violation, says: "expected 404"},
		"a stranger's writes in a public project are answered as in a private one": {project: "public/open", answer: writes(404, hidden),
			rule: strangerWrites, outcome: contract.Violation, says: "expected 403"},
		"GitLab does not say whether the project is private, and a stranger does not find it": {answer: projectLacks("visibility"),
			rule: strangerWrites, outcome: contract.Pass},
		"GitLab does not say whether the project is private, and a stranger's writes are forbidden": {
			answer: all(projectLacks("visibility"), writes(403, forbiddenText)), rule: strangerWrites, outcome: contract.Pass},
		"GitLab does not say whether the project is private, and a stranger's writes are a conflict": {
			answer: all(projectLacks("visibility"), writes(409, `{"message":"409 Conflict"}`)), rule: strangerWrites,
			outcome: contract.Violation, says: "403"},
	}
}

func refusingServers() map[string]oneRule {
	const rule = "roles/refused-has-no-effect"
	return map[string]oneRule{
		"no agent can be read": {answer: answers("getAgent", 200, 404, notFound), rule: rule,
			outcome: contract.Inconclusive, says: "cannot be read under the name that was sent"},
		"no token can be read or listed": {
			answer: all(answers("getAgentToken", 200, 404, notFound), answers("listAgentTokens", 200, 403, forbiddenText)), rule: rule,
			outcome: contract.Inconclusive, says: "expected 200, and got 403"},
		"a token is listed as revoked though its revocation was refused": {version: "15.0",
			answer: replaces("listAgentTokens", `"active"`, `"revoked"`), rule: rule, outcome: contract.Violation, says: `actual status "revoked"`},
		"a revoked token is listed that the check did not make": {version: "15.0", answer: tokenBefore(1, "revoked"), rule: rule, outcome: contract.Pass},
	}
}

func pageServers() map[string]oneRule {
	const tokenPages, agentPages = "pagination/token-pages", "pagination/agent-pages"
	const first, second, lastPage = "per_page=1&page=1", "per_page=1&page=2", "&page=2"
	return map[string]oneRule{
		"agents cannot be listed": {answer: answers("listAgents", 200, 500, failedText), rule: "pagination/at-most-100",
			outcome: contract.Inconclusive, says: "per_page=1: expected 200, and got 500"},
		"a page past the end is an object, which the document reports": {
			answer: asked("page=1000000", answers("listAgents", 200, 200, "{}")), rule: "pagination/past-the-end", outcome: contract.Pass},
		"pages do not say their size, which the document reports": {answer: withHeader("listAgents", "X-Per-Page", ""),
			rule: "pagination/defaults", outcome: contract.Pass},

		"tokens cannot be listed": {answer: answers("listAgentTokens", 200, 500, failedText), rule: tokenPages,
			outcome: contract.Inconclusive, says: "expected 200, and got 500"},
		"the first page of tokens does not exist": {answer: asked(first, answers("listAgentTokens", 200, 404, notFound)), rule: tokenPages,
			outcome: contract.Violation, says: "expected 200"},
		"the second page of tokens is an object, which the document reports": {answer: asked(second, answers("listAgentTokens", 200, 200, "{}")),
			rule: tokenPages, outcome: contract.Pass},
		"tokens are not counted, and the second page is empty": {
			answer: all(withHeader("listAgentTokens", "X-Total", ""), asked(second, answers("listAgentTokens", 200, 200, "[]"))), rule: tokenPages,
			outcome: contract.Violation, says: "on one of the two pages"},
		"three tokens are counted where there are two, and the second page is empty": {
			answer: all(withHeader("listAgentTokens", "X-Total", "3"), asked(second, answers("listAgentTokens", 200, 200, "[]"))), rule: tokenPages,
			outcome: contract.Violation, says: "on one of the two pages"},

		"pages of agents have no number": {answer: withHeader("listAgents", "X-Page", ""), rule: agentPages, outcome: contract.Pass},
		"names in lists of agents are numbers, which the document reports": {answer: replaces("listAgents", `"name":"[^"]*"`, `"name":1`),
			rule: agentPages, outcome: contract.Inconclusive},
		"no agents are counted": {answer: withHeader("listAgents", "X-Total", "0"), rule: agentPages, outcome: contract.Pass},
		"agents are not counted, and the last page is empty": {
			answer: all(withHeader("listAgents", "X-Total", ""), asked(lastPage, answers("listAgents", 200, 200, "[]"))), rule: agentPages,
			outcome: contract.Violation, says: "agents []"},
		"21 agents are not counted, and the check is read-only": {agents: 21, readOnly: true, answer: withHeader("listAgents", "X-Total", ""),
			rule: agentPages, outcome: contract.Pass},
		"there is one agent, and the check is read-only": {agents: 1, readOnly: true, rule: agentPages,
			outcome: contract.Untested, says: "fewer than two agents"},
		"the second of two agents is not found, and the check is read-only": {agents: 2, readOnly: true,
			answer: asked("page=2", answers("listAgents", 200, 404, notFound)), rule: agentPages, outcome: contract.Violation, says: "expected 200"},
		"there are three agents, and the check is read-only": {agents: 3, readOnly: true, rule: agentPages, outcome: contract.Pass},
		"the last page of agents is an object, which the document reports": {answer: asked(lastPage, answers("listAgents", 200, 200, "{}")),
			rule: agentPages, outcome: contract.Pass},
		"the last page of agents has no number":     {answer: asked(lastPage, withHeader("listAgents", "X-Page", "")), rule: agentPages, outcome: contract.Pass},
		"the last page of agents has another total": {answer: asked(lastPage, withHeader("listAgents", "X-Total", "9")), rule: agentPages, outcome: contract.Pass},
	}
}

func conditionServers() map[string]oneRule {
	agentsChange := func() rewrite {
		n, description := 0, regexp.MustCompile(`"description":("[^"]*"|null)`)
		return func(_ *http.Request, d *fakegitlab.ResponseDraft) {
			if d.Operation == "getAgent" && d.Status == 200 {
				n++
				d.Body = description.ReplaceAll(d.Body, fmt.Appendf(nil, `"description":"%d"`, n))
			}
		}
	}
	return map[string]oneRule{
		"answers have no ETag":           {loses: "ETag", rule: "conditional/if-none-match", outcome: contract.Untested},
		"lists of tokens have no ETag":   {loses: "ETag", rule: "conditional/changed-list", outcome: contract.Untested},
		"the agent changes all the time": {answer: agentsChange(), rule: "conditional/if-none-match", outcome: contract.Untested},
		"the agent is gone before HEAD":  {answer: from(2, answers("getAgent", 200, 404, notFound)), rule: "headers/head", outcome: contract.Pass},
		"HEAD does not find the agent": {answer: with("HEAD", answers("getAgent", 200, 404, notFound)), rule: "headers/head",
			outcome: contract.Violation, says: "expected 200"},
		"HEAD counts one agent more, once": {agents: 2, readOnly: true, answer: with("HEAD", asked("cluster_agents?", once(withHeader("listAgents", "X-Total", "3")))),
			rule: "headers/head", outcome: contract.Inconclusive, says: "seen in 1 of 4 plays"},
		"HEAD counts one agent more each time": {agents: 2, readOnly: true, answer: with("HEAD", withHeader("listAgents", "X-Total", "3")),
			rule: "headers/head", outcome: contract.Violation, says: "X-Total: 3"},
	}
}

func creatingServers() map[string]oneRule {
	const creator, now = "agents/created-by-caller", "agents/created-at-is-now"
	return map[string]oneRule{
		"the page of the list on which the agent is shows another creator": {agents: 120,
			answer: asked("per_page=100&page=2", replaces("listAgents", `"created_by_user_id":\d+`, `"created_by_user_id":null`)),
			rule:   "agents/read-back-equal", outcome: contract.Violation, says: "as it is read alone"},
		"the list shows the creator as a text, which the document reports": {
			answer: replaces("listAgents", `"created_by_user_id":\d+`, `"created_by_user_id":"42"`), rule: "agents/read-back-equal", outcome: contract.Pass},
		"GitLab does not say who the caller is, and an agent and its token have different creators": {
			answer: all(asked("/api/v4/user", func(_ *http.Request, d *fakegitlab.ResponseDraft) { reply(d, 404, `{"error":"404 Not Found"}`) }),
				replaces("createAgentToken", `"created_by_user_id":\d+`, `"created_by_user_id":99`)),
			rule: creator, outcome: contract.Violation, says: "actual /created_by_user_id is 99"},
		"a new token is from another year": {answer: replaces("createAgentToken", `"created_at":"\d+`, `"created_at":"2020`),
			rule: now, outcome: contract.Violation, says: "2020"},
		"answers have no Date": {loses: "Date", answer: replaces("createAgentToken", `"created_at":"\d+`, `"created_at":"2020`),
			rule: now, outcome: contract.Untested},
	}
}

func tokenServers() map[string]oneRule {
	const none = "tokens/none-is-an-empty-list"
	return map[string]oneRule{
		"tokens cannot be listed": {answer: answers("listAgentTokens", 200, 500, failedText), rule: none,
			outcome: contract.Inconclusive, says: "the tokens of an agent that has one cannot be listed either"},
		"an empty list of tokens is 404": {answer: emptyTokens(answers("listAgentTokens", 200, 404, notFound)), rule: none,
			outcome: contract.Violation, says: "expected 200"},
		"every token is forbidden": {answer: always(403, forbiddenText, "createAgentToken"),
			rule: "tokens/name-is-text", outcome: contract.Inconclusive, says: "a token could not be created: 403"},
		"the second token of every agent is forbidden": {answer: from(2, always(403, forbiddenText, "createAgentToken")),
			rule: "tokens/name-is-text", outcome: contract.Inconclusive, says: "a token with a good name is refused too"},
		"every token is forbidden, and one without a name is refused as it should be": {
			answer: answers("createAgentToken", 201, 403, forbiddenText), rule: "tokens/name-required",
			outcome: contract.Inconclusive, says: "a token could not be created: 403"},
		"a blank name is refused under error": {answer: answers("createAgentToken", 400, 400, `{"error":"no"}`), rule: "tokens/name-not-blank",
			outcome: contract.Violation, says: `expected message "400 Bad request`},
		"a token cannot be read": {answer: answers("getAgentToken", 200, 404, notFound), rule: "tokens/reading-is-no-use",
			outcome: contract.Inconclusive, says: "tokens/read"},
		"tokens that were never used show a use": {
			answer: replaces("getAgentToken", `"last_used_at":null`, `"last_used_at":"2026-01-01T00:00:00.000Z"`), rule: "tokens/reading-is-no-use",
			outcome: contract.Pass},
		"tokens are not shown": {answer: all(answers("listAgentTokens", 200, 200, "[]"), answers("getAgentToken", 200, 404, notFound)),
			rule: "tokens/revoke-only-that-one", outcome: contract.Inconclusive, says: "expected 200, and got 404"},
		"revoking is a conflict": {answer: answers("revokeAgentToken", 204, 409, `{"message":"409 Conflict"}`), rule: "tokens/revoked-is-404",
			outcome: contract.Inconclusive, says: "tokens/revoke was violated in an earlier step"},
		"after a revocation, tokens are not listed": {version: "15.0", answer: afterRevocation(answers("listAgentTokens", 200, 404, notFound)),
			rule: "tokens/revoke-only-that-one", outcome: contract.Violation, says: "expected 200"},
	}
}

func limitServers() map[string]oneRule {
	const third = "token-limit/third-is-refused"
	accept := saying("two active tokens", always(201, fmt.Sprintf(otherToken, 1, "active"), "createAgentToken"))
	return map[string]oneRule{
		"one token more is accepted after both were revoked": {scenario: "revoked token",
			answer: all(accept, afterRevocation(answers("getAgentToken", 200, 404, notFound))), rule: third, outcome: contract.Untested},
		"one token more is accepted after one was revoked": {scenario: "revoked token", answer: accept, rule: third,
			outcome: contract.Violation, says: "expected 400"},
		"forms are forbidden": {answer: func(r *http.Request, d *fakegitlab.ResponseDraft) {
			if d.Operation == "createAgentToken" && d.Status == 400 && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form") {
				reply(d, 403, forbiddenText)
			}
		}, rule: third, outcome: contract.Pass},
	}
}

func deletingServers() map[string]oneRule {
	const rule = "agents/deleted-with-tokens"
	tokenOf := func(agent string) rewrite {
		return emptyTokens(func(r *http.Request, d *fakegitlab.ResponseDraft) {
			of := agent
			if of == "" {
				of = strings.Split(strings.SplitAfter(r.URL.Path, "/cluster_agents/")[1], "/")[0]
			}
			reply(d, 200, "["+strings.Replace(fmt.Sprintf(otherToken, 0, "active"), `"agent_id":0`, `"agent_id":`+of, 1)+"]")
		})
	}
	return map[string]oneRule{
		"no agent can get a token": {answer: answers("createAgentToken", 201, 403, forbiddenText), rule: rule,
			outcome: contract.Inconclusive, says: "a token could not be created: 403"},
		"a new agent of the deleted one's name has a token": {answer: tokenOf(""), rule: rule, outcome: contract.Violation, says: "only tokens whose creation was granted"},
		"a new agent of the deleted one's name has a token of another agent, which another rule reports": {
			answer: tokenOf("9999"), rule: rule, outcome: contract.Pass},
	}
}
