package live

import (
	"fmt"
	"slices"

	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/rule"
)

// ground is what a check stands on.
type ground struct {
	version rule.Version
	segment string // the project as it stands in a URL
	project project
	other   project
	missing map[rule.Role]rule.Reason // roles without a token, or whose token is not of that role
	given   []rule.Role
}

// project is what GitLab says about a project.
type project struct {
	ID         int64
	Path       string
	Visibility string // private, internal or public; empty if GitLab did not say
}

// roles are the callers of the check.
func (g *ground) roles() []rule.Role { return g.given }

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

// checkGround looks whether the ground is gone, if an answer says so.
func (c *check) checkGround(x *judge.Exchange) {}

// ended is why the check ended before its end; nil if it did not.
func (c *check) ended() *rule.Problem {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.problem
}

// leftBySetUp is what the set-up could not remove.
func (c *check) leftBySetUp() []string { return nil }
