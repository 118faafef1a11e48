package contract_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/internal/racedetector"
)

// TestTest runs Test in a process of its own, as a test that fails can only be seen from outside.
func TestTest(t *testing.T) {
	racedetector.Skip(t)
	if os.Getenv("UNDER_TEST") != "" {
		underTest(t, os.Getenv("UNDER_TEST"))
		return
	}
	t.Parallel()
	for kind, want := range map[string]struct {
		ok   bool
		says []string
	}{
		"healthy":  {true, []string{"--- PASS: TestTest/tokens/secret-only-on-create", "--- SKIP: TestTest/roles/developer-reads", "no developer token is given"}},
		"leaky":    {false, []string{"--- FAIL: TestTest/tokens/secret-only-on-create", "The secret of a token is in the response that creates it, and in no other.", "--- PASS: TestTest/paths/id"}},
		"known":    {true, []string{"--- PASS: TestTest/tokens/secret-only-on-create"}},
		"stale":    {false, []string{"--- FAIL: TestTest/paths/id", "it is known to fail, but does not"}},
		"no token": {false, []string{"no token is given"}},
		"nothing":  {false, []string{"not enough was tested"}},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			command := exec.Command(os.Args[0], "-test.run=^TestTest$", "-test.v")
			command.Env = append(os.Environ(), "UNDER_TEST="+kind)
			out, err := command.CombinedOutput()
			assert.Equal(t, want.ok, err == nil, "%s", out)
			for _, text := range want.says {
				assert.Contains(t, string(out), text)
			}
			assert.NotContains(t, string(out), "glagent-")
		})
	}
}

func underTest(t *testing.T, kind string) {
	var options []fakegitlab.Option
	if kind == "leaky" || kind == "known" {
		options = append(options, fakegitlab.Deviate(leaky()))
	}
	target := targetOf(t, fake(t, options...))
	target.Tokens = map[contract.Role]string{contract.Maintainer: "glpat-maintainer"}
	switch kind {
	case "known":
		contract.Test(t, target, contract.Options{KnownFailures: []string{"tokens/secret-only-on-create"}})
	case "stale":
		contract.Test(t, target, contract.Options{KnownFailures: []string{"paths/id"}})
	case "no token":
		target.Tokens = nil
		contract.Test(t, target, contract.Options{})
	case "nothing":
		contract.Test(t, target, contract.Options{Rules: []string{"roles/developer-*"}})
	default:
		contract.Test(t, target, contract.Options{})
	}
}
