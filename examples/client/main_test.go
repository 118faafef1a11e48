package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
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

// Ctrl-C may come at any moment: here, while each request of the run is under way.
func TestInterruptedRunLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"POST /agents", "POST /tokens", "GET /agents", "DELETE /tokens"} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			gitlab, err := fakegitlab.New()
			require.NoError(t, err)
			before := len(gitlab.Agents(20))
			ctx, interrupt := context.WithCancel(t.Context())
			method, end, _ := strings.Cut(at, " /")
			front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == method && strings.Contains(r.URL.Path[strings.Index(r.URL.Path, "cluster_"):], end) {
					interrupt()
					if at != "POST /agents" { // which run does not interrupt
						_, _ = io.Copy(io.Discard, r.Body) // or the server would not see that the client is gone
						<-r.Context().Done()
						return
					}
				}
				gitlab.ServeHTTP(w, r)
			}))
			t.Cleanup(front.Close)
			require.ErrorIs(t, run(ctx, new(bytes.Buffer), front.URL, "root/test", "glpat-maintainer"), context.Canceled)
			assert.Len(t, gitlab.Agents(20), before)
		})
	}
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
