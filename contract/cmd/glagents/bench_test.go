package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/internal/racedetector"
)

func none(string) (string, bool) { return "", false }

// BenchmarkVerify judges a recording beside encoding/json, which reads the same file token by token.
func BenchmarkVerify(b *testing.B) {
	path := filepath.Join(b.TempDir(), "traffic.har")
	f, err := os.Create(path)
	require.NoError(b, err)
	size, err := io.Copy(f, newTraffic(50<<20/roundSize))
	require.NoError(b, err)
	require.NoError(b, f.Close())

	b.Run("verify", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			if status := run(b.Context(), []string{"verify", path}, nil, io.Discard, os.Stderr, none); status != 0 {
				b.Fatal(status)
			}
		}
	})
	b.Run("json.Decoder", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			f, err := os.Open(path)
			require.NoError(b, err)
			for d := json.NewDecoder(f); ; {
				if _, err := d.Token(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					b.Fatal(err)
				}
			}
			f.Close()
		}
	})
}

// TestVerifyMemory judges a recording that is larger than what it may take of memory, from a pipe, so that nothing of it
// is anywhere but there.
func TestVerifyMemory(t *testing.T) {
	racedetector.Skip(t)
	done := make(chan uint64)
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		var peak uint64
		sample := time.NewTicker(10 * time.Millisecond)
		defer sample.Stop()
		for ctx.Err() == nil {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
			<-sample.C
		}
		done <- peak
	}()
	status := run(t.Context(), []string{"verify", "-"}, newTraffic(110<<20/roundSize), io.Discard, os.Stderr, none)
	stop()
	peak := <-done
	require.Zero(t, status)
	require.Less(t, peak, uint64(100<<20))
	t.Logf("%d MB of heap", peak>>20)
}
