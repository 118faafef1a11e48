package contract_test

import (
	"fmt"
	"testing"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
)

func TestSmoke(t *testing.T) {
	gitlab := fakegitlab.Start(t)
	result, err := contract.Run(t.Context(), contract.Target{URL: gitlab.URL, Project: "root/test", OtherProject: "root/other", Tokens: map[contract.Role]string{contract.Maintainer: "glpat-maintainer", contract.Developer: "glpat-developer", contract.Guest: "glpat-guest", contract.Stranger: "glpat-stranger"}}, contract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range result.Rules {
		if r.Outcome != contract.Pass {
			fmt.Println(r.Outcome, r.Rule.ID, r.Reason, r.Applied)
		}
	}
	for _, f := range result.Findings {
		fmt.Println(f.Rule, f.Outcome, f.Scenario, f.Note, f)
	}
	for _, s := range result.Scenarios {
		fmt.Println(s.Name, s.Outcome, s.Reason, s.Plays, s.Requests, s.Duration)
	}
	fmt.Println(result.Counts(), result.Exchanges, result.Left, result.Missing(), result.Exit(false), result.Duration)
}
