package faults

import (
	"net/http"
	"strings"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// Rules that want one status of many answers.
var (
	wantForbidden = []string{"roles/developer-may-not-write", "roles/guest-may-not-write", "order/role-before-agent"}
	wantNoRecord  = []string{
		"errors/unknown-agent", "errors/agent-zero", "errors/unknown-agent-tokens", "errors/unknown-token",
		"errors/delete-unknown-agent", "errors/revoke-unknown-token", "errors/create-token-for-unknown-agent",
		"errors/token-of-another-agent", "errors/agent-of-another-project", "agents/deleted-is-404", "agents/deleted-with-tokens",
		"tokens/revoked-is-404", "roles/guest-finds-nothing",
	}
	wantNoProject = []string{
		"roles/stranger-finds-nothing", "errors/unknown-project", "errors/unknown-project-path", "paths/double-encoded",
	}
	wantMissing = and(wantNoRecord, wantNoProject...)
	// The reads of single agents among them.
	wantNoAgent = []string{
		"errors/unknown-agent", "errors/agent-zero", "errors/agent-past-64-bits", "errors/agent-of-another-project",
		"agents/deleted-is-404", "roles/guest-finds-nothing", "roles/stranger-finds-nothing",
	}
	wantNoRoute     = []string{"paths/unencoded", "paths/token-is-no-route", "paths/no-update", "paths/no-token-update"}
	wantCredentials = []string{
		"authentication/required-to-read", "authentication/required-to-write", "authentication/unknown-token",
		"order/authentication-before-parameters",
	}
	refuseNames = []string{
		"agent-names/not-null", "agent-names/not-blank", "agent-names/at-most-63", "agent-names/lower-case",
		"agent-names/no-underscore", "agent-names/no-dot", "agent-names/no-space", "agent-names/no-leading-hyphen",
		"agent-names/no-trailing-hyphen", "agent-names/no-newline", "agent-names/ascii", "agent-names/unique",
	}
	refuseTokens = []string{
		"tokens/name-not-blank", "tokens/name-not-null", "tokens/name-at-most-255", "tokens/description-at-most-1024",
		"token-limit/third-is-refused",
	}
	refuseParameters = []string{
		"parameters/agent-id-is-integer", "parameters/token-id-is-integer",
		"parameters/per-page-not-zero", "parameters/per-page-is-integer", "parameters/page-is-integer",
		"parameters/token-page-is-integer", "parameters/no-look-up-by-name", "agent-names/required", "agent-names/is-text",
		"tokens/name-required", "tokens/name-is-text",
	}
)

func and(rules []string, more ...string) []string {
	return append(rules[:len(rules):len(rules)], more...)
}

// untold is why more may be said to be left than is.
const untold = "what is gone cannot be told from what cannot be read"

// statuses are faults with the status of answers.
func statuses() []Fault {
	since15, since16_2 := fakegitlab.Release{Major: 15}, fakegitlab.Release{Major: 16, Minor: 2}
	const (
		undocumented  = "document/status"
		internalError = `{"message":"500 Internal Server Error"}`
	)
	badParameter := func(d *fakegitlab.ResponseDraft) bool { return d.Status == 400 && says(`{"error":`)(d) }
	badModel := func(d *fakegitlab.ResponseDraft) bool { return d.Status == 400 && says(`{"message":`)(d) }
	return []Fault{
		{
			Name: "create-agent-200", Explains: "Creating an agent answers 200.",
			Rules: []string{"agents/create", undocumented}, Deviation: keepingBody("createAgent", 201, 200),
		},
		{
			Name: "create-agent-202", Explains: "Creating an agent answers 202, without a body.",
			Rules: []string{"agents/create", undocumented}, Deviation: answering("createAgent", 201, 202, ""),
		},
		{
			Name: "create-token-200", Explains: "Creating a token answers 200.", Since: since15,
			Rules: []string{"tokens/create", undocumented}, Deviation: keepingBody("createAgentToken", 201, 200),
		},
		{
			Name: "delete-agent-200", Explains: "Deleting an agent answers 200 with a body.",
			Rules: []string{"agents/delete", undocumented}, Deviation: answering("deleteAgent", 204, 200, `{"message":"deleted"}`),
		},
		{
			Name: "delete-agent-202", Explains: "Deleting an agent answers 202.",
			Rules: []string{"agents/delete", undocumented}, Deviation: answering("deleteAgent", 204, 202, ""),
		},
		{
			Name: "revoke-token-200", Explains: "Revoking a token answers 200 with a body.", Since: since15,
			Rules: []string{"tokens/revoke", undocumented}, Deviation: answering("revokeAgentToken", 204, 200, `{"status":"revoked"}`),
		},
		{
			Name: "revoke-token-202", Explains: "Revoking a token answers 202.", Since: since15,
			Rules: []string{"tokens/revoke", undocumented}, Deviation: answering("revokeAgentToken", 204, 202, ""),
		},
		{
			Name: "read-agent-203", Explains: "Reading an agent answers 203.",
			Rules: []string{"agents/read", undocumented}, Deviation: keepingBody("getAgent", 200, 203),
		},
		{
			Name: "read-token-203", Explains: "Reading a token answers 203.", Since: since15,
			Rules: []string{"tokens/read", undocumented}, Deviation: keepingBody("getAgentToken", 200, 203),
		},
		{
			Name: "list-empty-204", Explains: "An empty list is 204.",
			Rules: []string{"pagination/past-the-end", "tokens/none-is-an-empty-list", undocumented}, Since: since15,
			Deviation: instead(func(d *fakegitlab.ResponseDraft) bool { return string(d.Body) == "[]" }, 204, ""),
		},
		{
			Name: "list-empty-404", Explains: "A page past the end is 404.",
			Rules: []string{"pagination/past-the-end"}, Deviation: rewriting(func(r *http.Request, d *fakegitlab.ResponseDraft) {
				if number(r.URL.Query().Get("page")) > 1 && string(d.Body) == "[]" {
					replace(d, 404, `{"message":"404 ClusterAgents Not Found"}`)
				}
			}, "listAgents"),
		},
		{
			Name: "errors-as-200", Explains: "Errors have the status 200.", Since: since16_2,
			Rules: and(and(and(wantMissing, wantForbidden...), wantCredentials...), and(refuseNames, refuseTokens...)...),
			Deviation: func() *fakegitlab.Deviation {
				return &fakegitlab.Deviation{Rewrite: func(_ *http.Request, d *fakegitlab.ResponseDraft) {
					if d.Status >= 400 && d.Operation != "" {
						d.Status = 200
					}
				}}
			},
			Also: and(and(refuseParameters, wantNoRoute...), undocumented, "order/content-type-before-authentication", "order/parameters-before-role", "document/body", "document/headers", "headers/nosniff",
				"agents/deleted-stays-gone", "tokens/revoked-not-readable", "token-limit/checked-before-name", "roles/stranger-may-not-write",
				"errors/agent-past-64-bits", "errors/unsupported-media-type", "errors/no-media-type", "errors/unsupported-media-type-on-delete",
				"order/parameters-before-project", "conditional/if-unmodified-since"),
			Because: "so it is with all errors",
			Keeps:   untold,
		},
		{
			Name: "forbidden-as-404", Explains: "What a role may not do is 404.",
			Rules: wantForbidden, Deviation: instead(was(403), 404, `{"message":"404 Not found"}`),
		},
		{
			Name: "forbidden-as-401", Explains: "What a role may not do is 401.",
			Rules: wantForbidden, Deviation: instead(was(403), 401, `{"message":"401 Unauthorized"}`),
		},
		{
			Name: "missing-as-403", Explains: "What is not there is 403.", Since: since16_2,
			Rules: wantMissing, Deviation: instead(was(404), 403, `{"message":"403 Forbidden"}`),
			Also: and(wantNoRoute, "errors/agent-past-64-bits"), Because: "they want 404 too", Keeps: untold,
		},
		{
			Name: "missing-as-400", Explains: "What is not there is 400.", Since: since16_2,
			Rules: wantMissing, Deviation: instead(was(404), 400, `{"message":"400 Bad request"}`),
			Also: and(wantNoRoute, "errors/agent-past-64-bits", "roles/stranger-may-not-write", "document/body"), Because: "they want 404 too; a read has no such 400", Keeps: untold,
		},
		{
			Name: "missing-as-410", Explains: "What is not there is 410.", Since: since16_2,
			Rules: and(wantMissing, undocumented, "errors/agent-past-64-bits"), Deviation: instead(was(404), 410, `{"message":"410 Gone"}`),
			Also: and(wantNoRoute, "errors/agent-past-64-bits", "roles/stranger-may-not-write"), Because: "they want 404 too", Keeps: untold,
		},
		{
			Name: "project-missing-as-403", Explains: "A project that is not there, or that the caller does not see, is 403.",
			Rules: []string{
				"errors/unknown-project", "errors/unknown-project-path", "roles/stranger-finds-nothing", "paths/double-encoded",
			},
			Deviation: instead(says("404 Project Not Found"), 403, `{"message":"403 Forbidden"}`),
		},
		{
			Name: "unauthorized-as-403", Explains: "Who gives no credentials, or wrong ones, gets 403.",
			Rules: wantCredentials, Deviation: instead(was(401), 403, `{"message":"403 Forbidden"}`),
		},
		{
			Name: "unauthorized-as-404", Explains: "Who gives no credentials, or wrong ones, gets 404.",
			Rules: wantCredentials, Deviation: instead(was(401), 404, `{"message":"404 Project Not Found"}`),
		},
		{
			Name: "model-error-422", Explains: "What a model rule refuses is 422.", Since: since16_2,
			Rules: and(and(refuseNames, refuseTokens...), undocumented), Deviation: instead(badModel, 422, `{"message":"422 Unprocessable Entity"}`),
			Also: []string{"token-limit/checked-before-name"}, Because: "it is refused too",
		},
		{
			Name: "model-error-409", Explains: "What a model rule refuses is 409.", Since: since16_2,
			Rules: and(refuseNames, refuseTokens...), Deviation: instead(badModel, 409, `{"message":"409 Conflict"}`),
			Also: []string{"token-limit/checked-before-name"}, Because: "it is refused too",
		},
		{
			Name: "parameter-error-422", Explains: "A parameter that is missing or wrong is 422.", Since: since15,
			Rules: and(refuseParameters, undocumented), Deviation: instead(badParameter, 422, `{"error":"name is missing"}`),
			Also: []string{"parameters/faults-are-joined", "order/parameters-before-project", "order/parameters-before-role"}, Because: "a parameter is missing",
		},
		{
			Name: "parameter-error-404", Explains: "A parameter that is missing or wrong is 404.", Since: since15,
			Rules: refuseParameters, Deviation: instead(badParameter, 404, `{"message":"404 Not found"}`),
			Also: []string{"order/parameters-before-project", "order/parameters-before-role", "errors/not-found-text"}, Because: "a parameter is missing; a list has no such 404",
		},
		{
			Name: "media-type-400", Explains: "A content type that is not supported is 400.",
			Rules: []string{
				"errors/unsupported-media-type", "errors/no-media-type", "errors/unsupported-media-type-on-delete", "order/content-type-before-authentication",
			},
			Deviation: instead(was(415), 400, `{"error":"name is missing"}`),
		},
		{
			Name: "media-type-ignored", Explains: "A body of any content type is read as JSON.",
			Rules: []string{"errors/unsupported-media-type"}, Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				if agent, token := creates(r); agent || token {
					switch r.Header.Get("Content-Type") {
					case "", "text/plain":
						r.Header.Set("Content-Type", "application/json")
					}
				}
				next.ServeHTTP(w, r)
			}),
			Also: []string{"errors/no-media-type", "order/content-type-before-authentication"}, Because: "none is any, and any may come without credentials",
		},
		{
			Name: "precondition-409", Explains: "An agent that changed after If-Unmodified-Since is 409.",
			Rules: []string{"conditional/if-unmodified-since"}, Deviation: instead(was(412), 409, `{"message":"409 Conflict"}`),
		},
		{
			Name: "malformed-500", Explains: "Malformed input is 500.",
			Rules:     []string{"errors/malformed-json", "errors/nul-byte", "errors/invalid-utf-8"},
			Deviation: instead(func(d *fakegitlab.ResponseDraft) bool { return string(d.Body) == "Bad Request" }, 500, internalError),
			Also:      []string{"errors/no-internal-error", "order/malformed-before-authentication"}, Because: "the document does not forbid them in the name of a token; others send them too",
		},
		{
			Name: "malformed-accepted", Explains: "NUL bytes and broken UTF-8 in a name are left out, instead of being refused.",
			Rules: []string{"errors/nul-byte", "errors/invalid-utf-8"}, Wrap: around(leavingOutBytes),
			Also: []string{enforced, "agents/create-keeps-name"}, Because: "the name is another",
		},
		{
			Name: "no-route-405", Explains: "A method that a URL has not is 405.",
			Rules:     []string{"paths/no-update", "paths/no-token-update"},
			Deviation: instead(says(`{"error":"404 Not Found"}`), 405, `{"error":"405 Not Allowed"}`),
			Also:      []string{"paths/unencoded", "paths/token-is-no-route"}, Because: "they are no routes either", Since: since15,
		},
		{
			Name: "agent-updatable", Explains: "An agent can be changed with PUT.",
			Rules: []string{"paths/no-update"}, Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPut {
					more(next, r, http.MethodGet, r.URL.EscapedPath(), "").send(w, r)
					return
				}
				next.ServeHTTP(w, r)
			}),
		},
		{
			Name: "unknown-agent-500", Explains: "Reading an agent that is not there is 500.",
			Rules:     []string{"errors/no-internal-error", "errors/unknown-agent"},
			Deviation: answering("getAgent", 404, 500, internalError),
			Also:      wantNoAgent, Because: "they read agents that are not there", Keeps: untold,
		},
		{
			Name: "read-agent-500", Explains: "Reading an agent is 500.",
			Rules: []string{"errors/no-internal-error", "agents/read"}, Deviation: answering("getAgent", 200, 500, internalError),
		},
		{
			Name: "list-agents-500", Explains: "Listing agents is 500.",
			Rules: []string{"errors/no-internal-error", "agents/list"}, Deviation: answering("listAgents", 200, 500, internalError),
			Keeps: "nothing can be listed",
		},
		{
			Name: "list-tokens-500", Explains: "Listing tokens is 500.", Since: since15,
			Rules: []string{"errors/no-internal-error", "tokens/list"}, Deviation: answering("listAgentTokens", 200, 500, internalError),
		},
		{
			Name: "create-agent-500", Explains: "Creating an agent is 500.",
			Rules: []string{"errors/no-internal-error", "agents/create"}, Deviation: answering("createAgent", 201, 500, internalError),
		},
		{
			Name: "delete-agent-500", Explains: "Deleting an agent is done, and answered with 500.",
			Rules: []string{"errors/no-internal-error", "agents/delete"}, Deviation: answering("deleteAgent", 204, 500, internalError),
		},
		{
			Name: "revoke-token-500", Explains: "Revoking a token is done, and answered with 500.", Since: since15,
			Rules: []string{"errors/no-internal-error", "tokens/revoke"}, Deviation: answering("revokeAgentToken", 204, 500, internalError),
		},
		{
			Name: "read-token-501", Explains: "Reading a token is 501.", Since: since15,
			Rules: []string{undocumented, "tokens/read"}, Deviation: answering("getAgentToken", 200, 501, `{"message":"501 Not Implemented"}`),
		},
	}
}

// leavingOutBytes leaves out what no text may have.
func leavingOutBytes(next http.Handler, w http.ResponseWriter, r *http.Request) {
	if agent, token := creates(r); agent || token {
		if name, ok := input(r)["name"].(string); ok && strings.ContainsAny(name, "\x00\ufffd") {
			r = withInput(r, object{"name": strings.NewReplacer("\x00", "", "\ufffd", "").Replace(name)})
		}
	}
	next.ServeHTTP(w, r)
}
