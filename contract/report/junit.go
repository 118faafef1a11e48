package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"example.com/gitlab-agents/contract"
)

// JUnit writes JUnit XML as GitLab reads it (lib/gitlab/ci/parsers/test/junit.rb), one test case for each rule and one
// for the verdict. Of a test case GitLab sees name, classname, time, file and the children failure, error and skipped; of
// these it shows the text and drops attributes. The name says which test it is from one pipeline to the next.
type JUnit struct{}

type junitSuites struct {
	XMLName xml.Name   `xml:"testsuites"`
	Suite   junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	ClassName string     `xml:"classname,attr"`
	Name      string     `xml:"name,attr"`
	Time      string     `xml:"time,attr,omitempty"`
	Failure   *junitText `xml:"failure"`
	Error     *junitText `xml:"error"`
	Skipped   *junitText `xml:"skipped"`
	Out       *junitText `xml:"system-out"`
}

type junitText struct {
	Message string `xml:"message,attr,omitempty"` // for readers other than GitLab
	Text    string `xml:",chardata"`
}

// maxJUnitFailures is how many failures of one rule a test case shows in full.
const maxJUnitFailures = 10

// Write writes a report.
func (JUnit) Write(w io.Writer, r *Report) error {
	suite := junitSuite{Name: "GitLab Agents API", Time: fmt.Sprintf("%.3f", r.Result.Duration.Seconds())}
	failures := r.failures()
	for i := range r.Result.Rules {
		suite.Cases = append(suite.Cases, r.junitCase(&r.Result.Rules[i], failures))
	}
	suite.Cases = append(suite.Cases, r.junitVerdict(suite.Time))
	for _, c := range suite.Cases {
		suite.Tests++
		switch {
		case c.Failure != nil:
			suite.Failures++
		case c.Error != nil:
			suite.Errors++
		case c.Skipped != nil:
			suite.Skipped++
		}
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(junitSuites{Suite: suite}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (r *Report) junitCase(rule *contract.RuleResult, failures []failure) junitCase {
	subject, _, _ := strings.Cut(rule.Rule.ID, "/")
	c := junitCase{ClassName: subject, Name: rule.Rule.ID}
	text := r.junitText(rule, failures)
	said := func(why string) *junitText {
		return &junitText{Message: why, Text: strings.TrimSpace(why + "\n\n" + text)}
	}
	switch {
	case rule.Stale:
		c.Failure = said("It is on the list of known failures, but passed: take it off the list.")
	case rule.Outcome == contract.Violation && rule.Known:
		c.Skipped = said("It is known to fail, and did.")
	case rule.Outcome == contract.Violation && rule.Rule.Level == contract.Should && !r.Strict:
		c.Skipped = said("It is violated, but says SHOULD only; --strict counts it.")
	case rule.Outcome == contract.Violation:
		c.Failure = said(rule.Rule.Sentence)
	case rule.Outcome == contract.Error && rule.Reason.Text == "":
		c.Skipped = said("The caller's request broke the document; the server is not to blame, and nothing fails for it.")
	case rule.Outcome == contract.Error:
		c.Error = said("Error of ours: " + printableLines(r.redact(rule.Reason.Text)))
	case rule.Outcome == contract.Inconclusive:
		c.Skipped = said(strings.TrimSuffix("Inconclusive: "+r.shown(rule.Reason.Text), ": "))
	case rule.Outcome == contract.Untested:
		c.Skipped = said("Untested: " + r.shown(rule.Reason.Text))
	case text != "": // drift is harmless
		c.Out = &junitText{Text: text}
	}
	return c
}

// junitText are the failures of a rule, as a person reads them.
func (r *Report) junitText(rule *contract.RuleResult, failures []failure) string {
	var b strings.Builder
	shown, more := 0, 0
	for i := range failures {
		f := &failures[i]
		switch {
		case f.rule.ID != rule.Rule.ID:
			continue
		case shown == maxJUnitFailures:
			more += len(f.found)
			continue
		}
		shown++
		b.WriteString(r.plain(f) + "\n")
	}
	if more > 0 {
		fmt.Fprintf(&b, "and %s elsewhere\n", count(more, "finding", "findings"))
	}
	return strings.TrimSpace(b.String())
}

// plain is a failure as text, as it stands on a terminal.
func (r *Report) plain(f *failure) string {
	text := mark(f.outcome) + " " + f.title() + "\n"
	for _, l := range r.lines(f) {
		text += "    " + l.String() + "\n"
	}
	return text
}

// junitVerdict is a test case that fails when the run did: without it a run in which nothing could be tested would look
// like one in which nothing failed.
func (r *Report) junitVerdict(time string) junitCase {
	v := r.verdict()
	c := junitCase{ClassName: "glagents", Name: "verdict", Time: time}
	text := &junitText{Message: v.short, Text: v.short + ": " + v.long}
	switch r.Exit() {
	case contract.Conformant:
		c.Out = text
	case contract.Violated:
		c.Failure = text
	default:
		c.Error = text
	}
	return c
}
