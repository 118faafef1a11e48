package faults

import (
	"strings"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// errorBodies are faults of the bodies of errors.
func errorBodies() []Fault {
	const body, contentType, key, words, modelText = "document/body", "document/content-type", "errors/key", "errors/text", "errors/model-text"
	return []Fault{
		{Name: "errors-as-html", Explains: "Errors are HTML pages.", Rules: ids{contentType}, Change: failingAs("text/html", "<html><body><h1>STATUS</h1></body></html>"), Also: expectNoRoute, Because: notDocumented},
		{Name: "errors-as-text", Explains: "Errors are plain text.", Rules: ids{contentType}, Change: failingAs("text/plain", "Error: STATUS"), Also: join(expectNoRoute, body), Because: notDocumented + "; the one text that it knows is \"Bad Request\""},
		{Name: "errors-as-problems", Explains: "Errors are application/problem+json.", Rules: ids{contentType}, Change: failingAs("application/problem+json", `{"title":"STATUS"}`), Also: join(expectNoRoute, body), Because: notDocumented},
		{Name: "errors-empty", Explains: "Errors have no body.", Rules: ids{contentType}, Change: failing(withoutBody), Also: expectNoRoute, Because: notDocumented},
		{Name: "errors-as-empty-object", Explains: "Errors are an empty object.", Rules: ids{body}, Change: failingAs(jsonType, "{}"), Also: expectNoRoute, Because: notDocumented},
		{Name: "errors-in-list", Explains: "Errors are a list under errors.", Rules: ids{body}, Change: failing(inErrors), Also: expectNoRoute, Because: notDocumented},
		{Name: "message-as-list", Explains: "A message is a list of strings.", Rules: ids{body}, Change: message(func(s string) any { return []string{s} })},
		{Name: "message-as-object", Explains: "The message about an invalid name is an object of lists, by property.", Rules: ids{body}, Change: message(byProperty)},
		{Name: "message-under-error", Explains: "What belongs under message is under error.", Rules: ids{key}, Change: say(`{"message":`, `{"error":`), Also: ids{body}, Because: "the document has no error there"},
		{Name: "error-under-message", Explains: "What belongs under error is under message.", Rules: ids{key}, Change: say(`{"error":`, `{"message":`), Also: join(expectNoRoute, body), Because: "the document has no message there"},
		{Name: "message-without-status", Explains: "Messages do not begin with the status.", Rules: ids{"errors/message-names-status"}, Change: message(func(s string) any { return s[4:] }),
			Also: ids{"errors/not-found-text", "errors/model-errors-are-one-text", words}, Because: "the text differs"},
		{Name: "agent-not-found-text", Explains: "The error for a nonexistent agent is \"404 Agent Not Found\".", Rules: ids{"errors/not-found-text"}, Change: say("404 Not found", "404 Agent Not Found")},
		{Name: "list-not-found-text", Explains: "The error for a list that the caller cannot see is \"404 Not found\".", Since: v16_2, Rules: ids{"errors/not-found-text"}, Change: say("404 ClusterAgents Not Found", "404 Not found")},
		{Name: "project-not-found-text", Explains: "The error for a nonexistent project is that for a nonexistent agent.", Rules: ids{"errors/not-found-text", "roles/stranger-finds-nothing", "roles/stranger-may-not-write"}, Change: say("404 Project Not Found", "404 Not found")},
		{Name: "agent-as-project-text", Explains: "The error for a nonexistent agent is that for a nonexistent project.", Since: v16_2, Rules: ids{"errors/unknown-agent"}, Change: say("404 Not found", "404 Project Not Found"),
			Also: join(expectNoRecord, "errors/agent-past-64-bits"), Because: "they are about nonexistent agents and tokens"},
		{Name: "unauthorized-text", Explains: "The error for missing credentials is \"401 Access denied\".", Rules: ids{words}, Change: say("401 Unauthorized", "401 Access denied")},
		{Name: "forbidden-text", Explains: "The error for a write without the role is \"403 Access denied\".", Rules: ids{words}, Change: say("403 Forbidden", "403 Access denied")},
		{Name: "parameter-text", Explains: "The error for an invalid parameter says what it must be.", Rules: ids{"errors/parameter-text"}, Change: say("is invalid", "must be an integer")},
		{Name: "only-the-first-fault", Explains: "Of several invalid parameters, only the first is named.", Since: v15, Rules: ids{"parameters/faults-are-joined"}, Change: sayMatching(`(, \w+ is invalid)+"`, `"`)},
		{Name: "faults-in-lines", Explains: "The errors of several parameters are joined with a semicolon.", Since: v15, Rules: ids{"errors/parameter-text"}, Change: sayMatching(`, (\w+ is invalid)`, `; $1`)},
		{Name: "model-text", Explains: "The error for an invalid name does not begin with \"400 Bad request\".", Rules: ids{"errors/model-errors-are-one-text"}, Change: say("400 Bad request - ", "400 Validation failed: ")},
		{Name: "model-errors-as-object", Explains: "The messages about an invalid name are printed as an object of Ruby's.", Rules: ids{"errors/model-errors-are-one-text"}, Change: inside(errorsPrintedAsObject)},
		{Name: "model-errors-as-sentence", Explains: "The messages about an invalid name are joined to a sentence.", Rules: ids{modelText}, Change: inside(errorsPrintedAsSentence)},
		{Name: "model-error-first-missing", Explains: "Of several messages about an invalid name the first is missing.", Rules: ids{modelText}, Change: inside(firstModelErrorMissing)},
		{Name: "model-error-last-missing", Explains: "Of several messages about an invalid name the last is missing.", Rules: ids{modelText}, Change: inside(lastModelErrorMissing)},
		{Name: "model-errors-reworded", Explains: "The messages about an invalid name have other words.", Rules: ids{modelText}, Change: inside(modelErrorsReworded)},
		{Name: "media-type-text", Explains: "The error for an unsupported content type is \"content type not supported\".", Rules: ids{words}, Change: answerWhen(was(415), 415, `{"error":"content type not supported"}`)},
		{Name: "precondition-text", Explains: "The error for an agent that changed is \"412 Agent changed\".", Rules: ids{words}, Change: say("412 Precondition Failed", "412 Agent changed")},
		{Name: "no-route-under-message", Explains: "The error for what is no route has a message, not an error.", Rules: ids{"paths/unencoded", "paths/no-update"}, Change: say(noRoute, `{"message":"404 Not Found"}`),
			Also: expectNoRoute, Because: "all errors of what is no route are affected"},
	}
}

func withoutBody(d *fakegitlab.ResponseDraft) { replace(d, d.Status, "") }

func inErrors(d *fakegitlab.ResponseDraft) { d.Body = []byte(`{"errors":[` + string(d.Body) + `]}`) }

func byProperty(message string) any {
	if rest, ok := strings.CutPrefix(message, "400 Bad request - "); ok {
		return object{"name": []string{rest}}
	}
	return message
}
