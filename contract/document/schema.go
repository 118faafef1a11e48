package document

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"
)

// visit are the options with which kin-openapi validates. It never renders a value into an error, and reports all that
// it sees; [outline] is for what it does not see.
func visit(more ...openapi3.SchemaValidationOption) []openapi3.SchemaValidationOption {
	return append(more, openapi3.MultiErrors(), openapi3.DisableSchemaErrorDetails())
}

var (
	asRequest  = visit(openapi3.VisitAsRequest())
	asResponse = visit(openapi3.VisitAsResponse())
	asAny      = visit()
)

// responseOptions are how the responses of a document are validated. VisitAsResponse forbids properties that are
// writeOnly, and takes a tenth of the time, so it is left out where a document has none.
func responseOptions(document []byte) []openapi3.SchemaValidationOption {
	if bytes.Contains(document, []byte("writeOnly")) {
		return asResponse
	}
	return asAny
}

// checker validates values against schemas.
type checker struct {
	*findings
	rule    string
	outcome Outcome
	options []openapi3.SchemaValidationOption
	what    string // what is checked, as "header X-Page: "; empty for the response body
	place   place  // of what is checked, for schemas whose own is not known

	changed, original *openapi3.Schema // a schema that is checked in place of one of the document
}

// check validates a value with kin-openapi, and says whether it is valid.
func (c *checker) check(value any, schema *openapi3.Schema, path []string) bool {
	err := schema.VisitJSON(value, c.options...)
	if err != nil {
		c.report(err, value, path)
	}
	return err == nil
}

// report turns kin-openapi's errors into findings, by place, keyword and value. The texts of errors are not used: they
// are kin-openapi's to change.
func (c *checker) report(err error, value any, path []string) {
	switch e := err.(type) {
	case openapi3.MultiError:
		for _, err := range e {
			c.report(err, value, path)
		}
	case *openapi3.SchemaError:
		where := e.JSONPointer()
		if _, ok := e.Value.(float64); ok {
			e.Value = at(value, where) // the digits that came
		}
		c.reportSchema(e, slices.Concat(path, where))
	default:
		c.found("schema", path, "a value that can be held against the schema", "another one", c.place)
	}
}

func (c *checker) reportSchema(e *openapi3.SchemaError, path []string) {
	schema := e.Schema
	if schema == c.changed {
		schema = c.original
	}
	switch e.SchemaField {
	case "not":
		c.forbidden(schema, e.Value, path)
		return
	case "oneOf":
		c.noneOf(schema, e.Value, path)
		return
	case "required":
		name := path[len(path)-1]
		c.found("required", path, "property "+strconv.Quote(name), "no such property", place{schema, "required", name})
		return
	}
	actual := show(e.Value)
	if isSecret(schema) {
		actual = shape(e.Value)
	}
	c.found(e.SchemaField, path, constraint(schema, e.SchemaField), actual, place{part: schema, keyword: e.SchemaField})
}

// at is the value to which a path leads.
func at(value any, path []string) any {
	for _, name := range path {
		switch v := value.(type) {
		case map[string]any:
			value = v[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(v) {
				return nil
			}
			value = v[i]
		}
	}
	return value
}

func (c *checker) found(kind string, path []string, expected, actual string, because place) {
	if c.positions.of(because) == "" {
		because = c.place
	}
	c.add(c.what+kind, path, because, Finding{
		Rule: c.rule, Outcome: c.outcome, Expected: c.what + expected, Actual: c.what + actual,
	})
}

// forbidden reports the properties that an object must not have. kin-openapi looks no further once "not" is broken, so
// the value is checked once more without it.
func (c *checker) forbidden(schema *openapi3.Schema, value any, path []string) {
	known := false
	if object, ok := value.(map[string]any); ok {
		rule := *c
		if name := extension(schema.Extensions, "x-gitlab-rule"); name != "" {
			rule.rule = name
		}
		for _, name := range schema.Not.Value.Required {
			known = true
			rule.found("not", append(slices.Clip(path), name), "no property "+strconv.Quote(name), shape(object[name]),
				place{part: schema.Not.Value})
		}
	}
	rest := *c
	changed := *schema
	changed.Not = nil
	rest.changed, rest.original = &changed, schema
	if rest.check(value, &changed, path) && !known {
		c.found("not", path, constraint(schema, "not"), shape(value), place{part: schema, keyword: "not"})
	}
}

// noneOf reports that a value is not exactly one of several alternatives. Which one was meant follows from the
// properties that are there; what is wrong with that one is what the reader has to know.
func (c *checker) noneOf(schema *openapi3.Schema, value any, path []string) {
	actual := shape(value)
	if o, ok := value.(map[string]any); ok {
		var meant []*openapi3.Schema
		for _, alternative := range schema.OneOf {
			if hasAll(o, alternative.Value.Required) {
				meant = append(meant, alternative.Value)
			}
		}
		if len(meant) == 1 && !c.check(value, meant[0], path) {
			return
		}
		actual = object(o)
	}
	c.found("oneOf", path, constraint(schema, "oneOf"), actual, place{part: schema})
}

func hasAll(object map[string]any, names []string) bool {
	for _, name := range names {
		if _, ok := object[name]; !ok {
			return false
		}
	}
	return true
}
