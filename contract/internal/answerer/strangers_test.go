package answerer_test

import "example.com/gitlab-agents/contract/internal/answerer"

// answer is one answer of a stranger, as it came over the wire.
type answer struct {
	name    string
	request string // method and path; the list of the project's agents if empty
	wire    string // status line, headers, an empty line, and the body
	kindof  string
	by      string // a part of it
	cure    string // a part of it
	// weak says that the answer alone does not tell: only a learner that knows this GitLab can.
	weak bool
}

const encoded = "GET /api/v4/projects/root%2Ftest/cluster_agents"

var strangers = []answer{
	// Web servers and proxies.
	{
		name: "Apache refuses an escaped slash", request: encoded, kindof: answerer.WebServerPage, by: "Apache", cure: "AllowEncodedSlashes NoDecode",
		wire: "HTTP/1.1 404 Not Found\nServer: Apache\nContent-Type: text/html; charset=iso-8859-1\n\n" +
			"<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>404 Not Found</title>\n</head><body>\n<h1>Not Found</h1>\n<p>The requested URL was not found on this server.</p>\n</body></html>\n",
	},
	{
		name: "Apache refuses an escaped slash, and says its version", request: encoded, kindof: answerer.WebServerPage, by: "Apache", cure: "numeric id",
		wire: "HTTP/1.1 404 Not Found\nServer: Apache/2.4.62 (Debian)\nContent-Type: text/html; charset=iso-8859-1\n\n" +
			"<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>404 Not Found</title>\n</head><body>\n<h1>Not Found</h1>\n<hr>\n<address>Apache/2.4.62 (Debian) Server at gitlab.example.com Port 443</address>\n</body></html>\n",
	},
	{
		name: "Apache 2.4.71 refuses an escaped slash", request: encoded, kindof: answerer.WebServerPage, by: "Apache", cure: "AllowEncodedSlashes NoDecode",
		wire: "HTTP/1.1 404 Not Found\nContent-Type: text/html; charset=iso-8859-1\n\n" +
			"<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\" \"http://www.w3.org/TR/html4/strict.dtd\">\n<html><head>\n<title>404 Not Found</title>\n</head><body>\n<h1>Not Found</h1>\n<p>The requested URL was not found on this server.</p>\n</body></html>\n",
	},
	{
		name: "Apache with a page of its administrator's", request: encoded, kindof: answerer.WebServerPage, by: "Apache", cure: "AllowEncodedSlashes NoDecode",
		wire: "HTTP/1.1 404 Not Found\nServer: Apache\nContent-Type: text/html\n\n<html><head><title>Gone fishing</title></head><body></body></html>",
	},
	{
		name: "nginx wants a password, with its page", kindof: answerer.ServerAuth, by: "nginx", cure: "password",
		wire: "HTTP/1.1 401 Unauthorized\nServer: nginx/1.22.1\nContent-Type: text/html\nWWW-Authenticate: Basic realm=\"x\"\n\n<html>\r\n<head><title>401 Authorization Required</title></head>\r\n<body>\r\n<center><h1>401 Authorization Required</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n",
	},
	{
		name: "nginx redirects to https, with its page", kindof: answerer.Redirect, by: "http to https", cure: "https://gitlab.example.com.",
		wire: "HTTP/1.1 301 Moved Permanently\nServer: nginx/1.22.1\nLocation: https://gitlab.example.com/api/v4/metadata\nContent-Type: text/html\n\n<html>\r\n<head><title>301 Moved Permanently</title></head>\r\n<body>\r\n<center><h1>301 Moved Permanently</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n",
	},
	{
		name: "nginx forbids a path with an escaped slash, for another reason", request: encoded, kindof: answerer.WebServerPage, by: "nginx", cure: "log",
		wire: "HTTP/1.1 403 Forbidden\nServer: nginx/1.22.1\nContent-Type: text/html\n\n<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n<center><h1>403 Forbidden</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n",
	},
	{
		name: "lighttpd 1.4.69, in XHTML", kindof: answerer.WebServerPage, by: "lighttpd",
		wire: "HTTP/1.1 404 Not Found\nContent-Type: text/html\nServer: lighttpd/1.4.69\n\n<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Transitional//EN\"\n         \"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd\">\n<html xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"en\" lang=\"en\">\n <head>\n  <title>404 Not Found</title>\n </head>\n <body>\n  <h1>404 Not Found</h1>\n </body>\n</html>\n",
	},
	{
		name: "nginx speaks https on this port", kindof: answerer.WebServerPage, by: "speaks https", cure: "with https",
		wire: "HTTP/1.1 400 Bad Request\nServer: nginx\nContent-Type: text/html\n\n<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title></head>\r\n<body>\r\n<center><h1>400 Bad Request</h1></center>\r\n<center>The plain HTTP request was sent to HTTPS port</center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
	},
	{
		name: "a Go program speaks https on this port", kindof: answerer.WebServerPage, by: "speaks https", cure: "with https",
		wire: "HTTP/1.0 400 Bad Request\n\nClient sent an HTTP request to an HTTPS server.\n",
	},
	{
		name: "Apache forbids", kindof: answerer.WebServerPage, by: "Apache", cure: "log",
		wire: "HTTP/1.1 403 Forbidden\nServer: Apache/2.4.57\nContent-Type: text/html; charset=iso-8859-1\n\n" +
			"<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>403 Forbidden</title>\n</head><body>\n<h1>Forbidden</h1>\n<p>You don't have permission to access this resource.</p>\n</body></html>\n",
	},
	{
		name: "nginx has no such location", request: encoded, kindof: answerer.WebServerPage, by: "nginx", cure: "proxy_pass without a URI",
		wire: "HTTP/1.1 404 Not Found\nServer: nginx/1.26.2\nContent-Type: text/html\n\n<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx/1.26.2</center>\r\n</body>\r\n</html>\r\n",
	},
	{
		name: "nginx finds the body too large", request: "POST /api/v4/projects/20/cluster_agents", kindof: answerer.WebServerPage, by: "nginx", cure: "client_max_body_size",
		wire: "HTTP/1.1 413 Request Entity Too Large\nServer: nginx\nContent-Type: text/html\n\n<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n<body>\r\n<center><h1>413 Request Entity Too Large</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
	},
	{
		name: "nginx wants a client certificate", kindof: answerer.ServerAuth, by: "nginx", cure: "client certificate",
		wire: "HTTP/1.1 400 Bad Request\nServer: openresty\nContent-Type: text/html\n\n<html>\r\n<head><title>400 No required SSL certificate was sent</title></head>\r\n<body>\r\n<center><h1>400 Bad Request</h1></center>\r\n<center>No required SSL certificate was sent</center>\r\n<hr><center>openresty</center>\r\n</body>\r\n</html>\r\n",
	},
	{
		name: "HAProxy's rules forbid", kindof: answerer.WebServerPage, by: "HAProxy", cure: "log",
		wire: "HTTP/1.1 403 Forbidden\nContent-Length: 93\nCache-Control: no-cache\nContent-Type: text/html\n\n<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n</body></html>\n",
	},
	{
		name: "HAProxy finds the request invalid", kindof: answerer.WebServerPage, by: "HAProxy",
		wire: "HTTP/1.1 400 Bad request\nCache-Control: no-cache\nContent-Type: text/html\n\n<html><body><h1>400 Bad request</h1>\nYour browser sent an invalid request.\n</body></html>\n",
	},
	{
		name: "Varnish meditates", kindof: answerer.WebServerPage, by: "Varnish",
		wire: "HTTP/1.1 405 Method Not Allowed\nServer: Varnish\nX-Varnish: 32770\nVia: 1.1 varnish\nAge: 0\nContent-Type: text/html; charset=utf-8\n\n<!DOCTYPE html>\n<html>\n  <head>\n    <title>405 Method Not Allowed</title>\n  </head>\n  <body>\n    <h1>Error 405 Method Not Allowed</h1>\n    <p>Method Not Allowed</p>\n    <h3>Guru Meditation:</h3>\n    <p>XID: 32770</p>\n    <hr>\n    <p>Varnish cache server</p>\n  </body>\n</html>\n",
	},
	{
		name: "IIS has no such file", request: encoded, kindof: answerer.WebServerPage, by: "IIS", cure: "allowDoubleEscaping",
		wire: "HTTP/1.1 404 Not Found\nServer: Microsoft-IIS/10.0\nX-Powered-By: ASP.NET\nContent-Type: text/html\n\n<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\" \"http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd\">\n<html xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n<title>404 - File or directory not found.</title>\n</head>\n<body>\n<div id=\"header\"><h1>Server Error</h1></div>\n<div id=\"content\"><fieldset>\n  <h2>404 - File or directory not found.</h2>\n  <h3>The resource you are looking for might have been removed, had its name changed, or is temporarily unavailable.</h3>\n </fieldset></div>\n</body></html>",
	},
	{
		name: "HTTP.sys finds the URL invalid", request: encoded, kindof: answerer.WebServerPage, by: "IIS",
		wire: "HTTP/1.1 400 Bad Request\nServer: Microsoft-HTTPAPI/2.0\nContent-Type: text/html; charset=us-ascii\n\n<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\"\"http://www.w3.org/TR/html4/strict.dtd\">\r\n<HTML><HEAD><TITLE>Bad Request</TITLE></HEAD>\r\n<BODY><h2>Bad Request - Invalid URL</h2>\r\n<hr><p>HTTP Error 400. The request URL is invalid.</p>\r\n</BODY></HTML>\r\n",
	},
	{
		name: "lighttpd", kindof: answerer.WebServerPage, by: "lighttpd",
		wire: "HTTP/1.1 404 Not Found\nServer: lighttpd/1.4.76\nContent-Type: text/html\n\n<!DOCTYPE html>\n<html lang=\"en\">\n <head>\n  <title>404 Not Found</title>\n </head>\n <body>\n  <h1>404 Not Found</h1>\n </body>\n</html>\n",
	},
	{
		name: "Caddy without a body", kindof: answerer.WebServerPage, by: "Caddy",
		wire: "HTTP/1.1 403 Forbidden\nServer: Caddy\nContent-Length: 0\n\n",
	},
	{
		name: "Traefik has no route", kindof: answerer.Gateway, by: "Traefik", cure: "/api/v4",
		wire: "HTTP/1.1 404 Not Found\nContent-Type: text/plain; charset=utf-8\nX-Content-Type-Options: nosniff\n\n404 page not found\n",
	},
	{
		name: "Traefik refuses an escaped slash", request: encoded, kindof: answerer.Unidentified, weak: true, cure: "%2F",
		wire: "HTTP/1.1 400 Bad Request\nContent-Length: 0\n\n",
	},
	{
		name: "Envoy has no route", kindof: answerer.Unidentified, by: "Envoy", weak: true,
		wire: "HTTP/1.1 404 Not Found\nServer: envoy\nX-Request-Id: 6d1b2c1e-4f7e-9d0b-8a57-2f0c9f1f5f10\nContent-Length: 0\n\n",
	},
	{
		name: "Istio denies", kindof: answerer.Gateway, by: "Istio",
		wire: "HTTP/1.1 403 Forbidden\nServer: istio-envoy\nX-Envoy-Upstream-Service-Time: 2\nContent-Type: text/plain\n\nRBAC: access denied",
	},
	{
		name: "Istio wants a JWT", kindof: answerer.Gateway, by: "Istio",
		wire: "HTTP/1.1 401 Unauthorized\nServer: istio-envoy\nWWW-Authenticate: Bearer realm=\"https://gitlab.example.com/\"\nContent-Type: text/plain\n\nJwt is missing",
	},
	{
		name: "an ingress without a route", kindof: answerer.Gateway, by: "ingress",
		wire: "HTTP/1.1 404 Not Found\nContent-Type: text/plain; charset=utf-8\n\ndefault backend - 404",
	},
	{
		name: "Tomcat refuses an escaped slash", request: encoded, kindof: answerer.WebServerPage, by: "Tomcat", cure: "encodedSolidusHandling",
		wire: "HTTP/1.1 400 Bad Request\nContent-Type: text/html;charset=utf-8\nContent-Language: en\n\n<!doctype html><html lang=\"en\"><head><title>HTTP Status 400 – Bad Request</title></head><body><h1>HTTP Status 400 – Bad Request</h1></body></html>",
	},
	{
		name: "Jetty refuses an escaped slash", request: encoded, kindof: answerer.WebServerPage, by: "Jetty",
		wire: "HTTP/1.1 400 Bad Request\nContent-Type: text/html;charset=iso-8859-1\n\n<html>\n<head>\n<title>Error 400 Ambiguous URI path separator</title>\n</head>\n<body><h2>HTTP ERROR 400 Ambiguous URI path separator</h2>\n</body>\n</html>\n",
	},
	{
		name: "an Express application", kindof: answerer.WebServerPage, by: "Express",
		wire: "HTTP/1.1 404 Not Found\nX-Powered-By: Express\nContent-Type: text/html; charset=utf-8\n\n<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Error</title>\n</head>\n<body>\n<pre>Cannot GET /api/v4/projects/20/cluster_agents</pre>\n</body>\n</html>\n",
	},
	{
		name: "Google's load balancer", kindof: answerer.WebServerPage, by: "Google",
		wire: "HTTP/1.1 404 Not Found\nContent-Type: text/html; charset=UTF-8\nReferrer-Policy: no-referrer\n\n<!DOCTYPE html>\n<html lang=en>\n  <meta charset=utf-8>\n  <title>Error 404 (Not Found)!!1</title>\n  <p><b>404.</b> <ins>That’s an error.</ins>\n  <p>The requested URL was not found on this server.  <ins>That’s all we know.</ins>\n",
	},
	{
		name: "a web server that wants a password", kindof: answerer.ServerAuth, by: "nginx", cure: "password",
		wire: "HTTP/1.1 401 Unauthorized\nServer: nginx\nWWW-Authenticate: Basic realm=\"Staging\"\nContent-Type: text/plain\n\nno",
	},
	{
		name: "a web server that wants Kerberos", kindof: answerer.ServerAuth, by: "password",
		wire: "HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Negotiate\nWWW-Authenticate: NTLM\nContent-Length: 0\n\n",
	},
	{
		name: "an unknown server's page", kindof: answerer.WebServerPage, by: `titled "Nope"`,
		wire: "HTTP/1.1 403 Forbidden\nContent-Type: text/html\n\n<html><head><title>Nope</title></head><body>No.</body></html>",
	},
	{
		name: "an empty 405 without any header", request: "DELETE /api/v4/projects/20/cluster_agents/1", kindof: answerer.Unidentified, weak: true,
		wire: "HTTP/1.1 405 Method Not Allowed\nAllow: GET, HEAD\nContent-Length: 0\n\n",
	},
	{
		name: "a text of somebody's", kindof: answerer.Unidentified, weak: true,
		wire: "HTTP/1.1 403 Forbidden\nContent-Type: text/plain\n\nGo away.",
	},

	// CDNs and firewalls.
	{
		name: "Cloudflare challenges", kindof: answerer.CDNChallenge, by: "Cloudflare", cure: "/api/v4",
		wire: "HTTP/1.1 403 Forbidden\nServer: cloudflare\nCF-RAY: 8f1a2b3c4d5e6f70-FRA\ncf-mitigated: challenge\nContent-Type: text/html; charset=UTF-8\n\n<!DOCTYPE html><html lang=\"en-US\"><head><title>Just a moment...</title></head><body></body></html>",
	},
	{
		name: "Cloudflare's challenge, headers lost", kindof: answerer.CDNChallenge, by: "Cloudflare",
		wire: "HTTP/1.1 503 Service Unavailable\nContent-Type: text/html; charset=UTF-8\n\n<!DOCTYPE html><html lang=\"en-US\"><head><title>Just a moment...</title></head><body><script src=\"/cdn-cgi/challenge-platform/h/g/orchestrate/chl_page/v1\"></script></body></html>",
	},
	{
		name: "Cloudflare blocks", kindof: answerer.WAF, by: "Cloudflare",
		wire: "HTTP/1.1 403 Forbidden\nServer: cloudflare\nCF-RAY: 8f1a2b3c4d5e6f70-FRA\nContent-Type: text/html; charset=UTF-8\n\n<!DOCTYPE html>\n<html class=\"no-js\" lang=\"en-US\">\n<head>\n<title>Attention Required! | Cloudflare</title></head><body><div id=\"cf-wrapper\"><h1 data-translate=\"block_headline\">Sorry, you have been blocked</h1></div></body></html>",
	},
	{
		name: "Cloudflare blocks in plain text", kindof: answerer.WAF, by: "Cloudflare",
		wire: "HTTP/1.1 403 Forbidden\nServer: cloudflare\nContent-Type: text/plain; charset=UTF-8\n\nerror code: 1020",
	},
	{
		name: "Cloudflare reaches nobody", kindof: answerer.CDNError, by: "Cloudflare",
		wire: "HTTP/1.1 521 Origin Down\nServer: cloudflare\nContent-Type: text/plain; charset=UTF-8\n\nerror code: 521",
	},
	{
		name: "Cloudflare Access redirects", kindof: answerer.SignInPage, by: "Cloudflare Access",
		wire: "HTTP/1.1 302 Found\nServer: cloudflare\nLocation: https://example.cloudflareaccess.com/cdn-cgi/access/login/gitlab.example.com?kid=abc\nContent-Length: 0\n\n",
	},
	{
		name: "Akamai denies", kindof: answerer.WAF, by: "Akamai",
		wire: "HTTP/1.1 403 Forbidden\nServer: AkamaiGHost\nContent-Type: text/html\n\n<HTML><HEAD>\n<TITLE>Access Denied</TITLE>\n</HEAD><BODY>\n<H1>Access Denied</H1>\n \nYou don't have permission to access \"http&#58;&#47;&#47;gitlab&#46;example&#46;com&#47;api\" on this server.<P>\nReference&#32;&#35;18&#46;6d5d0f17&#46;1700000000&#46;1a2b3c4\n<P>https&#58;&#47;&#47;errors&#46;edgesuite&#46;net&#47;18&#46;6d5d0f17</P>\n</BODY>\n</HTML>\n",
	},
	{
		name: "CloudFront refuses a method", request: "POST /api/v4/projects/20/cluster_agents", kindof: answerer.WAF, by: "CloudFront", cure: "methods",
		wire: "HTTP/1.1 403 Forbidden\nServer: CloudFront\nX-Cache: Error from cloudfront\nVia: 1.1 a.cloudfront.net (CloudFront)\nContent-Type: text/html\n\n<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01 Transitional//EN\" \"http://www.w3.org/TR/html4/loose.dtd\">\n<HTML><HEAD><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD><BODY>\n<H1>403 ERROR</H1>\n<H2>The request could not be satisfied.</H2>\nThis distribution is not configured to allow the HTTP request method that was used for this request.\n<PRE>\nGenerated by cloudfront (CloudFront)\n</PRE></BODY></HTML>",
	},
	{
		name: "AWS WAF in a load balancer", kindof: answerer.WAF, by: "AWS",
		wire: "HTTP/1.1 403 Forbidden\nServer: awselb/2.0\nContent-Type: text/html\n\n<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n<center><h1>403 Forbidden</h1></center>\r\n</body>\r\n</html>\r\n",
	},
	{
		name: "AWS WAF challenges", kindof: answerer.CDNChallenge, by: "AWS WAF",
		wire: "HTTP/1.1 202 Accepted\nServer: CloudFront\nx-amzn-waf-action: challenge\nContent-Type: text/html; charset=UTF-8\n\n<!DOCTYPE html><html><head><title></title><script>window.awsWafCookieDomainList = [];</script></head></html>",
	},
	{
		name: "F5 ASM rejects", kindof: answerer.WAF, by: "F5", cure: "firewall",
		wire: "HTTP/1.1 200 OK\nCache-Control: no-cache\nContent-Type: text/html; charset=utf-8\n\n<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. Please consult with your administrator.<br><br>Your support ID is: 14396929317839226498<br><br><a href='javascript:history.back();'>[Go Back]</a></body></html>",
	},
	{
		name: "Imperva blocks", kindof: answerer.WAF, by: "Imperva",
		wire: "HTTP/1.1 403 Forbidden\nX-Iinfo: 5-1234-0 0NNN RT(1 0) q(0 -1 -1 -1) r(0 -1) B10\nContent-Type: text/html\n\n<html style=\"height:100%\"><head><META NAME=\"ROBOTS\" CONTENT=\"NOINDEX, NOFOLLOW\"></head><body><iframe id=\"main-iframe\" src=\"/_Incapsula_Resource?SWUDNSAI=31\">Request unsuccessful. Incapsula incident ID: 123-456</iframe></body></html>",
	},
	{
		name: "ModSecurity", kindof: answerer.WAF, by: "ModSecurity",
		wire: "HTTP/1.1 406 Not Acceptable\nServer: Apache\nContent-Type: text/html; charset=iso-8859-1\n\n<head><title>Not Acceptable!</title></head><body><h1>Not Acceptable!</h1><p>An appropriate representation of the requested resource could not be found on this server. This error was generated by Mod_Security.</p></body></html>",
	},
	{
		name: "FortiWeb", kindof: answerer.WAF, by: "Forti",
		wire: "HTTP/1.1 403 Forbidden\nContent-Type: text/html\n\n<html><head><title>Web Page Blocked</title><style>.fgd_icon{}</style></head><body><h1>Web Page Blocked!</h1><p>The page cannot be displayed. Please contact the administrator for additional information.</p><p>URL: gitlab.example.com/api</p><p>Attack ID: 20000051</p></body></html>",
	},
	{
		name: "FortiGate's web filter", kindof: answerer.WebFilter, by: "FortiGuard",
		wire: "HTTP/1.1 403 Forbidden\nContent-Type: text/html; charset=utf-8\n\n<!DOCTYPE html><html><head><title>FortiGuard Intrusion Prevention - Access Blocked</title></head><body>You have tried to access a web page that is in violation of your Internet usage policy.</body></html>",
	},
	{
		name: "Azure's application gateway", kindof: answerer.WAF, by: "Azure",
		wire: "HTTP/1.1 403 Forbidden\nServer: Microsoft-Azure-Application-Gateway/v2\nContent-Type: text/html\n\n<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n<center><h1>403 Forbidden</h1></center>\r\n<hr><center>Microsoft-Azure-Application-Gateway/v2</center>\r\n</body>\r\n</html>\r\n",
	},
	{
		name: "Azure Front Door", kindof: answerer.WAF, by: "Azure Front Door",
		wire: "HTTP/1.1 403 Forbidden\nx-azure-ref: 20261127T210000Z-abc\nContent-Type: text/html\n\n<!DOCTYPE html><html><head><title></title></head><body><h2>The request is blocked.</h2><p>20261127T210000Z-abc</p></body></html>",
	},
	{
		name: "Google Cloud Armor", kindof: answerer.WAF, by: "Cloud Armor",
		wire: "HTTP/1.1 403 Forbidden\nVia: 1.1 google\nContent-Type: text/html; charset=UTF-8\n\n<!doctype html><meta charset=\"utf-8\"><meta name=viewport content=\"width=device-width, initial-scale=1\"><title>403</title>403 Forbidden",
	},
	{
		name: "Anubis weighs souls", kindof: answerer.CDNChallenge, by: "Anubis",
		wire: "HTTP/1.1 200 OK\nContent-Type: text/html; charset=utf-8\n\n<!doctype html><html lang=\"en\"><head><title>Making sure you&#39;re not a bot!</title></head><body></body></html>",
	},
	{
		name: "a check for robots", kindof: answerer.CDNChallenge, by: "robots",
		wire: "HTTP/1.1 403 Forbidden\nContent-Type: text/html\n\n<html><head><title>Security check</title></head><body>Please complete the CAPTCHA<div class=\"g-recaptcha\"></div></body></html>",
	},

	// Sign-ins.
	{
		name: "Google's IAP", kindof: answerer.SignInPage, by: "Identity-Aware",
		wire: "HTTP/1.1 401 Unauthorized\nX-Goog-IAP-Generated-Response: true\nContent-Type: text/html\n\nInvalid IAP credentials: empty token",
	},
	{
		name: "Microsoft's application proxy", kindof: answerer.SignInPage, by: "Microsoft",
		wire: "HTTP/1.1 302 Found\nLocation: https://login.microsoftonline.com/0a1b/oauth2/authorize?response_type=code&client_id=x\nContent-Type: text/html; charset=utf-8\n\n<html><head><title>Object moved</title></head><body>\r\n<h2>Object moved to <a href=\"x\">here</a>.</h2>\r\n</body></html>",
	},
	{
		name: "oauth2-proxy's page", kindof: answerer.SignInPage, by: "oauth2-proxy", cure: "--skip-auth-route",
		wire: "HTTP/1.1 403 Forbidden\nContent-Type: text/html; charset=utf-8\n\n<!DOCTYPE html>\n<html lang=\"en\" charset=\"utf-8\">\n<head><title>Sign In</title></head><body><form method=\"GET\" action=\"/oauth2/start\"><button>Sign in with OpenID Connect</button></form><footer>Secured with <a href=\"https://github.com/oauth2-proxy/oauth2-proxy#oauth2_proxy\">OAuth2 Proxy</a></footer></body></html>",
	},
	{
		name: "oauth2-proxy redirects", kindof: answerer.SignInPage, by: "oauth2-proxy",
		wire: "HTTP/1.1 302 Found\nLocation: https://gitlab.example.com/oauth2/start?rd=%2Fapi\nContent-Length: 0\n\n",
	},
	{
		name: "Keycloak redirects", kindof: answerer.SignInPage, by: "Keycloak",
		wire: "HTTP/1.1 302 Found\nLocation: https://sso.example.com/realms/corp/protocol/openid-connect/auth?client_id=gitlab\nContent-Length: 0\n\n",
	},
	{
		name: "Keycloak's page", kindof: answerer.SignInPage, by: "Keycloak",
		wire: "HTTP/1.1 200 OK\nContent-Type: text/html;charset=utf-8\n\n<!DOCTYPE html><html><head><title>Sign in to corp</title></head><body><form id=\"kc-form-login\" action=\"https://sso.example.com/realms/corp/login-actions/authenticate\"></form></body></html>",
	},
	{
		name: "Okta", kindof: answerer.SignInPage, by: "Okta",
		wire: "HTTP/1.1 302 Found\nLocation: https://corp.okta.com/app/gitlab/sso/saml\nContent-Length: 0\n\n",
	},
	{
		name: "Authelia", kindof: answerer.SignInPage, by: "Authelia", cure: "bypass",
		wire: "HTTP/1.1 401 Unauthorized\nContent-Type: text/html; charset=utf-8\n\n<a href=\"https://auth.example.com/?rd=https%3A%2F%2Fgitlab.example.com%2Fapi&amp;rm=GET\">401 Unauthorized</a>",
	},
	{
		name: "a sign-in page of some product", kindof: answerer.SignInPage, by: "sign-in page",
		wire: "HTTP/1.1 200 OK\nContent-Type: text/html\n\n<html><head><title>Corp login</title></head><body><form method=\"post\"><input name=\"u\"><input type=\"password\" name=\"p\"></form></body></html>",
	},
	{
		name: "a redirect to somebody's single sign-on", kindof: answerer.SignInPage, by: "sign-in page",
		wire: "HTTP/1.1 302 Found\nLocation: https://sso.example.com/start?target=x\nContent-Length: 0\n\n",
	},
	{
		name: "a redirect to GitLab's sign-in page, not by GitLab", kindof: answerer.SignInPage, by: "GitLab's sign-in page",
		wire: "HTTP/1.1 302 Found\nLocation: https://gitlab.example.com/users/sign_in\nContent-Type: text/html\n\n<html><body>You are being <a href=\"https://gitlab.example.com/users/sign_in\">redirected</a>.</body></html>",
	},
	{
		name: "GitLab's sign-in page, to which a client was led", kindof: answerer.SignInPage, by: "GitLab's sign-in page",
		wire: "HTTP/1.1 200 OK\nServer: nginx\nContent-Type: text/html; charset=utf-8\n\n<!DOCTYPE html><html><head><title>Sign in · GitLab</title></head></html>",
	},
	{
		name: "GitLab's sign-in page in another language", kindof: answerer.SignInPage, by: "GitLab's sign-in page",
		wire: "HTTP/1.1 200 OK\nServer: nginx\nContent-Type: text/html; charset=utf-8\n\n<!DOCTYPE html><html><head><title>ログイン · GitLab</title></head><body class=\"login-page\" data-page=\"sessions:new\"></body></html>",
	},
	{
		name: "a redirect to https", kindof: answerer.Redirect, by: "http to https", cure: "https://gitlab.example.com.",
		wire: "HTTP/1.1 301 Moved Permanently\nServer: nginx\nLocation: https://gitlab.example.com/api/v4/projects/20/cluster_agents\nContent-Type: text/html\n\n<html>\r\n<head><title>301 Moved Permanently</title></head>\r\n<body>\r\n<center><h1>301 Moved Permanently</h1></center>\r\n</body>\r\n</html>\r\n",
	},

	// Networks.
	{
		name: "a proxy wants credentials", kindof: answerer.ProxyAuth, by: "Squid", cure: "HTTPS_PROXY",
		wire: "HTTP/1.1 407 Proxy Authentication Required\nProxy-Authenticate: Basic realm=\"corp\"\nVia: 1.1 squid\nContent-Type: text/html; charset=utf-8\n\n<html><title>Access Denied</title></html>",
	},
	{
		name: "an unknown proxy wants credentials", kindof: answerer.ProxyAuth, by: "proxy",
		wire: "HTTP/1.1 407 Proxy Authentication Required\nProxy-Authenticate: Negotiate\nContent-Length: 0\n\n",
	},
	{
		name: "Squid denies", kindof: answerer.WebFilter, by: "Squid",
		wire: "HTTP/1.1 403 Forbidden\nServer: squid/6.6\nX-Squid-Error: ERR_ACCESS_DENIED 0\nVia: 1.1 proxy (squid/6.6)\nContent-Type: text/html;charset=utf-8\n\n<!DOCTYPE html><html><head><title>ERROR: The requested URL could not be retrieved</title></head><body id=\"ERR_ACCESS_DENIED\"><p>Generated by proxy (squid/6.6)</p></body></html>",
	},
	{
		name: "Zscaler", kindof: answerer.WebFilter, by: "Zscaler", cure: "filter",
		wire: "HTTP/1.1 403 Forbidden\nServer: Zscaler/6.2\nContent-Type: text/html\n\n<!DOCTYPE html><html><head><title>Internet Security by Zscaler</title></head><body>Sorry, you don't have permission to visit this site.</body></html>",
	},
	{
		name: "Blue Coat", kindof: answerer.WebFilter, by: "Blue Coat",
		wire: "HTTP/1.1 403 Forbidden\nContent-Type: text/html; charset=utf-8\n\n<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD><BODY><big>Access Denied (policy_denied)</big><br>Your system policy has denied access to the requested URL.</BODY></HTML>",
	},
	{
		name: "a company's filter", kindof: answerer.WebFilter, by: "web filter",
		wire: "HTTP/1.1 200 OK\nContent-Type: text/html\n\n<html><head><title>Blocked</title></head><body>This site has been blocked by the network administrator.</body></html>",
	},
	{
		name: "a hotel", kindof: answerer.CaptivePortal, by: "network",
		wire: "HTTP/1.1 302 Found\nLocation: http://hotspot.example.com/login?dst=gitlab\nContent-Length: 0\n\n",
	},
	{
		name: "511", kindof: answerer.CaptivePortal, by: "network",
		wire: "HTTP/1.1 511 Network Authentication Required\nContent-Type: text/html\n\n<html><head><title>Network Authentication Required</title></head></html>",
	},
	{
		name: "a parked domain", kindof: answerer.ParkedDomain, by: "parked",
		wire: "HTTP/1.1 200 OK\nContent-Type: text/html\n\n<html><head><title>gitlab.example.com</title></head><body>This domain is for sale!</body></html>",
	},
	{
		name: "any website", kindof: answerer.OtherWebsite, by: `titled "Welcome"`, cure: "Check the URL",
		wire: "HTTP/1.1 200 OK\nContent-Type: text/html; charset=utf-8\n\n<!DOCTYPE html><html><head><title>Welcome</title></head></html>",
	},
	{
		name: "any application of one page", request: "DELETE /api/v4/projects/20/cluster_agents/1", kindof: answerer.OtherWebsite, by: "website",
		wire: "HTTP/1.1 200 OK\nContent-Type: text/html\n\n<!doctype html><html><head><title>App</title></head><body><div id=\"root\"></div></body></html>",
	},

	// Other APIs, gateways and quotas.
	{
		name: "GitHub", kindof: answerer.OtherAPI, by: "GitHub", cure: "GitHub",
		wire: "HTTP/1.1 404 Not Found\nServer: github.com\nX-GitHub-Request-Id: AB12:34\nContent-Type: application/json; charset=utf-8\n\n{\"message\":\"Not Found\",\"documentation_url\":\"https://docs.github.com/rest\",\"status\":\"404\"}",
	},
	{
		name: "Gitea", kindof: answerer.OtherAPI, by: "Gitea",
		wire: "HTTP/1.1 404 Not Found\nContent-Type: application/json;charset=utf-8\n\n{\"errors\":null,\"message\":\"Not Found\",\"url\":\"https://git.example.com/api/swagger\"}",
	},
	{
		name: "Bitbucket", kindof: answerer.OtherAPI, by: "Bitbucket",
		wire: "HTTP/1.1 401 Unauthorized\nContent-Type: application/json;charset=UTF-8\n\n{\"errors\":[{\"context\":null,\"message\":\"You are not permitted to access this resource\",\"exceptionName\":\"com.atlassian.bitbucket.AuthorisationException\"}]}",
	},
	{
		name: "the container registry of a GitLab", kindof: answerer.OtherAPI, by: "container registry", cure: "registry",
		wire: "HTTP/1.1 401 Unauthorized\nContent-Type: application/json\nDocker-Distribution-Api-Version: registry/2.0\nWWW-Authenticate: Bearer realm=\"https://gitlab.example.com/jwt/auth\"\n\n{\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"authentication required\",\"detail\":null}]}",
	},
	{
		name: "Artifactory", kindof: answerer.OtherAPI, by: "Artifactory", cure: "not a GitLab",
		wire: "HTTP/1.1 404 Not Found\nServer: Artifactory/7.71\nContent-Type: application/json\n\n{\"errors\":[{\"status\":404,\"message\":\"File not found.\"}]}",
	},
	{
		name: "Nexus", kindof: answerer.OtherAPI, by: "Nexus", cure: "not a GitLab",
		wire: "HTTP/1.1 404 Not Found\nServer: Nexus/3.60.0-02 (OSS)\nContent-Type: text/html\n\n<!DOCTYPE html><html><head><title>404 - Nexus Repository Manager</title></head></html>",
	},
	{
		name: "nginx's welcome page", kindof: answerer.OtherWebsite, by: "default page", cure: "Check the URL",
		wire: "HTTP/1.1 200 OK\nServer: nginx/1.22.1\nContent-Type: text/html\n\n<!DOCTYPE html>\n<html>\n<head>\n<title>Welcome to nginx!</title>\n</head>\n<body>\n<h1>Welcome to nginx!</h1>\n</body>\n</html>",
	},
	{
		name: "Mattermost, which has an /api/v4 too", kindof: answerer.OtherAPI, by: "Mattermost",
		wire: "HTTP/1.1 404 Not Found\nX-Request-Id: 3zfpb3f5w7fc5ye4\nContent-Type: application/json\n\n{\"id\":\"api.context.404.app_error\",\"message\":\"Sorry, we could not find the page.\",\"detailed_error\":\"\",\"request_id\":\"3zfpb3f5w7fc5ye4\",\"status_code\":404}",
	},
	{
		name: "an AWS gateway without the route", kindof: answerer.Gateway, by: "AWS",
		wire: "HTTP/1.1 403 Forbidden\nx-amzn-RequestId: 0c6d7a2e-1\nx-amzn-ErrorType: MissingAuthenticationTokenException\nx-amz-apigw-id: abc=\nContent-Type: application/json\n\n{\"message\":\"Missing Authentication Token\"}",
	},
	{
		name: "an AWS gateway's authorizer", kindof: answerer.Gateway, by: "AWS",
		wire: "HTTP/1.1 403 Forbidden\nApigw-Requestid: abc=\nContent-Type: application/json\n\n{\"message\":\"Forbidden\"}",
	},
	{
		name: "Kong without a route", kindof: answerer.Gateway, by: "Kong",
		wire: "HTTP/1.1 404 Not Found\nServer: kong/3.7.1\nX-Kong-Response-Latency: 0\nX-Kong-Request-Id: 5d3e\nContent-Type: application/json; charset=utf-8\n\n{\n  \"message\":\"no Route matched with those values\",\n  \"request_id\":\"5d3e\"\n}",
	},
	{
		name: "an Apigee quota", kindof: answerer.Quota, by: "Apigee", cure: "quota",
		wire: "HTTP/1.1 403 Forbidden\nContent-Type: application/json\n\n{\"fault\":{\"faultstring\":\"Rate limit quota violation. Quota limit exceeded. Identifier : _default\",\"detail\":{\"errorcode\":\"policies.ratelimit.QuotaViolation\"}}}",
	},
	{
		name: "some quota service", kindof: answerer.Quota, by: "quota",
		wire: "HTTP/1.1 403 Forbidden\nContent-Type: application/json\n\n{\"error\":{\"reason\":\"dailyLimit\",\"message\":\"You have exceeded your daily quota\"}}",
	},
	{
		name: "Azure API Management", kindof: answerer.Gateway, by: "Azure API Management",
		wire: "HTTP/1.1 401 Unauthorized\nContent-Type: application/json\nWWW-Authenticate: AzureApiManagementKey realm=\"x\"\n\n{ \"statusCode\": 401, \"message\": \"Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API.\" }",
	},
	{
		name: "Google's endpoints", kindof: answerer.Gateway, by: "Google",
		wire: "HTTP/1.1 403 Forbidden\nContent-Type: application/json\n\n{\"error\":{\"code\":403,\"message\":\"Permission denied\",\"status\":\"PERMISSION_DENIED\"}}",
	},
	{
		name: "APISIX", kindof: answerer.Gateway, by: "APISIX",
		wire: "HTTP/1.1 404 Not Found\nServer: APISIX/3.9.0\nContent-Type: text/plain; charset=utf-8\n\n{\"error_msg\":\"404 Route Not Found\"}",
	},
	{
		name: "Spring", request: encoded, kindof: answerer.OtherAPI, by: "Spring", cure: "passthrough",
		wire: "HTTP/1.1 404 Not Found\nContent-Type: application/json\n\n{\"timestamp\":\"2026-11-27T21:00:00.000+00:00\",\"status\":404,\"error\":\"Not Found\",\"path\":\"/api/v4/projects\"}",
	},
	{
		name: "problem details", kindof: answerer.OtherAPI, by: "problem details",
		wire: "HTTP/1.1 404 Not Found\nContent-Type: application/problem+json\n\n{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404}",
	},
	{
		name: "FastAPI", kindof: answerer.OtherAPI, by: "Python",
		wire: "HTTP/1.1 404 Not Found\nServer: uvicorn\nContent-Type: application/json\n\n{\"detail\":\"Not Found\"}",
	},
	{
		name: "an object store", kindof: answerer.OtherAPI, by: "S3",
		wire: "HTTP/1.1 403 Forbidden\nServer: AmazonS3\nContent-Type: application/xml\n\n<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>",
	},
	{
		name: "an API that wraps everything", kindof: answerer.OtherAPI, by: "another API",
		wire: "HTTP/1.1 200 OK\nContent-Type: application/json\n\n{\"success\":false,\"data\":null,\"msg\":\"no such interface\"}",
	},
	{
		name: "a short message that is not GitLab's", kindof: answerer.OtherAPI, by: "another API", weak: true,
		wire: "HTTP/1.1 403 Forbidden\nContent-Type: application/json\n\n{\"message\":\"Forbidden\"}",
	},

	{
		name: "an AWS load balancer redirects to Cognito, with its page", kindof: answerer.SignInPage, by: "Cognito", cure: "sign-in",
		wire: "HTTP/1.1 302 Found\nServer: awselb/2.0\nLocation: https://corp.auth.eu-central-1.amazoncognito.com/oauth2/authorize?client_id=1\nContent-Type: text/html\n\n<html>\r\n<head><title>302 Found</title></head>\r\n</html>",
	},
	{
		name: "an AWS load balancer with a fixed answer", kindof: answerer.WAF, by: "AWS",
		wire: "HTTP/1.1 404 Not Found\nServer: awselb/2.0\nContent-Type: text/plain\n\nNot Found",
	},
	{
		name: "Cloudflare's firewall, in JSON", kindof: answerer.WAF, by: "Cloudflare", cure: "firewall",
		wire: "HTTP/1.1 403 Forbidden\nServer: cloudflare\nContent-Type: application/problem+json\n\n{\"type\":\"https://developers.cloudflare.com/support/\",\"title\":\"Error 1020: Access denied\",\"status\":403,\"detail\":\"The site owner has blocked access.\",\"error_code\":1020,\"cloudflare_error\":true}",
	},
	{
		name: "Cloudflare did not reach GitLab, in JSON", kindof: answerer.CDNError, by: "Cloudflare",
		wire: "HTTP/1.1 522 \nServer: cloudflare\nContent-Type: application/problem+json\n\n{\"title\":\"Error 522: Connection timed out\",\"status\":522,\"error_code\":522,\"cloudflare_error\":true}",
	},
	{
		name: "Zscaler redirects", kindof: answerer.WebFilter, by: "Zscaler", cure: "filter",
		wire: "HTTP/1.1 307 Temporary Redirect\nServer: Zscaler/6.2\nLocation: https://gateway.zscloud.net:443/auD?origurl=x\n\n",
	},
	{
		name: "Squid refuses a method", request: "DELETE /api/v4/projects/20/cluster_agents/1", kindof: answerer.WebServerPage, by: "Squid", cure: "all methods",
		wire: "HTTP/1.1 501 Not Implemented\nServer: squid/5.7\nX-Squid-Error: ERR_UNSUP_REQ 0\nContent-Type: text/html\n\n<html><head><title>Unsupported</title></head></html>",
	},
	{
		name: "an AWS load balancer without healthy targets", kindof: answerer.CDNError, by: "did not reach GitLab", cure: "healthy",
		wire: "HTTP/1.1 503 Service Temporarily Unavailable\nServer: awselb/2.0\nContent-Type: text/html\n\n<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n<center><h1>503 Service Temporarily Unavailable</h1></center>\r\n</body>\r\n</html>\r\n",
	},
	{
		name: "CloudFront waits too long", kindof: answerer.CDNError, by: "CloudFront", cure: "long enough",
		wire: "HTTP/1.1 504 Gateway Timeout\nServer: CloudFront\nX-Cache: Error from cloudfront\nContent-Type: text/html\n\n<HTML><HEAD><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD></HTML>",
	},
	{
		name: "Jenkins wants a sign-in", kindof: answerer.OtherWebsite, by: "Jenkins", cure: "Jenkins",
		wire: "HTTP/1.1 403 Forbidden\nX-Jenkins: 2.401\nServer: Jetty(10.0.13)\nContent-Type: text/html\n\n<html><head><meta http-equiv='refresh' content='1;url=/login?from=%2Fapi'/></head><body>Authentication required</body></html>",
	},

	// Caches.
	{
		name: "Varnish has it", kindof: answerer.SharedCache, by: "Varnish", cure: "caching",
		wire: "HTTP/1.1 200 OK\nX-Gitlab-Meta: {}\nX-Request-Id: 01J00000000000000000000000\nX-Runtime: 0.02\nX-Varnish: 32774 32771\nVia: 1.1 varnish\nAge: 12\nX-Cache: HIT\nContent-Type: application/json\n\n[]",
	},
	{
		name: "a cache has it for less than a second", kindof: answerer.SharedCache, by: "cache",
		wire: "HTTP/1.1 200 OK\nX-Request-Id: 01J00000000000000000000000\nX-Cache: HIT\nAge: 0\nContent-Type: application/json\n\n[]",
	},
	{
		name: "CloudFront has it", kindof: answerer.SharedCache, by: "CloudFront",
		wire: "HTTP/1.1 200 OK\nX-Cache: Hit from cloudfront\nVia: 1.1 a.cloudfront.net (CloudFront)\nAge: 3\nContent-Type: application/json\n\n[]",
	},
	{
		name: "Cloudflare has it", kindof: answerer.SharedCache, by: "Cloudflare",
		wire: "HTTP/1.1 401 Unauthorized\nServer: cloudflare\nCF-Cache-Status: HIT\nContent-Type: application/json\n\n{\"message\":\"401 Unauthorized\"}",
	},
	{
		name: "nginx has it", kindof: answerer.SharedCache, by: "nginx",
		wire: "HTTP/1.1 200 OK\nServer: nginx\nX-Cache-Status: STALE\nX-Request-Id: 01J00000000000000000000000\nContent-Type: application/json\n\n[]",
	},
	{
		name: "a cache that says so as RFC 9211 has it", kindof: answerer.SharedCache, by: "cache",
		wire: "HTTP/1.1 200 OK\nCache-Status: edge; hit; ttl=30\nContent-Type: application/json\n\n[]",
	},
	{
		name: "the inner of two caches has it not, the outer has", kindof: answerer.SharedCache, by: "cache",
		wire: "HTTP/1.1 200 OK\nX-Cache: MISS, HIT\nContent-Type: application/json\n\n[]",
	},
}
