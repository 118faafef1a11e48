package contract_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
)

func TestSelectRules(t *testing.T) {
	t.Parallel()
	ids := func(rules []*contract.Rule) (ids []string) {
		for _, rule := range rules {
			ids = append(ids, rule.ID)
		}
		return ids
	}
	selected, err := contract.SelectRules(nil, nil)
	require.NoError(t, err)
	assert.Equal(t, ids(contract.Rules()), ids(selected), "no pattern means all")

	selected, err = contract.SelectRules([]string{"token-limit/*"}, []string{"*/two*"})
	require.NoError(t, err)
	require.NotEmpty(t, selected)
	for _, id := range ids(selected) {
		assert.Regexp(t, "^token-limit/", id)
		assert.NotEqual(t, "token-limit/two-are-allowed", id)
	}
	for says, c := range map[string]struct{ only, skip []string }{
		`"nothing/*" matches no rule`: {[]string{"nothing/*"}, nil},
		`"nothing" matches no rule`:   {nil, []string{"nothing"}},
		`"[" cannot be read`:          {[]string{"["}, nil},
		"no rule is left":             {nil, []string{"*/*"}},
	} {
		_, err := contract.SelectRules(c.only, c.skip)
		assert.ErrorContains(t, err, says)
	}
}

// TestChoosingScenarios has a check with a pattern that matches no scenario: no request is made.
func TestChoosingScenarios(t *testing.T) {
	t.Parallel()
	_, err := contract.Run(t.Context(), contract.Target{URL: "http://127.0.0.1:1"}, contract.Options{Scenarios: []string{"no such*"}})
	assert.ErrorContains(t, err, `"no such*" matches no scenario`)
	assert.ErrorContains(t, err, "glagents scenarios")
	assert.NotEmpty(t, contract.Scenarios())
}

func TestEveryRuleIsJudgedOrProvenByAScenario(t *testing.T) {
	t.Parallel()
	proven := make(map[string]bool)
	for _, s := range contract.Scenarios() {
		for _, r := range s.Proves {
			proven[r.ID] = true
		}
	}
	result := verify(t, readFile(t, gitlab191), contract.JudgeOptions{})
	for _, r := range result.Rules {
		assert.True(t, proven[r.Rule.ID] || r.Reason.Code != "live-only", "nothing tests %s", r.Rule.ID)
	}
}
