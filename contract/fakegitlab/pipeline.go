package fakegitlab

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"example.com/gitlab-agents/contract/fakegitlab/internal/rack"
	"example.com/gitlab-agents/generated/clusteragents"
	"example.com/gitlab-agents/generated/oapi"
)

// call is one request on its way through GitLab. It implements the generated server interface, so each operation can
// use what earlier stages found.
type call struct {
	server    *Server
	request   *http.Request
	started   time.Time
	requestID string
	draft     ResponseDraft
	outermost bool // answered before the layers that add caching headers

	method string // the request's, or what overrides it
	input  *rack.Input

	route      route
	inEndpoint bool            // filters of the endpoint have run
	params     rack.Parameters // what the endpoint gets: query, body and path merged, and coerced once they are validated

	token *accessToken
	user  *user
	// access is what the user may do in the project of the path. A stage sets it when it finds the project.
	access access

	// The document may have operations that the fake does not implement. They are methods of this, so the program still
	// builds. refuseUnwritten answers such requests, so none is called.
	oapi.Unimplemented
}

var _ oapi.ServerInterface = (*call)(nil)

// run takes the request through GitLab, from the outermost layer to the innermost. Each stage reports whether the
// request goes on. If not, the stage has answered.
func (c *call) run() {
	defer c.rescue()
	_ = c.readInput() && // Rack: body, query, form, JSON
		c.overrideMethod() && // Rack::MethodOverride
		c.refuseMalformed() && // Gitlab::Middleware::HandleMalformedStrings
		c.limitRate() && // Rack::Attack
		c.refuseWrites() && // Gitlab::Middleware::ReadOnly
		c.findRoute() && // Rails, Grape::Router
		c.refuseTwoBearers() && // Rack::OAuth2
		c.negotiate() && // Grape::Middleware::Formatter
		c.refuseContentType() && // Grape::Middleware::Formatter
		c.enter() && // API::API's before filters; unknown paths end here
		c.authenticate() && // API::Helpers#authenticate!, scopes and sudo
		c.answerOptions() && // Grape::Endpoint: OPTIONS ends here
		c.coerce() && // Grape's params blocks
		c.dispatch() // API::Clusters::Agents and AgentTokens
	for _, d := range c.server.deviations {
		if d.Rewrite != nil {
			d.Rewrite(c.request, &c.draft)
		}
	}
}

// rescue answers a panic as GitLab answers an unexpected exception.
func (c *call) rescue() {
	switch p := recover(); p {
	case nil:
	case http.ErrAbortHandler:
		panic(p)
	default:
		if c.server.logger != nil {
			c.server.logger.Error("panic", slog.String("panic", fmt.Sprint(p)), slog.String("stack", string(debug.Stack())))
		}
		c.internalError()
	}
}

// enter runs the filters of every endpoint. It answers requests for paths that do not exist.
func (c *call) enter() bool {
	c.inEndpoint = true
	switch c.route.resource {
	case oldVersion:
		return c.refuse(http.StatusGone, errorKey, "API V3 is no longer supported. Use API V4 instead.")
	case unknown:
		return c.refuseUnwritten() && c.refuse(http.StatusNotFound, errorKey, "404 Not Found")
	}
	c.merge()
	return true
}

// answerOptions answers OPTIONS with the methods of the resource.
func (c *call) answerOptions() bool {
	if c.method != http.MethodOptions {
		return true
	}
	c.draft.Header.Set("Allow", c.route.allowed)
	c.noContent()
	return false
}

// dispatch calls the operation.
func (c *call) dispatch() bool {
	var api oapi.ServerInterface = c
	w := draftWriter{&c.draft}
	project := clusteragents.ProjectPath(c.route.project)
	agentID, tokenID := c.integer("agent_id"), c.integer("token_id")
	noneMatch := c.request.Header.Get("If-None-Match")
	unmodifiedSince := c.request.Header.Get("If-Unmodified-Since")
	switch c.route.operation {
	case listAgents:
		api.ListAgents(w, c.request, project, oapi.ListAgentsParams{
			Page: c.page(), PerPage: c.perPage(), IfNoneMatch: &noneMatch,
		})
	case getAgent:
		api.GetAgent(w, c.request, project, agentID, oapi.GetAgentParams{IfNoneMatch: &noneMatch})
	case createAgent:
		api.CreateAgent(w, c.request, project)
	case deleteAgent:
		api.DeleteAgent(w, c.request, project, agentID, oapi.DeleteAgentParams{IfUnmodifiedSince: &unmodifiedSince})
	case listAgentTokens:
		api.ListAgentTokens(w, c.request, project, agentID, oapi.ListAgentTokensParams{
			Page: c.page(), PerPage: c.perPage(), IfNoneMatch: &noneMatch,
		})
	case getAgentToken:
		api.GetAgentToken(w, c.request, project, agentID, tokenID, oapi.GetAgentTokenParams{IfNoneMatch: &noneMatch})
	case createAgentToken:
		api.CreateAgentToken(w, c.request, project, agentID)
	case revokeAgentToken:
		api.RevokeAgentToken(w, c.request, project, agentID, tokenID)
	case getVersion:
		c.showVersion()
	case getMetadata:
		c.showMetadata()
	case getUser:
		c.showUser()
	case getOwnToken:
		c.showOwnToken()
	case getProject:
		c.showProject(project)
	default:
		return c.refuse(http.StatusNotImplemented, errorKey,
			"501 Not Implemented: dispatch, in pipeline.go, does not call "+c.route.operation)
	}
	return true
}
