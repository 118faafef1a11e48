package report

import (
	"cmp"
	"slices"
	"strings"

	"example.com/gitlab-agents/contract"
)

// Join makes one report of the results of several files, each of which was judged by the same rules and on its own:
// recordings may come from servers that have nothing to do with each other.
func Join(results []*contract.Result) *Report {
	r := &Report{Result: &contract.Result{}, Recorded: true}
	var targets []string
	for i, result := range results {
		targets = append(targets, result.Target)
		if i == 0 {
			*r.Result = *result
			r.Result.Rules = slices.Clone(result.Rules)
			r.Result.Findings = nil
			r.Result.Dropped = 0
			r.Result.Coverage = contract.Coverage{}
		} else {
			add(r.Result, result)
		}
		addCoverage(&r.Result.Coverage, &result.Coverage)
		r.Result.Dropped += result.Dropped
		for _, f := range result.Findings {
			if len(r.Result.Findings) == contract.MaxFindings {
				r.Result.Dropped++
				continue
			}
			r.Result.Findings = append(r.Result.Findings, f)
			if len(results) > 1 {
				r.Files = append(r.Files, result.Target)
			}
		}
	}
	r.Result.Target = strings.Join(targets, ", ")
	return r
}

func add(to, result *contract.Result) {
	if to.Release != result.Release {
		to.Release = contract.Release{}
	}
	if to.Edition != result.Edition {
		to.Edition = contract.AnyEdition
	}
	if result.Started.Before(to.Started) {
		to.Started = result.Started
	}
	to.Duration += result.Duration
	to.Exchanges += result.Exchanges
	to.Judged += result.Judged
	for i := range to.Rules {
		into, rule := &to.Rules[i], &result.Rules[i]
		into.Applied += rule.Applied
		into.Findings += rule.Findings
		// One file that has what a rule speaks about is enough to test it.
		if rule.Outcome != contract.Untested && (into.Outcome == contract.Untested || rule.Outcome > into.Outcome) {
			into.Outcome, into.Reason = rule.Outcome, rule.Reason
		}
	}
}

// addCoverage adds up what was seen. What was not seen in one of them only has no reason any more.
func addCoverage(to, more *contract.Coverage) {
	for _, m := range more.Operations {
		o := find(&to.Operations, func(o *contract.OperationCoverage) bool { return o.Operation == m.Operation })
		o.Operation = m.Operation
		o.Successes, o.Allowed = o.Successes+m.Successes, o.Allowed || m.Allowed
		for _, s := range m.Statuses {
			into := find(&o.Statuses, func(x *contract.StatusCoverage) bool { return x.Status == s.Status })
			into.Status, into.Listed = s.Status, s.Listed
			into.Seen += s.Seen
			into.Reason = reason(into.Seen, into.Reason, s.Reason)
		}
		slices.SortFunc(o.Statuses, func(a, b contract.StatusCoverage) int { return cmp.Compare(a.Status, b.Status) })
		for _, p := range m.Values {
			into := find(&o.Values, func(x *contract.PropertyCoverage) bool { return x.Pointer == p.Pointer })
			into.Pointer = p.Pointer
			into.Seen += p.Seen
			into.Reason = reason(into.Seen, into.Reason, p.Reason)
			if p.Null != nil {
				n := *p.Null
				if into.Null != nil {
					n += *into.Null
				}
				into.Null = &n
			}
			for value, seen := range p.Enum {
				if into.Enum == nil {
					into.Enum = make(map[string]int)
				}
				into.Enum[value] += seen
			}
		}
	}
}

func reason(seen int, a, b string) string {
	if seen > 0 {
		return ""
	}
	return cmp.Or(a, b)
}

// find is the element of a list for which is holds, which is added if there is none.
func find[T any](list *[]T, is func(*T) bool) *T {
	for i := range *list {
		if is(&(*list)[i]) {
			return &(*list)[i]
		}
	}
	*list = append(*list, *new(T))
	return &(*list)[len(*list)-1]
}
