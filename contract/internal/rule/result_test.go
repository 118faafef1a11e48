package rule_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract/internal/rule"
)

var (
	must   = &rule.Rule{ID: "tokens/must", Level: rule.Must}
	should = &rule.Rule{ID: "tokens/should", Level: rule.Should}
)

func outcome(r *rule.Rule, o rule.Outcome, code ...rule.ReasonCode) rule.RuleResult {
	result := rule.RuleResult{Rule: r, Outcome: o}
	if len(code) > 0 {
		result.Reason.Code = code[0]
	}
	return result
}

// many is a rule's outcome several times.
func many(n int, r rule.RuleResult) (all []rule.RuleResult) {
	for range n {
		all = append(all, r)
	}
	return all
}

// operation is what was seen of one operation, by status.
func operation(id string, allowed bool, statuses ...int) rule.OperationCoverage {
	o := rule.OperationCoverage{Operation: id, Allowed: allowed}
	for _, status := range []int{200, 304, 404, 502} {
		seen := 0
		for _, s := range statuses {
			if s == status {
				seen++
			}
		}
		if status < 400 {
			o.Successes += seen
		}
		o.Statuses = append(o.Statuses, rule.StatusCoverage{Status: status, Seen: seen, Listed: true})
	}
	return o
}

// TestExitStatuses says how a command ends in each situation, and what it says is missing.
func TestExitStatuses(t *testing.T) {
	t.Parallel()
	read := rule.Coverage{Operations: []rule.OperationCoverage{operation("getAgent", true, 200), operation("listAgents", false)}}
	pass := outcome(must, rule.Pass)
	for _, c := range []struct {
		what            string
		result          rule.Result
		lenient, strict rule.Exit
		missing         []string
	}{
		{"nothing was judged", rule.Result{}, rule.TooLittle, rule.TooLittle, []string{"no request to the eight operations succeeded"}},
		{"one operation succeeded, and a MUST passed", rule.Result{Rules: many(1, pass), Coverage: read}, rule.Conformant, rule.Conformant, nil},
		{"an operation was only answered 304", rule.Result{Rules: many(1, pass), Coverage: rule.Coverage{Operations: []rule.OperationCoverage{operation("getAgent", false, 304)}}},
			rule.Conformant, rule.Conformant, nil},
		{"an operation occurred and never succeeded", rule.Result{Rules: many(1, pass), Coverage: rule.Coverage{Operations: []rule.OperationCoverage{
			operation("getAgent", false, 200), operation("listAgents", false, 502),
		}}}, rule.TooLittle, rule.TooLittle, []string{"listAgents never succeeded"}},
		{"an operation that the set-up allows did not occur", rule.Result{Run: "x", Rules: many(1, pass), Coverage: rule.Coverage{Operations: []rule.OperationCoverage{
			operation("getAgent", true, 200), operation("deleteAgent", true),
		}}}, rule.TooLittle, rule.TooLittle, []string{"deleteAgent never succeeded"}},
		{"nine of ten MUST rules were tested to the end", rule.Result{Coverage: read, Rules: append(many(9, pass), outcome(must, rule.Inconclusive, rule.ReasonNoAnswer))},
			rule.Conformant, rule.Conformant, nil},
		{"eight of nine MUST rules were tested to the end", rule.Result{Coverage: read, Rules: append(many(8, pass), outcome(must, rule.Inconclusive, rule.ReasonNoAnswer))},
			rule.TooLittle, rule.TooLittle, []string{"only 8 of the 9 MUST rules that the set-up allows were tested to the end"}},
		{"a live check did not reach a rule", rule.Result{Run: "x", Coverage: read, Rules: []rule.RuleResult{pass, outcome(must, rule.Untested, rule.ReasonEarlierStep)}},
			rule.TooLittle, rule.TooLittle, []string{"only 1 of the 2 MUST rules that the set-up allows were tested to the end"}},
		{"the set-up of a live check allows no more", rule.Result{Run: "x", Coverage: read, Rules: append(many(1, pass), many(9, outcome(must, rule.Untested, rule.ReasonRole))...)},
			rule.Conformant, rule.Conformant, nil},
		{"a recording has nothing for most rules", rule.Result{Coverage: read, Rules: append(many(1, pass), many(9, outcome(must, rule.Untested, rule.ReasonNoExchange))...)},
			rule.Conformant, rule.Conformant, nil},
		{"the set-up allows no MUST rule", rule.Result{Run: "x", Coverage: read, Rules: many(9, outcome(must, rule.Untested, rule.ReasonRole))},
			rule.TooLittle, rule.TooLittle, []string{"no MUST rule was tested"}},
		{"only a SHOULD passed", rule.Result{Coverage: read, Rules: many(1, outcome(should, rule.Pass))}, rule.TooLittle, rule.TooLittle, []string{"no MUST rule was tested"}},
		{"only SHOULDs were inconclusive", rule.Result{Coverage: read, Rules: append(many(1, pass), many(9, outcome(should, rule.Inconclusive, rule.ReasonNoAnswer))...)},
			rule.Conformant, rule.Conformant, nil},
		{"a finding in a recording was not confirmed", rule.Result{Coverage: read, Rules: append(many(20, pass), outcome(should, rule.Inconclusive, rule.ReasonUnconfirmed))},
			rule.TooLittle, rule.TooLittle, []string{"tokens/should failed, and could not be confirmed"}},
		{"a finding was not confirmed", rule.Result{Run: "x", Coverage: read, Rules: append(many(20, pass), outcome(should, rule.Inconclusive, rule.ReasonUnconfirmed))},
			rule.TooLittle, rule.TooLittle, []string{"tokens/should failed in some plays of its scenario and held in others"}},
		{"a finding of a rule that is known to fail was not confirmed",
			rule.Result{Coverage: read, Rules: append(many(20, pass), rule.RuleResult{Rule: must, Outcome: rule.Inconclusive, Known: true, Reason: rule.Reason{Code: rule.ReasonUnconfirmed}})},
			rule.Conformant, rule.Conformant, nil},
		{"the check ended early", rule.Result{Coverage: read, Rules: many(1, pass), Ended: &rule.Problem{Means: "the token expired"}},
			rule.TooLittle, rule.TooLittle, []string{"the check ended early"}},
		{"a MUST was violated", rule.Result{Coverage: read, Rules: []rule.RuleResult{pass, outcome(must, rule.Violation)}}, rule.Violated, rule.Violated, nil},
		{"a MUST was violated, and little was tested", rule.Result{Rules: []rule.RuleResult{outcome(must, rule.Violation)}}, rule.Violated, rule.Violated,
			[]string{"no request to the eight operations succeeded"}},
		{"a SHOULD was violated", rule.Result{Coverage: read, Rules: []rule.RuleResult{pass, outcome(should, rule.Violation)}}, rule.Conformant, rule.Violated, nil},
		{"a violation is known", rule.Result{Coverage: read, Rules: []rule.RuleResult{pass, {Rule: must, Outcome: rule.Violation, Known: true}}}, rule.Conformant, rule.Conformant, nil},
		{"a known failure is stale", rule.Result{Coverage: read, Rules: []rule.RuleResult{{Rule: must, Outcome: rule.Pass, Known: true, Stale: true}}}, rule.Violated, rule.Violated, nil},
		{"something was left behind", rule.Result{Coverage: read, Rules: many(1, pass), Left: []string{"agent 1"}}, rule.Failed, rule.Failed, nil},
		{"something was left behind, and a MUST was violated", rule.Result{Coverage: read, Rules: many(1, outcome(must, rule.Violation)), Left: []string{"agent 1"}},
			rule.Violated, rule.Violated, nil},
		{"something was left behind, and little was tested", rule.Result{Left: []string{"agent 1"}}, rule.Failed, rule.Failed, []string{"no request to the eight operations succeeded"}},
		{"something was kept, as asked for", rule.Result{Coverage: read, Rules: many(1, pass), Kept: []string{"agent 1"}}, rule.Conformant, rule.Conformant, nil},
		{"a fault of ours", rule.Result{Coverage: read, Rules: []rule.RuleResult{pass, outcome(must, rule.Error, rule.ReasonInternal)}}, rule.Failed, rule.Failed, nil},
		{"an invalid request in a recording", rule.Result{Coverage: read, Rules: []rule.RuleResult{pass, outcome(must, rule.Error)}}, rule.Conformant, rule.Conformant, nil},
		{"drift", rule.Result{Coverage: read, Rules: []rule.RuleResult{pass, outcome(should, rule.Drift)}}, rule.Conformant, rule.Conformant, nil},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.lenient, c.result.Exit(false))
			assert.Equal(t, c.strict, c.result.Exit(true), "strictly")
			assert.Equal(t, c.missing, c.result.Missing())
		})
	}
}

func TestKnownFailures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		outcome rule.Outcome
		stale   bool
	}{{rule.Violation, false}, {rule.Pass, true}, {rule.Untested, false}, {rule.Inconclusive, false}} {
		result := rule.Result{Rules: []rule.RuleResult{outcome(must, c.outcome), outcome(should, rule.Pass)}}
		result.MarkKnown([]string{must.ID})
		assert.True(t, result.Rules[0].Known)
		assert.Equal(t, c.stale, result.Rules[0].Stale, c.outcome)
		assert.False(t, result.Rules[1].Known || result.Rules[1].Stale)
	}
}

func TestNamesCanBeReadBack(t *testing.T) {
	t.Parallel()
	for o := rule.Untested; o <= rule.Violation; o++ {
		text, err := o.MarshalText()
		assert.NoError(t, err)
		var read rule.Outcome
		assert.NoError(t, read.UnmarshalText(text))
		assert.Equal(t, o, read)
	}
	for r := rule.Maintainer; r <= rule.Expired; r++ {
		text, err := r.MarshalText()
		assert.NoError(t, err)
		var read rule.Role
		assert.NoError(t, read.UnmarshalText(text))
		assert.Equal(t, r, read)
	}
	for _, l := range []rule.Level{rule.Must, rule.Should} {
		text, err := l.MarshalText()
		assert.NoError(t, err)
		var read rule.Level
		assert.NoError(t, read.UnmarshalText(text))
		assert.Equal(t, l, read)
	}
	assert.Error(t, new(rule.Outcome).UnmarshalText([]byte("fine")))
	assert.Error(t, new(rule.Role).UnmarshalText([]byte("owner")))
	assert.Error(t, new(rule.Level).UnmarshalText([]byte("MAY")))
}
