package judge

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract/document"
	"example.com/gitlab-agents/contract/internal/racedetector"
	"example.com/gitlab-agents/contract/wire"
)

// TestHistoryIsBounded adds far more agents and tokens to a history than it remembers. Each is created and removed again.
// The answers have headers and bodies of the usual size, and the history may keep neither.
func TestHistoryIsBounded(t *testing.T) {
	racedetector.Skip(t)
	h := newHistory()
	index := 0
	answered := func(operation string, status, agent, token int) *Exchange {
		index++
		x := &Exchange{
			Exchange: &wire.Exchange{
				Request:  wire.Request{Method: "POST", URL: &url.URL{Path: fmt.Sprintf("/api/v4/projects/20/cluster_agents/%d", agent)}, Header: http.Header{}},
				Response: &wire.Response{StatusCode: status, Header: http.Header{"X": {string(make([]byte, 1500))}}, Body: make([]byte, 500)},
			},
			Index: index, Operation: operation, AgentID: int64(agent), TokenID: int64(token), checked: []document.Finding{},
		}
		x.body.done = true
		return x
	}
	agents := 20_000
	if os.Getenv("NIGHTLY") != "" {
		agents = 1_000_000
	}
	var heaps []uint64
	for i := 1; i <= agents; i++ {
		x := answered("createAgent", 201, 0, 0)
		x.body.agents = []Agent{{ID: int64(i), Name: fmt.Sprintf("agent-%d", i), CreatedAt: "2022-04-20T20:42:40.221Z"}}
		h.add(x)
		x = answered("createAgentToken", 201, i, 0)
		x.body.tokens = []Token{{ID: int64(i), AgentID: int64(i), Name: fmt.Sprintf("token-%d", i), Status: "active", Token: secretOf(i)}}
		h.add(x)
		h.add(answered("revokeAgentToken", 204, i, i))
		h.add(answered("deleteAgent", 204, i, 0))
		if i%(agents/4) == 0 {
			heaps = append(heaps, heap()>>20)
		}
	}
	t.Logf("heap in MB after each quarter of %d agents and tokens: %v", agents, heaps)
	assert.Less(t, slices.Max(heaps), uint64(100))

	// The last ones are remembered.
	_, ok := h.agents.get(int64(agents))
	assert.True(t, ok)
	_, ok = h.agents.get(1)
	assert.False(t, ok)
	_, _, ok = h.secrets.find([]byte("x" + secretOf(agents)))
	assert.True(t, ok)
	runtime.KeepAlive(h)
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
