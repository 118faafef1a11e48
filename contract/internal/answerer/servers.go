package answerer

import "regexp"

// servers are web servers, proxies and load balancers with error pages of their own.
var servers = []product{
	{
		kindof: WebServerPage, by: "a web server that speaks https on this port", cure: "Give the URL with https.",
		page: regexp.MustCompile(`plain http request was sent to https port|sent an http request to an https server|speaking plain http to an ssl-enabled server port`),
	},
	{
		kindof: ServerAuth, by: "an nginx web server or proxy that wants a client certificate", cure: "Use an address of GitLab's that wants no client certificate, or let requests to /api/v4 pass without one.",
		page: regexp.MustCompile(`no required ssl certificate was sent|the ssl certificate error`),
	},
	{
		kindof: Gateway, by: "an Envoy proxy", cure: gatewayCure,
		page: regexp.MustCompile(`^(upstream connect error or disconnect|no healthy upstream|upstream request timeout|no route matched|fault filter abort|local_rate_limited|ext_authz|payload too large$|direct_response)`),
	},
	{
		kindof: Gateway, by: "Istio's authorization policy", cure: gatewayCure,
		page: regexp.MustCompile(`^(rbac: access denied|jwt (is missing|is expired|verification fails|issuer is not configured|header is an invalid json|is not in the form|audience))`),
	},
	{kindof: Gateway, by: "a Kubernetes ingress without a route to GitLab", cure: gatewayCure, page: regexp.MustCompile(`^default backend - 404|<title>application is not available</title>|the application is currently not serving requests at this endpoint|no backend service|response 404 \(backend notfound\)`)},
	{
		kindof: Gateway, by: "a Traefik proxy or another Go program", cure: gatewayCure,
		slashCure: "Let Traefik pass escaped slashes: entryPoints.NAME.http.encodedCharacters.allowEncodedSlash = true. Until then the project's numeric id may work.",
		page:      regexp.MustCompile(`^(404 page not found|bad gateway$|gateway timeout$|service unavailable$|no available server$)`),
	},
	{
		kindof: WebServerPage, by: "an Apache web server or proxy", cure: webServerCure, slashCure: apacheSlashCure,
		page: regexp.MustCompile(`<address>apache|-//ietf//dtd html 2\.0//en|^<!doctype html public "-//w3c//dtd html 4\.01//en" [^>]*>\s*<html><head>\s*<title>\d{3} |apache/2\.|proxy error</title>|the proxy server received an invalid response from an upstream server`),
	},
	{
		kindof: WebServerPage, by: "a Tomcat server", cure: webServerCure, slashCure: javaSlashCure,
		page: regexp.MustCompile(`apache tomcat|<title>http status \d{3}`),
	},
	{kindof: WebServerPage, by: "a Jetty server", cure: webServerCure, slashCure: javaSlashCure, page: regexp.MustCompile(`powered by jetty|ambiguous uri path|<title>error \d{3} .*</title>\s*</head>\s*<body>\s*<h2>http error`)},
	{kindof: WebServerPage, by: "a Jetty server", cure: webServerCure, slashCure: javaSlashCure, header: map[string]string{"Server": "jetty"}, page: regexp.MustCompile(`<html`)},
	{
		kindof: WebServerPage, by: "an nginx web server or proxy", cure: webServerCure, slashCure: nginxSlashCure,
		page: regexp.MustCompile(`<center>(nginx|openresty|tengine|angie|freenginx)[^<]*</center>|<center>cloudflare(-nginx)?</center>`),
	},
	{
		kindof: WebServerPage, by: "HAProxy", cure: webServerCure,
		page: regexp.MustCompile(`request forbidden by administrative rules|your browser sent an invalid request\.|no server is available to handle this request|the server didn't respond in time|you need a valid user and password to access this content|<h1>40[58] [a-z -]+</h1>\s*the resource could not be found|the resource could not be found\.`),
	},
	{kindof: WebServerPage, by: "a Varnish cache", cure: webServerCure, page: regexp.MustCompile(`guru meditation|varnish cache server`)},
	{
		kindof: WebServerPage, by: "a Microsoft IIS web server", cure: webServerCure, slashCure: iisSlashCure,
		page: regexp.MustCompile(`internet information services|<title>iis |iis detailed error|bad request - invalid (url|hostname)|http error \d{3}\. |<h2>\d{3} - [^<]+</h2>\s*<h3>|server error in '/|runtime error</title>|the resource you are looking for has been removed`),
	},
	{kindof: WebServerPage, by: "a lighttpd web server", cure: webServerCure, header: map[string]string{"Server": "lighttpd"}, page: regexp.MustCompile(`<h1>\d{3}`)},
	{kindof: WebServerPage, by: "a lighttpd web server", cure: webServerCure, page: regexp.MustCompile(`<title>\d{3} - [^<]+</title>\s*</head>\s*<body>\s*<h1>\d{3} - `)},
	{kindof: WebServerPage, by: "a LiteSpeed web server", cure: webServerCure, page: regexp.MustCompile(`litespeed|proudly powered by lite`)},
	{kindof: WebServerPage, by: "Google's load balancer", cure: webServerCure, page: regexp.MustCompile(`that[’']s an error\.|that[’']s all we know|error: (server error|not found|forbidden|page not found)</h1>`)},
	{kindof: WebServerPage, by: "an Express application", cure: otherWebsiteCure, page: regexp.MustCompile(`<pre>cannot (get|post|head|put|patch|delete|options) /`)},
	{kindof: WebServerPage, by: "a Python web server", cure: otherWebsiteCure, page: regexp.MustCompile(`<title>error response</title>|<title>404 not found</title>\s*<h1>not found</h1>\s*<p>the requested url was not found on the server\. if you entered`)},
	{kindof: WebServerPage, by: "a Caddy web server", cure: webServerCure, header: map[string]string{"Server": "caddy"}, statuses: []int{400, 401, 403, 404, 405, 413}, weighs: fair},
	{kindof: OtherWebsite, by: "a default page of a web server", cure: otherWebsiteCure, page: regexp.MustCompile(`<h1>it works!</h1>|apache2 [a-z]+ default page|test page for the|welcome to (nginx|openresty|caddy|centos|fedora)|index of /`)},
}
