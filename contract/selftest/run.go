// Package selftest shows that the suite notices what it claims to. It runs the suite against the healthy fake in every
// release and edition, where nothing may be found, and against each fault, where the rules that claim the fault have to
// notice it and no other rule may be set off.
package selftest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/faults"
)

// Run is one run of the suite.
type Run struct {
	Profile Profile
	Fault   *faults.Fault // nil for the healthy fake
	Result  *contract.Result
	// Noticed are the ids of the rules that noticed something they may notice, in the catalogue's order.
	Noticed []string
	// Problems say what is wrong, one line each. There are none if the suite did its work.
	Problems []string
}

// Healthy runs the suite against the healthy fake.
func Healthy(ctx context.Context, profile Profile) (*Run, error) { return check(ctx, profile, nil) }

// Broken runs the suite against a fault, in the newest profile in which the fault makes a difference.
func Broken(ctx context.Context, fault *faults.Fault) (*Run, error) {
	profile, err := newest(fault)
	if err != nil {
		return nil, err
	}
	return check(ctx, profile, fault)
}

func check(ctx context.Context, profile Profile, fault *faults.Fault) (*Run, error) {
	gitlab, err := start(profile, fault)
	if err != nil {
		return nil, err
	}
	defer gitlab.stop()
	before, err := gitlab.state()
	if err != nil {
		return nil, err
	}
	run := &Run{Profile: profile, Fault: fault}
	if run.Result, err = contract.Run(ctx, gitlab.target, contract.Options{Clock: newClock(), Parallel: parallel(fault)}); err != nil {
		return nil, fmt.Errorf("%s: %w", run.Name(), err)
	}
	after, err := gitlab.state()
	if err != nil {
		return nil, err
	}
	run.judgeRules()
	run.judgeExit()
	run.judgeState(before, after)
	return run, nil
}

// Name returns the name of the fault, or the profile of the healthy fake.
func (r *Run) Name() string {
	if r.Fault == nil {
		return "healthy " + r.Profile.String()
	}
	return r.Fault.Name
}

func (r *Run) problem(format string, values ...any) {
	r.Problems = append(r.Problems, fmt.Sprintf(format, values...))
}

// expected is what has to come of a run. The healthy fake is like a fault that is allowed.
func (r *Run) expected() faults.Fault {
	if r.Fault == nil {
		return faults.Fault{Verdict: faults.Conforms}
	}
	return *r.Fault
}

// outcomes are the outcomes of the rules that claim a fault.
var outcomes = map[faults.Verdict]contract.Outcome{
	faults.Violates: contract.Violation, faults.Drifts: contract.Drift, faults.Obscures: contract.Inconclusive, faults.Conforms: contract.Pass,
}

// judgeRules compares the outcome of each rule with what the fault says of it.
func (r *Run) judgeRules() {
	fault := r.expected()
	for i := range r.Result.Rules {
		rule := &r.Result.Rules[i]
		id := rule.Rule.ID
		switch {
		case rule.Outcome == contract.Error:
			r.problem("%s ends in an error of our own: %s", id, rule.Reason.Text)
		case slices.Contains(fault.Rules, id) && rule.Outcome != outcomes[fault.Verdict]:
			r.problem("%s does not notice: %s %s", id, rule.Outcome, rule.Reason.Text)
		case slices.Contains(fault.Rules, id), setOff(rule.Outcome, fault.Verdict) && slices.Contains(fault.Also, id):
			r.Noticed = append(r.Noticed, id)
		case setOff(rule.Outcome, fault.Verdict):
			r.problem("%s is set off: %s", id, r.firstFinding(id))
		case rule.Outcome == contract.Inconclusive && fault.Verdict == faults.Conforms:
			r.problem("%s is inconclusive: %s", id, rule.Reason.Text)
		}
	}
}

// setOff reports whether an outcome is a false alarm unless the fault explains it. Beside a violation or a drift that is
// expected, another drift is harmless.
func setOff(outcome contract.Outcome, verdict faults.Verdict) bool {
	return outcome == contract.Violation || outcome == contract.Drift && verdict != faults.Violates && verdict != faults.Drifts
}

// judgeExit expects a violation to fail the check, and nothing else to.
func (r *Run) judgeExit() {
	violated := r.Result.Exit(true) == contract.Violated
	if r.Fault != nil && violated != (r.Fault.Verdict == faults.Violates) {
		r.problem("the check ends with %d", r.Result.Exit(true))
	}
}

func (r *Run) firstFinding(rule string) string {
	for _, f := range r.Result.Findings {
		if f.Rule == rule {
			return f.String()
		}
	}
	return "nothing was found"
}

// judgeState compares what is in the fake after the run with what was in it before: nothing of others may have changed,
// and nothing of the run may be left, unless the fault is why.
func (r *Run) judgeState(before, after state) {
	fault := r.expected()
	if fault.Harms == "" {
		for _, path := range before.changed(after) {
			r.problem("%s existed before, and changed", path)
		}
	}
	left := before.added(after)
	switch {
	case len(left) > 0 && fault.Keeps == "":
		r.problem("left behind: %s", strings.Join(left, ", "))
	case len(left) > 0 && len(r.Result.Left) == 0:
		r.problem("left behind, but not reported: %s", strings.Join(left, ", "))
	case len(left) == 0 && len(r.Result.Left) > 0 && fault.Keeps == "":
		r.problem("reported as left behind, but gone: %s", strings.Join(r.Result.Left, "; "))
	}
}

// parallel is how many requests a run sends at once. A fault is met one request at a time, so that what it sets off does
// not depend on the machine. The healthy fake is met as users meet theirs.
func parallel(fault *faults.Fault) int {
	if fault != nil {
		return 1
	}
	return contract.DefaultParallel
}
