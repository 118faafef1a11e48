package contract

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// fakeTarget is a fake GitLab as a target, with a token of each role.
func fakeTarget(url string) Target {
	return Target{
		URL: url, Project: "root/test", OtherProject: "root/other",
		Tokens: map[Role]string{
			Maintainer: "glpat-maintainer", Developer: "glpat-developer", Guest: "glpat-guest", Stranger: "glpat-stranger",
		},
	}
}

// populate makes agents and tokens that no run may touch, in the way that people do.
func populate(t *testing.T, gitlab *fakegitlab.Instance) {
	t.Helper()
	for _, project := range []int{20, 21} {
		for _, name := range []string{"agent-1", "prod", "contract-by-hand", "contract-aaaaaaaaaa-a"} {
			path := fmt.Sprintf("/api/v4/projects/%d/cluster_agents", project)
			agent := unmarshal[Agent]([]byte(ask1(t, gitlab.URL, "POST", path, `{"name":"`+name+`"}`)))
			require.NotZero(t, agent.ID)
			for i := range 2 {
				ask1(t, gitlab.URL, "POST", fmt.Sprintf("%s/%d/tokens", path, agent.ID), fmt.Sprintf(`{"name":"token %d","description":"of %s"}`, i, name))
			}
		}
	}
}

// snapshot is all that there is in a fake GitLab, as it answers.
func snapshot(t *testing.T, gitlab *fakegitlab.Instance) string {
	t.Helper()
	var all strings.Builder
	for _, project := range []int64{20, 21, 22} {
		for _, id := range gitlab.Agents(project) {
			path := fmt.Sprintf("/api/v4/projects/%d/cluster_agents/%d", project, id)
			fmt.Fprintln(&all, path, ask1(t, gitlab.URL, "GET", path, ""))
			tokens := ask1(t, gitlab.URL, "GET", path+"/tokens?per_page=100", "")
			fmt.Fprintln(&all, path, tokens)
			for _, token := range unmarshal[[]Token]([]byte(tokens)) {
				fmt.Fprintln(&all, path, ask1(t, gitlab.URL, "GET", fmt.Sprintf("%s/tokens/%d", path, token.ID), ""))
			}
		}
	}
	return all.String()
}

// ask1 makes one request as the owner of all projects, and returns the body of the answer.
func ask1(t *testing.T, url, method, path, body string) string {
	t.Helper()
	request, err := http.NewRequest(method, url+path, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Private-Token", "glpat-owner")
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(data)
}

// quickly is a run that does not wait, and gives a request up soon.
func quickly(timeout time.Duration) Option {
	return func(s *settings) {
		s.requestTimeout = timeout
		s.pause = func(ctx context.Context, _ time.Duration) bool { return ctx.Err() == nil }
	}
}

// rule is what became of a rule.
func ruleResult(t *testing.T, result *Result, id string) RuleResult {
	t.Helper()
	for _, rule := range result.Rules {
		if rule.Rule.ID == id {
			return rule
		}
	}
	require.Failf(t, "no such rule", "%s", id)
	return RuleResult{}
}

// wantClean wants a run that found nothing wrong and left nothing.
func wantClean(t *testing.T, result *Result) {
	t.Helper()
	assert.Empty(t, result.Findings)
	assert.Empty(t, result.Left)
	for _, rule := range result.Rules {
		assert.Contains(t, []Outcome{Pass, Untested}, rule.Outcome, "%s: %s", rule.Rule.ID, rule.Reason)
	}
	assert.Equal(t, Conformant, result.Exit(true))
}
