package fakegitlab_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
)

func TestUserReadsOwnWritesAndOthersReadThemLater(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	seed := fakegitlab.DefaultSeed()
	seed.Projects[0].Agents = []fakegitlab.SeedAgent{{ID: 1, Name: "a", Tokens: []fakegitlab.SeedAgentToken{{ID: 1, Name: "t"}}}}
	server := newServer(t, fakegitlab.FromSeed(seed), fakegitlab.ReplicaLag(time.Second), fakegitlab.Clock(func() time.Time { return now }))
	status := func(as, path string) int {
		return asked{as: as, method: "GET", path: agentsPath + path}.of(server).Code
	}
	write := func(method, path, json string) {
		t.Helper()
		require.Less(t, asked{as: "maintainer", method: method, path: agentsPath + path, json: json}.of(server).Code, 300)
	}
	// seen checks that only the maintainer gets the new status of a path, and a second later everybody.
	seen := func(path string, old, new int) {
		t.Helper()
		assert.Equal(t, new, status("maintainer", path))
		assert.Equal(t, old, status("developer", path))
		now = now.Add(time.Second)
		assert.Equal(t, new, status("maintainer", path))
		assert.Equal(t, new, status("developer", path))
	}
	assert.Equal(t, 200, status("developer", "/1/tokens/1"), "the seed is in the replica")
	write("POST", "", `{"name":"b"}`)
	seen("/2", 404, 200)
	write("POST", "/2/tokens", `{"name":"t"}`)
	seen("/2/tokens/2", 404, 200)
	write("DELETE", "/1/tokens/1", "")
	seen("/1/tokens/1", 200, 404)
	write("DELETE", "/1", "")
	seen("/1", 200, 404)

	require.True(t, server.DeleteAgent(2))
	assert.Equal(t, 200, status("maintainer", "/2"), "a change by another user")
	now = now.Add(time.Second)
	assert.Equal(t, 404, status("maintainer", "/2"))
}

func TestLagFromSeed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		parsed, err := fakegitlab.ParseSeed("seed.yaml", []byte("gitlab: {replica_lag: 1s, select_after: 100ms}\n"))
		require.NoError(t, err)
		seed := fakegitlab.DefaultSeed()
		seed.GitLab = parsed.GitLab
		server := newServer(t, fakegitlab.FromSeed(seed))
		created(t, server, agentsPath, `{"name":"a"}`)
		list := asked{as: "developer", method: "GET", path: agentsPath}
		assert.Empty(t, decode[[]any](t, list.of(server)))
		time.Sleep(time.Second) // by the clock of synctest
		started := time.Now()
		assert.Len(t, decode[[]any](t, list.of(server)), 1)
		assert.Equal(t, 100*time.Millisecond, time.Since(started))
	})
}

func TestListIsCountedBeforeItIsSelected(t *testing.T) {
	t.Parallel()
	seed := fakegitlab.DefaultSeed()
	seed.Projects[0].Agents = []fakegitlab.SeedAgent{{ID: 1, Name: "a", Tokens: []fakegitlab.SeedAgentToken{{ID: 1, Name: "t"}}}}
	var server *fakegitlab.Server
	server = newServer(t, fakegitlab.FromSeed(seed), fakegitlab.BetweenCountAndSelect(func(r *http.Request) {
		if r.URL.Path == agentsPath {
			created(t, server, agentsPath, `{"name":"b"}`)
		} else {
			server.DeleteAgent(1)
		}
	}))
	agents := asked{as: "developer", method: "GET", path: agentsPath}.of(server)
	assert.Equal(t, "1", agents.Header().Get("X-Total"))
	assert.Len(t, decode[[]any](t, agents), 2)
	tokens := asked{as: "developer", method: "GET", path: agentsPath + "/1/tokens"}.of(server)
	assert.Equal(t, "1", tokens.Header().Get("X-Total"))
	assert.Empty(t, decode[[]any](t, tokens))
}

func TestSelectAfterWaitsBetweenTheStatements(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newServer(t, fakegitlab.SelectAfter(100*time.Millisecond))
		listed := make(chan int)
		started := time.Now()
		go func() {
			answer := asked{as: "developer", method: "GET", path: agentsPath}.of(server)
			assert.Equal(t, "0", answer.Header().Get("X-Total"))
			listed <- len(decode[[]any](t, answer))
		}()
		synctest.Wait() // the list is counted
		created(t, server, agentsPath, `{"name":"a"}`)
		assert.Equal(t, 1, <-listed)
		assert.Equal(t, 100*time.Millisecond, time.Since(started))
	})
}
