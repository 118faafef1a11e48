package clusteragents_test

import (
	"context"
	"fmt"

	"example.com/gitlab-agents/generated/clusteragents"
)

// agentGetter is what the code under test needs of GitLab. *clusteragents.GitLab has it, and so has a double.
type agentGetter interface {
	GetAgent(ctx context.Context, project clusteragents.Project, id clusteragents.AgentID) (clusteragents.Agent, error)
}

var _ agentGetter = (*clusteragents.GitLab)(nil)

// describe is the code under test.
func describe(ctx context.Context, gitlab agentGetter, project clusteragents.Project, id clusteragents.AgentID) string {
	agent, err := gitlab.GetAgent(ctx, project, id)
	if err != nil {
		return fmt.Sprintf("agent %d: %v", id, err)
	}
	return fmt.Sprintf("agent %d is called %s", id, agent.Name)
}

// double answers in place of GitLab.
type double struct {
	agent clusteragents.Agent
	err   error
}

func (d double) GetAgent(context.Context, clusteragents.Project, clusteragents.AgentID) (clusteragents.Agent, error) {
	return d.agent, d.err
}

// Code that takes an interface of its own can be tested with a double. Errors can be made by hand too.
func Example_testWithAnInterface() {
	ctx, project := context.Background(), clusteragents.ProjectPath("root/test")

	fmt.Println(describe(ctx, double{agent: clusteragents.Agent{ID: 5, Name: "prod"}}, project, 5))

	notFound := &clusteragents.Error{Operation: "getAgent", Method: "GET", Path: "/…", StatusCode: 404, Message: "404 Not found"}
	fmt.Println(describe(ctx, double{err: notFound}, project, 6))
	// Output:
	// agent 5 is called prod
	// agent 6: clusteragents: getAgent: 404 Not found (GET /…)
}
