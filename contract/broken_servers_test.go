package contract_test

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/internal/racedetector"
)

// rewrite changes an answer of the fake.
type rewrite = func(r *http.Request, d *fakegitlab.ResponseDraft)

const (
	notFound      = `{"message":"404 Not found"}`
	hidden        = `{"message":"404 Project Not Found"}`
	forbiddenText = `{"message":"403 Forbidden"}`
)

func reply(d *fakegitlab.ResponseDraft, status int, body string) {
	d.Status, d.Body = status, []byte(body)
	d.Header.Set("Content-Type", "application/json")
}

// answers gives what an operation answers with one status another status and body.
func answers(operation string, from, to int, body string) rewrite {
	return func(_ *http.Request, d *fakegitlab.ResponseDraft) {
		if d.Operation == operation && d.Status == from {
			reply(d, to, body)
		}
	}
}

// replaces changes the bodies of an operation's successes.
func replaces(operation, pattern, replacement string) rewrite {
	what := regexp.MustCompile(pattern)
	return func(_ *http.Request, d *fakegitlab.ResponseDraft) {
		if d.Operation == operation && d.Status < 300 {
			d.Body = what.ReplaceAll(d.Body, []byte(replacement))
		}
	}
}

// to is a rewrite for one caller only.
func to(role contract.Role, change rewrite) rewrite {
	token := roles()[role]
	return func(r *http.Request, d *fakegitlab.ResponseDraft) {
		if r.Header.Get("Private-Token") == token || r.Header.Get("Authorization") == "Bearer "+token {
			change(r, d)
		}
	}
}

// asked is a rewrite for URLs that contain a text.
func asked(text string, change rewrite) rewrite {
	return func(r *http.Request, d *fakegitlab.ResponseDraft) {
		if strings.Contains(r.URL.RequestURI(), text) {
			change(r, d)
		}
	}
}

// TestBrokenServers has servers that are broken in one way: what each sets off, and that it sets off nothing else.
func TestBrokenServers(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	for name, test := range map[string]struct {
		answer  rewrite
		project string
		broken  []string
	}{
		"an unknown parameter is refused": {answer: asked("offset=", answers("listAgents", 200, 400, `{"error":"offset is invalid"}`)),
			broken: []string{"parameters/unknown-are-ignored"}},
		"an unknown parameter hides tokens": {answer: asked("offset=", answers("listAgentTokens", 200, 200, "[]")),
			broken: []string{"pagination/totals", "parameters/unknown-for-tokens-are-ignored"}},
		"a page past the end is 404": {answer: asked("page=1000000", answers("listAgents", 200, 404, `{"message":"404 ClusterAgents Not Found"}`)),
			broken: []string{"pagination/past-the-end"}},
		"a deleted agent is answered with 200": {answer: answers("deleteAgent", 204, 200, "{}"), broken: []string{"agents/delete", "document/status"}},
		"a revoked token is answered with 200": {answer: answers("revokeAgentToken", 204, 200, "{}"), broken: []string{"document/status", "tokens/revoke"}},
		"a stranger learns that a project exists": {answer: to(contract.Stranger, answers("getAgent", 404, 404, notFound)),
			broken: []string{"roles/stranger-finds-nothing"}},
		"a public project is hidden from strangers": {project: "public/open", answer: to(contract.Stranger, answers("getAgent", 404, 404, hidden)),
			broken: []string{"roles/stranger-finds-nothing"}},
		"a guest is told that the project does not exist": {answer: to(contract.Guest, answers("getAgent", 404, 404, hidden)),
			broken: []string{"roles/guest-finds-nothing"}},
		"a developer sees no tokens": {answer: to(contract.Developer, answers("listAgentTokens", 200, 200, "[]")),
			broken: []string{"pagination/totals", "roles/developer-reads"}},
		"the server makes another text of a number": {answer: replaces("createAgentToken", `"name":"123"`, `"name":"124"`),
			broken: []string{"tokens/create-keeps-input"}},
		"an agent under another project is forbidden": {answer: asked("root%2Fother", answers("getAgent", 404, 403, forbiddenText)),
			broken: []string{"errors/agent-of-another-project"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := fake(t, fakegitlab.Deviate(&fakegitlab.Deviation{Rewrite: test.answer}))
			target := targetOf(t, server)
			if test.project != "" {
				target.Project = test.project
			}
			result := check(t, target, contract.Options{})
			found := broken(result)
			assert.Equal(t, test.broken, slices.Sorted(maps.Keys(found)), "%v", found)
			assert.Empty(t, result.Left)
		})
	}
}
