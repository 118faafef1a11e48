package faults

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// names are faults of which names an agent may have.
func names() []Fault {
	const enforced, noName = "agent-names/enforced", "an agent without the name that was sent cannot be known as the check's own"
	inAnswers := ids{"document/body", "agents/sorted-by-name"}
	const because, differs = "the name is shown in responses", "the name differs"
	return []Fault{
		{Name: "name-with-capitals", Explains: "A name can have capitals.", Rules: ids{"agent-names/lower-case", enforced}, Change: acceptName(named(`^[a-zA-Z0-9-]*[A-Z][a-zA-Z0-9-]*$`)), Also: inAnswers, Because: because},
		{Name: "name-with-underscore", Explains: "A name can have underscores.", Rules: ids{"agent-names/no-underscore", enforced}, Change: acceptName(named(`^[a-z0-9_-]*_[a-z0-9_-]*$`)), Also: inAnswers, Because: because},
		{Name: "name-with-dot", Explains: "A name can have dots.", Rules: ids{"agent-names/no-dot", enforced}, Change: acceptName(named(`^[a-z0-9.-]*\.[a-z0-9.-]*$`)), Also: inAnswers, Because: because},
		{Name: "name-with-space", Explains: "A name can have spaces.", Rules: ids{"agent-names/no-space", enforced}, Change: acceptName(named(`^[a-z0-9 -]* [a-z0-9 -]*$`)), Also: inAnswers, Because: because},
		{Name: "name-with-leading-hyphen", Explains: "A name can begin with a hyphen.", Rules: ids{"agent-names/no-leading-hyphen", enforced}, Change: acceptName(named(`^-[a-z0-9-]*[a-z0-9]$`)), Also: ids{"document/body"}, Because: because},
		{Name: "name-with-trailing-hyphen", Explains: "A name can end with a hyphen.", Rules: ids{"agent-names/no-trailing-hyphen", enforced}, Change: acceptName(named(`^[a-z0-9][a-z0-9-]*-$`)), Also: inAnswers, Because: because},
		{Name: "name-with-newline", Explains: "A name can end with a line break.", Rules: ids{"agent-names/no-newline", enforced}, Change: acceptName(named(`^[a-z0-9-]*\n$`)), Also: inAnswers, Because: because},
		{Name: "name-with-any-letter", Explains: "A name can have letters beyond ASCII.", Rules: ids{"agent-names/ascii", enforced}, Change: acceptName(named(`^[a-z0-9-]*[^\x00-\x7f\x{fffd}][a-z0-9-]*$`)), Also: inAnswers, Because: because},
		{Name: "name-of-64", Explains: "A name can have more than 63 characters.", Rules: ids{"agent-names/at-most-63", enforced}, Change: acceptName(named(`^[a-z0-9-]{64,}$`)), Also: inAnswers, Because: because},
		{Name: "name-blank", Explains: "A name can be empty.", Rules: ids{"agent-names/not-blank", enforced}, Change: acceptName(func(name any) bool { return name == "" }), Also: inAnswers, Because: because, Keeps: noName},
		{Name: "name-null", Explains: "A name can be null.", Rules: ids{"agent-names/not-null", enforced}, Change: acceptName(func(name any) bool { return name == nil }), Also: inAnswers, Because: because, Keeps: noName},
		{Name: "name-array", Explains: "A name can be an array.", Rules: ids{"agent-names/is-text"}, Change: acceptName(isArray), Also: inAnswers, Because: because, Keeps: noName},
		{Name: "name-missing", Explains: "A name is not required.", Rules: ids{"agent-names/required"}, Change: around(namingNameless), Keeps: noName,
			Also: ids{"order/parameters-before-project", "order/parameters-before-role"}, Because: "they send no name, which is no error here"},
		{Name: "name-lowered", Explains: "Capitals in a name become small letters instead of being refused.", Rules: ids{"agent-names/lower-case"}, Change: renameAgent(strings.ToLower), Also: ids{enforced, "agents/create-keeps-name"}, Because: differs},
		{Name: "name-trimmed", Explains: "Spaces around a name are removed instead of being refused.", Rules: ids{"agent-names/no-newline"}, Change: renameAgent(strings.TrimSpace), Also: ids{enforced, "agents/create-keeps-name"}, Because: differs},
		{Name: "name-taken-accepted", Explains: "Two agents can have the same name.", Rules: ids{"agent-names/unique"}, Change: around(acceptingTaken),
			Also: ids{"agents/listed-once", "agents/sorted-by-name"}, Because: "the list shows both"},
		{Name: "name-taken-409", Explains: "A taken name is refused with 409.", Rules: ids{"agent-names/unique"}, Change: answerWhen(says("already been taken"), 409, `{"message":"409 Conflict"}`)},
		{Name: "name-taken-returns-agent", Explains: "Creating an agent with a taken name returns the existing agent, with 201.", Rules: ids{"agent-names/unique", "agents/id-fresh"}, Change: handle(returningTheTaken)},
		{Name: "name-taken-everywhere", Explains: "A name is taken if an agent of any project has it.", Rules: ids{"agent-names/unique-per-project"}, Change: around(sharingNames)},
		{Name: "name-of-63-refused", Explains: "A name can have 62 characters only.", Rules: ids{"agent-names/longest-is-accepted"}, Change: refuseName(func(name string) bool { return len(name) == 63 })},
		{Name: "name-two-hyphens-refused", Explains: "Two hyphens in a row are refused.", Rules: ids{"agent-names/longest-is-accepted"}, Change: refuseName(func(name string) bool { return strings.Contains(name, "--") })},
		{Name: "name-leading-digit-refused", Explains: "A name that begins with a digit is refused.", Rules: ids{"agent-names/digits-at-ends"}, Change: refuseName(func(name string) bool { return name != "" && name[0] >= '0' && name[0] <= '9' })},
	}
}

// named is a name that matches a regular expression.
func named(pattern string) func(name any) bool {
	expression := regexp.MustCompile(pattern)
	return func(name any) bool {
		text, ok := name.(string)
		return ok && expression.MatchString(text)
	}
}

func isArray(name any) bool { _, ok := name.([]any); return ok }

// refuseName refuses names that GitLab accepts, with GitLab's error.
func refuseName(refuses func(string) bool) Change {
	return agentInput(func(o object) object {
		if name, _ := o["name"].(string); utf8.ValidString(name) && refuses(name) {
			return object{"name": "-"}
		}
		return nil
	})
}

// renameAgent changes names that are sent as JSON.
func renameAgent(change func(string) string) Change {
	return request(func(r *http.Request) *http.Request {
		if !createsAgent(r) || !hasType(jsonType)(r) {
			return r
		}
		sent := input(r)
		name, ok := sent["name"].(string)
		if !ok || !utf8.ValidString(name) || strings.Contains(name, "\x00") || change(name) == name {
			return r
		}
		sent["name"] = change(name)
		return withInput(r, sent)
	})
}

// acceptName accepts names that GitLab refuses. Inside the fake such an agent has another name, an alias, and all
// responses show the name that was sent.
func acceptName(accepts func(name any) bool) Change {
	return around(func(next http.Handler) http.Handler {
		a := &aliases{next: next}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if createsAgent(r) {
				sent := input(r)
				if name, there := sent["name"]; there && accepts(name) {
					r = a.instead(r, sent)
				}
			}
			a.serve(w, r)
		})
	})
}

// acceptingTaken accepts a name although another agent has it, in the same way.
func acceptingTaken(next http.Handler) http.Handler {
	a := &aliases{next: next}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if createsAgent(r) && hasType(jsonType)(r) {
			if sent := input(r); sent != nil {
				first := ask(next, withInput(r, sent))
				if !strings.Contains(string(first.body), "already been taken") {
					first.send(w, r)
					return
				}
				r = a.instead(r, sent)
			}
		}
		a.serve(w, r)
	})
}

// aliases are names that the fake has in place of those that were sent.
type aliases struct {
	next  http.Handler
	mu    sync.RWMutex
	shown []string // pairs: an alias in quotes, and what is shown in its place
}

// instead returns the request with an alias in place of the name.
func (a *aliases) instead(r *http.Request, sent object) *http.Request {
	a.mu.Lock()
	defer a.mu.Unlock()
	alias := "alias-" + strconv.Itoa(len(a.shown))
	a.shown = append(a.shown, quoted(alias), string(marshal(sent["name"])))
	changed := maps.Clone(sent)
	changed["name"] = alias
	return withInput(r, changed)
}

// serve answers with the names that were sent.
func (a *aliases) serve(w http.ResponseWriter, r *http.Request) {
	answer := ask(a.next, r)
	a.mu.RLock()
	answer.body = []byte(strings.NewReplacer(a.shown...).Replace(string(answer.body)))
	a.mu.RUnlock()
	answer.send(w, r)
}

func quoted(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // no string fails
	}
	return string(text)
}

// namingNameless names an agent for which no name was sent.
func namingNameless(next http.Handler) http.Handler {
	var mu sync.Mutex
	n := 0
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if createsAgent(r) && !r.URL.Query().Has("name") {
			if sent := input(r); sent != nil {
				if _, there := sent["name"]; !there {
					mu.Lock()
					n++
					r = withInput(r, object{"name": "agent-" + strconv.Itoa(1000+n)})
					mu.Unlock()
				}
			}
		}
		next.ServeHTTP(w, r)
	})
}

// returningTheTaken answers a create with the agent that has the name.
func returningTheTaken(next http.Handler, w http.ResponseWriter, r *http.Request) {
	if !createsAgent(r) {
		next.ServeHTTP(w, r)
		return
	}
	name := input(r)["name"]
	a := ask(next, r)
	if a.status == 400 && strings.Contains(string(a.body), "already been taken") {
		for _, agent := range read(next, r, r.URL.EscapedPath()+"?per_page=100").objects() {
			if agent["name"] == name {
				a = read(next, r, r.URL.EscapedPath()+"/"+fmt.Sprint(agent["id"]))
				a.status = 201
			}
		}
	}
	a.send(w, r)
}

// sharingNames refuses a name that an agent of any project has.
func sharingNames(next http.Handler) http.Handler {
	var taken sync.Map // the project, as it stands in the URL, by the agent's name
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !createsAgent(r) {
			next.ServeHTTP(w, r)
			return
		}
		p, _ := placeOf(r.URL)
		name := text(input(r)["name"])
		if project, ok := taken.Load(name); ok && project != p.project {
			refusal(400, `{"message":"400 Bad request - [\"Name has already been taken\"]"}`).send(w, r)
			return
		}
		a := ask(next, r)
		if a.status == 201 {
			taken.Store(name, p.project)
		}
		a.send(w, r)
	})
}
