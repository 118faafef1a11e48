package report

import (
	"encoding/xml"
	"io"
	"strings"

	"example.com/gitlab-agents/contract"
)

// WriteFleet writes one suite for each target. GitLab knows a test by its class and name only, so the class begins with the
// target's name.
func (JUnit) WriteFleet(w io.Writer, f *Fleet) error {
	if _, err := io.WriteString(w, xml.Header+"<testsuites>\n"); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("  ", "  ")
	for _, t := range f.targets {
		suite := t.junitSuite()
		suite.count()
		if err := enc.EncodeElement(suite, xml.StartElement{Name: xml.Name{Local: "testsuite"}}); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, "\n</testsuites>\n")
	return err
}

// junitSuite is a target: its rules, and its verdict, which fails if the target is not conformant.
func (t *fleetTarget) junitSuite() junitSuite {
	suite := junitSuite{Name: t.name, Time: "0.000"}
	if t.report != nil {
		suite.Time = seconds(t.report.Result.Duration)
		failures := t.report.failures()
		for i := range t.report.Result.Rules {
			c := t.report.junitCase(&t.report.Result.Rules[i], failures, nil)
			c.ClassName = t.name + " " + c.ClassName
			suite.Cases = append(suite.Cases, c)
		}
	}
	verdict := junitCase{ClassName: t.name + " glagents", Name: "verdict", Time: suite.Time}
	text := &junitText{Message: t.verdict.Verdict, Text: strings.Join(t.lines(), "\n")}
	switch t.verdict.Exit {
	case contract.Conformant:
		verdict.Out = text
	case contract.Violated:
		verdict.Failure = text
	default:
		verdict.Error = text
	}
	suite.Cases = append(suite.Cases, verdict)
	return suite
}
