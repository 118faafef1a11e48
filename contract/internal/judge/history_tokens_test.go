package judge

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tokensOf are the ids of an agent's tokens that a history remembers.
func tokensOf(h *History, agent int64) (ids []int64) {
	h.TokensOf(agent, func(r *TokenRecord) { ids = append(ids, r.ID) })
	return ids
}

func TestWhatIsKeptOfAToken(t *testing.T) {
	t.Parallel()
	shown := func(t *testing.T, body string) *Exchange { t.Helper(); return asked(t, "GET", tokenPath, 200, body) }
	listing := func(t *testing.T, entries ...string) *Exchange {
		t.Helper()
		return asked(t, "GET", tokensPath, 200, "["+strings.Join(entries, ",")+"]")
	}
	created := func(t *testing.T) *Exchange {
		t.Helper()
		return asked(t, "POST", tokensPath, 201, newTokenBody(7, secretOf(7)))
	}
	active := tokenBody(7, "active")
	wrong := strings.Replace(active, `"created_at":"2022-04-21T20:42:40.221Z"`, `"created_at":"never"`, 1)
	nobodys := strings.Replace(active, `"created_by_user_id":42`, `"created_by_user_id":null`, 1)
	anothers := strings.Replace(strings.Replace(active, `"created_by_user_id":42`, `"created_by_user_id":43`, 1), `"t"`, `"u"`, 1)
	elsewhere := strings.Replace(active, `"agent_id":5`, `"agent_id":6`, 1)
	plain := strings.Replace(active, `"description":"d"`, `"description":null`, 1)

	token := TokenRecord{ID: 7, AgentID: 5, Name: "t", Description: ptr("d"), CreatedAt: "2022-04-21T20:42:40.221Z", CreatedBy: 42}
	with := func(change func(r *TokenRecord)) TokenRecord { r := token; change(&r); return r }
	const never = -1
	for name, c := range map[string]struct {
		exchanges    []*Exchange
		want         TokenRecord
		first, alive int // the exchanges that showed the token, and that showed it active
		children     []int64
	}{
		"it is created":                  {[]*Exchange{created(t)}, token, 0, 0, []int64{7}},
		"it is read":                     {[]*Exchange{shown(t, active)}, token, 0, 0, []int64{7}},
		"it is listed":                   {[]*Exchange{listing(t, listed(6, "active"), listed(7, "active"))}, token, 0, 0, []int64{6, 7}},
		"it is created, and then read":   {[]*Exchange{created(t), shown(t, active)}, token, 0, 1, []int64{7}},
		"it was revoked":                 {[]*Exchange{shown(t, tokenBody(7, "revoked"))}, token, 0, never, []int64{7}},
		"it is active, and then revoked": {[]*Exchange{created(t), shown(t, tokenBody(7, "revoked"))}, token, 0, 0, []int64{7}},
		"another name changes nothing":   {[]*Exchange{created(t), shown(t, anothers)}, token, 0, 1, []int64{7}},
		"a wrong answer changes nothing": {[]*Exchange{created(t), shown(t, wrong)}, token, 0, 1, []int64{7}},
		"only a wrong answer showed it":  {[]*Exchange{shown(t, wrong)}, TokenRecord{ID: 7, CreatedBy: 42}, 0, 0, nil},
		"a wrong answer, then a right":   {[]*Exchange{shown(t, wrong), shown(t, active)}, token, 0, 1, []int64{7}},
		"it is another agent's":          {[]*Exchange{shown(t, elsewhere)}, TokenRecord{ID: 7, CreatedBy: 42}, 0, 0, nil},
		"another agent's, then its own":  {[]*Exchange{shown(t, elsewhere), shown(t, active)}, token, 0, 1, []int64{7}},
		"it has no description":          {[]*Exchange{shown(t, plain)}, with(func(r *TokenRecord) { r.Description = nil }), 0, 0, []int64{7}},
		"nobody created it":              {[]*Exchange{shown(t, nobodys)}, with(func(r *TokenRecord) { r.CreatedBy = 0 }), 0, 0, []int64{7}},
		"nobody, and then somebody":      {[]*Exchange{shown(t, nobodys), shown(t, active)}, token, 0, 1, []int64{7}},
		"somebody, and then nobody":      {[]*Exchange{created(t), shown(t, nobodys)}, token, 0, 1, []int64{7}},
		"another request shows it":       {[]*Exchange{created(t), asked(t, "GET", "20/issues", 200, active)}, token, 0, 0, []int64{7}},
		"a refusal shows it":             {[]*Exchange{created(t), asked(t, "GET", tokenPath, 404, active)}, token, 0, 0, []int64{7}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := after(c.exchanges...)
			r, ok := h.Token(7)
			require.True(t, ok)
			c.want.First = c.exchanges[c.first].Moment().mark()
			c.want.creation = r.creation // see TestARecordingThatHoldsACreationTwice
			if c.alive != never {
				c.want.Alive = c.exchanges[c.alive].Moment()
			}
			assert.Equal(t, c.want, *r)
			assert.Equal(t, c.children, tokensOf(h, 5))
			assert.Empty(t, tokensOf(h, 6), "they are the tokens of another agent")
			assert.Empty(t, agentsOf(h, 5), "they are no agents")
		})
	}
}

// A rule notes that a list lacked an active token. If an answer shows it active after that, it is not missing.
func TestATokenThatIsShownAgainIsNotMissing(t *testing.T) {
	t.Parallel()
	for status, missing := range map[string]bool{"active": false, "revoked": true} {
		h := after(asked(t, "GET", tokenPath, 200, tokenBody(7, "active")))
		r, _ := h.Token(7)
		r.Missing = asked(t, "GET", tokensPath, 200, "[]")
		h.add(asked(t, "GET", tokenPath, 200, tokenBody(7, status)))
		assert.Equal(t, missing, r.Missing != nil, status)
	}
}

func TestWhatIsKeptOfARevocation(t *testing.T) {
	t.Parallel()
	show := func(t *testing.T) *Exchange {
		t.Helper()
		return asked(t, "GET", tokenPath, 200, tokenBody(7, "active"))
	}
	revoke := func(t *testing.T, status int) *Exchange { t.Helper(); return asked(t, "DELETE", tokenPath, status, "") }
	wrong := strings.Replace(tokenBody(7, "active"), `"created_at":"2022-04-21T20:42:40.221Z"`, `"created_at":"never"`, 1)
	lost := revoke(t, 204)
	lost.Err = assert.AnError
	for name, c := range map[string]struct {
		exchanges      []*Exchange
		revoked, alive int // the exchange that revoked the token, or -1, and the last in which it was there
	}{
		"the token is shown":                {[]*Exchange{show(t)}, -1, 0},
		"it is revoked":                     {[]*Exchange{show(t), revoke(t, 204)}, 1, 1},
		"it is revoked twice":               {[]*Exchange{show(t), revoke(t, 204), revoke(t, 204)}, 1, 2},
		"nobody showed it":                  {[]*Exchange{revoke(t, 204)}, 0, 0},
		"nobody showed it, and then it is":  {[]*Exchange{revoke(t, 204), show(t)}, 0, 1},
		"only a wrong answer showed it":     {[]*Exchange{asked(t, "GET", tokenPath, 200, wrong), revoke(t, 204)}, 1, 1},
		"it is not there":                   {[]*Exchange{show(t), revoke(t, 404)}, -1, 0},
		"another status":                    {[]*Exchange{show(t), revoke(t, 200)}, -1, 0},
		"the answer was lost on the way":    {[]*Exchange{show(t), lost}, -1, 0},
		"it is read with 204":               {[]*Exchange{show(t), asked(t, "GET", tokenPath, 204, "")}, -1, 0},
		"another token is revoked":          {[]*Exchange{show(t), asked(t, "DELETE", tokensPath+"/8", 204, "")}, -1, 0},
		"a token of another agent":          {[]*Exchange{show(t), asked(t, "DELETE", "20/cluster_agents/6/tokens/7", 204, "")}, -1, 0},
		"its agent is deleted":              {[]*Exchange{show(t), asked(t, "DELETE", agentPath, 204, "")}, -1, 0},
		"it is revoked, and then not there": {[]*Exchange{show(t), revoke(t, 204), revoke(t, 404)}, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := after(c.exchanges...)
			r, ok := h.Token(7)
			require.True(t, ok)
			assert.Equal(t, c.exchanges[c.alive].Moment(), r.Alive)
			if c.revoked < 0 {
				assert.Nil(t, r.Revoked)
				return
			}
			require.NotNil(t, r.Revoked)
			assert.Equal(t, c.revoked, r.Revoked.Index)
			assert.Equal(t, c.exchanges[c.revoked].Moment(), r.Revoked.Moment())
			assert.Equal(t, c.exchanges[c.revoked].Tag, r.Revoked.Tag)
		})
	}
}

func TestARevokedTokenThatNobodyShowed(t *testing.T) {
	t.Parallel()
	x := asked(t, "DELETE", tokenPath, 204, "")
	h := after(x)
	r, ok := h.Token(7)
	require.True(t, ok)
	assert.Equal(t, TokenRecord{ID: 7, AgentID: 5, First: x.Moment().mark(), Alive: x.Moment(), Revoked: r.Revoked}, *r)
	assert.Empty(t, tokensOf(h, 5), "its creation is not known")
}

// A token that was revoked as one of agent 6, and of which nobody has shown more, is not known to be one of agent 5.
func TestARevocationOfATokenThatNobodyShowed(t *testing.T) {
	t.Parallel()
	h := after(asked(t, "DELETE", "20/cluster_agents/6/tokens/7", 204, ""), asked(t, "DELETE", tokenPath, 204, ""))
	r, _ := h.Token(7)
	assert.Equal(t, int64(6), r.AgentID)
	assert.Equal(t, 0, r.Alive.Index)
}

func TestATokenThatWasForgottenIsNotAmongThoseOfItsAgent(t *testing.T) {
	t.Parallel()
	h := newHistory()
	h.tokens.size = 1
	for id := 1; id <= 3; id++ {
		h.add(asked(t, "POST", tokensPath, 201, newTokenBody(id, secretOf(id))))
	}
	_, ok := h.Token(1)
	assert.False(t, ok)
	assert.NotContains(t, tokensOf(h, 5), int64(1))
	assert.Contains(t, tokensOf(h, 5), int64(3))
}

// TestASecretThatWasShown looks for a secret in a text.
func TestASecretThatWasShown(t *testing.T) {
	t.Parallel()
	body := newTokenBody(7, secretOf(7))
	create := func(t *testing.T) *Exchange { t.Helper(); return asked(t, "POST", tokensPath, 201, body) }
	asking := func(t *testing.T, path, sent string) *Exchange {
		t.Helper()
		x := asked(t, "PUT", path, 200, "")
		x.Request.Body = []byte(sent)
		return x
	}
	lost := asking(t, "20/variables/TOKEN", "value="+secretOf(7))
	lost.Response = nil
	for name, c := range map[string]struct {
		exchanges    []*Exchange
		by           int // the exchange that showed it
		found, shown bool
	}{
		"a create showed it":               {[]*Exchange{create(t)}, 0, true, true},
		"the second exchange showed it":    {[]*Exchange{asked(t, "GET", agentPath, 200, agentBody(5, "a")), create(t)}, 1, true, true},
		"a read showed it":                 {[]*Exchange{asked(t, "GET", tokenPath, 200, body)}, 0, false, false},
		"a list showed it":                 {[]*Exchange{asked(t, "GET", tokensPath, 200, "["+body+"]")}, 0, false, false},
		"an answer that is no create's":    {[]*Exchange{asked(t, "POST", "20/variables", 201, body)}, 0, false, false},
		"another was shown":                {[]*Exchange{asked(t, "POST", tokensPath, 201, newTokenBody(8, secretOf(8)))}, 0, false, false},
		"nothing was shown":                {nil, 0, false, false},
		"it was sent in a body afterwards": {[]*Exchange{create(t), asking(t, "20/variables/TOKEN", "value="+secretOf(7))}, 0, false, true},
		"it was sent in a URL afterwards":  {[]*Exchange{create(t), asking(t, "20/variables/TOKEN?value="+secretOf(7), "")}, 0, false, true},
		"it was sent, and no answer came":  {[]*Exchange{create(t), lost}, 0, false, true},
		"another one was sent":             {[]*Exchange{create(t), asking(t, "20/variables/TOKEN", secretOf(8))}, 0, true, true},
		"it was sent before it was shown":  {[]*Exchange{asking(t, "20/variables/TOKEN", secretOf(7)), create(t)}, 1, true, true},
		"an earlier create showed another": {[]*Exchange{asked(t, "POST", tokensPath, 201, newTokenBody(8, secretOf(8))), create(t)}, 1, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := after(c.exchanges...)
			at, exchange, found := h.FindSecret([]byte(`{"note":"` + secretOf(7) + `"}`))
			assert.Equal(t, c.found, found)
			if c.found {
				assert.Equal(t, c.by, exchange)
				assert.GreaterOrEqual(t, at, len(`{"note":"`))
			}
			exchange, shown := h.SecretShownBefore(secretOf(7))
			assert.Equal(t, c.shown, shown)
			assert.Equal(t, c.by, exchange)
		})
	}
}

// TestTheSameTag has two reads of one agent, or something that is close to that.
func TestTheSameTag(t *testing.T) {
	t.Parallel()
	first := func(t *testing.T) *Exchange {
		t.Helper()
		return asked(t, "GET", agentPath, 200, agentBody(5, "a"), "Etag", `W/"1"`)
	}
	changed := func(t *testing.T, change func(x *Exchange)) *Exchange {
		t.Helper()
		x := first(t)
		change(x)
		return x
	}
	for name, c := range map[string]struct {
		first, second *Exchange
		tag, body     bool
	}{
		"the same answer":          {first(t), first(t), true, true},
		"another body":             {first(t), asked(t, "GET", agentPath, 200, agentBody(5, "b"), "Etag", `W/"1"`), true, false},
		"another tag":              {first(t), asked(t, "GET", agentPath, 200, agentBody(5, "a"), "Etag", `W/"2"`), false, false},
		"another agent":            {first(t), asked(t, "GET", "20/cluster_agents/6", 200, agentBody(5, "a"), "Etag", `W/"1"`), false, false},
		"another query":            {first(t), asked(t, "GET", agentPath+"?page=1", 200, agentBody(5, "a"), "Etag", `W/"1"`), false, false},
		"another caller":           {first(t), changed(t, func(x *Exchange) { x.caller = [8]byte{1} }), false, false},
		"no tag":                   {asked(t, "GET", agentPath, 200, agentBody(5, "a")), asked(t, "GET", agentPath, 200, agentBody(5, "a")), false, false},
		"a refusal came first":     {asked(t, "GET", agentPath, 404, agentBody(5, "a"), "Etag", `W/"1"`), first(t), false, false},
		"a create came first":      {asked(t, "POST", agentsPath, 200, "[]", "Etag", `W/"1"`), asked(t, "GET", agentsPath, 200, "[]", "Etag", `W/"1"`), false, false},
		"a HEAD came first":        {asked(t, "HEAD", agentPath, 200, "", "Etag", `W/"1"`), first(t), false, false},
		"another request":          {asked(t, "GET", "20/issues", 200, "[]", "Etag", `W/"1"`), asked(t, "GET", "20/issues", 200, "[]", "Etag", `W/"1"`), false, false},
		"the first broke off":      {changed(t, func(x *Exchange) { x.Response.Truncated = true }), first(t), false, false},
		"the first has no body":    {changed(t, func(x *Exchange) { x.Response.Truncated, x.Response.BodyNotRecorded = true, true }), first(t), false, false},
		"the first was not heard":  {changed(t, func(x *Exchange) { x.Err = assert.AnError }), first(t), false, false},
		"a list, and another page": {asked(t, "GET", agentsPath+"?page=1", 200, "[]", "Etag", `W/"1"`), asked(t, "GET", agentsPath+"?page=2", 200, "[]", "Etag", `W/"1"`), false, false},
		"the same page":            {asked(t, "GET", agentsPath+"?page=1", 200, "[]", "Etag", `W/"1"`), asked(t, "GET", agentsPath+"?page=1", 200, "[]", "Etag", `W/"1"`), true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tag, body := after(c.first).SameTag(c.second)
			assert.Equal(t, []bool{c.tag, c.body}, []bool{tag, body})
		})
	}
	h := after(first(t), asked(t, "GET", agentPath, 200, agentBody(5, "b"), "Etag", `W/"1"`))
	_, body := h.SameTag(first(t))
	assert.False(t, body, "the last answer with that tag counts")
}
