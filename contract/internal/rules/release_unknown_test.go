package rules_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/internal/rules"
)

// unknown is a GitLab of which nothing is given.
var unknown = rule.Version{}

func TestAHealthy15WithoutAVersionHasNoViolation(t *testing.T) {
	t.Parallel()
	result := judged(t, unknown, lifeBefore16(newStream())...)
	assert.Empty(t, violations(result.Findings))
	shown := outcomeOf(t, result, "tokens/only-active-shown")
	assert.Equal(t, rule.Inconclusive, shown.Outcome)
	assert.Equal(t, rule.ReasonReleaseUnknown, shown.Reason.Code)
	assert.Contains(t, shown.Reason.Text, "--gitlab-version")
}

// TestRulesThatDependOnTheReleaseAreInconclusiveWithoutIt takes each broken stream of a rule that does not hold in every
// release, without the release: the rule is never violated.
func TestRulesThatDependOnTheReleaseAreInconclusiveWithoutIt(t *testing.T) {
	t.Parallel()
	depends := 0
	for _, entry := range rules.Catalogue() {
		holds, _ := entry.Rule.HoldsFor(unknown)
		if holds != rule.MayHold || entry.Judge == nil {
			continue
		}
		depends++
		for _, c := range broken[entry.Rule.ID] {
			t.Run(entry.Rule.ID+"/"+c.what, func(t *testing.T) {
				t.Parallel()
				result := judged(t, unknown, c.stream(newStream())...)
				if result.Release != (rule.Release{}) {
					t.Skip("the stream tells the release")
				}
				r := outcomeOf(t, result, entry.Rule.ID)
				if holds, _ := entry.Rule.HoldsFor(rule.Version{AtLeast: rule.GitLab(18, 5)}); holds == rule.DoesHold && r.Outcome == rule.Violation {
					return // the answers prove the release
				}
				assert.Equal(t, rule.Inconclusive, r.Outcome)
				assert.Equal(t, rule.ReasonReleaseUnknown, r.Reason.Code)
				assert.Contains(t, r.Reason.Text, "give --gitlab-version")
				assert.Empty(t, under(result.Findings, entry.Rule.ID))
			})
		}
	}
	assert.Greater(t, depends, 5)
}

func TestWhatAnswersProveAboutTheReleaseIsUsed(t *testing.T) {
	t.Parallel()
	revoked := func(s *stream) exchanges { // what no GitLab shows since 16.0
		return exchanges{answer(s.listTokens(5, 8), `"active"`, `"revoked"`)}
	}
	for what, proof := range map[string]func(s *stream) exchanges{
		"the release is asked for": func(s *stream) exchanges { return exchanges{s.metadata("17.0.1", false)} },
		"an agent has is_receptive": func(s *stream) exchanges {
			return exchanges{answer(s.readAgent(5, "a5"), `"created_by_user_id":42}`, `"created_by_user_id":42,"is_receptive":false}`)}
		},
		"a secret is routable": func(s *stream) exchanges {
			return exchanges{answer(s.createToken(9, 5), secretOf(9), routableSecret(payload))}
		},
		"a third token is refused": func(s *stream) exchanges {
			return exchanges{s.refused("POST", tokensPath(5), `{"name":"ci"}`, 400, "400 Bad request - An agent can have only two active tokens at a time")}
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := newStream()
			result := judged(t, unknown, append(proof(s), revoked(s)...)...)
			found := violations(result.Findings)
			require.Len(t, found, 1)
			assert.Equal(t, "tokens/only-active-shown", found[0].Rule)
		})
	}
}

func TestARuleForAllReleasesNeedsNoVersion(t *testing.T) {
	t.Parallel()
	s := newStream()
	result := judged(t, unknown, s.createToken(8, 5), answer(s.readToken(8, 5), `"ci"`, `"cd"`))
	assert.Equal(t, rule.Violation, outcomeOf(t, result, "tokens/never-change").Outcome)
}

// TestARuleThatMayHoldPassesIfItHeld has a rule of which the release is unknown hold in every exchange.
func TestARuleThatMayHoldPassesIfItHeld(t *testing.T) {
	t.Parallel()
	s := newStream()
	result := judged(t, unknown, s.listTokens(5, 8))
	assert.Equal(t, rule.Pass, outcomeOf(t, result, "tokens/only-active-shown").Outcome)
}
