package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract/faults"
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
	notWithRace(t)
	t.Parallel()
	out := glagents(t, nil, "selftest", "third-token-409", "slow")
	assert.Zero(t, out.status, out.stdout)
	assert.Contains(t, out.stdout, "✓ healthy 19.1 ce  -\n")
	assert.Contains(t, out.stdout, "✓ third-token-409  token-limit/third-is-refused")
	assert.Contains(t, out.stdout, "✓ slow             -\n")
	assert.Contains(t, out.stdout, "0 problems")
	assert.NotContains(t, out.stdout, "no fault kills it", "not all of them were tried")
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
