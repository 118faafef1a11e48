package faults

import (
	"net/http"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// headers are faults of headers other than those about pages.
func headers() []Fault {
	const neverPublic, cacheControl, head = "headers/never-public", "headers/cache-control", "headers/head"
	return []Fault{
		{Name: "cache-control-public", Explains: "Responses may be stored by shared caches.", Rules: ids{neverPublic}, Change: finalHeader("Cache-Control", "public, max-age=60"), Also: ids{cacheControl}, Because: "it is not private"},
		{Name: "cache-control-shared", Explains: "Responses may be stored by shared caches for 30 seconds.", Rules: ids{neverPublic}, Change: finalHeader("Cache-Control", "max-age=0, s-maxage=30"), Also: ids{cacheControl}, Because: "it is not private"},
		{Name: "cache-control-missing", Explains: "There is no Cache-Control.", Rules: ids{cacheControl}, Change: finalHeader("Cache-Control", "")},
		{Name: "request-id-missing", Explains: "There is no X-Request-Id.", Rules: ids{"headers/request-id"}, Change: finalHeader("X-Request-Id", "")},
		{Name: "nosniff-missing", Explains: "There is no X-Content-Type-Options.", Rules: ids{"headers/nosniff"}, Change: finalHeader("X-Content-Type-Options", "")},
		{Name: "location-on-create", Explains: "The response to a create has a Location.", Rules: ids{"headers/no-location"}, Change: addHeader(201, "Location", func(r *http.Request) string { return r.URL.EscapedPath() + "/1" }, "createAgent", "createAgentToken")},
		{Name: "head-405", Explains: "HEAD is 405.", Rules: ids{head}, Change: refuse(method(http.MethodHead, isAny), 405, ""),
			Also: ids{"document/status"}, Because: "the document has no 405 there"},
		{Name: "head-of-tokens-404", Explains: "HEAD of a list of tokens is no route.", Since: v15, Rules: ids{head}, Change: rewrite(headNoRoute, "listAgentTokens")},
		{Name: "head-counts-otherwise", Explains: "HEAD of a list of tokens counts one less.", Since: v15, Rules: ids{head}, Change: rewrite(headCountsLess, "listAgentTokens")},
		{Name: "head-without-page-headers", Explains: "HEAD of a list lacks the headers about its pages.", Rules: ids{"document/headers", head}, Change: rewrite(headWithoutPages, lists...)},
		{Name: "no-content-with-length", Explains: "A 204 announces a body.", Rules: ids{"document/no-content"}, Change: handle(hijackingNoContent)},
		{Name: "page-headers-twice", Explains: "X-Total is sent twice.", Rules: ids{"document/headers"}, Change: finalHeaders(repeatingTotal)},
	}
}

// finalHeader sets a header of all responses. An empty value removes it.
func finalHeader(name, value string) Change {
	return finalHeaders(func(h http.Header) {
		h.Del(name)
		if value != "" {
			h.Set(name, value)
		}
	})
}

func headNoRoute(r *http.Request, d *fakegitlab.ResponseDraft) {
	if r.Method == http.MethodHead && d.Status == 200 {
		replace(d, 404, noRoute)
	}
}

func headCountsLess(r *http.Request, d *fakegitlab.ResponseDraft) {
	if r.Method == http.MethodHead {
		count(d.Header, "X-Total", -1)
	}
}

func headWithoutPages(r *http.Request, d *fakegitlab.ResponseDraft) {
	if r.Method != http.MethodHead {
		return
	}
	for _, name := range []string{"X-Page", "X-Per-Page", "X-Next-Page", "X-Prev-Page", "X-Total", "X-Total-Pages", "Link"} {
		d.Header.Del(name)
	}
}

func repeatingTotal(h http.Header) {
	if total := h.Get("X-Total"); total != "" {
		h.Add("X-Total", total)
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
	_, _ = buffer.WriteString("HTTP/1.1 204 No Content\r\nX-Request-Id: " + requestID + "\r\nX-Content-Type-Options: nosniff\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
	_ = buffer.Flush()
}
