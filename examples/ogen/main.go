//go:build ogen

package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/ogen-go/ogen/ogenerrors"

	"example.com/gitlab-agents/examples/ogen/agents"
)

func main() {
	if err := run(context.Background(), os.Stdout, os.Getenv("GITLAB_URL"), os.Getenv("GITLAB_PROJECT"), os.Getenv("GITLAB_TOKEN")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// accessToken is sent as PRIVATE-TOKEN.
type accessToken string

func (t accessToken) PrivateToken(context.Context, agents.OperationName) (agents.PrivateToken, error) {
	return agents.PrivateToken{APIKey: string(t)}, nil
}

func (accessToken) Bearer(context.Context, agents.OperationName) (agents.Bearer, error) {
	return agents.Bearer{}, ogenerrors.ErrSkipClientSecurity
}

func run(ctx context.Context, out io.Writer, url, path, token string) error {
	gitlab, err := agents.NewClient(url+"/api/v4", accessToken(token))
	if err != nil {
		return err
	}
	// The plain path: the client encodes it.
	project := agents.NewStringProjectIdentifier(path)

	agent, err := answer[*agents.AgentHeaders](gitlab.CreateAgent(ctx, &agents.CreateAgentApplicationJSON{Name: "example"}, agents.CreateAgentParams{ID: project}))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "registered %s in %s\n", agent.Response.Name, agent.Response.ConfigProject.PathWithNamespace)
	if err := useTokens(ctx, out, gitlab, project, agent.Response.ID); err != nil {
		return err
	}

	list, err := answer[*agents.ListAgentsOKHeaders](gitlab.ListAgents(ctx, agents.ListAgentsParams{ID: project, PerPage: agents.NewOptInt32(100)}))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "listed %d of %d agents\n", len(list.Response), list.XTotal.Value)

	one, err := answer[*agents.AgentHeaders](gitlab.GetAgent(ctx, agents.GetAgentParams{ID: project, AgentID: agent.Response.ID}))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "read %s, created by %d\n", one.Response.Name, one.Response.CreatedByUserID.Value)

	if _, err := answer[*agents.NoContent](gitlab.DeleteAgent(ctx, agents.DeleteAgentParams{ID: project, AgentID: agent.Response.ID})); err != nil {
		return err
	}
	gone, err := answer[*agents.NotFoundHeaders](gitlab.GetAgent(ctx, agents.GetAgentParams{ID: project, AgentID: agent.Response.ID}))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "deleted the agent: %s\n", gone.Response.Message.Message)
	return nil
}

func useTokens(ctx context.Context, out io.Writer, gitlab *agents.Client, project agents.ProjectIdentifier, agentID int64) error {
	created, err := answer[*agents.AgentTokenWithTokenHeaders](gitlab.CreateAgentToken(ctx,
		&agents.CreateAgentTokenApplicationJSON{Name: "ci", Description: agents.NewOptNilString("for CI")},
		agents.CreateAgentTokenParams{ID: project, AgentID: agentID}))
	if err != nil {
		return err
	}
	token := created.Response
	fmt.Fprintf(out, "created the token %s; the response has its secret: %t\n", token.Name, token.Token != "")

	list, err := answer[*agents.ListAgentTokensOKHeaders](gitlab.ListAgentTokens(ctx, agents.ListAgentTokensParams{ID: project, AgentID: agentID}))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "listed %d of %d tokens\n", len(list.Response), list.XTotal.Value)

	one, err := answer[*agents.AgentTokenHeaders](gitlab.GetAgentToken(ctx, agents.GetAgentTokenParams{ID: project, AgentID: agentID, TokenID: token.ID}))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "read %s, used before: %t\n", one.Response.Name, !one.Response.LastUsedAt.Null)

	_, err = answer[*agents.NoContent](gitlab.RevokeAgentToken(ctx, agents.RevokeAgentTokenParams{ID: project, AgentID: agentID, TokenID: token.ID}))
	return err
}

// answer is the answer of the type that is expected. Each status that the document lists has a type of its own.
func answer[T any](result any, err error) (T, error) {
	expected, ok := result.(T)
	if err == nil && !ok {
		err = fmt.Errorf("GitLab answered with %T: %v", result, result)
	}
	return expected, err
}
