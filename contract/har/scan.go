package har

import (
	"errors"
	"fmt"
	"io"
)

// scanner walks over JSON of any length with one window of it in memory. It checks how values nest, and gives the bytes
// of those that matter.
type scanner struct {
	r      io.Reader
	window []byte
	pos    int   // the next byte, in window
	before int64 // bytes that came before window

	keeping bool
	from    int    // where in window the kept value goes on
	kept    []byte // what of it was in earlier windows
	limit   int    // the largest value that is kept
	tooBig  bool

	named []byte // the last name of a member
}

// maxDepth is how deep values may nest; encoding/json has the same limit.
const maxDepth = 10_000

// windowSize is how much of the file is read at once.
const windowSize = 64 << 10

func newScanner(r io.Reader) *scanner {
	return &scanner{r: r, window: make([]byte, 0, windowSize), limit: maxEntry}
}

// offset is the place of the next byte.
func (s *scanner) offset() int64 { return s.before + int64(s.pos) }

// fill reads the next window. At the end of the file it fails with io.ErrUnexpectedEOF.
func (s *scanner) fill() error {
	if s.keeping {
		s.keep()
		s.from = 0
	}
	s.before += int64(len(s.window))
	s.pos = 0
	s.window = s.window[:0]
	for range 100 {
		n, err := s.r.Read(s.window[:cap(s.window)])
		s.window = s.window[:n]
		switch {
		case n > 0:
			return nil // an error with it will come again
		case errors.Is(err, io.EOF):
			return io.ErrUnexpectedEOF
		case err != nil:
			return err
		}
	}
	return io.ErrNoProgress
}

// keep adds what the window has of the kept value.
func (s *scanner) keep() {
	part := s.window[s.from:s.pos]
	if s.tooBig || len(s.kept)+len(part) > s.limit {
		s.tooBig = true
		return
	}
	s.kept = append(s.kept, part...)
}

// peek is the next byte that is not white space.
func (s *scanner) peek() (byte, error) {
	for {
		for ; s.pos < len(s.window); s.pos++ {
			switch c := s.window[s.pos]; c {
			case ' ', '\t', '\r', '\n':
			default:
				return c, nil
			}
		}
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
}

// take consumes the next byte that is not white space, which has to be want.
func (s *scanner) take(want byte) error {
	c, err := s.peek()
	if err != nil {
		return err
	}
	if c != want {
		return s.unexpected(c, fmt.Sprintf("%q", want))
	}
	s.pos++
	return nil
}

func (s *scanner) unexpected(c byte, want string) error {
	return fmt.Errorf("%q where %s should be", c, want)
}

// skip consumes a value.
func (s *scanner) skip() error { return s.skipNested(0) }

func (s *scanner) skipNested(depth int) error {
	if depth > maxDepth {
		return errors.New("values nest too deep")
	}
	c, err := s.peek()
	if err != nil {
		return err
	}
	switch {
	case c == '{':
		return s.object(func([]byte) error { return s.skipNested(depth + 1) })
	case c == '[':
		return s.array(func() error { return s.skipNested(depth + 1) })
	case c == '"':
		return s.skipString()
	case c == '-' || '0' <= c && c <= '9' || c == 't' || c == 'f' || c == 'n':
		return s.skipLiteral()
	}
	return s.unexpected(c, "a value")
}

// skipString consumes a string.
func (s *scanner) skipString() error {
	if err := s.take('"'); err != nil {
		return err
	}
	escaped := false // the byte before the window begins an escape
	for {
		w, i := s.window, s.pos
		if escaped && i < len(w) {
			i++
			escaped = false
		}
		for i < len(w) {
			switch w[i] {
			case '"':
				s.pos = i + 1
				return nil
			case '\\':
				i++
			}
			i++
		}
		escaped = i > len(w) || escaped
		s.pos = len(w)
		if err := s.fill(); err != nil {
			return err
		}
	}
}

// skipLiteral consumes a number, true, false or null.
func (s *scanner) skipLiteral() error {
	for {
		for ; s.pos < len(s.window); s.pos++ {
			c := s.window[s.pos]
			if !('0' <= c && c <= '9' || 'a' <= c && c <= 'z' || c == '-' || c == '+' || c == '.' || c == 'E') {
				return nil
			}
		}
		if err := s.fill(); err != nil {
			return err
		}
	}
}

// object calls member for each member of an object, which has to consume its value. The name is as it stands in the
// file, good until the next one, and nil where only nesting matters.
func (s *scanner) object(member func(name []byte) error) error {
	if err := s.take('{'); err != nil {
		return err
	}
	return s.list('}', func() error {
		name, err := s.name()
		if err != nil {
			return err
		}
		if err := s.take(':'); err != nil {
			return err
		}
		return member(name)
	})
}

// array calls element for each element of an array, which has to consume it.
func (s *scanner) array(element func() error) error {
	if err := s.take('['); err != nil {
		return err
	}
	return s.list(']', element)
}

// list consumes items with commas between them, and the bracket that ends them.
func (s *scanner) list(end byte, item func() error) error {
	c, err := s.peek()
	if err != nil {
		return err
	}
	if c == end {
		s.pos++
		return nil
	}
	for {
		if err := item(); err != nil {
			return err
		}
		c, err := s.peek()
		if err != nil {
			return err
		}
		switch c {
		case end:
			s.pos++
			return nil
		case ',':
			s.pos++
		default:
			return s.unexpected(c, fmt.Sprintf("%q or %q", ',', end))
		}
	}
}

// name consumes the name of a member.
func (s *scanner) name() ([]byte, error) {
	c, err := s.peek()
	if err != nil {
		return nil, err
	}
	if c != '"' {
		return nil, s.unexpected(c, "a name")
	}
	if s.keeping {
		return nil, s.skipString()
	}
	raw, err := s.value()
	if err != nil || raw == nil {
		return nil, err
	}
	s.named = append(s.named[:0], raw[1:len(raw)-1]...) // what follows may be in another window
	return s.named, nil
}

// value consumes a value and gives its bytes, which are good until something else is consumed. It gives nil for a value
// larger than the limit.
func (s *scanner) value() ([]byte, error) {
	if _, err := s.peek(); err != nil {
		return nil, err
	}
	s.keeping, s.from, s.kept, s.tooBig = true, s.pos, s.kept[:0], false
	err := s.skip()
	s.keeping = false
	switch {
	case err != nil:
		return nil, err
	case len(s.kept) == 0 && !s.tooBig: // all of it is in this window
		return s.window[s.from:s.pos], nil
	}
	s.keep()
	if s.tooBig {
		return nil, nil
	}
	return s.kept, nil
}
