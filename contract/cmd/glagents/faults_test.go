package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract/faults"
	"example.com/gitlab-agents/contract/internal/racedetector"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	out := glagents(t, nil, "faults")
	assert.Zero(t, out.status)
	assert.Equal(t, len(faults.All()), strings.Count(out.stdout, "\n"), "a line for each")

	out = glagents(t, nil, "faults", "third-token-4*", "receptive-on-ce")
	assert.Zero(t, out.status)
	assert.Equal(t, `third-token-409  16.2 on  A third token is refused with 409.
third-token-422  16.2 on  A third token is refused with 422.
receptive-on-ce  all, ce  Community Edition says whether an agent is receptive.
`, out.stdout)
}

func TestSelftest(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	out := glagents(t, nil, "selftest", "third-token-409", "slow")
	assert.Zero(t, out.status, out.stdout)
	assert.Contains(t, out.stdout, "✓ healthy 19.1 ce   nothing was found\n")
	assert.Contains(t, out.stdout, "✓ third-token-409   token-limit/third-is-refused")
	assert.Contains(t, out.stdout, "✓ slow              nothing was found\n")
	assert.Regexp(t, `\n✓ The suite notices what it claims, in 30 runs and \S+s\.\n`, out.stdout)
	assert.Contains(t, out.stdout, "  2 faults: 1 violation, 0 drifts, 0 inconclusive, 1 allowed. They violate 1 of the ")
	assert.NotContains(t, out.stdout, "no fault violates it", "not all of them were tried")
}

func TestFaultsBadUse(t *testing.T) {
	t.Parallel()
	for args, says := range map[string]string{
		"faults nothing-*":   `the pattern "nothing-*" matches no fault`,
		"faults [":           `the pattern "[" cannot be read`,
		"selftest nothing-*": `the pattern "nothing-*" matches no fault`,
		"selftest --loud":    "unknown flag: --loud",
	} {
		out := glagents(t, nil, strings.Fields(args)...)
		assert.Equal(t, 2, out.status, args)
		assert.Empty(t, out.stdout, args)
		assert.Contains(t, out.stderr, says, args)
	}
}
