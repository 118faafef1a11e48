package selftest

import (
	"fmt"
	"slices"
	"strings"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/faults"
	"example.com/gitlab-agents/contract/internal/words"
)

// Matrix is the result of all runs.
type Matrix struct {
	Healthy []*Run // in the order of Profiles
	Broken  []*Run // in the order of faults.All
}

// unkillable are the rules that say MUST and that no server can break in a run, with the reason.
var unkillable = map[string]string{
	"document/request": "it blames the caller, and the suite sends invalid requests on purpose",
}

// Killers returns the names of the faults that each rule notices, of those that it claims.
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

// Problems returns what is wrong, one line each: in single runs, and rules that no fault kills. If there are none, the
// suite can be trusted.
func (m *Matrix) Problems() (problems []string) {
	for _, r := range slices.Concat(m.Healthy, m.Broken) {
		for _, problem := range r.Problems {
			problems = append(problems, r.Name()+": "+problem)
		}
	}
	return append(problems, m.Unkilled()...)
}

// Unkilled returns a line for each rule that says MUST and that no fault kills. It returns none unless all faults were
// tried.
func (m *Matrix) Unkilled() (problems []string) {
	if len(m.Broken) < len(faults.All()) {
		return nil
	}
	killers := m.Killers()
	for _, rule := range contract.Rules() {
		_, excused := unkillable[rule.ID]
		switch killed := len(killers[rule.ID]) > 0; {
		case rule.Level == contract.Must && !killed && !excused:
			problems = append(problems, rule.ID+": it is a MUST, and no fault violates it")
		case killed && excused:
			problems = append(problems, rule.ID+": a fault violates it, and it is on the list of rules that no server can violate")
		}
	}
	return problems
}

// NotSetOff returns a line for each fault that may set off more rules than it did in these runs. That depends on the order
// of requests; a rule that is never set off can leave the fault's Also.
func (m *Matrix) NotSetOff() (lines []string) {
	for _, r := range m.Broken {
		spare := slices.DeleteFunc(slices.Clone(r.Fault.Also), func(rule string) bool { return slices.Contains(r.Noticed, rule) })
		if len(spare) > 0 {
			lines = append(lines, r.Name()+" did not set off "+strings.Join(spare, ", "))
		}
	}
	return lines
}

// Summary returns a line with the numbers.
func (m *Matrix) Summary() string {
	verdicts := make(map[faults.Verdict]int)
	for _, r := range m.Broken {
		verdicts[r.Fault.Verdict]++
	}
	must, violated := 0, 0
	killers := m.Killers()
	for _, rule := range contract.Rules() {
		if rule.Level != contract.Must {
			continue
		}
		must++
		if len(killers[rule.ID]) > 0 {
			violated++
		}
	}
	return fmt.Sprintf("%s: %s, %s, %d inconclusive, %d allowed. They violate %d of the %d MUST rules. %s of the healthy fake: %s.",
		words.Count(len(m.Broken), "fault"), words.Count(verdicts[faults.Violates], "violation"), words.Count(verdicts[faults.Drifts], "drift"),
		verdicts[faults.Obscures], verdicts[faults.Conforms], violated, must, words.Count(len(m.Healthy), "run"), m.found())
}

// found says whether something was found on the healthy fake.
func (m *Matrix) found() string {
	wrong := 0
	for _, r := range m.Healthy {
		wrong += len(r.Problems)
	}
	if wrong == 0 {
		return "nothing was found"
	}
	return words.Count(wrong, "problem")
}
