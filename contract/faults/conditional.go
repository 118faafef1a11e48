package faults

import (
	"net/http"
	"strings"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// conditional are faults of ETags, and of conditional reads.
func conditional() []Fault {
	const tag, ifNoneMatch, unasked = "headers/etag", "conditional/if-none-match", "conditional/304-only-when-asked"
	const notExpected = "the server expects another tag back"
	return []Fault{
		{Name: "etag-missing", Explains: "There is no ETag.", Rules: ids{tag}, Change: editTag(to(""))},
		{Name: "etag-strong", Explains: "ETags are strong.", Rules: ids{tag}, Change: editTag(func(tag string) string { return strings.TrimPrefix(tag, "W/") }), Also: ids{ifNoneMatch}, Because: notExpected},
		{Name: "etag-unquoted", Explains: "ETags have no quotes.", Rules: ids{tag}, Change: editTag(func(tag string) string { return strings.Trim(tag[2:], `"`) }), Also: ids{ifNoneMatch}, Because: notExpected},
		{Name: "etag-the-same-for-all", Explains: "All responses have the same ETag.", Rules: ids{"conditional/etag-tells-apart"}, Change: editTag(to(`W/"1"`)), Also: ids{ifNoneMatch}, Because: notExpected},
		{Name: "if-none-match-ignored", Explains: "If-None-Match is ignored.", Rules: ids{ifNoneMatch}, Change: decide(fakegitlab.NotModified, never)},
		{Name: "if-none-match-always", Explains: "With If-None-Match the response is always 304.", Rules: ids{"conditional/other-etag", "conditional/changed-list"}, Change: yesFor(fakegitlab.NotModified, hasHeader("If-None-Match"))},
		{Name: "304-for-lists", Explains: "The list of agents is 304 without If-None-Match.", Rules: ids{unasked}, Change: decide(fakegitlab.NotModified, on(true, "listAgents")),
			Also: ids{"agents/list"}, Because: "nothing is listed", Keeps: "nothing can be listed"},
		{Name: "304-for-tokens", Explains: "The list of tokens is 304 without If-None-Match.", Since: v15, Rules: ids{unasked}, Change: decide(fakegitlab.NotModified, on(true, "listAgentTokens")),
			Also: ids{"tokens/list"}, Because: "nothing is listed"},
	}
}

// editTag changes the ETag of responses that have one.
func editTag(change func(tag string) string) Change {
	return afterwards(func(_ http.Handler, _ *http.Request, a *reply) {
		tag := a.header.Get("ETag")
		if tag == "" {
			return
		}
		a.header.Del("ETag")
		if tag = change(tag); tag != "" {
			a.header.Set("ETag", tag)
		}
	})
}
