package faults

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// errorBodies are faults with the bodies of errors.
func errorBodies() []Fault {
	since15, since16_2 := fakegitlab.Release{Major: 15}, fakegitlab.Release{Major: 16, Minor: 2}
	const body, contentType, key = "document/body", "document/content-type", "errors/key"
	// failing changes answers whose status is 400 or more, and whose body is JSON.
	failing := func(change func(d *fakegitlab.ResponseDraft)) func() *fakegitlab.Deviation {
		return func() *fakegitlab.Deviation {
			return &fakegitlab.Deviation{Rewrite: func(_ *http.Request, d *fakegitlab.ResponseDraft) {
				if d.Status >= 400 && bytes.HasPrefix(d.Body, []byte("{")) {
					change(d)
				}
			}}
		}
	}
	saying := func(from, to string) func() *fakegitlab.Deviation {
		return failing(func(d *fakegitlab.ResponseDraft) { d.Body = bytes.ReplaceAll(d.Body, []byte(from), []byte(to)) })
	}
	message := func(change func(text string) any) func() *fakegitlab.Deviation {
		return failing(func(d *fakegitlab.ResponseDraft) {
			var o object
			if json.Unmarshal(d.Body, &o) == nil {
				if s, ok := o["message"].(string); ok {
					d.Body = marshal(object{"message": change(s)})
				}
			}
		})
	}
	return []Fault{
		{
			Name: "errors-as-html", Explains: "Errors are pages in HTML.", Rules: []string{contentType},
			Deviation: failing(func(d *fakegitlab.ResponseDraft) {
				d.Header.Set("Content-Type", "text/html")
				d.Body = []byte("<html><body><h1>" + http.StatusText(d.Status) + "</h1></body></html>")
			}),
			Also: wantNoRoute, Because: "the document says nothing about what is no route",
		},
		{
			Name: "errors-as-text", Explains: "Errors are plain text.", Rules: []string{contentType},
			Deviation: failing(func(d *fakegitlab.ResponseDraft) {
				d.Header.Set("Content-Type", "text/plain")
				d.Body = []byte("Error: " + http.StatusText(d.Status))
			}),
			Also: and(wantNoRoute, body), Because: "the document says nothing about what is no route; it knows one text, \"Bad Request\"",
		},
		{
			Name: "errors-as-problems", Explains: "Errors are application/problem+json.", Rules: []string{contentType},
			Deviation: failing(func(d *fakegitlab.ResponseDraft) {
				d.Header.Set("Content-Type", "application/problem+json")
				d.Body = []byte(`{"title":"` + http.StatusText(d.Status) + `"}`)
			}),
			Also: and(wantNoRoute, body), Because: "the document says nothing about what is no route",
		},
		{
			Name: "errors-empty", Explains: "Errors have no body.", Rules: []string{contentType},
			Deviation: failing(func(d *fakegitlab.ResponseDraft) { replace(d, d.Status, "") }),
			Also:      wantNoRoute, Because: "the document says nothing about what is no route",
		},
		{
			Name: "errors-as-empty-object", Explains: "Errors are an empty object.", Rules: []string{body},
			Deviation: failing(func(d *fakegitlab.ResponseDraft) { d.Body = []byte("{}") }),
			Also:      wantNoRoute, Because: "the document says nothing about what is no route",
		},
		{
			Name: "errors-in-list", Explains: "Errors are a list under errors.", Rules: []string{body},
			Deviation: failing(func(d *fakegitlab.ResponseDraft) { d.Body = []byte(`{"errors":[` + string(d.Body) + `]}`) }),
			Also:      wantNoRoute, Because: "the document says nothing about what is no route",
		},
		{
			Name: "message-as-list", Explains: "A message is a list of texts.", Rules: []string{body},
			Deviation: message(func(s string) any { return []string{s} }),
		},
		{
			Name: "message-as-object", Explains: "What a model rule refuses is an object of lists, by property.", Rules: []string{body},
			Deviation: message(func(s string) any {
				if rest, ok := strings.CutPrefix(s, "400 Bad request - "); ok {
					return object{"name": []string{rest}}
				}
				return s
			}),
		},
		{
			Name: "message-under-error", Explains: "What belongs under message stands under error.", Rules: []string{key},
			Deviation: saying(`{"message":`, `{"error":`),
			Also:      []string{body}, Because: "the document has no error there",
		},
		{
			Name: "error-under-message", Explains: "What belongs under error stands under message.", Rules: []string{key},
			Deviation: saying(`{"error":`, `{"message":`),
			Also:      and(wantNoRoute, body), Because: "the document has no message there",
		},
		{
			Name: "message-without-status", Explains: "Messages do not begin with the status.", Rules: []string{"errors/message-names-status"},
			Deviation: message(func(s string) any { return s[4:] }),
			Also:      []string{"errors/not-found-text", "errors/model-errors-are-one-text", "errors/text"}, Because: "the text is another",
		},
		{
			Name: "agent-not-found-text", Explains: "Of an agent that is not there it says \"404 Agent Not Found\".", Rules: []string{"errors/not-found-text"},
			Deviation: saying("404 Not found", "404 Agent Not Found"),
		},
		{
			Name: "list-not-found-text", Explains: "A list that a caller may not see is \"404 Not found\".", Rules: []string{"errors/not-found-text"},
			Deviation: saying("404 ClusterAgents Not Found", "404 Not found"), Since: since16_2,
		},
		{
			Name: "project-not-found-text", Explains: "Of a project that is not there it says what is said of an agent.",
			Rules:     []string{"errors/not-found-text"},
			Deviation: saying("404 Project Not Found", "404 Not found"),
			Also:      []string{"roles/stranger-may-not-write"},
			Because:   "they are about a project that is not seen",
		},
		{
			Name: "agent-as-project-text", Explains: "Of an agent that is not there it says that the project is not.",
			Rules: []string{"errors/unknown-agent"}, Deviation: saying("404 Not found", "404 Project Not Found"),
			Also: and(wantNoRecord, "errors/agent-past-64-bits"), Because: "they are about agents and tokens that are not there",
			Since: since16_2,
		},
		{
			Name: "unauthorized-text", Explains: "Of a caller without credentials it says \"401 Access denied\".", Rules: []string{"errors/text"},
			Deviation: saying("401 Unauthorized", "401 Access denied"),
		},
		{
			Name: "forbidden-text", Explains: "Of a write that a role may not do it says \"403 Access denied\".", Rules: []string{"errors/text"},
			Deviation: saying("403 Forbidden", "403 Access denied"),
		},
		{
			Name: "parameter-text", Explains: "Of a parameter that is wrong it says what it must be.", Rules: []string{"errors/parameter-text"},
			Deviation: saying("is invalid", "must be an integer"),
		},
		{
			Name: "only-the-first-fault", Explains: "Of several wrong parameters only the first is named.", Rules: []string{"parameters/faults-are-joined"},
			Deviation: saying(", per_page is invalid", ""), Since: since15,
		},
		{
			Name: "faults-in-lines", Explains: "The faults of several parameters are joined with a semicolon.", Rules: []string{"errors/parameter-text"},
			Deviation: saying(", per_page", "; per_page"), Since: since15,
		},
		{
			Name: "model-text", Explains: "What a model rule refuses does not begin with \"400 Bad request\".", Rules: []string{"errors/model-errors-are-one-text"},
			Deviation: saying("400 Bad request - ", "400 Validation failed: "),
		},
		{
			Name: "media-type-text", Explains: "Of a content type that is not supported it says \"content type not supported\".", Rules: []string{"errors/text"},
			Deviation: instead(was(415), 415, `{"error":"content type not supported"}`),
		},
		{
			Name: "precondition-text", Explains: "Of an agent that changed it says \"412 Agent changed\".", Rules: []string{"errors/text"},
			Deviation: saying("412 Precondition Failed", "412 Agent changed"),
		},
		{
			Name: "no-route-under-message", Explains: "What is no route has a message, not an error.", Rules: []string{"paths/unencoded", "paths/no-update"},
			Deviation: saying(`{"error":"404 Not Found"}`, `{"message":"404 Not Found"}`),
			Also:      wantNoRoute, Because: "they are no wantNoRoute",
		},
	}
}
