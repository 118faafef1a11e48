package realproxies

import (
	"net/http"
	"strings"
	"testing"

	"example.com/gitlab-agents/contract"
)

// situation is a proxy that is configured wrongly, or for something else, and what the check has to say.
type situation struct {
	name    string
	proxy   proxy
	project string // root/test if empty
}

const (
	apacheProxy   = "AllowEncodedSlashes NoDecode\nProxyPass / http://{{.GitLab}}/ nocanon\n"
	nginxProxy    = "proxy_pass http://{{.GitLab}};"
	nginxLocation = "location / { " + nginxProxy + " }\n"
	nginxCache    = "proxy_cache_path {{.Dir}}/cache keys_zone=c:1m;"
	lighttpdProxy = `proxy.server = ( "" => (( "host" => "{{.Host}}", "port" => {{.GitLabPort}} )) )` + "\n"
)

func nginx(server string) proxy   { return proxy{program: "nginx", server: server} }
func apache(server string) proxy  { return proxy{program: "apache", server: server} }
func haproxy(server string) proxy { return proxy{program: "haproxy", server: server} }

var situations = []situation{
	// Escaped slashes.
	{name: "nginx decodes %2F: proxy_pass with a URI", proxy: nginx("location / { proxy_pass http://{{.GitLab}}/; }")},
	{name: "nginx decodes %2F, and the id is given", proxy: nginx("location / { proxy_pass http://{{.GitLab}}/; }"), project: "20"},
	{name: "nginx decodes %2F: rewrite", proxy: nginx("location / { rewrite ^/(.*)$ /$1 break; " + nginxProxy + " }")},
	{name: "nginx merges slashes and passes $uri", proxy: nginx("location / { proxy_pass http://{{.GitLab}}$uri$is_args$args; }")},
	{name: "apache refuses %2F, its default", proxy: apache("ProxyPass / http://{{.GitLab}}/\n")},
	{name: "apache refuses %2F, its default, and the id is given", proxy: apache("ProxyPass / http://{{.GitLab}}/\n"), project: "20"},
	{name: "apache decodes %2F: AllowEncodedSlashes On", proxy: apache("AllowEncodedSlashes On\nProxyPass / http://{{.GitLab}}/\n")},
	{name: "apache escapes %2F twice: NoDecode without nocanon", proxy: apache("AllowEncodedSlashes NoDecode\nProxyPass / http://{{.GitLab}}/\n")},
	{name: "apache escapes %2F twice, and the id is given", proxy: apache("AllowEncodedSlashes NoDecode\nProxyPass / http://{{.GitLab}}/\n"), project: "20"},
	{name: "lighttpd decodes paths", proxy: proxy{program: "lighttpd", server: lighttpdProxy}},
	{name: "lighttpd decodes paths, and the id is given", proxy: proxy{program: "lighttpd", server: lighttpdProxy}, project: "20"},
	{name: "lighttpd passes %2F, and drops empty headers", proxy: proxy{program: "lighttpd", server: `server.http-parseopts = ( "url-normalize" => "disable" )` + "\n" + lighttpdProxy}},

	// Caches.
	{name: "nginx caches for a minute, whoever asks", proxy: proxy{program: "nginx", http: nginxCache, server: "location / { proxy_cache c; proxy_cache_valid any 1m; proxy_ignore_headers Cache-Control Expires Vary; add_header X-Cache-Status $upstream_cache_status; " + nginxProxy + " }"}},
	{name: "nginx caches, and does not tell", proxy: proxy{program: "nginx", http: nginxCache, server: "location / { proxy_cache c; proxy_cache_valid any 1m; proxy_ignore_headers Cache-Control Expires Vary; " + nginxProxy + " }"}},
	{name: "nginx caches by token, and does not tell: stale after changes", proxy: proxy{program: "nginx", http: nginxCache, server: "location / { proxy_cache c; proxy_cache_key $http_private_token$http_authorization$request_method$request_uri; proxy_cache_valid 200 1m; proxy_ignore_headers Cache-Control Expires Vary; " + nginxProxy + " }"}},
	{name: "varnish caches for a minute", proxy: proxy{program: "varnish", server: "sub vcl_recv { if (req.method == \"GET\" || req.method == \"HEAD\") { return (hash); } return (pass); }\nsub vcl_backend_response { set beresp.ttl = 60s; set beresp.uncacheable = false; return (deliver); }"}},
	{name: "varnish caches, and hides that", proxy: proxy{program: "varnish", server: "sub vcl_recv { if (req.method == \"GET\" || req.method == \"HEAD\") { return (hash); } return (pass); }\nsub vcl_backend_response { set beresp.ttl = 60s; return (deliver); }\nsub vcl_deliver { unset resp.http.Age; unset resp.http.X-Varnish; unset resp.http.Via; }"}},
	{name: "squid caches against Cache-Control", proxy: proxy{program: "squid", listen: "accel defaultsite=127.0.0.1 no-vhost ignore-cc", server: "cache_peer {{.Host}} parent {{.GitLabPort}} 0 no-query originserver name=gitlab\nhttp_access allow all\ncache_mem 8 MB\nrefresh_pattern . 1 100% 1 override-expire override-lastmod ignore-reload ignore-no-store ignore-private\n"}},

	// Stripped headers.
	{name: "nginx hides GitLab's headers", proxy: nginx("location / { proxy_hide_header X-Gitlab-Meta; proxy_hide_header X-Request-Id; proxy_hide_header X-Runtime; " + nginxProxy + " }")},
	{name: "nginx hides X-Total and Link", proxy: nginx("location / { proxy_hide_header X-Total; proxy_hide_header X-Total-Pages; proxy_hide_header Link; " + nginxProxy + " }")},
	{name: "nginx hides ETag", proxy: nginx("location / { proxy_hide_header ETag; " + nginxProxy + " }")},
	{name: "nginx hides all X- headers of pages", proxy: nginx("location / { proxy_hide_header X-Page; proxy_hide_header X-Per-Page; proxy_hide_header X-Next-Page; proxy_hide_header X-Prev-Page; proxy_hide_header X-Total; proxy_hide_header X-Total-Pages; " + nginxProxy + " }")},
	{name: "apache's gzip removes ETags", proxy: apache(apacheProxy + "SetOutputFilter DEFLATE\nDeflateAlterETag Remove\n")},
	{name: "nginx drops PRIVATE-TOKEN", proxy: nginx("location / { proxy_set_header PRIVATE-TOKEN \"\"; " + nginxProxy + " }")},
	{name: "nginx drops Authorization", proxy: nginx("location / { proxy_set_header Authorization \"\"; " + nginxProxy + " }")},
	{name: "nginx passes no bodies", proxy: nginx("location / { proxy_pass_request_body off; proxy_set_header Content-Length \"\"; " + nginxProxy + " }")},
	{name: "nginx passes no query", proxy: nginx("location / { proxy_pass http://{{.GitLab}}$request_uri; if ($args) { rewrite ^ $request_uri?; set $args \"\"; } }")},
	{name: "nginx passes no DELETE", proxy: nginx("location / { limit_except GET POST { deny all; } " + nginxProxy + " }")},
	{name: "apache passes GET only", proxy: apache(apacheProxy + "<Location />\n<LimitExcept GET HEAD>\nRequire all denied\n</LimitExcept>\n</Location>\n")},
	{name: "haproxy passes no PUT and PATCH", proxy: haproxy("  http-request deny if { method PUT PATCH }\n")},
	{name: "nginx adds CORS and Cache-Control public", proxy: nginx("location / { add_header Access-Control-Allow-Origin *; add_header Cache-Control public; " + nginxProxy + " }")},

	// Firewalls.
	{name: "a WAF refuses NUL bytes in bodies", proxy: haproxy("  option http-buffer-request\n  http-request deny deny_status 403 if { req.body -m sub \\\\u0000 }\n")},
	{name: "a WAF refuses %00 in paths", proxy: haproxy("  http-request deny deny_status 403 if { url -m sub %00 }\n")},
	{name: "a WAF drops the connection for what looks like an attack", proxy: haproxy("  option http-buffer-request\n  http-request silent-drop if { req.body -m sub <script }\n  http-request reject if { req.body -m reg [<>&'] }\n")},
	{name: "a WAF refuses JSON that looks like an attack", proxy: haproxy("  option http-buffer-request\n  http-request deny deny_status 403 if { req.body -m reg [<>&'] }\n")},
	{name: "a WAF answers 406 to an odd content type", proxy: haproxy("  http-request deny deny_status 406 if { req.hdr(Content-Type) -m beg text/ }\n")},
	{name: "nginx refuses large bodies: 413", proxy: nginx("client_max_body_size 100; " + nginxLocation)},
	{name: "apache refuses large bodies: 413", proxy: apache(apacheProxy + "LimitRequestBody 200\n")},
	{name: "nginx refuses long URLs: 414", proxy: nginx("large_client_header_buffers 2 200; client_header_buffer_size 200; " + nginxLocation)},

	// Sign-ins.
	{name: "SSO redirects everything", proxy: nginx("location / { return 302 https://sso.example.com/oauth2/authorize?client_id=x&redirect_uri=$request_uri; }")},
	{name: "SSO redirects all but reads of projects", proxy: nginx("location ~ ^/api/v4/projects/[^/]+/cluster_agents { return 302 https://sso.example.com/oauth2/authorize?client_id=x; } " + nginxLocation)},
	{name: "SSO redirects writes", proxy: nginx("location / { if ($request_method ~ ^(POST|DELETE)$) { return 302 /oauth2/sign_in?rd=$request_uri; } " + nginxProxy + " }")},
	{name: "SSO redirects the tokens", proxy: nginx("location ~ /tokens { return 302 https://login.example.com/saml2?SAMLRequest=x; } " + nginxLocation)},
	{name: "basic authentication in front", proxy: haproxy("  http-request auth realm office unless { http_auth(people) }\n").with("userlist people\n  user a insecure-password b\n")},
	{name: "apache wants a client certificate", proxy: apache(apacheProxy + "<Location />\nRequire expr false\n</Location>\n")},
	{name: "407", proxy: nginx("location / { add_header Proxy-Authenticate 'Basic realm=\"proxy\"' always; return 407; }")},
	{name: "http redirects to https", proxy: nginx("location / { return 301 https://$host$request_uri; }")},
	{name: "apache redirects http to https", proxy: apache("AllowEncodedSlashes NoDecode\nRewriteEngine on\nRewriteRule ^(.*)$ https://gitlab.example.com$1 [R=301,L,NE]\n")},

	// Limits.
	{name: "limit_req answers 503", proxy: proxy{program: "nginx", http: "limit_req_zone $binary_remote_addr zone=z:1m rate=20r/s;", server: "limit_req zone=z burst=5 nodelay; " + nginxLocation}},
	{name: "limit_req answers 429", proxy: proxy{program: "nginx", http: "limit_req_zone $binary_remote_addr zone=z:1m rate=20r/s; limit_req_status 429;", server: "limit_req zone=z burst=5 nodelay; " + nginxLocation}},
	{name: "haproxy answers 429", proxy: haproxy("  stick-table type ip size 1k expire 10s store http_req_rate(10s)\n  http-request track-sc0 src\n  http-request deny deny_status 429 if { sc_http_req_rate(0) gt 100 }\n")},

	// Errors.
	{name: "502 to every POST", proxy: nginx("location / { if ($request_method = POST) { return 502; } " + nginxProxy + " }")},
	{name: "connections of POSTs are dropped", proxy: nginx("location / { if ($request_method = POST) { return 444; } " + nginxProxy + " }")},
	{name: "an error page for 404", proxy: nginx("proxy_intercept_errors on; error_page 404 /404.html; location = /404.html { internal; default_type text/html; return 404 '<html><title>Oops</title><h1>Nothing here</h1></html>'; } " + nginxLocation)},
	{name: "nginx's own error page for all errors", proxy: nginx("proxy_intercept_errors on; error_page 400 401 403 404 412 415 500 /e.html; " + nginxLocation)},
	{name: "an error page with 200 for 404", proxy: nginx("proxy_intercept_errors on; error_page 404 =200 /404.html; location = /404.html { internal; default_type text/html; return 200 '<html><title>Oops</title><h1>Nothing here</h1></html>'; } " + nginxLocation)},
	{name: "apache's ProxyErrorOverride", proxy: apache(apacheProxy + "ProxyErrorOverride On\n")},
	{name: "haproxy's error page for 404", proxy: haproxy("  http-response return status 404 content-type text/html string \"<html><title>Lost</title></html>\" if { status 404 }\n")},
	{name: "a maintenance page: 503", proxy: nginx("location / { default_type text/html; return 503 '<html><title>We are back soon</title><h1>Maintenance</h1></html>'; }")},
	{name: "a maintenance page: 200", proxy: nginx("location / { default_type text/html; return 200 '<html><title>We are back soon</title><h1>Maintenance</h1></html>'; }")},
	{name: "GitLab is down: haproxy's 503", proxy: haproxy("  http-request return status 503 content-type text/html string \"<html><body><h1>503 Service Unavailable</h1>No server is available to handle this request.</body></html>\"\n")},
	{name: "varnish's guru meditation", proxy: proxy{program: "varnish", server: "sub vcl_recv { return (synth(503, \"Backend fetch failed\")); }"}},
	{name: "squid denies", proxy: proxy{program: "squid", listen: "accel defaultsite=127.0.0.1 no-vhost", server: "cache_peer {{.Host}} parent {{.GitLabPort}} 0 no-query originserver name=gitlab\nhttp_access deny all\n"}},
	{name: "another virtual host: nginx's welcome", proxy: nginx("location / { default_type text/html; return 200 '<html><head><title>Welcome to nginx!</title></head><body>Welcome to nginx!</body></html>'; }")},
	{name: "a location is missing: nginx's 404", proxy: nginx("location /gitlab { " + nginxProxy + " }")},
	{name: "a location is missing for the API", proxy: nginx("location /api/ { return 404; } " + nginxLocation)},
}

func (p proxy) with(http string) proxy {
	p.http = http
	return p
}

func TestWrong(t *testing.T) {
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
			t.Logf("ROW %s | %s", s.name, strings.ReplaceAll(shown(result, err), "\n", "\n    "))
		})
	}
	_, _ = http.MethodGet, contract.Conformant
}
