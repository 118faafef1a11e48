package har_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/document"
	"example.com/gitlab-agents/contract/har"
	"example.com/gitlab-agents/contract/internal/racedetector"
)

// repeated is a HAR of any length that is never in memory: the recording's entries over and over.
func repeated(tb testing.TB, size int64) io.Reader {
	tb.Helper()
	data, err := os.ReadFile(recorded)
	require.NoError(tb, err)
	var whole struct {
		Log struct{ Entries []json.RawMessage }
	}
	require.NoError(tb, json.Unmarshal(data, &whole))
	var entries bytes.Buffer
	for _, e := range whole.Log.Entries {
		require.NoError(tb, json.Compact(&entries, e))
		entries.WriteByte(',')
	}
	return io.MultiReader(
		strings.NewReader(`{"log":{"version":"1.2","entries":[`),
		&loop{data: entries.Bytes(), left: size / int64(entries.Len())},
		strings.NewReader(minimal+`]}}`))
}

// loop reads data as often as left says.
type loop struct {
	data []byte
	left int64
	pos  int
}

func (l *loop) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, io.EOF
	}
	n := copy(p, l.data[l.pos:])
	if l.pos += n; l.pos == len(l.data) {
		l.pos, l.left = 0, l.left-1
	}
	return n, nil
}

// BenchmarkEntries reads a file, and holds it against the document, beside encoding/json, which reads it token by token.
func BenchmarkEntries(b *testing.B) {
	data, err := io.ReadAll(repeated(b, 20<<20))
	require.NoError(b, err)
	b.Run("har", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			for _, err := range har.Entries(bytes.NewReader(data)) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	doc, err := document.Load()
	require.NoError(b, err)
	b.Run("har and document", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			for e, err := range har.Entries(bytes.NewReader(data)) {
				if err != nil {
					b.Fatal(err)
				}
				doc.Check(e.Exchange)
			}
		}
	})
	b.Run("json.Decoder", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			d := json.NewDecoder(bytes.NewReader(data))
			for {
				if _, err := d.Token(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

// TestMemory reads a file that is far larger than what it may take of memory.
func TestMemory(t *testing.T) {
	racedetector.Skip(t)
	const size = 40 << 20
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n, peak := 0, uint64(0)
	for _, err := range har.Entries(repeated(t, size)) {
		require.NoError(t, err)
		if n++; n%1000 == 0 {
			runtime.ReadMemStats(&now)
			peak = max(peak, now.HeapAlloc)
		}
	}
	require.Greater(t, n, 10_000)
	require.Less(t, peak-min(before.HeapAlloc, peak), uint64(16<<20))
	t.Logf("%d entries, %d MB of heap", n, (peak-min(before.HeapAlloc, peak))>>20)
}
