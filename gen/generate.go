// Package gen makes generated/clusteragents from openapi/openapi.yaml.
package gen

//go:generate -command oapi-codegen go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen
//go:generate oapi-codegen -config models.yaml ../openapi/openapi.yaml
//go:generate oapi-codegen -config client.yaml ../openapi/openapi.yaml
//go:generate oapi-codegen -config server.yaml ../openapi/openapi.yaml
//go:generate oapi-codegen -config strict.yaml ../openapi/openapi.yaml
//go:generate oapi-codegen -config facade.yaml ../openapi/openapi.yaml
