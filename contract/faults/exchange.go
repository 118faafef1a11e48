package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// What faults need to read and write requests and responses.

const (
	jsonType = "application/json"
	formType = "application/x-www-form-urlencoded"
)

// object is a JSON object.
type object = map[string]any

// editObjects changes each object of a body: the one there is, or those of a list.
func editObjects(d *fakegitlab.ResponseDraft, change func(o object)) { d.Body = edited(d.Body, change) }

func edited(body []byte, change func(o object)) []byte {
	var v any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if decoder.Decode(&v) != nil {
		return body
	}
	switch v := v.(type) {
	case object:
		change(v)
	case []any:
		for _, entry := range v {
			if o, ok := entry.(object); ok {
				change(o)
			}
		}
	}
	return marshal(v)
}

func marshal(v any) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(err) // what was read as JSON can be written
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// reply is a whole response of the fake. It is also the http.ResponseWriter that keeps it.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func (a *reply) Header() http.Header { return a.header }

func (a *reply) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *reply) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	a.body = append(a.body, p...)
	return len(p), nil
}

// edit changes each object of the body.
func (a *reply) edit(change func(o object)) { a.body = edited(a.body, change) }

// objects are the objects of the body.
func (a *reply) objects() (all []object) {
	edited(a.body, func(o object) { all = append(all, o) })
	return all
}

// ask has the fake answer.
func ask(next http.Handler, r *http.Request) *reply {
	a := &reply{header: make(http.Header)}
	next.ServeHTTP(a, r)
	return a
}

// send gives the response to the client.
func (a *reply) send(w http.ResponseWriter, r *http.Request) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	if a.status != http.StatusNoContent && a.status != http.StatusNotModified && r.Method != http.MethodHead {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}

// requestID is that of responses that are made around the fake.
const requestID = "01J00000000000000000000000"

// refusal is an error that is made around the fake.
func refusal(status int, body string) *reply {
	return &reply{
		status: status, body: []byte(body),
		header: http.Header{"Content-Type": {jsonType}, "X-Request-Id": {requestID}},
	}
}

// noContent is a 204 that is made around the fake.
func noContent() *reply {
	return &reply{status: 204, header: http.Header{"X-Request-Id": {requestID}, "X-Content-Type-Options": {"nosniff"}}}
}

// more makes another request with the caller's credentials. The body is a form.
func more(next http.Handler, r *http.Request, method, path, form string) *reply {
	request, err := http.NewRequestWithContext(r.Context(), method, "http://"+r.Host+path, strings.NewReader(form))
	if err != nil {
		panic(err) // all that is asked for is made of requests that were understood
	}
	for _, name := range []string{"Private-Token", "Authorization"} {
		if values, there := r.Header[name]; there {
			request.Header[name] = values
		}
	}
	if form != "" {
		request.Header.Set("Content-Type", formType)
	}
	return ask(next, request)
}

// read reads another path with the caller's credentials.
func read(next http.Handler, r *http.Request, path string) *reply {
	return more(next, r, http.MethodGet, path, "")
}

// place is what a URL of the eight operations names. Parts that are not there are empty.
type place struct {
	project string // as it stands in the URL: escaped
	agent   string
	token   string
	tokens  bool // it is below an agent's tokens
}

// placeOf reads a URL; ok says that it is one of the eight operations.
func placeOf(u *url.URL) (p place, ok bool) {
	path, found := strings.CutPrefix(u.EscapedPath(), "/api/v4/projects/")
	if !found {
		return place{}, false
	}
	parts := strings.Split(path, "/")
	if len(parts) < 2 || len(parts) > 5 || parts[1] != "cluster_agents" {
		return place{}, false
	}
	p.project = parts[0]
	if len(parts) > 2 {
		p.agent = parts[2]
	}
	if len(parts) > 3 {
		p.tokens = parts[3] == "tokens"
	}
	if len(parts) > 4 {
		p.token = parts[4]
	}
	return p, len(parts) < 4 || p.tokens
}

func isAgentList(p place) bool { return p.agent == "" }
func isAgent(p place) bool     { return p.agent != "" && !p.tokens }
func isTokenList(p place) bool { return p.tokens && p.token == "" }
func isToken(p place) bool     { return p.token != "" }
func isList(p place) bool      { return isAgentList(p) || isTokenList(p) }
func isAny(place) bool         { return true }

func (p place) agents() string      { return "/api/v4/projects/" + p.project + "/cluster_agents" }
func (p place) agentTokens() string { return p.agents() + "/" + p.agent + "/tokens" }

// moveTo makes a request one for another path.
func moveTo(r *http.Request, escaped string) {
	r.URL.RawPath = escaped
	r.URL.Path, _ = url.PathUnescape(escaped)
}

// The projects of the fake's default seed that faults confuse: ids, and paths as they stand in a URL.
const (
	firstID, firstPath   = "20", "root%2Ftest"
	secondID, secondPath = "21", "root%2Fother"
)

func (p place) inFirst() bool { return p.project == firstID || strings.EqualFold(p.project, firstPath) }

// idsIn are the ids in a list.
func idsIn(list []byte) []string {
	var entries []struct {
		ID json.Number `json:"id"`
	}
	if json.Unmarshal(list, &entries) != nil {
		return nil
	}
	all := make([]string, len(entries))
	for i := range entries {
		all[i] = entries[i].ID.String()
	}
	return all
}

func number(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// count adds to the number in a header.
func count(h http.Header, name string, n int) {
	if old, err := strconv.Atoi(h.Get(name)); err == nil {
		h.Set(name, strconv.Itoa(old+n))
	}
}

// input is what a request says in a JSON or form body; nil if it has neither. The request can be served afterwards.
func input(r *http.Request) object {
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	if err != nil {
		return nil
	}
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch mediaType {
	case jsonType:
		var o object
		if json.Unmarshal(body, &o) == nil {
			return o
		}
	case formType:
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
	r.Header.Set("Content-Type", jsonType)
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return r
}

// mark tells the part of a fault that is inside the fake about a request.
func mark(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), marker{}, true))
}

func marked(r *http.Request) bool { return r.Context().Value(marker{}) != nil }

type marker struct{}

// emptyList makes a response an empty list of the URL that was asked for.
func emptyList(h http.Header, r *http.Request) {
	p, _ := placeOf(r.URL)
	link := "<http://" + r.Host + r.URL.EscapedPath() + "?agent_id=" + p.agent + "&id=" + p.project + "&page=1&per_page=20>; rel="
	for name, value := range map[string]string{
		"X-Page": "1", "X-Per-Page": "20", "X-Next-Page": "", "X-Prev-Page": "", "X-Total": "0", "X-Total-Pages": "1",
		"Link": link + `"first", ` + link + `"last"`,
	} {
		h.Set(name, value)
	}
}
