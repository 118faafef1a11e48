package fakegitlab

import "fmt"

// Role is a member's role in a project. Roles compare: a higher role includes the lower ones.
type Role int

// The roles, from the lowest. Non-members have NoRole.
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

// UnmarshalText reads the name of a role. Any other text becomes an invalid role, which the check of the seed reports
// with its place.
func (r *Role) UnmarshalText(name []byte) error {
	role, known := parseRole(string(name))
	if !known {
		role = -1
	}
	*r = role
	return nil
}

func parseRole(name string) (Role, bool) {
	for i, known := range roleNames {
		if name == known && i > 0 {
			return Role(i), true
		}
	}
	return NoRole, false
}

// accessLevel is the role's number in GitLab's API.
func (r Role) accessLevel() int64 {
	return [...]int64{NoRole: 0, Guest: 10, Planner: 15, Reporter: 20, Developer: 30, Maintainer: 40, Owner: 50}[r]
}
