// Package gen makes generated/clusteragents from openapi/openapi.yaml, with oapi-codegen: each configuration makes one file.
//
//   - models, client, server and strict are oapi-codegen's stock output.
//   - facade is the client that is meant for use. Its templates are in templates/: operations.tmpl reads the document's
//     operations, methods.tmpl its schemas; the others do not depend on the document and are Go but for their first and last
//     line.
//   - overlay.yaml says what the document does not: names, types and the order of fields in Go.
//
// The tests of the generated package are here, because nothing in its folder is written by hand. The benchmark is a module
// of its own, in benchmark/.
package gen

//go:generate -command oapi-codegen go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen
//go:generate oapi-codegen -config models.yaml ../openapi/openapi.yaml
//go:generate oapi-codegen -config client.yaml ../openapi/openapi.yaml
//go:generate oapi-codegen -config server.yaml ../openapi/openapi.yaml
//go:generate oapi-codegen -config strict.yaml ../openapi/openapi.yaml
//go:generate oapi-codegen -config facade.yaml ../openapi/openapi.yaml
