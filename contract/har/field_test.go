package har_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/har"
)

// field reads a recording of the kind that people sent in.
func field(t *testing.T, name string) []har.Entry {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "field", name))
	require.NoError(t, err)
	defer f.Close()
	entries, skipped, err := read(f)
	require.NoError(t, err)
	require.Empty(t, skipped)
	return entries
}

// agentBody is how the body of an agent begins in these recordings.
const agentBody = `{"id":1,"name":"agent-1","config_project":{"id":20,`

func TestFieldRecorderLostTheRequestBody(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"13-no-post-data.har", "13b-empty-post-data.har"} {
		x := field(t, name)[0].Exchange
		assert.True(t, x.Request.BodyNotRecorded, name)
		assert.True(t, x.Request.Truncated, name)
		assert.Nil(t, x.Request.Body, name)
		assert.False(t, x.Response.BodyNotRecorded, name)
		assert.False(t, x.Response.HeaderNotRecorded, name)
		assert.Equal(t, strings.HasPrefix(name, "13-"), x.Request.HeaderNotRecorded, "%s: headers are an empty list", name)
	}
}

func TestFieldAnswersFromTheBrowsersCache(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"14-from-disk-cache.har": "disk", "14b-safari-fetch-type.har": "disk", "14c-firefox-empty-timings.har": "browser",
	} {
		entries := field(t, name)
		require.Len(t, entries, 3, name)
		assert.Empty(t, entries[0].Exchange.FromCache, name)
		assert.Empty(t, entries[1].Exchange.FromCache, name)
		assert.Equal(t, want, entries[2].Exchange.FromCache, name)
		assert.False(t, entries[1].Exchange.Request.BodyNotRecorded, "%s: a DELETE without a body", name)
		assert.False(t, entries[1].Exchange.Response.BodyNotRecorded, "%s: a 204", name)
	}
}

func TestFieldBodies(t *testing.T) {
	t.Parallel()
	for name, notes := range map[string]string{
		"16-base64-unflagged.har": "", "17-base64-flag-on-text.har": "", "19-playwright.zip": "", "22-utf16.har": "",
	} {
		e := field(t, name)[0]
		assert.True(t, strings.HasPrefix(string(e.Exchange.Response.Body), agentBody), name)
		assert.False(t, e.Exchange.Response.Truncated, name)
		assert.Equal(t, notes, strings.Join(e.Notes, ""), name)
	}
}

func TestFieldBodyInAFileOfItsOwn(t *testing.T) {
	t.Parallel()
	e := field(t, "19b-attached-body.har")[0]
	assert.True(t, e.Exchange.Response.BodyNotRecorded)
	assert.Equal(t, []string{"response.content is in a separate file, which is missing, so the body is unknown"}, e.Notes)

	// With the file beside it the body is read.
	folder := t.TempDir()
	recording, err := os.ReadFile("testdata/field/19b-attached-body.har")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "x.har"), recording, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "a1b2c3.json"), []byte("[]"), 0o600))
	f, err := os.Open(filepath.Join(folder, "x.har"))
	require.NoError(t, err)
	defer f.Close()
	entries, _, err := read(f)
	require.NoError(t, err)
	assert.Equal(t, "[]", string(entries[0].Exchange.Response.Body))
	assert.False(t, entries[0].Exchange.Response.BodyNotRecorded)

	// From a pipe there is no folder.
	entries, _, err = read(strings.NewReader(string(recording)))
	require.NoError(t, err)
	assert.True(t, entries[0].Exchange.Response.BodyNotRecorded)
}

func TestFieldOnlyA502(t *testing.T) {
	t.Parallel()
	x := field(t, "20-only-a-502.har")[0].Exchange
	assert.Equal(t, 502, x.Response.StatusCode)
	assert.Equal(t, "text/html", x.Response.Header.Get("Content-Type"), "what the header says counts")
	assert.Contains(t, string(x.Response.Body), "Whoops")
}
