// Ogen runs the eight operations with the client that github.com/ogen-go/ogen makes from the document. The client is not
// kept here, so it has to be made first:
//
//	go generate
//	GITLAB_URL=https://gitlab.example.com GITLAB_PROJECT=group/project GITLAB_TOKEN=… go run -tags ogen .
//
// It is a module of its own so that ogen is no dependency of those who import this repository.
package main

//go:generate go tool ogen --loglevel error --config ogen.yml --target agents --package agents --clean ../../openapi/openapi.yaml
