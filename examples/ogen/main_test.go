package main

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// The client is made from the document, compiled, and run.
func TestProgram(t *testing.T) {
	t.Parallel()
	gitlab := fakegitlab.Start(t)
	out, err := exec.CommandContext(t.Context(), "go", "generate").CombinedOutput()
	require.NoError(t, err, "%s", out)

	program := exec.CommandContext(t.Context(), "go", "run", "-tags", "ogen", ".")
	program.Env = append(os.Environ(), "GITLAB_URL="+gitlab.URL, "GITLAB_PROJECT=root/test", "GITLAB_TOKEN=glpat-maintainer", "NO_PROXY=127.0.0.1")
	out, err = program.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Equal(t, `registered example in root/test
created the token ci; the response has its secret: true
listed 1 of 1 tokens
read ci, used before: false
listed 1 of 1 agents
read example, created by 42
deleted the agent: 404 Not found
`, string(out))
	assert.Empty(t, gitlab.Agents(20), "nothing is left behind")
}
