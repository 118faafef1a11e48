// Package gen makes generated/ from openapi/openapi.yaml.
//
// First, prepare refuses what would become wrong code, and writes openapi.json and the examples. Then oapi-codegen makes
// one file of each configuration:
//
//   - clusteragents.yaml and clusteragents-models.yaml make the client that people import. Its templates are in templates/:
//     operations.tmpl reads the document's operations, methods.tmpl and typedef.tmpl its schemas; the others do not depend
//     on the document and are Go but for their first and last line.
//   - oapi.yaml makes oapi-codegen's own client and server interface, and oapi-additions.yaml what they lack.
//   - The overlays say what the document does not: names, types and the order of fields in Go.
//
// The tests of the generated packages are here, because nothing in their folders is written by hand. The benchmark is a
// module of its own, in benchmark/.
package gen

//go:generate -command prepare go run ./prepare
//go:generate -command oapi-codegen go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen
//go:generate prepare
//go:generate oapi-codegen -config clusteragents-models.yaml ../openapi/openapi.yaml
//go:generate oapi-codegen -config clusteragents.yaml ../openapi/openapi.yaml
//go:generate oapi-codegen -config oapi.yaml ../openapi/openapi.yaml
//go:generate oapi-codegen -config oapi-additions.yaml ../openapi/openapi.yaml
