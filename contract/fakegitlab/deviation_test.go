package fakegitlab_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// tour sends requests of every kind and returns the responses. Clock and randomness are fixed.
func tour(t *testing.T, options ...fakegitlab.Option) string {
	t.Helper()
	seed := fakegitlab.DefaultSeed()
	seed.Users[1].Tokens = append(seed.Users[1].Tokens,
		fakegitlab.SeedAccessToken{Token: "glpat-expired", Scopes: []string{"api"}, State: "expired"},
		fakegitlab.SeedAccessToken{Token: "glpat-reader", Scopes: []string{"read_api"}},
		fakegitlab.SeedAccessToken{Token: "glpat-fine", Permissions: []string{}},
	)
	seed.Projects[1].Agents = []fakegitlab.SeedAgent{{ID: 900, Name: "elsewhere", CreatedBy: "owner", Tokens: []fakegitlab.SeedAgentToken{{ID: 900, Name: "t"}}}}
	clock := func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }
	server := newServer(t, append([]fakegitlab.Option{fakegitlab.FromSeed(seed), fakegitlab.Clock(clock), fakegitlab.Random(zeroes{})}, options...)...)

	var answers strings.Builder
	ask := func(a asked) {
		answer := a.of(server)
		fmt.Fprintf(&answers, "%s %s %s %s -> %d %v %s\n", a.as, a.method, a.path, a.json, answer.Code, answer.Header(), answer.Body)
	}
	for _, name := range []string{"b", "a", "c"} {
		ask(asked{as: "maintainer", method: "POST", path: agentsPath, json: `{"name":"` + name + `"}`})
	}
	for _, name := range []string{"one", "two", "three"} {
		ask(asked{as: "maintainer", method: "POST", path: agentsPath + "/901/tokens", json: `{"name":"` + name + `","description":"for ` + name + `"}`})
	}
	ask(asked{as: "maintainer", method: "POST", path: agentsPath, json: `{"name":"a"}`})
	ask(asked{as: "maintainer", method: "POST", path: agentsPath, json: `{"name":"A"}`})
	ask(asked{as: "maintainer", method: "POST", path: agentsPath, json: `{"name":`})
	ask(asked{as: "maintainer", method: "POST", path: agentsPath, json: `x`, header: map[string]string{"Content-Type": "text/plain"}})
	for _, as := range []string{"", "expired", "reader", "fine", "stranger", "guest", "developer"} {
		ask(asked{as: as, method: "GET", path: agentsPath + "?per_page=2"})
		ask(asked{as: as, method: "POST", path: agentsPath, json: `{"name":"by-` + as + `"}`})
	}
	for _, path := range []string{"/901", "/900", "/abc", "/901/tokens", "/901/tokens/901", "/902/tokens/901", "/901/tokens/900", "?per_page=1&page=2", "?page=9"} {
		ask(asked{as: "developer", method: "GET", path: agentsPath + path})
	}
	for _, project := range []string{"20abc", "Root%2FTest"} {
		ask(asked{as: "developer", method: "GET", path: "/api/v4/projects/" + project + "/cluster_agents"})
	}
	ask(asked{as: "developer", method: "GET", path: agentsPath + "/901", header: map[string]string{"If-None-Match": `W/"x"`}})
	ask(asked{as: "maintainer", method: "DELETE", path: agentsPath + "/902", header: map[string]string{"If-Unmodified-Since": "2020-01-01"}})
	ask(asked{as: "maintainer", method: "DELETE", path: agentsPath + "/901/tokens/901"})
	for _, path := range []string{"/901/tokens", "/901/tokens/901"} {
		ask(asked{as: "developer", method: "GET", path: agentsPath + path})
	}
	ask(asked{as: "maintainer", method: "DELETE", path: agentsPath + "/901"})
	for _, path := range []string{"", "/901", "/901/tokens", "/901/tokens/902"} {
		ask(asked{as: "developer", method: "GET", path: agentsPath + path})
	}
	return answers.String()
}

// Each decision is reversed alone. Some request reaches it, and the responses differ.
func TestEveryDecisionCanBeReversed(t *testing.T) {
	t.Parallel()
	healthy := tour(t)
	require.Equal(t, healthy, tour(t), "the tour is repeatable")
	require.Equal(t, healthy, tour(t, fakegitlab.Deviate(&fakegitlab.Deviation{})), "an empty deviation changes nothing")
	for _, point := range fakegitlab.Points() {
		t.Run(string(point), func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			met := 0
			turned := tour(t, fakegitlab.Deviate(&fakegitlab.Deviation{Decide: func(c fakegitlab.Choice) bool {
				if point == fakegitlab.AgentForgotten && c.Point == fakegitlab.AgentExists {
					return true // what remains of a deleted agent shows only if the agent counts as existing
				}
				if c.Point != point {
					return c.GitLab
				}
				mu.Lock()
				defer mu.Unlock()
				met++
				return !c.GitLab
			}}))
			assert.NotZero(t, met)
			assert.False(t, healthy == turned, "reversing the decision makes no difference")
		})
	}
}

func TestDeviationsThatAreNoDecisions(t *testing.T) {
	t.Parallel()
	secrets := regexp.MustCompile(`"token":"[^"]*"`)
	for name, test := range map[string]struct {
		deviation fakegitlab.Deviation
		shows     string
	}{
		"features":     {fakegitlab.Deviation{Features: func(f *fakegitlab.Features) { f.OnlyActive = false }}, `"status":"revoked"`},
		"model errors": {fakegitlab.Deviation{ModelErrors: func(string, []string) []string { return nil }}, `"name":"A","config_project"`},
		"reason":       {fakegitlab.Deviation{Reason: func(_ string, messages []string) string { return "#" + strings.Join(messages, "#") }}, `400 Bad request - #Name has already been taken"`},
		"new agent":    {fakegitlab.Deviation{NewAgent: func(a *fakegitlab.NewAgent) { a.Name += "x" }}, `"name":"ax"`},
		"new token":    {fakegitlab.Deviation{NewToken: func(n *fakegitlab.NewToken) { n.Description = nil }}, `"name":"one","description":null`},
		"other agent":  {fakegitlab.Deviation{NewToken: func(n *fakegitlab.NewToken) { n.AgentID = 902 }}, `"agent_id":902`},
		"secret":       {fakegitlab.Deviation{Secret: func(string) string { return "short" }}, `"token":"short"`},
		"page":         {fakegitlab.Deviation{Page: func(_ string, p *fakegitlab.Page) { p.Total++; p.Offset++ }}, `X-Total:[4]`},
		"row":          {fakegitlab.Deviation{Row: func(_ string, position, total int) int { return total - 1 - position }}, `[{"id":903,"name":"c"`},
		"rewrite": {fakegitlab.Deviation{Rewrite: func(r *http.Request, d *fakegitlab.ResponseDraft) {
			if d.Operation == "getAgent" {
				d.Status, d.Body = 200, []byte(`"rewritten"`)
				d.Header.Set("X-Rewritten", r.Method)
			}
		}}, `X-Rewritten:[GET]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answers := tour(t, fakegitlab.Deviate(&test.deviation))
			assert.Contains(t, answers, test.shows)
			assert.NotContains(t, secrets.ReplaceAllString(tour(t), ""), test.shows, "the healthy fake does not show it")
		})
	}
}

func TestChangesWithoutARequest(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	agent, _ := created(t, server, agentsPath, `{"name":"b"}`)
	other, _ := created(t, server, agentsPath, `{"name":"a"}`)
	token, _ := created(t, server, agentsPath+"/"+text(agent)+"/tokens", `{"name":"t"}`)
	assert.Equal(t, []int64{other, agent}, server.Agents(20))
	assert.Nil(t, server.Agents(1))

	require.NoError(t, server.UseToken(token, time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)))
	path := agentsPath + "/" + text(agent) + "/tokens/" + text(token)
	assert.Contains(t, asked{as: "developer", method: "GET", path: path}.of(server).Body.String(), `"last_used_at":"2026-01-02T03:04:05.678Z"`)
	require.NoError(t, server.ForgetCreator(agent))
	assert.Contains(t, asked{as: "developer", method: "GET", path: agentsPath + "/" + text(agent)}.of(server).Body.String(), `"created_by_user_id":null`)
	assert.True(t, server.RevokeToken(token))
	assert.Equal(t, 404, asked{as: "developer", method: "GET", path: path}.of(server).Code)
	assert.True(t, server.DeleteAgent(agent))
	assert.Equal(t, []int64{other}, server.Agents(20))

	assert.False(t, server.DeleteAgent(agent))
	assert.False(t, server.RevokeToken(token))
	assert.Error(t, server.ForgetCreator(agent))
	assert.Error(t, server.UseToken(token, time.Time{}))
}
