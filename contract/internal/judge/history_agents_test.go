package judge

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// after is the history of some exchanges. Each begins a second after the one before, and lasts half a second.
func after(exchanges ...*Exchange) *History {
	h := newHistory()
	for i, x := range exchanges {
		x.Index, x.Tag = i, fmt.Sprintf("tag %d", i)
		x.Started = time.Date(2026, 11, 22, 12, 0, i, 0, time.UTC)
		x.Duration = time.Second / 2
		h.add(x)
	}
	return h
}

// agentsOf are the ids of a project's agents that a history remembers.
func agentsOf(h *History, project int64) (ids []int64) {
	h.AgentsOf(project, func(id int64, _ *AgentRecord) { ids = append(ids, id) })
	return ids
}

// noAgent is what an answer shows of agent 5 if the document has something against it.
var noAgent = strings.Replace(agentBody(5, "wrong"), `"created_at":"2022-04-20T20:42:40.221Z"`, `"created_at":"never"`, 1)

func TestWhatIsKeptOfAnAgent(t *testing.T) {
	t.Parallel()
	created := func(t *testing.T) *Exchange { t.Helper(); return asked(t, "POST", agentsPath, 201, agentBody(5, "a")) }
	shown := func(t *testing.T, body string) *Exchange { t.Helper(); return asked(t, "GET", agentPath, 200, body) }
	agent := AgentRecord{Name: "a", ProjectID: 20, CreatedAt: "2022-04-20T20:42:40.221Z", CreatedBy: 42}
	nobodys := strings.Replace(agentBody(5, "a"), `"created_by_user_id":42`, `"created_by_user_id":null`, 1)
	anothers := strings.Replace(agentBody(5, "b"), `"created_by_user_id":42`, `"created_by_user_id":43`, 1)
	for name, c := range map[string]struct {
		exchanges   []*Exchange
		want        AgentRecord
		first, last int // the exchanges that showed the agent
		children    []int64
	}{
		"it is created":                      {[]*Exchange{created(t)}, agent, 0, 0, []int64{5}},
		"it is read":                         {[]*Exchange{shown(t, agentBody(5, "a"))}, agent, 0, 0, []int64{5}},
		"it is listed":                       {[]*Exchange{asked(t, "GET", agentsPath, 200, "["+agentBody(4, "c")+","+agentBody(5, "a")+"]")}, agent, 0, 0, []int64{4, 5}},
		"it is created, and then read":       {[]*Exchange{created(t), shown(t, agentBody(5, "a"))}, agent, 0, 1, []int64{5}},
		"another name changes nothing":       {[]*Exchange{created(t), shown(t, anothers)}, agent, 0, 1, []int64{5}},
		"a wrong answer changes nothing":     {[]*Exchange{created(t), shown(t, noAgent)}, agent, 0, 1, []int64{5}},
		"only a wrong answer showed it":      {[]*Exchange{shown(t, noAgent)}, AgentRecord{CreatedBy: 42}, 0, 0, nil},
		"a wrong answer, and then a right":   {[]*Exchange{shown(t, noAgent), shown(t, agentBody(5, "a"))}, agent, 0, 1, []int64{5}},
		"nobody created it":                  {[]*Exchange{shown(t, nobodys)}, AgentRecord{Name: "a", ProjectID: 20, CreatedAt: agent.CreatedAt}, 0, 0, []int64{5}},
		"nobody, and then somebody":          {[]*Exchange{shown(t, nobodys), shown(t, agentBody(5, "a"))}, agent, 0, 1, []int64{5}},
		"somebody, and then nobody":          {[]*Exchange{created(t), shown(t, nobodys)}, agent, 0, 1, []int64{5}},
		"what another request shows is not":  {[]*Exchange{created(t), asked(t, "GET", "20/issues", 200, agentBody(5, "a"))}, agent, 0, 0, []int64{5}},
		"a refusal that has an agent is not": {[]*Exchange{created(t), asked(t, "GET", agentPath, 404, agentBody(5, "a"))}, agent, 0, 0, []int64{5}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := after(c.exchanges...)
			r, ok := h.Agent(5)
			require.True(t, ok)
			c.want.First, c.want.Alive = c.exchanges[c.first].Moment().mark(), c.exchanges[c.last].Moment()
			c.want.creation = r.creation // see TestARecordingThatHoldsACreationTwice
			assert.Equal(t, c.want, *r)
			assert.Equal(t, c.children, agentsOf(h, 20))
			assert.Empty(t, agentsOf(h, 21), "they are the agents of another project")
		})
	}
}

func TestAnAgentThatNoAnswerShowedIsNotKnown(t *testing.T) {
	t.Parallel()
	broken := asked(t, "GET", agentPath, 200, agentBody(5, "a"))
	broken.Response.Truncated = true
	lost := asked(t, "GET", agentPath, 200, agentBody(5, "a"))
	lost.Response = nil
	for name, x := range map[string]*Exchange{
		"an answer that broke off": broken,
		"no answer":                lost,
		"another request":          asked(t, "GET", "20/issues", 200, agentBody(5, "a")),
		"a refusal":                asked(t, "GET", agentPath, 404, agentBody(5, "a")),
		"an agent without an id":   asked(t, "GET", agentsPath, 200, `[{"name":"a"}]`),
		"a token":                  asked(t, "GET", tokenPath, 200, tokenBody(5, "active")),
	} {
		h := after(x)
		_, ok := h.Agent(5)
		assert.False(t, ok, name)
		_, ok = h.Agent(0)
		assert.False(t, ok, name)
		assert.Empty(t, agentsOf(h, 20), name)
	}
}

// A rule notes that a list lacked an agent. If an answer shows the agent after that, it is not missing.
func TestAnAgentThatIsShownAgainIsNotMissing(t *testing.T) {
	t.Parallel()
	h := after(asked(t, "GET", agentPath, 200, agentBody(5, "a")), asked(t, "GET", "20/cluster_agents/6", 200, agentBody(6, "b")))
	list := asked(t, "GET", agentsPath, 200, "[]")
	for _, id := range []int64{5, 6} {
		r, _ := h.Agent(id)
		r.Missing = list
	}
	h.add(asked(t, "GET", agentPath, 200, agentBody(5, "a")))
	r, _ := h.Agent(5)
	assert.Nil(t, r.Missing)
	r, _ = h.Agent(6)
	assert.Same(t, list, r.Missing, "another agent was not shown")
}

func TestWhatIsKeptOfADeletion(t *testing.T) {
	t.Parallel()
	show := func(t *testing.T) *Exchange { t.Helper(); return asked(t, "GET", agentPath, 200, agentBody(5, "a")) }
	remove := func(t *testing.T, status int) *Exchange { t.Helper(); return asked(t, "DELETE", agentPath, status, "") }
	lost := remove(t, 204)
	lost.Err = assert.AnError
	for name, c := range map[string]struct {
		exchanges []*Exchange
		gone      int // the exchange that deleted the agent, or -1
		freed     bool
	}{
		"the agent is shown":                          {[]*Exchange{show(t)}, -1, false},
		"it is deleted":                               {[]*Exchange{show(t), remove(t, 204)}, 1, true},
		"it is deleted, and nobody showed it":         {[]*Exchange{show(t), asked(t, "DELETE", "20/cluster_agents/6", 204, "")}, -1, false},
		"it is deleted twice":                         {[]*Exchange{show(t), remove(t, 204), remove(t, 204)}, 1, true},
		"it is not there":                             {[]*Exchange{show(t), remove(t, 404)}, -1, false},
		"another status":                              {[]*Exchange{show(t), remove(t, 200)}, -1, false},
		"the answer was lost on the way":              {[]*Exchange{show(t), lost}, -1, false},
		"it is read with 204":                         {[]*Exchange{show(t), asked(t, "GET", agentPath, 204, "")}, -1, false},
		"one of its tokens is revoked":                {[]*Exchange{show(t), asked(t, "DELETE", tokenPath, 204, "")}, -1, false},
		"only a wrong answer showed its name":         {[]*Exchange{asked(t, "GET", agentPath, 200, noAgent), remove(t, 204)}, 1, false},
		"it is deleted, and then refused":             {[]*Exchange{show(t), remove(t, 204), remove(t, 404)}, 1, true},
		"another agent gets the name":                 {[]*Exchange{show(t), remove(t, 204), asked(t, "POST", agentsPath, 201, agentBody(6, "a"))}, 1, false},
		"a list has the name":                         {[]*Exchange{show(t), remove(t, 204), asked(t, "GET", agentsPath, 200, "["+agentBody(6, "a")+"]")}, 1, false},
		"another agent gets another name":             {[]*Exchange{show(t), remove(t, 204), asked(t, "POST", agentsPath, 201, agentBody(6, "b"))}, 1, true},
		"an agent of another project gets it":         {[]*Exchange{show(t), remove(t, 204), asked(t, "POST", "21/cluster_agents", 201, strings.Replace(agentBody(6, "a"), `"id":20`, `"id":21`, 1))}, 1, true},
		"another gets it by the project's path":       {[]*Exchange{show(t), remove(t, 204), asked(t, "POST", "root%2Ftest/cluster_agents", 201, agentBody(6, "a"))}, 1, false},
		"another gets it, and a deletion is repeated": {[]*Exchange{show(t), remove(t, 204), asked(t, "POST", agentsPath, 201, agentBody(6, "a")), remove(t, 204)}, 1, false},
		"another gets it, and is deleted, too":        {[]*Exchange{show(t), asked(t, "POST", agentsPath, 201, agentBody(6, "a")), remove(t, 204)}, 2, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := after(c.exchanges...)
			r, ok := h.Agent(5)
			require.True(t, ok)
			by, freed := h.NameFreed("20", "a")
			assert.Equal(t, c.freed, freed)
			if c.freed {
				assert.Same(t, r.Gone, by)
			} else {
				assert.Nil(t, by)
			}
			if c.gone < 0 {
				assert.Nil(t, r.Gone)
				return
			}
			require.NotNil(t, r.Gone)
			assert.Equal(t, c.gone, r.Gone.Index)
			assert.Equal(t, fmt.Sprintf("tag %d", c.gone), r.Gone.Tag)
			assert.Equal(t, c.exchanges[c.gone].Moment(), r.Gone.Moment())
			for _, other := range [][2]string{{"21", "a"}, {"20", "b"}, {"20", ""}, {"", "a"}} {
				_, freed = h.NameFreed(other[0], other[1])
				assert.False(t, freed, other)
			}
		})
	}
}

func TestADeletedAgentThatNobodyShowed(t *testing.T) {
	t.Parallel()
	x := asked(t, "DELETE", agentPath, 204, "")
	h := after(x)
	r, ok := h.Agent(5)
	require.True(t, ok)
	require.NotNil(t, r.Gone)
	assert.Equal(t, x.Moment(), r.Gone.Moment())
	assert.Equal(t, x.Moment().mark(), r.First)
	assert.Zero(t, r.Alive)
	_, freed := h.NameFreed("20", "")
	assert.False(t, freed, "its name is not known")
	assert.Empty(t, agentsOf(h, 20))
}

// TestOnlySomeAgentsOfAProjectAreRemembered lists as many agents as are remembered, and then some more.
func TestOnlySomeAgentsOfAProjectAreRemembered(t *testing.T) {
	t.Parallel()
	page := func(first, last int) *Exchange {
		var entries []string
		for id := first; id <= last; id++ {
			entries = append(entries, agentBody(id, fmt.Sprintf("agent-%d", id)))
		}
		return asked(t, "GET", agentsPath, 200, "["+strings.Join(entries, ",")+"]")
	}
	numbers := func(first, last int64) (all []int64) {
		for i := first; i <= last; i++ {
			all = append(all, i)
		}
		return all
	}
	exchanges := []*Exchange{page(1, 100), page(101, 200), page(201, maxChildren)}
	h := after(exchanges...)
	assert.Equal(t, numbers(1, maxChildren), agentsOf(h, 20))

	h.add(asked(t, "POST", agentsPath, 201, agentBody(maxChildren+1, "one-more")))
	assert.Equal(t, numbers(maxChildren/2+1, maxChildren+1), agentsOf(h, 20), "the older half is forgotten")
	_, ok := h.Agent(1)
	assert.True(t, ok, "its own record stays")

	h.add(page(1, 100))
	assert.Equal(t, numbers(maxChildren/2+1, maxChildren+1), agentsOf(h, 20), "only an agent that was not known is one of them")
}

// A record that was forgotten since is left out.
func TestAnAgentThatWasForgottenIsNotAmongItsProject(t *testing.T) {
	t.Parallel()
	h := newHistory()
	h.agents.size = 1
	for id := 1; id <= 3; id++ {
		h.add(asked(t, "POST", agentsPath, 201, agentBody(id, fmt.Sprintf("agent-%d", id))))
	}
	_, ok := h.Agent(1)
	assert.False(t, ok)
	assert.NotContains(t, agentsOf(h, 20), int64(1))
	assert.Contains(t, agentsOf(h, 20), int64(3))
}
