// Package conformance shows the suite as a Go test: a subtest for each rule. Without GITLAB_URL it tests the fake.
//
//	GITLAB_URL=https://gitlab.example.com GITLAB_PROJECT=group/project GITLAB_TOKEN=… go test ./examples/conformance -v
package conformance

import (
	"os"
	"testing"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	target := contract.Target{
		URL:     os.Getenv("GITLAB_URL"),
		Project: os.Getenv("GITLAB_PROJECT"),
		Tokens:  map[contract.Role]string{contract.Maintainer: os.Getenv("GITLAB_TOKEN")},
	}
	if target.URL == "" {
		target = contract.Target{
			URL:          fakegitlab.Start(t).URL,
			Project:      "root/test",
			OtherProject: "root/other",
			Tokens: map[contract.Role]string{
				contract.Maintainer: "glpat-maintainer",
				contract.Developer:  "glpat-developer",
				contract.Guest:      "glpat-guest",
				contract.Stranger:   "glpat-stranger",
			},
		}
	}
	contract.Test(t, target, contract.Options{})
}
