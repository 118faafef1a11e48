// Package typescript tests the programs beside it: the code that they need is generated, they are compiled, and each runs
// against the fake.
package typescript

import (
	"errors"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
)

const said = `registered example in root/test
listed example
read example, created by 42
created the token ci; the response has its secret: true
listed ci (active)
read ci, last used never
revoked the token: 204
deleted the agent: 204
read again: 404 Not found
`

func TestPrograms(t *testing.T) {
	t.Parallel()
	needsPackages(t)
	build := exec.CommandContext(t.Context(), "npm", "run", "build")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)

	for _, program := range []string{"openapi-fetch", "hey-api"} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			gitlab := fakegitlab.Start(t)
			node := exec.CommandContext(t.Context(), "node", "dist/"+program+".js")
			node.Env = append(os.Environ(), "GITLAB_URL="+gitlab.URL, "GITLAB_PROJECT=root/test", "GITLAB_TOKEN=glpat-maintainer", "NO_PROXY=127.0.0.1")
			out, err := node.CombinedOutput()
			require.NoError(t, err, "%s", out)
			assert.Equal(t, said, string(out))
			assert.Empty(t, gitlab.Agents(20), "nothing is left behind")
		})
	}
}

// needsPackages skips the test if the npm packages are not installed. In CI that is a failure.
func needsPackages(t *testing.T) {
	t.Helper()
	_, noNode := exec.LookPath("node")
	_, noPackages := os.Stat("node_modules")
	const why = "Node.js or npm packages are missing; run npm ci in examples/typescript"
	switch {
	case errors.Join(noNode, noPackages) == nil:
	case os.Getenv("CI") == "true":
		t.Fatal(why)
	default:
		t.Skip(why)
	}
}
