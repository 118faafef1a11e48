// Package clientgo runs all that gitlab.com/gitlab-org/api/client-go/v2 has of the Agents API against the fake. It is the
// client under the Terraform provider and glab. It is a module of its own so that the client is nobody else's dependency.
package clientgo

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	gitlab "gitlab.com/gitlab-org/api/client-go/v2"

	"example.com/gitlab-agents/contract/fakegitlab"
)

func client(t *testing.T, url string, options ...gitlab.ClientOptionFunc) *gitlab.Client {
	t.Helper()
	c, err := gitlab.NewClient("glpat-maintainer", append([]gitlab.ClientOptionFunc{gitlab.WithBaseURL(url)}, options...)...)
	require.NoError(t, err)
	return c
}

// All eight operations, for each way to name a project, to authenticate and to install a GitLab.
func TestOperations(t *testing.T) {
	t.Parallel()
	fake := fakegitlab.Start(t)
	underRoot := fakegitlab.Start(t, fakegitlab.RelativeRoot("/gitlab"))
	bearer, err := gitlab.NewAuthSourceClient(bearerToken("glpat-maintainer"), gitlab.WithBaseURL(fake.URL))
	require.NoError(t, err)

	for _, test := range []struct {
		name    string
		client  *gitlab.Client
		project any
	}{
		{"project id", client(t, fake.URL), 20},
		{"project path", client(t, fake.URL), "root/other"},
		{"bearer", bearer, 22},
		{"relative root", client(t, underRoot.URL), "root/test"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			agents := test.client.ClusterAgents

			agent, answer, err := agents.RegisterAgent(test.project, &gitlab.RegisterAgentOptions{Name: gitlab.Ptr("prod")})
			require.NoError(t, err)
			assert.Equal(t, 201, answer.StatusCode)
			assert.Equal(t, "prod", agent.Name)
			assert.EqualValues(t, 42, agent.CreatedByUserID)
			assert.NotEmpty(t, agent.ConfigProject.PathWithNamespace)
			assert.WithinDuration(t, time.Now(), *agent.CreatedAt, time.Minute)

			read, _, err := agents.GetAgent(test.project, agent.ID)
			require.NoError(t, err)
			assert.Equal(t, agent, read)
			listed, _, err := agents.ListAgents(test.project, nil)
			require.NoError(t, err)
			assert.Equal(t, []*gitlab.Agent{agent}, listed)

			token, answer, err := agents.CreateAgentToken(test.project, agent.ID, &gitlab.CreateAgentTokenOptions{Name: gitlab.Ptr("ci"), Description: gitlab.Ptr("for CI")})
			require.NoError(t, err)
			assert.Equal(t, 201, answer.StatusCode)
			assert.Contains(t, token.Token, "glagent-")
			assert.Equal(t, "active", token.Status)

			// The secret is in the answer that creates it, and in no other.
			token.Token = ""
			readToken, _, err := agents.GetAgentToken(test.project, agent.ID, token.ID)
			require.NoError(t, err)
			assert.Equal(t, token, readToken)
			tokens, _, err := agents.ListAgentTokens(test.project, agent.ID, nil)
			require.NoError(t, err)
			assert.Equal(t, []*gitlab.AgentToken{token}, tokens)

			answer, err = agents.RevokeAgentToken(test.project, agent.ID, token.ID)
			require.NoError(t, err)
			assert.Equal(t, 204, answer.StatusCode)
			tokens, _, err = agents.ListAgentTokens(test.project, agent.ID, nil)
			require.NoError(t, err)
			assert.Empty(t, tokens)

			answer, err = agents.DeleteAgent(test.project, agent.ID)
			require.NoError(t, err)
			assert.Equal(t, 204, answer.StatusCode)
			_, _, err = agents.GetAgent(test.project, agent.ID)
			assert.ErrorIs(t, err, gitlab.ErrNotFound)
		})
	}
}

// bearerToken authenticates as OAuth does.
type bearerToken string

func (bearerToken) Init(context.Context, *gitlab.Client) error { return nil }
func (b bearerToken) Header(context.Context) (key, value string, err error) {
	return "Authorization", "Bearer " + string(b), nil
}

func TestPages(t *testing.T) {
	t.Parallel()
	agents := client(t, fakegitlab.Start(t).URL).ClusterAgents
	var names []string
	for i := range 45 {
		name := fmt.Sprintf("agent-%02d", i)
		_, _, err := agents.RegisterAgent(20, &gitlab.RegisterAgentOptions{Name: &name})
		require.NoError(t, err)
		names = append(names, name)
	}

	first, answer, err := agents.ListAgents(20, nil)
	require.NoError(t, err)
	assert.Len(t, first, 20)
	assert.EqualValues(t, 45, answer.TotalItems)
	assert.EqualValues(t, 3, answer.TotalPages)
	assert.EqualValues(t, 20, answer.ItemsPerPage)
	assert.EqualValues(t, 1, answer.CurrentPage)
	assert.EqualValues(t, 2, answer.NextPage)
	assert.EqualValues(t, 0, answer.PreviousPage)

	for _, perPage := range []int64{7, 20, 45, 100} {
		all, err := gitlab.ScanAndCollect(func(page gitlab.PaginationOptionFunc) ([]*gitlab.Agent, *gitlab.Response, error) {
			return agents.ListAgents(20, &gitlab.ListAgentsOptions{ListOptions: gitlab.ListOptions{PerPage: perPage}}, page)
		})
		require.NoError(t, err)
		var got []string
		for _, agent := range all {
			got = append(got, agent.Name)
		}
		assert.Equal(t, names, got)
	}
}

// What the Terraform provider asks besides: who it is, and what GitLab it talks to.
func TestSurroundings(t *testing.T) {
	t.Parallel()
	c := client(t, fakegitlab.Start(t, fakegitlab.Version("17.4"), fakegitlab.Edition("ee")).URL)
	version, _, err := c.Version.GetVersion()
	require.NoError(t, err)
	assert.Equal(t, "17.4.0-ee", version.Version)
	metadata, _, err := c.Metadata.GetMetadata()
	require.NoError(t, err)
	assert.Equal(t, "17.4.0-ee", metadata.Version)
	assert.True(t, metadata.Enterprise)
	user, _, err := c.Users.CurrentUser()
	require.NoError(t, err)
	assert.EqualValues(t, 42, user.ID)
	assert.Equal(t, "maintainer", user.Username)
	assert.Equal(t, "active", user.State)
}

func TestErrors(t *testing.T) {
	t.Parallel()
	fake := fakegitlab.Start(t)
	agents := client(t, fake.URL).ClusterAgents
	_, _, err := agents.RegisterAgent(20, &gitlab.RegisterAgentOptions{Name: gitlab.Ptr("taken")})
	require.NoError(t, err)

	for name, test := range map[string]struct {
		status  int
		message string
	}{
		"taken":      {400, `{message: 400 Bad request - ["Name has already been taken"]}`},
		"Upper Case": {400, `{message: 400 Bad request - ["Name can contain only lowercase letters, digits, and '-', but cannot start or end with '-'"]}`},
	} {
		_, _, err := agents.RegisterAgent(20, &gitlab.RegisterAgentOptions{Name: &name})
		var failed *gitlab.ErrorResponse
		require.ErrorAs(t, err, &failed)
		assert.Equal(t, test.status, failed.Response.StatusCode)
		assert.Equal(t, test.message, failed.Message)
	}
	_, _, err = agents.RegisterAgent(20, &gitlab.RegisterAgentOptions{})
	assert.ErrorContains(t, err, "{error: name is missing}")

	stranger, err := gitlab.NewClient("glpat-unknown", gitlab.WithBaseURL(fake.URL))
	require.NoError(t, err)
	_, _, err = stranger.ClusterAgents.ListAgents(20, nil)
	assert.ErrorContains(t, err, "401 {message: 401 Unauthorized}")

	// Wrong of the client: of a 404 it keeps nothing. A project that is not there, a role that is too low and an agent that
	// is not there are the same to a caller.
	for _, find := range []func() error{
		func() error { _, _, err := agents.GetAgent(99, 1); return err },          // 404 Project Not Found
		func() error { _, _, err := agents.GetAgent(20, 99); return err },         // 404 Not found
		func() error { _, _, err := agents.ListAgents("a b/c", nil); return err }, // 404 Project Not Found
	} {
		err := find()
		require.ErrorIs(t, err, gitlab.ErrNotFound)
		assert.Equal(t, "404 Not Found", err.Error())
	}
}

// Wrong of the client: what GitLab gives as null becomes 0 and "".
func TestNull(t *testing.T) {
	t.Parallel()
	seed := fakegitlab.DefaultSeed()
	seed.Projects[0].Agents = []fakegitlab.SeedAgent{{ID: 1, Name: "orphan", Tokens: []fakegitlab.SeedAgentToken{{ID: 1, Name: "t"}}}}
	agents := client(t, fakegitlab.Start(t, fakegitlab.FromSeed(seed)).URL).ClusterAgents

	agent, _, err := agents.GetAgent(20, 1) // "created_by_user_id":null, "config_project":{"description":null, …}
	require.NoError(t, err)
	assert.EqualValues(t, 0, agent.CreatedByUserID)
	assert.Equal(t, "", agent.ConfigProject.Description)
	token, _, err := agents.GetAgentToken(20, 1, 1) // "created_by_user_id":null, "description":null, "last_used_at":null
	require.NoError(t, err)
	assert.EqualValues(t, 0, token.CreatedByUserID)
	assert.Equal(t, "", token.Description)
	assert.Nil(t, token.LastUsedAt)
}

// Wrong of the client: a token creation that fails with a 5xx is made six times, whether or not it was carried out. Here
// GitLab creates a token each time and something in front of it loses each answer. What comes of it are as many tokens
// as the agent may have, whose secrets nobody knows, and a caller who is told of the limit.
func TestRepeatsTokenCreation(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		version           string
		requests, created int
		told              string
	}{
		{"16.1", 6, 6, "502"}, // no limit yet
		{"19.1", 3, 2, "400 Bad request - An agent can have only two active tokens at a time"},
	} {
		t.Run(test.version, func(t *testing.T) {
			t.Parallel()
			fake := fakegitlab.Start(t, fakegitlab.Version(test.version))
			front := newLossy(t, fake)
			agent, _, err := client(t, fake.URL).ClusterAgents.RegisterAgent(20, &gitlab.RegisterAgentOptions{Name: gitlab.Ptr("a")})
			require.NoError(t, err)

			atOnce := gitlab.WithCustomBackoff(func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return 0 })
			_, _, err = client(t, front.URL, atOnce).ClusterAgents.CreateAgentToken(20, agent.ID, &gitlab.CreateAgentTokenOptions{Name: gitlab.Ptr("ci")})
			require.ErrorContains(t, err, test.told)
			path := fmt.Sprintf("POST /api/v4/projects/20/cluster_agents/%d/tokens", agent.ID)
			assert.Equal(t, slices.Repeat([]string{path}, test.requests), front.requests())
			tokens, _, err := client(t, fake.URL).ClusterAgents.ListAgentTokens(20, agent.ID, nil)
			require.NoError(t, err)
			assert.Len(t, tokens, test.created)
		})
	}
}

// lossy stands in front of a GitLab and loses the answers to creates.
type lossy struct {
	URL string
	mu  sync.Mutex
	log []string
}

func newLossy(t *testing.T, gitlab http.Handler) *lossy {
	t.Helper()
	l := &lossy{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.log = append(l.log, r.Method+" "+r.URL.Path)
		answer := httptest.NewRecorder()
		gitlab.ServeHTTP(answer, r)
		if answer.Code == http.StatusCreated {
			http.Error(w, "bad gateway", http.StatusBadGateway)
			return
		}
		w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	}))
	t.Cleanup(server.Close)
	l.URL = server.URL
	return l
}

func (l *lossy) requests() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.log)
}

// The client keeps to a rate limit: it spreads requests as RateLimit-Limit says, and after a 429 waits until
// RateLimit-Reset.
func TestRateLimit(t *testing.T) {
	t.Parallel()
	fake := fakegitlab.Start(t, fakegitlab.RateLimit(5, time.Second))
	agents := client(t, fake.URL).ClusterAgents
	for range 12 {
		_, _, err := agents.ListAgents(20, nil)
		require.NoError(t, err)
	}
}
