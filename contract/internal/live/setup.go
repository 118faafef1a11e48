package live

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/internal/setup"
	"example.com/gitlab-agents/contract/wire"
)

// setUp finds out what the check stands on, and rehearses a create and a delete. What it made before it failed is removed.
func (c *check) setUp(ctx context.Context) error {
	if err := c.findGround(ctx); err != nil {
		return err
	}
	if err := c.noteForeign(ctx); err != nil {
		return err
	}
	if c.ReadOnly {
		return nil
	}
	if err := c.keepJournal(); err != nil {
		return err
	}
	if problem := c.rehearse(ctx); problem != nil {
		return &SetupError{Problem: problemOf(problem), Left: c.cleanUp(ctx)}
	}
	return nil
}

// findGround asks GitLab for what the check stands on.
func (c *check) findGround(ctx context.Context) error {
	tokens := make(map[string]string)
	for role, token := range c.Tokens {
		tokens[role.String()] = token
	}
	found, err := setup.Find(ctx, asker{c}, setup.Input{
		URL: c.base, Project: c.Project, OtherProject: c.OtherProject, Tokens: tokens, ReadOnly: c.ReadOnly, Now: c.Clock.Now,
	})
	var problem *setup.Problem
	switch {
	case errors.As(err, &problem):
		return &SetupError{Problem: problemOf(problem)}
	case err != nil:
		if problem := c.notReached(err); problem != nil {
			return &SetupError{Problem: problemOf(problem)}
		}
		return &UnreachableError{c.base, err}
	}
	if problem := differs(c.Version, found); problem != nil {
		return &SetupError{Problem: problemOf(problem)}
	}
	c.ground = &ground{
		found: found, version: c.judge.Version(), segment: url.PathEscape(c.Project), given: c.givenRoles(),
		project: project{found.Project.ID, found.Project.Path, found.Project.Visibility}, missing: make(map[rule.Role]rule.Reason),
	}
	if found.OtherProblem != nil {
		c.OtherProject = "" // nothing is made there
	}
	for _, role := range []rule.Role{rule.Developer, rule.Guest, rule.Stranger, rule.Reader, rule.Expired} {
		switch problem := found.Roles[role.String()].Problem; {
		case c.Tokens[role] == "":
			c.ground.missing[role] = noToken(role)
		case problem != nil:
			c.ground.missing[role] = rule.Reason{Code: rule.ReasonRole, Text: problem.Means}
		}
	}
	return nil
}

// differs says that GitLab tells another release or edition than was given: its answers would be held against rules of another.
func differs(given rule.Version, found *setup.Ground) *setup.Problem {
	release, err := rule.ParseRelease(found.Release)
	told, flag, is := found.Release, "--gitlab-version", given.Release.String()
	switch {
	case err == nil && !given.Release.IsZero() && release.Compare(given.Release) != 0:
	case given.Edition.String() != "" && found.Edition != "" && given.Edition.String() != found.Edition:
		told, flag, is = strings.ToUpper(found.Edition), "--edition", strings.ToUpper(given.Edition.String())
	default:
		return nil
	}
	return &setup.Problem{
		Code: setup.ReleaseDiffers, Means: fmt.Sprintf("the GitLab says that it is %s, and %s says %s", told, flag, is),
		Do: "Leave " + flag + " out: it is for a GitLab that does not say what it is.",
	}
}

// problemOf is a problem as a result has it.
func problemOf(p *setup.Problem) rule.Problem {
	return rule.Problem{Code: p.Code, Said: p.Quoted(), Means: p.Means, Do: p.Do}
}

// asker has the set-up ask through the check, so its requests are limited, repeated and judged like all others.
type asker struct{ *check }

// Ask sends a request below /api/v4.
func (a asker) Ask(ctx context.Context, token, method, path string) (*wire.Exchange, error) {
	x, err := a.askAs(ctx, token, method, "/api/v4"+path)
	if err != nil {
		return nil, err
	}
	return x.Exchange, nil
}

// askAs sends a request of the set-up until an answer comes that says something.
func (c *check) askAs(ctx context.Context, token, method, path string, parts ...Part) (*judge.Exchange, error) {
	r := &request{method: method, path: path, header: make(http.Header)}
	if token != "" {
		r.header.Set("Private-Token", token)
	}
	for _, part := range parts {
		part(r)
	}
	c.own.sending(r)
	return c.askWith(ctx, r)
}

// noteForeign notes the agents that exist before the check makes any.
func (c *check) noteForeign(ctx context.Context) error {
	for _, named := range c.projects() {
		list, err := c.askAs(ctx, c.Tokens[rule.Maintainer], "GET", "/api/v4/projects/"+url.PathEscape(named)+"/cluster_agents?per_page=100")
		if err != nil {
			return &UnreachableError{c.base, err}
		}
		for _, a := range list.Agents() {
			c.own.foreign(a.ID)
		}
	}
	return nil
}

// keepJournal notes in the journal what is about to be made.
func (c *check) keepJournal() error {
	if c.Journal == nil {
		return nil
	}
	c.entry = &Entry{Run: c.own.run, URL: c.base, Project: c.projects(), Started: time.Now()}
	return c.Journal.begin(c.entry)
}

// rehearse creates an agent and a token, and removes both. It returns a refusal that will not go away. The rules judge any
// other answer.
func (c *check) rehearse(ctx context.Context) *setup.Problem {
	agents := "/api/v4/projects/" + c.ground.segment + "/cluster_agents"
	refusal := func(method, path string, parts ...Part) (*judge.Exchange, *setup.Problem) {
		x, err := c.askAs(ctx, c.Tokens[rule.Maintainer], method, path, parts...)
		if err != nil {
			return &judge.Exchange{Exchange: &wire.Exchange{Err: err}}, nil
		}
		problem := c.ground.found.ReadRefusal(x.Exchange)
		if why := c.ground.found.WhyForbidden(ctx, asker{c}, problem); why != nil {
			problem = why
		}
		// A check that cannot delete would leave behind all that it makes, so this refusal always ends the check.
		if problem != nil && problem.Code == setup.Forbidden && method != http.MethodDelete && c.ground.found.MayChange() {
			return x, nil
		}
		return x, problem
	}
	created, problem := refusal("POST", agents, Named(c.own.prefix("rehearsal")+"1"))
	agent := created.NewAgent()
	if problem != nil || agent == nil {
		return problem
	}
	path := fmt.Sprintf("%s/%d", agents, agent.ID)
	if _, problem = refusal("GET", path); problem != nil || !c.own.has(agent.ID) {
		return problem
	}
	if v := c.ground.version.Release; v.IsZero() || !v.Before(rule.GitLab(15, 0)) {
		created, problem := refusal("POST", path+"/tokens", Named("contract"))
		if problem != nil {
			return problem
		}
		if _, problem := refusal("GET", path+"/tokens"); problem != nil && problem.Code == setup.TokenPermission {
			return problem
		}
		if token := created.NewToken(); token != nil {
			if _, problem := refusal("DELETE", fmt.Sprintf("%s/tokens/%d", path, token.ID)); problem != nil {
				return problem
			}
		}
	}
	_, problem = refusal("DELETE", path)
	return problem
}
