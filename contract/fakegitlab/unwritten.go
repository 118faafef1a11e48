package fakegitlab

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"example.com/gitlab-agents/generated/oapi"
)

// written are the document's operations that the fake implements, as patterns of the generated router.
var written = [...]string{
	"GET /projects/{id}/cluster_agents",
	"POST /projects/{id}/cluster_agents",
	"GET /projects/{id}/cluster_agents/{agent_id}",
	"DELETE /projects/{id}/cluster_agents/{agent_id}",
	"GET /projects/{id}/cluster_agents/{agent_id}/tokens",
	"POST /projects/{id}/cluster_agents/{agent_id}/tokens",
	"GET /projects/{id}/cluster_agents/{agent_id}/tokens/{token_id}",
	"DELETE /projects/{id}/cluster_agents/{agent_id}/tokens/{token_id}",
}

// documentRouter finds the document's operation for a request. Its handlers are never called.
func documentRouter() *http.ServeMux {
	mux := http.NewServeMux()
	oapi.HandlerFromMux(nil, mux)
	return mux
}

// refuseUnwritten answers 501 if the document has the operation and the fake does not. GitLab has no such answer. With
// GitLab's 404 the author of a new operation would look for the mistake in the wrong place.
func (c *call) refuseUnwritten() bool {
	path, under := strings.CutPrefix(c.route.path, "/api/v4")
	if !under {
		return true
	}
	wanted := &http.Request{Method: c.method, URL: &url.URL{Path: decode(path), RawPath: path}}
	_, pattern := c.server.document.Handler(wanted)
	if pattern == "" || slices.Contains(written[:], pattern) {
		return true
	}
	return c.refuse(http.StatusNotImplemented, errorKey,
		"501 Not Implemented: the document has "+pattern+", and this fake GitLab cannot answer it yet")
}
