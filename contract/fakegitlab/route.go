package fakegitlab

import (
	"net/http"
	"net/url"
	"strings"

	"example.com/gitlab-agents/contract/fakegitlab/internal/rack"
)

// resource is what a path stands for.
type resource int

const (
	outside    resource = iota // not under /api
	unknown                    // under /api, and does not exist
	oldVersion                 // version 3 of the API
	noVersion                  // begins like v4, and is another word
	agents
	oneAgent
	agentTokens
	oneAgentToken
	version
	metadata
	currentUser
	ownToken
	oneProject
)

// The operations: first those of the document, by operationId, then the others.
const (
	listAgents       = "listAgents"
	getAgent         = "getAgent"
	createAgent      = "createAgent"
	deleteAgent      = "deleteAgent"
	listAgentTokens  = "listAgentTokens"
	getAgentToken    = "getAgentToken"
	createAgentToken = "createAgentToken"
	revokeAgentToken = "revokeAgentToken"

	getVersion  = "getVersion"
	getMetadata = "getMetadata"
	getUser     = "getUser"
	getOwnToken = "getOwnToken"
	getProject  = "getProject"
)

// route is the result of routing.
type route struct {
	path      string // as it was sent, without the relative root
	resource  resource
	operation string // empty if the resource does not have the method
	allowed   string // the methods, as OPTIONS lists them

	// The parameters in the path. The format is what follows a dot in the last segment.
	project, agent, token, format string
}

// addTo adds the parameters in the path.
func (r *route) addTo(params rack.Parameters) {
	params["id"] = r.project
	if r.agent != "" {
		params["agent_id"] = r.agent
	}
	if r.token != "" {
		params["token_id"] = r.token
	}
	if r.format != "" {
		params["format"] = r.format
	}
}

// findRoute finds the route of the request. A method that the resource does not have is treated like an unknown path.
func (c *call) findRoute() bool {
	path, under := strings.CutPrefix(c.request.URL.EscapedPath(), c.server.root)
	c.route = route{path: path}
	if !under || !c.route.find(&c.server.features) {
		// GitLab answers with a page.
		c.draft.Status = http.StatusNotFound
		c.draft.Header.Set("Content-Type", "text/html; charset=utf-8")
		c.draft.Body = []byte("<!DOCTYPE html>\n<html>\n<head>\n  <title>The page you're looking for could not be found (404)</title>\n</head>\n<body>\n  <h1>404</h1>\n</body>\n</html>\n")
		return false
	}
	c.route.choose(c.method)
	if c.method == http.MethodOptions && c.route.allowed != "" {
		return true
	}
	if c.route.operation == "" && c.route.resource > noVersion {
		c.route.resource = unknown
	}
	switch c.route.operation {
	case "", getVersion, getMetadata, getUser, getOwnToken, getProject:
	default:
		c.draft.Operation = c.route.operation
	}
	return true
}

// find finds the resource of the path and reports whether the path is under /api. Repeated slashes count as one, and a
// slash at the end does not count.
func (r *route) find(f *Features) bool {
	segments := make([]string, 0, 8)
	for segment := range strings.SplitSeq(r.path, "/") {
		if segment != "" {
			segments = append(segments, segment)
		}
	}
	if len(segments) == 0 || !is(segments[0], "api") || len(segments) == 1 {
		return false
	}
	switch {
	case is(segments[1], "v4"):
		r.resource = unknown
		if len(segments) > 2 {
			r.lead(segments[2:], f)
		}
	case is(segments[1], "v3"):
		r.resource = oldVersion
	case strings.HasPrefix(segments[1], "v4"), strings.HasPrefix(segments[1], "v3"):
		r.resource = noVersion
	default:
		return false
	}
	return true
}

var escapedDot = strings.NewReplacer("%2E", ".", "%2e", ".")

// lead finds the resource for the segments after /api/v4.
func (r *route) lead(segments []string, f *Features) {
	last := len(segments) - 1
	if strings.Contains(r.path, "%2") { // an escaped dot is a dot
		for i := range segments {
			segments[i] = escapedDot.Replace(segments[i])
		}
	}
	if matches(segments, "projects", ":project") { // a project's path may have dots, so there is no format
		r.resource, r.project = oneProject, decode(segments[1])
		return
	}
	word, format, _ := strings.Cut(segments[last], ".")
	if format != "" && !strings.Contains(format, ".") { // several dots are no format
		segments[last], r.format = word, decode(format)
	}
	r.resource = resourceOf(segments, f)
	if r.resource == unknown || len(segments) < 3 {
		return
	}
	r.project = decode(segments[1])
	if len(segments) > 3 {
		r.agent = decode(segments[3])
	}
	if len(segments) > 5 {
		r.token = decode(segments[5])
	}
}

// resourceOf is the resource for the segments after /api/v4, without a format.
func resourceOf(segments []string, f *Features) resource {
	switch {
	case matches(segments, "version"):
		return version
	case f.Metadata && matches(segments, "metadata"):
		return metadata
	case matches(segments, "user"):
		return currentUser
	case f.OwnToken && matches(segments, "personal_access_tokens", "self"):
		return ownToken
	case matches(segments, "projects", ":project", "cluster_agents"):
		return agents
	case matches(segments, "projects", ":project", "cluster_agents", ":id"):
		return oneAgent
	case f.Tokens && matches(segments, "projects", ":project", "cluster_agents", ":id", "tokens"):
		return agentTokens
	case f.Tokens && matches(segments, "projects", ":project", "cluster_agents", ":id", "tokens", ":id"):
		return oneAgentToken
	}
	return unknown
}

// matches reports whether the segments match a pattern. In it, :project is any segment, and :id one without dots.
func matches(segments []string, pattern ...string) bool {
	if len(segments) != len(pattern) {
		return false
	}
	for i, word := range pattern {
		switch word {
		case ":project":
		case ":id":
			if segments[i] == "" || strings.Contains(segments[i], ".") {
				return false
			}
		default:
			if !is(segments[i], word) {
				return false
			}
		}
	}
	return true
}

// is reports whether a segment is the word, escaped or not.
func is(segment, word string) bool {
	return segment == word || strings.Contains(segment, "%") && decode(segment) == word
}

func decode(segment string) string {
	if text, err := url.PathUnescape(segment); err == nil {
		return text
	}
	return segment
}

// choose finds the operation for the method. HEAD counts as GET.
func (r *route) choose(method string) {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	switch r.resource {
	case agents:
		r.allowed = "OPTIONS, GET, POST, HEAD"
		r.operation = one(method, http.MethodGet, listAgents, http.MethodPost, createAgent)
	case oneAgent:
		r.allowed = "OPTIONS, GET, DELETE, HEAD"
		r.operation = one(method, http.MethodGet, getAgent, http.MethodDelete, deleteAgent)
	case agentTokens:
		r.allowed = "OPTIONS, GET, POST, HEAD"
		r.operation = one(method, http.MethodGet, listAgentTokens, http.MethodPost, createAgentToken)
	case oneAgentToken:
		r.allowed = "OPTIONS, GET, DELETE, HEAD"
		r.operation = one(method, http.MethodGet, getAgentToken, http.MethodDelete, revokeAgentToken)
	case version, metadata, currentUser, ownToken, oneProject:
		r.allowed = "OPTIONS, GET, HEAD"
		r.operation = one(method, http.MethodGet, map[resource]string{
			version: getVersion, metadata: getMetadata, currentUser: getUser, ownToken: getOwnToken, oneProject: getProject,
		}[r.resource])
	}
}

// one returns the operation that follows the method.
func one(method string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i] == method {
			return pairs[i+1]
		}
	}
	return ""
}
