package har_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/har"
	"example.com/gitlab-agents/contract/redact"
	"example.com/gitlab-agents/contract/wire"
)

func parse(t testing.TB, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	require.NoError(t, err)
	return u
}

// written is what a Writer makes of exchanges, which has to be JSON.
func written(t *testing.T, exchanges ...*wire.Exchange) []byte {
	t.Helper()
	var b bytes.Buffer
	w := har.NewWriter(&b, nil, "1.0")
	for _, x := range exchanges {
		require.NoError(t, w.Write(x))
	}
	require.NoError(t, w.Close())
	require.True(t, json.Valid(b.Bytes()), b.String())
	return b.Bytes()
}

func TestWriteAndRead(t *testing.T) {
	t.Parallel()
	started := time.Date(2026, 11, 22, 11, 55, 10, 224_000_001, time.UTC)
	u := parse(t, "https://gitlab.example.com/gitlab/api/v4/projects/a%2Fb%20c/cluster_agents?per_page=2&x=%2F&empty&<>")
	host, answer := http.Header{"Host": {"gitlab.example.com"}}, http.Header{"X-Request-Id": {"01J"}}
	for name, x := range map[string]*wire.Exchange{
		"whole": {
			Request: wire.Request{
				Method: "POST", URL: u, Body: []byte(`{"name":"<é>\u0000"}`),
				Header: http.Header{"Content-Type": {"application/json"}, "Accept": {"a", "b"}, "Host": {"gitlab.example.com"}},
			},
			Response: &wire.Response{
				StatusCode: 400, Header: http.Header{"X-Request-Id": {"01J"}, "Content-Length": {"999"}},
				Body: []byte(`{"message":"\\ \" 400"}`),
			},
			Started: started, Duration: 27*time.Millisecond + 123*time.Nanosecond,
		},
		"no body": {
			Request:  wire.Request{Method: "GET", URL: u, Header: host},
			Response: &wire.Response{StatusCode: 200, Header: answer},
		},
		"bytes": {
			Request:  wire.Request{Method: "POST", URL: u, Header: host, Body: []byte("a\xffb")},
			Response: &wire.Response{StatusCode: 400, Header: answer, Body: []byte("\x00\xff")},
		},
		"a part": {
			Request:  wire.Request{Method: "POST", URL: u, Header: host, Body: []byte("a"), Truncated: true},
			Response: &wire.Response{StatusCode: 200, Header: answer, Body: []byte(`[{`), Truncated: true},
			Err:      errors.New("unexpected EOF"),
		},
		"nothing recorded but where it went": {
			Request:  wire.Request{Method: "POST", URL: u, Header: http.Header{}, HeaderNotRecorded: true, BodyNotRecorded: true, Truncated: true},
			Response: &wire.Response{StatusCode: 200, Header: http.Header{}, HeaderNotRecorded: true, BodyNotRecorded: true, Truncated: true},
		},
		"from a cache": {
			Request:   wire.Request{Method: "GET", URL: u, Header: host},
			Response:  &wire.Response{StatusCode: 200, Header: answer, Body: []byte("[]")},
			FromCache: "disk",
		},
		"no response": {
			Request: wire.Request{Method: "DELETE", URL: u, Header: host},
			Err:     errors.New("connection reset by peer"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			entries, skipped, err := read(bytes.NewReader(written(t, x)))
			require.NoError(t, err)
			require.Empty(t, skipped)
			require.Len(t, entries, 1)
			assert.Empty(t, entries[0].Notes)
			assert.Equal(t, x, entries[0].Exchange)
		})
	}
}

func TestWriteNothing(t *testing.T) {
	t.Parallel()
	entries, _, err := read(bytes.NewReader(written(t)))
	require.NoError(t, err)
	assert.Empty(t, entries)
}

// TestWriteRecording copies the recording. Everything comes back except the tokens of callers and agents.
func TestWriteRecording(t *testing.T) {
	t.Parallel()
	data, err := os.Open(recorded)
	require.NoError(t, err)
	defer data.Close()
	before, _, err := read(data)
	require.NoError(t, err)
	var exchanges []*wire.Exchange
	for _, e := range before {
		exchanges = append(exchanges, e.Exchange)
	}
	again := written(t, exchanges...)
	after, skipped, err := read(bytes.NewReader(again))
	require.NoError(t, err)
	require.Empty(t, skipped)
	require.Len(t, after, len(before))
	for i := range before {
		x, y := before[i].Exchange, after[i].Exchange
		require.Equal(t, x.Request.URL.EscapedPath(), y.Request.URL.EscapedPath())
		require.Equal(t, len(x.Request.Header), len(y.Request.Header))
		require.Equal(t, x.Response.StatusCode, y.Response.StatusCode)
		require.False(t, y.Response.Truncated)
		if !bytes.Contains(x.Response.Body, []byte("glagent-")) {
			require.Equal(t, string(x.Response.Body), string(y.Response.Body))
		} else {
			require.Contains(t, string(y.Response.Body), redact.Redacted)
		}
	}
	assert.NotContains(t, string(again), "glpat-")
	assert.NotContains(t, string(again), "glagent-")
}

// TestWriteHasNoSecrets puts a secret wherever an exchange can have one.
func TestWriteHasNoSecrets(t *testing.T) {
	t.Parallel()
	const canary = `canary-1f0c?&"\ü-secret`
	inURL := url.QueryEscape(canary)
	x := &wire.Exchange{
		Request: wire.Request{
			Method: "POST",
			URL:    parse(t, "https://user:"+url.PathEscape(canary)+"@host/api/v4/projects/20/cluster_agents?private_token="+inURL),
			Header: http.Header{
				"Private-Token": {canary}, "Content-Type": {"application/json"}, "Referer": {"https://host/?private_token=" + inURL},
				"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte("user:"+canary))},
			},
			Body: []byte(`{"name":"` + canary[:11] + `\u003f\u0026\"\\\u00fc-secret"}`),
		},
		Response: &wire.Response{
			StatusCode: 302,
			Header:     http.Header{"Location": {"https://host/?private_token=" + inURL}, "X-Echo": {canary}},
			Body:       []byte("\xff" + canary + "\xff"),
		},
		Err: errors.New("Get https://host/?private_token=" + inURL + ": EOF"),
	}
	out := string(written(t, x))
	inJSON, err := json.Marshal(canary)
	require.NoError(t, err)
	for form, text := range map[string]string{
		"raw": canary, "JSON": strings.Trim(string(inJSON), `"`), "URL": inURL, "path": url.PathEscape(canary),
		"base64": base64.RawStdEncoding.EncodeToString([]byte(canary))[:20], "hex": hex.EncodeToString([]byte(canary)),
		"a part": "canary-1f0c",
	} {
		assert.NotContains(t, out, text, form)
	}
	for e, err := range har.Entries(strings.NewReader(out)) {
		require.NoError(t, err)
		assert.NotContains(t, string(e.Exchange.Response.Body), "canary-1f0c", "in base64")
		assert.Equal(t, "host", e.Exchange.Request.URL.Host)
	}
}

// TestWriteHasNoSecretsByName has secrets that nothing gives away but the name they bear.
func TestWriteHasNoSecretsByName(t *testing.T) {
	t.Parallel()
	const canary = "Xc4nary0Qq"
	for name, change := range map[string]func(x *wire.Exchange){
		"fragment":         func(x *wire.Exchange) { x.Request.URL.Fragment = "access_token=" + canary },
		"Referer":          func(x *wire.Exchange) { x.Request.Header.Set("Referer", "https://h/cb#access_token="+canary) },
		"Location":         func(x *wire.Exchange) { x.Response.Header.Set("Location", "https://h/cb?code="+canary) },
		"a body with URLs": func(x *wire.Exchange) { x.Response.Body = []byte(`{"u":"https://h/#access_token=` + canary + `"}`) },
		"apikey":           func(x *wire.Exchange) { x.Request.URL.RawQuery = "apikey=" + canary },
		"key":              func(x *wire.Exchange) { x.Request.URL.RawQuery = "key=" + canary },
		"sig":              func(x *wire.Exchange) { x.Request.URL.RawQuery = "sig=" + canary },
		"X-Amz-Signature":  func(x *wire.Exchange) { x.Request.URL.RawQuery = "X-Amz-Signature=" + canary },
		"pwd":              func(x *wire.Exchange) { x.Request.URL.RawQuery = "pwd=" + canary },
		"pat":              func(x *wire.Exchange) { x.Request.URL.RawQuery = "pat=" + canary },
		"jwt":              func(x *wire.Exchange) { x.Request.URL.RawQuery = "jwt=" + canary },
		"code":             func(x *wire.Exchange) { x.Request.URL.RawQuery = "code=" + canary },
		"WebSocket":        func(x *wire.Exchange) { x.Request.Header.Set("Sec-WebSocket-Protocol", "graphql-ws, "+canary) },
		"a quoted header":  func(x *wire.Exchange) { x.Response.Body = []byte(`{"message":"PRIVATE-TOKEN: ` + canary + `"}`) },
		"a quoted curl": func(x *wire.Exchange) {
			x.Response.Body = []byte(`{"message":"curl -u user:` + canary + ` https://h/"}`)
		},
		"an error": func(x *wire.Exchange) { x.Err = errors.New("GET https://h/?private_token=" + canary + ": EOF") },
		"a header": func(x *wire.Exchange) { x.Response.Header.Set("X-Debug", "PRIVATE-TOKEN: "+canary) },
		"a path":   func(x *wire.Exchange) { x.Request.URL.Path = "/api/v4/x;private_token=" + canary },
	} {
		x := exchangeWith(t, "[]")
		change(x)
		x.Response.Header.Set("X-Echo", canary)
		assert.NotContains(t, string(written(t, x)), canary, name)
	}
}

func TestWriteConcurrently(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	w := har.NewWriter(&b, nil, "1.0")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				assert.NoError(t, w.Write(&wire.Exchange{
					Request: wire.Request{Method: "GET", URL: parse(t, "https://host/")}, Response: &wire.Response{StatusCode: 200},
				}))
			}
		})
	}
	all.Wait()
	require.NoError(t, w.Close())
	entries, _, err := read(&b)
	require.NoError(t, err)
	assert.Len(t, entries, 160)
}

func TestWriteErrors(t *testing.T) {
	t.Parallel()
	x := &wire.Exchange{Request: wire.Request{Method: "GET", URL: parse(t, "https://host/")}, Response: &wire.Response{StatusCode: 200}}
	full := errors.New("no space left on device")
	w := har.NewWriter(failing{full}, nil, "1.0")
	require.ErrorIs(t, w.Write(x), full)
	require.ErrorIs(t, w.Write(x), full)
	require.ErrorIs(t, w.Close(), full)

	closed := har.NewWriter(&bytes.Buffer{}, nil, "1.0")
	require.NoError(t, closed.Close())
	require.Error(t, closed.Write(x))
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// A body without its secrets is as long as its Content-Length says, so that nobody takes it for one that breaks off.
func TestLengthWithoutSecrets(t *testing.T) {
	t.Parallel()
	const secret = "glagent-0123456789abcdefghij0123456789abcdefghij0123456789"
	x := &wire.Exchange{
		Request: wire.Request{
			Method: "POST", URL: parse(t, "https://gitlab.example.com/api/v4/projects/20/cluster_agents"),
			Header: http.Header{"Content-Type": {"application/json"}, "Content-Length": {"69"}}, Body: []byte(`{"name":"` + secret + `"}`),
		},
		Response: &wire.Response{StatusCode: 200, Header: http.Header{"Content-Length": {"70"}}, Body: []byte(`{"token":"` + secret + `"}`)},
	}
	for entry, err := range har.Entries(bytes.NewReader(written(t, x))) {
		require.NoError(t, err)
		assert.Equal(t, `{"token":"[redacted]"}`, string(entry.Exchange.Response.Body))
		assert.Equal(t, "22", entry.Exchange.Response.Header.Get("Content-Length"))
		assert.Equal(t, "21", entry.Exchange.Request.Header.Get("Content-Length"))
	}
	assert.Equal(t, "70", x.Response.Header.Get("Content-Length"), "the exchange stays as it is")
}
