package contract_test

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
)

// TestKilled kills a check with SIGKILL once its request number n was carried out, before it is answered. What the check
// made can be removed with the journal, and nothing else is.
func TestKilled(t *testing.T) {
	if url := os.Getenv("CHECK_AND_BE_KILLED"); url != "" {
		journal, err := contract.OpenJournal(os.Getenv("CHECK_JOURNAL"))
		require.NoError(t, err)
		target := contract.Target{URL: url, Project: "root/test", OtherProject: "root/other", Tokens: roles()}
		_, err = contract.Run(t.Context(), target, contract.Options{Journal: journal, Clock: &jumpingClock{}})
		require.NoError(t, err)
		return
	}
	t.Parallel()
	points := []int{1, 20, 25, 60, 150, 420}
	if nightly() {
		points = nil
		for n := 1; n < 620; n++ {
			points = append(points, n)
		}
	}
	var left atomic.Int64
	t.Run("at request", func(t *testing.T) {
		for _, n := range points {
			t.Run(strconv.Itoa(n), func(t *testing.T) {
				t.Parallel()
				left.Add(int64(killAt(t, n)))
			})
		}
	})
	assert.NotZero(t, left.Load(), "no check left anything, so nothing was shown")
}

// killAt checks in a process that is killed at a request, and sweeps. It says how many agents had been left.
func killAt(t *testing.T, at int) (left int) {
	server := fake(t)
	populate(t, server)
	before := snapshot(t, server)
	others := len(server.Agents(20)) + len(server.Agents(21))
	dir := t.TempDir()

	var requests atomic.Int64
	var underWay sync.RWMutex // held for reading by each request
	died, started := make(chan struct{}), make(chan *os.Process, 1)
	target := targetOf(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		underWay.RLock()
		defer underWay.RUnlock()
		kill := int(requests.Add(1)) == at
		server.ServeHTTP(&beforeAnswer{ResponseWriter: w, do: func() {
			if kill {
				assert.NoError(t, (<-started).Kill())
				<-died
			}
		}}, r)
	}))
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilled$")
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	command.Env = append(os.Environ(), "CHECK_AND_BE_KILLED="+target.URL, "CHECK_JOURNAL="+dir)
	require.NoError(t, command.Start())
	started <- command.Process
	err := command.Wait()
	close(died)
	if err != nil && !strings.Contains(err.Error(), "killed") {
		require.NoError(t, err, out.String())
	}
	underWay.Lock() // what was sent before may still be carried out
	left = len(server.Agents(20)) + len(server.Agents(21)) - others
	underWay.Unlock()

	journal, err := contract.OpenJournal(dir)
	require.NoError(t, err)
	entries, unreadable := journal.Entries()
	assert.Empty(t, unreadable)
	if left > 0 {
		require.Len(t, entries, 1)
	}
	swept, err := contract.Sweep(t.Context(), target, entries)
	require.NoError(t, err)
	for _, s := range swept {
		assert.Empty(t, s.Left)
		assert.GreaterOrEqual(t, s.Removed, left) // what was on its way when the process died may have been created since
	}
	assert.Equal(t, before, snapshot(t, server))
	entries, _ = journal.Entries()
	assert.Empty(t, entries)
	return left
}

// beforeAnswer does something before it begins to answer.
type beforeAnswer struct {
	http.ResponseWriter
	do func()
}

func (b *beforeAnswer) WriteHeader(status int) {
	b.do()
	b.ResponseWriter.WriteHeader(status)
}
