package live

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
	assert.Equal(t, os.FileMode(0o700), info.Mode().Perm(), "it names projects")

	e := &Entry{Run: "abcdefghij", URL: "https://gitlab.example.com", Project: []string{"root/test"}, Started: time.Now().UTC().Round(0)}
	require.NoError(t, journal.begin(e))
	info, err = os.Stat(filepath.Join(dir, "abcdefghij.json"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	entries, unreadable := journal.Entries()
	assert.Empty(t, unreadable)
	require.Len(t, entries, 1)
	assert.Equal(t, []any{e.Run, e.URL, e.Project}, []any{entries[0].Run, entries[0].URL, entries[0].Project})
	assert.True(t, e.Started.Equal(entries[0].Started))
	assert.True(t, entries[0].Running(), "its file is locked")
	assert.True(t, entries[0].Running(), "asking does not change that")

	e.leave()
	assert.False(t, entries[0].Running())
	require.NoError(t, e.end())
	require.NoError(t, e.end(), "somebody else was faster")
	entries, unreadable = journal.Entries()
	assert.Empty(t, entries)
	assert.Empty(t, unreadable)
}

func TestJournalThatCannotBeKept(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := OpenJournal(file)
	require.ErrorContains(t, err, "the journal cannot be kept")

	journal, dir := openJournal(t)
	require.NoError(t, os.RemoveAll(dir))
	require.ErrorContains(t, journal.begin(&Entry{Run: "abcdefghij"}), "the journal cannot be kept")
	_, unreadable := journal.Entries()
	assert.Len(t, unreadable, 1)
}

// TestFilesThatAreNoEntries must not be taken for entries, or a sweep looks for agents whose names contain what is there.
func TestFilesThatAreNoEntries(t *testing.T) {
	t.Parallel()
	journal, dir := openJournal(t)
	contents := []string{
		"", "{", "null", "[]", `{"run":"","url":"https://gitlab.example.com","project":["a/b"]}`,
		`{"run":"a","url":"https://gitlab.example.com","project":["a/b"]}`,
		`{"run":"prod","url":"https://gitlab.example.com","project":["a/b"]}`,
		`{"run":"abcdefghi-","url":"https://gitlab.example.com","project":["a/b"]}`,
		`{"run":"ABCDEFGHIJ","url":"https://gitlab.example.com","project":["a/b"]}`,
		`{"run":"abcdefghij","url":"","project":["a/b"]}`,
		`{"run":"abcdefghij","url":"https://gitlab.example.com","project":[]}`,
	}
	for i, content := range contents {
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.json", i)), []byte(content), 0o600))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("x"), 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder.json"), 0o700))
	entries, unreadable := journal.Entries()
	assert.Empty(t, entries)
	assert.Len(t, unreadable, len(contents))
	for _, err := range unreadable {
		assert.ErrorContains(t, err, dir, "it says which file")
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		header http.Header
		want   time.Duration
	}{
		{http.Header{}, 0},
		{http.Header{"Retry-After": {"7"}}, 7 * time.Second},
		{http.Header{"Retry-After": {"Sun, 22 Nov 2026 12:00:09 GMT"}}, 9 * time.Second},
		{http.Header{"Retry-After": {"Sun, 22 Nov 2026 11:00:00 GMT"}}, -time.Hour},
		{http.Header{"Ratelimit-Reset": {strconv.FormatInt(now.Unix()+30, 10)}}, 30 * time.Second},
		{http.Header{"Retry-After": {"later"}, "Ratelimit-Reset": {"never"}}, 0},
	} {
		assert.Equal(t, test.want, retryAfter(test.header, now), "%v", test.header)
	}
}

func TestBaseURL(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"https://gitlab.example.com":             "https://gitlab.example.com",
		"https://GitLab.Example.com/":            "https://gitlab.example.com",
		"https://gitlab.example.com/api/v4/":     "https://gitlab.example.com",
		"http://example.com:8080/gitlab/":        "http://example.com:8080/gitlab",
		"http://example.com/some%20where/api/v4": "http://example.com/some%20where",
	} {
		base, err := (&Target{URL: url}).base()
		require.NoError(t, err, url)
		assert.Equal(t, want, base)
	}
	for _, url := range []string{"gitlab.example.com", "http://[::1", "ftp://gitlab.example.com", "https://me:correct-horse@gitlab.example.com", "https://gitlab.example.com?a=b"} {
		_, err := (&Target{URL: url}).base()
		var setup *SetupError
		require.ErrorAs(t, err, &setup, url)
		assert.NotContains(t, err.Error(), "correct-horse")
	}
}
