package live

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/rule"
)

// setUp finds out what the check stands on.
func (c *check) setUp(ctx context.Context) error {
	if c.Tokens[rule.Maintainer] == "" {
		return setupError("no maintainer token is given", "set GITLAB_TOKEN")
	}
	if c.Project == "" {
		return setupError("no project is given", "name the project in which agents may be made")
	}
	c.ground = &ground{segment: url.PathEscape(c.Project), missing: make(map[rule.Role]rule.Reason), given: c.givenRoles()}
	for _, role := range []rule.Role{rule.Developer, rule.Guest, rule.Stranger, rule.Reader, rule.Expired} {
		if c.Tokens[role] == "" {
			c.ground.missing[role] = noToken(role)
		}
	}
	if x, err := c.ask(ctx, rule.Maintainer, "GET", "/api/v4/metadata"); err != nil {
		return &UnreachableError{c.base, err}
	} else if x.Status() == 404 {
		_, _ = c.ask(ctx, rule.Maintainer, "GET", "/api/v4/version")
	}
	c.ground.version = c.judge.Version()
	c.ground.project = c.findProject(ctx, c.ground.segment)
	list, err := c.ask(ctx, rule.Maintainer, "GET", "/api/v4/projects/"+c.ground.segment+"/cluster_agents?per_page=100")
	if err != nil {
		return &UnreachableError{c.base, err}
	}
	if !list.OK(200) && c.ground.project.ID == 0 {
		f, _ := list.Failure()
		return setupError("the agents of the project cannot be listed: "+f.Said(), "check the token and the project")
	}
	for _, a := range list.Agents() {
		c.own.foreign(a.ID)
		if c.ground.project.ID == 0 {
			c.ground.project = project{ID: a.ConfigProject.ID, Path: a.ConfigProject.PathWithNamespace}
		}
	}
	return c.keepJournal()
}

// keepJournal notes in the journal what is about to be made.
func (c *check) keepJournal() error {
	if c.Journal == nil || c.ReadOnly {
		return nil
	}
	c.entry = &Entry{Run: c.own.run, URL: c.base, Project: c.projects(), Started: time.Now()}
	return c.Journal.begin(c.entry)
}

// findProject asks for a project.
func (c *check) findProject(ctx context.Context, segment string) (p project) {
	x, err := c.ask(ctx, rule.Maintainer, "GET", "/api/v4/projects/"+segment)
	if err != nil || !x.OK(200) {
		return project{}
	}
	var is struct {
		ID         int64
		Path       string `json:"path_with_namespace"`
		Visibility string
	}
	if json.Unmarshal(x.Response.Body, &is) != nil || !strings.Contains(is.Path, "/") {
		return project{}
	}
	return project{is.ID, is.Path, is.Visibility}
}

// ask sends a request of the set-up until an answer comes that says something.
func (c *check) ask(ctx context.Context, role rule.Role, method, path string) (*judge.Exchange, error) {
	r := &request{role: role, method: method, path: path, header: make(http.Header)}
	if token := c.Tokens[role]; token != "" {
		r.header.Set("Private-Token", token)
	}
	return c.askWith(ctx, r)
}
