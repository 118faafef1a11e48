package realproxies

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/internal/racedetector"
)

// jumpingClock is a clock that jumps when somebody waits.
type jumpingClock struct {
	mu      sync.Mutex
	skipped time.Duration
}

func (c *jumpingClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.skipped)
}

func (c *jumpingClock) Sleep(ctx context.Context, d time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.skipped += max(0, d)
	return ctx.Err() == nil
}

func fake(t *testing.T, options ...fakegitlab.Option) *fakegitlab.Server {
	t.Helper()
	server, err := fakegitlab.New(options...)
	require.NoError(t, err)
	return server
}

// check checks a GitLab at a URL with all roles.
func check(t *testing.T, url, project string, tr http.RoundTripper) (*contract.Result, error) {
	t.Helper()
	return contract.Run(t.Context(), contract.Target{
		URL: url, Project: project, OtherProject: "root/other", Transport: tr,
		Tokens: map[contract.Role]string{
			contract.Maintainer: "glpat-maintainer", contract.Developer: "glpat-developer",
			contract.Guest: "glpat-guest", contract.Stranger: "glpat-stranger",
		},
	}, contract.Options{Clock: &jumpingClock{}})
}

// TestCorrect has proxies that are configured as GitLab needs it, in all the ways in which proxies change answers. The
// check is green, with --strict as well.
func TestCorrect(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		proxy   proxy
		root    string // the relative root of the GitLab
		options []fakegitlab.Option
		http2   bool
	}{
		"nginx, HTTP/1.0 to GitLab": {proxy: proxy{program: "nginx", server: "location / { proxy_pass http://{{.GitLab}}; }"}},
		"nginx, TLS of a private CA, HTTP/2, gzip": {
			proxy: proxy{program: "nginx", scheme: "https", listen: " ssl http2", server: `
				ssl_certificate {{.Dir}}/site.pem; ssl_certificate_key {{.Dir}}/site.pem;
				gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any; gzip_vary on;
				location / { proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header X-Forwarded-Proto https; proxy_pass http://{{.GitLab}}; }`},
			http2: true,
		},
		"nginx, relative root, keep-alive off, no buffers": {
			proxy: proxy{program: "nginx", server: `keepalive_timeout 0; proxy_buffering off; proxy_request_buffering off;
				location /gitlab/ { proxy_pass http://{{.GitLab}}; }`},
			root: "/gitlab",
		},
		"nginx adds an X-Request-Id, Server and headers for security": {
			proxy: proxy{program: "nginx", server: `
				location / { proxy_hide_header X-Request-Id; add_header X-Request-Id $request_id always; add_header Strict-Transport-Security "max-age=1" always; proxy_pass http://{{.GitLab}}; }`},
		},
		"nginx with a cache that obeys Cache-Control": {
			proxy: proxy{program: "nginx", http: "proxy_cache_path {{.Dir}}/cache keys_zone=c:1m;", server: `
				location / { proxy_cache c; add_header X-Cache-Status $upstream_cache_status always; proxy_pass http://{{.GitLab}}; }`},
		},
		"what Cloudflare adds to answers that it passes on": {proxy: nginx(`
			location / { add_header CF-RAY 8f0c0ffee-AMS always; add_header CF-Cache-Status DYNAMIC always; add_header Alt-Svc 'h3=":443"' always; ` + nginxProxy + ` }`)},
		"what Fastly adds to answers that it passes on": {proxy: nginx(`
			location / { add_header Via "1.1 varnish" always; add_header X-Served-By cache-ams-1 always; add_header X-Cache MISS always; add_header X-Cache-Hits 0 always; add_header Age 0 always; ` + nginxProxy + ` }`)},
		"nginx with keep-alive and chunks to GitLab": {
			proxy: proxy{program: "nginx", http: "upstream gitlab { server {{.GitLab}}; keepalive 8; }", server: `
				location / { proxy_http_version 1.1; proxy_set_header Connection ""; proxy_request_buffering off; chunked_transfer_encoding on; proxy_pass http://gitlab; }`},
		},
		"apache":                          {proxy: proxy{program: "apache", server: apacheProxy}},
		"apache, gzip that changes ETags": {proxy: proxy{program: "apache", server: apacheProxy + "SetOutputFilter DEFLATE\n"}},
		"apache, gzip that does not change ETags": {proxy: proxy{program: "apache", server: apacheProxy + "SetOutputFilter DEFLATE\nDeflateAlterETag NoChange\n"}},
		"apache, TLS, HTTP/2 and Via": {
			proxy: proxy{program: "apache", scheme: "https", server: "ProxyVia On\nProtocols h2 http/1.1\nSSLEngine on\nSSLCertificateFile {{.Dir}}/site.pem\n" + apacheProxy},
			http2: true,
		},
		"apache, keep-alive off":                        {proxy: proxy{program: "apache", server: "KeepAlive Off\nSetEnv proxy-nokeepalive 1\nSetEnv force-proxy-request-1.0 1\n" + apacheProxy}},
		"haproxy":                                       {proxy: proxy{program: "haproxy"}},
		"haproxy, TLS, HTTP/2, gzip, an id":             {proxy: proxy{program: "haproxy", scheme: "https", listen: " ssl crt {{.Dir}}/site.pem alpn h2,http/1.1", server: "  unique-id-format %{+X}o\\ %ci%cp%fi%fp%Ts%rt\n  unique-id-header X-Unique-Id\n  http-response add-header Via \"1.1 haproxy\"\n  compression algo gzip\n  compression type application/json"}, http2: true},
		"haproxy, connections are closed":               {proxy: proxy{program: "haproxy", server: "  option httpclose"}},
		"varnish, which caches nothing by its defaults": {proxy: proxy{program: "varnish"}},
		"varnish passes all requests":                   {proxy: proxy{program: "varnish", server: "sub vcl_recv { return (pass); }"}},
		"varnish pipes all requests":                    {proxy: proxy{program: "varnish", server: "sub vcl_recv { return (pipe); }"}},
		"squid as an accelerator":                       {proxy: proxy{program: "squid", listen: "accel defaultsite=127.0.0.1 no-vhost", server: "cache_peer {{.Host}} parent {{.GitLabPort}} 0 no-query originserver login=PASSTHRU name=gitlab\nhttp_access allow all\ncache deny all\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			if !test.http2 {
				racedetector.Skip(t)
			}
			t.Parallel()
			options := test.options
			if test.root != "" {
				options = append(options, fakegitlab.RelativeRoot(test.root))
			}
			url := test.proxy.start(t, fake(t, options...))
			spoken := &protocols{RoundTripper: transport(t)}
			result, err := check(t, url+test.root, "root/test", spoken)
			require.NoError(t, err)
			assert.Equal(t, contract.Conformant, result.Exit(true), shown(result, err))
			assert.Equal(t, test.http2, spoken.http2())
		})
	}
}

// protocols notes whether a proxy speaks HTTP/2.
type protocols struct {
	http.RoundTripper
	mu    sync.Mutex
	major int
}

func (p *protocols) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := p.RoundTripper.RoundTrip(r)
	if err == nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.major = max(p.major, response.ProtoMajor)
	}
	return response, err
}

func (p *protocols) http2() bool { return p.major == 2 }
