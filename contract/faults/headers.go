package faults

import (
	"net/http"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// headers are faults with headers other than those about pages.
func headers() []Fault {
	// final changes headers after the layers around the fake have set theirs.
	final := func(change func(h http.Header)) func(http.Handler) http.Handler {
		return around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			a := ask(next, r)
			if _, ok := placeOf(r.URL); ok {
				change(a.header)
			}
			a.send(w, r)
		})
	}
	with := func(name, value string) func(http.Header) { return func(h http.Header) { h.Set(name, value) } }
	return []Fault{
		{
			Name: "cache-control-public", Explains: "Answers may be kept by shared caches.", Rules: []string{"headers/never-public"},
			Wrap: final(with("Cache-Control", "public, max-age=60")), Also: []string{"headers/cache-control"}, Because: "it is not private",
		},
		{
			Name: "cache-control-shared", Explains: "Answers may be kept by shared caches for a while.", Rules: []string{"headers/never-public"},
			Wrap: final(with("Cache-Control", "max-age=0, s-maxage=30")), Also: []string{"headers/cache-control"}, Because: "it is not private",
		},
		{
			Name: "cache-control-missing", Explains: "There is no Cache-Control.", Rules: []string{"headers/cache-control"},
			Wrap: final(func(h http.Header) { h.Del("Cache-Control") }),
		},
		{
			Name: "request-id-missing", Explains: "There is no X-Request-Id.", Rules: []string{"headers/request-id"},
			Wrap: final(func(h http.Header) { h.Del("X-Request-Id") }),
		},
		{
			Name: "nosniff-missing", Explains: "There is no X-Content-Type-Options.", Rules: []string{"headers/nosniff"},
			Wrap: final(func(h http.Header) { h.Del("X-Content-Type-Options") }),
		},
		{
			Name: "location-on-create", Explains: "The answer to a create has a Location.", Rules: []string{"headers/no-location"},
			Deviation: rewriting(func(r *http.Request, d *fakegitlab.ResponseDraft) {
				if d.Status == 201 {
					d.Header.Set("Location", r.URL.EscapedPath()+"/1")
				}
			}, "createAgent", "createAgentToken"),
		},
		{
			Name: "head-405", Explains: "HEAD is 405.", Rules: []string{"headers/head"},
			Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				if _, ok := placeOf(r.URL); ok && r.Method == http.MethodHead {
					refusal(405, "").send(w, r)
					return
				}
				next.ServeHTTP(w, r)
			}),
			Also:    []string{"document/status", "roles/guest-finds-nothing", "authentication/required-to-read"},
			Because: "the document has no 405 there, and others may ask so too",
		},
		{
			Name: "head-of-tokens-404", Explains: "HEAD of a list of tokens is no route.", Rules: []string{"headers/head"}, Since: fakegitlab.Release{Major: 15},
			Deviation: rewriting(func(r *http.Request, d *fakegitlab.ResponseDraft) {
				if r.Method == http.MethodHead && d.Status == 200 {
					replace(d, 404, `{"error":"404 Not Found"}`)
				}
			}, "listAgentTokens"),
		},
		{
			Name: "head-counts-otherwise", Explains: "HEAD of a list of tokens counts one less.", Rules: []string{"headers/head"}, Since: fakegitlab.Release{Major: 15},
			Deviation: rewriting(func(r *http.Request, d *fakegitlab.ResponseDraft) {
				if r.Method == http.MethodHead {
					add(d.Header, "X-Total", -1)
				}
			}, "listAgentTokens"),
		},
		{
			Name: "head-without-page-headers", Explains: "HEAD of a list lacks the headers about its pages.", Rules: []string{"document/headers"},
			Deviation: rewriting(func(r *http.Request, d *fakegitlab.ResponseDraft) {
				if r.Method == http.MethodHead {
					for _, name := range []string{"X-Page", "X-Per-Page", "X-Next-Page", "X-Prev-Page", "X-Total", "X-Total-Pages", "Link"} {
						d.Header.Del(name)
					}
				}
			}, lists...),
		},
		{
			Name: "no-content-with-length", Explains: "A 204 announces a body.", Rules: []string{"document/no-content"},
			Wrap: around(hijackingNoContent),
		},
		{
			Name: "page-headers-twice", Explains: "X-Total is there twice.", Rules: []string{"document/headers"},
			Wrap: final(func(h http.Header) {
				if total := h.Get("X-Total"); total != "" {
					h.Add("X-Total", total)
				}
			}),
		},
	}
}

// hijackingNoContent writes a 204 as net/http would not: with a Content-Length.
func hijackingNoContent(next http.Handler, w http.ResponseWriter, r *http.Request) {
	a := ask(next, r)
	if a.status != 204 {
		a.send(w, r)
		return
	}
	connection, buffer, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err) // HTTP/1.1 can always be taken over
	}
	defer func() { _ = connection.Close() }()
	_, _ = buffer.WriteString("HTTP/1.1 204 No Content\r\nX-Request-Id: 01J00000000000000000000000\r\nX-Content-Type-Options: nosniff\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
	_ = buffer.Flush()
}
