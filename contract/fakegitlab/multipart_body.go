package fakegitlab

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strings"
	"unicode/utf8"
)

// boundaryOf is the boundary of a multipart content type, or empty.
func boundaryOf(contentType string) string {
	_, attributes, err := mime.ParseMediaType(contentType)
	if err != nil || !strings.HasPrefix(mediaType(contentType), "multipart/") {
		return ""
	}
	return attributes["boundary"]
}

// errMultipart is a multipart body that ends too early.
var errMultipart = errors.New("bad content body")

// parseMultipart adds the fields of a multipart body to into, as Rack does: a file becomes a hash, which no parameter
// here takes.
func parseMultipart(boundary string, body []byte, into parameters) error {
	if !bytes.Contains(body, []byte("--"+boundary+"--")) {
		return errMultipart
	}
	reader := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		part, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil || len(part.Header) == 0 {
			return errMultipart
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return errMultipart
		}
		name := part.FormName()
		if name == "" {
			continue
		}
		if !utf8.ValidString(name) || !utf8.Valid(content) && part.FileName() == "" {
			return errParameters
		}
		var value any = string(content)
		if part.FileName() != "" {
			value = parameters{"filename": part.FileName(), "name": name}
		}
		if _, err := nest(into, name, value, queryDepth); err != nil {
			return err
		}
	}
}
