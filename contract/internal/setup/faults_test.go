package setup_test

import (
	"os"
	"strings"
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
	text, err := os.ReadFile("testdata/field/01-archived.yaml")
	require.NoError(t, err)
	seed := strings.NewReplacer(
		"archived: true", "archived: false",
		"# - {token: glpat-reader,", "- {token: glpat-expired, scopes: [api], state: expired}\n      - {token: glpat-reader,",
	).Replace(string(text))
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
			for _, role := range []string{setup.Developer, setup.Guest, setup.Stranger, setup.Reader, setup.Expired} {
				in.Tokens[role] = "glpat-" + role
			}
			options := append(faults.Options(fault), fakegitlab.FromSeed(parsed(t, seed)), fakegitlab.Edition("ee"))
			asker := over{gitlab: faults.Around(gitlab(t, options...), fault)}
			g, err := setup.Find(t.Context(), asker, in)
			require.NoError(t, err)
			assert.Nil(t, g.OtherProblem)
			for role, found := range g.Roles {
				assert.Nil(t, found.Problem, role)
			}
		})
	}
}
