package contract_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
)

// TestWhatListensSpeaksNoHTTP has another service at the port.
func TestWhatListensSpeaksNoHTTP(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ first, says string }{
		"an SSH server":           {"SSH-2.0-OpenSSH_9.2\r\n", "does not speak HTTP, but SSH"},
		"a TLS server":            {"\x15\x03\x01\x00\x02\x02\x46", "but TLS: write https://"},
		"a gRPC server":           {"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x80", "gRPC"},
		"something with an error": {"-ERR unknown command\r\n", "does not speak HTTP"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			t.Cleanup(func() { listener.Close() })
			go func() {
				for {
					conn, err := listener.Accept()
					if err != nil {
						return
					}
					_, _ = conn.Read(make([]byte, 1))
					_, _ = io.WriteString(conn, test.first)
					conn.Close()
				}
			}()
			target := targetOf(t, http.NotFoundHandler())
			target.URL = "http://" + listener.Addr().String()
			_, err = contract.Run(t.Context(), target, contract.Options{Clock: &jumpingClock{}})
			var setup *contract.SetupError
			require.ErrorAs(t, err, &setup)
			assert.Equal(t, "not-gitlab", setup.Problem.Code)
			assert.Contains(t, setup.Error(), test.says)
		})
	}
}

// TestProxyDoesNotConnect has a proxy for https that answers a CONNECT itself: the message names the proxy.
func TestProxyDoesNotConnect(t *testing.T) {
	t.Parallel()
	for status, isSetup := range map[int]bool{407: true, 403: true, 502: false} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(status) }))
			t.Cleanup(proxy.Close)
			address, err := url.Parse(proxy.URL)
			require.NoError(t, err)
			target := targetOf(t, http.NotFoundHandler())
			target.URL, target.Transport = "https://gitlab.example.com", &http.Transport{Proxy: http.ProxyURL(address)}
			_, err = contract.Run(t.Context(), target, contract.Options{Clock: &jumpingClock{}})
			require.ErrorContains(t, err, "the proxy "+proxy.URL+" answers CONNECT with")
			var setup *contract.SetupError
			var unreachable *contract.UnreachableError
			if isSetup {
				require.ErrorAs(t, err, &setup)
				assert.Contains(t, setup.Problem.Do, "NO_PROXY")
			} else {
				assert.ErrorAs(t, err, &unreachable)
			}
		})
	}
}

// TestWhoDoesNotReachGitLabIsNamed has something in front that does not reach GitLab.
func TestWhoDoesNotReachGitLabIsNamed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status     int
		body, says string
	}{
		"HAProxy":                  {503, "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>", "HAProxy"},
		"Cloudflare":               {522, "error code: 522", "Cloudflare"},
		"a rate limit of a CDN":    {429, "error code: 1015", "429, too many requests"},
		"GitLab's own page":        {502, "<html><head><title>GitLab is not responding (502)</title></head></html>", "GitLab's own"},
		"nobody who can be named":  {502, "", "502, which gateways send"},
		"a connection that closes": {0, "", "closed without an answer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := targetOf(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if test.status == 0 {
					panic(http.ErrAbortHandler)
				}
				w.Header().Set("Content-Type", "text/html")
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			}))
			_, err := contract.Run(t.Context(), target, contract.Options{Clock: &jumpingClock{}})
			var unreachable *contract.UnreachableError
			require.ErrorAs(t, err, &unreachable)
			assert.Contains(t, err.Error(), test.says)
		})
	}
}
