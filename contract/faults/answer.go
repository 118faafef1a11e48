package faults

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// The operations, by what they do.
var (
	lists      = []string{"listAgents", "listAgentTokens"}
	showAgents = []string{"listAgents", "getAgent", "createAgent"}
	showTokens = []string{"listAgentTokens", "getAgentToken", "createAgentToken"}
)

// rewriting is a deviation that changes answers of some operations; of all eight, if none is named. It has no memory.
func rewriting(change func(r *http.Request, d *fakegitlab.ResponseDraft), operations ...string) func() *fakegitlab.Deviation {
	return func() *fakegitlab.Deviation {
		return &fakegitlab.Deviation{Rewrite: func(r *http.Request, d *fakegitlab.ResponseDraft) {
			if d.Operation != "" && (len(operations) == 0 || slices.Contains(operations, d.Operation)) {
				change(r, d)
			}
		}}
	}
}

// deciding is a deviation that decides one thing otherwise.
func deciding(point fakegitlab.Point, decide func(c fakegitlab.Choice) bool) func() *fakegitlab.Deviation {
	return func() *fakegitlab.Deviation {
		return &fakegitlab.Deviation{Decide: func(c fakegitlab.Choice) bool {
			if c.Point == point {
				return decide(c)
			}
			return c.GitLab
		}}
	}
}

func always(fakegitlab.Choice) bool { return true }
func never(fakegitlab.Choice) bool  { return false }

// on is an answer other than GitLab's for some operations.
func on(answer bool, operations ...string) func(fakegitlab.Choice) bool {
	return func(c fakegitlab.Choice) bool {
		if slices.Contains(operations, c.Operation) {
			return answer
		}
		return c.GitLab
	}
}

// object is a JSON object.
type object = map[string]any

// eachObject changes each agent or token in the successful answers of some operations.
func eachObject(change func(o object), operations ...string) func() *fakegitlab.Deviation {
	return rewriting(func(_ *http.Request, d *fakegitlab.ResponseDraft) {
		if d.Status == 200 || d.Status == 201 {
			editObjects(d, change)
		}
	}, operations...)
}

// editObjects changes each object of a body: the one there is, or those of a list.
func editObjects(d *fakegitlab.ResponseDraft, change func(o object)) {
	var v any
	decoder := json.NewDecoder(bytes.NewReader(d.Body))
	decoder.UseNumber()
	if decoder.Decode(&v) != nil {
		return
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
	d.Body = marshal(v)
}

// set is a change of one property to a value of any kind.
func set(name string, value any) func(object) {
	return func(o object) {
		if _, there := o[name]; there {
			o[name] = value
		}
	}
}

func remove(name string) func(object) { return func(o object) { delete(o, name) } }

// asText is a change of a property to the text of it.
func asText(name string) func(object) {
	return func(o object) {
		if n, ok := o[name].(json.Number); ok {
			o[name] = n.String()
		}
	}
}

// inProject changes the config_project of an agent.
func inProject(change func(object)) func(object) {
	return func(o object) {
		if p, ok := o["config_project"].(object); ok {
			change(p)
		}
	}
}

// edit changes a text property.
func edit(name string, change func(string) string) func(object) {
	return func(o object) {
		if s, ok := o[name].(string); ok {
			o[name] = change(s)
		}
	}
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

// answer is a whole answer of the fake.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// The answer is the http.ResponseWriter in which it is kept.

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	a.body = append(a.body, p...)
	return len(p), nil
}

// ask has the fake answer.
func ask(next http.Handler, r *http.Request) *answer {
	a := &answer{header: make(http.Header)}
	next.ServeHTTP(a, r)
	return a
}

// send gives the answer to the client.
func (a *answer) send(w http.ResponseWriter, r *http.Request) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	if a.status != http.StatusNoContent && a.status != http.StatusNotModified && r.Method != http.MethodHead {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}

// around is a handler that asks the fake and may then do what it likes.
func around(serve func(next http.Handler, w http.ResponseWriter, r *http.Request)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { serve(next, w, r) })
	}
}

// more makes another request with the caller's credentials. The body is a form.
func more(next http.Handler, r *http.Request, method, path, form string) *answer {
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
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return ask(next, request)
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

func (p place) agents() string      { return "/api/v4/projects/" + p.project + "/cluster_agents" }
func (p place) agentTokens() string { return p.agents() + "/" + p.agent + "/tokens" }

// ids are the ids in a list.
func ids(list []byte) []string {
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

// add adds to the number in a header.
func add(h http.Header, name string, n int) {
	if old, err := strconv.Atoi(h.Get(name)); err == nil {
		h.Set(name, strconv.Itoa(old+n))
	}
}

// refusal is an answer that is made around the fake.
func refusal(status int, body string) *answer {
	return &answer{
		status: status, body: []byte(body),
		header: http.Header{"Content-Type": {"application/json"}, "X-Request-Id": {"01J00000000000000000000000"}},
	}
}

// instead gives another status and body where an answer is of some kind, of the eight operations or not.
func instead(when func(d *fakegitlab.ResponseDraft) bool, status int, body string) func() *fakegitlab.Deviation {
	return func() *fakegitlab.Deviation {
		return &fakegitlab.Deviation{Rewrite: func(_ *http.Request, d *fakegitlab.ResponseDraft) {
			if when(d) {
				replace(d, status, body)
			}
		}}
	}
}

// answering gives one status in place of another of an operation.
func answering(operation string, from, to int, body string) func() *fakegitlab.Deviation {
	return instead(func(d *fakegitlab.ResponseDraft) bool { return d.Operation == operation && d.Status == from }, to, body)
}

// was says that an answer has a status, and says that it has a text.
func was(status int) func(*fakegitlab.ResponseDraft) bool {
	return func(d *fakegitlab.ResponseDraft) bool { return d.Status == status }
}

func says(text string) func(*fakegitlab.ResponseDraft) bool {
	return func(d *fakegitlab.ResponseDraft) bool { return d.Status >= 400 && bytes.Contains(d.Body, []byte(text)) }
}

// replace makes an answer another one. An empty body is none.
func replace(d *fakegitlab.ResponseDraft, status int, body string) {
	d.Status, d.Body = status, []byte(body)
	if status < 300 {
		d.Header.Set("X-Content-Type-Options", "nosniff")
	}
	if body == "" {
		d.Header.Del("Content-Type")
	} else {
		d.Header.Set("Content-Type", "application/json")
	}
}

// keepingBody gives one status in place of another of an operation, with the same body.
func keepingBody(operation string, from, to int) func() *fakegitlab.Deviation {
	return rewriting(func(_ *http.Request, d *fakegitlab.ResponseDraft) {
		if d.Status == from {
			d.Status = to
		}
	}, operation)
}
