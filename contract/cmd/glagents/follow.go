package main

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

// following reads a file that is being written, and waits for more at its end until the context is done.
//
// What ends a HAR is written over by the next entry. So it is held back as long as nothing follows.
type following struct {
	ctx  context.Context
	file *os.File
	at   int64
	look time.Duration // how long to wait before looking again

	isHAR bool   // and not a stream of entries
	ahead []byte // reused
}

// beginsHAR is how a HAR begins.
var beginsHAR = regexp.MustCompile(`^\s*\{\s*"log"`)

// harEnd are the characters at the end of a HAR, after its last entry.
const harEnd = "]} \t\r\n"

// maxEnd is how many of them there may be: far more than programs write.
const maxEnd = 64

func (f *following) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		n, err := f.more(p)
		if n > 0 || err != nil {
			return n, err
		}
		select {
		case <-f.ctx.Done():
			n, err := f.file.ReadAt(p, f.at) // with what was held back
			f.at += int64(n)
			return n, err
		case <-time.After(f.look):
		}
	}
}

// more reads what is there, without the end of a HAR.
func (f *following) more(p []byte) (int, error) {
	info, err := f.file.Stat()
	if err != nil {
		return 0, err
	}
	if info.Size() < f.at {
		return 0, errors.New("the file has become shorter while it was read")
	}
	f.ahead = slices.Grow(f.ahead[:0], len(p)+maxEnd)[:len(p)+maxEnd] // the end may begin in p and go on behind it
	n, err := f.file.ReadAt(f.ahead, f.at)
	if err != nil && err != io.EOF {
		return 0, err
	}
	text := f.ahead[:n]
	if f.at == 0 {
		f.isHAR = beginsHAR.Match(text)
	}
	keep := n
	switch {
	case !f.isHAR:
	case err == io.EOF:
		keep -= endOf(text)
	default:
		keep -= maxEnd
	}
	keep = min(keep, len(p))
	f.at += int64(copy(p, text[:keep]))
	return keep, nil
}

// endOf is how many of the last bytes may be the end of a HAR: the list of entries, the log and the
// file are closed.
func endOf(text []byte) int {
	rest := bytes.TrimRight(text, harEnd)
	end := text[len(rest):]
	i := bytes.LastIndexByte(end, ']')
	if i < 0 || bytes.Count(end[i:], []byte("}")) != 2 {
		return 0
	}
	return len(text) - len(bytes.TrimRight(text[:len(rest)+i], " \t\r\n"))
}
