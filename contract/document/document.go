// Package document validates real exchanges against the OpenAPI document: it loads the document with kin-openapi, finds
// the operation of a request, and checks the request and response of one exchange.
//
// kin-openapi does the validation against schemas. What it leaves open is closed here: statuses, content types and
// bodies that the document does not list, properties it does not know, JSON that readers understand
// differently, and findings that stop at the first or show a secret.
package document

import (
	"fmt"
	"net/url"
	"slices"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"

	"example.com/gitlab-agents/openapi"
)

// Document is the OpenAPI document, loaded. It never changes; any number of goroutines may use it.
type Document struct {
	operations []*operation // in no order
	routes     []route
	positions  *positions
	described  func() []Operation
}

// Load returns the document. It is read once, at the first call (about 15 ms); the positions of its parts are read when
// the first of them is asked for (about 30 ms).
func Load() (*Document, error) { return load() }

var load = sync.OnceValues(func() (*Document, error) { return read(openapi.Document) })

func read(data []byte) (*Document, error) {
	spec, err := readSpec(data, false)
	if err != nil {
		return nil, err
	}
	d := &Document{positions: newPositions(data, spec)}
	options := responseOptions(data)
	for template, item := range spec.Paths.Map() {
		r := newRoute(template)
		for method, o := range item.Operations() {
			op := newOperation(method, template, item, o, options)
			r.operations[method] = op
			d.operations = append(d.operations, op)
		}
		d.routes = append(d.routes, r)
	}
	d.described = sync.OnceValue(func() []Operation { return describe(d.operations, d.positions) })
	return d, nil
}

func readSpec(data []byte, includeOrigin bool) (*openapi3.T, error) {
	loader := openapi3.NewLoader()
	loader.IncludeOrigin = includeOrigin
	spec, err := loader.LoadFromDataWithPath(data, &url.URL{Path: file})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return spec, nil
}

// Operations returns the operations in the document's order. What they hold must not be changed.
func (d *Document) Operations() []Operation { return slices.Clone(d.described()) }
