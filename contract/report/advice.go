package report

import (
	"regexp"
	"slices"
	"strings"

	"example.com/gitlab-agents/contract"
)

// reasonCount is a reason, and the rules that were not tested because of it.
type reasonCount struct {
	code   contract.ReasonCode
	reason string
	ids    []string
}

// reasons are the reasons of the rules with an outcome, the most frequent first.
func (r *Report) reasons(outcome contract.Outcome) []reasonCount {
	var reasons []reasonCount
	for _, rule := range r.Result.Rules {
		if rule.Outcome == outcome {
			why := r.shown(rule.Reason.Text)
			c := find(&reasons, func(c *reasonCount) bool { return c.reason == why })
			c.code, c.reason, c.ids = rule.Reason.Code, why, append(c.ids, rule.Rule.ID)
		}
	}
	slices.SortStableFunc(reasons, func(a, b reasonCount) int { return len(b.ids) - len(a.ids) })
	return reasons
}

// untested are the reasons why rules were not tested, the most frequent first.
func (r *Report) untested() []reasonCount { return r.reasons(contract.Untested) }

// inconclusive likewise, of the rules about which nothing can be said.
func (r *Report) inconclusive() []reasonCount { return r.reasons(contract.Inconclusive) }

// advice is the one thing that would make the most rules testable, and how many; 0 if nothing would.
func (r *Report) advice() (do string, rules int) {
	reasons := slices.Concat(r.untested(), r.inconclusive())
	isNotRecorded := func(c reasonCount) bool { return c.code == contract.ReasonNotRecorded }
	if r.Exit() == contract.TooLittle && slices.ContainsFunc(reasons, isNotRecorded) { // that comes before all else
		reasons = slices.DeleteFunc(reasons, func(c reasonCount) bool { return !isNotRecorded(c) })
	}
	counts := make(map[string]int)
	for _, reason := range reasons {
		if do := r.cure(&reason); do != "" {
			counts[do] += len(reason.ids)
		}
	}
	for candidate, n := range counts {
		if n > rules || n == rules && candidate < do {
			do, rules = candidate, n
		}
	}
	return do, rules
}

// variable is an environment variable that a reason names.
var variable = regexp.MustCompile(`GITLAB_[A-Z]+_TOKEN`)

// cure says what to do about a reason; it is empty if nothing helps.
func (r *Report) cure(reason *reasonCount) string {
	switch reason.code {
	case contract.ReasonReadOnly:
		return "run the check without --read-only"
	case contract.ReasonRole:
		if name := variable.FindString(reason.reason); name != "" {
			return "set " + name
		}
	case contract.ReasonOtherProject:
		return "give --other-project"
	case contract.ReasonNothingToRead:
		return "run the check without --read-only, or create two agents with tokens in the project"
	case contract.ReasonLiveOnly:
		if r.Result.Run != "" { // it is a live check
			return "run the check without --scenario"
		}
		return "run `glagents check` against the GitLab"
	case contract.ReasonNotSelected:
		return "run the check without --scenario"
	case contract.ReasonEdition:
		if strings.Contains(reason.reason, "--edition") {
			return "give --edition"
		}
	case contract.ReasonReleaseUnknown:
		return "give --gitlab-version"
	case contract.ReasonNotRecorded:
		return "record requests and responses with their headers and bodies"
	case contract.ReasonNoExchange:
		if r.Recorded {
			return "record more of the eight operations"
		}
	case contract.ReasonInterrupted:
		return "let the check run to its end, with a longer --timeout if need be"
	}
	return ""
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
