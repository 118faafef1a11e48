package judge

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/internal/racedetector"
	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/redact"
	"example.com/gitlab-agents/contract/wire"
)

// read is an exchange that reads agent 5 of a project.
func read(host string) *wire.Exchange {
	return &wire.Exchange{
		Request: wire.Request{
			Method: "GET", Header: http.Header{"Private-Token": {"glpat-01234567890123456789"}},
			URL: &url.URL{Scheme: "https", Host: host, Path: "/api/v4/projects/20/cluster_agents/5"},
		},
		Response: &wire.Response{
			StatusCode: 404, Body: []byte(`{"message":"404 Not found"}`),
			Header: http.Header{"Content-Type": {"application/json"}, "X-Request-Id": {"01JD0000000000000000000001"}},
		},
		Started: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC),
	}
}

// judging is a judge of rules that are made for a test.
func judging(t *testing.T, o Options) *Judge {
	t.Helper()
	j, err := New(o)
	require.NoError(t, err)
	return j
}

func TestARuleThatPanicsIsAnInternalError(t *testing.T) {
	t.Parallel()
	const secret = "correct-horse-battery-staple"
	redactor := redact.New()
	redactor.Learn(secret)
	j := judging(t, Options{Redactor: redactor, Catalogue: []Entry{
		{Rule: &rule.Rule{ID: "test/panics"}, Judge: func(*History, *Exchange) bool { panic("what a " + secret) }},
		{Rule: &rule.Rule{ID: "test/passes"}, Judge: func(*History, *Exchange) bool { return true }},
	}})
	assert.Empty(t, j.Observe(read("gitlab.example.com")))
	result := j.Result()
	assert.Equal(t, rule.Error, result.Rules[0].Outcome)
	assert.Equal(t, rule.ReasonInternal, result.Rules[0].Reason.Code)
	assert.Contains(t, result.Rules[0].Reason.Text, "the rule panicked: what a [redacted]")
	assert.NotContains(t, result.Rules[0].Reason.Text, secret)
	assert.Equal(t, rule.Pass, result.Rules[1].Outcome, "the next rule is not affected")
	assert.Equal(t, rule.Failed, result.Exit(false))
}

func TestFindingsBeyondTheLimitAreCountedAndDropped(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	j := judging(t, Options{Catalogue: []Entry{{Rule: &rule.Rule{ID: "test/fails"}, Judge: func(_ *History, x *Exchange) bool {
		x.Violation("", "something else", "this")
		return true
	}}}})
	x := read("gitlab.example.com")
	for range rule.MaxFindings + 7 {
		j.Observe(x)
	}
	result := j.Result()
	assert.Len(t, result.Findings, rule.MaxFindings)
	assert.Equal(t, 7, result.Dropped)
	assert.Equal(t, rule.MaxFindings+7, result.Rules[0].Findings)
}

func TestServersAreForgotten(t *testing.T) {
	t.Parallel()
	j := judging(t, Options{})
	for i := range 10 * maxServers {
		j.Observe(read(fmt.Sprintf("host-%d.example.com", i)))
	}
	servers := 0
	j.histories.each(func(string, *History) { servers++ })
	assert.LessOrEqual(t, servers, maxServers)

	elsewhere := read("elsewhere.example.com")
	elsewhere.Request.URL.Path = "/api/v4/user"
	j.Observe(elsewhere)
	_, ok := j.histories.get("https://elsewhere.example.com")
	assert.False(t, ok, "a server that answers none of the operations is not remembered")
}

func TestCallersAreToldApart(t *testing.T) {
	t.Parallel()
	with := func(change func(x *wire.Exchange)) [8]byte {
		x := read("gitlab.example.com")
		x.Request.Header = http.Header{}
		change(x)
		return callerOf(x)
	}
	seen := make(map[[8]byte]string)
	for what, change := range map[string]func(x *wire.Exchange){
		"nobody":        func(*wire.Exchange) {},
		"a token":       func(x *wire.Exchange) { x.Request.Header.Set("Private-Token", "glpat-a") },
		"another token": func(x *wire.Exchange) { x.Request.Header.Set("Private-Token", "glpat-b") },
		"a bearer":      func(x *wire.Exchange) { x.Request.Header.Set("Authorization", "Bearer glpat-a") },
		"a session":     func(x *wire.Exchange) { x.Request.Header.Set("Cookie", "_gitlab_session=a") },
		"a job":         func(x *wire.Exchange) { x.Request.Header.Set("Job-Token", "glpat-a") },
		"another user":  func(x *wire.Exchange) { x.Request.Header.Set("Sudo", "glpat-a") },
		"an administrator": func(x *wire.Exchange) {
			x.Request.Header.Set("Private-Token", "glpat-c")
			x.Request.Header.Set("Sudo", "a")
		},
		"the same for another": func(x *wire.Exchange) {
			x.Request.Header.Set("Private-Token", "glpat-c")
			x.Request.URL.RawQuery = "sudo=b"
		},
		"the same for a third": func(x *wire.Exchange) {
			x.Request.Header.Set("Private-Token", "glpat-c")
			x.Request.URL.RawQuery = "page=1&sudo=c"
		},
		"a token in the query":              func(x *wire.Exchange) { x.Request.URL.RawQuery = "private_token=glpat-a" },
		"another token in the query":        func(x *wire.Exchange) { x.Request.URL.RawQuery = "private_token=glpat-b" },
		"an OAuth token":                    func(x *wire.Exchange) { x.Request.URL.RawQuery = "access_token=glpat-a" },
		"another OAuth token":               func(x *wire.Exchange) { x.Request.URL.RawQuery = "access_token=glpat-b" },
		"a token in the query, for another": func(x *wire.Exchange) { x.Request.URL.RawQuery = "private_token=glpat-a&sudo=b" },
	} {
		caller := with(change)
		assert.Empty(t, seen[caller], what)
		seen[caller] = what
	}
}

func TestAServerIsItsSchemeHostAndRelativeRoot(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"https://gitlab.example.com/api/v4/projects/20/cluster_agents":      "https://gitlab.example.com",
		"http://gitlab.example.com:8080/api/v4/projects/20/cluster_agents":  "http://gitlab.example.com:8080",
		"https://example.com/gitlab/api/v4/projects/a%2Fb/cluster_agents/1": "https://example.com/gitlab",
		"https://example.com/help":                                          "https://example.com",
	} {
		u, err := url.Parse(given)
		require.NoError(t, err)
		assert.Equal(t, want, server(u))
	}
}
