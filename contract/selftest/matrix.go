package selftest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/faults"
)

// Matrix is what all runs came to.
type Matrix struct {
	Healthy []*Run // in the order of Profiles
	Broken  []*Run // in the order of faults.All
}

// unkillable are the rules that say MUST and that no server can break in a run, with the reason.
var unkillable = map[string]string{
	"document/request": "it blames the caller, and the suite asks wrong questions on purpose",
}

// Killers are the names of the faults that each rule notices, of those that claim it.
func (m *Matrix) Killers() map[string][]string {
	killers := make(map[string][]string)
	for _, r := range m.Broken {
		for _, rule := range r.Fault.Rules {
			if slices.Contains(r.Noticed, rule) {
				killers[rule] = append(killers[rule], r.Fault.Name)
			}
		}
	}
	return killers
}

// Problems are what is not as it has to be, one line each: in single runs, and rules that say MUST and that no fault
// kills. There are none if the suite can be trusted.
func (m *Matrix) Problems() (problems []string) {
	for _, r := range slices.Concat(m.Healthy, m.Broken) {
		for _, problem := range r.Problems {
			problems = append(problems, r.Name()+": "+problem)
		}
	}
	return append(problems, m.Unkilled()...)
}

// Unkilled are the problems with the rules that say MUST, one line each: no fault kills them. Nothing is said of them
// unless all faults were tried.
func (m *Matrix) Unkilled() (problems []string) {
	if len(m.Broken) < len(faults.All()) {
		return nil
	}
	killers := m.Killers()
	for _, rule := range contract.Catalogue() {
		_, excused := unkillable[rule.ID]
		switch killed := len(killers[rule.ID]) > 0; {
		case rule.Level == contract.Must && !killed && !excused:
			problems = append(problems, rule.ID+": no fault kills it")
		case killed && excused:
			problems = append(problems, rule.ID+": it is said that no server can break it, but a fault does")
		}
	}
	return problems
}

// Summary says in a line how many there are of everything.
func (m *Matrix) Summary() string {
	verdicts := make(map[faults.Verdict]int)
	for _, r := range m.Broken {
		verdicts[r.Fault.Verdict]++
	}
	must, killed := 0, 0
	killers := m.Killers()
	for _, rule := range contract.Catalogue() {
		if rule.Level == contract.Must {
			must++
			if len(killers[rule.ID]) > 0 {
				killed++
			}
		}
	}
	return fmt.Sprintf("%d faults: %d violations, %d drifts, %d that hide something, %d that are none; %d of the %d rules that say MUST killed; %d profiles.",
		len(m.Broken), verdicts[faults.Violates], verdicts[faults.Drifts], verdicts[faults.Obscures], verdicts[faults.Conforms],
		killed, must, len(m.Healthy))
}

// Markdown is the matrix as a document. Only what is the same in every run is in it.
func (m *Matrix) Markdown() string {
	var b strings.Builder
	b.WriteString("# The force of the suite\n\nMade by `go test ./contract/faults -run Force -update`, and by `glagents selftest` on a terminal; not to be edited.\n\n")
	b.WriteString(m.Summary() + "\n\n")
	var profiles []string
	for _, r := range m.Healthy {
		profiles = append(profiles, r.Profile.String())
	}
	fmt.Fprintf(&b, "The healthy fake is green as %s: no violation, no drift, no error, nothing left behind.\n\n", strings.Join(profiles, ", "))
	b.WriteString("Each fault is switched on by itself, in the newest release to which it makes a difference. Each of the rules that claim it has to notice, and nothing else may be set off but what is listed, with the reason. Afterwards what was there before is as it was, byte for byte, and what the run made is gone, unless the fault itself forbids that.\n")

	b.WriteString("\n## What each fault is noticed by\n")
	subject := ""
	for _, r := range m.Broken {
		f := r.Fault
		if f.Subject != subject {
			subject = f.Subject
			fmt.Fprintf(&b, "\n### %s\n\n| fault | the server | is noticed by | may set off too |\n|---|---|---|---|\n", subject)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.Name, cell(f.Explains), noticed(f), exceptions(f))
	}

	b.WriteString("\n## What each rule notices\n\n| rule | | faults |\n|---|---|---|\n")
	killers := m.Killers()
	for _, rule := range contract.Catalogue() {
		text := "none"
		if names := killers[rule.ID]; len(names) > 0 {
			text = list(names)
		} else if why := unkillable[rule.ID]; why != "" {
			text += ": " + why
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", rule.ID, rule.Level, text)
	}
	return b.String()
}

func noticed(f *faults.Fault) string {
	switch f.Verdict {
	case faults.Drifts:
		return list(f.Rules) + " (drift)"
	case faults.Obscures:
		return list(f.Rules) + " (inconclusive)"
	case faults.Conforms:
		return "nothing, as it is allowed"
	}
	return list(f.Rules)
}

// exceptions are what a fault may set off or do beside, with the reasons.
func exceptions(f *faults.Fault) string {
	var parts []string
	if len(f.Also) > 0 {
		parts = append(parts, list(f.Also)+": "+f.Because)
	}
	if f.Harms != "" {
		parts = append(parts, "it harms agents that were there before: "+f.Harms)
	}
	if f.Keeps != "" {
		parts = append(parts, "something may be left, or said to be: "+f.Keeps)
	}
	return cell(strings.Join(parts, ". "))
}

func list(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return "`" + strings.Join(slices.Sorted(maps.Keys(set(ids))), "`, `") + "`"
}

func set(ids []string) map[string]bool {
	s := make(map[string]bool, len(ids))
	for _, id := range ids {
		s[id] = true
	}
	return s
}

func cell(s string) string { return strings.ReplaceAll(s, "|", "\\|") }
