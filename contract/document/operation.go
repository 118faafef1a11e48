package document

import (
	"maps"
	"net/http"
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
	Role     string // the lowest role for which it succeeds
	Heading  string // the heading of GitLab's documentation it comes from
	Position string // file:line:column

	Responses []Response // by status
}

// Response is a response that the document lists.
type Response struct {
	Status     int
	MediaTypes []string // sorted; none if there is no body
	Headers    []Header // by name
	Properties []Property
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

// operation is an operation as checks need it.
type operation struct {
	Operation
	parameters   []*openapi3.Parameter
	body         *openapi3.RequestBody // nil if there is none
	bodyPosition string
	responses    map[int]*response
	responsesAt  string // where the responses are listed
}

type response struct {
	Response
	headers  []header
	content  []content
	contents string // where the content types are listed
}

type header struct {
	Header
	schema *openapi3.Schema
}

type content struct {
	mediaType string
	schema    *openapi3.Schema // nil if anything will do
	outline   *outline
	position  string
}

func newOperation(method, path string, item *openapi3.PathItem, o *openapi3.Operation) *operation {
	op := &operation{
		Operation: Operation{
			ID:       o.OperationID,
			Method:   method,
			Path:     path,
			Summary:  o.Summary,
			Since:    extension(o.Extensions, "x-gitlab-since"),
			Role:     extension(o.Extensions, "x-gitlab-role"),
			Heading:  extension(o.Extensions, "x-gitlab-documentation"),
			Position: position(o.Origin, ""),
		},
		responses:   map[int]*response{},
		responsesAt: position(o.Origin, "responses"),
	}
	for _, parameters := range []openapi3.Parameters{item.Parameters, o.Parameters} {
		for _, p := range parameters {
			op.parameters = append(op.parameters, p.Value)
		}
	}
	if o.RequestBody != nil {
		op.body = o.RequestBody.Value
		op.bodyPosition = position(o.Origin, "requestBody")
		if at := position(op.body.Origin, ""); at != "" {
			op.bodyPosition = at
		}
	}
	for code, r := range o.Responses.Map() {
		status, err := strconv.Atoi(code)
		if err != nil {
			continue // "default" and "4XX" would list what GitLab is not known to send; the document has none
		}
		op.responses[status] = newResponse(status, r.Value)
	}
	for _, status := range slices.Sorted(maps.Keys(op.responses)) {
		op.Responses = append(op.Responses, op.responses[status].Response)
	}
	return op
}

func newResponse(status int, r *openapi3.Response) *response {
	res := &response{
		Response: Response{Status: status, Position: position(r.Origin, "")},
		contents: position(r.Origin, "content"),
	}
	for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
		h := r.Headers[name].Value
		hd := header{Header: Header{Name: name, Required: h.Required, Position: position(h.Origin, "")}}
		if h.Schema != nil {
			hd.schema = h.Schema.Value
		}
		res.headers = append(res.headers, hd)
		res.Headers = append(res.Headers, hd.Header)
	}
	for _, mediaType := range slices.Sorted(maps.Keys(r.Content)) {
		m := r.Content[mediaType]
		c := content{mediaType: mediaType, position: position(m.Origin, "schema")}
		if m.Schema != nil && !m.Schema.Value.IsEmpty() {
			c.schema = m.Schema.Value
			c.outline = newOutline(c.schema, map[*openapi3.Schema]*outline{})
		}
		res.content = append(res.content, c)
		res.MediaTypes = append(res.MediaTypes, mediaType)
		if isJSON(mediaType) && c.schema != nil {
			res.Properties = appendProperties(res.Properties, "", c.schema)
		}
	}
	return res
}

// appendProperties appends the properties of the objects that a schema describes, in the order in which GitLab sends
// them: that of "required", then what is optional.
func appendProperties(properties []Property, pointer string, schema *openapi3.Schema) []Property {
	for _, alternative := range slices.Concat(schema.OneOf, schema.AnyOf, schema.AllOf) {
		properties = appendProperties(properties, pointer, alternative.Value)
	}
	if schema.Items != nil {
		properties = appendProperties(properties, pointer+"/*", schema.Items.Value)
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
			Position: position(ref.Value.Origin, ""),
		}
		for _, value := range ref.Value.Enum {
			if s, ok := value.(string); ok {
				p.Enum = append(p.Enum, s)
			}
		}
		// Several alternatives may have a property of the same name; once is enough.
		if !slices.ContainsFunc(properties, func(q Property) bool { return q.Pointer == p.Pointer }) {
			properties = append(properties, p)
		}
		properties = appendProperties(properties, p.Pointer, ref.Value)
	}
	return properties
}

// isSecret says whether the values of a schema are credentials.
func isSecret(schema *openapi3.Schema) bool {
	return schema.Format == "password" || schema.WriteOnly || schema.Extensions["x-gitlab-secret"] == true
}

func extension(extensions map[string]any, name string) string {
	s, _ := extensions[name].(string)
	return s
}

func isJSON(mediaType string) bool {
	return mediaType == "application/json" || strings.HasSuffix(mediaType, "+json")
}

// find is the content of a media type; nil if the document does not list it.
func (r *response) find(mediaType string) *content {
	kind, _, _ := strings.Cut(mediaType, "/")
	for _, want := range [...]string{mediaType, kind + "/*", "*/*"} {
		for i := range r.content {
			if r.content[i].mediaType == want {
				return &r.content[i]
			}
		}
	}
	return nil
}

// answersWithoutBody says whether a response never has a body, whatever its headers say.
func (r *response) answersWithoutBody(method string) bool {
	return method == http.MethodHead || len(r.content) == 0
}
