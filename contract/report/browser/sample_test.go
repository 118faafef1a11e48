package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/faults"
	"example.com/gitlab-agents/contract/redact"
	"example.com/gitlab-agents/contract/report"
)

// checked is the report of a check of the fake GitLab with faults.
func checked(t testing.TB, names ...string) *report.Report {
	t.Helper()
	var broken []faults.Fault
	for _, name := range names {
		fault, err := faults.Named(name)
		require.NoError(t, err)
		broken = append(broken, fault)
	}
	gitlab, err := fakegitlab.New(faults.Options(broken...)...)
	require.NoError(t, err)
	server := httptest.NewServer(faults.Around(gitlab, broken...))
	defer server.Close()
	redactor := redact.New()
	result, err := contract.Run(t.Context(), contract.Target{
		URL: server.URL, Project: "root/test", OtherProject: "root/other",
		Tokens: map[contract.Role]string{
			contract.Maintainer: "glpat-maintainer", contract.Developer: "glpat-developer",
			contract.Guest: "glpat-guest", contract.Stranger: "glpat-stranger",
		},
	}, contract.Options{Redactor: redactor, Timeline: true})
	require.NoError(t, err)
	return &report.Report{Result: result, Redactor: redactor}
}

// attack is markup that runs a script if it is taken for markup anywhere.
const attack = `</script><script>window.attacked=1</script><img src=x onerror="window.attacked=1">"'><svg onload=window.attacked=1>{{.}}` + "`${window.attacked=1}`"

// hostile is the report of a server that sends markup wherever it can.
func hostile() *report.Report {
	began := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	header := http.Header{"X-Name": {attack}, attack: {"javascript:window.attacked=1"}}
	step := func(i int) contract.Step {
		return contract.Step{
			Exchange: i, Method: attack, URL: "javascript:window.attacked=1//" + attack, Status: 200,
			RequestHeader: header, ResponseHeader: header, RequestBody: attack,
			ResponseBody: fmt.Sprintf(`{"name":%q,%q:[1,{"x":null}],"__proto__":{"attacked":1}}`, attack, attack),
			Started:      began.Add(time.Duration(i) * time.Millisecond), Duration: 3 * time.Millisecond, Script: attack, Problem: attack,
		}
	}
	rule := &contract.Rule{ID: "agents/name", Sentence: "The name is that of the request.", Source: contract.Source{Name: attack, URL: "javascript:window.attacked=1"}}
	r := &contract.Result{
		Target: attack, Project: attack, Started: began, Duration: time.Second, Exchanges: 2, Judged: 2,
		Rules: []contract.RuleResult{
			{Rule: rule, Outcome: contract.Violation, Applied: 1, Findings: 1},
			{Rule: &contract.Rule{ID: "agents/other"}, Outcome: contract.Inconclusive, Reason: contract.Reason{Code: contract.ReasonNoAnswer, Text: attack}},
		},
		Findings: []contract.Finding{{
			Rule: rule.ID, Outcome: contract.Violation, Operation: attack, Pointer: "/name", Expected: attack, Actual: attack, Document: attack, Exchange: 1,
			Evidence: contract.Evidence{Method: attack, URL: attack, Status: 200, Repeat: attack, RequestID: attack},
			Scenario: attack, Note: attack, Story: []contract.Step{step(0), step(1)},
		}},
		Coverage: contract.Coverage{Operations: []contract.OperationCoverage{{Operation: attack, Statuses: []contract.StatusCoverage{{Status: 200, Listed: true, Reason: attack}}}}},
		Left:     []string{attack}, Kept: []string{attack}, Timeline: []contract.Step{step(0), step(1)},
		Ended: &contract.Problem{Said: attack, Means: attack, Do: attack},
	}
	return &report.Report{Result: r, Partial: attack, Recorded: true, Files: []string{attack}, Redactor: redact.New()}
}

// large is a report with a timeline of many exchanges.
func large(r *report.Report, exchanges int) *report.Report {
	result := *r.Result
	result.Timeline = nil
	for i := range exchanges {
		step := r.Result.Timeline[i%len(r.Result.Timeline)]
		step.Exchange, step.Started = i, r.Result.Started.Add(time.Duration(i)*2*time.Millisecond)
		result.Timeline = append(result.Timeline, step)
	}
	return &report.Report{Result: &result, Redactor: r.Redactor}
}
