package rule_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract/internal/rule"
)

func TestOutcomesAreWrittenAsText(t *testing.T) {
	t.Parallel()
	for o := rule.Untested; o <= rule.Violation; o++ {
		text, err := o.MarshalText()
		assert.NoError(t, err)
		var read rule.Outcome
		assert.NoError(t, read.UnmarshalText(text))
		assert.Equal(t, o, read)
		assert.NotContains(t, o.String(), "Outcome")
	}
	assert.Equal(t, "Outcome(-1)", rule.Outcome(-1).String())
	assert.Equal(t, "Outcome(6)", (rule.Violation + 1).String())
	var read rule.Outcome
	assert.ErrorContains(t, read.UnmarshalText([]byte("fine")), `unknown outcome "fine"`)
}
