package report_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/report"
)

// untested are rules that were not tested, one for each reason.
func untested(reasons ...contract.Reason) *report.Report {
	r := &contract.Result{}
	for _, reason := range reasons {
		result := contract.RuleResult{Rule: rule("a/b", contract.Must, "", ""), Outcome: contract.Untested, Reason: reason}
		r.Rules = append(r.Rules, result)
	}
	return &report.Report{Result: r}
}

func TestTheReasonOfTheMostRulesComesFirst(t *testing.T) {
	t.Parallel()
	edition := contract.Reason{Code: contract.ReasonEdition, Text: "the rule holds for GitLab EE only"}
	project := contract.Reason{Code: contract.ReasonOtherProject, Text: "no other project is given"}
	guest := contract.Reason{Code: contract.ReasonRole, Text: "no guest token is given"}
	r := untested(edition, project, project, guest, guest, guest)
	assert.Contains(t, string(write(t, report.Terminal{}, r)), strings.Join([]string{
		"untested  3 rules: no guest token is given", "          2 rules: no other project is given",
		"          1 rule: the rule holds for GitLab EE only", "coverage ",
	}, "\n"))
	assert.Contains(t, string(write(t, report.Markdown{}, r)), strings.Join([]string{
		"| 3 | no guest token is given |", "| 2 | no other project is given |", "| 1 | the rule holds for GitLab EE only |",
	}, "\n"))
}

func TestTheAdviceIsWhatMakesTheMostRulesTestable(t *testing.T) {
	t.Parallel()
	var (
		guest   = contract.Reason{Code: contract.ReasonRole, Text: "no guest token is given (GITLAB_GUEST_TOKEN)"}
		project = contract.Reason{Code: contract.ReasonOtherProject, Text: "no other project is given"}
		edition = contract.Reason{Code: contract.ReasonEdition, Text: "the edition is not known: give --edition"}
		release = contract.Reason{Code: contract.ReasonReleaseUnknown, Text: "the release is not known"}
	)
	type reasons []contract.Reason
	for _, c := range []struct {
		name    string
		reasons reasons
		want    string
	}{
		{"one needs a project, and two need a token", reasons{project, guest, guest}, "To test 2 more rules, set GITLAB_GUEST_TOKEN."},
		{"one needs a token, and two need a project", reasons{guest, project, project}, "To test 2 more rules, give --other-project."},
		{"each needs something else", reasons{edition, guest, release, project}, "To test 1 more rule, give --edition."},
		{"the same in another order", reasons{guest, release, project, edition}, "To test 1 more rule, give --edition."},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for range 50 { // it does not depend on the order of a map
				text := string(write(t, report.Terminal{Quiet: true}, untested(c.reasons...)))
				assert.Contains(t, text, c.want)
			}
		})
	}
}
