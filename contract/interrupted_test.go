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
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/internal/racedetector"
)

// TestInterrupted cancels a check at many moments of each phase. What it made is removed.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	step := 61
	switch {
	case nightly():
		step = 1
	case racedetector.On:
		step *= 2
	}
	for after := 1; after < 620; after += step {
		t.Run(fmt.Sprintf("after %d requests", after), func(t *testing.T) {
			t.Parallel()
			server := fake(t)
			populate(t, server)
			before := snapshot(t, server)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			phase := ""
			result, err := contract.Run(ctx, targetOf(t, server), contract.Options{Clock: &jumpingClock{}, Progress: func(e contract.Event) {
				if phase = e.Phase; e.Requests == after {
					cancel()
				}
			}})
			assert.Equal(t, before, snapshot(t, server), "in the phase %q", phase)
			if err != nil {
				assert.ErrorIs(t, err, context.Canceled)
				return
			}
			blamesNobody(t, result)
			assert.Empty(t, result.Left)
		})
	}
}

// TestInterruptedWhileConfirming cancels a check that plays a scenario again.
func TestInterruptedWhileConfirming(t *testing.T) {
	t.Parallel()
	server := fake(t, fakegitlab.Deviate(miscounts(func() bool { return true })))
	populate(t, server)
	before := snapshot(t, server)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	confirming := 0
	result, err := contract.Run(ctx, targetOf(t, server), contract.Options{Clock: &jumpingClock{}, Progress: func(e contract.Event) {
		if e.Phase == "confirming" {
			if confirming++; confirming == 5 {
				cancel()
			}
		}
	}})
	require.NoError(t, err)
	assert.GreaterOrEqual(t, confirming, 5, "nothing was confirmed")
	assert.Empty(t, result.Left)
	assert.Equal(t, before, snapshot(t, server))
	assert.Equal(t, contract.TooLittle, result.Exit(false), "%v", broken(result))
}

// miscounts says that a list has one agent more than it has.
func miscounts(wrong func() bool) *fakegitlab.Deviation {
	return &fakegitlab.Deviation{Page: func(operation string, page *fakegitlab.Page) {
		if operation != "listAgents" || page.PerPage < 100 || !wrong() { // a long page, on which an agent is missing then
			return
		}
		page.Total++
		page.Pages = (page.Total + page.PerPage - 1) / page.PerPage
		page.Next = 0
		if page.Number < page.Pages {
			page.Next = page.Number + 1
		}
	}}
}

// TestTimeout ends a check before its end. What it made is removed.
func TestTimeout(t *testing.T) {
	t.Parallel()
	server := fake(t, fakegitlab.Latency(20*time.Millisecond))
	result, err := contract.Run(t.Context(), targetOf(t, server), contract.Options{Timeout: 300 * time.Millisecond})
	assert.Empty(t, server.Agents(20))
	if err != nil { // a slow machine does not get beyond the set-up
		require.ErrorIs(t, err, context.DeadlineExceeded)
		return
	}
	blamesNobody(t, result)
	assert.Empty(t, result.Left)
	assert.Equal(t, contract.TooLittle, result.Exit(true))
}

// TestRehearsalFails has a token that may create and not delete: the check says so before it makes anything else, and says
// what is left.
func TestRehearsalFails(t *testing.T) {
	t.Parallel()
	server := fake(t)
	target := targetOf(t, between(server, func(*http.Request, *httptest.ResponseRecorder) {}))
	target.Transport = refusing{target.Transport, func(r *http.Request) bool { return r.Method == "DELETE" }}
	_, err := contract.Run(t.Context(), target, contract.Options{Clock: &jumpingClock{}})
	var setup *contract.SetupError
	require.True(t, errors.As(err, &setup), "%v", err)
	assert.Len(t, server.Agents(20), 1)
	require.Len(t, setup.Left, 1)
	assert.Contains(t, setup.Left[0], fmt.Sprintf("agent %d, ", server.Agents(20)[0]))
	assert.Contains(t, setup.Problem.Said, "403 Forbidden")
}

// refusing answers some requests as GitLab answers users without the role.
type refusing struct {
	http.RoundTripper
	when func(*http.Request) bool
}

func (f refusing) RoundTrip(r *http.Request) (*http.Response, error) {
	if !f.when(r) {
		return f.RoundTripper.RoundTrip(r)
	}
	// Ask for what is never allowed, so that the headers are GitLab's own.
	response, err := f.RoundTripper.RoundTrip(readOf(r))
	if err != nil {
		return nil, err
	}
	response.Body.Close()
	response.StatusCode, response.Body = 403, io.NopCloser(strings.NewReader(`{"message":"403 Forbidden"}`))
	response.Header.Del("Content-Length")
	response.ContentLength = -1
	return response, nil
}

// readOf is a request that reads what another one changes.
func readOf(r *http.Request) *http.Request {
	read := r.Clone(r.Context())
	read.Method, read.Body, read.ContentLength = "GET", nil, 0
	return read
}

// TestRoleTokenStopsWorking has the token of a role expire in the middle: rules that need it are untested, and nobody is
// blamed.
func TestRoleTokenStopsWorking(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	for _, role := range []string{"developer", "guest", "stranger"} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			server := fake(t, fakegitlab.After(100, func(s *fakegitlab.Server) { _ = s.SetAccessTokenState("glpat-"+role, "expired") }))
			result := check(t, targetOf(t, server), contract.Options{})
			blamesNobody(t, result)
			assert.Nil(t, result.Ended)
			assert.Empty(t, result.Left)
			assert.Empty(t, server.Agents(20))
		})
	}
}

// TestGroundGoesAtAnyMoment has the ground go at many requests. Nobody is blamed but what is in between.
func TestGroundGoesAtAnyMoment(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	step := 149
	if nightly() {
		step = 1
	}
	for name, change := range map[string]func(*fakegitlab.Server){
		"the instance becomes read-only":     func(s *fakegitlab.Server) { s.SetReadOnly(true) },
		"the project is archived":            func(s *fakegitlab.Server) { _ = s.SetArchived(20, true) },
		"the token is revoked":               func(s *fakegitlab.Server) { _ = s.SetAccessTokenState("glpat-maintainer", "revoked") },
		"the maintainer becomes a developer": func(s *fakegitlab.Server) { _ = s.SetRole(20, "maintainer", fakegitlab.Developer) },
		"the maintainer leaves the project":  func(s *fakegitlab.Server) { _ = s.SetRole(20, "maintainer", fakegitlab.NoRole) },
		"the maintainer is blocked":          func(s *fakegitlab.Server) { _ = s.SetUserState("maintainer", "blocked") },
		"the token's scope is reduced":       func(s *fakegitlab.Server) { _ = s.SetScopes("glpat-maintainer", "read_api") },
	} {
		for after := 1; after < 560; after += step {
			t.Run(fmt.Sprintf("%s after %d requests", name, after), func(t *testing.T) {
				t.Parallel()
				server := fake(t, fakegitlab.After(after, change))
				result, err := contract.Run(t.Context(), targetOf(t, server), contract.Options{Clock: &jumpingClock{}})
				if err != nil {
					var setup *contract.SetupError
					assert.ErrorAs(t, err, &setup)
					return
				}
				for id, finding := range broken(result) {
					assert.Equal(t, "delivery/answered-by-gitlab", id, finding)
				}
				for _, r := range result.Rules {
					assert.NotEqual(t, contract.Error, r.Outcome, "%s: %s", r.Rule.ID, r.Reason.Text)
				}
			})
		}
	}
}

// TestChecksAtOnce has several checks of one project at the same time.
func TestChecksAtOnce(t *testing.T) {
	t.Parallel()
	server := fake(t)
	populate(t, server)
	before := snapshot(t, server)
	target := targetOf(t, server)
	var running atomic.Int64
	t.Run("checks", func(t *testing.T) {
		for i := range 4 {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				running.Add(1)
				result := check(t, target, contract.Options{})
				blamesNobody(t, result)
				assert.Empty(t, result.Left)
			})
		}
	})
	assert.Equal(t, int64(4), running.Load())
	assert.Equal(t, before, snapshot(t, server))
}
