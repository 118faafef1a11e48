// Package openapi holds the contract: the OpenAPI document of GitLab's Agents API.
package openapi

import _ "embed"

// Document is openapi.yaml, byte for byte.
//
//go:embed openapi.yaml
var Document []byte
