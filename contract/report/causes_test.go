package report_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/report"
)

// violations is a report of these findings, each of a MUST that is violated.
func violations(findings ...contract.Finding) *report.Report {
	r := &contract.Result{Findings: findings}
	seen := make(map[string]bool)
	for _, f := range findings {
		if !seen[f.Rule] {
			seen[f.Rule] = true
			result := contract.RuleResult{Rule: rule(f.Rule, contract.Must, "S.", ""), Outcome: contract.Violation}
			r.Rules = append(r.Rules, result)
		}
	}
	return &report.Report{Result: r}
}

// violation is a finding at a place of the body.
func violation(id, operation string, exchange int, pointer string) contract.Finding {
	return finding(id, contract.Must, contract.Violation, operation, exchange, pointer, "x", "y")
}

// apart are n violations that have different causes.
func apart(n int) *report.Report {
	var findings []contract.Finding
	for i := range n {
		findings = append(findings, violation("a/one", "getAgent", i, fmt.Sprintf("/property%d", i)))
	}
	return violations(findings...)
}

// together are violations of n rules that have one cause.
func together(n int) *report.Report {
	var findings []contract.Finding
	for i := range n {
		findings = append(findings, violation(fmt.Sprintf("a/rule-%d", i), "getAgent", 7, ""))
	}
	return violations(findings...)
}

// TestWhatOneCauseIs: how many exchanges and answers two rules must share, if neither says anything else.
func TestWhatOneCauseIs(t *testing.T) {
	t.Parallel()
	type findings = []contract.Finding
	// in is a violation in an answer; what is expected and what came are numbers, which say nothing of a cause.
	in := func(id, operation string, exchange int) contract.Finding {
		return finding(id, contract.Must, contract.Violation, operation, exchange, "", "1", "2")
	}
	ten := func(id string, first int) (ten findings) {
		for i := range 10 {
			ten = append(ten, in(id, "getAgent", first+i))
		}
		return ten
	}
	// each is a violation in each of so many exchanges, each of another operation.
	each := func(id string, n int) (each findings) {
		for i := range n {
			each = append(each, in(id, fmt.Sprintf("operation%c", 'A'+i), i))
		}
		return each
	}
	refused := func(id string, exchange, status int, pointer, actual string) contract.Finding {
		f := finding(id, contract.Must, contract.Violation, "getAgent", exchange, pointer, "1", actual)
		f.Evidence.Status = status
		return f
	}
	for _, c := range []struct {
		name     string
		one, two findings
		causes   int
	}{
		{"nine of ten exchanges are the same", ten("a/one", 1), ten("b/two", 2), 1},
		{"eight of ten exchanges are the same", ten("a/one", 1), ten("b/two", 3), 2},
		{"one is in half of the answers of the other", each("a/one", 2), each("b/two", 4), 1},
		{"one is in less than half of the answers of the other", each("a/one", 2), each("b/two", 5), 2},
		{
			"both requests were refused as bad, in the same words",
			findings{refused("a/one", 1, 400, "", "400, bad")}, findings{refused("b/two", 2, 400, "", "400, bad")}, 1,
		},
		{
			"both requests were refused, and other places of the bodies are wrong",
			findings{refused("a/one", 1, 400, "/message", "null")}, findings{refused("b/two", 2, 400, "/error", "null")}, 2,
		},
		{
			"neither request was refused",
			findings{refused("a/one", 1, 399, "", "bad")}, findings{refused("b/two", 2, 399, "", "bad")}, 2,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, all := range []findings{slices.Concat(c.one, c.two), slices.Concat(c.two, c.one)} {
				var got struct{ Causes []any }
				require.NoError(t, json.Unmarshal(write(t, report.JSON{}, violations(all...)), &got))
				assert.Len(t, got.Causes, c.causes)
			}
		})
	}
}

func TestOfOneCauseEightOtherFailuresAreShown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		failures, shown int
		more            string
	}{
		{1, 0, ""}, {2, 1, ""}, {9, 8, ""},
		{10, 8, "and 1 other failure of the same cause\n"},
		{11, 8, "and 2 other failures of the same cause\n"},
	} {
		for name, format := range map[string]report.Format{"terminal": report.Terminal{}, "markdown": report.Markdown{}} {
			text := string(write(t, format, together(c.failures)))
			assert.Equal(t, c.shown, strings.Count(text, "seems to have the same cause\n"), "%s of %d", name, c.failures)
			if c.more == "" {
				assert.NotContains(t, text, "of the same cause", "%s of %d", name, c.failures)
			} else {
				assert.Contains(t, text, c.more, "%s of %d", name, c.failures)
			}
		}
	}
}

func TestATerminalShowsAHundredCauses(t *testing.T) {
	t.Parallel()
	for causes, more := range map[int]string{100: "", 101: "and 1 other failure;", 102: "and 2 other failures;"} {
		text := string(write(t, report.Terminal{}, apart(causes)))
		assert.Equal(t, 100, strings.Count(text, "✗ a/one  MUST\n"))
		if more == "" {
			assert.NotContains(t, text, "a JSON report has them all")
		} else {
			assert.Contains(t, text, more+" a JSON report has them all\n")
		}
	}
}

func TestACommentShowsFiftyCauses(t *testing.T) {
	t.Parallel()
	for causes, left := range map[int][2]string{
		50: {}, 51: {"1 failure", "1 other failure"}, 52: {"2 failures", "2 other failures"},
	} {
		text := string(write(t, report.Markdown{}, apart(causes)))
		assert.Equal(t, 50, strings.Count(text, "<code>a/one</code>"))
		if left[0] == "" {
			assert.NotContains(t, text, "Not shown in full")
			assert.NotContains(t, text, "other failure")
			continue
		}
		assert.Contains(t, text, "Not shown in full: "+left[0]+".\n")
		assert.Contains(t, text, "| | and "+left[1]+" | | | |\n")
	}
}

// TestALongStoryIsNotInAComment: GitLab would refuse the comment.
func TestALongStoryIsNotInAComment(t *testing.T) {
	t.Parallel()
	comment := func(bytes int) string {
		r := apart(3)
		r.Result.Findings[1].Story = []contract.Step{step("GET", "cluster_agents", 200, strings.Repeat("x", bytes))}
		return string(write(t, report.Markdown{}, r))
	}
	long := comment(900_000)
	assert.Less(t, len(long), 900_000)
	assert.True(t, strings.Contains(long, "Not shown in full: 2 failures.\n"))
	assert.False(t, strings.Contains(comment(890_000), "Not shown in full"))
}

// TestAPageShowsTwoHundredFailures: those that seem to follow from another count too.
func TestAPageShowsTwoHundredFailures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		failures         int
		others, notShown string
	}{
		{2, "1 more failure seems to have the same cause", ""},
		{3, "2 more failures seem to have the same cause", ""},
		{200, "199 more failures seem to have the same cause", ""},
		{201, "199 more failures seem to have the same cause", "1 more failure is not shown. A JSON report has it."},
		{202, "199 more failures seem to have the same cause", "2 more failures are not shown. A JSON report has them all."},
	} {
		page := string(write(t, report.HTML{}, together(c.failures)))
		for i := range min(c.failures, 200) {
			assert.Equal(t, 1, strings.Count(page, fmt.Sprintf(`id="failure-%d"`, i+1)), "failure %d of %d", i+1, c.failures)
		}
		assert.Equal(t, min(c.failures, 200), strings.Count(page, "<article"))
		assert.Contains(t, page, c.others)
		if c.notShown == "" {
			assert.NotContains(t, page, "not shown")
		} else {
			assert.Contains(t, page, c.notShown)
		}
	}
}
