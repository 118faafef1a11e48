package faults

import (
	"bytes"
	"html"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// tokens are faults with the names and descriptions of tokens.
func tokens() []Fault {
	const limits, keeps = "tokens/limits-enforced", "tokens/create-keeps-input"
	takes := func(name, explains, message string, rules ...string) Fault {
		return Fault{
			Name: name, Explains: explains, Rules: rules, Since: fakegitlab.Release{Major: 15},
			Deviation: func() *fakegitlab.Deviation {
				return &fakegitlab.Deviation{ModelErrors: func(operation string, messages []string) []string {
					if operation != "createAgentToken" {
						return messages
					}
					return slices.DeleteFunc(messages, func(m string) bool { return strings.HasPrefix(m, message) })
				}}
			},
			Also: []string{"document/body"}, Because: "what is too long is shown in answers",
		}
	}
	changes := func(name, explains string, change func(t *fakegitlab.NewToken), rules ...string) Fault {
		return Fault{Name: name, Explains: explains, Rules: rules, Since: fakegitlab.Release{Major: 15}, Deviation: newToken(change)}
	}
	described := func(change func(string) string) func(t *fakegitlab.NewToken) {
		return func(t *fakegitlab.NewToken) {
			if t.Description != nil {
				s := change(*t.Description)
				t.Description = &s
			}
		}
	}
	sends := func(name, explains string, sent func(o object) bool, rules ...string) Fault {
		return Fault{
			Name: name, Explains: explains, Rules: rules, Since: fakegitlab.Release{Major: 15},
			Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				if _, token := creates(r); token {
					if o := input(r); o != nil && sent(o) {
						r = withInput(r, object{"name": ""})
					}
				}
				next.ServeHTTP(w, r)
			}),
		}
	}
	// blank takes a name that is nothing, and gives one of the server's.
	blank := func(name, explains string, nothing func(any) bool, rules ...string) Fault {
		return Fault{
			Name: name, Explains: explains, Rules: rules, Since: fakegitlab.Release{Major: 15},
			Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				if _, token := creates(r); token {
					if o := input(r); o != nil {
						if sent, there := o["name"]; there && nothing(sent) {
							r = withInput(r, object{"name": "unnamed"})
						}
					}
				}
				next.ServeHTTP(w, r)
			}),
		}
	}
	return []Fault{
		takes("token-name-of-256", "The name of a token may have more than 255 characters.", "Name is too long", limits, "tokens/name-at-most-255"),
		blank("token-name-blank", "The name of a token may be empty.", func(name any) bool { return name == "" }, limits, "tokens/name-not-blank").
			also("the name is another", "tokens/create-keeps-input"),
		blank("token-name-null", "The name of a token may be null.", func(name any) bool { return name == nil }, limits, "tokens/name-not-null"),
		takes("token-description-of-1025", "The description of a token may have more than 1024 characters.", "Description", limits, "tokens/description-at-most-1024"),
		{
			Name: "token-name-missing", Explains: "A token needs no name.", Since: fakegitlab.Release{Major: 15}, Rules: []string{"tokens/name-required"},
			Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				if _, token := creates(r); token {
					if o := input(r); o != nil && len(o) == 0 && r.URL.RawQuery == "" {
						r = withInput(r, object{"name": "token"})
					}
				}
				next.ServeHTTP(w, r)
			}),
		},
		{
			Name: "token-name-array", Explains: "An array as the name of a token becomes its text.", Since: fakegitlab.Release{Major: 15},
			Rules: []string{"tokens/name-is-text"},
			Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				if _, token := creates(r); token {
					if array, ok := input(r)["name"].([]any); ok {
						r = withInput(r, object{"name": string(marshal(array))})
					}
				}
				next.ServeHTTP(w, r)
			}),
		},
		sends("token-name-of-255-refused", "The name of a token may have 254 characters only.",
			func(o object) bool {
				return utf8.RuneCountInString(text(o["name"])) > 254 && text(o["description"]) != ""
			}, "tokens/longest-are-accepted"),
		sends("token-limits-in-bytes", "The limits of a token's name and description count bytes.",
			func(o object) bool { return len(text(o["name"])) > 255 || len(text(o["description"])) > 1024 }, "tokens/longest-are-accepted"),
		sends("token-number-refused", "A name that is a number or a boolean is refused.", func(o object) bool {
			_, isText := o["name"].(string)
			return !isText && o["name"] != nil
		}, "parameters/number-becomes-text").also("an array is neither", "tokens/name-is-text"),
		sends("token-description-null-refused", "A description that is null is refused.", func(o object) bool {
			description, there := o["description"]
			return there && description == nil
		}, "tokens/description-may-be-empty"),
		sends("token-description-empty-refused", "A description that is empty is refused.", func(o object) bool { return o["description"] == "" },
			"tokens/description-may-be-empty"),
		{
			Name: "token-unknown-in-body-refused", Explains: "A token is refused with properties that cannot be chosen.", Since: fakegitlab.Release{Major: 15},
			Rules: []string{"tokens/unknown-in-body-are-ignored"}, Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				if _, token := creates(r); token && input(r)["status"] != nil {
					refusal(400, `{"error":"status is invalid"}`).send(w, r)
					return
				}
				next.ServeHTTP(w, r)
			}),
		},
		{
			Name: "token-status-is-chosen", Explains: "A new token has the status that was sent.", Since: fakegitlab.Release{Major: 15},
			Rules: []string{"tokens/create-is-active-and-unused"}, Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				_, token := creates(r)
				status := input(r)["status"]
				a := ask(next, r)
				if token && status != nil && a.status == 201 {
					d := draft(a)
					editObjects(d, set("status", status))
					a.body = d.Body
				}
				a.send(w, r)
			}),
			Also: []string{"tokens/only-active-shown"}, Because: "it is shown as revoked",
		},
		{
			Name: "token-name-of-spaces", Explains: "The name of a token may be nothing but spaces.", Since: fakegitlab.Release{Major: 15},
			Rules: []string{"tokens/name-not-blank", "tokens/limits-enforced"}, Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				name, _ := input(r)["name"].(string)
				if _, token := creates(r); !token || name == "" || strings.TrimSpace(name) != "" {
					next.ServeHTTP(w, r)
					return
				}
				a := ask(next, withInput(r, object{"name": "spaces"}))
				a.body = bytes.Replace(a.body, []byte(`"name":"spaces"`), []byte(`"name":`+quoted(name)), 1)
				a.send(w, r)
			}),
			Also: []string{"tokens/never-change"}, Because: "the name is another in lists",
		},
		{
			Name: "token-form-refused", Explains: "A token cannot be created with a form, though an agent can.", Since: fakegitlab.Release{Major: 15},
			Rules: []string{"parameters/form"}, Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				if _, token := creates(r); token && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
					refusal(415, `{"error":"The provided content-type 'application/x-www-form-urlencoded' is not supported."}`).send(w, r)
					return
				}
				next.ServeHTTP(w, r)
			}),
		},
		{
			Name: "token-too-long-is-a-parameter-error", Explains: "A name or description of a token that is too long is refused as a parameter that is wrong.",
			Since: fakegitlab.Release{Major: 15}, Rules: []string{"tokens/name-at-most-255", "tokens/description-at-most-1024"},
			Deviation: instead(says("is too long"), 400, `{"error":"name is invalid"}`),
			Also:      []string{"agent-names/at-most-63"}, Because: "so it is with agents",
		},
		{
			Name: "token-name-taken", Explains: "Two tokens of an agent may not have the same name.", Since: fakegitlab.Release{Major: 15},
			Rules: []string{"tokens/names-may-repeat"}, Wrap: around(refusingSameName),
		},
		changes("token-description-dropped", "The description of a token is not kept.",
			func(t *fakegitlab.NewToken) { t.Description = nil }, keeps),
		changes("token-description-truncated", "The description of a token is cut to 255 characters.",
			described(func(s string) string { return string([]rune(s)[:min(255, utf8.RuneCountInString(s))]) }), keeps),
		changes("token-description-escaped", "The description of a token is escaped for HTML.", described(html.EscapeString), keeps).
			also("it gets longer", "document/body"),
		changes("token-description-trimmed", "Spaces around the description of a token are left out.",
			described(strings.TrimSpace), keeps),
		changes("token-description-composed", "Letters in two parts become one in a description.",
			described(func(s string) string { return strings.ReplaceAll(s, "e\u0301", "é") }), keeps),
		changes("token-description-line-breaks", "Line breaks in a description lose their carriage return.",
			described(func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }), keeps),
		changes("token-description-ascii", "Characters beyond the basic plane in a description become a question mark.",
			described(func(s string) string {
				return strings.Map(func(r rune) rune {
					if r > 0xffff {
						return '?'
					}
					return r
				}, s)
			}), keeps),
		changes("token-description-never-null", "A token without a description has an empty one.", func(t *fakegitlab.NewToken) {
			if t.Description == nil {
				t.Description = new(string)
			}
		}, keeps),
		changes("token-description-empty-is-null", "An empty description of a token becomes null.", func(t *fakegitlab.NewToken) {
			if t.Description != nil && *t.Description == "" {
				t.Description = nil
			}
		}, keeps),
		changes("token-name-trimmed", "Spaces around the name of a token are left out.",
			func(t *fakegitlab.NewToken) { t.Name = strings.TrimSpace(t.Name) }, keeps),
		changes("token-name-escaped", "The name of a token is escaped for HTML.",
			func(t *fakegitlab.NewToken) { t.Name = html.EscapeString(t.Name) }, keeps).also("it gets longer", "document/body"),
		changes("token-name-compatible", "Full-width letters in the name of a token become plain ones.",
			func(t *fakegitlab.NewToken) { t.Name = strings.ReplaceAll(t.Name, "Ａ", "A") }, keeps),
		changes("token-name-without-tabs", "A tab in the name of a token becomes a space.",
			func(t *fakegitlab.NewToken) { t.Name = strings.ReplaceAll(t.Name, "\t", " ") }, keeps),
		changes("token-name-unescaped", "Percent signs in the name of a token are decoded.",
			func(t *fakegitlab.NewToken) { t.Name = strings.ReplaceAll(t.Name, "%2F", "/") }, keeps),
		changes("token-name-truncated", "The name of a token is cut to 100 bytes.",
			func(t *fakegitlab.NewToken) { t.Name = strings.ToValidUTF8(t.Name[:min(100, len(t.Name))], "") }, keeps),
	}
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// refusingSameName refuses a name that an active token of the agent has.
func refusingSameName(next http.Handler, w http.ResponseWriter, r *http.Request) {
	if _, token := creates(r); token {
		name := r.URL.Query().Get("name")
		if name == "" {
			name = text(input(r)["name"])
		}
		p, _ := placeOf(r.URL)
		taken := false
		editObjects(draft(more(next, r, http.MethodGet, p.agentTokens(), "")), func(o object) { taken = taken || o["name"] == name })
		if taken {
			refusal(400, `{"message":"400 Bad request - [\"Name has already been taken\"]"}`).send(w, r)
			return
		}
	}
	next.ServeHTTP(w, r)
}
