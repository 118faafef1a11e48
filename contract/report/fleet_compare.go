package report

import (
	"fmt"
	"strings"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/internal/words"
)

// compareFleets compares what became of each rule at each target that both reports have. A change that several targets share
// is told once.
func compareFleets(old, new *Fleet) *Comparison {
	c := &Comparison{Old: old.side(), New: new.side()}
	was := make(map[string]*fleetTarget)
	for _, t := range old.targets {
		was[t.name] = t
	}
	failing, fixed, lost := newChanges(), newChanges(), newChanges()
	for _, is := range new.targets {
		before, ok := was[is.name]
		if !ok {
			continue
		}
		if before.verdict.Exit == contract.Conformant && is.verdict.Exit != contract.Conformant {
			c.Worse = true
		}
		if before.report == nil || is.report == nil {
			continue
		}
		one := &Comparison{}
		one.compareRules(before.json(), is.json())
		failing.add(is.name, one.Failing)
		fixed.add(is.name, one.Fixed)
		lost.add(is.name, one.Lost)
		for _, line := range changedAnswers(before.json(), is.json()) {
			c.Answers = append(c.Answers, is.name+": "+line)
		}
	}
	c.Failing, c.Fixed, c.Lost = failing.named(), fixed.named(), lost.named()
	c.Worse = c.Worse || len(c.Failing) > 0
	return c
}

func (f *Fleet) side() Side {
	return Side{Target: words.Count(len(f.targets), "target"), Started: f.Started, Verdict: f.text()}
}

// changes are changes of rules, and the targets that share each.
type changes struct {
	all     []Change
	targets map[string][]string // by rule
}

func newChanges() *changes { return &changes{targets: make(map[string][]string)} }

func (c *changes) add(target string, more []Change) {
	for _, change := range more {
		if c.targets[change.Rule] == nil {
			c.all = append(c.all, change)
		}
		c.targets[change.Rule] = append(c.targets[change.Rule], target)
	}
}

// named are the changes with the targets in the sentence.
func (c *changes) named() []Change {
	for i := range c.all {
		names := c.targets[c.all[i].Rule]
		c.all[i].Sentence = strings.TrimSpace(fmt.Sprintf("%s (%s: %s)", c.all[i].Sentence, words.Count(len(names), "target"), words.Some(names, maxNamed)))
	}
	return c.all
}
