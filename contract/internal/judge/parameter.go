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
	x.readSent()
	if raw, ok := x.sent.object[name]; ok {
		return jsonParameter(raw)
	}
	if form := x.sent.form; form.Has(name) && len(form[name]) == 1 {
		return Parameter{Given: true, Text: true, Value: form.Get(name)}, true
	}
	return Parameter{}, false
}

// sent holds the parameters in the body of a request: those of a JSON object or of a form.
type sent struct {
	done   bool
	object map[string]json.RawMessage
	form   url.Values
}

func (x *Exchange) readSent() {
	if x.sent.done || len(x.Request.Body) == 0 {
		return
	}
	x.sent.done = true
	mediaType, _, _ := mime.ParseMediaType(x.Request.Header.Get("Content-Type"))
	switch mediaType {
	case "application/json":
		if json.Unmarshal(x.Request.Body, &x.sent.object) != nil {
			x.sent.object = nil
		}
	case "application/x-www-form-urlencoded":
		if form, err := url.ParseQuery(string(x.Request.Body)); err == nil {
			x.sent.form = form
		}
	}
}

func jsonParameter(raw json.RawMessage) (Parameter, bool) {
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
}

// mentions says that the request has the parameter somewhere, in whatever form.
func (x *Exchange) Mentions(name string) bool {
	return bytes.Contains(x.Request.Body, []byte(name)) || strings.Contains(x.Request.URL.RawQuery, name)
}
