package contract

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/wire"
)

// TestHistoryIsBounded has a history take up far more agents and tokens than it remembers, each of which is created and
// removed again. The answers have the headers and bodies that real ones have, of which nothing may stay.
func TestHistoryIsBounded(t *testing.T) {
	if racing {
		t.Skip("it measures memory")
	}
	h := newHistory()
	index := 0
	answered := func(operation string, status, agent, token int) *Exchange {
		index++
		x := &Exchange{
			Exchange: &wire.Exchange{
				Request:  wire.Request{Method: "POST", URL: &url.URL{Path: agentPath(agent)}, Header: http.Header{}},
				Response: &wire.Response{StatusCode: status, Header: http.Header{"X": {string(make([]byte, 1500))}}, Body: make([]byte, 500)},
			},
			Index: index, Operation: operation, AgentID: int64(agent), TokenID: int64(token),
		}
		x.body.done = true
		return x
	}
	agents := 100_000
	if nightly() {
		agents = 1_000_000
	}
	var heaps []uint64
	began := time.Now()
	var half time.Duration
	for i := 1; i <= agents; i++ {
		x := answered("createAgent", 201, 0, 0)
		x.body.agents = []Agent{{ID: int64(i), Name: fmt.Sprintf("agent-%d", i), CreatedAt: createdAt}}
		h.add(x)
		x = answered("createAgentToken", 201, i, 0)
		x.body.tokens = []Token{{ID: int64(i), AgentID: int64(i), Name: fmt.Sprintf("token-%d", i), Status: "active", Token: secretOf(i)}}
		h.add(x)
		h.add(answered("revokeAgentToken", 204, i, i))
		h.add(answered("deleteAgent", 204, i, 0))
		if i%(agents/4) == 0 {
			heaps = append(heaps, heap()>>20)
		}
		if i == agents/2 {
			half = time.Since(began)
		}
	}
	t.Logf("heap in MB after each quarter of %d agents and tokens: %v; %v for the first half, %v for the second", agents, heaps, half, time.Since(began)-half)
	assert.Less(t, slices.Max(heaps), uint64(100))

	// What is remembered is what came last.
	_, ok := h.agents.get(int64(agents))
	assert.True(t, ok)
	_, ok = h.agents.get(1)
	assert.False(t, ok)
	_, _, ok = h.secrets.find([]byte("x" + secretOf(agents)))
	assert.True(t, ok)
	runtime.KeepAlive(h)
}

// nightly says whether tests take the time that they want: NIGHTLY=1 in the environment.
func nightly() bool { return os.Getenv("NIGHTLY") != "" }

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestGenerationsForgetWhatWasNotUsed(t *testing.T) {
	t.Parallel()
	g := generations[int, string]{size: 3}
	for i := range 3 {
		g.put(i, fmt.Sprint(i))
	}
	for i := 10; i < 20; i++ {
		v, ok := g.get(0)
		assert.True(t, ok, "what is used stays")
		assert.Equal(t, "0", v)
		g.put(i, fmt.Sprint(i))
	}
	_, ok := g.get(1)
	assert.False(t, ok)
	n := 0
	g.each(func(k int, v string) {
		assert.Equal(t, fmt.Sprint(k), v)
		n++
	})
	assert.LessOrEqual(t, n, 6)
}

// BenchmarkObserve judges an exchange of each kind, with a history of a thousand agents.
func BenchmarkObserve(b *testing.B) {
	s := newStream()
	ids := make([]int, 100)
	for i := range ids {
		ids[i] = i + 1
	}
	hundred := with(s.listAgents(ids...), func(x *wire.Exchange) {
		x.Request.URL.RawQuery = "per_page=100"
		x.Response.Body = []byte(sortedByName(ids))
		pageHeadersOf(x, 1, 100, 100)
	})
	for _, c := range []struct {
		name string
		x    *wire.Exchange
	}{
		{"get an agent", s.readAgent(5, "a5")},
		{"list 100 agents", hundred},
		{"get a token", s.readToken(8, 5)},
		{"none of the eight", s.get("/user", `{"id":1}`)},
		{"not found", s.refused("GET", agentPath(9), "", 404, "404 Not found")},
	} {
		b.Run(c.name, func(b *testing.B) {
			judge, err := NewJudge(JudgeOptions{Release: gitlab(17, 0)})
			require.NoError(b, err)
			s := newStream()
			for i := range 1000 {
				judge.Observe(s.createToken(1000+i, 1000+i))
			}
			b.ReportAllocs()
			b.SetBytes(int64(len(c.x.Response.Body)))
			for b.Loop() {
				judge.Observe(c.x)
			}
			require.Empty(b, judge.Result().Findings)
		})
	}
}

func sortedByName(ids []int) string {
	var entries []string
	for _, id := range ids {
		entries = append(entries, agentText(id, fmt.Sprintf("a%03d", id)))
	}
	return list(entries...)
}
