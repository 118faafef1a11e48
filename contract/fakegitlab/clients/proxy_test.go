package clients_test

import (
	"encoding/json"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/proxy"
)

// startProxy stands between clients and a fake until the test ends.
func startProxy(t *testing.T, upstream string) (*proxy.Proxy, string) {
	t.Helper()
	u, err := url.Parse(upstream)
	require.NoError(t, err)
	p, err := proxy.New(proxy.Options{Upstream: u})
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := p.Server()
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() {
		assert.NoError(t, server.Close())
		assert.NoError(t, p.Close())
	})
	return p, "http://" + listener.Addr().String() + u.Path
}

// Through the proxy each client sends and sees what it does without. In these steps none of them sends what the document
// does not allow.
func TestStepsThroughProxy(t *testing.T) {
	t.Parallel()
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			needs(t, c.needs, c.probe...)
			i := start(t, nil, fakegitlab.FromSeed(seed()))
			p, base := startProxy(t, i.url)
			through := &instance{url: base}
			said := through.run(t, c.command, "GITLAB_TOKEN="+token, "AUTHENTICATION=private", "GITLAB_PROJECT=root/test", "BEHIND_PROXY=yes")
			want, err := os.ReadFile(filepath.Join("testdata", c.name+".txt"))
			require.NoError(t, err)
			assert.Equal(t, string(want), transcript(i.requests(), said, "root%2Ftest"))

			result := p.Result()
			assert.Zero(t, p.Dropped())
			passed := 0
			for _, r := range i.requests() {
				if strings.Contains(r.target, "/cluster_agents") || strings.HasSuffix(r.target, "/version") {
					passed++
				}
			}
			assert.Equal(t, passed, result.Exchanges, "a client went past the proxy")
			assert.Empty(t, result.Findings)
		})
	}
}

// Curl prints the same bytes with and without the proxy: headers that differ in each answer are left out.
func TestCurlThroughProxy(t *testing.T) {
	t.Parallel()
	needs(t, "curl is not there; on Debian: apt install curl", "curl", "--version")
	i := start(t, nil)
	p, base := startProxy(t, i.url)
	curl := func(base string, args ...string) string {
		args = append([]string{"--silent", "--show-error", "--include", "--noproxy", "*", "--header", "PRIVATE-TOKEN: " + token}, args...)
		args[len(args)-1] = base + "/api/v4/projects/root%2Ftest/cluster_agents" + args[len(args)-1]
		out, err := exec.CommandContext(t.Context(), "curl", args...).CombinedOutput()
		require.NoError(t, err, "%s", out)
		var lines []string
		for line := range strings.Lines(string(out)) {
			name, _, _ := strings.Cut(line, ":")
			switch strings.ToLower(name) {
			case "date", "x-request-id", "x-runtime", "x-gitlab-meta":
			default:
				lines = append(lines, line)
			}
		}
		return strings.Join(lines, "")
	}
	body := curl(base, "--json", `{"name":"a"}`, "")
	assert.Contains(t, body, "201 Created")
	var agent struct{ Name string }
	require.NoError(t, json.Unmarshal([]byte(body[strings.Index(body, "{"):]), &agent))
	assert.Equal(t, "a", agent.Name)
	for _, args := range [][]string{
		{""}, {"?per_page=1"}, {"--head", "?per_page=1"}, {"--compressed", ""}, {"--http1.0", ""}, {"--http2-prior-knowledge", ""},
		{"--json", `{"name":"a"}`, ""}, {"--json", `{"name":"a"}`, "--header", "Expect: 100-continue", ""}, {"--form", "name=a", ""}, {"--data", "name=a", ""},
		{"/1"}, {"/99"}, {"--request", "PATCH", "/1"}, {"--range", "0-9", "/1"}, {"/a%20b"}, {"--header", "PRIVATE-TOKEN:", ""},
	} {
		if args[0] == "--http2-prior-knowledge" {
			assert.Contains(t, curl(base, args...), "HTTP/2 200")
			continue
		}
		assert.Equal(t, sorted(curl(i.url, args...)), sorted(curl(base, args...)), args)
	}
	for _, f := range p.Result().Findings {
		assert.Equal(t, contract.Error, f.Outcome, f) // that of the caller
	}
}

// sorted has the header lines of an answer in order.
func sorted(answer string) string {
	head, body, _ := strings.Cut(answer, "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n\n" + body
}
