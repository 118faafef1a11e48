package contract

import "testing"

// Test checks a target in a subtest for each rule. A rule that could not be tested is a skipped subtest, with its
// reason; a violated SHOULD, and what is known to fail, is logged. A check that tested too little fails.
func Test(t *testing.T, target Target, options Options) {
	t.Helper()
	result, err := Run(t.Context(), target, options)
	if err != nil {
		t.Fatal(err)
	}
	for _, left := range result.Left {
		t.Errorf("left behind: %s", left)
	}
	for _, missing := range result.Missing() {
		t.Errorf("not enough was tested: %s", missing)
	}
	for i := range result.Rules {
		rule := &result.Rules[i]
		t.Run(rule.Rule.ID, func(t *testing.T) { testRule(t, result, rule) })
	}
}

// testRule is the subtest of one rule.
func testRule(t *testing.T, result *Result, rule *RuleResult) {
	for _, f := range result.Findings {
		switch {
		case f.Rule != rule.Rule.ID:
		case f.Outcome == Violation && f.Level == Must && !rule.Known:
			t.Errorf("%s\n%s", rule.Rule.Sentence, f)
		default:
			t.Logf("%s\n%s", rule.Rule.Sentence, f)
		}
	}
	switch {
	case rule.Stale:
		t.Error("it is known to fail, but does not")
	case rule.Outcome == Untested, rule.Outcome == Inconclusive:
		t.Skipf("%s: %s", rule.Outcome, rule.Reason.Text)
	case rule.Outcome == Error:
		t.Errorf("internal error: %s", rule.Reason.Text)
	}
}
