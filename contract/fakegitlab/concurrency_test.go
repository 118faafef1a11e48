package fakegitlab_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// 64 clients create, list and revoke tokens of the same two agents over HTTP. No agent ever has more than two active
// tokens, ids and secrets are unique, and every write that was answered was done.
func TestParallelClients(t *testing.T) {
	t.Parallel()
	const clients, rounds = 64, 12
	gitlab := fakegitlab.Start(t)
	one, _ := created(t, gitlab, agentsPath, `{"name":"one"}`)
	two, _ := created(t, gitlab, agentsPath, `{"name":"two"}`)
	transport := &http.Transport{MaxIdleConnsPerHost: clients}
	t.Cleanup(transport.CloseIdleConnections)

	type token struct {
		ID      int64 `json:"id"`
		AgentID int64 `json:"agent_id"`
		Token   string
		Status  string
	}
	var (
		mu      sync.Mutex
		ids     = map[int64]bool{}
		secrets = map[string]bool{}
		revoked = map[int64]bool{}
	)
	var working sync.WaitGroup
	for client := range clients {
		working.Go(func() {
			agent := one
			if client%2 == 1 {
				agent = two
			}
			path := fmt.Sprintf("%s%s/%d/tokens", gitlab.URL, agentsPath, agent)
			for range rounds {
				answer := send(t, transport, "POST", path, `{"name":"t"}`)
				if answer.status == http.StatusCreated {
					made := unmarshal[token](t, answer.body)
					mu.Lock()
					assert.False(t, ids[made.ID] || secrets[made.Token], "token %d is new", made.ID)
					ids[made.ID], secrets[made.Token] = true, true
					mu.Unlock()
				} else {
					assert.Contains(t, answer.body, "An agent can have only two active tokens at a time")
				}
				listed := unmarshal[[]token](t, send(t, transport, "GET", path, "").body)
				assert.LessOrEqual(t, len(listed), 2)
				for _, listed := range listed {
					assert.Equal(t, "active", listed.Status)
					assert.Equal(t, agent, listed.AgentID)
				}
				if len(listed) == 2 {
					assert.Equal(t, 204, send(t, transport, "DELETE", fmt.Sprintf("%s/%d", path, listed[0].ID), "").status)
					mu.Lock()
					revoked[listed[0].ID] = true
					mu.Unlock()
				}
			}
		})
	}
	working.Wait()

	active := map[int64]bool{}
	for _, agent := range []int64{one, two} {
		for _, token := range unmarshal[[]token](t, send(t, transport, "GET", fmt.Sprintf("%s%s/%d/tokens", gitlab.URL, agentsPath, agent), "").body) {
			active[token.ID] = true
		}
	}
	require.Greater(t, len(ids), 4, "the clients created tokens")
	for id := range ids {
		assert.NotEqual(t, revoked[id], active[id], "token %d is either revoked or active", id)
	}
	assert.Len(t, active, len(ids)-len(revoked), "no write was lost")
}

// Clients create agents with the same names in parallel. Each name is accepted once.
func TestParallelAgents(t *testing.T) {
	t.Parallel()
	gitlab := fakegitlab.Start(t)
	transport := &http.Transport{MaxIdleConnsPerHost: 16}
	t.Cleanup(transport.CloseIdleConnections)
	var (
		mu   sync.Mutex
		made = map[string]int{}
	)
	var working sync.WaitGroup
	for range 16 {
		working.Go(func() {
			for i := range 20 {
				name := fmt.Sprintf("agent-%d", i)
				answer := send(t, transport, "POST", gitlab.URL+agentsPath, `{"name":"`+name+`"}`)
				if answer.status == http.StatusCreated {
					mu.Lock()
					made[name]++
					mu.Unlock()
				}
			}
		})
	}
	working.Wait()
	assert.Len(t, made, 20)
	for name, times := range made {
		assert.Equal(t, 1, times, name)
	}
	assert.Len(t, gitlab.Agents(20), 20)
}

// Everything that can change while the server runs changes while clients write and read. No response is a server error,
// and the race detector finds nothing.
func TestChangesWhileRequestsRun(t *testing.T) {
	t.Parallel()
	server := newServer(t,
		fakegitlab.ReplicaLag(time.Nanosecond),
		fakegitlab.BetweenCountAndSelect(func(*http.Request) {}),
		fakegitlab.After(50, func(s *fakegitlab.Server) { _ = s.SetArchived(21, true) }),
	)
	var working sync.WaitGroup
	for client := range 8 {
		working.Go(func() {
			for i := range 50 {
				for _, request := range []asked{
					{as: "maintainer", method: "POST", path: agentsPath, json: fmt.Sprintf(`{"name":"a-%d-%d"}`, client, i)},
					{as: "developer", method: "GET", path: agentsPath},
					{as: "developer", method: "GET", path: "/api/v4/projects/20"},
				} {
					assert.Less(t, request.of(server).Code, 500)
				}
			}
		})
	}
	working.Go(func() {
		for i := range 50 {
			on := i%2 == 1
			server.SetReadOnly(on)
			assert.NoError(t, server.SetArchived(20, on))
			assert.NoError(t, server.SetVisibility(20, []string{"public", "private"}[i%2]))
			assert.NoError(t, server.SetRole(20, "developer", fakegitlab.Role(i%7)))
			assert.NoError(t, server.SetUserState("developer", []string{"active", "blocked"}[i%2]))
			assert.NoError(t, server.SetAccessTokenState("glpat-maintainer", []string{"active", "expired"}[i%2]))
			server.DeleteAgent(int64(i))
		}
	})
	working.Wait()
}
