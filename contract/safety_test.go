package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// between is a server between a run and a fake GitLab, which changes answers.
type between struct {
	gitlab *fakegitlab.Instance
	change func(r *http.Request, answer *httptest.ResponseRecorder) // nil changes nothing

	mu       sync.Mutex
	requests []string // method and path of each
}

func (b *between) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	b.requests = append(b.requests, r.Method+" "+r.URL.EscapedPath())
	b.mu.Unlock()
	answer := httptest.NewRecorder()
	b.gitlab.ServeHTTP(answer, r)
	if b.change != nil {
		b.change(r, answer)
	}
	answer.Header().Del("Content-Length")
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = answer.Body.WriteTo(w)
}

// changed are the requests that change the agent, whatever they were answered with.
func (b *between) changed(agent int64) (requests []string) {
	about := regexp.MustCompile(fmt.Sprintf(`^(POST|PUT|PATCH|DELETE) .*/cluster_agents/%d\b`, agent))
	for _, r := range b.requests {
		if about.MatchString(r) {
			requests = append(requests, r)
		}
	}
	return requests
}

// say replaces a body.
func say(answer *httptest.ResponseRecorder, body string) {
	answer.Body = bytes.NewBufferString(body)
}

// edit changes the object, or each object of the list, in a body.
func edit(answer *httptest.ResponseRecorder, change func(map[string]any)) {
	var one map[string]any
	var many []map[string]any
	var v any = &one
	if json.Unmarshal(answer.Body.Bytes(), &one) != nil {
		if json.Unmarshal(answer.Body.Bytes(), &many) != nil {
			return
		}
		v = &many
	} else {
		many = []map[string]any{one}
	}
	for _, object := range many {
		change(object)
	}
	data, _ := json.Marshal(v)
	say(answer, string(data))
}

func isCreateAgent(r *http.Request, answer *httptest.ResponseRecorder) bool {
	return r.Method == "POST" && strings.HasSuffix(r.URL.Path, "/cluster_agents") && answer.Code == 201
}

func isCreateToken(r *http.Request, answer *httptest.ResponseRecorder) bool {
	return r.Method == "POST" && strings.HasSuffix(r.URL.Path, "/tokens") && answer.Code == 201
}

func isAgentList(r *http.Request, answer *httptest.ResponseRecorder) bool {
	return r.Method == "GET" && strings.HasSuffix(r.URL.Path, "/cluster_agents") && answer.Code == 200
}

// TestHostileServers lets servers try to have the run touch what is not its own.
func TestHostileServers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what   string
		before func(t *testing.T, gitlab *fakegitlab.Instance)                                // what there is beside populate
		change func(victims []int64) func(r *http.Request, answer *httptest.ResponseRecorder) // what the server does
	}{
		{what: "creates are answered with the id of an agent that is there", change: func(victims []int64) func(*http.Request, *httptest.ResponseRecorder) {
			return func(r *http.Request, answer *httptest.ResponseRecorder) {
				if isCreateAgent(r, answer) {
					edit(answer, func(a map[string]any) { a["id"] = victims[0] })
				}
			}
		}},
		{what: "creates are answered with the id of an agent of another project", change: func(victims []int64) func(*http.Request, *httptest.ResponseRecorder) {
			return func(r *http.Request, answer *httptest.ResponseRecorder) {
				if isCreateAgent(r, answer) {
					edit(answer, func(a map[string]any) { a["id"] = victims[len(victims)-1] })
				}
			}
		}},
		{what: "creates are answered with the id of an agent that is not on the first page", before: func(t *testing.T, gitlab *fakegitlab.Instance) {
			for i := range 120 {
				ask1(t, gitlab.URL, "POST", "/api/v4/projects/20/cluster_agents", fmt.Sprintf(`{"name":"a%03d"}`, i))
			}
		}, change: func(victims []int64) func(*http.Request, *httptest.ResponseRecorder) {
			return func(r *http.Request, answer *httptest.ResponseRecorder) {
				if isCreateAgent(r, answer) {
					edit(answer, func(a map[string]any) { a["id"] = victims[1] }) // prod
				}
			}
		}},
		{what: "creates are answered with an agent that is there", change: func(victims []int64) func(*http.Request, *httptest.ResponseRecorder) {
			return func(r *http.Request, answer *httptest.ResponseRecorder) {
				if isCreateAgent(r, answer) {
					edit(answer, func(a map[string]any) { a["id"], a["name"] = victims[1], "prod" })
				}
			}
		}},
		{what: "all agents are listed under the name of the last", change: func([]int64) func(*http.Request, *httptest.ResponseRecorder) {
			var last atomic.Value
			return func(r *http.Request, answer *httptest.ResponseRecorder) {
				if isCreateAgent(r, answer) {
					edit(answer, func(a map[string]any) { last.Store(a["name"]) })
				}
				if isAgentList(r, answer) && last.Load() != nil {
					edit(answer, func(a map[string]any) { a["name"] = last.Load() })
				}
			}
		}},
		{what: "agents made meanwhile by others are listed under the name of the last", before: func(t *testing.T, gitlab *fakegitlab.Instance) {
			for i := range 120 { // so that the first page does not show the victims
				ask1(t, gitlab.URL, "POST", "/api/v4/projects/20/cluster_agents", fmt.Sprintf(`{"name":"a%03d"}`, i))
			}
		}, change: func([]int64) func(*http.Request, *httptest.ResponseRecorder) {
			var last atomic.Value
			return func(r *http.Request, answer *httptest.ResponseRecorder) {
				if isCreateAgent(r, answer) {
					edit(answer, func(a map[string]any) { last.Store(a["name"]) })
				}
				if isAgentList(r, answer) && last.Load() != nil {
					edit(answer, func(a map[string]any) { a["name"] = last.Load() })
				}
			}
		}},
		{what: "token creates are answered with a token of another agent", change: func(victims []int64) func(*http.Request, *httptest.ResponseRecorder) {
			return func(r *http.Request, answer *httptest.ResponseRecorder) {
				if isCreateToken(r, answer) {
					edit(answer, func(a map[string]any) { a["id"], a["agent_id"] = 1, victims[0] })
				}
			}
		}},
		{what: "token creates are answered with the id of a token of another agent", change: func([]int64) func(*http.Request, *httptest.ResponseRecorder) {
			return func(r *http.Request, answer *httptest.ResponseRecorder) {
				if isCreateToken(r, answer) {
					edit(answer, func(a map[string]any) { a["id"] = 1 })
				}
			}
		}},
		{what: "everything is answered with an agent that is there", change: func(victims []int64) func(*http.Request, *httptest.ResponseRecorder) {
			return func(r *http.Request, answer *httptest.ResponseRecorder) {
				if !isAgentList(r, answer) && answer.Code < 300 {
					say(answer, fmt.Sprintf(`{"id":%d,"name":"prod"}`, victims[1]))
				}
			}
		}},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			gitlab := fakegitlab.Start(t)
			if c.before != nil {
				c.before(t, gitlab)
			}
			populate(t, gitlab)
			victims := append(gitlab.Agents(20), gitlab.Agents(21)...)
			before := snapshot(t, gitlab)
			hostile := &between{gitlab: gitlab, change: c.change(victims)}
			server := httptest.NewServer(hostile)
			defer server.Close()

			result, err := Run(t.Context(), fakeTarget(server.URL), quickly(10*time.Second))
			require.NoError(t, err)
			assert.NotEqual(t, Conformant, result.Exit(false))
			for _, victim := range victims {
				assert.Empty(t, hostile.changed(victim))
			}
			after := snapshot(t, gitlab)
			for line := range strings.Lines(before) {
				assert.Contains(t, after, line, "it was changed")
			}
		})
	}
}

// TestAServerThatRenamesAgents keeps other names than those that were sent. What it made cannot be told from what others
// made, and so is left, and reported.
func TestAServerThatRenamesAgents(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	gitlab := fakegitlab.Start(t, fakegitlab.Deviate(&fakegitlab.Deviation{NewAgent: func(a *fakegitlab.NewAgent) {
		a.Name = fmt.Sprintf("agent-%d", n.Add(1))
	}}))
	result, err := Run(t.Context(), fakeTarget(gitlab.URL))
	require.NoError(t, err)
	assert.Equal(t, Violated, result.Exit(false))
	assert.Equal(t, Violation, ruleResult(t, result, "agents/create-keeps-name").Outcome)
	assert.NotEmpty(t, gitlab.Agents(20))
	assert.Len(t, result.Left, len(gitlab.Agents(20))+len(gitlab.Agents(21)))
	for _, left := range result.Left {
		assert.Regexp(t, `^agent \d+, "agent-\d+": it is left alone`, left)
	}
}

// TestNoRuleCanTouchWhatIsNotItsOwn has rules of a careless author try.
func TestNoRuleCanTouchWhatIsNotItsOwn(t *testing.T) {
	t.Parallel()
	gitlab := fakegitlab.Start(t)
	populate(t, gitlab)
	before := snapshot(t, gitlab)
	foreign := gitlab.Agents(20)[0]
	careless := func(id, method string, path func(p *Probe) string) Rule {
		return Rule{ID: id, Probe: func(p *Probe) { p.Do(Maintainer, method, path(p), JSON(`{"name":"x"}`)) }}
	}
	at := func(suffix string) func(p *Probe) string {
		return func(p *Probe) string { return fmt.Sprintf("%s/%d%s", p.run.agents(), foreign, suffix) }
	}
	rules := []Rule{
		careless("test/delete", "DELETE", at("")),
		careless("test/delete-with-query", "DELETE", at("?x=1")),
		careless("test/delete-with-slash", "DELETE", at("/")),
		careless("test/delete-json", "DELETE", at(".json")),
		careless("test/revoke", "DELETE", at("/tokens/1")),
		careless("test/token", "POST", at("/tokens")),
		careless("test/put", "PUT", at("")),
		careless("test/delete-padded", "DELETE", func(p *Probe) string { return fmt.Sprintf("%s/00%d", p.run.agents(), foreign) }),
		careless("test/delete-elsewhere", "DELETE", func(*Probe) string { return fmt.Sprintf("/api/v4/projects/21/cluster_agents/%d", foreign) }),
		careless("test/delete-own", "DELETE", func(p *Probe) string { return p.run.agentPath(p.agent().ID) }),
		careless("test/delete-none", "DELETE", func(p *Probe) string { return p.run.agents() + "/" + noAgent }),
	}
	guard := &between{gitlab: gitlab}
	server := httptest.NewServer(guard)
	defer server.Close()
	result, err := Run(t.Context(), fakeTarget(server.URL), Rules(rules...))
	require.NoError(t, err)
	for _, rule := range result.Rules {
		if rule.Rule.ID == "test/delete-own" || rule.Rule.ID == "test/delete-none" {
			assert.Equal(t, Pass, rule.Outcome, rule.Rule.ID)
			continue
		}
		assert.Equal(t, Error, rule.Outcome, rule.Rule.ID)
		assert.Contains(t, rule.Reason, "would change what the run did not make", rule.Rule.ID)
	}
	assert.Empty(t, guard.changed(foreign))
	assert.Equal(t, before, snapshot(t, gitlab))
}

// TestEndlessServers do not keep a run from its end.
func TestEndlessServers(t *testing.T) {
	t.Parallel()
	endless := func(w http.ResponseWriter, _ *http.Request) { // 10 GB, if anybody read them
		chunk := []byte(strings.Repeat(" ", 1<<20))
		for range 10 << 10 {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}
	silent := func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

	t.Run("a first answer without end", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewServer(http.HandlerFunc(endless))
		defer server.Close()
		_, err := Run(t.Context(), fakeTarget(server.URL), quickly(time.Minute))
		var unreachable *UnreachableError
		require.ErrorAs(t, err, &unreachable)
		assert.Contains(t, err.Error(), "the answer has more than 8 MB")
	})
	t.Run("no first answer", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewServer(http.HandlerFunc(silent))
		defer server.Close()
		_, err := Run(t.Context(), fakeTarget(server.URL), quickly(50*time.Millisecond))
		var unreachable *UnreachableError
		require.ErrorAs(t, err, &unreachable)
		assert.Contains(t, err.Error(), "timed out")
	})

	for _, c := range []struct {
		what    string
		when    func(r *http.Request) bool
		answer  http.HandlerFunc
		leaves  bool
		timeout time.Duration
	}{
		{"creates of agents are answered without end", func(r *http.Request) bool {
			return r.Method == "POST" && strings.HasSuffix(r.URL.Path, "cluster_agents")
		}, endless, false, time.Minute},
		{"creates are never answered", func(r *http.Request) bool { return r.Method == "POST" }, silent, false, 100 * time.Millisecond},
		{"single reads are answered without end", func(r *http.Request) bool {
			return regexp.MustCompile(`agents/\d+$`).MatchString(r.URL.Path) && r.Method == "GET"
		}, endless, false, time.Minute},
		{"deletes are never answered", func(r *http.Request) bool { return r.Method == "DELETE" }, silent, false, 100 * time.Millisecond},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			gitlab := fakegitlab.Start(t)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !c.when(r) {
					gitlab.ServeHTTP(w, r)
					return
				}
				answer := httptest.NewRecorder()
				gitlab.ServeHTTP(answer, r) // it is done all the same
				answer.Header().Del("Content-Length")
				for name, values := range answer.Header() {
					w.Header()[name] = values
				}
				if c.timeout == time.Minute {
					w.WriteHeader(answer.Code)
				}
				c.answer(w, r)
			}))
			defer server.Close()
			result, err := Run(t.Context(), fakeTarget(server.URL), quickly(c.timeout))
			require.NoError(t, err)
			assert.Empty(t, violations(result.Findings), "that no answer comes is the network's fault")
			assert.NotZero(t, result.Counts()[Inconclusive])
			assert.Empty(t, gitlab.Agents(20))
			assert.Empty(t, result.Left)
		})
	}

	t.Run("a list without end", func(t *testing.T) {
		t.Parallel()
		gitlab := fakegitlab.Start(t)
		var pages atomic.Int64
		server := httptest.NewServer(&between{gitlab: gitlab, change: func(r *http.Request, answer *httptest.ResponseRecorder) {
			if !isAgentList(r, answer) {
				return
			}
			first := pages.Add(1) * 1000
			var body strings.Builder
			for i := range int64(100) {
				fmt.Fprintf(&body, `,{"id":%d,"name":"agent-%d"}`, first+i, first+i)
			}
			say(answer, "["+body.String()[1:]+"]")
		}})
		defer server.Close()
		result, err := Run(t.Context(), fakeTarget(server.URL), quickly(10*time.Second))
		require.NoError(t, err)
		assert.NotEqual(t, Conformant, result.Exit(false))
		assert.Contains(t, strings.Join(result.Left, "\n"), "does not end")
		assert.Less(t, pages.Load(), int64(5000))
	})
}

// TestRedirectsAreNotFollowed: a token must not go where a server sends it.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		var elsewhere atomic.Int64
		other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
		gitlab := fakegitlab.Start(t)
		server := httptest.NewServer(&between{gitlab: gitlab, change: func(r *http.Request, answer *httptest.ResponseRecorder) {
			if r.URL.Path != "/api/v4/metadata" && !isAgentList(r, answer) {
				answer.Header().Set("Location", other.URL+r.URL.Path)
				answer.Code = status
				say(answer, "")
			}
		}})
		result, err := Run(t.Context(), fakeTarget(server.URL), quickly(10*time.Second))
		require.NoError(t, err)
		assert.Equal(t, Violated, result.Exit(false))
		assert.Zero(t, elsewhere.Load(), "a request went to another host after %d", status)
		server.Close()
		other.Close()
	}
}

// TestEverySecretIsKept has a server echo what it should not wherever it can.
func TestEverySecretIsKept(t *testing.T) {
	t.Parallel()
	const canary = "cAnArY-0f-the_maintainer"
	seed := fakegitlab.DefaultSeed()
	for i := range seed.Users {
		if seed.Users[i].Name == "maintainer" {
			seed.Users[i].Tokens[0].Token = canary
		}
	}
	var secrets sync.Map
	gitlab := fakegitlab.Start(t, fakegitlab.FromSeed(seed), fakegitlab.Deviate(&fakegitlab.Deviation{Secret: func(string) string {
		secret := fmt.Sprintf("Unprefixed%040d", time.Now().UnixNano())
		secrets.Store(secret, nil)
		return secret
	}}))
	server := httptest.NewServer(&between{gitlab: gitlab, change: func(r *http.Request, answer *httptest.ResponseRecorder) {
		token := r.Header.Get("Private-Token")
		answer.Header().Set("X-Debug", "token "+token)
		answer.Header().Set("Cache-Control", "public; token="+token)
		answer.Header().Set("Etag", token)
		answer.Header().Set("X-Request-Id", token)
		answer.Header().Set("Link", `<https://gitlab.example.com/?private_token=`+token+`>; rel="first"`)
		if answer.Code >= 400 {
			padding := strings.Repeat("x", int(time.Now().UnixNano()%160))
			say(answer, fmt.Sprintf(`{"message":"%s %s","error":"%s","token":"%s"}`, padding, token, token, token))
		} else {
			secrets.Range(func(secret, _ any) bool {
				edit(answer, func(o map[string]any) {
					for _, name := range []string{"description", "name", "status", "created_at"} {
						o[name] = fmt.Sprint(o[name], secret, token)
					}
				})
				return true
			})
		}
	}})
	defer server.Close()
	target := fakeTarget(server.URL)
	target.Tokens[Maintainer] = canary
	result, err := Run(t.Context(), target, quickly(10*time.Second))
	require.NoError(t, err)
	var shown strings.Builder
	encoder := json.NewEncoder(&shown)
	encoder.SetEscapeHTML(false)
	require.NoError(t, encoder.Encode(result.Findings))
	for _, f := range result.Findings {
		fmt.Fprintln(&shown, f)
	}
	for _, rule := range result.Rules {
		fmt.Fprintln(&shown, rule.Reason)
	}
	fmt.Fprintln(&shown, result.Left)
	require.Greater(t, shown.Len(), 10_000)
	for n := 8; n <= len(canary); n++ {
		assert.NotContains(t, shown.String(), canary[:n])
	}
	secrets.Range(func(secret, _ any) bool {
		assert.NotContains(t, shown.String(), secret)
		return true
	})
}
