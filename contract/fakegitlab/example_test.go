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
