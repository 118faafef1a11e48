package contract_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
)

// TestConformance checks the GitLab that the environment names, or else the fake:
//
//	GITLAB_URL=https://gitlab.example.com GITLAB_PROJECT=group/project GITLAB_TOKEN=… go test ./contract -run Conformance
//
// GITLAB_OTHER_PROJECT, GITLAB_DEVELOPER_TOKEN, GITLAB_GUEST_TOKEN and GITLAB_STRANGER_TOKEN make more rules testable;
// with GITLAB_READ_ONLY nothing is created or deleted. What a killed run leaves behind `glagents sweep` removes.
func TestConformance(t *testing.T) {
	url := os.Getenv("GITLAB_URL")
	if url == "" {
		gitlab := fakegitlab.Start(t)
		contract.Test(t, contract.Target{
			URL: gitlab.URL, Project: "root/test", OtherProject: "root/other",
			Tokens: map[contract.Role]string{
				contract.Maintainer: "glpat-maintainer", contract.Developer: "glpat-developer",
				contract.Guest: "glpat-guest", contract.Stranger: "glpat-stranger",
			},
		})
		return
	}
	target := contract.Target{
		URL: url, Project: os.Getenv("GITLAB_PROJECT"), OtherProject: os.Getenv("GITLAB_OTHER_PROJECT"),
		Tokens: make(map[contract.Role]string),
	}
	for role, name := range map[contract.Role]string{
		contract.Maintainer: "GITLAB_TOKEN", contract.Developer: "GITLAB_DEVELOPER_TOKEN",
		contract.Guest: "GITLAB_GUEST_TOKEN", contract.Stranger: "GITLAB_STRANGER_TOKEN",
	} {
		if token := os.Getenv(name); token != "" {
			target.Tokens[role] = token
		}
	}
	var options []contract.Option
	if os.Getenv("GITLAB_READ_ONLY") != "" {
		options = append(options, contract.ReadOnly())
	} else {
		cache, err := os.UserCacheDir()
		require.NoError(t, err)
		journal, err := contract.OpenJournal(filepath.Join(cache, "glagents"))
		require.NoError(t, err)
		options = append(options, contract.WithJournal(journal))
	}
	contract.Test(t, target, options...)
}
