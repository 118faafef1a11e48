package main

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/internal/words"
)

// unreachableProblem says why a GitLab did not answer, and what to do about it.
func unreachableProblem(unreachable *contract.UnreachableError, caFile string) string {
	if problem := certificateProblem(unreachable); problem != "" {
		return fmt.Sprintf("%s cannot be trusted: its certificate %s. --ca-file does not help", unreachable.URL, problem)
	}
	if problem := proxyProblem(unreachable, unreachable.URL); problem != "" {
		return problem
	}
	var record tls.RecordHeaderError
	text := unreachable.Error()
	switch {
	case strings.Contains(text, http.ErrSchemeMismatch.Error()):
		return unreachable.URL + " answers in plain http; write http:// in the URL, or the port of https"
	case errors.As(unreachable, &record):
		return text + "; something that does not speak https answers there: check the port in the URL"
	}
	return text + authorityHint(unreachable, caFile) + networkHint(unreachable)
}

// proxyProblem says that the proxy of the environment could not be connected to; empty if it is not that.
func proxyProblem(err error, target string) string {
	var connecting *net.OpError
	if !errors.As(err, &connecting) || connecting.Op != "proxyconnect" {
		return ""
	}
	name, variable := "the proxy", "HTTP_PROXY"
	if strings.HasPrefix(target, "https://") {
		variable = "HTTPS_PROXY"
	}
	if r, err := http.NewRequest(http.MethodGet, target, nil); err == nil {
		if proxy, err := http.ProxyFromEnvironment(r); err == nil && proxy != nil {
			name += " " + proxy.Scheme + "://" + proxy.Host
		}
	}
	return fmt.Sprintf("%s is not reached, because %s (%s) does not answer: %v; check %s, or add the host to NO_PROXY", target, name, variable, connecting.Err, variable)
}

// networkHint says what to do if there was no connection.
func networkHint(err error) string {
	var (
		lookup *net.DNSError
		timed  net.Error
		alert  tls.AlertError
	)
	switch {
	case errors.As(err, &alert) && alert == certificateRequired:
		return "; the server wants a client certificate, and none can be given: use an address of GitLab's that needs none"
	case errors.As(err, &alert) && alert == protocolVersion:
		return "; the server has no TLS 1.2 or newer"
	case errors.As(err, &lookup) && lookup.IsNotFound:
		return "; is the name in the URL right?"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "; is the port in the URL right, and is the GitLab running?"
	case errors.As(err, &timed) && timed.Timeout():
		return "; is there a firewall in between, or a proxy that HTTPS_PROXY does not name?"
	}
	return ""
}

// The alerts of TLS (RFC 8446, 6) that are explained.
const (
	protocolVersion     tls.AlertError = 70
	certificateRequired tls.AlertError = 116
)

// advising has the errors of connections say what to do.
type advising struct {
	next   http.RoundTripper
	caFile string
}

func (a advising) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := a.next.RoundTrip(r)
	if err == nil {
		return resp, nil
	}
	if problem := certificateProblem(err); problem != "" {
		return resp, fmt.Errorf("%w; its certificate %s. --ca-file does not help", err, problem)
	}
	if problem := proxyProblem(err, r.URL.Scheme+"://"+r.URL.Host); problem != "" {
		return resp, errors.New(problem)
	}
	return resp, fmt.Errorf("%w%s%s", err, authorityHint(err, a.caFile), networkHint(err))
}

// authorityHint says what to do about a certificate of an authority that is not known.
func authorityHint(err error, caFile string) string {
	var unknown x509.UnknownAuthorityError
	if !errors.As(err, &unknown) {
		return ""
	}
	leaf, sent := unknown.Cert, 0
	var unverified *tls.CertificateVerificationError
	if errors.As(err, &unverified) && len(unverified.UnverifiedCertificates) > 0 {
		leaf, sent = unverified.UnverifiedCertificates[0], len(unverified.UnverifiedCertificates)
	}
	// Browsers find intermediate certificates by themselves, so a server that leaves them out is not noticed.
	if sent == 1 && leaf.Issuer.String() != leaf.Subject.String() {
		hint := fmt.Sprintf("; the server sends only its own certificate, which is signed by %q. If that is an intermediate authority, have the server send its certificate too; if it is a private one, give its certificate with --ca-file",
			authorityName(leaf.Issuer))
		if caFile != "" {
			hint += ": " + caFile + " has neither"
		}
		return hint
	}
	if caFile != "" {
		return "; " + caFile + " (--ca-file) does not contain the certificate of its authority"
	}
	return "; if the certificate is self-signed or of a private authority, give its file with --ca-file"
}

// authorityName is the name of an authority, as its certificate has it.
func authorityName(name pkix.Name) string {
	text := []rune(cmp.Or(name.CommonName, name.String()))
	return string(text[:min(len(text), 60)])
}

// certificateProblem says what is wrong with the names or the dates of a certificate. It is empty if both are right.
func certificateProblem(err error) string {
	var (
		hostname x509.HostnameError
		invalid  x509.CertificateInvalidError
	)
	const minute = "2006-01-02 15:04 UTC"
	switch {
	case errors.As(err, &hostname):
		return wrongName(hostname.Certificate, hostname.Host)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		now := time.Now()
		if until := invalid.Cert.NotAfter; now.After(until) {
			return fmt.Sprintf("expired on %s, and it is %s here; the server needs a new one", until.UTC().Format(minute), now.UTC().Format(minute))
		}
		return fmt.Sprintf("is valid from %s, and it is %s here; check the clocks of both", invalid.Cert.NotBefore.UTC().Format(minute), now.UTC().Format(minute))
	}
	return ""
}

// maxNames is how many names of a certificate are shown.
const maxNames = 5

// wrongName says which names a certificate has instead of a host's.
func wrongName(certificate *x509.Certificate, host string) string {
	names := append([]string{}, certificate.DNSNames...)
	for _, ip := range certificate.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return fmt.Sprintf("has no subject alternative name, and its common name %q does not count; the server needs one for %s", certificate.Subject.CommonName, host)
	}
	return fmt.Sprintf("is for %s, and not for %s; write a name of the certificate in the URL", words.Some(names, maxNames), host)
}
