package document

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestShow(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		value any
		want  string
	}{
		{nil, "null"},
		{true, "true"},
		{"", "an empty string"},
		{"x", `the string "x"`},
		{`"ü"`, `the string "\"ü\""`},
		{strings.Repeat("ü", 7), `the string "üüüüüüü"`},
		{strings.Repeat("x", 15), `the string "xxxxxxxxxxxxxxx"`},
		{strings.Repeat("x", 16), "a string of 16 characters"},
		{"a\nb", "a string of 3 characters"},
		{"glpat-x", "a string of 7 characters"},
		{"2022-02-30T14:12:11.497+09:00", `the string "2022-02-30T14:12:11.497+09:00"`},
		{"2022-02-30 is a secret", "a string of 22 characters"},
		{[]any{}, "an empty array"},
		{[]any{1}, "an array of 1 entry"},
		{map[string]any{}, "an empty object"},
		{map[string]any{"a": 1}, "an object with 1 property"},
	} {
		assert.Equal(t, tt.want, show(tt.value))
	}
	number, _ := parse([]byte(strings.Repeat("1", 25)))
	assert.Equal(t, "a number of 25 characters", show(number))
	number, _ = parse([]byte("-1.5e3"))
	assert.Equal(t, "the number -1.5e3", show(number))
}
