package faults

import (
	"math/big"
	"net/http"
	"net/url"
	"strings"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// paths are faults with what a URL leads to.
func paths() []Fault {
	since15 := fakegitlab.Release{Major: 15}
	const noRoute = `{"error":"404 Not Found"}`
	moved := func(name, explains, rule string, change func(path string) string) Fault {
		return Fault{Name: name, Explains: explains, Rules: []string{rule}, Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			if path := change(r.URL.EscapedPath()); path != r.URL.EscapedPath() {
				more(next, r, r.Method, path, "").send(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})}
	}
	lost := func(name, explains, rule string, lost func(path string) bool, body string) Fault {
		return Fault{Name: name, Explains: explains, Rules: []string{rule}, Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			if lost(r.URL.EscapedPath()) {
				refusal(404, body).send(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})}
	}
	encoded := func(path string) bool { return strings.Contains(path, "/projects/root%2F") }
	// counting takes an agent's id for what remains of it in so many bits.
	counting := func(bits uint) func(http.Handler) http.Handler {
		return around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			if p, ok := placeOf(r.URL); ok {
				if id, is := new(big.Int).SetString(p.agent, 10); is && id.Sign() > 0 {
					r = r.Clone(r.Context())
					least := id.Mod(id, new(big.Int).Lsh(big.NewInt(1), bits)).String()
					r.URL.RawPath = strings.Replace(r.URL.EscapedPath(), "/cluster_agents/"+p.agent, "/cluster_agents/"+least, 1)
					r.URL.Path, _ = url.PathUnescape(r.URL.RawPath)
				}
			}
			next.ServeHTTP(w, r)
		})
	}
	return []Fault{
		{
			Name: "ids-of-32-bits", Explains: "Of an agent's id only 32 bits count.", Rules: []string{"errors/unknown-agent"}, Wrap: counting(32),
			Also: []string{"agents/id-matches-path", "errors/agent-past-64-bits"}, Because: "another id is that of an agent",
		},
		{
			Name: "ids-of-64-bits", Explains: "Of an agent's id only 64 bits count.", Rules: []string{"errors/agent-past-64-bits"}, Wrap: counting(64),
			Also: []string{"agents/id-matches-path"}, Because: "another id is that of an agent",
		},
		lost("encoded-path-decoded", "A proxy decodes %2F, so that a project is not found by its path.", "paths/encoded", encoded, noRoute),
		lost("encoded-path-unknown", "A project is found by its id only.", "paths/encoded", encoded, `{"message":"404 Project Not Found"}`).byID(),
		lost("id-unknown", "A project is found by its path only.", "paths/id",
			func(path string) bool { return strings.Contains(path, "/projects/20/") }, `{"message":"404 Project Not Found"}`),
		moved("unencoded-path-found", "A project's path that is not encoded is found.", "paths/unencoded",
			func(path string) string {
				return strings.Replace(path, "/projects/root/test/", "/projects/root%2Ftest/", 1)
			}),
		moved("double-encoded-path-found", "A project's path that is encoded twice is found.", "paths/double-encoded",
			func(path string) string { return strings.Replace(path, "%252F", "%2F", 1) }).
			also("what is listed is another project than that of the URL", "agents/project-matches-path", "pagination/link-parameters"),
		{
			Name: "token-is-a-route", Explains: "The URL that the documentation prints, …/token/1, is a route.", Since: since15,
			Rules: []string{"paths/token-is-no-route"}, Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				if before, _, ok := strings.Cut(r.URL.EscapedPath(), "/token/"); ok {
					more(next, r, r.Method, before+"/tokens", "").send(w, r)
					return
				}
				next.ServeHTTP(w, r)
			}),
		},
		{
			Name: "token-updatable", Explains: "A token can be changed with PATCH.", Since: since15,
			Rules: []string{"paths/no-token-update"}, Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPatch {
					more(next, r, http.MethodGet, r.URL.EscapedPath(), "").send(w, r)
					return
				}
				next.ServeHTTP(w, r)
			}),
		},
		lost("trailing-slash-404", "A slash at the end matters.", "paths/trailing-slash",
			func(path string) bool { return strings.HasSuffix(path, "/") }, noRoute),
		lost("json-suffix-404", "The suffix .json matters.", "paths/json-suffix",
			func(path string) bool { return strings.HasSuffix(path, ".json") }, noRoute),
		{
			Name: "agent-zero-is-first", Explains: "The agent 0 is the first.", Rules: []string{"errors/agent-zero"},
			Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				if p, _ := placeOf(r.URL); p.agent == "0" && r.Method == http.MethodGet {
					for _, id := range ids(more(next, r, http.MethodGet, p.agents(), "").body) {
						more(next, r, http.MethodGet, p.agents()+"/"+id, "").send(w, r)
						return
					}
				}
				next.ServeHTTP(w, r)
			}),
		},
		{
			Name: "unknown-agent-is-null", Explains: "Reading an agent that is not there gives null with 200.", Rules: []string{"errors/unknown-agent", "document/body"},
			Deviation: answering("getAgent", 404, 200, "null"),
			Also:      and(wantNoAgent, "agents/deleted-stays-gone"), Because: "they read agents that are not there",
			Keeps: untold,
		},
		{
			Name: "tokens-of-unknown-agent-empty", Explains: "The tokens of an agent that is not there are an empty list.", Since: since15,
			Rules: []string{"errors/unknown-agent-tokens"}, Deviation: emptyList("listAgentTokens"),
			Also: []string{
				"errors/unknown-agent-tokens", "errors/agent-of-another-project", "agents/deleted-with-tokens", "roles/guest-finds-nothing",
				"roles/stranger-finds-nothing", "agents/deleted-stays-gone", "tokens/active-listed",
			},
			Because: "they list tokens of agents that are not there",
		},
		{
			Name: "agents-of-unknown-project-empty", Explains: "The agents of a project that is not there are an empty list.",
			Rules: []string{"errors/unknown-project", "errors/unknown-project-path"}, Deviation: emptyList("listAgents"),
			Also: []string{"roles/guest-finds-nothing", "roles/stranger-finds-nothing", "paths/double-encoded"}, Because: "they list agents of projects that are not seen",
		},
		{
			Name: "token-for-unknown-agent", Explains: "Creating a token for an agent that is not there is 400.", Since: since15,
			Rules:     []string{"errors/create-token-for-unknown-agent"},
			Deviation: answering("createAgentToken", 404, 400, `{"message":"400 Bad request - Agent must exist"}`),
			Also:      []string{"errors/agent-of-another-project", "roles/stranger-may-not-write", "agents/deleted-with-tokens"}, Because: "they create tokens for agents that are not there",
		},
		{
			Name: "revoking-unknown-204", Explains: "Revoking a token that is not there is 204.", Since: since15,
			Rules: []string{"errors/revoke-unknown-token"}, Deviation: answering("revokeAgentToken", 404, 204, ""),
			Also: []string{
				"errors/token-of-another-agent", "errors/agent-of-another-project", "roles/stranger-may-not-write",
				"tokens/revoked-not-listed", "tokens/revoked-not-readable", "agents/deleted-with-tokens", "agents/deleted-stays-gone",
			},
			Because: "they revoke tokens that are not there",
		},
		{
			Name: "reading-unknown-token-403", Explains: "Reading a token that is not there is 403.", Since: since15,
			Rules: []string{"errors/unknown-token"}, Deviation: answering("getAgentToken", 404, 403, `{"message":"403 Forbidden"}`),
			Also: []string{
				"errors/unknown-token", "errors/token-of-another-agent", "errors/agent-of-another-project", "agents/deleted-with-tokens",
				"tokens/revoked-is-404", "roles/guest-finds-nothing", "roles/stranger-finds-nothing",
			},
			Because: "they read tokens that are not there",
		},
	}
}

// emptyList answers a list that is 404 with an empty one.
func emptyList(operation string) func() *fakegitlab.Deviation {
	return rewriting(func(r *http.Request, d *fakegitlab.ResponseDraft) {
		if d.Status != 404 {
			return
		}
		replace(d, 200, "[]")
		p, _ := placeOf(r.URL)
		link := "<http://" + r.Host + r.URL.EscapedPath() + "?agent_id=" + p.agent + "&id=" + p.project + "&page=1&per_page=20>; rel="
		for name, value := range map[string]string{
			"X-Page": "1", "X-Per-Page": "20", "X-Next-Page": "", "X-Prev-Page": "", "X-Total": "0", "X-Total-Pages": "1",
			"Link": link + `"first", ` + link + `"last"`,
		} {
			d.Header.Set(name, value)
		}
	}, operation)
}

// byID is the fault, of which a check has to be made by the project's id.
func (f Fault) byID() Fault {
	f.ByID = true
	return f
}
