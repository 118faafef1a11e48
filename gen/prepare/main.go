// Prepare is the first step of go generate. It refuses a document that the templates would make wrong code of, and writes
// what is made without oapi-codegen: the document as JSON, the package that embeds it, and the examples of clusteragents.
//
// It runs in the folder gen.
package main

import (
	"fmt"
	"os"
)

func main() {
	if err := prepare(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

const (
	document = "../" + documentName
	facade   = "clusteragents-overlay.yaml"
	stock    = "oapi-overlay.yaml"

	documentName = "openapi/openapi.yaml" // as messages call it, from the root of the repository
)

func prepare() error {
	content, err := os.ReadFile(document)
	if err != nil {
		return err
	}
	if _, err := applyOverlay(content, stock); err != nil {
		return err
	}
	root, err := applyOverlay(content, facade)
	if err != nil {
		return err
	}
	if err := checkOrder(content, root); err != nil {
		return err
	}
	if err := checkOperations(root); err != nil {
		return err
	}
	if err := writeJSON(content, "../generated"); err != nil {
		return err
	}
	return copyExamples("examples", "../generated/clusteragents")
}
