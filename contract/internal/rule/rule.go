// Package rule says what a rule is, and what a check of rules comes to. It is data: it sends nothing, judges nothing and
// imports nothing of this module.
package rule

import (
	"fmt"
	"slices"
	"strings"
)

// Rule is one normative sentence about the API.
type Rule struct {
	ID       string // subject/what, such as "tokens/secret-only-on-create"
	Level    Level
	Since    Release // the first release it holds for; zero: every release
	Until    Release // the first release it no longer holds for; zero: it still holds
	Edition  Edition // the edition it holds for
	Sentence string  // what the server does
	Source   Source  // where that is known from

	// Operations are the operationIds the rule applies to. Empty means all eight.
	Operations []string
}

// Source is where a rule is known from.
type Source struct {
	Name string `json:"name"` // a heading of GitLab's documentation, or a file of its repository
	URL  string `json:"url"`  // empty if there is no page to link to
}

// Subject is the part of the id before the slash.
func (r *Rule) Subject() string {
	subject, _, _ := strings.Cut(r.ID, "/")
	return subject
}

// AppliesTo says whether the rule is about an operation.
func (r *Rule) AppliesTo(operation string) bool {
	return len(r.Operations) == 0 || slices.Contains(r.Operations, operation)
}

// Level is how binding a rule is, in the words of RFC 2119.
type Level int

// The levels. A violated MUST fails a check; a violated SHOULD does with --strict.
const (
	Must Level = iota
	Should
)

func (l Level) String() string {
	if l == Should {
		return "SHOULD"
	}
	return "MUST"
}

// MarshalText gives the name that String gives.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads the name that String gives.
func (l *Level) UnmarshalText(text []byte) error {
	switch string(text) {
	case "MUST":
		*l = Must
	case "SHOULD":
		*l = Should
	default:
		return fmt.Errorf("unknown level %q", text)
	}
	return nil
}

// Role is a caller, named by what the caller may do in the project.
type Role int

// The roles that a live check knows.
const (
	Maintainer Role = iota // may create and delete
	Developer              // may read
	Guest                  // a member below developer: guest, planner or reporter
	Stranger               // not a member
	Anonymous              // sends no credentials
	Reader                 // the maintainer, with a token that has the scope read_api only
	Expired                // the maintainer, with a token that has expired
)

var roleNames = [...]string{"maintainer", "developer", "guest", "stranger", "anonymous", "reader", "expired"}

func (r Role) String() string {
	if r < 0 || int(r) >= len(roleNames) {
		return fmt.Sprintf("Role(%d)", int(r))
	}
	return roleNames[r]
}

// Variable is the environment variable that holds the role's token; empty for Anonymous.
func (r Role) Variable() string {
	switch r {
	case Maintainer:
		return "GITLAB_TOKEN"
	case Anonymous:
		return ""
	}
	return "GITLAB_" + strings.ToUpper(r.String()) + "_TOKEN"
}

// MarshalText gives the name that String gives.
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads the name that String gives.
func (r *Role) UnmarshalText(text []byte) error {
	i := slices.Index(roleNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("unknown role %q", text)
	}
	*r = Role(i)
	return nil
}
