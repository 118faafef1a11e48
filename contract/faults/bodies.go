package faults

import (
	"bytes"
	"fmt"
	"net/http"
	"sync"
	"time"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// bodies are faults of the form of successful responses.
func bodies() []Fault {
	const body, jsonText, typed = "document/body", "document/json", "document/content-type"
	const onEnterprise, readBack, projectNames = "agents/is-receptive-on-ee", "agents/read-back-equal", "agents/project-names-agree"
	return []Fault{
		{Name: "agent-id-text", Explains: "Ids of agents are strings.", Rules: ids{body}, Change: editNumber("id", asText, showsAgents...)},
		{Name: "token-id-text", Explains: "Ids of tokens are strings.", Since: v15, Rules: ids{body}, Change: editNumber("id", asText, showsTokens...)},
		{Name: "agent-id-of-token-text", Explains: "agent_id is a string.", Since: v15, Rules: ids{body}, Change: editNumber("agent_id", asText, showsTokens...)},
		{Name: "project-id-text", Explains: "The id of the project is a string.", Rules: ids{body}, Change: editNumber("config_project.id", asText, showsAgents...)},
		{Name: "creator-text", Explains: "created_by_user_id is a string.", Since: v15, Rules: ids{body}, Change: editNumber("created_by_user_id", asText, shows...)},
		{Name: "agent-id-fraction", Explains: "Ids of agents are fractions, such as 5.5.", Rules: ids{body}, Change: editNumber("id", asFraction, "listAgents")},
		{Name: "ids-as-floats", Explains: "Ids have a decimal point, as in 5.0.", Since: v15, Rules: ids{body}, Change: editNumber("id", asFloat, shows...)},
		{Name: "created-at-seconds", Explains: "Times have no milliseconds.", Since: v15, Rules: ids{"agents/timestamps"}, Change: edit("created_at", reformatted("2006-01-02T15:04:05Z07:00"), shows...)},
		{Name: "created-at-number", Explains: "Times are seconds since 1970.", Since: v15, Rules: ids{body}, Change: property("created_at", asUnixTime, shows...)},
		{Name: "created-at-with-space", Explains: "Times have a space instead of the T.", Since: v15, Rules: ids{body}, Change: edit("created_at", reformatted("2006-01-02 15:04:05.000 UTC"), shows...)},
		{Name: "created-at-no-date", Explains: "Times have a day that does not exist.", Since: v15, Rules: ids{body}, Change: set("created_at", "2022-02-30T12:00:00.000Z", shows...)},
		{Name: "created-at-null", Explains: "The created_at of an agent is null.", Rules: ids{body}, Change: set("created_at", nil, showsAgents...)},
		{Name: "project-created-at-missing", Explains: "The created_at of the project is missing.", Rules: ids{body}, Change: drop("config_project.created_at", showsAgents...)},
		{Name: "agent-name-null", Explains: "The name of an agent is null in reads.", Rules: ids{body}, Change: set("name", nil, "getAgent", "listAgents"), Keeps: "a check cannot know its own agents by their names"},
		{Name: "agent-name-missing", Explains: "The name of an agent is missing in the response that creates it.", Rules: ids{body}, Change: drop("name", "createAgent")},
		{Name: "token-name-missing-in-list", Explains: "The name of a token is missing in the list.", Since: v15, Rules: ids{body}, Change: drop("name", "listAgentTokens")},
		{Name: "token-description-missing", Explains: "The description of a token is missing if it is null.", Since: v15, Rules: ids{body}, Change: property("description", func(value any) (any, bool) { return value, value != nil }, showsTokens...)},
		{Name: "creator-missing", Explains: "created_by_user_id is missing.", Since: v15, Rules: ids{body}, Change: drop("created_by_user_id", shows...)},
		{Name: "last-used-missing", Explains: "last_used_at is missing when one token is read.", Since: v15, Rules: ids{body}, Change: drop("last_used_at", "getAgentToken")},
		{Name: "last-used-empty", Explains: "last_used_at is an empty string if the token was never used.", Since: v15, Rules: ids{body}, Change: set("last_used_at", "", "getAgentToken", "createAgentToken")},
		{Name: "status-capital", Explains: "The status of a token is \"Active\".", Since: v15, Rules: ids{body}, Change: set("status", "Active", showsTokens...)},
		{Name: "status-unknown", Explains: "The status of a token is \"enabled\".", Since: v15, Rules: ids{body}, Change: set("status", "enabled", showsTokens...)},
		{Name: "status-number", Explains: "The status of a token is 0.", Since: v15, Rules: ids{body}, Change: set("status", 0, showsTokens...)},
		{Name: "status-missing", Explains: "The status of a token is missing in the list.", Since: v15, Rules: ids{body}, Change: drop("status", "listAgentTokens")},
		{Name: "project-null", Explains: "config_project is null in the list.", Rules: ids{body}, Change: set("config_project", nil, "listAgents")},
		{Name: "project-is-id", Explains: "config_project is the project's id.", Rules: ids{body}, Change: property("config_project", onlyID, showsAgents...)},
		{Name: "project-path-missing", Explains: "The project's full path is missing.", Rules: ids{body}, Change: drop("config_project.path_with_namespace", showsAgents...)},
		{Name: "receptive-null", Explains: "is_receptive is null.", Since: v17_4, Edition: "ee", Rules: ids{body}, Change: set("is_receptive", nil, showsAgents...), Also: ids{onEnterprise}, Because: "it is neither true nor false"},
		{Name: "receptive-missing", Explains: "is_receptive is missing in Enterprise Edition.", Since: v17_4, Edition: "ee", Rules: ids{onEnterprise}, Change: drop("is_receptive", showsAgents...)},
		{Name: "receptive-in-list-only", Explains: "Only the list of agents shows is_receptive.", Since: v17_4, Edition: "ee", Rules: ids{onEnterprise, readBack}, Change: drop("is_receptive", "getAgent", "createAgent")},
		{Name: "receptive-in-read-only", Explains: "The list of agents does not show is_receptive.", Since: v17_4, Edition: "ee", Rules: ids{onEnterprise, readBack}, Change: drop("is_receptive", "listAgents")},
		{Name: "token-read-as-used", Explains: "Reading a token shows that it was used.", Since: v15, Rules: ids{"tokens/read-back-equal"}, Change: set("last_used_at", "2026-01-01T00:00:00.000Z", "getAgentToken")},
		{Name: "reading-is-use", Explains: "Reading a token sets its last_used_at.", Since: v15, Rules: ids{"tokens/reading-is-no-use"}, Change: inside(usingByReading)},
		{Name: "last-use-listed", Explains: "The list of tokens shows last_used_at.", Since: v15, Rules: ids{"tokens/last-use-not-listed"}, Change: add("last_used_at", nil, "listAgentTokens")},
		{Name: "no-tokens-are-anothers", Explains: "The list of an agent without tokens has those of another agent.", Since: v15, Rules: ids{"tokens/none-is-an-empty-list", "tokens/agent-matches-path"}, Change: afterwards(listingAnothers)},
		{Name: "receptive-on-ce", Explains: "Community Edition says whether an agent is receptive.", Edition: "ce", Rules: ids{"agents/no-is-receptive-on-ce"}, Change: add("is_receptive", false, showsAgents...)},
		{Name: "project-names-disagree", Explains: "The full path of a project does not end with its path.", Rules: ids{projectNames}, Change: set("config_project.path", "project", showsAgents...)},
		{Name: "project-name-disagrees", Explains: "The full name of a project does not end with its name.", Rules: ids{projectNames}, Change: set("config_project.name_with_namespace", "test", showsAgents...)},
		{Name: "list-in-object", Explains: "A list is an object that contains the list.", Rules: ids{body}, Change: raw(wrapped(`{"agents":`, `}`), lists...), Keeps: "agents that cannot be listed are found only if a create response named them"},
		{Name: "list-of-one-is-object", Explains: "A list with one entry is that entry.", Rules: ids{body}, Change: raw(unlisted, lists...)},
		{Name: "list-empty-is-null", Explains: "An empty list is null.", Rules: ids{body}, Change: raw(emptyAsNull, lists...)},
		{Name: "agent-in-list", Explains: "A single agent is a list of one.", Rules: ids{body}, Change: raw(wrapped(`[`, `]`), "getAgent", "createAgent"), Keeps: "no agent can be read as the check's own"},
		{Name: "property-more", Explains: "An agent has a property that the document does not know.", Verdict: Drifts, Rules: ids{"document/undeclared-property"}, Change: add("labels", []string{}, showsAgents...)},
		{Name: "duplicate-name", Explains: "An agent has its name twice.", Rules: ids{jsonText}, Change: raw(bytesReplaced(`{"id":`, `{"name":"x","id":`), "getAgent")},
		{Name: "trailing-bytes", Explains: "Text follows the JSON.", Rules: ids{jsonText}, Change: raw(wrapped("", "\n<!-- 12 ms -->"), "getAgent")},
		{Name: "invalid-utf-8", Explains: "A body is in ISO 8859-1.", Since: v15, Rules: ids{jsonText}, Change: raw(bytesReplaced("é", "\xe9"), "listAgentTokens", "getAgentToken")},
		{Name: "byte-order-mark", Explains: "A body begins with a byte order mark.", Rules: ids{jsonText}, Change: raw(wrapped("\ufeff", ""), "getAgent")},
		{Name: "json-cut", Explains: "A body is cut, and its Content-Length is that of the rest.", Rules: ids{jsonText}, Change: raw(func(b []byte) []byte { return b[:len(b)-8] }, "getAgent")},
		{Name: "single-quotes", Explains: "A body has single quotes.", Rules: ids{jsonText}, Change: raw(bytesReplaced(`"`, `'`), "getAgent")},
		{Name: "body-empty", Explains: "A successful read has no body.", Rules: ids{jsonText}, Change: raw(func([]byte) []byte { return nil }, "getAgent"),
			Also: ids{"headers/etag", "headers/cache-control"}, Because: "without a body there is no ETag"},
		{Name: "html-type", Explains: "JSON has the content type of HTML.", Rules: ids{typed}, Change: contentType("text/html; charset=utf-8")},
		{Name: "text-type", Explains: "JSON has the content type of plain text.", Rules: ids{typed}, Change: contentType("text/plain")},
		{Name: "no-type", Explains: "There is no content type.", Rules: ids{typed}, Change: contentType("")},
		{Name: "latin-1", Explains: "JSON is marked as ISO 8859-1.", Rules: ids{typed}, Change: contentType("application/json; charset=iso-8859-1")},
	}
}

// reformatted is a time in another layout.
func reformatted(layout string) func(string) string {
	return func(s string) string {
		t, err := time.Parse(timeLayout, s)
		if err != nil {
			return s
		}
		return t.Format(layout)
	}
}

func asUnixTime(value any) (any, bool) {
	t, err := time.Parse(timeLayout, text(value))
	if err != nil {
		return value, true
	}
	return t.Unix(), true
}

func onlyID(value any) (any, bool) {
	project, _ := value.(object)
	return project["id"], true
}

func wrapped(before, after string) func([]byte) []byte {
	return func(b []byte) []byte { return []byte(before + string(b) + after) }
}

func bytesReplaced(from, to string) func([]byte) []byte {
	return func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(from), []byte(to)) }
}

func unlisted(b []byte) []byte {
	if len(idsIn(b)) == 1 {
		return b[1 : len(b)-1]
	}
	return b
}

func emptyAsNull(b []byte) []byte {
	if string(b) == "[]" {
		return []byte("null")
	}
	return b
}

// usingByReading shows from the second read of a token on that it was used.
func usingByReading() *fakegitlab.Deviation {
	var read sync.Map
	return objects(func(o object) {
		if _, again := read.LoadOrStore(fmt.Sprint(o["id"]), true); again {
			o["last_used_at"] = "2026-01-01T00:00:00.000Z"
		}
	}, "getAgentToken").Deviations()[0]
}

// listingAnothers shows the tokens of an agent that has some in place of an empty list.
func listingAnothers(next http.Handler, r *http.Request, a *reply) {
	if !method(http.MethodGet, isTokenList)(r) || string(a.body) != "[]" || number(a.header.Get("X-Page")) > 1 {
		return
	}
	p, _ := placeOf(r.URL)
	for _, id := range idsIn(read(next, r, p.agents()).body) {
		if others := read(next, r, p.agents()+"/"+id+"/tokens"); len(idsIn(others.body)) > 0 {
			a.body = others.body
			count(a.header, "X-Total", len(idsIn(others.body)))
			return
		}
	}
}
