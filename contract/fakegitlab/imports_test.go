package fakegitlab_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The fake does not know the rules: its behaviour rests on GitLab alone.
func TestImports(t *testing.T) {
	t.Parallel()
	output, err := exec.Command("go", "list", "-deps", ".").Output()
	require.NoError(t, err)
	deps := strings.Fields(string(output))
	require.Contains(t, deps, "example.com/gitlab-agents/generated/clusteragents")
	for _, dep := range deps {
		assert.NotRegexp(t, `^example\.com/gitlab-agents/(contract$|contract/(document|wire|har|proxy|report|faults)|openapi)`, dep)
	}
	assert.NotContains(t, deps, "testing", "programs import this package too")
}
