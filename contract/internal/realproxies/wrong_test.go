package realproxies

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/internal/racedetector"
)

// situation is a proxy that is configured wrongly, or for something else, and what the check has to come to.
type situation struct {
	name    string
	proxy   proxy
	project string // root/test if empty

	exit contract.Exit
	left bool     // something could not be removed
	code string   // of the problem why the check cannot begin, or ended early
	says []string // in the problem, in the finding about who answered, or in what is missing
	// blames are rules that are violated beside the one that GitLab answers: the proxy changed what they are about, and
	// nothing tells whether it was GitLab. Their findings then name the proxy as a possible cause.
	blames []string
	note   string // in these findings
}

const (
	apacheProxy   = "AllowEncodedSlashes NoDecode\nProxyPass / http://{{.GitLab}}/ nocanon\n"
	nginxProxy    = "proxy_pass http://{{.GitLab}};"
	nginxLocation = "location / { " + nginxProxy + " }\n"
	nginxCache    = "proxy_cache_path {{.Dir}}/cache keys_zone=c:1m;"
	from70        = "  stick-table type ip size 1k expire 1h store http_req_cnt\n  http-request track-sc0 src\n"
	lighttpdProxy = `proxy.server = ( "" => (( "host" => "{{.Host}}", "port" => {{.GitLabPort}} )) )` + "\n"
)

func nginx(server string) proxy   { return proxy{program: "nginx", server: server} }
func apache(server string) proxy  { return proxy{program: "apache", server: server} }
func haproxy(server string) proxy { return proxy{program: "haproxy", server: server} }

var situations = []situation{
	// Escaped slashes.
	{
		name:  "nginx decodes %2F: proxy_pass with a URI",
		proxy: nginx("location / { proxy_pass http://{{.GitLab}}/; }"),
		exit:  contract.Usage, code: "path-decoded", says: []string{"unescapes the slashes", "proxy_pass without a URI", "nocanon", "id works"},
	},
	{
		name:  "nginx decodes %2F, and the id is given",
		proxy: nginx("location / { proxy_pass http://{{.GitLab}}/; }"), project: "20",
		exit: contract.Violated, says: []string{"unescapes the slashes", "proxy_pass without a URI"},
	},
	{
		name:  "nginx decodes %2F: rewrite",
		proxy: nginx("location / { rewrite ^/(.*)$ /$1 break; " + nginxProxy + " }"),
		exit:  contract.Usage, code: "path-decoded", says: []string{"unescapes the slashes", "proxy_pass without a URI", "nocanon", "id works"},
	},
	{
		name:  "nginx merges slashes and passes $uri",
		proxy: nginx("location / { proxy_pass http://{{.GitLab}}$uri$is_args$args; }"),
		exit:  contract.Usage, code: "path-decoded", says: []string{"unescapes the slashes", "proxy_pass without a URI", "nocanon", "id works"},
	},
	{
		name:  "apache refuses %2F, its default",
		proxy: apache("ProxyPass / http://{{.GitLab}}/\n"),
		exit:  contract.Usage, code: "in-between", says: []string{"Apache", "AllowEncodedSlashes NoDecode", "id works"},
	},
	{
		name:  "apache refuses %2F, its default, and the id is given",
		proxy: apache("ProxyPass / http://{{.GitLab}}/\n"), project: "20",
		exit: contract.Violated, says: []string{"Apache", "AllowEncodedSlashes NoDecode"},
	},
	{
		name:  "apache decodes %2F: AllowEncodedSlashes On",
		proxy: apache("AllowEncodedSlashes On\nProxyPass / http://{{.GitLab}}/\n"),
		exit:  contract.Usage, code: "path-decoded", says: []string{"unescapes the slashes", "proxy_pass without a URI", "nocanon", "id works"},
	},
	{
		name:  "apache escapes %2F twice: NoDecode without nocanon",
		proxy: apache("AllowEncodedSlashes NoDecode\nProxyPass / http://{{.GitLab}}/\n"),
		exit:  contract.Violated, blames: []string{"agents/project-matches-path", "pagination/link-parameters", "paths/double-encoded"}, note: "something on the way changed the path",
	},
	{
		name:  "apache escapes %2F twice, and the id is given",
		proxy: apache("AllowEncodedSlashes NoDecode\nProxyPass / http://{{.GitLab}}/\n"), project: "20",
		exit: contract.Violated, blames: []string{"agents/project-matches-path", "pagination/link-parameters", "paths/double-encoded"}, note: "something on the way changed the path",
	},
	{
		name:  "lighttpd decodes paths",
		proxy: proxy{program: "lighttpd", server: lighttpdProxy},
		exit:  contract.Usage, code: "path-decoded", says: []string{"unescapes the slashes", "proxy_pass without a URI", "nocanon", "id works"},
	},
	{
		name:  "lighttpd decodes paths, and the id is given",
		proxy: proxy{program: "lighttpd", server: lighttpdProxy}, project: "20",
		exit: contract.Violated, says: []string{"unescapes the slashes", "proxy_pass without a URI"},
		blames: []string{"pagination/neighbours"}, note: "a proxy on the way may have removed X-", // it drops empty headers
	},
	{
		name:  "lighttpd passes %2F, and drops empty headers",
		proxy: proxy{program: "lighttpd", server: `server.http-parseopts = ( "url-normalize" => "disable" )` + "\n" + lighttpdProxy},
		exit:  contract.Violated, blames: []string{"pagination/neighbours"}, note: "a proxy on the way may have removed X-",
	},

	// Caches.
	{
		name:  "nginx caches for a minute, for all callers",
		proxy: proxy{program: "nginx", http: nginxCache, server: "location / { proxy_cache c; proxy_cache_valid any 1m; proxy_ignore_headers Cache-Control Expires Vary; add_header X-Cache-Status $upstream_cache_status; " + nginxProxy + " }"},
		exit:  contract.Violated, code: "in-between", says: []string{"the cache of an nginx proxy", "Turn caching off"},
	},
	{
		name:  "nginx caches, and does not tell",
		proxy: proxy{program: "nginx", http: nginxCache, server: "location / { proxy_cache c; proxy_cache_valid any 1m; proxy_ignore_headers Cache-Control Expires Vary; " + nginxProxy + " }"},
		exit:  contract.Violated, says: []string{"something that repeats answers, such as a cache", "Turn caching off"},
	},
	{
		name:  "nginx caches by token, and does not tell: stale after changes",
		proxy: proxy{program: "nginx", http: nginxCache, server: "location / { proxy_cache c; proxy_cache_key $http_private_token$http_authorization$request_method$request_uri; proxy_cache_valid 200 1m; proxy_ignore_headers Cache-Control Expires Vary; " + nginxProxy + " }"},
		exit:  contract.Violated, says: []string{"something that repeats answers, such as a cache", "Turn caching off"},
	},
	{
		name:  "varnish caches for a minute",
		proxy: proxy{program: "varnish", server: "sub vcl_recv { if (req.method == \"GET\" || req.method == \"HEAD\") { return (hash); } return (pass); }\nsub vcl_backend_response { set beresp.ttl = 60s; set beresp.uncacheable = false; return (deliver); }"},
		exit:  contract.Violated, code: "in-between", says: []string{"Varnish", "Turn caching off"},
	},
	{
		name:  "varnish caches, and hides that",
		proxy: proxy{program: "varnish", server: "sub vcl_recv { if (req.method == \"GET\" || req.method == \"HEAD\") { return (hash); } return (pass); }\nsub vcl_backend_response { set beresp.ttl = 60s; return (deliver); }\nsub vcl_deliver { unset resp.http.Age; unset resp.http.X-Varnish; unset resp.http.Via; }"},
		exit:  contract.Violated, says: []string{"something that repeats answers, such as a cache", "Turn caching off"},
	},
	{
		name:  "squid caches against Cache-Control",
		proxy: proxy{program: "squid", listen: "accel defaultsite=127.0.0.1 no-vhost ignore-cc", server: "cache_peer {{.Host}} parent {{.GitLabPort}} 0 no-query originserver login=PASSTHRU name=gitlab\nhttp_access allow all\ncache_mem 8 MB\nrefresh_pattern . 1 100% 1 override-expire override-lastmod ignore-reload ignore-no-store ignore-private\n"},
		exit:  contract.Violated, says: []string{"a Squid cache", "Turn caching off"},
	},

	// Stripped headers.
	{
		name:  "nginx hides GitLab's headers",
		proxy: nginx("location / { proxy_hide_header X-Gitlab-Meta; proxy_hide_header X-Request-Id; proxy_hide_header X-Runtime; " + nginxProxy + " }"),
		exit:  contract.Violated, blames: []string{"headers/request-id"}, note: "a proxy on the way may have removed X-Request-Id",
	},
	{
		name:  "nginx hides X-Total and Link",
		proxy: nginx("location / { proxy_hide_header X-Total; proxy_hide_header X-Total-Pages; proxy_hide_header Link; " + nginxProxy + " }"),
		exit:  contract.Violated, blames: []string{"document/headers", "pagination/link", "pagination/totals"}, note: "a proxy on the way may have removed X-Total, X-Total-Pages, Link",
	},
	{
		name:  "nginx hides ETag",
		proxy: nginx("location / { proxy_hide_header ETag; " + nginxProxy + " }"),
		exit:  contract.Violated, blames: []string{"headers/etag"}, note: "a proxy on the way may have removed ETag",
	},
	{
		name:  "nginx hides all X- headers of pages",
		proxy: nginx("location / { proxy_hide_header X-Page; proxy_hide_header X-Per-Page; proxy_hide_header X-Next-Page; proxy_hide_header X-Prev-Page; proxy_hide_header X-Total; proxy_hide_header X-Total-Pages; " + nginxProxy + " }"),
		exit:  contract.Violated, blames: []string{"document/headers"}, note: "a proxy on the way may have removed X-Page, X-Per-Page, X-Next-Page, X-Prev-Page, X-Total, X-Total-Pages",
	},
	{
		name:  "apache's gzip removes ETags",
		proxy: apache(apacheProxy + "SetOutputFilter DEFLATE\nDeflateAlterETag Remove\n"),
		exit:  contract.Violated, blames: []string{"headers/etag"}, note: "a proxy on the way may have removed ETag",
	},
	{
		name:  "nginx drops PRIVATE-TOKEN",
		proxy: nginx("location / { proxy_set_header PRIVATE-TOKEN \"\"; " + nginxProxy + " }"),
		exit:  contract.Usage, code: "token-unknown", says: []string{"pass the header PRIVATE-TOKEN"},
	},
	{
		name:  "nginx drops Authorization",
		proxy: nginx("location / { proxy_set_header Authorization \"\"; " + nginxProxy + " }"),
		exit:  contract.Violated, blames: []string{"authentication/bearer"}, note: "a proxy on the way may have removed the header Authorization",
	},
	{
		name:  "nginx passes no bodies",
		proxy: nginx("location / { proxy_pass_request_body off; proxy_set_header Content-Length \"\"; " + nginxProxy + " }"),
		exit:  contract.Usage, code: "request-body-lost", says: []string{"did not get the body", "name is missing"},
	},
	{
		name:  "nginx passes no DELETE",
		proxy: nginx("location / { limit_except GET POST { deny all; } " + nginxProxy + " }"),
		exit:  contract.Usage, left: true, code: "in-between", says: []string{"403 is not GitLab's", "nginx", "all methods"},
	},
	{
		name:  "apache passes GET only",
		proxy: apache(apacheProxy + "<Location />\n<LimitExcept GET HEAD>\nRequire all denied\n</LimitExcept>\n</Location>\n"),
		exit:  contract.Usage, code: "in-between", says: []string{"403 is not GitLab's", "Apache", "all methods"},
	},
	{
		name:  "haproxy passes no PUT and PATCH",
		proxy: haproxy("  http-request deny if { method PUT PATCH }\n"),
		exit:  contract.Violated, says: []string{"403 from HAProxy", "all methods"},
	},
	{
		name:  "nginx adds CORS and Cache-Control public",
		proxy: nginx("location / { add_header Access-Control-Allow-Origin *; add_header Cache-Control public; " + nginxProxy + " }"),
		exit:  contract.Violated, blames: []string{"headers/never-public"}, note: "a proxy on the way may have added one",
	},

	// Firewalls.
	{
		name:  "a WAF refuses NUL bytes in bodies",
		proxy: haproxy("  option http-buffer-request\n  http-request deny deny_status 403 if { req.body -m sub \\\\u0000 }\n"),
		exit:  contract.Violated, says: []string{"403 from HAProxy", "log"},
	},
	{
		name:  "a WAF refuses %00 in paths",
		proxy: haproxy("  http-request deny deny_status 403 if { url -m sub %00 }\n"),
		exit:  contract.Conformant,
	},
	{
		name:  "a WAF drops the connection for what looks like an attack",
		proxy: haproxy("  option http-buffer-request\n  http-request reject if { req.body -m sub < }\n"),
		exit:  contract.Conformant,
	},
	{
		name:  "a WAF refuses JSON that looks like an attack",
		proxy: haproxy("  option http-buffer-request\n  http-request deny deny_status 403 if { req.body -m sub < }\n"),
		exit:  contract.Violated, says: []string{"403 from HAProxy", "log"},
	},
	{
		name:  "a WAF refuses an odd content type",
		proxy: haproxy("  http-request deny deny_status 403 if { req.hdr(Content-Type) -m beg text/ }\n"),
		exit:  contract.Violated, says: []string{"403 from HAProxy", "log"},
	},
	{
		name:  "nginx refuses large bodies: 413",
		proxy: nginx("client_max_body_size 100; " + nginxLocation),
		exit:  contract.Violated, says: []string{"413 from an nginx", "client_max_body_size"},
	},
	{
		name:  "nginx refuses long URLs: 414",
		proxy: nginx("connection_pool_size 256; large_client_header_buffers 2 256; client_header_buffer_size 256; " + nginxLocation),
		exit:  contract.Conformant,
	},

	// Sign-ins.
	{
		name:  "SSO redirects everything",
		proxy: nginx("location / { return 302 https://sso.example.com/oauth2/authorize?client_id=x&redirect_uri=$request_uri; }"),
		exit:  contract.Usage, code: "sign-in", says: []string{"a sign-in stands in front of GitLab", "redirects to https://sso.example.com/oauth2/authorize"},
	},
	{
		name:  "SSO redirects all but reads of projects",
		proxy: nginx("location ~ cluster_agents { return 302 https://sso.example.com/oauth2/authorize?client_id=x; } " + nginxLocation),
		exit:  contract.Usage, code: "sign-in", says: []string{"a sign-in stands in front of GitLab", "redirects to https://sso.example.com/oauth2/authorize"},
	},
	{
		name:  "SSO redirects writes",
		proxy: nginx("location / { if ($request_method ~ ^(POST|DELETE)$) { return 302 /oauth2/sign_in?rd=$request_uri; } " + nginxProxy + " }"),
		exit:  contract.Usage, code: "sign-in", says: []string{"a sign-in stands in front of GitLab", "redirects to http"},
	},
	{
		name:  "SSO redirects the tokens",
		proxy: nginx("location ~ /tokens { return 302 https://login.example.com/saml2?SAMLRequest=x; } " + nginxLocation),
		exit:  contract.Usage, code: "sign-in", says: []string{"a sign-in stands in front of GitLab", "redirects to https://login.example.com/saml2"},
	},
	{
		name:  "basic authentication in front",
		proxy: haproxy("  http-request auth realm office unless { http_auth(people) }\n").with("userlist people\n  user a insecure-password b\n"),
		exit:  contract.Usage, code: "in-between", says: []string{"wants a password"},
	},
	{
		name:  "apache wants a client certificate",
		proxy: apache(apacheProxy + "<Location />\nRequire expr false\n</Location>\n"),
		exit:  contract.Usage, code: "in-between", says: []string{"403 is not GitLab's", "Apache"},
	},
	{
		name:  "407",
		proxy: nginx("location / { add_header Proxy-Authenticate 'Basic realm=\"proxy\"' always; return 407; }"),
		exit:  contract.Usage, code: "in-between", says: []string{"407", "a proxy", "HTTPS_PROXY"},
	},
	{
		name:  "http redirects to https",
		proxy: nginx("location / { return 301 https://$host$request_uri; }"),
		exit:  contract.Usage, code: "redirects", says: []string{"redirects to https://127.0.0.1/"},
	},
	{
		name:  "apache redirects http to https",
		proxy: apache("AllowEncodedSlashes NoDecode\nRewriteEngine on\nRewriteRule ^(.*)$ https://gitlab.example.com$1 [R=301,L,NE]\n"),
		exit:  contract.Usage, code: "redirects", says: []string{"Give the URL https://gitlab.example.com instead"},
	},

	// Limits.
	{
		name:  "limit_req answers 503",
		proxy: proxy{program: "nginx", http: "limit_req_zone $binary_remote_addr zone=z:1m rate=1r/m;", server: "limit_req zone=z burst=60 nodelay; " + nginxLocation},
		exit:  contract.Failed, left: true,
	},
	{
		name:  "limit_req answers 429",
		proxy: proxy{program: "nginx", http: "limit_req_zone $binary_remote_addr zone=z:1m rate=1r/m; limit_req_status 429;", server: "limit_req zone=z burst=60 nodelay; " + nginxLocation},
		exit:  contract.Failed, left: true,
	},
	{
		name:  "a CDN begins to send challenges at request 70",
		proxy: haproxy(from70 + `  http-request return status 403 content-type text/html hdr cf-mitigated challenge string "<html><title>Just a moment...</title></html>" if { sc_http_req_cnt(0) gt 70 }` + "\n"),
		exit:  contract.Violated, left: true, code: "in-between", says: []string{"challenge"},
	},
	{
		name:  "a sign-in begins at request 70",
		proxy: haproxy(from70 + "  http-request redirect location https://sso.example.com/login if { sc_http_req_cnt(0) gt 70 }\n"),
		exit:  contract.Violated, left: true, code: "sign-in", says: []string{"sso.example.com"},
	},
	{
		name:  "haproxy answers 429",
		proxy: haproxy("  stick-table type ip size 1k expire 10s store http_req_rate(10s)\n  http-request track-sc0 src\n  http-request deny deny_status 429 if { sc_http_req_rate(0) gt 100 }\n"),
		exit:  contract.Failed, left: true,
	},

	// Errors.
	{
		name:  "502 to every POST",
		proxy: nginx("location / { if ($request_method = POST) { return 502; } " + nginxProxy + " }"),
		exit:  contract.TooLittle, says: []string{"createAgent never succeeded"},
	},
	{
		name:  "connections of POSTs are dropped",
		proxy: nginx("location / { if ($request_method = POST) { return 444; } " + nginxProxy + " }"),
		exit:  contract.TooLittle, says: []string{"createAgent never succeeded"},
	},
	{
		name:  "an error page for 404",
		proxy: nginx("proxy_intercept_errors on; error_page 404 /404.html; location = /404.html { internal; default_type text/html; return 404 '<html><title>Oops</title><h1>Nothing here</h1></html>'; } " + nginxLocation),
		exit:  contract.Violated, says: []string{"404 from an nginx", "proxy_intercept_errors off", "ProxyErrorOverride Off"},
	},
	{
		name:  "nginx's own error page for all errors",
		proxy: nginx("proxy_intercept_errors on; error_page 400 401 403 404 412 415 500 /e.html; " + nginxLocation),
		exit:  contract.Violated, says: []string{"404 from an nginx", "proxy_intercept_errors off", "ProxyErrorOverride Off"},
	},
	{
		name:  "an error page with 200 for 404",
		proxy: nginx("proxy_intercept_errors on; error_page 404 =200 /404.html; location = /404.html { internal; default_type text/html; return 200 '<html><title>Oops</title><h1>Nothing here</h1></html>'; } " + nginxLocation),
		exit:  contract.Violated, says: []string{"200 from a website"},
	},
	{
		name:  "apache's ProxyErrorOverride",
		proxy: apache(apacheProxy + "ProxyErrorOverride On\n"),
		exit:  contract.Violated, says: []string{"404 from an Apache", "proxy_intercept_errors off", "ProxyErrorOverride Off"},
	},
	{
		name:  "haproxy's error page for 404",
		proxy: haproxy("  http-response return status 404 content-type text/html string \"<html><title>Lost</title></html>\" if { status 404 }\n"),
		exit:  contract.Violated, says: []string{"404 from a web page", "proxy_intercept_errors off", "ProxyErrorOverride Off"},
	},
	{
		name:  "a maintenance page: 503",
		proxy: nginx("location / { default_type text/html; return 503 '<html><title>We are back soon</title><h1>Maintenance</h1></html>'; }"),
		exit:  contract.TooLittle, says: []string{"503"},
	},
	{
		name:  "a maintenance page: 200",
		proxy: nginx("location / { default_type text/html; return 200 '<html><title>We are back soon</title><h1>Maintenance</h1></html>'; }"),
		exit:  contract.Usage, code: "not-gitlab", says: []string{"We are back soon"},
	},
	{
		name:  "GitLab is down: haproxy's 503",
		proxy: haproxy("  http-request return status 503 content-type text/html string \"<html><body><h1>503 Service Unavailable</h1>No server is available to handle this request.</body></html>\"\n"),
		exit:  contract.TooLittle, says: []string{"503"},
	},
	{
		name:  "varnish's guru meditation",
		proxy: proxy{program: "varnish", server: "sub vcl_recv { return (synth(503, \"Backend fetch failed\")); }"},
		exit:  contract.TooLittle, says: []string{"503"},
	},
	{
		name:  "squid denies",
		proxy: proxy{program: "squid", listen: "accel defaultsite=127.0.0.1 no-vhost", server: "cache_peer {{.Host}} parent {{.GitLabPort}} 0 no-query originserver login=PASSTHRU name=gitlab\nhttp_access deny all\n"},
		exit:  contract.Usage, code: "in-between", says: []string{"403 is not GitLab's", "Squid"},
	},
	{
		name:  "another virtual host: nginx's welcome",
		proxy: nginx("location / { default_type text/html; return 200 '<html><head><title>Welcome to nginx!</title></head><body>Welcome to nginx!</body></html>'; }"),
		exit:  contract.Usage, code: "not-gitlab", says: []string{"no GitLab API", "default page"},
	},
	{
		name:  "a location is missing: nginx's 404",
		proxy: nginx("location /gitlab { " + nginxProxy + " }"),
		exit:  contract.Usage, code: "not-gitlab", says: []string{"404 is not GitLab's", "nginx", "Check the URL and its relative root"},
	},
	{
		name:  "a location is missing for the API",
		proxy: nginx("location /api/ { return 404; } " + nginxLocation),
		exit:  contract.Usage, code: "not-gitlab", says: []string{"404 is not GitLab's", "nginx", "Check the URL and its relative root"},
	},
}

func (p proxy) with(http string) proxy {
	p.http = http
	return p
}

// answered is the rule that GitLab answers.
const answered = "delivery/answered-by-gitlab"

// TestWrong has proxies that are configured wrongly. No rule blames GitLab for it.
func TestWrong(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	for _, s := range situations {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			project := s.project
			if project == "" {
				project = "root/test"
			}
			url := s.proxy.start(t, fake(t))
			result, err := check(t, url, project, transport(t))
			t.Log(shown(result, err))
			if err != nil {
				s.checkProblem(t, err)
				return
			}
			s.checkResult(t, result)
		})
	}
}

// checkProblem checks why a check could not begin.
func (s *situation) checkProblem(t *testing.T, err error) {
	var setup *contract.SetupError
	var unreachable *contract.UnreachableError
	switch {
	case errors.As(err, &setup):
		assert.Equal(t, contract.Usage, s.exit)
		assert.Equal(t, s.code, setup.Problem.Code)
		assert.Equal(t, s.left, len(setup.Left) > 0)
	case errors.As(err, &unreachable):
		assert.Equal(t, contract.TooLittle, s.exit)
	default:
		require.NoError(t, err)
	}
	for _, text := range s.says {
		assert.Contains(t, err.Error(), text)
	}
}

// checkResult checks what a check came to.
func (s *situation) checkResult(t *testing.T, result *contract.Result) {
	assert.Equal(t, s.exit, result.Exit(true))
	assert.Equal(t, s.left, len(result.Left) > 0)
	code, said := "", strings.Join(result.Missing(), "; ")
	if result.Ended != nil && result.Ended.Code != "no-useful-answer" { // the clock jumps, so that any silence may seem long
		code, said = result.Ended.Code, said+result.Ended.Error()
	}
	assert.Equal(t, s.code, code)
	for _, f := range result.Findings {
		if f.Rule == answered {
			said += "; " + f.Actual + "; " + f.Note
		}
		if f.Outcome == contract.Violation && f.Rule != answered {
			assert.Contains(t, f.Note, s.note, f.Rule)
		}
	}
	for _, text := range s.says {
		assert.Contains(t, said, text)
	}
	var blamed []string
	for _, rule := range result.Broken(true) {
		if rule.Rule.ID != answered {
			blamed = append(blamed, rule.Rule.ID)
		}
	}
	assert.ElementsMatch(t, s.blames, blamed)
}
