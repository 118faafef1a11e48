package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A check records what it sends and gets, and the recording is judged as the check was. So does serve.
func TestRecordings(t *testing.T) {
	t.Parallel()
	checked, served := filepath.Join(t.TempDir(), "check.har"), filepath.Join(t.TempDir(), "serve.har")
	out := glagents(t, nil, "check", "--quiet", "--scenario", "revoked token", "--har", checked)
	require.NotEmpty(t, out.stdout, out.stderr)
	s := startServe(t, nil, "--har", served)
	status, _, _ := ask(t, "GET", s.url+"/api/v4/projects/20/cluster_agents", "glpat-maintainer", nil)
	assert.Equal(t, 200, status)
	s.stop(t)

	for _, file := range []string{checked, served} {
		out := glagents(t, nil, "verify", file)
		assert.Zero(t, out.status, out.stdout)
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.NotContains(t, string(text), "glpat-m")
		assert.NotContains(t, string(text), `"glagent-`)
	}
	assert.Equal(t, 2, glagents(t, nil, "check", "--har", "/nowhere/at/all.har").status)
	assert.Equal(t, 2, glagents(t, nil, "serve", "--har", "/nowhere/at/all.har").status)
}
