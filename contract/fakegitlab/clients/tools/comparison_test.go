package tools_test

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/faults"
)

// comparison is the result of comparing the tools.
type comparison struct {
	faults        []faults.Fault // those of the sample and the leaks
	sample, leaks []string       // their names
	tools         []*compared
}

//go:embed testdata/comparison.md.tmpl
var comparisonTemplate string

// markdown is what is written to the file.
func (c *comparison) markdown(t *testing.T, took time.Duration) string {
	t.Helper()
	var text strings.Builder
	require.NoError(t, template.Must(template.New("").Parse(comparisonTemplate)).Execute(&text, map[string]any{
		"Date": time.Now().UTC().Format(time.DateOnly), "Took": fmt.Sprintf("%.0f minutes", took.Minutes()), "Node": nodeVersion(t),
		"Violating": len(violating(t)), "Sample": len(c.sample), "Leaks": len(c.leaks), "Step": step,
		"Tools": c.toolRows(t), "Heads": c.heads(), "Faults": c.faultRows(),
	}))
	return text.String()
}

// toolRows has a row for each tool.
func (c *comparison) toolRows(t *testing.T) (rows []string) {
	t.Helper()
	for _, tool := range c.tools {
		cells := []string{tool.name, tool.version(t), tool.sends, tool.judges}
		switch {
		case !tool.installed():
			cells = append(cells, "not measured", "", "", "")
		case !tool.healthy:
			cells = append(cells, "refused", "not counted", "not counted", tool.median())
		default:
			cells = append(cells, "accepted", fmt.Sprint(tool.count(c.sample)), fmt.Sprint(tool.count(c.leaks)), tool.median())
		}
		rows = append(rows, row(cells...))
	}
	return rows
}

// heads are the names of the tools that accept the healthy fake, as the heads of columns.
func (c *comparison) heads() (heads []string) {
	for _, tool := range c.tools {
		if tool.healthy {
			heads = append(heads, tool.name)
		}
	}
	return heads
}

// faultRows has a row for each fault, which says who noticed it.
func (c *comparison) faultRows() (rows []string) {
	for i := range c.faults {
		f := &c.faults[i]
		var in []string
		if slices.Contains(c.sample, f.Name) {
			in = append(in, "sample")
		}
		if slices.Contains(c.leaks, f.Name) {
			in = append(in, "leaks")
		}
		cells := []string{"`" + f.Name + "`", f.Explains, strings.Join(in, ", ")}
		for _, tool := range c.tools {
			switch {
			case !tool.healthy:
			case tool.noticed[f.Name]:
				cells = append(cells, "yes")
			default:
				cells = append(cells, "")
			}
		}
		rows = append(rows, row(cells...))
	}
	return rows
}

func row(cells ...string) string { return "| " + strings.Join(cells, " | ") + " |" }

// version is that of a tool: of its npm packages, of its program, or of this commit.
func (c *checker) version(t *testing.T) string {
	t.Helper()
	switch {
	case !c.installed():
		return "not installed"
	case c.program != "":
		out, err := exec.CommandContext(t.Context(), c.program, "--version").Output()
		require.NoError(t, err)
		return lastWord(string(out))
	case c.packages == nil:
		return "this commit"
	}
	return c.pinned(t)
}

// lastWord is the version in what programs say to --version.
func lastWord(text string) string {
	words := strings.Fields(text)
	return words[len(words)-1]
}

// pinned is the version of a tool's npm packages.
func (c *checker) pinned(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("package.json")
	require.NoError(t, err)
	var file struct{ Dependencies map[string]string }
	require.NoError(t, json.Unmarshal(data, &file))
	var versions []string
	for _, name := range c.packages {
		require.Contains(t, file.Dependencies, name)
		versions = append(versions, file.Dependencies[name])
	}
	return strings.Join(versions, ", ")
}

func nodeVersion(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "node", "--version").Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(out))
}
