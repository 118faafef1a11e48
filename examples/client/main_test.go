package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
)

func TestRun(t *testing.T) {
	t.Parallel()
	gitlab := fakegitlab.Start(t)
	before := len(gitlab.Agents(20))
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, gitlab.URL, "root/test", "glpat-maintainer"))
	assert.Contains(t, out.String(), "agent example has the token [redacted]\n")
	assert.Contains(t, out.String(), "example was registered by user 42\n")
	assert.Len(t, gitlab.Agents(20), before, "nothing is left behind")
}

// interrupted ends a context with the first line that is written to it, as Ctrl-C would at that moment.
type interrupted func()

func (end interrupted) Write(line []byte) (int, error) {
	end()
	return len(line), nil
}

func TestInterruptedRunLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	gitlab := fakegitlab.Start(t)
	before := len(gitlab.Agents(20))
	ctx, end := context.WithCancel(t.Context())
	require.ErrorIs(t, run(ctx, interrupted(end), gitlab.URL, "root/test", "glpat-maintainer"), context.Canceled)
	assert.Len(t, gitlab.Agents(20), before)
}

func TestRunWithoutTheRole(t *testing.T) {
	t.Parallel()
	gitlab := fakegitlab.Start(t)
	err := run(t.Context(), new(bytes.Buffer), gitlab.URL, "root/test", "glpat-developer")
	assert.ErrorContains(t, err, "the token needs the role maintainer in root/test")
}

func TestRunAgainstAnotherWebsite(t *testing.T) {
	t.Parallel()
	website := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("<!DOCTYPE html><title>Welcome</title>"))
	}))
	t.Cleanup(website.Close)
	err := run(t.Context(), new(bytes.Buffer), website.URL, "root/test", "glpat-maintainer")
	assert.ErrorContains(t, err, "is not the URL of a GitLab, or something in front of it answers")
}
