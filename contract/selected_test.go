package contract_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract"
)

// TestOneScenario plays each scenario by itself. What it does not reach was not selected, and does not count.
func TestOneScenario(t *testing.T) {
	t.Parallel()
	server := fake(t)
	for _, scenario := range contract.Scenarios() {
		target := targetOf(t, server)
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
