package setup

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// findRoles asks which role each other token has. A token of another role than the one that it is given for makes the
// rules that need it untested; it ends no check.
func (f *finder) findRoles() error {
	for _, role := range []string{Developer, Guest, Stranger} {
		if f.Tokens[role] == "" {
			continue
		}
		found, err := f.findRole(role)
		if err != nil {
			return err
		}
		f.ground.Roles[role] = found
	}
	if f.Tokens[Reader] != "" {
		if err := f.findReader(); err != nil {
			return err
		}
	}
	if f.Tokens[Expired] == "" {
		return nil
	}
	return f.findExpired()
}

// findReader asks for the scopes of the token that may only read.
func (f *finder) findReader() error {
	found, err := f.findRole(Reader)
	if err != nil {
		return err
	}
	x, err := f.ask(f.Tokens[Reader], "/personal_access_tokens/self")
	if err != nil {
		return err
	}
	var self struct {
		Scopes []string `json:"scopes"`
	}
	known := f.decode(x, &self, func() bool { return self.Scopes != nil })
	right := slices.Equal(self.Scopes, []string{"read_api"})
	switch {
	case known && right && found.Problem != nil && found.Problem.Code == TokenScope:
		found.Problem = nil // GitLab misses a scope that it lists itself, which is for the rules to judge
	case known && !right && found.Problem == nil:
		found.Problem = &Problem{
			Code: TokenScope, Means: fmt.Sprintf("%s has the scopes %s, not read_api alone", f.source(Reader), list(self.Scopes)),
			Do: "Set it to a token of the maintainer with the scope read_api, or leave it out.",
		}
	}
	f.ground.Roles[Reader] = found
	return nil
}

// findExpired asks what the token that is to have expired is. A GitLab that takes it is for the rules to judge, unless it
// says itself that the token is still good.
func (f *finder) findExpired() error {
	x, err := f.ask(f.Tokens[Expired], "/personal_access_tokens/self")
	if err != nil {
		return err
	}
	var self struct {
		Active  *bool  `json:"active"`
		Expires string `json:"expires_at"`
	}
	var problem *Problem
	switch p := f.ground.ReadRefusal(x); {
	case p != nil && p.Code == TokenUnknown && strings.Contains(string(x.Response.Body), `{"message":"401 Unauthorized"}`): // any text at all is refused so
		problem = p
		problem.Means = "nothing shows that " + f.source(Expired) + " has expired: GitLab does not know the token"
		problem.Do = "Set it to a token that has expired and was not deleted, or leave it out."
	case p != nil && (p.Code == TokenRevoked || p.Code == AccountBlocked):
		problem = p
		problem.Means = f.source(Expired) + " is to have expired, but " + p.Means
	case f.decode(x, &self, func() bool { return self.Active != nil && *self.Active }) && !f.past(self.Expires):
		problem = &Problem{Code: TokenWorks, Means: f.source(Expired) + " holds a token that has not expired", Do: "Set it to one that has, or leave it out."}
	}
	f.ground.Roles[Expired] = Role{Problem: problem}
	return nil
}

// past says whether a day has passed everywhere on earth.
func (f *finder) past(day string) bool {
	t, err := time.Parse(time.DateOnly, day)
	return err == nil && f.Now().Sub(t) > 36*time.Hour
}

func (f *finder) findRole(role string) (Role, error) {
	token, from := f.Tokens[role], f.source(role)
	var found Role
	shown, refused, err := f.showProject(token, f.Project)
	if err != nil {
		return found, err
	}
	if refused != nil {
		if p := f.ofToken(f.ground.ReadRefusal(refused), from); p != nil {
			return Role{Problem: p}, nil
		}
	} else {
		found.AccessLevel = shown.level()
		f.ground.sees[token] = true
	}
	refusedList, err := f.listAgents(token, f.Project)
	if err != nil {
		return found, err
	}
	found.Lists = refusedList == nil
	if refusedList != nil {
		p := f.ofToken(f.ground.ReadRefusal(refusedList), from)
		known := shown != nil && shown.Permissions != nil // GitLab shows them only to callers whose token it knows
		if p != nil && (p.Code != TokenUnknown || !known) {
			return Role{Problem: p}, nil
		}
	}
	if found.Lists && found.AccessLevel < 30 && role != Reader {
		if admin, err := f.isAdmin(token); err != nil || admin {
			return Role{Lists: true, Problem: f.wrong(TokenAdmin, role, "an administrator")}, err
		}
	}
	member := found.AccessLevel > 0 || shown != nil && f.ground.Project.Visibility == "private"
	found.Problem = f.misplaced(role, found, member)
	return found, nil
}

// isAdmin says whether a token is that of an administrator, who may do everything in every project.
func (f *finder) isAdmin(token string) (bool, error) {
	x, err := f.ask(token, "/user")
	if err != nil {
		return false, err
	}
	var user struct {
		ID    int64 `json:"id"`
		Admin bool  `json:"is_admin"`
	}
	return f.decode(x, &user, func() bool { return user.ID > 0 }) && user.Admin, nil
}

// ofToken is the problem, if it is one of the token or its user rather than of its role, with the token's variable.
func (f *finder) ofToken(p *Problem, from string) *Problem {
	if p == nil {
		return nil
	}
	switch p.Code {
	case TokenUnknown, TokenExpired, TokenRevoked, TokenDPoP, TokenScope, TokenPermission, AccountBlocked, AccountTerms, AccountPassword, AccountSAML, AccountEmail, RefusedWithReason, InBetween, SignIn:
		p.Means = from + ": " + p.Means
		return p
	}
	return nil
}

// wrong is the problem that a token does not have the role that it is given for.
func (f *finder) wrong(code, role, is string) *Problem {
	return &Problem{
		Code: code, Means: fmt.Sprintf("%s is the token of %s in %s, not of %s", f.source(role), is, f.ground.Project.Path, wanted(role)),
		Do: fmt.Sprintf("Set it to the token of %s, or leave it out.", wanted(role)),
	}
}

// misplaced says why a token is not one of the role that it is given for. The access level that GitLab names may be too
// low, for a user who comes in through a group that the project is shared with, but never too high. What GitLab does for
// a role is never a sign of it: that is what the rules judge.
func (f *finder) misplaced(role string, found Role, member bool) *Problem {
	level := found.AccessLevel
	switch {
	case role == Developer && level >= 40, role == Guest && level >= 30, role == Stranger && level > 0:
		return f.wrong(RoleTooHigh, role, whose(level))
	case !f.ground.Project.Known:
		return nil
	case (role == Developer || role == Reader) && level < 30 && !found.Lists, role == Guest && !member:
		return f.wrong(RoleTooLow, role, whose(level))
	}
	return nil
}

// wanted is what a role's token is to be.
func wanted(role string) string {
	switch role {
	case Developer:
		return "a developer"
	case Guest:
		return "a guest, planner or reporter"
	case Reader:
		return "the maintainer with the scope read_api"
	}
	return "somebody who is not a member"
}
