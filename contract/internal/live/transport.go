package live

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"example.com/gitlab-agents/contract/internal/answerer"
	"example.com/gitlab-agents/contract/internal/setup"
)

// transport is a transport of the check's own, which tells what a proxy answers instead of letting requests pass. Close
// lets go of its connections.
func (c *check) transport() (transport http.RoundTripper, close func()) {
	given := c.Target.Transport
	if given == nil {
		given = http.DefaultTransport
	}
	own, ok := given.(*http.Transport)
	if !ok {
		return given, func() {}
	}
	own = own.Clone()
	if c.Target.Transport == nil {
		own.MaxIdleConnsPerHost = c.Parallel
	}
	if own.OnProxyConnectResponse == nil {
		own.OnProxyConnectResponse = connected
	}
	return own, own.CloseIdleConnections
}

// proxyRefusal says that a proxy does not connect to the GitLab.
type proxyRefusal struct {
	proxy  string
	status int
	said   string // the status with the proxy's own words
}

func (e *proxyRefusal) Error() string {
	return fmt.Sprintf("the proxy %s answers CONNECT with %s", e.proxy, answerer.Printable(e.said, 200))
}

// connected looks at what a proxy answers to a CONNECT.
func connected(_ context.Context, proxy *url.URL, _ *http.Request, response *http.Response) error {
	if response.StatusCode == http.StatusOK {
		return nil
	}
	return &proxyRefusal{proxy.Scheme + "://" + proxy.Host, response.StatusCode, response.Status}
}

// notReached is why the target cannot be checked although no answer came, if waiting does not help: a proxy refuses to
// connect, or what listens there does not speak HTTP.
func (c *check) notReached(err error) *setup.Problem {
	var refusal *proxyRefusal
	if errors.As(err, &refusal) && refusal.status < 500 {
		return &setup.Problem{
			Code: setup.InBetween, Means: refusal.Error(),
			Do: "Set HTTPS_PROXY with the proxy's user and password if it wants them, have it allow GitLab's host, or add that host to NO_PROXY.",
		}
	}
	if text := err.Error(); strings.Contains(text, "malformed HTTP") {
		return &setup.Problem{Code: setup.NotGitLab, Means: "what listens at " + c.base + " does not speak HTTP" + speaks(text), Do: "Check the scheme and the port in the URL."}
	}
	return nil
}

// speaks is what a server seems to speak, as an error of net/http quotes its first bytes.
func speaks(text string) string {
	switch {
	case strings.Contains(text, `"\x15\x03`), strings.Contains(text, `"\x16\x03`):
		return ", but TLS: write https:// in the URL"
	case strings.Contains(text, `"\x00\x00`):
		return "/1.1, but perhaps HTTP/2 alone, as gRPC servers such as GitLab's KAS do"
	case strings.Contains(text, `"SSH-`):
		return ", but SSH"
	}
	return ""
}
