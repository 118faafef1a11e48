package gen_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/generated/clusteragents"
)

func TestErrors(t *testing.T) {
	t.Parallel()
	const where = "GET /api/v4/projects/root%2Ftest/cluster_agents/5"
	html := "<html>\n<head><title>502 Bad Gateway</title></head>\r\n" + strings.Repeat("<p>nginx</p>", 100)
	for name, test := range map[string]struct {
		answer answer
		want   string
		error  clusteragents.Error // its exported fields beside those of every error here
		is     []error
		isNot  []error
	}{
		"message": {
			answer: answer{status: 404, body: `{"message":"404 Project Not Found"}`, header: map[string]string{"X-Request-Id": "01JD8Z"}},
			want:   "404 Project Not Found (" + where + ", request id 01JD8Z)",
			error:  clusteragents.Error{Message: "404 Project Not Found", RequestID: "01JD8Z"},
			is:     []error{clusteragents.ErrNotFound, clusteragents.Status(404)},
			isNot:  []error{clusteragents.ErrForbidden, clusteragents.ErrUnexpectedResponse},
		},
		"request error": {
			answer: answer{status: 400, body: `{"error":"agent_id is invalid"}`},
			want:   "400 Bad Request: agent_id is invalid (" + where + ")",
			error:  clusteragents.Error{Message: "agent_id is invalid"},
			is:     []error{clusteragents.ErrBadRequest},
		},
		"OAuth error": {
			answer: answer{status: 403, body: `{"error":"insufficient_scope","error_description":"More is needed.","scope":"api read_api"}`},
			want:   "403 Forbidden: insufficient_scope: More is needed. (" + where + ", one of these scopes is needed: api read_api)",
			error:  clusteragents.Error{Code: "insufficient_scope", Message: "More is needed.", Scope: "api read_api"},
			is:     []error{clusteragents.ErrForbidden},
		},
		"message that is no text": {
			answer: answer{status: 400, body: `{"message":{"name":["is too long"]}}`},
			want:   `400 Bad Request: {"name":["is too long"]} (` + where + ")",
			error:  clusteragents.Error{Message: `{"name":["is too long"]}`},
		},
		"text": {
			answer: answer{status: 429, body: "Retry later\n", header: map[string]string{"Content-Type": "text/plain; charset=utf-8", "Retry-After": "3600"}},
			want:   "429 Too Many Requests: Retry later (" + where + ")",
			error:  clusteragents.Error{Message: "Retry later", RetryAfter: time.Hour},
			is:     []error{clusteragents.ErrRateLimited},
			isNot:  []error{clusteragents.ErrUnexpectedResponse},
		},
		"HTML": {
			answer: answer{status: 404, body: html, header: map[string]string{"Content-Type": "text/html"}},
			want:   `404 Not Found: answered by a web page, not by GitLab's API: "<html> <head><title>502 Bad Gateway</title></head> <p>nginx</p>`,
			is:     []error{clusteragents.ErrNotFound},
		},
		"HTML that says it is JSON": {
			answer: answer{status: 500, body: "<html>"},
			want:   `500 Internal Server Error: answered by a web page, not by GitLab's API: "<html>" (`,
			error:  clusteragents.Error{Body: "<html>"},
			is:     []error{clusteragents.ErrInternalServerError},
		},
		"nothing": {
			answer: answer{status: 401},
			want:   "401 Unauthorized: the body is empty (" + where + ")",
			is:     []error{clusteragents.ErrUnauthorized},
		},
		"undocumented": {
			answer: answer{status: 418, body: `{"message":"I'm a teapot"}`},
			want:   "418 I'm a teapot: I'm a teapot: a status that the document does not list (" + where + ")",
			error:  clusteragents.Error{Message: "I'm a teapot"},
			is:     []error{clusteragents.ErrUnexpectedResponse, clusteragents.Status(418)},
		},
		"unknown number": {
			answer: answer{status: 599, body: `{}`},
			want:   `599: a status that the document does not list: "{}" (` + where + ")",
			error:  clusteragents.Error{Body: "{}"},
			is:     []error{clusteragents.ErrUnexpectedResponse},
		},
		"success of another kind": {
			answer: answer{status: 202, body: agentJSON},
			want:   "202 Accepted: a status that the document does not list",
			is:     []error{clusteragents.ErrUnexpectedResponse},
		},
		"no content": {
			answer: answer{status: 204},
			want:   "204 No Content: a status that the document does not list",
			is:     []error{clusteragents.ErrUnexpectedResponse},
		},
		"the caller's token in the page of a proxy": {
			answer: answer{status: 400, body: "<p>PRIVATE-TOKEN: " + secret + "</p>"},
			want:   `400 Bad Request: "<p>PRIVATE-TOKEN: [redacted]</p>"`,
			error:  clusteragents.Error{Body: "<p>PRIVATE-TOKEN: [redacted]</p>"},
		},
		"the caller's token in a message": {
			answer: answer{status: 400, body: `{"message":"no ` + secret + `"}`, header: map[string]string{"X-Request-Id": secret}},
			want:   "400 Bad Request: no [redacted] (" + where + ", request id [redacted])",
			error:  clusteragents.Error{Message: "no [redacted]", RequestID: "[redacted]"},
		},
		"control characters": {
			answer: answer{status: 400, body: `{"message":"a\u001b[31m\nb"}`},
			want:   "400 Bad Request: a [31m b (",
			error:  clusteragents.Error{Message: "a [31m b"},
		},
		"success, empty":     {answer: answer{status: 200}, want: "200 OK: the body is empty (", is: []error{clusteragents.ErrUnexpectedResponse}},
		"success, HTML":      {answer: answer{status: 200, body: "<html>Sign in</html>"}, want: `200 OK: the body is not what the document says: invalid character '<' looking for beginning of value: answered by a sign-in page, not by GitLab's API: "<html>Sign in</html>"`, is: []error{clusteragents.ErrUnexpectedResponse}},
		"success, null":      {answer: answer{status: 200, body: " null\n"}, want: "null instead of a value", is: []error{clusteragents.ErrUnexpectedResponse}},
		"success, a list":    {answer: answer{status: 200, body: "[]"}, want: "cannot unmarshal array", is: []error{clusteragents.ErrUnexpectedResponse}},
		"success, no object": {answer: answer{status: 200, body: "{}"}, want: "/id is missing, null or empty", is: []error{clusteragents.ErrUnexpectedResponse}},
		"success, trailing":  {answer: answer{status: 200, body: agentJSON + "}"}, want: "after top-level value", is: []error{clusteragents.ErrUnexpectedResponse}},
		"success, half": {
			answer: answer{status: 200, body: agentJSON[:100]},
			want:   "unexpected end of JSON input",
			is:     []error{clusteragents.ErrUnexpectedResponse},
		},
		"success, id null": {
			answer: answer{status: 200, body: strings.Replace(agentJSON, `"id":5`, `"id":null`, 1)},
			want:   "/id is missing, null or empty",
		},
		"success, a property deeper down": {
			answer: answer{status: 200, body: strings.Replace(agentJSON, `"path":"test",`, "", 1)},
			want:   "/config_project/path is missing, null or empty",
		},
		"success, another type": {
			answer: answer{status: 200, body: strings.Replace(agentJSON, `"id":5`, `"id":"5"`, 1)},
			want:   "cannot unmarshal string into Go struct field",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gitlab := connect(t, &stub{answers: []answer{test.answer}}, clusteragents.MaxAttempts(1))

			agent, err := gitlab.GetAgent(t.Context(), project, 5)

			assert.Zero(t, agent)
			require.ErrorContains(t, err, test.want)
			assert.True(t, strings.HasPrefix(err.Error(), "clusteragents: getAgent: "+strconv.Itoa(test.answer.status)), err)
			assert.NotContains(t, err.Error(), "\n")
			assert.NotContains(t, err.Error(), secret)
			assert.Less(t, len(err.Error()), 600)
			var failure *clusteragents.Error
			require.ErrorAs(t, fmt.Errorf("wrapped: %w", err), &failure)
			assert.Equal(t, test.answer.status, failure.StatusCode)
			assert.Equal(t, 1, failure.Attempts)
			if test.error != (clusteragents.Error{}) {
				assert.Equal(t, test.error.Message, failure.Message)
				assert.Equal(t, test.error.Code, failure.Code)
				assert.Equal(t, test.error.Scope, failure.Scope)
				assert.Equal(t, test.error.Body, failure.Body)
				assert.Equal(t, test.error.RequestID, failure.RequestID)
				assert.Equal(t, test.error.RetryAfter, failure.RetryAfter)
			}
			for _, target := range test.is {
				assert.ErrorIs(t, err, target)
			}
			for _, target := range test.isNot {
				assert.NotErrorIs(t, err, target)
			}
		})
	}
}

func TestTransportErrorsAreKept(t *testing.T) {
	t.Parallel()
	broken := errors.New("no route for " + secret)
	err := read(t.Context(), connect(t, &stub{answers: []answer{{err: broken}}}, clusteragents.MaxAttempts(1)))
	require.ErrorIs(t, err, broken)
	assert.EqualError(t, err, "clusteragents: getAgent: no route for [redacted] (GET /api/v4/projects/root%2Ftest/cluster_agents/5)")
	assert.NotErrorIs(t, err, clusteragents.ErrUnexpectedResponse)
}

func TestRefusalWithHalfABody(t *testing.T) {
	t.Parallel()
	body := io.MultiReader(strings.NewReader(`{"message":`), iotest.ErrReader(io.ErrUnexpectedEOF))
	err := read(t.Context(), connect(t, once(answer{status: 403, reader: body})))
	require.ErrorIs(t, err, clusteragents.ErrForbidden)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.ErrorContains(t, err, `403 Forbidden: the body is incomplete: unexpected EOF: "{\"message\":"`)
}

// endless is a body without end.
type endless struct{ read int64 }

func (e *endless) Read(p []byte) (int, error) {
	e.read += int64(len(p))
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestBodiesAreLimited(t *testing.T) {
	t.Parallel()
	const limit = 16 << 20
	for _, status := range []int{200, 400} {
		body := new(endless)
		transport := &stub{answers: []answer{{status: status, reader: body, header: map[string]string{"Content-Type": "application/json"}}}}
		err := read(t.Context(), connect(t, transport))
		require.ErrorIs(t, err, clusteragents.Status(status))
		assert.Less(t, body.read, int64(2*limit))
		assert.Equal(t, 1, transport.count())
		if status == 200 {
			assert.ErrorContains(t, err, "the body has more than 16 MiB")
			assert.ErrorIs(t, err, clusteragents.ErrUnexpectedResponse)
		}
	}

	announced := &stub{answers: []answer{{status: 200, body: strings.Repeat(" ", limit+1)}}}
	require.ErrorContains(t, read(t.Context(), connect(t, announced)), "the body has more than 16 MiB")

	absurd := &stub{answers: []answer{{status: 200, body: agentJSON, length: 1 << 60}}}
	require.ErrorContains(t, read(t.Context(), connect(t, absurd)), "the body has more than 16 MiB")

	most := &stub{answers: []answer{{status: 200, body: agentJSON + strings.Repeat(" ", limit-len(agentJSON))}}}
	require.NoError(t, read(t.Context(), connect(t, most)))
}

func TestBodyWithoutAnnouncedLength(t *testing.T) {
	t.Parallel()
	for _, reader := range []io.Reader{strings.NewReader(agentJSON), io.MultiReader(strings.NewReader(agentJSON[:9]), strings.NewReader(agentJSON[9:]))} {
		require.NoError(t, read(t.Context(), connect(t, &stub{answers: []answer{{status: 200, reader: reader}}})))
	}
}

// Bodies are read into memory that is used again; no answer may see that of another.
func TestConcurrentCallsDoNotMixTheirAnswers(t *testing.T) {
	t.Parallel()
	transport := roundTripper(func(r *http.Request) (*http.Response, error) {
		id := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
		body := strings.Replace(agentJSON, `"id":5,"name":"agent-1"`, `"id":`+id+`,"name":"agent-`+id+strings.Repeat("x", len(id)*9)+`"`, 1)
		return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	})
	gitlab, err := clusteragents.New("https://gitlab.example.com", clusteragents.HTTPClient(&http.Client{Transport: transport}))
	require.NoError(t, err)
	done := make(chan error)
	const callers = 8
	for caller := range int64(callers) {
		go func() {
			for i := range int64(200) {
				id := 1 + caller*1000 + i
				agent, err := gitlab.GetAgent(t.Context(), project, id)
				if err == nil && (agent.ID != id || !strings.HasPrefix(agent.Name, fmt.Sprintf("agent-%dx", id))) {
					err = fmt.Errorf("asked for %d and got %d, %s", id, agent.ID, agent.Name)
				}
				if err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range callers {
		assert.NoError(t, <-done)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// FuzzResponse answers with anything: the result is a value or an *Error, and neither a panic nor a text with the token.
func FuzzResponse(f *testing.F) {
	for _, body := range []string{agentJSON, "[]", "null", "{}", `{"message":"` + secret + `"}`, `{"error":"a","error_description":"b"}`, "<html>", "<!doctype html>Sign in", "\xff\x00"} {
		f.Add(200, "application/json", "", body)
		f.Add(404, "text/plain", "2", body)
	}
	f.Fuzz(func(t *testing.T, status int, contentType, next, body string) {
		if status < 200 || status > 999 || status == 429 || status == 502 || status == 503 || status == 504 {
			t.Skip("repeated, or no final status")
		}
		transport := roundTripper(func(r *http.Request) (*http.Response, error) {
			header := http.Header{"Content-Type": {contentType}, "X-Next-Page": {next}, "X-Request-Id": {next}, "Location": {next}}
			return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
		})
		gitlab, err := clusteragents.New("https://gitlab.example.com", clusteragents.PrivateToken(secret),
			clusteragents.HTTPClient(&http.Client{Transport: transport}), clusteragents.MaxAttempts(1))
		require.NoError(t, err)

		agent, err := gitlab.GetAgent(t.Context(), project, 5)
		check(t, agent.ID != 0 && agent.Name != "", err)
		page, err := gitlab.ListAgents(t.Context(), project)
		check(t, page.Items != nil, err)
		token, err := gitlab.CreateAgentToken(t.Context(), project, 5, clusteragents.CreateAgentTokenRequest{Name: "ci"})
		check(t, token.Token.Reveal() != "", err)
		check(t, true, gitlab.DeleteAgent(t.Context(), project, 5))
	})
}

func check(t *testing.T, value bool, err error) {
	t.Helper()
	if err == nil {
		assert.True(t, value, "neither a value nor an error")
		return
	}
	var failure *clusteragents.Error
	require.ErrorAs(t, err, &failure)
	assert.NotContains(t, err.Error(), secret)
	assert.NotContains(t, fmt.Sprintf("%+v %#v", failure, failure), secret)
}
