package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
)

func TestRun(t *testing.T) {
	t.Parallel()
	gitlab := fakegitlab.Start(t)
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, gitlab.URL, "root/test", "glpat-maintainer"))
	assert.Equal(t, "agent example has the token [redacted]\nexample was registered by user 42\n", out.String())
	assert.Empty(t, gitlab.Agents(20), "nothing is left behind")
}

func TestRunWithoutTheRole(t *testing.T) {
	t.Parallel()
	gitlab := fakegitlab.Start(t)
	err := run(t.Context(), new(bytes.Buffer), gitlab.URL, "root/test", "glpat-developer")
	assert.ErrorContains(t, err, "the token needs the role maintainer in root/test")
}
