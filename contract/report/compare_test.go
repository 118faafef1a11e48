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

// compared is what changed from one report to another.
func compared(t *testing.T, before, after *report.Report) *report.Comparison {
	t.Helper()
	c, err := report.Compare(bytes.NewReader(write(t, report.JSON{}, before)), bytes.NewReader(write(t, report.JSON{}, after)))
	require.NoError(t, err)
	return c
}

func writeComparison(t *testing.T, format report.ComparisonFormat, c *report.Comparison) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, format.WriteComparison(&b, c))
	return b.String()
}

// TestALatencyChangedIfItDiffersMuch: it must differ by five milliseconds, and by half of the lower.
func TestALatencyChangedIfItDiffersMuch(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for _, c := range []struct {
		name     string
		old, new time.Duration
		changed  bool
	}{
		{"five milliseconds more, which is half more", 10 * ms, 15 * ms, true},
		{"five milliseconds less, which is a third less", 15 * ms, 10 * ms, true},
		{"a little less than five milliseconds more", 4 * ms, 9*ms - 1, false},
		{"twice as much, but four milliseconds", 4 * ms, 8 * ms, false},
		{"much more, but not half more", 100 * ms, 150*ms - 1, false},
		{"half more", 100 * ms, 150 * ms, true},
		{"the same", 100 * ms, 100 * ms, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			before, after := clean(), clean()
			before.Result.Latency = []contract.Latency{{Operation: "getAgent", Median: c.old}}
			after.Result.Latency = []contract.Latency{
				{Operation: "getAgent", Median: c.new}, {Operation: "listAgents", Median: time.Second},
			}
			var want []report.LatencyChange
			if c.changed {
				want = []report.LatencyChange{{Operation: "getAgent", Old: c.old, New: c.new}}
			}
			assert.Equal(t, want, compared(t, before, after).Latency)
		})
	}
}

func TestAReportIsWorseIfItIsNoLongerConformant(t *testing.T) {
	t.Parallel()
	left := func() *report.Report {
		r := clean()
		r.Result.Left = []string{"agent 5"}
		return r
	}
	for _, c := range []struct {
		name          string
		before, after *report.Report
		worse         bool
	}{
		{"both are conformant", clean(), clean(), false},
		{"the new one is not, though no rule fails", clean(), left(), true},
		{"the old one was not", left(), clean(), false},
		{"neither is", left(), left(), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := compared(t, c.before, c.after)
			assert.Equal(t, c.worse, got.Worse)
			assert.Empty(t, got.Failing)
		})
	}
}

func TestAComparisonHasNoPartInWhichNothingChanged(t *testing.T) {
	t.Parallel()
	parts := []string{"Newly failing", "Fixed", "Held before, not tested to the end now", "Changed answers", "Changed latency"}
	for name, format := range map[string]report.ComparisonFormat{"terminal": report.Terminal{}, "markdown": report.Markdown{}} {
		all, none := writeComparison(t, format, comparison()), writeComparison(t, format, &report.Comparison{})
		for _, title := range parts {
			assert.Contains(t, all, title, name)
			assert.NotContains(t, none, title, name)
		}
	}
}

func TestAPageSaysThatNothingChangedOnlyIfNothingDid(t *testing.T) {
	t.Parallel()
	all := comparison()
	for _, c := range []struct {
		name       string
		comparison report.Comparison
		nothing    bool
	}{
		{"nothing", report.Comparison{}, true},
		{"a rule", report.Comparison{Failing: all.Failing}, false},
		{"an answer", report.Comparison{Answers: all.Answers[:1]}, false},
		{"a latency", report.Comparison{Latency: all.Latency[:1]}, false},
		{"a rule and an answer", report.Comparison{Failing: all.Failing, Answers: all.Answers[:1]}, false},
		{"an answer and a latency", report.Comparison{Answers: all.Answers[:1], Latency: all.Latency[:1]}, false},
		{"a rule and a latency", report.Comparison{Failing: all.Failing, Latency: all.Latency[:1]}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			page := writeComparison(t, report.HTML{}, &c.comparison)
			assert.Equal(t, c.nothing, strings.Contains(page, "Nothing changed."))
		})
	}
}

func TestDurationsOfAPageAreRounded(t *testing.T) {
	t.Parallel()
	for took, want := range map[time.Duration]string{
		123456 * time.Nanosecond: "123µs", 12345678 * time.Nanosecond: "12.3ms", 999949 * time.Microsecond: "999.9ms",
		1234567 * time.Microsecond: "1.23s", 59_994 * time.Millisecond: "59.99s", 61_400 * time.Millisecond: "1m1s",
	} {
		c := &report.Comparison{Latency: []report.LatencyChange{{Operation: "getAgent", Old: took, New: time.Hour}}}
		assert.Contains(t, writeComparison(t, report.HTML{}, c), "<span>"+want+" before</span>")
	}
}

// TestALongComparisonIsCut: GitLab would refuse the comment.
func TestALongComparisonIsCut(t *testing.T) {
	t.Parallel()
	c := &report.Comparison{}
	for i := range 100 {
		c.Failing = append(c.Failing, report.Change{Rule: fmt.Sprintf("a/rule-%d", i), Sentence: strings.Repeat("x", 10_000)})
	}
	c.Fixed = []report.Change{{Rule: "b/fixed"}}
	text := writeComparison(t, report.Markdown{}, c)
	assert.Less(t, len(text), 950_000)
	assert.Equal(t, 2, strings.Count(text, "- and more\n"))
	assert.True(t, strings.Contains(text, "Newly failing (100)"))
	assert.True(t, strings.Contains(text, "Fixed (1)"))
	c.Failing = c.Failing[:80]
	assert.False(t, strings.Contains(writeComparison(t, report.Markdown{}, c), "- and more\n"))
}
