package words_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract/internal/words"
)

func TestCount(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"1 rule": words.Count(1, "rule"), "0 rules": words.Count(0, "rule"), "2 more entries": words.Count(2, "more entry"),
		"3 other places in this answer": words.Count(3, "other place in this answer"), "4 ways": words.Count(int64(4), "way"),
	} {
		assert.Equal(t, want, got)
	}
}

func TestListsOfWords(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"": words.List(nil, "or"), "a": words.List([]string{"a"}, "or"), "a or b": words.List([]string{"a", "b"}, "or"),
		"a, b and c": words.List([]string{"a", "b", "c"}, "and"), "a, b and 2 more": words.Some([]string{"a", "b", "c", "d"}, 2),
		"x and y": words.Some([]string{"x", "y"}, 2),
	} {
		assert.Equal(t, want, got)
	}
}
