package har

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
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

	mu      sync.Mutex
	w       io.Writer
	created *os.File // to close; nil if the writer is the caller's
	file    *os.File // created, if it can be whole after each entry; nil otherwise
	at      int64    // in file, where the next entry goes
	entries int
	err     error
}

// NewWriter returns a Writer that writes to w, and begins the file. It teaches redactor the secrets of each exchange, and
// removes all that redactor knows; nil means a redactor of its own. The version is that of the program that records.
//
// The file is whole after Close. If the program may be killed, use [Create].
func NewWriter(w io.Writer, redactor *redact.Redactor, version string) *Writer {
	if redactor == nil {
		redactor = redact.New()
	}
	writer := &Writer{w: w, redactor: redactor}
	writer.write(head(version))
	return writer
}

// Create makes a file, in place of one that is there already, and returns a Writer that writes to it. Only its owner may
// read the file.
//
// The file is whole after each Write, whatever becomes of the program: each entry is written together with the end of the
// file, in one call, over the end that was there before. If the system stops that call in the middle, the file is cut off
// in its last entry, and [Entries] reads all others. A pipe or a device is written as by NewWriter.
func Create(name string, redactor *redact.Redactor, version string) (*Writer, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	w := NewWriter(f, redactor, version)
	w.created = f
	if info.Mode().IsRegular() {
		w.file, w.at = f, int64(len(head(version)))
		w.put(nil)
	}
	if w.err != nil {
		f.Close()
		return nil, w.err
	}
	return w, nil
}

// head is what stands before the entries, and tail what stands behind them.
func head(version string) []byte {
	quoted, _ := json.Marshal(version) // a string has no error
	return []byte(headBegins + string(quoted) + `},"entries":[` + "\n")
}

const (
	headBegins = `{"log":{"version":"1.2","creator":{"name":"gitlab-agents","version":`
	tail       = "\n]}}\n"
)

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
	if w.entries > 0 {
		text = append([]byte(",\n"), text...)
	}
	if w.entries++; w.file != nil {
		w.put(text)
	} else {
		w.write(text)
	}
	return w.err
}

// Observe is Write for those who are told of exchanges one by one, such as an option Observe. Close says what failed.
func (w *Writer) Observe(x *wire.Exchange) { _ = w.Write(x) }

// Close ends the file. It closes what [Create] opened, and leaves the writer of [NewWriter] open.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.file == nil {
		w.write([]byte(tail))
	}
	err := w.err
	if w.created != nil {
		if failed := w.created.Close(); err == nil {
			err = failed
		}
		w.created = nil
	}
	if w.err == nil {
		w.err = errClosed
	}
	return err
}

// put writes text over the end of the file, and the end behind it, in one call.
func (w *Writer) put(text []byte) {
	if w.err != nil {
		return
	}
	if _, w.err = w.file.WriteAt(append(text, tail...), w.at); w.err == nil {
		w.at += int64(len(text))
	}
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
		Timings: fmt.Appendf(nil, `{"send":0,"wait":%g,"receive":0}`, ms),
		Request: request{
			Method:      w.redactor.Redact(x.Request.Method),
			URL:         w.url(x.Request.URL),
			HTTPVersion: "HTTP/1.1",
			Cookies:     []pair{}, // they are in the headers
			Headers:     w.requestHeader(&x.Request),
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
	e.FromCache = loose(w.redactor.Redact(x.FromCache))
	switch {
	case x.Request.BodyNotRecorded:
		e.Request.BodySize = -1
	case len(x.Request.Body) > 0 || x.Request.Truncated:
		p := &postData{
			MimeType: w.redactor.Redact(x.Request.Header.Get("Content-Type")), Params: []pair{},
			Truncated: x.Request.Truncated,
		}
		p.Text, p.Encoding, e.Request.BodySize = w.body(x.Request.Body)
		if int(e.Request.BodySize) != len(x.Request.Body) {
			announce(e.Request.Headers, len(x.Request.Body), int(e.Request.BodySize))
		}
		e.Request.PostData = p
	}
	if x.Err != nil {
		e.Response.Error = w.redactor.Redact(x.Err.Error())
	}
	if r := x.Response; r != nil {
		e.Response.Status = float64(r.StatusCode)
		e.Response.StatusText = http.StatusText(r.StatusCode)
		if !r.HeaderNotRecorded {
			e.Response.Headers = w.header(r.Header)
		}
		e.Response.RedirectURL = w.redactor.Redact(r.Header.Get("Location"))
		c := content{MimeType: w.redactor.Redact(r.Header.Get("Content-Type")), Truncated: r.Truncated}
		if r.BodyNotRecorded {
			c.Size = -1
		} else {
			var text string
			text, c.Encoding, c.Size = w.body(r.Body)
			c.Text = &text
			if int(c.Size) != len(r.Body) {
				announce(e.Response.Headers, len(r.Body), int(c.Size))
			}
		}
		e.Response.Content = c
	}
	return e
}

// url leaves out user information: it is secret or not needed.
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

// requestHeader is the header of a request. Each has a Host; so a list that is empty is one that is not recorded.
func (w *Writer) requestHeader(r *wire.Request) pairs {
	if r.HeaderNotRecorded {
		return pairs{}
	}
	list := w.header(r.Header)
	if r.Header.Get("Host") == "" {
		list = append(pairs{{Name: "Host", Value: w.redactor.Redact(r.URL.Host)}}, list...)
	}
	return list
}

// announce has Content-Length say how long a body is without its secrets, if it said how long it was. Otherwise readers
// take the body for one that breaks off.
func announce(headers pairs, was, is int) {
	for i := range headers {
		if headers[i].Name == "Content-Length" && headers[i].Value == strconv.Itoa(was) {
			headers[i].Value = strconv.Itoa(is)
		}
	}
}

func (w *Writer) header(h http.Header) pairs {
	pairs := pairs{}
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
