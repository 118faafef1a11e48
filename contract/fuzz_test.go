package contract

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/wire"
)

// FuzzObserve judges answers with headers and bodies that nobody thought of, after a token was created and another
// revoked: no rule panics, and no finding shows the secret.
func FuzzObserve(f *testing.F) {
	s := newStream()
	seeds := append(life(s), with(s.listAgents(1, 2, 3), func(x *wire.Exchange) {
		x.Request.URL.RawQuery = "page=2&per_page=1"
		pageHeadersOf(x, 2, 1, 3)
	}), s.createToken(8, 5))
	for _, x := range seeds {
		h := x.Response.Header
		f.Add(x.Request.Method, x.Request.URL.RequestURI(), x.Request.Body, x.Response.StatusCode, h.Get("Content-Type"), h.Get("Link"),
			h.Get("X-Total"), h.Get("X-Next-Page"), h.Get("ETag"), h.Get("Retry-After"), x.Response.Body)
	}
	one, err := NewJudge(JudgeOptions{})
	require.NoError(f, err)
	covered := one.coverage() // which takes longer than all else
	f.Fuzz(func(t *testing.T, method, uri string, sent []byte, status int, contentType, link, total, next, etag, after string, body []byte) {
		u, err := url.Parse("https://gitlab.example.com" + uri)
		if err != nil {
			return
		}
		x := &wire.Exchange{
			Request: wire.Request{Method: method, URL: u, Body: sent, Header: http.Header{"Content-Type": {"application/json"}}},
			Response: &wire.Response{StatusCode: status, Body: body, Header: http.Header{
				"Content-Type": {contentType}, "Link": {link}, "X-Total": {total}, "X-Total-Pages": {total}, "X-Next-Page": {next},
				"X-Prev-Page": {next}, "X-Page": {total}, "X-Per-Page": {next}, "Etag": {etag}, "Retry-After": {after},
			}},
		}
		judge, err := NewJudge(JudgeOptions{})
		require.NoError(t, err)
		judge.coverage = func() *coverage { return covered }
		s := newStream()
		judge.Observe(s.createToken(8, 5))
		judge.Observe(s.remove(tokenPath(5, 9)))
		judge.Observe(x)
		judge.Observe(s.listTokens(5, 8))
		judge.Observe(x)
		result := judge.Result()
		for _, r := range result.Rules {
			assert.NotContains(t, r.Reason, "panicked", r.Rule.ID)
		}
		for _, f := range result.Findings {
			for _, text := range []string{f.Expected, f.Actual, f.Pointer, f.Evidence.URL, f.Evidence.Repeat, f.Evidence.RequestID} {
				if strings.Contains(text, secretOf(8)) {
					t.Errorf("%s shows the secret: %s", f.Rule, text)
				}
			}
		}
	})
}
