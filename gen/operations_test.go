package gen_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/generated/clusteragents"
	"example.com/gitlab-agents/generated/oapi"
)

func TestEachOperationSendsItsRequestAndReturnsItsAnswer(t *testing.T) {
	t.Parallel()
	const path = "/api/v4/projects/root%2Ftest/cluster_agents"
	some, user := "Some token", int64(1)
	at := func(text string) time.Time {
		parsed, err := time.Parse(time.RFC3339, text)
		require.NoError(t, err)
		return parsed
	}
	agent := clusteragents.Agent{
		ID: 5, Name: "agent-1", CreatedAt: at("2022-04-20T20:42:40.221Z"),
		ConfigProject: clusteragents.ConfigProject{
			ID: 20, Name: "test", NameWithNamespace: "Administrator / test", Path: "test", PathWithNamespace: "root/test",
			CreatedAt: at("2022-03-20T20:42:40.221Z"),
		},
	}
	basic := clusteragents.AgentTokenBasic{
		ID: 7, Name: "abcd", AgentID: 5, Status: clusteragents.AgentTokenStatusActive,
		CreatedAt: at("2022-03-25T14:12:11.497Z"), CreatedByUserID: &user,
	}
	token := clusteragents.AgentToken{
		ID: 7, Name: "abcd", Description: &some, AgentID: 5, Status: clusteragents.AgentTokenStatusActive,
		CreatedAt: at("2022-03-25T14:12:11.497Z"), CreatedByUserID: &user,
	}
	created := clusteragents.AgentTokenWithToken{
		ID: 7, Name: "abcd", Description: &some, AgentID: 5, Status: clusteragents.AgentTokenStatusActive,
		CreatedAt: at("2022-03-25T14:12:11.497Z"), CreatedByUserID: &user, Token: clusteragents.NewSecret(agentToken),
	}

	for _, test := range []struct {
		operation string
		call      func(context.Context, *clusteragents.GitLab) (any, error)
		request   string
		body      string
		answer    answer
		want      any
	}{
		{
			operation: "listAgents",
			call: func(ctx context.Context, g *clusteragents.GitLab) (any, error) {
				return g.ListAgents(ctx, project, clusteragents.Page(3), clusteragents.PerPage(50))
			},
			request: "GET " + path + "?page=3&per_page=50",
			answer:  answer{status: 200, body: "[" + agentJSON + "]"},
			want:    clusteragents.PageOf[clusteragents.Agent]{Items: []clusteragents.Agent{agent}, Number: 3, PerPage: 50},
		},
		{
			operation: "getAgent",
			call: func(ctx context.Context, g *clusteragents.GitLab) (any, error) {
				return g.GetAgent(ctx, project, 5)
			},
			request: "GET " + path + "/5",
			answer:  answer{status: 200, body: agentJSON},
			want:    agent,
		},
		{
			operation: "createAgent",
			call: func(ctx context.Context, g *clusteragents.GitLab) (any, error) {
				return g.CreateAgent(ctx, project, clusteragents.CreateAgentRequest{Name: "agent-1"})
			},
			request: "POST " + path,
			body:    `{"name":"agent-1"}`,
			answer:  answer{status: 201, body: agentJSON},
			want:    agent,
		},
		{
			operation: "deleteAgent",
			call: func(ctx context.Context, g *clusteragents.GitLab) (any, error) {
				return nil, g.DeleteAgent(ctx, project, 5)
			},
			request: "DELETE " + path + "/5",
			answer:  answer{status: 204},
		},
		{
			operation: "listAgentTokens",
			call: func(ctx context.Context, g *clusteragents.GitLab) (any, error) {
				return g.ListAgentTokens(ctx, project, 5)
			},
			request: "GET " + path + "/5/tokens",
			answer:  answer{status: 200, body: "[" + basicJSON + "]"},
			want: clusteragents.PageOf[clusteragents.AgentTokenBasic]{
				Items: []clusteragents.AgentTokenBasic{basic}, Number: 1, PerPage: 20,
			},
		},
		{
			operation: "getAgentToken",
			call: func(ctx context.Context, g *clusteragents.GitLab) (any, error) {
				return g.GetAgentToken(ctx, project, 5, 7)
			},
			request: "GET " + path + "/5/tokens/7",
			answer:  answer{status: 200, body: tokenJSON},
			want:    token,
		},
		{
			operation: "createAgentToken",
			call: func(ctx context.Context, g *clusteragents.GitLab) (any, error) {
				return g.CreateAgentToken(ctx, project, 5, clusteragents.CreateAgentTokenRequest{Name: "abcd", Description: &some})
			},
			request: "POST " + path + "/5/tokens",
			body:    `{"name":"abcd","description":"Some token"}`,
			answer:  answer{status: 201, body: newTokenJSON},
			want:    created,
		},
		{
			operation: "revokeAgentToken",
			call: func(ctx context.Context, g *clusteragents.GitLab) (any, error) {
				return nil, g.RevokeAgentToken(ctx, project, 5, 7)
			},
			request: "DELETE " + path + "/5/tokens/7",
			answer:  answer{status: 204},
		},
	} {
		t.Run(test.operation, func(t *testing.T) {
			t.Parallel()
			transport := &stub{answers: []answer{test.answer, {status: 403, body: `{"message":"403 Forbidden"}`}}}
			gitlab := connect(t, transport)

			got, err := test.call(t.Context(), gitlab)
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
			request := transport.requests[0]
			assert.Equal(t, test.request, request.Method+" "+request.URL.RequestURI())
			assert.Equal(t, test.body, transport.bodies[0])
			assert.EqualValues(t, len(test.body), request.ContentLength)
			assert.Equal(t, secret, request.Header.Get("PRIVATE-TOKEN"))
			assert.Equal(t, "application/json", request.Header.Get("Accept"))
			assert.Equal(t, test.body != "", request.Header.Get("Content-Type") == "application/json")

			got, err = test.call(t.Context(), gitlab)
			var failure *clusteragents.Error
			require.ErrorAs(t, err, &failure)
			assert.True(t, got == nil || reflect.ValueOf(got).IsZero(), "beside an error: %v", got)
			assert.Equal(t, test.operation, failure.Operation)
			line, _, _ := strings.Cut(test.request, "?")
			assert.Equal(t, line, failure.Method+" "+failure.Path)
		})
	}
}

func TestDeleteIfUnmodifiedSince(t *testing.T) {
	t.Parallel()
	transport := with(412, `{"message":"412 Precondition Failed"}`)
	since := time.Date(2026, 1, 2, 3, 4, 5, 999, time.FixedZone("", 3600))

	err := connect(t, transport).DeleteAgent(t.Context(), project, 5, clusteragents.UnmodifiedSince(since))

	assert.ErrorIs(t, err, clusteragents.ErrPreconditionFailed)
	assert.Equal(t, "Fri, 02 Jan 2026 02:04:05 GMT", transport.requests[0].Header.Get("If-Unmodified-Since"))
}

// server is a GitLab of which only one thing is of interest: what it was asked.
type server struct {
	oapi.ServerInterface
	project clusteragents.Project
	params  oapi.ListAgentsParams
}

func (s *server) ListAgents(w http.ResponseWriter, _ *http.Request, p clusteragents.Project, params oapi.ListAgentsParams) {
	s.project, s.params = p, params
	w.Header().Set("Content-Type", "application/json")
	for _, name := range []string{"X-Next-Page", "X-Prev-Page"} {
		w.Header().Set(name, "")
	}
	_, _ = w.Write([]byte("[]"))
}

func TestClientsAndServerAgreeOnProjectsAndOptions(t *testing.T) {
	t.Parallel()
	for _, project := range []clusteragents.Project{
		clusteragents.ProjectID(20),
		clusteragents.ProjectPath("root/test"),
		clusteragents.ProjectPath("root/sub group/projekt ü"),
		clusteragents.ProjectPath("root/100%25,a=b;c+d?e#f&g"),
	} {
		t.Run(project.String(), func(t *testing.T) {
			t.Parallel()
			var asked server
			web := httptest.NewServer(oapi.HandlerWithOptions(&asked, oapi.StdHTTPServerOptions{BaseURL: "/api/v4"}))
			t.Cleanup(web.Close)

			gitlab, err := clusteragents.New(web.URL)
			require.NoError(t, err)
			_, err = gitlab.ListAgents(t.Context(), project, clusteragents.PerPage(100))
			require.NoError(t, err)
			assert.Equal(t, project, asked.project)
			assert.EqualValues(t, 100, *asked.params.PerPage)

			stock, err := oapi.NewClientWithResponses(web.URL + "/api/v4")
			require.NoError(t, err)
			asked = server{}
			page := oapi.Page(2)
			response, err := stock.ListAgentsWithResponse(t.Context(), project, &oapi.ListAgentsParams{Page: &page})
			require.NoError(t, err, "the stock client takes the empty headers of the only page")
			assert.Equal(t, http.StatusOK, response.StatusCode())
			assert.Equal(t, project, asked.project)
			assert.Equal(t, &page, asked.params.Page)
		})
	}
}
