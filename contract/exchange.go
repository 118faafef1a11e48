package contract

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/gitlab-agents/contract/document"
	"example.com/gitlab-agents/contract/redact"
	"example.com/gitlab-agents/contract/wire"
)

// Exchange is an exchange as rules see it: what was asked, of which server, by whom, and what the answer holds. Rules
// report to it.
type Exchange struct {
	*wire.Exchange
	Index     int    // the place in its source, from 0
	Operation string // operationId; empty if it is none of the eight
	Server    string // scheme, host and relative root; exchanges of one server share a History
	Project   string // the project in the URL, decoded: an id or a full path
	AgentID   int64  // the agent in the URL; 0 if there is none, or none that is a number
	TokenID   int64  // the token in the URL; 0 likewise

	caller  [8]byte // tells callers apart without keeping a credential
	body    decoded
	doc     *document.Document
	checked []document.Finding // what doc.Check found; nil until it was called
	blamed  bool               // a rule about bodies of errors, or the document, has found this one wrong
	report  func(*Exchange, document.Finding)
}

// decoded is the response body, as far as it has the types that the document names. What has not is the document's
// business, not that of the other rules.
type decoded struct {
	done   bool
	agents []Agent
	tokens []Token
}

// Agent is an agent in a response.
type Agent struct {
	ID            int64  `json:"id"`
	Name          string `json:"name"`
	ConfigProject struct {
		ID                int64  `json:"id"`
		Path              string `json:"path"`
		PathWithNamespace string `json:"path_with_namespace"`
		Name              string `json:"name"`
		NameWithNamespace string `json:"name_with_namespace"`
	} `json:"config_project"`
	CreatedAt       string `json:"created_at"`
	CreatedByUserID *int64 `json:"created_by_user_id"`
	IsReceptive     *bool  `json:"is_receptive"`
}

// Token is a token in a response.
type Token struct {
	ID              int64   `json:"id"`
	Name            string  `json:"name"`
	Description     *string `json:"description"`
	AgentID         int64   `json:"agent_id"`
	Status          string  `json:"status"`
	CreatedAt       string  `json:"created_at"`
	CreatedByUserID *int64  `json:"created_by_user_id"`
	LastUsedAt      *string `json:"last_used_at"`
	Token           string  `json:"token"`
}

func newExchange(doc *document.Document, x *wire.Exchange) *Exchange {
	e := &Exchange{Exchange: x, caller: callerOf(x), Server: server(x.Request.URL), doc: doc}
	match, ok := doc.Route(x.Request.Method, x.Request.URL)
	if !ok {
		return e
	}
	e.Operation = match.Operation
	e.Project = match.Project
	e.AgentID, _ = strconv.ParseInt(match.AgentID, 10, 64)
	e.TokenID, _ = strconv.ParseInt(match.TokenID, 10, 64)
	return e
}

// withoutRedacted takes an answer whose secret a recorder removed for one of which a part is missing: nothing can be said
// of the secret that is not there.
func withoutRedacted(x *wire.Exchange) *wire.Exchange {
	if x.Response == nil || x.Response.StatusCode != http.StatusCreated || !bytes.Contains(x.Response.Body, []byte(`"`+redact.Redacted+`"`)) {
		return x
	}
	without, response := *x, *x.Response
	response.Truncated = true
	without.Response = &response
	return &without
}

// server is the part of a URL that names the GitLab.
func server(u *url.URL) string {
	path := u.EscapedPath()
	if i := strings.Index(path, "/api/v4/"); i >= 0 {
		path = path[:i]
	} else {
		path = ""
	}
	return u.Scheme + "://" + u.Host + path
}

// callerOf tells callers apart without keeping a credential.
func callerOf(x *wire.Exchange) (id [8]byte) {
	h := sha256.New()
	for _, name := range []string{"Private-Token", "Authorization", "Job-Token", "Cookie", "Sudo"} {
		h.Write([]byte(x.Request.Header.Get(name) + "\x00"))
	}
	if strings.Contains(x.Request.URL.RawQuery, "_token=") || strings.Contains(x.Request.URL.RawQuery, "sudo=") {
		q := x.Request.URL.Query()
		h.Write([]byte(q.Get("private_token") + "\x00" + q.Get("access_token") + "\x00" + q.Get("sudo")))
	}
	copy(id[:], h.Sum(nil))
	return id
}

// Status is the status of the answer, 0 if there was none.
func (x *Exchange) Status() int {
	if x.Response == nil {
		return 0
	}
	return x.Response.StatusCode
}

// etag is the entity tag of the answer; empty if there is none.
func (x *Exchange) etag() string { return x.Response.Header.Get("ETag") }

// total is how many entries the answer says a list has; empty if it does not say.
func (x *Exchange) total() string { return x.Response.Header.Get("X-Total") }

// complete says that the whole answer is there.
func (x *Exchange) complete() bool {
	return x.Response != nil && !x.Response.Truncated && x.Err == nil
}

// ok says that the whole answer is there, with this status.
func (x *Exchange) ok(status int) bool { return x.complete() && x.Response.StatusCode == status }

// before says that x was answered before y was asked.
func (x *Exchange) before(y *Exchange) bool { return x.moment().before(y.moment()) }

func (x *Exchange) moment() moment {
	return moment{index: x.Index, start: x.Started, end: x.Started.Add(x.Duration)}
}

// moment is when an exchange took place. Exchanges may overlap; then neither was before the other.
type moment struct {
	index      int
	start, end time.Time // zero where the source does not say; then the order in the source counts
}

func (m moment) before(o moment) bool {
	return m.index < o.index && (m.start.IsZero() || o.start.IsZero() || !m.end.After(o.start))
}

// mark is the end of a moment, for records of which there are many.
type mark struct {
	index int
	end   int64 // in nanoseconds since 1970; 0 if the source does not say
}

func (m moment) mark() mark {
	if m.start.IsZero() {
		return mark{index: m.index}
	}
	return mark{m.index, m.end.UnixNano()}
}

func (k mark) before(o moment) bool {
	return k.index < o.index && (k.end == 0 || o.start.IsZero() || k.end <= o.start.UnixNano())
}

// Agents are the agents in the response, whether it is a list, a single read or a create. None if the status is not a
// success, or the operation is about tokens.
func (x *Exchange) Agents() []Agent { x.decode(); return x.body.agents }

// Tokens are the tokens in the response, likewise.
func (x *Exchange) Tokens() []Token { x.decode(); return x.body.tokens }

// newAgent and newToken are what a create was answered with; nil if it is no answer to one, or no success.
func (x *Exchange) newAgent() *Agent {
	if agents := x.Agents(); x.Operation == "createAgent" && x.ok(201) && len(agents) == 1 {
		return &agents[0]
	}
	return nil
}

func (x *Exchange) newToken() *Token {
	if tokens := x.Tokens(); x.Operation == "createAgentToken" && x.ok(201) && len(tokens) == 1 {
		return &tokens[0]
	}
	return nil
}

func (x *Exchange) decode() {
	if x.body.done {
		return
	}
	x.body.done = true
	if !x.complete() || x.Request.Method == http.MethodHead || len(x.Response.Body) == 0 {
		return
	}
	if s := x.Response.StatusCode; s != 200 && s != 201 {
		return
	}
	switch x.Operation {
	case "listAgents":
		x.body.agents = unmarshal[[]Agent](x.Response.Body)
	case "getAgent", "createAgent":
		if a := unmarshal[Agent](x.Response.Body); a.ID != 0 {
			x.body.agents = []Agent{a}
		}
	case "listAgentTokens":
		x.body.tokens = unmarshal[[]Token](x.Response.Body)
	case "getAgentToken", "createAgentToken":
		if t := unmarshal[Token](x.Response.Body); t.ID != 0 {
			x.body.tokens = []Token{t}
		}
	}
}

// unmarshal reads what has the right type and leaves out what has not.
func unmarshal[T any](body []byte) (v T) {
	err := json.Unmarshal(body, &v)
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrongType):
		readIDs(body, any(&v))
	case err != nil:
		var zero T
		return zero
	}
	return v
}

// readIDs reads ids that are written as texts or as 5.0, which is the document's business. Without them nothing else could
// be said of the agents and tokens, and what a run made could not be removed.
func readIDs(body []byte, v any) {
	var id struct{ ID json.RawMessage }
	var ids []struct{ ID json.RawMessage }
	number := func(id *int64, raw json.RawMessage) {
		text := strings.Trim(string(raw), `"`)
		n, err := strconv.ParseInt(text, 10, 64)
		if f, err2 := strconv.ParseFloat(text, 64); err != nil && err2 == nil && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			n, err = int64(f), nil
		}
		if err == nil && *id == 0 {
			*id = n
		}
	}
	switch v := v.(type) {
	case *Agent:
		_ = json.Unmarshal(body, &id)
		number(&v.ID, id.ID)
	case *Token:
		_ = json.Unmarshal(body, &id)
		number(&v.ID, id.ID)
	case *[]Agent:
		_ = json.Unmarshal(body, &ids)
		for i := range min(len(ids), len(*v)) {
			number(&(*v)[i].ID, ids[i].ID)
		}
	case *[]Token:
		_ = json.Unmarshal(body, &ids)
		for i := range min(len(ids), len(*v)) {
			number(&(*v)[i].ID, ids[i].ID)
		}
	}
}

// Violation reports that the server broke the rule.
func (x *Exchange) Violation(pointer, expected, actual string) {
	x.report(x, document.Finding{Outcome: document.Violation, Pointer: pointer, Expected: expected, Actual: actual})
}

// differs reports that a property is not what it should be, unless the document has something against that property
// already: one wrong value is one finding.
func (x *Exchange) differs(pointer, expected, actual string) {
	if !x.documentSpokeOf(pointer) {
		x.Violation(pointer, expected, actual)
	}
}

// echoes is differs for what was sent. If it came back as a text, that is worth saying even if the document does not
// allow that text: it is what was made of the one that was sent.
func (x *Exchange) echoes(text bool, pointer, expected, actual string) {
	if text {
		x.Violation(pointer, expected, actual)
		return
	}
	x.differs(pointer, expected, actual)
}

// documentSpokeOf says whether the document has something against a property of the response, or what it is in.
func (x *Exchange) documentSpokeOf(pointer string) bool {
	pointer = inEntry(pointer)
	return slices.ContainsFunc(x.findings(), func(f document.Finding) bool {
		if f.Rule == documentRequest.ID || f.Rule == documentHeaders.ID {
			return false
		}
		about := strings.TrimSuffix(inEntry(f.Pointer), "/")
		return about == pointer || f.Outcome == document.Violation && (f.Pointer == "" || strings.HasPrefix(pointer, about+"/"))
	})
}

// sound says that the document has nothing against the body of the response.
func (x *Exchange) sound() bool {
	return !slices.ContainsFunc(x.findings(), func(f document.Finding) bool {
		return f.Outcome == document.Violation && (f.Rule == documentBody.ID || f.Rule == documentJSON.ID)
	})
}

// violationOf reports that the server broke the rule in an earlier exchange, as this one shows.
func (x *Exchange) violationOf(earlier *Exchange, pointer, expected, actual string) {
	x.report(earlier, document.Finding{Outcome: document.Violation, Pointer: pointer, Expected: expected, Actual: actual})
}

// documented reports what the document has against the exchange under one rule, and says whether there was an answer
// to hold against it.
func (x *Exchange) documented(rule string) bool {
	for _, f := range x.findings() {
		if f.Rule == rule {
			x.report(x, f)
		}
	}
	return x.Response != nil
}

// findings are what the document has against the exchange.
func (x *Exchange) findings() []document.Finding {
	if x.checked == nil {
		x.checked = append([]document.Finding{}, x.doc.Check(x.Exchange)...)
	}
	return x.checked
}

// trace is what of an exchange is kept in great numbers: which one it was, and when.
func (x *Exchange) trace() *Exchange {
	return &Exchange{Exchange: &wire.Exchange{Started: x.Started, Duration: x.Duration}, Index: x.Index}
}

// kept is what of an exchange can be kept for long: everything but the bodies.
func (x *Exchange) kept() *Exchange {
	w := *x.Exchange
	w.Request.Body = nil
	if w.Response != nil {
		r := *w.Response
		r.Body = nil
		w.Response = &r
	}
	k := *x
	k.Exchange, k.body, k.checked, k.report = &w, decoded{}, nil, nil
	return &k
}
