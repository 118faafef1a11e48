package document

import (
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
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
	number, _ := parse([]byte(strings.Repeat("1", 24)))
	assert.Equal(t, "the number "+strings.Repeat("1", 24), show(number))
	number, _ = parse([]byte(strings.Repeat("1", 25)))
	assert.Equal(t, "a number of 25 characters", show(number))
	number, _ = parse([]byte("-1.5e3"))
	assert.Equal(t, "the number -1.5e3", show(number))
}

func TestShownName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"name":                  "name",
		strings.Repeat("n", 64): strings.Repeat("n", 64),
		strings.Repeat("n", 65): strings.Repeat("n", 16) + "…",
		"a\nb":                  `"a\nb"`,
		"glpat-x":               "[redacted]",
	} {
		assert.Equal(t, want, shownName(name))
	}
}

func TestObject(t *testing.T) {
	t.Parallel()
	o := map[string]any{}
	for _, want := range []string{
		`an empty object`, `an object with "a"`, `an object with "a" and "b"`, `an object with "a", "b" and "c"`, `an object with "a", "b", "c" and "d"`,
		`an object with "a", "b", "c", "d" and "e"`, `an object with "a", "b", "c", "d", "e" and "f"`, `an object with "a", "b", "c", "d", "e", "f" and 1 more`,
	} {
		assert.Equal(t, want, object(o))
		o[string(rune('a'+len(o)))] = true
	}
}

func TestExpectation(t *testing.T) {
	t.Parallel()
	one, two := 1.0, 2.0
	integer := func(low, high *float64) *openapi3.Schema {
		return &openapi3.Schema{Type: &openapi3.Types{"integer"}, Min: low, Max: high}
	}
	either := openapi3.SchemaRefs{openapi3.NewSchemaRef("", integer(&one, nil)), openapi3.NewSchemaRef("", &openapi3.Schema{Enum: []any{"x", nil}})}
	for _, tt := range []struct {
		schema *openapi3.Schema
		want   string
	}{
		{integer(nil, nil), "an integer"},
		{integer(&one, nil), "an integer of at least 1"},
		{integer(nil, &two), "an integer of at most 2"},
		{integer(&one, &two), "an integer from 1 to 2"},
		{&openapi3.Schema{OneOf: either}, `an integer of at least 1 or "x" or null`},
		{&openapi3.Schema{AnyOf: either}, `an integer of at least 1 or "x" or null`},
		{&openapi3.Schema{Pattern: "^x$"}, "a string that matches ^x$"},
		{&openapi3.Schema{Required: []string{"a", "b"}}, `an object with "a" and "b"`},
		{&openapi3.Schema{Type: &openapi3.Types{"string"}, Nullable: true}, "a string or null"},
		{&openapi3.Schema{}, "a value"},
	} {
		assert.Equal(t, tt.want, expectation(tt.schema))
	}
}
