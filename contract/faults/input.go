package faults

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
)

// input is what a request says in a JSON or form body; nil if it has neither. The request can be served afterwards.
func input(r *http.Request) object {
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	if err != nil {
		return nil
	}
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch mediaType {
	case "application/json":
		var o object
		if json.Unmarshal(body, &o) == nil {
			return o
		}
	case "application/x-www-form-urlencoded":
		if form, err := url.ParseQuery(string(body)); err == nil {
			o := object{}
			for name := range form {
				o[name] = form.Get(name)
			}
			return o
		}
	}
	return nil
}

// withInput is the request with another body.
func withInput(r *http.Request, o object) *http.Request {
	body := marshal(o)
	r = r.Clone(r.Context())
	r.Header.Set("Content-Type", "application/json")
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return r
}

// creates says whether a request creates an agent, or a token.
func creates(r *http.Request) (agent, token bool) {
	p, ok := placeOf(r.URL)
	if !ok || r.Method != http.MethodPost {
		return false, false
	}
	return p.agent == "", p.tokens && p.token == ""
}
