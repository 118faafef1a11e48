// Package answerer tells who answered a request: GitLab, or something in between. No single sign proves anything: a proxy
// can add an X-Request-Id, or remove GitLab's headers, and GitLab has pages in HTML of its own. So all signs of an
// answer are weighed together, and against what the answers of this GitLab look like.
package answerer

import (
	"net/http"

	"example.com/gitlab-agents/contract/wire"
)

// Kind says who answered.
type Kind int

// The kinds. Unknown is the zero value: GitLab may have answered.
const (
	Unknown  Kind = iota
	GitLab        // GitLab itself
	Stranger      // something in between, or another server
)

func (k Kind) String() string { return [...]string{"unknown", "GitLab", "stranger"}[k] }

// The kinds of stranger.
const (
	ProxyAuth     = "proxy-auth"      // a proxy that wants credentials of its own
	ServerAuth    = "server-auth"     // a web server in front that wants a user name and a password
	CDNChallenge  = "cdn-challenge"   // a page that is to keep out programs
	CDNError      = "cdn-error"       // a CDN that did not reach GitLab, or has no such site
	WAF           = "waf"             // a firewall that refuses what it takes for an attack
	WebFilter     = "web-filter"      // a company's filter for what its people may visit
	SignInPage    = "sign-in-page"    // a page, or a redirect to one, on which people sign in
	CaptivePortal = "captive-portal"  // a network that wants a sign-in before anything passes
	Redirect      = "redirect"        // a redirect, such as one from http to https
	WebServerPage = "web-server-page" // the error page of a web server, proxy or load balancer
	Gateway       = "gateway"         // an API gateway, an ingress or a service mesh
	Quota         = "quota"           // a quota that is not GitLab's
	SharedCache   = "shared-cache"    // a cache that answered in GitLab's place
	PathDecoder   = "path-decoder"    // a proxy that unescapes paths, so that GitLab answers another request
	ParkedDomain  = "parked-domain"   // a domain that is for sale, or has no site
	OtherAPI      = "other-api"       // another product's API
	OtherWebsite  = "other-website"   // any other page
	Unidentified  = "unidentified"    // an answer without anything that GitLab's answers have
)

// AddressBan is a kind of answer that may be GitLab's: its first layer refuses an address, and so do some proxies in the same
// word. It says nothing about the API.
const AddressBan = "address-ban"

// Verdict says who answered, and why that seems so.
type Verdict struct {
	Kind Kind
	// Kindof is the kind of stranger, a code that stays the same; empty if it is no stranger.
	Kindof string
	// By names who answered, such as "an Apache web server or proxy"; empty if that is not known.
	By string
	// Signs are the evidence, each in a few words.
	Signs []string
	// Cure says what to do; empty if it is no stranger.
	Cure string
	// Doubtful says that nothing speaks for GitLab and something against it, though not enough to name anybody, and that
	// nothing is known of what this GitLab's answers look like. The answer proves nothing against GitLab.
	Doubtful bool
}

// Transient says that a status means nothing about who answered: too many requests, or GitLab is not reached just now.
// Such an answer is inconclusive.
func Transient(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return status >= 520 && status <= 530 // Cloudflare, which does not reach GitLab
}

// How much must speak for one side before it is named.
const (
	enoughForStranger = -3
	enoughForGitLab   = 3
)

// Who tells who answered. The operation is the operationId of the document, or empty if the request is none of them. A
// learner that has learned nothing knows only what every GitLab has.
func (l *Learner) Who(x *wire.Exchange, operation string) Verdict {
	if x.Response == nil {
		return Verdict{}
	}
	if verdict, cached := cacheVerdict(x); cached {
		return verdict
	}
	learned := l.snapshot(x)
	if verdict, changed := onTheWay(x, operation, learned); changed {
		return verdict
	}
	w := weighing{exchange: x, body: readBody(x), wantsJSON: wantsJSON(x, operation), learned: learned}
	w.weighBody()
	w.weighHeaders()
	w.weighProduct()
	w.weighMissing()
	return w.verdict()
}

// onTheWay says what is known of an answer that GitLab did write, but not to this request.
func onTheWay(x *wire.Exchange, operation string, learned habits) (Verdict, bool) {
	switch {
	case learned.repeated:
		return Verdict{
			Kind: Stranger, Kindof: SharedCache, By: "something that repeats answers, such as a cache",
			Signs: []string{"the same answer, with the same X-Request-Id and X-Runtime, was given before"}, Cure: sharedCacheCure,
		}, true
	case learned.decodes && operation != "" && hasEscapedSlash(x) && isRouteMissing(x):
		return Verdict{
			Kind: Stranger, Kindof: PathDecoder, By: "something in between that unescapes the slashes in paths",
			Signs: []string{"GitLab finds no such route, as with other paths that have %2F"}, Cure: anySlashCure,
		}, true
	}
	return Verdict{}, false
}

// weighing adds up the signs of one answer. What speaks for GitLab counts above zero, what speaks against it below.
type weighing struct {
	exchange  *wire.Exchange
	body      body
	wantsJSON bool
	learned   habits

	sum      int
	forIt    []string
	against  []string
	stranger *product // who it seems to be, if that is known
}

func (w *weighing) add(weight int, sign string) {
	w.sum += weight
	switch {
	case weight > 0:
		w.forIt = append(w.forIt, sign)
	case weight < 0:
		w.against = append(w.against, sign)
	}
}

func (w *weighing) verdict() Verdict {
	switch {
	case w.body.ban && w.exchange.Response.Header.Get("X-Gitlab-Meta") == "" && w.exchange.Response.Header.Get("X-Runtime") == "":
		return Verdict{Kindof: AddressBan, Signs: append(w.against, w.forIt...)}
	case w.sum >= enoughForGitLab:
		return Verdict{Kind: GitLab, Signs: w.forIt}
	case w.sum > enoughForStranger:
		doubtful := w.sum < 0 && len(w.forIt) == 0 && !w.learned.answered
		return Verdict{Signs: append(w.against, w.forIt...), Doubtful: doubtful}
	}
	p := w.stranger
	if p == nil {
		p = w.unnamed()
	}
	return Verdict{Kind: Stranger, Kindof: p.kindof, By: p.by, Signs: w.against, Cure: p.cureFor(w.exchange, w.learned)}
}
