// Package contract judges whether a server keeps to GitLab's Agents API.
//
// A [Rule] is one normative sentence. A rule that judges looks at each exchange, with the [History] of what the same
// server said before; it works wherever exchanges come from: a live run, a proxy, a recording, somebody's own tests.
// A rule that probes makes traffic on purpose and states what must come back; it works in a live run only, and its
// traffic is judged like any other.
package contract

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Rule is one normative sentence about the API, and how it is tested. Exactly one of Judge and Probe is set.
type Rule struct {
	ID       string // subject/what, such as "tokens/secret-only-on-create"
	Level    Level
	Since    Release // the first release it holds for; the zero Release is the first of all
	Until    Release // the first release it no longer holds for; the zero Release means that it still holds
	Edition  Edition // the edition it holds for
	Sentence string  // what the server does, in one sentence
	Source   string  // where that is known from
	// Operations are the operationIds the rule speaks about; empty means all eight.
	Operations []string
	Needs      Needs // what a live run must offer for it

	// Judge looks at one exchange. It says whether the rule speaks about the exchange at all, and reports to x what is
	// wrong with it. It is called for one exchange at a time, in the order in which answers came.
	Judge func(h *History, x *Exchange) (met bool)
	// Probe makes traffic and reports to p what is wrong with the answers. Probes run side by side.
	Probe func(p *Probe)
}

// Needs is what a live run must offer for a rule to be tested. What is missing makes the rule untested.
type Needs struct {
	Roles        []Role // whose tokens are needed, beside the maintainer's
	OtherProject bool   // a second project in which the maintainer may create agents
	Writes       bool   // it creates, changes or deletes; never so in a read-only run
}

// Level is how binding a rule is, in the words of RFC 2119.
type Level int

// The levels. A violated MUST fails a run; a violated SHOULD does with --strict.
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

// Role is who makes a request, by what they may do in the project.
type Role int

// The roles a live run knows.
const (
	Maintainer Role = iota // may create and delete
	Developer              // may read
	Guest                  // member below developer: guest, planner or reporter
	Stranger               // no member
	Anonymous              // no credentials at all
)

var roleNames = [...]string{"maintainer", "developer", "guest", "stranger", "anonymous"}

func (r Role) String() string {
	if r < 0 || int(r) >= len(roleNames) {
		return fmt.Sprintf("Role(%d)", int(r))
	}
	return roleNames[r]
}

// Edition is a GitLab edition.
type Edition int

// The editions.
const (
	AnyEdition Edition = iota
	Community
	Enterprise
)

func (e Edition) String() string {
	return [...]string{"", "ce", "ee"}[e]
}

// ParseEdition reads "ce", "ee" or "".
func ParseEdition(s string) (Edition, error) {
	switch strings.ToLower(s) {
	case "":
		return AnyEdition, nil
	case "ce", "foss":
		return Community, nil
	case "ee":
		return Enterprise, nil
	}
	return AnyEdition, fmt.Errorf("unknown GitLab edition %q: it is ce or ee", s)
}

// Release is a GitLab release, major and minor. The zero Release is an unknown one.
type Release struct{ Major, Minor int }

func gitlab(major, minor int) Release { return Release{major, minor} }

// ParseRelease reads a GitLab version such as "16.2", "19.1.0-pre" or "15.11.13-ee".
func ParseRelease(version string) (Release, error) {
	parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	if len(parts) >= 2 {
		major, err1 := strconv.Atoi(parts[0])
		minor, err2 := strconv.Atoi(strings.SplitN(parts[1], "-", 2)[0])
		if err1 == nil && err2 == nil && major >= 0 && minor >= 0 && (major > 0 || minor > 0) {
			return Release{major, minor}, nil
		}
	}
	return Release{}, fmt.Errorf("%q is no GitLab version: one looks like 16.2 or 19.1.0-ee", version)
}

// IsZero says that the release is unknown.
func (r Release) IsZero() bool { return r == Release{} }

// Compare is negative if r came before o, and positive if after.
func (r Release) Compare(o Release) int {
	return cmp.Or(cmp.Compare(r.Major, o.Major), cmp.Compare(r.Minor, o.Minor))
}

// MarshalText gives the text that String gives.
func (r Release) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// String is "16.2", or "" for the zero Release.
func (r Release) String() string {
	if r.IsZero() {
		return ""
	}
	return fmt.Sprintf("%d.%d", r.Major, r.Minor)
}

// holds says whether the rule holds for a GitLab, and if not, why. An unknown release is taken for the newest.
func (r *Rule) holds(release Release, edition Edition) (bool, string) {
	switch {
	case !release.IsZero() && release.Compare(r.Since) < 0:
		return false, fmt.Sprintf("GitLab %s is older than the rule, which holds from %s on", release, r.Since)
	case !r.Until.IsZero() && (release.IsZero() || release.Compare(r.Until) >= 0):
		return false, fmt.Sprintf("the rule held before GitLab %s only", r.Until)
	case r.Edition != AnyEdition && edition == AnyEdition:
		return false, fmt.Sprintf("the rule holds for GitLab %s only, and the edition is not known", strings.ToUpper(r.Edition.String()))
	case r.Edition != AnyEdition && r.Edition != edition:
		return false, fmt.Sprintf("the rule holds for GitLab %s only", strings.ToUpper(r.Edition.String()))
	}
	return true, ""
}

// speaksOf says whether the rule is about an operation.
func (r *Rule) speaksOf(operation string) bool {
	if len(r.Operations) == 0 {
		return true
	}
	for _, o := range r.Operations {
		if o == operation {
			return true
		}
	}
	return false
}
