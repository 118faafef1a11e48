package selftest_test

import (
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/faults"
	"example.com/gitlab-agents/contract/selftest"
)

var update = flag.Bool("update", false, "write golden files anew")

// TestForce runs the suite against the healthy fake in every profile and against each fault, and holds the matrix against
// FORCE.md.
func TestForce(t *testing.T) {
	t.Parallel()
	profiles, broken := selftest.Profiles(), faults.All()
	m := &selftest.Matrix{Healthy: make([]*selftest.Run, len(profiles)), Broken: make([]*selftest.Run, len(broken))}
	t.Run("runs", func(t *testing.T) {
		for i, p := range profiles {
			t.Run(p.String(), func(t *testing.T) {
				t.Parallel()
				run, err := selftest.Healthy(t.Context(), p)
				require.NoError(t, err)
				assert.Empty(t, strings.Join(run.Problems, "\n"))
				m.Healthy[i] = run
			})
		}
		for i := range broken {
			t.Run(broken[i].Name, func(t *testing.T) {
				t.Parallel()
				run, err := selftest.Broken(t.Context(), &broken[i])
				require.NoError(t, err)
				assert.Empty(t, strings.Join(run.Problems, "\n"))
				m.Broken[i] = run
			})
		}
	})
	if slices.Contains(m.Healthy, nil) || slices.Contains(m.Broken, nil) {
		t.Skip("some runs were left out")
	}
	if !t.Failed() {
		assert.Empty(t, m.Problems())
	}
	if *update {
		require.NoError(t, os.WriteFile("../FORCE.md", []byte(m.Markdown()), 0o644))
	}
	want, err := os.ReadFile("../FORCE.md")
	require.NoError(t, err)
	assert.Equal(t, string(want), m.Markdown(), "FORCE.md is not what was measured: go test ./contract/faults -run Force -update")
}

func TestFaults(t *testing.T) {
	t.Parallel()
	known := make(map[string]bool)
	for _, rule := range contract.Catalogue() {
		known[rule.ID] = true
	}
	seen := make(map[string]bool)
	for _, f := range faults.All() {
		assert.Regexp(t, regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`), f.Name)
		assert.False(t, seen[f.Name], "%s is there twice", f.Name)
		seen[f.Name] = true
		assert.True(t, strings.HasSuffix(f.Explains, ".") || strings.HasSuffix(f.Explains, `."`), "%s: %q is no sentence", f.Name, f.Explains)
		assert.NotEmpty(t, f.Subject, f.Name)
		assert.True(t, !f.Change.Empty(), "%s does nothing", f.Name)
		assert.Equal(t, f.Verdict == faults.Conforms, len(f.Rules) == 0, "%s: rules claim what is a fault, and nothing else", f.Name)
		assert.Equal(t, len(f.Also) > 0, f.Because != "", "%s: exceptions have a reason", f.Name)
		for _, rule := range slices.Concat(f.Rules, f.Also) {
			assert.True(t, known[rule], "%s: there is no rule %s", f.Name, rule)
		}
		for _, rule := range f.Rules {
			assert.NotContains(t, f.Also, rule, f.Name)
		}
	}
	assert.GreaterOrEqual(t, len(seen), 80)
}

func TestNamed(t *testing.T) {
	t.Parallel()
	f, err := faults.Named("secret-in-list")
	require.NoError(t, err)
	assert.Equal(t, "secret-in-list", f.Name)
	_, err = faults.Named("secret-in")
	assert.ErrorContains(t, err, "secret-in-list, secret-in-get")
	_, err = faults.Named("")
	assert.ErrorContains(t, err, "glagents faults")
}

// TestFaultsAdd switches two faults on at once.
func TestFaultsAdd(t *testing.T) {
	t.Parallel()
	var both []faults.Fault
	for _, name := range []string{"secret-missing", "cache-control-public"} {
		f, err := faults.Named(name)
		require.NoError(t, err)
		both = append(both, f)
	}
	fake, err := fakegitlab.New(faults.Options(both...)...)
	require.NoError(t, err)
	watcher, handler, err := contract.WatchHandler(faults.Around(fake, both...), contract.JudgeOptions{})
	require.NoError(t, err)
	createToken(t, handler)
	violated := make(map[string]bool)
	for _, f := range watcher.Result().Findings {
		violated[f.Rule] = true
	}
	assert.True(t, violated["tokens/secret-on-create"])
	assert.True(t, violated["headers/never-public"])
}
