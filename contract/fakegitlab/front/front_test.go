package front_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/fakegitlab/front"
)

const agents = "/api/v4/projects/root%2Ftest/cluster_agents"

// start runs a case in front of a fake GitLab and returns its URL.
func start(t *testing.T, name string, after int) string {
	t.Helper()
	gitlab, err := fakegitlab.New()
	require.NoError(t, err)
	data, err := front.Case(name)
	require.NoError(t, err)
	handler, err := front.New(data, gitlab, after)
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func ask(t *testing.T, method, url, body string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("PRIVATE-TOKEN", "glpat-maintainer")
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	require.NoError(t, err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, string(content)
}

func TestEveryCaseAnswersItself(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		status int // of a POST
		header string
		body   string
	}{
		"02-read-only-instance":   {403, "X-Request-Id", "read-only instance"},
		"04-cdn-challenge":        {403, "Cf-Mitigated", "Just a moment"},
		"05-granular-permission":  {403, "X-Request-Id", "insufficient_granular_scope"},
		"08-apache-encoded-slash": {404, "Server", "<h1>Not Found</h1>"},
		"10-proxy-407":            {407, "Proxy-Authenticate", "Access Denied"},
		"11-any-website-200":      {200, "Content-Type", "Welcome"},
		"23-https-redirect":       {301, "Location", ""},
		"sso-sign-in":             {302, "Location", "redirected"},
		"25-token-expires-midway": {401, "X-Request-Id", "Token is expired"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response, body := ask(t, "POST", start(t, name, 0)+agents, `{"name":"a"}`)
			assert.Equal(t, want.status, response.StatusCode)
			assert.NotEmpty(t, response.Header.Get(want.header))
			assert.Empty(t, response.Header.Get("Date"))
			assert.Contains(t, body, want.body)
		})
	}
}

func TestEveryCaseIsTested(t *testing.T) {
	t.Parallel()
	assert.Len(t, front.Names(), 19)
	_, err := front.Case("none")
	assert.ErrorContains(t, err, "10-proxy-407")
}

func TestRequestsPassThatNoRuleMatches(t *testing.T) {
	t.Parallel()
	url := start(t, "02-read-only-instance", 0)
	response, body := ask(t, "GET", url+agents, "")
	assert.Equal(t, 200, response.StatusCode)
	assert.Equal(t, "[]", body)
}

func TestRulesBeginAfterSomeRequests(t *testing.T) {
	t.Parallel()
	url := start(t, "25-token-expires-midway", 2)
	for _, want := range []int{200, 200, 401, 401} {
		response, _ := ask(t, "GET", url+agents, "")
		assert.Equal(t, want, response.StatusCode)
	}
}

func TestHeadHasNoBody(t *testing.T) {
	t.Parallel()
	response, body := ask(t, "HEAD", start(t, "10-proxy-407", 0)+agents, "")
	assert.Equal(t, 407, response.StatusCode)
	assert.Empty(t, body)
}

func TestCaseThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{`, `{"rules":[{"path":"("}]}`, `{"rules":[{"stats":200}]}`, `{"rules":[{}]}`} {
		_, err := front.New([]byte(text), http.NotFoundHandler(), 0)
		assert.Error(t, err, text)
	}
}
