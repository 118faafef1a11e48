package faults

import (
	"net/http"
	"strconv"
	"strings"
	"sync"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// stale are faults with answers that are older than they may be, or not the same twice.
func stale() []Fault {
	since15 := fakegitlab.Release{Major: 15}
	isList := func(p place) bool { return p.agent == "" }
	isAgent := func(p place) bool { return p.agent != "" && !p.tokens }
	isTokenList := func(p place) bool { return p.tokens && p.token == "" }
	isToken := func(p place) bool { return p.token != "" }
	return []Fault{
		{
			Name: "list-cached", Explains: "The list of agents is kept for a minute, for each URL.",
			Rules: []string{"agents/listed"}, Wrap: caching(isList, true),
			Also: []string{"agents/deleted-stays-gone"}, Because: "what was deleted is listed still", Keeps: untold,
		},
		{
			Name: "list-cached-for-all-pages", Explains: "The list of agents is kept for a minute, whatever the query.",
			Rules: []string{"pagination/page-as-asked"}, Wrap: caching(isList, false),
			Also: []string{
				"agents/listed", "agents/list", "agents/deleted-stays-gone", "pagination/past-the-end", "pagination/link-parameters", "pagination/agent-pages",
				"pagination/defaults", "parameters/per-page-not-zero", "parameters/per-page-is-integer", "parameters/page-is-integer",
			},
			Because: "the query is not looked at", Keeps: untold,
		},
		{
			Name: "agent-cached", Explains: "What was read of an agent is kept for a minute.",
			Rules: []string{"agents/deleted-is-404", "agents/deleted-stays-gone"}, Wrap: caching(isAgent, true),
			Also: []string{"conditional/if-none-match"}, Because: "the cache does not answer 304", Keeps: untold,
		},
		{
			Name: "token-list-cached", Explains: "The list of an agent's tokens is kept for a minute.", Since: fakegitlab.Release{Major: 16},
			Rules: []string{"tokens/revoked-not-listed"}, Wrap: caching(isTokenList, true),
			Also:    []string{"agents/deleted-with-tokens", "agents/deleted-stays-gone", "tokens/active-listed"},
			Because: "the list is of another time",
		},
		{
			Name: "token-cached", Explains: "What was read of a token is kept for a minute.", Since: fakegitlab.Release{Major: 16},
			Rules: []string{"tokens/revoked-not-readable", "tokens/revoked-is-404"}, Wrap: caching(isToken, true),
		},
		{
			Name: "cache-for-everybody", Explains: "What was read of an agent is kept for a minute, and shown to whoever asks.",
			Rules: []string{"roles/guest-finds-nothing", "roles/stranger-finds-nothing", "authentication/required-to-read"},
			Wrap:  cachingForAll(isAgent),
			Also:  []string{"agents/deleted-is-404", "agents/deleted-stays-gone", "conditional/if-none-match"}, Because: "the read is of another time",
			Keeps: untold,
		},
		{
			Name: "created-at-changes", Explains: "The time of creation of an agent is that of the request.",
			Rules: []string{"agents/never-change"}, Deviation: changingTimes,
			Also: []string{"agents/read-back-equal", "roles/developer-reads"}, Because: "it is another each time",
		},
		{
			Name: "names-change-case", Explains: "The list shows the names of agents in capitals.",
			Rules: []string{"document/body"}, Deviation: eachObject(edit("name", strings.ToUpper), "listAgents"),
			Keeps: "the run's own agents are not listed by their names",
		},
		{
			Name: "creator-differs-in-list", Explains: "The list of agents names another creator than a read.",
			Rules: []string{"agents/read-back-equal"}, Deviation: eachObject(set("created_by_user_id", 1), "listAgents"),
			Also: []string{"agents/never-change"}, Because: "the creator is another",
		},
		{
			Name: "token-description-cut-in-list", Explains: "The list of tokens shows the first 80 characters of a description.", Since: since15,
			Rules:     []string{"tokens/never-change", "tokens/read-back-equal"},
			Deviation: eachObject(edit("description", func(s string) string { return s[:min(80, len(s))] }), "listAgentTokens"),
		},
	}
}

// caching keeps the first successful answer to each GET of some URLs.
func caching(of func(place) bool, withQuery bool) func(http.Handler) http.Handler {
	return keeping(of, func(r *http.Request) string {
		key := r.URL.EscapedPath() + " " + r.Header.Get("Private-Token") + r.Header.Get("Authorization")
		if withQuery {
			key += " " + r.URL.RawQuery
		}
		return key
	})
}

func cachingForAll(of func(place) bool) func(http.Handler) http.Handler {
	return keeping(of, func(r *http.Request) string { return r.URL.RequestURI() })
}

func keeping(of func(place) bool, key func(*http.Request) string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		var mu sync.Mutex
		kept := make(map[string]*answer)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			p, ok := placeOf(r.URL)
			if !ok || r.Method != http.MethodGet || !of(p) {
				next.ServeHTTP(w, r)
				return
			}
			mu.Lock()
			a := kept[key(r)]
			mu.Unlock()
			if a == nil {
				if a = ask(next, r); a.status == 200 {
					mu.Lock()
					kept[key(r)] = a
					mu.Unlock()
				}
			}
			a.send(w, r)
		})
	}
}

// changingTimes counts on with each answer.
func changingTimes() *fakegitlab.Deviation {
	var mu sync.Mutex
	n := 0
	return eachObject(edit("created_at", func(s string) string {
		mu.Lock()
		defer mu.Unlock()
		n++
		digits := "00" + strconv.Itoa(n%1000)
		return s[:len(s)-4] + digits[len(digits)-3:] + "Z"
	}), showAgents...)()
}
