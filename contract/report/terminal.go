package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"example.com/gitlab-agents/contract"
)

// Terminal writes what a person reads: the results by subject, each failure, the summary, the verdict.
type Terminal struct {
	Color   bool // with ANSI colours
	Verbose bool // with each cell of the coverage that was not seen
	Quiet   bool // the verdict only
}

// maxShown is how many failures a terminal shows.
const maxShown = 100

// Write writes a report.
func (t Terminal) Write(w io.Writer, r *Report) error {
	var b bytes.Buffer
	if !t.Quiet {
		t.subjects(&b, r)
		failures := r.failures()
		for i := range failures[:min(len(failures), maxShown)] {
			t.failure(&b, r, &failures[i])
		}
		if n := len(failures) - maxShown; n > 0 {
			fmt.Fprintf(&b, "and %s; a JSON report has them all\n\n", count(n, "failure more", "failures more"))
		}
		t.incomplete(&b, r)
		t.summary(&b, r)
	}
	v := r.verdict()
	fmt.Fprintf(&b, "%s %s\n", t.paint(v.outcome, mark(v.outcome)+" "+v.short+":"), v.long)
	_, err := w.Write(b.Bytes())
	return err
}

// subjects writes a line for each subject, with how many of its rules came to what. Rules that do not hold for the
// GitLab, or need what only a live check does, are left to the summary.
func (t Terminal) subjects(b *bytes.Buffer, r *Report) {
	var order []string
	counts := make(map[string]map[contract.Outcome]int)
	for _, rule := range r.Result.Rules {
		subject, _, _ := strings.Cut(rule.Rule.ID, "/")
		if counts[subject] == nil {
			counts[subject] = make(map[contract.Outcome]int)
			order = append(order, subject)
		}
		counts[subject][rule.Outcome]++
	}
	for _, subject := range order {
		worst := contract.Untested
		var parts []string
		for outcome := contract.Untested; outcome <= contract.Violation; outcome++ {
			n := counts[subject][outcome]
			if n == 0 {
				continue
			}
			worst = outcome
			parts = append(parts, fmt.Sprintf("%d %s", n, outcomeWord(outcome)))
		}
		fmt.Fprintf(b, "%s  %-16s %s\n", t.paint(worst, mark(worst)), subject, strings.Join(parts, ", "))
	}
	fmt.Fprintln(b)
}

// outcomeWord says what rules came to.
func outcomeWord(o contract.Outcome) string {
	switch o {
	case contract.Pass:
		return "passed"
	case contract.Violation:
		return "violated"
	}
	return o.String()
}

func (t Terminal) failure(b *bytes.Buffer, r *Report, f *failure) {
	fmt.Fprintln(b, t.paint(f.outcome, mark(f.outcome)+" "+f.title()))
	for _, l := range r.lines(f) {
		fmt.Fprintln(b, "    "+l.String())
	}
	fmt.Fprintln(b)
}

// incomplete writes what could not be brought to an end, and what was left behind.
func (t Terminal) incomplete(b *bytes.Buffer, r *Report) {
	before := b.Len()
	for _, rule := range r.incomplete() {
		title := t.paint(rule.Outcome, mark(rule.Outcome)+" "+rule.Rule.ID)
		fmt.Fprintf(b, "%s  %s: %s\n", title, rule.Outcome, printableLines(r.redact(rule.Reason.Text)))
	}
	for _, rule := range r.Result.Rules {
		if rule.Stale {
			fmt.Fprintf(b, "%s  is on the list of known failures, but passed\n", t.paint(contract.Violation, "✗ "+rule.Rule.ID))
		}
	}
	for _, left := range r.Result.Left {
		fmt.Fprintf(b, "%s  %s\n", t.paint(contract.Error, "! left behind"), r.shown(left))
	}
	if b.Len() > before {
		fmt.Fprintln(b)
	}
}

func (t Terminal) summary(b *bytes.Buffer, r *Report) {
	c := r.counts()
	row := func(label, format string, args ...any) {
		fmt.Fprintf(b, "%-10s%s\n", label, fmt.Sprintf(format, args...))
	}
	if r.Result.Target != "" {
		row("target", "%s%s", r.shown(r.Result.Target), r.gitlab())
	}
	exchanges := fmt.Sprintf("%d: %d judged, %d not ours", c.exchanges, c.judged, c.notOurs)
	if c.unread > 0 {
		exchanges += fmt.Sprintf(", %d not readable", c.unread)
	}
	row("exchanges", "%s", exchanges)
	row("rules", "%s", c.ruleText())
	row("findings", "%s", c.findingText(r.Result.Dropped))
	label := "untested"
	for _, u := range r.untested() {
		row(label, "%4d  %s", u.rules, u.reason)
		label = ""
	}
	statuses, properties, nulls, values := r.shares()
	coverage := fmt.Sprintf("statuses %v", statuses)
	if properties.all > 0 {
		coverage += fmt.Sprintf(", properties %v, nulls %v, enum values %v", properties, nulls, values)
	}
	row("coverage", "%s", coverage)
	fmt.Fprintln(b)
	for _, l := range r.table().text() {
		fmt.Fprintln(b, strings.TrimRight("    "+l, " "))
	}
	fmt.Fprintf(b, "    %s not seen   ! not in the document\n\n", unseen)
	if t.Verbose {
		for _, gap := range r.gaps() {
			fmt.Fprintln(b, "    not seen  "+gap)
		}
		fmt.Fprintln(b)
	}
}

// gitlab is the version and edition of the GitLab, as far as they are known.
func (r *Report) gitlab() string {
	switch release, edition := r.Result.Release.String(), strings.ToUpper(r.Result.Edition.String()); {
	case release == "" && edition == "":
		return ""
	default:
		return " (" + strings.Join(strings.Fields("GitLab "+release+" "+edition), " ") + ")"
	}
}

func (c *counts) ruleText() string {
	text := fmt.Sprintf("%d passed, %d violated, %d drift, %d error, %d inconclusive, %d untested",
		c.rules[contract.Pass], c.rules[contract.Violation], c.rules[contract.Drift], c.rules[contract.Error],
		c.rules[contract.Inconclusive], c.rules[contract.Untested])
	if c.known > 0 {
		text += fmt.Sprintf(" (%d of the violated known to fail)", c.known)
	}
	return text
}

func (c *counts) findingText(dropped int) string {
	text := fmt.Sprintf("%s, %d drift, %s, %d inconclusive",
		count(c.findings[contract.Violation], "violation", "violations"), c.findings[contract.Drift],
		count(c.findings[contract.Error], "fault of the caller", "faults of the caller"), c.findings[contract.Inconclusive])
	if dropped > 0 {
		text += fmt.Sprintf("; %d more are counted with their rules only", dropped)
	}
	return text
}

// paint is text in the colour of an outcome.
func (t Terminal) paint(o contract.Outcome, text string) string {
	if !t.Color {
		return text
	}
	color := map[contract.Outcome]string{
		contract.Pass: "32", contract.Violation: "31;1", contract.Error: "35", contract.Inconclusive: "33",
		contract.Drift: "36", contract.Untested: "2",
	}[o]
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}
