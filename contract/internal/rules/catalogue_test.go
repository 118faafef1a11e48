package rules_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/document"
	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/rules"
)

func TestCatalogue(t *testing.T) {
	t.Parallel()
	doc, err := document.Load()
	require.NoError(t, err)
	operations := make(map[string]bool)
	for _, o := range doc.Operations() {
		operations[o.ID] = true
	}
	seen := make(map[string]bool)
	for _, entry := range rules.Catalogue() {
		r := entry.Rule
		assert.Regexp(t, regexp.MustCompile(`^[a-z-]+/[a-z0-9.-]+$`), r.ID)
		assert.False(t, seen[r.ID], "%s is in the catalogue twice", r.ID)
		seen[r.ID] = true
		assert.True(t, strings.HasSuffix(r.Sentence, ".") || strings.HasSuffix(r.Sentence, `."`), "%s: %q is no sentence", r.ID, r.Sentence)
		assert.NotEmpty(t, r.Source.Name, "%s has no source", r.ID)
		assert.True(t, r.Until.IsZero() || r.Since.Before(r.Until), "%s holds for no release", r.ID)
		if entry.Judge == nil {
			assert.Zero(t, entry.Reads, "%s has no judge that reads", r.ID)
			assert.False(t, entry.AnyAnswerer || entry.OnlyErrors, "%s has no judge", r.ID)
		}
		if entry.OnlyErrors {
			assert.NotZero(t, entry.Reads&judge.ResponseBody, r.ID)
		}
		for _, operation := range r.Operations {
			assert.True(t, operations[operation], "%s is about an unknown operation, %s", r.ID, operation)
		}
	}
	assert.True(t, seen[rules.AnsweredByGitLab.ID])
}

// TestEveryRuleIsInTheCatalogue reads the source: a rule that is declared is tested.
func TestEveryRuleIsInTheCatalogue(t *testing.T) {
	t.Parallel()
	listed := make(map[string]bool)
	for _, entry := range rules.Catalogue() {
		listed[entry.Rule.ID] = true
	}
	declared := regexp.MustCompile(`(?m)^\tID: +"([^"]+)",$`)
	files, err := os.ReadDir(".")
	require.NoError(t, err)
	found := 0
	for _, file := range files {
		if strings.HasSuffix(file.Name(), "_test.go") || !strings.HasSuffix(file.Name(), ".go") {
			continue
		}
		source, err := os.ReadFile(file.Name())
		require.NoError(t, err)
		for _, m := range declared.FindAllStringSubmatch(string(source), -1) {
			found++
			assert.True(t, listed[m[1]], "%s declares %s, which is not in the catalogue", file.Name(), m[1])
			subject, _, _ := strings.Cut(m[1], "/")
			subject = strings.TrimSuffix(strings.ReplaceAll(subject, "-", "_"), "s")
			assert.True(t, strings.HasPrefix(file.Name(), subject), "%s is not the file of %s", file.Name(), m[1])
		}
	}
	assert.Equal(t, len(listed), found)
}
