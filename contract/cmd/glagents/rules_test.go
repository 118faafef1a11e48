package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
)

func TestRules(t *testing.T) {
	t.Parallel()
	out := glagents(t, nil, "rules")
	assert.Zero(t, out.status)
	assert.Equal(t, len(contract.Rules()), strings.Count(out.stdout, "\n"), "a line for each")

	out = glagents(t, nil, "rules", "token-limit/*", "tokens/secret-on-create")
	assert.Zero(t, out.status)
	for line := range strings.Lines(out.stdout) {
		assert.Regexp(t, `^(token-limit/\S+|tokens/secret-on-create) +(MUST|SHOULD) +.*\.\n$`, line)
	}

	out = glagents(t, nil, "rules", "--format", "json", "tokens/secret-only-on-create")
	assert.Zero(t, out.status)
	var rules []map[string]any
	require.NoError(t, json.Unmarshal([]byte(out.stdout), &rules))
	require.Len(t, rules, 1)
	assert.Equal(t, "tokens/secret-only-on-create", rules[0]["id"])
	assert.Equal(t, "MUST", rules[0]["level"])
	assert.Equal(t, "15.0", rules[0]["since"])
	assert.Contains(t, rules[0]["source"], "name")
}

func TestRulesBadUse(t *testing.T) {
	t.Parallel()
	for args, says := range map[string]string{
		"rules nothing/*":     `the pattern "nothing/*" matches no rule`,
		"rules [":             `the pattern "[" cannot be read`,
		"rules --format yaml": `--format yaml`,
		"rules --colour":      "unknown flag: --colour",
	} {
		out := glagents(t, nil, strings.Fields(args)...)
		assert.Equal(t, 2, out.status, args)
		assert.Empty(t, out.stdout, args)
		assert.Contains(t, out.stderr, says, args)
	}
	out := glagents(t, nil, "rules", "--help")
	assert.Zero(t, out.status)
	assert.Contains(t, out.stdout, "--format")
}
