package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/internal/words"
)

// What formats show of many targets.

// fleetRow is a target in the table of targets and subjects.
type fleetRow struct {
	*fleetTarget
	status status
	cells  []fleetCell // one for each subject
}

// fleetCell is what the rules of a subject came to at one target; it has no mark if the target was not checked.
type fleetCell struct {
	status status
	counts string
}

// rows are the targets, the worst first.
func (f *Fleet) rows() []fleetRow {
	var rows []fleetRow
	subjects := f.subjects()
	for _, t := range f.targets {
		row := fleetRow{fleetTarget: t, status: statusOfExit(t.verdict.Exit), cells: make([]fleetCell, len(subjects))}
		if t.report != nil {
			for _, s := range t.report.subjects() {
				row.cells[slices.Index(subjects, s.name)] = fleetCell{s.worst, strings.Join(s.counts, ", ")}
			}
		}
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(a, b fleetRow) int {
		return cmp.Compare(slices.Index(worstFirst, a.verdict.Exit), slices.Index(worstFirst, b.verdict.Exit))
	})
	return rows
}

// red are the rows of the targets that are not conformant.
func (f *Fleet) red() []fleetRow {
	return slices.DeleteFunc(f.rows(), func(r fleetRow) bool { return r.verdict.Exit == contract.Conformant })
}

// statusOfExit is how a verdict is shown.
func statusOfExit(exit contract.Exit) status {
	switch exit {
	case contract.Conformant:
		return statusOf(contract.Pass)
	case contract.Violated:
		return statusOf(contract.Violation)
	case contract.TooLittle:
		return statusOf(contract.Inconclusive)
	}
	return statusOf(contract.Error)
}

// subjects are the subjects of all rules that were checked anywhere, in the order of the catalogue.
func (f *Fleet) subjects() []string {
	var subjects []string
	for _, t := range f.targets {
		if t.report == nil {
			continue
		}
		for i := range t.report.Result.Rules {
			if s := t.report.Result.Rules[i].Rule.Subject(); !slices.Contains(subjects, s) {
				subjects = append(subjects, s)
			}
		}
	}
	return subjects
}

// text is what all targets came to, in one line.
func (f *Fleet) text() string {
	parts := []string{fmt.Sprintf("%d of %s conformant", f.count(contract.Conformant), words.Count(len(f.targets), "target"))}
	for _, exit := range worstFirst {
		if n := f.count(exit); n > 0 && exit != contract.Conformant {
			word := fleetVerdicts[exit]
			if exit == contract.TooLittle {
				word = "not tested enough"
			}
			parts = append(parts, fmt.Sprintf("%d %s", n, word))
		}
	}
	return strings.Join(parts, ", ")
}

// fleetCommon is what is wrong with several targets, and their names.
type fleetCommon struct {
	Text    string
	Targets []string
}

// common is what is wrong with two targets or more, what is most common first.
func (f *Fleet) common() []fleetCommon {
	var all []fleetCommon
	at := make(map[string]int)
	alike := make(map[int]bool) // problems of one kind, whose texts name different things
	for _, t := range f.targets {
		for _, reason := range t.reasons() {
			i, ok := at[reason.key]
			if !ok {
				i = len(all)
				at[reason.key] = i
				all = append(all, fleetCommon{Text: reason.text})
			}
			if all[i].Text != reason.text {
				alike[i] = true
			}
			if names := &all[i].Targets; !slices.Contains(*names, t.name) {
				*names = append(*names, t.name)
			}
		}
	}
	for i := range alike {
		all[i].Text = "a problem such as: " + all[i].Text
	}
	all = slices.DeleteFunc(all, func(c fleetCommon) bool { return len(c.Targets) < 2 })
	slices.SortStableFunc(all, func(a, b fleetCommon) int { return cmp.Compare(len(b.Targets), len(a.Targets)) })
	return all
}

// fleetReason is something that is wrong with a target. Reasons with the same key are the same.
type fleetReason struct{ key, text string }

// reasons are why a target is not conformant.
func (t *fleetTarget) reasons() []fleetReason {
	if t.problem != nil {
		return []fleetReason{{"problem " + cmp.Or(t.problem.Code, t.problem.Means), sentence(t.problem.Means)}}
	}
	var reasons []fleetReason
	causes := t.report.causes()
	for i := range causes {
		first := causes[i].first()
		if !t.report.counted(first) {
			continue
		}
		text := fmt.Sprintf("%s (%s): %s", first.rule.ID, first.kind(), first.rule.Sentence)
		if first.rule.Subject() == "delivery" { // the rule does not say what is in between; the finding does
			text += " Actual: " + sentence(cut(first.found[0].actual(), maxShort))
		}
		reasons = append(reasons, fleetReason{text, text})
	}
	return reasons
}

// commonLines are what is common, in words.
func (f *Fleet) commonLines() []string {
	lines := []string{}
	for _, c := range f.common() {
		lines = append(lines, c.line())
	}
	return lines
}

func (c *fleetCommon) line() string {
	return fmt.Sprintf("%s: %s (%s)", words.Count(len(c.Targets), "target"), c.Text, words.Some(c.Targets, maxNamed))
}
