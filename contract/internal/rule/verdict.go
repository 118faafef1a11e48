package rule

import (
	"fmt"
	"slices"
)

// Exit is the status with which a command ends.
type Exit int

// The exit statuses.
const (
	Conformant Exit = 0 // no MUST was violated, and enough was tested
	Violated   Exit = 1 // a MUST was violated; with strict, or a SHOULD
	Usage      Exit = 2 // the command was used wrongly, or the set-up does not allow a check
	Failed     Exit = 3 // a fault of ours, or something was left behind
	TooLittle  Exit = 4 // not enough was tested
)

// Exit says how a command with this result ends. With strict a violated SHOULD counts as a violated MUST.
func (r *Result) Exit(strict bool) Exit {
	switch {
	case len(r.Broken(strict)) > 0:
		return Violated
	case r.failed():
		return Failed
	case len(r.Missing()) > 0:
		return TooLittle
	}
	return Conformant
}

// Broken are the rules that fail the check: violated and not known to be, or known to fail though they do not.
func (r *Result) Broken(strict bool) []*RuleResult {
	var broken []*RuleResult
	for i := range r.Rules {
		rule := &r.Rules[i]
		if rule.Stale || rule.Outcome == Violation && !rule.Known && (rule.Rule.Level == Must || strict) {
			broken = append(broken, rule)
		}
	}
	return broken
}

// failed says that something was left behind, or that a fault of ours spoiled a rule. An error without a reason is the
// caller's: a recorded request that the document does not allow.
func (r *Result) failed() bool {
	return len(r.Left) > 0 || slices.ContainsFunc(r.Rules, func(rule RuleResult) bool {
		return rule.Outcome == Error && rule.Reason.Code == ReasonInternal
	})
}

// Missing is what keeps a result without violations from being conformant, in half sentences; none if nothing does.
//
// Conformant needs an operation that succeeded, every operation that was allowed to succeed at least once, and nine of
// ten MUST rules that could be tested, and at least one, tested to the end. No finding may be left unconfirmed.
func (r *Result) Missing() []string {
	var missing []string
	if r.Ended != nil {
		missing = append(missing, "the check ended early")
	}
	never, succeeded := r.neverSucceeded()
	for _, operation := range never {
		missing = append(missing, operation+" never succeeded")
	}
	if succeeded == 0 {
		missing = append(missing, "no request to the eight operations succeeded")
	}
	switch tested, allowed := r.Tested(); {
	case 10*tested < 9*allowed:
		missing = append(missing, fmt.Sprintf("only %d of the %d MUST rules that the set-up allows were tested to the end", tested, allowed))
	case tested == 0 && succeeded > 0:
		missing = append(missing, "no MUST rule was tested")
	}
	for _, rule := range r.Rules {
		if rule.Outcome == Inconclusive && rule.Reason.Code == ReasonUnconfirmed && !rule.Known {
			why := " failed in some plays of its scenario and held in others"
			if r.Run == "" {
				why = " failed, and could not be confirmed"
			}
			missing = append(missing, rule.Rule.ID+why)
		}
	}
	return missing
}

// Tested counts the MUST rules that the set-up allows to be tested, and those of them that were tested to the end.
func (r *Result) Tested() (tested, allowed int) {
	for _, rule := range r.Rules {
		switch {
		case rule.Rule.Level != Must, rule.Outcome == Untested && rule.Reason.Code.SetUp():
		case (r.Run == "" || r.ReadOnly) && rule.Outcome == Untested && rule.Reason.Code != ReasonNotRecorded: // what occurs is allowed
		case rule.Outcome == Untested, rule.Outcome == Inconclusive:
			allowed++
		default:
			allowed++
			tested++
		}
	}
	return tested, allowed
}

// neverSucceeded are the operations that never succeeded: of those that occurred in traffic, and of those that a live check
// should have brought to succeed.
func (r *Result) neverSucceeded() (never []string, succeeded int) {
	for _, o := range r.Coverage.Operations {
		switch {
		case o.Succeeded():
			succeeded++
		case o.Allowed || r.Run == "" && o.Occurred():
			never = append(never, o.Operation)
		}
	}
	return never, succeeded
}

// Succeeded says whether a success of the operation was seen, whole.
func (o *OperationCoverage) Succeeded() bool { return o.Successes > 0 }

// Occurred says whether the operation was seen at all.
func (o *OperationCoverage) Occurred() bool {
	return slices.ContainsFunc(o.Statuses, func(s StatusCoverage) bool { return s.Seen > 0 })
}
