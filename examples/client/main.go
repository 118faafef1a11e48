// Client registers an agent in a project, creates a token for it, lists the project's agents, and removes what it made,
// also when it is interrupted with Ctrl-C.
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
	"syscall"
	"time"

	"example.com/gitlab-agents/generated/clusteragents"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	err := run(ctx, os.Stdout, os.Getenv("GITLAB_URL"), os.Getenv("GITLAB_PROJECT"), os.Getenv("GITLAB_TOKEN"))
	if err != nil {
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

	agent, err := create(ctx, gitlab, project)
	switch {
	case errors.Is(err, clusteragents.ErrNotGitLab):
		return fmt.Errorf("%s is not the URL of a GitLab, or something in front of it answers: %w", url, err)
	case errors.Is(err, clusteragents.ErrForbidden):
		return fmt.Errorf("the token needs the role maintainer in %s: %w", path, err)
	case err != nil:
		return err
	}
	defer func() { err = errors.Join(err, remove(ctx, gitlab, project, agent)) }()

	token, err := gitlab.CreateAgentToken(ctx, project, agent.ID, clusteragents.CreateAgentTokenRequest{Name: "ci"})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "agent %s has the token %s\n", agent.Name, token.Token) // the secret itself is token.Token.Reveal()

	for agent, err := range gitlab.Agents(ctx, project) {
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

// create registers an agent. Ctrl-C does not interrupt it, because its answer has the id that remove needs.
func create(ctx context.Context, gitlab *clusteragents.GitLab, project clusteragents.Project) (clusteragents.Agent, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	return gitlab.CreateAgent(ctx, project, clusteragents.CreateAgentRequest{Name: "example"})
}

// remove deletes the agent, and its tokens with it. It works after Ctrl-C, which has ended the program's context.
func remove(ctx context.Context, gitlab *clusteragents.GitLab, project clusteragents.Project, agent clusteragents.Agent) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	if err := gitlab.DeleteAgent(ctx, project, agent.ID); err != nil && !errors.Is(err, clusteragents.ErrNotFound) {
		return fmt.Errorf("the agent %s (%d) is left behind: %w", agent.Name, agent.ID, err)
	}
	return nil
}
