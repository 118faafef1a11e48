// Package faults breaks the fake GitLab on purpose, in one way at a time, so that whatever is to notice can show that it
// does: the suite (see FORCE.md), and anybody's own tests.
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

	// Verdict is what a check has to make of it.
	Verdict Verdict
	// Rules are the ids of the rules that claim to notice; each of them has to.
	Rules []string
	// Also are the ids of further rules that it may break, and Because says why these are no false alarms. What it may
	// break depends on the order in which requests come.
	Also    []string
	Because string

	// Since and Until are the GitLab releases to which it makes a difference, and Edition the edition. Until is the first
	// that it makes none to. What is zero is no limit.
	Since, Until fakegitlab.Release
	Edition      string

	// ByID says that a check has to name the project by its id, as it is not found by its path.
	ByID bool

	// Harms says what it does to agents that were there before, which no caller can help; empty if nothing.
	Harms string
	// Keeps says why what a check makes may stay; empty if a check can remove it all.
	Keeps string

	// Deviation makes a new deviation with a memory of its own, and Wrap a handler around the fake. Either may be nil.
	Deviation func() *fakegitlab.Deviation
	Wrap      func(http.Handler) http.Handler
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

// All is every fault, in reading order.
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

// Named is the fault of a name. The error says what to do about a name that there is not.
func Named(name string) (Fault, error) {
	var alike []string
	for _, f := range All() {
		if f.Name == name {
			return f, nil
		}
		if name != "" && strings.Contains(f.Name, name) {
			alike = append(alike, f.Name)
		}
	}
	if len(alike) > 0 {
		return Fault{}, fmt.Errorf("there is no fault %q; there are %s", name, strings.Join(alike, ", "))
	}
	return Fault{}, fmt.Errorf("there is no fault %q: `glagents faults` lists them", name)
}

// Matching are the faults whose names match one of several patterns of [path.Match], such as secret-*; all, if there is
// none. A pattern that matches no fault is an error.
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

// Options switch faults on in a fake. Those that are handlers around it, [Around] puts there.
func Options(faults ...Fault) []fakegitlab.Option {
	var options []fakegitlab.Option
	for i := range faults {
		if faults[i].Deviation != nil {
			options = append(options, fakegitlab.Deviate(faults[i].Deviation()))
		}
	}
	return options
}

// Around puts the handlers of faults around a fake, the first one outermost.
func Around(fake http.Handler, faults ...Fault) http.Handler {
	for i := len(faults) - 1; i >= 0; i-- {
		if faults[i].Wrap != nil {
			fake = faults[i].Wrap(fake)
		}
	}
	return fake
}

// In says whether the fault makes a difference to a GitLab of that release and edition.
func (f *Fault) In(release fakegitlab.Release, edition string) bool {
	return release.AtLeast(f.Since.Major, f.Since.Minor) &&
		(f.Until == fakegitlab.Release{} || !release.AtLeast(f.Until.Major, f.Until.Minor)) &&
		(f.Edition == "" || f.Edition == edition)
}
