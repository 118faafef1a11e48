// Package proxy is a reverse proxy that stands between clients and a GitLab. It passes everything through unchanged, and
// judges what belongs to the Agents API after it was delivered.
//
// [net/http/httputil.ReverseProxy] is the proxy. What is added here: targets, queries and headers stay as the client sent
// them; an answer that the upstream cuts off is cut off for the client too; exchanges wait for the judge in a buffer of
// limited size. If judging falls behind, exchanges are not judged, and counted; they are never held up.
package proxy

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/document"
	"example.com/gitlab-agents/contract/har"
	"example.com/gitlab-agents/contract/redact"
)

// Options say where to pass requests on to, and what to do with the exchanges.
type Options struct {
	Upstream  *url.URL          // the GitLab, with its relative root; only scheme and host are used, and the root is shown
	Transport http.RoundTripper // nil means NewTransport(nil, 0)
	Judge     contract.JudgeOptions

	// Enforce replaces a response that violates a MUST by 502 with a problem body. Responses of the eight operations are
	// then judged before they are delivered.
	Enforce bool

	Record *har.Writer            // gets each exchange that is judged; nil means none. The caller closes it
	Found  func(contract.Finding) // called with each finding as it comes, by one goroutine at a time
	Log    *log.Logger            // what net/http has to say, and faults of ours; nil means nowhere
	Buffer int                    // how many bytes of exchanges may wait for the judge; 0 means DefaultBuffer
}

// DefaultBuffer is how many bytes of exchanges may wait for the judge.
const DefaultBuffer = 64 << 20

// Proxy is an [http.Handler]. Close it to judge what is still waiting.
type Proxy struct {
	Options
	reverse  *httputil.ReverseProxy
	document *document.Document
	judging  *judging
}

// New makes a Proxy.
func New(o Options) (*Proxy, error) {
	if o.Upstream == nil || o.Upstream.Host == "" || o.Upstream.Scheme != "http" && o.Upstream.Scheme != "https" {
		return nil, errors.New("the upstream has to be a URL such as https://gitlab.example.com")
	}
	if o.Upstream.User != nil {
		return nil, errors.New("the upstream must not contain credentials: clients send their own")
	}
	if o.Transport == nil {
		o.Transport = NewTransport(nil, 0)
	}
	if o.Log == nil {
		o.Log = log.New(io.Discard, "", 0)
	}
	if o.Buffer == 0 {
		o.Buffer = DefaultBuffer
	}
	if o.Judge.Redactor == nil {
		o.Judge.Redactor = redact.New()
	}
	o.Judge.Live = true
	judge, err := contract.NewJudge(o.Judge)
	if err != nil {
		return nil, err
	}
	doc, err := document.Load()
	if err != nil {
		return nil, err
	}
	p := &Proxy{Options: o, document: doc}
	p.judging = startJudging(judge, p)
	p.reverse = &httputil.ReverseProxy{
		Rewrite:       p.rewrite,
		Transport:     recording{p, target{o.Transport}},
		FlushInterval: -1, // what has arrived is delivered
		ErrorHandler:  p.failed,
		ErrorLog:      o.Log,
		BufferPool:    buffers{},
	}
	return p, nil
}

// Server is a server for the proxy, with settings that leave unchanged what passes through.
func (p *Proxy) Server() *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Handler:                      p,
		Protocols:                    protocols,
		ReadHeaderTimeout:            time.Minute,
		DisableGeneralOptionsHandler: true, // OPTIONS * is for the upstream
		ErrorLog:                     p.Log,
	}
}

// ServeHTTP passes a request on, and its answer back.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.IsAbs() || r.Method == http.MethodConnect {
		p.problem(w, http.StatusBadRequest, "This is a reverse proxy. Use its URL as that of the GitLab, and not as HTTP_PROXY.", nil)
		return
	}
	if r.ContentLength != 0 { // the upstream may answer, and even go on, while the client is still sending
		_ = http.NewResponseController(w).EnableFullDuplex() // HTTP/2 has it anyway
	}
	p.judging.passing(1)
	defer p.judging.passing(-1)
	ctx := context.WithValue(r.Context(), targetKey{}, r.RequestURI)
	p.reverse.ServeHTTP(unchanged{w}, r.WithContext(context.WithValue(ctx, bodyKey{}, r.Body)))
	if r.ContentLength != 0 {
		_ = http.NewResponseController(w).Flush()
		finish(r.Body)
	}
}

// finish reads the rest of a body, if it is short; else the connection is closed afterwards. In full duplex, net/http panics if
// it comes to the end of a body only after the handler has returned.
func finish(body io.Closer) { _ = body.Close() }

// rewrite sends a request to the upstream, and undoes what ReverseProxy does for the sake of other upstreams.
func (p *Proxy) rewrite(r *httputil.ProxyRequest) {
	r.Out.URL.Scheme, r.Out.URL.Host = p.Upstream.Scheme, p.Upstream.Host
	r.Out.Host = ""                        // the upstream's
	r.Out.URL.RawQuery = r.In.URL.RawQuery // also what cannot be parsed
	r.Out.Trailer = r.In.Trailer           // its values come after the body
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
		if values, sent := r.In.Header[name]; sent {
			r.Out.Header[name] = values
		}
	}
}

// Result is what was judged, once all is judged that was delivered before. A client may have its answer a moment before it
// counts as delivered, so shut the server down before if no exchange may be missing.
func (p *Proxy) Result() *contract.Result {
	p.judging.settle()
	result := p.judging.judge.Result()
	result.Target = p.Upstream.String()
	return result
}

// Dropped is how many exchanges were delivered without being judged, because judging had fallen behind.
func (p *Proxy) Dropped() int { return p.judging.dropped() }

// Close judges what is waiting, and ends judging. It returns why the recording could not be written, if it could not.
// Requests that are still under way are not judged, so shut the server down before.
func (p *Proxy) Close() error { return p.judging.close() }

// unchanged is a ResponseWriter that adds no Date and no Content-Type of its own.
type unchanged struct{ http.ResponseWriter }

func (w unchanged) WriteHeader(status int) {
	if status >= 200 {
		for _, name := range []string{"Content-Type", "Date"} {
			if _, set := w.Header()[name]; !set {
				w.Header()[name] = nil
			}
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the server's own writer.
func (w unchanged) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Hijack takes the connection over for another protocol. ReverseProxy would lose what the client sent before the upstream
// had agreed to the protocol.
func (w unchanged) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if tcp, ok := conn.(*net.TCPConn); ok && err == nil {
		conn = hijacked{tcp, buffered.Reader}
	}
	return conn, buffered, err
}

// hijacked is a connection of which a part was read into a buffer.
type hijacked struct {
	*net.TCPConn
	buffered *bufio.Reader
}

func (h hijacked) Read(p []byte) (int, error) { return h.buffered.Read(p) }

// WriteTo keeps io.Copy from reading past the buffer.
func (h hijacked) WriteTo(w io.Writer) (int64, error) { return h.buffered.WriteTo(w) }
