package fakegitlab

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// bodyLimit is how much of a request's body is taken, in bytes. A GitLab takes more; nothing that these endpoints
// store is as long.
const bodyLimit = 8 << 20

const jsonType = "application/json"

// readInput reads the body, and query and body as parameters. What is malformed is remembered, and refused by a later
// stage.
func (c *call) readInput() bool {
	if c.request.Body != nil && c.request.Body != http.NoBody {
		body, err := io.ReadAll(http.MaxBytesReader(nil, c.request.Body, bodyLimit))
		var tooLarge *http.MaxBytesError
		switch {
		case errors.As(err, &tooLarge):
			return c.plain(http.StatusRequestEntityTooLarge, "Request Entity Too Large")
		case err != nil:
			panic(http.ErrAbortHandler) // the client is gone
		}
		c.body = body
	}
	contentType := c.request.Header.Get("Content-Type")
	c.mediaType = mediaType(contentType)
	if c.request.URL.RawQuery != "" {
		c.query = parameters{}
		c.inputError = parseQuery(c.request.URL.RawQuery, "&;", c.query)
	}
	if len(c.body) == 0 || c.inputError != nil {
		return true
	}
	switch boundary := boundaryOf(contentType); {
	case c.isForm() && boundary != "":
		c.form = parameters{}
		c.inputError = parseMultipart(boundary, c.body, c.form)
	case c.isForm():
		c.form = parameters{}
		c.inputError = parseQuery(strings.TrimSuffix(string(c.body), "\x00"), "&", c.form)
	case c.mediaType == jsonType || c.mediaType == "application/vnd.git-lfs+json": // for Rails both are JSON
		c.json, c.inputError = parseJSON(c.body)
	}
	return true
}

// mediaType is the type of a content type, without its parameters and in lower case.
func mediaType(contentType string) string {
	if i := strings.IndexAny(contentType, ";,"); i >= 0 {
		contentType = contentType[:i]
	}
	return strings.ToLower(strings.TrimSpace(contentType))
}

// isForm reports whether Rack reads the body as a form. A POST without content type is one, for Rack if not for Grape.
func (c *call) isForm() bool {
	switch c.mediaType {
	case "application/x-www-form-urlencoded", "multipart/form-data", "multipart/related", "multipart/mixed":
		return true
	}
	return c.mediaType == "" && c.request.Method == http.MethodPost
}

var overridingMethods = []string{"GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "LINK", "UNLINK"}

// overrideMethod lets a POST be another method: that of _method in a form, or else of X-HTTP-Method-Override.
func (c *call) overrideMethod() bool {
	if c.method != http.MethodPost {
		return true
	}
	method, given := c.form["_method"]
	text, _ := method.(string)
	if !given || method == nil {
		text = c.request.Header.Get("X-HTTP-Method-Override")
	}
	if text = strings.ToUpper(text); slices.Contains(overridingMethods, text) {
		c.method = text
	}
	return true
}

// mimePattern is what Rails takes for a media type.
var mimePattern = regexp.MustCompile(`^(?:\*/\*|[a-z0-9][a-z0-9!#$&\-^_.+]{0,126}/(?:\*|[a-z0-9][a-z0-9!#$&\-^_.+]{0,126}))$`)

// refuseMalformed refuses, before anything else and without saying why, what is not readable: percent signs without
// escapes, bytes that are not UTF-8, NUL, and JSON that is none.
func (c *call) refuseMalformed() bool {
	if c.mediaType != "" && c.mediaType != jsonType && !mimePattern.MatchString(c.mediaType) {
		// Rails cannot tell what it should be, and has no page for that.
		c.plain(http.StatusNotAcceptable, "")
		c.draft.Header.Set("Content-Type", "text/html; charset=utf-8")
		return false
	}
	malformed := c.inputError != nil && !errors.Is(c.inputError, errMultipart) ||
		isMalformed(c.request.URL.Path) ||
		isMalformed(credentials(c.request.Header.Get("Authorization"))) ||
		anyMalformed(c.query) || anyMalformed(c.form) || jsonMalformed(c.json)
	if c.decide(Malformed, malformed) {
		return c.plain(http.StatusBadRequest, "Bad Request")
	}
	return true
}

// credentials is what stands in an Authorization header, decoded if it is basic.
func credentials(authorization string) string {
	if scheme, encoded, _ := strings.Cut(authorization, " "); strings.EqualFold(scheme, "basic") {
		if decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded)); err == nil {
			return string(decoded)
		}
	}
	return authorization
}

func isMalformed(text string) bool {
	return strings.IndexByte(text, 0) >= 0 || !utf8.ValidString(text)
}

func anyMalformed(values parameters) bool {
	for _, value := range values {
		if isMalformedValue(value, 0) {
			return true
		}
	}
	return false
}

func jsonMalformed(body any) bool {
	if object, ok := body.(parameters); ok {
		return anyMalformed(object)
	}
	return isMalformedValue(body, 0)
}

// isMalformedValue looks for NUL in a value, and some way into it; GitLab does not look deeper either.
func isMalformedValue(value any, depth int) bool {
	if depth > 2 {
		return false
	}
	switch value := value.(type) {
	case string:
		return isMalformed(value)
	case []any:
		for _, element := range value {
			if isMalformedValue(element, depth+1) {
				return true
			}
		}
	case parameters:
		for _, element := range value {
			if isMalformedValue(element, depth+1) {
				return true
			}
		}
	}
	return false
}
