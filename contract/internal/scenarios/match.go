package scenarios

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/live"
)

type (
	matcher  = live.Matcher
	mismatch = live.Mismatch
)

// wrong is a single mismatch about the whole answer.
func wrong(expected, actual string) []mismatch {
	return []mismatch{{Expected: expected, Actual: actual}}
}

// Status wants a status.
func Status(status int) matcher {
	return func(x *judge.Exchange) []mismatch {
		if x.Status() == status {
			return nil
		}
		return wrong(strconv.Itoa(status), said(x))
	}
}

// said is the status of an answer, and its error.
func said(x *judge.Exchange) string {
	s := strconv.Itoa(x.Status())
	if f, ok := x.Failure(); ok {
		s += ", " + f.Said()
	}
	return s
}

// Message wants a status and an error under message. HEAD has no body to look at.
func Message(status int, text string) matcher { return errorUnder(status, "message", text) }

// Error wants a status and an error under error.
func Error(status int, text string) matcher { return errorUnder(status, "error", text) }

func errorUnder(status int, key, text string) matcher {
	return func(x *judge.Exchange) []mismatch {
		if w := Status(status)(x); w != nil || x.Request.Method == http.MethodHead {
			return w
		}
		f, _ := x.Failure()
		got := f.Message
		if key == "error" {
			got = f.Error
		}
		if got != nil && *got == text {
			return nil
		}
		return []mismatch{{Pointer: "/" + key, Expected: fmt.Sprintf("%s %q", key, text), Actual: f.Said()}}
	}
}

// The errors of GitLab.

func NotFound() matcher        { return Message(404, "404 Not found") }
func AgentsNotFound() matcher  { return Message(404, "404 ClusterAgents Not Found") }
func ProjectNotFound() matcher { return Message(404, "404 Project Not Found") }
func NoRoute() matcher         { return Error(404, "404 Not Found") }
func Forbidden() matcher       { return Message(403, "403 Forbidden") }
func Unauthorized() matcher    { return Message(401, "401 Unauthorized") }

// Refused wants what a model rule answers. The words follow the caller's language, so only their form is compared.
func Refused() matcher {
	return func(x *judge.Exchange) []mismatch {
		if w := Status(400)(x); w != nil {
			return w
		}
		if f, _ := x.Failure(); f.Message == nil {
			return []mismatch{{Pointer: "/message", Expected: `message "400 Bad request - …"`, Actual: f.Said()}}
		}
		return nil
	}
}

// InEnglish wants a text of a model rule, unless the text is in another language.
func InEnglish(text string) matcher {
	return func(x *judge.Exchange) []mismatch {
		f, _ := x.Failure()
		if f.Message == nil || *f.Message == text || !isASCII(*f.Message) {
			return nil // a missing message is reported by another rule
		}
		return []mismatch{{Pointer: "/message", Expected: strconv.Quote(text), Actual: f.Said()}}
	}
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// Sound wants 200 and a body that the document allows.
func Sound() matcher {
	return func(x *judge.Exchange) []mismatch {
		if w := Status(200)(x); w != nil {
			return w
		}
		if !x.Sound() {
			return []mismatch{{Known: true, Expected: "a body that matches the document", Actual: "another one"}}
		}
		return nil
	}
}

// Hidden wants a refusal, whichever it is: another request of the scenario says which it has to be.
func Hidden() matcher {
	return func(x *judge.Exchange) []mismatch {
		if x.Status() >= 400 {
			return nil
		}
		return wrong("a refusal", said(x))
	}
}

// StillThere wants anything but 404.
func StillThere() matcher {
	return func(x *judge.Exchange) []mismatch {
		if x.Status() == 404 {
			return wrong("what was there before", said(x))
		}
		return nil
	}
}

// Full wants an answer that is not 304.
func Full() matcher {
	return func(x *judge.Exchange) []mismatch {
		if x.Status() == 304 {
			return wrong("200", "304")
		}
		return nil
	}
}

// Not wants another status.
func Not(status int, expected string) matcher {
	return func(x *judge.Exchange) []mismatch {
		if x.Status() == status {
			return wrong(expected, said(x))
		}
		return nil
	}
}

// HasAgents wants a list with agents.
func HasAgents(agents ...Agent) matcher {
	return func(x *judge.Exchange) []mismatch {
		for _, a := range agents {
			if !slices.ContainsFunc(x.Agents(), func(is judge.Agent) bool { return is.ID == a.ID }) {
				return []mismatch{{Entries: true, Expected: fmt.Sprintf("agent %d in the list", a.ID), Actual: listOf(x)}}
			}
		}
		return nil
	}
}

// LacksAgents wants a list without agents.
func LacksAgents(agents ...Agent) matcher {
	return func(x *judge.Exchange) []mismatch {
		for _, a := range agents {
			if slices.ContainsFunc(x.Agents(), func(is judge.Agent) bool { return is.ID == a.ID }) {
				return []mismatch{{Entries: true, Expected: fmt.Sprintf("no agent %d", a.ID), Actual: "a list with it"}}
			}
		}
		return nil
	}
}

// HasAgentsWith wants a list whose pages, this one and the others, have agents.
func HasAgentsWith(others []*Answer, agents ...Agent) matcher {
	return func(x *judge.Exchange) []mismatch {
		seen := make(map[int64]bool)
		for _, a := range x.Agents() {
			seen[a.ID] = true
		}
		for _, page := range others {
			for _, a := range page.Agents() {
				seen[a.ID] = true
			}
		}
		for _, a := range agents {
			if !seen[a.ID] {
				return []mismatch{{Entries: true, Expected: fmt.Sprintf("agent %d in the list", a.ID), Actual: listOf(x)}}
			}
		}
		return nil
	}
}

// IsNotAgent wants anything but an agent.
func IsNotAgent(agent Agent) matcher {
	return func(x *judge.Exchange) []mismatch {
		if x.Status() == 304 || slices.ContainsFunc(x.Agents(), func(a judge.Agent) bool { return a.ID == agent.ID }) {
			return wrong("404", "the agent, with "+strconv.Itoa(x.Status()))
		}
		return nil
	}
}

// HasName wants a name that was sent.
func HasName(name string) matcher { return Property("name", strconv.Quote(name)) }

// HasTokens wants a list with tokens.
func HasTokens(tokens ...Token) matcher {
	return func(x *judge.Exchange) []mismatch {
		for _, t := range tokens {
			if !slices.ContainsFunc(x.Tokens(), func(is judge.Token) bool { return is.ID == t.ID }) {
				return []mismatch{{Expected: fmt.Sprintf("token %d in the list", t.ID), Actual: listOf(x)}}
			}
		}
		return nil
	}
}

// LacksTokens wants a list without tokens.
func LacksTokens(tokens ...Token) matcher {
	return func(x *judge.Exchange) []mismatch {
		for _, t := range tokens {
			if i := slices.IndexFunc(x.Tokens(), func(is judge.Token) bool { return is.ID == t.ID }); i >= 0 {
				return []mismatch{{Expected: fmt.Sprintf("no token %d", t.ID), Actual: fmt.Sprintf("the token, with status %q", x.Tokens()[i].Status)}}
			}
		}
		return nil
	}
}

// OnlyTokens wants a list with no other tokens of its agent. Those of another agent are reported by another rule.
func OnlyTokens(tokens ...Token) matcher {
	return func(x *judge.Exchange) []mismatch {
		for _, is := range x.Tokens() {
			if is.AgentID == x.AgentID && !slices.ContainsFunc(tokens, func(t Token) bool { return t.ID == is.ID }) {
				return []mismatch{{Expected: "only tokens whose creation was granted", Actual: fmt.Sprintf("token %d, %q, too", is.ID, judge.Clip(is.Name))}}
			}
		}
		return nil
	}
}

// NoNewTokens wants a list with no tokens of its agent that an earlier list lacked.
func NoNewTokens(before *Answer) matcher {
	return func(x *judge.Exchange) []mismatch {
		for _, is := range x.Tokens() {
			if is.AgentID == x.AgentID && !slices.ContainsFunc(before.Tokens(), func(t judge.Token) bool { return t.ID == is.ID }) {
				return []mismatch{{Expected: "no token whose creation was refused", Actual: fmt.Sprintf("token %d, %q, too", is.ID, judge.Clip(is.Name))}}
			}
		}
		return nil
	}
}

// Active wants tokens, in a list or alone, that are active.
func Active(tokens ...Token) matcher {
	return func(x *judge.Exchange) []mismatch {
		for _, is := range x.Tokens() {
			if is.Status == "revoked" && slices.ContainsFunc(tokens, func(t Token) bool { return t.ID == is.ID }) {
				return []mismatch{{Expected: fmt.Sprintf(`token %d with status "active"`, is.ID), Actual: `status "revoked"`}}
			}
		}
		return nil
	}
}

func listOf(x *judge.Exchange) string {
	if x.Status() != 200 {
		return said(x)
	}
	return "a list without it"
}

// Empty wants an empty list.
func Empty() matcher {
	return func(x *judge.Exchange) []mismatch {
		if w := Sound()(x); w != nil {
			return w
		}
		if strings.TrimSpace(string(x.Response.Body)) != "[]" {
			entries := len(x.Agents()) + len(x.Tokens())
			return []mismatch{{Entries: true, Expected: "[]", Actual: strconv.Itoa(entries) + " entries"}}
		}
		return nil
	}
}

// SameAs wants an object with the properties of another answer's. Some may be left out.
func SameAs(other *judge.Exchange, as string, without ...string) matcher {
	return func(x *judge.Exchange) []mismatch {
		return sameObject(x, judge.Object(x.Response.Body), other, judge.Object(other.Response.Body), as, without)
	}
}

// SameBut wants an object with the properties of another answer's, except that one may have changed meanwhile.
func SameBut(name string, other *judge.Exchange, as string) matcher {
	return func(x *judge.Exchange) []mismatch {
		got, want := judge.Object(x.Response.Body), judge.Object(other.Response.Body)
		delete(got, name)
		delete(want, name)
		return sameObject(x, got, other, want, as, nil)
	}
}

// EntrySameAs wants the entry of a list to have the properties of another answer's object.
func EntrySameAs(id int64, other *judge.Exchange, as string, without ...string) matcher {
	return func(x *judge.Exchange) []mismatch {
		return sameObject(x, judge.Element(x.Response.Body, id), other, judge.Object(other.Response.Body), as, without)
	}
}

// SameEntryAs wants the entry of a list to have the properties of the same entry of another list.
func SameEntryAs(id int64, other *judge.Exchange, as string) matcher {
	return func(x *judge.Exchange) []mismatch {
		return sameObject(x, judge.Element(x.Response.Body, id), other, judge.Element(other.Response.Body, id), as, nil)
	}
}

// sameObject compares two objects, property by property. What the document has against a property is reported already,
// and so are bodies that are not objects.
func sameObject(x *judge.Exchange, got map[string]any, other *judge.Exchange, want map[string]any, as string, without []string) (found []mismatch) {
	if got == nil || want == nil || fmt.Sprint(got["id"]) != fmt.Sprint(want["id"]) {
		return nil // that it is another object is reported too
	}
	differs := func(name, expected, actual string) {
		for _, e := range []*judge.Exchange{x, other} {
			if e.DocumentSpokeOf("/"+name) || e.DocumentSpokeOf("/0/"+name) {
				return
			}
		}
		found = append(found, mismatch{Pointer: "/" + name, Expected: expected, Actual: actual})
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		value, present := got[name]
		switch {
		case slices.Contains(without, name):
		case !present:
			differs(name, "the property, "+as, "none")
		case !reflect.DeepEqual(value, want[name]):
			differs(name, shape(want[name])+", "+as, shape(value))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, present := want[name]; !present || slices.Contains(without, name) {
			differs(name, "no such property, "+as, shape(got[name]))
		}
	}
	return found
}

// shape says what a value is like. A text may be other people's, or a secret, and is not shown.
func shape(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return fmt.Sprintf("a string of %d characters", utf8.RuneCountInString(v))
	case map[string]any:
		return "an object"
	case []any:
		return "an array"
	}
	return fmt.Sprint(v)
}

// Property wants a property of an object to have a value, as JSON.
func Property(name, value string) matcher {
	return func(x *judge.Exchange) []mismatch {
		var object map[string]json.RawMessage
		if json.Unmarshal(x.Response.Body, &object) != nil {
			return nil // which the document reports
		}
		if got := string(object[name]); got != value {
			return []mismatch{{Pointer: "/" + name, Expected: value, Actual: judge.Clip(got)}}
		}
		return nil
	}
}

// WithHeader wants a header, if it is there at all.
func WithHeader(name, value string) matcher {
	return func(x *judge.Exchange) []mismatch {
		if got := x.Header(name); got != "" && got != value {
			return wrong(name+": "+value, name+": "+judge.Clip(got))
		}
		return nil
	}
}

// CreatedBy wants the creator of what was created.
func CreatedBy(user string) matcher {
	return func(x *judge.Exchange) []mismatch {
		object := judge.Object(x.Response.Body)
		by, present := object["created_by_user_id"]
		switch {
		case !present: // which the document reports
			return nil
		case by == nil:
			return []mismatch{{Pointer: "/created_by_user_id", Expected: "the caller's id", Actual: "null"}}
		case user != "" && fmt.Sprint(by) != user:
			return []mismatch{{Pointer: "/created_by_user_id", Expected: user, Actual: fmt.Sprint(by)}}
		}
		return nil
	}
}

// CreatedNow wants the creation time to be close to the Date header, or to our own clock: a proxy on the way may have put
// its own time into Date.
func CreatedNow() matcher {
	return func(x *judge.Exchange) []mismatch {
		at, _ := judge.Object(x.Response.Body)["created_at"].(string)
		created, err1 := time.Parse(time.RFC3339, at)
		date, err2 := http.ParseTime(x.Header("Date"))
		near := func(t time.Time) bool { return created.Sub(t).Abs() <= 15*time.Minute }
		if err1 != nil || err2 != nil || near(date) || near(x.Started) {
			return nil
		}
		return []mismatch{{Pointer: "/created_at", Expected: "about " + date.UTC().Format(time.RFC3339), Actual: created.UTC().Format(time.RFC3339)}}
	}
}

// ShowsNothing wants a refusal that tells nothing about what exists.
func ShowsNothing(agent Agent) matcher {
	return func(x *judge.Exchange) []mismatch {
		switch {
		case x.Status() < 400:
			return nil
		case agent.Created != nil && agent.Name != "" && strings.Contains(string(x.Response.Body), agent.Name):
			return wrong("a refusal that tells nothing about what exists", "the agent's name in it")
		case x.Header("X-Total") != "":
			return wrong("a refusal that tells nothing about what exists", "X-Total: "+judge.Clip(x.Header("X-Total")))
		}
		return nil
	}
}

// CompletesTokens wants a page that has, together with another one, every token.
func CompletesTokens(page *Answer, tokens ...Token) matcher {
	return func(x *judge.Exchange) []mismatch {
		seen := slices.Concat(page.Tokens(), x.Tokens())
		for _, t := range tokens {
			if !slices.ContainsFunc(seen, func(is judge.Token) bool { return is.ID == t.ID }) {
				return wrong(fmt.Sprintf("token %d on one of the two pages", t.ID), "neither page has it")
			}
		}
		return nil
	}
}

// NotTheSecret wants the secret of a new token not to be a certain one.
func NotTheSecret(secret string) matcher {
	return func(x *judge.Exchange) []mismatch {
		if t := x.NewToken(); t != nil && t.Token == secret {
			return []mismatch{{Pointer: "/token", Expected: "a secret that GitLab chose", Actual: "the one in the request"}}
		}
		return nil
	}
}

// NotAnArray wants an error that is not printed as an array, as the messages of a model are.
func NotAnArray() matcher {
	return func(x *judge.Exchange) []mismatch {
		if f, _ := x.Failure(); f.Message != nil && strings.Contains(*f.Message, "[") {
			return []mismatch{{Pointer: "/message", Expected: "the two-token-limit error", Actual: f.Said()}}
		}
		return nil
	}
}

// idOf is the id in an object, as it is written.
func idOf(object map[string]any) string {
	id, _ := object["id"].(json.Number)
	return id.String()
}

// Either wants one of several.
func Either(matchers ...matcher) matcher {
	return func(x *judge.Exchange) (last []mismatch) {
		var expected []string
		for _, match := range matchers {
			if last = match(x); last == nil {
				return nil
			}
			expected = append(expected, last[0].Expected)
		}
		last[0].Expected = strings.Join(expected, " or ")
		return last[:1]
	}
}

// NotEmpty wants a list with entries.
func NotEmpty() matcher {
	return func(x *judge.Exchange) []mismatch {
		if len(x.Agents())+len(x.Tokens()) == 0 {
			return []mismatch{{Entries: true, Expected: "entries, as nothing can be searched for", Actual: "an empty list"}}
		}
		return nil
	}
}

// LacksAgentNamed wants a list without an agent of a name, except those that may have it.
func LacksAgentNamed(name string, but ...Agent) matcher {
	return func(x *judge.Exchange) []mismatch {
		i := slices.IndexFunc(x.Agents(), func(a judge.Agent) bool {
			return a.Name == name && !slices.ContainsFunc(but, func(b Agent) bool { return b.ID == a.ID })
		})
		if i < 0 {
			return nil
		}
		return wrong("no agent whose creation was refused", fmt.Sprintf("entry %d has the name %q", i, name))
	}
}

// NotReceptive wants an agent that is not receptive, if it says so at all.
func NotReceptive() matcher {
	return func(x *judge.Exchange) []mismatch {
		if a := x.NewAgent(); a != nil && a.IsReceptive != nil && *a.IsReceptive {
			return []mismatch{{Pointer: "/is_receptive", Expected: "false", Actual: "true"}}
		}
		return nil
	}
}

// InsufficientScope wants what a token with too few scopes is answered.
func InsufficientScope() matcher {
	return func(x *judge.Exchange) []mismatch {
		if w := Status(403)(x); w != nil {
			return w
		}
		if f, _ := x.Failure(); f.Error == nil || *f.Error != "insufficient_scope" {
			return []mismatch{{Pointer: "/error", Expected: `error "insufficient_scope"`, Actual: f.Said()}}
		}
		return nil
	}
}

// SameTotal wants the X-Total of another answer.
func SameTotal(other *judge.Exchange) matcher {
	return func(x *judge.Exchange) []mismatch {
		if got, want := x.Header("X-Total"), other.Header("X-Total"); got != want {
			return []mismatch{{Entries: true, Expected: "X-Total: " + want, Actual: "X-Total: " + judge.Clip(got)}}
		}
		return nil
	}
}
