package har

import (
	"bytes"
	"context"
	"io"
	"os"
	"time"
)

// Follow returns a Reader of a file that grows, for [Entries]. At the end of the file it waits for more and looks again
// every interval, until the context is done; then it gives what is left, and ends.
//
// A recording that [Create] makes is followed too: its last bytes, which the next entry will overwrite, are held back.
func Follow(ctx context.Context, f *os.File, interval time.Duration) io.Reader {
	return &follower{ctx: ctx, f: f, interval: interval}
}

type follower struct {
	ctx      context.Context
	f        *os.File
	interval time.Duration
	at       int64
}

func (f *follower) Read(p []byte) (int, error) {
	for {
		done := f.ctx.Err() != nil // found out first: what was written until then is read
		n, err := f.f.ReadAt(p, f.at)
		if !done {
			n -= heldBack(p[:n], n == len(p))
		}
		f.at += int64(n)
		switch {
		case n > 0:
			return n, nil
		case err != nil && err != io.EOF:
			return 0, err
		case done:
			return 0, io.EOF
		}
		select {
		case <-f.ctx.Done():
		case <-time.After(f.interval):
		}
	}
}

// heldBack is how many bytes at the end of what was read may be overwritten: the end of a recording, or, where there is
// more to read, the beginning of it.
func heldBack(read []byte, more bool) int {
	if bytes.HasSuffix(read, []byte(tail)) {
		return len(tail)
	}
	for n := min(len(tail), len(read)) - 1; more && n > 0; n-- {
		if bytes.HasSuffix(read, []byte(tail[:n])) {
			return n
		}
	}
	return 0
}
