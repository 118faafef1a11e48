package clusteragents_test

import (
	"fmt"
	"time"

	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/generated/clusteragents"
)

func ExampleWithAnswer() {
	url, stop := startGitLab(
		fakegitlab.RequestIDs(func() string { return "01JD8Z" }),
		fakegitlab.RateLimit(60, time.Minute),
	)
	defer stop()
	gitlab, err := clusteragents.New(url, clusteragents.PrivateToken("glpat-maintainer"))
	if err != nil {
		fmt.Println(err)
		return
	}

	var answer clusteragents.Answer
	agent, err := gitlab.GetAgent(clusteragents.WithAnswer(ctx, &answer), project, 5)
	fmt.Println(agent.Name, err)
	fmt.Println("request id", answer.RequestID)
	if limit := answer.RateLimit; limit != nil {
		fmt.Println(limit.Remaining, "requests of", limit.Limit, "left")
	}
	// Output:
	// prod <nil>
	// request id 01JD8Z
	// 59 requests of 60 left
}
