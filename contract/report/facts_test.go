package report_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/report"
)

func TestHowLongACheckTookIsSaidIfItIsKnown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		took          time.Duration
		recorded      bool
		terminal, web string
	}{
		{"a live check", 1234567 * time.Microsecond, false, ", in 1.235s\n", "<dt>Took</dt><dd>1.23s</dd>"},
		{"a recording", 1234567 * time.Microsecond, true, "\n", "<dt>Took</dt><dd>1.23s</dd>"},
		{"a live check of unknown length", 0, false, "\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := &report.Report{Result: &contract.Result{Exchanges: 3, Judged: 2, Duration: c.took}, Recorded: c.recorded}
			assert.Contains(t, string(write(t, report.Terminal{}, r)), "exchanges 3: 2 judged, 1 of other APIs"+c.terminal)
			page := string(write(t, report.HTML{}, r))
			if c.web == "" {
				assert.NotContains(t, page, "<dt>Took</dt>")
			} else {
				assert.Contains(t, page, c.web)
			}
		})
	}
}

// TestKnownFailuresAreCounted: one that passes is not among those that failed.
func TestKnownFailuresAreCounted(t *testing.T) {
	t.Parallel()
	r := &report.Report{Result: &contract.Result{Rules: []contract.RuleResult{
		{Rule: rule("a/one", contract.Must, "", ""), Outcome: contract.Violation, Known: true},
		{Rule: rule("a/two", contract.Must, "", ""), Outcome: contract.Violation, Known: true},
		{Rule: rule("a/three", contract.Must, "", ""), Outcome: contract.Violation},
		{Rule: rule("a/four", contract.Must, "", ""), Outcome: contract.Pass, Known: true, Stale: true},
	}}}
	assert.Contains(t, string(write(t, report.Terminal{}, r)), "rules     1 passed, 3 violated (2 known to fail), 0 drift,")
	r.Result.Rules = r.Result.Rules[2:]
	assert.Contains(t, string(write(t, report.Terminal{}, r)), "rules     1 passed, 1 violated, 0 drift,")
}

func TestACommentHasATableOfReasonsIfThereAreSome(t *testing.T) {
	t.Parallel()
	r := clean()
	assert.Contains(t, string(write(t, report.Markdown{}, r)), "| untested | because |")
	r.Result.Rules = r.Result.Rules[:1]
	assert.NotContains(t, string(write(t, report.Markdown{}, r)), "| untested | because |")
}

func TestTheSourceOfARuleIsShownWithItsAddress(t *testing.T) {
	t.Parallel()
	r := violations(violation("a/one", "getAgent", 1, ""))
	r.Result.Rules[0].Rule.Source = contract.Source{Name: "Agents API", URL: "https://docs.gitlab.com/api/cluster_agents/"}
	with := "    document  Agents API · https://docs.gitlab.com/api/cluster_agents/\n"
	assert.Contains(t, string(write(t, report.Terminal{}, r)), with)
	r.Result.Rules[0].Rule.Source.URL = ""
	assert.Contains(t, string(write(t, report.Terminal{}, r)), "    document  Agents API\n")
}

func TestFindingsThatAreOnlyCountedAreSaidToBe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		dropped        int
		terminal, page string
	}{
		{0, "0 inconclusive\n", ""},
		{1, "0 inconclusive; 1 more is only counted\n", "1 more finding was only counted."},
		{2, "0 inconclusive; 2 more are only counted\n", "2 more findings were only counted."},
	} {
		r := &report.Report{Result: &contract.Result{Dropped: c.dropped}}
		assert.Contains(t, string(write(t, report.Terminal{}, r)), c.terminal)
		page := string(write(t, report.HTML{}, r))
		if c.page == "" {
			assert.NotContains(t, page, "only counted")
		} else {
			assert.Contains(t, page, c.page)
		}
	}
}

func TestPreamble(t *testing.T) {
	t.Parallel()
	for want, tokens := range map[string][]string{
		`export GITLAB_URL='https://x'`:                                          nil,
		`export GITLAB_URL='https://x'; : "${A:?is not set}"`:                    {"A"},
		`export GITLAB_URL='https://x'; : "${A:?is not set}" "${B:?is not set}"`: {"B", "A"},
	} {
		assert.Equal(t, want, report.Preamble("https://x", tokens))
	}
}
