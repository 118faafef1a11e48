package document_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/document"
	"example.com/gitlab-agents/contract/wire"
	"example.com/gitlab-agents/openapi"
)

const tokensPath = "/projects/{id}/cluster_agents/{agent_id}/tokens"

// line is the word that the document has at a position.
func line(t *testing.T, position string) string {
	t.Helper()
	if position == "" {
		return ""
	}
	parts := strings.Split(position, ":")
	require.Len(t, parts, 3, position)
	require.Equal(t, "openapi/openapi.yaml", parts[0])
	l, err := strconv.Atoi(parts[1])
	require.NoError(t, err)
	c, err := strconv.Atoi(parts[2])
	require.NoError(t, err)
	text := string(bytes.Split(openapi.Document, []byte("\n"))[l-1][c-1:])
	return text[:strings.IndexAny(text, ":,]")]
}

// texts are the findings as one text each: rule, outcome, pointer, expected, actual, and what the document says at the
// position.
func texts(t *testing.T, findings []document.Finding) []string {
	t.Helper()
	var all []string
	for _, f := range findings {
		all = append(all, fmt.Sprintf("%s %s %s | %s | %s | %s", f.Rule, f.Outcome, f.Pointer, f.Expected, f.Actual, line(t, f.Document)))
	}
	return all
}

func replace(s string, oldnew ...string) string {
	for i := 0; i < len(oldnew); i += 2 {
		if !strings.Contains(s, oldnew[i]) {
			panic("nothing to replace: " + oldnew[i])
		}
	}
	return strings.NewReplacer(oldnew...).Replace(s)
}

// paged is an answer with the headers of a list.
func paged(x *wire.Exchange) *wire.Exchange {
	for name, value := range map[string]string{
		"X-Page": "1", "X-Per-Page": "20", "X-Next-Page": "", "X-Prev-Page": "", "X-Total": "2", "X-Total-Pages": "1",
		"Link": `<https://gitlab.example.com/api/v4/projects/20/cluster_agents?id=20&page=1&per_page=20>; rel="first"`,
	} {
		x.Response.Header.Set(name, value)
	}
	return x
}

func with(x *wire.Exchange, nameValues ...string) *wire.Exchange {
	for i := 0; i < len(nameValues); i += 2 {
		if nameValues[i+1] == "" {
			x.Response.Header.Del(nameValues[i])
		} else {
			x.Response.Header.Set(nameValues[i], nameValues[i+1])
		}
	}
	return x
}

func TestCheckResponse(t *testing.T) {
	t.Parallel()
	doc, err := document.Load()
	require.NoError(t, err)
	const jsonType = "application/json"
	const basic = `{"id":1,"name":"abcd","description":null,"agent_id":5,"status":"active","created_at":"2022-03-25T14:12:11.497Z","created_by_user_id":1}`
	token := func(oldnew ...string) *wire.Exchange {
		return answer("GET", tokenPath, 200, jsonType, replace(tokenJSON, oldnew...))
	}
	list := func(entries ...string) *wire.Exchange {
		return paged(answer("GET", tokensPath, 200, jsonType, "["+strings.Join(entries, ",")+"]"))
	}
	hundred := func(entry string) []string {
		return strings.Split(strings.Repeat(entry+"\n", 99)+entry, "\n")
	}
	failed := func(status int, contentType, body string) *wire.Exchange {
		return answer("GET", agentPath, status, contentType, body)
	}
	for _, tt := range []struct {
		name string
		x    *wire.Exchange
		want []string
	}{
		{"an agent", answer("GET", agentPath, 200, jsonType, agentJSON), nil},
		{"an agent of Enterprise Edition", answer("GET", agentPath, 200, jsonType+"; charset=UTF-8", replace(agentJSON, "42}", `null,"is_receptive":false}`)), nil},
		{"a token", token(), nil},
		{"a list", list(basic, basic), nil},
		{"HEAD", paged(answer("HEAD", tokensPath, 200, jsonType, "")), nil},
		{"HEAD, without Content-Type", paged(answer("HEAD", tokensPath, 200, "", "")), nil},
		{"HEAD, with the length of GET", with(paged(answer("HEAD", tokensPath, 200, "", "")), "Content-Length", "123"), nil},
		{"deleted", with(answer("DELETE", agentPath, 204, "", ""), "Content-Length", "0"), nil},
		{"not modified", with(answer("GET", agentPath, 304, "", ""), "Etag", `W/"x"`, "Content-Length", "300"), nil},
		{"moved", with(answer("GET", agentPath, 301, "text/plain", "moved"), "Location", "https://gitlab.example.com/"), nil},
		{"moved, without a body", with(answer("GET", agentPath, 301, "", ""), "Location", "https://gitlab.example.com/"), nil},
		{"malformed input", failed(400, "text/plain", "Bad Request"), nil},
		{"too many requests", failed(429, "text/plain", "Retry later\n"), nil},
		{"server error", failed(500, jsonType, `{"message":"500 Internal Server Error"}`), nil},
		{"gzip", with(answer("GET", agentPath, 200, jsonType, agentJSON), "Content-Encoding", "gzip", "Content-Length", "100"), nil},

		{"gzip made it longer", with(failed(404, jsonType, `{"message":"x"}`), "Content-Encoding", "gzip", "Content-Length", "45"), nil},
		{"not modified, with a type", answer("HEAD", agentPath, 304, "text/html", ""), nil},

		{"status", failed(418, jsonType, `{}`), []string{
			`document/status violation  | status 200, 301, 304, 400, 401, 403, 404, 429 or 500 | status 418 | responses`,
		}},
		{"a gateway's status", failed(502, "text/html", "<html>"), []string{
			`document/status inconclusive  | status 200, 301, 304, 400, 401, 403, 404, 429 or 500 | status 502 | responses`,
		}},
		{"another gateway's status", failed(524, "", ""), []string{
			`document/status inconclusive  | status 200, 301, 304, 400, 401, 403, 404, 429 or 500 | status 524 | responses`,
		}},
		{"501 is an answer", failed(501, "", ""), []string{
			`document/status violation  | status 200, 301, 304, 400, 401, 403, 404, 429 or 500 | status 501 | responses`,
		}},

		{"no header", with(list(basic), "X-Page", "", "Link", ""), []string{
			`document/headers violation  | header Link | no such header | TokensLink`,
			`document/headers violation  | header X-Page | no such header | X-Page`,
		}},
		{"wrong headers", with(list(basic), "X-Page", "zero", "X-Per-Page", "0", "X-Total", "-1", "X-Next-Page", "0"), []string{
			`document/headers violation  | header X-Next-Page: a string that matches ^([1-9][0-9]*)?$ | header X-Next-Page: the string "0" | X-Next-Page`,
			`document/headers violation  | header X-Page: an integer | header X-Page: the string "zero" | X-Page`,
			`document/headers violation  | header X-Per-Page: an integer of at least 1 | header X-Per-Page: the number 0 | X-Per-Page`,
			`document/headers violation  | header X-Total: an integer of at least 0 | header X-Total: the number -1 | X-Total`,
		}},
		{"a header twice", func() *wire.Exchange { x := list(basic); x.Response.Header.Add("X-Page", "2"); return x }(), []string{
			`document/headers violation  | header X-Page: an integer | header X-Page: the string "1, 2" | X-Page`,
		}},
		{"HEAD without a header", with(paged(answer("HEAD", tokensPath, 200, "", "")), "X-Page", ""), []string{
			`document/headers violation  | header X-Page | no such header | X-Page`,
		}},

		{"HTML", failed(403, "text/html; charset=utf-8", "<html>"), []string{
			`document/content-type violation  | Content-Type application/json | Content-Type text/html | content`,
		}},
		{"neither of two", failed(400, "text/html", "<html>"), []string{
			`document/content-type violation  | Content-Type application/json or text/plain | Content-Type text/html | content`,
		}},
		{"no Content-Type", failed(404, "", `{"message":"404 Not found"}`), []string{
			`document/content-type violation  | Content-Type application/json | no Content-Type | content`,
		}},
		{"nothing", failed(404, "", ""), []string{
			`document/content-type violation  | Content-Type application/json | no Content-Type, and no body | content`,
		}},
		{"an invalid Content-Type", failed(404, "/ json", `{"message":"404 Not found"}`), []string{
			`document/content-type violation  | Content-Type application/json | Content-Type: the string "/ json" | content`,
		}},
		{"two Content-Types", func() *wire.Exchange {
			x := failed(404, jsonType, `{"message":"404 Not found"}`)
			x.Response.Header.Add("Content-Type", "text/html")
			return x
		}(), []string{
			`document/content-type violation  | Content-Type application/json | 2 headers Content-Type | content`,
		}},
		{"another charset", failed(404, jsonType+"; charset=iso-8859-1", `{"message":"404 Not found"}`), []string{
			`document/content-type violation  | Content-Type application/json in UTF-8 (RFC 8259) | charset iso-8859-1 | content`,
		}},
		{"a leak behind another Content-Type", answer("GET", tokenPath, 200, "text/plain", replace(tokenJSON, "{", `{"token":"canary",`)), []string{
			`document/content-type violation  | Content-Type application/json | Content-Type text/plain | content`,
			`tokens/secret-only-on-create violation /token | no property "token" | a string of 6 characters | not`,
		}},
		{"HEAD with HTML", answer("HEAD", agentPath, 404, "text/html", ""), []string{
			`document/content-type violation  | Content-Type application/json | Content-Type text/html | content`,
		}},
		{"the wrong text", failed(400, "text/plain", "Bad Gateway"), []string{
			`document/body violation  | a string that matches ^Bad Request\s*$ | the string "Bad Gateway" | pattern`,
		}},

		{"HEAD with a body", answer("HEAD", agentPath, 200, jsonType, agentJSON), []string{
			`document/no-content violation  | no body with HEAD | a body of 282 bytes | '200'`,
		}},
		{"204 with a body", answer("DELETE", agentPath, 204, "", "x"), []string{
			`document/no-content violation  | no body with status 204 | a body of 1 byte | NoContent`,
		}},
		{"204 that announces a body", with(answer("DELETE", agentPath, 204, "", ""), "Content-Length", "12"), []string{
			`document/no-content violation  | no body with status 204 | header Content-Length: the number 12 | NoContent`,
		}},

		{"an empty body", failed(404, jsonType, ""), []string{
			`document/json violation  | one JSON text (RFC 8259) | an empty text | schema`,
		}},
		{"HTML that calls itself JSON", failed(404, jsonType, "<html>"), []string{
			`document/json violation  | one JSON text (RFC 8259) | '<' at byte 0, where JSON does not allow it | schema`,
		}},
		{"more than one text", failed(404, jsonType, `{"message":"x"} {}`), []string{
			`document/json violation  | one JSON text (RFC 8259) | 2 bytes after the JSON text, from byte 16 on | schema`,
		}},
		{"a property twice in each entry", list(hundred(replace(basic, "{", `{"id":2,`))...), []string{
			`document/json violation /0/id | one JSON text (RFC 8259) | the same property twice in one object (the first of 100) | schema`,
		}},

		{"missing properties", token(`"description":null,`, "", `,"last_used_at":null`, ""), []string{
			`document/body violation /description | property "description" | no such property | description`,
			`document/body violation /last_used_at | property "last_used_at" | no such property | last_used_at`,
		}},
		{"wrong types", token(`"id":1`, `"id":"1"`, `"abcd"`, `7`, `"agent_id":5`, `"agent_id":null`, `"last_used_at":null`, `"last_used_at":{}`), []string{
			`document/body violation /agent_id | an integer | null | agent_id`,
			`document/body violation /id | an integer | the string "1" | type`,
			`document/body violation /last_used_at | a string or null | an empty object | type`,
			`document/body violation /name | a string | the number 7 | type`,
		}},
		{"wrong values", token(`"id":1`, `"id":0`, `"agent_id":5`, `"agent_id":9223372036854775808`, `"abcd"`, `""`, `"active"`, `"activated"`, `"2022-03-25T14:12:11.497Z"`, `"yesterday"`), []string{
			`document/body violation /created_at | a date and time that exist (RFC 3339) | the string "yesterday" | format`,
			`document/body violation /id | an integer of at least 1 | the number 0 | minimum`,
			`document/body violation /name | a string of at least 1 character | an empty string | minLength`,
			`document/body violation /status | "active" or "revoked" | the string "activated" | enum`,
			`document/body violation /agent_id | an integer of 64 bits | the number 9223372036854775808 | format`,
		}},
		{"a date that does not exist", token("2022-03-25", "2022-02-30"), []string{
			`document/body violation /created_at | a date and time that exist (RFC 3339) | the string "2022-02-30T14:12:11.497Z" | format`,
		}},
		{"values that may be secret", token(`"abcd"`, `"`+strings.Repeat("x", 300)+`"`, `"active"`, `"glpat-short"`, `"2022-03-25T14:12:11.497Z"`, `"0123456789abcdefghij"`), []string{
			`document/body violation /created_at | a date and time that exist (RFC 3339) | a string of 20 characters | format`,
			`document/body violation /name | a string of at most 255 characters | a string of 300 characters | maxLength`,
			`document/body violation /status | "active" or "revoked" | a string of 11 characters | enum`,
		}},
		{"a secret that is too short", answer("POST", tokensPath, 201, jsonType, replace(tokenJSON, "{", `{"token":"canary",`)), []string{
			`document/request error  | request body: one that is not empty | request body: none | requestBody`,
			`document/body violation /token | a string of at least 40 characters | a string of 6 characters | minLength`,
		}},
		{"an object instead of a list", paged(answer("GET", tokensPath, 200, jsonType, basic)), []string{
			`document/body violation  | an array | an object with 7 properties | type`,
		}},
		{"entries of another type", list(basic, `"canary"`, "null", "[]"), []string{
			`document/body violation /1 | an object | the string "canary" (the first of 2) | type`,
			`document/body violation /2 | an object | null | AgentTokenBasic`,
		}},
		{"the same in each entry", list(hundred(replace(basic, `"active"`, `3`))...), []string{
			`document/body violation /0/status | "active" or "revoked" | the number 3 (the first of 100) | enum`,
		}},
		{"too many entries", list(append(hundred(basic), basic)...), []string{
			`document/body violation  | at most 100 entries | an array of 101 entries | maxItems`,
		}},
		{"leaks in a list", list(hundred(replace(basic, "{", `{"token":"canary",`, `"active"`, `""`))...), []string{
			`tokens/secret-only-on-create violation /0/token | no property "token" | a string of 6 characters (the first of 100) | not`,
			`document/body violation /0/status | "active" or "revoked" | an empty string (the first of 100) | enum`,
		}},
		{"a leak of something else", token("{", `{"token":12345678,`), []string{
			`tokens/secret-only-on-create violation /token | no property "token" | a number | not`,
		}},

		{"undeclared", token("{", `{"b/c~d":"canary","a":1,`), []string{
			`document/undeclared-property drift /a | no property that the document does not know | a number | properties`,
			`document/undeclared-property drift /b~1c~0d | no property that the document does not know | a string of 6 characters | properties`,
		}},
		{"undeclared in each entry, and inside", list(hundred(replace(basic, "{", `{"a":true,`))...), []string{
			`document/undeclared-property drift /0/a | no property that the document does not know | a boolean (the first of 100) | properties`,
		}},
		{"undeclared inside", answer("GET", agentPath, 200, jsonType, replace(agentJSON, `"path":"test"`, `"path":"test","x":[1,2]`)), []string{
			`document/undeclared-property drift /config_project/x | no property that the document does not know | an array of 2 entries | properties`,
		}},
		{"undeclared names that are odd", token("{", `{"glpat-canary":1,"`+strings.Repeat("x", 65)+`":1,"a\u0000b":1,`), []string{
			`document/undeclared-property drift /"a\x00b" | no property that the document does not know | a number | properties`,
			`document/undeclared-property drift /[redacted] | no property that the document does not know | a number | properties`,
			`document/undeclared-property drift /xxxxxxxxxxxxxxxx… | no property that the document does not know | a number | properties`,
		}},
		{"undeclared in an error", failed(404, jsonType, `{"message":"x","code":1}`), []string{
			`document/undeclared-property drift /code | no property that the document does not know | a number | properties`,
		}},

		{"neither error", failed(404, jsonType, `{"errors":["x"],"code":1}`), []string{
			`document/body violation  | an object with "message" or an object with "error" | an object with "code" and "errors" | MessageOrRequestError`,
		}},
		{"both errors", failed(404, jsonType, `{"message":"x","error":"y"}`), []string{
			`document/body violation  | an object with "message" or an object with "error" | an object with "error" and "message" | MessageOrRequestError`,
		}},
		{"both errors, both wrong", failed(404, jsonType, `{"message":1,"error":2}`), []string{
			`document/body violation  | an object with "message" or an object with "error" | an object with "error" and "message" | MessageOrRequestError`,
		}},
		{"both errors, one wrong", failed(404, jsonType, `{"message":1,"error":"y"}`), []string{
			`document/undeclared-property drift /message | no property that the document does not know | a number | properties`,
		}},
		{"half an error", failed(401, jsonType, `{"error":"x"}`), []string{
			`document/body violation  | an object with "message" or an object with "error" and "error_description" | an object with "error" | MessageOrOAuthError`,
		}},
		{"an error that is no text", failed(404, jsonType, `{"message":{"name":["x"]}}`), []string{
			`document/body violation /message | a string | an object with 1 property | type`,
		}},
		{"an error that is no object", failed(404, jsonType, `"404 Not found"`), []string{
			`document/body violation  | an object with "message" or an object with "error" | a string of 13 characters | MessageOrRequestError`,
		}},
		{"an error with many properties", failed(404, jsonType, `{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1}`), []string{
			`document/body violation  | an object with "message" or an object with "error" | an object with "a", "b", "c", "d", "e", "f" and 2 more | MessageOrRequestError`,
		}},

		{"a limit of something else", failed(429, "text/html", "<html>"), []string{
			`document/content-type inconclusive  | Content-Type application/json or text/plain | Content-Type text/html | content`,
		}},
		{"bodies that were left out", with(answer("GET", agentPath, 200, jsonType, ""), "Content-Length", "275"), []string{
			`document/response inconclusive  | the whole body | 0 bytes of the 275 that Content-Length announces | `,
		}},
		{"compressed bodies that were left out", with(answer("GET", agentPath, 200, jsonType, ""), "Content-Length", "100", "Content-Encoding", "gzip"), []string{
			`document/response inconclusive  | the whole body | 0 bytes of the 100 that Content-Length announces | `,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			findings := doc.Check(tt.x)
			assert.Equal(t, tt.want, texts(t, findings))
			for _, f := range findings {
				assert.NotContains(t, fmt.Sprint(f), "glpat-")
			}
		})
	}
}

func TestCheckFailedExchanges(t *testing.T) {
	t.Parallel()
	doc, err := document.Load()
	require.NoError(t, err)
	canary := "https://gitlab.example.com/?private_token=canary"
	for _, tt := range []struct {
		err  error
		want string
	}{
		{nil, "no answer"},
		{errors.New("canary"), "no answer: the exchange failed"},
		{&url.Error{Op: "Get", URL: canary, Err: context.DeadlineExceeded}, "no answer: the time was up"},
		{&url.Error{Op: "Get", URL: canary, Err: context.Canceled}, "no answer: the request was cancelled"},
		{&url.Error{Op: "Get", URL: canary, Err: &net.DNSError{Err: "no such host", Name: "canary"}}, "no answer: the host name is not known"},
		{&url.Error{Op: "Get", URL: canary, Err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}}, "no answer: the connection was refused"},
		{&net.OpError{Op: "read", Err: syscall.ECONNRESET}, "no answer: the connection was reset"},
		{&net.OpError{Op: "dial", Err: errors.New("canary")}, "no answer: the connection failed"},
		{fmt.Errorf("canary: %w", io.ErrUnexpectedEOF), "no answer: the connection was closed"},
		{&tls.CertificateVerificationError{Err: errors.New("canary")}, "no answer: the server's certificate is not trusted"},
	} {
		x := answer("GET", agentPath, 200, "", "")
		x.Response, x.Err = nil, tt.err
		assert.Equal(t, []string{"document/response inconclusive  | an answer | " + tt.want + " | "}, texts(t, doc.Check(x)))
	}

	x := answer("GET", agentPath, 0, "", "")
	assert.Equal(t, []string{"document/response inconclusive  | an answer | no answer | "}, texts(t, doc.Check(x)), "a recording's way to say so")

	x = paged(answer("GET", agentsPath, 200, "application/json", `[{"id":"x`))
	x.Response.Header.Del("X-Page")
	x.Response.Truncated = true
	assert.Equal(t, []string{
		"document/headers violation  | header X-Page | no such header | X-Page",
		"document/response inconclusive  | the whole body | only a part of the body is known | ",
	}, texts(t, doc.Check(x)))
	x.Err = io.ErrUnexpectedEOF
	x.Response.Truncated = false
	assert.Equal(t, "only a part of the body is known: the connection was closed", doc.Check(x)[1].Actual)
}

func TestCheckRequest(t *testing.T) {
	t.Parallel()
	doc, err := document.Load()
	require.NoError(t, err)
	const jsonType, form = "application/json", "application/x-www-form-urlencoded"
	for _, tt := range []struct {
		name, method, path, contentType, body string
		want                                  []string
	}{
		{"a list", "GET", "/projects/20/cluster_agents?page=2&per_page=100&whatever=1&page_token=x", "", "", nil},
		{"by path", "GET", "/projects/root%2Ftest/cluster_agents", "", "", nil},
		{"JSON", "POST", "/projects/20/cluster_agents", jsonType, `{"name":"prod","unknown":1}`, nil},
		{"a form", "POST", "/projects/20/cluster_agents", form, `name=-&name=prod`, nil},
		{"a form in parts", "POST", "/projects/20/cluster_agents/5/tokens", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nx\r\n--b--\r\n", nil},
		{"a file is no parameter", "POST", "/projects/20/cluster_agents/5/tokens", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"name\"; filename=\"f\"\r\n\r\nx\r\n--b--\r\n", []string{
			`/name request body: property "name" | request body: no such property`,
		}},
		{"a body that is not looked at", "DELETE", "/projects/20/cluster_agents/5", "text/plain", "x", nil},

		{"a project", "GET", "/projects/test/cluster_agents", "", "", []string{
			`path parameter id: an integer of at least 1 or a string that matches ^[^/]+(/[^/]+)+$ | path parameter id: the string "test"`,
		}},
		{"encoded twice", "GET", "/projects/root%252Ftest/cluster_agents", "", "", []string{
			`path parameter id: an integer of at least 1 or a string that matches ^[^/]+(/[^/]+)+$ | path parameter id: the string "root%2Ftest"`,
		}},
		{"ids", "DELETE", "/projects/0/cluster_agents/prod/tokens/99999999999999999999", "", "", []string{
			`path parameter id: an integer of at least 1 or a string that matches ^[^/]+(/[^/]+)+$ | path parameter id: the number 0`,
			`path parameter agent_id: an integer | path parameter agent_id: the string "prod"`,
			`path parameter token_id: an integer of 64 bits | path parameter token_id: the number 99999999999999999999`,
		}},
		{"a secret as an id", "GET", "/projects/20/cluster_agents/glpat-canary", "", "", []string{
			`path parameter agent_id: an integer | path parameter agent_id: a string of 12 characters`,
		}},
		{"pages", "HEAD", "/projects/20/cluster_agents?page=0&per_page=abc", "", "", []string{
			`query parameter page: an integer of at least 1 | query parameter page: the number 0`,
			`query parameter per_page: an integer | query parameter per_page: the string "abc"`,
		}},
		{"an empty page", "GET", "/projects/20/cluster_agents?page=", "", "", []string{
			`query parameter page: an integer | query parameter page: an empty string`,
		}},
		{"no body", "POST", "/projects/20/cluster_agents", "", "", []string{
			`request body: one that is not empty | request body: none`,
		}},
		{"a query instead", "POST", "/projects/20/cluster_agents?name=x", "", "", []string{
			`request body: one that is not empty | request body: none, but a query`,
		}},
		{"no Content-Type", "POST", "/projects/20/cluster_agents", "", `{"name":"x"}`, []string{
			`request body: Content-Type application/json, application/x-www-form-urlencoded or multipart/form-data | request body: no Content-Type`,
		}},
		{"another Content-Type", "POST", "/projects/20/cluster_agents", "text/plain", `{"name":"x"}`, []string{
			`request body: Content-Type application/json, application/x-www-form-urlencoded or multipart/form-data | request body: Content-Type text/plain`,
		}},
		{"an invalid Content-Type", "POST", "/projects/20/cluster_agents", ";", `{"name":"x"}`, []string{
			`request body: Content-Type application/json, application/x-www-form-urlencoded or multipart/form-data | request body: an invalid Content-Type`,
		}},
		{"malformed JSON", "POST", "/projects/20/cluster_agents", jsonType, `{"name":`, []string{
			`/name request body: one JSON text (RFC 8259) | request body: a text that breaks off at byte 8`,
		}},
		{"a name twice", "POST", "/projects/20/cluster_agents", jsonType, `{"name":"a","name":"b"}`, []string{
			`/name request body: one JSON text (RFC 8259) | request body: the same property twice in one object`,
		}},
		{"no name", "POST", "/projects/20/cluster_agents", jsonType, `{}`, []string{
			`/name request body: property "name" | request body: no such property`,
		}},
		{"a bad name", "POST", "/projects/20/cluster_agents", form, `name=Prod+1`, []string{
			`/name request body: a string that matches ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$ | request body: the string "Prod 1"`,
		}},
		{"a malformed form", "POST", "/projects/20/cluster_agents", form, `name=%zz`, []string{
			`request body: a form | request body: percent signs or semicolons that are not encoded`,
		}},
		{"malformed parts", "POST", "/projects/20/cluster_agents", "multipart/form-data; boundary=b", `name=x`, []string{
			`request body: a form in parts | request body: invalid form data`,
		}},
		{"parts without a boundary", "POST", "/projects/20/cluster_agents", "multipart/form-data", `--b`, []string{
			`request body: a form in parts | request body: invalid form data`,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			u, err := url.Parse("https://gitlab.example.com/api/v4" + tt.path)
			require.NoError(t, err)
			x := &wire.Exchange{
				Request:  wire.Request{Method: tt.method, URL: u, Header: http.Header{}, Body: []byte(tt.body)},
				Response: &wire.Response{StatusCode: 429, Header: http.Header{"Content-Type": {"text/plain"}}},
			}
			if tt.contentType != "" {
				x.Request.Header.Set("Content-Type", tt.contentType)
			}
			var got []string
			for _, f := range doc.Check(x) {
				assert.Equal(t, document.RuleRequest, f.Rule)
				assert.Equal(t, document.Error, f.Outcome, "the server is not to blame")
				assert.NotEmpty(t, line(t, f.Document))
				got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s | %s", f.Pointer, f.Expected, f.Actual)))
			}
			assert.Equal(t, tt.want, got)

			coded := *x
			coded.Request.Header = http.Header{"Content-Type": {tt.contentType}, "Content-Encoding": {"gzip"}}
			x.Request.Truncated = true
			for _, f := range append(doc.Check(x), doc.Check(&coded)...) {
				assert.NotContains(t, f.Expected, "request body", "not known")
			}
		})
	}
}

// Findings do not drown the reader, or the memory.
func TestCheckLimitsFindings(t *testing.T) {
	t.Parallel()
	doc, err := document.Load()
	require.NoError(t, err)
	var body strings.Builder
	body.WriteString(`{"status":"gone"`)
	for i := range 10_000 {
		fmt.Fprintf(&body, `,"x%d":1`, i)
	}
	body.WriteString("}")
	findings := doc.Check(answer("GET", tokenPath, 200, "application/json", body.String()))
	require.Len(t, findings, 100)
	assert.Equal(t, document.Violation, findings[0].Outcome, "violations come first")
	assert.Equal(t, "a number; 9908 findings more of this exchange left out", findings[99].Actual)
}

func TestCheckIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	doc, err := document.Load()
	require.NoError(t, err)
	exchanges := recording(t)
	want := make([][]document.Finding, len(exchanges))
	for i, x := range exchanges {
		want[i] = doc.Check(x.Exchange)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i, x := range exchanges {
				assert.Equal(t, want[i], doc.Check(x.Exchange))
			}
		})
	}
	wg.Wait()
}

// FuzzCheck tries arbitrary exchanges. Nothing panics, and findings are complete and the same each time.
func FuzzCheck(f *testing.F) {
	doc, err := document.Load()
	require.NoError(f, err)
	for _, x := range recording(f) {
		f.Add(x.Request.Method, x.Request.URL.RequestURI(), x.Request.Header.Get("Content-Type"), x.Request.Body, x.Response.StatusCode,
			x.Response.Header.Get("Content-Type"), x.Response.Header.Get("Link"), x.Response.Body)
	}
	f.Fuzz(func(t *testing.T, method, uri, sentType string, sent []byte, status int, contentType, header string, body []byte) {
		u, err := url.Parse("http://127.0.0.1" + uri)
		if err != nil {
			return
		}
		x := &wire.Exchange{
			Request: wire.Request{Method: method, URL: u, Body: sent, Header: http.Header{"Content-Type": {sentType}}},
			Response: &wire.Response{StatusCode: status, Body: body, Header: http.Header{
				"Content-Type": {contentType}, "Link": {header}, "X-Page": {header}, "Content-Length": {header},
			}},
		}
		findings := doc.Check(x)
		assert.Equal(t, findings, doc.Check(x))
		if _, ours := doc.Route(method, u); !ours {
			assert.Empty(t, findings)
		}
		for _, f := range findings {
			assert.NotEmpty(t, f.Rule)
			assert.NotEmpty(t, f.Expected)
			assert.NotEmpty(t, f.Actual)
			assert.GreaterOrEqual(t, f.Outcome, document.Drift)
		}
	})
}
