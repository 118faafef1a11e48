package tools_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/faults"
)

// comparisonFile is what "make compare-tools" writes.
const comparisonFile = "COMPARISON.md"

var compare = flag.Bool("compare", false, "compare the tools, which takes some minutes, and write "+comparisonFile)

// step is how many faults lie between two of the sample.
const step = 15

// violating are the faults that break GitLab 19.1 CE, which "glagents serve" is, in the order of "glagents faults".
func violating(t *testing.T) []faults.Fault {
	t.Helper()
	release, err := fakegitlab.ParseRelease("19.1")
	require.NoError(t, err)
	return slices.DeleteFunc(faults.All(), func(f faults.Fault) bool {
		return f.Verdict != faults.Violates || !f.In(release, "ce")
	})
}

// sample is every 15th of the faults, from the first.
func sample(all []faults.Fault) (names []string) {
	for i := 0; i < len(all); i += step {
		names = append(names, all[i].Name)
	}
	return names
}

// leaks are the faults that show the secret of an agent's token where GitLab does not.
func leaks(all []faults.Fault) (names []string) {
	for i := range all {
		if slices.Contains(all[i].Rules, "tokens/secret-only-on-create") {
			names = append(names, all[i].Name)
		}
	}
	return names
}

func names(all []faults.Fault) (names []string) {
	for i := range all {
		names = append(names, all[i].Name)
	}
	return names
}

// compared is what came of a tool.
type compared struct {
	checker
	healthy bool // it accepts the healthy fake

	mu      sync.Mutex
	noticed map[string]bool // by fault; empty unless it accepts the healthy fake
	took    []time.Duration
}

// compareTool runs a tool on the healthy fake. If the tool accepts that, it runs the tool on each fault, some side by side.
func compareTool(t *testing.T, tool checker, names []string) *compared {
	t.Helper()
	result := &compared{checker: tool, noticed: make(map[string]bool)}
	if !tool.installed() {
		return result
	}
	t.Run(tool.name+" on the healthy fake", func(t *testing.T) { result.healthy = result.try(t) })
	if !result.healthy {
		return result
	}
	t.Run(tool.name, func(t *testing.T) {
		for _, name := range names {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				accepted := result.try(t, "--fault", name)
				result.mu.Lock()
				defer result.mu.Unlock()
				result.noticed[name] = !accepted
			})
		}
	})
	require.False(t, t.Failed(), "not every run came to an end")
	return result
}

// try runs the tool once, and reports whether it accepts the server.
func (c *compared) try(t *testing.T, serveArgs ...string) bool {
	t.Helper()
	gitlab, started := serveToCompare(t, serveArgs...), time.Now()
	accepted := c.accepts(t, gitlab)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.took = append(c.took, time.Since(started))
	t.Logf("accepted: %v", accepted)
	return accepted
}

// serveToCompare is a server with the document's examples. Its tokens are created over the API, as they are in a GitLab, so
// that a fault can leak their secrets to a tool that only reads them.
func serveToCompare(t *testing.T, args ...string) *served {
	t.Helper()
	gitlab := serve(t, append(args, "--seed", "testdata/seed.yaml")...)
	for _, name := range []string{"abcd", "foobar"} {
		request(t, "POST", gitlab.url+"/api/v4/projects/20/cluster_agents/5/tokens", `{"name":"`+name+`"}`)
	}
	return gitlab
}

// count is how many of the faults were noticed.
func (c *compared) count(names []string) (n int) {
	for _, name := range names {
		if c.noticed[name] {
			n++
		}
	}
	return n
}

// median is how many seconds a run of the tool takes, with what it needs to prepare.
func (c *compared) median() string {
	slices.Sort(c.took)
	return fmt.Sprintf("%.1f", c.took[len(c.took)/2].Seconds())
}

// TestComparison compares the tools and writes the result, if -compare says so.
func TestComparison(t *testing.T) {
	if !*compare {
		t.Skip("it takes some minutes; make compare-tools runs it")
	}
	require.NoError(t, missing(), whyMissing)
	started := time.Now()
	all := violating(t)
	c := &comparison{sample: sample(all), leaks: leaks(all)}
	for i := range all {
		if slices.Contains(c.sample, all[i].Name) || slices.Contains(c.leaks, all[i].Name) {
			c.faults = append(c.faults, all[i])
		}
	}
	for _, tool := range checkers() {
		c.tools = append(c.tools, compareTool(t, tool, names(c.faults)))
	}
	text := c.markdown(t, time.Since(started))
	require.NoError(t, os.WriteFile(comparisonFile, []byte(text), 0o600))
	t.Logf("written to %s\n%s", comparisonFile, text)
}

// Prism finds a leak by the document. No document says that two tokens may have the same name.
func TestComparisonOfTwoFaults(t *testing.T) {
	t.Parallel()
	needsPackages(t)
	prism := checkers()[slices.IndexFunc(checkers(), func(c checker) bool { return strings.HasPrefix(c.name, "Prism") })]
	result := compareTool(t, prism, []string{"secret-in-list", "token-name-taken"})
	assert.True(t, result.healthy)
	assert.Equal(t, map[string]bool{"secret-in-list": true, "token-name-taken": false}, result.noticed)
	assert.Len(t, result.took, 3)

	c := &comparison{sample: []string{"secret-in-list", "token-name-taken"}, leaks: []string{"secret-in-list"}, tools: []*compared{result}}
	assert.Contains(t, c.toolRows(t)[0], "| accepted | 1 | 1 | ")
}

// Without the tool, or if it refuses the healthy fake, nothing is said of faults.
func TestComparisonCountsNothing(t *testing.T) {
	t.Parallel()
	needsPackages(t)
	for _, test := range []struct {
		tool checker
		row  string
	}{
		{checker{name: "absent", program: "no-such-program"}, "| absent | not installed |  |  | not measured |  |  |  |"},
		{checker{name: "strict", accepts: func(*testing.T, *served) bool { return false }}, "| refused | not counted | not counted | "},
	} {
		t.Run(test.tool.name, func(t *testing.T) {
			t.Parallel()
			result := compareTool(t, test.tool, []string{"secret-in-list"})
			assert.Empty(t, result.noticed)
			c := &comparison{sample: []string{"secret-in-list"}, tools: []*compared{result}}
			assert.Contains(t, c.toolRows(t)[0], test.row)
		})
	}
}

// The READMEs show the figures of the last comparison.
func TestReadMesShowTheComparison(t *testing.T) {
	t.Parallel()
	measured := figures(t, comparisonFile)
	assert.NotEmpty(t, measured)
	for _, name := range []string{"README.md", "README.ja.md"} {
		assert.Equal(t, measured, figures(t, filepath.Join("../../../..", name)), "%s: copy them from %s", name, comparisonFile)
	}
}

// figures are the faults and leaks in each tool's row.
func figures(t *testing.T, path string) [][]string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var figures [][]string
	for _, found := range regexp.MustCompile(`(?m)\| (\d+) \| (\d+) \|(?: \d+\.\d \|)?$`).FindAllStringSubmatch(string(text), -1) {
		figures = append(figures, found[1:])
	}
	return figures
}
