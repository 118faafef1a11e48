package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/internal/words"
)

// cause is what seems to be one thing that is wrong: failures of several rules that come from the same answers, or from
// answers that say the same.
type cause struct {
	failures []*failure // the one to look at first comes first
}

// first is the failure to look at first.
func (c *cause) first() *failure { return c.failures[0] }

// rules are the ids of the rules that the cause breaks.
func (c *cause) rules() []string {
	var ids []string
	for _, f := range c.failures {
		if !slices.Contains(ids, f.rule.ID) {
			ids = append(ids, f.rule.ID)
		}
	}
	return ids
}

// others are the other failures, as many as are shown, and how many more there are.
func (c *cause) others() (shown []*failure, more int) {
	n := min(len(c.failures)-1, maxOthers)
	return c.failures[1 : n+1], len(c.failures) - 1 - n
}

// sentence is a cause in one line.
func (c *cause) sentence() string {
	f := c.first()
	text := fmt.Sprintf("%s (%s): %s", f.rule.ID, f.kind(), f.rule.Sentence)
	if others := c.rules()[1:]; len(others) > 0 {
		text += " The same cause seems to break " + words.Some(others, maxOthers) + "."
	}
	return text
}

// causes are the failures grouped by cause, the most fundamental first: what something in between answered, then MUST,
// then SHOULD, and each in the order of the catalogue.
func (r *Report) causes() []cause {
	failures := r.failures()
	signs := make([]signs, len(failures))
	for i := range failures {
		signs[i] = signsOf(&failures[i])
	}
	order := make([]int, len(failures))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(failures[a].rank(), failures[b].rank()), cmp.Compare(r.place(failures[a].rule.ID), r.place(failures[b].rule.ID)))
	})
	var causes []cause
	in := make([]int, len(failures)) // the cause of each failure
	for n, i := range order {
		in[i] = -1
		for _, j := range order[:n] {
			if failures[i].joins(&failures[j]) && signs[i].like(&signs[j]) {
				in[i] = in[j]
				break
			}
		}
		if in[i] < 0 {
			in[i] = len(causes)
			causes = append(causes, cause{})
		}
		causes[in[i]].failures = append(causes[in[i]].failures, &failures[i])
	}
	return causes
}

// joins says whether two failures may have the same cause at all: both are violations that nobody knew of.
func (f *failure) joins(other *failure) bool {
	return f.outcome == contract.Violation && other.outcome == contract.Violation && !f.known && !other.known
}

// place is where a rule stands in the catalogue.
func (r *Report) place(id string) int {
	return slices.IndexFunc(r.Result.Rules, func(rule contract.RuleResult) bool { return rule.Rule.ID == id })
}

// signs are what failures of the same cause have in common.
type signs struct {
	exchanges map[string]bool // in which it was found
	answers   map[string]bool // operation and status of them
	refusals  map[string]bool // operation and what an error answer said
	symptoms  map[string]bool // what was expected and what came, if that says more than a status
}

func signsOf(f *failure) signs {
	s := signs{make(map[string]bool), make(map[string]bool), make(map[string]bool), make(map[string]bool)}
	for i := range f.found {
		found := &f.found[i]
		s.exchanges[fmt.Sprintf("%s#%d", found.file, found.Exchange)] = true
		s.answers[fmt.Sprintf("%s %d", found.Operation, found.Evidence.Status)] = true
		if found.Evidence.Status >= 400 && found.Pointer == "" {
			s.refusals[found.Operation+" "+found.Actual] = true
		}
		if strings.Trim(found.Actual, "0123456789") != "" && strings.Trim(found.Expected, "0123456789") != "" {
			s.symptoms[place(found.Pointer)+"\x00"+found.Expected+"\x00"+found.Actual] = true
		}
	}
	return s
}

// like says whether two failures seem to have the same cause. Either the exchanges of one are nearly all among those of
// the other, which is about no other kind of answer; or an operation was refused in the same words; or the same was expected
// and the same came.
func (s *signs) like(other *signs) bool {
	few, many := s, other
	if len(few.exchanges) > len(many.exchanges) {
		few, many = many, few
	}
	if common(few.refusals, many.refusals)+common(few.symptoms, many.symptoms) > 0 {
		return true
	}
	return 10*common(few.exchanges, many.exchanges) >= 9*len(few.exchanges) && 2*common(few.answers, many.answers) >= len(many.answers)
}

func common(a, b map[string]bool) int {
	n := 0
	for key := range a {
		if b[key] {
			n++
		}
	}
	return n
}
