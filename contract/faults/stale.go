package faults

import (
	"net/http"
	"strconv"
	"strings"
	"sync"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// stale are faults of responses that are older than they may be, or not the same twice.
func stale() []Fault {
	return []Fault{
		{Name: "list-cached", Explains: "The list of agents is cached for each URL.", Rules: ids{"agents/listed", "agents/list"}, Change: cache(isAgentList, callerAndURL), Keeps: goneOrUnreadable},
		{Name: "list-cached-for-all-pages", Explains: "The list of agents is cached, whatever the query.", Rules: ids{"pagination/page-as-asked"}, Change: cache(isAgentList, callerAndPath),
			Also:    ids{"agents/listed", "agents/list", "pagination/link-parameters", "headers/head", "parameters/per-page-not-zero", "parameters/per-page-is-integer", "parameters/page-is-integer"},
			Because: "the query is ignored", Keeps: goneOrUnreadable},
		{Name: "agent-cached", Explains: "Reads of an agent are cached.", Rules: ids{"agents/deleted-is-404", "agents/deleted-stays-gone"}, Change: cache(isAgent, callerAndURL),
			Also: ids{"conditional/if-none-match"}, Because: "the cache does not answer 304", Keeps: goneOrUnreadable},
		{Name: "token-list-cached", Explains: "The list of an agent's tokens is cached.", Since: v16, Rules: ids{"tokens/revoked-not-listed"}, Change: cache(isTokenList, callerAndURL)},
		{Name: "token-cached", Explains: "Reads of a token are cached.", Since: v16, Rules: ids{"tokens/revoked-not-readable", "tokens/revoked-is-404"}, Change: cache(isToken, callerAndURL)},
		{Name: "cache-for-everybody", Explains: "Reads of an agent are cached, and shown to every caller.",
			Rules: ids{"roles/guest-finds-nothing", "roles/stranger-finds-nothing", "authentication/required-to-read", "authentication/expired-token"}, Change: cache(isAgent, onlyURL),
			Also: ids{"agents/deleted-is-404", "agents/deleted-stays-gone", "conditional/if-none-match"}, Because: "the read is out of date", Keeps: goneOrUnreadable},
		{Name: "created-at-changes", Explains: "The created_at of an agent is the time of the request.", Rules: ids{"agents/never-change"}, Change: inside(changingTimes),
			Also: ids{"agents/read-back-equal", "roles/developer-reads"}, Because: "it differs each time"},
		{Name: "names-change-case", Explains: "The list shows the names of agents in capitals.", Rules: ids{"document/body"}, Change: edit("name", strings.ToUpper, "listAgents"),
			Keeps: "a check does not find its own agents in the list by their names"},
		{Name: "creator-differs-in-list", Explains: "The list of agents names another creator than a read.", Rules: ids{"agents/read-back-equal"}, Change: set("created_by_user_id", 1, "listAgents"),
			Also: ids{"agents/never-change"}, Because: "the creator differs"},
		{Name: "token-description-cut-in-list", Explains: "The list of tokens shows the first 80 characters of a description.", Since: v15, Rules: ids{"tokens/never-change", "tokens/read-back-equal"},
			Change: edit("description", func(s string) string { return s[:min(80, len(s))] }, "listAgentTokens")},
	}
}

// What a cached response belongs to

func onlyURL(r *http.Request) string { return r.URL.RequestURI() }

func callerAndPath(r *http.Request) string { return r.URL.EscapedPath() + " " + credentials(r) }
func callerAndURL(r *http.Request) string  { return r.URL.RequestURI() + " " + credentials(r) }

func credentials(r *http.Request) string {
	return r.Header.Get("Private-Token") + r.Header.Get("Authorization")
}

// cache keeps the first successful response to each GET of some places.
func cache(of func(place) bool, key func(*http.Request) string) Change {
	return around(func(next http.Handler) http.Handler {
		var kept sync.Map // replies by key
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !method(http.MethodGet, of)(r) {
				next.ServeHTTP(w, r)
				return
			}
			if a, ok := kept.Load(key(r)); ok {
				a.(*reply).again(ask(next, r)).send(w, r)
				return
			}
			a := ask(next, r)
			if a.status == 200 {
				kept.Store(key(r), a)
			}
			a.send(w, r)
		})
	})
}

// again is the response once more, with the id of another. GitLab caches what it shows; only a cache in front of it repeats
// the id of a request.
func (a *reply) again(now *reply) *reply {
	repeated := &reply{status: a.status, header: a.header.Clone(), body: a.body}
	for _, name := range []string{"X-Request-Id", "X-Runtime", "X-Gitlab-Meta"} {
		repeated.header[name] = now.header[name]
	}
	return repeated
}

// changingTimes counts milliseconds, one with each response.
func changingTimes() *fakegitlab.Deviation {
	var mu sync.Mutex
	n := 0
	return edit("created_at", func(s string) string {
		mu.Lock()
		defer mu.Unlock()
		n++
		digits := "00" + strconv.Itoa(n%1000)
		return s[:len(s)-4] + digits[len(digits)-3:] + "Z"
	}, showsAgents...).Deviations()[0]
}
