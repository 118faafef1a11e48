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
	ours     bool // Create made the file
}

func (f *follower) Read(p []byte) (int, error) {
	read := make([]byte, len(p)+len(tail))
	for {
		done := f.ctx.Err() != nil // found out first: what was written until then is read
		if f.at == 0 {
			f.ours = beginsWith(f.f, headBegins)
		}
		n, err := f.f.ReadAt(read, f.at)
		if !done {
			n -= f.heldBack(read[:n])
		}
		n = copy(p, read[:n])
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

// heldBack is how many bytes at the end of what was read may be overwritten. In a recording of ours that is so whatever they
// are: they may be overwritten while they are read, and then be of both.
func (f *follower) heldBack(read []byte) int {
	if f.ours || bytes.HasSuffix(read, []byte(tail)) {
		return min(len(read), len(tail))
	}
	return 0
}

func beginsWith(f *os.File, text string) bool {
	start := make([]byte, len(text))
	_, err := f.ReadAt(start, 0)
	return err == nil && string(start) == text
}
