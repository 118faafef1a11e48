package answerer

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"example.com/gitlab-agents/contract/wire"
)

var (
	// hit is how caches say that they answered; a hit that was revalidated came from GitLab after all.
	hit = regexp.MustCompile(`(?i)(^|[^a-z])(tcp_(mem_|ims_|offline_)?hit|hit|stale|updating)([^a-z]|$)`)
	// asked is how they say that they asked GitLab.
	asked = regexp.MustCompile(`(?i)(^|[^a-z])(miss|pass|bypass|dynamic|expired|revalidated|refresh[a-z_]*|fwd|tcp_refresh[a-z_]*|tcp_miss|none|hitpass|hit-for-(pass|miss))([^a-z]|$)`)
	// twoIDs is X-Varnish of a hit: the id of the request and that of the one that filled the cache.
	twoIDs = regexp.MustCompile(`^\d+ \d+$`)
)

// cacheHeaders are the headers in which caches say whether they answered.
var cacheHeaders = []string{
	"X-Cache", "CF-Cache-Status", "Cache-Status", "X-Cache-Status", "X-Proxy-Cache", "X-Varnish-Cache",
	"X-Nginx-Cache", "X-Nginx-Cache-Status", "Cdn-Cache", "X-Cdn-Cache-Status", "X-Cache-Remote", "X-Azure-Ref-Cache", "X-Drupal-Cache", "X-Litespeed-Cache",
}

// cacheVerdict says whether a cache answered in GitLab's place: more signs have to say so than say that GitLab was asked.
// An Age alone is a sign, as by HTTP it says that the answer was not made for this request.
func cacheVerdict(x *wire.Exchange) (Verdict, bool) {
	if x.FromCache != "" {
		return Verdict{
			Kind: Stranger, Kindof: SharedCache, By: "the client's own cache",
			Signs: []string{"the recording says that the " + Printable(x.FromCache, 40) + " cache answered"}, Cure: clientCacheCure,
		}, true
	}
	r := x.Response
	if r.HeaderNotRecorded {
		return Verdict{}, false
	}
	var signs []string
	hits, misses := 0, 0
	for _, name := range cacheHeaders {
		value := nearest(name, r.Header)
		switch {
		case value == "":
		case asked.MatchString(value):
			misses++
		case hit.MatchString(value):
			hits++
			signs = append(signs, name+" says "+Printable(value, 60))
		}
	}
	if id := r.Header.Get("X-Varnish"); twoIDs.MatchString(id) {
		hits++
		signs = append(signs, "X-Varnish has two ids, as for a hit")
	}
	if age, err := strconv.Atoi(r.Header.Get("Age")); err == nil && age > 0 {
		signs = append(signs, fmt.Sprintf("the answer is %s old (Age)", seconds(age)))
		hits++
	}
	if hits <= misses {
		return Verdict{}, false
	}
	return Verdict{Kind: Stranger, Kindof: SharedCache, By: cacheName(r.Header), Signs: signs, Cure: sharedCacheCure}, true
}

// nearest is what the cache nearest to the client says: lists grow towards it, but for Cache-Status as well.
func nearest(name string, h http.Header) string {
	values := h.Values(name)
	if len(values) == 0 {
		return ""
	}
	last := values[len(values)-1]
	return strings.TrimSpace(last[strings.LastIndex(last, ",")+1:])
}

func seconds(n int) string {
	if n == 1 {
		return "1 second"
	}
	return fmt.Sprintf("%d seconds", n)
}

// cacheName names the cache as far as its headers tell.
func cacheName(h http.Header) string {
	all := strings.ToLower(strings.Join(append(h.Values("Via"), h.Get("Server"), h.Get("X-Cache"), h.Get("X-Served-By")), " "))
	switch {
	case h.Get("CF-Cache-Status") != "":
		return "Cloudflare's cache"
	case strings.Contains(all, "cloudfront"):
		return "Amazon CloudFront's cache"
	case h.Get("X-Varnish") != "" || strings.Contains(all, "varnish"):
		return "a Varnish cache"
	case strings.Contains(all, "squid"):
		return "a Squid cache"
	case strings.Contains(all, "cache-"):
		return "Fastly's cache"
	case strings.Contains(all, "akamai") || strings.Contains(all, "tcp_hit") || strings.Contains(all, "tcp_mem_hit"):
		return "a CDN's cache, perhaps Akamai's"
	case h.Get("X-Proxy-Cache") != "" || h.Get("X-Cache-Status") != "":
		return "the cache of an nginx proxy"
	}
	return "a shared cache"
}

// ThroughCache says that an answer came through a cache, even if the cache asked GitLab: caches keep the conditions of a
// request to themselves.
func ThroughCache(x *wire.Exchange) bool {
	if x.Response == nil {
		return false
	}
	for _, name := range append([]string{"X-Varnish", "Age"}, cacheHeaders...) {
		if x.Response.Header.Get(name) != "" {
			return true
		}
	}
	return false
}
