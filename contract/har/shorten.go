package har

import (
	"bytes"
	"fmt"
	"io"
	"slices"
)

// maxEntry is how large an entry may be, and maxText how long a text in it: the rest is left out. The answers of the
// Agents API have at most some 100 kB; browsers save films too.
const (
	maxText  = 4 << 20
	maxEntry = 8 * maxText
)

// maxEscape is how long an escape is at most.
const maxEscape = len(`\u0000`)

// shortener passes JSON on with its longest strings shortened. jsontext has each string whole in memory, so a film in a
// recording would take twice its size.
type shortener struct {
	r io.Reader

	inString bool
	inEscape int // bytes of an escape that are still to come, at most
	length   int // of the string so far
	dropping bool

	failed  error // what reading failed with, other than the end
	passed  int64 // bytes passed on
	started int64 // of them before this entry
	cuts    []cut
}

// cut says how many bytes were left out before a place in what was passed on.
type cut struct{ at, dropped int64 }

// offset is the place in the file of a place in what was passed on.
func (s *shortener) offset(at int64) int64 {
	for _, c := range slices.Backward(s.cuts) {
		if c.at <= at {
			return at + c.dropped
		}
	}
	return at
}

// wasCut says whether anything was left out between two places in what was passed on.
func (s *shortener) wasCut(from, to int64) bool {
	return slices.ContainsFunc(s.cuts, func(c cut) bool { return from <= c.at && c.at <= to })
}

// begin says that an entry begins.
func (s *shortener) begin(at int64) { s.started = at }

func (s *shortener) Read(p []byte) (int, error) {
	if s.passed-s.started > maxEntry {
		s.failed = fmt.Errorf("an entry is larger than %d MiB", maxEntry>>20)
		return 0, s.failed
	}
	for {
		n, err := s.r.Read(p)
		if err != nil && err != io.EOF {
			s.failed = err
		}
		kept := s.shorten(p[:n])
		s.passed += int64(kept)
		if kept > 0 || n == 0 || err != nil {
			return kept, err
		}
	}
}

// shorten moves what is passed on to the front of p, and says how much that is.
func (s *shortener) shorten(p []byte) (kept int) {
	for i := 0; i < len(p); i++ {
		if n := s.passes(p[i:]); n > 0 {
			kept += copy(p[kept:], p[i:i+n])
			s.length += n
			i += n - 1
			continue
		}
		c := p[i]
		switch {
		case !s.inString:
			s.inString, s.length, s.dropping, s.inEscape = c == '"', 0, false, 0
		case s.inEscape > 0:
			s.inEscape--
			if s.inEscape == 4 && c != 'u' { // a short escape
				s.inEscape = 0
			}
		case c == '"':
			s.inString = false
			s.dropping = false
		default:
			s.dropping = s.dropping || s.length >= maxText // never inside an escape
			if c == '\\' {
				s.inEscape = 5
			}
		}
		if s.dropping {
			s.drop(int64(kept))
			continue
		}
		s.length++
		p[kept] = c
		kept++
	}
	return kept
}

// passes is how many bytes at the front of p are passed on as they are: what stands between strings, and what stands in a
// string that is not too long yet, up to its end.
func (s *shortener) passes(p []byte) int {
	if !s.inString {
		if n := bytes.IndexByte(p, '"'); n >= 0 {
			return n
		}
		return len(p)
	}
	if s.inEscape > 0 {
		return 0
	}
	p = p[:max(0, min(len(p), maxText-maxEscape-s.length))] // so that the end of an escape is passed on, too
	n := 0
	for n < len(p) && p[n] != '"' {
		if p[n] == '\\' {
			if n+1 == len(p) {
				return n
			}
			n++
		}
		n++
	}
	return n
}

// drop counts a byte that is left out, which stood before the byte at kept in what is being passed on.
func (s *shortener) drop(kept int64) {
	at := s.passed + kept
	last := len(s.cuts) - 1
	switch {
	case last >= 0 && s.cuts[last].at == at:
		s.cuts[last].dropped++
	case last >= 0:
		s.cuts = append(s.cuts, cut{at, s.cuts[last].dropped + 1})
	default:
		s.cuts = append(s.cuts, cut{at, 1})
	}
}
