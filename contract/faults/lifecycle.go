package faults

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"sync"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// lifecycles are faults of what deleting and revoking do.
func lifecycles() []Fault {
	gone := ids{"agents/deleted-is-404", "agents/deleted-stays-gone"}
	return []Fault{
		{Name: "revoked-has-a-head", Explains: "HEAD of a revoked token is 200.", Since: v16, Rules: ids{"tokens/revoked-not-readable"}, Change: ofRevoked(http.MethodHead, isToken, found)},
		{Name: "deleted-has-a-head", Explains: "HEAD of a deleted agent is 200.", Rules: ids{"agents/deleted-stays-gone"}, Change: ofDeleted(http.MethodHead, isAgent, found)},
		{Name: "revoked-by-id", Explains: "A revoked token can be read if the project is named by its id.", Since: v16, Rules: ids{"tokens/revoked-not-readable", "tokens/only-active-shown"}, Change: yesFor(fakegitlab.TokenShown, byID)},
		{Name: "revoked-for-maintainers", Explains: "A developer can read a revoked token.", Since: v16, Rules: ids{"tokens/revoked-not-readable", "tokens/only-active-shown"},
			Change: decide(fakegitlab.TokenShown, func(c fakegitlab.Choice) bool { return c.GitLab || c.Role == fakegitlab.Developer })},
		{Name: "revoke-needs-description", Explains: "Revoking a token without a description answers 204 and does nothing.", Since: v16, Rules: ids{"tokens/revoked-not-readable", "tokens/revoked-not-listed"}, Change: keepingUndescribed(),
			Also: ids{"tokens/revoked-is-404", "token-limit/revoke-frees-one"}, Because: "the token stays active, and counts towards the limit"},
		{Name: "delete-needs-header", Explains: "Deleting an agent without If-Unmodified-Since answers 204 and does nothing.", Rules: gone, Change: noFor(fakegitlab.AgentDeleted, not(hasHeader("If-Unmodified-Since"))),
			Also: ids{"agents/deleted-with-tokens", "agent-names/free-again"}, Because: "the agent is still there, with its tokens and its name", Keeps: "nothing can be deleted without the header"},
		{Name: "delete-not-in-other-project", Explains: "Deleting an agent of another project than the first answers 204 and does nothing.", Rules: ids{"agents/deleted-stays-gone"},
			Change: noFor(fakegitlab.AgentDeleted, not(inFirstProject)), Keeps: "nothing can be deleted in the other project"},
		{Name: "later-date-412", Explains: "Deleting an agent is 412 if If-Unmodified-Since is a date.", Rules: ids{"conditional/later-date"}, Change: yesFor(fakegitlab.PreconditionFailed, hasDate)},
		{Name: "deleted-agents-token-revocable", Explains: "Revoking a token of a deleted agent answers 204.", Since: v15, Rules: ids{"agents/deleted-with-tokens", "agents/deleted-stays-gone"}, Change: ofDeleted(http.MethodDelete, isToken, revokedAgain)},
		{Name: "refused-token-made", Explains: "A token without a name is refused with 400, but made.", Since: v16, Rules: ids{"errors/refused-has-no-effect"}, Change: handle(makingNameless)},
		{Name: "other-agents-token-revoked-with-404", Explains: "Revoking a token under another agent is 404, but done.", Since: v16, Rules: ids{"errors/refused-has-no-effect"},
			Change: despite(fakegitlab.TokenOfAgent, noIn("revokeAgentToken"), replaceSuccess(404, `{"message":"404 Not found"}`))},
		{Name: "revoked-listed", Explains: "Revoked tokens stay in the list of tokens, as revoked.", Since: v16, Rules: ids{"tokens/revoked-not-listed", "tokens/only-active-shown"}, Change: decide(fakegitlab.RevokedListed, always)},
		{Name: "revoked-listed-as-active", Explains: "Revoked tokens stay in the list of tokens, as if they were active.", Since: v16, Rules: ids{"tokens/revoked-not-listed"}, Change: both(decide(fakegitlab.RevokedListed, always), set("status", "active", "listAgentTokens"))},
		{Name: "revoked-readable", Explains: "A revoked token can still be read.", Since: v16, Rules: ids{"tokens/revoked-not-readable", "tokens/revoked-is-404", "tokens/only-active-shown"}, Change: decide(fakegitlab.TokenShown, always)},
		{Name: "revoked-counted", Explains: "X-Total of the tokens counts revoked ones.", Since: v16, Rules: ids{"pagination/totals"}, Change: around(countingRevoked)},
		{Name: "revoke-does-nothing", Explains: "Revoking answers 204 and leaves the token active.", Since: v16, Rules: ids{"tokens/revoked-not-listed", "tokens/revoked-not-readable", "tokens/revoked-is-404"}, Change: decide(fakegitlab.TokenRevoked, never),
			Also: ids{"token-limit/revoke-frees-one"}, Because: "an active token counts towards the limit"},
		{Name: "revoke-does-nothing-15", Explains: "Revoking answers 204 and leaves the token active.", Since: v15, Until: v16, Rules: ids{"tokens/revoked-stays-revoked"}, Change: decide(fakegitlab.TokenRevoked, never)},
		{Name: "revoked-hidden-15", Explains: "Before 16.0, revoked tokens are neither listed nor readable.", Since: v15, Until: v16, Rules: ids{"tokens/revoked-is-shown"}, Change: features(func(f *fakegitlab.Features) { f.OnlyActive = true })},
		{Name: "revoked-unlisted-15", Explains: "Before 16.0, revoked tokens are not listed.", Since: v15, Until: v16, Rules: ids{"tokens/revoked-is-shown"}, Change: decide(fakegitlab.RevokedListed, never)},
		{Name: "revoked-unreadable-15", Explains: "Before 16.0, a revoked token cannot be read.", Since: v15, Until: v16, Rules: ids{"tokens/revoked-is-shown"}, Change: rewrite(hidingRevoked, "getAgentToken")},
		{Name: "revoke-again-404", Explains: "Revoking a revoked token is 404.", Since: v15, Rules: ids{"tokens/revoke-is-idempotent"}, Change: handle(revokingOnce)},
		{Name: "revoke-obeys-if-unmodified-since", Explains: "Revoking with If-Unmodified-Since is 412.", Since: v15, Rules: ids{"tokens/revoke-is-idempotent"}, Change: rewrite(failingPrecondition, "revokeAgentToken"),
			Also: ids{"document/status"}, Because: "the document has no 412 there"},
		{Name: "revoke-revokes-all", Explains: "Revoking one token revokes all of the agent's.", Since: v15, Rules: ids{"tokens/revoke-only-that-one"}, Change: removing(isToken, allTokens)},
		{Name: "revoke-revokes-all-15", Explains: "Revoking one token revokes all of the agent's.", Since: v15, Until: v16, Rules: ids{"tokens/revoke-only-that-one"}, Change: removing(isToken, allTokens)},
		{Name: "revoke-deletes-agent", Explains: "Revoking a token deletes its agent.", Since: v15, Rules: ids{"tokens/revoke-only-that-one"}, Change: removing(isToken, itsAgent)},
		{Name: "delete-does-nothing", Explains: "Deleting an agent answers 204 and leaves it.", Rules: gone, Change: decide(fakegitlab.AgentDeleted, never),
			Also: ids{"agents/deleted-with-tokens", "agent-names/free-again"}, Because: "the agent is still there, with its tokens and its name", Keeps: "nothing can be deleted"},
		{Name: "delete-only-unlists", Explains: "A deleted agent is no longer listed, but can be read.", Rules: gone, Change: both(decide(fakegitlab.AgentForgotten, never), decide(fakegitlab.AgentExists, always)),
			Also: ids{"agents/deleted-with-tokens"}, Because: "the agent is still there, with its tokens", Keeps: "the agent can be read for ever"},
		{Name: "delete-only-hides", Explains: "A deleted agent cannot be read any more, but stays in the list.", Rules: gone, Change: around(listingDeleted),
			Also: ids{"agents/listed-once", "agents/sorted-by-name"}, Because: "a deleted agent is listed beside a new one of the same name", Keeps: "the agent is listed for ever"},
		{Name: "deleted-agent-has-no-tokens", Explains: "The tokens of a deleted agent are an empty list.", Since: v15, Rules: ids{"agents/deleted-with-tokens", "agents/deleted-stays-gone"}, Change: ofDeleted(http.MethodGet, isTokenList, noTokens)},
		{Name: "delete-keeps-tokens", Explains: "The tokens of a deleted agent can still be listed and read.", Since: v15, Rules: ids{"agents/deleted-with-tokens", "agents/deleted-stays-gone"},
			Change: both(decide(fakegitlab.AgentForgotten, never), decide(fakegitlab.AgentExists, on(true, "listAgentTokens", "getAgentToken")))},
		{Name: "deleted-gets-token", Explains: "A token can be created for a deleted agent.", Since: v15, Rules: ids{"agents/deleted-with-tokens", "agents/deleted-stays-gone"}, Change: both(decide(fakegitlab.AgentForgotten, never), decide(fakegitlab.AgentExists, on(true, "createAgentToken")))},
		{Name: "delete-of-the-gone-204", Explains: "Deleting a nonexistent agent answers 204.", Rules: ids{"errors/delete-unknown-agent", "agents/deleted-is-404", "agents/deleted-stays-gone"},
			Change: answerWhen(and(func(d *fakegitlab.ResponseDraft) bool { return d.Operation == "deleteAgent" }, says("404 Not found")), 204, ""),
			Also:   ids{"errors/agent-of-another-project"}, Because: "an agent of another project does not exist in this one"},
		{Name: "delete-refused-with-tokens", Explains: "An agent with active tokens is not deleted: 409.", Since: v15, Rules: ids{"agents/delete"}, Change: refusingWithTokens(), Keeps: "an agent with tokens cannot be deleted"},
		{Name: "delete-deletes-all", Explains: "Deleting one agent deletes all of the project's.", Rules: ids{"agents/delete-only-that-one"}, Change: removing(isAgent, allAgents), Harms: "they are deleted with the check's own"},
		{Name: "delete-deletes-neighbour", Explains: "Deleting an agent also deletes the one before it in the list.", Rules: ids{"agents/delete-only-that-one"}, Change: handle(deletingNeighbour), Harms: "the neighbour may be one of them"},
		{Name: "delete-frees-no-name", Explains: "The name of a deleted agent stays taken.", Rules: ids{"agent-names/free-again"}, Change: around(keepingNames)},
		{Name: "delete-frees-id", Explains: "A new agent gets the id of the agent that was deleted last.", Rules: ids{"agents/id-fresh"}, Change: inside(reusingAgentIDs),
			Also: ids{"agents/deleted-stays-gone", "agents/never-change"}, Because: "the new agent looks like the deleted one"},
		{Name: "unmodified-since-ignored", Explains: "An agent is deleted although it changed after If-Unmodified-Since.", Rules: ids{"conditional/if-unmodified-since"}, Change: decide(fakegitlab.PreconditionFailed, never)},
		{Name: "unmodified-since-deletes", Explains: "The response is 412, but the agent is deleted.", Rules: ids{"conditional/if-unmodified-since"}, Change: despite(fakegitlab.PreconditionFailed, yes, replaceBy(412, `{"message":"412 Precondition Failed"}`))},
		{Name: "always-412", Explains: "Deleting an agent with If-Unmodified-Since is 412, even if it is no date.", Rules: ids{"conditional/unreadable-date", "conditional/later-date"}, Change: yesFor(fakegitlab.PreconditionFailed, hasHeader("If-Unmodified-Since"))},
		{Name: "412-without-being-asked", Explains: "Deleting an agent without If-Unmodified-Since is 412.", Rules: ids{"conditional/412-only-when-asked"}, Change: decide(fakegitlab.PreconditionFailed, always),
			Also: ids{"agents/delete"}, Because: "it is refused", Keeps: "nothing can be deleted"},
	}
}

func hasDate(r *http.Request) bool {
	_, err := http.ParseTime(r.Header.Get("If-Unmodified-Since"))
	return err == nil
}

func failingPrecondition(r *http.Request, d *fakegitlab.ResponseDraft) {
	if hasHeader("If-Unmodified-Since")(r) {
		replace(d, 412, `{"message":"412 Precondition Failed"}`)
	}
}

// Faults of what is deleted

// found answers HEAD as if nothing were missing.
func found(_ *http.Request, a *reply) {
	a.status = 200
	a.header.Set("ETag", `W/"0123456789abcdef0123456789abcdef"`)
	a.header.Set("Cache-Control", "max-age=0, private, must-revalidate")
	a.header.Set("X-Content-Type-Options", "nosniff")
}

// ofDeleted changes what is 404 of, or below, agents that were deleted.
func ofDeleted(name string, of func(place) bool, change func(r *http.Request, a *reply)) Change {
	return ofRemoved(isAgent, func(p place) string { return p.agent }, method(name, of), change)
}

// ofRevoked changes what is 404 of tokens that were revoked.
func ofRevoked(name string, of func(place) bool, change func(r *http.Request, a *reply)) Change {
	return ofRemoved(isToken, func(p place) string { return p.token }, method(name, of), change)
}

// ofRemoved changes what is 404 of what was removed.
func ofRemoved(kind func(place) bool, id func(place) string, of func(r *http.Request) bool, change func(r *http.Request, a *reply)) Change {
	return around(func(next http.Handler) http.Handler {
		var removed sync.Map // ids of agents, or of tokens
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			a := ask(next, r)
			p, _ := placeOf(r.URL)
			if method(http.MethodDelete, kind)(r) && a.status == 204 {
				removed.Store(id(p), true)
			}
			if _, gone := removed.Load(id(p)); gone && of(r) && a.status == 404 {
				change(r, a)
			}
			a.send(w, r)
		})
	})
}

func revokedAgain(_ *http.Request, a *reply) { *a = *noContent() }

// noTokens is what GitLab answers for an agent without tokens.
func noTokens(r *http.Request, a *reply) {
	a.status, a.body = 200, []byte("[]")
	emptyList(a.header, r)
	a.header.Set("Cache-Control", "max-age=0, private, must-revalidate")
	a.header.Set("ETag", `W/"4f53cda18c2baa0c0354bb5f9a3ecbe5"`)
	a.header.Set("X-Content-Type-Options", "nosniff")
}

// listingDeleted keeps deleted agents at the end of a list that fits on one page.
func listingDeleted(next http.Handler) http.Handler {
	var mu sync.Mutex
	deleted := make(map[string][][]byte) // by project
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, _ := placeOf(r.URL)
		deletes := method(http.MethodDelete, isAgent)(r)
		var shown []byte
		if deletes {
			shown = read(next, r, r.URL.EscapedPath()).body
		}
		a := ask(next, r)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case deletes && a.status == 204:
			deleted[p.project] = append(deleted[p.project], shown)
		case method(http.MethodGet, isAgentList)(r) && a.status == 200 && a.header.Get("X-Next-Page") == "" && a.header.Get("X-Page") == "1":
			shown := deleted[p.project]
			if room := int(number(a.header.Get("X-Per-Page"))) - len(idsIn(a.body)); len(shown) > room {
				shown = shown[len(shown)-room:]
			}
			a.body = joined(a.body, []byte("["+string(bytes.Join(shown, []byte(",")))+"]"))
			count(a.header, "X-Total", len(shown))
		}
		a.send(w, r)
	})
}

// refusingWithTokens answers 409 in place of deleting an agent that has active tokens.
func refusingWithTokens() Change {
	return both(
		handle(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			if p, _ := placeOf(r.URL); method(http.MethodDelete, isAgent)(r) && len(idsIn(read(next, r, p.agentTokens()).body)) > 0 {
				r = mark(r)
			}
			next.ServeHTTP(w, r)
		}),
		despite(fakegitlab.PreconditionFailed, func(c fakegitlab.Choice) bool { return !c.GitLab && marked(c.Request) },
			replaceBy(409, `{"message":"409 Conflict: The agent has tokens"}`)),
	)
}

// removing does more after an agent or a token was removed.
func removing(of func(place) bool, then func(next http.Handler, r *http.Request, p place)) Change {
	return afterwards(func(next http.Handler, r *http.Request, a *reply) {
		if method(http.MethodDelete, of)(r) && a.status == 204 {
			p, _ := placeOf(r.URL)
			then(next, r, p)
		}
	})
}

func allTokens(next http.Handler, r *http.Request, p place) {
	for _, id := range idsIn(read(next, r, p.agentTokens()).body) {
		more(next, r, http.MethodDelete, p.agentTokens()+"/"+id, "")
	}
}

func itsAgent(next http.Handler, r *http.Request, p place) {
	more(next, r, http.MethodDelete, p.agents()+"/"+p.agent, "")
}

func allAgents(next http.Handler, r *http.Request, p place) {
	for _, id := range idsIn(read(next, r, p.agents()+"?per_page=100").body) {
		more(next, r, http.MethodDelete, p.agents()+"/"+id, "")
	}
}

func deletingNeighbour(next http.Handler, w http.ResponseWriter, r *http.Request) {
	p, _ := placeOf(r.URL)
	var before []string
	if method(http.MethodDelete, isAgent)(r) {
		before = idsIn(read(next, r, p.agents()+"?per_page=100").body)
	}
	a := ask(next, r)
	if i := slices.Index(before, p.agent); i > 0 && a.status == 204 {
		more(next, r, http.MethodDelete, p.agents()+"/"+before[i-1], "")
	}
	a.send(w, r)
}

// keepingNames refuses the names of agents that were deleted.
func keepingNames(next http.Handler) http.Handler {
	var gone sync.Map
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var name string
		switch {
		case createsAgent(r):
			if _, taken := gone.Load(text(input(r)["name"])); taken {
				refusal(400, `{"message":"400 Bad request - [\"Name has already been taken\"]"}`).send(w, r)
				return
			}
		case method(http.MethodDelete, isAgent)(r):
			for _, agent := range read(next, r, r.URL.EscapedPath()).objects() {
				name = text(agent["name"])
			}
		}
		a := ask(next, r)
		if name != "" && a.status == 204 {
			gone.Store(name, true)
		}
		a.send(w, r)
	})
}

// reusingAgentIDs gives a new agent the id of the agent that was deleted last.
func reusingAgentIDs() *fakegitlab.Deviation {
	free := &freeIDs{}
	return &fakegitlab.Deviation{
		Rewrite: func(r *http.Request, d *fakegitlab.ResponseDraft) {
			if p, _ := placeOf(r.URL); d.Operation == "deleteAgent" && d.Status == 204 {
				free.put(number(p.agent))
			}
		},
		NewAgent: func(a *fakegitlab.NewAgent) { a.ID = free.take(a.ID) },
	}
}

// freeIDs are ids that are given out again, the last one first.
type freeIDs struct {
	mu  sync.Mutex
	ids []int64
}

func (f *freeIDs) put(id int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.Contains(f.ids, id) {
		f.ids = append(f.ids, id)
	}
}

// take returns a free id, or the one that is given if there is no free id.
func (f *freeIDs) take(id int64) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := len(f.ids); n > 0 {
		id, f.ids = f.ids[n-1], f.ids[:n-1]
	}
	return id
}

// Faults of what is revoked

func hidingRevoked(_ *http.Request, d *fakegitlab.ResponseDraft) {
	if bytes.Contains(d.Body, []byte(`"revoked"`)) {
		replace(d, 404, `{"message":"404 Not found"}`)
	}
}

// keepingUndescribed does not revoke tokens whose description is null or empty.
func keepingUndescribed() Change {
	return both(
		handle(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			if method(http.MethodDelete, isToken)(r) {
				for _, token := range read(next, r, r.URL.EscapedPath()).objects() {
					if token["id"] != nil && text(token["description"]) == "" {
						r = mark(r)
					}
				}
			}
			next.ServeHTTP(w, r)
		}),
		noFor(fakegitlab.TokenRevoked, marked),
	)
}

// makingNameless makes a token of another name where the name is empty.
func makingNameless(next http.Handler, w http.ResponseWriter, r *http.Request) {
	if createsToken(r) && sends(nameIs(""))(r) {
		more(next, r, http.MethodPost, r.URL.EscapedPath(), "name=nameless")
	}
	next.ServeHTTP(w, r)
}

// countingRevoked adds the revoked tokens to X-Total.
func countingRevoked(next http.Handler) http.Handler {
	var mu sync.Mutex
	revoked := make(map[string]map[string]bool) // ids of tokens by the agent's id
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := ask(next, r)
		p, _ := placeOf(r.URL)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case method(http.MethodDelete, isToken)(r) && a.status == 204:
			if revoked[p.agent] == nil {
				revoked[p.agent] = make(map[string]bool)
			}
			revoked[p.agent][p.token] = true
		case method(http.MethodGet, isTokenList)(r) && a.status == 200:
			count(a.header, "X-Total", len(revoked[p.agent]))
		}
		a.send(w, r)
	})
}

// revokingOnce refuses to revoke a token that is revoked.
func revokingOnce(next http.Handler, w http.ResponseWriter, r *http.Request) {
	if !method(http.MethodDelete, isToken)(r) {
		next.ServeHTTP(w, r)
		return
	}
	before := read(next, r, r.URL.EscapedPath())
	a := ask(next, r)
	if a.status == 204 && (before.status == 404 || strings.Contains(string(before.body), `"revoked"`)) {
		a = refusal(404, `{"message":"404 Not found"}`)
	}
	a.send(w, r)
}
