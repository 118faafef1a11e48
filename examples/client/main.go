// Client registers an agent in a project, creates a token for it, lists both, and removes them again.
//
//	GITLAB_URL=https://gitlab.example.com GITLAB_PROJECT=group/project GITLAB_TOKEN=… go run ./examples/client
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	"example.com/gitlab-agents/generated/clusteragents"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, os.Getenv("GITLAB_URL"), os.Getenv("GITLAB_PROJECT"), os.Getenv("GITLAB_TOKEN")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, url, path, secret string) (err error) {
	gitlab, err := clusteragents.New(url, clusteragents.PrivateToken(secret))
	if err != nil {
		return err
	}
	project := clusteragents.ProjectPath(path)

	agent, err := gitlab.CreateAgent(ctx, project, clusteragents.CreateAgentRequest{Name: "example"})
	if errors.Is(err, clusteragents.ErrForbidden) {
		return fmt.Errorf("the token needs the role maintainer in %s: %w", path, err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, gitlab.DeleteAgent(ctx, project, agent.ID)) }()

	token, err := gitlab.CreateAgentToken(ctx, project, agent.ID, clusteragents.CreateAgentTokenRequest{Name: "ci"})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "agent %s has the token %s\n", agent.Name, token.Token) // the secret itself is token.Token.Reveal()

	for agent, err := range gitlab.Agents(ctx, project, clusteragents.PerPage(100)) {
		if err != nil {
			return err
		}
		by := "somebody who is gone"
		if agent.CreatedByUserID != nil {
			by = fmt.Sprintf("user %d", *agent.CreatedByUserID)
		}
		fmt.Fprintf(out, "%s was registered by %s\n", agent.Name, by)
	}
	return gitlab.RevokeAgentToken(ctx, project, agent.ID, token.ID)
}
