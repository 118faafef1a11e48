// Package faults breaks the fake GitLab on purpose, in one way at a time. It is used to show that the suite notices (see
// FORCE.md), and by anybody whose own tests need a broken GitLab.
//
// Each subject has a file with a table. A fault of a known shape is one line in it; change.go and the files beside it have
// the shapes. A fault knows the fake and the HTTP exchange, and nothing about the caller but its role.
package faults

import (
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// Fault is one way in which a server departs from GitLab.
type Fault struct {
	Name     string // such as "secret-in-list"
	Subject  string // what it is about, such as "secrets"
	Explains string // what the server does wrong, in one sentence

	// Change is what the server does otherwise.
	Change Change

	// Verdict is what a check has to make of it.
	Verdict Verdict
	// Rules are the ids of the rules that claim to notice it. Each of them has to.
	Rules []string
	// Also are the ids of other rules that it may set off, and Because says why that is no false alarm.
	Also    []string
	Because string

	// Since and Until are the GitLab releases in which it makes a difference, from Since to before Until. Edition is the
	// edition. A zero value means no limit.
	Since, Until fakegitlab.Release
	Edition      string

	// ByID says that a check has to name the project by its id, because the project's path is not found.
	ByID bool

	// Harms says what it does to agents that were there before the check, if anything.
	Harms string
	// Keeps says why a check may leave something behind, or say so. If it is empty, a check can remove everything.
	Keeps string
}

// Verdict is what a check has to make of a fault.
type Verdict int

// The verdicts.
const (
	Violates Verdict = iota // a rule is violated
	Drifts                  // something harmless that the document does not know
	Obscures                // no rule is violated, but what it hides is inconclusive
	Conforms                // unusual, and allowed
)

func (v Verdict) String() string {
	return [...]string{"violation", "drift", "inconclusive", "conformant"}[v]
}

// All returns every fault, in reading order.
func All() []Fault {
	var all []Fault
	for _, subject := range []struct {
		name   string
		faults []Fault
	}{
		{"secrets", secrets()},
		{"lifecycle", lifecycles()},
		{"token limit", limits()},
		{"what is created", creations()},
		{"stale and unstable answers", stale()},
		{"roles", roles()},
		{"authentication", authentication()},
		{"visibility", visibility()},
		{"agent names", names()},
		{"token names and descriptions", tokens()},
		{"bodies", bodies()},
		{"statuses", statuses()},
		{"errors", errorBodies()},
		{"parameters", parameters()},
		{"pagination", pagination()},
		{"headers", headers()},
		{"conditional requests", conditional()},
		{"paths", paths()},
		{"transport", transport()},
	} {
		for _, f := range subject.faults {
			f.Subject = subject.name
			f.Also = slices.DeleteFunc(slices.Clone(f.Also), func(rule string) bool { return slices.Contains(f.Rules, rule) })
			all = append(all, f)
		}
	}
	return all
}

// Named returns the fault with a name. The error says what to do about an unknown name.
func Named(name string) (Fault, error) {
	var similar []string
	for _, f := range All() {
		if f.Name == name {
			return f, nil
		}
		if name != "" && strings.Contains(f.Name, name) {
			similar = append(similar, f.Name)
		}
	}
	if len(similar) > 0 {
		return Fault{}, fmt.Errorf("there is no fault %q; there are %s", name, strings.Join(similar, ", "))
	}
	return Fault{}, fmt.Errorf("there is no fault %q: `glagents faults` lists them", name)
}

// Matching returns the faults whose names match any of the patterns, which are those of [path.Match], such as secret-*.
// Without patterns it returns all faults. A pattern that matches no fault is an error.
func Matching(patterns ...string) ([]Fault, error) {
	all := All()
	if len(patterns) == 0 {
		return all, nil
	}
	wanted := make(map[string]bool)
	for _, pattern := range patterns {
		used := false
		for i := range all {
			ok, err := path.Match(pattern, all[i].Name)
			if err != nil {
				return nil, fmt.Errorf("the pattern %q cannot be read: %w", pattern, err)
			}
			used = used || ok
			wanted[all[i].Name] = wanted[all[i].Name] || ok
		}
		if !used {
			return nil, fmt.Errorf("the pattern %q matches no fault: `glagents faults` lists them", pattern)
		}
	}
	return slices.DeleteFunc(all, func(f Fault) bool { return !wanted[f.Name] }), nil
}

// Options returns the options that switch on the part of the faults that is inside the fake. [Around] adds the other part.
func Options(faults ...Fault) []fakegitlab.Option {
	var options []fakegitlab.Option
	for i := range faults {
		for _, deviation := range faults[i].Change.Deviations() {
			options = append(options, fakegitlab.Deviate(deviation))
		}
	}
	return options
}

// Around puts the handlers of the faults around a fake. The first fault is the outermost.
func Around(fake http.Handler, faults ...Fault) http.Handler {
	for i := len(faults) - 1; i >= 0; i-- {
		fake = faults[i].Change.Around(fake)
	}
	return fake
}

// In reports whether the fault makes a difference in a release and edition of GitLab.
func (f *Fault) In(release fakegitlab.Release, edition string) bool {
	return release.AtLeast(f.Since.Major, f.Since.Minor) &&
		(f.Until == fakegitlab.Release{} || !release.AtLeast(f.Until.Major, f.Until.Minor)) &&
		(f.Edition == "" || f.Edition == edition)
}
