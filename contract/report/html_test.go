package report_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/redact"
	"example.com/gitlab-agents/contract/report"
)

// The parts of a page that are the same in every report.
var (
	style  = regexp.MustCompile(`(?s)<style>(.*?)</style>`)
	code   = regexp.MustCompile(`(?s)<script>(.*?)</script>`)
	data   = regexp.MustCompile(`(?s)<script type="application/json" id="data">(.*?)</script>`)
	policy = regexp.MustCompile(`content="(default-src [^"]*)"`)
)

func TestHTMLGolden(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]*report.Report{"full.html": full(), "clean.html": clean(), "timeline.html": sideBySide()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page := string(write(t, report.HTML{}, r))
			page = style.ReplaceAllLiteralString(page, "<style>…</style>")
			page = code.ReplaceAllLiteralString(page, "<script>…</script>")
			page = policy.ReplaceAllLiteralString(page, `content="…"`)
			golden(t, name, []byte(page))
		})
	}
}

// sideBySide is a report of two scenarios whose requests overlap, and of a finding in one of them.
func sideBySide() *report.Report {
	began := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	step := func(n int, role contract.Role, at, took time.Duration) contract.Step {
		return contract.Step{
			Exchange: n, Role: role, Method: "GET", URL: "https://gitlab.example.com/api/v4/projects/20/cluster_agents", Status: 200,
			ResponseHeader: http.Header{"Content-Type": {"application/json"}, "Set-Cookie": {"a=b"}}, ResponseBody: `[{"name":"a"}]`,
			Started: began.Add(at), Duration: took, Script: "curl",
		}
	}
	const ms = time.Millisecond
	r := &contract.Result{
		Target: "https://gitlab.example.com", Started: began, Duration: 50 * ms, Exchanges: 4, Judged: 4,
		Rules:     []contract.RuleResult{{Rule: rule("agents/name", contract.Must, "An agent has a name.", ""), Outcome: contract.Violation, Applied: 4, Findings: 1}},
		Scenarios: []contract.ScenarioResult{{Name: "first", Requests: 1}, {Name: "second", Requests: 3}},
		Timeline: []contract.Step{
			step(2, contract.Developer, 5*ms, 20*ms),
			step(0, contract.Maintainer, 0, 10*ms), step(1, contract.Maintainer, 4*ms, 8*ms), step(3, contract.Maintainer, 25*ms, ms),
		},
	}
	failed := step(-1, contract.Maintainer, 4*ms, 8*ms) // it had no number when it failed
	r.Findings = []contract.Finding{{
		Rule: "agents/name", Outcome: contract.Violation, Operation: "listAgents", Pointer: "/0/name", Expected: "another", Actual: `"a"`, Exchange: 1,
		Scenario: "second", Story: []contract.Step{r.Timeline[1], failed},
	}}
	return &report.Report{Result: r, Redactor: redact.New()}
}

// A page allows its own script and its own style, by what they are.
func TestHTMLPolicyHasTheHashesOfThePage(t *testing.T) {
	t.Parallel()
	page := write(t, report.HTML{}, full())
	allowed := strings.ReplaceAll(string(policy.FindSubmatch(page)[1]), "&#39;", "'")
	hash := func(text []byte) string {
		sum := sha256.Sum256(text)
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	for directive, part := range map[string]*regexp.Regexp{"script-src": code, "style-src": style} {
		found := part.FindAllSubmatch(page, -1)
		require.Len(t, found, 1, directive)
		assert.Contains(t, strings.ReplaceAll(allowed, "&#43;", "+"), directive+" "+hash(found[0][1])+";")
	}
	assert.NotContains(t, allowed, "unsafe")
	assert.NotRegexp(t, `\s(on[a-z]+|style)="`, string(page), "no handlers and no styles that the policy would refuse")
}

// An exchange that a story and the timeline share is in the file once, with its headers and without its secrets.
func TestHTMLHasEachExchangeOnce(t *testing.T) {
	t.Parallel()
	r := sideBySide()
	page := write(t, report.HTML{}, r)
	var embedded struct {
		Timeline int
		Steps    []struct {
			N        int
			Scenario string
			At       float64
			Headers  [][2]string `json:"ah"`
		}
	}
	require.NoError(t, json.Unmarshal(data.FindSubmatch(page)[1], &embedded))
	assert.Equal(t, 4, embedded.Timeline)
	require.Len(t, embedded.Steps, 4)
	var order []string
	for _, s := range embedded.Steps {
		order = append(order, fmt.Sprintf("#%d %s +%v", s.N, s.Scenario, s.At))
	}
	assert.Equal(t, []string{"#0 second +0", "#1 second +4", "#2 first +5", "#3 second +25"}, order)
	assert.Contains(t, string(page), `data-steps="0 1"`)
	assert.Equal(t, [][2]string{{"Content-Type", "application/json"}, {"Set-Cookie", "[redacted]"}}, embedded.Steps[0].Headers)
	assert.Contains(t, string(page), "4 exchanges of scenarios in 26ms, up to 3 at once. Half of the answers took less than 10ms, 95 % less than 20ms, the slowest 20ms.")
}

// Scenarios that made no request, or more than the timeline has, give no names rather than wrong ones.
func TestHTMLNamesNoScenarioIfTheNumbersDoNotAddUp(t *testing.T) {
	t.Parallel()
	r := sideBySide()
	r.Result.Scenarios[0].Requests = 2
	r.Result.Findings = nil
	assert.NotContains(t, string(data.Find(write(t, report.HTML{}, r))), "scenario")
}

func TestHTMLHasNoSecretsInItsTimeline(t *testing.T) {
	t.Parallel()
	r := sideBySide()
	r.Redactor.Learn(canary)
	for i := range r.Result.Timeline {
		s := &r.Result.Timeline[i]
		s.Method, s.URL, s.RequestBody, s.ResponseBody, s.Problem = canary, "https://x/"+canary, canary, `{"a":"`+canary+`"}`, canary
		s.RequestHeader, s.ResponseHeader = http.Header{canary: {canary}}, http.Header{"X": {canary}}
	}
	r.Result.Scenarios[0].Name, r.Result.Project = canary, canary
	page := string(write(t, report.HTML{}, r))
	assert.NotContains(t, page, "canary")
	assert.NotContains(t, page, "0123456789")
}

// A page does not grow without bounds, and says what it leaves out.
func TestHTMLShowsOnlySoManyFailures(t *testing.T) {
	t.Parallel()
	r := full()
	r.Result.Findings = nil
	for i := range 300 {
		r.Result.Findings = append(r.Result.Findings, finding("document/body", contract.Must, contract.Violation, "listAgents", i, fmt.Sprintf("/property%d", i), "x", strings.Repeat("<", 30_000)))
	}
	page := string(write(t, report.HTML{}, r))
	assert.Equal(t, 200, strings.Count(page, "<article"))
	assert.Contains(t, page, "100 more failures are not shown. A JSON report has them all.")
	assert.Contains(t, page, "3 more findings were only counted.")
	assert.Less(t, len(page), 10_000_000)
}

func TestHTMLOfNothing(t *testing.T) {
	t.Parallel()
	page := string(write(t, report.HTML{}, &report.Report{Result: &contract.Result{}}))
	assert.Contains(t, page, "Not enough was tested")
	assert.NotContains(t, page, "ZgotmplZ")
	assert.NotContains(t, page, `id="timeline"`)
}

// comparison is what changed between two reports, with everything that can change.
func comparison() *report.Comparison {
	return &report.Comparison{
		Old:     report.Side{Target: "https://gitlab.example.com", GitLab: "GitLab 18.9 EE", Started: time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC), Verdict: "conformant"},
		New:     report.Side{Target: "https://gitlab.example.com", GitLab: "GitLab 19.1 EE", Started: time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC), Verdict: "not conformant"},
		Failing: []report.Change{{Rule: "agents/name", Level: "MUST", Sentence: "An agent has a name.", Expected: "a name", Actual: `<img src=x onerror="x">`}},
		Fixed:   []report.Change{{Rule: "tokens/order", Level: "SHOULD", Sentence: "Tokens come in order."}},
		Lost:    []report.Change{{Rule: "roles/guest", Level: "MUST", Sentence: "A guest sees nothing.", Reason: "no guest token is given"}},
		Answers: []string{"getAgent: new: /is_receptive", "getAgent: no longer: status 304"},
		Latency: []report.LatencyChange{{Operation: "listAgents", Old: 20 * time.Millisecond, New: 80 * time.Millisecond}, {Operation: "getAgent", Old: 40 * time.Millisecond, New: 10 * time.Millisecond}},
		Worse:   true,
	}
}

func TestHTMLComparisonGolden(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]*report.Comparison{"compare.html": comparison(), "compare-same.html": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			require.NoError(t, report.HTML{}.WriteComparison(&b, c))
			page := style.ReplaceAllLiteralString(b.String(), "<style>…</style>")
			assert.NotContains(t, page, "<script")
			assert.NotContains(t, page, "<img")
			golden(t, name, []byte(policy.ReplaceAllLiteralString(page, `content="…"`)))
		})
	}
	require.ErrorIs(t, report.HTML{}.WriteComparison(failing{}, comparison()), errFull)
}
