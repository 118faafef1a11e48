package judge

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/document"
	"example.com/gitlab-agents/contract/internal/answerer"
	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/redact"
	"example.com/gitlab-agents/contract/wire"
)

func TestARuleIsTestedOnlyWhereItHolds(t *testing.T) {
	t.Parallel()
	later := rule.Rule{ID: "test/later", Since: rule.GitLab(16, 0)}
	unknown := rule.Reason{Code: rule.ReasonReleaseUnknown, Text: "the rule holds since GitLab 16.0, and the release is not known; give --gitlab-version"}
	for name, c := range map[string]struct {
		release rule.Release
		reports bool
		called  bool
		found   int
		want    rule.RuleResult
	}{
		"it holds, and reports":     {rule.GitLab(16, 0), true, true, 1, rule.RuleResult{Outcome: rule.Violation, Applied: 1, Findings: 1}},
		"it holds, and is content":  {rule.GitLab(16, 0), false, true, 0, rule.RuleResult{Outcome: rule.Pass, Applied: 1}},
		"it may hold, and reports":  {rule.Release{}, true, true, 0, rule.RuleResult{Outcome: rule.Inconclusive, Applied: 1, Reason: unknown}},
		"it may hold, and does":     {rule.Release{}, false, true, 0, rule.RuleResult{Outcome: rule.Pass, Applied: 1}},
		"it does not hold any more": {rule.GitLab(15, 11), true, false, 0, rule.RuleResult{Reason: rule.Reason{Code: rule.ReasonRelease, Text: "the rule holds since GitLab 16.0, and this is 15.11"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			called := false
			j := judging(t, Options{Version: rule.Version{Release: c.release}, Catalogue: []Entry{{Rule: &later, Judge: func(_ *History, x *Exchange) bool {
				called = true
				if c.reports {
					x.Violation("", "this", "that")
				}
				return true
			}}}})
			assert.Len(t, j.Observe(read("gitlab.example.com")), c.found)
			assert.Equal(t, c.called, called)
			assert.Equal(t, c.want, outcomeOf(t, j))
		})
	}
}

func TestARuleThatDoesNotApplyIsNotTested(t *testing.T) {
	t.Parallel()
	j := judging(t, Options{Catalogue: []Entry{{Rule: &rule.Rule{ID: "test/other"}, Judge: func(*History, *Exchange) bool { return false }}}})
	assert.Empty(t, j.Observe(read("gitlab.example.com")))
	assert.Equal(t, rule.RuleResult{Reason: rule.Reason{Code: rule.ReasonNoExchange, Text: "no exchange that it applies to"}}, outcomeOf(t, j))
}

func TestARuleGetsOnlyWhatWasRecorded(t *testing.T) {
	t.Parallel()
	const tested, notRecorded, noExchange = "", rule.ReasonNotRecorded, rule.ReasonNoExchange
	all := RequestHeader | RequestBody | ResponseHeader | ResponseBody
	for name, c := range map[string]struct {
		reads      Evidence
		onlyErrors bool
		path       string
		status     int
		lacks      Evidence
		want       rule.ReasonCode
	}{
		"all of it was":                               {all, false, agentPath, 404, 0, tested},
		"it lacks the header of the request":          {RequestHeader, false, agentPath, 404, RequestHeader, notRecorded},
		"it lacks the body of the request":            {RequestBody, false, agentPath, 404, RequestBody, notRecorded},
		"it lacks the header of the response":         {ResponseHeader, false, agentPath, 404, ResponseHeader, notRecorded},
		"it lacks the body of the response":           {ResponseBody, false, agentPath, 404, ResponseBody, notRecorded},
		"it lacks one of two":                         {RequestHeader | ResponseBody, false, agentPath, 404, ResponseBody, notRecorded},
		"it lacks what the rule does not read":        {RequestHeader, false, agentPath, 404, all &^ RequestHeader, tested},
		"the rule reads nothing":                      {0, false, agentPath, 404, all, tested},
		"a success, and the rule is about all":        {ResponseBody, false, agentPath, 200, ResponseBody, notRecorded},
		"a success, and the rule is about errors":     {ResponseBody, true, agentPath, 200, ResponseBody, noExchange},
		"a redirect, and the rule is about errors":    {ResponseBody, true, agentPath, 399, ResponseBody, noExchange},
		"the first error, and the rule is about them": {ResponseBody, true, agentPath, 400, ResponseBody, notRecorded},
		"no operation":                                {ResponseBody, false, "20/issues", 404, ResponseBody, noExchange},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := judging(t, Options{Catalogue: []Entry{{
				Rule: &rule.Rule{ID: "test/reads"}, Reads: c.reads, OnlyErrors: c.onlyErrors, Judge: func(*History, *Exchange) bool { return true },
			}}})
			x := answered(t, "GET", c.path, c.status, "", "X-Gitlab-Meta", "{}")
			x.Request.HeaderNotRecorded, x.Request.BodyNotRecorded = c.lacks&RequestHeader != 0, c.lacks&RequestBody != 0
			x.Response.HeaderNotRecorded, x.Response.BodyNotRecorded = c.lacks&ResponseHeader != 0, c.lacks&ResponseBody != 0
			j.Observe(x)
			result := outcomeOf(t, j)
			assert.Equal(t, c.want, result.Reason.Code)
			assert.Equal(t, c.want == tested, result.Outcome == rule.Pass)
		})
	}
}

// One exchange that lacks something is enough: later ones that have all of it, but that the rule is not about, change nothing.
func TestThatSomethingWasNotRecordedIsRemembered(t *testing.T) {
	t.Parallel()
	j := judging(t, Options{Catalogue: []Entry{{Rule: &rule.Rule{ID: "test/reads"}, Reads: RequestHeader, Judge: func(*History, *Exchange) bool { return false }}}})
	lacking := read("gitlab.example.com")
	lacking.Request.HeaderNotRecorded = true
	j.Observe(lacking)
	elsewhere := read("gitlab.example.com")
	elsewhere.Request.URL.Path, elsewhere.Request.HeaderNotRecorded = "/api/v4/user", true
	j.Observe(elsewhere)
	j.Observe(read("gitlab.example.com"))
	assert.Equal(t, rule.ReasonNotRecorded, outcomeOf(t, j).Reason.Code)
}

func TestWhatAnExchangeLacks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		x    wire.Exchange
		want Evidence
	}{
		"nothing":                    {wire.Exchange{Response: &wire.Response{}}, 0},
		"no answer came":             {wire.Exchange{}, 0},
		"no answer, and no header":   {wire.Exchange{Request: wire.Request{HeaderNotRecorded: true}}, RequestHeader},
		"the body of the request":    {wire.Exchange{Request: wire.Request{BodyNotRecorded: true}, Response: &wire.Response{}}, RequestBody},
		"the end of that body":       {wire.Exchange{Request: wire.Request{Truncated: true}, Response: &wire.Response{}}, RequestBody},
		"the header of the response": {wire.Exchange{Response: &wire.Response{HeaderNotRecorded: true}}, ResponseHeader},
		"the body of the response":   {wire.Exchange{Response: &wire.Response{BodyNotRecorded: true}}, ResponseBody},
		"all": {
			wire.Exchange{Request: wire.Request{HeaderNotRecorded: true, BodyNotRecorded: true}, Response: &wire.Response{HeaderNotRecorded: true, BodyNotRecorded: true}},
			RequestHeader | RequestBody | ResponseHeader | ResponseBody,
		},
	} {
		assert.Equal(t, c.want, (&Exchange{Exchange: &c.x}).lacks(), name)
	}
}

func TestTheSameProblemInAListIsOneReport(t *testing.T) {
	t.Parallel()
	x, y := &Exchange{}, &Exchange{Index: 1}
	type report struct {
		about   *Exchange
		pointer string
	}
	for name, c := range map[string]struct {
		reports []report
		more    []int // of each report that is kept
	}{
		"two entries":                    {[]report{{x, "/0/name"}, {x, "/1/name"}}, []int{1}},
		"three entries":                  {[]report{{x, "/0/name"}, {x, "/1/name"}, {x, "/20/name"}}, []int{2}},
		"entries as a whole":             {[]report{{x, "/0"}, {x, "/1"}}, []int{1}},
		"other properties":               {[]report{{x, "/0/name"}, {x, "/0/id"}}, []int{0, 0}},
		"two properties in two entries":  {[]report{{x, "/0/name"}, {x, "/0/id"}, {x, "/1/id"}, {x, "/1/name"}}, []int{1, 1}},
		"one property is in another":     {[]report{{x, "/0/a"}, {x, "/1/a/b"}}, []int{0, 0}},
		"no list":                        {[]report{{x, "/name"}, {x, "/name"}}, []int{0, 0}},
		"the whole body":                 {[]report{{x, ""}, {x, ""}}, []int{0, 0}},
		"the whole body and an entry":    {[]report{{x, ""}, {x, "/0"}}, []int{0, 0}},
		"another exchange":               {[]report{{x, "/0/name"}, {y, "/1/name"}}, []int{0, 0}},
		"another exchange, and the same": {[]report{{x, "/0/name"}, {y, "/1/name"}, {y, "/2/name"}}, []int{0, 1}},
	} {
		var all reports
		var more []int
		for _, r := range c.reports {
			all.add(r.about, rule.Finding{Pointer: r.pointer}, false)
		}
		for _, r := range all {
			more = append(more, r.more)
		}
		assert.Equal(t, c.more, more, name)
		assert.Equal(t, c.reports[0], report{all[0].about, all[0].finding.Pointer}, name+": the first is kept")
	}
}

func TestPointersWithinAnEntry(t *testing.T) {
	t.Parallel()
	for pointer, want := range map[string]string{
		"": "", "/name": "/name", "/0": "*/", "/0/name": "*/name", "/17/config_project/id": "*/config_project/id", "/name/0": "/name/0", "/0x/name": "/0x/name",
	} {
		assert.Equal(t, want, inEntry(pointer), pointer)
	}
}

// TestWhatAFindingHolds has a rule that reports about the exchange that shows a problem, and about an earlier one.
func TestWhatAFindingHolds(t *testing.T) {
	t.Parallel()
	const secret = "correct-horse-battery-staple"
	redactor := redact.New()
	redactor.Learn(secret)
	var first, last *Exchange
	j := judging(t, Options{
		Redactor: redactor, Repeat: func(r *wire.Request) string { return "repeat " + r.Method + " with " + secret },
		Catalogue: []Entry{
			reporting("test/none", func(*History, *Exchange) {}),
			{Rule: &rule.Rule{ID: "test/fails", Level: rule.Should}, Judge: func(_ *History, x *Exchange) bool {
				if first == nil {
					first = x
					return true
				}
				last = x
				x.Violation("/message", "no "+secret, "some "+secret)
				x.ViolationOf(first, "/0/id", "one", "two")
				x.ViolationOf(first, "/1/id", "one", "three")
				return true
			}},
		},
	})
	x := read("gitlab.example.com")
	x.Request.URL.RawQuery = "q=" + secret
	x.Response.Header.Set("X-Request-Id", "01JD"+secret)
	assert.Empty(t, j.Observe(read("gitlab.example.com")))
	found := j.Observe(x)
	evidence := rule.Evidence{
		Method: "GET", URL: "https://gitlab.example.com/api/v4/projects/20/cluster_agents/5?q=[redacted]", Status: 404,
		Repeat: "repeat GET with [redacted]", RequestID: "01JD[redacted]",
	}
	earlier := evidence
	earlier.URL, earlier.RequestID = "https://gitlab.example.com/api/v4/projects/20/cluster_agents/5", "01JD0000000000000000000001"
	want := []rule.Finding{
		{
			Rule: "test/fails", Level: rule.Should, Outcome: rule.Violation, Operation: "getAgent", Pointer: "/message",
			Expected: "no [redacted]", Actual: "some [redacted]", Exchange: 1, Evidence: evidence,
		},
		{
			Rule: "test/fails", Level: rule.Should, Outcome: rule.Violation, Operation: "getAgent", Pointer: "/0/id",
			Expected: "one", Actual: "two, and 1 more like it", Exchange: 0, Evidence: earlier,
		},
	}
	assert.Equal(t, want, found)
	result := j.Result()
	assert.Equal(t, want, result.Findings)
	assert.Equal(t, []string{"/message"}, last.about, "only what is about the exchange itself")
	assert.Empty(t, first.about)
	assert.Empty(t, last.reports, "what was reported is not kept")
	assert.Equal(t, rule.RuleResult{Rule: j.Catalogue[0].Rule, Outcome: rule.Pass, Applied: 2}, result.Rules[0])
	assert.Equal(t, rule.RuleResult{Rule: j.Catalogue[1].Rule, Outcome: rule.Violation, Applied: 2, Findings: 2}, result.Rules[1])
}

// A rule sees what was reported before under another rule, so that one wrong value is one finding.
func TestARuleSeesWhatTheRulesBeforeReported(t *testing.T) {
	t.Parallel()
	j := judging(t, Options{Catalogue: []Entry{
		reporting("test/first", func(_ *History, x *Exchange) { x.Violation("/message", "this", "that") }),
		reporting("test/second", func(_ *History, x *Exchange) {
			assert.Empty(t, x.reports)
			if !x.Reported("/message") {
				x.Violation("/message", "this", "that")
			}
		}),
	}})
	assert.Len(t, j.Observe(read("gitlab.example.com")), 1)
	assert.Len(t, j.Observe(read("gitlab.example.com")), 1)
}

func TestTheNoteOfAFinding(t *testing.T) {
	t.Parallel()
	const proxy = "it came through a proxy (Via: 1.1 squid), which may have changed it"
	for name, c := range map[string]struct {
		finding rule.Finding
		want    rule.Finding
	}{
		"a violation":                {rule.Finding{Outcome: rule.Violation}, rule.Finding{Outcome: rule.Violation, Operation: "getAgent", Note: proxy}},
		"a violation with a note":    {rule.Finding{Outcome: rule.Violation, Note: "n"}, rule.Finding{Outcome: rule.Violation, Operation: "getAgent", Note: "n"}},
		"drift":                      {rule.Finding{Outcome: rule.Drift}, rule.Finding{Outcome: rule.Drift, Operation: "getAgent"}},
		"another operation is named": {rule.Finding{Outcome: rule.Drift, Operation: "listAgents"}, rule.Finding{Outcome: rule.Drift, Operation: "listAgents"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := judging(t, Options{Catalogue: []Entry{{Rule: &rule.Rule{ID: "test/fails"}}}})
			x := asked(t, "GET", agentPath, 404, `{"message":"404 Not found"}`, "Via", "1.1 squid")
			c.finding.Rule, c.want.Rule = "test/fails", "test/fails"
			got, counts := j.finding(c.finding, x, false)
			assert.True(t, counts)
			got.Evidence = rule.Evidence{}
			assert.Equal(t, c.want, got)
		})
	}
}

func TestAFindingAboutADoubtfulAnswer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		doubtful    bool
		anyAnswerer bool
		outcome     rule.Outcome
		want        rule.Outcome
		note        string
	}{
		"a violation":                           {true, false, rule.Violation, rule.Inconclusive, "perhaps GitLab did not answer: no header; no body"},
		"drift":                                 {true, false, rule.Drift, rule.Drift, ""},
		"a violation, whoever answered":         {true, true, rule.Violation, rule.Violation, ""},
		"a violation, and GitLab surely did it": {false, false, rule.Violation, rule.Violation, ""},
	} {
		j := judging(t, Options{Catalogue: []Entry{{Rule: &rule.Rule{ID: "test/fails"}, AnyAnswerer: c.anyAnswerer}}})
		x := asked(t, "GET", agentPath, 404, `{"message":"404 Not found"}`)
		x.Answerer = answerer.Verdict{Doubtful: c.doubtful, Signs: []string{"no header", "no body"}}
		f, counts := j.finding(rule.Finding{Rule: "test/fails", Outcome: c.outcome}, x, false)
		assert.True(t, counts, name)
		assert.Equal(t, c.want, f.Outcome, name)
		assert.Equal(t, c.note, f.Note, name)
	}
}

// TestAFindingAboutARecordingThatWasEdited has a rule that reads both bodies.
func TestAFindingAboutARecordingThatWasEdited(t *testing.T) {
	t.Parallel()
	const project = `{"id":5,"name":"a","config_project":{"path_with_namespace":"root/test"}}`
	for name, c := range map[string]struct {
		path, sent, answer string
		actual             string
		note               string // what is edited; empty if the finding is a violation
	}{
		"nothing is masked":                {agentPath, `{"name":"a"}`, project, "", ""},
		"a project in the URL":             {"/projects/REDACTED/cluster_agents/5", "", project, "", "the URL"},
		"asterisks in the URL":             {"/projects/***/cluster_agents/5", "", project, "", "the URL"},
		"a word in brackets in the URL":    {"/projects/%5Bproject%5D/cluster_agents/5", "", project, "", "the URL"},
		"a template of a path":             {"/projects/:id/cluster_agents/5", "", project, "", "the URL"},
		"a template in braces":             {"/projects/{id}/cluster_agents/5", "", project, "", "the URL"},
		"the last segment is a template":   {"/projects/20/cluster_agents/:agent_id", "", project, "", "the URL"},
		"a name that was sent":             {agentPath, `{"name":"***"}`, project, "", "the body of the request"},
		"a name that was sent, in a form":  {agentPath, `name=[FILTERED]`, project, "", "the body of the request"},
		"a path in the answer":             {agentPath, "", `{"path_with_namespace":"[REDACTED]/[REDACTED]"}`, "", "the body of the answer"},
		"a path in the answer, bare":       {agentPath, "", `{"path_with_namespace":"REDACTED/REDACTED"}`, "", "the body of the answer"},
		"an id in the answer":              {agentPath, "", `{"created_by_user_id":"<hidden>"}`, "", "the body of the answer"},
		"letters in the answer":            {agentPath, "", `{"name":"xxxxx"}`, "", "the body of the answer"},
		"an agent of that name":            {agentPath, "", `{"name":"hidden"}`, "", ""},
		"a sentence with such a word":      {agentPath, "", `{"description":"removed from the cluster; REDACTED later"}`, "", ""},
		"the secret alone":                 {agentPath, "", `{"id":5,"token":"[redacted]"}`, "", ""},
		"what an earlier exchange was not": {agentPath, "", project, `the name "[REDACTED]"`, "an earlier exchange"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := asked(t, "PUT", c.path, 200, c.answer)
			x.Request.Body = []byte(c.sent)
			found := rule.Finding{Rule: "test/fails", Outcome: rule.Violation, Actual: c.actual}
			entry := Entry{Rule: &rule.Rule{ID: "test/fails"}, Reads: RequestBody | ResponseBody}

			f, _ := judging(t, Options{Catalogue: []Entry{entry}}).finding(found, x, false)
			if c.note == "" {
				assert.Equal(t, rule.Violation, f.Outcome, f.Note)
			} else {
				assert.Equal(t, rule.Inconclusive, f.Outcome)
				assert.Equal(t, "the recording was edited: a mask stands in "+c.note, f.Note)
			}
			f, _ = judging(t, Options{Catalogue: []Entry{entry}, Live: true}).finding(found, x, false)
			assert.Equal(t, rule.Violation, f.Outcome, "nobody edits what is judged as it comes")
			entry.AnyAnswerer = true
			f, _ = judging(t, Options{Catalogue: []Entry{entry}}).finding(found, x, false)
			assert.Equal(t, rule.Violation, f.Outcome, "a leak is one in any case")
		})
	}
	t.Run("a rule that reads no bodies", func(t *testing.T) {
		t.Parallel()
		j := judging(t, Options{Catalogue: []Entry{{Rule: &rule.Rule{ID: "test/fails"}, Reads: ResponseHeader}}})
		f, _ := j.finding(rule.Finding{Rule: "test/fails", Outcome: rule.Violation}, asked(t, "GET", agentPath, 200, `{"name":"***"}`), false)
		assert.Equal(t, rule.Violation, f.Outcome)
	})
}

// TestAWriteBySomebodyElse has findings that such a write would explain. If somebody counts, they confirm them or do not.
func TestAWriteBySomebodyElse(t *testing.T) {
	t.Parallel()
	disagrees := reporting("test/disagrees", func(_ *History, x *Exchange) { x.Disagreement("two", "one") })
	t.Run("nobody counts", func(t *testing.T) {
		t.Parallel()
		j := judging(t, Options{Catalogue: []Entry{disagrees}})
		found := j.Observe(read("gitlab.example.com"))
		require.Len(t, found, 1)
		assert.Equal(t, rule.Inconclusive, found[0].Outcome)
		assert.Equal(t, "a write by somebody else would explain it", found[0].Note)
		assert.Equal(t, rule.RuleResult{
			Outcome: rule.Inconclusive, Applied: 1, Findings: 1,
			Reason: rule.Reason{Code: rule.ReasonUnconfirmed, Text: "a write by somebody else would explain it"},
		}, outcomeOf(t, j))
	})
	t.Run("it counts, with a story", func(t *testing.T) {
		t.Parallel()
		j := judging(t, Options{Catalogue: []Entry{disagrees}, Count: func(f *rule.Finding, about *Exchange, doubtful bool) bool {
			assert.True(t, doubtful)
			assert.Equal(t, "my tag", about.Tag)
			f.Scenario = "some scenario"
			return true
		}})
		found, _ := j.ObservePrepared(j.Prepare(read("gitlab.example.com")), "my tag")
		require.Len(t, found, 1)
		assert.Equal(t, rule.Violation, found[0].Outcome)
		assert.Equal(t, "some scenario", found[0].Scenario)
		assert.Equal(t, found, j.Result().Findings)
	})
	t.Run("it does not count until it is added", func(t *testing.T) {
		t.Parallel()
		var kept rule.Finding
		j := judging(t, Options{Catalogue: []Entry{disagrees}, Count: func(f *rule.Finding, _ *Exchange, _ bool) bool {
			kept = *f
			return false
		}})
		assert.Empty(t, j.Observe(read("gitlab.example.com")))
		assert.Empty(t, j.Result().Findings)
		assert.Equal(t, rule.RuleResult{Outcome: rule.Pass, Applied: 1}, outcomeOf(t, j))
		j.Add(kept)
		assert.Equal(t, []rule.Finding{kept}, j.Result().Findings)
		assert.Equal(t, rule.RuleResult{Outcome: rule.Violation, Applied: 1, Findings: 1}, outcomeOf(t, j))
	})
	t.Run("a plain violation is not doubtful", func(t *testing.T) {
		t.Parallel()
		j := judging(t, Options{
			Catalogue: []Entry{reporting("test/fails", func(_ *History, x *Exchange) {
				x.Violation("/a", "this", "that")
				x.ViolationOf(x, "/b", "this", "that")
			})},
			Count: func(_ *rule.Finding, _ *Exchange, doubtful bool) bool { return assert.False(t, doubtful) },
		})
		assert.Len(t, j.Observe(read("gitlab.example.com")), 2)
	})
}

func TestAScenariosFinding(t *testing.T) {
	t.Parallel()
	selected, other := &rule.Rule{ID: "test/selected", Level: rule.Should}, &rule.Rule{ID: "test/other"}
	j := judging(t, Options{Catalogue: []Entry{{Rule: selected}}})
	x := asked(t, "GET", agentPath, 404, `{"message":"404 Not found"}`)

	assert.False(t, j.Report(other, x, rule.Finding{Outcome: rule.Violation, Pointer: "/error"}, false))
	assert.False(t, x.Reported("/error"))
	assert.Empty(t, j.Result().Findings)

	assert.True(t, j.Report(selected, x, rule.Finding{Outcome: rule.Violation, Pointer: "/message", Expected: "a"}, false))
	assert.True(t, x.Reported("/message"))
	require.Len(t, j.Result().Findings, 1)
	f := j.Result().Findings[0]
	f.Evidence = rule.Evidence{}
	assert.Equal(t, rule.Finding{
		Rule: "test/selected", Level: rule.Should, Outcome: rule.Violation, Operation: "getAgent", Pointer: "/message", Expected: "a",
	}, f)

	assert.True(t, j.Report(selected, x, rule.Finding{Outcome: rule.Violation}, true))
	assert.Equal(t, rule.Inconclusive, j.Result().Findings[1].Outcome, "it is doubtful, and nobody confirms it")

	none := judging(t, Options{Catalogue: []Entry{{Rule: selected}}, Count: func(*rule.Finding, *Exchange, bool) bool { return false }})
	assert.False(t, none.Report(selected, x, rule.Finding{Outcome: rule.Violation}, false))
	assert.Empty(t, none.Result().Findings)
}

func TestTheWorstFindingDecides(t *testing.T) {
	t.Parallel()
	found := func(outcome rule.Outcome, note string) rule.Finding {
		return rule.Finding{Rule: "test/fails", Outcome: outcome, Actual: "no answer", Note: note}
	}
	unconfirmed := func(text string) rule.Reason { return rule.Reason{Code: rule.ReasonUnconfirmed, Text: text} }
	noAnswer := rule.Reason{Code: rule.ReasonNoAnswer, Text: "this proves nothing: no answer"}
	for name, c := range map[string]struct {
		findings []rule.Finding
		outcome  rule.Outcome
		reason   rule.Reason
	}{
		"drift":                              {[]rule.Finding{found(rule.Drift, "n")}, rule.Drift, rule.Reason{}},
		"an error of the caller":             {[]rule.Finding{found(rule.Error, "n")}, rule.Error, rule.Reason{}},
		"a violation":                        {[]rule.Finding{found(rule.Violation, "n")}, rule.Violation, rule.Reason{}},
		"the document got no answer":         {[]rule.Finding{found(rule.Inconclusive, "")}, rule.Inconclusive, noAnswer},
		"it was not confirmed":               {[]rule.Finding{found(rule.Inconclusive, "n")}, rule.Inconclusive, unconfirmed("n")},
		"the first reason stays":             {[]rule.Finding{found(rule.Inconclusive, "n"), found(rule.Inconclusive, "")}, rule.Inconclusive, unconfirmed("n")},
		"drift before no answer":             {[]rule.Finding{found(rule.Drift, ""), found(rule.Inconclusive, "")}, rule.Inconclusive, noAnswer},
		"drift after no answer":              {[]rule.Finding{found(rule.Inconclusive, ""), found(rule.Drift, "")}, rule.Inconclusive, noAnswer},
		"a violation, and then drift":        {[]rule.Finding{found(rule.Violation, ""), found(rule.Drift, "")}, rule.Violation, rule.Reason{}},
		"a violation, and then no answer":    {[]rule.Finding{found(rule.Violation, ""), found(rule.Inconclusive, "n")}, rule.Violation, rule.Reason{}},
		"an error, and then no answer":       {[]rule.Finding{found(rule.Error, ""), found(rule.Inconclusive, "n")}, rule.Error, rule.Reason{}},
		"drift and a violation and an error": {[]rule.Finding{found(rule.Drift, ""), found(rule.Violation, ""), found(rule.Error, "")}, rule.Violation, rule.Reason{}},
	} {
		j := judging(t, Options{Catalogue: []Entry{{Rule: &rule.Rule{ID: "test/other"}}, {Rule: &rule.Rule{ID: "test/fails"}}}})
		for _, f := range c.findings {
			j.Add(f)
		}
		result := j.Result()
		assert.Equal(t, c.findings, result.Findings, name)
		assert.Equal(t, rule.RuleResult{Rule: j.Catalogue[1].Rule, Outcome: c.outcome, Reason: c.reason, Findings: len(c.findings)}, result.Rules[1], name)
		assert.Zero(t, result.Rules[0].Findings, name)
	}
}

// A fault of ours hides no violation, and a violation no fault.
func TestAPanicAndAViolation(t *testing.T) {
	t.Parallel()
	j := judging(t, Options{Catalogue: []Entry{reporting("test/both", func(_ *History, x *Exchange) {
		x.Violation("", "this", "that")
		if x.Index == 1 {
			panic("oh")
		}
	})}})
	assert.Len(t, j.Observe(read("gitlab.example.com")), 1)
	assert.Len(t, j.Observe(read("gitlab.example.com")), 1, "what was reported before the panic counts")
	result := outcomeOf(t, j)
	assert.Equal(t, rule.Violation, result.Outcome)
	assert.Equal(t, 1, result.Applied)
	assert.Equal(t, rule.Reason{}, result.Reason, "a violation needs no reason")
}

// A rule that panicked, and later reports what may hold, still has a fault of ours.
func TestAPanicIsNotForgotten(t *testing.T) {
	t.Parallel()
	later := reporting("test/later", func(_ *History, x *Exchange) {
		if x.Index == 0 {
			panic("oh")
		}
		x.Violation("", "this", "that")
	})
	later.Rule.Since = rule.GitLab(16, 0)
	j := judging(t, Options{Catalogue: []Entry{later}})
	assert.Empty(t, j.Observe(read("gitlab.example.com")))
	assert.Empty(t, j.Observe(read("gitlab.example.com")))
	result := outcomeOf(t, j)
	assert.Equal(t, rule.Error, result.Outcome)
	assert.Equal(t, rule.ReasonInternal, result.Reason.Code)
}

// What was inconclusive and is a violation now keeps nothing of the reason.
func TestAViolationHasNoReason(t *testing.T) {
	t.Parallel()
	j := judging(t, Options{Catalogue: []Entry{reporting("test/both", func(_ *History, x *Exchange) {
		if x.Index == 0 {
			x.Disagreement("this", "that")
			return
		}
		x.Violation("", "this", "that")
	})}})
	j.Observe(read("gitlab.example.com"))
	assert.Equal(t, rule.ReasonUnconfirmed, outcomeOf(t, j).Reason.Code)
	j.Observe(read("gitlab.example.com"))
	result := outcomeOf(t, j)
	assert.Equal(t, rule.Violation, result.Outcome)
	assert.Equal(t, rule.Reason{}, result.Reason)
}

// A text that was shortened may end with a part of a secret.
func TestAPartOfASecretIsRemovedFromAFinding(t *testing.T) {
	t.Parallel()
	redactor := redact.New()
	redactor.Learn("correct-horse-battery-staple")
	part := "it said correct-horse-batt" + ellipsis
	j := judging(t, Options{Redactor: redactor, Catalogue: []Entry{reporting("test/fails", func(_ *History, x *Exchange) { x.Violation("", part, part) })}})
	found := j.Observe(read("gitlab.example.com"))
	require.Len(t, found, 1)
	assert.Equal(t, []string{"it said …", "it said …"}, []string{found[0].Expected, found[0].Actual})
}

// TestWhatTheDocumentSaysIsAFinding has a rule of the document, whose findings keep where the document says so.
func TestWhatTheDocumentSaysIsAFinding(t *testing.T) {
	t.Parallel()
	j := judging(t, Options{Catalogue: []Entry{{Rule: &rule.Rule{ID: document.RuleBody}, Judge: func(_ *History, x *Exchange) bool { return x.Documented(document.RuleBody) }}}})
	found := j.Observe(answeredJSON(t, "GET", agentPath, 200, strings.Replace(agentBody(5, "a"), `"created_by_user_id":42`, `"created_by_user_id":"42"`, 1)))
	require.Len(t, found, 1)
	assert.Equal(t, "/created_by_user_id", found[0].Pointer)
	assert.Equal(t, rule.Violation, found[0].Outcome)
	assert.Contains(t, found[0].Document, "openapi/openapi.yaml:")
}
