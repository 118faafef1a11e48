package judge

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/url"
	"strings"
)

// sent is what a parameter was sent as.
type sent struct {
	given bool   // it was sent, in one place only
	null  bool   // it was sent as JSON null
	value string // what GitLab makes of it: the text, or the text of a number or boolean
	text  bool   // it was sent as text, a number or a boolean, so that value is what GitLab makes of it
}

// Sent is the parameter of that name in the body or, if there is none, in the query.
func (x *Exchange) Sent(name string) sent {
	query := x.Request.URL.Query()
	body, ok := x.bodyParameter(name)
	switch {
	case ok && query.Has(name), len(query[name]) > 1:
		return sent{} // which of them counts is GitLab's affair
	case ok:
		return body
	case query.Has(name):
		return sent{given: true, text: true, value: query.Get(name)}
	}
	return sent{}
}

func (x *Exchange) bodyParameter(name string) (sent, bool) {
	if len(x.Request.Body) == 0 {
		return sent{}, false
	}
	mediaType, _, _ := mime.ParseMediaType(x.Request.Header.Get("Content-Type"))
	switch mediaType {
	case "application/json":
		var object map[string]json.RawMessage
		if json.Unmarshal(x.Request.Body, &object) != nil {
			return sent{}, false
		}
		raw, ok := object[name]
		if !ok {
			return sent{}, false
		}
		s := sent{given: true}
		var v any
		if json.Unmarshal(raw, &v) != nil {
			return sent{}, false
		}
		switch v := v.(type) {
		case nil:
			s.null = true
		case string:
			s.text, s.value = true, v
		case bool:
			s.text, s.value = true, string(raw)
		case float64:
			s.text, s.value = true, string(raw)
		}
		return s, true
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(x.Request.Body))
		if err != nil || !form.Has(name) || len(form[name]) > 1 {
			return sent{}, false
		}
		return sent{given: true, text: true, value: form.Get(name)}, true
	}
	return sent{}, false
}

// mentions says that the request has the parameter somewhere, in whatever form.
func (x *Exchange) Mentions(name string) bool {
	return bytes.Contains(x.Request.Body, []byte(name)) || strings.Contains(x.Request.URL.RawQuery, name)
}
