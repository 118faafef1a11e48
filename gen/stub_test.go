package gen_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/generated/clusteragents"
)

// secret is the caller's token in all tests. No output may have it.
const secret = "glpat-canary-4711"

// A stub is a transport that answers from memory and remembers what it was asked. It needs no network, so that tests can
// run in the false time of testing/synctest.
type stub struct {
	mu       sync.Mutex
	answers  []answer                    // the last one is repeated
	answer   func(*http.Request) *answer // instead of answers
	requests []*http.Request
	bodies   []string
}

type answer struct {
	status int
	header map[string]string
	body   string
	reader io.Reader // instead of body
	length int64     // announced, instead of the body's
	err    error
}

func (s *stub) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var a answer
	if s.answer != nil {
		a = *s.answer(r)
	} else {
		a = s.answers[min(len(s.requests), len(s.answers)-1)]
	}
	s.requests = append(s.requests, r)
	s.bodies = append(s.bodies, string(body))
	if a.err != nil {
		return nil, a.err
	}
	response := &http.Response{
		StatusCode:    a.status,
		Header:        make(http.Header),
		Body:          io.NopCloser(strings.NewReader(a.body)),
		ContentLength: int64(len(a.body)),
		Request:       r,
	}
	if a.reader != nil {
		response.Body, response.ContentLength = io.NopCloser(a.reader), -1
	}
	if a.body != "" {
		response.Header.Set("Content-Type", "application/json")
	}
	if a.length != 0 {
		response.ContentLength = a.length
	}
	for name, value := range a.header {
		response.Header.Set(name, value)
	}
	return response, nil
}

// count is how many requests were made.
func (s *stub) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

// connect returns a GitLab whose answers are given.
func connect(t testing.TB, s *stub, options ...clusteragents.Option) *clusteragents.GitLab {
	t.Helper()
	options = append([]clusteragents.Option{
		clusteragents.PrivateToken(secret),
		clusteragents.HTTPClient(&http.Client{Transport: s}),
	}, options...)
	gitlab, err := clusteragents.New("https://gitlab.example.com", options...)
	require.NoError(t, err)
	return gitlab
}

// once is a stub with one answer.
func once(a answer) *stub { return &stub{answers: []answer{a}} }

// with is a stub with one answer that has no headers of interest.
func with(status int, body string) *stub { return once(answer{status: status, body: body}) }

// Bodies as GitLab sends them.
const (
	agentJSON = `{"id":5,"name":"agent-1","config_project":{"id":20,"description":null,"name":"test",` +
		`"name_with_namespace":"Administrator / test","path":"test","path_with_namespace":"root/test",` +
		`"created_at":"2022-03-20T20:42:40.221Z"},"created_at":"2022-04-20T20:42:40.221Z","created_by_user_id":null}`
	basicJSON = `{"id":7,"name":"abcd","description":null,"agent_id":5,"status":"active",` +
		`"created_at":"2022-03-25T14:12:11.497Z","created_by_user_id":1}`
	tokenJSON = `{"id":7,"name":"abcd","description":"Some token","agent_id":5,"status":"active",` +
		`"created_at":"2022-03-25T14:12:11.497Z","created_by_user_id":1,"last_used_at":null}`
	agentToken   = "glagent-canary-0815"
	newTokenJSON = `{"id":7,"name":"abcd","description":"Some token","agent_id":5,"status":"active",` +
		`"created_at":"2022-03-25T14:12:11.497Z","created_by_user_id":1,"last_used_at":null,"token":"` + agentToken + `"}`
)

var project = clusteragents.ProjectPath("root/test")
