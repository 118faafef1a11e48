package document

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// outline is what of a schema is needed for what kin-openapi does not look for: properties that the document does not
// know, integers that are too large by less than a float64 can tell, and integers that are written as 5.0 or 5e0.
type outline struct {
	schema       *openapi3.Schema
	closed       bool // it lists all properties that there are
	known        []known
	alternatives []*outline // of oneOf
	entries      *outline   // of an array; nil if it is none
}

// known is a property that the document knows.
type known struct {
	name    string
	outline *outline
}

// newOutline makes the outline of a schema. Schemas that were seen already, as in those that contain themselves, are
// made only once.
func newOutline(schema *openapi3.Schema, seen map[*openapi3.Schema]*outline) *outline {
	if o := seen[schema]; o != nil {
		return o
	}
	o := &outline{
		schema: schema,
		closed: len(schema.Properties) > 0 && schema.AdditionalProperties.Has == nil && schema.AdditionalProperties.Schema == nil,
	}
	seen[schema] = o
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		o.known = append(o.known, known{name, newOutline(schema.Properties[name].Value, seen)})
	}
	for _, alternative := range schema.OneOf {
		o.alternatives = append(o.alternatives, newOutline(alternative.Value, seen))
	}
	if schema.Items != nil {
		o.entries = newOutline(schema.Items.Value, seen)
	}
	return o
}

// beyond reports what kin-openapi does not.
func (c *checker) beyond(value any, o *outline, path []string) {
	switch v := value.(type) {
	case json.Number:
		if o.schema.Format != "int64" {
			return
		}
		// OpenAPI 3.0 takes its integers from a draft of JSON Schema in which they have neither, and so have the types of
		// most languages.
		if strings.ContainsAny(string(v), ".eE") {
			if f, err := v.Float64(); err == nil && f == math.Trunc(f) {
				c.found("type", path, "an integer without a fraction or an exponent", show(v), place{part: o.schema, keyword: "type"})
			}
		} else if _, err := strconv.ParseInt(string(v), 10, 64); errors.Is(err, strconv.ErrRange) {
			c.found("format", path, constraint(o.schema, "format"), show(v), place{part: o.schema, keyword: "format"})
		}
	case []any:
		if o.entries != nil {
			for i, entry := range v {
				c.beyond(entry, o.entries, append(path, strconv.Itoa(i)))
			}
		}
	case map[string]any:
		if len(o.alternatives) > 0 {
			if o = o.meant(v); o == nil {
				return // kin-openapi has reported that
			}
		}
		c.properties(v, o, path)
	}
}

// meant is the only alternative whose required properties are there, or the only valid one of those; nil if there is
// none.
func (o *outline) meant(object map[string]any) *outline {
	meant := slices.DeleteFunc(slices.Clone(o.alternatives), func(a *outline) bool { return !hasAll(object, a.schema.Required) })
	if len(meant) > 1 {
		meant = slices.DeleteFunc(meant, func(a *outline) bool { return a.schema.VisitJSON(object, asResponse...) != nil })
	}
	if len(meant) != 1 {
		return nil
	}
	return meant[0]
}

func (c *checker) properties(object map[string]any, o *outline, path []string) {
	seen := 0
	for _, k := range o.known {
		if value, ok := object[k.name]; ok {
			seen++
			c.beyond(value, k.outline, append(path, k.name))
		}
	}
	if !o.closed || seen == len(object) {
		return
	}
	drift := *c
	drift.rule, drift.outcome = RuleUndeclaredProperty, Drift
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if o.schema.Properties[name] == nil && !forbids(o.schema, name) {
			drift.found("", append(path, name), "no property that the document does not know", shape(object[name]),
				place{part: o.schema, keyword: "properties"})
		}
	}
}

// forbids says whether a schema forbids a property: then it is known, and reported as what it is.
func forbids(schema *openapi3.Schema, name string) bool {
	return schema.Not != nil && slices.Contains(schema.Not.Value.Required, name)
}
