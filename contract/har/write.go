package har

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"example.com/gitlab-agents/contract/redact"
	"example.com/gitlab-agents/contract/wire"
)

// Writer writes a HAR 1.2 file entry by entry, without secrets. It is safe for concurrent use.
type Writer struct {
	redactor *redact.Redactor
	version  string

	mu      sync.Mutex
	w       io.Writer
	started bool
	err     error
}

// NewWriter returns a Writer that writes to w. It teaches redactor the secrets of each exchange, and removes all that
// redactor knows; nil means a redactor of its own. The version is that of the program that records.
func NewWriter(w io.Writer, redactor *redact.Redactor, version string) *Writer {
	if redactor == nil {
		redactor = redact.New()
	}
	return &Writer{w: w, redactor: redactor, version: version}
}

// errClosed is the error of a Write after Close.
var errClosed = errors.New("har: write after close")

// Write adds an exchange. After an error every further call fails with the same error.
func (w *Writer) Write(x *wire.Exchange) error {
	for _, secret := range wire.Secrets(x) {
		w.redactor.Learn(secret)
	}
	text, err := encode(w.entry(x))
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.started {
		w.write([]byte(",\n"))
	}
	w.start()
	w.write(text)
	return w.err
}

// Close ends the file, which is none before. It does not close the underlying writer.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.start()
	w.write([]byte("\n]}}\n"))
	err := w.err
	if w.err == nil {
		w.err = errClosed
	}
	return err
}

// start writes what stands before the entries, once.
func (w *Writer) start() {
	if w.started {
		return
	}
	w.started = true
	version, _ := json.Marshal(w.version) // a string has no error
	w.write([]byte(`{"log":{"version":"1.2","creator":{"name":"gitlab-agents","version":` + string(version) + `},"entries":[` + "\n"))
}

func (w *Writer) write(text []byte) {
	if w.err == nil {
		_, w.err = w.w.Write(text)
	}
}

func encode(e *entry) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(e)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// entry is an exchange without secrets, as it stands in a file.
func (w *Writer) entry(x *wire.Exchange) *entry {
	ms := float64(x.Duration) / float64(time.Millisecond)
	e := &entry{
		Started: x.Started.Format(time.RFC3339Nano),
		Time:    ms,
		Timings: timings{Wait: ms},
		Request: request{
			Method:      w.redactor.Redact(x.Request.Method),
			URL:         w.url(x.Request.URL),
			HTTPVersion: "HTTP/1.1",
			Cookies:     []pair{}, // they are in the headers
			Headers:     w.header(x.Request.Header),
			Query:       w.query(x.Request.URL),
			HeadersSize: -1,
		},
		Response: response{
			HTTPVersion: "HTTP/1.1",
			Cookies:     []pair{},
			Headers:     []pair{},
			HeadersSize: -1,
			BodySize:    -1,
		},
	}
	if len(x.Request.Body) > 0 || x.Request.Truncated {
		p := &postData{
			MimeType: w.redactor.Redact(x.Request.Header.Get("Content-Type")), Params: []pair{},
			Truncated: x.Request.Truncated,
		}
		p.Text, p.Encoding, e.Request.BodySize = w.body(x.Request.Body)
		e.Request.PostData = p
	}
	if x.Err != nil {
		e.Response.Error = w.redactor.Redact(x.Err.Error())
	}
	if r := x.Response; r != nil {
		e.Response.Status = float64(r.StatusCode)
		e.Response.StatusText = http.StatusText(r.StatusCode)
		e.Response.Headers = w.header(r.Header)
		e.Response.RedirectURL = w.redactor.Redact(r.Header.Get("Location"))
		c := content{MimeType: w.redactor.Redact(r.Header.Get("Content-Type")), Truncated: r.Truncated}
		var text string
		text, c.Encoding, c.Size = w.body(r.Body)
		if len(r.Body) > 0 || !r.Truncated {
			c.Text = &text
		}
		e.Response.Content = c
	}
	return e
}

// url leaves out user information, which is a secret or beside the point.
func (w *Writer) url(u *url.URL) string {
	without := *u
	without.User = nil
	return w.redactor.Redact(without.String())
}

func (w *Writer) query(u *url.URL) []pair {
	pairs := []pair{}
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		pairs = append(pairs, pair{Name: w.redactor.Redact(unescaped(name)), Value: w.redactor.Redact(unescaped(value))})
	}
	return pairs
}

// unescaped is s as it was before it was escaped for a query, or s if it can't have been.
func unescaped(s string) string {
	if u, err := url.QueryUnescape(s); err == nil {
		return u
	}
	return s
}

func (w *Writer) header(h http.Header) []pair {
	pairs := []pair{}
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			pairs = append(pairs, pair{Name: w.redactor.Redact(name), Value: w.redactor.Redact(value)})
		}
	}
	return pairs
}

// body is a body without secrets, as text if it is text, and its size in bytes.
func (w *Writer) body(b []byte) (text, encoding string, size float64) {
	b = w.redactor.RedactBytes(b)
	if utf8.Valid(b) {
		return string(b), "", float64(len(b))
	}
	return base64.StdEncoding.EncodeToString(b), "base64", float64(len(b))
}
