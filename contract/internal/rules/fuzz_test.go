package rules_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/wire"
)

// FuzzObserve judges answers with any headers and bodies, after a token was created and another revoked: no rule panics, and
// no finding shows the secret.
func FuzzObserve(f *testing.F) {
	s := newStream()
	seeds := append(healthyLife(s), page(s, 2, 1, 3, 2), s.createToken(8, 5), proxyAuth(s))
	for _, x := range seeds {
		h := x.Response.Header
		f.Add(x.Request.Method, x.Request.URL.RequestURI(), x.Request.Body, x.Response.StatusCode, h.Get("Content-Type"), h.Get("Link"),
			h.Get("X-Total"), h.Get("X-Next-Page"), h.Get("ETag"), h.Get("Retry-After"), x.Response.Body, byte(0))
	}
	f.Fuzz(func(t *testing.T, method, uri string, sent []byte, status int, contentType, link, total, next, etag, after string, body []byte, lost byte) {
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
		x.Request.BodyNotRecorded, x.Request.HeaderNotRecorded = lost&1 != 0, lost&2 != 0
		x.Response.BodyNotRecorded, x.Response.HeaderNotRecorded = lost&4 != 0, lost&8 != 0
		j := newJudge(t, rule.Version{})
		s := newStream()
		for _, seen := range (exchanges{s.createToken(8, 5), s.remove(tokenPath(5, 9)), x, s.listTokens(5, 8), x}) {
			j.Observe(seen)
		}
		result := j.Result()
		for _, r := range result.Rules {
			assert.NotEqual(t, rule.ReasonInternal, r.Reason.Code, "%s: %s", r.Rule.ID, r.Reason.Text)
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
