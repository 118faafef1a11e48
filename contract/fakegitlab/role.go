package fakegitlab

import "fmt"

// Role is what a member may do in a project. Roles compare: a higher one may do what a lower one may.
type Role int

// The roles, from the lowest. NoRole is that of who is no member.
const (
	NoRole Role = iota
	Guest
	Planner
	Reporter
	Developer
	Maintainer
	Owner
)

var roleNames = [...]string{"none", "guest", "planner", "reporter", "developer", "maintainer", "owner"}

func (r Role) String() string {
	if r < 0 || int(r) >= len(roleNames) {
		return fmt.Sprintf("Role(%d)", int(r))
	}
	return roleNames[r]
}

func parseRole(name string) (Role, bool) {
	for i, known := range roleNames {
		if name == known && i > 0 {
			return Role(i), true
		}
	}
	return NoRole, false
}

// roleOf is the user's role in the project. An admin may do what an owner may.
func (p *project) roleOf(u *user) Role {
	if u.admin {
		return Owner
	}
	return p.members[u.id]
}

// visibleTo reports whether the user may know that the project exists.
func (p *project) visibleTo(u *user) bool {
	return p.visibility != private || p.roleOf(u) > NoRole
}
