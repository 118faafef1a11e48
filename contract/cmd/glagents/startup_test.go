package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkFirstRequest is the time from the start of a process to its first request, of the command as it is built.
func BenchmarkFirstRequest(b *testing.B) {
	glagents := filepath.Join(b.TempDir(), "glagents")
	out, err := exec.CommandContext(b.Context(), "go", "build", "-o", glagents, ".").CombinedOutput()
	require.NoError(b, err, "%s", out)
	first := make(chan time.Time, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		select {
		case first <- time.Now():
		default:
		}
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer server.Close()
	var total time.Duration
	n := 0
	for b.Loop() {
		command := exec.CommandContext(b.Context(), glagents, "check", "--url", server.URL, "--project", "20", "--journal", b.TempDir())
		command.Env = append(os.Environ(), "GITLAB_TOKEN=glpat-maintainer")
		began := time.Now()
		require.NoError(b, command.Start())
		total += (<-first).Sub(began)
		n++
		_ = command.Wait() // 2: the token is refused
		select {
		case <-first: // of its second request
		default:
		}
	}
	b.ReportMetric(float64(total.Milliseconds())/float64(n), "ms/first-request")
}
