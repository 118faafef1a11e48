package redact

import (
	"bytes"
	"strings"
)

// ending is what a pattern that was found stands for, and so what else belongs to it.
type ending uint8

const (
	none        ending = iota
	exact              // a secret: nothing else
	encoded            // a secret in base64: the digit that it shares with what follows, and padding
	token              // the prefix of a token: what follows, if it is long enough
	tokenBase64        // the same in base64
	tokenHex           // the same in hexadecimal digits
)

// trie is a set of patterns, to which adding one costs no more than its length. The zero trie is the root of an empty
// one.
//
// A library such as coregx/ahocorasick does not do what is needed here: its automaton is built once for all patterns, and
// secrets are learned one by one; it compares bytes as they are, and each byte of a secret may be escaped in its own way;
// and it does not say whether a pattern may go on after the end of the text, which [Writer] has to know.
type trie struct {
	label    string // what leads here from the parent
	ending   ending // of the pattern that ends here; none if none does
	first    []byte // the first bytes of the children's labels
	children []*trie
}

func (t *trie) child(c byte) *trie {
	if i := bytes.IndexByte(t.first, c); i >= 0 {
		return t.children[i]
	}
	return nil
}

func (t *trie) adopt(child *trie) {
	t.first = append(t.first, child.label[0])
	t.children = append(t.children, child)
}

func (t *trie) add(pattern string, e ending) {
	for {
		next := t.child(pattern[0])
		if next == nil {
			t.adopt(&trie{label: pattern, ending: e})
			return
		}
		n := commonPrefix(next.label, pattern)
		if n < len(next.label) { // next becomes two: what is common, and what remains
			rest := *next
			rest.label = next.label[n:]
			*next = trie{label: next.label[:n]}
			next.adopt(&rest)
		}
		if n == len(pattern) {
			if next.ending == none {
				next.ending = e
			}
			return
		}
		t, pattern = next, pattern[n:]
	}
}

func commonPrefix(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

func (t *trie) has(pattern string) bool {
	for pattern != "" {
		if t = t.child(pattern[0]); t == nil || !strings.HasPrefix(pattern, t.label) {
			return false
		}
		pattern = pattern[len(t.label):]
	}
	return t.ending != none
}

// search looks for the longest pattern that begins at one place of a text. Each byte of a pattern may stand in the text
// as itself or escaped, whatever the others do.
type search struct {
	text []byte
	end  int  // where the longest one found ends; 0 if there is none
	open bool // the text ends before it is clear whether there is a longer one
}

// walk goes on from the k-th byte of t's label and the i-th of the text.
func (s *search) walk(t *trie, k, i int) {
	for {
		if k == len(t.label) {
			if t.ending != none {
				s.found(t.ending, i)
			}
			if len(t.children) == 0 {
				return
			}
		}
		if i == len(s.text) {
			s.open = true
			return
		}
		if isEscape(s.text[i]) {
			escaped, size, cut := unescape(s.text[i:])
			s.open = s.open || cut
			if size > 0 {
				s.walkBytes(t, k, escaped, i+size)
			}
		}
		if t, k = t.step(k, s.text[i]); t == nil {
			return
		}
		i++
	}
}

// walkBytes goes on with bytes that stood escaped in the text, which continues at i.
func (s *search) walkBytes(t *trie, k int, escaped string, i int) {
	for j := range len(escaped) {
		if t, k = t.step(k, escaped[j]); t == nil {
			return
		}
	}
	s.walk(t, k, i)
}

// step is where c leads from the k-th byte of t's label; nil if nowhere.
func (t *trie) step(k int, c byte) (*trie, int) {
	if k < len(t.label) {
		if t.label[k] != c {
			return nil, 0
		}
		return t, k + 1
	}
	return t.child(c), 1
}

// found takes down that a pattern ends at i.
func (s *search) found(e ending, i int) {
	switch e {
	case encoded:
		i, _ = s.run(i, 1, inBase64)
		i, _ = s.run(i, 2, isPadding)
	case token:
		i = s.random(i, minRandom, maxRandom, inToken)
	case tokenBase64:
		if i = s.random(i, minRandom*4/3, maxRandom*4/3, inBase64); i > 0 {
			i, _ = s.run(i, 2, isPadding)
		}
	case tokenHex:
		i = s.random(i, minRandom*2, maxRandom*2, inHex)
	}
	s.end = max(s.end, i)
}

func isPadding(c byte) bool { return c == '=' }

// run is where the bytes end that begin at i and are of a kind, and how many they are, at most n.
func (s *search) run(i, n int, kind func(byte) bool) (end, count int) {
	for ; count < n; count++ {
		if i >= len(s.text) {
			s.open = true
			break
		}
		c, size := s.text[i], 1
		if isEscape(c) && !kind(c) {
			escaped, escape, cut := unescape(s.text[i:])
			s.open = s.open || cut
			if len(escaped) != 1 {
				break
			}
			c, size = escaped[0], escape
		}
		if !kind(c) {
			break
		}
		i += size
	}
	return i, count
}

// random is where the run that begins at i ends; 0 if it has fewer than least bytes.
func (s *search) random(i, least, most int, kind func(byte) bool) int {
	end, count := s.run(i, most, kind)
	if count < least {
		return 0
	}
	return end
}
