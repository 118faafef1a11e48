// Package fake shows how to test code that talks to GitLab without having one.
package fake

import (
	"context"

	"example.com/gitlab-agents/generated/clusteragents"
)

// Rotate gives an agent a new token and revokes the others. An agent has at most two active tokens, so the oldest goes
// first if there are two.
func Rotate(ctx context.Context, gitlab *clusteragents.GitLab, project clusteragents.Project, agent clusteragents.AgentID) (clusteragents.Secret, error) {
	var old []clusteragents.AgentTokenBasic
	for token, err := range gitlab.AgentTokens(ctx, project, agent) {
		if err != nil {
			return clusteragents.Secret{}, err
		}
		old = append(old, token)
	}
	if len(old) >= 2 {
		oldest := old[0]
		for _, token := range old[1:] {
			if token.CreatedAt.Before(oldest.CreatedAt) {
				oldest = token
			}
		}
		if err := gitlab.RevokeAgentToken(ctx, project, agent, oldest.ID); err != nil {
			return clusteragents.Secret{}, err
		}
	}
	fresh, err := gitlab.CreateAgentToken(ctx, project, agent, clusteragents.CreateAgentTokenRequest{Name: "rotated"})
	if err != nil {
		return clusteragents.Secret{}, err
	}
	for _, token := range old {
		// Revoking what is revoked already is no error.
		if err := gitlab.RevokeAgentToken(ctx, project, agent, token.ID); err != nil {
			return fresh.Token, err
		}
	}
	return fresh.Token, nil
}
