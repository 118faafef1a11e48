package proxy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"time"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/redact"
)

// NewTransport connects to the upstream. The roots are the certificate authorities to trust, nil for the system's. If the
// upstream does not begin to answer within the timeout, the client gets 504; 0 means that it waits as long as it likes.
func NewTransport(roots *x509.CertPool, timeout time.Duration) *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:       &tls.Config{RootCAs: roots},
		TLSHandshakeTimeout:   10 * time.Second,
		ForceAttemptHTTP2:     true,
		DisableCompression:    true, // what the client accepts, and how it is answered, is left to the two
		MaxIdleConnsPerHost:   256,
		IdleConnTimeout:       30 * time.Second, // less than servers have, so that few requests meet a closed connection
		ExpectContinueTimeout: time.Minute,      // the client decides when to send its body without being told to
		ResponseHeaderTimeout: timeout,
	}
}

// targetKey is the key of the request target, as the client sent it, in a context.
type targetKey struct{}

// bodyKey is the key of the request's body, as the client sends it, in a context.
type bodyKey struct{}

// target is a RoundTripper that sends the target byte for byte: package net/url would escape what it need not. It also
// tells whether an error came before there was a connection.
type target struct{ next http.RoundTripper }

func (t target) RoundTrip(r *http.Request) (*http.Response, error) {
	connected := false
	ctx := httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected = true }})
	out := r.WithContext(ctx)
	if raw, ok := r.Context().Value(targetKey{}).(string); ok && r.URL.RequestURI() != raw && strings.HasPrefix(raw, "/") && !strings.HasPrefix(raw, "//") {
		u := *r.URL
		u.Opaque, _, _ = strings.Cut(raw, "?")
		out.URL = &u
	}
	resp, err := t.next.RoundTrip(out)
	if err != nil && !connected {
		err = unreachable{err}
	}
	if resp != nil && resp.Request == out {
		resp.Request = r
	}
	return resp, err
}

// unreachable is an error that came before there was a connection to the upstream.
type unreachable struct{ error }

func (u unreachable) Unwrap() error { return u.error }

// failed answers a request to which the upstream did not. If the upstream broke the connection off, so does the proxy:
// the client sees what it would see without a proxy.
func (p *Proxy) failed(w http.ResponseWriter, r *http.Request, err error) {
	var (
		down    unreachable
		timeout net.Error
	)
	switch {
	case errors.Is(err, context.Canceled): // the client has left
	case errors.As(err, &down):
		readRest(w, r)
		p.problem(w, http.StatusBadGateway, fmt.Sprintf("%s cannot be reached: %v", p.Upstream.Redacted(), down.error), nil)
		return
	case errors.As(err, &timeout) && timeout.Timeout():
		readRest(w, r)
		p.problem(w, http.StatusGatewayTimeout, fmt.Sprintf("%s did not answer in time.", p.Upstream.Redacted()), nil)
		return
	default:
		p.Log.Printf("%s %s: no answer from %s: %v", r.Method, r.URL.EscapedPath(), p.Upstream.Redacted(), err)
	}
	panic(http.ErrAbortHandler)
}

// maxRest is how much of a body is read that nobody wants, before the connection is closed instead.
const maxRest = 8 << 20

// readRest reads the rest of a request's body: most clients read no answer before they have sent all.
func readRest(w http.ResponseWriter, r *http.Request) {
	body, ok := r.Context().Value(bodyKey{}).(io.Reader)
	if !ok || r.ContentLength == 0 {
		return
	}
	if _, err := io.CopyN(io.Discard, body, maxRest); err != io.EOF {
		w.Header().Set("Connection", "close")
	}
}

// problem answers as RFC 9457 says. The message is for clients of GitLab, which show it.
func (p *Proxy) problem(w http.ResponseWriter, status int, detail string, broken []contract.Finding) {
	detail = redact.Printable(p.Judge.Redactor.Redact(detail))
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_, _ = w.Write(problemBody(status, detail, broken))
}

func problemBody(status int, detail string, broken []contract.Finding) []byte {
	type violation struct {
		Rule     string `json:"rule"`
		Pointer  string `json:"pointer,omitempty"`
		Expected string `json:"expected"`
		Actual   string `json:"actual"`
	}
	body := struct {
		Title      string      `json:"title"`
		Status     int         `json:"status"`
		Detail     string      `json:"detail"`
		Message    string      `json:"message"`
		Violations []violation `json:"violations,omitempty"`
	}{Title: http.StatusText(status), Status: status, Detail: detail, Message: "glagents proxy: " + detail}
	for _, f := range broken {
		body.Violations = append(body.Violations, violation{f.Rule, f.Pointer, f.Expected, f.Actual})
	}
	text, _ := json.Marshal(body) // only texts and numbers, which have no error
	return append(text, '\n')
}

// buffers are what bodies are copied through.
type buffers struct{}

// bufferPool has buffers of the size that ReverseProxy uses.
var bufferPool = sync.Pool{New: func() any { return new([32 << 10]byte) }}

func (buffers) Get() []byte  { return bufferPool.Get().(*[32 << 10]byte)[:] }
func (buffers) Put(b []byte) { bufferPool.Put((*[32 << 10]byte)(b)) }
