package fakegitlab

import (
	"math"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"example.com/gitlab-agents/generated/oapi"
)

// documentRouter finds the document's operation for a request. Its handlers are never called.
func documentRouter() *http.ServeMux {
	mux := http.NewServeMux()
	oapi.HandlerFromMux(nil, mux)
	return mux
}

// refuseUnwritten answers 501 if the document has the operation and the fake has it in no release. GitLab has no such
// answer. With GitLab's 404 the author of a new operation would look for the mistake in the wrong place.
func (c *call) refuseUnwritten() bool {
	path, under := strings.CutPrefix(c.route.path, "/api/v4")
	if !under {
		return true
	}
	wanted := &http.Request{Method: c.method, URL: &url.URL{Path: decode(path), RawPath: path}}
	_, pattern := c.server.document.Handler(wanted)
	if pattern == "" || isWritten(pattern) {
		return true
	}
	return c.refuse(http.StatusNotImplemented, errorKey,
		"501 Not Implemented: the document has "+pattern+", and this fake GitLab cannot answer it yet")
}

var pathParameter = regexp.MustCompile(`\{\w+\}`)

// isWritten reports whether the fake has a route for an operation of the document, in some release. The operation is a
// pattern of the generated router.
func isWritten(pattern string) bool {
	method, path, _ := strings.Cut(pattern, " ")
	all := featuresOf(Release{Major: math.MaxInt}, enterprise)
	r := route{path: "/api/v4" + pathParameter.ReplaceAllString(path, "1")}
	r.find(&all)
	r.choose(method)
	return r.operation != ""
}
