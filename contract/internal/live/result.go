package live

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"example.com/gitlab-agents/contract/document"
	"example.com/gitlab-agents/contract/internal/rule"
)

// leave removes what the check made, or says what it keeps.
func (c *check) leave(ctx context.Context) (left, kept []string) {
	if !c.Keep {
		return c.cleanUp(ctx), nil
	}
	if c.entry != nil {
		c.entry.leave()
	}
	byID := slices.SortedFunc(slices.Values(c.own.agents), func(a, b madeAgent) int { return cmp.Compare(a.id, b.id) })
	for _, a := range byID {
		if !c.own.isGone(a.id) {
			kept = append(kept, c.Redactor.Redact(fmt.Sprintf("agent %d, %q", a.id, a.name)))
		}
	}
	return nil, kept
}

// result brings together what was judged and what the scenarios came to.
func (c *check) result(plays []*play, again map[*play]int) *rule.Result {
	r := c.judge.Result()
	r.Target, r.Project, r.Run, r.ReadOnly = c.base, c.ground.project.Path, c.own.run, c.ReadOnly
	r.Roles, r.Ended = c.ground.given, c.ended()
	for i := range r.Rules {
		c.settle(&r.Rules[i], plays)
	}
	shown := make(redacted) // as many findings tell the same story
	for _, p := range plays {
		r.Scenarios = append(r.Scenarios, p.result(again[p]))
		if c.Timeline {
			r.Timeline = append(r.Timeline, c.redactSteps(p.steps(p.story), shown)...)
		}
	}
	r.Latency = latencies(plays)
	for i := range r.Findings {
		r.Findings[i].Story = c.redactSteps(r.Findings[i].Story, shown)
	}
	c.allow(&r.Coverage)
	r.MarkKnown(c.Known)
	return r
}

// settle brings together what was judged under a rule and what the scenarios that declare it say.
func (c *check) settle(result *rule.RuleResult, plays []*play) {
	if result.Outcome == rule.Untested && (result.Reason.Code == rule.ReasonRelease || result.Reason.Code == rule.ReasonEdition) {
		return
	}
	if result.Outcome == rule.Untested && c.ReadOnly && c.onlyWrites(result.Rule.Operations) {
		result.Reason = rule.Reason{Code: rule.ReasonReadOnly, Text: readOnly}
	}
	if result.Outcome == rule.Untested && (result.Reason.Code == rule.ReasonLiveOnly || c.Selected && result.Reason.Code == rule.ReasonNoExchange) {
		result.Reason = rule.Reason{Code: rule.ReasonNotSelected, Text: "the scenarios that prove it were not selected"}
	}
	declared := false
	for _, p := range plays {
		if result.Outcome == rule.Untested && p.end != nil && p.end.outcome == rule.Untested && slices.Contains(p.scenario.Judged, result.Rule) {
			result.Reason = p.end.reason
		}
		if !slices.Contains(p.scenario.Proves, result.Rule) {
			continue
		}
		outcome, reason := p.outcome(result.Rule)
		if !declared && result.Outcome == rule.Untested {
			result.Reason = reason // a scenario's reason says more than "nothing was judged"
		}
		declared = true
		if outcome > result.Outcome {
			result.Outcome, result.Reason = outcome, reason
		}
		if outcome == rule.Pass {
			result.Applied++
		}
	}
}

// readOnly is why a read-only check does not test rules about writes.
const readOnly = "it creates or deletes, and the check is read-only"

// onlyWrites says whether all of some operations change something.
func (c *check) onlyWrites(operations []string) bool {
	return len(operations) > 0 && !slices.ContainsFunc(operations, func(o string) bool { return reads(c.operations[o].Method) })
}

// result is what became of the scenario.
func (p *play) result(again int) rule.ScenarioResult {
	r := rule.ScenarioResult{Name: p.scenario.Name, Requests: p.requests, Duration: p.duration, Outcome: rule.Untested}
	if p.requests > 0 {
		r.Plays = 1 + again
	}
	for _, declared := range p.scenario.Proves {
		outcome, reason := p.outcome(declared)
		if outcome >= r.Outcome {
			r.Outcome, r.Reason = outcome, reason.Text
		}
	}
	if len(p.failed) > len(p.held) {
		r.Outcome = rule.Violation
	}
	return r
}

// allow notes which operations the set-up allows to succeed. Some of the scenarios or rules need not use all operations.
func (c *check) allow(coverage *rule.Coverage) {
	if c.Selected || c.SomeRules {
		return
	}
	for i := range coverage.Operations {
		o := &coverage.Operations[i]
		o.Allowed = c.allows(c.operations[o.Operation])
	}
}

// latencies are how long the answers to each operation took.
func latencies(plays []*play) []rule.Latency {
	took := make(map[string][]time.Duration)
	for _, p := range plays {
		for _, t := range p.story {
			if t.judged != nil && t.judged.Operation != "" && t.sent.Response != nil {
				took[t.judged.Operation] = append(took[t.judged.Operation], t.sent.Duration)
			}
		}
	}
	var latencies []rule.Latency
	for _, operation := range slices.Sorted(maps.Keys(took)) {
		all := slices.Sorted(slices.Values(took[operation]))
		latencies = append(latencies, rule.Latency{Operation: operation, Requests: len(all), Median: all[len(all)/2], Slowest: all[len(all)-1]})
	}
	return latencies
}

// allows says whether an operation can succeed: this GitLab has it, and a read-only check may send it.
func (c *check) allows(o document.Operation) bool {
	since, _ := rule.ParseRelease(o.Since) // zero if the document says nothing
	edition, _ := rule.ParseEdition(o.Edition)
	exists := rule.Rule{Since: since, Edition: edition}
	holds, _ := exists.HoldsFor(c.ground.version)
	return holds == rule.DoesHold && (reads(o.Method) || !c.ReadOnly)
}
