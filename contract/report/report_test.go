package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/internal/racedetector"
	"example.com/gitlab-agents/contract/redact"
	"example.com/gitlab-agents/contract/report"
)

var update = flag.Bool("update", false, "write the golden files")

// canary is a secret that a redactor knows.
const canary = "canary-0123456789/+secret"

// hostile is what a server may send to whoever shows it.
const hostile = "\x1b[2J\x07\u202e\x00\xff</code> | `x` **b** @all #1 /close <script>"

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got))
}

func rule(id string, level contract.Level, sentence, source string) *contract.Rule {
	return &contract.Rule{ID: id, Level: level, Sentence: sentence, Source: contract.Source{Name: source}}
}

func finding(id string, level contract.Level, outcome contract.Outcome, operation string, exchange int, pointer, expected, actual string) contract.Finding {
	return contract.Finding{
		Rule: id, Level: level, Outcome: outcome, Operation: operation, Pointer: pointer, Expected: expected, Actual: actual,
		Exchange: exchange,
		Evidence: contract.Evidence{
			Method: "GET", URL: "https://gitlab.example.com/gitlab/api/v4/projects/20/cluster_agents", Status: 200,
			Repeat: `curl -sS -i -w '\n' -H "PRIVATE-TOKEN: $GITLAB_TOKEN" "$GITLAB_URL/api/v4/projects/20/cluster_agents"`,
		},
	}
}

func step(method, path string, status int, script string) contract.Step {
	return contract.Step{
		Method: method, URL: "https://gitlab.example.com/api/v4/projects/20/" + path, Status: status,
		ResponseHeader: http.Header{"X-Echo": {canary}}, ResponseBody: "{\n\"secret\": \"" + canary + "\"}", Script: script,
		Started: time.Date(2026, 11, 22, 11, 55, 11, 0, time.UTC), Duration: 12 * time.Millisecond,
	}
}

// full is a report with everything in it.
func full() *report.Report {
	redactor := redact.New()
	redactor.Learn(canary)

	secret := rule("tokens/secret-only-on-create", contract.Must,
		"The secret of a token is in the response that creates it, and in no other.", `Agents API, "エージェントトークンの作成"`)
	secret.Since = contract.Release{Major: 15}
	leak := finding(secret.ID, contract.Must, contract.Violation, "getAgentToken", 57, "/token",
		`no property "token"`, "a string of 58 characters")
	leak.Document = "openapi/openapi.yaml:512:11"
	leak.Evidence = contract.Evidence{
		Method: "GET", URL: "https://gitlab.example.com/api/v4/projects/20/cluster_agents/5/tokens/7", Status: 200,
		Repeat:    `curl -sS -i -w '\n' -H "PRIVATE-TOKEN: $GITLAB_TOKEN" "$GITLAB_URL/api/v4/projects/20/cluster_agents/5/tokens/7"`,
		RequestID: "01JD8Z",
	}
	leak.Scenario, leak.Note, leak.Story = "read a token", "confirmed: it came in 4 of 4 plays", []contract.Step{
		step("POST", "cluster_agents", 201, `agent=$(curl -sS -w '%{stderr}HTTP %{http_code}\n' -X POST -H "PRIVATE-TOKEN: $GITLAB_TOKEN" --data-raw '{"name":"a"}' "$GITLAB_URL/api/v4/projects/20/cluster_agents" | jq .id)`),
		step("GET", "cluster_agents/5", 200, `curl -sS -i -w '\n' -H "PRIVATE-TOKEN: $GITLAB_DEVELOPER_TOKEN" "$GITLAB_URL/api/v4/projects/20/cluster_agents/$agent"`),
	}
	leak.Story[1].Role = contract.Developer

	body := rule("document/body", contract.Must, "The body has the properties, types, nulls, lengths and values that the document states.", "openapi/openapi.yaml")
	r := &contract.Result{
		Target:    "traffic.har",
		Release:   contract.Release{Major: 19, Minor: 1},
		Edition:   contract.Community,
		Started:   time.Date(2026, 11, 22, 11, 55, 10, 0, time.UTC),
		Duration:  1234 * time.Millisecond,
		Exchanges: 200,
		Judged:    180,
		Findings: []contract.Finding{
			finding("document/undeclared-property", contract.Should, contract.Drift, "listAgents", 3, "/0/color", "a property that the document declares", "a string"),
			leak,
			finding("document/request", contract.Must, contract.Error, "createAgent", 12, "/name", "a string", "missing"),
			finding("document/response", contract.Must, contract.Inconclusive, "listAgents", 13, "", "a whole answer", "HTTP 502"),
			finding("agents/name-order", contract.Should, contract.Violation, "listAgents", 14, "", "names in order", "others: "+hostile),
			finding("agents/known", contract.Must, contract.Violation, "listAgents", 15, "", "a", "b"),
			finding("document/headers", contract.Must, contract.Violation, "listAgents", 16, "", "no "+canary, "header X-Echo: "+canary),
		},
		Dropped: 3,
		Coverage: contract.Coverage{Operations: []contract.OperationCoverage{
			{Operation: "listAgents", Successes: 1, Statuses: []contract.StatusCoverage{
				{Status: 200, Seen: 12, Listed: true}, {Status: 401, Listed: true, Reason: "no request without credentials"},
				{Status: 502, Seen: 1},
			}, Values: []contract.PropertyCoverage{
				{Pointer: "/*/id", Seen: 12}, {Pointer: "/*/created_by_user_id", Seen: 12, Null: new(int)},
			}},
			{Operation: "getAgentToken", Successes: 1, Statuses: []contract.StatusCoverage{{Status: 200, Seen: 100, Listed: true}, {Status: 404, Listed: true}},
				Values: []contract.PropertyCoverage{{Pointer: "/status", Seen: 100, Enum: map[string]int{"active": 100, "revoked": 0}}}},
		}},
		Rules: []contract.RuleResult{
			{Rule: rule("agents/get-one", contract.Must, "An agent reads back equal.", "lib/api/clusters/agents.rb"), Outcome: contract.Pass, Applied: 7},
			{Rule: secret, Outcome: contract.Violation, Applied: 100, Findings: 1},
			{Rule: rule("agents/name-order", contract.Should, "Agents come ordered by name.", "app/finders/clusters/agents_finder.rb"), Outcome: contract.Violation, Applied: 12, Findings: 1},
			{Rule: rule("agents/known", contract.Must, "It is known to fail.", ""), Outcome: contract.Violation, Applied: 1, Findings: 1, Known: true},
			{Rule: rule("agents/stale", contract.Must, "It is known to fail, but does not.", ""), Outcome: contract.Pass, Applied: 1, Known: true, Stale: true},
			{Rule: body, Outcome: contract.Violation, Applied: 180, Findings: 49},
			{Rule: rule("document/headers", contract.Must, "The headers are as the document states.", "openapi/openapi.yaml"), Outcome: contract.Violation, Applied: 180, Findings: 1},
			{Rule: rule("document/undeclared-property", contract.Should, "The body has no property that the document does not know.", "openapi/openapi.yaml"), Outcome: contract.Drift, Applied: 180, Findings: 1},
			{Rule: rule("document/request", contract.Must, "The caller's request is as the document states.", "openapi/openapi.yaml"), Outcome: contract.Error, Applied: 180, Findings: 1},
			{Rule: rule("document/response", contract.Must, "A whole answer comes.", "openapi/openapi.yaml"), Outcome: contract.Inconclusive, Applied: 180, Findings: 1},
			{Rule: rule("limits/third-token", contract.Must, "A third token is refused.", ""), Outcome: contract.Untested, Reason: contract.Reason{Code: contract.ReasonLiveOnly, Text: "it has to make requests of its own, which only a live check does"}},
			{Rule: rule("roles/guest", contract.Must, "A guest sees nothing.", ""), Outcome: contract.Untested, Reason: contract.Reason{Code: contract.ReasonLiveOnly, Text: "it has to make requests of its own, which only a live check does"}},
			{Rule: rule("agents/receptive", contract.Must, "EE says whether an agent is receptive.", ""), Outcome: contract.Untested, Reason: contract.Reason{Code: contract.ReasonEdition, Text: "the rule holds for GitLab EE only"}},
			{Rule: rule("roles/stranger", contract.Must, "A stranger sees nothing.", ""), Outcome: contract.Inconclusive, Reason: contract.Reason{Code: contract.ReasonNoAnswer, Text: "GET /x: timed out " + canary}},
			{Rule: rule("roles/panicked", contract.Must, "It panics.", ""), Outcome: contract.Error, Reason: contract.Reason{Code: contract.ReasonInternal, Text: "the rule panicked: index out of range\ngoroutine 1"}},
		},
	}
	for i := range 12 {
		for place := range 3 {
			f := finding("document/body", contract.Must, contract.Violation, "listAgents", 20+i, fmt.Sprintf("/%d/created_at", place), "a string, date-time", "an integer")
			f.Document = "openapi/openapi.yaml:700:9"
			r.Findings = append(r.Findings, f)
		}
	}
	f := finding("document/body", contract.Must, contract.Violation, "createAgent", 99, "/id", "an integer", "null")
	f.Evidence = contract.Evidence{
		Method: "POST", URL: "https://gitlab.example.com/api/v4/projects/20/cluster_agents", Status: 201,
		Repeat: "curl -sS -i -w '\\n' -H 'Content-Type: application/json' --data-raw '{\n\"name\": \"```a\"\n}\n/close' \"$GITLAB_URL/api/v4/projects/20/cluster_agents\"",
	}
	r.Findings = append(r.Findings, f)
	return &report.Report{Result: r, Recorded: true, Unread: 2, Redactor: redactor}
}

// clean is a report in which everything is well.
func clean() *report.Report {
	r := full()
	r.Result.Findings, r.Result.Dropped, r.Unread = nil, 0, 0
	r.Result.Rules = append(r.Result.Rules[:1:1], r.Result.Rules[10:13]...)
	return r
}

func write(t *testing.T, f report.Format, r *report.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, f.Write(&b, r))
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		format report.Format
		report *report.Report
	}{
		"full.txt":   {report.Terminal{}, full()},
		"color.txt":  {report.Terminal{Color: true, Verbose: true}, full()},
		"clean.txt":  {report.Terminal{}, clean()},
		"quiet.txt":  {report.Terminal{Quiet: true}, clean()},
		"full.json":  {report.JSON{}, full()},
		"clean.json": {report.JSON{}, clean()},
		"full.xml":   {report.JUnit{}, full()},
		"clean.xml":  {report.JUnit{}, clean()},
		"full.md":    {report.Markdown{}, full()},
		"clean.md":   {report.Markdown{}, clean()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, write(t, tc.format, tc.report))
		})
	}
}

// TestCompareGolden compares two reports: what was fixed, what fails newly, what was lost, what is answered and how fast.
func TestCompareGolden(t *testing.T) {
	t.Parallel()
	before, after := full(), full()
	before.Result.Rules[0].Outcome = contract.Violation // agents/get-one is fixed
	before.Result.Rules[1].Outcome = contract.Pass      // tokens/secret-only-on-create fails newly
	before.Result.Rules[10].Outcome = contract.Pass     // limits/third-token is not tested any more
	after.Result.Release = contract.Release{Major: 19, Minor: 2}
	after.Result.Coverage.Operations[0].Statuses[1].Seen = 3
	after.Result.Coverage.Operations[1].Values[0].Seen = 0
	latency := func(median time.Duration) []contract.Latency {
		return []contract.Latency{{Operation: "getAgent", Requests: 1, Median: median, Slowest: median}}
	}
	before.Result.Latency, after.Result.Latency = latency(12*time.Millisecond), latency(48*time.Millisecond)

	c, err := report.Compare(bytes.NewReader(write(t, report.JSON{}, before)), bytes.NewReader(write(t, report.JSON{}, after)))
	require.NoError(t, err)
	assert.True(t, c.Worse)
	for name, format := range map[string]report.ComparisonFormat{"compare.txt": report.Terminal{}, "compare.md": report.Markdown{}} {
		var b bytes.Buffer
		require.NoError(t, format.WriteComparison(&b, c))
		golden(t, name, b.Bytes())
	}

	same, err := report.Compare(bytes.NewReader(write(t, report.JSON{}, after)), bytes.NewReader(write(t, report.JSON{}, after)))
	require.NoError(t, err)
	assert.Equal(t, report.Comparison{Old: same.Old, New: same.New}, *same)
}

// every is each format.
func every(t *testing.T) map[string]report.Format {
	t.Helper()
	formats := map[string]report.Format{"terminal": report.Terminal{}, "verbose": report.Terminal{Verbose: true, Color: true}}
	for _, name := range report.Names() {
		f, err := report.Named(name)
		require.NoError(t, err)
		formats[name] = f
	}
	return formats
}

// TestNoSecrets puts a secret into every text that comes from outside.
func TestNoSecrets(t *testing.T) {
	t.Parallel()
	r := full()
	r.Result.Target, r.Partial = canary, canary
	r.Result.Left = []string{"agent " + canary}
	for i := range r.Result.Findings {
		f := &r.Result.Findings[i]
		f.Pointer, f.Expected, f.Actual, f.Document = "/"+canary, canary, canary, canary
		f.Evidence = contract.Evidence{Method: canary, URL: canary, Repeat: canary, RequestID: canary}
		r.Files = append(r.Files, canary)
	}
	for i := range r.Result.Rules {
		r.Result.Rules[i].Reason.Text = canary
	}
	for i := range r.Result.Coverage.Operations {
		o := &r.Result.Coverage.Operations[i]
		for j := range o.Statuses {
			o.Statuses[j].Reason = canary
		}
		for j := range o.Values {
			o.Values[j].Reason = canary
		}
	}
	for name, f := range every(t) {
		out := string(write(t, f, r))
		assert.NotContains(t, out, "canary", name)
		assert.NotContains(t, out, "0123456789", name)
		assert.Contains(t, out, redact.Redacted, name)
	}
}

// TestBodiesThatBrokeOffHaveNoSecrets: the beginning of a secret, at the end of a body that broke off or was cut, is left
// out.
func TestBodiesThatBrokeOffHaveNoSecrets(t *testing.T) {
	t.Parallel()
	r := full()
	story := r.Result.Findings[1].Story
	require.NotEmpty(t, story)
	story[0].ResponseBody, story[0].Problem = `{"token":"`+canary[:17], "unexpected EOF"
	story[1].ResponseBody = `{"token":"` + canary[:17] + "…"
	for name, f := range every(t) {
		assert.NotContains(t, string(write(t, f, r)), canary[:17], name)
	}
}

// TestNoControlCharacters: nothing that a server says moves the cursor or reverses the text.
func TestNoControlCharacters(t *testing.T) {
	t.Parallel()
	r := full()
	r.Result.Target = hostile
	for i := range r.Result.Findings {
		f := &r.Result.Findings[i]
		f.Operation, f.Pointer, f.Expected, f.Actual = hostile, "/"+hostile, hostile, hostile
		f.Evidence = contract.Evidence{Method: hostile, URL: hostile, Repeat: hostile, RequestID: hostile}
		r.Files = append(r.Files, hostile)
	}
	for name, f := range every(t) {
		if name == "verbose" {
			continue // its colours are such characters
		}
		out := string(write(t, f, r))
		for _, c := range out {
			if c < ' ' && c != '\n' || c >= 0x7f && c < 0xa0 || c == '\u202e' || c == '\ufffd' {
				t.Errorf("%s: %q", name, c)
			}
		}
	}
}

func TestWriteErrors(t *testing.T) {
	t.Parallel()
	for name, f := range every(t) {
		require.ErrorIs(t, f.Write(failing{}, full()), errFull, name)
	}
}

var errFull = errors.New("no space left on device")

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errFull }

func TestNamed(t *testing.T) {
	t.Parallel()
	_, err := report.Named("pdf")
	require.EqualError(t, err, `unknown report format "pdf": there are `+strings.Join(report.Names(), ", "))
}

func TestSchema(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	for name, r := range map[string]*report.Report{"full": full(), "clean": clean(), "empty": {Result: &contract.Result{}}} {
		instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(write(t, report.JSON{}, r)))
		require.NoError(t, err)
		require.NoError(t, schema.Validate(instance), name)
	}
	// The schema is worth something only if it refuses.
	for name, damage := range map[string]func(map[string]any){
		"version": func(m map[string]any) { m["version"] = 2 },
		"finding": func(m map[string]any) { delete(m["findings"].([]any)[0].(map[string]any), "rule") },
		"outcome": func(m map[string]any) { m["findings"].([]any)[0].(map[string]any)["outcome"] = "pass" },
		"summary": func(m map[string]any) { delete(m, "summary") },
	} {
		var m map[string]any
		require.NoError(t, json.Unmarshal(write(t, report.JSON{}, full()), &m))
		damage(m)
		require.Error(t, schema.Validate(m), name)
	}
}

// TestSchemaOfManyTargets: the report that check --targets and merge write follows the schema too.
func TestSchemaOfManyTargets(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	whole := writeFleet(t, report.JSON{}, fleet())
	read, err := report.ReadFleet(strings.NewReader(whole))
	require.NoError(t, err)
	joined := &report.Fleet{}
	require.NoError(t, joined.Join(read))
	for name, text := range map[string]string{"at once": whole, "joined": writeFleet(t, report.JSON{}, joined)} {
		instance, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		require.NoError(t, err)
		require.NoError(t, schema.Validate(instance), name)
	}
	target := func(m map[string]any) map[string]any { return m["targets"].([]any)[1].(map[string]any) } // "broken 0"
	for name, damage := range map[string]func(map[string]any){
		"kind":    func(m map[string]any) { m["kind"] = "target" },
		"summary": func(m map[string]any) { delete(m["summary"].(map[string]any), "failed") },
		"name":    func(m map[string]any) { delete(target(m), "name") },
		"finding": func(m map[string]any) {
			delete(target(m)["report"].(map[string]any)["findings"].([]any)[0].(map[string]any), "rule")
		},
		"outcome": func(m map[string]any) {
			delete(target(m)["report"].(map[string]any)["rules"].([]any)[0].(map[string]any), "outcome")
		},
		"sentence": func(m map[string]any) { delete(m["rules"].([]any)[0].(map[string]any), "sentence") },
	} {
		var m map[string]any
		require.NoError(t, json.Unmarshal([]byte(whole), &m))
		damage(m)
		require.Error(t, schema.Validate(m), name)
	}
}

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(report.Schema))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	require.NoError(t, c.AddResource("report.json", doc))
	schema, err := c.Compile("report.json")
	require.NoError(t, err)
	return schema
}

// TestSchemaKnowsEveryKey: what is written and not described would be a promise that nobody made.
func TestSchemaKnowsEveryKey(t *testing.T) {
	t.Parallel()
	r := full()
	r.Result.Left = []string{"x"}
	var written, many, schema any
	require.NoError(t, json.Unmarshal(write(t, report.JSON{}, r), &written))
	require.NoError(t, json.Unmarshal([]byte(writeFleet(t, report.JSON{}, fleet())), &many))
	require.NoError(t, json.Unmarshal(report.Schema, &schema))
	described := map[string]bool{}
	var collect func(any)
	collect = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if p, ok := v["properties"].(map[string]any); ok {
				for key := range p {
					described[key] = true
				}
			}
			for _, e := range v {
				collect(e)
			}
		case []any:
			for _, e := range v {
				collect(e)
			}
		}
	}
	collect(schema)
	for _, value := range []string{"pass", "untested", "drift", "inconclusive", "error", "violation", "active", "revoked", "X-Echo"} {
		described[value] = true // names that are values
	}
	var check func(any)
	check = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, e := range v {
				assert.True(t, described[key], key)
				check(e)
			}
		case []any:
			for _, e := range v {
				check(e)
			}
		}
	}
	check(written)
	check(many)
}

// agents are so many agents that were kept.
func agents(n int) (lines []string) {
	for i := range n {
		lines = append(lines, fmt.Sprintf("agent %d, \"a\"", i+1))
	}
	return lines
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	must, should := contract.Must, contract.Should
	one := func(level contract.Level, o contract.Outcome) contract.RuleResult {
		return contract.RuleResult{Rule: rule("a/b", level, "", ""), Outcome: o}
	}
	because := func(id string, o contract.Outcome, code contract.ReasonCode, text string) contract.RuleResult {
		return contract.RuleResult{Rule: rule(id, must, "", ""), Outcome: o, Reason: contract.Reason{Code: code, Text: text}}
	}
	held := one(must, contract.Pass)
	broken := contract.RuleResult{Rule: rule("a/broken", must, "It holds.", ""), Outcome: contract.Violation}
	found := finding("a/broken", must, contract.Violation, "listAgents", 1, "", "x", "y")
	succeeded := contract.Coverage{Operations: []contract.OperationCoverage{{Operation: "listAgents", Successes: 1, Statuses: []contract.StatusCoverage{{Status: 200, Seen: 1}}}}}
	of := func(rules ...contract.RuleResult) *contract.Result {
		return &contract.Result{Rules: rules, Coverage: succeeded}
	}
	for name, tc := range map[string]struct {
		report report.Report
		want   []string
		exit   contract.Exit
	}{
		"everything holds": {
			report.Report{Result: &contract.Result{
				Rules: []contract.RuleResult{held}, Coverage: succeeded, Target: "https://gitlab.example.com", Project: "group/project",
				Release: contract.Release{Major: 19, Minor: 1}, Edition: contract.Enterprise, Exchanges: 12, Judged: 11,
				Roles: []contract.Role{contract.Maintainer, contract.Developer, contract.Anonymous},
			}},
			[]string{"✓ conformant: 1 of 1 MUST rules hold at https://gitlab.example.com (GitLab 19.1 EE, project group/project), in 11 requests by maintainer, developer and anonymous."},
			contract.Conformant,
		},
		"a token is missing": {
			report.Report{Result: of(held, because("a/c", contract.Untested, contract.ReasonRole, "no guest token is given (GITLAB_GUEST_TOKEN)"))},
			[]string{
				"✓ conformant: 1 of 2 MUST rules hold.", "  Not tested: 1 rule: no guest token is given (GITLAB_GUEST_TOKEN).",
				"  To test 1 more rule, set GITLAB_GUEST_TOKEN.",
			}, contract.Conformant,
		},
		"a SHOULD is violated":           {report.Report{Result: of(held, one(should, contract.Violation))}, []string{"✓ conformant: 1 of 1 MUST rules hold."}, contract.Conformant},
		"a SHOULD is violated, strictly": {report.Report{Strict: true, Result: of(held, one(should, contract.Violation))}, []string{"✗ not conformant: 1 of 1 MUST rules hold."}, contract.Violated},
		"a MUST is violated": {
			report.Report{Result: &contract.Result{Rules: []contract.RuleResult{held, broken}, Coverage: succeeded, Findings: []contract.Finding{found}}},
			[]string{"✗ not conformant: 1 of 2 MUST rules hold.", "  Wrong: a/broken (MUST): It holds."}, contract.Violated,
		},
		"a known failure passes": {
			report.Report{Result: of(contract.RuleResult{Rule: rule("a/b", must, "", ""), Outcome: contract.Pass, Known: true, Stale: true})},
			[]string{"✗ not conformant: 1 of 1 MUST rules hold.", "  Known failures that pass, and fail the check until they are off the list: a/b."}, contract.Violated,
		},
		"none of the exchanges is one of the operations": {
			report.Report{Result: &contract.Result{Exchanges: 3, Rules: []contract.RuleResult{because("a/b", contract.Untested, contract.ReasonNoExchange, "no exchange that it applies to")}}},
			[]string{
				"? not enough was tested: 0 of 1 MUST rules hold.",
				"  Not enough was tested: none of the 3 exchanges is with the Agents API (/api/v4/projects/…/cluster_agents).",
				"  Not tested: 1 rule: no exchange that it applies to.",
			}, contract.TooLittle,
		},
		"nothing came of the answers": {
			report.Report{Result: of(because("a/b", contract.Inconclusive, contract.ReasonNoAnswer, "GET /x: 502"), because("a/c", contract.Inconclusive, contract.ReasonNoAnswer, "GET /x: 502"))},
			[]string{
				"? not enough was tested: 0 of 2 MUST rules hold.", "  Not enough was tested: only 0 of the 2 MUST rules that the set-up allows were tested to the end.",
				"  Inconclusive: a/b and a/c (GET /x: 502).",
			}, contract.TooLittle,
		},
		"a recording lacks what rules read": {
			report.Report{Recorded: true, Result: of(held, because("a/c", contract.Untested, contract.ReasonNotRecorded, "the recording lacks what it reads"),
				because("a/d", contract.Untested, contract.ReasonLiveOnly, "only a live check"), because("a/e", contract.Untested, contract.ReasonLiveOnly, "only a live check"))},
			[]string{
				"? not enough was tested: 1 of 4 MUST rules hold.", "  Not enough was tested: only 1 of the 2 MUST rules that the set-up allows were tested to the end.",
				"  Not tested: 3 rules, 2 of them because of this: only a live check.",
				"  To test 1 more rule, record requests and responses with their headers and bodies.",
			}, contract.TooLittle,
		},
		"a file is cut off": {
			report.Report{Partial: "a.har is cut off", Result: of(held)},
			[]string{"? not enough was tested: 1 of 1 MUST rules hold.", "  Not everything was judged: a.har is cut off."}, contract.TooLittle,
		},
		"the check ended early": {
			report.Report{Result: &contract.Result{
				Rules: []contract.RuleResult{held, broken}, Coverage: succeeded, Findings: []contract.Finding{found},
				Ended: &contract.Problem{Said: `401, message "401 Unauthorized"`, Means: "the token expired during the check", Do: "give a token that lasts longer"},
			}},
			[]string{
				"✗ not conformant: 1 of 2 MUST rules hold.",
				`  The check ended early: the token expired during the check. GitLab said: 401, message "401 Unauthorized". give a token that lasts longer.`,
				"  Wrong: a/broken (MUST): It holds.", "  Not enough was tested: the check ended early.",
			}, contract.Violated,
		},
		"something was left behind": {
			report.Report{Result: &contract.Result{Target: "https://x", Left: []string{"agent 5"}, Rules: []contract.RuleResult{held}, Coverage: succeeded}},
			[]string{"! the check failed: 1 of 1 MUST rules hold at https://x.", "  Left behind: agent 5. `glagents sweep --url https://x` removes what it can."}, contract.Failed,
		},
		"something was left behind by a server that violates a MUST": {
			report.Report{Result: &contract.Result{Left: []string{"agent 5"}, Rules: []contract.RuleResult{held, broken}, Coverage: succeeded, Findings: []contract.Finding{found}}},
			[]string{
				"✗ not conformant, and the check failed: 1 of 2 MUST rules hold.", "  Wrong: a/broken (MUST): It holds.",
				"  Left behind: agent 5. `glagents sweep` removes what it can.",
			}, contract.Violated,
		},
		"something was kept": {
			report.Report{Result: &contract.Result{Target: "https://x", Kept: []string{`agent 5, "contract-x"`}, Rules: []contract.RuleResult{held}, Coverage: succeeded}},
			[]string{"✓ conformant: 1 of 1 MUST rules hold at https://x.", "  Kept: agent 5, \"contract-x\". `glagents sweep --url https://x` removes it."}, contract.Conformant,
		},
		"many agents kept": {
			report.Report{Result: &contract.Result{Target: "https://x", Kept: agents(10), Rules: []contract.RuleResult{held}, Coverage: succeeded}, Journal: "/my journal"},
			[]string{
				"✓ conformant: 1 of 1 MUST rules hold at https://x.",
				"  Kept: agent 1, \"a\"; agent 2, \"a\"; agent 3, \"a\"; agent 4, \"a\"; agent 5, \"a\"; agent 6, \"a\"; agent 7, \"a\"; agent 8, \"a\"; and 2 more. `glagents sweep --url https://x --journal '/my journal'` removes them.",
			}, contract.Conformant,
		},
		"an internal error": {
			report.Report{Result: of(held, because("a/c", contract.Error, contract.ReasonInternal, "panic"))},
			[]string{"! the check failed: 1 of 2 MUST rules hold.", "  Not tested because of an internal error: a/c."}, contract.Failed,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines := strings.Split(strings.TrimSuffix(string(write(t, report.Terminal{Quiet: true}, &tc.report)), "\n"), "\n")
			require.Len(t, lines, len(tc.want), "%q", lines)
			for i, want := range tc.want {
				assert.True(t, strings.HasPrefix(lines[i], want), "%q\n%q", want, lines[i])
			}
			assert.Equal(t, tc.exit, tc.report.Exit())
		})
	}
}

// TestCauses: rules that fail in the same exchanges are one cause, and what something in between answered comes first.
func TestCauses(t *testing.T) {
	t.Parallel()
	must := contract.Must
	violation := func(id, operation string, exchange, status int, actual string) contract.Finding {
		f := finding(id, must, contract.Violation, operation, exchange, "", "x", actual)
		f.Evidence.Status = status
		return f
	}
	broken := func(id string) contract.RuleResult {
		return contract.RuleResult{Rule: rule(id, must, "S.", ""), Outcome: contract.Violation}
	}
	for name, tc := range map[string]struct {
		findings []contract.Finding
		want     []string
	}{
		"two rules in the same exchange": {
			[]contract.Finding{violation("b/two", "deleteAgent", 4, 412, "412"), violation("a/one", "deleteAgent", 4, 412, "another"), violation("b/two", "deleteAgent", 9, 412, "412")},
			[]string{"a/one (MUST): S. The same cause seems to break b/two."},
		},
		"the same refusal in other exchanges": {
			[]contract.Finding{violation("a/one", "getAgent", 1, 404, "404, not found"), violation("b/two", "getAgent", 7, 404, "404, not found")},
			[]string{"a/one (MUST): S. The same cause seems to break b/two."},
		},
		"one rule in every exchange and another in one of them": {
			[]contract.Finding{
				violation("a/one", "getAgent", 1, 200, "x"), violation("b/two", "getAgent", 1, 200, "no header"), violation("b/two", "listAgents", 2, 200, "no header"),
				violation("b/two", "createAgent", 3, 201, "no header"),
			},
			[]string{"a/one (MUST): S.", "b/two (MUST): S."},
		},
		"the same symptom in answers to other operations": {
			[]contract.Finding{violation("a/one", "getAgent", 1, 404, "no such property"), violation("b/two", "", 7, 404, "no such property")},
			[]string{"a/one (MUST): S. The same cause seems to break b/two."},
		},
		"different answers": {
			[]contract.Finding{violation("a/one", "getAgent", 1, 200, "200"), violation("b/two", "getAgent", 2, 200, "200")},
			[]string{"a/one (MUST): S.", "b/two (MUST): S."},
		},
		"an answer by something in between": {
			[]contract.Finding{violation("a/one", "getAgent", 1, 200, "x"), violation("delivery/answered-by-gitlab", "getAgent", 8, 403, "a proxy")},
			[]string{"delivery/answered-by-gitlab (MUST): S.", "a/one (MUST): S."},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got struct {
				Causes []struct{ Text string }
			}
			r := &report.Report{Result: &contract.Result{Findings: tc.findings, Rules: []contract.RuleResult{broken("a/one"), broken("b/two"), broken("delivery/answered-by-gitlab")}}}
			require.NoError(t, json.Unmarshal(write(t, report.JSON{}, r), &got))
			var texts []string
			for _, c := range got.Causes {
				texts = append(texts, c.Text)
			}
			assert.Equal(t, tc.want, texts)
		})
	}
}

// What the set-up finds has no story. It is not shown in the place of a finding that has one.
func TestTheFindingWithAStoryIsShown(t *testing.T) {
	t.Parallel()
	inSetUp := finding("a/one", contract.Must, contract.Violation, "createAgent", 1, "", "x", "y")
	later := inSetUp
	later.Exchange, later.Scenario, later.Story = 7, "create an agent", []contract.Step{step("POST", "cluster_agents", 201, "curl the agent")}
	r := &report.Report{Result: &contract.Result{
		Findings: []contract.Finding{inSetUp, later},
		Rules:    []contract.RuleResult{{Rule: rule("a/one", contract.Must, "S.", ""), Outcome: contract.Violation}},
	}}
	text := string(write(t, report.Terminal{}, r))
	assert.Contains(t, text, "curl the agent\n")
	assert.Contains(t, text, "1 other exchange: #1\n")
}

// TestWidths: below its width the coverage table becomes a line for each operation, and nothing but commands is wider
// than the terminal. Characters of two columns count as two.
func TestWidths(t *testing.T) {
	t.Parallel()
	for _, width := range []int{60, 80, 200} {
		r := full()
		r.Redactor = nil
		r.Result.Findings[4].Actual = strings.Repeat("エージェント ", 40)
		for i := range 16 {
			r.Result.Coverage.Operations[0].Statuses = append(r.Result.Coverage.Operations[0].Statuses, contract.StatusCoverage{Status: 503 + i, Seen: 1, Listed: true})
		}
		out := string(write(t, report.Terminal{Width: width}, r))
		for line := range strings.Lines(out) {
			words := strings.Fields(line)
			if len(words) > 2 && !strings.Contains(line, "Internal error") && !strings.Contains(line, "curl ") && !strings.Contains(line, "GITLAB_URL") && !strings.HasPrefix(line, "      ") {
				assert.LessOrEqual(t, runewidth.StringWidth(strings.TrimSuffix(line, "\n")), width, line)
			}
		}
		if width < 200 {
			assert.Contains(t, out, "listAgents: 200×12")
		} else {
			assert.NotContains(t, out, "200×12")
		}
		golden(t, fmt.Sprintf("width-%d.txt", width), []byte(out))
	}
}

// TestFiles: a finding of several files names the one that it is in.
func TestFiles(t *testing.T) {
	t.Parallel()
	r := full()
	for i := range r.Result.Findings {
		r.Files = append(r.Files, []string{"a.har", "b.har"}[i%2])
	}
	text := string(write(t, report.Terminal{}, r))
	assert.Contains(t, text, "exchange  #57 of b.har")
	assert.Contains(t, text, "other exchanges: #20 of a.har")
}

// TestManyFailures: no format grows without bounds, but JSON, which has them all.
func TestManyFailures(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	r := full()
	r.Result.Findings = nil
	for i := range 300 {
		f := finding("document/body", contract.Must, contract.Violation, "listAgents", i, fmt.Sprintf("/property%d", i), "x", strings.Repeat("`", 30_000))
		r.Result.Findings = append(r.Result.Findings, f)
	}
	terminal := string(write(t, report.Terminal{}, r))
	assert.Less(t, len(terminal), 1_000_000)
	assert.True(t, strings.Contains(terminal, "and 200 other failures; a JSON report has them all\n"))
	assert.Less(t, len(write(t, report.JUnit{}, r)), 1_000_000)
	assert.Greater(t, len(write(t, report.JSON{}, r)), 300*30_000)
	out := string(write(t, report.Markdown{}, r))
	assert.Less(t, len(out), 1_000_000)
	assert.True(t, strings.Contains(out, "Not shown in full: "))
	assert.True(t, strings.Contains(out, "and 250 other failures"))
}
