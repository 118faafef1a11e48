package faults

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

const enforced = "agent-names/enforced"

// names are faults with which names an agent may have.
func names() []Fault {
	accepted := func(name, explains, rule string, takes func(name any) bool) Fault {
		return Fault{
			Name: name, Explains: explains, Rules: []string{rule, enforced}, Wrap: accepting(takes),
			Also: []string{"document/body", "agents/sorted-by-name"}, Because: "the name is shown in answers",
		}
	}
	matching := func(pattern string) func(any) bool {
		re := regexp.MustCompile(pattern)
		return func(name any) bool {
			text, ok := name.(string)
			return ok && re.MatchString(text)
		}
	}
	refused := func(name, explains, rule string, refuses func(string) bool) Fault {
		return Fault{Name: name, Explains: explains, Rules: []string{rule}, Wrap: refusing(refuses)}
	}
	return []Fault{
		accepted("name-with-capitals", "A name may have capitals.", "agent-names/lower-case", matching(`^[a-zA-Z0-9-]*[A-Z][a-zA-Z0-9-]*$`)),
		accepted("name-with-underscore", "A name may have underscores.", "agent-names/no-underscore", matching(`^[a-z0-9_-]*_[a-z0-9_-]*$`)),
		accepted("name-with-dot", "A name may have dots.", "agent-names/no-dot", matching(`^[a-z0-9.-]*\.[a-z0-9.-]*$`)),
		accepted("name-with-space", "A name may have spaces.", "agent-names/no-space", matching(`^[a-z0-9 -]* [a-z0-9 -]*$`)),
		accepted("name-with-leading-hyphen", "A name may begin with a hyphen.", "agent-names/no-leading-hyphen", matching(`^-[a-z0-9-]*[a-z0-9]$`)),
		accepted("name-with-trailing-hyphen", "A name may end with a hyphen.", "agent-names/no-trailing-hyphen", matching(`^[a-z0-9][a-z0-9-]*-$`)),
		accepted("name-with-newline", "A name may end with a line break.", "agent-names/no-newline", matching(`^[a-z0-9-]*\n$`)),
		accepted("name-with-any-letter", "A name may have letters beyond ASCII.", "agent-names/ascii", matching(`^[a-z0-9-]*[^\x00-\x7f\x{fffd}][a-z0-9-]*$`)),
		accepted("name-of-64", "A name may have more than 63 characters.", "agent-names/at-most-63", matching(`^[a-z0-9-]{64,}$`)),
		accepted("name-blank", "A name may be empty.", "agent-names/not-blank", func(name any) bool { return name == "" }).
			keeps("an agent without a name cannot be known as the run's own"),
		accepted("name-null", "A name may be null.", "agent-names/not-null", func(name any) bool { return name == nil }).
			keeps("an agent without a name cannot be known as the run's own"),
		accepted("name-array", "A name may be an array.", "agent-names/is-text", func(name any) bool { _, ok := name.([]any); return ok }).
			keeps("an agent that has not the name that was sent cannot be known as the run's own").without(enforced),
		{
			Name: "name-missing", Explains: "An agent needs no name.", Rules: []string{"agent-names/required"},
			Wrap:  namingNameless,
			Keeps: "an agent that is named by the server cannot be known as the run's own",
		},
		{
			Name: "name-lowered", Explains: "Capitals in a name are made small, instead of being refused.", Rules: []string{"agent-names/lower-case"},
			Wrap: changingNames(strings.ToLower), Also: []string{enforced, "agents/create-keeps-name"}, Because: "the name is another",
		},
		{
			Name: "name-trimmed", Explains: "Spaces around a name are left out, instead of being refused.", Rules: []string{"agent-names/no-newline"},
			Wrap: changingNames(strings.TrimSpace), Also: []string{enforced, "agents/create-keeps-name"}, Because: "the name is another",
		},
		{
			Name: "name-taken-accepted", Explains: "Two agents may have the same name.", Rules: []string{"agent-names/unique"},
			Wrap: acceptingTaken, Also: []string{"agents/listed-once", "agents/sorted-by-name"}, Because: "the list shows both",
		},
		{
			Name: "name-taken-409", Explains: "A name that is taken is refused with 409.", Rules: []string{"agent-names/unique"},
			Deviation: instead(says("already been taken"), 409, `{"message":"409 Conflict"}`),
		},
		{
			Name: "name-taken-returns-agent", Explains: "Creating an agent with a name that is taken gives the one there is, with 201.",
			Rules: []string{"agent-names/unique", "agents/id-fresh"}, Wrap: around(givingTheTaken),
		},
		{
			Name: "name-taken-everywhere", Explains: "A name is taken if an agent of any project has it.", Rules: []string{"agent-names/unique-per-project"},
			Wrap: sharingNames,
		},
		refused("name-of-63-refused", "A name may have 62 characters only.", "agent-names/longest-is-accepted",
			func(name string) bool { return len(name) == 63 }),
		refused("name-two-hyphens-refused", "Two hyphens in a row are refused.", "agent-names/longest-is-accepted",
			func(name string) bool { return strings.Contains(name, "--") }),
		refused("name-leading-digit-refused", "A name that begins with a digit is refused.", "agent-names/digits-at-ends",
			func(name string) bool { return name != "" && name[0] >= '0' && name[0] <= '9' }),
	}
}

// without is the fault without a rule that claims it.
func (f Fault) without(rule string) Fault {
	f.Rules = slices.DeleteFunc(slices.Clone(f.Rules), func(r string) bool { return r == rule })
	return f
}

func (f Fault) keeps(why string) Fault {
	f.Keeps = why
	return f
}

// accepting takes names that GitLab refuses: inside, an agent has another name, and all answers show the one that was
// sent.
func accepting(takes func(name any) bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		a := &aliases{next: next}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if agent, _ := creates(r); agent {
				if sent := input(r); sent != nil {
					if name, there := sent["name"]; there && takes(name) {
						r = a.instead(r, sent)
					}
				}
			}
			a.serve(w, r)
		})
	}
}

// acceptingTaken takes a name although another agent has it, in the same way.
func acceptingTaken(next http.Handler) http.Handler {
	a := &aliases{next: next}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if agent, _ := creates(r); agent && strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
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
	shown []string // an alias in quotes and what is shown in its place, in turn
}

// instead is the request with an alias in place of the name.
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

// refusing refuses names that GitLab takes, in GitLab's words.
func refusing(refuses func(string) bool) func(http.Handler) http.Handler {
	return around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		if agent, _ := creates(r); agent {
			if name, _ := input(r)["name"].(string); utf8.ValidString(name) && refuses(name) {
				r = withInput(r, object{"name": "-"})
			}
		}
		next.ServeHTTP(w, r)
	})
}

func changingNames(change func(string) string) func(http.Handler) http.Handler {
	return around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		if agent, _ := creates(r); agent && strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
			if name, ok := input(r)["name"].(string); ok && utf8.ValidString(name) && !strings.Contains(name, "\x00") {
				r = withInput(r, object{"name": change(name)})
			}
		}
		next.ServeHTTP(w, r)
	})
}

// namingNameless gives an agent without a name one of the server's.
func namingNameless(next http.Handler) http.Handler {
	var mu sync.Mutex
	n := 0
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if agent, _ := creates(r); agent && len(r.URL.RawQuery) == 0 && r.Header.Get("Private-Token") == "glpat-maintainer" && r.URL.EscapedPath() == "/api/v4/projects/root%2Ftest/cluster_agents" {
			if sent := input(r); sent != nil && len(sent) == 0 {
				mu.Lock()
				n++
				r = withInput(r, object{"name": "agent-" + strconv.Itoa(n)})
				mu.Unlock()
			}
		}
		next.ServeHTTP(w, r)
	})
}

// givingTheTaken answers a create with the agent that has the name.
func givingTheTaken(next http.Handler, w http.ResponseWriter, r *http.Request) {
	agent, _ := creates(r)
	if !agent {
		next.ServeHTTP(w, r)
		return
	}
	name := input(r)["name"]
	a := ask(next, r)
	if a.status == 400 && strings.Contains(string(a.body), "already been taken") {
		list := draft(more(next, r, http.MethodGet, r.URL.EscapedPath()+"?per_page=100", ""))
		editObjects(list, func(o object) {
			if o["name"] == name {
				a = more(next, r, http.MethodGet, r.URL.EscapedPath()+"/"+fmt.Sprint(o["id"]), "")
				a.status = 201
			}
		})
	}
	a.send(w, r)
}

// sharingNames refuses a name that an agent of any project has.
func sharingNames(next http.Handler) http.Handler {
	var mu sync.Mutex
	taken := make(map[string]string) // the project in which it is, as it stands in the URL
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		agent, _ := creates(r)
		p, _ := placeOf(r.URL)
		name := ""
		if agent {
			name, _ = input(r)["name"].(string)
			mu.Lock()
			project := taken[name]
			mu.Unlock()
			if project != "" && project != p.project {
				refusal(400, `{"message":"400 Bad request - [\"Name has already been taken\"]"}`).send(w, r)
				return
			}
		}
		a := ask(next, r)
		if agent && a.status == 201 {
			mu.Lock()
			taken[name] = p.project
			mu.Unlock()
		}
		a.send(w, r)
	})
}
