package gen_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"example.com/gitlab-agents/generated/clusteragents"
)

// What README.md shows, against a GitLab that allows the first two requests.
func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Next-Page", "")
		switch {
		case r.Method == http.MethodGet:
			fmt.Fprint(w, "["+agentJSON+"]")
		case r.URL.Path == "/api/v4/projects/root/test/cluster_agents/5/tokens":
			w.WriteHeader(http.StatusCreated)
			fmt.Fprint(w, newTokenJSON)
		default:
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"message":"403 Forbidden"}`)
		}
	}))
	defer server.Close()
	ctx := context.Background()

	gitlab, err := clusteragents.New(server.URL, clusteragents.PrivateToken(secret))
	if err != nil {
		fmt.Println(err)
		return
	}
	project := clusteragents.ProjectPath("root/test")
	for agent, err := range gitlab.Agents(ctx, project) {
		fmt.Println(agent.ID, agent.Name, err)
	}

	token, err := gitlab.CreateAgentToken(ctx, project, 5, clusteragents.CreateAgentTokenRequest{Name: "ci"})
	fmt.Println(token.Token, len(token.Token.Reveal()), err)

	_, err = gitlab.CreateAgent(ctx, project, clusteragents.CreateAgentRequest{Name: "prod"})
	var failure *clusteragents.Error
	if errors.As(err, &failure) && failure.StatusCode == http.StatusForbidden {
		fmt.Println(err)
	}
	// Output:
	// 5 agent-1 <nil>
	// [redacted] 19 <nil>
	// clusteragents: createAgent: 403 Forbidden (POST /api/v4/projects/root%2Ftest/cluster_agents)
}
