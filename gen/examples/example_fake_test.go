package clusteragents_test

import (
	"context"
	"testing"

	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/generated/clusteragents"
)

// register is the code under test.
func register(ctx context.Context, gitlab *clusteragents.GitLab, name string) (clusteragents.AgentID, error) {
	agent, err := gitlab.CreateAgent(ctx, clusteragents.ProjectPath("root/test"), clusteragents.CreateAgentRequest{Name: name})
	return agent.ID, err
}

// In a test this function would be called TestRegister.
func testRegister(t *testing.T) {
	running := fakegitlab.Start(t, fakegitlab.Version("16.2")) // until the test ends
	gitlab, err := clusteragents.New(running.URL, clusteragents.PrivateToken("glpat-maintainer"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := register(t.Context(), gitlab, "prod"); err != nil {
		t.Errorf("a good name: %v", err)
	}
	if _, err := register(t.Context(), gitlab, "No good name"); err == nil {
		t.Error("a name with spaces is refused")
	}
}

// A GitLab in memory answers as a real one does, refusals included.
func Example_testWithAFake() {
	var t *testing.T // that the test is given
	testRegister(t)
}
