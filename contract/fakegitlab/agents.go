package fakegitlab

import (
	"net/http"
	"time"

	"example.com/gitlab-agents/generated/clusteragents"
	"example.com/gitlab-agents/generated/oapi"
)

// The operations on agents. They answer through the draft, which is also their http.ResponseWriter.

// ListAgents answers GET /projects/:id/cluster_agents.
func (c *call) ListAgents(_ http.ResponseWriter, _ *http.Request, named clusteragents.Project, params oapi.ListAgentsParams) {
	p := c.findProject(named)
	if p == nil || !c.mayRead() {
		return
	}
	store := c.server.store
	store.mu.RLock()
	defer store.mu.RUnlock()
	total := p.agents.Len()
	page, ok := c.paginate(int64(*params.Page), int64(*params.PerPage), int64(total))
	if !ok {
		c.internalError()
		return
	}
	body := append(make([]byte, 0, 32+int(page.Limit)*(len(p.identity)+160)), '[')
	c.rows(page, total, func(row int) {
		if a, ok := p.agents.GetAt(row); ok {
			body = append(c.server.appendAgent(body, a), ',')
		}
	})
	c.paginationHeaders(page)
	c.present(http.StatusOK, closeList(body))
}

// closeList ends a list whose elements each have a comma after them.
func closeList(body []byte) []byte {
	if body[len(body)-1] == ',' {
		body[len(body)-1] = ']'
		return body
	}
	return append(body, ']')
}

// GetAgent answers GET /projects/:id/cluster_agents/:agent_id.
func (c *call) GetAgent(_ http.ResponseWriter, _ *http.Request, named clusteragents.Project, agentID oapi.AgentID, _ oapi.GetAgentParams) {
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
	c.present(http.StatusOK, c.server.appendAgent(make([]byte, 0, len(p.identity)+160), a))
}

// findAgent returns the project's agent of that id, or nil. It needs the lock.
func (c *call) findAgent(p *project, id int64) *agent {
	a := c.server.store.agents[id]
	if a == nil || !c.decide(AgentExists, !a.deleted) || !c.decide(AgentOfProject, a.project == p) {
		return nil
	}
	return a
}

// CreateAgent answers POST /projects/:id/cluster_agents.
func (c *call) CreateAgent(_ http.ResponseWriter, _ *http.Request, named clusteragents.Project) {
	p := c.findProject(named)
	if p == nil || !c.mayWrite(p) {
		return
	}
	store, name := c.server.store, c.text("name")
	store.mu.Lock()
	defer store.mu.Unlock()
	taken := name != nil && p.agentNamed(*name) != nil
	if problems := c.modelErrors(agentNameErrors(name, c.decide(NameTaken, taken))); len(problems) > 0 {
		c.badRequest(printArray(problems))
		return
	}
	added := NewAgent{ID: store.nextAgent}
	if name != nil {
		added.Name = *name
	}
	for _, d := range c.server.deviations {
		if d.NewAgent != nil {
			d.NewAgent(&added)
		}
	}
	store.nextAgent++
	now := c.server.clock()
	a := &agent{id: added.ID, name: added.Name, project: p, createdBy: c.user.id, createdAt: now, updatedAt: now}
	store.addAgent(a)
	c.present(http.StatusCreated, c.server.appendAgent(nil, a))
}

// modelErrors lets deviations change what the model says.
func (c *call) modelErrors(messages []string) []string {
	for _, d := range c.server.deviations {
		if d.ModelErrors != nil {
			messages = d.ModelErrors(c.draft.Operation, messages)
		}
	}
	return messages
}

func (c *call) badRequest(reason string) {
	c.refuse(http.StatusBadRequest, messageKey, "400 Bad request - "+reason)
}

// DeleteAgent answers DELETE /projects/:id/cluster_agents/:agent_id.
func (c *call) DeleteAgent(_ http.ResponseWriter, _ *http.Request, named clusteragents.Project, agentID oapi.AgentID, params oapi.DeleteAgentParams) {
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
	since, ok := parseTime(string(*params.IfUnmodifiedSince))
	if c.decide(PreconditionFailed, ok && a.updatedAt.After(since)) {
		c.refuse(http.StatusPreconditionFailed, messageKey, "412 Precondition Failed")
		return
	}
	if c.decide(AgentDeleted, true) {
		if c.decide(AgentForgotten, true) {
			store.deleteAgent(a)
		} else {
			a.project.agents.Delete(a)
			a.deleted = true
		}
	}
	c.noContent()
}

// timeLayouts are the forms of a date that are read, of the many that Ruby's Time.parse reads.
var timeLayouts = []string{
	http.TimeFormat, time.RFC1123, time.RFC1123Z, time.RFC850, time.ANSIC, time.UnixDate, time.RFC3339Nano,
	"2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05 MST", "2006-01-02 15:04:05 -0700",
	"2006-01-02 15:04:05.999999999", "2006-01-02 15:04", "2006-01-02", "20060102T150405Z0700", "20060102",
	"2006/01/02", "2006/1/2", "Jan 2 2006", "Jan 2, 2006", "January 2, 2006", "2 January 2006",
	"2 Jan 2006 15:04:05 MST", "2 Jan 2006 15:04:05 -0700", "2 Jan 2006", "Mon, 2 Jan 2006 15:04:05 -0700", "Mon, 2 Jan 2006 15:04:05 MST",
}

// parseTime reads a date, and reports whether it is one.
func parseTime(text string) (time.Time, bool) {
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
