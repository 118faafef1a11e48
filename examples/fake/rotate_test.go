package fake

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/generated/clusteragents"
)

func TestRotate(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"15.0", "16.2", "19.1"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			running := fakegitlab.Start(t, fakegitlab.Version(version)) // the one line
			gitlab, err := clusteragents.New(running.URL, clusteragents.PrivateToken("glpat-maintainer"))
			require.NoError(t, err)
			project := clusteragents.ProjectPath("root/test")
			agent, err := gitlab.CreateAgent(t.Context(), project, clusteragents.CreateAgentRequest{Name: "prod"})
			require.NoError(t, err)

			secrets := make(map[string]bool)
			for range 4 {
				secret, err := Rotate(t.Context(), gitlab, project, agent.ID)
				require.NoError(t, err)
				secrets[secret.Reveal()] = true
			}
			assert.Len(t, secrets, 4, "each rotation gives another secret")

			active := 0
			for token, err := range gitlab.AgentTokens(t.Context(), project, agent.ID) {
				require.NoError(t, err)
				if token.Status == clusteragents.AgentTokenStatusActive {
					active++
				}
			}
			assert.Equal(t, 1, active)
		})
	}
}
