package judge

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/document"
	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/wire"
)

func TestWhatARequestNames(t *testing.T) {
	t.Parallel()
	type names struct {
		operation, project string
		agent, token       int64
	}
	for name, c := range map[string]struct {
		method, path string
		want         names
	}{
		"a list":                        {"GET", agentsPath, names{"listAgents", "20", 0, 0}},
		"a create":                      {"POST", agentsPath, names{"createAgent", "20", 0, 0}},
		"an agent":                      {"GET", agentPath, names{"getAgent", "20", 5, 0}},
		"the head of an agent":          {"HEAD", agentPath, names{"getAgent", "20", 5, 0}},
		"a token":                       {"GET", tokenPath, names{"getAgentToken", "20", 5, 7}},
		"a project by its path":         {"GET", "root%2Ftest/cluster_agents/5", names{"getAgent", "root/test", 5, 0}},
		"an agent that is not a number": {"GET", "20/cluster_agents/five", names{"getAgent", "20", 0, 0}},
		"a token that is not a number":  {"GET", tokensPath + "/seven", names{"getAgentToken", "20", 5, 0}},
		"a number that is too large":    {"GET", "20/cluster_agents/99999999999999999999", names{"getAgent", "20", 0, 0}},
		"another request":               {"GET", "20/issues/5", names{}},
		"a method that GitLab lacks":    {"PUT", agentPath, names{}},
	} {
		x := asked(t, c.method, c.path, 200, "")
		assert.Equal(t, c.want, names{x.Operation, x.Project, x.AgentID, x.TokenID}, name)
		assert.Equal(t, "https://gitlab.example.com", x.Server, name)
	}
}

// TestAnAnswerWithoutItsSecret has answers to the create of a token. Recorders and sanitizers remove its secret in many
// ways. Such an answer is incomplete, and nobody is to blame for that.
func TestAnAnswerWithoutItsSecret(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		token   string
		removed bool
	}{
		"this program removed it":              {"[redacted]", true},
		"in capital letters":                   {"REDACTED", true},
		"a word in a sentence":                 {"the token was removed", true},
		"masked":                               {"[MASKED]", true},
		"sanitized":                            {"sanitized", true},
		"sanitised":                            {"sanitised", true},
		"a placeholder":                        {"glagent-placeholder", true},
		"stars":                                {"***", true},
		"stars after the prefix":               {"glagent-****", true},
		"dots":                                 {"glagent-...", true},
		"an ellipsis":                          {"glagent-…", true},
		"the letter x":                         {"XXXXXX", true},
		"angle brackets":                       {"<token>", true},
		"braces":                               {"{{token}}", true},
		"a secret":                             {secretOf(7), false},
		"a secret that has an x and a hyphen":  {"glagent-xxx-" + secretOf(7), false},
		"a secret that has a point":            {"glagent-abc.01.xyz", false},
		"two stars":                            {"glagent-**", false},
		"two dots":                             {"glagent-..", false},
		"two letters":                          {"xx", false},
		"a bracket that is not closed":         {"<token", false},
		"an empty text":                        {"", false},
		"a word that is written in two halves": {"re-dacted", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			recorded := answeredJSON(t, "POST", tokensPath, 201, newTokenBody(7, c.token))
			x := observed(t, Options{}, recorded)
			assert.Equal(t, !c.removed, x.Complete())
			assert.Equal(t, !c.removed, x.NewToken() != nil)
			assert.Empty(t, rulesIn(x, document.RuleResponse), "an answer that came as a whole is not reported")
			assert.False(t, recorded.Response.Truncated, "the recording is not changed")

			live := observed(t, Options{Live: true}, recorded)
			assert.True(t, live.Complete(), "nobody removes anything from a live exchange")
		})
	}
}

// observed is an exchange after it was judged.
func observed(t *testing.T, o Options, w *wire.Exchange) *Exchange {
	t.Helper()
	j := judging(t, o)
	_, x := j.ObservePrepared(j.Prepare(w), nil)
	return x
}

// rulesIn are the findings of the document under a rule.
func rulesIn(x *Exchange, id string) (found []document.Finding) {
	for _, f := range x.Documentation() {
		if f.Rule == id {
			found = append(found, f)
		}
	}
	return found
}

func TestOnlyTheAnswerToACreateLosesASecret(t *testing.T) {
	t.Parallel()
	removed := newTokenBody(7, "[redacted]")
	tokenLine := `{"token":"<removed>"`
	for name, c := range map[string]struct {
		status   int
		body     string
		complete bool
	}{
		"201":                                {201, removed, false},
		"200":                                {200, removed, true},
		"400":                                {400, removed, true},
		"the description was removed":        {201, strings.Replace(newTokenBody(7, secretOf(7)), `"d"`, `"[redacted]"`, 1), false},
		"the description speaks of it":       {201, strings.Replace(newTokenBody(7, secretOf(7)), `"d"`, `"no [redacted] text"`, 1), true},
		"the description says removed":       {201, strings.Replace(newTokenBody(7, secretOf(7)), `"d"`, `"removed"`, 1), true},
		"the token is written with spaces":   {201, `{"id":7, "token" : "<removed>"}`, false},
		"the longest body that is searched":  {201, tokenLine + strings.Repeat(" ", maxCreated-len(tokenLine)-1) + "}", false},
		"a body that is longer by a byte":    {201, tokenLine + strings.Repeat(" ", maxCreated-len(tokenLine)) + "}", true},
		"there is no body":                   {201, "", true},
		"a new agent, which has no secret":   {201, agentBody(5, "a"), true},
		"a new agent whose name was removed": {201, agentBody(5, "[redacted]"), false},
	} {
		x := observed(t, Options{}, answeredJSON(t, "POST", tokensPath, c.status, c.body))
		assert.Equal(t, c.complete, x.Complete(), name)
	}

	lost := answered(t, "POST", tokensPath, 201, removed)
	lost.Response = nil
	x := observed(t, Options{}, lost)
	assert.Nil(t, x.Response)
	assert.Len(t, rulesIn(x, document.RuleResponse), 1)
}

// TestASecretThatARecorderReplacedWithoutAWord has answers whose Content-Length tells that a recorder edited them. Without that
// a missing secret is the server's fault.
func TestASecretThatARecorderReplacedWithoutAWord(t *testing.T) {
	t.Parallel()
	whole := newTokenBody(7, secretOf(7))
	with := func(token string) string { return strings.Replace(whole, `"`+secretOf(7)+`"`, token, 1) }
	for name, c := range map[string]struct {
		path, body string
		length     int // as Content-Length says
		complete   bool
	}{
		"null":                               {tokensPath, with("null"), len(whole), false},
		"an empty text":                      {tokensPath, with(`""`), len(whole), false},
		"a word":                             {tokensPath, with(`"SECRET"`), len(whole), false},
		"a digest":                           {tokensPath, with(`"hmac-sha256:` + strings.Repeat("0a", 32) + `"`), len(whole), false},
		"no property at all":                 {tokensPath, tokenBody(7, "active"), len(whole), false},
		"null, as the server sent it":        {tokensPath, with("null"), len(with("null")), true},
		"a secret, and the body is indented": {tokensPath, whole + "\n", len(whole), true},
		"an agent, and its body is indented": {agentsPath, agentBody(5, "a") + "\n", len(agentBody(5, "a")), true},
	} {
		x := observed(t, Options{}, answeredJSON(t, "POST", c.path, 201, c.body, "Content-Length", fmt.Sprint(c.length)))
		assert.Equal(t, c.complete, x.Complete(), name)
	}
	coded := answeredJSON(t, "POST", tokensPath, 201, with("null"), "Content-Length", "1000", "Content-Encoding", "gzip")
	assert.True(t, observed(t, Options{}, coded).Complete(), "the length is that of something else")

	brokeOff := answeredJSON(t, "POST", tokensPath, 201, whole[:40], "Content-Length", fmt.Sprint(len(whole)))
	assert.Len(t, rulesIn(observed(t, Options{}, brokeOff), document.RuleResponse), 1, "no recorder edits a body so that it is not JSON")
}

// An answer that broke off is reported, also if it is a create's: only what a recorder removed is not.
func TestAnAnswerThatBrokeOffIsReported(t *testing.T) {
	t.Parallel()
	recorded := answeredJSON(t, "POST", tokensPath, 201, newTokenBody(7, secretOf(7)))
	recorded.Response.Truncated = true
	x := observed(t, Options{}, recorded)
	assert.Len(t, rulesIn(x, document.RuleResponse), 1)
}

// TestTheSameCallerIsKnownAgain has requests that differ in other things than credentials.
func TestTheSameCallerIsKnownAgain(t *testing.T) {
	t.Parallel()
	first := read("gitlab.example.com")
	for name, change := range map[string]func(r *wire.Request){
		"nothing":              func(*wire.Request) {},
		"another path":         func(r *wire.Request) { r.URL.Path = "/api/v4/user" },
		"a query":              func(r *wire.Request) { r.URL.RawQuery = "page=2" },
		"another header":       func(r *wire.Request) { r.Header.Set("User-Agent", "curl") },
		"a body":               func(r *wire.Request) { r.Body = []byte("private_token=x") },
		"an empty credential":  func(r *wire.Request) { r.Header.Set("Job-Token", "") },
		"a sudo in the path":   func(r *wire.Request) { r.URL.Path = "/sudo=b/api/v4/user" },
		"a page after a token": func(r *wire.Request) { r.URL.RawQuery = "token=x" },
	} {
		again := read("gitlab.example.com")
		change(&again.Request)
		assert.Equal(t, callerOf(first), callerOf(again), name)
	}
}

func TestACallerOfWhomNothingIsRecordedIsNobody(t *testing.T) {
	t.Parallel()
	x := read("gitlab.example.com")
	assert.NotZero(t, callerOf(x))
	x.Request.HeaderNotRecorded = true
	assert.Zero(t, callerOf(x))
	x.Request.URL.RawQuery = "private_token=glpat-a"
	assert.Zero(t, callerOf(x), "there may have been other credentials, too")
}

func TestARequestThatShowsNoCredentials(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		header, query string
		want          bool
	}{
		"nothing":                   {"", "", true},
		"a token":                   {"Private-Token", "", false},
		"a bearer":                  {"Authorization", "", false},
		"the token of a job":        {"Job-Token", "", false},
		"a session":                 {"Cookie", "", false},
		"only another user":         {"Sudo", "", true},
		"a header of another kind":  {"User-Agent", "", true},
		"a token in the query":      {"", "private_token=x", false},
		"an OAuth token":            {"", "page=1&access_token=x", false},
		"a page":                    {"", "page=1", true},
		"a parameter of that sound": {"", "token=x", true},
	} {
		path := agentPath
		if c.query != "" {
			path += "?" + c.query
		}
		x := asked(t, "GET", path, 200, "")
		if c.header != "" {
			x.Request.Header.Set(c.header, "x")
		}
		assert.Equal(t, c.want, x.LacksCredentials(), name)
	}
}

func TestAWholeAnswer(t *testing.T) {
	t.Parallel()
	reset := errors.New("reset")
	for name, c := range map[string]struct {
		response *wire.Response
		err      error
		want     bool
	}{
		"an answer":                   {&wire.Response{StatusCode: 200}, nil, true},
		"no answer":                   {nil, reset, false},
		"no answer, and no reason":    {nil, nil, false},
		"a part of one":               {&wire.Response{StatusCode: 200, Truncated: true}, nil, false},
		"an answer and an error":      {&wire.Response{StatusCode: 200}, reset, false},
		"a body that is not recorded": {&wire.Response{StatusCode: 200, Truncated: true, BodyNotRecorded: true}, nil, true},
		"the same, and an error":      {&wire.Response{StatusCode: 200, Truncated: true, BodyNotRecorded: true}, reset, false},
	} {
		x := &Exchange{Exchange: &wire.Exchange{Response: c.response, Err: c.err}}
		assert.Equal(t, c.want, x.Complete(), name)
		assert.Equal(t, c.want, x.OK(200), name)
		assert.False(t, x.OK(201), name)
	}
}

func TestWhatAnAnswerSays(t *testing.T) {
	t.Parallel()
	x := asked(t, "GET", agentPath+"?page=2&name=a%20b", 404, "", "X-Page", "2", "Age", "5")
	assert.Equal(t, 404, x.Status())
	assert.Equal(t, "2", x.Header("x-page"))
	assert.Equal(t, "", x.Header("X-Total"))
	assert.Equal(t, "a b", x.Query().Get("name"))
	assert.True(t, x.ThroughCache())
	assert.True(t, x.FromGitLab())

	none := asked(t, "GET", agentPath, 404, "")
	assert.False(t, none.ThroughCache())
	none.Response = nil
	assert.Zero(t, none.Status())
	assert.Equal(t, "", none.Header("X-Page"))
	assert.Empty(t, none.Query())
}

// TestWhatTheDocumentSpokeOf has an answer with something wrong in it, and properties that a rule may be about.
func TestWhatTheDocumentSpokeOf(t *testing.T) {
	t.Parallel()
	agent := agentBody(5, "a")
	text := strings.Replace(agent, `"created_by_user_id":42`, `"created_by_user_id":"42"`, 1)
	more := strings.Replace(agent, `"id":5`, `"id":5,"more":{"a":1}`, 1)
	project := fmt.Sprintf(`{"id":5,"name":"a","config_project":%q,"created_at":"2022-04-20T20:42:40.221Z","created_by_user_id":42}`, "root/test")
	type properties map[string]bool
	for name, c := range map[string]struct {
		path   string
		status int
		body   string
		spoke  properties
	}{
		"nothing is wrong": {agentPath, 200, agent, properties{"": false, "/name": false}},
		"a property has the wrong type": {agentPath, 200, text, properties{
			"/created_by_user_id": true, "/created_by_user_id/a": true, "/created_by_user": false, "/created_by_user_id_too": false, "/name": false, "": false,
		}},
		"the same in an entry of a list": {agentsPath, 200, "[" + agent + "," + text + "]", properties{
			"/1/created_by_user_id": true, "/0/created_by_user_id": true, "/1/name": false, "/1": false, "/created_by_user_id": false,
		}},
		"an entry is no object":   {agentsPath, 200, "[" + agent + ",7]", properties{"/1/name": true, "/0/name": true, "/0": true, "/name": false}},
		"an object is a text":     {agentPath, 200, project, properties{"/config_project": true, "/config_project/id": true, "/config_project_id": false, "/id": false}},
		"a property is not known": {agentPath, 200, more, properties{"/more": true, "/more/a": false, "/name": false}},
		"the body is no JSON":     {agentPath, 200, "{", properties{"": true, "/name": true, "/config_project/id": true, "/0/name": true}},
		"the body is a list":      {agentPath, 200, "[]", properties{"": true, "/name": true}},
		"the status is not known": {agentPath, 299, agent, properties{"/name": true}},
	} {
		x := asked(t, "GET", c.path, c.status, c.body, pageHeaders...)
		for pointer, want := range c.spoke {
			assert.Equal(t, want, x.DocumentSpokeOf(pointer), "%s: %s", name, pointer)
		}
	}
}

// pageHeaders are those of a list that fits on one page.
var pageHeaders = []string{
	"X-Page", "1", "X-Per-Page", "20", "X-Next-Page", "", "X-Prev-Page", "",
	"Link", `<https://gitlab.example.com/api/v4/projects/20/cluster_agents?page=1&per_page=20>; rel="first"`,
}

// TestWhatIsNotAboutAProperty has findings of the document that say nothing about what is in the body.
func TestWhatIsNotAboutAProperty(t *testing.T) {
	t.Parallel()
	noHeaders := asked(t, "GET", agentsPath, 200, "["+agentBody(5, "a")+"]")
	require.NotEmpty(t, rulesIn(noHeaders, document.RuleHeaders))
	assert.False(t, noHeaders.DocumentSpokeOf("/0/name"))
	assert.False(t, noHeaders.DocumentSpokeOf(""))

	badRequest := asked(t, "POST", agentsPath, 201, agentBody(5, "a"))
	badRequest.Request.Body = []byte(`{"name":7}`)
	badRequest.Request.Header.Set("Content-Type", "application/json")
	require.NotEmpty(t, rulesIn(badRequest, document.RuleRequest))
	assert.False(t, badRequest.DocumentSpokeOf("/name"))

	noBody := asked(t, "GET", agentPath, 200, "")
	noBody.Response.BodyNotRecorded, noBody.Response.Truncated = true, true
	require.NotEmpty(t, rulesIn(noBody, document.RuleResponse))
	assert.False(t, noBody.DocumentSpokeOf("/name"))
}

func TestWhatIsSound(t *testing.T) {
	t.Parallel()
	agent := agentBody(5, "a")
	text := strings.Replace(agent, `"created_by_user_id":42`, `"created_by_user_id":"42"`, 1)
	for name, c := range map[string]struct {
		path   string
		status int
		body   string
		sound  bool
	}{
		"an agent":                       {agentPath, 200, agent, true},
		"an error":                       {agentPath, 404, `{"message":"404 Not found"}`, true},
		"a wrong type":                   {agentPath, 200, text, false},
		"no JSON":                        {agentPath, 200, "{", false},
		"a property that is not known":   {agentPath, 200, strings.Replace(agent, `"id":5`, `"id":5,"more":1`, 1), true},
		"a list without its headers":     {agentsPath, 200, "[]", true},
		"a status that is not known":     {agentPath, 299, text, true},
		"a limit somewhere on the way":   {agentPath, 429, `[]`, true},
		"a request for no agent":         {"20/cluster_agents/five", 200, agent, true},
		"a bad request and a bad answer": {"20/cluster_agents/five", 200, text, false},
	} {
		x := asked(t, "GET", c.path, c.status, c.body)
		assert.Equal(t, c.sound, x.Sound(), name)
		assert.Equal(t, !strings.HasSuffix(c.path, "five"), x.RequestIsSound(), name)
	}
}

// TestADifferenceIsReportedOnce has a rule that is about a property which the document may have reported.
func TestADifferenceIsReportedOnce(t *testing.T) {
	t.Parallel()
	agent := agentBody(5, "a")
	text := strings.Replace(agent, `"created_by_user_id":42`, `"created_by_user_id":"42"`, 1)
	for name, c := range map[string]struct {
		body   string
		report func(x *Exchange)
		found  int
	}{
		"the document spoke of it":             {text, func(x *Exchange) { x.Differs("/created_by_user_id", "1", "42") }, 0},
		"the document spoke of another":        {text, func(x *Exchange) { x.Differs("/name", "b", "a") }, 1},
		"the document has nothing against it":  {agent, func(x *Exchange) { x.Differs("/created_by_user_id", "1", "42") }, 1},
		"it is sent back as text":              {text, func(x *Exchange) { x.Echoes(true, "/created_by_user_id", "1", "42") }, 1},
		"it is sent back as something else":    {text, func(x *Exchange) { x.Echoes(false, "/created_by_user_id", "1", "42") }, 0},
		"it is sent back, and nothing else is": {agent, func(x *Exchange) { x.Echoes(false, "/created_by_user_id", "1", "42") }, 1},
	} {
		j := judging(t, Options{Catalogue: []Entry{reporting("test/differs", func(_ *History, x *Exchange) { c.report(x) })}})
		found := j.Observe(answeredJSON(t, "GET", agentPath, 200, c.body))
		if assert.Len(t, found, c.found, name) && c.found > 0 {
			f := found[0]
			assert.Equal(t, rule.Violation, f.Outcome, name)
			assert.NotEmpty(t, f.Pointer, name)
			assert.NotEqual(t, f.Expected, f.Actual, name)
		}
	}
}

// TestWhatARuleReportedIsKnownToTheNext has two rules. The second asks whether the first reported something.
func TestWhatARuleReportedIsKnownToTheNext(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reported, about string
		want            bool
	}{
		{"/name", "/name", true},
		{"/name", "/id", false},
		{"/name", "/name/a", false},
		{"/config_project", "/config_project/id", false},
		{"", "/name", true},
		{"", "", true},
		{"/name", "", false},
		{"/message", "/message", true},
		{"/message", "/error", true},
		{"/error", "/message", true},
		{"/error", "/error", true},
		{"", "/message", true},
		{"", "/error", true},
		{"/name", "/message", false},
		{"/name", "/error", false},
		{"/message", "/name", false},
		{"/error", "/name", false},
		{"/message", "/error_description", false},
	} {
		t.Run(fmt.Sprintf("%q and %q", c.reported, c.about), func(t *testing.T) {
			t.Parallel()
			asks := reporting("test/asks", func(_ *History, x *Exchange) {
				assert.Equal(t, c.want, x.Reported(c.about))
			})
			j := judging(t, Options{Catalogue: []Entry{
				reporting("test/reports", func(_ *History, x *Exchange) { x.Violation(c.reported, "this", "that") }), asks,
			}})
			assert.Len(t, j.Observe(read("gitlab.example.com")), 1)
			assert.Equal(t, rule.Pass, j.Result().Rules[1].Outcome)
		})
	}
	x := asked(t, "GET", agentPath, 404, "{}")
	assert.False(t, x.Reported("/message"), "no rule has reported anything")
}

// TestARuleOfTheDocumentReportsItsOwnFindings has an answer that breaks two rules of the document.
func TestARuleOfTheDocumentReportsItsOwnFindings(t *testing.T) {
	t.Parallel()
	documented := func(id string) Entry {
		return Entry{Rule: &rule.Rule{ID: id}, Judge: func(_ *History, x *Exchange) bool { return x.Documented(id) }}
	}
	catalogue := []Entry{documented(document.RuleBody), documented(document.RuleHeaders), documented(document.RuleResponse)}
	j := judging(t, Options{Catalogue: catalogue})
	wrong := answeredJSON(t, "GET", agentsPath, 200, `[{"id":"5"}]`, "Link", "a", "X-Page", "1", "X-Gitlab-Meta", "{}")
	found := j.Observe(wrong)
	doc, err := document.Load()
	require.NoError(t, err)
	var want, got []rule.Finding
	for _, f := range doc.Check(wrong) {
		want = append(want, rule.Finding{
			Rule: f.Rule, Outcome: f.Outcome, Operation: f.Operation, Pointer: f.Pointer, Expected: f.Expected, Actual: f.Actual, Document: f.Document,
		})
	}
	for _, f := range found {
		f.Evidence, f.Note = rule.Evidence{}, ""
		got = append(got, f)
	}
	assert.ElementsMatch(t, want, got)
	assert.Greater(t, len(want), 2)
	for i, applied := range []int{1, 1, 1} {
		assert.Equal(t, applied, j.Result().Rules[i].Applied)
	}

	// Without an answer there is nothing to compare, and that is what the last rule reports.
	j = judging(t, Options{Catalogue: catalogue})
	wrong.Response = nil
	found = j.Observe(wrong)
	require.Len(t, found, 1)
	assert.Equal(t, document.RuleResponse, found[0].Rule)
	assert.Equal(t, rule.Inconclusive, found[0].Outcome)
	for _, r := range j.Result().Rules {
		assert.Zero(t, r.Applied, r.Rule.ID)
	}
}

func TestTheDocumentIsAskedOnce(t *testing.T) {
	t.Parallel()
	x := asked(t, "GET", agentPath, 200, "{")
	first := x.Documentation()
	assert.NotEmpty(t, first)
	x.Response.Body = []byte(agentBody(5, "a"))
	assert.Equal(t, first, x.Documentation())

	fine := asked(t, "GET", agentPath, 200, agentBody(5, "a"))
	assert.Empty(t, fine.Documentation())
	fine.Response.Body = []byte("{")
	assert.Empty(t, fine.Documentation())
}

func TestWhatIsKeptOfAnExchangeForLong(t *testing.T) {
	t.Parallel()
	x := asked(t, "POST", agentsPath+"?page=2", 201, agentBody(5, "a"), "X-Page", "1")
	x.Request.Body, x.Tag, x.Index = []byte(`{"name":"a"}`), "a tag", 7
	require.Len(t, x.Agents(), 1)
	require.Equal(t, "2", x.Query().Get("page"))
	k := x.Kept()
	assert.Nil(t, k.Request.Body)
	assert.Nil(t, k.Response.Body)
	assert.Equal(t, []any{"createAgent", "20", 7, "a tag", 201, "1", "2"}, []any{k.Operation, k.Project, k.Index, k.Tag, k.Status(), k.Header("X-Page"), k.Query().Get("page")})
	assert.Equal(t, x.Moment(), k.Moment())

	assert.NotEmpty(t, x.Request.Body, "the exchange itself stays as it was")
	assert.NotEmpty(t, x.Response.Body)
	assert.Len(t, x.Agents(), 1)

	x.Response = nil
	assert.Nil(t, x.Kept().Response)
}

func TestExchangesInTheirOrder(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	first, second := asked(t, "GET", agentPath, 200, ""), asked(t, "GET", agentPath, 200, "")
	first.Started, first.Duration = start, 2*time.Second
	second.Index, second.Started = 1, start.Add(2*time.Second)
	assert.True(t, first.Before(second))
	assert.True(t, first.VisibleTo(second))
	assert.False(t, second.Before(first))

	second.Started = start.Add(time.Second)
	assert.False(t, first.Before(second), "they overlap")
	assert.False(t, first.VisibleTo(second))

	second.Started, second.caller = start.Add(3*time.Second), [8]byte{1}
	assert.True(t, first.Before(second))
	assert.False(t, first.VisibleTo(second), "another caller may read it later")
}
