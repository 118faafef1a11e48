package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/faults"
	"example.com/gitlab-agents/contract/har"
)

// proxying is a glagents proxy that runs in a process of its own.
type proxying struct {
	*exec.Cmd
	url    string
	stdout *bufio.Reader
	stderr *locked
}

// startProxy runs glagents proxy, and returns once it has said where it listens.
func startProxy(t *testing.T, args ...string) *proxying {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("there are no signals")
	}
	p := &proxying{Cmd: exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProxyProcess$"), stderr: &locked{}}
	p.Env = append(os.Environ(), "PROXY_ARGS="+strings.Join(args, "\n"))
	p.Stderr = p.stderr
	stdout, err := p.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.Start())
	p.stdout = bufio.NewReader(stdout)
	first, err := p.stdout.ReadString('\n')
	require.NoError(t, err, p.stderr)
	url, ok := strings.CutPrefix(strings.TrimSpace(first), "listening on ")
	require.True(t, ok, first)
	p.url = url
	return p
}

// ends gives what is left of the output, and the exit status.
func (p *proxying) ends(t *testing.T) (string, int) {
	t.Helper()
	rest, err := io.ReadAll(p.stdout)
	require.NoError(t, err)
	err = p.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return string(rest), p.ProcessState.ExitCode()
}

// TestProxyProcess is the process.
func TestProxyProcess(t *testing.T) {
	args := os.Getenv("PROXY_ARGS")
	if args == "" {
		t.Skip("only as a process of other tests")
	}
	os.Args = append([]string{"glagents", "proxy"}, strings.Split(args, "\n")...)
	main()
}

// leaky is a fake that shows secrets in lists, and has one agent with one token.
func leaky(t *testing.T) (url, tokens string) {
	t.Helper()
	fault, err := faults.Named("secret-in-list")
	require.NoError(t, err)
	fake, err := fakegitlab.New(faults.Options(fault)...)
	require.NoError(t, err)
	server := httptest.NewServer(faults.Around(fake, fault))
	t.Cleanup(server.Close)
	_, _, body := ask(t, "POST", server.URL+"/api/v4/projects/20/cluster_agents", "glpat-maintainer", strings.NewReader("name=a"))
	var agent struct{ ID int }
	require.NoError(t, json.Unmarshal([]byte(body), &agent))
	tokens = fmt.Sprintf("/api/v4/projects/20/cluster_agents/%d/tokens", agent.ID)
	ask(t, "POST", server.URL+tokens, "glpat-maintainer", strings.NewReader("name=ci"))
	return server.URL, tokens
}

// A finding is printed as it comes, SIGHUP has everything reported so far, Ctrl-C ends with the verdict.
func TestProxy(t *testing.T) {
	t.Parallel()
	upstream, tokens := leaky(t)
	dir := t.TempDir()
	report, recording := filepath.Join(dir, "report.json"), filepath.Join(dir, "traffic.har")
	p := startProxy(t, "--upstream", upstream, "--report", "json="+report, "--record", recording)

	_, _, direct := ask(t, "GET", upstream+tokens, "glpat-maintainer", nil)
	_, _, through := ask(t, "GET", p.url+tokens, "glpat-maintainer", nil)
	assert.Equal(t, direct, through)
	line, err := p.stdout.ReadString('\n')
	require.NoError(t, err)
	assert.Contains(t, line, "✗ MUST tokens/secret-only-on-create: GET "+upstream+tokens+" → 200: ")

	require.NoError(t, p.Process.Signal(syscall.SIGHUP))
	for !strings.Contains(line, "not conformant: ") {
		line, err = p.stdout.ReadString('\n')
		require.NoError(t, err)
	}
	var content struct{ Summary struct{ Judged int } }
	text, err := os.ReadFile(report)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &content))
	assert.Equal(t, 1, content.Summary.Judged)

	ask(t, "GET", p.url+tokens, "glpat-maintainer", nil)
	require.NoError(t, p.Process.Signal(os.Interrupt))
	rest, status := p.ends(t)
	assert.Equal(t, 1, status, p.stderr)
	assert.Contains(t, rest, "exchanges 2: 2 judged")
	assert.Equal(t, "glagents: requests go to "+upstream+"; Ctrl-C ends the proxy\n", p.stderr.String())

	verified := glagents(t, nil, "verify", recording)
	assert.Equal(t, 1, verified.status)
	var shown []struct{ Token string }
	require.NoError(t, json.Unmarshal([]byte(direct), &shown))
	require.NotEmpty(t, shown[0].Token)
	recorded, err := os.ReadFile(recording)
	require.NoError(t, err)
	for _, out := range []string{line, rest, string(text), verified.stdout, string(recorded)} {
		for _, secret := range []string{"glpat-maintainer", shown[0].Token} {
			assert.False(t, strings.Contains(out, secret))
		}
	}
}

// Killed in the middle of traffic, the proxy leaves a recording that can be read.
func TestProxyKilled(t *testing.T) {
	t.Parallel()
	upstream, tokens := leaky(t)
	recording := filepath.Join(t.TempDir(), "traffic.har")
	p := startProxy(t, "--upstream", upstream, "--record", recording, "--quiet")
	ctx, cancel := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for ctx.Err() == nil {
				request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+tokens, nil)
				if err != nil {
					return
				}
				request.Header.Set("Private-Token", "glpat-maintainer")
				if response, err := http.DefaultClient.Do(request); err == nil {
					_, _ = io.Copy(io.Discard, response.Body)
					response.Body.Close()
				}
			}
		})
	}
	for { // until there is something in it
		info, err := os.Stat(recording)
		require.NoError(t, err)
		if info.Size() > 100_000 {
			break
		}
		runtime.Gosched()
	}
	require.NoError(t, p.Process.Kill())
	_, _ = p.ends(t)
	cancel()
	clients.Wait()

	f, err := os.Open(recording)
	require.NoError(t, err)
	defer f.Close()
	n := 0
	for entry, err := range har.Entries(f) {
		require.NoError(t, err)
		assert.Equal(t, 200, entry.Exchange.Response.StatusCode)
		n++
	}
	assert.Greater(t, n, 10)
	out := glagents(t, nil, "verify", recording)
	assert.Equal(t, 1, out.status)
	assert.Contains(t, out.stdout, fmt.Sprintf("exchanges %d: %d judged", n, n))
}

// What is wrong with the command line is said before anything listens.
func TestProxyUsage(t *testing.T) {
	t.Parallel()
	for says, args := range map[string][]string{
		"--upstream is missing":                    {},
		"--upstream: the upstream has to be a URL": {"--upstream", "gitlab.example.com"},
		"the upstream must not contain cred":       {"--upstream", "https://me:canary-0123@gitlab.example.com"},
		"--upstream is not a URL":                  {"--upstream", "https://gitlab.example.com/?x"},
		"no certificate (PEM)":                     {"--upstream", "https://gitlab.example.com", "--ca-file", file(t, "ca.pem", "x")},
		"a GitLab cannot answer in -1s":            {"--upstream", "https://gitlab.example.com", "--timeout", "-1s"},
		"an address is like":                       {"--upstream", "https://gitlab.example.com", "--addr", "nowhere"},
		"--record: open":                           {"--upstream", "https://gitlab.example.com", "--record", "/nowhere/at/all.har"},
		`the pattern "nowhere/*" matches no`:       {"--upstream", "https://gitlab.example.com", "--rule", "nowhere/*"},
	} {
		out := glagents(t, nil, append([]string{"proxy"}, args...)...)
		assert.Equal(t, 2, out.status, says)
		assert.Contains(t, out.stderr, says)
		assert.NotContains(t, out.stderr, "canary")
		assert.Empty(t, out.stdout)
	}
}
