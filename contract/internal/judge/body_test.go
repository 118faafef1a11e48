package judge

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract/document"
)

// TestReadAgent reads agents whose properties may have wrong types. What can be used is used: a check has to remove what
// it made.
func TestReadAgent(t *testing.T) {
	t.Parallel()
	user, yes := int64(42), true
	for name, test := range map[string]struct {
		body string
		want Agent
	}{
		"an agent":                 {`{"id":5,"name":"a","created_at":"t","created_by_user_id":42,"is_receptive":true}`, Agent{ID: 5, Name: "a", CreatedAt: "t", CreatedByUserID: &user, IsReceptive: &yes}},
		"an id in quotes":          {`{"id":"5","name":"a"}`, Agent{ID: 5, Name: "a"}},
		"an id with a point":       {`{"id":5.0}`, Agent{ID: 5}},
		"an id with a fraction":    {`{"id":5.5}`, Agent{}},
		"an id that is too large":  {`{"id":1e30}`, Agent{}},
		"an id of 64 bits":         {`{"id":9223372036854775807}`, Agent{ID: 9223372036854775807}},
		"wrong types are left out": {`{"id":5,"name":7,"config_project":"x","created_by_user_id":"42","is_receptive":1}`, Agent{ID: 5}},
		"null is left out":         {`{"id":5,"name":null,"created_by_user_id":null}`, Agent{ID: 5}},
		"a name twice":             {`{"id":4,"id":5}`, Agent{ID: 5}},
		"a list":                   {`[{"id":5}]`, Agent{}},
		"a body that breaks off":   {`{"id":5`, Agent{}},
		"a body that is not JSON":  {`<html>`, Agent{}},
		"names in capital letters": {`{"ID":5,"Name":"a"}`, Agent{}},
	} {
		assert.Equal(t, test.want, ReadAgent([]byte(test.body)), name)
	}
}

func ptr[T any](v T) *T { return &v }

func TestReadToken(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body string
		want Token
	}{
		"a token": {newTokenBody(7, "secret"), Token{
			ID: 7, Name: "t", Description: ptr("d"), AgentID: 5, Status: "active", CreatedAt: "2022-04-21T20:42:40.221Z",
			CreatedByUserID: ptr[int64](42), Token: "secret",
		}},
		"it was used":              {`{"id":7,"last_used_at":"l"}`, Token{ID: 7, LastUsedAt: ptr("l")}},
		"an empty description":     {`{"id":7,"description":""}`, Token{ID: 7, Description: ptr("")}},
		"null is left out":         {`{"id":7,"description":null,"agent_id":null,"last_used_at":null}`, Token{ID: 7}},
		"wrong types are left out": {`{"id":7,"description":1,"agent_id":"5","status":true,"created_by_user_id":4.5}`, Token{ID: 7}},
		"no object":                {`7`, Token{}},
	} {
		assert.Equal(t, test.want, tokenOf(document.Value([]byte(test.body))), name)
	}
}

func TestReadTheProjectOfAnAgent(t *testing.T) {
	t.Parallel()
	want := Agent{ID: 5, Name: "a", CreatedAt: "2022-04-20T20:42:40.221Z", CreatedByUserID: ptr[int64](42)}
	want.ConfigProject.ID, want.ConfigProject.Path, want.ConfigProject.PathWithNamespace = 20, "test", "root/test"
	want.ConfigProject.Name, want.ConfigProject.NameWithNamespace = "test", "Root / test"
	want.ConfigProject.CreatedAt = "2022-03-20T20:42:40.221Z"
	assert.Equal(t, want, ReadAgent([]byte(agentBody(5, "a"))))
}

func TestIDsOfUnusualForm(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]int64{
		`5`: 5, `-5`: -5, `"5"`: 5, `5e2`: 500, `"5.0"`: 5, `9007199254740991.0`: 1<<53 - 1, `-9007199254740991.0`: -(1<<53 - 1),
		// From here on a number with a point may stand for several integers.
		`9007199254740992.0`: 0, `-9007199254740992.0`: 0, `9007199254740993`: 1<<53 + 1,
		`"five"`: 0, `""`: 0, `"NaN"`: 0, `"Inf"`: 0, `0.5`: 0, `null`: 0, `true`: 0, `[5]`: 0, `{}`: 0,
	} {
		assert.Equal(t, want, ReadAgent([]byte(`{"id":`+written+`}`)).ID, written)
	}
	assert.Zero(t, ReadAgent([]byte(`{}`)).ID)
}

// TestWhatAnAnswerHolds has answers of each operation, and what is read from them.
func TestWhatAnAnswerHolds(t *testing.T) {
	t.Parallel()
	agents, tokens := "["+agentBody(5, "a")+","+agentBody(6, "b")+"]", "["+listed(7, "active")+"]"
	for name, c := range map[string]struct {
		method, path   string
		status         int
		body           string
		agents, tokens []int64
		newAgent       int64
		newToken       int64
	}{
		"a list of agents":           {"GET", agentsPath, 200, agents, []int64{5, 6}, nil, 0, 0},
		"an empty list":              {"GET", agentsPath, 200, "[]", nil, nil, 0, 0},
		"an object for a list":       {"GET", agentsPath, 200, agentBody(5, "a"), nil, nil, 0, 0},
		"an entry without an id":     {"GET", agentsPath, 200, `[{},{"id":6}]`, []int64{0, 6}, nil, 0, 0},
		"an agent":                   {"GET", agentPath, 200, agentBody(5, "a"), []int64{5}, nil, 0, 0},
		"an agent without an id":     {"GET", agentPath, 200, `{"name":"a"}`, nil, nil, 0, 0},
		"a list for an agent":        {"GET", agentPath, 200, agents, nil, nil, 0, 0},
		"a new agent":                {"POST", agentsPath, 201, agentBody(5, "a"), []int64{5}, nil, 5, 0},
		"a new agent with 200":       {"POST", agentsPath, 200, agentBody(5, "a"), []int64{5}, nil, 0, 0},
		"a new agent without an id":  {"POST", agentsPath, 201, `{"name":"a"}`, nil, nil, 0, 0},
		"a read with 201":            {"GET", agentPath, 201, agentBody(5, "a"), []int64{5}, nil, 0, 0},
		"a list of tokens":           {"GET", tokensPath, 200, tokens, nil, []int64{7}, 0, 0},
		"a token":                    {"GET", tokenPath, 200, tokenBody(7, "active"), nil, []int64{7}, 0, 0},
		"a token without an id":      {"GET", tokenPath, 200, `{"name":"t"}`, nil, nil, 0, 0},
		"a new token":                {"POST", tokensPath, 201, newTokenBody(7, secretOf(1)), nil, []int64{7}, 0, 7},
		"a new token with 200":       {"POST", tokensPath, 200, newTokenBody(7, secretOf(1)), nil, []int64{7}, 0, 0},
		"a token read with 201":      {"GET", tokenPath, 201, tokenBody(7, "active"), nil, []int64{7}, 0, 0},
		"a deletion with a body":     {"DELETE", agentPath, 200, agentBody(5, "a"), nil, nil, 0, 0},
		"another request":            {"GET", "20/issues", 200, agents, nil, nil, 0, 0},
		"202":                        {"POST", agentsPath, 202, agentBody(5, "a"), nil, nil, 0, 0},
		"204 with a body":            {"POST", agentsPath, 204, agentBody(5, "a"), nil, nil, 0, 0},
		"a redirect with a body":     {"GET", agentPath, 301, agentBody(5, "a"), nil, nil, 0, 0},
		"an error that has an agent": {"GET", agentPath, 404, agentBody(5, "a"), nil, nil, 0, 0},
		"the answer to HEAD":         {"HEAD", agentPath, 200, agentBody(5, "a"), nil, nil, 0, 0},
		"no body":                    {"GET", agentPath, 200, "", nil, nil, 0, 0},
		"no JSON":                    {"GET", agentPath, 200, "<html>", nil, nil, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := asked(t, c.method, c.path, c.status, c.body)
			var agents, tokens []int64
			for _, a := range x.Agents() {
				agents = append(agents, a.ID)
			}
			for _, token := range x.Tokens() {
				tokens = append(tokens, token.ID)
			}
			assert.Equal(t, c.agents, agents)
			assert.Equal(t, c.tokens, tokens)
			var newAgent, newToken int64
			if a := x.NewAgent(); a != nil {
				newAgent = a.ID
			}
			if token := x.NewToken(); token != nil {
				newToken = token.ID
			}
			assert.Equal(t, []int64{c.newAgent, c.newToken}, []int64{newAgent, newToken})
		})
	}
}

func TestOnlyAWholeAnswerIsRead(t *testing.T) {
	t.Parallel()
	x := asked(t, "GET", agentPath, 200, agentBody(5, "a"))
	x.Response.Truncated = true
	assert.Empty(t, x.Agents())

	x = asked(t, "GET", agentPath, 200, "")
	x.Response = nil
	assert.Empty(t, x.Agents())
}

// The answer is read once: rules ask again and again.
func TestAnAnswerIsReadOnce(t *testing.T) {
	t.Parallel()
	x := asked(t, "GET", agentPath, 200, agentBody(5, "a"))
	first := x.Agents()
	x.Response.Body = []byte(agentBody(6, "b"))
	assert.Equal(t, first, x.Agents())
	assert.Equal(t, int64(5), first[0].ID)
	assert.Nil(t, x.value, "nobody needs it any more")
}

func TestEachEntryHasItsPointer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method, path string
		status       int
		body         string
		want         map[string]int64
	}{
		"a list of agents":            {"GET", agentsPath, 200, `[{"id":5},{"name":"no id"},{"id":6}]`, map[string]int64{"/0": 5, "/2": 6}},
		"an agent":                    {"GET", agentPath, 200, `{"id":5}`, map[string]int64{"": 5}},
		"a list of tokens":            {"GET", tokensPath, 200, `[{"name":"no id"},{"id":7}]`, map[string]int64{"/1": 7}},
		"a token":                     {"GET", tokenPath, 200, `{"id":7}`, map[string]int64{"": 7}},
		"a create of a token":         {"POST", tokensPath, 201, `{"id":7}`, map[string]int64{"": 7}},
		"an agent in place of tokens": {"GET", tokensPath, 200, `{"id":5}`, map[string]int64{}},
	} {
		x := asked(t, c.method, c.path, c.status, c.body)
		got := map[string]int64{}
		x.EachAgent(func(a *Agent, at string) { got[at] = a.ID })
		x.EachToken(func(token *Token, at string) { got[at] = token.ID })
		assert.Equal(t, c.want, got, name)
	}
}

func TestObjectsAndElements(t *testing.T) {
	t.Parallel()
	list := []byte(`[5,{"id":"5","name":"a text"},{"id":5,"name":"a"},{"id":5,"name":"again"},{"name":"none"}]`)
	assert.Equal(t, "a", Element(list, 5)["name"])
	assert.Nil(t, Element(list, 6))
	assert.Nil(t, Element([]byte(`{"id":5}`), 5))
	assert.Nil(t, Element([]byte(`no`), 5))
	assert.Equal(t, map[string]any{"name": "a"}, Object([]byte(`{"name":"a"}`)))
	assert.Nil(t, Object([]byte(`[{"name":"a"}]`)))
	assert.Equal(t, []Agent{{ID: 5}, {}, {ID: 6, Name: "b"}}, ReadAgents([]byte(`[{"id":5},7,{"id":6,"name":"b"}]`)))
	assert.Empty(t, ReadAgents([]byte(`{"id":5}`)))
}
