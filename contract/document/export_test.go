package document

import "example.com/gitlab-agents/openapi"

// Read loads the document as if for the first time.
func Read() (*Document, error) { return read(openapi.Document) }
