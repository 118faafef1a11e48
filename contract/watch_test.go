package contract_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/generated/clusteragents"
)

// failures is a test that keeps what fails it.
type failures struct {
	testing.TB
	texts []string
}

func (f *failures) Helper() {}

func (f *failures) Errorf(format string, args ...any) {
	f.texts = append(f.texts, fmt.Sprintf(format, args...))
}

// roundTripper is a transport that is a function.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// outcomeOf is what became of one rule.
func outcomeOf(t *testing.T, result *contract.Result, id string) contract.Outcome {
	t.Helper()
	for _, r := range result.Rules {
		if r.Rule.ID == id {
			return r.Outcome
		}
	}
	t.Fatalf("no rule %s", id)
	return 0
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
			watcher, err := contract.Watch(nil, contract.JudgeOptions{})
			require.NoError(t, err)
			automate(t.Context(), t, gitlab.URL, &http.Client{Transport: watcher})

			under := &failures{TB: t}
			watcher.Check(under)
			result := watcher.Result()
			assert.Equal(t, 7, result.Judged)
			assert.Equal(t, contract.Untested, outcomeOf(t, result, "paths/no-update"))
			if !c.fails {
				assert.Empty(t, under.texts)
				assert.Equal(t, contract.Pass, outcomeOf(t, result, "tokens/secret-only-on-create"))
				return
			}
			assert.Equal(t, contract.Violation, outcomeOf(t, result, "tokens/secret-only-on-create"))
			require.NotEmpty(t, under.texts)
			assert.Contains(t, strings.Join(under.texts, "\n"), "tokens/secret-only-on-create")
			assert.NotContains(t, strings.Join(under.texts, "\n"), "glagent-")
		})
	}
}

func TestWatchPassesOnWhatItSees(t *testing.T) {
	t.Parallel()
	broken := errors.New("no network today")
	watcher, err := contract.Watch(roundTripper(func(*http.Request) (*http.Response, error) { return nil, broken }), contract.JudgeOptions{})
	require.NoError(t, err)
	_, err = (&http.Client{Transport: watcher}).Get("http://gitlab.example.com/api/v4/projects/20/cluster_agents")
	require.ErrorIs(t, err, broken)
	assert.Equal(t, 1, watcher.Result().Exchanges)
	under := &failures{TB: t}
	watcher.Check(under)
	assert.Empty(t, under.texts, "the network's fault is not the server's")
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
			watcher, handler, err := contract.WatchHandler(gitlab, contract.JudgeOptions{})
			require.NoError(t, err)
			server := httptest.NewServer(handler)
			defer server.Close()
			automate(t.Context(), t, server.URL, server.Client())
			under := &failures{TB: t}
			watcher.Check(under)
			assert.Equal(t, c.fails, len(under.texts) > 0, "%v", under.texts)
			assert.Equal(t, 7, watcher.Result().Judged)
		})
	}
}

// TestWatchHandlerJudgesACheck has the requests of a check judged on the server's side: many of them are HEAD, are refused
// before their body is read, or have malformed bodies.
func TestWatchHandlerJudgesACheck(t *testing.T) {
	t.Parallel()
	watcher, handler, err := contract.WatchHandler(fake(t), contract.JudgeOptions{})
	require.NoError(t, err)
	result := check(t, targetOf(t, handler), contract.Options{})
	assert.Equal(t, contract.Conformant, result.Exit(true), "%v", result.Missing())
	assert.Empty(t, violated(watcher.Result()))
	assert.Greater(t, watcher.Result().Judged, 100)
}

func TestWatchHandlerSeesWhatIsSent(t *testing.T) {
	t.Parallel()
	ask := func(t *testing.T, method, body string, next http.HandlerFunc) (*contract.Result, *http.Response, error) {
		watcher, handler, err := contract.WatchHandler(next, contract.JudgeOptions{})
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
		assert.False(t, hasFinding(result.Findings, "document/no-content"), "%v", result.Findings)
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
		assert.Empty(t, violated(result))
		assert.True(t, hasFinding(result.Findings, "document/response"))
	})
	t.Run("a handler that panics in the middle gives a part of one", func(t *testing.T) {
		result, _, err := ask(t, "GET", "", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `[{"id":`)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		})
		require.Error(t, err)
		assert.False(t, hasFinding(result.Findings, "document/json"), "%v", result.Findings)
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

// hasFinding says whether a rule has a finding.
func hasFinding(found []contract.Finding, rule string) bool {
	for _, f := range found {
		if f.Rule == rule {
			return true
		}
	}
	return false
}
