package answerer

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"example.com/gitlab-agents/contract/wire"
)

// product is one that answers in GitLab's place, and how its answers are known. Every condition that is given must hold.
type product struct {
	kindof string
	by     string
	cure   string
	// slashCure is the cure if what it refused is a path with an escaped slash.
	slashCure string

	page     *regexp.Regexp    // what the lower-case text of a page or a plain text contains
	json     []string          // the properties of a JSON object
	jsonText *regexp.Regexp    // what a JSON body contains
	header   map[string]string // headers, and what the lower-case values contain; "" if any value does
	location *regexp.Regexp    // where it redirects to
	statuses []int
	weighs   int // how much it weighs against GitLab; 0 means certain
}

func (p *product) weight() int {
	if p.weighs != 0 {
		return p.weighs
	}
	return certain
}

func (p *product) matches(x *wire.Exchange, b *body) bool {
	r := x.Response
	if p.statuses != nil && !slices.Contains(p.statuses, r.StatusCode) {
		return false
	}
	for name, part := range p.header {
		value := strings.ToLower(strings.Join(r.Header.Values(name), ", "))
		if value == "" || !strings.Contains(value, part) {
			return false
		}
	}
	for _, key := range p.json {
		if _, there := b.fields[key]; !there {
			return false
		}
	}
	return (p.page == nil || b.form != jsonForm && p.page.MatchString(b.page)) &&
		(p.jsonText == nil || b.form == jsonForm && len(r.Body) <= maxObject && p.jsonText.Match(r.Body)) &&
		(p.location == nil || r.StatusCode >= 300 && r.StatusCode < 400 && p.location.MatchString(strings.ToLower(r.Header.Get("Location"))))
}

// recognise is the product whose answers look like this one, and the sign. The first in the list counts: products that
// show the page of another, such as a firewall in nginx, come before it.
func recognise(x *wire.Exchange, b *body, wantsJSON bool) (*product, string) {
	if b.gitlabs != "" || !wantsJSON {
		return nil, ""
	}
	lists := [][]product{firewalls, signIns, networks, otherAPIs, servers}
	switch {
	case isRedirect(x.Response): // where it leads says more than the server's page does
		lists = [][]product{signIns, networks, firewalls, otherAPIs}
	case wantsCredentials(x.Response): // and so does the status
		lists = lists[:len(lists)-1]
	}
	for _, list := range lists {
		for i := range list {
			if p := &list[i]; p.matches(x, b) {
				return p, "it looks like an answer of " + p.by
			}
		}
	}
	return nil, ""
}

// unnamed describes a stranger that no product is known for, by what it answered with.
func (w *weighing) unnamed() *product {
	r := w.exchange.Response
	server := serverName(r.Header.Get("Server"))
	switch {
	case r.StatusCode == http.StatusProxyAuthRequired || r.Header.Get("Proxy-Authenticate") != "":
		return &product{kindof: ProxyAuth, by: named("a proxy", viaName(r.Header)), cure: proxyCure}
	case r.StatusCode == http.StatusNetworkAuthenticationRequired:
		return &product{kindof: CaptivePortal, by: "the network's sign-in page", cure: portalCure}
	case wantsCredentials(r):
		return &product{kindof: ServerAuth, by: named("a web server in front of GitLab that wants a password", server), cure: serverAuthCure}
	case isRedirect(r) && r.Header.Get("Location") != "":
		return w.redirect(server)
	case w.body.form == htmlForm && hasSignInForm(w.body.page):
		return &product{kindof: SignInPage, by: named("a sign-in page", quoted(w.body.title)), cure: signInCure}
	case w.body.form == htmlForm && r.StatusCode < 400:
		return &product{kindof: OtherWebsite, by: named("a website", quoted(w.body.title)), cure: otherWebsiteCure}
	case w.body.form == htmlForm:
		return &product{kindof: WebServerPage, by: named(cmp.Or(server, "a web page"), quoted(w.body.title)), cure: webServerCure, slashCure: slashCureOf(server)}
	case w.body.form == jsonForm || w.body.form == xmlForm:
		return &product{kindof: OtherAPI, by: named("another API, or a gateway in front of GitLab", server), cure: otherAPICure, slashCure: anySlashCure}
	}
	by := cmp.Or(server, viaName(r.Header), "something in front of GitLab")
	return &product{kindof: Unidentified, by: by, cure: webServerCure, slashCure: slashCureOf(server)}
}

// slashCureOf is what to do about an escaped slash that a server refuses.
func slashCureOf(server string) string {
	switch {
	case strings.Contains(server, "Apache"):
		return apacheSlashCure
	case strings.Contains(server, "nginx"):
		return nginxSlashCure
	case strings.Contains(server, "IIS"):
		return iisSlashCure
	case strings.Contains(server, "Tomcat"), strings.Contains(server, "Jetty"):
		return javaSlashCure
	}
	return anySlashCure
}

// wantsCredentials says that a proxy, a network or a web server in front asks for credentials of its own.
func wantsCredentials(r *wire.Response) bool {
	switch r.StatusCode {
	case http.StatusProxyAuthRequired, http.StatusNetworkAuthenticationRequired:
		return true
	case http.StatusUnauthorized:
		return hasAnyPrefix(strings.ToLower(r.Header.Get("WWW-Authenticate")), "basic", "digest", "negotiate", "ntlm")
	}
	return false
}

func isRedirect(r *wire.Response) bool {
	return r.StatusCode >= 300 && r.StatusCode < 400 && r.StatusCode != http.StatusNotModified
}

// redirect describes a redirect that leads to no sign-in page that is known.
func (w *weighing) redirect(server string) *product {
	location := w.exchange.Response.Header.Get("Location")
	target := shownTarget(w.exchange, location)
	if leadsToHTTPS(w.exchange.Request.URL, target) {
		return &product{kindof: Redirect, by: named("a web server that redirects http to https", server), cure: fmt.Sprintf(httpsCure, origin(target))}
	}
	return &product{kindof: Redirect, by: named("a web server that redirects to "+target, server), cure: redirectCure}
}

// leadsToHTTPS says whether a redirect leads to the same host with https. Another host is not recommended: it may be a portal,
// which must not get the token.
func leadsToHTTPS(from *url.URL, target string) bool {
	to, err := url.Parse(target)
	return err == nil && from != nil && from.Scheme == "http" && to.Scheme == "https" && strings.EqualFold(from.Hostname(), to.Hostname())
}

// origin is the scheme and host of a URL.
func origin(target string) string {
	scheme, rest, _ := strings.Cut(target, "://")
	host, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + host
}

// cureFor is what to do about an answer. An escaped slash has a cure of its own, unless such paths reach GitLab. Where GitLab
// has answered, a page may stand in place of its error.
func (p *product) cureFor(x *wire.Exchange, learned habits) string {
	status := x.Response.StatusCode
	switch {
	case p.slashCure != "" && !learned.slashes && hasEscapedSlash(x) && (status == http.StatusBadRequest || status == http.StatusNotFound):
		return p.slashCure
	case p.cure != webServerCure:
		return p.cure
	case learned.answered && (status == http.StatusNotFound || status == http.StatusInternalServerError):
		return errorPageCure
	}
	return cmp.Or(statusCures[status], p.cure)
}

// statusCures are what to do about the pages of web servers by their status.
var statusCures = map[int]string{
	http.StatusRequestEntityTooLarge: "Allow larger bodies: client_max_body_size in nginx, LimitRequestBody in Apache. A description has up to 1,024 characters.",
	http.StatusRequestURITooLong:     "Allow longer URLs: large_client_header_buffers in nginx, LimitRequestLine in Apache.",
	http.StatusMethodNotAllowed:      "Allow the methods GET, HEAD, POST and DELETE under /api/v4.",
}

func hasSignInForm(page string) bool {
	return strings.Contains(page, "<form") && (strings.Contains(page, `type="password"`) || strings.Contains(page, `type='password'`) || strings.Contains(page, "type=password")) ||
		strings.Contains(page, "samlrequest") || strings.Contains(page, "samlresponse")
}

func named(what, name string) string {
	if name == "" {
		return what
	}
	return what + " (" + name + ")"
}

func quoted(title string) string {
	if title == "" {
		return ""
	}
	return `titled "` + title + `"`
}

// serverNames are the web servers that name themselves in the header Server, and what people call them.
var serverNames = []struct{ part, name string }{
	{"apache-coyote", "a Tomcat server"},
	{"apachetrafficserver", "an Apache Traffic Server"},
	{"apache", "an Apache web server or proxy"},
	{"openresty", "an nginx (OpenResty) proxy"},
	{"nginx", "an nginx web server or proxy"},
	{"microsoft-iis", "a Microsoft IIS web server"},
	{"microsoft-httpapi", "a Microsoft web server (HTTP.sys)"},
	{"microsoft-azure-application-gateway", "an Azure Application Gateway"},
	{"lighttpd", "a lighttpd web server"},
	{"caddy", "a Caddy web server"},
	{"istio-envoy", "Istio's Envoy proxy"},
	{"envoy", "an Envoy proxy"},
	{"varnish", "a Varnish cache"},
	{"squid", "a Squid proxy"},
	{"cloudflare", "Cloudflare"},
	{"cloudfront", "Amazon CloudFront"},
	{"awselb", "an AWS load balancer"},
	{"akamaighost", "Akamai"},
	{"bigip", "an F5 BIG-IP"},
	{"big-ip", "an F5 BIG-IP"},
	{"haproxy", "HAProxy"},
	{"kong", "the Kong API gateway"},
	{"litespeed", "a LiteSpeed web server"},
	{"gws", "Google"},
	{"esf", "Google"},
	{"google frontend", "Google's load balancer"},
	{"jetty", "a Jetty server"},
	{"tomcat", "a Tomcat server"},
	{"traefik", "a Traefik proxy"},
	{"ats/", "an Apache Traffic Server"},
	{"zscaler", "Zscaler"},
	{"vercel", "Vercel"},
	{"netlify", "Netlify"},
	{"github.com", "GitHub"},
	{"python", "a Python web server"},
	{"express", "an Express application"},
}

// serverName says which web server a header Server names; empty if none that is known.
func serverName(header string) string {
	lower := strings.ToLower(header)
	for _, known := range serverNames {
		if strings.Contains(lower, known.part) {
			return known.name
		}
	}
	return ""
}

// viaName says which proxy the header Via names, or the one named Server.
func viaName(h http.Header) string {
	via := h.Values("Via")
	if len(via) == 0 {
		return serverName(h.Get("Server"))
	}
	last := via[len(via)-1]
	if name := serverName(last); name != "" {
		return name
	}
	return "Via: " + Printable(last, 60)
}

// ServerOf names the web server or the proxy that an answer's headers name; empty if they name none that is known.
func ServerOf(h http.Header) string {
	if name := serverName(h.Get("Server")); name != "" {
		return name
	}
	if len(h.Values("Via")) > 0 {
		return viaName(h)
	}
	return ""
}
