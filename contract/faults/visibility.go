package faults

import (
	"bytes"
	"net/http"
	"slices"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// visibility are faults of whose agents and tokens a URL leads to.
func visibility() []Fault {
	const ofProject, ofAgent, noEffect = "errors/agent-of-another-project", "errors/token-of-another-agent", "errors/refused-has-no-effect"
	const notFound = `{"message":"404 Not found"}`
	return []Fault{
		{Name: "other-projects-agent-readable", Explains: "An agent can be read under any project.", Since: v16, Rules: ids{ofProject}, Change: decide(fakegitlab.AgentOfProject, on(true, "getAgent")),
			Also: ids{"agents/project-matches-path"}, Because: "the agent shows its own project"},
		{Name: "other-projects-agent-deletable", Explains: "An agent can be deleted under any project.", Since: v16, Rules: ids{ofProject}, Change: decide(fakegitlab.AgentOfProject, on(true, "deleteAgent"))},
		{Name: "other-projects-agents-listed", Explains: "The list has agents of other projects too.", Since: v16, Rules: ids{"agents/project-matches-path"}, Change: afterwards(listingOtherProjects),
			Also:    ids{"agents/sorted-by-name", "agents/listed-once", "conditional/etag-tells-apart"},
			Because: "agents of two projects are in one list, under the ETag of one project's"},
		{Name: "other-projects-tokens-listed", Explains: "The tokens of an agent can be listed under any project.", Since: v16, Rules: ids{ofProject}, Change: decide(fakegitlab.AgentOfProject, on(true, "listAgentTokens"))},
		{Name: "other-projects-token-readable", Explains: "A token can be read under any project.", Since: v16, Rules: ids{ofProject}, Change: decide(fakegitlab.AgentOfProject, on(true, "getAgentToken"))},
		{Name: "other-projects-agent-deleted-with-404", Explains: "Deleting an agent under another project is 404, but done.", Since: v16, Rules: ids{noEffect}, Change: despite(fakegitlab.AgentOfProject, noIn("deleteAgent"), replaceSuccess(404, notFound))},
		{Name: "other-projects-agent-gets-token-with-404", Explains: "Creating a token for an agent under another project is 404, but done.", Since: v16, Rules: ids{noEffect}, Change: despite(fakegitlab.AgentOfProject, noIn("createAgentToken"), replaceSuccess(404, notFound))},
		{Name: "other-projects-agent-gets-token", Explains: "A token can be created for an agent under any project.", Since: v16, Rules: ids{ofProject}, Change: decide(fakegitlab.AgentOfProject, on(true, "createAgentToken"))},
		{Name: "other-projects-token-revocable", Explains: "A token can be revoked under any project.", Since: v16, Rules: ids{ofProject}, Change: decide(fakegitlab.AgentOfProject, on(true, "revokeAgentToken"))},
		{Name: "other-agents-token-readable", Explains: "A token can be read under any agent.", Since: v15, Rules: ids{ofAgent}, Change: decide(fakegitlab.TokenOfAgent, on(true, "getAgentToken")),
			Also: ids{"tokens/agent-matches-path"}, Because: "the token shows its own agent"},
		{Name: "other-agents-token-revocable", Explains: "A token can be revoked under any agent.", Since: v15, Rules: ids{ofAgent}, Change: decide(fakegitlab.TokenOfAgent, on(true, "revokeAgentToken"))},
		{Name: "other-agents-tokens-listed", Explains: "The list of tokens has those of the project's other agents.", Since: v15, Rules: ids{"tokens/agent-matches-path"}, Change: afterwards(listingOtherTokens),
			Also:    ids{"tokens/none-is-an-empty-list", "conditional/etag-tells-apart"},
			Because: "tokens of two agents are in one list, under the ETag of one agent's"},
		{Name: "first-agent-for-all", Explains: "Reading an agent returns the first of the project, whatever the id.", Rules: ids{"agents/id-matches-path"}, Change: readFirst(isAgent, place.agents), Keeps: "no agent can be read as the check's own"},
		{Name: "first-token-for-all", Explains: "Reading a token returns the first of the agent, whatever the id.", Since: v15, Rules: ids{"tokens/id-matches-path"}, Change: readFirst(isToken, place.agentTokens),
			Also:    ids{"tokens/revoked-not-readable", "tokens/revoked-is-404", "parameters/token-id-is-integer"},
			Because: "every read returns another token"},
		{Name: "agents-by-name", Explains: "An agent can be read by its name.", Rules: ids{"parameters/no-look-up-by-name"}, Change: handle(lookingUpByName)},
		{Name: "agents-by-leading-digits", Explains: "Only the leading digits of an agent's id count.", Rules: ids{"parameters/agent-id-is-integer"}, Change: elsewhere(leadingDigitsOnly)},
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

// listingOtherProjects adds the first agent of the other projects.
func listingOtherProjects(next http.Handler, r *http.Request, a *reply) {
	p, _ := placeOf(r.URL)
	if !isAgentList(p) || a.status != 200 {
		return
	}
	for _, other := range [][2]string{{firstID, firstPath}, {secondID, secondPath}} {
		if !slices.Contains(other[:], p.project) {
			addTo(a, read(next, r, place{project: other[0]}.agents()+"?per_page=1").body)
		}
	}
}

// addTo adds entries to a list, if they fit on its only page.
func addTo(a *reply, more []byte) {
	n := len(idsIn(more))
	if a.header.Get("X-Page") != "1" || !fitsOnOnePage(a.header) || number(a.header.Get("X-Total"))+int64(n) > number(a.header.Get("X-Per-Page")) {
		return
	}
	count(a.header, "X-Total", n)
	if len(a.body) > 0 { // HEAD has none
		a.body = joined(a.body, more)
	}
}

func listingOtherTokens(next http.Handler, r *http.Request, a *reply) {
	p, _ := placeOf(r.URL)
	if !isTokenList(p) || a.status != 200 {
		return
	}
	for _, id := range idsIn(read(next, r, p.agents()+"?per_page=100").body) {
		if id != p.agent {
			addTo(a, read(next, r, p.agents()+"/"+id+"/tokens").body)
		}
	}
}

// readFirst reads the first of a list in place of what is asked for.
func readFirst(of func(place) bool, list func(place) string) Change {
	return handle(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		if method(http.MethodGet, of)(r) {
			p, _ := placeOf(r.URL)
			for _, id := range idsIn(read(next, r, list(p)+"?per_page=1").body) {
				read(next, r, list(p)+"/"+id).send(w, r)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

func lookingUpByName(next http.Handler, w http.ResponseWriter, r *http.Request) {
	p, _ := placeOf(r.URL)
	if method(http.MethodGet, isAgent)(r) && leadingDigits(p.agent) != p.agent {
		list := read(next, r, p.agents()+"?per_page=100")
		for _, agent := range list.objects() {
			if agent["name"] == p.agent {
				list.body = marshal(agent)
				list.send(w, r)
				return
			}
		}
	}
	next.ServeHTTP(w, r)
}

func leadingDigitsOnly(r *http.Request) string {
	p, ok := placeOf(r.URL)
	if digits := leadingDigits(p.agent); ok && digits != "" && digits != p.agent && isAgent(p) {
		return p.agents() + "/" + digits
	}
	return ""
}

func leadingDigits(s string) string {
	for i, c := range s {
		if c < '0' || c > '9' {
			return s[:i]
		}
	}
	return s
}
