package contract_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
)

// TestScriptsRepeatWhatWasSent runs the script of each step of some scenarios (by night of all) in a shell, against the same
// fake, and sees the same statuses.
func TestScriptsRepeatWhatWasSent(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"dash", "curl", "jq"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed", program)
		}
	}
	only := []string{"revoked token", "unknown access tokens", "an agent's secret as access token", "conditional reads", "a developer writes", "variants of a path"}
	if os.Getenv("NIGHTLY") != "" {
		only = nil
	}
	target := targetOf(t, fake(t))
	result := check(t, target, contract.Options{Scenarios: only, Timeline: true})
	rest := result.Timeline
	for _, scenario := range result.Scenarios {
		steps := rest[:scenario.Requests]
		rest = rest[scenario.Requests:]
		t.Run(scenario.Name, func(t *testing.T) {
			t.Parallel()
			var script, want, got strings.Builder
			for _, step := range steps {
				fmt.Fprintf(&script, "echo\n%s\n", step.Script)
				fmt.Fprintln(&want, step.Status, step.Method, step.URL)
			}
			command := exec.CommandContext(t.Context(), "dash", "-c", script.String())
			command.Env = append(os.Environ(), "GITLAB_URL="+target.URL)
			for role, token := range roles() {
				command.Env = append(command.Env, role.Variable()+"="+token)
			}
			out, err := command.CombinedOutput()
			require.NoError(t, err, "%s\n%s", script.String(), out)
			statuses := regexp.MustCompile(`(?m)^HTTP\S* (\d+)`).FindAllSubmatch(out, -1)
			for i, status := range statuses {
				if i < len(steps) {
					fmt.Fprintln(&got, string(status[1]), steps[i].Method, steps[i].URL)
				}
			}
			assert.Equal(t, want.String(), got.String(), "%s", script.String())
		})
	}
}
