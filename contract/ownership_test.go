package contract_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/internal/racedetector"
)

// edit changes the object, or each object of the list, in an answer.
func edit(answer *httptest.ResponseRecorder, change func(map[string]any)) {
	var one map[string]any
	if json.Unmarshal(answer.Body.Bytes(), &one) == nil {
		change(one)
		data, _ := json.Marshal(one)
		answer.Body = bytes.NewBuffer(data)
		return
	}
	var many []map[string]any
	if json.Unmarshal(answer.Body.Bytes(), &many) == nil {
		for _, object := range many {
			change(object)
		}
		data, _ := json.Marshal(many)
		answer.Body = bytes.NewBuffer(data)
	}
}

func createsAgent(r *http.Request, answer *httptest.ResponseRecorder) bool {
	return r.Method == "POST" && strings.HasSuffix(r.URL.Path, "/cluster_agents") && answer.Code == 201
}

func createsToken(r *http.Request, answer *httptest.ResponseRecorder) bool {
	return r.Method == "POST" && strings.HasSuffix(r.URL.Path, "/tokens") && answer.Code == 201
}

func listsAgents(r *http.Request, answer *httptest.ResponseRecorder) bool {
	return r.Method == "GET" && strings.HasSuffix(r.URL.Path, "/cluster_agents") && answer.Code == 200
}

// TestOwnership has servers that try to make a check change what it did not make.
func TestOwnership(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	type change = func(r *http.Request, answer *httptest.ResponseRecorder)
	set := func(when func(*http.Request, *httptest.ResponseRecorder) bool, values map[string]any) change {
		return func(r *http.Request, answer *httptest.ResponseRecorder) {
			if when(r, answer) {
				edit(answer, func(a map[string]any) {
					for name, value := range values {
						a[name] = value
					}
				})
			}
		}
	}
	underTheLastName := func() change {
		var last atomic.Value
		return func(r *http.Request, answer *httptest.ResponseRecorder) {
			if createsAgent(r, answer) {
				edit(answer, func(a map[string]any) { last.Store(a["name"]) })
			}
			if listsAgents(r, answer) && last.Load() != nil {
				edit(answer, func(a map[string]any) { a["name"] = last.Load() })
			}
		}
	}
	for name, test := range map[string]struct {
		many   bool // the project has more than 100 other agents
		change func(others []int64) change
	}{
		"a create is answered with the id of another agent": {change: func(others []int64) change { return set(createsAgent, map[string]any{"id": others[0]}) }},
		"a create is answered with the id of another agent that is not on the first page": {many: true,
			change: func(others []int64) change { return set(createsAgent, map[string]any{"id": others[len(others)/2]}) }},
		"a create is answered with the id of an agent of another project": {
			change: func(others []int64) change { return set(createsAgent, map[string]any{"id": others[len(others)-1]}) }},
		"a create is answered with another agent": {change: func(others []int64) change {
			return set(createsAgent, map[string]any{"id": others[1], "name": "prod"})
		}},
		"all agents are listed under the last name of the check":                 {change: func([]int64) change { return underTheLastName() }},
		"all agents, more than 100, are listed under the last name of the check": {many: true, change: func([]int64) change { return underTheLastName() }},
		"a token's create is answered with a token of another agent":             {change: func(others []int64) change { return set(createsToken, map[string]any{"id": 1, "agent_id": others[0]}) }},
		"a token's create is answered with the id of a token of another agent":   {change: func([]int64) change { return set(createsToken, map[string]any{"id": 1}) }},
		"everything but lists is answered with another agent": {change: func(others []int64) change {
			return func(r *http.Request, answer *httptest.ResponseRecorder) {
				if !listsAgents(r, answer) && answer.Code < 300 && strings.Contains(r.URL.Path, "/cluster_agents") {
					answer.Body = bytes.NewBufferString(fmt.Sprintf(`{"id":%d,"name":"prod"}`, others[1]))
				}
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := fake(t)
			if test.many {
				for i := range 120 {
					newAgent(t, server, 20, fmt.Sprintf("a%03d", i))
				}
			}
			populate(t, server)
			others := append(server.Agents(20), server.Agents(21)...)
			before := snapshot(t, server)
			change, writes := test.change(others), make(chan string, 10_000)
			result := check(t, targetOf(t, between(server, func(r *http.Request, answer *httptest.ResponseRecorder) {
				if r.Method != "GET" && r.Method != "HEAD" {
					writes <- r.Method + " " + r.URL.EscapedPath()
				}
				change(r, answer)
			})), contract.Options{})
			close(writes)
			assert.NotEqual(t, contract.Conformant, result.Exit(true))
			foreign := make(map[string]bool)
			for _, id := range others {
				foreign[fmt.Sprint(id)] = true
			}
			about := regexp.MustCompile(`/cluster_agents/(\d+)`)
			for write := range writes {
				if m := about.FindStringSubmatch(write); m != nil {
					assert.False(t, foreign[m[1]], "%s changes what the check did not make", write)
				}
			}
			after := snapshot(t, server)
			for line := range strings.Lines(before) {
				assert.Contains(t, after, line, "it was changed")
			}
		})
	}
}

// TestServerKeepsOtherNames has a server that keeps other names than those that were sent. What the check made cannot be
// told from what others made, so it is left, and named.
func TestServerKeepsOtherNames(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	server := fake(t, fakegitlab.Deviate(&fakegitlab.Deviation{NewAgent: func(a *fakegitlab.NewAgent) { a.Name = fmt.Sprintf("agent-%d", n.Add(1)) }}))
	result := check(t, targetOf(t, server), contract.Options{})
	assert.Contains(t, broken(result), "agents/create-keeps-name")
	left := append(server.Agents(20), server.Agents(21)...)
	assert.NotEmpty(t, left)
	for _, id := range left {
		assert.Contains(t, strings.Join(result.Left, "\n"), fmt.Sprintf("agent %d, ", id))
	}
	assert.Len(t, result.Left, len(left))
}

// TestRedirectsAreNotFollowed: a token must not go where a server sends it.
func TestRedirectsAreNotFollowed(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	for _, status := range []int{301, 302, 307, 308} {
		var elsewhere atomic.Int64
		other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
		t.Cleanup(other.Close)
		result := check(t, targetOf(t, between(fake(t), func(r *http.Request, answer *httptest.ResponseRecorder) {
			if r.Method == "GET" && strings.Contains(r.URL.Path, "/tokens/") && answer.Code == 200 {
				answer.Header().Set("Location", other.URL+r.URL.Path)
				answer.Code = status
			}
		})), contract.Options{})
		assert.NotEqual(t, contract.Conformant, result.Exit(true))
		assert.Zero(t, elsewhere.Load(), "a request went to another host after %d", status)
	}
}
