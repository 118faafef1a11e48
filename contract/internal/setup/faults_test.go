package setup_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/faults"
	"example.com/gitlab-agents/contract/internal/setup"
)

// A broken GitLab is for the rules to judge: no fault may end a check before it begins.
func TestNoFaultIsTakenForTheSetUp(t *testing.T) {
	t.Parallel()
	for _, fault := range faults.All() {
		if fault.Name == "slow" {
			continue // it changes no answer
		}
		t.Run(fault.Name, func(t *testing.T) {
			t.Parallel()
			in := input()
			in.OtherProject = "root/other"
			if fault.ByID {
				in.Project, in.OtherProject = "20", "21"
			}
			for _, role := range []string{setup.Developer, setup.Guest, setup.Stranger} {
				in.Tokens[role] = "glpat-" + role
			}
			asker := over{gitlab: faults.Around(gitlab(t, append(faults.Options(fault), fakegitlab.Edition("ee"))...), fault)}
			g, err := setup.Find(t.Context(), asker, in)
			require.NoError(t, err)
			assert.Nil(t, g.OtherProblem)
			for role, found := range g.Roles {
				assert.Nil(t, found.Problem, role)
			}
		})
	}
}
