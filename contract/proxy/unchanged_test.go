package proxy_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/proxy"
)

// start runs a proxy until the test ends, and returns it and its URL.
func start(t testing.TB, o proxy.Options) (*running, string) {
	t.Helper()
	p, err := proxy.New(o)
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := p.Server()
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-served
		assert.NoError(t, p.Close())
	})
	return &running{p, server}, "http://" + listener.Addr().String()
}

// running is a proxy that serves. Clients may have an answer before the proxy has taken it up for judging, so what it came
// to is asked after the last request has ended. Then the proxy serves no more.
type running struct {
	*proxy.Proxy
	server *http.Server
}

func (r *running) Result() *contract.Result {
	_ = r.server.Shutdown(context.Background())
	return r.Proxy.Result()
}

func (r *running) Dropped() int {
	_ = r.server.Shutdown(context.Background())
	return r.Proxy.Dropped()
}

func parse(t testing.TB, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	require.NoError(t, err)
	return u
}

// odd is an upstream that does what upstreams do.
func odd(t *testing.T) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/echo/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		echo(w, r)
	})
	mux.HandleFunc("/compressed", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Type", "application/json")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, strings.Repeat(`{"a":1}`, 1000))
		_ = z.Close()
	})
	mux.HandleFunc("/bare", func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Content-Type"], w.Header()["Date"] = nil, nil
		_, _ = io.WriteString(w, "<html>no type, no date</html>")
	})
	mux.HandleFunc("/status/{status}", func(w http.ResponseWriter, r *http.Request) {
		var status int
		_, _ = fmt.Sscan(r.PathValue("status"), &status)
		w.Header().Set("ETag", `W/"1"`)
		w.Header().Add("Set-Cookie", "a=1")
		w.Header().Add("Set-Cookie", "b=2")
		w.WriteHeader(status)
	})
	mux.HandleFunc("/trailers", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "Checksum")
		_, _ = io.WriteString(w, "body")
		w.Header().Set("Checksum", "abc")
		w.Header().Set(http.TrailerPrefix+"Late", "not announced")
	})
	mux.HandleFunc("/hints", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusProcessing)
		w.Header().Del("Link")
		w.Header()["Date"] = nil
		_, _ = io.WriteString(w, "done")
	})
	mux.HandleFunc("/early", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		_, _ = io.WriteString(w, "too large")
	})
	mux.HandleFunc("/upgrade", func(w http.ResponseWriter, r *http.Request) {
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: shout\r\n\r\n")
		_ = rw.Flush()
		line, _ := rw.ReadString('\n')
		_, _ = rw.WriteString(strings.ToUpper(line))
		_ = rw.Flush()
	})
	raw := func(path, answer string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, answer)
			_ = conn.Close()
		})
	}
	raw("/closed", "")
	raw("/closed-in-head", "HTTP/1.1 200 OK\r\nContent-Le")
	raw("/closed-in-body", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789")
	raw("/closed-in-chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n0123\r\n")
	raw("/until-closed", "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the end")
	mux.HandleFunc("/reset", func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
	})
	return mux
}

// echo says what it was asked.
func echo(w io.Writer, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%s %s\nhost %s\nlength %d %v\n", r.Method, r.RequestURI, r.Host, r.ContentLength, r.TransferEncoding)
	var lines []string
	for name, values := range r.Header {
		if name == "Connection" { // is about one connection only
			continue
		}
		for _, value := range values {
			lines = append(lines, name+": "+value)
		}
	}
	slices.SortStableFunc(lines, func(a, b string) int {
		return strings.Compare(a[:strings.Index(a, ":")], b[:strings.Index(b, ":")])
	})
	fmt.Fprintf(w, "%s\nbody %d %x %v\ntrailer %v\n", strings.Join(lines, "\n"), len(body), sha256.Sum256(body), err, r.Trailer)
}

// exchange sends bytes and gives all that comes back until the server closes the connection. Headers are in order of
// their names, and without those that are about one connection only.
func exchange(t *testing.T, base, request string) string {
	t.Helper()
	host := strings.TrimPrefix(base, "http://")
	conn, err := net.Dial("tcp", host)
	require.NoError(t, err)
	defer conn.Close()
	go func() { _, _ = io.WriteString(conn, strings.ReplaceAll(request, "HOST", host)) }() // a server may answer before
	answer, err := io.ReadAll(conn)
	var reset *net.OpError
	if errors.As(err, &reset) {
		err = nil // whether the end of a connection that breaks is a reset depends on what was on its way
	}
	require.NoError(t, err)
	return normal(answer)
}

func normal(answer []byte) string {
	var b strings.Builder
	for {
		head, rest, more := bytes.Cut(answer, []byte("\r\n\r\n"))
		if !more && bytes.HasPrefix(head, []byte("HTTP/")) {
			return b.String() // half a head is no answer, and a proxy passes heads on as a whole
		}
		if !more || !bytes.HasPrefix(head, []byte("HTTP/")) {
			b.Write(answer)
			return b.String()
		}
		lines := strings.Split(string(head), "\r\n")
		status, headers := strings.Replace(lines[0], "HTTP/1.0", "HTTP/1.1", 1), lines[1:]
		headers = slices.DeleteFunc(headers, func(line string) bool {
			name, _, _ := strings.Cut(line, ":")
			return name == "Connection" && !strings.Contains(line, "Upgrade") || name == "Date"
		})
		slices.SortStableFunc(headers, func(a, b string) int {
			return strings.Compare(a[:strings.Index(a, ":")], b[:strings.Index(b, ":")])
		})
		fmt.Fprintf(&b, "%s\n%s\n\n", status, strings.Join(headers, "\n"))
		answer = rest
	}
}

// What a client sees through the proxy is what it sees without.
func TestUnchanged(t *testing.T) {
	t.Parallel()
	upstream := httptest.NewServer(odd(t))
	t.Cleanup(upstream.Close)
	_, base := start(t, proxy.Options{Upstream: parse(t, upstream.URL)})
	_, enforcing := start(t, proxy.Options{Upstream: parse(t, upstream.URL), Enforce: true})

	const end = "Host: HOST\r\nConnection: close\r\n"
	for name, request := range map[string]string{
		"a target that net/url would escape": "GET /echo/a%2fb/%7Ex/{y}/'z'|?q=a;b&%zz=%ZZ&c=\"d\"&& HTTP/1.1\r\n" + end + "\r\n",
		"a target that net/url would decode": "GET /echo/%61%2F..%2f%2e/c?%61=1#not-cut HTTP/1.1\r\n" + end + "\r\n",
		"headers that come more than once":   "GET /echo/ HTTP/1.1\r\n" + end + "X-A: 1\r\nX-A: 2\r\nCookie: a=1; b=2\r\nAccept: */*\r\n\r\n",
		"headers of proxies before":          "GET /echo/ HTTP/1.1\r\n" + end + "Forwarded: for=192.0.2.1\r\nX-Forwarded-For: 192.0.2.1, 192.0.2.2\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: gitlab.example.com\r\nVia: 1.1 one\r\n\r\n",
		"a part of a file":                   "GET /echo/ HTTP/1.1\r\n" + end + "Range: bytes=0-9\r\nIf-Range: \"x\"\r\nIf-None-Match: W/\"1\"\r\nAccept-Encoding: br, gzip;q=0.5\r\nTE: trailers\r\nUser-Agent: a/1\r\n\r\n",
		"a method of WebDAV":                 "PROPFIND /echo/ HTTP/1.1\r\n" + end + "Depth: 1\r\n\r\n",
		"OPTIONS of the server":              "OPTIONS * HTTP/1.1\r\n" + end + "\r\n",
		"a body with a length":               "POST /echo/ HTTP/1.1\r\n" + end + "Content-Length: 5\r\n\r\nhello",
		"a body of no bytes":                 "POST /echo/ HTTP/1.1\r\n" + end + "Content-Length: 0\r\n\r\n",
		"a body in chunks with trailers":     "POST /echo/ HTTP/1.1\r\n" + end + "Transfer-Encoding: chunked\r\nTrailer: Checksum\r\n\r\n5\r\nhello\r\n0\r\nChecksum: abc\r\n\r\n",
		"a large body":                       "PUT /echo/ HTTP/1.1\r\n" + end + "Content-Length: 3000000\r\n\r\n" + strings.Repeat("x", 3000000),
		"Expect: 100-continue":               "POST /echo/ HTTP/1.1\r\n" + end + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
		"Expect: 100-continue, refused":      "POST /early HTTP/1.1\r\n" + end + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n",
		"an early answer to a large body":    "PUT /early HTTP/1.1\r\n" + end + "Content-Length: 8000000\r\n\r\n" + strings.Repeat("x", 8000000),
		"a compressed answer":                "GET /compressed HTTP/1.1\r\n" + end + "Accept-Encoding: gzip\r\n\r\n",
		"an answer without type and date":    "GET /bare HTTP/1.1\r\n" + end + "\r\n",
		"HEAD":                               "HEAD /bare HTTP/1.1\r\n" + end + "\r\n",
		"204":                                "GET /status/204 HTTP/1.1\r\n" + end + "\r\n",
		"304":                                "GET /status/304 HTTP/1.1\r\n" + end + "\r\n",
		"500 without a body":                 "GET /status/500 HTTP/1.1\r\n" + end + "\r\n",
		"a status that is unknown":           "GET /status/599 HTTP/1.1\r\n" + end + "\r\n",
		"trailers of an answer":              "GET /trailers HTTP/1.1\r\n" + end + "TE: trailers\r\n\r\n",
		"answers before the answer":          "GET /hints HTTP/1.1\r\n" + end + "\r\n",
		"another protocol":                   "GET /upgrade HTTP/1.1\r\nHost: HOST\r\nConnection: Upgrade\r\nUpgrade: shout\r\n\r\nhello\n",
		"no answer":                          "GET /closed HTTP/1.1\r\n" + end + "\r\n",
		"a reset":                            "GET /reset HTTP/1.1\r\n" + end + "\r\n",
		"half a head":                        "GET /closed-in-head HTTP/1.1\r\n" + end + "\r\n",
		"half a body":                        "GET /closed-in-body HTTP/1.1\r\n" + end + "\r\n",
		"half a body in chunks":              "GET /closed-in-chunk HTTP/1.1\r\n" + end + "\r\n",
		"an answer of HTTP/1.0":              "GET /until-closed HTTP/1.0\r\nHost: HOST\r\n\r\n",
		"a request of HTTP/1.0":              "GET /echo/ HTTP/1.0\r\nHost: HOST\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			direct := exchange(t, upstream.URL, request)
			assert.Equal(t, direct, exchange(t, base, request))
			assert.Equal(t, direct, exchange(t, enforcing, request))
		})
	}
}

// What the upstream has sent is there before it goes on, and it learns that the client has left.
func TestStall(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/stall", "/api/v4/projects/20/cluster_agents"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			left := make(chan struct{})
			upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.WriteString(w, "[ half")
				_ = http.NewResponseController(w).Flush()
				<-r.Context().Done()
				close(left)
			}))
			t.Cleanup(upstream.Close)
			_, base := start(t, proxy.Options{Upstream: parse(t, upstream.URL)})
			response, err := http.Get(base + path)
			require.NoError(t, err)
			half := make([]byte, 6)
			_, err = io.ReadFull(response.Body, half)
			require.NoError(t, err)
			assert.Equal(t, "[ half", string(half))
			response.Body.Close()
			<-left
		})
	}
}

// HTTP/2 without encryption to the proxy, and with it to the upstream.
func TestHTTP2(t *testing.T) {
	t.Parallel()
	upstream := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "Checksum")
		fmt.Fprintln(w, r.Proto)
		echo(w, r)
		w.Header().Set("Checksum", "abc")
	}))
	upstream.EnableHTTP2 = true
	upstream.StartTLS()
	t.Cleanup(upstream.Close)
	trusted := upstream.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	_, base := start(t, proxy.Options{Upstream: parse(t, upstream.URL), Transport: proxy.NewTransport(trusted, 0)})
	_, untrusting := start(t, proxy.Options{Upstream: parse(t, upstream.URL)})

	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	client := &http.Client{Transport: &http.Transport{Protocols: protocols}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/a%2fb?x=%zz", strings.NewReader("hello"))
	require.NoError(t, err)
	response, err := client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	assert.Equal(t, "HTTP/2.0", response.Proto)
	assert.Contains(t, string(body), "HTTP/2.0\nPOST /a%2fb?x=%zz\n")
	assert.Contains(t, string(body), "body 5 ")
	assert.Equal(t, "abc", response.Trailer.Get("Checksum"))

	refused, err := http.Get(untrusting + "/")
	require.NoError(t, err)
	defer refused.Body.Close()
	text, err := io.ReadAll(refused.Body)
	require.NoError(t, err)
	assert.Equal(t, 502, refused.StatusCode)
	assert.Contains(t, string(text), "certificate signed by unknown authority")
}

// Many requests over one connection stay apart.
func TestKeepAlive(t *testing.T) {
	t.Parallel()
	upstream := httptest.NewServer(odd(t))
	t.Cleanup(upstream.Close)
	_, base := start(t, proxy.Options{Upstream: parse(t, upstream.URL)})
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	in := bufio.NewReader(conn)
	for i := range 20 {
		fmt.Fprintf(conn, "POST /echo/%d HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", i, i, strings.Repeat("x", i))
		response, err := http.ReadResponse(in, nil)
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		assert.Contains(t, string(body), fmt.Sprintf("POST /echo/%d\n", i))
		assert.Contains(t, string(body), fmt.Sprintf("body %d ", i))
	}
}
