package judge

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/url"
	"strings"
)

// Parameter is what a parameter was sent as.
type Parameter struct {
	Given bool   // it was sent, in one place only
	Null  bool   // it was sent as JSON null
	Value string // what GitLab makes of it: the text, or the text of a number or boolean
	Text  bool   // it was sent as text, a number or a boolean, so that value is what GitLab makes of it
}

// Sent is the parameter of that name in the body or, if there is none, in the query.
func (x *Exchange) Sent(name string) Parameter {
	query := x.Query()
	body, ok := x.bodyParameter(name)
	switch {
	case ok && query.Has(name), len(query[name]) > 1:
		return Parameter{} // GitLab decides which of them counts
	case ok:
		return body
	case query.Has(name):
		return Parameter{Given: true, Text: true, Value: query.Get(name)}
	}
	return Parameter{}
}

func (x *Exchange) bodyParameter(name string) (Parameter, bool) {
	if len(x.Request.Body) == 0 {
		return Parameter{}, false
	}
	mediaType, _, _ := mime.ParseMediaType(x.Request.Header.Get("Content-Type"))
	switch mediaType {
	case "application/json":
		var object map[string]json.RawMessage
		if json.Unmarshal(x.Request.Body, &object) != nil {
			return Parameter{}, false
		}
		raw, ok := object[name]
		if !ok {
			return Parameter{}, false
		}
		s := Parameter{Given: true}
		var v any
		if json.Unmarshal(raw, &v) != nil {
			return Parameter{}, false
		}
		switch v := v.(type) {
		case nil:
			s.Null = true
		case string:
			s.Text, s.Value = true, v
		case bool:
			s.Text, s.Value = true, string(raw)
		case float64:
			s.Text, s.Value = true, string(raw)
		}
		return s, true
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(x.Request.Body))
		if err != nil || !form.Has(name) || len(form[name]) > 1 {
			return Parameter{}, false
		}
		return Parameter{Given: true, Text: true, Value: form.Get(name)}, true
	}
	return Parameter{}, false
}

// mentions says that the request has the parameter somewhere, in whatever form.
func (x *Exchange) Mentions(name string) bool {
	return bytes.Contains(x.Request.Body, []byte(name)) || strings.Contains(x.Request.URL.RawQuery, name)
}
