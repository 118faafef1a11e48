// Package reconcile shows how to test a reconcile loop, as Terraform's providers and controllers have one, against a GitLab
// that misbehaves.
package reconcile

import (
	"context"
	"errors"
	"slices"

	"example.com/gitlab-agents/generated/clusteragents"
)

// State is which agents a project has, by name.
type State map[string]clusteragents.AgentID

// Refresh reads the state of a project.
func Refresh(ctx context.Context, gitlab *clusteragents.GitLab, project clusteragents.Project) (State, error) {
	state := make(State)
	for agent, err := range gitlab.Agents(ctx, project) {
		if err != nil {
			return nil, err
		}
		state[agent.Name] = agent.ID
	}
	return state, nil
}

// Apply makes the project have the wanted agents and no others, one step after the other, and returns what it came to.
// If a step fails, Apply can be called again.
func Apply(ctx context.Context, gitlab *clusteragents.GitLab, project clusteragents.Project, wanted []string) (State, error) {
	state, err := Refresh(ctx, gitlab, project)
	if err != nil {
		return nil, err
	}
	for _, name := range wanted {
		if _, there := state[name]; there {
			continue
		}
		if _, err := gitlab.CreateAgent(ctx, project, clusteragents.CreateAgentRequest{Name: name}); err != nil {
			return state, err
		}
	}
	for name, id := range state {
		if slices.Contains(wanted, name) {
			continue
		}
		// Somebody else may have deleted it.
		if err := gitlab.DeleteAgent(ctx, project, id); err != nil && !errors.Is(err, clusteragents.ErrNotFound) {
			return state, err
		}
	}
	return Refresh(ctx, gitlab, project)
}
