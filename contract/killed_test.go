package contract

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// TestKilledAtAnyMoment kills a run with SIGKILL once its request number k was carried out, before it is answered. It
// tries every k at night, and otherwise those at which something is created and a few others.
func TestKilledAtAnyMoment(t *testing.T) {
	if url := os.Getenv("RUN_AND_BE_KILLED"); url != "" {
		journal, err := OpenJournal(os.Getenv("RUN_JOURNAL"))
		require.NoError(t, err)
		result, err := Run(t.Context(), fakeTarget(url), WithJournal(journal))
		require.NoError(t, err)
		wantClean(t, result)
		return
	}
	t.Parallel()
	all, creates := requestsOfARun(t)
	var points []int
	switch {
	case nightly():
		for k := 1; k <= all; k++ {
			points = append(points, k)
		}
	case racing: // which makes each process slow to start
		points = append(points, creates[len(creates)/2], creates[len(creates)-1], all-4)
	default:
		points = append(points, 1, 2, all/2, all-8, all-4, all)
		points = append(points, creates[0], creates[len(creates)/4], creates[len(creates)/2], creates[3*len(creates)/4], creates[len(creates)-1])
	}
	var left, killed atomic.Int64
	t.Run("points", func(t *testing.T) {
		for _, k := range points {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				agents, dead := killAt(t, k)
				left.Add(int64(agents))
				if dead {
					killed.Add(1)
				}
			})
		}
	})
	t.Logf("killed %d runs of %d requests, which left %d agents behind", killed.Load(), all, left.Load())
	assert.Greater(t, killed.Load(), int64(len(points)*3/4))
	assert.NotZero(t, left.Load(), "nothing was put to the proof")
}

// requestsOfARun is how many requests a run makes, and which of them create something.
func requestsOfARun(t *testing.T) (all int, creates []int) {
	gitlab := fakegitlab.Start(t)
	var mu sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		gitlab.ServeHTTP(answer, r)
		mu.Lock()
		all++
		if answer.Code == http.StatusCreated {
			creates = append(creates, all)
		}
		mu.Unlock()
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		_, _ = answer.Body.WriteTo(w)
	}))
	defer server.Close()
	result, err := Run(t.Context(), fakeTarget(server.URL))
	require.NoError(t, err)
	wantClean(t, result)
	return all, creates
}

// killAt runs the suite in a process that is killed at request k, and sweeps. It says how many agents had been left,
// and whether the process lived to request k.
func killAt(t *testing.T, k int) (left int, killed bool) {
	gitlab := fakegitlab.Start(t)
	populate(t, gitlab)
	before := snapshot(t, gitlab)
	there := len(gitlab.Agents(20)) + len(gitlab.Agents(21))
	journal, dir := openJournal(t)

	command := exec.Command(os.Args[0], "-test.run=^TestKilledAtAnyMoment$")
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	var requests atomic.Int64
	var underWay sync.WaitGroup
	died := make(chan struct{})
	started := make(chan *os.Process, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		underWay.Add(1)
		defer underWay.Done()
		n := int(requests.Add(1))
		gitlab.ServeHTTP(&delayed{ResponseWriter: w, wait: func() {
			if n == k {
				assert.NoError(t, (<-started).Kill())
				<-died
			}
		}}, r)
	}))
	defer server.Close()
	command.Env = append(os.Environ(), "RUN_AND_BE_KILLED="+server.URL, "RUN_JOURNAL="+dir)
	require.NoError(t, command.Start())
	started <- command.Process
	err := command.Wait()
	close(died)
	server.CloseClientConnections()
	underWay.Wait() // what was sent before the end may still be carried out
	killed = err != nil && strings.Contains(err.Error(), "killed")
	if !killed {
		require.NoError(t, err, "%s", out.String())
	}
	left = len(gitlab.Agents(20)) + len(gitlab.Agents(21)) - there

	entries, unreadable := journal.Entries()
	assert.Empty(t, unreadable)
	if left > 0 {
		require.Len(t, entries, 1)
	}
	target := fakeTarget(server.URL)
	swept, err := Sweep(t.Context(), target, entries)
	require.NoError(t, err)
	for _, s := range swept {
		assert.Empty(t, s.Left)
		assert.GreaterOrEqual(t, s.Removed, left) // what lay in a socket when the process died may have been created since
	}
	assert.Equal(t, before, snapshot(t, gitlab), "killed at request %d", k)
	entries, _ = journal.Entries()
	assert.Empty(t, entries)

	result, err := Run(t.Context(), target, WithJournal(journal))
	require.NoError(t, err)
	wantClean(t, result)
	assert.Equal(t, before, snapshot(t, gitlab))
	return left, killed
}

// delayed waits before it begins to answer.
type delayed struct {
	http.ResponseWriter
	wait func()
}

func (d *delayed) WriteHeader(status int) {
	d.wait()
	d.ResponseWriter.WriteHeader(status)
}

// TestRunsAtOnce has several runs check one project at the same time.
func TestRunsAtOnce(t *testing.T) {
	t.Parallel()
	gitlab := fakegitlab.Start(t)
	populate(t, gitlab)
	before := snapshot(t, gitlab)
	journal, _ := openJournal(t)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			result, err := Run(t.Context(), fakeTarget(gitlab.URL), WithJournal(journal))
			if assert.NoError(t, err) {
				wantClean(t, result)
			}
		})
	}
	wait.Wait()
	assert.Equal(t, before, snapshot(t, gitlab))
	entries, unreadable := journal.Entries()
	assert.Empty(t, entries)
	assert.Empty(t, unreadable)
}
