package document

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Operation is one of the eight operations, as far as reports need to know it.
type Operation struct {
	ID       string // operationId, such as "getAgentToken"
	Method   string
	Path     string // as the document has it, below the API's root: /projects/{id}/cluster_agents
	Summary  string
	Since    string // the first GitLab release that has it
	Edition  string // the edition that has it, if not every one
	Role     string // the lowest role for which it succeeds
	Heading  string // the heading of GitLab's documentation it comes from
	Position string // file:line:column

	Responses []Response // by status
}

// Response is a response that the document lists.
type Response struct {
	Status     int
	MediaTypes []string   // sorted; none if there is no body
	Headers    []Header   // by name
	Properties []Property // of the JSON body, in the order in which GitLab sends them
	Position   string
}

// Header is a header of a response.
type Header struct {
	Name     string
	Required bool
	Position string
}

// Property is a property of a JSON body.
type Property struct {
	Pointer  string   // a JSON pointer in which * stands for any index: /*/config_project/id
	Required bool     // it is always there
	Nullable bool     // it may be null
	Enum     []string // the values that it may have; none if that is not limited
	Secret   bool     // its value is a credential
	Since    string   // the first GitLab release that has it, if not that of the operation
	Edition  string   // the edition that has it, if not every one
	Position string
}

func describe(operations []*operation, at *positions) []Operation {
	var described []Operation
	for _, op := range operations {
		o := Operation{
			ID:       op.id,
			Method:   op.method,
			Path:     op.path,
			Summary:  op.spec.Summary,
			Since:    extension(op.spec.Extensions, "x-gitlab-since"),
			Edition:  extension(op.spec.Extensions, "x-gitlab-edition"),
			Role:     extension(op.spec.Extensions, "x-gitlab-role"),
			Heading:  extension(op.spec.Extensions, "x-gitlab-documentation"),
			Position: at.of(place{part: op.spec}),
		}
		for _, status := range op.statuses() {
			o.Responses = append(o.Responses, describeResponse(op.responses[status], at))
		}
		described = append(described, o)
	}
	slices.SortFunc(described, func(a, b Operation) int { return cmp.Compare(lineOf(a.Position), lineOf(b.Position)) })
	return described
}

func lineOf(position string) int {
	line, _, _ := strings.Cut(strings.TrimPrefix(position, file+":"), ":")
	n, _ := strconv.Atoi(line)
	return n
}

func describeResponse(res *response, at *positions) Response {
	r := Response{Status: res.status, MediaTypes: res.mediaTypes(), Position: at.of(place{part: res.spec})}
	for _, h := range res.headers {
		r.Headers = append(r.Headers, Header{Name: h.name, Required: h.spec.Required, Position: at.of(place{part: h.spec})})
	}
	for _, c := range res.content {
		if c.schema != nil {
			r.Properties = appendProperties(r.Properties, "", c.schema, nil, at)
		}
	}
	return r
}

// appendProperties appends the properties of the objects that a schema describes: in the order of "required", which is
// that in which GitLab sends them, then what is optional. What a schema says within itself is not said again.
func appendProperties(all []Property, pointer string, schema *openapi3.Schema, within []*openapi3.Schema, at *positions) []Property {
	if slices.Contains(within, schema) {
		return all
	}
	within = append(slices.Clip(within), schema)
	for _, alternative := range slices.Concat(schema.OneOf, schema.AnyOf, schema.AllOf) {
		all = appendProperties(all, pointer, alternative.Value, within, at)
	}
	if schema.Items != nil {
		all = appendProperties(all, pointer+"/*", schema.Items.Value, within, at)
	}
	names := slices.Clone(schema.Required)
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		ref := schema.Properties[name]
		if ref == nil {
			continue
		}
		p := Property{
			Pointer:  pointer + "/" + escapeName(name),
			Required: slices.Contains(schema.Required, name),
			Nullable: ref.Value.Nullable,
			Secret:   isSecret(ref.Value),
			Since:    extension(ref.Value.Extensions, "x-gitlab-since"),
			Edition:  extension(ref.Value.Extensions, "x-gitlab-edition"),
			Position: at.of(place{part: ref.Value}),
		}
		for _, value := range ref.Value.Enum {
			if s, ok := value.(string); ok {
				p.Enum = append(p.Enum, s)
			}
		}
		// Several alternatives may have a property of the same name; once is enough.
		if !slices.ContainsFunc(all, func(q Property) bool { return q.Pointer == p.Pointer }) {
			all = append(all, p)
		}
		all = appendProperties(all, p.Pointer, ref.Value, within, at)
	}
	return all
}
