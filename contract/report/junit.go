package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/internal/words"
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
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr,omitempty"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
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
	suite := junitSuite{Name: strings.TrimSpace("GitLab Agents API " + r.target()), Time: seconds(r.Result.Duration)}
	if !r.Result.Started.IsZero() {
		suite.Timestamp = r.Result.Started.UTC().Format("2006-01-02T15:04:05")
	}
	for _, f := range r.facts() {
		if f.label != "" {
			suite.Properties = append(suite.Properties, junitProperty{f.label, strings.Join(strings.Fields(f.text), " ")})
		}
	}
	failures, times := r.failures(), r.times()
	for i := range r.Result.Rules {
		suite.Cases = append(suite.Cases, r.junitCase(&r.Result.Rules[i], failures, times))
	}
	suite.Cases = append(suite.Cases, r.junitVerdict(suite.Time))
	suite.count()
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

// count counts the cases.
func (s *junitSuite) count() {
	for _, c := range s.Cases {
		s.Tests++
		switch {
		case c.Failure != nil:
			s.Failures++
		case c.Error != nil:
			s.Errors++
		case c.Skipped != nil:
			s.Skipped++
		}
	}
}

func (r *Report) junitCase(rule *contract.RuleResult, failures []failure, times map[*contract.Rule]time.Duration) junitCase {
	c := junitCase{ClassName: rule.Rule.Subject(), Name: rule.Rule.ID}
	if took := times[rule.Rule]; took > 0 {
		c.Time = seconds(took)
	}
	status, why := r.ruleStatus(rule)
	text := r.junitText(rule, failures)
	said := &junitText{Message: why, Text: strings.TrimSpace(why + "\n\n" + text)}
	switch {
	case status.effect == fails:
		c.Failure = said
	case status.effect == broken:
		c.Error = said
	case status.effect == ignored:
		c.Skipped = said
	case text != "":
		c.Out = &junitText{Text: text}
	}
	return c
}

// times is how long the scenarios took that prove each rule. A scenario's time is shared by its rules, so that they add up.
func (r *Report) times() map[*contract.Rule]time.Duration {
	times := make(map[*contract.Rule]time.Duration)
	known := contract.Scenarios()
	for _, played := range r.Result.Scenarios {
		for i := range known {
			if known[i].Name != played.Name {
				continue
			}
			for _, rule := range known[i].Proves {
				times[rule] += played.Duration / time.Duration(len(known[i].Proves))
			}
		}
	}
	return times
}

// seconds is a time as JUnit has it.
func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

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
		fmt.Fprintf(&b, "and %s elsewhere\n", words.Count(more, "finding"))
	}
	return strings.TrimSpace(b.String())
}

// plain is a failure as text, as it stands on a terminal.
func (r *Report) plain(f *failure) string {
	text := f.status().mark + " " + f.title() + "\n"
	for _, l := range r.lines(f) {
		text += "    " + l.String() + "\n"
	}
	if story := script(f.found[0].Story); len(story) > 0 {
		text += "    " + line{"story", told(&f.found[0])}.String() + "\n      " + r.preamble() + "\n      " + strings.Join(story, "\n      ") + "\n"
	}
	return text
}

// plainShort is a failure that seems to be a consequence of another, as text.
func (f *failure) plainShort() string {
	text := "\n" + f.status().mark + " " + f.title() + "  seems to have the same cause\n"
	for _, l := range f.short() {
		text += "    " + l.String() + "\n"
	}
	return text
}

// junitVerdict is a test case that fails when the run did: without it a run in which nothing could be tested would look
// like one in which nothing failed.
func (r *Report) junitVerdict(time string) junitCase {
	v := r.verdict()
	c := junitCase{ClassName: "glagents", Name: "verdict", Time: time}
	text := &junitText{Message: v.short, Text: strings.Join(v.lines(), "\n")}
	switch v.status.effect {
	case holds:
		c.Out = text
	case fails:
		c.Failure = text
	default:
		c.Error = text
	}
	return c
}
