package har_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/har"
)

// follow reads a file while write adds to it: each entry is there before the next is written.
func follow(t *testing.T, name string, write func(i int), end func()) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f, err := os.Open(name)
	require.NoError(t, err)
	defer f.Close()
	const entries = 4
	write(0)
	n := 0
	for e, err := range har.Entries(har.Follow(ctx, f, time.Millisecond)) {
		require.NoError(t, err)
		require.Equal(t, n, e.Index)
		assert.Equal(t, fmt.Sprint("[", n, "]"), string(e.Exchange.Response.Body))
		if n++; n < entries {
			write(n)
		} else {
			end()
			cancel()
		}
	}
	assert.Equal(t, entries, n)
}

func TestFollowARecording(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "x.har")
	w, err := har.Create(name, nil, "1.0")
	require.NoError(t, err)
	follow(t, name, func(i int) { require.NoError(t, w.Write(exchangeWith(t, fmt.Sprint("[", i, "]")))) }, func() { require.NoError(t, w.Close()) })
}

func TestFollowAStream(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "x.ndjson")
	f, err := os.Create(name)
	require.NoError(t, err)
	write := func(i int) {
		fmt.Fprintf(f, `{"request":{"method":"GET","url":"https://host/"},"response":{"status":200,"content":{"text":"[%d]"}}}`+"\n", i)
	}
	follow(t, name, write, func() { require.NoError(t, f.Close()) })
}

// Whatever the size of the pieces in which a recording is read, its end is held back only as long as it may change.
func TestFollowInPieces(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "x.har")
	w, err := har.Create(name, nil, "1.0")
	require.NoError(t, err)
	for i := range 3 {
		require.NoError(t, w.Write(exchangeWith(t, fmt.Sprint("[", i, "]"))))
	}
	require.NoError(t, w.Close())
	whole, err := os.ReadFile(name)
	require.NoError(t, err)
	for size := 7; size < 40; size++ {
		f, err := os.Open(name)
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		r := har.Follow(ctx, f, time.Millisecond)
		var got []byte
		piece := make([]byte, size)
		for len(got) < len(whole)-len("\n]}}\n") {
			n, err := r.Read(piece)
			require.NoError(t, err)
			got = append(got, piece[:n]...)
		}
		assert.Equal(t, string(whole[:len(got)]), string(got))
		cancel()
		for {
			n, err := r.Read(piece)
			got = append(got, piece[:n]...)
			if err != nil {
				break
			}
		}
		assert.Equal(t, string(whole), string(got), size)
		require.NoError(t, f.Close())
	}
}

// The end of a recording may be read while it is written over: it is then half of the old and half of the new.
func TestFollowReadsWhileTheEndIsWrittenOver(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "x.har")
	w, err := har.Create(name, nil, "1.0")
	require.NoError(t, err)
	require.NoError(t, w.Write(exchangeWith(t, "[0]")))
	require.NoError(t, w.Close())
	whole, err := os.ReadFile(name)
	require.NoError(t, err)
	before := whole[:len(whole)-len("\n]}}\n")]

	for _, end := range []string{",\n}}\n", ",]}}\n", "\n]}{\"", "\n"} {
		require.NoError(t, os.WriteFile(name, []byte(string(before)+end), 0o600))
		f, err := os.Open(name)
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		piece := make([]byte, 2*len(whole))
		n, err := har.Follow(ctx, f, time.Millisecond).Read(piece)
		require.NoError(t, err)
		assert.LessOrEqual(t, n, len(before), "%q was passed on", piece[min(n, len(before)):n])
		cancel()
		require.NoError(t, f.Close())
	}
}

// What may be written over is held back, and nothing else.
func TestFollowHoldsTheEndBack(t *testing.T) {
	t.Parallel()
	for text, end := range map[string]int{
		`{"log":{"entries":[`:                        0,
		`{"log":{"entries":[]}}`:                     3,
		"{\"log\":{\"entries\":[{}\n ] }\r\n } ":     10,
		"{\"log\":{\"entries\":[{\"a\":[{}]}\n]}}\n": 5,
		`{"log":{"entries":[{"a":[{}]},`:             0,
		`{"log":{"entries":[{"a":[]}`:                0,
		`{"log":{"entries":[{"a":{}}`:                0,
		`{"log":{"entries":[],"b":"x"}}`:             0,
		"{\"request\":{}}\n":                         0,
	} {
		name := filepath.Join(t.TempDir(), "x.har")
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		f, err := os.Open(name)
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		piece := make([]byte, 100)
		n, err := har.Follow(ctx, f, time.Millisecond).Read(piece)
		require.NoError(t, err)
		assert.Equal(t, text[:len(text)-end], string(piece[:n]))
		cancel()
		require.NoError(t, f.Close())
	}
}

func TestFollowAFileThatBecomesShorter(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "x.ndjson")
	require.NoError(t, os.WriteFile(name, []byte("{}\n{}\n"), 0o600))
	f, err := os.Open(name)
	require.NoError(t, err)
	defer f.Close()
	r := har.Follow(t.Context(), f, time.Millisecond)
	piece := make([]byte, 100)
	_, err = r.Read(piece)
	require.NoError(t, err)
	require.NoError(t, os.Truncate(name, 3))
	_, err = r.Read(piece)
	require.EqualError(t, err, "the file has become shorter while it was read")
}

// A recording is followed while it is written as fast as possible.
func TestFollowWhileARecordingIsWritten(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "x.har")
	w, err := har.Create(name, nil, "1.0")
	require.NoError(t, err)
	f, err := os.Open(name)
	require.NoError(t, err)
	defer f.Close()
	ctx, cancel := context.WithCancel(t.Context())
	const entries = 500
	go func() {
		defer cancel()
		for range entries {
			_ = w.Write(exchangeWith(t, "[]")) // Close says what failed
		}
		assert.NoError(t, w.Close())
	}()
	n := 0
	for _, err := range har.Entries(har.Follow(ctx, f, time.Microsecond)) {
		require.NoError(t, err)
		n++
	}
	assert.Equal(t, entries, n)
}
