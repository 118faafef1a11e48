package report_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/report"
)

// targets are a fleet of some of the targets of addTo.
func targets(which ...int) *report.Fleet {
	f := &report.Fleet{}
	addTo(f, which...)
	return f
}

// dead are n targets that do not answer, each for a reason of its own.
func dead(n int) *report.Fleet {
	f := &report.Fleet{}
	for i := range n {
		f.AddProblem(fmt.Sprint("dead ", i), "", contract.TooLittle, contract.Problem{Means: fmt.Sprint("x", i)}, nil)
	}
	return f
}

func TestTargetsThatConformAreCounted(t *testing.T) {
	t.Parallel()
	two := targets(2, 3)
	two.Add("another healthy one", clean())
	for _, c := range []struct {
		name               string
		fleet              *report.Fleet
		terminal, markdown string
	}{
		{"none", targets(0, 3), "", ""},
		{"one", targets(2, 3), "✓ and 1 target that conforms\n", "| ✓ | and 1 other target | conformant |"},
		{"two", two, "✓ and 2 targets that conform\n", "| ✓ | and 2 other targets | conformant |"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text, comment := writeFleet(t, report.Terminal{}, c.fleet), writeFleet(t, report.Markdown{}, c.fleet)
			if c.terminal == "" {
				assert.NotContains(t, text, "✓ and")
				assert.NotContains(t, comment, "| ✓ | and")
				return
			}
			assert.Contains(t, text, c.terminal)
			assert.Contains(t, comment, c.markdown)
		})
	}
}

// TestNoEmptyParagraphs: a target that has nothing in common with another leaves no gap.
func TestNoEmptyParagraphs(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]*report.Fleet{
		"one": targets(3), "two that differ": targets(3, 5), "two that are alike": targets(3, 4),
	} {
		for format, of := range map[string]report.FleetFormat{"terminal": report.Terminal{}, "markdown": report.Markdown{}} {
			assert.NotContains(t, writeFleet(t, of, f), "\n\n\n", "%s, %s", name, format)
		}
	}
}

// TestTheTableOfTargetsFitsTheTerminal: it has the verdicts if there is room, and is text if there is none.
func TestTheTableOfTargetsFitsTheTerminal(t *testing.T) {
	t.Parallel()
	const (
		withVerdict = "✗ broken 0 ✗ - ! ✗ ✗ not conformant\n"
		marks       = "✗ broken 0 ✗ - ! ✗ ✗\n"
		text        = "✗ broken 0: not conformant"
	)
	for _, c := range []struct {
		name  string
		width int
		want  string
	}{
		{"no width", 0, withVerdict},
		{"as wide as the rows", 35, withVerdict},
		{"a column less", 34, marks},
		{"as wide as the heading", 27, marks},
		{"less than the heading", 26, text},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			is := writeFleet(t, report.Terminal{Width: c.width}, targets(0, 2))
			assert.True(t, strings.Contains(is, "\n"+c.want) || strings.HasPrefix(is, c.want), is)
		})
	}
}

// TestANarrowRowNamesSubjectsIfSomeAreWrong: a target that could not be checked has none.
func TestANarrowRowNamesSubjectsIfSomeAreWrong(t *testing.T) {
	t.Parallel()
	text := writeFleet(t, report.Terminal{Width: 23}, targets(0, 3))
	assert.Contains(t, text, "✗ broken 0: not\n  conformant (agents,\n  tokens, document,\n  roles)\n"+
		"? dead 3: not enough\n  was tested\n")
}

// TestARowThatFitsIsNotChanged: its name keeps its spaces.
func TestARowThatFitsIsNotChanged(t *testing.T) {
	t.Parallel()
	left := clean()
	left.Result.Left = []string{"agent 5"}
	f := &report.Fleet{}
	f.Add("a  b", left)
	assert.True(t, strings.HasPrefix(writeFleet(t, report.Terminal{Width: 14}, f), "! a  b: failed\n\n"))
	narrow := writeFleet(t, report.Terminal{Width: 13}, f)
	assert.True(t, strings.HasPrefix(narrow, "! a b: failed\n\n"), "and is there once if it does not fit")
}

func TestATerminalAndACommentShowFiftyTargets(t *testing.T) {
	t.Parallel()
	for n, more := range map[int][2]string{50: {}, 51: {"1 other target", "1 target"}, 52: {"2 other targets", "2 targets"}} {
		text, comment := writeFleet(t, report.Terminal{}, dead(n)), writeFleet(t, report.Markdown{}, dead(n))
		assert.Equal(t, 50, strings.Count(text, "  not enough was tested: x"))
		assert.Equal(t, 50, strings.Count(comment, "<details>"))
		if more[0] == "" {
			assert.NotContains(t, text, "a JSON or HTML report has them all")
			assert.NotContains(t, comment, "Not shown in full")
			continue
		}
		assert.Contains(t, text, "and "+more[0]+"; a JSON or HTML report has them all\n")
		assert.Contains(t, comment, "Not shown in full: "+more[1]+".\n")
	}
}

func TestThePageOfManyTargets(t *testing.T) {
	t.Parallel()
	page := writeFleet(t, report.HTML{}, fleet())
	assert.True(t, strings.HasSuffix(page, "</html>\n"))
	for _, name := range []string{"broken 0", "broken 1", "refused", "dead 3", "dead 4"} {
		assert.Contains(t, page, `<article id="target-`+name+`"`)
	}
	assert.Equal(t, 5, strings.Count(page, "<article"), "the one that conforms is in the table only")
	assert.Contains(t, page, `title="traffic.har">a healthy one</th>`)
	require.ErrorIs(t, report.HTML{}.WriteFleet(failing{}, fleet()), errFull)
}

func TestWhatWasLeftBehindIsNamedAsSuch(t *testing.T) {
	t.Parallel()
	for name, format := range fleetFormats(t) {
		if name != "json" { // it has a key for it
			assert.Contains(t, writeFleet(t, format, fleet()), "Left behind: agent 7 of group/project", name)
		}
	}
}

func TestAReportOfOneTargetKeepsItsDuration(t *testing.T) {
	t.Parallel()
	read, err := report.ReadFleet(bytes.NewReader(write(t, report.JSON{}, full())))
	require.NoError(t, err)
	assert.Equal(t, 1234*time.Millisecond, read.Duration)
	assert.Equal(t, full().Result.Started, read.Started)
}

// TestChangesThatTargetsShareAreToldOnce: a target that one of the reports could not check, or does not have, has none.
func TestChangesThatTargetsShareAreToldOnce(t *testing.T) {
	t.Parallel()
	was := func() *report.Report {
		r := full()
		r.Result.Rules[1].Outcome = contract.Pass // tokens/secret-only-on-create
		return r
	}
	before, after := &report.Fleet{}, &report.Fleet{}
	for _, name := range []string{"a", "b"} {
		before.Add(name, was())
		after.Add(name, full())
	}
	after.Add("new", full())
	problem := contract.Problem{Means: "it does not answer"}
	before.AddProblem("died", "", contract.TooLittle, problem, nil)
	after.AddProblem("died", "", contract.TooLittle, problem, nil)
	before.AddProblem("came back", "", contract.TooLittle, problem, nil)
	after.Add("came back", full())
	before.Add("went away", was())
	after.AddProblem("went away", "", contract.TooLittle, problem, nil)

	c, err := report.CompareFleets(before, after)
	require.NoError(t, err)
	require.Len(t, c.Failing, 1)
	assert.Equal(t, "tokens/secret-only-on-create", c.Failing[0].Rule)
	assert.Equal(t, full().Result.Rules[1].Rule.Sentence+" (2 targets: a and b)", c.Failing[0].Sentence)
	assert.Empty(t, c.Fixed)
	assert.Empty(t, c.Lost)
	assert.True(t, c.Worse)
}
