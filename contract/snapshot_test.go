package contract_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
)

// nightly says that the long forms of the tests are wanted.
func nightly() bool { return os.Getenv("NIGHTLY") != "" }

// ask sends one request as the owner of all projects, past everything that stands in front of the fake.
func ask(server http.Handler, method, path, body string) (status int, answer string) {
	r := httptest.NewRequest(method, "/api/v4"+path, strings.NewReader(body))
	r.Header.Set("Private-Token", "glpat-owner")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// newAgent creates an agent as another user does, and returns its id.
func newAgent(t testing.TB, server http.Handler, project int, name string) int64 {
	t.Helper()
	status, body := ask(server, "POST", fmt.Sprintf("/projects/%d/cluster_agents", project), fmt.Sprintf(`{"name":%q}`, name))
	require.Equal(t, 201, status, body)
	var agent struct{ ID int64 }
	require.NoError(t, json.Unmarshal([]byte(body), &agent))
	return agent.ID
}

// populate creates agents with tokens that no check may touch. Some are named like those of a check.
func populate(t testing.TB, server http.Handler) {
	t.Helper()
	for _, project := range []int{20, 21} {
		for _, name := range []string{"agent-1", "prod", "contract-by-hand", "contract-aaaaaaaaaa-a"} {
			id := newAgent(t, server, project, name)
			for i := range 2 {
				status, body := ask(server, "POST", fmt.Sprintf("/projects/%d/cluster_agents/%d/tokens", project, id),
					fmt.Sprintf(`{"name":"token %d","description":"of %s"}`, i, name))
				require.Equal(t, 201, status, body)
			}
		}
	}
}

// snapshot is all agents and tokens of a fake, as it shows them.
func snapshot(t testing.TB, server *fakegitlab.Server) string {
	t.Helper()
	var all strings.Builder
	for _, project := range []int64{20, 21, 22} {
		for _, id := range server.Agents(project) {
			path := fmt.Sprintf("/projects/%d/cluster_agents/%d", project, id)
			_, agent := ask(server, "GET", path, "")
			_, tokens := ask(server, "GET", path+"/tokens?per_page=100", "")
			fmt.Fprintf(&all, "%s %s %s\n", path, agent, tokens)
		}
	}
	return all.String()
}

// blamesNobody wants a result in which nothing counts against the server, and nothing is a fault of ours.
func blamesNobody(t testing.TB, result *contract.Result) {
	t.Helper()
	for _, f := range result.Findings {
		assert.Equal(t, contract.Inconclusive, f.Outcome, "%s in %q: %s", f.Rule, f.Scenario, f)
	}
	for _, r := range result.Rules {
		assert.NotContains(t, []contract.Outcome{contract.Violation, contract.Drift, contract.Error}, r.Outcome, "%s: %s", r.Rule.ID, r.Reason.Text)
		if r.Outcome == contract.Inconclusive && r.Findings == 0 {
			assert.NotEmpty(t, r.Reason.Text, r.Rule.ID)
		}
	}
}

// conforms wants a result without findings that has tested enough and left nothing.
func conforms(t testing.TB, result *contract.Result) {
	t.Helper()
	assert.Empty(t, broken(result))
	for _, f := range result.Findings {
		assert.Fail(t, "a finding", "%s in %q: %s", f.Rule, f.Scenario, f)
	}
	assert.Empty(t, result.Left)
	assert.Equal(t, contract.Conformant, result.Exit(true), "%v", result.Missing())
}

// ruleOf is what became of a rule.
func ruleOf(t testing.TB, result *contract.Result, id string) contract.RuleResult {
	t.Helper()
	for _, r := range result.Rules {
		if r.Rule.ID == id {
			return r
		}
	}
	require.Failf(t, "no such rule", "%s", id)
	return contract.RuleResult{}
}

// between passes requests on to the fake, and may change the answers.
func between(server http.Handler, change func(r *http.Request, answer *httptest.ResponseRecorder)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		server.ServeHTTP(answer, r)
		change(r, answer)
		answer.Header().Del("Content-Length")
		passOn(w, answer)
	})
}

// passOn sends an answer that was recorded.
func passOn(w http.ResponseWriter, answer *httptest.ResponseRecorder) {
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}
