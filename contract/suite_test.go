package contract

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/redact"
	"example.com/gitlab-agents/contract/wire"
)

func TestHealthyInEveryProfile(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"14.10", "15.0", "16.0", "16.2", "17.4", "19.1"} {
		for _, edition := range []string{"ce", "ee"} {
			t.Run(version+" "+edition, func(t *testing.T) {
				t.Parallel()
				gitlab := fakegitlab.Start(t, fakegitlab.Version(version), fakegitlab.Edition(edition))
				populate(t, gitlab)
				before := snapshot(t, gitlab)
				result, err := Run(t.Context(), fakeTarget(gitlab.URL))
				require.NoError(t, err)
				wantClean(t, result)
				assert.Equal(t, before, snapshot(t, gitlab))
				release, err := ParseRelease(version)
				require.NoError(t, err)
				if version != "14.10" { // which has no /metadata, and whose /version says no more
					assert.Equal(t, release, result.Release)
				}
				for _, rule := range result.Rules {
					if holds, _ := rule.Rule.holds(result.Release, result.Edition); holds {
						assert.Equal(t, Pass, rule.Outcome, "%s: %s", rule.Rule.ID, rule.Reason)
					}
				}
			})
		}
	}
}

// counter counts requests by method on their way.
type counter struct {
	next  http.RoundTripper
	all   atomic.Int64
	write atomic.Int64
}

func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	c.all.Add(1)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		c.write.Add(1)
	}
	return c.next.RoundTrip(r)
}

func counting(t *testing.T) *counter {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	return &counter{next: transport}
}

func TestRunTakesFewRequests(t *testing.T) {
	t.Parallel()
	gitlab := fakegitlab.Start(t)
	target, requests := fakeTarget(gitlab.URL), counting(t)
	target.Transport = requests
	result, err := Run(t.Context(), target)
	require.NoError(t, err)
	wantClean(t, result)
	t.Logf("%d exchanges, %d requests with cleaning up, the longest chain %d", result.Exchanges, requests.all.Load(), result.Chain)
	assert.LessOrEqual(t, requests.all.Load(), int64(200))
}

func TestReadOnlyChangesNothing(t *testing.T) {
	t.Parallel()
	for _, populated := range []bool{true, false} {
		gitlab := fakegitlab.Start(t)
		if populated {
			populate(t, gitlab)
		}
		before := snapshot(t, gitlab)
		target, requests := fakeTarget(gitlab.URL), counting(t)
		target.Transport = requests
		result, err := Run(t.Context(), target, ReadOnly())
		require.NoError(t, err)
		wantClean(t, result)
		assert.Zero(t, requests.write.Load(), "something but GET and HEAD was sent")
		assert.Equal(t, before, snapshot(t, gitlab))
		writes := 0
		for _, rule := range result.Rules {
			if rule.Rule.Needs.Writes {
				writes++
				assert.Equal(t, Untested, rule.Outcome, rule.Rule.ID)
				assert.NotEmpty(t, rule.Reason, rule.Rule.ID)
			}
		}
		assert.Greater(t, writes, 50)
		if !populated {
			assert.Contains(t, ruleResult(t, result, "paths/id").Reason, "no agent")
		}
	}
}

func TestWhatIsMissingMakesRulesUntested(t *testing.T) {
	t.Parallel()
	gitlab := fakegitlab.Start(t)
	target := fakeTarget(gitlab.URL)
	target.OtherProject = ""
	target.Tokens = map[Role]string{Maintainer: "glpat-maintainer"}
	result, err := Run(t.Context(), target)
	require.NoError(t, err)
	wantClean(t, result)
	assert.Equal(t, "no developer token is given", ruleResult(t, result, "roles/developer-reads").Reason)
	assert.Equal(t, "no guest token is given", ruleResult(t, result, "roles/guest-finds-nothing").Reason)
	assert.Equal(t, "no stranger token is given", ruleResult(t, result, "roles/stranger-may-not-write").Reason)
	assert.Equal(t, "no other project is given", ruleResult(t, result, "agent-names/unique-per-project").Reason)
	assert.Equal(t, Pass, ruleResult(t, result, "authentication/required-to-write").Outcome, "it takes no token")
}

func TestTargetsThatCannotBeChecked(t *testing.T) {
	t.Parallel()
	gitlab := fakegitlab.Start(t)
	answering := func(status int, header http.Header, body string) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for name, values := range header {
				w.Header()[name] = values
			}
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}))
		t.Cleanup(server.Close)
		return server.URL
	}
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	seed := fakegitlab.DefaultSeed()
	seed.Projects[1].MovedFrom = []string{"root/old"}
	seed.Users[0].Tokens[0].Scopes = []string{"read_api"}
	moved := fakegitlab.Start(t, fakegitlab.FromSeed(seed))
	reader := Target{URL: moved.URL, Project: "root/test", Tokens: map[Role]string{Maintainer: seed.Users[0].Tokens[0].Token}}
	with := func(change func(*Target)) Target {
		target := fakeTarget(gitlab.URL)
		change(&target)
		return target
	}
	at := func(url string) Target { return with(func(t *Target) { t.URL = url }) }
	for _, c := range []struct {
		what        string
		target      Target
		unreachable bool
		says        string
	}{
		{"no token", with(func(t *Target) { t.Tokens = nil }), false, "no maintainer token"},
		{"no project", with(func(t *Target) { t.Project = "" }), false, "no project"},
		{"an unknown token", with(func(t *Target) { t.Tokens[Maintainer] = "glpat-unknown" }), false, "401"},
		{"a project that is not there", with(func(t *Target) { t.Project = "root/none" }), false, `no project "root/none"`},
		{"another project that is not there", with(func(t *Target) { t.OtherProject = "root/none" }), false, `no project "root/none" whose agents the maintainer's token may list (404), to be the other project`},
		{"another project that moved", Target{URL: moved.URL, Project: "root/test", OtherProject: "root/old", Tokens: fakeTarget("").Tokens}, false, `redirects (301) from "root/old"`},
		{"a token that may only read", reader, false, "it needs the scope api, or make the run read-only"},
		{"another project that is the same", with(func(t *Target) { t.OtherProject = "Root/Test" }), false, "the other project is the project itself"},
		{"a stranger's token", with(func(t *Target) { t.Tokens[Maintainer] = "glpat-stranger" }), false, "404"},
		{"no URL", at("gitlab.example.com"), false, "no URL of a GitLab"},
		{"an unreadable URL", at("http://[::1"), false, "cannot be read"},
		{"another scheme", at("ftp://gitlab.example.com"), false, "no URL of a GitLab"},
		{"credentials in the URL", at("https://me:correct-horse@gitlab.example.com"), false, "has credentials"},
		{"a query", at(gitlab.URL + "?a=b"), false, "has a query"},
		{"a closed port", at(closed.URL), true, "connection refused"},
		{"a redirect", at(answering(302, http.Header{"Location": {"https://elsewhere.example.com/users/sign_in"}}, "")), false, "redirects (302)"},
		{"a forbidden scope", at(answering(403, nil, `{"error":"insufficient_scope"}`)), false, "scope api"},
		{"a gateway without GitLab", at(answering(502, nil, "<html>")), true, "502, as a gateway answers"},
		{"a rate limit", at(answering(429, nil, "Retry later")), true, "429"},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			result, err := Run(t.Context(), c.target, quickly(5*time.Second))
			require.Error(t, err)
			assert.Nil(t, result)
			assert.Contains(t, err.Error(), c.says)
			assert.NotContains(t, err.Error(), "correct-horse")
			var setup *SetupError
			var unreachable *UnreachableError
			assert.Equal(t, c.unreachable, errors.As(err, &unreachable), "%v", err)
			assert.Equal(t, !c.unreachable, errors.As(err, &setup), "%v", err)
		})
	}
}

// TestWrongSetUpsAreNotTheServers has what is wrong on our side, or only odd, blamed on nobody.
func TestWrongSetUpsAreNotTheServers(t *testing.T) {
	t.Parallel()
	seed := func(change func(s *fakegitlab.Seed)) []fakegitlab.Option {
		s := fakegitlab.DefaultSeed()
		change(s)
		return []fakegitlab.Option{fakegitlab.FromSeed(s)}
	}
	scope := func(user, scope string) []fakegitlab.Option {
		return seed(func(s *fakegitlab.Seed) {
			for i := range s.Users {
				if s.Users[i].Name == user {
					s.Users[i].Tokens[0].Scopes = []string{scope}
				}
			}
		})
	}
	ahead := 48 * time.Hour
	for _, c := range []struct {
		what    string
		options []fakegitlab.Option
		target  func(*Target)
		run     []Option
		rules   map[string]string // the reason for which they are not tested; empty if they are
	}{
		{"an expired token", nil, func(t *Target) { t.Tokens[Developer] = "glpat-nobody" }, nil, map[string]string{
			"roles/developer-reads": "the developer's token is refused (401): it is unknown, expired or revoked", "roles/developer-may-not-write": "expired",
			"roles/guest-finds-nothing": "", "order/role-before-agent": "401",
		}},
		{"a token of a smaller scope", scope("developer", "read_api"), nil, nil, map[string]string{
			"roles/developer-reads": "", "roles/developer-may-not-write": "the developer's token is refused: it needs the scope api", "order/role-before-agent": "scope",
		}},
		{"a token of another scope", scope("guest", "read_user"), nil, nil, map[string]string{
			"roles/guest-finds-nothing": "it needs the scope api", "roles/guest-may-not-write": "it needs the scope api",
		}},
		{"the project itself as the other one", nil, func(t *Target) { t.OtherProject = "20" }, nil, map[string]string{
			"errors/agent-of-another-project": "the other project is the project itself", "agent-names/unique-per-project": "the other project is the project itself",
		}},
		{"the project itself as the other one, by its path", nil, func(t *Target) { t.Project, t.OtherProject = "20", "root/test" }, nil, map[string]string{
			"errors/agent-of-another-project": "the other project is the project itself",
		}},
		{"an other project in which nothing may be written", seed(func(s *fakegitlab.Seed) { s.Projects[1].Archived = true }), nil, nil, map[string]string{
			"errors/agent-of-another-project": "", "agent-names/unique-per-project": "refused in plainer ways",
		}},
		{"a maintainer's token of a smaller scope", scope("maintainer", "read_api"), nil, []Option{ReadOnly()}, map[string]string{"errors/unknown-project": ""}},
		{"an agent whose name is in many answers", seed(func(s *fakegitlab.Seed) {
			s.Projects[0].Agents = []fakegitlab.SeedAgent{{ID: 5, Name: "found", CreatedBy: "owner", Tokens: []fakegitlab.SeedAgentToken{{ID: 1, Name: "x"}}}}
		}), nil, []Option{ReadOnly()}, map[string]string{"roles/guest-finds-nothing": "", "authentication/required-to-read": ""}},
		{"an agent whose name is a number", seed(func(s *fakegitlab.Seed) {
			s.Projects[0].Agents = []fakegitlab.SeedAgent{{ID: 5, Name: "1", CreatedBy: "owner"}}
		}), nil, []Option{ReadOnly()}, map[string]string{"parameters/no-look-up-by-name": "may be read as a number"}},
		{"a clock that is ahead", []fakegitlab.Option{fakegitlab.Clock(func() time.Time { return time.Now().Add(ahead) })}, func(target *Target) {
			target.Transport = transportFunc(func(r *http.Request) (*http.Response, error) {
				response, err := http.DefaultTransport.RoundTrip(r)
				if err == nil {
					response.Header.Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
				}
				return response, err
			})
		}, nil, map[string]string{"conditional/later-date": "", "agents/created-at-is-now": ""}},
		{"a prefix with a dot", []fakegitlab.Option{fakegitlab.Version("18.5"), fakegitlab.Deviate(&fakegitlab.Deviation{Secret: func(s string) string { return "acme.io-" + s }})}, nil, nil,
			map[string]string{"tokens/secret-checksum": "no exchange that it speaks about", "tokens/secret-prefix": "", "tokens/secret-length": ""}},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			gitlab := fakegitlab.Start(t, c.options...)
			target := fakeTarget(gitlab.URL)
			if c.target != nil {
				c.target(&target)
			}
			result, err := Run(t.Context(), target, append(c.run, quickly(requestTimeout))...)
			require.NoError(t, err)
			assert.Empty(t, result.Findings)
			assert.Empty(t, result.Left)
			for id, reason := range c.rules {
				rule := ruleResult(t, result, id)
				assert.Equal(t, reason == "", rule.Outcome == Pass, "%s: %s", id, rule.Reason)
				assert.Contains(t, rule.Reason, reason, id)
			}
		})
	}
}

// TestWhatIsNoGitLab has a server that knows nothing of agents fail, and not pass for lack of answers.
func TestWhatIsNoGitLab(t *testing.T) {
	t.Parallel()
	for what, handler := range map[string]http.HandlerFunc{
		"a login page": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>Sign in</html>")) },
		"an empty list for everything": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte("[]"))
		},
		"errors": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) },
	} {
		server := httptest.NewServer(handler)
		result, err := Run(t.Context(), fakeTarget(server.URL), quickly(5*time.Second))
		server.Close()
		require.NoError(t, err, what)
		assert.Equal(t, Violated, result.Exit(false), what)
	}
}

func TestBaseURLs(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"https://gitlab.example.com":                 "https://gitlab.example.com",
		"https://GitLab.Example.com/":                "https://gitlab.example.com",
		"https://gitlab.example.com/api/v4":          "https://gitlab.example.com",
		"https://gitlab.example.com/api/v4/":         "https://gitlab.example.com",
		"http://example.com:8080/gitlab/":            "http://example.com:8080/gitlab",
		"http://example.com/some%20where/api/v4":     "http://example.com/some%20where",
		"https://gitlab.example.com/api/v4/projects": "https://gitlab.example.com/api/v4/projects",
	} {
		r, err := newRun(fakeTarget(url), nil)
		require.NoError(t, err, url)
		assert.Equal(t, want, r.base, url)
	}
}

func TestRelativeRoot(t *testing.T) {
	t.Parallel()
	gitlab := fakegitlab.Start(t, fakegitlab.RelativeRoot("/some/where"), fakegitlab.ExternalURL("https://gitlab.example.com/some/where"))
	for _, url := range []string{gitlab.URL, gitlab.URL + "/", gitlab.URL + "/api/v4/"} {
		result, err := Run(t.Context(), fakeTarget(url))
		require.NoError(t, err)
		wantClean(t, result)
	}
}

func TestProjectsByNumber(t *testing.T) {
	t.Parallel()
	gitlab := fakegitlab.Start(t)
	target := fakeTarget(gitlab.URL)
	target.Project, target.OtherProject = "20", "22"
	result, err := Run(t.Context(), target)
	require.NoError(t, err)
	wantClean(t, result)
	assert.Empty(t, gitlab.Agents(20))
	assert.Empty(t, gitlab.Agents(22))
}

// TestInterruptedRunsCleanUp cancels a run at several points.
func TestInterruptedRunsCleanUp(t *testing.T) {
	t.Parallel()
	for after := 6; after < 140; after += 25 { // before that, it has not begun
		gitlab := fakegitlab.Start(t)
		populate(t, gitlab)
		before := snapshot(t, gitlab)
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		result, err := Run(ctx, fakeTarget(gitlab.URL), quickly(5*time.Second), Observe(func(*wire.Exchange) {
			if n++; n == after {
				cancel()
			}
		}))
		cancel()
		require.NoError(t, err)
		assert.Empty(t, result.Left)
		assert.Empty(t, violations(result.Findings))
		assert.Equal(t, before, snapshot(t, gitlab), "interrupted after %d requests", after)
		assert.NotZero(t, result.Counts()[Inconclusive])
		for _, rule := range result.Rules {
			assert.NotEqual(t, Error, rule.Outcome, rule.Reason)
		}
	}
}

// TestManyAgents has a project in which the run's agents are on the second page of a hundred, and far behind the first of
// twenty.
func TestManyAgents(t *testing.T) {
	t.Parallel()
	seed := fakegitlab.DefaultSeed()
	for i := range 130 {
		seed.Projects[0].Agents = append(seed.Projects[0].Agents, fakegitlab.SeedAgent{ID: int64(1000 + i), Name: fmt.Sprintf("%03d-agent", i), CreatedBy: "owner"})
	}
	gitlab := fakegitlab.Start(t, fakegitlab.FromSeed(seed))
	before := snapshot(t, gitlab)
	result, err := Run(t.Context(), fakeTarget(gitlab.URL))
	require.NoError(t, err)
	wantClean(t, result)
	for _, id := range []string{"agents/list", "agents/read-back-equal", "pagination/agent-pages"} {
		i := slices.IndexFunc(result.Rules, func(r RuleResult) bool { return r.Rule.ID == id })
		assert.Equal(t, Pass, result.Rules[i].Outcome, "%s: %s", id, result.Rules[i].Reason)
	}
	assert.Equal(t, before, snapshot(t, gitlab))
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	gitlab := fakegitlab.Start(t, fakegitlab.Latency(60*time.Millisecond))
	result, err := Run(t.Context(), fakeTarget(gitlab.URL), Timeout(400*time.Millisecond))
	require.NoError(t, err)
	assert.Less(t, result.Duration, 5*time.Second)
	assert.NotZero(t, result.Counts()[Inconclusive])
	assert.Empty(t, violations(result.Findings))
	assert.Empty(t, gitlab.Agents(20))
}

func TestARuleThatPanicsDoesNotEndTheRun(t *testing.T) {
	t.Parallel()
	const secret = "correct-horse-battery-staple"
	gitlab := fakegitlab.Start(t)
	redactor := redact.New()
	redactor.Learn(secret)
	judge := func(*History, *Exchange) bool { panic("judge " + secret) }
	for _, rules := range [][]Rule{
		append(Catalogue(), Rule{ID: "test/probe", Probe: func(p *Probe) {
			p.agent()
			panic("probe " + secret)
		}}, Rule{ID: "test/together", Probe: func(p *Probe) {
			p.Together(func(*Probe) {}, func(*Probe) { panic(errors.New("together " + secret)) })
		}}),
		append(Catalogue(), Rule{ID: "test/judge", Judge: judge}),
	} {
		result, err := Run(t.Context(), fakeTarget(gitlab.URL), Rules(rules...), Redact(redactor))
		require.NoError(t, err)
		assert.Empty(t, result.Left)
		assert.Empty(t, gitlab.Agents(20))
		assert.Equal(t, Failed, result.Exit(false))
		for _, rule := range result.Rules {
			if strings.HasPrefix(rule.Rule.ID, "test/") {
				assert.Equal(t, Error, rule.Outcome, rule.Rule.ID)
				assert.Contains(t, rule.Reason, "[redacted]", rule.Rule.ID)
			} else {
				assert.NotEqual(t, Error, rule.Outcome, "%s: %s", rule.Rule.ID, rule.Reason)
			}
			assert.NotContains(t, rule.Reason, secret)
		}
	}
}

// TestTokensThatAreLikeTheCallers has a server repeat what was sent in place of a token.
func TestTokensThatAreLikeTheCallers(t *testing.T) {
	t.Parallel()
	const token = "correct-horse-Battery-staple"
	seed := fakegitlab.DefaultSeed()
	seed.Users[1].Tokens[0].Token = token
	gitlab := fakegitlab.Start(t, fakegitlab.FromSeed(seed), fakegitlab.Deviate(&fakegitlab.Deviation{Rewrite: func(r *http.Request, d *fakegitlab.ResponseDraft) {
		if sent := r.Header.Get("Private-Token"); d.Status == 401 && len(sent) == len(token)-1 {
			d.Body = []byte(`{"message":"401 Unauthorized: ` + sent + `"}`)
		}
	}}))
	target := fakeTarget(gitlab.URL)
	target.Tokens[Maintainer] = token
	result, err := Run(t.Context(), target)
	require.NoError(t, err)
	quoted := 0
	for _, f := range result.Findings {
		assert.NotContains(t, strings.ToLower(f.String()), "horse-battery")
		quoted += strings.Count(f.String(), "401 Unauthorized: ")
	}
	assert.NotZero(t, quoted)
}

// TestRepeatNamesTheCaller has the line that repeats a request take the token of who made it.
func TestRepeatNamesTheCaller(t *testing.T) {
	t.Parallel()
	gitlab := fakegitlab.Start(t, fakegitlab.Deviate(&fakegitlab.Deviation{Rewrite: func(_ *http.Request, d *fakegitlab.ResponseDraft) {
		if d.Status == 403 || d.Status == 404 {
			d.Status = 410
		}
	}}))
	result, err := Run(t.Context(), fakeTarget(gitlab.URL))
	require.NoError(t, err)
	lines := make(map[string]bool)
	for _, f := range result.Findings {
		for _, variable := range []string{"$GITLAB_TOKEN", "$GITLAB_DEVELOPER_TOKEN", "$GITLAB_GUEST_TOKEN", "$GITLAB_STRANGER_TOKEN"} {
			lines[variable] = lines[variable] || strings.Contains(f.Evidence.Repeat, variable+`"`)
		}
	}
	assert.Equal(t, map[string]bool{"$GITLAB_TOKEN": true, "$GITLAB_DEVELOPER_TOKEN": true, "$GITLAB_GUEST_TOKEN": true, "$GITLAB_STRANGER_TOKEN": true}, lines)

	r, err := newRun(fakeTarget(gitlab.URL), nil)
	require.NoError(t, err)
	for _, c := range []struct{ name, value, want string }{
		{"Private-Token", "glpat-guest", `-H "PRIVATE-TOKEN: $GITLAB_GUEST_TOKEN"`},
		{"Authorization", "Bearer glpat-guest", `-H "Authorization: Bearer $GITLAB_GUEST_TOKEN"`},
		{"Private-Token", "glpat-maintainer", `-H "PRIVATE-TOKEN: $GITLAB_TOKEN"`},
		{"Private-Token", "glpat-another", `-H "PRIVATE-TOKEN: $GITLAB_TOKEN"`},
		{"X-None", "", `curl "$GITLAB_URL/api/v4/projects"`},
	} {
		u, err := url.Parse(gitlab.URL + "/api/v4/projects")
		require.NoError(t, err)
		request := &wire.Request{Method: "GET", URL: u, Header: http.Header{}}
		if c.value != "" {
			request.Header.Set(c.name, c.value)
		}
		assert.Contains(t, r.repeat(request), c.want)
	}
}

func TestKnownFailures(t *testing.T) {
	t.Parallel()
	broken := &fakegitlab.Deviation{Rewrite: func(r *http.Request, draft *fakegitlab.ResponseDraft) {
		draft.Header.Set("Cache-Control", "public")
	}}
	gitlab := fakegitlab.Start(t, fakegitlab.Deviate(broken))
	result, err := Run(t.Context(), fakeTarget(gitlab.URL), KnownFailures("headers/never-public"))
	require.NoError(t, err)
	assert.Equal(t, Conformant, result.Exit(false), "%v", result.Findings)
	assert.True(t, ruleResult(t, result, "headers/never-public").Known)

	healthy := fakegitlab.Start(t)
	result, err = Run(t.Context(), fakeTarget(healthy.URL), KnownFailures("headers/never-public"))
	require.NoError(t, err)
	assert.Equal(t, Violated, result.Exit(false))
	assert.True(t, ruleResult(t, result, "headers/never-public").Stale)
}

func TestProgressAndParallel(t *testing.T) {
	t.Parallel()
	gitlab := fakegitlab.Start(t)
	var events []Event
	var underWay, most atomic.Int64
	target := fakeTarget(gitlab.URL)
	target.Transport = transportFunc(func(r *http.Request) (*http.Response, error) {
		now := underWay.Add(1)
		defer underWay.Add(-1)
		for old := most.Load(); now > old && !most.CompareAndSwap(old, now); old = most.Load() {
		}
		return http.DefaultTransport.RoundTrip(r)
	})
	result, err := Run(t.Context(), target, Parallel(3), Progress(func(e Event) { events = append(events, e) }))
	require.NoError(t, err)
	wantClean(t, result)
	assert.LessOrEqual(t, most.Load(), int64(3))
	last := events[len(events)-1]
	assert.Equal(t, last.Total, last.Done)
	assert.Equal(t, result.Exchanges, last.Requests)
	done := slices.DeleteFunc(events, func(e Event) bool { return e.Rule == nil })
	assert.Len(t, done, last.Total)
}

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestSelect(t *testing.T) {
	t.Parallel()
	all := Catalogue()
	ids := func(rules []Rule) (ids []string) {
		for _, rule := range rules {
			ids = append(ids, rule.ID)
		}
		return ids
	}
	rules, err := Select(all, nil, nil)
	require.NoError(t, err)
	assert.Equal(t, ids(all), ids(rules))
	rules, err = Select(all, []string{"token-limit/*"}, []string{"*/two*"})
	require.NoError(t, err)
	assert.NotContains(t, ids(rules), "token-limit/two-are-allowed")
	for _, id := range ids(rules) {
		assert.Regexp(t, "^token-limit/", id)
	}
	for _, c := range []struct{ only, skip []string }{
		{[]string{"nothing/*"}, nil}, {nil, []string{"nothing"}}, {[]string{"["}, nil}, {nil, []string{"*/*"}},
	} {
		_, err := Select(all, c.only, c.skip)
		assert.Error(t, err)
	}
}
