// Breaking compares two versions of the OpenAPI document and prints what breaks clients that oasdiff leaves out: operations
// with another operationId, and responses that may hold a secret that was forbidden before.
//
//	go run ./openapi/breaking OLD NEW
//
// Exit status: 0 if nothing breaks, 1 if something does, 2 if a document cannot be read.
package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(files []string, stdout, stderr io.Writer) int {
	if len(files) != 2 {
		fmt.Fprintln(stderr, "usage: breaking OLD NEW")
		return 2
	}
	documents := make([]*openapi3.T, 2)
	for i, file := range files {
		var err error
		if documents[i], err = openapi3.NewLoader().LoadFromFile(file); err != nil {
			fmt.Fprintf(stderr, "%s: %v\n", file, err)
			return 2
		}
	}
	broken := compare(documents[0], documents[1])
	for _, line := range broken {
		fmt.Fprintln(stdout, line)
	}
	return min(len(broken), 1)
}

// compare says what of the old document breaks in the new one. Operations that are gone are left to oasdiff.
func compare(before, after *openapi3.T) (broken []string) {
	for path, item := range before.Paths.Map() {
		now := after.Paths.Value(path)
		if now == nil {
			continue
		}
		for method, operation := range item.Operations() {
			if other := now.GetOperation(method); other != nil {
				broken = append(broken, compareOperations(method+" "+path, operation, other)...)
			}
		}
	}
	slices.Sort(broken)
	return broken
}

func compareOperations(name string, before, after *openapi3.Operation) (broken []string) {
	if before.OperationID != after.OperationID {
		broken = append(broken, fmt.Sprintf("%s: the operationId was %q and is %q, so generated clients rename its method", name, before.OperationID, after.OperationID))
	}
	for status, response := range before.Responses.Map() {
		now := after.Responses.Value(status)
		if now == nil {
			continue
		}
		for mediaType, content := range response.Value.Content {
			if other := now.Value.Content[mediaType]; other != nil {
				broken = append(broken, compareSchemas(name+" "+status, content.Schema, other.Schema)...)
			}
		}
	}
	return broken
}

// compareSchemas says which properties were forbidden and are not now.
func compareSchemas(name string, before, after *openapi3.SchemaRef) (broken []string) {
	still := forbidden(after)
	for _, property := range forbidden(before) {
		if !slices.Contains(still, property) {
			broken = append(broken, fmt.Sprintf("%s: the property %s was forbidden and is not any more", name, strconv.Quote(property)))
		}
		if declares(after, property) {
			broken = append(broken, fmt.Sprintf("%s: the property %s was forbidden and is declared", name, strconv.Quote(property)))
		}
	}
	return broken
}

// forbidden are the properties that "not: {required: […]}" forbids, in a list those of its entries.
func forbidden(ref *openapi3.SchemaRef) (names []string) {
	for _, schema := range parts(ref) {
		if schema.Not != nil && len(schema.Not.Value.Required) == 1 {
			names = append(names, schema.Not.Value.Required[0])
		}
	}
	return names
}

// declares says whether the schema, or in a list that of its entries, has the property.
func declares(ref *openapi3.SchemaRef, property string) bool {
	return slices.ContainsFunc(parts(ref), func(schema *openapi3.Schema) bool { return schema.Properties[property] != nil })
}

// parts are a schema, the schema of its entries, and the schemas of which they are made.
func parts(ref *openapi3.SchemaRef) []*openapi3.Schema {
	if ref == nil || ref.Value == nil {
		return nil
	}
	all := []*openapi3.Schema{ref.Value}
	for _, part := range slices.Concat(openapi3.SchemaRefs{ref.Value.Items}, ref.Value.AllOf, ref.Value.OneOf, ref.Value.AnyOf) {
		all = append(all, parts(part)...)
	}
	return all
}
