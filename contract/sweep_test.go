package contract_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/wire"
)

// TestSweep removes what the checks of a journal left on one GitLab, and nothing else.
func TestSweep(t *testing.T) {
	t.Parallel()
	server := fake(t)
	populate(t, server)
	before := snapshot(t, server)
	target, dir := targetOf(t, server), t.TempDir()
	leave := func(id, url string) {
		data := fmt.Sprintf(`{"run":%q,"url":%q,"project":["root/test","21"],"started":"2026-11-22T12:00:00Z"}`, id, url)
		require.NoError(t, os.WriteFile(filepath.Join(dir, id+".json"), []byte(data), 0o600))
	}
	leave("abcdefghij", target.URL)
	leave("klmnopqrst", target.URL)
	leave("uvwxyz2345", "https://elsewhere.example.com")
	for _, name := range []string{"contract-abcdefghij-a", "contract-abcdefghij-b--xx", "contract-abcdefghij-1"} {
		newAgent(t, server, 20, name)
	}
	newAgent(t, server, 21, "contract-abcdefghij-a")
	journal, err := contract.OpenJournal(dir)
	require.NoError(t, err)
	entries, unreadable := journal.Entries()
	require.Empty(t, unreadable)
	require.Len(t, entries, 3)

	swept, err := contract.Sweep(t.Context(), target, entries)
	require.NoError(t, err)
	require.Len(t, swept, 2)
	assert.Equal(t, 4, swept[0].Removed)
	assert.Empty(t, swept[0].Left)
	assert.Zero(t, swept[1].Removed)
	assert.Equal(t, before, snapshot(t, server))
	entries, _ = journal.Entries()
	require.Len(t, entries, 1)
	assert.Equal(t, "uvwxyz2345", entries[0].Run)
}

// TestSweepThatMayNot keeps in the journal what it cannot remove.
func TestSweepThatMayNot(t *testing.T) {
	t.Parallel()
	server := fake(t)
	target, dir := targetOf(t, server), t.TempDir()
	target.Tokens[contract.Maintainer] = "glpat-developer"
	id := newAgent(t, server, 20, "contract-abcdefghij-a")
	data := fmt.Sprintf(`{"run":"abcdefghij","url":%q,"project":["root/test"]}`, target.URL)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "abcdefghij.json"), []byte(data), 0o600))
	journal, err := contract.OpenJournal(dir)
	require.NoError(t, err)
	entries, _ := journal.Entries()
	swept, err := contract.Sweep(t.Context(), target, entries)
	require.NoError(t, err)
	require.Len(t, swept, 1)
	assert.Equal(t, []string{fmt.Sprintf(`agent %d, "contract-abcdefghij-a": DELETE returned 403`, id)}, swept[0].Left)
	assert.FileExists(t, filepath.Join(dir, "abcdefghij.json"))
}

// TestSweepLeavesChecksAlone sweeps while a check is going on.
func TestSweepLeavesChecksAlone(t *testing.T) {
	t.Parallel()
	server := fake(t)
	target := targetOf(t, server)
	journal, err := contract.OpenJournal(t.TempDir())
	require.NoError(t, err)
	swept := false
	result := check(t, target, contract.Options{Journal: journal, Observe: func(*wire.Exchange) {
		if swept || len(server.Agents(20)) < 6 {
			return
		}
		swept = true
		entries, _ := journal.Entries()
		if assert.Len(t, entries, 1) {
			assert.True(t, entries[0].Running())
		}
		done, err := contract.Sweep(t.Context(), target, entries)
		assert.NoError(t, err)
		assert.Empty(t, done)
	}})
	assert.True(t, swept)
	conforms(t, result)
	entries, _ := journal.Entries()
	assert.Empty(t, entries)
}

// TestNothingIsMadeWithoutJournal has a journal that cannot be kept.
func TestNothingIsMadeWithoutJournal(t *testing.T) {
	t.Parallel()
	server := fake(t, fakegitlab.Version("19.1"))
	dir := filepath.Join(t.TempDir(), "journal")
	journal, err := contract.OpenJournal(dir)
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(dir))
	_, err = contract.Run(t.Context(), targetOf(t, server), contract.Options{Journal: journal})
	require.ErrorContains(t, err, "the journal cannot be kept")
	assert.Empty(t, server.Agents(20))
}

// TestACacheListsWhatIsDeleted has a cache in front of GitLab that answers every read again as it did at first. What it still
// lists at the end is not left behind.
func TestACacheListsWhatIsDeleted(t *testing.T) {
	t.Parallel()
	server := fake(t)
	before := snapshot(t, server)
	var mu sync.Mutex
	cache := make(map[string]*httptest.ResponseRecorder)
	answer := func(r *http.Request) *httptest.ResponseRecorder {
		mu.Lock()
		defer mu.Unlock()
		key := r.Header.Get("Private-Token") + " " + r.URL.String()
		if cached, ok := cache[key]; ok && r.Method == http.MethodGet {
			return cached
		}
		fresh := httptest.NewRecorder()
		server.ServeHTTP(fresh, r)
		if fresh.Code == http.StatusOK {
			cache[key] = fresh
		}
		return fresh
	}
	result := check(t, targetOf(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		passOn(w, answer(r))
	})), contract.Options{Clock: &jumpingClock{}})
	assert.Contains(t, broken(result), "delivery/answered-by-gitlab")
	assert.Empty(t, result.Left)
	assert.Equal(t, before, snapshot(t, server))
}
