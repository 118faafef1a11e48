package contract

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/generated/clusteragents"
)

// taker is a test that takes down what fails it.
type taker struct {
	testing.TB
	failures []string
}

func (t *taker) Helper() {}

func (t *taker) Errorf(format string, args ...any) {
	t.failures = append(t.failures, fmt.Sprintf(format, args...))
}

// leaky shows the secret of every token again when it is read.
func leaky() *fakegitlab.Deviation {
	var secret atomic.Value
	secret.Store("")
	return &fakegitlab.Deviation{
		Secret: func(made string) string {
			secret.Store(made)
			return made
		},
		Rewrite: func(r *http.Request, draft *fakegitlab.ResponseDraft) {
			if draft.Operation == "getAgentToken" && draft.Status == http.StatusOK {
				draft.Body = []byte(strings.TrimSuffix(string(draft.Body), "}") + `,"token":"` + secret.Load().(string) + `"}`)
			}
		},
	}
}

// automate is what a program under test may do.
func automate(ctx context.Context, t *testing.T, url string, client *http.Client) {
	t.Helper()
	gitlab, err := clusteragents.New(url, clusteragents.PrivateToken("glpat-maintainer"), clusteragents.HTTPClient(client))
	require.NoError(t, err)
	project := clusteragents.ProjectPath("root/test")
	agent, err := gitlab.CreateAgent(ctx, project, clusteragents.CreateAgentRequest{Name: "prod"})
	require.NoError(t, err)
	token, err := gitlab.CreateAgentToken(ctx, project, agent.ID, clusteragents.CreateAgentTokenRequest{Name: "ci"})
	require.NoError(t, err)
	for _, err := range gitlab.Agents(ctx, project) {
		require.NoError(t, err)
	}
	_, err = gitlab.GetAgentToken(ctx, project, agent.ID, token.ID)
	require.NoError(t, err)
	require.NoError(t, gitlab.RevokeAgentToken(ctx, project, agent.ID, token.ID))
	_, err = gitlab.GetAgentToken(ctx, project, agent.ID, token.ID)
	require.ErrorIs(t, err, clusteragents.ErrNotFound)
	require.NoError(t, gitlab.DeleteAgent(ctx, project, agent.ID))
}

func TestWatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what    string
		options []fakegitlab.Option
		fails   bool
	}{{"a healthy GitLab", nil, false}, {"one that shows secrets again", []fakegitlab.Option{fakegitlab.Deviate(leaky())}, true}} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			gitlab := fakegitlab.Start(t, c.options...)
			watcher, err := Watch(nil, JudgeOptions{})
			require.NoError(t, err)
			automate(t.Context(), t, gitlab.URL, &http.Client{Transport: watcher})

			under := &taker{TB: t}
			watcher.Check(under)
			result := watcher.Result()
			assert.Equal(t, 7, result.Judged)
			assert.Equal(t, Untested, ruleResult(t, result, "paths/no-update").Outcome)
			if !c.fails {
				assert.Empty(t, under.failures)
				assert.Equal(t, Pass, ruleResult(t, result, "tokens/secret-only-on-create").Outcome)
				return
			}
			assert.Equal(t, Violation, ruleResult(t, result, "tokens/secret-only-on-create").Outcome)
			require.NotEmpty(t, under.failures)
			assert.Contains(t, strings.Join(under.failures, "\n"), "tokens/secret-only-on-create")
			assert.NotContains(t, strings.Join(under.failures, "\n"), "glagent-")
		})
	}
}

func TestWatchPassesOnWhatItSees(t *testing.T) {
	t.Parallel()
	broken := errors.New("no network today")
	watcher, err := Watch(transportFunc(func(*http.Request) (*http.Response, error) { return nil, broken }), JudgeOptions{})
	require.NoError(t, err)
	_, err = (&http.Client{Transport: watcher}).Get("http://gitlab.example.com/api/v4/projects/20/cluster_agents")
	require.ErrorIs(t, err, broken)
	assert.Equal(t, 1, watcher.Result().Exchanges)
	under := &taker{TB: t}
	watcher.Check(under)
	assert.Empty(t, under.failures, "the network's fault is not the server's")
}

func TestWatchHandler(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what    string
		options []fakegitlab.Option
		fails   bool
	}{{"a healthy GitLab", nil, false}, {"one that shows secrets again", []fakegitlab.Option{fakegitlab.Deviate(leaky())}, true}} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			gitlab, err := fakegitlab.New(c.options...)
			require.NoError(t, err)
			watcher, handler, err := WatchHandler(gitlab, JudgeOptions{})
			require.NoError(t, err)
			server := httptest.NewServer(handler)
			defer server.Close()
			automate(t.Context(), t, server.URL, server.Client())
			under := &taker{TB: t}
			watcher.Check(under)
			assert.Equal(t, c.fails, len(under.failures) > 0, "%v", under.failures)
			assert.Equal(t, 7, watcher.Result().Judged)
		})
	}
}

// TestWatchHandlerJudgesTheWholeSuite has the suite's own requests judged on the server's side: many of them are HEAD,
// are refused before their body is read, or have bodies that cannot be read.
func TestWatchHandlerJudgesTheWholeSuite(t *testing.T) {
	t.Parallel()
	gitlab, err := fakegitlab.New()
	require.NoError(t, err)
	watcher, handler, err := WatchHandler(gitlab, JudgeOptions{})
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	defer server.Close()
	result, err := Run(t.Context(), fakeTarget(server.URL))
	require.NoError(t, err)
	wantClean(t, result)
	assert.Empty(t, violations(watcher.Result().Findings))
	assert.Greater(t, watcher.Result().Judged, 100)
}

func TestWatchHandlerSeesWhatIsSent(t *testing.T) {
	t.Parallel()
	ask := func(t *testing.T, method, body string, next http.HandlerFunc) (*Result, *http.Response, error) {
		watcher, handler, err := WatchHandler(next, JudgeOptions{})
		require.NoError(t, err)
		server := httptest.NewUnstartedServer(handler)
		server.Config.ErrorLog = nil
		server.Start()
		defer server.Close()
		request, err := http.NewRequest(method, server.URL+"/api/v4/projects/20/cluster_agents", strings.NewReader(body))
		require.NoError(t, err)
		request.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			_, err = io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
		server.Close() // waits until the handler is done
		return watcher.Result(), response, err
	}
	unauthorized := func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Request-Id", "01")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"message":"401 Unauthorized"}`)
	}

	t.Run("a body that nobody reads is not the caller's fault", func(t *testing.T) {
		result, _, err := ask(t, "POST", `{"name":"prod"}`, func(w http.ResponseWriter, _ *http.Request) { unauthorized(w) })
		require.NoError(t, err)
		assert.Empty(t, result.Findings)
	})
	t.Run("the answer to HEAD has no body, whatever is written", func(t *testing.T) {
		result, _, err := ask(t, "HEAD", "", func(w http.ResponseWriter, _ *http.Request) { unauthorized(w) })
		require.NoError(t, err)
		assert.False(t, slicesHave(result.Findings, "document/no-content"), "%v", result.Findings)
	})
	t.Run("a content type that net/http adds", func(t *testing.T) {
		result, response, err := ask(t, "GET", "", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = io.WriteString(w, "Retry later\n")
		})
		require.NoError(t, err)
		assert.Contains(t, response.Header.Get("Content-Type"), "text/plain")
		for _, f := range result.Findings {
			assert.NotContains(t, f.Actual, "no Content-Type")
		}
	})
	t.Run("a handler that panics gives no answer", func(t *testing.T) {
		result, _, err := ask(t, "GET", "", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		require.Error(t, err)
		assert.Empty(t, violations(result.Findings))
		assert.True(t, slicesHave(result.Findings, "document/response"))
	})
	t.Run("a handler that panics in the middle gives a part of one", func(t *testing.T) {
		result, _, err := ask(t, "GET", "", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `[{"id":`)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		})
		require.Error(t, err)
		assert.False(t, slicesHave(result.Findings, "document/json"), "%v", result.Findings)
	})
	t.Run("a connection that is taken over is none of ours", func(t *testing.T) {
		result, _, err := ask(t, "GET", "", func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				conn.Close()
			}
		})
		require.Error(t, err)
		assert.Zero(t, result.Exchanges)
	})
	t.Run("no answer at all is 200", func(t *testing.T) {
		result, response, err := ask(t, "GET", "", func(http.ResponseWriter, *http.Request) {})
		require.NoError(t, err)
		assert.Equal(t, 200, response.StatusCode)
		require.NotEmpty(t, result.Findings)
		assert.Equal(t, 200, result.Findings[0].Evidence.Status)
	})
}

func slicesHave(found []Finding, rule string) bool {
	for _, f := range found {
		if f.Rule == rule {
			return true
		}
	}
	return false
}

// TestTest runs Test in a process of its own, as a test that fails can only be seen from outside.
func TestTest(t *testing.T) {
	if os.Getenv("UNDER_TEST") != "" {
		underTest(t, os.Getenv("UNDER_TEST"))
		return
	}
	t.Parallel()
	for kind, want := range map[string]struct {
		ok   bool
		says []string
	}{
		"healthy":  {true, []string{"--- PASS: TestTest/tokens/secret-only-on-create", "--- SKIP: TestTest/roles/developer-reads", "no developer token is given"}},
		"leaky":    {false, []string{"--- FAIL: TestTest/tokens/secret-only-on-create", "The secret of a token is in the response that creates it, and in no other.", "--- PASS: TestTest/paths/id"}},
		"known":    {true, []string{"--- PASS: TestTest/tokens/secret-only-on-create"}},
		"stale":    {false, []string{"--- FAIL: TestTest/paths/id", "it is known to fail, but does not"}},
		"no token": {false, []string{"no maintainer token is given"}},
		"nothing":  {false, []string{"too little was tested"}},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			command := exec.Command(os.Args[0], "-test.run=^TestTest$", "-test.v")
			command.Env = append(os.Environ(), "UNDER_TEST="+kind)
			out, err := command.CombinedOutput()
			assert.Equal(t, want.ok, err == nil, "%s", out)
			for _, text := range want.says {
				assert.Contains(t, string(out), text)
			}
			assert.NotContains(t, string(out), "glagent-")
		})
	}
}

func underTest(t *testing.T, kind string) {
	var options []fakegitlab.Option
	if kind == "leaky" || kind == "known" {
		options = append(options, fakegitlab.Deviate(leaky()))
	}
	target := fakeTarget(fakegitlab.Start(t, options...).URL)
	target.Tokens = map[Role]string{Maintainer: "glpat-maintainer"}
	switch kind {
	case "known":
		Test(t, target, KnownFailures("tokens/secret-only-on-create"))
	case "stale":
		Test(t, target, KnownFailures("paths/id"))
	case "no token":
		Test(t, Target{URL: target.URL, Project: "root/test"})
	case "nothing":
		rules, err := Select(Catalogue(), []string{"roles/developer-*"}, nil)
		require.NoError(t, err)
		Test(t, target, Rules(rules...))
	default:
		Test(t, target)
	}
}
