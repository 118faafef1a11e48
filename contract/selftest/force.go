// Package force measures what the suite notices: it runs it against the healthy fake in every release and edition, and
// against each fault.
package selftest

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/faults"
)

// Profile is a GitLab to be like.
type Profile struct{ Version, Edition string }

func (p Profile) String() string { return p.Version + " " + p.Edition }

// Profiles are the releases in which something changed, the newest first, in both editions.
func Profiles() []Profile {
	var all []Profile
	for _, version := range []string{"19.1", "18.6", "18.0", "17.6", "17.4", "17.3", "16.7", "16.2", "16.1", "16.0", "15.7", "15.2", "15.0", "14.10"} {
		all = append(all, Profile{version, "ce"}, Profile{version, "ee"})
	}
	return all
}

// newest is the newest profile to which a fault makes a difference.
func newest(f *faults.Fault) (Profile, error) {
	for _, p := range Profiles() {
		release, err := fakegitlab.ParseRelease(p.Version)
		if err != nil {
			return Profile{}, err
		}
		if f.In(release, p.Edition) {
			return p, nil
		}
	}
	return Profile{}, fmt.Errorf("the fault %s makes a difference to no release", f.Name)
}

// Run is one run of the suite.
type Run struct {
	Profile Profile
	Fault   *faults.Fault // nil for the healthy fake
	Result  *contract.Result
	// Noticed are the ids of the rules that noticed something, in the catalogue's order.
	Noticed []string
	// Problems are what is not as it has to be, one line each; none if the suite did its work.
	Problems []string
}

// Healthy runs the suite against the healthy fake.
func Healthy(ctx context.Context, profile Profile) (*Run, error) { return check(ctx, profile, nil) }

// Broken runs the suite against a fault, in the newest profile to which it makes a difference.
func Broken(ctx context.Context, fault *faults.Fault) (*Run, error) {
	profile, err := newest(fault)
	if err != nil {
		return nil, err
	}
	return check(ctx, profile, fault)
}

func check(ctx context.Context, profile Profile, fault *faults.Fault) (*Run, error) {
	i, err := start(profile, fault)
	if err != nil {
		return nil, err
	}
	defer i.stop()
	before, err := i.state()
	if err != nil {
		return nil, err
	}
	if fault != nil && fault.ByID {
		i.target.Project, i.target.OtherProject = "20", "21"
	}
	run := &Run{Profile: profile, Fault: fault}
	if run.Result, err = contract.Run(ctx, i.target); err != nil {
		return nil, fmt.Errorf("%s: %w", run.Name(), err)
	}
	after, err := i.state()
	if err != nil {
		return nil, err
	}
	run.judge()
	run.compare(before, after)
	return run, nil
}

// Name is the name of the fault, or the profile of the healthy fake.
func (r *Run) Name() string {
	if r.Fault == nil {
		return "healthy " + r.Profile.String()
	}
	return r.Fault.Name
}

func (r *Run) problem(format string, values ...any) {
	r.Problems = append(r.Problems, fmt.Sprintf(format, values...))
}

// judge holds what the suite noticed against what the fault says.
func (r *Run) judge() {
	verdict, claims, also := faults.Conforms, []string(nil), []string(nil)
	if r.Fault != nil {
		verdict, claims, also = r.Fault.Verdict, r.Fault.Rules, r.Fault.Also
	}
	want := map[faults.Verdict]contract.Outcome{
		faults.Violates: contract.Violation, faults.Drifts: contract.Drift, faults.Obscures: contract.Inconclusive, faults.Conforms: contract.Pass,
	}[verdict]
	for i := range r.Result.Rules {
		rule := &r.Result.Rules[i]
		id := rule.Rule.ID
		switch {
		case rule.Outcome == contract.Error:
			r.problem("%s ends in an error of our own: %s", id, rule.Reason)
		case slices.Contains(claims, id):
			if rule.Outcome == want {
				r.Noticed = append(r.Noticed, id)
			} else {
				r.problem("%s does not notice: %s %s", id, rule.Outcome, rule.Reason)
			}
		case rule.Outcome == contract.Violation || rule.Outcome == contract.Drift && verdict != faults.Drifts && verdict != faults.Violates:
			if slices.Contains(also, id) {
				r.Noticed = append(r.Noticed, id)
			} else {
				r.problem("%s is set off: %s", id, r.first(id))
			}
		case rule.Outcome == contract.Inconclusive && verdict == faults.Conforms:
			r.problem("%s is inconclusive: %s", id, rule.Reason)
		}
	}
	if violated := r.Result.Exit(true) == contract.Violated; violated != (verdict == faults.Violates) && r.Fault != nil {
		r.problem("the check ends with %d", r.Result.Exit(true))
	}
}

// first is the first finding under a rule.
func (r *Run) first(rule string) string {
	for _, f := range r.Result.Findings {
		if f.Rule == rule {
			return f.String()
		}
	}
	return "nothing was found"
}

// compare holds what stands in the fake after the run against what stood in it before.
func (r *Run) compare(before, after map[string]string) {
	if r.Fault == nil || r.Fault.Harms == "" {
		for _, path := range slices.Sorted(maps.Keys(before)) {
			if after[path] != before[path] {
				r.problem("%s was there before, and is not as it was", path)
			}
		}
	}
	stay := left(before, after)
	slices.Sort(stay)
	switch {
	case len(stay) > 0 && (r.Fault == nil || r.Fault.Keeps == ""):
		r.problem("left behind: %s", strings.Join(stay, ", "))
	case len(stay) > 0 && len(r.Result.Left) == 0:
		r.problem("left behind without a word: %s", strings.Join(stay, ", "))
	case len(stay) == 0 && len(r.Result.Left) > 0 && (r.Fault == nil || r.Fault.Keeps == ""):
		r.problem("said to be left behind, though it is not: %s", strings.Join(r.Result.Left, "; "))
	}
}

// Measure makes all runs, some side by side: every profile of the healthy fake, and each of the faults. Done is called for
// each run in that order, by one goroutine at a time.
func Measure(ctx context.Context, broken []faults.Fault, done func(*Run)) (*Matrix, error) {
	profiles := Profiles()
	var runs []func() (*Run, error)
	for _, p := range profiles {
		runs = append(runs, func() (*Run, error) { return Healthy(ctx, p) })
	}
	for i := range broken {
		runs = append(runs, func() (*Run, error) { return Broken(ctx, &broken[i]) })
	}
	type outcome struct {
		run *Run
		err error
	}
	outcomes := make([]chan outcome, len(runs))
	for i := range outcomes {
		outcomes[i] = make(chan outcome, 1)
	}
	var next atomic.Int64
	for range max(2, runtime.GOMAXPROCS(0)) {
		go func() {
			for i := next.Add(1) - 1; i < int64(len(runs)); i = next.Add(1) - 1 {
				run, err := runs[i]()
				outcomes[i] <- outcome{run, err}
			}
		}()
	}
	all := make([]*Run, len(runs))
	var failed error
	for i := range runs {
		o := <-outcomes[i]
		all[i] = o.run
		switch {
		case o.err != nil && failed == nil:
			failed = o.err
		case o.err == nil && failed == nil:
			done(o.run)
		}
	}
	if failed != nil {
		return nil, failed
	}
	return &Matrix{Healthy: all[:len(profiles)], Broken: all[len(profiles):]}, nil
}
