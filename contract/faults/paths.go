package faults

import (
	"math/big"
	"net/http"
	"regexp"
	"strings"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// paths are faults of what a URL leads to.
func paths() []Fault {
	const noProject, idMatches = `{"message":"404 Project Not Found"}`, "agents/id-matches-path"
	return []Fault{
		{Name: "ids-of-32-bits", Explains: "Only 32 bits of an agent's id count.", Rules: ids{"errors/unknown-agent"}, Change: request(lowestBits(32)), Also: ids{idMatches, "errors/agent-past-64-bits"}, Because: "another id leads to an agent"},
		{Name: "ids-of-64-bits", Explains: "Only 64 bits of an agent's id count.", Rules: ids{"errors/agent-past-64-bits"}, Change: request(lowestBits(64)), Also: ids{idMatches}, Because: "another id leads to an agent"},
		{Name: "encoded-path-decoded", Explains: "A proxy decodes %2F, so that a project is not found by its path.", Rules: ids{"paths/encoded"}, Change: refuse(hasEncodedPath, 404, noRoute), ByID: true,
			Also: ids{"errors/unknown-project-path"}, Because: "that the route is missing is said of a nonexistent project too"},
		{Name: "encoded-path-unknown", Explains: "A project is found by its id only.", Rules: ids{"paths/encoded"}, Change: refuse(hasEncodedPath, 404, noProject), ByID: true},
		{Name: "project-by-leading-digits", Explains: "Only the leading digits of a project's id count.", Rules: ids{"paths/id-is-the-whole-segment", "agents/project-matches-path"}, Change: inside(projectByLeadingDigits)},
		{Name: "project-path-case-sensitive", Explains: "A project's path is not found in another case.", Rules: ids{"paths/any-case"}, Change: inside(projectPathCaseSensitive)},
		{Name: "nul-in-path-accepted", Explains: "A path with a NUL byte is not malformed.", Rules: ids{"errors/nul-byte"}, Change: inside(nulInPathAccepted)},
		{Name: "id-unknown", Explains: "A project is found by its path only.", Rules: ids{"paths/id"}, Change: request(toNoProject)},
		{Name: "unencoded-path-found", Explains: "A project's path that is not encoded is found.", Rules: ids{"paths/unencoded"}, Change: elsewhere(pathWith(`^(/api/v4/projects/[^/]+)/([^/]+/cluster_agents)`, "${1}%2F$2"))},
		{Name: "double-encoded-path-found", Explains: "A project's path that is encoded twice is found.", Rules: ids{"paths/double-encoded"}, Change: elsewhere(pathWith("%252F", "%2F")),
			Also: ids{"agents/project-matches-path", "pagination/link-parameters"}, Because: "what is listed is another project than that of the URL"},
		{Name: "token-is-a-route", Explains: "The URL that the documentation prints, …/token/1, is a route.", Since: v15, Rules: ids{"paths/token-is-no-route"}, Change: elsewhere(pathWith("/token/.*", "/tokens"))},
		{Name: "token-updatable", Explains: "A token can be changed with PATCH.", Since: v15, Rules: ids{"paths/no-token-update"}, Change: readingFor(http.MethodPatch, isToken)},
		{Name: "trailing-slash-404", Explains: "A path that ends with a slash is no route.", Rules: ids{"paths/trailing-slash"}, Change: refuse(endsWith("/"), 404, noRoute)},
		{Name: "json-suffix-404", Explains: "A path that ends with .json is no route.", Rules: ids{"paths/json-suffix"}, Change: refuse(endsWith(".json"), 404, noRoute)},
		{Name: "agent-zero-is-first", Explains: "The agent 0 is the first.", Rules: ids{"errors/agent-zero"}, Change: readFirst(func(p place) bool { return isAgent(p) && p.agent == "0" }, place.agents)},
		{Name: "unknown-agent-is-null", Explains: "Reading a nonexistent agent returns null with 200.", Rules: ids{"errors/unknown-agent", "document/body"}, Change: answer("getAgent", 404, 200, "null"),
			Also: join(expectNoAgent, "agents/deleted-stays-gone"), Because: "they read nonexistent agents", Keeps: goneOrUnreadable},
		{Name: "tokens-of-unknown-agent-empty", Explains: "The tokens of a nonexistent agent are an empty list.", Since: v15, Rules: ids{"errors/unknown-agent-tokens"}, Change: rewrite(listingNothing, "listAgentTokens"),
			Also: ids{
				"errors/agent-of-another-project", "agents/deleted-with-tokens", "roles/guest-finds-nothing",
				"roles/stranger-finds-nothing", "agents/deleted-stays-gone", "tokens/active-listed",
			},
			Because: "they list tokens of nonexistent agents"},
		{Name: "agents-of-unknown-project-empty", Explains: "The agents of a nonexistent project are an empty list.", Rules: ids{"errors/unknown-project", "errors/unknown-project-path"}, Change: rewrite(listingNothing, "listAgents"),
			Also: ids{"roles/guest-finds-nothing", "roles/stranger-finds-nothing", "paths/double-encoded"}, Because: "they list agents of projects that the caller cannot see"},
		{Name: "token-for-unknown-agent", Explains: "Creating a token for a nonexistent agent is 400.", Since: v15, Rules: ids{"errors/create-token-for-unknown-agent"}, Change: answer("createAgentToken", 404, 400, `{"message":"400 Bad request - Agent must exist"}`),
			Also: ids{"errors/agent-of-another-project", "roles/stranger-may-not-write", "agents/deleted-with-tokens"}, Because: "they create tokens for nonexistent agents"},
		{Name: "revoking-unknown-204", Explains: "Revoking a nonexistent token is 204.", Since: v15, Rules: ids{"errors/revoke-unknown-token"}, Change: answer("revokeAgentToken", 404, 204, ""),
			Also:    ids{"errors/token-of-another-agent", "errors/agent-of-another-project", "roles/stranger-may-not-write", "tokens/revoked-not-listed", "agents/deleted-with-tokens", "agents/deleted-stays-gone"},
			Because: "they revoke nonexistent tokens"},
		{Name: "reading-unknown-token-403", Explains: "Reading a nonexistent token is 403.", Since: v15, Rules: ids{"errors/unknown-token"}, Change: answer("getAgentToken", 404, 403, `{"message":"403 Forbidden"}`),
			Also: ids{
				"errors/token-of-another-agent", "errors/agent-of-another-project", "agents/deleted-with-tokens",
				"tokens/revoked-is-404", "roles/guest-finds-nothing", "roles/stranger-finds-nothing",
			},
			Because: "they read nonexistent tokens"},
	}
}

func hasEncodedPath(r *http.Request) bool {
	p, _ := placeOf(r.URL)
	return strings.Contains(strings.ToUpper(p.project), "%2F")
}

// toNoProject names a project that does not exist in place of one that is named by its id.
func toNoProject(r *http.Request) *http.Request {
	if byID(r) {
		p, _ := placeOf(r.URL)
		moveTo(r, strings.Replace(r.URL.EscapedPath(), "/projects/"+p.project+"/", "/projects/0/", 1))
	}
	return r
}

func endsWith(suffix string) func(r *http.Request) bool {
	return func(r *http.Request) bool { return strings.HasSuffix(r.URL.EscapedPath(), suffix) }
}

// pathWith is the path with a regular expression replaced; empty if nothing is replaced.
func pathWith(pattern, by string) func(r *http.Request) string {
	expression := regexp.MustCompile(pattern)
	return func(r *http.Request) string {
		path := r.URL.EscapedPath()
		if !expression.MatchString(path) {
			return ""
		}
		return expression.ReplaceAllString(path, by)
	}
}

// lowestBits takes an agent's id for its lowest bits.
func lowestBits(bits uint) func(r *http.Request) *http.Request {
	return func(r *http.Request) *http.Request {
		p, _ := placeOf(r.URL)
		if id, is := new(big.Int).SetString(p.agent, 10); is && id.Sign() > 0 {
			lowest := id.Mod(id, new(big.Int).Lsh(big.NewInt(1), bits)).String()
			moveTo(r, strings.Replace(r.URL.EscapedPath(), "/cluster_agents/"+p.agent, "/cluster_agents/"+lowest, 1))
		}
		return r
	}
}

// listingNothing answers a list that is 404 with an empty one.
func listingNothing(r *http.Request, d *fakegitlab.ResponseDraft) {
	if d.Status == 404 {
		replace(d, 200, "[]")
		emptyList(d.Header, r)
	}
}
