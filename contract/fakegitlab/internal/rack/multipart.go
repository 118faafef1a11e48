package rack

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

// parseMultipart adds the fields of a multipart body to into, as Rack does. A file becomes a hash, which no parameter
// here accepts.
func parseMultipart(boundary string, body []byte, into Parameters) error {
	if !bytes.Contains(body, []byte("--"+boundary+"--")) {
		return ErrMultipart
	}
	reader := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		part, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil || len(part.Header) == 0 {
			return ErrMultipart
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return ErrMultipart
		}
		name := part.FormName()
		if name == "" {
			continue
		}
		if !utf8.ValidString(name) || !utf8.Valid(content) && part.FileName() == "" {
			return ErrMalformed
		}
		var value any = string(content)
		if part.FileName() != "" {
			value = Parameters{"filename": part.FileName(), "name": name}
		}
		if _, err := nest(into, name, value, queryDepth); err != nil {
			return err
		}
	}
}
