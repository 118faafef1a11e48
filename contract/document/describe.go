package document

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"

	"example.com/gitlab-agents/contract/internal/words"
	"example.com/gitlab-agents/contract/redact"
)

// shape describes a value without showing it.
func shape(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case json.Number:
		return "a number"
	case string:
		if v == "" {
			return "an empty string"
		}
		return "a string of " + words.Count(utf8.RuneCountInString(v), "character")
	case []any:
		if len(v) == 0 {
			return "an empty array"
		}
		return "an array of " + words.Count(len(v), "entry")
	case map[string]any:
		if len(v) == 0 {
			return "an empty object"
		}
		return "an object with " + words.Count(len(v), "property")
	}
	return "a value"
}

// show describes a value of a property that is not secret. It shows only short values that can't be secrets.
func show(value any) string {
	switch v := value.(type) {
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		if len(v) <= 24 {
			return "the number " + string(v)
		}
		return "a number of " + words.Count(len(v), "character")
	case string:
		if v != "" && isHarmless(v) {
			return "the string " + strconv.Quote(v)
		}
	}
	return shape(value)
}

// isHarmless says whether a text can be shown. GitLab's secrets are longer; short ones that people chose, and of which
// we know nothing here, are removed where a finding is printed.
func isHarmless(s string) bool {
	if isDate.MatchString(s) {
		return true
	}
	return len(s) < 16 && !redact.HasTokenPrefix(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

var isDate = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}[T ]?[0-9:., TZ+-]{0,30}$`)

// shownName is a property's name as it can be shown. Names come from the server too.
func shownName(name string) string {
	switch {
	case redact.HasTokenPrefix(name):
		return redact.Redacted
	case len(name) > 64:
		return strings.ToValidUTF8(name[:16], "") + "…"
	case strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return strconv.Quote(name)
	}
	return name
}

// object describes an object by the names of its properties.
func object(o map[string]any) string {
	if len(o) == 0 {
		return "an empty object"
	}
	const most = 6
	names := make([]string, 0, len(o))
	for name := range o {
		names = append(names, name)
	}
	slices.Sort(names)
	more := ""
	if len(names) > most {
		more = fmt.Sprintf(" and %d more", len(names)-most)
		names = names[:most]
	}
	for i, name := range names {
		names[i] = strconv.Quote(shownName(name))
	}
	if more != "" {
		return "an object with " + strings.Join(names, ", ") + more
	}
	return "an object with " + words.List(names, "and")
}

// constraint says what a keyword of a schema asks for.
func constraint(schema *openapi3.Schema, keyword string) string {
	switch keyword {
	case "type", "nullable":
		return typeName(schema)
	case "enum":
		var values []string
		for _, v := range schema.Enum {
			text, _ := json.Marshal(v) // of the document, not of the server
			values = append(values, string(text))
		}
		return words.List(values, "or")
	case "minLength":
		return "a string of at least " + words.Count(int(schema.MinLength), "character")
	case "maxLength":
		return "a string of at most " + words.Count(int(*schema.MaxLength), "character")
	case "minItems":
		return "at least " + words.Count(int(schema.MinItems), "entry")
	case "maxItems":
		return "at most " + words.Count(int(*schema.MaxItems), "entry")
	case "minimum":
		return typeName(schema) + " of at least " + number(*schema.Min)
	case "maximum":
		return typeName(schema) + " of at most " + number(*schema.Max)
	case "pattern":
		return "a string that matches " + schema.Pattern
	case "format":
		switch schema.Format {
		case "date-time":
			return "a date and time that exist (RFC 3339)"
		case "int32":
			return "an integer of 32 bits"
		case "int64":
			return "an integer of 64 bits"
		}
		return "the format " + schema.Format
	case "anyOf", "oneOf":
		var alternatives []string
		for _, a := range slices.Concat(schema.OneOf, schema.AnyOf) {
			alternatives = append(alternatives, expectation(a.Value))
		}
		return words.List(alternatives, "or")
	}
	return "what " + strconv.Quote(keyword) + " says in the schema"
}

// expectation says in short what a schema asks for.
func expectation(schema *openapi3.Schema) string {
	switch {
	case len(schema.OneOf)+len(schema.AnyOf) > 0:
		return constraint(schema, "anyOf")
	case len(schema.Enum) > 0:
		return constraint(schema, "enum")
	case schema.Pattern != "":
		return constraint(schema, "pattern")
	case len(schema.Required) > 0:
		names := make([]string, len(schema.Required))
		for i, name := range schema.Required {
			names[i] = strconv.Quote(name)
		}
		return "an object with " + words.List(names, "and")
	}
	return typeName(schema) + bounds(schema)
}

func bounds(schema *openapi3.Schema) string {
	switch {
	case schema.Min != nil && schema.Max != nil:
		return " from " + number(*schema.Min) + " to " + number(*schema.Max)
	case schema.Min != nil:
		return " of at least " + number(*schema.Min)
	case schema.Max != nil:
		return " of at most " + number(*schema.Max)
	}
	return ""
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func typeName(schema *openapi3.Schema) string {
	var names []string
	for _, name := range schema.Type.Slice() {
		switch name {
		case openapi3.TypeArray, openapi3.TypeInteger, openapi3.TypeObject:
			names = append(names, "an "+name)
		default:
			names = append(names, "a "+name)
		}
	}
	if schema.Nullable {
		names = append(names, "null")
	}
	if len(names) == 0 {
		return "a value"
	}
	return words.List(names, "or")
}
