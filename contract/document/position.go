package document

import (
	"strconv"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
)

// file is where the document stands in the repository. Positions begin with it.
const file = "openapi/openapi.yaml"

// place is a keyword of a part of the document: of an [openapi3.Schema], an [openapi3.Response] and so on.
type place struct {
	part    any    // a pointer; nil if no part of the document is meant
	keyword string // empty for the part as a whole
	item    string // one of the names that the keyword lists, or empty
}

// positions knows where the parts of a document stand. That takes as long as loading the document does, and most runs
// find nothing wrong, so it is looked up when first needed.
type positions struct {
	origins func() map[any]*openapi3.Origin
}

func newPositions(data []byte, spec *openapi3.T) *positions {
	return &positions{origins: sync.OnceValue(func() map[any]*openapi3.Origin {
		located, err := readSpec(data, true)
		if err != nil { // it was read without error before
			return nil
		}
		p := pairing{}
		p.paths(spec.Paths, located.Paths)
		return p
	})}
}

// of is where a place is, as file:line:column: the item, or else the keyword, or else where the part begins. It is empty
// if that is not known, as for schemas written in one line with their keyword.
func (p *positions) of(at place) string {
	if at.part == nil {
		return ""
	}
	origin := p.origins()[at.part]
	if origin == nil {
		return ""
	}
	for _, location := range origin.Sequences[at.keyword] {
		if location.Name == at.item {
			return positionOf(location)
		}
	}
	if location, ok := origin.Fields.Lookup(at.keyword); ok {
		return positionOf(location)
	}
	if origin.Key != nil {
		return positionOf(*origin.Key)
	}
	return ""
}

func positionOf(at openapi3.Location) string {
	return at.File + ":" + strconv.Itoa(at.Line) + ":" + strconv.Itoa(at.Column)
}

// pairing has the origin of each part of a document that was loaded without them, from the same document loaded with
// them.
type pairing map[any]*openapi3.Origin

func (p pairing) paths(a, b *openapi3.Paths) {
	for path, item := range a.Map() {
		other := b.Value(path)
		p.parameters(item.Parameters, other.Parameters)
		for method, op := range item.Operations() {
			p.operation(op, other.GetOperation(method))
		}
	}
}

func (p pairing) operation(a, b *openapi3.Operation) {
	p[a] = b.Origin
	p.parameters(a.Parameters, b.Parameters)
	if a.RequestBody != nil {
		p.content(a.RequestBody.Value.Content, b.RequestBody.Value.Content)
	}
	for status, response := range a.Responses.Map() {
		r, other := response.Value, b.Responses.Value(status).Value
		p[r] = other.Origin
		p.content(r.Content, other.Content)
		for name, header := range r.Headers {
			p[header.Value] = other.Headers[name].Value.Origin // kin-openapi does not say where its schema stands
		}
	}
}

func (p pairing) parameters(a, b openapi3.Parameters) {
	for i := range a {
		p.schema(a[i].Value.Schema, b[i].Value.Schema)
	}
}

func (p pairing) content(a, b openapi3.Content) {
	for mediaType := range a {
		p[a[mediaType]] = b[mediaType].Origin
		p.schema(a[mediaType].Schema, b[mediaType].Schema)
	}
}

func (p pairing) schema(a, b *openapi3.SchemaRef) {
	if a == nil {
		return
	}
	if _, seen := p[a.Value]; seen {
		return
	}
	p[a.Value] = b.Value.Origin
	p.schema(a.Value.Not, b.Value.Not)
	p.schema(a.Value.Items, b.Value.Items)
	for i := range a.Value.OneOf {
		p.schema(a.Value.OneOf[i], b.Value.OneOf[i])
	}
	for i := range a.Value.AnyOf {
		p.schema(a.Value.AnyOf[i], b.Value.AnyOf[i])
	}
	for i := range a.Value.AllOf {
		p.schema(a.Value.AllOf[i], b.Value.AllOf[i])
	}
	for name := range a.Value.Properties {
		p.schema(a.Value.Properties[name], b.Value.Properties[name])
	}
}
