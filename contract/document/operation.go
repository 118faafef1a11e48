package document

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// operation is an operation as checks need it.
type operation struct {
	id, method, path string
	spec             *openapi3.Operation
	parameters       []*openapi3.Parameter
	body             *openapi3.RequestBody // nil if there is none
	responses        map[int]*response
}

// response is a response that the document lists.
type response struct {
	status  int
	spec    *openapi3.Response
	headers []header  // by name
	content []content // by media type; none if there is no body
	options []openapi3.SchemaValidationOption
}

type header struct {
	name string
	spec *openapi3.Header
}

type content struct {
	mediaType string
	spec      *openapi3.MediaType
	schema    *openapi3.Schema // nil if anything will do
	outline   *outline
}

func newOperation(method, path string, item *openapi3.PathItem, o *openapi3.Operation, options []openapi3.SchemaValidationOption) *operation {
	op := &operation{id: o.OperationID, method: method, path: path, spec: o, responses: map[int]*response{}}
	for _, p := range slices.Concat(item.Parameters, o.Parameters) {
		op.parameters = append(op.parameters, p.Value)
	}
	if o.RequestBody != nil {
		op.body = o.RequestBody.Value
	}
	for code, r := range o.Responses.Map() {
		status, err := strconv.Atoi(code)
		if err != nil {
			continue // "default" and "4XX" would list what GitLab is not known to send; the document has none
		}
		op.responses[status] = newResponse(status, r.Value, options)
	}
	return op
}

func newResponse(status int, r *openapi3.Response, options []openapi3.SchemaValidationOption) *response {
	res := &response{status: status, spec: r, options: options}
	for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
		res.headers = append(res.headers, header{name, r.Headers[name].Value})
	}
	for _, mediaType := range slices.Sorted(maps.Keys(r.Content)) {
		c := content{mediaType: mediaType, spec: r.Content[mediaType]}
		if ref := c.spec.Schema; ref != nil && !ref.Value.IsEmpty() {
			c.schema = ref.Value
			c.outline = newOutline(c.schema, map[*openapi3.Schema]*outline{})
		}
		res.content = append(res.content, c)
	}
	return res
}

// statuses are the statuses that the document lists, in order.
func (op *operation) statuses() []int { return slices.Sorted(maps.Keys(op.responses)) }

// mediaTypes are the content types that the document lists, in order.
func (res *response) mediaTypes() (mediaTypes []string) {
	for _, c := range res.content {
		mediaTypes = append(mediaTypes, c.mediaType)
	}
	return mediaTypes
}

// find is the content of a media type; nil if the document does not list it.
func (res *response) find(mediaType string) *content {
	kind, _, _ := strings.Cut(mediaType, "/")
	for _, want := range [...]string{mediaType, kind + "/*", "*/*"} {
		for i := range res.content {
			if res.content[i].mediaType == want {
				return &res.content[i]
			}
		}
	}
	return nil
}

// hasNoBody says whether the answer to a method never has a body, whatever its headers say.
func (res *response) hasNoBody(method string) bool {
	return method == http.MethodHead || len(res.content) == 0
}

func isJSON(mediaType string) bool {
	return mediaType == "application/json" || strings.HasSuffix(mediaType, "+json")
}

// isSecret says whether the values of a schema are credentials.
func isSecret(schema *openapi3.Schema) bool {
	return schema.Format == "password" || schema.WriteOnly || schema.Extensions["x-gitlab-secret"] == true
}

func extension(extensions map[string]any, name string) string {
	s, _ := extensions[name].(string)
	return s
}

// HasQuery says whether an operation has a query parameter.
func (d *Document) HasQuery(operation, name string) bool {
	for _, op := range d.operations {
		if op.id == operation {
			return slices.ContainsFunc(op.parameters, func(p *openapi3.Parameter) bool { return p.In == openapi3.ParameterInQuery && p.Name == name })
		}
	}
	return false
}
