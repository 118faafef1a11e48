package contract_test

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/internal/racedetector"
)

// TestOneScenario plays each scenario by itself. What it does not reach was not selected, and does not count.
func TestOneScenario(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	for _, scenario := range contract.Scenarios() {
		target := targetOf(t, fake(t)) // other checks would change a list in between
		target.Tokens[contract.Reader], target.Tokens[contract.Expired] = "glpat-reader", "glpat-expired"
		t.Run(scenario.Name, func(t *testing.T) {
			t.Parallel()
			result := check(t, target, contract.Options{Scenarios: []string{scenario.Name}})
			blamesNobody(t, result)
			assert.Equal(t, contract.Conformant, result.Exit(true), "%v", result.Missing())
			assert.Len(t, result.Scenarios, 1)
		})
	}
}

// TestSomeRules: on a healthy server, the rules of one subject are conformant though they do not use every operation.
func TestSomeRules(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"agents/sorted-by-name", "agent-names/*", "paths/*", "order/*", "pagination/*", "token-limit/*"} {
		t.Run(pattern, func(t *testing.T) {
			t.Parallel()
			result := check(t, targetOf(t, fake(t)), contract.Options{Rules: []string{pattern}}) // other checks would change a list in between
			blamesNobody(t, result)
			assert.Equal(t, contract.Conformant, result.Exit(true), "%v", result.Missing())
		})
	}
}

// TestEveryCreateIsRefused: once a server refuses everything, for good reasons or not, what it refuses proves nothing.
func TestEveryCreateIsRefused(t *testing.T) {
	t.Parallel()
	for path, rules := range map[string]string{"/cluster_agents": "agent-names/*", "/tokens": "tokens/name-*"} {
		server := fake(t)
		var creates atomic.Int64
		afterTheRehearsal := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, path) && creates.Add(1) > 1 {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(w, `{"message":"400 Bad request - [\"Name can't be blank\"]"}`)
				return
			}
			server.ServeHTTP(w, r)
		})
		result := check(t, targetOf(t, afterTheRehearsal), contract.Options{Rules: []string{rules}})
		assert.Greater(t, creates.Load(), int64(1))
		for _, rule := range result.Rules {
			assert.NotEqual(t, contract.Pass, rule.Outcome, rule.Rule.ID)
		}
	}
}

// TestSomeRulesThatCannotBeTested: rules that were asked for and could not be tested are not conformant.
func TestSomeRulesThatCannotBeTested(t *testing.T) {
	t.Parallel()
	server := fake(t)
	noTokens := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/tokens") {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		server.ServeHTTP(w, r)
	})
	result := check(t, targetOf(t, noTokens), contract.Options{Rules: []string{"token-limit/*"}, Clock: &jumpingClock{}})
	assert.Equal(t, contract.TooLittle, result.Exit(true))
}
