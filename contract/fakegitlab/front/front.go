// Package front puts something in front of a GitLab that answers some requests itself: a proxy, a CDN, another website, or
// a GitLab whose state changed. What it answers is data, a case:
//
//	{"rules": [{"method": "^POST$", "path": "^/api/", "status": 403, "headers": {"Server": "squid"}, "body": "no"}]}
//
// The first rule whose patterns match the method and the request target answers. Every other request passes.
package front

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
)

//go:embed testdata/*.json
var cases embed.FS

// Names lists the cases that the package knows. Each is a situation from public bug reports.
func Names() []string {
	entries, err := cases.ReadDir("testdata")
	if err != nil {
		panic(err) // the files are in the program
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = strings.TrimSuffix(entry.Name(), path.Ext(entry.Name()))
	}
	return names
}

// Case returns a case by its name, such as 10-proxy-407.
func Case(name string) ([]byte, error) {
	data, err := cases.ReadFile("testdata/" + name + ".json")
	if err != nil {
		return nil, fmt.Errorf("there is no case %q; there are %s", name, strings.Join(Names(), ", "))
	}
	return data, nil
}

// rule is one rule of a case. An empty pattern matches everything.
type rule struct {
	Method  pattern
	Path    pattern
	Status  int
	Headers map[string]string
	Body    string
}

type pattern struct{ *regexp.Regexp }

func (p *pattern) UnmarshalText(text []byte) (err error) {
	p.Regexp, err = regexp.Compile(string(text))
	return err
}

func (p *pattern) matches(text string) bool { return p.Regexp == nil || p.MatchString(text) }

// front is the handler.
type front struct {
	rules    []rule
	upstream http.Handler
	after    int64
	requests atomic.Int64
}

// New puts a case in front of a handler. The first requests, as many as after says, all pass.
func New(caseJSON []byte, upstream http.Handler, after int) (http.Handler, error) {
	var read struct{ Rules []rule }
	decoder := json.NewDecoder(bytes.NewReader(caseJSON))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&read); err != nil {
		return nil, fmt.Errorf("the case cannot be read: %w", err)
	}
	for i, r := range read.Rules {
		if r.Status < 200 || r.Status > 599 {
			return nil, fmt.Errorf("rule %d of the case has the status %d", i+1, r.Status)
		}
	}
	return &front{rules: read.Rules, upstream: upstream, after: int64(after)}, nil
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f.requests.Add(1) > f.after {
		for i := range f.rules {
			if f.rules[i].Method.matches(r.Method) && f.rules[i].Path.matches(target(r)) {
				f.rules[i].answer(w, r)
				return
			}
		}
	}
	f.upstream.ServeHTTP(w, r)
}

// target is the request target as it was sent.
func target(r *http.Request) string {
	if r.RequestURI != "" {
		return r.RequestURI
	}
	return r.URL.RequestURI()
}

// answer answers with what the rule says and no more: net/http adds neither a date nor a content type.
func (r *rule) answer(w http.ResponseWriter, request *http.Request) {
	_, _ = io.Copy(io.Discard, request.Body)
	h := w.Header()
	h["Date"], h["Content-Type"] = nil, nil
	for name, value := range r.Headers {
		h.Set(name, value)
	}
	hasBody := r.Status != http.StatusNoContent && r.Status != http.StatusNotModified
	if hasBody {
		h.Set("Content-Length", strconv.Itoa(len(r.Body)))
	}
	w.WriteHeader(r.Status)
	if hasBody && request.Method != http.MethodHead {
		_, _ = io.WriteString(w, r.Body)
	}
}
