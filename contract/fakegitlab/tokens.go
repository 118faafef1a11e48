package fakegitlab

import (
	"net/http"

	"example.com/gitlab-agents/generated/clusteragents"
	"example.com/gitlab-agents/generated/oapi"
)

// The operations on agent tokens.

// ListAgentTokens answers GET /projects/:id/cluster_agents/:agent_id/tokens.
func (c *call) ListAgentTokens(_ http.ResponseWriter, _ *http.Request, named clusteragents.Project, agentID oapi.AgentID, params oapi.ListAgentTokensParams) {
	p := c.findProject(named)
	if p == nil || !c.mayRead() {
		return
	}
	records, done := c.read()
	defer done()
	a := c.findAgent(records, p, agentID)
	if a == nil {
		c.recordNotFound()
		return
	}
	onlyActive := !c.decide(RevokedListed, !c.server.features.OnlyActive)
	tokens := a.listed(onlyActive)
	page, ok := c.paginate(*params.Page, int64(*params.PerPage), int64(len(tokens)))
	if !ok {
		c.internalError()
		return
	}
	c.betweenStatements()
	tokens = records.tokensOf(agentID, onlyActive)
	body := []byte{'['}
	c.rows(page, len(tokens), func(row int) {
		body = append(appendTokenBasic(body, tokens[row]), ',')
	})
	c.paginationHeaders(page)
	c.present(http.StatusOK, closeList(body))
}

// GetAgentToken answers GET /projects/:id/cluster_agents/:agent_id/tokens/:token_id.
func (c *call) GetAgentToken(_ http.ResponseWriter, _ *http.Request, named clusteragents.Project, agentID oapi.AgentID, tokenID oapi.TokenID, _ oapi.GetAgentTokenParams) {
	p := c.findProject(named)
	if p == nil || !c.mayRead() {
		return
	}
	records, done := c.read()
	defer done()
	t := c.findAgentToken(records, p, agentID, tokenID)
	if t == nil || !c.decide(TokenShown, !t.revoked || !c.server.features.OnlyActive) {
		c.recordNotFound()
		return
	}
	c.present(http.StatusOK, appendToken(nil, t))
}

// findAgentToken returns the token with that id if it belongs to the agent and the agent to the project, or nil. It
// needs the lock.
func (c *call) findAgentToken(records *records, p *project, agentID, tokenID int64) *agentToken {
	a := c.findAgent(records, p, agentID)
	if a == nil {
		return nil
	}
	t := records.tokens[tokenID]
	if t == nil || !c.decide(TokenOfAgent, t.agent == a) {
		return nil
	}
	return t
}

// CreateAgentToken answers POST /projects/:id/cluster_agents/:agent_id/tokens. Unlike GitLab, it counts the active
// tokens and adds one under a lock.
func (c *call) CreateAgentToken(_ http.ResponseWriter, _ *http.Request, named clusteragents.Project, agentID oapi.AgentID) {
	p := c.findProject(named)
	if p == nil || !c.mayWrite() {
		return
	}
	store := c.server.store
	store.mu.Lock()
	defer store.mu.Unlock()
	a := c.findAgent(store.primary, p, agentID)
	if a == nil {
		c.recordNotFound()
		return
	}
	limit := c.server.features.TokenLimit
	if c.decide(LimitReached, limit > 0 && a.active >= limit) {
		c.badRequest("An agent can have only two active tokens at a time")
		return
	}
	name, description := c.text("name"), c.text("description")
	if problems := c.modelErrors(tokenErrors(name, description)); len(problems) > 0 {
		c.badRequest(c.reason(problems))
		return
	}
	added := NewToken{ID: store.nextToken, AgentID: a.id, Description: description}
	if name != nil {
		added.Name = *name
	}
	secret := c.server.newSecret(p)
	for _, d := range c.server.deviations {
		if d.NewToken != nil {
			d.NewToken(&added)
		}
		if d.Secret != nil {
			secret = d.Secret(secret)
		}
	}
	if other := store.primary.agents[added.AgentID]; other != nil {
		a = other
	}
	store.nextToken++
	t := agentToken{
		id: added.ID, name: added.Name, description: added.Description, agent: a,
		createdBy: c.user.id, createdAt: c.server.clock(),
	}
	store.write(c.user.id, t.createdAt, func(r *records) { r.addToken(t, t.agent.id) })
	c.present(http.StatusCreated, appendTokenWithSecret(nil, &t, secret))
}

// RevokeAgentToken answers DELETE /projects/:id/cluster_agents/:agent_id/tokens/:token_id. Revoking again answers 204
// too.
func (c *call) RevokeAgentToken(_ http.ResponseWriter, _ *http.Request, named clusteragents.Project, agentID oapi.AgentID, tokenID oapi.TokenID) {
	p := c.findProject(named)
	if p == nil || !c.mayWrite() {
		return
	}
	store := c.server.store
	store.mu.Lock()
	defer store.mu.Unlock()
	if c.findAgentToken(store.primary, p, agentID, tokenID) == nil {
		c.recordNotFound()
		return
	}
	if c.decide(TokenRevoked, true) {
		store.write(c.user.id, c.server.clock(), func(r *records) { r.revoke(tokenID) })
	}
	c.noContent()
}
