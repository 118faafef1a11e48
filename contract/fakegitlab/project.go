package fakegitlab

import (
	"net/http"
	"regexp"
	"strings"

	"example.com/gitlab-agents/contract/fakegitlab/internal/rack"
	"example.com/gitlab-agents/generated/clusteragents"
)

// findProject finds the project of the path and the caller's access to it. It answers if the project does not exist, is
// not visible or has moved.
func (c *call) findProject(named clusteragents.Project) *project {
	p, moved := c.projectNamed(named.String())
	if p != nil {
		c.access = c.server.store.access(p, c.user)
	}
	if p == nil || !c.decide(ProjectVisible, c.access.visible) {
		c.refuse(http.StatusNotFound, messageKey, "404 Project Not Found")
		return nil
	}
	if moved {
		c.redirect(p)
		return nil
	}
	return p
}

// projectNamed finds the project with that id or full path. Moved reports that the path is a former one.
func (c *call) projectNamed(text string) (p *project, moved bool) {
	store := c.server.store
	p, moved = store.projectNamed(text)
	if moved && !c.server.features.MovedProjects {
		return nil, false
	}
	byPath := strings.Contains(text, "/")
	switch id, digits := rack.LeadingInteger(text); {
	case p != nil && byPath && !moved && text != p.path && !c.decide(PathCaseIgnored, true):
		return nil, false
	case p == nil && !byPath && digits && !c.decide(ProjectIDExact, true):
		return store.projects[id], false
	}
	return p, moved
}

var projectInPath = regexp.MustCompile(`/projects/[^/]+`)

// redirect answers a request for a project that has moved. The response has a text and no content type.
func (c *call) redirect(p *project) {
	if c.method != http.MethodGet {
		c.refuse(http.StatusMethodNotAllowed, messageKey, "Non GET methods are not allowed for moved projects")
		return
	}
	replaced := false
	path := projectInPath.ReplaceAllStringFunc(c.route.path, func(found string) string {
		if replaced {
			return found
		}
		replaced = true
		return "/projects/" + string(appendID(nil, p.id))
	})
	location := c.requestOrigin() + c.server.root + path
	if query := c.request.URL.RawQuery; query != "" {
		location += "?" + query
	}
	clear(c.draft.Header)
	c.draft.Header.Set("Location", location)
	c.draft.Status = http.StatusMovedPermanently
	c.draft.Body = []byte("This resource has been moved permanently to " + location)
}

// mayWrite checks that the caller may change agents in the project, or answers 403. In an archived project nobody may.
func (c *call) mayWrite() bool {
	if !c.decide(RoleSuffices, c.access.role >= Maintainer && !c.access.archived) {
		return c.forbidden()
	}
	return true
}

// mayRead checks that the caller's role allows reading agents in the project. Otherwise old releases answer 403, and
// new ones answer as if the agent did not exist.
func (c *call) mayRead() bool {
	switch {
	case c.decide(RoleSuffices, c.access.role >= Developer):
		return true
	case !c.server.features.MissingBelowDeveloper:
		return c.forbidden()
	case c.route.operation == listAgents:
		return c.refuse(http.StatusNotFound, messageKey, "404 ClusterAgents Not Found")
	}
	return c.recordNotFound()
}
