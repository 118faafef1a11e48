package fakegitlab

import (
	"net/http"
	"time"

	"example.com/gitlab-agents/generated/clusteragents"
	"example.com/gitlab-agents/generated/oapi"
)

// The operations on agents. They write to the draft of the response, and ignore the http.ResponseWriter.

// ListAgents answers GET /projects/:id/cluster_agents.
func (c *call) ListAgents(_ http.ResponseWriter, _ *http.Request, named clusteragents.Project, params oapi.ListAgentsParams) {
	p := c.findProject(named)
	if p == nil || !c.mayRead() {
		return
	}
	records, done := c.read()
	defer done()
	total := records.of(p).Len()
	page, ok := c.paginate(*params.Page, int64(*params.PerPage), int64(total))
	if !ok {
		c.internalError()
		return
	}
	c.betweenStatements()
	body := append(make([]byte, 0, 32+min(int(page.Limit), total)*(len(p.identity)+160)), '[')
	agents := records.of(p)
	c.rows(page, agents.Len(), func(row int) {
		if a, ok := agents.GetAt(row); ok {
			body = append(c.server.appendAgent(body, a), ',')
		}
	})
	c.paginationHeaders(page)
	c.present(http.StatusOK, closeList(body))
}

// read returns the records that the caller sees, locked until done is called.
func (c *call) read() (seen *records, done func()) {
	store, now := c.server.store, c.server.clock()
	store.catchUp(now)
	store.mu.RLock()
	return store.readBy(c.user.id, now), store.mu.RUnlock
}

// betweenStatements runs after a list's rows were counted and before they are selected. GitLab uses two statements, so
// others may write in between. Here they can only with [BetweenCountAndSelect]. The caller holds the lock that read
// takes.
func (c *call) betweenStatements() {
	store, between := c.server.store, c.server.betweenStatements
	if between == nil {
		return
	}
	store.mu.RUnlock()
	defer store.mu.RLock()
	between(c.request)
	store.catchUp(c.server.clock())
}

// closeList ends a list. Each element has a comma after it.
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
	records, done := c.read()
	defer done()
	a := c.findAgent(records, p, agentID)
	if a == nil {
		c.recordNotFound()
		return
	}
	c.present(http.StatusOK, c.server.appendAgent(make([]byte, 0, len(p.identity)+160), a))
}

// findAgent returns the agent with that id if it is in the project, or nil. It needs the lock.
func (c *call) findAgent(records *records, p *project, id int64) *agent {
	a := records.agents[id]
	if a == nil || !c.decide(AgentExists, !a.deleted) || !c.decide(AgentOfProject, a.project == p) {
		return nil
	}
	return a
}

// CreateAgent answers POST /projects/:id/cluster_agents.
func (c *call) CreateAgent(_ http.ResponseWriter, _ *http.Request, named clusteragents.Project) {
	p := c.findProject(named)
	if p == nil || !c.mayWrite() {
		return
	}
	store, name := c.server.store, c.text("name")
	store.mu.Lock()
	defer store.mu.Unlock()
	taken := name != nil && store.primary.agentNamed(p, *name) != nil
	if problems := c.modelErrors(agentNameErrors(name, c.decide(NameTaken, taken))); len(problems) > 0 {
		c.badRequest(c.reason(problems))
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
	a := agent{id: added.ID, name: added.Name, project: p, createdBy: c.user.id, createdAt: now, updatedAt: now}
	store.write(c.user.id, now, func(r *records) { r.addAgent(a) })
	c.present(http.StatusCreated, c.server.appendAgent(nil, &a))
}

// modelErrors returns the model's messages after deviations have changed them.
func (c *call) modelErrors(messages []string) []string {
	for _, d := range c.server.deviations {
		if d.ModelErrors != nil {
			messages = d.ModelErrors(c.draft.Operation, messages)
		}
	}
	return messages
}

// reason prints the model's messages.
func (c *call) reason(messages []string) string {
	reason := printArray(messages)
	for _, d := range c.server.deviations {
		if d.Reason != nil {
			reason = d.Reason(c.draft.Operation, messages)
		}
	}
	return reason
}

func (c *call) badRequest(reason string) {
	c.refuse(http.StatusBadRequest, messageKey, "400 Bad request - "+reason)
}

// DeleteAgent answers DELETE /projects/:id/cluster_agents/:agent_id.
func (c *call) DeleteAgent(_ http.ResponseWriter, _ *http.Request, named clusteragents.Project, agentID oapi.AgentID, params oapi.DeleteAgentParams) {
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
	since, ok := parseTime(*params.IfUnmodifiedSince)
	if c.decide(PreconditionFailed, ok && a.updatedAt.After(since)) {
		c.refuse(http.StatusPreconditionFailed, messageKey, "412 Precondition Failed")
		return
	}
	if c.decide(AgentDeleted, true) {
		remove := (*records).hideAgent
		if c.decide(AgentForgotten, true) {
			remove = (*records).deleteAgent
		}
		store.write(c.user.id, c.server.clock(), func(r *records) { remove(r, agentID) })
	}
	c.noContent()
}

// timeLayouts are the forms of a date that the fake reads. Ruby's Time.parse reads many more.
var timeLayouts = []string{
	http.TimeFormat, time.RFC1123, time.RFC1123Z, time.RFC850, time.ANSIC, time.UnixDate, time.RFC3339Nano,
	"2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05 MST", "2006-01-02 15:04:05 -0700",
	"2006-01-02 15:04:05.999999999", "2006-01-02 15:04", "2006-01-02", "20060102T150405Z0700", "20060102",
	"2006/01/02", "2006/1/2", "Jan 2 2006", "Jan 2, 2006", "January 2, 2006", "2 January 2006",
	"2 Jan 2006 15:04:05 MST", "2 Jan 2006 15:04:05 -0700", "2 Jan 2006", "Mon, 2 Jan 2006 15:04:05 -0700", "Mon, 2 Jan 2006 15:04:05 MST",
}

// parseTime reads a date and reports whether the text is one.
func parseTime(text string) (time.Time, bool) {
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
