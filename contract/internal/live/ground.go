package live

import (
	"fmt"
	"slices"
	"time"

	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/internal/setup"
)

// ground is what a check stands on.
type ground struct {
	found   *setup.Ground
	version rule.Version
	segment string // the project as it stands in a URL
	project project
	missing map[rule.Role]rule.Reason // roles without a token, or whose token is not of that role
	given   []rule.Role
}

// project is what GitLab says about a project.
type project struct {
	ID         int64  // 0 if GitLab did not say
	Path       string // its full path
	Visibility string // private, internal or public; empty if GitLab did not say
}

// without says why the check has no caller of a role.
func (g *ground) without(role rule.Role) (rule.Reason, bool) {
	reason, missing := g.missing[role]
	return reason, missing
}

// noToken is why a role is missing.
func noToken(role rule.Role) rule.Reason {
	return rule.Reason{Code: rule.ReasonRole, Text: fmt.Sprintf("no %s token is given (%s)", role, role.Variable())}
}

// givenRoles are the roles of which the target has a token, and Anonymous.
func (t *Target) givenRoles() []rule.Role {
	given := []rule.Role{rule.Anonymous}
	for role, token := range t.Tokens {
		if token != "" {
			given = append(given, role)
		}
	}
	slices.Sort(given)
	return given
}

// checkGround looks into an answer that is not as expected. Perhaps the ground is gone: the token has expired, the project
// was moved, a proxy answers now. Then the check ends, and nobody is blamed for the answer. If GitLab refuses only the token
// of another role from now on, the scenario ends.
func (p *play) checkGround(x *judge.Exchange, role rule.Role) {
	token := p.Tokens[role]
	if role == rule.Expired || role == rule.Reader || token == "" || x.Request.Header.Get("Private-Token") != token {
		role, token = rule.Maintainer, p.Tokens[rule.Maintainer] // such a token is refused anyway
	}
	problem := p.ground.found.Recheck(p.ctx, asker{p.check}, token, x.Exchange)
	switch {
	case p.ctx.Err() != nil: // another scenario has found out
		p.interrupted()
	case problem == nil:
	case role != rule.Maintainer && !slices.Contains(ofEverybody, problem.Code):
		p.stop(rule.Untested, rule.Reason{Code: rule.ReasonRole, Text: fmt.Sprintf("the %s token cannot be used: %s", role, problem.Means)})
	default:
		p.endAll(problemOf(problem))
		p.interrupted()
	}
}

// ofEverybody are problems that are not about the token that was refused.
var ofEverybody = []string{setup.ProjectArchived, setup.ProjectDeletion, setup.InstanceReadOnly}

// longSilence is how long a check goes on without a useful answer: long enough for GitLab to be restarted.
const longSilence = 2 * time.Minute

// heard notes that a useful answer came.
func (c *check) heard() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answered = c.Clock.Now()
}

// silentFor is how long ago that was.
func (c *check) silentFor() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.Clock.Now().Sub(c.answered)
}

// endAll ends the check: what it stands on is gone.
func (c *check) endAll(problem rule.Problem) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.problem == nil {
		c.problem = &problem
	}
	c.end()
}

// ended is why the check ended before its end; nil if it did not.
func (c *check) ended() *rule.Problem {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.problem
}
