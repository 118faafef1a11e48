package clusteragents_test

import (
	"context"
	"fmt"

	"example.com/gitlab-agents/generated/clusteragents"
)

// The token comes from a vault, which rotates it now and then. The vault is asked again when GitLab refuses the token.
func ExampleTokenSource() {
	url, stop := startGitLab()
	defer stop()
	vault := []string{"glpat-expired", "glpat-maintainer"}

	gitlab, err := clusteragents.New(url, clusteragents.TokenSource(func(context.Context) (string, error) {
		token := vault[0]
		vault = vault[1:]
		fmt.Println("a token from the vault")
		return token, nil
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, id := range []clusteragents.AgentID{5, 6} {
		agent, err := gitlab.GetAgent(ctx, project, id)
		fmt.Println(agent.Name, err)
	}
	// Output:
	// a token from the vault
	// a token from the vault
	// prod <nil>
	// staging <nil>
}
