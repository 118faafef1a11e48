package report

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/internal/words"
)

// Comparison is what changed from one JSON report to another. Its texts are printable.
type Comparison struct {
	Old, New Side
	Failing  []Change        // rules that are violated now, and were not
	Fixed    []Change        // rules that hold now, and were violated
	Lost     []Change        // rules that held, and were not tested to the end now
	Answers  []string        // what GitLab answers now, and did not, or no longer
	Latency  []LatencyChange // operations whose latency changed much
	Worse    bool            // a rule is newly violated, or what was conformant no longer is
}

// Side is one of the two reports.
type Side struct {
	Target  string
	GitLab  string // release and edition, as far as they are known
	Started time.Time
	Verdict string
}

// Change is what became of a rule.
type Change struct {
	Rule     string
	Level    string
	Sentence string
	Expected string // of the first finding; empty if there is none
	Actual   string
	Reason   string // why it was not tested to the end; empty if it was
}

// LatencyChange is a latency that changed.
type LatencyChange struct {
	Operation string
	Old, New  time.Duration // the medians
}

// ComparisonFormat writes comparisons.
type ComparisonFormat interface {
	// WriteComparison writes a comparison. Its errors are those of w.
	WriteComparison(w io.Writer, c *Comparison) error
}

// Compare reads two JSON reports and says what changed. Both are about one target, or both about many.
func Compare(old, new io.Reader) (*Comparison, error) {
	before, err := ReadFleet(old)
	if err != nil {
		return nil, fmt.Errorf("the old report: %w", err)
	}
	after, err := ReadFleet(new)
	if err != nil {
		return nil, fmt.Errorf("the new report: %w", err)
	}
	return CompareFleets(before, after)
}

// CompareFleets says what changed from one report to another. Both are about one target, or both about many.
func CompareFleets(before, after *Fleet) (*Comparison, error) {
	if before.one != after.one {
		return nil, errors.New("one report is about one target, and the other about many")
	}
	if !before.one {
		return compareFleets(before, after), nil
	}
	return compareReports(before.targets[0].json(), after.targets[0].json()), nil
}

// compareReports compares the reports of one target.
func compareReports(before, after *jsonReport) *Comparison {
	c := &Comparison{Old: before.side(), New: after.side(), Answers: changedAnswers(before, after), Latency: changedLatency(before, after)}
	c.compareRules(before, after)
	c.Worse = len(c.Failing) > 0 || before.Verdict.Exit == contract.Conformant && after.Verdict.Exit != contract.Conformant
	return c
}

func (j *jsonReport) side() Side {
	gitlab := ""
	if j.GitLab != (jsonGitLab{}) {
		gitlab = strings.Join(strings.Fields("GitLab "+j.GitLab.Version+" "+strings.ToUpper(j.GitLab.Edition)), " ")
	}
	return Side{Printable(j.Target), Printable(gitlab), j.Started, Printable(j.Verdict.Verdict)}
}

// compareRules compares what became of each rule. A rule that only one report has is left out: it was not selected.
func (c *Comparison) compareRules(before, after *jsonReport) {
	was := make(map[string]*jsonRule)
	for i := range before.Rules {
		was[before.Rules[i].ID] = &before.Rules[i]
	}
	for i := range after.Rules {
		is := &after.Rules[i]
		old, ok := was[is.ID]
		switch {
		case !ok:
		case is.Outcome == contract.Violation && old.Outcome != contract.Violation:
			c.Failing = append(c.Failing, after.change(is))
		case is.held() && old.Outcome == contract.Violation:
			c.Fixed = append(c.Fixed, after.change(is))
		case !is.held() && is.Outcome != contract.Violation && old.held():
			c.Lost = append(c.Lost, after.change(is))
		}
	}
}

// held says whether a rule was tested to the end, and held.
func (r *jsonRule) held() bool { return r.Outcome == contract.Pass || r.Outcome == contract.Drift }

// change is what became of a rule, with its first finding.
func (j *jsonReport) change(r *jsonRule) Change {
	c := Change{Rule: Printable(r.ID), Level: r.Level.String(), Sentence: Printable(r.Sentence), Reason: Printable(r.Reason)}
	for _, f := range j.Findings {
		if f.Rule == r.ID && f.Outcome == r.Outcome {
			f := finding{Finding: f.Finding}
			c.Expected, c.Actual = Printable(f.Expected), Printable(f.actual())
			break
		}
	}
	return c
}

// changedAnswers compares which statuses of each operation were seen, and which properties.
func changedAnswers(before, after *jsonReport) []string {
	was, is := before.answers(), after.answers()
	var lines []string
	for _, operation := range slices.Sorted(maps.Keys(is)) {
		if was[operation] == nil {
			continue
		}
		if added := missingFrom(was[operation], is[operation]); len(added) > 0 {
			lines = append(lines, Printable(operation+": new: "+strings.Join(added, ", ")))
		}
		if gone := missingFrom(is[operation], was[operation]); len(gone) > 0 {
			lines = append(lines, Printable(operation+": no longer: "+strings.Join(gone, ", ")))
		}
	}
	return lines
}

// answers are the statuses and properties of each operation that were seen.
func (j *jsonReport) answers() map[string][]string {
	answers := make(map[string][]string)
	for _, o := range j.Coverage.Operations {
		answers[o.Operation] = []string{}
		for _, s := range o.Statuses {
			if s.Seen > 0 {
				answers[o.Operation] = append(answers[o.Operation], fmt.Sprintf("status %d", s.Status))
			}
		}
		for _, p := range o.Values {
			if p.Seen > 0 {
				answers[o.Operation] = append(answers[o.Operation], p.Pointer)
			}
		}
	}
	return answers
}

// missingFrom are the names in the second list that are not in the first.
func missingFrom(names, more []string) []string {
	return slices.DeleteFunc(slices.Clone(more), func(name string) bool { return slices.Contains(names, name) })
}

// A latency changed much if it is at least so many times the other, and differs by at least so much.
const (
	muchSlower   = 1.5
	leastSlowing = 5 * time.Millisecond
)

func changedLatency(before, after *jsonReport) []LatencyChange {
	was := make(map[string]time.Duration)
	for _, l := range before.Latency {
		was[l.Operation] = l.Median
	}
	var changes []LatencyChange
	for _, l := range after.Latency {
		old, ok := was[l.Operation]
		slow, fast := max(old, l.Median), min(old, l.Median)
		if ok && slow-fast >= leastSlowing && float64(slow) >= muchSlower*float64(fast) {
			changes = append(changes, LatencyChange{Printable(l.Operation), old, l.Median})
		}
	}
	return changes
}

// section is a part of a comparison, in words.
type section struct {
	title string
	lines []sectionLine
}

// sectionLine is a line, and what belongs below it.
type sectionLine struct {
	text  string
	below []line
}

// sections are what changed, in words. Those in which nothing changed are left out.
func (c *Comparison) sections() []section {
	var sections []section
	add := func(title string, lines []sectionLine) {
		if len(lines) > 0 {
			sections = append(sections, section{title, lines})
		}
	}
	add("Newly failing", changeLines(c.Failing))
	add("Fixed", changeLines(c.Fixed))
	add("Held before, not tested to the end now", changeLines(c.Lost))
	var answers, latency []sectionLine
	for _, a := range c.Answers {
		answers = append(answers, sectionLine{text: a})
	}
	for _, l := range c.Latency {
		latency = append(latency, sectionLine{text: fmt.Sprintf("%s: %v → %v", l.Operation, l.Old.Round(time.Millisecond), l.New.Round(time.Millisecond))})
	}
	add("Changed answers", answers)
	add("Changed latency (median)", latency)
	return sections
}

func changeLines(changes []Change) []sectionLine {
	var lines []sectionLine
	for _, change := range changes {
		l := sectionLine{text: fmt.Sprintf("%s (%s): %s", change.Rule, change.Level, change.Sentence)}
		for _, below := range []line{{"expected", change.Expected}, {"actual", change.Actual}, {"because", change.Reason}} {
			if below.text != "" {
				l.below = append(l.below, line{below.label, cut(below.text, maxShort)})
			}
		}
		lines = append(lines, l)
	}
	return lines
}

// summary is what a comparison comes to.
func (c *Comparison) summary() (status, string) {
	counts := fmt.Sprintf("%s newly failing, %d fixed, %d no longer tested to the end.", words.Count(len(c.Failing), "rule"), len(c.Fixed), len(c.Lost))
	if c.Worse {
		return statusOf(contract.Violation), "worse: " + counts
	}
	return statusOf(contract.Pass), "not worse: " + counts
}

// String is a report in one line.
func (s Side) String() string {
	text := s.Target
	if s.GitLab != "" {
		text += " (" + s.GitLab + ")"
	}
	if !s.Started.IsZero() {
		text += ", " + s.Started.UTC().Format("2006-01-02 15:04")
	}
	return text + ": " + s.Verdict
}
