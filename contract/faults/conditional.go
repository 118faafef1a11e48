package faults

import (
	"net/http"
	"strings"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// conditional are faults with entity tags.
func conditional() []Fault {
	// tagged changes the entity tag of each answer that has one, and of If-None-Match of each request back.
	tagged := func(change func(tag string) string) func(http.Handler) http.Handler {
		return around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			a := ask(next, r)
			if tag := a.header.Get("ETag"); tag != "" {
				a.header.Del("ETag")
				if tag = change(tag); tag != "" {
					a.header.Set("ETag", tag)
				}
			}
			a.send(w, r)
		})
	}
	return []Fault{
		{
			Name: "etag-missing", Explains: "There is no ETag.", Rules: []string{"headers/etag"}, Wrap: tagged(func(string) string { return "" }),
		},
		{
			Name: "etag-strong", Explains: "ETags are strong.", Rules: []string{"headers/etag"}, Wrap: tagged(func(tag string) string { return strings.TrimPrefix(tag, "W/") }),
			Also: []string{"conditional/if-none-match"}, Because: "it is compared with the weak one",
		},
		{
			Name: "etag-unquoted", Explains: "ETags have no quotes.", Rules: []string{"document/headers"}, Wrap: tagged(func(tag string) string { return strings.Trim(tag[2:], `"`) }),
			Also: []string{"headers/etag", "conditional/if-none-match"}, Because: "it is not the tag that is expected back",
		},
		{
			Name: "etag-the-same-for-all", Explains: "All answers have the same ETag.", Rules: []string{"conditional/etag-tells-apart"},
			Wrap: tagged(func(string) string { return `W/"1"` }),
			Also: []string{"conditional/if-none-match"}, Because: "it is not the tag that is expected back",
		},
		{
			Name: "if-none-match-ignored", Explains: "If-None-Match is not looked at.", Rules: []string{"conditional/if-none-match"},
			Deviation: deciding(fakegitlab.NotModified, never),
		},
		{
			Name: "if-none-match-always", Explains: "With If-None-Match the answer is always 304.", Rules: []string{"conditional/other-etag", "conditional/changed-list"},
			Deviation: deciding(fakegitlab.NotModified, func(c fakegitlab.Choice) bool { return c.Request.Header.Get("If-None-Match") != "" }),
		},
		{
			Name: "304-for-lists", Explains: "The list of agents is 304 though nobody asked.", Rules: []string{"conditional/304-only-when-asked"},
			Deviation: deciding(fakegitlab.NotModified, on(true, "listAgents")),
			Also:      []string{"agents/list"}, Because: "nothing is listed", Keeps: "nothing can be listed",
		},
		{
			Name: "304-for-tokens", Explains: "The list of tokens is 304 though nobody asked.", Rules: []string{"conditional/304-only-when-asked"},
			Deviation: deciding(fakegitlab.NotModified, on(true, "listAgentTokens")), Since: fakegitlab.Release{Major: 15},
			Also: []string{"tokens/list", "conditional/changed-list"}, Because: "nothing is listed",
		},
	}
}
