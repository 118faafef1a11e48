package judge

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
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
		"a job's token in the query":        func(x *wire.Exchange) { x.Request.URL.RawQuery = "job_token=glpat-a" },
		"another job's token in the query":  func(x *wire.Exchange) { x.Request.URL.RawQuery = "job_token=glpat-b" },
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

// TestARecordingThatHoldsACreationTwice has a create and one that may be the same: exports that were merged hold exchanges
// twice. It is judged only once.
func TestARecordingThatHoldsACreationTwice(t *testing.T) {
	t.Parallel()
	const path, agents = "20/cluster_agents/5/tokens", "20/cluster_agents"
	token := newTokenBody(7, secretOf(7))
	without := strings.Replace(tokenBody(7, "active"), `"last_used_at":null`, `"token":""`, 1)
	changed := func(body, from, to string) string {
		require.Contains(t, body, from)
		return strings.Replace(body, from, to, 1)
	}
	for name, c := range map[string]struct {
		path          string
		status        int
		first, second string
		live          bool
		judged        int
	}{
		"an agent":                           {agents, 201, agentBody(5, "a"), agentBody(5, "a"), false, 1},
		"another agent":                      {agents, 201, agentBody(5, "a"), agentBody(6, "a"), false, 2},
		"an agent with another name":         {agents, 201, agentBody(5, "a"), agentBody(5, "b"), false, 2},
		"an agent of another time":           {agents, 201, agentBody(5, "a"), changed(agentBody(5, "a"), "2022-04-20", "2022-04-21"), false, 2},
		"an agent, live":                     {agents, 201, agentBody(5, "a"), agentBody(5, "a"), true, 2},
		"a refusal":                          {agents, 404, `{"message":"404 Not found"}`, `{"message":"404 Not found"}`, false, 2},
		"a token":                            {path, 201, token, token, false, 1},
		"another token":                      {path, 201, token, newTokenBody(8, secretOf(8)), false, 2},
		"another token with the same secret": {path, 201, token, newTokenBody(8, secretOf(7)), false, 2},
		"a token with another secret":        {path, 201, token, newTokenBody(7, secretOf(8)), false, 2},
		"a token of another time":            {path, 201, token, changed(token, "2022-04-21", "2022-04-22"), false, 2},
		"a token, live":                      {path, 201, token, token, true, 2},
		"a token with an empty secret":       {path, 201, without, without, false, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls := 0
			j := judging(t, Options{Live: c.live, Catalogue: []Entry{reporting("test/counts", func(*History, *Exchange) { calls++ })}})
			j.Observe(answeredJSON(t, "POST", c.path, c.status, c.first))
			j.Observe(answeredJSON(t, "POST", c.path, c.status, c.second))
			result := j.Result()
			assert.Equal(t, c.judged, calls)
			assert.Equal(t, c.judged, result.Judged)
			assert.Equal(t, 2, result.Exchanges)
			assert.Equal(t, 2-c.judged, result.Repeated)
		})
	}
}

// TestWhatAnAnswerShowsIsKeptAfterItIsJudged has a rule that looks for the agent in the history.
func TestWhatAnAnswerShowsIsKeptAfterItIsJudged(t *testing.T) {
	t.Parallel()
	var known []bool
	j := judging(t, Options{Catalogue: []Entry{reporting("test/looks", func(h *History, _ *Exchange) {
		_, ok := h.Agent(5)
		known = append(known, ok)
	})}})
	answer := func(host string) *wire.Exchange {
		x := answeredJSON(t, "GET", agentPath, 200, agentBody(5, "a"))
		x.Request.URL.Host = host
		return x
	}
	for _, host := range []string{"gitlab.example.com", "gitlab.example.com", "gitlab.example.org"} {
		j.Observe(answer(host))
	}
	assert.Equal(t, []bool{false, true, false}, known, "the last is another server")
}

// TestWhatCounts has exchanges that are judged, and some that only count as exchanges.
func TestWhatCounts(t *testing.T) {
	t.Parallel()
	cached := read("gitlab.example.com")
	cached.FromCache = "disk"
	elsewhere := read("gitlab.example.com")
	elsewhere.Request.URL.Path = "/api/v4/user"
	j := judging(t, Options{Catalogue: []Entry{reporting("test/numbers", func(_ *History, x *Exchange) {
		assert.Contains(t, []int{0, 2, 3}, x.Index)
	})}})
	for _, x := range []*wire.Exchange{read("gitlab.example.com"), cached, elsewhere, read("gitlab.example.com")} {
		j.Observe(x)
	}
	result := j.Result()
	assert.Equal(t, 4, result.Exchanges)
	assert.Equal(t, 2, result.Judged)
	assert.Equal(t, 3, result.Rules[0].Applied, "this rule is about every request")
	for _, o := range result.Coverage.Operations {
		if o.Operation == "getAgent" {
			assert.Equal(t, map[int]int{404: 2}, statuses(o))
		} else {
			assert.Empty(t, statuses(o), o.Operation)
		}
	}
}

// What is prepared has been read. Judging it needs the answer no more.
func TestAPreparedExchangeHasBeenRead(t *testing.T) {
	t.Parallel()
	j := judging(t, Options{})
	w := answeredJSON(t, "GET", agentPath, 200, agentBody(5, "a"))
	p := j.Prepare(w)
	w.Response.Body = []byte(agentBody(6, "b"))
	_, x := j.ObservePrepared(p, nil)
	require.Len(t, x.Agents(), 1)
	assert.Equal(t, int64(5), x.Agents()[0].ID)
}

// TestTheSameCreationHasTheSameID has two answers to creates that say the same. They are one exchange, recorded twice, unless
// their ids differ; a server may answer a second create with what the first one made.
func TestTheSameCreationHasTheSameID(t *testing.T) {
	t.Parallel()
	meta := func(id string) string { return `{"correlation_id":"` + id + `","version":"1"}` }
	for name, c := range map[string]struct {
		first, second []string // headers
		judged        int
	}{
		"the same id":                      {[]string{"X-Request-Id", "a"}, []string{"X-Request-Id", "a"}, 1},
		"another id":                       {[]string{"X-Request-Id", "a"}, []string{"X-Request-Id", "b"}, 2},
		"one has no id":                    {[]string{"X-Request-Id", "a"}, nil, 1},
		"the other has no id":              {nil, []string{"X-Request-Id", "a"}, 1},
		"a proxy gave another id":          {[]string{"X-Request-Id", "a", "X-Gitlab-Meta", meta("m")}, []string{"X-Request-Id", "b", "X-Gitlab-Meta", meta("m")}, 1},
		"a proxy gave both the same id":    {[]string{"X-Request-Id", "a", "X-Gitlab-Meta", meta("m")}, []string{"X-Request-Id", "a", "X-Gitlab-Meta", meta("n")}, 2},
		"only one has what a proxy leaves": {[]string{"X-Request-Id", "a", "X-Gitlab-Meta", meta("m")}, []string{"X-Request-Id", "b"}, 2},
		"what a proxy leaves holds no id":  {[]string{"X-Request-Id", "a", "X-Gitlab-Meta", "{}"}, []string{"X-Request-Id", "b", "X-Gitlab-Meta", "{}"}, 2},
	} {
		for _, create := range []struct{ path, body string }{{"20/cluster_agents", agentBody(5, "a")}, {"20/cluster_agents/5/tokens", newTokenBody(7, secretOf(7))}} {
			j := judging(t, Options{})
			j.Observe(answeredJSON(t, "POST", create.path, 201, create.body, c.first...))
			j.Observe(answeredJSON(t, "POST", create.path, 201, create.body, c.second...))
			assert.Equal(t, c.judged, j.Result().Judged, "%s: %s", name, create.path)
		}
	}
}

// A recording need not be in order of time.
func TestACreationAfterAReadOfWhatItMadeIsJudged(t *testing.T) {
	t.Parallel()
	j := judging(t, Options{})
	j.Observe(answeredJSON(t, "GET", "20/cluster_agents/5", 200, agentBody(5, "a"), "X-Request-Id", "a"))
	j.Observe(answeredJSON(t, "POST", "20/cluster_agents", 201, agentBody(5, "a")))
	assert.Equal(t, 2, j.Result().Judged)
}
