package wire

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// DefaultLimit is how many bytes of a body a Recorder keeps unless told otherwise: far more than a page of a hundred
// agents takes (28 kB).
const DefaultLimit = 16 << 20

// Recorder is an [http.RoundTripper] that reports the exchanges that pass through it. Callers see what they would see without it:
// bodies stream, errors and connection reuse stay as they are.
//
// It is safe for concurrent use if what it wraps is.
type Recorder struct {
	next  http.RoundTripper
	limit int
	done  func(*Exchange)
}

// NewRecorder wraps next ([http.DefaultTransport] if nil). It calls done once for each exchange, as soon as the
// response body was read to its end, failed or was closed, or the request failed; a body that is never closed is never
// handed on. The call is made from the goroutine that reads, so done must not block, and must be safe for concurrent
// use if the transport is used so. Of each body at most limit bytes are kept (DefaultLimit if limit is 0).
func NewRecorder(next http.RoundTripper, limit int, done func(*Exchange)) *Recorder {
	if next == nil {
		next = http.DefaultTransport
	}
	if limit <= 0 {
		limit = DefaultLimit
	}
	return &Recorder{next: next, limit: limit, done: done}
}

// RoundTrip makes the request with the wrapped RoundTripper.
func (r *Recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	rec := &recording{
		x:    &Exchange{Request: asSent(req), Started: time.Now()},
		sent: requestBody{limit: r.limit},
		got:  buffer{limit: r.limit},
		done: r.done,
	}
	out := req
	if req.Body != nil && req.Body != http.NoBody {
		out = req.WithContext(req.Context()) // a copy: a RoundTripper leaves the request as it is
		rec.sent.open, rec.sent.length = req.GetBody, req.ContentLength
		if req.ContentLength == 0 { // with a body this means unknown
			rec.sent.length = -1
		}
		out.Body = rec.sent.record(req.Body)
		if req.GetBody != nil { // the transport sends the body again after it lost a kept-alive connection
			out.GetBody = func() (io.ReadCloser, error) {
				body, err := req.GetBody()
				if err != nil {
					return nil, err
				}
				return rec.sent.record(body), nil
			}
		}
	}

	resp, err := r.next.RoundTrip(out)
	if err != nil {
		rec.finish(err)
		return resp, err
	}
	if resp.Request == out {
		resp.Request = req
	}
	rec.x.Response = &Response{StatusCode: resp.StatusCode, Header: resp.Header.Clone()}
	rec.length = resp.ContentLength
	switch {
	case resp.Body == nil || resp.Body == http.NoBody:
		rec.ended = true
		rec.finish(nil)
	case resp.StatusCode == http.StatusSwitchingProtocols:
		// What follows is no body, and may never end. It is left to the caller, who may also write to it; a context does
		// not end it.
		rec.ended = true
		rec.finish(nil)
	default:
		resp.Body = &responseBody{ReadCloser: resp.Body, recording: rec}
	}
	return resp, nil
}

// asSent is the request as it goes out, without its body.
func asSent(req *http.Request) Request {
	u := *req.URL
	header := req.Header.Clone()
	if req.Host != "" && req.Host != u.Host {
		if header == nil {
			header = http.Header{}
		}
		header.Set("Host", req.Host)
	}
	method := req.Method
	if method == "" {
		method = http.MethodGet
	}
	return Request{Method: method, URL: &u, Header: header}
}

// recording is an exchange that is not over.
type recording struct {
	x      *Exchange
	sent   requestBody
	length int64 // of the response body, -1 if unknown
	done   func(*Exchange)

	mu       sync.Mutex
	got      buffer
	ended    bool // the response body was read to its end
	finished bool
}

// read takes down what the caller read of the response body.
func (rec *recording) read(p []byte, err error) {
	rec.mu.Lock()
	rec.got.write(p)
	if err == io.EOF {
		rec.ended, err = true, nil
	}
	over := rec.ended
	rec.mu.Unlock()
	if over || err != nil {
		rec.finish(err)
	}
}

// finish hands the exchange on, once.
func (rec *recording) finish(err error) {
	rec.mu.Lock()
	if rec.finished {
		rec.mu.Unlock()
		return
	}
	rec.finished = true
	x := rec.x
	x.Err = err
	x.Duration = time.Since(x.Started)
	if x.Response != nil {
		x.Response.Body = rec.got.bytes()
		x.Response.Truncated = err != nil || rec.got.full || !rec.whole()
		removeCoding(x, rec.got.limit)
	}
	rec.mu.Unlock()
	x.Request.Body, x.Request.Truncated = rec.sent.bytes()
	rec.done(x)
}

// whole says whether all of the response body was read. Callers often close a body without having seen its end, because
// they know where it is: by Content-Length, or because a JSON text was complete.
func (rec *recording) whole() bool {
	if rec.ended || int64(rec.got.n) == rec.length {
		return true
	}
	body := bytes.TrimLeft(rec.got.data, " \t\r\n")
	return len(body) > 0 && (body[0] == '{' || body[0] == '[') && json.Valid(body)
}

// responseBody is a response body that is taken down as it is read.
type responseBody struct {
	io.ReadCloser
	*recording
}

func (b *responseBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.recording.read(p[:n], err)
	return n, err
}

func (b *responseBody) Close() error {
	err := b.ReadCloser.Close()
	b.finish(nil)
	return err
}

// requestBody is what was sent as the request body. The transport may send it more than once, and may still be at it
// when the response is there already.
type requestBody struct {
	limit  int
	length int64                         // as the request says, -1 if unknown
	open   func() (io.ReadCloser, error) // the request's GetBody, or nil

	mu   sync.Mutex
	last *sending // the last time that it was sent; nil if there is no body
}

// sending is the request body being sent once.
type sending struct {
	io.ReadCloser
	body  *requestBody
	got   buffer
	ended bool
}

func (b *requestBody) record(body io.ReadCloser) io.ReadCloser {
	s := &sending{ReadCloser: body, body: b, got: buffer{limit: b.limit}}
	b.mu.Lock()
	b.last = s
	b.mu.Unlock()
	return s
}

func (s *sending) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	s.body.mu.Lock()
	s.got.write(p[:n])
	s.ended = s.ended || err == io.EOF
	s.body.mu.Unlock()
	return n, err
}

// bytes returns the body, and whether that is only a part. If the transport gave up before it had read the whole, the
// rest comes from GetBody: what was to be sent is what has to be judged and repeated.
func (b *requestBody) bytes() (body []byte, truncated bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch s := b.last; {
	case s == nil:
		return nil, false
	case s.ended || int64(s.got.n) == b.length:
		return s.got.bytes(), s.got.full
	case b.open != nil:
		whole, err := b.open()
		if err != nil {
			return s.got.bytes(), true
		}
		defer whole.Close()
		data, err := io.ReadAll(io.LimitReader(whole, int64(b.limit)+1))
		got := buffer{limit: b.limit}
		got.write(data)
		return got.bytes(), got.full || err != nil
	default:
		return s.got.bytes(), true
	}
}

// buffer keeps the first bytes that are written to it.
type buffer struct {
	limit int
	data  []byte
	n     int  // bytes written
	full  bool // more was written than kept
}

func (b *buffer) write(p []byte) {
	b.n += len(p)
	if room := b.limit - len(b.data); len(p) > room {
		p, b.full = p[:room], true
	}
	b.data = append(b.data, p...)
}

// bytes returns what was kept; nil if that is nothing.
func (b *buffer) bytes() []byte { return slices.Clip(b.data) }
