package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
)

// TestConnectionsThatFail: each says what is wrong, and what to do about it.
func TestConnectionsThatFail(t *testing.T) {
	t.Parallel()
	now := time.Now()
	valid := x509.Certificate{NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), IPAddresses: []net.IP{{127, 0, 0, 1}}}
	expired, early, named, many, nameless := valid, valid, valid, valid, valid
	expired.NotBefore, expired.NotAfter = time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC), time.Date(2025, 11, 12, 13, 14, 15, 0, time.UTC)
	early.NotBefore, early.NotAfter = time.Date(2099, 1, 2, 3, 4, 5, 0, time.UTC), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	named.IPAddresses, named.DNSNames = nil, []string{"gitlab.example.com", "*.pages.example.com"}
	many.IPAddresses, many.DNSNames = nil, strings.Split("a.example b.example c.example d.example e.example f.example g.example", " ")
	nameless.IPAddresses, nameless.Subject = nil, pkix.Name{CommonName: "gitlab.example.com"}
	for _, tt := range []struct {
		name        string
		certificate *x509.Certificate
		trusted     bool   // --ca-file has the certificate
		scheme      string // of the URL
		says        []string
	}{
		{"unknown authority", &valid, false, "https", []string{"certificate signed by unknown authority", "if the certificate is self-signed or of a private authority, give its file with --ca-file"}},
		{"a name that the certificate does not have", &named, true, "https", []string{
			" cannot be trusted: its certificate is for gitlab.example.com and *.pages.example.com, and not for 127.0.0.1; write a name of the certificate in the URL. --ca-file does not help"}},
		{"many names", &many, true, "https", []string{"its certificate is for a.example, b.example, c.example, d.example, e.example and 2 more, and not for 127.0.0.1;"}},
		{"no name", &nameless, true, "https", []string{"its certificate has no subject alternative name, and its common name \"gitlab.example.com\" does not count; the server needs one for 127.0.0.1. --ca-file does not help"}},
		{"expired", &expired, true, "https", []string{"its certificate expired on 2025-11-12 13:14 UTC, and it is ", " UTC here; the server needs a new one. --ca-file does not help"}},
		{"not valid yet", &early, true, "https", []string{"its certificate is valid from 2099-01-02 03:04 UTC, and it is ", " UTC here; check the clocks of both. --ca-file does not help"}},
		{"https of a server without TLS", nil, false, "https", []string{"answers in plain http; write http:// in the URL, or the port of https"}},
		{"http of a server with TLS", &valid, true, "http", []string{"a web server that speaks https on this port\n  Give the URL with https.\n"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewUnstartedServer(fakegitlab.Start(t))
			server.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains of handshakes
			args := []string{"check", "--project", "20", "--journal", t.TempDir()}
			if tt.certificate == nil {
				server.Start()
			} else {
				certificate := issue(t, tt.certificate)
				server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
				server.StartTLS()
				if tt.trusted {
					args = append(args, "--ca-file", file(t, "ca.pem", pemOf(certificate.Certificate[0])))
				}
			}
			t.Cleanup(server.Close)
			_, address, _ := strings.Cut(server.URL, "://")
			out := glagentsIn(t.Context(), everyToken(), append(args, "--url", tt.scheme+"://"+address)...)
			assert.Contains(t, []int{2, 4}, out.status, out.stdout)
			for _, text := range tt.says {
				assert.Contains(t, out.stderr, text)
			}
		})
	}
}

// TestWhyThereIsNoConnection has errors that a server or a proxy somewhere else brings about.
func TestWhyThereIsNoConnection(t *testing.T) {
	t.Parallel()
	authority := pkix.Name{CommonName: "Example Intermediate CA 2"}
	leaf := &x509.Certificate{Subject: pkix.Name{CommonName: "gitlab.example.com"}, Issuer: authority}
	ofChain := func(chain ...*x509.Certificate) error {
		return &tls.CertificateVerificationError{UnverifiedCertificates: chain, Err: x509.UnknownAuthorityError{Cert: chain[0]}}
	}
	for name, c := range map[string]struct {
		err    error
		caFile string
		says   string
	}{
		"the intermediate certificate is missing": {
			ofChain(leaf), "", `; the server sends only its own certificate, which is signed by "Example Intermediate CA 2". If that is an intermediate authority, have the server send its certificate too; if it is a private one, give its certificate with --ca-file`,
		},
		"the intermediate certificate is missing, and a file is given": {ofChain(leaf), "ca.pem", `give its certificate with --ca-file: ca.pem has neither`},
		"a whole chain of an unknown authority": {
			ofChain(leaf, &x509.Certificate{Subject: authority}), "", "; if the certificate is self-signed or of a private authority, give its file with --ca-file",
		},
		"a client certificate is wanted": {&net.OpError{Op: "remote error", Err: tls.AlertError(116)}, "", "; the server wants a client certificate, and none can be given"},
		"an old TLS":                     {&net.OpError{Op: "remote error", Err: tls.AlertError(70)}, "", "; the server has no TLS 1.2 or newer"},
		"the proxy of the environment is down": {
			&net.OpError{Op: "proxyconnect", Net: "tcp", Err: errors.New("connection refused")}, "",
			"https://gitlab.invalid is not reached, because the proxy (HTTPS_PROXY) does not answer: connection refused; check HTTPS_PROXY, or add the host to NO_PROXY",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said := unreachableProblem(&contract.UnreachableError{URL: "https://gitlab.invalid", Err: fmt.Errorf("asking: %w", c.err)}, c.caFile)
			assert.Contains(t, said, c.says)
			assert.NotContains(t, said, "in the URL right")
		})
	}
}

// TestWhatSpeaksNoHTTP: the port of another protocol.
func TestWhatSpeaksNoHTTP(t *testing.T) {
	t.Parallel()
	const alert = "\x15\x03\x01\x00\x02\x02\x16" // a TLS alert, the answer to a client that does not speak TLS
	for _, tt := range []struct {
		scheme, said, says string
		status             int
	}{
		{"http", "SSH-2.0-OpenSSH_9.2p1\r\n", " does not speak HTTP, but SSH\n  Check the scheme and the port in the URL.\n", 2},
		{"https", "SSH-2.0-OpenSSH_9.2p1\r\n", "; something that does not speak https answers there: check the port in the URL", 4},
		{"http", alert, " does not speak HTTP, but TLS: write https:// in the URL\n", 2},
	} {
		url := tt.scheme + "://" + saying(t, tt.said)
		out := glagentsIn(t.Context(), everyToken(), "check", "--url", url, "--project", "20", "--journal", t.TempDir())
		assert.Equal(t, tt.status, out.status)
		assert.Contains(t, out.stderr, tt.says)
	}
}

// TestAdviceInErrors: what goes wrong with the connections of a proxy and of a sweep comes with what to do.
func TestAdviceInErrors(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(fakegitlab.Start(t))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	ask := func(transport http.RoundTripper, caFile, url string) error {
		resp, err := advising{transport, caFile}.RoundTrip(httptest.NewRequest("GET", url, nil))
		if err == nil {
			_ = resp.Body.Close()
		}
		return err
	}
	next, err := transport("")
	require.NoError(t, err)
	err = ask(next, "", server.URL)
	assert.ErrorContains(t, err, "give its file with --ca-file")
	assert.ErrorAs(t, err, new(*tls.CertificateVerificationError), "what it is can still be found out")

	trusting := server.Client().Transport.(*http.Transport).Clone()
	trusting.TLSClientConfig.ServerName = "gitlab.invalid"
	assert.ErrorContains(t, ask(trusting, "ca.pem", server.URL), "; its certificate is for example.com, *.example.com, 127.0.0.1 and ::1, and not for gitlab.invalid; write a name of the certificate in the URL. --ca-file does not help")

	journal := t.TempDir()
	entry := `{"run":"abcdefghij","url":"` + server.URL + `","project":["root/test"],"started":"2026-11-22T12:00:00Z"}`
	require.NoError(t, os.WriteFile(filepath.Join(journal, "abcdefghij.json"), []byte(entry), 0o600))
	out := glagentsIn(t.Context(), everyToken(), "sweep", "--journal", journal, "--url", server.URL)
	assert.NotZero(t, out.status)
	assert.Contains(t, out.stderr, "give its file with --ca-file")
}

func TestNetworkHints(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"; is the name in the URL right?":                                              &net.DNSError{Err: "no such host", Name: "gitlab.invalid", IsNotFound: true},
		"; is the port in the URL right, and is the GitLab running?":                   &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)},
		"; is there a firewall in between, or a proxy that HTTPS_PROXY does not name?": &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded},
		"": errors.New("EOF"),
	} {
		problem := unreachableProblem(&contract.UnreachableError{URL: "https://gitlab.invalid", Err: fmt.Errorf("asking: %w", err)}, "")
		assert.Equal(t, "https://gitlab.invalid does not answer: asking: "+err.Error()+want, problem)
	}
}

// saying is the address of a server that says something to everybody.
func saying(t *testing.T, text string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = conn.Read(make([]byte, 1000))
				_, _ = io.WriteString(conn, text)
				_ = conn.Close()
			}()
		}
	}()
	return listener.Addr().String()
}

// issue makes a certificate that is signed by itself.
func issue(t *testing.T, template *x509.Certificate) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	whole := *template
	whole.SerialNumber, whole.IsCA, whole.BasicConstraintsValid = big.NewInt(1), true, true
	der, err := x509.CreateCertificate(rand.Reader, &whole, &whole, &key.PublicKey, key)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
