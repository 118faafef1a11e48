package wire

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// RecordHandler wraps a server's handler, and calls done once for each exchange, when the handler has returned or
// panicked. The call is made from the request's goroutine, so done must be safe for concurrent use. Of each body at most
// limit bytes are kept (DefaultLimit if limit is 0). Connections that the handler takes over are left out.
func RecordHandler(next http.Handler, limit int, done func(*Exchange)) http.Handler {
	if limit <= 0 {
		limit = DefaultLimit
	}
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		x := &Exchange{Request: Request{Method: r.Method, URL: absolute(r), Header: r.Header.Clone()}, Started: time.Now()}
		sent := &keptRequest{ReadCloser: r.Body, limit: limit}
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = sent
		} else {
			sent.ended = true
		}
		kept := &keptResponse{ResponseWriter: out, limit: limit, head: r.Method == http.MethodHead}
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
				x.Response = &Response{
					StatusCode: kept.status, Header: kept.header, Body: kept.body.Bytes(),
					Truncated: kept.full || !returned,
				}
			}
			done(x)
		}()
		next.ServeHTTP(kept, r)
		returned = true
	})
}

// keptRequest keeps what a handler reads of a request body.
type keptRequest struct {
	io.ReadCloser
	limit int
	body  bytes.Buffer
	ended bool
}

func (k *keptRequest) Read(p []byte) (int, error) {
	n, err := k.ReadCloser.Read(p)
	k.body.Write(p[:min(n, k.limit-k.body.Len())])
	k.ended = k.ended || err == io.EOF
	return n, err
}

// whole says whether the whole body was read and kept. Some handlers answer before they have read all.
func (k *keptRequest) whole(length int64) bool {
	if k.body.Len() == k.limit {
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
	limit    int
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
	room := min(n, k.limit-k.body.Len())
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
