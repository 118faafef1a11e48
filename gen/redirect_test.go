package gen_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/generated/clusteragents"
)

func TestRedirects(t *testing.T) {
	t.Parallel()
	const moved = "/api/v4/projects/20/cluster_agents/5"
	for name, test := range map[string]struct {
		base     string
		status   int
		location string
		want     string // in the error; "" if the redirect is followed
	}{
		"moved project":            {"https://gitlab.example.com", 301, moved, ""},
		"absolute":                 {"https://gitlab.example.com", 302, "https://gitlab.example.com" + moved, ""},
		"default port":             {"https://gitlab.example.com", 307, "https://GitLab.example.com:443" + moved, ""},
		"to https":                 {"http://gitlab.example.com", 308, "https://gitlab.example.com" + moved, ""},
		"to http":                  {"https://gitlab.example.com", 301, "http://gitlab.example.com" + moved, "redirect to http://gitlab.example.com" + moved + " refused: the token would travel unencrypted"},
		"another host":             {"https://gitlab.example.com", 301, "https://evil.example.com" + moved, "redirect to https://evil.example.com" + moved + " refused: the token is for gitlab.example.com only"},
		"a subdomain":              {"https://gitlab.example.com", 302, "https://x.gitlab.example.com/", "the token is for gitlab.example.com only"},
		"the domain above":         {"https://gitlab.example.com", 302, "https://example.com/", "the token is for gitlab.example.com only"},
		"another port":             {"https://gitlab.example.com", 307, "https://gitlab.example.com:8443" + moved, "the token is for gitlab.example.com only"},
		"another port and https":   {"http://gitlab.example.com:8080", 307, "https://gitlab.example.com" + moved, "the token is for gitlab.example.com:8080 only"},
		"secrets in it":            {"https://gitlab.example.com", 302, "https://u:p@evil.example.com/x?private_token=" + secret, "redirect to https://evil.example.com/x refused"},
		"without a scheme to host": {"https://gitlab.example.com", 302, "//evil.example.com/", "redirect to https://evil.example.com/ refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transport := &stub{answers: []answer{
				{status: test.status, header: map[string]string{"Location": test.location}},
				{status: 200, body: agentJSON},
			}}
			gitlab, err := clusteragents.New(test.base, clusteragents.PrivateToken(secret),
				clusteragents.HTTPClient(&http.Client{Transport: transport}))
			require.NoError(t, err)

			err = read(t.Context(), gitlab)

			if test.want == "" {
				require.NoError(t, err)
				assert.Equal(t, 2, transport.count())
				assert.Equal(t, http.MethodGet, transport.requests[1].Method)
				assert.Equal(t, secret, transport.requests[1].Header.Get("PRIVATE-TOKEN"))
				return
			}
			require.ErrorContains(t, err, test.want)
			assert.NotContains(t, err.Error(), secret)
			assert.Equal(t, 1, transport.count(), "the token did not leave, and a refusal is not repeated")
		})
	}
}

func TestWritesFollowNoRedirect(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		transport := &stub{answers: []answer{
			{status: status, header: map[string]string{"Location": "/elsewhere?private_token=" + secret}, body: agentToken},
			{status: 201, body: newTokenJSON},
		}}
		gitlab := connect(t, transport)

		err := create(t.Context(), gitlab)
		require.ErrorIs(t, err, clusteragents.Status(status))
		require.ErrorIs(t, err, clusteragents.ErrUnexpectedResponse)
		require.ErrorContains(t, err, "redirected to https://gitlab.example.com/elsewhere, and not followed there")
		assert.NotContains(t, err.Error(), secret)
		assert.NotContains(t, err.Error(), agentToken)
		assert.Equal(t, 1, transport.count())

		transport.requests = nil
		require.ErrorIs(t, remove(t.Context(), gitlab), clusteragents.Status(status))
		assert.Equal(t, 1, transport.count())
	}
}

// httptest.Server shows that nothing arrives at the other host, whatever the caller's own client would allow.
func TestTokenDoesNotLeaveWithTheCallersOwnPolicy(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("a request arrived at the other host")
	}))
	t.Cleanup(other.Close)
	first := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusFound))
	t.Cleanup(first.Close)

	for name, client := range map[string]*http.Client{
		"no client":                    nil,
		"no policy":                    {},
		"a policy that allows all":     {CheckRedirect: func(*http.Request, []*http.Request) error { return nil }},
		"a policy that stops at it":    {CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		"a policy that is against all": {CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("no") }},
	} {
		options := []clusteragents.Option{clusteragents.PrivateToken(secret)}
		if client != nil {
			options = append(options, clusteragents.HTTPClient(client))
		}
		gitlab, err := clusteragents.New(first.URL, options...)
		require.NoError(t, err)
		assert.ErrorContains(t, read(t.Context(), gitlab), "refused: the token is for", name)
	}
}

func TestCallersPolicyStillCounts(t *testing.T) {
	t.Parallel()
	transport := &stub{answers: []answer{{status: 301, header: map[string]string{"Location": "/x"}}}}
	against := errors.New("no redirects today")
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return against }}
	err := read(t.Context(), connect(t, transport, clusteragents.HTTPClient(client)))
	require.ErrorIs(t, err, against)
	assert.Equal(t, 1, transport.count(), "a refusal is not repeated")
}

func TestRedirectLoopEnds(t *testing.T) {
	t.Parallel()
	transport := &stub{answers: []answer{{status: 302, header: map[string]string{"Location": "/again"}}}}
	require.ErrorContains(t, read(t.Context(), connect(t, transport)), "stopped after 10 redirects")
	assert.Equal(t, 10, transport.count())
}
