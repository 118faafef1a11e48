package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"example.com/gitlab-agents/contract"
)

// Fleet is what the checks of many targets came to. A target is kept in a form that JSON can hold, so that a report that is
// joined from files says the same as one that was made at once.
type Fleet struct {
	Started  time.Time
	Duration time.Duration
	targets  []*fleetTarget // by name
	one      bool           // it was read from the report of one target
}

// fleetTarget is one target: its report, or why it could not be checked.
type fleetTarget struct {
	name    string
	url     string
	verdict jsonVerdict
	problem *contract.Problem // nil if it was checked
	left    []string          // what a check that could not begin left behind
	report  *Report           // nil if it could not be checked
}

// Add adds a target that was checked. Secrets are removed now, so the redactor of the report is not kept.
func (f *Fleet) Add(name string, r *Report) {
	j := r.json()
	j.Verdict.Text = asKeys.Replace(j.Verdict.Text)
	for i := range j.Verdict.Lines {
		j.Verdict.Lines[i] = asKeys.Replace(j.Verdict.Lines[i])
	}
	for i := range j.Rules {
		j.Rules[i].Reason = asKeys.Replace(j.Rules[i].Reason)
	}
	f.insert(fromJSON(name, j))
}

// asKeys calls by their keys in the file of targets what the check of one target calls flags and variables.
var asKeys = strings.NewReplacer(
	"GITLAB_DEVELOPER_TOKEN", "tokens.developer", "GITLAB_GUEST_TOKEN", "tokens.guest", "GITLAB_STRANGER_TOKEN", "tokens.stranger",
	"GITLAB_READER_TOKEN", "tokens.reader", "GITLAB_EXPIRED_TOKEN", "tokens.expired", "--read-only", "read_only",
	"--other-project", "other_project", "--ca-file", "ca_file", "--gitlab-version", "gitlab_version", "--edition", "edition",
)

// AddProblem adds a target that could not be checked. Its texts must be free of secrets.
func (f *Fleet) AddProblem(name, url string, exit contract.Exit, problem contract.Problem, left []string) {
	problem.Said = Printable(problem.Said) // GitLab's own words stay
	for _, text := range []*string{&problem.Means, &problem.Do} {
		*text = asKeys.Replace(Printable(*text))
	}
	verdict := jsonVerdict{Exit: exit, Verdict: fleetVerdicts[exit], Text: fleetVerdicts[exit] + ": " + sentence(problem.Means), Lines: []string{}}
	for _, line := range []string{verdict.Text, said(problem.Said), sentence(problem.Do)} {
		if line != "" {
			verdict.Lines = append(verdict.Lines, line)
		}
	}
	shown := []string{}
	for _, line := range left {
		shown = append(shown, Printable(line))
	}
	f.insert(&fleetTarget{name: Printable(name), url: Printable(url), verdict: verdict, problem: &problem, left: shown})
}

func said(text string) string {
	if text == "" {
		return ""
	}
	return "GitLab said: " + sentence(text)
}

func (f *Fleet) insert(t *fleetTarget) {
	i, _ := slices.BinarySearchFunc(f.targets, t, func(a, b *fleetTarget) int { return cmp.Compare(a.name, b.name) })
	f.targets = slices.Insert(f.targets, i, t)
}

// Join adds the targets of another fleet. A name that both have is an error.
func (f *Fleet) Join(other *Fleet) error {
	for _, t := range other.targets {
		if slices.ContainsFunc(f.targets, func(has *fleetTarget) bool { return has.name == t.name }) {
			return fmt.Errorf("the target %s occurs twice", t.name)
		}
	}
	for _, t := range other.targets {
		f.insert(t)
	}
	ends := f.Started.Add(f.Duration)
	if f.Started.IsZero() || !other.Started.IsZero() && other.Started.Before(f.Started) {
		f.Started = other.Started
	}
	if end := other.Started.Add(other.Duration); end.After(ends) {
		ends = end
	}
	f.Duration = ends.Sub(f.Started)
	return nil
}

// lines are the verdict from the first line to the last, with what a check that could not begin left behind.
func (t *fleetTarget) lines() []string {
	lines := slices.Clone(t.verdict.Lines)
	for _, left := range t.left {
		lines = append(lines, "Left behind: "+left)
	}
	return lines
}

// fleetVerdicts are the verdicts about targets. One that could not be checked has its own.
var fleetVerdicts = map[contract.Exit]string{
	contract.Conformant: verdictNames[contract.Conformant], contract.Violated: verdictNames[contract.Violated],
	contract.Failed: verdictNames[contract.Failed], contract.TooLittle: verdictNames[contract.TooLittle],
	contract.Usage: "could not be checked",
}

// worstFirst are the exit statuses, the one that prevails first.
var worstFirst = []contract.Exit{contract.Violated, contract.Failed, contract.Usage, contract.TooLittle, contract.Conformant}

// Exit says how a command with this report ends: as the worst of its targets.
func (f *Fleet) Exit() contract.Exit {
	for _, exit := range worstFirst {
		if f.count(exit) > 0 {
			return exit
		}
	}
	return contract.TooLittle // no target at all
}

func (f *Fleet) count(exit contract.Exit) int {
	n := 0
	for _, t := range f.targets {
		if t.verdict.Exit == exit {
			n++
		}
	}
	return n
}

// FleetFormat writes the reports of many targets as one.
type FleetFormat interface {
	// WriteFleet writes a report. Its errors are those of w.
	WriteFleet(w io.Writer, f *Fleet) error
}

// fromJSON is a target as its JSON report has it.
func fromJSON(name string, j *jsonReport) *fleetTarget {
	return &fleetTarget{name: Printable(name), url: Printable(j.Target), verdict: j.Verdict.printable(), report: j.report()}
}

// json is the target's report, as it was read.
func (t *fleetTarget) json() *jsonReport {
	j := t.report.json()
	j.Verdict = t.verdict
	return j
}

// report is a report that says the same as its JSON, apart from the exchanges.
func (j *jsonReport) report() *Report {
	release, _ := contract.ParseRelease(j.GitLab.Version)
	edition, _ := contract.ParseEdition(j.GitLab.Edition)
	result := &contract.Result{
		Target: j.Target, Project: j.Project, Release: release, Edition: edition, Roles: j.Roles, ReadOnly: j.ReadOnly, Ended: j.Ended,
		Started: j.Started, Duration: time.Duration(j.Seconds * float64(time.Second)), Exchanges: j.Summary.Exchanges, Judged: j.Summary.Judged, Repeated: j.Summary.Repeated,
		Dropped: j.Dropped, Scenarios: j.Scenarios, Coverage: j.Coverage, Left: j.Left, Kept: j.Kept, Latency: j.Latency,
	}
	for _, rule := range j.Rules {
		result.Rules = append(result.Rules, rule.result())
	}
	r := &Report{Result: result, Strict: j.Strict, Unread: j.Summary.Unread}
	for _, f := range j.Findings {
		result.Findings = append(result.Findings, f.Finding)
		if f.File != "" {
			r.Recorded = true
		}
		r.Files = append(r.Files, f.File)
	}
	if !r.Recorded {
		r.Files = nil
	}
	return r
}

// result is what became of a rule.
func (r *jsonRule) result() contract.RuleResult {
	return contract.RuleResult{
		Rule: r.rule(), Outcome: r.Outcome, Reason: contract.Reason{Code: r.ReasonCode, Text: r.Reason},
		Applied: r.Exchanges, Findings: r.Findings, Known: r.Known, Stale: r.Stale,
	}
}

// rule is the rule as the report has it.
func (r *jsonRule) rule() *contract.Rule {
	text := jsonText{r.ID, r.Level, r.Sentence, r.Source, r.Since, r.Until, r.Edition, r.Operations}
	return text.rule()
}

func (r *jsonText) rule() *contract.Rule {
	since, _ := contract.ParseRelease(r.Since)
	until, _ := contract.ParseRelease(r.Until)
	edition, _ := contract.ParseEdition(r.Edition)
	return &contract.Rule{
		ID: Printable(r.ID), Level: r.Level, Sentence: Printable(r.Sentence), Source: r.Source, Since: since, Until: until, Edition: edition, Operations: r.Operations,
	}
}
