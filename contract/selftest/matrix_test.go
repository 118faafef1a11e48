package selftest_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/faults"
	"example.com/gitlab-agents/contract/internal/racedetector"
	"example.com/gitlab-agents/contract/selftest"
)

var update = flag.Bool("update", false, "write the golden files")

// TestMatrix makes every run, each as a test of its own, and compares the matrix with FORCE.md. With the race detector it
// makes a sample of the runs.
func TestMatrix(t *testing.T) {
	t.Parallel()
	profiles, broken := selftest.Profiles(), faults.All()
	m := &selftest.Matrix{Healthy: make([]*selftest.Run, len(profiles)), Broken: make([]*selftest.Run, len(broken))}
	t.Run("runs", func(t *testing.T) {
		for i, p := range profiles {
			t.Run(p.String(), func(t *testing.T) {
				leaveOut(t, i)
				t.Parallel()
				run, err := selftest.Healthy(t.Context(), p)
				m.Healthy[i] = withoutProblems(t, run, err)
			})
		}
		for i := range broken {
			t.Run(broken[i].Name, func(t *testing.T) {
				leaveOut(t, i)
				t.Parallel()
				run, err := selftest.Broken(t.Context(), &broken[i])
				m.Broken[i] = withoutProblems(t, run, err)
			})
		}
	})
	if slices.Contains(m.Healthy, nil) || slices.Contains(m.Broken, nil) {
		t.Skip("some runs were left out")
	}
	assert.Empty(t, m.Unkilled())
	t.Logf("These rules may be set off, and were not:\n%s", strings.Join(m.NotSetOff(), "\n"))
	compareWithGolden(t, "../FORCE.md", m.Markdown())
}

// leaveOut skips a run that is not in the sample.
func leaveOut(t *testing.T, i int) {
	t.Helper()
	if racedetector.On && i%100 != 0 {
		t.Skip("the race detector sees a sample of the runs; without it all are made")
	}
}

func withoutProblems(t *testing.T, run *selftest.Run, err error) *selftest.Run {
	t.Helper()
	require.NoError(t, err)
	assert.Empty(t, strings.Join(run.Problems, "\n"))
	return run
}

// compareWithGolden prints the lines that differ.
func compareWithGolden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	if string(want) != got {
		t.Errorf("%s is out of date; write it with: go test ./contract/selftest -run Matrix -update\n%s", path, diff.Diff("written", want, "measured", []byte(got)))
	}
}

func TestEachFaultClaimsKnownRules(t *testing.T) {
	t.Parallel()
	known := make(map[string]bool)
	for _, rule := range contract.Rules() {
		known[rule.ID] = true
	}
	for _, f := range faults.All() {
		for _, rule := range slices.Concat(f.Rules, f.Also) {
			assert.True(t, known[rule], "%s: there is no rule %s", f.Name, rule)
		}
	}
}

// TestMeasure makes a few runs as glagents selftest does.
func TestMeasure(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	broken, err := faults.Matching("secret-missing", "slow")
	require.NoError(t, err)
	var names []string
	m, err := selftest.Measure(t.Context(), broken, func(r *selftest.Run) { names = append(names, r.Name()) })
	require.NoError(t, err)
	assert.Equal(t, []string{"secret-missing", "slow"}, names[len(selftest.Profiles()):], "in the order of the faults, after the healthy fake")
	assert.Equal(t, "healthy "+selftest.Profiles()[0].String(), names[0])
	assert.Empty(t, m.Problems(), "nothing is said about rules that none of the faults kills")
	assert.Equal(t, []string{"secret-missing"}, m.Killers()["tokens/secret-on-create"])
}

// TestProblems runs faults that say something wrong about themselves.
func TestProblems(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	for name, test := range map[string]struct {
		fault  string
		change func(f *faults.Fault)
		want   string
	}{
		"a rule that does not notice":    {"cache-control-missing", func(f *faults.Fault) { f.Rules = append(f.Rules, "agents/read") }, "agents/read does not notice: pass"},
		"a rule that is set off":         {"cache-control-missing", func(f *faults.Fault) { f.Rules = nil }, "headers/cache-control is set off: "},
		"a violation that is no fault":   {"cache-control-missing", func(f *faults.Fault) { f.Verdict = faults.Conforms }, "headers/cache-control does not notice: violation"},
		"a fault that violates nothing":  {"slow", func(f *faults.Fault) { f.Verdict = faults.Violates }, "the check ends with 0"},
		"agents of others that are gone": {"delete-deletes-all", func(f *faults.Fault) { f.Harms = "" }, "/api/v4/projects/20/cluster_agents/101 existed before, and changed"},
		"agents of the run that stay":    {"delete-does-nothing", func(f *faults.Fault) { f.Keeps = "" }, "left behind: /api/v4/projects/20/cluster_agents/"},
		"a report of what is gone":       {"list-agents-500", func(f *faults.Fault) { f.Keeps = "" }, "reported as left behind, but gone: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fault, err := faults.Named(test.fault)
			require.NoError(t, err)
			test.change(&fault)
			run, err := selftest.Broken(t.Context(), &fault)
			require.NoError(t, err)
			assert.Contains(t, strings.Join(run.Problems, "\n"), test.want)
		})
	}
}
