package contract

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"testing"
	"time"

	"example.com/gitlab-agents/contract/wire"
)

// Watcher judges every exchange of a client or a server while it goes about its business. What passes through is not
// changed. Probing rules are untested with it: it makes no requests of its own.
type Watcher struct {
	judge *Judge
	next  http.RoundTripper
}

// Watch wraps a client's transport ([http.DefaultTransport] if nil).
//
//	watcher, err := contract.Watch(nil, contract.JudgeOptions{})
//	client := &http.Client{Transport: watcher}
//	…
//	watcher.Check(t)
func Watch(next http.RoundTripper, options JudgeOptions) (*Watcher, error) {
	judge, err := options.judge(true)
	if err != nil {
		return nil, err
	}
	w := &Watcher{judge: judge}
	w.next = wire.NewRecorder(next, 0, func(x *wire.Exchange) { judge.Observe(x) })
	return w, nil
}

// RoundTrip makes a request with the wrapped transport. Its exchange is judged once the response body was read or
// closed.
func (w *Watcher) RoundTrip(r *http.Request) (*http.Response, error) { return w.next.RoundTrip(r) }

// WatchHandler wraps a server's handler. Of each request and response body up to [wire.DefaultLimit] bytes are kept in
// memory until they are judged.
func WatchHandler(next http.Handler, options JudgeOptions) (*Watcher, http.Handler, error) {
	judge, err := options.judge(true)
	if err != nil {
		return nil, nil, err
	}
	return &Watcher{judge: judge}, http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		x := &wire.Exchange{Request: wire.Request{Method: r.Method, URL: absolute(r), Header: r.Header.Clone()}, Started: time.Now()}
		sent := &keptRequest{ReadCloser: r.Body}
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = sent
		} else {
			sent.ended = true
		}
		kept := &keptResponse{ResponseWriter: out, head: r.Method == http.MethodHead}
		returned := false
		defer func() {
			x.Duration = time.Since(x.Started)
			x.Request.Body, x.Request.Truncated = sent.body.Bytes(), !sent.whole(r.ContentLength)
			switch {
			case kept.hijacked:
				return
			case returned:
				kept.noteHeader(http.StatusOK)
			case kept.status == 0: // it panicked, and net/http closes the connection without an answer
				x.Err = errors.New("the handler panicked")
			}
			if kept.status != 0 {
				x.Response = &wire.Response{
					StatusCode: kept.status, Header: kept.header, Body: kept.body.Bytes(),
					Truncated: kept.full || !returned,
				}
			}
			judge.Observe(x)
		}()
		next.ServeHTTP(kept, r)
		returned = true
	}), nil
}

// keptRequest keeps what a handler reads of a request body.
type keptRequest struct {
	io.ReadCloser
	body  bytes.Buffer
	ended bool
}

func (k *keptRequest) Read(p []byte) (int, error) {
	n, err := k.ReadCloser.Read(p)
	k.body.Write(p[:min(n, wire.DefaultLimit-k.body.Len())])
	k.ended = k.ended || err == io.EOF
	return n, err
}

// whole says whether the whole body was read and kept. Some handlers answer before they have read all.
func (k *keptRequest) whole(length int64) bool {
	if k.body.Len() == wire.DefaultLimit {
		return false
	}
	return k.ended || int64(k.body.Len()) == length
}

// absolute is the URL that a server was asked for, with scheme and host.
func absolute(r *http.Request) *url.URL {
	u := *r.URL
	u.Host = r.Host
	u.Scheme = "http"
	if r.TLS != nil {
		u.Scheme = "https"
	}
	return &u
}

// keptResponse keeps what a handler answers.
type keptResponse struct {
	http.ResponseWriter
	head     bool // the request is a HEAD, so that the server sends no body
	status   int
	header   http.Header
	body     bytes.Buffer
	full     bool // there was more than is kept
	hijacked bool
}

func (k *keptResponse) WriteHeader(status int) {
	if status >= 200 {
		k.noteHeader(status)
	}
	k.ResponseWriter.WriteHeader(status)
}

// noteHeader notes the status and the headers, once.
func (k *keptResponse) noteHeader(status int) {
	if k.status == 0 {
		k.status, k.header = status, k.Header().Clone()
	}
}

func (k *keptResponse) Write(p []byte) (int, error) {
	k.noteHeader(http.StatusOK)
	n, err := k.ResponseWriter.Write(p)
	if k.head {
		return n, err
	}
	if _, set := k.header["Content-Type"]; !set && k.header != nil && k.body.Len() == 0 && n > 0 {
		k.header.Set("Content-Type", http.DetectContentType(p)) // as net/http does
	}
	room := min(n, wire.DefaultLimit-k.body.Len())
	k.body.Write(p[:room])
	k.full = k.full || room < n
	return n, err
}

// Flush is for handlers that ask for an [http.Flusher].
func (k *keptResponse) Flush() {
	k.noteHeader(http.StatusOK)
	_ = http.NewResponseController(k.ResponseWriter).Flush()
}

// Hijack is for handlers that take the connection over. Theirs is no exchange that can be judged.
func (k *keptResponse) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(k.ResponseWriter).Hijack()
	k.hijacked = k.hijacked || err == nil
	return conn, buffered, err
}

// Unwrap lets http.ResponseController reach the server's own writer.
func (k *keptResponse) Unwrap() http.ResponseWriter { return k.ResponseWriter }

// Result is what was judged so far.
func (w *Watcher) Result() *Result { return w.judge.Result() }

// Check fails a test for each MUST that was found violated so far.
func (w *Watcher) Check(t testing.TB) {
	t.Helper()
	result := w.Result()
	for _, f := range result.Findings {
		if f.Outcome == Violation && f.Level == Must {
			t.Errorf("%s: %s", f.Rule, f)
		}
	}
	for _, rule := range result.Rules {
		if rule.Outcome == Error && rule.Reason.Text != "" {
			t.Errorf("%s: %s", rule.Rule.ID, rule.Reason.Text)
		}
	}
}
