package fakegitlab

import (
	"net/http"

	"example.com/gitlab-agents/generated/clusteragents"
	"example.com/gitlab-agents/generated/oapi"
)

// The operations on tokens of agents.

// ListAgentTokens answers GET /projects/:id/cluster_agents/:agent_id/tokens.
func (c *call) ListAgentTokens(_ http.ResponseWriter, _ *http.Request, named clusteragents.Project, agentID oapi.AgentID, params oapi.ListAgentTokensParams) {
	p := c.findProject(named)
	if p == nil || !c.mayRead() {
		return
	}
	store := c.server.store
	store.mu.RLock()
	defer store.mu.RUnlock()
	a := c.findAgent(p, agentID)
	if a == nil {
		c.recordNotFound()
		return
	}
	tokens := a.listed(!c.decide(RevokedListed, !c.server.features.OnlyActive))
	page, ok := c.paginate(int64(*params.Page), int64(*params.PerPage), int64(len(tokens)))
	if !ok {
		c.internalError()
		return
	}
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
	store := c.server.store
	store.mu.RLock()
	defer store.mu.RUnlock()
	t := c.findAgentToken(p, agentID, tokenID)
	if t == nil || !c.decide(TokenShown, !t.revoked || !c.server.features.OnlyActive) {
		c.recordNotFound()
		return
	}
	c.present(http.StatusOK, appendToken(nil, t))
}

// findAgentToken returns the token of that id of the project's agent of that id, or nil. It needs the lock.
func (c *call) findAgentToken(p *project, agentID, tokenID int64) *agentToken {
	a := c.findAgent(p, agentID)
	if a == nil {
		return nil
	}
	t := c.server.store.tokens[tokenID]
	if t == nil || !c.decide(TokenOfAgent, t.agent == a) {
		return nil
	}
	return t
}

// CreateAgentToken answers POST /projects/:id/cluster_agents/:agent_id/tokens. GitLab takes no lock between
// counting the active tokens and adding one; this does.
func (c *call) CreateAgentToken(_ http.ResponseWriter, _ *http.Request, named clusteragents.Project, agentID oapi.AgentID) {
	p := c.findProject(named)
	if p == nil || !c.mayWrite(p) {
		return
	}
	store := c.server.store
	store.mu.Lock()
	defer store.mu.Unlock()
	a := c.findAgent(p, agentID)
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
		c.badRequest(printArray(problems))
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
	if other := store.agents[added.AgentID]; other != nil {
		a = other
	}
	store.nextToken++
	t := &agentToken{
		id: added.ID, name: added.Name, description: added.Description, agent: a,
		createdBy: c.user.id, createdAt: c.server.clock(),
	}
	store.addToken(t)
	c.present(http.StatusCreated, appendTokenWithSecret(nil, t, secret))
}

// RevokeAgentToken answers DELETE /projects/:id/cluster_agents/:agent_id/tokens/:token_id. To revoke again is fine.
func (c *call) RevokeAgentToken(_ http.ResponseWriter, _ *http.Request, named clusteragents.Project, agentID oapi.AgentID, tokenID oapi.TokenID) {
	p := c.findProject(named)
	if p == nil || !c.mayWrite(p) {
		return
	}
	store := c.server.store
	store.mu.Lock()
	defer store.mu.Unlock()
	t := c.findAgentToken(p, agentID, tokenID)
	if t == nil {
		c.recordNotFound()
		return
	}
	if c.decide(TokenRevoked, true) {
		store.revoke(t)
	}
	c.noContent()
}
