package fakegitlab

import (
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// throttle counts requests by caller in fixed windows, as Rack::Attack does. The windows divide Unix time into periods
// and are the same for every caller.
type throttle struct {
	limit  int
	period int64 // in seconds

	mu     sync.Mutex
	window int64
	counts map[string]int
}

func newThrottle(limit int, period time.Duration) *throttle {
	return &throttle{limit: limit, period: int64(period / time.Second), counts: map[string]int{}}
}

// count counts a request and returns the number of requests in the window.
func (t *throttle) count(caller string, now int64) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if window := now / t.period; window != t.window {
		t.window = window
		clear(t.counts)
	}
	t.counts[caller]++
	return t.counts[caller]
}

// limitRate refuses a request above the rate limit. It adds the rate limit headers to every response.
func (c *call) limitRate() bool {
	t := c.server.throttle
	if t == nil {
		if c.decide(RateLimited, false) {
			return c.tooMany("throttle_authenticated_api", 1, 2, 60)
		}
		return true
	}
	name, caller := "throttle_unauthenticated_api", c.request.RemoteAddr
	if host, _, err := net.SplitHostPort(caller); err == nil {
		caller = host
	}
	if token := c.server.store.token(c.secret()); token != nil {
		name, caller = "throttle_authenticated_api", "user "+strconv.FormatInt(token.user.id, 10)
	}
	observed := t.count(caller, c.server.clock().Unix())
	if c.decide(RateLimited, observed > t.limit) {
		return c.tooMany(name, t.limit, observed, t.period)
	}
	c.rateLimitHeaders(name, t.limit, observed, t.period)
	return true
}

// tooMany answers 429.
func (c *call) tooMany(name string, limit, observed int, period int64) bool {
	reset := c.rateLimitHeaders(name, limit, observed, period)
	c.draft.Header.Set("RateLimit-ResetTime", time.Unix(reset, 0).UTC().Format(http.TimeFormat))
	c.draft.Header.Set("Retry-After", strconv.FormatInt(reset-c.server.clock().Unix(), 10))
	c.draft.Header.Set("Content-Type", "text/plain")
	c.draft.Status = http.StatusTooManyRequests
	c.draft.Body = []byte("Retry later\n")
	return false
}

// rateLimitHeaders sets the headers about the rate limit and returns the end of the window in Unix time. GitLab reports
// the limit per minute.
func (c *call) rateLimitHeaders(name string, limit, observed int, period int64) (reset int64) {
	now := c.server.clock().Unix()
	reset = now + period - now%period
	h := c.draft.Header
	h.Set("RateLimit-Name", name)
	h.Set("RateLimit-Limit", strconv.FormatInt((int64(limit)*60+period-1)/period, 10))
	h.Set("RateLimit-Observed", strconv.Itoa(observed))
	h.Set("RateLimit-Remaining", strconv.Itoa(max(limit-observed, 0)))
	h.Set("RateLimit-Reset", strconv.FormatInt(reset, 10))
	return reset
}
