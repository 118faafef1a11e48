package fakegitlab

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"example.com/gitlab-agents/generated/clusteragents"
	"example.com/gitlab-agents/generated/oapi"
)

// call is one request on its way through GitLab. It implements the generated server interface, so that each operation
// has at hand what the stages before it found out.
type call struct {
	oapi.Unimplemented // operations of the document that the fake does not have yet

	server    *Server
	request   *http.Request
	started   time.Time
	requestID string
	draft     ResponseDraft
	outermost bool // answered before the layers that add caching headers

	method     string // the request's, or what overrides it
	mediaType  string // of the body
	body       []byte
	query      parameters // of the query
	form       parameters // of a form body
	json       any        // of a JSON body
	inputError error      // why query or body could not be read

	route      route
	inEndpoint bool       // filters of the endpoint have run
	params     parameters // what the endpoint gets: query, body and path merged, and coerced once they are validated

	token *accessToken
	user  *user
	role  Role // the user's in the project of the path, once that is known
}

var _ oapi.ServerInterface = (*call)(nil)

// run is the way of a request through GitLab, from the outermost layer to the innermost. Each stage reports whether the
// request goes on; if not, it has answered.
func (c *call) run() {
	defer c.rescue()
	_ = c.readInput() && // Rack: body, query, form, JSON
		c.overrideMethod() && // Rack::MethodOverride
		c.refuseMalformed() && // Gitlab::Middleware::HandleMalformedStrings
		c.limitRate() && // Rack::Attack
		c.findRoute() && // Rails, Grape::Router
		c.refuseTwoBearers() && // Rack::OAuth2
		c.negotiate() && // Grape::Middleware::Formatter
		c.refuseContentType() && // Grape::Middleware::Formatter
		c.enter() && // API::API's before filters; routes that are no operation end here
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

// rescue answers a panic as GitLab answers an exception that nobody expected.
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

// enter runs the filters that every endpoint has, and answers what is routed to no operation.
func (c *call) enter() bool {
	c.inEndpoint = true
	switch c.route.resource {
	case oldVersion:
		return c.refuse(http.StatusGone, errorKey, "API V3 is no longer supported. Use API V4 instead.")
	case unknown:
		return c.refuse(http.StatusNotFound, errorKey, "404 Not Found")
	}
	c.merge()
	return true
}

// answerOptions answers OPTIONS with the methods that there are.
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
	unmodifiedSince := oapi.IfUnmodifiedSince(c.request.Header.Get("If-Unmodified-Since"))
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
	}
	return true
}
