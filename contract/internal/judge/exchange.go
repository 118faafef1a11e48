package judge

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"example.com/gitlab-agents/contract/document"
	"example.com/gitlab-agents/contract/internal/answerer"
	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/redact"
	"example.com/gitlab-agents/contract/wire"
)

// Exchange is an exchange as judges see it: what was asked, of which server, by whom, and what the answer holds. Judges
// report to it.
type Exchange struct {
	*wire.Exchange
	Index     int    // the place in its source, from 0
	Operation string // operationId; empty if it is none of the eight
	Server    string // scheme, host and relative root; exchanges of one server share a History
	Project   string // the project in the URL, decoded: an id or a full path
	AgentID   int64  // the agent in the URL; 0 if there is none, or it is not a number
	TokenID   int64  // the token in the URL; 0 likewise
	Tag       any    // what the observer passed with the exchange

	secretRemoved bool // a recorder removed the secret of a new token

	Answerer answerer.Verdict // who answered

	caller  [8]byte    // tells callers apart without keeping a credential
	query   url.Values // what Query found out
	sent    sent
	body    decoded
	doc     *document.Document
	checked []document.Finding // what the document has against the exchange; nil until it was asked
	value   any                // the body of the response as JSON, from when the document reads it until decode
	about   []string           // pointers into the response that rules have reported
	reports reports            // what the rule that is being applied has reported
}

func newExchange(doc *document.Document, x *wire.Exchange) *Exchange {
	e := &Exchange{Exchange: x, caller: callerOf(x), Server: server(x.Request.URL), doc: doc}
	match, ok := doc.Route(x.Request.Method, x.Request.URL)
	if !ok {
		return e
	}
	e.Operation = match.Operation
	e.Project = match.Project
	e.AgentID, e.TokenID = number(match.AgentID), number(match.TokenID)
	return e
}

// number reads an id in a path. It is 0 if the text is not a number, or a larger one than ids can be.
func number(segment string) int64 {
	if segment == "" {
		return 0
	}
	n, err := strconv.ParseInt(segment, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// removedSecret is what recorders and sanitizers put in the place of the secret of a new token: a word that says so, or
// characters that no secret has.
var removedSecret = regexp.MustCompile(`"token"\s*:\s*"(?i:` +
	`[^"]*(redacted|removed|masked|hidden|saniti[sz]ed|filtered|scrubbed|omitted|censored|placeholder)[^"]*|` +
	`[^"]*([*•#]{3,}|\.{3}|…)[^"]*|[x-]{3,}|<[^"]*>|\[[^"]*\]|\{[^"]*\})"`)

// wholeSecret is the property with a secret in it. GitLab's have 50 characters and more.
var wholeSecret = regexp.MustCompile(`"token"\s*:\s*"[A-Za-z0-9_.-]{40,}"`)

// maxCreated is how long the answer to a create may be to be searched for that.
const maxCreated = 64 << 10

// withoutRedacted marks an answer as incomplete if a recorder removed its secret. A removed secret cannot be judged.
func withoutRedacted(x *wire.Exchange) *wire.Exchange {
	if x.Response == nil || x.Response.StatusCode != http.StatusCreated || len(x.Response.Body) > maxCreated || !lacksSecret(x) {
		return x
	}
	without, response := *x, *x.Response
	response.Truncated = true
	without.Response = &response
	return &without
}

// lacksSecret says that a recorder removed the secret: a mask stands in its place, or the answer to the create of a token has
// no secret and is not as long as it was when it was sent.
func lacksSecret(x *wire.Exchange) bool {
	body := x.Response.Body
	return bytes.Contains(body, []byte(`"`+redact.Redacted+`"`)) || removedSecret.Match(body) ||
		strings.HasSuffix(x.Request.URL.Path, "/tokens") && isEdited(x.Response) && !wholeSecret.Match(body)
}

// isEdited says whether a whole JSON body is not as long as it was when it was sent. A body that broke off is not whole.
func isEdited(r *wire.Response) bool {
	length := r.Header.Get("Content-Length")
	if length == "" {
		return false
	}
	sent, err := strconv.Atoi(length)
	return err == nil && sent != len(r.Body) && r.Header.Get("Content-Encoding") == "" && json.Valid(r.Body)
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

// callerOf tells callers apart without keeping a credential. It is zero if the request headers were not recorded.
func callerOf(x *wire.Exchange) (id [8]byte) {
	if x.Request.HeaderNotRecorded {
		return id
	}
	h := sha256.New()
	for _, name := range []string{"Private-Token", "Authorization", "Job-Token", "Cookie", "Sudo"} {
		h.Write([]byte(x.Request.Header.Get(name) + "\x00"))
	}
	if strings.Contains(x.Request.URL.RawQuery, "_token=") || strings.Contains(x.Request.URL.RawQuery, "sudo=") {
		q := x.Request.URL.Query()
		for _, name := range []string{"private_token", "access_token", "job_token", "sudo"} {
			h.Write([]byte(q.Get(name) + "\x00"))
		}
	}
	copy(id[:], h.Sum(nil))
	return id
}

// LacksCredentials says that the request shows no credentials at all. If it was answered with a success, not all of it was
// recorded: browsers and sanitizers leave headers out.
func (x *Exchange) LacksCredentials() bool {
	for _, name := range credentials {
		if x.Request.Header.Get(name) != "" {
			return false
		}
	}
	return !strings.Contains(x.Request.URL.RawQuery, "_token=")
}

// credentials are the headers that may hold some.
var credentials = []string{"Private-Token", "Authorization", "Job-Token", "Cookie"}

// Query is the query of the request.
func (x *Exchange) Query() url.Values {
	if x.query == nil {
		x.query = x.Request.URL.Query()
	}
	return x.query
}

// Status is the status of the answer, 0 if there was none.
func (x *Exchange) Status() int {
	if x.Response == nil {
		return 0
	}
	return x.Response.StatusCode
}

// Header is a header of the answer; empty if there is none.
func (x *Exchange) Header(name string) string {
	if x.Response == nil {
		return ""
	}
	return x.Response.Header.Get(name)
}

// Complete says that the whole answer came. Its body may not be recorded.
func (x *Exchange) Complete() bool {
	return x.Response != nil && x.Err == nil && (!x.Response.Truncated || x.Response.BodyNotRecorded)
}

// OK says that the whole answer came, with this status.
func (x *Exchange) OK(status int) bool { return x.Complete() && x.Response.StatusCode == status }

// FromGitLab says that GitLab answered, or may have answered.
func (x *Exchange) FromGitLab() bool { return !x.fromStranger() }

// ThroughCache says that the answer came through a cache, even if the cache asked GitLab.
func (x *Exchange) ThroughCache() bool { return answerer.ThroughCache(x.Exchange) }

// Violation reports that the server broke the rule.
func (x *Exchange) Violation(pointer, expected, actual string) {
	x.reports.add(x, rule.Finding{Outcome: rule.Violation, Pointer: pointer, Expected: expected, Actual: actual}, false)
}

// Disagreement reports what a write by somebody else in between would explain, such as two parts of a list that GitLab
// reads one after the other. It is a violation only if it is confirmed.
func (x *Exchange) Disagreement(expected, actual string) {
	x.reports.add(x, rule.Finding{Outcome: rule.Violation, Expected: expected, Actual: actual}, true)
}

// Differs reports that a property is not what it should be, unless the document has reported that property already: one
// wrong value is one finding.
func (x *Exchange) Differs(pointer, expected, actual string) {
	if !x.DocumentSpokeOf(pointer) {
		x.Violation(pointer, expected, actual)
	}
}

// Echoes is Differs for a value that the client sent. If the server returned text, that is reported even if the document
// does not allow the text: it shows what the server made of the value.
func (x *Exchange) Echoes(text bool, pointer, expected, actual string) {
	if text {
		x.Violation(pointer, expected, actual)
		return
	}
	x.Differs(pointer, expected, actual)
}

// ViolationOf reports that the server broke the rule in an earlier exchange, as this one shows.
func (x *Exchange) ViolationOf(earlier *Exchange, pointer, expected, actual string) {
	x.reports.add(earlier, rule.Finding{Outcome: rule.Violation, Pointer: pointer, Expected: expected, Actual: actual}, false)
}

// DocumentSpokeOf says whether the document has reported a property of the response, or what contains it.
func (x *Exchange) DocumentSpokeOf(pointer string) bool {
	pointer = inEntry(pointer)
	return slices.ContainsFunc(x.Documentation(), func(f document.Finding) bool {
		if f.Rule == document.RuleRequest || f.Rule == document.RuleHeaders {
			return false
		}
		about := strings.TrimSuffix(inEntry(f.Pointer), "/")
		return about == pointer || f.Outcome == document.Violation && (f.Pointer == "" || strings.HasPrefix(pointer, about+"/"))
	})
}

// Reported says whether a rule has reported a property of the response already, or the response as a whole. The properties
// message and error count as one: an error has either.
func (x *Exchange) Reported(pointer string) bool {
	same := func(about string) bool { return about == pointer || about == "" }
	if pointer == "/message" || pointer == "/error" {
		same = func(about string) bool { return about == "/message" || about == "/error" || about == "" }
	}
	return slices.ContainsFunc(x.about, same)
}

// Sound says that the document has nothing against the body of the response.
func (x *Exchange) Sound() bool {
	return !slices.ContainsFunc(x.Documentation(), func(f document.Finding) bool {
		return f.Outcome == document.Violation && (f.Rule == document.RuleBody || f.Rule == document.RuleJSON)
	})
}

// RequestIsSound says that the document has nothing against the request.
func (x *Exchange) RequestIsSound() bool {
	return !slices.ContainsFunc(x.Documentation(), func(f document.Finding) bool { return f.Rule == document.RuleRequest })
}

// Documented reports what the document has against the exchange under one rule, and says whether there was an answer to
// compare with it.
func (x *Exchange) Documented(id string) bool {
	for _, f := range x.Documentation() {
		if f.Rule == id {
			x.reports.add(x, rule.Finding{
				Outcome: f.Outcome, Operation: f.Operation, Pointer: f.Pointer,
				Expected: f.Expected, Actual: f.Actual, Document: f.Document,
			}, false)
		}
	}
	return x.Response != nil
}

// Documentation is what the document has against the exchange.
func (x *Exchange) Documentation() []document.Finding {
	if x.checked == nil {
		found, body := x.doc.CheckAndRead(x.Exchange)
		x.checked, x.value = append([]document.Finding{}, found...), body
		if x.secretRemoved { // the response was complete before
			x.checked = slices.DeleteFunc(x.checked, func(f document.Finding) bool { return f.Rule == document.RuleResponse })
		}
	}
	return x.checked
}

// trace is what is kept of exchanges in great numbers: which one it was, whose, and when.
func (x *Exchange) trace() *Exchange {
	return &Exchange{Exchange: &wire.Exchange{Started: x.Started, Duration: x.Duration}, Index: x.Index, caller: x.caller, Tag: x.Tag}
}

// Kept is what can be kept of an exchange for long: everything but the bodies.
func (x *Exchange) Kept() *Exchange {
	w := *x.Exchange
	w.Request.Body = nil
	if w.Response != nil {
		r := *w.Response
		r.Body = nil
		w.Response = &r
	}
	k := *x
	k.Exchange, k.query, k.body, k.checked, k.value, k.reports = &w, nil, decoded{}, nil, nil, nil
	return &k
}
