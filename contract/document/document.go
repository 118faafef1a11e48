// Package document holds real exchanges against the OpenAPI document: it loads the document with kin-openapi, tells
// which operation a request is, and checks request and response of one exchange.
//
// kin-openapi does the validation against schemas. What it leaves open is closed here: statuses, content types and
// bodies that the document does not list, properties it does not know, dates that do not exist, JSON that readers
// understand differently, and findings that stop at the first or show a secret.
package document

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"

	"example.com/gitlab-agents/openapi"
)

// file is where the document stands in the repository. Positions begin with it.
const file = "openapi/openapi.yaml"

// Document is the OpenAPI document, loaded. It never changes; any number of goroutines may use it.
type Document struct {
	operations []*operation // in the document's order
	routes     []route
}

// Load returns the document. It is read once, at the first call (about 30 ms).
func Load() (*Document, error) { return load() }

var load = sync.OnceValues(func() (*Document, error) { return read(openapi.Document) })

func read(data []byte) (*Document, error) {
	loader := openapi3.NewLoader()
	loader.IncludeOrigin = true
	spec, err := loader.LoadFromDataWithPath(data, &url.URL{Path: file})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	d := &Document{}
	for template, item := range spec.Paths.Map() {
		r := newRoute(template)
		for method, o := range item.Operations() {
			op := newOperation(method, template, item, o)
			r.operations[method] = op
			d.operations = append(d.operations, op)
		}
		d.routes = append(d.routes, r)
	}
	slices.SortFunc(d.operations, func(a, b *operation) int { return comparePositions(a.Position, b.Position) })
	return d, nil
}

// Operations returns the operations in the document's order. What they hold must not be changed.
func (d *Document) Operations() []Operation {
	operations := make([]Operation, len(d.operations))
	for i, op := range d.operations {
		operations[i] = op.Operation
	}
	return operations
}

// position is where a keyword of a part of the document stands, as file:line:column; where the part itself begins if the
// keyword is not written there, and empty if that is not known either.
func position(origin *openapi3.Origin, keyword string) string {
	if origin == nil {
		return ""
	}
	if keyword != "" {
		if at, ok := origin.Fields.Lookup(keyword); ok {
			return at.File + ":" + strconv.Itoa(at.Line) + ":" + strconv.Itoa(at.Column)
		}
	}
	if at := origin.Key; at != nil {
		return at.File + ":" + strconv.Itoa(at.Line) + ":" + strconv.Itoa(at.Column)
	}
	return ""
}

// itemPosition is where an item of a sequence stands, such as a name under "required".
func itemPosition(origin *openapi3.Origin, keyword, item string) string {
	if origin != nil {
		for _, at := range origin.Sequences[keyword] {
			if at.Name == item {
				return at.File + ":" + strconv.Itoa(at.Line) + ":" + strconv.Itoa(at.Column)
			}
		}
	}
	return position(origin, keyword)
}

func comparePositions(a, b string) int {
	lineA, columnA := lineAndColumn(a)
	lineB, columnB := lineAndColumn(b)
	if lineA != lineB {
		return lineA - lineB
	}
	return columnA - columnB
}

func lineAndColumn(position string) (line, column int) {
	parts := strings.Split(position, ":")
	if len(parts) == 3 {
		line, _ = strconv.Atoi(parts[1])
		column, _ = strconv.Atoi(parts[2])
	}
	return line, column
}
