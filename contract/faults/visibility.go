package faults

import (
	"bytes"
	"net/http"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// visibility are faults with whose agents and tokens a URL leads to.
func visibility() []Fault {
	since15, since16 := fakegitlab.Release{Major: 15}, fakegitlab.Release{Major: 16}
	const ofProject, ofAgent = "errors/agent-of-another-project", "errors/token-of-another-agent"
	return []Fault{
		{
			Name: "other-projects-agent-readable", Explains: "An agent can be read under any project.", Since: since16,
			Rules: []string{ofProject}, Deviation: deciding(fakegitlab.AgentOfProject, on(true, "getAgent")),
			Also: []string{"agents/project-matches-path"}, Because: "the agent says which project it is of",
		},
		{
			Name: "other-projects-agent-deletable", Explains: "An agent can be deleted under any project.", Since: since16,
			Rules: []string{ofProject}, Deviation: deciding(fakegitlab.AgentOfProject, on(true, "deleteAgent")),
		},
		{
			Name: "other-projects-agents-listed", Explains: "The list has the agents of all projects.", Since: since16,
			Rules: []string{"agents/project-matches-path"}, Wrap: around(listingAllProjects),
			Also: []string{
				"agents/sorted-by-name", "pagination/totals", "pagination/page-size", "pagination/agent-pages", "agents/listed-once",
				"pagination/past-the-end", "pagination/neighbours",
			},
			Because: "agents of two projects are in one list",
		},
		{
			Name: "other-projects-tokens-listed", Explains: "The tokens of an agent can be listed under any project.", Since: since16,
			Rules: []string{ofProject}, Deviation: deciding(fakegitlab.AgentOfProject, on(true, "listAgentTokens")),
		},
		{
			Name: "other-projects-token-readable", Explains: "A token can be read under any project.", Since: since16,
			Rules: []string{ofProject}, Deviation: deciding(fakegitlab.AgentOfProject, on(true, "getAgentToken")),
		},
		{
			Name: "other-projects-agent-deleted-with-404", Explains: "Deleting an agent under another project is 404, and done.", Since: since16,
			Rules: []string{"errors/refused-has-no-effect"}, Deviation: func() *fakegitlab.Deviation {
				d := deciding(fakegitlab.AgentOfProject, on(true, "deleteAgent"))()
				d.Rewrite = rewriting(func(r *http.Request, d *fakegitlab.ResponseDraft) {
					if p, _ := placeOf(r.URL); p.project == "root%2Fother" && d.Status == 204 {
						replace(d, 404, `{"message":"404 Not found"}`)
					}
				}, "deleteAgent")().Rewrite
				return d
			},
			Keeps: "what is deleted in the other project seems to be refused",
		},
		{
			Name: "other-projects-agent-gets-token-with-404", Explains: "Creating a token for an agent under another project is 404, and done.", Since: since16,
			Rules: []string{"errors/refused-has-no-effect"}, Deviation: func() *fakegitlab.Deviation {
				d := deciding(fakegitlab.AgentOfProject, on(true, "createAgentToken"))()
				d.Rewrite = rewriting(func(r *http.Request, d *fakegitlab.ResponseDraft) {
					if p, _ := placeOf(r.URL); p.project == "root%2Fother" && d.Status == 201 {
						replace(d, 404, `{"message":"404 Not found"}`)
					}
				}, "createAgentToken")().Rewrite
				return d
			},
		},
		{
			Name: "other-projects-agent-gets-token", Explains: "A token can be created for an agent under any project.", Since: since16,
			Rules: []string{ofProject}, Deviation: deciding(fakegitlab.AgentOfProject, on(true, "createAgentToken")),
		},
		{
			Name: "other-projects-token-revocable", Explains: "A token can be revoked under any project.", Since: since16,
			Rules: []string{ofProject}, Deviation: deciding(fakegitlab.AgentOfProject, on(true, "revokeAgentToken")),
		},
		{
			Name: "other-agents-token-readable", Explains: "A token can be read under any agent.", Since: since15,
			Rules: []string{ofAgent}, Deviation: deciding(fakegitlab.TokenOfAgent, on(true, "getAgentToken")),
			Also: []string{"tokens/agent-matches-path"}, Because: "the token says which agent it is of",
		},
		{
			Name: "other-agents-token-revocable", Explains: "A token can be revoked under any agent.", Since: since15,
			Rules: []string{ofAgent}, Deviation: deciding(fakegitlab.TokenOfAgent, on(true, "revokeAgentToken")),
		},
		{
			Name: "other-agents-tokens-listed", Explains: "The list of tokens has those of the project's other agents.", Since: since15,
			Rules: []string{"tokens/agent-matches-path"}, Wrap: around(listingAllTokens),
			Also:    []string{"pagination/totals", "pagination/page-size", "pagination/token-pages", "tokens/none-is-an-empty-list", "conditional/etag-tells-apart"},
			Because: "tokens of two agents are in one list, under the ETag of those of one",
		},
		{
			Name: "first-agent-for-all", Explains: "Reading an agent gives the first of the project, whatever the id.",
			Rules: []string{"agents/id-matches-path"}, Wrap: around(readingTheFirst),
			Also:    []string{"errors/unknown-agent", "errors/agent-zero", "errors/agent-past-64-bits"},
			Because: "whatever is read is another agent", Keeps: "no agent can be read as the run's own",
		},
		{
			Name: "first-token-for-all", Explains: "Reading a token gives the first of the agent, whatever the id.", Since: since15,
			Rules: []string{"tokens/id-matches-path"}, Wrap: around(readingTheFirstToken),
			Also:    []string{"tokens/revoked-not-readable", "tokens/revoked-is-404", "errors/unknown-token", "errors/token-of-another-agent", "parameters/token-id-is-integer"},
			Because: "whatever is read is another token",
		},
		{
			Name: "agents-by-name", Explains: "An agent can be read by its name.",
			Rules: []string{"parameters/no-look-up-by-name"}, Wrap: around(lookingUpByName),
		},
		{
			Name: "agents-by-leading-digits", Explains: "Of an agent's id only the leading digits are read.",
			Rules: []string{"parameters/agent-id-is-integer"}, Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				p, _ := placeOf(r.URL)
				if digits := leadingDigits(p.agent); digits != "" && digits != p.agent && !p.tokens {
					more(next, r, r.Method, p.agents()+"/"+digits, "").send(w, r)
					return
				}
				next.ServeHTTP(w, r)
			}),
		},
	}
}

// joined is two lists in one.
func joined(a, b []byte) []byte {
	a, b = bytes.TrimSpace(a), bytes.TrimSpace(b)
	switch {
	case len(a) <= 2:
		return b
	case len(b) <= 2:
		return a
	}
	return bytes.Join([][]byte{a[:len(a)-1], b[1:]}, []byte(","))
}

// listingAllProjects adds the first agent of each other project that the fake has.
func listingAllProjects(next http.Handler, w http.ResponseWriter, r *http.Request) {
	a := ask(next, r)
	if p, ok := placeOf(r.URL); ok && r.Method == http.MethodGet && p.agent == "" && a.status == 200 {
		for id, path := range map[string]string{"20": "root%2Ftest", "21": "root%2Fother"} {
			if p.project != id && p.project != path {
				a.body = joined(a.body, more(next, r, http.MethodGet, "/api/v4/projects/"+id+"/cluster_agents?per_page=1", "").body)
			}
		}
	}
	a.send(w, r)
}

func listingAllTokens(next http.Handler, w http.ResponseWriter, r *http.Request) {
	a := ask(next, r)
	if p, ok := placeOf(r.URL); ok && r.Method == http.MethodGet && p.tokens && p.token == "" && a.status == 200 {
		for _, id := range ids(more(next, r, http.MethodGet, p.agents()+"?per_page=100", "").body) {
			if id != p.agent {
				a.body = joined(a.body, more(next, r, http.MethodGet, p.agents()+"/"+id+"/tokens", "").body)
			}
		}
	}
	a.send(w, r)
}

func readingTheFirst(next http.Handler, w http.ResponseWriter, r *http.Request) {
	if p, ok := placeOf(r.URL); ok && r.Method == http.MethodGet && p.agent != "" && !p.tokens {
		for _, id := range ids(more(next, r, http.MethodGet, p.agents()+"?per_page=1", "").body) {
			more(next, r, http.MethodGet, p.agents()+"/"+id, "").send(w, r)
			return
		}
	}
	next.ServeHTTP(w, r)
}

func readingTheFirstToken(next http.Handler, w http.ResponseWriter, r *http.Request) {
	if p, ok := placeOf(r.URL); ok && r.Method == http.MethodGet && p.token != "" {
		for _, id := range ids(more(next, r, http.MethodGet, p.agentTokens()+"?per_page=1", "").body) {
			more(next, r, http.MethodGet, p.agentTokens()+"/"+id, "").send(w, r)
			return
		}
	}
	next.ServeHTTP(w, r)
}

func lookingUpByName(next http.Handler, w http.ResponseWriter, r *http.Request) {
	if p, ok := placeOf(r.URL); ok && r.Method == http.MethodGet && p.agent != "" && !p.tokens && leadingDigits(p.agent) != p.agent {
		d := draft(more(next, r, http.MethodGet, p.agents()+"?per_page=100", ""))
		var found object
		editObjects(d, func(o object) {
			if o["name"] == p.agent {
				found = o
			}
		})
		if found != nil {
			a := more(next, r, http.MethodGet, p.agents()+"?per_page=1", "")
			a.body = marshal(found)
			a.send(w, r)
			return
		}
	}
	next.ServeHTTP(w, r)
}

func leadingDigits(s string) string {
	for i, c := range s {
		if c < '0' || c > '9' {
			return s[:i]
		}
	}
	return s
}
