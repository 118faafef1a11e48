package clients_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// Shapes of requests that HTTP clients send and that GitLab takes, as bytes: those of curl, Ruby's HTTParty, Perl's LWP
// and HTTP::Tiny, HashiCorp's go-retryablehttp, and older ones. Between the brackets is what stands after the address.
func TestShapes(t *testing.T) {
	t.Parallel()
	const (
		agents = "/api/v4/projects/20/cluster_agents"
		auth   = "\r\nPRIVATE-TOKEN: glpat-maintainer"
		form   = "\r\nContent-Type: application/x-www-form-urlencoded"
		json   = "\r\nContent-Type: application/json"
	)
	length := func(body string) string { return fmt.Sprintf("\r\nContent-Length: %d\r\n\r\n%s", len(body), body) }
	chunked := func(body string) string {
		half := len(body) / 2
		return fmt.Sprintf("\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n", half, body[:half], len(body)-half, body[half:])
	}
	multipart := "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nnew\r\n--b--\r\n"
	const end = "\r\n\r\n"

	for _, test := range []struct {
		name   string
		send   string // HOST stands for the address
		status int
		body   string // a part of the answer's
	}{
		{"the probe of older clients", "GET /api/v4/ HTTP/1.1\r\nHost: HOST" + end, 404, `{"error":"404 Not Found"}`},
		{"the probe without slash", "GET /api/v4 HTTP/1.1\r\nHost: HOST" + auth + end, 404, `{"error":"404 Not Found"}`},
		{"a probe by HEAD", "HEAD /api/v4/ HTTP/1.1\r\nHost: HOST" + end, 404, ""},
		{"version", "GET /api/v4/version HTTP/1.1\r\nHost: HOST" + auth + end, 200, `"version":"19.1.0"`},
		{"metadata", "GET /api/v4/metadata HTTP/1.1\r\nHost: HOST" + auth + end, 200, `"enterprise":false`},
		{"user", "GET /api/v4/user HTTP/1.1\r\nHost: HOST" + auth + end, 200, `"username":"maintainer"`},

		{"HTTP/1.0", "GET " + agents + " HTTP/1.0" + auth + end, 200, `"name":"old"`},
		{"HTTP/1.0 kept alive", "GET " + agents + " HTTP/1.0\r\nConnection: keep-alive" + auth + end, 200, `"name":"old"`},
		{"absolute form", "GET http://HOST" + agents + " HTTP/1.1\r\nHost: HOST" + auth + end, 200, `"name":"old"`},
		{"another host", "GET " + agents + " HTTP/1.1\r\nHost: gitlab.example.com" + auth + end, 200, `"name":"old"`},
		{"header in small letters", "GET " + agents + " HTTP/1.1\r\nhost: HOST\r\nprivate-token: glpat-maintainer" + end, 200, `"name":"old"`},
		{"header without space", "GET " + agents + " HTTP/1.1\r\nHost:HOST\r\nPrivate-Token:glpat-maintainer" + end, 200, `"name":"old"`},
		{"bearer", "GET " + agents + " HTTP/1.1\r\nHost: HOST\r\nAuthorization: Bearer glpat-maintainer" + end, 200, `"name":"old"`},
		{"bearer in small letters", "GET " + agents + " HTTP/1.1\r\nHost: HOST\r\nauthorization: bearer glpat-maintainer" + end, 200, `"name":"old"`},
		{"token in the query", "GET " + agents + "?private_token=glpat-maintainer HTTP/1.1\r\nHost: HOST" + end, 200, `"name":"old"`},
		{"OAuth token in the query", "GET " + agents + "?access_token=glpat-maintainer HTTP/1.1\r\nHost: HOST" + end, 200, `"name":"old"`},
		{"token in a form", "POST " + agents + " HTTP/1.1\r\nHost: HOST" + form + length("private_token=glpat-maintainer&name=new"), 201, `"name":"new"`},
		{"token in JSON", "POST " + agents + " HTTP/1.1\r\nHost: HOST" + json + length(`{"private_token":"glpat-maintainer","name":"new"}`), 201, `"name":"new"`},

		{"any Accept", "GET " + agents + " HTTP/1.1\r\nHost: HOST\r\nAccept: */*" + auth + end, 200, `"name":"old"`},
		{"Accept of a browser", "GET " + agents + " HTTP/1.1\r\nHost: HOST\r\nAccept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" + auth + end, 200, `"name":"old"`},
		{"Accept of XML", "GET " + agents + " HTTP/1.1\r\nHost: HOST\r\nAccept: application/xml" + auth + end, 200, `"name":"old"`},
		{"encodings", "GET " + agents + " HTTP/1.1\r\nHost: HOST\r\nAccept-Encoding: gzip;q=1.0,deflate;q=0.6,identity;q=0.3\r\nTE: trailers" + auth + end, 200, `"name":"old"`},
		{"a cookie", "GET " + agents + " HTTP/1.1\r\nHost: HOST\r\nCookie: _gitlab_session=x" + auth + end, 200, `"name":"old"`},
		{"GET with a content type", "GET " + agents + " HTTP/1.1\r\nHost: HOST" + auth + json + end, 200, `"name":"old"`},
		{"GET with an empty body", "GET " + agents + " HTTP/1.1\r\nHost: HOST" + auth + json + length(""), 200, `"name":"old"`},
		{"GET with a body", "GET " + agents + " HTTP/1.1\r\nHost: HOST" + auth + json + length(`{"per_page":1}`), 200, `"name":"old"`},
		{"suffix", "GET " + agents + ".json HTTP/1.1\r\nHost: HOST" + auth + end, 200, `"name":"old"`},
		{"slash at the end", "GET " + agents + "/ HTTP/1.1\r\nHost: HOST" + auth + end, 200, `"name":"old"`},
		{"two slashes", "GET //api/v4//projects/20/cluster_agents HTTP/1.1\r\nHost: HOST" + auth + end, 200, `"name":"old"`},
		{"path as one segment", "GET /api/v4/projects/root%2Ftest/cluster_agents HTTP/1.1\r\nHost: HOST" + auth + end, 200, `"name":"old"`},
		{"path in small digits", "GET /api/v4/projects/root%2ftest/cluster_agents HTTP/1.1\r\nHost: HOST" + auth + end, 200, `"name":"old"`},
		{"path wholly escaped", "GET /api/v4/projects/%72oot%2Ftes%74/cluster_agents HTTP/1.1\r\nHost: HOST" + auth + end, 200, `"name":"old"`},
		{"path escaped twice", "GET /api/v4/projects/root%252Ftest/cluster_agents HTTP/1.1\r\nHost: HOST" + auth + end, 404, `{"message":"404 Project Not Found"}`},
		{"path as it is", "GET /api/v4/projects/root/test/cluster_agents HTTP/1.1\r\nHost: HOST" + auth + end, 404, `{"error":"404 Not Found"}`},
		{"invalid escape", "GET /api/v4/projects/%zz/cluster_agents HTTP/1.1\r\nHost: HOST" + auth + end, 400, ""},
		{"the documentation's /token/1", "GET " + agents + "/1/token/1 HTTP/1.1\r\nHost: HOST" + auth + end, 404, `{"error":"404 Not Found"}`},

		{"a form", "POST " + agents + " HTTP/1.1\r\nHost: HOST" + auth + form + length("name=new"), 201, `"name":"new"`},
		{"a form with charset", "POST " + agents + " HTTP/1.1\r\nHost: HOST" + auth + form + "; charset=utf-8" + length("name=new"), 201, `"name":"new"`},
		{"a form in pieces", "POST " + agents + " HTTP/1.1\r\nHost: HOST" + auth + form + chunked("name=new"), 201, `"name":"new"`},
		{"multipart", "POST " + agents + " HTTP/1.1\r\nHost: HOST" + auth + "\r\nContent-Type: multipart/form-data; boundary=b" + length(multipart), 201, `"name":"new"`},
		{"the query", "POST " + agents + "?name=new HTTP/1.1\r\nHost: HOST" + auth + length(""), 201, `"name":"new"`},
		{"the query, without length", "POST " + agents + "?name=new HTTP/1.1\r\nHost: HOST" + auth + end, 201, `"name":"new"`},
		{"the query, with a type", "POST " + agents + "?name=new HTTP/1.1\r\nHost: HOST" + auth + json + length(""), 201, `"name":"new"`},
		{"JSON", "POST " + agents + " HTTP/1.1\r\nHost: HOST" + auth + json + length(`{"name":"new"}`), 201, `"name":"new"`},
		{"JSON with charset", "POST " + agents + " HTTP/1.1\r\nHost: HOST" + auth + json + "; charset=utf-8" + length(`{"name":"new"}`), 201, `"name":"new"`},
		{"JSON with charset, no space", "POST " + agents + " HTTP/1.1\r\nHost: HOST" + auth + json + ";charset=UTF-8" + length(`{"name":"new"}`), 201, `"name":"new"`},
		{"JSON in capitals", "POST " + agents + " HTTP/1.1\r\nHost: HOST" + auth + "\r\nContent-Type: Application/JSON" + length(`{"name":"new"}`), 201, `"name":"new"`},
		{"JSON in pieces", "POST " + agents + " HTTP/1.1\r\nHost: HOST" + auth + json + chunked(`{"name":"new"}`), 201, `"name":"new"`},
		{"JSON by HTTP/1.0", "POST " + agents + " HTTP/1.0" + auth + json + length(`{"name":"new"}`), 201, `"name":"new"`},
		{"JSON called a form, as by curl -d", "POST " + agents + " HTTP/1.1\r\nHost: HOST" + auth + form + length(`{"name":"new"}`), 400, `{"error":"name is missing"}`},
		{"JSON called nothing", "POST " + agents + " HTTP/1.1\r\nHost: HOST" + auth + length(`{"name":"new"}`), 415, `is not supported`},
		{"JSON called text", "POST " + agents + " HTTP/1.1\r\nHost: HOST" + auth + "\r\nContent-Type: text/plain" + length(`{"name":"new"}`), 415, `{"error":"The provided content-type 'text/plain' is not supported."}`},

		{"DELETE", "DELETE " + agents + "/1 HTTP/1.1\r\nHost: HOST" + auth + end, 204, ""},
		{"DELETE with an empty body", "DELETE " + agents + "/1 HTTP/1.1\r\nHost: HOST" + auth + json + length(""), 204, ""},
		{"DELETE with a JSON body", "DELETE " + agents + "/1 HTTP/1.1\r\nHost: HOST" + auth + json + length("{}"), 204, ""},
		{"DELETE with null", "DELETE " + agents + "/1 HTTP/1.1\r\nHost: HOST" + auth + json + length("null"), 204, ""},
		{"DELETE with an empty form", "DELETE " + agents + "/1 HTTP/1.1\r\nHost: HOST" + auth + form + length(""), 204, ""},
		{"DELETE with nothing in pieces", "DELETE " + agents + "/1 HTTP/1.1\r\nHost: HOST" + auth + "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 204, ""},
		{"DELETE by POST", "POST " + agents + "/1 HTTP/1.1\r\nHost: HOST\r\nX-HTTP-Method-Override: DELETE" + auth + length(""), 204, ""},
		{"DELETE by a form", "POST " + agents + "/1 HTTP/1.1\r\nHost: HOST" + auth + form + length("_method=delete"), 204, ""},
		{"PUT, which renames nothing", "PUT " + agents + "/1 HTTP/1.1\r\nHost: HOST" + auth + json + length(`{"name":"new"}`), 404, `{"error":"404 Not Found"}`},
		{"PATCH", "PATCH " + agents + "/1 HTTP/1.1\r\nHost: HOST" + auth + json + length(`{"name":"new"}`), 404, `{"error":"404 Not Found"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := dial(t)
			status, _, body := c.ask(t, test.send)
			assert.Equal(t, test.status, status, body)
			assert.Contains(t, body, test.body)
		})
	}
}

// connection is a connection to a fake of its own, in which project 20 has the agent old, whose id is 1.
type connection struct {
	net.Conn
	*bufio.Reader
	host string
}

func (c *connection) Read(p []byte) (int, error) { return c.Reader.Read(p) }

func dial(t *testing.T) *connection {
	t.Helper()
	seed := fakegitlab.DefaultSeed()
	seed.Projects[0].Agents = []fakegitlab.SeedAgent{{ID: 1, Name: "old"}}
	i := start(t, nil, fakegitlab.FromSeed(seed))
	host := strings.TrimPrefix(i.url, "http://")
	c, err := net.Dial("tcp", host)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	return &connection{c, bufio.NewReader(c), host}
}

// ask sends bytes and reads an answer.
func (c *connection) ask(t *testing.T, send string) (status int, header http.Header, body string) {
	t.Helper()
	_, err := io.WriteString(c.Conn, strings.ReplaceAll(send, "HOST", c.host))
	require.NoError(t, err)
	method, _, _ := strings.Cut(send, " ")
	return c.answer(t, method)
}

func (c *connection) answer(t *testing.T, method string) (status int, header http.Header, body string) {
	t.Helper()
	answer, err := http.ReadResponse(c.Reader, &http.Request{Method: method})
	require.NoError(t, err)
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, answer.Header, string(text)
}

const (
	get    = "GET /api/v4/projects/20/cluster_agents/1 HTTP/1.1\r\nHost: HOST\r\nPRIVATE-TOKEN: glpat-maintainer\r\n\r\n"
	head   = "HEAD /api/v4/projects/20/cluster_agents HTTP/1.1\r\nHost: HOST\r\nPRIVATE-TOKEN: glpat-maintainer\r\n\r\n"
	remove = "DELETE /api/v4/projects/20/cluster_agents/1 HTTP/1.1\r\nHost: HOST\r\nPRIVATE-TOKEN: glpat-maintainer\r\n\r\n"
)

// Requests one after the other on one connection, answers with and without body among them.
func TestKeptAlive(t *testing.T) {
	t.Parallel()
	c := dial(t)
	status, _, body := c.ask(t, get)
	assert.Equal(t, 200, status)
	assert.Contains(t, body, `"name":"old"`)
	status, header, body := c.ask(t, head)
	assert.Equal(t, 200, status)
	assert.Equal(t, "1", header.Get("X-Total"))
	assert.Empty(t, body)
	status, _, body = c.ask(t, remove)
	assert.Equal(t, 204, status)
	assert.Empty(t, body)
	status, _, body = c.ask(t, get)
	assert.Equal(t, 404, status)
	assert.Equal(t, `{"message":"404 Not found"}`, body)
}

// Requests sent before the answers to those before are there.
func TestPipelined(t *testing.T) {
	t.Parallel()
	c := dial(t)
	status, _, _ := c.ask(t, get+remove+get)
	assert.Equal(t, 200, status)
	status, _, _ = c.answer(t, "DELETE")
	assert.Equal(t, 204, status)
	status, _, _ = c.answer(t, "GET")
	assert.Equal(t, 404, status)
}

// A body that is sent only once it was asked for, as by curl when it is long.
func TestExpectContinue(t *testing.T) {
	t.Parallel()
	c := dial(t)
	status, _, _ := c.ask(t, "POST /api/v4/projects/20/cluster_agents HTTP/1.1\r\nHost: HOST\r\nPRIVATE-TOKEN: glpat-maintainer\r\n"+
		"Content-Type: application/json\r\nContent-Length: 14\r\nExpect: 100-continue\r\n\r\n")
	require.Equal(t, 100, status)
	status, _, body := c.ask(t, `{"name":"new"}`)
	assert.Equal(t, 201, status, body)
}

// A body that is longer than what is read at once, and one that is longer than any name.
func TestLongBody(t *testing.T) {
	t.Parallel()
	c := dial(t)
	body := `{"name":"` + strings.Repeat("x", 1<<20) + `"}`
	status, _, answer := c.ask(t, fmt.Sprintf("POST /api/v4/projects/20/cluster_agents HTTP/1.1\r\nHost: HOST\r\nPRIVATE-TOKEN: glpat-maintainer\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
	assert.Equal(t, 400, status)
	assert.Equal(t, `{"message":"400 Bad request - [\"Name is too long (maximum is 63 characters)\"]"}`, answer)
}
