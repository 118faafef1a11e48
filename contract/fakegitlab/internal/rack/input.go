package rack

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

// bodyLimit is how much of a request's body is read, in bytes. GitLab reads more, but nothing that it stores for agents is
// as long.
const bodyLimit = 8 << 20

// JSONType is the content type of JSON.
const JSONType = "application/json"

// Input is the input of a request.
type Input struct {
	MediaType string // of the body, in lower case and without its parameters
	Body      []byte
	Query     Parameters
	Form      Parameters // of a form body
	JSON      any        // of a JSON body
	Err       error      // why query or body cannot be read: ErrMalformed or ErrMultipart

	method string
}

// Read reads the input of a request. The error is [ErrTooLarge], or says that the client is gone. Malformed input is no
// error here, because GitLab refuses it later.
func Read(r *http.Request) (*Input, error) {
	contentType := r.Header.Get("Content-Type")
	in := &Input{MediaType: mediaType(contentType), method: r.Method}
	if r.Body != nil && r.Body != http.NoBody {
		body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, bodyLimit))
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, ErrTooLarge
		}
		if err != nil {
			return nil, err
		}
		in.Body = body
	}
	if r.URL.RawQuery != "" {
		in.Query = Parameters{}
		in.Err = parseQuery(r.URL.RawQuery, "&;", in.Query)
	}
	if len(in.Body) > 0 && in.Err == nil {
		in.readBody(contentType)
	}
	return in, nil
}

func (in *Input) readBody(contentType string) {
	switch boundary := boundaryOf(contentType); {
	case in.isForm() && boundary != "":
		in.Form = Parameters{}
		in.Err = parseMultipart(boundary, in.Body, in.Form)
	case in.isForm():
		in.Form = Parameters{}
		in.Err = parseQuery(strings.TrimSuffix(string(in.Body), "\x00"), "&", in.Form)
	case in.MediaType == JSONType || in.MediaType == "application/vnd.git-lfs+json": // for Rails both are JSON
		in.JSON, in.Err = parseJSON(in.Body)
	}
}

// mediaType is the type of a content type, without its parameters and in lower case.
func mediaType(contentType string) string {
	if i := strings.IndexAny(contentType, ";,"); i >= 0 {
		contentType = contentType[:i]
	}
	return strings.ToLower(strings.TrimSpace(contentType))
}

// isForm reports whether Rack reads the body as a form. To Rack a POST without a content type is a form.
func (in *Input) isForm() bool {
	switch in.MediaType {
	case "application/x-www-form-urlencoded", "multipart/form-data", "multipart/related", "multipart/mixed":
		return true
	}
	return in.MediaType == "" && in.method == http.MethodPost
}

// IsGrapeForm reports whether Grape reads the body as a form. Grape needs a content type.
func (in *Input) IsGrapeForm() bool { return in.MediaType != "" && in.isForm() }

var overridingMethods = []string{"GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "LINK", "UNLINK"}

// Method is the request's method. For a POST, _method in a form or else X-HTTP-Method-Override can name another one.
func (in *Input) Method(r *http.Request) string {
	if r.Method != http.MethodPost {
		return r.Method
	}
	method, given := in.Form["_method"]
	text, _ := method.(string)
	if !given || method == nil {
		text = r.Header.Get("X-HTTP-Method-Override")
	}
	if text = strings.ToUpper(text); slices.Contains(overridingMethods, text) {
		return text
	}
	return r.Method
}

// Text is a text parameter as Rack finds it, before Grape reads the body: from the query, the form or JSON, in that
// order.
func (in *Input) Text(name string) string {
	if text, _ := in.Query[name].(string); text != "" {
		return text
	}
	if text, _ := in.Form[name].(string); text != "" {
		return text
	}
	body, _ := in.JSON.(Parameters)
	text, _ := body[name].(string)
	return text
}

// mimePattern matches what Rails accepts as a media type.
var mimePattern = regexp.MustCompile(`^(?:\*/\*|[a-z0-9][a-z0-9!#$&\-^_.+]{0,126}/(?:\*|[a-z0-9][a-z0-9!#$&\-^_.+]{0,126}))$`)

// HasMediaType reports whether Rails recognizes the media type of the body.
func (in *Input) HasMediaType() bool {
	return in.MediaType == "" || in.MediaType == JSONType || mimePattern.MatchString(in.MediaType)
}

// IsMalformed reports whether the input cannot be read: a percent sign without an escape, bytes that are not UTF-8,
// NUL, or broken JSON. An unfinished multipart body is found later.
func (in *Input) IsMalformed(r *http.Request) bool {
	return in.Err != nil && !errors.Is(in.Err, ErrMultipart) ||
		IsMalformed(r.URL.Path) ||
		IsMalformed(credentials(r.Header.Get("Authorization"))) ||
		anyMalformed(in.Query) || anyMalformed(in.Form) || jsonMalformed(in.JSON)
}

// credentials is the value of an Authorization header, decoded if the scheme is basic.
func credentials(authorization string) string {
	if scheme, encoded, _ := strings.Cut(authorization, " "); strings.EqualFold(scheme, "basic") {
		if decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded)); err == nil {
			return string(decoded)
		}
	}
	return authorization
}

// IsMalformed reports whether a text has a NUL or is not UTF-8.
func IsMalformed(text string) bool {
	return strings.IndexByte(text, 0) >= 0 || !utf8.ValidString(text)
}

func anyMalformed(values Parameters) bool {
	for _, value := range values {
		if isMalformedValue(value, 0) {
			return true
		}
	}
	return false
}

func jsonMalformed(body any) bool {
	if object, ok := body.(Parameters); ok {
		return anyMalformed(object)
	}
	return isMalformedValue(body, 0)
}

// isMalformedValue looks for NUL in a value, as deep as GitLab looks.
func isMalformedValue(value any, depth int) bool {
	if depth > 2 {
		return false
	}
	switch value := value.(type) {
	case string:
		return IsMalformed(value)
	case []any:
		for _, element := range value {
			if isMalformedValue(element, depth+1) {
				return true
			}
		}
	case Parameters:
		for _, element := range value {
			if isMalformedValue(element, depth+1) {
				return true
			}
		}
	}
	return false
}
