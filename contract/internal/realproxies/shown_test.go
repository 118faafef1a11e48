package realproxies

import (
	"fmt"
	"strings"

	"example.com/gitlab-agents/contract"
)

// shown is what a check came to, for the message of a test that fails.
func shown(result *contract.Result, err error) string {
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "exit %d", result.Exit(true))
	if result.Ended != nil {
		fmt.Fprintf(&b, "\nended: %s", result.Ended.Error())
	}
	for _, missing := range result.Missing() {
		fmt.Fprintf(&b, "\nmissing: %s", missing)
	}
	for _, left := range result.Left {
		fmt.Fprintf(&b, "\nleft: %s", left)
	}
	for _, rule := range result.Rules {
		if rule.Outcome == contract.Violation || rule.Outcome == contract.Error || rule.Outcome == contract.Inconclusive {
			fmt.Fprintf(&b, "\n%s %s (%d): %s", rule.Outcome, rule.Rule.ID, rule.Findings, rule.Reason.Text)
		}
	}
	told := make(map[string]bool)
	for _, f := range result.Findings {
		if !told[f.Rule] {
			fmt.Fprintf(&b, "\nfinding: %s: %s; %s", f.Scenario, f.String(), f.Note)
		}
		told[f.Rule] = true
	}
	return b.String()
}
