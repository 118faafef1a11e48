package wire_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/wire"
)

// record starts a server, and returns a client that is recorded and the exchanges that were handed on so far.
func record(t *testing.T, limit int, handler http.HandlerFunc) (client *http.Client, url string, exchanges func() []*wire.Exchange) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	var mu sync.Mutex
	var seen []*wire.Exchange
	recorder := wire.NewRecorder(server.Client().Transport, limit, func(x *wire.Exchange) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, x)
	})
	return &http.Client{Transport: recorder}, server.URL, func() []*wire.Exchange {
		mu.Lock()
		defer mu.Unlock()
		return append([]*wire.Exchange(nil), seen...)
	}
}

func TestRecorder(t *testing.T) {
	t.Parallel()
	client, url, exchanges := record(t, 0, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Request-Id", "abc")
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, "got %s", body)
	})

	req, err := http.NewRequest(http.MethodPost, url+"/a%2Fb?c=d", strings.NewReader("sent"))
	require.NoError(t, err)
	req.Header.Set("PRIVATE-TOKEN", "secret")
	req.Host = "gitlab.example.com"
	resp, err := client.Do(req)
	require.NoError(t, err)
	assert.Same(t, req, resp.Request)
	assert.Empty(t, exchanges(), "handed on before the body was read")
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, "got sent", string(body))

	require.Len(t, exchanges(), 1)
	x := exchanges()[0]
	assert.Equal(t, "POST", x.Request.Method)
	assert.Equal(t, "/a%2Fb", x.Request.URL.EscapedPath())
	assert.Equal(t, "c=d", x.Request.URL.RawQuery)
	assert.Equal(t, "secret", x.Request.Header.Get("PRIVATE-TOKEN"))
	assert.Equal(t, "gitlab.example.com", x.Request.Header.Get("Host"))
	assert.Equal(t, "sent", string(x.Request.Body))
	assert.False(t, x.Request.Truncated)
	assert.Equal(t, 201, x.Response.StatusCode)
	assert.Equal(t, "abc", x.Response.Header.Get("X-Request-Id"))
	assert.Equal(t, "got sent", string(x.Response.Body))
	assert.False(t, x.Response.Truncated)
	assert.NoError(t, x.Err)
	assert.False(t, x.Started.IsZero())
	assert.Empty(t, req.Header.Get("Host"), "the caller's request was changed")
}

func TestRecorderWithoutBody(t *testing.T) {
	t.Parallel()
	for _, method := range []string{http.MethodHead, http.MethodDelete} {
		client, url, exchanges := record(t, 0, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusNoContent)
		})
		req, err := http.NewRequest(method, url, nil)
		require.NoError(t, err)
		resp, err := client.Do(req)
		require.NoError(t, err)
		assert.Equal(t, http.NoBody, resp.Body)
		require.Len(t, exchanges(), 1, "there is nothing to wait for")
		assert.Nil(t, exchanges()[0].Request.Body)
		assert.Nil(t, exchanges()[0].Response.Body)
		assert.False(t, exchanges()[0].Response.Truncated)
	}
}

func TestRecorderStreams(t *testing.T) {
	t.Parallel()
	goOn := make(chan struct{})
	client, url, exchanges := record(t, 0, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "first")
		w.(http.Flusher).Flush()
		<-goOn
		io.WriteString(w, "second")
	})
	resp, err := client.Get(url)
	require.NoError(t, err)
	first := make([]byte, 5)
	_, err = io.ReadFull(resp.Body, first)
	require.NoError(t, err)
	assert.Equal(t, "first", string(first))
	assert.Empty(t, exchanges())
	close(goOn)
	rest, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, "second", string(rest))
	require.Len(t, exchanges(), 1)
	require.NoError(t, resp.Body.Close())
	require.Len(t, exchanges(), 1, "handed on twice")
	assert.Equal(t, "firstsecond", string(exchanges()[0].Response.Body))
}

func TestRecorderOfBodiesThatAreNotReadToTheirEnd(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		chunked    bool
		read       func(io.Reader) error
		truncated  bool
	}{
		{"nothing", "0123456789", false, func(io.Reader) error { return nil }, true},
		{"a part", "0123456789", false, readBytes(3), true},
		{"all of a known length", "0123456789", false, readBytes(10), false},
		{"all of an unknown length", "123456789", true, readBytes(9), true},
		{"one JSON text", `{"a":[1,2]}`, true, readJSON, false},
		{"part of a JSON text", `{"a":[1,2]}`, true, readBytes(6), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			held := make(chan struct{})
			client, url, exchanges := record(t, 0, func(w http.ResponseWriter, _ *http.Request) {
				io.WriteString(w, tt.body)
				if tt.chunked {
					w.(http.Flusher).Flush()
					<-held // the end is not sent
				}
			})
			resp, err := client.Get(url)
			require.NoError(t, err)
			require.NoError(t, tt.read(resp.Body))
			require.NoError(t, resp.Body.Close())
			close(held)
			require.Len(t, exchanges(), 1)
			x := exchanges()[0]
			assert.Equal(t, tt.truncated, x.Response.Truncated)
			assert.NoError(t, x.Err)
		})
	}
}

func readBytes(n int) func(io.Reader) error {
	return func(r io.Reader) error {
		_, err := io.ReadFull(r, make([]byte, n))
		return err
	}
}

func readJSON(r io.Reader) error {
	var v any
	return json.NewDecoder(r).Decode(&v)
}

func TestRecorderLimit(t *testing.T) {
	t.Parallel()
	client, url, exchanges := record(t, 4, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(w, r.Body)
	})
	for _, body := range []string{"1234", "12345"} {
		resp, err := client.Post(url, "text/plain", strings.NewReader(body))
		require.NoError(t, err)
		got, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		assert.Equal(t, body, string(got), "the caller sees all")
		resp.Body.Close()
	}
	require.Len(t, exchanges(), 2)
	for i, truncated := range []bool{false, true} {
		x := exchanges()[i]
		assert.Equal(t, "1234", string(x.Request.Body))
		assert.Equal(t, truncated, x.Request.Truncated)
		assert.Equal(t, "1234", string(x.Response.Body))
		assert.Equal(t, truncated, x.Response.Truncated)
		assert.NoError(t, x.Err)
	}
}

func TestRecorderConnectionBreaks(t *testing.T) {
	t.Parallel()
	client, url, exchanges := record(t, 0, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/at-once" {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Length", "100")
		io.WriteString(w, "part")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})

	resp, err := client.Get(url + "/later")
	require.NoError(t, err)
	got, err := io.ReadAll(resp.Body)
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Equal(t, "part", string(got))
	resp.Body.Close()
	require.Len(t, exchanges(), 1)
	assert.Equal(t, "part", string(exchanges()[0].Response.Body))
	assert.True(t, exchanges()[0].Response.Truncated)
	assert.ErrorIs(t, exchanges()[0].Err, io.ErrUnexpectedEOF)

	_, err = client.Post(url+"/at-once", "application/json", strings.NewReader(`{"name":"x"}`))
	require.Error(t, err)
	require.Len(t, exchanges(), 2)
	assert.Nil(t, exchanges()[1].Response)
	assert.ErrorIs(t, err, exchanges()[1].Err)
	assert.Equal(t, `{"name":"x"}`, string(exchanges()[1].Request.Body))
}

// A transport that gives up before it has read the request body says nothing about that body.
func TestRecorderOfRequestBodiesThatAreNotSent(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	var x *wire.Exchange
	recorder := wire.NewRecorder(roundTripper(func(r *http.Request) (*http.Response, error) {
		r.Body.Read(make([]byte, 1))
		r.Body.Close()
		return nil, refused
	}), 0, func(seen *wire.Exchange) { x = seen })

	again, err := http.NewRequest(http.MethodPost, "http://127.0.0.1", strings.NewReader("whole"))
	require.NoError(t, err)
	_, err = recorder.RoundTrip(again)
	assert.Equal(t, refused, err)
	assert.Equal(t, "whole", string(x.Request.Body))
	assert.False(t, x.Request.Truncated)

	once, err := http.NewRequest(http.MethodPost, "http://127.0.0.1", io.MultiReader(strings.NewReader("whole")))
	require.NoError(t, err)
	_, err = recorder.RoundTrip(once)
	assert.Equal(t, refused, err)
	assert.Equal(t, "w", string(x.Request.Body))
	assert.True(t, x.Request.Truncated)
}

// A body may be read by its length, without seeing its end.
func TestRecorderOfBodiesReadByLength(t *testing.T) {
	t.Parallel()
	var x *wire.Exchange
	recorder := wire.NewRecorder(roundTripper(func(r *http.Request) (*http.Response, error) {
		io.ReadFull(r.Body, make([]byte, r.ContentLength))
		return &http.Response{StatusCode: 200, ContentLength: 3, Body: io.NopCloser(strings.NewReader("got"))}, nil
	}), 0, func(seen *wire.Exchange) { x = seen })
	send := func(length int64) {
		req, err := http.NewRequest(http.MethodPost, "http://127.0.0.1", io.MultiReader(strings.NewReader("sent")))
		require.NoError(t, err)
		req.ContentLength = length
		resp, err := recorder.RoundTrip(req)
		require.NoError(t, err)
		require.NoError(t, readBytes(3)(resp.Body))
		require.NoError(t, resp.Body.Close())
	}
	send(4)
	assert.Equal(t, "sent", string(x.Request.Body))
	assert.False(t, x.Request.Truncated)
	assert.Equal(t, "got", string(x.Response.Body))
	assert.False(t, x.Response.Truncated)
	send(0)
	assert.Empty(t, x.Request.Body)
	assert.True(t, x.Request.Truncated, "a length of 0 with a body means that it is not known")
}

func TestRecorderOfErrorsAfterTheBody(t *testing.T) {
	t.Parallel()
	reset := errors.New("reset")
	var x *wire.Exchange
	recorder := wire.NewRecorder(roundTripper(func(*http.Request) (*http.Response, error) {
		body := io.MultiReader(strings.NewReader("{}"), iotest.ErrReader(reset))
		return &http.Response{StatusCode: 200, ContentLength: -1, Body: io.NopCloser(body)}, nil
	}), 0, func(seen *wire.Exchange) { x = seen })
	req, err := http.NewRequest(http.MethodGet, "http://127.0.0.1", nil)
	require.NoError(t, err)
	resp, err := recorder.RoundTrip(req)
	require.NoError(t, err)
	_, err = io.ReadAll(resp.Body)
	assert.Equal(t, reset, err)
	assert.Equal(t, reset, x.Err)
	assert.True(t, x.Response.Truncated, "there may have been more")
}

type connection struct{ bytes.Buffer }

func (*connection) Close() error { return nil }

func TestRecorderLeavesUpgradesAlone(t *testing.T) {
	t.Parallel()
	var x *wire.Exchange
	recorder := wire.NewRecorder(roundTripper(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 101, ContentLength: -1, Body: &connection{}}, nil
	}), 0, func(seen *wire.Exchange) { x = seen })
	req, err := http.NewRequest(http.MethodGet, "http://127.0.0.1", nil)
	require.NoError(t, err)
	resp, err := recorder.RoundTrip(req)
	require.NoError(t, err)
	assert.Implements(t, (*io.Writer)(nil), resp.Body)
	assert.Equal(t, 101, x.Response.StatusCode)
	assert.False(t, x.Response.Truncated, "there is no body")
}

// A server that answers 101 and then sends nothing blocks nobody: the recorder never reads from the connection.
func TestRecorderDoesNotReadAfterAnUpgrade(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if assert.NoError(t, err) {
			fmt.Fprint(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
			io.Copy(io.Discard, conn) // until the client closes it
			conn.Close()
		}
	}))
	defer server.Close()
	var x *wire.Exchange
	client := &http.Client{Transport: wire.NewRecorder(nil, 0, func(seen *wire.Exchange) { x = seen })}
	resp, err := client.Get(server.URL)
	require.NoError(t, err)
	require.NotNil(t, x, "the exchange is over with its header")
	assert.Equal(t, 101, x.Response.StatusCode)
	require.NoError(t, resp.Body.Close())
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A transport sends the body again with GetBody after a kept-alive connection was lost: what counts is the last time.
func TestRecorderOfBodiesThatAreSentTwice(t *testing.T) {
	t.Parallel()
	var x *wire.Exchange
	recorder := wire.NewRecorder(roundTripper(func(r *http.Request) (*http.Response, error) {
		r.Body.Read(make([]byte, 2))
		again, err := r.GetBody()
		require.NoError(t, err)
		io.Copy(io.Discard, again)
		return &http.Response{StatusCode: 204, Body: http.NoBody, Request: r}, nil
	}), 0, func(seen *wire.Exchange) { x = seen })
	req, err := http.NewRequest(http.MethodPost, "http://127.0.0.1", strings.NewReader("body"))
	require.NoError(t, err)
	_, err = recorder.RoundTrip(req)
	require.NoError(t, err)
	assert.Equal(t, "body", string(x.Request.Body))
}

func TestRecorderRemovesContentCoding(t *testing.T) {
	t.Parallel()
	client, url, exchanges := record(t, 1000, func(w http.ResponseWriter, r *http.Request) {
		coding := r.URL.Query().Get("coding")
		w.Header().Set("Content-Encoding", coding)
		switch {
		case coding == "compress":
			io.WriteString(w, "whatever")
		case r.URL.Query().Has("bomb"):
			z := gzip.NewWriter(w)
			z.Write(make([]byte, 100000))
			z.Close()
		default:
			z := gzip.NewWriter(w)
			io.WriteString(z, "[]")
			z.Close()
		}
	})
	get := func(query string) (x *wire.Exchange, body []byte) {
		req, err := http.NewRequest(http.MethodGet, url+"?"+query, nil)
		require.NoError(t, err)
		if !strings.Contains(query, "implicit") {
			req.Header.Set("Accept-Encoding", "gzip, br") // then the transport leaves the coding to the caller
		}
		resp, err := client.Do(req)
		require.NoError(t, err)
		defer resp.Body.Close()
		body, err = io.ReadAll(resp.Body)
		require.NoError(t, err)
		all := exchanges()
		return all[len(all)-1], body
	}

	x, seen := get("coding=gzip")
	assert.NotEqual(t, "[]", string(seen), "the caller sees what came")
	assert.Equal(t, "[]", string(x.Response.Body))
	assert.False(t, x.Response.Truncated)

	x, seen = get("coding=gzip&implicit")
	assert.Equal(t, "[]", string(seen))
	assert.Equal(t, "[]", string(x.Response.Body))

	x, _ = get("coding=gzip&bomb")
	assert.Len(t, x.Response.Body, 1000)
	assert.True(t, x.Response.Truncated)
	assert.EqualError(t, x.Err, `content coding "gzip": more than 1000 bytes`)

	x, _ = get("coding=compress")
	assert.Empty(t, x.Response.Body)
	assert.True(t, x.Response.Truncated)
	assert.EqualError(t, x.Err, `content coding "compress": not supported`)
}

// deflated is "text" in the coding deflate.
const deflated = "\x78\x9c\x2b\x49\xad\x28\x01\x00\x04\x67\x01\xc6"

func TestRemoveCoding(t *testing.T) {
	t.Parallel()
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	io.WriteString(z, "text")
	require.NoError(t, z.Close())

	var twice bytes.Buffer
	z = gzip.NewWriter(&twice)
	io.WriteString(z, deflated)
	require.NoError(t, z.Close())

	var brotlied bytes.Buffer
	b := brotli.NewWriter(&brotlied)
	io.WriteString(b, "text")
	require.NoError(t, b.Close())

	encoder, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	zstdd, bomb := encoder.EncodeAll([]byte("text"), nil), encoder.EncodeAll(bytes.Repeat([]byte("a"), 1<<20), nil)

	for _, tt := range []struct {
		codings []string
		body    string
		want    string
		err     string
	}{
		{nil, "text", "text", ""},
		{[]string{"identity"}, "text", "text", ""},
		{[]string{" GZIP "}, zipped.String(), "text", ""},
		{[]string{"identity, x-gzip"}, zipped.String(), "text", ""},
		{[]string{"gzip"}, "text", "", `content coding "gzip": unexpected EOF`},
		{[]string{"gzip"}, "<!DOCTYPE html>", "", `content coding "gzip": gzip: invalid header`},
		{[]string{"gzip"}, zipped.String()[:zipped.Len()-1], "text", `content coding "gzip": unexpected EOF`},
		{[]string{"deflate", "gzip"}, twice.String(), "text", ""},
		{[]string{"compress"}, "text", "", `content coding "compress": not supported`},
		{[]string{"br"}, brotlied.String(), "text", ""},
		{[]string{"br"}, brotlied.String()[:brotlied.Len()-1], "text", `content coding "br": unexpected EOF`},
		{[]string{"zstd"}, string(zstdd), "text", ""},
		{[]string{"zstd"}, "text", "", `content coding "zstd": invalid input: magic number mismatch`},
		{[]string{"zstd"}, string(bomb), strings.Repeat("a", 100), `content coding "zstd": more than 100 bytes`},
		{[]string{"deflate"}, "\x2b\x49\xad\x28\x01\x00", "text", ""}, // without header
		{[]string{"deflate"}, deflated, "text", ""},                   // with it
	} {
		got, err := wire.RemoveCoding(http.Header{"Content-Encoding": tt.codings}, []byte(tt.body), 100)
		if tt.err != "" {
			assert.EqualError(t, err, tt.err)
		} else {
			assert.NoError(t, err)
		}
		assert.Equal(t, tt.want, string(got))
	}
}

func TestRecorderIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	client, url, exchanges := record(t, 0, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Write(body)
	})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 20 {
				body := strings.Repeat(fmt.Sprint(i), 10000)
				resp, err := client.Post(url, "text/plain", strings.NewReader(body))
				if !assert.NoError(t, err) {
					return
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		})
	}
	wg.Wait()
	require.Len(t, exchanges(), 160)
	for _, x := range exchanges() {
		assert.Len(t, x.Request.Body, 10000)
		assert.True(t, bytes.Equal(x.Request.Body, x.Response.Body))
	}
}

func TestRecorderDuration(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var x *wire.Exchange
		recorder := wire.NewRecorder(roundTripper(func(r *http.Request) (*http.Response, error) {
			select {
			case <-r.Context().Done():
				return nil, r.Context().Err()
			case <-time.After(time.Minute):
				return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
			}
		}), 0, func(seen *wire.Exchange) { x = seen })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1", nil)
		require.NoError(t, err)
		_, err = recorder.RoundTrip(req)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.ErrorIs(t, x.Err, context.DeadlineExceeded)
		assert.Equal(t, time.Second, x.Duration)
		assert.Nil(t, x.Response)
	})
}
