package fakegitlab_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"

	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/generated/clusteragents"
)

// A GitLab is an http.Handler. In tests, Start is shorter.
func Example() {
	gitlab, err := fakegitlab.New(fakegitlab.Version("17.4"), fakegitlab.Edition("ee"))
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(gitlab)
	defer server.Close()

	client, err := clusteragents.New(server.URL, clusteragents.PrivateToken("glpat-maintainer"))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, project := context.Background(), clusteragents.ProjectPath("root/test")
	agent, err := client.CreateAgent(ctx, project, clusteragents.CreateAgentRequest{Name: "prod"})
	fmt.Println(agent.Name, *agent.CreatedByUserID, *agent.IsReceptive, err)
	for range 3 {
		_, err = client.CreateAgentToken(ctx, project, agent.ID, clusteragents.CreateAgentTokenRequest{Name: "ci"})
	}
	var refused *clusteragents.Error
	if errors.As(err, &refused) {
		fmt.Println(refused.StatusCode, refused.Message)
	}
	// Output:
	// prod 42 false <nil>
	// 400 400 Bad request - An agent can have only two active tokens at a time
}

// A token that expires in the middle of the work.
func ExampleAfter() {
	gitlab, err := fakegitlab.New(fakegitlab.After(1, func(s *fakegitlab.Server) {
		_ = s.SetAccessTokenState("glpat-maintainer", "expired")
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		request := httptest.NewRequest("GET", "/api/v4/projects/20/cluster_agents", nil)
		request.Header.Set("PRIVATE-TOKEN", "glpat-maintainer")
		response := httptest.NewRecorder()
		gitlab.ServeHTTP(response, request)
		fmt.Println(response.Code, response.Body)
	}
	// Output:
	// 200 []
	// 401 {"error":"invalid_token","error_description":"Token is expired. You can either do re-authorization or token refresh."}
}
