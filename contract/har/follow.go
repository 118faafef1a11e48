package har

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"regexp"
	"slices"
	"time"
)

// Follow returns a Reader of a regular file that grows, for [Entries]. At the end of the file it waits for more and looks again
// every interval, until the context is done; then it gives what is left, and ends.
//
// The next entry is written over what ends a HAR. So that is held back as long as nothing follows.
func Follow(ctx context.Context, f *os.File, interval time.Duration) io.Reader {
	return &follower{ctx: ctx, f: f, interval: interval}
}

type follower struct {
	ctx      context.Context
	f        *os.File
	interval time.Duration
	at       int64
	isHAR    bool   // and not a stream of entries
	isOurs   bool   // Create made it
	text     []byte // reused
}

func (f *follower) Read(p []byte) (int, error) {
	for {
		done := f.ctx.Err() != nil // found out first: what was written until then is read
		n, err := f.read(p, done)
		f.at += int64(n)
		switch {
		case n > 0:
			return n, nil
		case err != nil:
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

// read reads what will not change any more, or, if it is done, what there is.
func (f *follower) read(p []byte, done bool) (int, error) {
	// What is written while it is read may be half old and half new. So the size comes first: only the end that the file
	// had then can change.
	info, err := f.f.Stat()
	if err != nil {
		return 0, err
	}
	left := info.Size() - f.at
	if left < 0 {
		return 0, errors.New("the file has become shorter while it was read")
	}
	size := int(min(left, int64(len(p)+maxEnd))) // the end may begin in p and go on behind it
	f.text = slices.Grow(f.text[:0], size)[:size]
	n, err := f.f.ReadAt(f.text, f.at)
	if err != nil && err != io.EOF {
		return 0, err
	}
	text := f.text[:n]
	if f.at == 0 {
		f.isHAR, f.isOurs = beginsHAR.Match(text), beginsWith(f.f, headBegins)
	}
	keep := int64(n)
	switch {
	case done || !f.isHAR:
	case f.isOurs:
		keep = left - int64(len(tail))
	case keep == left:
		keep -= int64(endOf(text))
	default:
		keep -= maxEnd
	}
	return copy(p, text[:max(0, min(keep, int64(n)))]), nil
}

// beginsHAR is how a HAR begins.
var beginsHAR = regexp.MustCompile(`^\s*\{\s*"log"`)

func beginsWith(f *os.File, text string) bool {
	start := make([]byte, len(text))
	_, err := f.ReadAt(start, 0)
	return err == nil && string(start) == text
}

// harEnd are the characters at the end of a HAR, after its last entry.
const harEnd = "]} \t\r\n"

// maxEnd is how many of them there may be: far more than programs write.
const maxEnd = 64

// endOf is how many of the last bytes may be the end of a HAR: the list of entries, the log and the file are closed.
func endOf(text []byte) int {
	rest := bytes.TrimRight(text, harEnd)
	end := text[len(rest):]
	i := bytes.LastIndexByte(end, ']')
	if i < 0 || bytes.Count(end[i:], []byte("}")) != 2 {
		return 0
	}
	return len(text) - len(bytes.TrimRight(text[:len(rest)+i], " \t\r\n"))
}
