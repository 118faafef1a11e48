package har_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/har"
)

// shipped is a line as a log shipper writes it.
const shipped = `{"startedDateTime":"2026-11-22T11:55:10.224Z","time":27,` +
	`"request":{"method":"POST","url":"https://gitlab.example.com/api/v4/projects/20/cluster_agents","headers":{"Content-Type":"application/json"},"postData":{"text":"{\"name\":\"a\"}"}},` +
	`"response":{"status":201,"headers":{"X-Request-Id":"01J","Link":["a","b"]},"content":{"text":"{}"}}}`

func TestStream(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"lines":               shipped + "\n" + shipped + "\n",
		"no line end":         shipped + "\n" + shipped,
		"empty lines":         "\n" + shipped + "\r\n\r\n" + shipped + "\n\n",
		"gzip":                gzipped(t, shipped+"\n"+shipped+"\n"),
		"other members first": strings.Replace(shipped, "{", `{"_a":[1],"time":1,`, 1) + "\n" + shipped,
		"a long member first": strings.Replace(shipped, "{", `{"_a":"`+strings.Repeat("a", 30_000)+`",`, 1) + "\n" + shipped,
	} {
		entries, skipped, err := read(strings.NewReader(text))
		require.NoError(t, err, name)
		require.Empty(t, skipped, name)
		require.Len(t, entries, 2, name)
		for i, e := range entries {
			assert.Equal(t, i, e.Index, name)
			assert.Empty(t, e.Notes, name)
			x := e.Exchange
			assert.Equal(t, `{"name":"a"}`, string(x.Request.Body), name)
			assert.Equal(t, "application/json", x.Request.Header.Get("Content-Type"), name)
			assert.Equal(t, []string{"a", "b"}, x.Response.Header.Values("Link"), name)
			assert.Equal(t, "{}", string(x.Response.Body), name)
			assert.False(t, x.Request.Truncated || x.Response.Truncated, name)
		}
	}
}

func TestStreamWhatIsLeftOutIsNotRecorded(t *testing.T) {
	t.Parallel()
	entries, _, err := read(strings.NewReader(`{"request":{"method":"POST","url":"https://host/"},"response":{"status":201}}`))
	require.NoError(t, err)
	x := entries[0].Exchange
	assert.True(t, x.Request.HeaderNotRecorded && x.Request.BodyNotRecorded && x.Response.HeaderNotRecorded && x.Response.BodyNotRecorded)

	entries, _, err = read(strings.NewReader(`{"request":{"method":"POST","url":"https://host/","bodySize":0,"postData":{"text":""}},"response":{"status":201,"content":{"size":0,"text":""}}}`))
	require.NoError(t, err)
	x = entries[0].Exchange
	assert.False(t, x.Request.BodyNotRecorded || x.Response.BodyNotRecorded, "bodies that were empty")
}

func TestStreamBrokenLinesCostThemselves(t *testing.T) {
	t.Parallel()
	entries, skipped, err := read(strings.NewReader(shipped + "\nno JSON\n{}\n[1]\n" + shipped + "\n"))
	require.NoError(t, err)
	require.Len(t, entries, 2)
	assert.Equal(t, 4, entries[1].Index)
	require.Len(t, skipped, 3)
	assert.EqualError(t, skipped[0], fmt.Sprintf("entry 1 (byte %d): the line is not valid JSON", len(shipped)+1))
	assert.Equal(t, int64(len(shipped)+1), skipped[0].Offset)

	entries, skipped, err = read(strings.NewReader(shipped + "\n" + shipped[:100]))
	require.EqualError(t, err, fmt.Sprintf("the file is cut off at byte %d, after 1 entry", len(shipped)+101))
	assert.Len(t, entries, 1)
	assert.Empty(t, skipped)
}

// A stream that grows gives each entry as soon as its line is there, and so does a recording.
func TestEntriesComeAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ before, entry, between, after string }{
		"stream":    {"", shipped, "\n", "\n"},
		"recording": {`{"log":{"version":"1.2","entries":[`, minimal, ",\n", "]}}"},
	} {
		r, w := io.Pipe()
		seen := make(chan int)
		go func() {
			io.WriteString(w, tc.before+tc.entry)
			if name == "stream" {
				io.WriteString(w, "\n")
			}
			for i := range 3 {
				assert.Equal(t, i, <-seen, "%s: before the next is written", name)
				if name == "stream" {
					io.WriteString(w, tc.entry+"\n")
				} else {
					io.WriteString(w, tc.between+tc.entry)
				}
			}
			assert.Equal(t, 3, <-seen, name)
			io.WriteString(w, tc.after)
			w.Close()
		}()
		for e, err := range har.Entries(r) {
			require.NoError(t, err, name)
			seen <- e.Index
		}
	}
}
