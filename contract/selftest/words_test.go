package selftest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/faults"
	"example.com/gitlab-agents/contract/selftest"
)

// TestSummaryInWords: one is singular, and others are plural.
func TestSummaryInWords(t *testing.T) {
	t.Parallel()
	slow, err := faults.Named("slow")
	require.NoError(t, err)
	one := &selftest.Matrix{
		Healthy: []*selftest.Run{{Profile: selftest.Profiles()[0], Problems: []string{"x"}}},
		Broken:  []*selftest.Run{{Fault: &slow}},
	}
	assert.Regexp(t, `^1 fault: 0 violations, 0 drifts, 0 inconclusive, 1 allowed\. They violate 0 of the \d+ MUST rules\. 1 run of the healthy fake: 1 problem\.$`, one.Summary())
	missing, err := faults.Named("secret-missing")
	require.NoError(t, err)
	two := &selftest.Matrix{
		Healthy: []*selftest.Run{{Profile: selftest.Profiles()[0]}, {Profile: selftest.Profiles()[1]}},
		Broken:  []*selftest.Run{{Fault: &slow}, {Fault: &missing, Noticed: missing.Rules}},
	}
	assert.Regexp(t, `^2 faults: 1 violation, 0 drifts, 0 inconclusive, 1 allowed\. They violate [12] of the \d+ MUST rules\. 2 runs of the healthy fake: nothing was found\.$`, two.Summary())
	for _, jargon := range []string{"kill", "profile"} {
		assert.NotContains(t, strings.ToLower(two.Markdown()), jargon)
	}
}
