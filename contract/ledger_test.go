package contract

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write golden files anew")

func TestLedger(t *testing.T) {
	t.Parallel()
	if *update {
		require.NoError(t, os.WriteFile("RULES.md", []byte(Ledger()), 0o644))
	}
	want, err := os.ReadFile("RULES.md")
	require.NoError(t, err)
	assert.Equal(t, string(want), Ledger(), "RULES.md is not what the catalogue says: go test ./contract -run Ledger -update")
}

func TestCatalogue(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	rules := Catalogue()
	for i := range rules {
		r := &rules[i]
		assert.Regexp(t, regexp.MustCompile(`^[a-z-]+/[a-z0-9.-]+$`), r.ID)
		assert.False(t, seen[r.ID], "%s is there twice", r.ID)
		seen[r.ID] = true
		assert.True(t, (r.Judge == nil) != (r.Probe == nil), "%s judges or probes, and not both", r.ID)
		assert.True(t, strings.HasSuffix(r.Sentence, ".") || strings.HasSuffix(r.Sentence, `."`), "%s: %q is no sentence", r.ID, r.Sentence)
		assert.NotEmpty(t, r.Source, "%s has no source", r.ID)
		if r.Judge != nil {
			assert.Equal(t, Needs{}, r.Needs, "%s judges, and so needs nothing", r.ID)
		}
	}
}

func TestParseRelease(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]Release{
		"16.2": {16, 2}, "19.1.0-pre": {19, 1}, "15.11.13-ee": {15, 11}, "v14.10.0": {14, 10}, "19.1-pre": {19, 1},
	} {
		got, err := ParseRelease(version)
		require.NoError(t, err, version)
		assert.Equal(t, want, got, version)
	}
	for _, version := range []string{"", "16", "x.y", "-1.2", "0.0", "latest", "16.", ".2"} {
		_, err := ParseRelease(version)
		assert.Error(t, err, version)
	}
}
