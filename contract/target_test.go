package contract_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
)

// roles are the tokens of the fake's default data.
func roles() map[contract.Role]string {
	return map[contract.Role]string{
		contract.Maintainer: "glpat-maintainer", contract.Developer: "glpat-developer",
		contract.Guest: "glpat-guest", contract.Stranger: "glpat-stranger",
	}
}

// fake is a fake GitLab with default data.
func fake(t testing.TB, options ...fakegitlab.Option) *fakegitlab.Server {
	t.Helper()
	server, err := fakegitlab.New(options...)
	require.NoError(t, err)
	return server
}

// targetOf is a target with all roles whose GitLab is a handler.
func targetOf(t testing.TB, handler http.Handler) contract.Target {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	return contract.Target{URL: server.URL, Project: "root/test", OtherProject: "root/other", Tokens: roles(), Transport: transport}
}

// jumpingClock is a clock that jumps when somebody waits.
type jumpingClock struct {
	mu      sync.Mutex
	skipped time.Duration
}

func (c *jumpingClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.skipped)
}

func (c *jumpingClock) Sleep(ctx context.Context, d time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.skipped += max(0, d)
	return ctx.Err() == nil
}

// check checks a target with a clock that jumps.
func check(t testing.TB, target contract.Target, options contract.Options) *contract.Result {
	t.Helper()
	if options.Clock == nil {
		options.Clock = &jumpingClock{}
	}
	result, err := contract.Run(t.Context(), target, options)
	require.NoError(t, err)
	return result
}

// broken are the ids of the rules that fail a check, with their first finding.
func broken(result *contract.Result) map[string]string {
	found := make(map[string]string)
	for _, rule := range result.Broken(true) {
		for _, f := range result.Findings {
			if f.Rule == rule.Rule.ID {
				found[f.Rule] = f.Scenario + ": " + f.String()
				break
			}
		}
	}
	return found
}
