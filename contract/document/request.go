package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"regexp"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"

	"example.com/gitlab-agents/contract/internal/words"
	"example.com/gitlab-agents/contract/wire"
)

// checkRequest validates the request against the document. Credentials are not checked, and
// parameters that the document does not know are ignored, as GitLab ignores them.
func (op *operation) checkRequest(f *findings, r *wire.Request, inPath map[string]string) {
	var query url.Values
	for _, p := range op.parameters {
		var values []string
		switch p.In {
		case openapi3.ParameterInPath:
			values = []string{inPath[p.Name]}
		case openapi3.ParameterInQuery:
			if query == nil {
				query = r.URL.Query()
			}
			values = query[p.Name]
		case openapi3.ParameterInHeader:
			values = r.Header.Values(p.Name)
		}
		if p.Schema == nil {
			continue
		}
		c := requestChecker(f, p.In+" parameter "+p.Name+": ", place{})
		for _, value := range values {
			c.check(typed(value, p.Schema.Value), p.Schema.Value, nil)
		}
	}
	if op.body != nil {
		op.checkRequestBody(f, r)
	}
}

func requestChecker(f *findings, what string, at place) *checker {
	return &checker{findings: f, rule: RuleRequest, outcome: Error, options: asRequest, what: what, place: at}
}

// checkRequestBody validates the body against the schema of its content type.
func (op *operation) checkRequestBody(f *findings, r *wire.Request) {
	switch {
	case r.Truncated, r.Header.Get("Content-Encoding") != "", r.HeaderNotRecorded && r.Header.Get("Content-Type") == "":
		return // not known
	}
	c := requestChecker(f, "request body: ", place{part: op.spec, keyword: "requestBody"})
	if len(r.Body) == 0 {
		if op.body.Required {
			actual := "none"
			if r.URL.RawQuery != "" {
				actual = "none, but a query" // GitLab takes parameters from there as well
			}
			c.found("required", nil, "one that is not empty", actual, c.place)
		}
		return
	}
	mediaType, parameters, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	content := op.body.Content.Get(mediaType)
	if content == nil {
		actual := "no Content-Type"
		if mediaType != "" {
			actual = "Content-Type " + shownName(mediaType)
		} else if r.Header.Get("Content-Type") != "" {
			actual = "an invalid Content-Type"
		}
		var listed []string
		for name := range op.body.Content {
			listed = append(listed, name)
		}
		slices.Sort(listed)
		c.found("content-type", nil, "Content-Type "+words.List(listed, "or"), actual, c.place)
		return
	}
	if content.Schema == nil {
		return
	}
	var value any
	switch mediaType {
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(r.Body))
		if err != nil {
			c.found("form", nil, "a form", "percent signs or semicolons that are not encoded", c.place)
			return
		}
		value = lastValues(form)
	case "multipart/form-data":
		form, err := readForm(r.Body, parameters["boundary"])
		if err != nil {
			c.found("form", nil, "a form in parts", "invalid form data", c.place)
			return
		}
		value = lastValues(form)
	default:
		var faults []fault
		value, faults = parse(r.Body)
		for _, fault := range faults {
			c.found(fault.kind, fault.path, oneJSONText, fault.reason, c.place)
		}
		if isFatal(faults) {
			return
		}
	}
	c.check(value, content.Schema.Value, nil)
}

// lastValues is a form as the object that GitLab makes of it: of several values with one name the last counts.
func lastValues(form map[string][]string) map[string]any {
	object := make(map[string]any, len(form))
	for name, values := range form {
		object[name] = values[len(values)-1]
	}
	return object
}

// readForm reads the fields of a multipart form. No parameter of GitLab is a file here.
func readForm(body []byte, boundary string) (map[string][]string, error) {
	if boundary == "" {
		return nil, errors.New("no boundary")
	}
	form := map[string][]string{}
	parts := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			return form, nil
		}
		if err != nil {
			return nil, err
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return nil, err
		}
		if part.FileName() == "" {
			form[part.FormName()] = append(form[part.FormName()], string(value))
		}
	}
}

var isInteger = regexp.MustCompile(`^-?[0-9]+$`)

// typed is a text from a URL or header as the value that its schema takes it for.
func typed(text string, schema *openapi3.Schema) any {
	if takesInteger(schema) && isInteger.MatchString(text) {
		return json.Number(text)
	}
	return text
}

func takesInteger(schema *openapi3.Schema) bool {
	if schema.Type.Is(openapi3.TypeInteger) {
		return true
	}
	return slices.ContainsFunc(slices.Concat(schema.AnyOf, schema.OneOf), func(ref *openapi3.SchemaRef) bool {
		return takesInteger(ref.Value)
	})
}
