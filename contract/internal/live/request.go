package live

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"example.com/gitlab-agents/contract/internal/answerer"
	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/internal/setup"
	"example.com/gitlab-agents/contract/wire"
)

// request is a request in the making.
type request struct {
	role   rule.Role
	method string
	path   string // from /api/v4 on, with its query
	header http.Header
	body   []byte
	bare   bool // a body without a Content-Type
}

// Part is a part of a request.
type Part func(*request)

// JSON gives the request a JSON body, exactly as it is.
func JSON(body string) Part { return Body("application/json", body) }

// Form gives the request a form body, exactly as it is.
func Form(body string) Part { return Body("application/x-www-form-urlencoded", body) }

// Body gives the request a body; an empty content type means none.
func Body(contentType, body string) Part {
	return func(r *request) {
		r.body = []byte(body)
		if contentType == "" {
			r.bare = true
		} else {
			r.header.Set("Content-Type", contentType)
		}
	}
}

// Header gives the request a header.
func Header(name, value string) Part { return func(r *request) { r.header.Set(name, value) } }

// Query gives the request a query, exactly as it is.
func Query(query string) Part { return func(r *request) { r.path += "?" + query } }

// Suffix appends to the path of the request.
func Suffix(text string) Part { return func(r *request) { r.path += text } }

// AsBearer sends the token as Authorization: Bearer.
func AsBearer() Part {
	return func(r *request) {
		if token := r.header.Get("Private-Token"); token != "" {
			r.header.Del("Private-Token")
			r.header.Set("Authorization", "Bearer "+token)
		}
	}
}

// maxAttempts is how often a request is sent in all.
const maxAttempts = 4

// maxTimeouts is how often the set-up sends a request that nobody answers in time.
const maxTimeouts = 2

// maxWait is the longest that a check waits because the server asks it to.
const maxWait = 60 * time.Second

// maxBody is how much of a response body a check reads: far more than a page of 100 agents takes.
const maxBody = 8 << 20

// userAgent tells an administrator who reads a log what made the requests.
const userAgent = "glagents"

// send sends a request once and takes down what came back.
func (c *check) send(ctx context.Context, r *request) (*wire.Exchange, error) {
	ctx, cancel := context.WithTimeout(ctx, c.RequestTimeout)
	defer cancel()
	out, err := http.NewRequestWithContext(ctx, r.method, c.base+r.path, strings.NewReader(string(r.body)))
	if err != nil {
		return nil, fmt.Errorf("this is not a request that can be sent: %w", err)
	}
	out.Header = r.header.Clone()
	if r.bare {
		out.Header["Content-Type"] = nil
	}
	out.Header.Set("User-Agent", userAgent)
	x := &wire.Exchange{Request: wire.Request{Method: r.method, URL: out.URL, Header: r.header, Body: r.body}, Started: c.Clock.Now()}
	response, err := c.client.Do(out)
	if err != nil {
		x.Err = err
	} else {
		x.Response = &wire.Response{StatusCode: response.StatusCode, Header: response.Header}
		if response.StatusCode != http.StatusSwitchingProtocols { // what follows is not a body, and need not end
			x.Response.Body, x.Response.Truncated, x.Err = readBody(response)
		}
		response.Body.Close()
	}
	x.Duration = c.Clock.Now().Sub(x.Started)
	return x, nil
}

// readBody reads a body up to maxBody. It makes room for what the server announces, within limits.
func readBody(r *http.Response) (data []byte, truncated bool, err error) {
	room := min(max(0, r.ContentLength), 64<<10) + bytes.MinRead
	body := bytes.NewBuffer(make([]byte, 0, room))
	_, err = body.ReadFrom(io.LimitReader(r.Body, maxBody+1))
	data = body.Bytes()
	if len(data) > maxBody {
		return data[:maxBody], true, nil
	}
	return data, err != nil, err
}

// silence is why an exchange says nothing about the server.
type silence struct {
	reason string
	wait   time.Duration // before the request may be sent again
	again  bool          // it makes sense to send it again
	limit  bool          // everybody has to wait: there are too many requests
}

// silent says why an exchange says nothing about the server; nil if it does say something. A create is not repeated after
// its answer was lost: it may have been carried out.
func silent(x *judge.Exchange, attempt int, now time.Time) *silence {
	safe := x.Request.Method != http.MethodPost
	s := &silence{wait: time.Duration(attempt*attempt) * 50 * time.Millisecond, again: safe}
	switch {
	case x.Response == nil:
		s.reason = cause(x.Err)
	case x.Status() == http.StatusTooManyRequests:
		s.reason, s.again, s.limit = "429, too many requests", true, true
		s.wait *= 10 // enough for a limit of some requests a second
		if after := retryAfter(x.Response.Header, now); after > 0 {
			s.wait, s.again = after, after <= maxWait
		}
	case x.Err != nil:
		s.reason = "the answer broke off"
	case x.Response.Truncated:
		s.reason, s.again = fmt.Sprintf("the answer is longer than %d MB", maxBody>>20), false
	case x.Status() == http.StatusServiceUnavailable:
		s.reason = "503, which gateways send if requests come too fast or GitLab is not there" + whoSays(x)
		if x.Answerer.Kind == answerer.Stranger && !setup.StandsInTheWay(x.Answerer) { // such as nginx with its limit_req
			s.again, s.limit = true, true
		}
		s.wait *= 10
		if after := retryAfter(x.Response.Header, now); after <= maxWait {
			s.wait = max(s.wait, after)
		} else { // GitLab is being upgraded, for example
			s.again = false
		}
	case x.Status() > 501 || x.Status() == http.StatusSwitchingProtocols:
		s.reason = strconv.Itoa(x.Status()) + ", which gateways send" + whoSays(x)
	default:
		return nil
	}
	return s
}

// cause is why no answer came, without the URL that net/http puts before it.
func cause(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	switch {
	case err == nil:
		return "no answer"
	case errors.Is(err, context.Canceled):
		return "interrupted"
	case errors.Is(err, context.DeadlineExceeded):
		return "timed out"
	case errors.Is(err, io.EOF):
		return "the connection was closed without an answer"
	}
	return err.Error()
}

// gatewaysReset is below which RateLimit-Reset is seconds from now, as gateways have it, and not GitLab's seconds since 1970.
const gatewaysReset = 1_000_000

// retryAfter is how long a 429 or 503 asks to wait: seconds, a date, or the end of the period of a rate limit.
func retryAfter(h http.Header, now time.Time) time.Duration {
	after := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(after); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(after); err == nil {
		return at.Sub(now)
	}
	reset, err := strconv.ParseInt(h.Get("RateLimit-Reset"), 10, 64)
	switch {
	case err != nil:
		return 0
	case reset < gatewaysReset:
		return time.Duration(reset) * time.Second
	}
	return time.Unix(reset, 0).Sub(now)
}

// askWith sends a request of the set-up until an answer comes that says something, and has it judged.
func (c *check) askWith(ctx context.Context, r *request) (*judge.Exchange, error) {
	why := "" // the last answer said nothing
	for attempt := 1; ; attempt++ {
		if !c.gate.enter(ctx) {
			return nil, fmt.Errorf("%s%w", why, context.Cause(ctx))
		}
		x, err := c.send(ctx, r)
		c.gate.leave()
		if err != nil {
			return nil, err
		}
		judged := c.observe(c.judge, x, nil)
		s := silent(judged, attempt, c.Clock.Now())
		if s != nil {
			why = s.reason + "; "
		}
		switch {
		case s == nil, !s.limit && setup.StandsInTheWay(judged.Answerer):
			return judged, nil
		case !s.again || attempt == maxAttempts || attempt == maxTimeouts && errors.Is(x.Err, context.DeadlineExceeded):
			return nil, &noAnswer{s.reason, x.Err}
		case s.limit:
			c.gate.close(s.wait)
			c.tell(Event{Waiting: s.wait})
		case !c.Clock.Sleep(ctx, s.wait):
			return nil, context.Cause(ctx)
		}
	}
}

// noAnswer is why no answer came that says something.
type noAnswer struct {
	reason string
	err    error // of the transport; nil if an answer came
}

func (e *noAnswer) Error() string { return e.reason }

func (e *noAnswer) Unwrap() error { return e.err }

// whoSays names who gave an answer that says nothing.
func whoSays(x *judge.Exchange) string {
	switch v := x.Answerer; {
	case x.Response == nil:
		return ""
	case v.Kind == answerer.GitLab && x.Status() >= 500:
		return "; the page is GitLab's own"
	case v.Kind == answerer.Stranger && v.By != "":
		return "; it looks like an answer of " + v.By
	}
	return ""
}
