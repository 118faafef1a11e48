package faults

import (
	"net/http"
	"strings"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// statuses are faults of the status of responses.
func statuses() []Fault {
	const undocumented, internalError, noEmptyList = "document/status", "errors/no-internal-error", "pagination/past-the-end"
	const mustBe404 = "they expect 404 too"
	return []Fault{
		{Name: "create-agent-200", Explains: "Creating an agent answers 200.", Rules: ids{"agents/create", undocumented}, Change: status("createAgent", 201, 200)},
		{Name: "create-agent-202", Explains: "Creating an agent answers 202, without a body.", Rules: ids{"agents/create", undocumented}, Change: answer("createAgent", 201, 202, "")},
		{Name: "create-token-200", Explains: "Creating a token answers 200.", Since: v15, Rules: ids{"tokens/create", undocumented}, Change: status("createAgentToken", 201, 200)},
		{Name: "delete-agent-200", Explains: "Deleting an agent answers 200 with a body.", Rules: ids{"agents/delete", undocumented}, Change: answer("deleteAgent", 204, 200, `{"message":"deleted"}`)},
		{Name: "delete-agent-202", Explains: "Deleting an agent answers 202.", Rules: ids{"agents/delete", undocumented}, Change: answer("deleteAgent", 204, 202, "")},
		{Name: "revoke-token-200", Explains: "Revoking a token answers 200 with a body.", Since: v15, Rules: ids{"tokens/revoke", undocumented}, Change: answer("revokeAgentToken", 204, 200, `{"status":"revoked"}`)},
		{Name: "revoke-token-202", Explains: "Revoking a token answers 202.", Since: v15, Rules: ids{"tokens/revoke", undocumented}, Change: answer("revokeAgentToken", 204, 202, "")},
		{Name: "read-agent-203", Explains: "Reading an agent answers 203.", Rules: ids{"agents/read", undocumented}, Change: status("getAgent", 200, 203)},
		{Name: "read-token-203", Explains: "Reading a token answers 203.", Since: v15, Rules: ids{"tokens/read", undocumented}, Change: status("getAgentToken", 200, 203)},
		{Name: "list-empty-204", Explains: "An empty list is 204.", Since: v15, Rules: ids{noEmptyList, "tokens/none-is-an-empty-list", undocumented}, Change: answerWhen(is("[]"), 204, "")},
		{Name: "list-empty-404", Explains: "A page past the end is 404.", Rules: ids{noEmptyList}, Change: rewrite(missingPage, "listAgents")},
		{Name: "errors-as-200", Explains: "Errors have the status 200.", Since: v16_2, Change: inside(errorsAs200), Keeps: goneOrUnreadable,
			Rules: join(join(join(expectNotFound, expectForbidden...), expectCredentials...), join(refuseNames, join(refuseTokens, "authentication/read-only-scope")...)...),
			Also: join(refuseParameters, undocumented, "order/content-type-before-authentication", "order/parameters-before-role", "document/body", "document/headers", "headers/nosniff",
				"agents/deleted-stays-gone", "tokens/revoked-not-readable",
				"errors/agent-past-64-bits", "errors/unsupported-media-type", "errors/no-media-type", "errors/unsupported-media-type-on-delete",
				"order/parameters-before-project", "conditional/if-unmodified-since"),
			Because: "all errors are affected"},
		{Name: "forbidden-as-404", Explains: "A request that the role does not allow is 404 instead of 403.", Rules: expectForbidden, Change: answerWhen(says("403 Forbidden"), 404, `{"message":"404 Not found"}`)},
		{Name: "forbidden-as-401", Explains: "A request that the role does not allow is 401 instead of 403.", Rules: expectForbidden, Change: answerWhen(says("403 Forbidden"), 401, `{"message":"401 Unauthorized"}`)},
		{Name: "missing-as-403", Explains: "What does not exist is 403 instead of 404.", Since: v16_2, Rules: expectNotFound, Change: answerWhen(was(404), 403, `{"message":"403 Forbidden"}`),
			Also: join(expectNoRoute, "errors/agent-past-64-bits"), Because: mustBe404, Keeps: goneOrUnreadable},
		{Name: "missing-as-400", Explains: "What does not exist is 400 instead of 404.", Since: v16_2, Rules: expectNotFound, Change: answerWhen(was(404), 400, `{"message":"400 Bad request"}`),
			Also: join(expectNoRoute, "errors/agent-past-64-bits", "document/body"), Because: mustBe404 + "; the document has no such 400 for reads", Keeps: goneOrUnreadable},
		{Name: "missing-as-410", Explains: "What does not exist is 410 instead of 404.", Since: v16_2, Rules: join(expectNotFound, undocumented, "errors/agent-past-64-bits"), Change: answerWhen(was(404), 410, `{"message":"410 Gone"}`),
			Also: expectNoRoute, Because: mustBe404, Keeps: goneOrUnreadable},
		{Name: "project-missing-as-403", Explains: "A project that does not exist, or that the caller cannot see, is 403.", Rules: expectNoProject,
			Change: answerWhen(says("404 Project Not Found"), 403, `{"message":"403 Forbidden"}`)},
		{Name: "unauthorized-as-403", Explains: "Missing or wrong credentials are 403.", Rules: expectCredentials, Change: answerWhen(was(401), 403, `{"message":"403 Forbidden"}`)},
		{Name: "unauthorized-as-404", Explains: "Missing or wrong credentials are 404.", Rules: expectCredentials, Change: answerWhen(was(401), 404, `{"message":"404 Project Not Found"}`)},
		{Name: "model-error-422", Explains: "An invalid name or description, or a third token, is 422.", Since: v16_2, Rules: join(join(refuseNames, refuseTokens...), undocumented), Change: answerWhen(and(was(400), says(`{"message":`)), 422, `{"message":"422 Unprocessable Entity"}`)},
		{Name: "model-error-409", Explains: "An invalid name or description, or a third token, is 409.", Since: v16_2, Rules: join(refuseNames, refuseTokens...), Change: answerWhen(and(was(400), says(`{"message":`)), 409, `{"message":"409 Conflict"}`)},
		{Name: "parameter-error-422", Explains: "A missing or invalid parameter is 422.", Since: v15, Rules: join(refuseParameters, undocumented), Change: answerWhen(and(was(400), says(`{"error":`)), 422, `{"error":"name is missing"}`),
			Also: ids{"order/parameters-before-project", "order/parameters-before-role"}, Because: "a parameter is missing"},
		{Name: "parameter-error-404", Explains: "A missing or invalid parameter is 404.", Since: v15, Rules: refuseParameters, Change: answerWhen(and(was(400), says(`{"error":`)), 404, `{"message":"404 Not found"}`),
			Also: ids{"order/parameters-before-project", "order/parameters-before-role", "errors/not-found-text"}, Because: "a parameter is missing; a list has no such 404"},
		{Name: "media-type-400", Explains: "An unsupported content type is 400.", Rules: ids{"errors/unsupported-media-type", "errors/no-media-type", "errors/unsupported-media-type-on-delete", "order/content-type-before-authentication"},
			Change: answerWhen(was(415), 400, `{"error":"name is missing"}`)},
		{Name: "media-type-ignored", Explains: "A body of any content type is read as JSON.", Rules: ids{"errors/unsupported-media-type"}, Change: request(readingAsJSON),
			Also: ids{"errors/no-media-type", "order/content-type-before-authentication"}, Because: "a missing content type is accepted too, and no error comes before authentication"},
		{Name: "precondition-409", Explains: "Deleting an agent that changed after If-Unmodified-Since is 409.", Rules: ids{"conditional/if-unmodified-since"}, Change: answerWhen(was(412), 409, `{"message":"409 Conflict"}`)},
		{Name: "malformed-500", Explains: "Malformed input is 500.", Rules: ids{"errors/malformed-json", "errors/nul-byte", "errors/invalid-utf-8"}, Change: answerWhen(is("Bad Request"), 500, serverError),
			Also: ids{internalError, "order/malformed-before-authentication"}, Because: "it is an internal error, also without credentials"},
		{Name: "malformed-accepted", Explains: "NUL bytes and invalid UTF-8 in a name are removed instead of being refused.", Rules: ids{"errors/nul-byte", "errors/invalid-utf-8"}, Change: request(cleaningNames)},
		{Name: "no-route-405", Explains: "What is no route is 405 instead of 404.", Since: v15, Rules: ids{"paths/no-update", "paths/no-token-update"}, Change: answerWhen(says(noRoute), 405, `{"error":"405 Not Allowed"}`),
			Also: ids{"paths/unencoded", "paths/token-is-no-route"}, Because: "they are no routes either"},
		{Name: "agent-updatable", Explains: "An agent can be changed with PUT.", Rules: ids{"paths/no-update"}, Change: readingFor(http.MethodPut, isAgent)},
		{Name: "unknown-agent-500", Explains: "Reading a nonexistent agent is 500.", Rules: ids{internalError, "errors/unknown-agent"}, Change: answer("getAgent", 404, 500, serverError),
			Also: expectNoAgent, Because: "they read nonexistent agents", Keeps: goneOrUnreadable},
		{Name: "read-agent-500", Explains: "Reading an agent is 500.", Rules: ids{internalError, "agents/read"}, Change: answer("getAgent", 200, 500, serverError)},
		{Name: "list-agents-500", Explains: "Listing agents is 500.", Rules: ids{internalError, "agents/list"}, Change: answer("listAgents", 200, 500, serverError), Keeps: "nothing can be listed"},
		{Name: "list-tokens-500", Explains: "Listing tokens is 500.", Since: v15, Rules: ids{internalError, "tokens/list"}, Change: answer("listAgentTokens", 200, 500, serverError)},
		{Name: "create-agent-500", Explains: "Creating an agent is 500.", Rules: ids{internalError, "agents/create"}, Change: answer("createAgent", 201, 500, serverError)},
		{Name: "delete-agent-500", Explains: "Deleting an agent is done, but answered with 500.", Rules: ids{internalError, "agents/delete"}, Change: answer("deleteAgent", 204, 500, serverError)},
		{Name: "revoke-token-500", Explains: "Revoking a token is done, but answered with 500.", Since: v15, Rules: ids{internalError, "tokens/revoke"}, Change: answer("revokeAgentToken", 204, 500, serverError)},
		{Name: "read-token-501", Explains: "Reading a token is 501.", Since: v15, Rules: ids{undocumented, "tokens/read"}, Change: answer("getAgentToken", 200, 501, `{"message":"501 Not Implemented"}`)},
	}
}

// Bodies that GitLab sends with errors.
const (
	serverError = `{"message":"500 Internal Server Error"}`
	noRoute     = `{"error":"404 Not Found"}`
)

func errorsAs200() *fakegitlab.Deviation {
	return &fakegitlab.Deviation{Rewrite: func(_ *http.Request, d *fakegitlab.ResponseDraft) {
		if d.Status >= 400 && d.Operation != "" {
			d.Status = 200
		}
	}}
}

func missingPage(r *http.Request, d *fakegitlab.ResponseDraft) {
	if number(r.URL.Query().Get("page")) > 1 && string(d.Body) == "[]" {
		replace(d, 404, `{"message":"404 ClusterAgents Not Found"}`)
	}
}

// readingFor answers a method with a read.
func readingFor(name string, of func(place) bool) Change {
	return handle(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		if method(name, of)(r) {
			read(next, r, r.URL.EscapedPath()).send(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// readingAsJSON takes every body that is no form for JSON.
func readingAsJSON(r *http.Request) *http.Request {
	if creates(r) && !hasType(formType)(r) && !hasType("multipart/")(r) {
		r.Header.Set("Content-Type", jsonType)
	}
	return r
}

// cleaningNames removes what no text may contain.
func cleaningNames(r *http.Request) *http.Request {
	if creates(r) {
		if name, ok := input(r)["name"].(string); ok && strings.ContainsAny(name, "\x00\ufffd") {
			return withInput(r, object{"name": strings.NewReplacer("\x00", "", "\ufffd", "").Replace(name)})
		}
	}
	return r
}
