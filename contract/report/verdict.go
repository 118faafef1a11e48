package report

import (
	"fmt"
	"slices"
	"strings"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/internal/words"
	"example.com/gitlab-agents/contract/redact"
)

// counts are what a report comes to in numbers.
type counts struct {
	exchanges, judged, notOurs, unread, repeated int

	rules    map[contract.Outcome]int
	known    int                      // violated rules that are known to fail
	held     int                      // MUST rules that were tested and held
	musts    int                      // MUST rules in all
	findings map[contract.Outcome]int // those that were kept
}

func (r *Report) counts() counts {
	c := counts{
		exchanges: r.Result.Exchanges, judged: r.Result.Judged, unread: r.Unread, repeated: r.Result.Repeated,
		notOurs:  r.Result.Exchanges - r.Result.Judged - r.Unread - r.Result.Repeated,
		rules:    r.Result.Counts(),
		findings: make(map[contract.Outcome]int),
	}
	for _, rule := range r.Result.Rules {
		if rule.Rule.Level == contract.Must {
			c.musts++
			if rule.Outcome == contract.Pass || rule.Outcome == contract.Drift {
				c.held++
			}
		}
		if rule.Outcome == contract.Violation && rule.Known {
			c.known++
		}
	}
	for _, f := range r.Result.Findings {
		c.findings[f.Outcome]++
	}
	return c
}

// verdict is what a report comes to, in words.
type verdict struct {
	status  status   // how it is shown
	short   string   // in two or three words
	holds   string   // what holds, at which target, in how many requests, by which roles
	wrong   []string // what is wrong, a line for each cause, the most fundamental first
	open    []string // what is not known: why not enough was tested, and which rules are inconclusive
	testing []string // what was not tested, and what would help
	last    string   // what was kept and what was left behind; empty if nothing was
}

// lines are the verdict from the first line to the last.
func (v *verdict) lines() []string {
	lines := []string{v.short + ": " + v.holds}
	lines = append(lines, v.wrong...)
	lines = append(lines, v.open...)
	lines = append(lines, v.testing...)
	if v.last != "" {
		lines = append(lines, v.last)
	}
	return lines
}

// maxNamed is how many rules or causes a line of the verdict names.
const maxNamed = 8

func (r *Report) verdict() verdict {
	v := verdict{
		holds: r.whatHolds(), wrong: r.whatIsWrong(), open: r.whatIsOpen(), testing: r.whatWasNotTested(), last: r.whatIsLeft(),
	}
	v.status, v.short = r.short()
	return v
}

// short is the verdict in a few words. That something was left behind is said beside a violation.
func (r *Report) short() (status, string) {
	failed := len(r.Result.Left) > 0 || len(r.internal()) > 0
	switch exit := r.Exit(); {
	case exit == contract.Violated && failed:
		return statusOf(contract.Violation), "not conformant, and the check failed"
	case exit == contract.Violated:
		return statusOf(contract.Violation), "not conformant"
	case exit == contract.Failed:
		return statusOf(contract.Error), "the check failed"
	case exit == contract.Conformant:
		return statusOf(contract.Pass), "conformant"
	}
	return statusOf(contract.Inconclusive), "not enough was tested"
}

// whatHolds is the first line: how many rules hold, at which target, in how many requests, by which roles.
func (r *Report) whatHolds() string {
	c := r.counts()
	text := fmt.Sprintf("%d of %d MUST rules hold", c.held, c.musts)
	if r.Result.Target != "" {
		text += " at " + r.where()
	}
	if c.judged > 0 {
		text += ", in " + words.Count(c.judged, "request")
	}
	if roles := r.roles(); roles != "" {
		text += " by " + roles
	}
	if r.Result.ReadOnly {
		text += ", which only read"
	}
	return text + "."
}

// target is what was judged.
func (r *Report) target() string {
	if r.Fake {
		return "the built-in fake, " + r.shown(r.Result.Target)
	}
	return r.shown(r.Result.Target)
}

// where is the target with what is known of it.
func (r *Report) where() string {
	where, about := r.shown(r.Result.Target), []string(nil)
	if r.Fake {
		where, about = "the built-in fake", []string{where}
	}
	if gitlab := r.gitlab(); gitlab != "" {
		about = append(about, gitlab)
	}
	if r.Result.Project != "" {
		about = append(about, "project "+r.shown(r.Result.Project))
	}
	if len(about) > 0 {
		where += " (" + strings.Join(about, ", ") + ")"
	}
	return where
}

// gitlab is the release and edition of the GitLab, as far as they are known.
func (r *Report) gitlab() string {
	release, edition := r.Result.Release.String(), strings.ToUpper(r.Result.Edition.String())
	if release == "" && edition == "" {
		return ""
	}
	return strings.Join(strings.Fields("GitLab "+release+" "+edition), " ")
}

func (r *Report) roles() string {
	var names []string
	for _, role := range r.Result.Roles {
		names = append(names, role.String())
	}
	return words.List(names, "and")
}

// whatIsWrong is a line for each cause, the most fundamental first: why the check ended early, what something in between
// answered, and what the server did.
func (r *Report) whatIsWrong() []string {
	var lines []string
	if p := r.Result.Ended; p != nil {
		lines = append(lines, "The check ended early: "+r.problem(p))
	}
	if r.Partial != "" {
		lines = append(lines, "Not everything was judged: "+r.shown(r.Partial)+".")
	}
	causes := r.causes()
	more := 0
	for i := range causes {
		line := "Wrong: " + causes[i].sentence()
		switch {
		case !r.counted(causes[i].first()) || slices.Contains(lines, line):
		case len(lines) >= maxNamed:
			more++
		default:
			lines = append(lines, line)
		}
	}
	if more > 0 {
		lines = append(lines, fmt.Sprintf("Wrong: %s.", words.Count(more, "other cause")))
	}
	if stale := r.stale(); len(stale) > 0 {
		lines = append(lines, "Known failures that pass, and fail the check until they are off the list: "+words.Some(stale, maxNamed)+".")
	}
	if internal := r.internal(); len(internal) > 0 {
		lines = append(lines, "Not tested because of an internal error: "+words.Some(internal, maxNamed)+".")
	}
	return lines
}

// counted says whether a failure is a violation that nobody knew of.
func (r *Report) counted(f *failure) bool { return f.outcome == contract.Violation && !f.known }

// problem is a problem in one line.
func (r *Report) problem(p *contract.Problem) string {
	text := sentence(r.shown(p.Means))
	if p.Said != "" {
		text += " GitLab said: " + sentence(r.shown(p.Said))
	}
	if p.Do != "" {
		text += " " + sentence(r.shown(p.Do))
	}
	return text
}

// sentence is a text with a full stop.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".!?") {
		return s
	}
	return s + "."
}

// stale are the rules that are known to fail, but passed.
func (r *Report) stale() []string {
	return r.ids(func(rule *contract.RuleResult) bool { return rule.Stale })
}

// internal are the rules that a fault of ours spoiled.
func (r *Report) internal() []string {
	return r.ids(func(rule *contract.RuleResult) bool {
		return rule.Outcome == contract.Error && rule.Reason.Code == contract.ReasonInternal
	})
}

func (r *Report) ids(is func(*contract.RuleResult) bool) []string {
	var ids []string
	for i := range r.Result.Rules {
		if is(&r.Result.Rules[i]) {
			ids = append(ids, r.Result.Rules[i].Rule.ID)
		}
	}
	return ids
}

// whatIsOpen says why not enough was tested, and names the inconclusive rules.
func (r *Report) whatIsOpen() []string {
	var lines []string
	if missing := r.missing(); len(missing) > 0 && r.Exit() != contract.Conformant {
		lines = append(lines, "Not enough was tested: "+strings.Join(missing, "; ")+".")
	}
	if len(r.Result.Scenarios) == 0 { // those of a check are meant so
		for _, miss := range r.Result.Misses {
			lines = append(lines, "Not judged: "+r.shown(miss)+".")
		}
	}
	for _, reason := range r.inconclusive() {
		line := "Inconclusive: " + words.Some(reason.ids, maxNamed)
		if reason.reason != "" {
			line += " (" + reason.reason + ")"
		}
		lines = append(lines, line+".")
	}
	return lines
}

// missing is what keeps the result from being conformant, apart from violations.
func (r *Report) missing() []string {
	if c := r.counts(); c.judged == 0 && c.exchanges > 0 {
		return []string{fmt.Sprintf("none of the %s is with the Agents API (/api/v4/projects/…/cluster_agents)", words.Count(c.exchanges, "exchange"))}
	}
	var missing []string
	for _, m := range r.Result.Missing() {
		missing = append(missing, r.shown(m))
	}
	return missing
}

// whatWasNotTested counts the untested rules, and says what would make the most rules testable.
func (r *Report) whatWasNotTested() []string {
	var lines []string
	n := 0
	for _, reason := range r.untested() {
		n += len(reason.ids)
	}
	if n > 0 {
		most := r.untested()[0]
		line := fmt.Sprintf("Not tested: %s", words.Count(n, "rule"))
		if len(r.untested()) > 1 {
			line += fmt.Sprintf(", %d of them because of this: %s.", len(most.ids), most.reason)
		} else {
			line += ": " + most.reason + "."
		}
		lines = append(lines, line)
	}
	if do, rules := r.advice(); rules > 0 {
		lines = append(lines, fmt.Sprintf("To test %s, %s.", words.Count(rules, "more rule"), do))
	}
	return lines
}

// whatIsLeft says what was kept and what could not be removed, and how to remove it.
func (r *Report) whatIsLeft() string {
	var parts []string
	if kept := r.shownAll(r.Result.Kept); len(kept) > 0 {
		it := "them"
		if len(kept) == 1 {
			it = "it"
		}
		parts = append(parts, fmt.Sprintf("Kept: %s. `%s` removes %s.", apart(kept, maxNamed), r.sweep(), it))
	}
	if left := r.shownAll(r.Result.Left); len(left) > 0 {
		parts = append(parts, fmt.Sprintf("Left behind: %s. `%s` removes what it can.", apart(left, maxNamed), r.sweep()))
	}
	return strings.Join(parts, " ")
}

// sweep is the command that removes what was left.
func (r *Report) sweep() string {
	command := "glagents sweep"
	if r.Result.Target != "" {
		command += " --url " + r.shown(r.Result.Target)
	}
	if r.Journal != "" {
		command += " --journal " + r.shown(redact.Word(r.Journal))
	}
	return command
}

func (r *Report) shownAll(texts []string) []string {
	var shown []string
	for _, text := range texts {
		shown = append(shown, r.shown(text))
	}
	return shown
}
