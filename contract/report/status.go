package report

import "example.com/gitlab-agents/contract"

// status is how an outcome is shown, and what it means for the run. It is all that a format knows of outcomes.
type status struct {
	mark   string // one character
	name   string // for programs and style sheets
	word   string // as it stands in a sentence: "3 violated"
	effect effect
}

// effect is what something means for the run.
type effect int

// The effects.
const (
	holds   effect = iota // it is as it should be
	ignored               // it does not fail the run: the text says why
	fails                 // it fails the run
	broken                // a fault of ours
)

// statusOf is how an outcome is shown. It fails the run if it is a violation that counts.
func statusOf(o contract.Outcome) status {
	switch o {
	case contract.Violation:
		return status{"✗", o.String(), "violated", fails}
	case contract.Error:
		return status{"!", o.String(), "invalid", broken}
	case contract.Inconclusive:
		return status{"?", o.String(), "inconclusive", ignored}
	case contract.Drift:
		return status{"~", o.String(), "drift", holds}
	case contract.Untested:
		return status{"-", o.String(), "untested", ignored}
	}
	return status{"✓", contract.Pass.String(), "passed", holds}
}

// ruleStatus is how a rule came out, and why it does not count, if it does not.
func (r *Report) ruleStatus(rule *contract.RuleResult) (s status, why string) {
	s = statusOf(rule.Outcome)
	reason := printableLines(r.redact(rule.Reason.Text))
	switch {
	case rule.Stale:
		s = statusOf(contract.Violation)
		return s, "It is on the list of known failures, but passed: take it off the list."
	case rule.Outcome == contract.Violation && rule.Known:
		s.effect = ignored
		return s, "It is known to fail, and did."
	case rule.Outcome == contract.Violation && rule.Rule.Level == contract.Should && !r.Strict:
		s.effect = ignored
		return s, "It is violated, but is a SHOULD; --strict counts it."
	case rule.Outcome == contract.Violation:
		return s, rule.Rule.Sentence
	case rule.Outcome == contract.Error && rule.Reason.Code != contract.ReasonInternal:
		s.effect = ignored
		return s, "A recorded request does not match the document. The server is not to blame, and nothing fails."
	case rule.Outcome == contract.Error:
		return s, "Internal error: " + reason
	case rule.Outcome == contract.Inconclusive && reason == "":
		return s, "Inconclusive."
	case rule.Outcome == contract.Inconclusive:
		return s, "Inconclusive: " + reason
	case rule.Outcome == contract.Untested:
		return s, "Untested: " + reason
	}
	return s, ""
}
