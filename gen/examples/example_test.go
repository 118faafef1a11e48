package clusteragents_test

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"example.com/gitlab-agents/generated/clusteragents"
)

func Example() {
	url, stop := startGitLab() // such as https://gitlab.example.com
	defer stop()

	gitlab, err := clusteragents.New(url, clusteragents.PrivateToken("glpat-maintainer"))
	if err != nil {
		fmt.Println(err)
		return
	}
	project := clusteragents.ProjectPath("root/test")
	agent, err := gitlab.CreateAgent(ctx, project, clusteragents.CreateAgentRequest{Name: "edge"})
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := gitlab.CreateAgentToken(ctx, project, agent.ID, clusteragents.CreateAgentTokenRequest{Name: "ci"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(agent.Name, "has the token", token.Token) // the secret itself is token.Token.Reveal()
	// Output: edge has the token [redacted]
}

func ExampleNew() {
	for _, url := range []string{
		"https://gitlab.example.com",
		"https://example.com/gitlab", // under a relative root
		"https://gitlab.example.com/api/v4",
		"gitlab.example.com",
	} {
		gitlab, err := clusteragents.New(url, clusteragents.PrivateToken("glpat-…"[:6]), clusteragents.UserAgent("my-program/1.0"))
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(gitlab)
	}
	// Output:
	// GitLab at https://gitlab.example.com
	// GitLab at https://example.com/gitlab
	// GitLab at https://gitlab.example.com
	// clusteragents: the base URL has to begin with https:// or http://
}

func ExampleGitLab_Agents() {
	gitlab, stop := connect()
	defer stop()

	for agent, err := range gitlab.Agents(ctx, project) {
		if err != nil {
			fmt.Println(err)
			return
		}
		by := "somebody who is gone"
		if agent.CreatedByUserID != nil {
			by = fmt.Sprintf("user %d", *agent.CreatedByUserID)
		}
		fmt.Println(agent.ID, agent.Name, "by", by)
	}
	// Output:
	// 5 prod by user 42
	// 6 staging by user 42
}

// GitLab cannot look an agent up by its name.
func ExampleGitLab_Agents_byName() {
	gitlab, stop := connect()
	defer stop()

	for agent, err := range gitlab.Agents(ctx, project) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if agent.Name == "staging" {
			fmt.Println("staging has the id", agent.ID)
			break
		}
	}
	// Output: staging has the id 6
}

func ExampleGitLab_ListAgents() {
	gitlab, stop := connect()
	defer stop()

	page, err := gitlab.ListAgents(ctx, project, clusteragents.Page(2), clusteragents.PerPage(1))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("page %d of %d: %s\n", page.Number, *page.TotalPages, page.Items[0].Name)
	// Output: page 2 of 2: staging
}

func ExampleGitLab_GetAgent() {
	gitlab, stop := connect()
	defer stop()

	agent, err := gitlab.GetAgent(ctx, project, 5)
	fmt.Println(agent.Name, agent.ConfigProject.PathWithNamespace, err)

	_, err = gitlab.GetAgent(ctx, project, 99)
	fmt.Println(errors.Is(err, clusteragents.ErrNotFound))
	// Output:
	// prod root/test <nil>
	// true
}

func ExampleGitLab_CreateAgent() {
	gitlab, stop := connect()
	defer stop()

	agent, err := gitlab.CreateAgent(ctx, project, clusteragents.CreateAgentRequest{Name: "edge"})
	fmt.Println(agent.Name, err)

	_, err = gitlab.CreateAgent(ctx, project, clusteragents.CreateAgentRequest{Name: "edge"})
	var refused *clusteragents.Error
	if errors.As(err, &refused) {
		fmt.Println(refused.StatusCode, refused.Message)
	}
	// Output:
	// edge <nil>
	// 400 400 Bad request - ["Name has already been taken"]
}

// The date protects an agent that somebody changed since it was read.
func ExampleGitLab_DeleteAgent() {
	gitlab, stop := connect()
	defer stop()

	lastYear := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	err := gitlab.DeleteAgent(ctx, project, 5, clusteragents.UnmodifiedSince(lastYear))
	fmt.Println(errors.Is(err, clusteragents.ErrPreconditionFailed))

	fmt.Println(gitlab.DeleteAgent(ctx, project, 5))
	// Output:
	// true
	// <nil>
}

func ExampleGitLab_CreateAgentToken() {
	gitlab, stop := connect()
	defer stop()

	token, err := gitlab.CreateAgentToken(ctx, project, 5, clusteragents.CreateAgentTokenRequest{
		Name:        "ci",
		Description: new("for the pipeline"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	secret := token.Token.Reveal() // GitLab never shows it again
	fmt.Println(token.Name, len(secret) > 40, token.Token)
	// Output: ci true [redacted]
}

func ExampleGitLab_AgentTokens() {
	gitlab, stop := connect()
	defer stop()

	for _, name := range []string{"first", "second"} {
		if _, err := gitlab.CreateAgentToken(ctx, project, 5, clusteragents.CreateAgentTokenRequest{Name: name}); err != nil {
			fmt.Println(err)
			return
		}
	}
	for token, err := range gitlab.AgentTokens(ctx, project, 5) {
		fmt.Println(token.Name, token.Status, err)
	}
	// Output:
	// first active <nil>
	// second active <nil>
}

func ExampleGitLab_RevokeAgentToken() {
	gitlab, stop := connect()
	defer stop()

	token, err := gitlab.CreateAgentToken(ctx, project, 5, clusteragents.CreateAgentTokenRequest{Name: "ci"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(gitlab.RevokeAgentToken(ctx, project, 5, token.ID))
	fmt.Println(gitlab.RevokeAgentToken(ctx, project, 5, token.ID), "(revoking it again is no error)")

	_, err = gitlab.GetAgentToken(ctx, project, 5, token.ID)
	fmt.Println(errors.Is(err, clusteragents.ErrNotFound))
	// Output:
	// <nil>
	// <nil> (revoking it again is no error)
	// true
}

func ExampleProject() {
	for _, project := range []clusteragents.Project{
		clusteragents.ProjectID(20),
		clusteragents.ProjectPath("group/subgroup/project"), // not escaped: the client does that
	} {
		fmt.Println(project)
	}
	// Output:
	// 20
	// group/subgroup/project
}

func ExampleError() {
	url, stop := startGitLab()
	defer stop()
	gitlab, err := clusteragents.New(url, clusteragents.PrivateToken("glpat-developer"))
	if err != nil {
		fmt.Println(err)
		return
	}

	_, err = gitlab.CreateAgent(ctx, project, clusteragents.CreateAgentRequest{Name: "edge"})
	switch {
	case errors.Is(err, clusteragents.ErrNotGitLab):
		fmt.Println("something in between answered")
	case errors.Is(err, clusteragents.ErrForbidden):
		fmt.Println("the token needs the role maintainer")
	}
	var failure *clusteragents.Error
	if errors.As(err, &failure) {
		fmt.Println(failure.Operation, failure.StatusCode, failure.Message)
	}
	// Output:
	// the token needs the role maintainer
	// createAgent 403 403 Forbidden
}

// Statuses without a name in this package can be asked for too.
func ExampleStatus() {
	gitlab, stop := connect()
	defer stop()

	_, err := gitlab.GetAgent(ctx, project, 99)
	fmt.Println(errors.Is(err, clusteragents.Status(404)), errors.Is(err, clusteragents.Status(502)))
	// Output: true false
}

func ExampleMaxAttempts() {
	gitlab, err := clusteragents.New("https://gitlab.example.com",
		clusteragents.MaxAttempts(6),          // instead of 4
		clusteragents.MaxWait(10*time.Minute), // instead of one minute
	)
	fmt.Println(gitlab, err)
	// Output: GitLab at https://gitlab.example.com <nil>
}

func ExampleSecret() {
	secret := clusteragents.NewSecret("glagent-…")
	fmt.Printf("%s %v %q %+v\n", secret, secret, secret, struct{ Token clusteragents.Secret }{secret})
	fmt.Println(secret.Reveal())
	// Output:
	// [redacted] [redacted] [redacted] {Token:[redacted]}
	// glagent-…
}

func ExampleGitLab_Release() {
	gitlab, stop := connect()
	defer stop()

	release, err := gitlab.Release(ctx)
	fmt.Println(release, err)
	// Output: 17.4.0 <nil>
}

func ExampleHTTPClient() {
	url, stop := startGitLab()
	defer stop()

	gitlab, err := clusteragents.New(url,
		clusteragents.PrivateToken("glpat-maintainer"),
		clusteragents.HTTPClient(&http.Client{Timeout: 30 * time.Second}), // of each request
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	agent, err := gitlab.GetAgent(ctx, project, 5)
	fmt.Println(agent.Name, err)
	// Output: prod <nil>
}
