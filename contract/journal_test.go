package contract

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/wire"
)

func openJournal(t *testing.T) (*Journal, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "a", "b")
	journal, err := OpenJournal(dir)
	require.NoError(t, err)
	return journal, dir
}

func TestJournal(t *testing.T) {
	t.Parallel()
	journal, dir := openJournal(t)
	info, err := os.Stat(dir)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), info.Mode().Perm(), "it names projects, which is nobody else's business")

	e := &Entry{Run: "abcdefghij", URL: "https://gitlab.example.com", Project: []string{"root/test"}, Started: time.Now().UTC().Round(0)}
	require.NoError(t, journal.begin(e))
	info, err = os.Stat(filepath.Join(dir, "abcdefghij.json"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	entries, unreadable := journal.Entries()
	assert.Empty(t, unreadable)
	require.Len(t, entries, 1)
	assert.Equal(t, e.Run, entries[0].Run)
	assert.Equal(t, e.URL, entries[0].URL)
	assert.Equal(t, e.Project, entries[0].Project)
	assert.True(t, e.Started.Equal(entries[0].Started))
	assert.True(t, entries[0].Running(), "its file is still locked")
	assert.True(t, entries[0].Running(), "which asking does not change")

	e.leave()
	assert.False(t, entries[0].Running())
	require.NoError(t, e.end())
	require.NoError(t, e.end(), "somebody else was faster")
	assert.False(t, entries[0].Running())
	entries, unreadable = journal.Entries()
	assert.Empty(t, entries)
	assert.Empty(t, unreadable)
}

func TestJournalsThatCannotBeKept(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := OpenJournal(file)
	assert.ErrorContains(t, err, "the journal cannot be kept")

	journal, dir := openJournal(t)
	require.NoError(t, os.RemoveAll(dir))
	gitlab := fakegitlab.Start(t)
	_, err = Run(t.Context(), fakeTarget(gitlab.URL), WithJournal(journal))
	require.ErrorContains(t, err, "the journal cannot be kept")
	assert.Empty(t, gitlab.Agents(20), "nothing is made that no journal knows of")
	_, unreadable := journal.Entries()
	assert.Len(t, unreadable, 1)
}

// TestEntriesThatAreNone: what is no entry must not be taken for one, or a sweep would look for agents whose names hold
// whatever stands there.
func TestEntriesThatAreNone(t *testing.T) {
	t.Parallel()
	journal, dir := openJournal(t)
	for i, content := range []string{
		"", "{", "null", "[]", `{"run":"","url":"https://gitlab.example.com","project":["a/b"]}`,
		`{"run":"a","url":"https://gitlab.example.com","project":["a/b"]}`,
		`{"run":"prod","url":"https://gitlab.example.com","project":["a/b"]}`,
		`{"run":"abcdefghi-","url":"https://gitlab.example.com","project":["a/b"]}`,
		`{"run":"ABCDEFGHIJ","url":"https://gitlab.example.com","project":["a/b"]}`,
		`{"run":"abcdefghij","url":"","project":["a/b"]}`,
		`{"run":"abcdefghij","url":"https://gitlab.example.com","project":[]}`,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.json", i)), []byte(content), 0o600))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("x"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "abcdefghij.json.new"), []byte("x"), 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder.json"), 0o700))
	entries, unreadable := journal.Entries()
	assert.Empty(t, entries)
	assert.Len(t, unreadable, 11)
	for _, err := range unreadable {
		assert.Contains(t, err.Error(), dir, "it says which file")
	}
}

// TestSweepLeavesRunningRunsAlone sweeps while a run goes on, and again after it was left behind.
func TestSweepLeavesRunningRunsAlone(t *testing.T) {
	t.Parallel()
	gitlab := fakegitlab.Start(t)
	populate(t, gitlab)
	before := snapshot(t, gitlab)
	journal, _ := openJournal(t)
	target := fakeTarget(gitlab.URL)
	swept := false
	result, err := Run(t.Context(), target, WithJournal(journal), Observe(func(x *wire.Exchange) {
		if swept || len(gitlab.Agents(20)) < 6 {
			return
		}
		swept = true
		entries, unreadable := journal.Entries()
		assert.Empty(t, unreadable)
		if assert.Len(t, entries, 1) {
			assert.True(t, entries[0].Running())
		}
		there := len(gitlab.Agents(20))
		done, err := Sweep(t.Context(), target, entries)
		assert.NoError(t, err)
		assert.Empty(t, done)
		assert.GreaterOrEqual(t, len(gitlab.Agents(20)), there)
	}))
	require.NoError(t, err)
	assert.True(t, swept)
	wantClean(t, result)
	assert.Equal(t, before, snapshot(t, gitlab))
	entries, _ := journal.Entries()
	assert.Empty(t, entries)
}

func TestSweep(t *testing.T) {
	t.Parallel()
	gitlab := fakegitlab.Start(t)
	populate(t, gitlab)
	before := snapshot(t, gitlab)
	journal, dir := openJournal(t)
	left := func(run, url string) {
		e := &Entry{Run: run, URL: url, Project: []string{"root/test", "21"}}
		require.NoError(t, journal.begin(e))
		e.leave()
	}
	left("abcdefghij", gitlab.URL)
	left("klmnopqrst", gitlab.URL)
	left("uvwxyz2345", "https://elsewhere.example.com")
	for _, name := range []string{"contract-abcdefghij-a", "contract-abcdefghij-b--xx", "contract-abcdefghij-"} {
		ask1(t, gitlab.URL, "POST", "/api/v4/projects/20/cluster_agents", `{"name":"`+name+`"}`)
	}
	ask1(t, gitlab.URL, "POST", "/api/v4/projects/21/cluster_agents", `{"name":"contract-abcdefghij-a"}`)

	entries, unreadable := journal.Entries()
	require.Empty(t, unreadable)
	require.Len(t, entries, 3)
	done, err := Sweep(t.Context(), fakeTarget(gitlab.URL+"/api/v4/"), entries)
	require.NoError(t, err)
	require.Len(t, done, 2)
	assert.Equal(t, "abcdefghij", done[0].Entry.Run)
	assert.Equal(t, 3, done[0].Removed)
	assert.Empty(t, done[0].Left)
	assert.Equal(t, 0, done[1].Removed)
	assert.Equal(t, before, snapshot(t, gitlab))
	assert.FileExists(t, filepath.Join(dir, "uvwxyz2345.json"))
	assert.NoFileExists(t, filepath.Join(dir, "abcdefghij.json"))
	assert.NoFileExists(t, filepath.Join(dir, "klmnopqrst.json"))

	// What cannot be removed stays in the journal.
	left("abcdefghij", gitlab.URL)
	entries, _ = journal.Entries()
	target := fakeTarget(gitlab.URL)
	target.Tokens[Maintainer] = "glpat-developer"
	ask1(t, gitlab.URL, "POST", "/api/v4/projects/20/cluster_agents", `{"name":"contract-abcdefghij-a"}`)
	done, err = Sweep(t.Context(), target, entries)
	require.NoError(t, err)
	require.Len(t, done, 1)
	require.Len(t, done[0].Left, 1)
	assert.Regexp(t, `^agent \d+, "contract-abcdefghij-a": DELETE answers 403$`, done[0].Left[0])
	assert.FileExists(t, filepath.Join(dir, "abcdefghij.json"))

	target.Tokens[Maintainer] = "glpat-unknown"
	done, err = Sweep(t.Context(), target, entries)
	require.NoError(t, err)
	assert.Contains(t, done[0].Left[0], "perhaps agents named contract-abcdefghij-… in project root%2Ftest: listing agents answers 401")

	_, err = Sweep(t.Context(), Target{URL: gitlab.URL}, entries)
	var setup *SetupError
	require.ErrorAs(t, err, &setup)
}
