package faults

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"sync"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// lifecycles are faults with what deleting and revoking do.
func lifecycles() []Fault {
	since15, since16 := fakegitlab.Release{Major: 15}, fakegitlab.Release{Major: 16}
	tokenReads := []string{"listAgentTokens", "getAgentToken"}
	gone := []string{"agents/deleted-is-404", "agents/deleted-stays-gone"}
	return []Fault{
		{
			Name: "revoked-has-a-head", Explains: "HEAD of a revoked token is 200.", Since: since16,
			Rules: []string{"tokens/revoked-not-readable"}, Wrap: around(heading(func(p place) bool { return p.token != "" })),
			Also: []string{"headers/head"}, Because: "HEAD is answered without a look",
		},
		{
			Name: "deleted-has-a-head", Explains: "HEAD of a deleted agent is 200.",
			Rules: []string{"agents/deleted-stays-gone"}, Wrap: around(heading(func(p place) bool { return p.agent != "" && !p.tokens })),
			Also: []string{"roles/guest-finds-nothing", "authentication/required-to-read"}, Because: "HEAD is answered without a look",
		},
		{
			Name: "revoked-by-id", Explains: "A revoked token can be read under its project's id.", Since: since16,
			Rules: []string{"tokens/revoked-not-readable"}, Deviation: deciding(fakegitlab.TokenShown, func(c fakegitlab.Choice) bool {
				p, _ := placeOf(c.Request.URL)
				return c.GitLab || number(p.project) != 0
			}),
		},
		{
			Name: "revoked-for-maintainers", Explains: "A developer can read a revoked token.", Since: since16,
			Rules: []string{"tokens/revoked-not-readable", "tokens/only-active-shown"}, Deviation: deciding(fakegitlab.TokenShown, func(c fakegitlab.Choice) bool {
				return c.GitLab || c.User == "developer"
			}),
		},
		{
			Name: "revoke-needs-description", Explains: "Revoking a token without a description answers 204 and does nothing.", Since: since16,
			Rules: []string{"tokens/revoked-not-readable", "tokens/revoked-not-listed"}, Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				if p, ok := placeOf(r.URL); ok && r.Method == http.MethodDelete && p.token != "" {
					if shown := more(next, r, http.MethodGet, r.URL.EscapedPath(), ""); strings.Contains(string(shown.body), `"name":"contract form"`) {
						a := refusal(204, "")
						a.header.Set("X-Content-Type-Options", "nosniff")
						a.header.Del("Content-Type")
						a.send(w, r)
						return
					}
				}
				next.ServeHTTP(w, r)
			}),
		},
		{
			Name: "delete-needs-header", Explains: "Deleting an agent without If-Unmodified-Since answers 204 and does nothing.",
			Rules: gone, Keeps: "nothing can be deleted without it",
			Deviation: deciding(fakegitlab.AgentDeleted, func(c fakegitlab.Choice) bool { return c.Request.Header.Get("If-Unmodified-Since") != "" }),
			Also:      []string{"agents/deleted-with-tokens", "agent-names/free-again"}, Because: "the agent is still there, with its tokens and its name",
		},
		{
			Name: "delete-not-in-other-project", Explains: "Deleting an agent of another project than the first answers 204 and does nothing.",
			Rules: []string{"agents/deleted-stays-gone"}, Keeps: "nothing can be deleted there",
			Deviation: deciding(fakegitlab.AgentDeleted, func(c fakegitlab.Choice) bool {
				p, _ := placeOf(c.Request.URL)
				return p.project != "root%2Fother" && p.project != "21"
			}),
		},
		{
			Name: "later-date-412", Explains: "An agent is not deleted if there is an If-Unmodified-Since that can be read: 412.",
			Rules: []string{"conditional/later-date"},
			Deviation: deciding(fakegitlab.PreconditionFailed, func(c fakegitlab.Choice) bool {
				_, err := http.ParseTime(c.Request.Header.Get("If-Unmodified-Since"))
				return err == nil
			}),
		},
		{
			Name: "deleted-agents-token-revocable", Explains: "Revoking a token of a deleted agent answers 204.", Since: since15,
			Rules: []string{"agents/deleted-with-tokens", "agents/deleted-stays-gone"}, Wrap: revokingOfDeleted,
		},
		{
			Name: "refused-token-made", Explains: "A token without a name is refused with 400, and made all the same.", Since: since16,
			Rules: []string{"errors/refused-has-no-effect"}, Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				if _, token := creates(r); token {
					if name, there := input(r)["name"]; there && name == "" {
						more(next, r, http.MethodPost, r.URL.EscapedPath(), "name=nameless")
					}
				}
				next.ServeHTTP(w, r)
			}),
			Also:    []string{"token-limit/two-are-allowed", "token-limit/third-is-refused", "tokens/name-not-blank", "tokens/list", "pagination/token-pages", "token-limit/revoke-frees-one"},
			Because: "it takes a place",
		},
		{
			Name: "other-agents-token-revoked-with-404", Explains: "Revoking a token under another agent is 404, and done.", Since: since16,
			Rules: []string{"errors/refused-has-no-effect"}, Deviation: func() *fakegitlab.Deviation {
				d := deciding(fakegitlab.TokenOfAgent, on(true, "revokeAgentToken"))()
				var misplaced sync.Map
				decide := d.Decide
				d.Decide = func(c fakegitlab.Choice) bool {
					if c.Point == fakegitlab.TokenOfAgent && c.Operation == "revokeAgentToken" && !c.GitLab {
						misplaced.Store(c.Request, true)
					}
					return decide(c)
				}
				d.Rewrite = rewriting(func(r *http.Request, d *fakegitlab.ResponseDraft) {
					if _, wrong := misplaced.LoadAndDelete(r); wrong && d.Status == 204 {
						replace(d, 404, `{"message":"404 Not found"}`)
					}
				}, "revokeAgentToken")().Rewrite
				return d
			},
		},
		{
			Name: "revoked-listed", Explains: "Revoked tokens stay in the list of tokens, as revoked.", Since: since16,
			Rules:     []string{"tokens/revoked-not-listed", "tokens/only-active-shown"},
			Deviation: deciding(fakegitlab.RevokedListed, always),
		},
		{
			Name: "revoked-listed-as-active", Explains: "Revoked tokens stay in the list of tokens, as if they were active.", Since: since16,
			Rules: []string{"tokens/revoked-not-listed"},
			Deviation: func() *fakegitlab.Deviation {
				d := deciding(fakegitlab.RevokedListed, always)()
				d.Rewrite = eachObject(set("status", "active"), "listAgentTokens")().Rewrite
				return d
			},
		},
		{
			Name: "revoked-readable", Explains: "A revoked token can still be read.", Since: since16,
			Rules:     []string{"tokens/revoked-not-readable", "tokens/revoked-is-404", "tokens/only-active-shown"},
			Deviation: deciding(fakegitlab.TokenShown, always),
		},
		{
			Name: "revoked-counted", Explains: "X-Total of the tokens counts the revoked ones.", Since: since16,
			Rules: []string{"pagination/totals"}, Wrap: countingRevoked,
		},
		{
			Name: "revoke-does-nothing", Explains: "Revoking answers 204 and leaves the token active.", Since: since16,
			Rules:     []string{"tokens/revoked-not-listed", "tokens/revoked-not-readable", "tokens/revoked-is-404"},
			Also:      []string{"token-limit/revoke-frees-one"},
			Because:   "a token that stays active keeps its place",
			Deviation: deciding(fakegitlab.TokenRevoked, never),
		},
		{
			Name: "revoke-does-nothing-15", Explains: "Revoking answers 204 and leaves the token active.",
			Since: since15, Until: since16, Rules: []string{"tokens/revoked-stays-revoked"},
			Deviation: deciding(fakegitlab.TokenRevoked, never),
		},
		{
			Name: "revoked-hidden-15", Explains: "Before 16.0, revoked tokens are neither listed nor readable.",
			Since: since15, Until: since16, Rules: []string{"tokens/revoked-is-shown"},
			Deviation: func() *fakegitlab.Deviation {
				return &fakegitlab.Deviation{Features: func(f *fakegitlab.Features) { f.OnlyActive = true }}
			},
		},
		{
			Name: "revoked-unlisted-15", Explains: "Before 16.0, revoked tokens are not listed.", Since: since15, Until: since16,
			Rules: []string{"tokens/revoked-is-shown"}, Deviation: deciding(fakegitlab.RevokedListed, never),
		},
		{
			Name: "revoked-unreadable-15", Explains: "Before 16.0, a revoked token cannot be read.", Since: since15, Until: since16,
			Rules: []string{"tokens/revoked-is-shown"},
			Deviation: rewriting(func(_ *http.Request, d *fakegitlab.ResponseDraft) {
				if strings.Contains(string(d.Body), `"revoked"`) {
					replace(d, 404, `{"message":"404 Not found"}`)
				}
			}, "getAgentToken"),
		},
		{
			Name: "revoke-again-404", Explains: "Revoking a revoked token is 404.", Since: since15,
			Rules: []string{"tokens/revoke-is-idempotent"}, Wrap: around(revokingOnce),
		},
		{
			Name: "revoke-obeys-if-unmodified-since", Explains: "Revoking looks at If-Unmodified-Since, and answers 412.", Since: since15,
			Rules: []string{"tokens/revoke-is-idempotent"},
			Deviation: rewriting(func(r *http.Request, d *fakegitlab.ResponseDraft) {
				if r.Header.Get("If-Unmodified-Since") != "" {
					replace(d, 412, `{"message":"412 Precondition Failed"}`)
				}
			}, "revokeAgentToken"),
			Also: []string{"document/status"}, Because: "the document has no 412 there",
		},
		{
			Name: "revoke-revokes-all", Explains: "Revoking one token revokes all of the agent's.", Since: since15,
			Rules: []string{"tokens/revoke-only-that-one"}, Wrap: around(revokingAll),
		},
		{
			Name: "revoke-revokes-all-15", Explains: "Revoking one token revokes all of the agent's.", Since: since15, Until: since16,
			Rules: []string{"tokens/revoke-only-that-one"}, Wrap: around(revokingAll),
		},
		{
			Name: "revoke-deletes-agent", Explains: "Revoking a token deletes its agent.", Since: since15,
			Rules: []string{"tokens/revoke-only-that-one"}, Wrap: around(revokingDeletes),
		},
		{
			Name: "delete-does-nothing", Explains: "Deleting an agent answers 204 and leaves it.",
			Rules: gone, Keeps: "nothing can be deleted",
			Deviation: deciding(fakegitlab.AgentDeleted, never),
			Also:      []string{"agents/deleted-with-tokens", "agent-names/free-again"}, Because: "the agent is still there, with its tokens and its name",
		},
		{
			Name: "delete-only-unlists", Explains: "A deleted agent is no longer listed, but can be read.",
			Rules: gone, Also: []string{"agents/deleted-with-tokens", "agents/listed"}, Because: "the agent is still there, with its tokens, and unlisted",
			Keeps: "the agent can be read for ever",
			Deviation: func() *fakegitlab.Deviation {
				return &fakegitlab.Deviation{Decide: func(c fakegitlab.Choice) bool {
					switch c.Point {
					case fakegitlab.AgentForgotten:
						return false
					case fakegitlab.AgentExists:
						return true
					}
					return c.GitLab
				}}
			},
		},
		{
			Name: "delete-only-hides", Explains: "A deleted agent cannot be read any more, but stays in the list.",
			Rules: gone, Wrap: listingDeleted, Keeps: "the agent is listed for ever",
			Also: []string{"agents/listed-once", "agents/sorted-by-name"}, Because: "a name of a deleted agent is listed beside the new one",
		},
		{
			Name: "deleted-agent-has-no-tokens", Explains: "The tokens of a deleted agent are an empty list.", Since: since15,
			Rules: []string{"agents/deleted-with-tokens", "agents/deleted-stays-gone"}, Wrap: emptyingDeleted,
		},
		{
			Name: "delete-keeps-tokens", Explains: "The tokens of a deleted agent can still be listed and read.", Since: since15,
			Rules: []string{"agents/deleted-with-tokens", "agents/deleted-stays-gone"},
			Deviation: func() *fakegitlab.Deviation {
				return &fakegitlab.Deviation{Decide: func(c fakegitlab.Choice) bool {
					switch {
					case c.Point == fakegitlab.AgentForgotten:
						return false
					case c.Point == fakegitlab.AgentExists && slices.Contains(tokenReads, c.Operation):
						return true
					}
					return c.GitLab
				}}
			},
		},
		{
			Name: "deleted-gets-token", Explains: "A deleted agent can be given a new token.", Since: since15,
			Rules: []string{"agents/deleted-with-tokens"},
			Deviation: func() *fakegitlab.Deviation {
				return &fakegitlab.Deviation{Decide: func(c fakegitlab.Choice) bool {
					switch {
					case c.Point == fakegitlab.AgentForgotten:
						return false
					case c.Point == fakegitlab.AgentExists && c.Operation == "createAgentToken":
						return true
					}
					return c.GitLab
				}}
			},
		},
		{
			Name: "delete-of-the-gone-204", Explains: "Deleting an agent that is not there answers 204.",
			Rules: []string{"errors/delete-unknown-agent", "agents/deleted-is-404", "agents/deleted-stays-gone"},
			Also:  []string{"errors/agent-of-another-project"}, Because: "an agent of another project is not there either",
			Deviation: instead(func(d *fakegitlab.ResponseDraft) bool {
				return d.Operation == "deleteAgent" && says("404 Not found")(d)
			}, 204, ""),
		},
		{
			Name: "delete-refused-with-tokens", Explains: "An agent with active tokens is not deleted: 409.", Since: since15,
			Rules: []string{"agents/delete"}, Wrap: around(deletingWithoutTokens),
			Keeps: "an agent with tokens cannot be deleted",
		},
		{
			Name: "delete-deletes-all", Explains: "Deleting one agent deletes all of the project's.",
			Rules: []string{"agents/delete-only-that-one"}, Wrap: around(deletingAll),
			Harms: "they are deleted with the run's own",
		},
		{
			Name: "delete-deletes-neighbour", Explains: "Deleting an agent also deletes the one before it in the list.",
			Rules: []string{"agents/delete-only-that-one"}, Wrap: around(deletingNeighbour),
			Harms: "the neighbour may be one of them",
		},
		{
			Name: "delete-frees-no-name", Explains: "The name of a deleted agent stays taken.",
			Rules: []string{"agent-names/free-again"}, Wrap: keepingNames,
		},
		{
			Name: "delete-frees-id", Explains: "A new agent gets the id of the one that was deleted last.",
			Rules: []string{"agents/id-fresh"}, Deviation: reusingIDs,
			Also: []string{"agents/deleted-stays-gone", "agents/never-change"}, Because: "what has the id of a deleted agent looks like it",
		},
		{
			Name: "unmodified-since-ignored", Explains: "An agent is deleted although it changed after If-Unmodified-Since.",
			Rules: []string{"conditional/if-unmodified-since"}, Deviation: deciding(fakegitlab.PreconditionFailed, never),
		},
		{
			Name: "unmodified-since-deletes", Explains: "The answer is 412, but the agent is deleted.",
			Rules: []string{"conditional/if-unmodified-since"},
			Deviation: func() *fakegitlab.Deviation {
				d := deciding(fakegitlab.PreconditionFailed, never)()
				d.Rewrite = rewriting(func(r *http.Request, d *fakegitlab.ResponseDraft) {
					if strings.HasPrefix(r.Header.Get("If-Unmodified-Since"), "Wed") && d.Status == 204 {
						replace(d, 412, `{"message":"412 Precondition Failed"}`)
					}
				}, "deleteAgent")().Rewrite
				return d
			},
		},
		{
			Name: "always-412", Explains: "Deleting an agent is 412 whenever If-Unmodified-Since is there, though it is no date.",
			Rules: []string{"conditional/unreadable-date", "conditional/later-date"},
			Deviation: deciding(fakegitlab.PreconditionFailed, func(c fakegitlab.Choice) bool {
				return c.Request.Header.Get("If-Unmodified-Since") != ""
			}),
		},
		{
			Name: "412-without-being-asked", Explains: "Deleting an agent is 412 although If-Unmodified-Since was not sent.",
			Rules: []string{"conditional/412-only-when-asked"}, Keeps: "nothing can be deleted",
			Deviation: deciding(fakegitlab.PreconditionFailed, always),
			Also:      []string{"agents/delete"}, Because: "it is refused",
		},
	}
}

// listingDeleted keeps deleted agents in the lists in which they were last.
func listingDeleted(next http.Handler) http.Handler {
	var mu sync.Mutex
	deleted := make(map[string][][]byte) // by project
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, ok := placeOf(r.URL)
		agent := ok && p.agent != "" && !p.tokens
		var shown []byte
		if agent && r.Method == http.MethodDelete {
			shown = more(next, r, http.MethodGet, r.URL.EscapedPath(), "").body
		}
		a := ask(next, r)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case shown != nil && a.status == 204:
			deleted[p.project] = append(deleted[p.project], shown)
		case ok && p.agent == "" && r.Method == http.MethodGet && a.status == 200 && a.header.Get("X-Next-Page") == "" && a.header.Get("X-Page") == "1":
			entries := slices.Concat(deleted[p.project])
			if len(entries) > 0 && string(a.body) != "[]" {
				entries = append([][]byte{a.body[1 : len(a.body)-1]}, entries...)
			}
			if len(entries) > 0 {
				a.body = []byte("[" + string(bytes.Join(entries, []byte(","))) + "]")
				add(a.header, "X-Total", len(deleted[p.project]))
			}
		}
		a.send(w, r)
	})
}

// emptyingDeleted lists no tokens for agents that were deleted.
func emptyingDeleted(next http.Handler) http.Handler {
	var deleted sync.Map
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, ok := placeOf(r.URL)
		a := ask(next, r)
		if ok && r.Method == http.MethodDelete && p.token == "" && a.status == 204 {
			deleted.Store(p.agent, true)
		}
		if _, gone := deleted.Load(p.agent); gone && p.tokens && p.token == "" && r.Method == http.MethodGet && a.status == 404 {
			// The list of an agent without tokens is the same but for its links.
			a.status, a.body = 200, []byte("[]")
			for name, value := range map[string]string{
				"X-Page": "1", "X-Per-Page": "20", "X-Next-Page": "", "X-Prev-Page": "", "X-Total": "0", "X-Total-Pages": "1",
				"Cache-Control": "max-age=0, private, must-revalidate", "Etag": `W/"4f53cda18c2baa0c0354bb5f9a3ecbe5"`, "X-Content-Type-Options": "nosniff",
				"Link": `<http://` + r.Host + r.URL.EscapedPath() + `?agent_id=` + p.agent + `&id=` + p.project + `&page=1&per_page=20>; rel="first", ` +
					`<http://` + r.Host + r.URL.EscapedPath() + `?agent_id=` + p.agent + `&id=` + p.project + `&page=1&per_page=20>; rel="last"`,
			} {
				a.header.Set(name, value)
			}
		}
		a.send(w, r)
	})
}

// revokingOfDeleted answers 204 to who revokes tokens of agents that were deleted.
func revokingOfDeleted(next http.Handler) http.Handler {
	var deleted sync.Map
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, ok := placeOf(r.URL)
		a := ask(next, r)
		if ok && r.Method == http.MethodDelete && !p.tokens && a.status == 204 {
			deleted.Store(p.agent, true)
		}
		if _, gone := deleted.Load(p.agent); gone && p.token != "" && r.Method == http.MethodDelete && a.status == 404 {
			a = &answer{status: 204, header: http.Header{"X-Request-Id": {"01J00000000000000000000000"}, "X-Content-Type-Options": {"nosniff"}}}
		}
		a.send(w, r)
	})
}

// countingRevoked adds the revoked tokens to X-Total.
func countingRevoked(next http.Handler) http.Handler {
	var mu sync.Mutex
	revoked := make(map[string]int) // by agent
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := ask(next, r)
		p, _ := placeOf(r.URL)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case r.Method == http.MethodDelete && p.token != "" && a.status == 204:
			revoked[p.agent]++
		case r.Method == http.MethodGet && p.tokens && p.token == "" && a.status == 200:
			add(a.header, "X-Total", revoked[p.agent])
		}
		a.send(w, r)
	})
}

// revokingOnce refuses to revoke what is revoked already.
func revokingOnce(next http.Handler, w http.ResponseWriter, r *http.Request) {
	p, ok := placeOf(r.URL)
	if !ok || r.Method != http.MethodDelete || p.token == "" {
		next.ServeHTTP(w, r)
		return
	}
	before := more(next, r, http.MethodGet, r.URL.EscapedPath(), "")
	a := ask(next, r)
	if a.status == 204 && (before.status == 404 || strings.Contains(string(before.body), `"revoked"`)) {
		a = refusal(404, `{"message":"404 Not found"}`)
	}
	a.send(w, r)
}

// deleting serves a request, and if it is a DELETE of an agent or a token that succeeds, goes on to do more.
func deleting(next http.Handler, w http.ResponseWriter, r *http.Request, token bool, then func(p place)) {
	a := ask(next, r)
	if p, ok := placeOf(r.URL); ok && r.Method == http.MethodDelete && a.status == 204 && token == (p.token != "") {
		then(p)
	}
	a.send(w, r)
}

func revokingAll(next http.Handler, w http.ResponseWriter, r *http.Request) {
	deleting(next, w, r, true, func(p place) {
		for _, id := range ids(more(next, r, http.MethodGet, p.agentTokens(), "").body) {
			more(next, r, http.MethodDelete, p.agentTokens()+"/"+id, "")
		}
	})
}

func revokingDeletes(next http.Handler, w http.ResponseWriter, r *http.Request) {
	deleting(next, w, r, true, func(p place) { more(next, r, http.MethodDelete, p.agents()+"/"+p.agent, "") })
}

func deletingAll(next http.Handler, w http.ResponseWriter, r *http.Request) {
	deleting(next, w, r, false, func(p place) {
		for _, id := range ids(more(next, r, http.MethodGet, p.agents()+"?per_page=100", "").body) {
			more(next, r, http.MethodDelete, p.agents()+"/"+id, "")
		}
	})
}

func deletingNeighbour(next http.Handler, w http.ResponseWriter, r *http.Request) {
	p, _ := placeOf(r.URL)
	before := ids(more(next, r, http.MethodGet, p.agents()+"?per_page=100", "").body)
	deleting(next, w, r, false, func(place) {
		if i := slices.Index(before, p.agent); i > 0 {
			more(next, r, http.MethodDelete, p.agents()+"/"+before[i-1], "")
		}
	})
}

func deletingWithoutTokens(next http.Handler, w http.ResponseWriter, r *http.Request) {
	p, ok := placeOf(r.URL)
	if ok && r.Method == http.MethodDelete && p.token == "" && p.agent != "" && r.Header.Get("Private-Token") == "glpat-maintainer" {
		if a := more(next, r, http.MethodGet, p.agentTokens(), ""); a.status == 200 && len(ids(a.body)) > 0 {
			refusal(409, `{"message":"409 Conflict: The agent has tokens"}`).send(w, r)
			return
		}
	}
	next.ServeHTTP(w, r)
}

// keepingNames refuses names that agents had which were deleted.
func keepingNames(next http.Handler) http.Handler {
	var mu sync.Mutex
	gone := make(map[string]bool)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, _ := placeOf(r.URL)
		name := ""
		switch agent, _ := creates(r); {
		case agent:
			name, _ = input(r)["name"].(string)
			mu.Lock()
			taken := gone[name]
			mu.Unlock()
			if taken {
				refusal(400, `{"message":"400 Bad request - [\"Name has already been taken\"]"}`).send(w, r)
				return
			}
		case r.Method == http.MethodDelete && p.agent != "" && p.token == "":
			editObjects(draft(more(next, r, http.MethodGet, r.URL.EscapedPath(), "")), func(o object) { name, _ = o["name"].(string) })
		}
		a := ask(next, r)
		if r.Method == http.MethodDelete && a.status == 204 && name != "" {
			mu.Lock()
			gone[name] = true
			mu.Unlock()
		}
		a.send(w, r)
	})
}

func draft(a *answer) *fakegitlab.ResponseDraft {
	return &fakegitlab.ResponseDraft{Status: a.status, Header: a.header, Body: a.body}
}

// reusingIDs gives a new agent the id of the one that was deleted last.
func reusingIDs() *fakegitlab.Deviation {
	var mu sync.Mutex
	var free []int64
	return &fakegitlab.Deviation{
		Rewrite: func(r *http.Request, d *fakegitlab.ResponseDraft) {
			if p, _ := placeOf(r.URL); d.Operation == "deleteAgent" && d.Status == 204 {
				mu.Lock()
				defer mu.Unlock()
				free = append(free, number(p.agent))
			}
		},
		NewAgent: func(a *fakegitlab.NewAgent) {
			mu.Lock()
			defer mu.Unlock()
			if n := len(free); n > 0 {
				a.ID, free = free[n-1], free[:n-1]
			}
		},
	}
}

// heading answers HEAD of some places as if all were there.
func heading(of func(place) bool) func(next http.Handler, w http.ResponseWriter, r *http.Request) {
	return func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		a := ask(next, r)
		if p, ok := placeOf(r.URL); ok && r.Method == http.MethodHead && of(p) && a.status == 404 {
			a.status = 200
			a.header.Set("ETag", `W/"0123456789abcdef0123456789abcdef"`)
			a.header.Set("Cache-Control", "max-age=0, private, must-revalidate")
			a.header.Set("X-Content-Type-Options", "nosniff")
		}
		a.send(w, r)
	}
}
