package report

import (
	"fmt"
	"slices"
	"strings"

	"example.com/gitlab-agents/contract"
)

// counts are what a report comes to in numbers.
type counts struct {
	exchanges, judged, notOurs, unread int

	rules    map[contract.Outcome]int
	violated map[contract.Level]int   // violated rules that are not known to fail
	known    int                      // violated rules that are
	stale    int                      // rules that are known to fail, but passed
	held     int                      // MUST rules that were exercised and held
	musts    int                      // MUST rules in all
	findings map[contract.Outcome]int // those that were kept
}

func (r *Report) counts() counts {
	c := counts{
		exchanges: r.Result.Exchanges, judged: r.Result.Judged, unread: r.Unread,
		notOurs:  r.Result.Exchanges - r.Result.Judged - r.Unread,
		rules:    r.Result.Counts(),
		violated: make(map[contract.Level]int),
		findings: make(map[contract.Outcome]int),
	}
	for _, rule := range r.Result.Rules {
		if rule.Rule.Level == contract.Must {
			c.musts++
			if rule.Outcome == contract.Pass {
				c.held++
			}
		}
		switch {
		case rule.Stale:
			c.stale++
		case rule.Outcome == contract.Violation && rule.Known:
			c.known++
		case rule.Outcome == contract.Violation:
			c.violated[rule.Rule.Level]++
		}
	}
	for _, f := range r.Result.Findings {
		c.findings[f.Outcome]++
	}
	return c
}

// verdict is what a report comes to.
type verdict struct {
	outcome contract.Outcome // whose mark and colour it has
	short   string           // in two or three words
	long    string           // in whole sentences: why, and what to do about it
}

func (r *Report) verdict() verdict {
	c := r.counts()
	var say []string
	add := func(format string, args ...any) { say = append(say, fmt.Sprintf(format, args...)) }
	v := verdict{}
	switch r.Exit() {
	case contract.Conformant:
		v = verdict{outcome: contract.Pass, short: "conformant"}
		add("%d of the %d rules that say MUST were tested, and held.", c.held, c.musts)
		if n := c.violated[contract.Should]; n > 0 {
			add("Violated rules that say SHOULD: %d; --strict counts them.", n)
		}
	case contract.Violated:
		v = verdict{outcome: contract.Violation, short: "not conformant"}
		if n := c.violated[contract.Must]; n > 0 {
			add("Violated rules that say MUST: %d.", n)
		}
		if n := c.violated[contract.Should]; n > 0 {
			add("Violated rules that say SHOULD: %d.", n)
		}
		if first := r.firstViolated(); first != "" {
			add("Begin with %s, and repeat its request with the curl line.", first)
		}
		if c.stale > 0 {
			add("Known failures that pass: %d; take them off the list.", c.stale)
		}
	case contract.Failed:
		v = verdict{outcome: contract.Error, short: "failed"}
		if n := len(r.Result.Left); n > 0 {
			add("%s left behind; `glagents sweep` removes what it can.", count(n, "thing was", "things were"))
		} else {
			add("Rules that could not be tested because of an error of ours: %d.", c.rules[contract.Error])
		}
	default:
		v = verdict{outcome: contract.Inconclusive, short: "not enough was tested"}
		switch missing := r.Result.Missing(); {
		case c.judged > 0:
			add("%s.", strings.Join(missing, "; "))
		case c.exchanges > 0:
			add("None of the %s is with the Agents API (/api/v4/projects/…/cluster_agents).", count(c.exchanges, "exchange", "exchanges"))
		}
	}
	if r.Partial != "" {
		add("Not everything was judged: %s.", r.shown(r.Partial))
	}
	v.long = strings.Join(say, " ")
	return v
}

// firstViolated is the rule to look at first.
func (r *Report) firstViolated() string {
	for _, level := range []contract.Level{contract.Must, contract.Should} {
		for _, rule := range r.Result.Rules {
			if rule.Outcome == contract.Violation && !rule.Known && rule.Rule.Level == level {
				return rule.Rule.ID
			}
		}
	}
	return ""
}

// untested are the reasons why rules were not tested, the most frequent first.
func (r *Report) untested() []reasonCount {
	var reasons []reasonCount
	for _, rule := range r.Result.Rules {
		if rule.Outcome == contract.Untested {
			why := r.shown(rule.Reason.Text)
			c := find(&reasons, func(c *reasonCount) bool { return c.reason == why })
			c.reason, c.rules = why, c.rules+1
		}
	}
	slices.SortStableFunc(reasons, func(a, b reasonCount) int { return b.rules - a.rules })
	return reasons
}

// reasonCount is a reason, and how many rules it holds for.
type reasonCount struct {
	reason string
	rules  int
}

// incomplete are the rules that came to nothing for a reason of their own: inconclusive ones, and errors.
func (r *Report) incomplete() []contract.RuleResult {
	var rules []contract.RuleResult
	for _, rule := range r.Result.Rules {
		if (rule.Outcome == contract.Inconclusive || rule.Outcome == contract.Error) && rule.Reason.Text != "" {
			rules = append(rules, rule)
		}
	}
	return rules
}
