// Package redact removes secrets from text: from everything that leaves the process, in every form in which a secret may
// be written. It also finds secrets by the names that they bear.
package redact

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"sync"
)

// Redacted stands where a secret stood.
const Redacted = "[redacted]"

// MinSecret is the length in bytes below which a secret is not learned: it would be found in ordinary text, and is
// guessed faster than read. GitLab's own are 20 bytes and longer.
const MinSecret = 6

// maxPattern is the length beyond which a secret is learned in pieces. It bounds the time that a text takes which looks
// like a secret everywhere.
const maxPattern = 1024

// Redactor removes secrets from text: those that it has learned, and everything that has the shape of a GitLab token
// (glpat-…, glagent-… and the like) whether learned or not.
//
// It finds a secret as it is, and in lower case; URL-encoded, wholly or in part; as JSON, a JSON pointer, a shell word,
// printf's format, HTML or XML have it; in base64, in both alphabets, padded or not, wherever it stands inside what was
// encoded (as in Basic authentication); and in hexadecimal digits. Of a secret in base64, the digit that holds its first
// bits and others before them may stay.
//
// What a Redactor has learned takes memory (about 1.5 kB for a secret of 50 bytes; nothing if the shape alone gives it
// away). Its methods may be called at the same time.
type Redactor struct {
	mu      sync.RWMutex
	learned patterns
}

// patterns are what is looked for.
type patterns struct {
	root  trie
	start [256]bool // whether a pattern may begin with the byte, escaped or not
}

func newPatterns() (p patterns) {
	for c := range 256 {
		p.start[c] = isEscape(byte(c))
	}
	return p
}

func (p *patterns) add(pattern string, e ending) {
	p.root.add(pattern, e)
	p.start[pattern[0]] = true
}

// tokens are the patterns of GitLab's tokens. Every Redactor looks for them, and none changes them.
var tokens = sync.OnceValue(func() *patterns {
	p := newPatterns()
	for _, prefix := range prefixes {
		p.add(prefix, token)
		for shift := range 3 {
			for _, digits := range base64Forms(prefix, shift) {
				p.add(digits, tokenBase64)
			}
		}
		p.add(hex.EncodeToString([]byte(prefix)), tokenHex)
		p.add(strings.ToUpper(hex.EncodeToString([]byte(prefix))), tokenHex)
	}
	return &p
})

// New returns a Redactor that has learned nothing.
func New() *Redactor { return &Redactor{learned: newPatterns()} }

// Learn makes a secret known. Space around it is no part of it; one shorter than MinSecret is ignored.
func (r *Redactor) Learn(secret string) {
	secret = strings.TrimSpace(secret)
	if len(secret) < MinSecret || isToken(secret) || strings.Contains(Redacted, strings.ToLower(secret)) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(secret) >= maxPattern+MinSecret {
		r.learn(secret[:maxPattern])
		secret = secret[maxPattern:]
	}
	r.learn(secret)
}

func (r *Redactor) learn(secret string) {
	if r.learned.root.has(secret) {
		return
	}
	secret = strings.Clone(secret) // it may be a small part of a large text
	for _, form := range textForms(secret) {
		r.learned.add(form, exact)
	}
	// What ignores case, such as a directive of Cache-Control, may be quoted in lower case.
	if lower := strings.ToLower(secret); lower != secret {
		for _, form := range textForms(lower) {
			r.learned.add(form, exact)
		}
	}
	for shift := range 3 {
		for _, digits := range base64Forms(secret, shift) {
			r.learned.add(digits, encoded)
		}
	}
	digits := hex.EncodeToString([]byte(secret))
	r.learned.add(digits, exact)
	r.learned.add(strings.ToUpper(digits), exact)
}

// textForms are the forms that a text has where a character may not stand as it is, as far as [unescape] does not know
// them: in JSON, in JSON inside JSON, between a shell's double quotes and in $'…', and, as it is and in JSON, in printf's
// format.
func textForms(secret string) []string {
	forms := []string{secret}
	if !strings.ContainsFunc(secret, func(r rune) bool { return r < ' ' || r > '~' || strings.ContainsRune("\"\\'$`!%", r) }) {
		return forms
	}
	inJSON := jsonForm(secret)
	for _, form := range []string{
		inJSON, jsonForm(inJSON), DoubleQuoted(secret), DoubleQuoted(inJSON), PrintfFormat(secret), PrintfFormat(inJSON),
		dollarQuoted(secret), dollarQuoted(inJSON),
	} {
		if !slices.Contains(forms, form) {
			forms = append(forms, form)
		}
	}
	return forms
}

func jsonForm(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(s) != nil { // a string has no error
		return s
	}
	return strings.Trim(b.String(), "\"\n")
}

// base64Forms are the base64 digits that a secret alone decides when shift bytes stand before it in their group of
// three, in the standard alphabet and, if that differs, in the one for URLs.
func base64Forms(secret string, shift int) []string {
	before := make([]byte, shift, shift+len(secret))
	digits := base64.RawStdEncoding.EncodeToString(append(before, secret...))
	first := (8*shift + 5) / 6
	last := 8 * (shift + len(secret)) / 6
	digits = digits[first:last]
	if url := urlAlphabet.Replace(digits); url != digits {
		return []string{digits, url}
	}
	return []string{digits}
}

var urlAlphabet = strings.NewReplacer("+", "-", "/", "_")

// Redact returns text without the secrets.
func (r *Redactor) Redact(text string) string {
	redacted := r.RedactBytes([]byte(text))
	if len(redacted) == len(text) && string(redacted) == text {
		return text
	}
	return string(redacted)
}

// RedactCut is Redact for a text with quotes that were cut short and end with an ellipsis. Where one ends with the beginning
// of a secret, that is left out.
func (r *Redactor) RedactCut(text string) string {
	quoted, rest, cut := strings.Cut(text, "…")
	if !cut {
		return r.Redact(text)
	}
	out, _, _ := r.redact(nil, []byte(quoted), 0, false)
	return string(out) + "…" + r.RedactCut(rest)
}

// RedactBytes returns text without the secrets, in new memory.
func (r *Redactor) RedactBytes(text []byte) []byte {
	out := make([]byte, 0, len(text))
	out, _, _ = r.redact(out, text, 0, true)
	return out
}

// redact appends text without the secrets to out. The first covered bytes belong to a secret that was removed before.
// Unless the text is final, it stops where a secret may begin that ends after the text; rest is where, and covered how
// many of the bytes from there on belong to a secret that was removed.
func (r *Redactor) redact(out, text []byte, covered int, final bool) (redacted []byte, rest, stillCovered int) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	known, learned := tokens(), &r.learned
	shown := 0 // before this everything is in out
	i := 0
	for ; i < len(text); i++ {
		c := text[i]
		if !known.start[c] && !learned.start[c] {
			continue
		}
		s := search{text: text}
		if known.start[c] {
			s.walk(&known.root, 0, i)
		}
		if learned.start[c] {
			s.walk(&learned.root, 0, i)
		}
		if s.open && !final {
			break
		}
		if s.end <= covered {
			continue
		}
		if i >= covered { // otherwise this secret and the one before overlap: they are one
			out = append(out, text[max(shown, covered):i]...)
			out = append(out, Redacted...)
			shown = i
		}
		covered = s.end
	}
	if from := max(shown, covered); from < i {
		out = append(out, text[from:i]...)
	}
	return out, i, max(covered-i, 0)
}

// Writer returns a Writer that passes on to w what is written to it, without the secrets.
func (r *Redactor) Writer(w io.Writer) *Writer { return &Writer{redactor: r, w: w} }

// Writer removes secrets from what passes through it, also those that come in pieces. It holds back the end of what was
// written as long as that may be the beginning of a secret; a text that ends with a line end is passed on whole, unless
// a secret has lines of its own. Its methods may be called at the same time.
type Writer struct {
	redactor *Redactor
	w        io.Writer

	mu      sync.Mutex
	held    []byte // not passed on yet
	covered int    // how many bytes of held belong to a secret that was removed
	out     []byte // reused
	err     error
}

// Write passes p on. It reports the length of p unless writing failed.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held = append(w.held, p...)
	if err := w.pass(false); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Flush passes on what is held back. A secret that comes in pieces before and after a Flush is not found.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pass(true)
}

func (w *Writer) pass(final bool) error {
	if w.err != nil {
		return w.err
	}
	var rest int
	w.out, rest, w.covered = w.redactor.redact(w.out[:0], w.held, w.covered, final)
	w.held = append(w.held[:0], w.held[rest:]...)
	if len(w.out) == 0 {
		return nil
	}
	_, w.err = w.w.Write(w.out)
	return w.err
}
