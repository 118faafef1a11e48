package realproxies

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// authority is a private certificate authority with one certificate, for 127.0.0.1.
type authority struct {
	roots *x509.CertPool
	pem   []byte // the certificate and its key
	err   error
}

var private = sync.OnceValue(newAuthority)

func newAuthority() (a authority) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return authority{err: err}
	}
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a private authority"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	site := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "gitlab"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		NotBefore: root.NotBefore, NotAfter: root.NotAfter,
	}
	signed := func(c *x509.Certificate) []byte {
		der, problem := x509.CreateCertificate(rand.Reader, c, root, &key.PublicKey, key)
		if problem != nil {
			err = problem
		}
		return der
	}
	rootDER, siteDER := signed(root), signed(site)
	keyDER, problem := x509.MarshalPKCS8PrivateKey(key)
	if err != nil || problem != nil {
		return authority{err: err}
	}
	a.roots = x509.NewCertPool()
	a.roots.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: rootDER}))
	a.pem = append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: siteDER}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})...)
	return a
}

// writeCertificate writes the certificate where a configuration finds it, as {{.Dir}}/site.pem.
func writeCertificate(t *testing.T, dir string) {
	t.Helper()
	require.NoError(t, private().err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "site.pem"), private().pem, 0o600))
}

// transport is a client's that trusts the private authority and speaks HTTP/2 where the proxy does.
func transport(t *testing.T) *http.Transport {
	t.Helper()
	tr := &http.Transport{MaxIdleConnsPerHost: 64, ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: private().roots}}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}
