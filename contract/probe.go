package contract

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"example.com/gitlab-agents/contract/document"
	"example.com/gitlab-agents/contract/wire"
)

// Probe is what a probing rule makes traffic with. Its requests are made one after the other; what need not wait for
// the one before is put into Together.
type Probe struct {
	run   *run
	ctx   context.Context
	rule  *Rule // nil while the run is being set up or a fixture is made
	chain int   // how many requests the next one waits for

	urgency int // how much other probes wait for what this one makes

	standBy func() // says that the probe makes no request before the end of the lifecycle; nil in a fixture
}

// ask is a request in the making.
type ask struct {
	header http.Header
	body   []byte
	bare   bool // a body without a Content-Type
}

// With is a part of a request.
type With func(*ask)

// JSON gives the request a JSON body, as it is.
func JSON(body string) With { return Body("application/json", body) }

// Form gives the request a form body, as it is.
func Form(body string) With { return Body("application/x-www-form-urlencoded", body) }

// Body gives the request a body; an empty content type means none.
func Body(contentType, body string) With {
	return func(a *ask) {
		a.body = []byte(body)
		if contentType == "" {
			a.bare = true
		} else {
			a.header.Set("Content-Type", contentType)
		}
	}
}

// Header gives the request a header.
func Header(name, value string) With { return func(a *ask) { a.header.Set(name, value) } }

// Do makes a request and returns what came back, judged. A path begins with /api/v4. If no answer came, or one that
// says nothing about the server, such as 429, Do tries again where that is safe, and then gives the probe up as
// inconclusive.
func (p *Probe) Do(role Role, method, path string, with ...With) *Exchange {
	a := ask{header: make(http.Header)}
	if token := p.run.target.Tokens[role]; token != "" && role != Anonymous {
		a.header.Set("Private-Token", token)
	}
	for _, w := range with {
		w(&a)
	}
	p.chain++
	p.run.longest(p.chain)
	safe := method != http.MethodPost // a create is never repeated after its answer was lost
	lost := false                     // an answer was, so that what was asked for may have been done
	for attempt := 1; ; attempt++ {
		x := p.once(method, path, &a)
		reason, wait, repeat := unanswered(x, attempt, safe)
		switch {
		case reason == "" && lost && method == http.MethodDelete && x.Status() == 404:
			p.give(Inconclusive, fmt.Sprintf("%s %s: an answer was lost, and so 404 may be what the same request did before", method, path))
		case reason == "":
			return x
		case !repeat || attempt == maxAttempts || !p.run.pause(p.ctx, wait):
			p.give(Inconclusive, fmt.Sprintf("%s %s: %s", method, path, reason))
		}
		lost = lost || x.Status() != 429
	}
}

// maxAttempts is how often a request is made in all.
const maxAttempts = 4

// maxWait is the longest a run waits because a server asks it to.
const maxWait = 60 * time.Second

// unanswered says why an exchange says nothing about the server, if it does not, and when to try again.
func unanswered(x *Exchange, attempt int, safe bool) (reason string, wait time.Duration, repeat bool) {
	wait = time.Duration(attempt*attempt) * 50 * time.Millisecond
	switch {
	case x.Response == nil:
		return cause(x.Err), wait, safe
	case x.Err != nil:
		return "the answer broke off", wait, safe
	case x.Response.Truncated:
		return fmt.Sprintf("the answer has more than %d MB", maxBody>>20), 0, false
	case x.Status() == 429:
		if after := retryAfter(x.Response.Header, time.Now()); after > 0 {
			wait = after
		}
		return "429, too many requests", wait, wait <= maxWait
	case slices.Contains([]int{502, 503, 504}, x.Status()) || x.Status() > 504:
		return strconv.Itoa(x.Status()) + ", as a gateway answers", wait, safe
	}
	return "", 0, false
}

// cause is why no answer came, without the URL that net/http puts before it.
func cause(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	if errors.Is(err, context.Canceled) {
		return "interrupted"
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "timed out"
	}
	return err.Error()
}

// retryAfter is how long a 429 asks to wait: seconds, a date, or the end of the period of a rate limit.
func retryAfter(h http.Header, now time.Time) time.Duration {
	after := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(after); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(after); err == nil {
		return at.Sub(now)
	}
	if at, err := strconv.ParseInt(h.Get("RateLimit-Reset"), 10, 64); err == nil {
		return time.Unix(at, 0).Sub(now)
	}
	return 0
}

// pause waits, and is false if ctx ended meanwhile.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// userAgent tells an admin who reads a log what made the requests.
const userAgent = "glagents"

// requestTimeout is how long one request may take, unless the settings say otherwise.
const requestTimeout = 30 * time.Second

// once makes one request and has it judged.
func (p *Probe) once(method, path string, a *ask) *Exchange {
	r := p.run
	if !r.gate.enter(p.ctx, p.rank()) {
		p.give(Inconclusive, cause(p.ctx.Err()))
	}
	defer r.gate.leave()
	ctx, cancel := context.WithTimeout(p.ctx, r.requestTimeout)
	defer cancel()

	if !r.made.may(method, path) {
		panic(fmt.Errorf("the rule would change what the run did not make: %s %s", method, path))
	}
	creates := method == http.MethodPost
	if creates {
		r.mu.Lock()
		r.attempted = true
		r.mu.Unlock()
	}
	x, err := r.exchange(ctx, method, path, a)
	if err != nil {
		panic(fmt.Errorf("the rule asks for what is no request: %w", err))
	}

	r.mu.Lock()
	defer r.mu.Unlock()
	judged := r.judged(x)
	switch {
	case !creates, judged.ok(201):
	case !judged.complete() || x.Response.StatusCode >= 500:
		r.lost, r.unsure = true, true
	case judged.Status() < 400:
		r.unsure = true
	}
	return judged
}

// exchange makes a request. The error is that of a request that cannot be made.
func (r *run) exchange(ctx context.Context, method, path string, a *ask) (*wire.Exchange, error) {
	request, err := http.NewRequestWithContext(ctx, method, r.base+path, strings.NewReader(string(a.body)))
	if err != nil {
		return nil, err
	}
	request.Header = a.header.Clone()
	if a.bare {
		request.Header["Content-Type"] = nil
	}
	request.Header.Set("User-Agent", userAgent)
	x := &wire.Exchange{Request: wire.Request{Method: method, URL: request.URL, Header: a.header, Body: a.body}, Started: time.Now()}
	response, err := r.client.Do(request)
	if err != nil {
		x.Err = err
	} else {
		x.Response = &wire.Response{StatusCode: response.StatusCode, Header: response.Header}
		x.Response.Body, x.Response.Truncated, x.Err = readBody(response.Body)
		response.Body.Close()
	}
	x.Duration = time.Since(x.Started)
	return x, nil
}

// judged has an exchange judged, and takes up what it says about what there is. It is called under the run's lock.
func (r *run) judged(x *wire.Exchange) *Exchange {
	r.requests++
	_, judged := r.judge.observe(r.judge.Prepare(x))
	r.made.note(judged)
	if r.observe != nil {
		r.observe(x)
	}
	if r.progress != nil {
		r.progress(Event{Done: r.done, Total: r.total, Requests: r.requests})
	}
	return judged
}

// rank is how soon a request has its turn: before all others those that make what other probes wait for, then those at
// the end of a long chain.
func (p *Probe) rank() int {
	const longerThanAnyChain = 1000
	return p.urgency*longerThanAnyChain + p.chain
}

// isUnsure says that a create was neither granted nor refused, so that it may have been carried out.
func (r *run) isUnsure() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.unsure
}

// longest notes how many requests had to wait for each other.
func (r *run) longest(chain int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.chain = max(r.chain, chain)
}

// awaitOthers waits until all probes are done or stand by.
func (p *Probe) awaitOthers() {
	p.run.busy.Wait()
	p.run.mu.Lock()
	defer p.run.mu.Unlock()
	p.chain = max(p.chain, p.run.chain)
}

// Together runs parts of a probe side by side.
func (p *Probe) Together(parts ...func(*Probe)) {
	var wait sync.WaitGroup
	stops := make([]any, len(parts))
	probes := make([]Probe, len(parts))
	for i, part := range parts {
		probes[i] = *p
		wait.Go(func() {
			defer func() { stops[i] = recover() }()
			part(&probes[i])
		})
	}
	wait.Wait()
	for i := range parts {
		p.chain = max(p.chain, probes[i].chain)
	}
	for _, stop := range stops {
		if stop != nil {
			panic(stop)
		}
	}
}

// give ends the probe before its end.
func (p *Probe) give(outcome Outcome, reason string) { panic(&ending{outcome, reason}) }

// Untested ends the probe: what it is about cannot be tested here.
func (p *Probe) Untested(reason string) { p.give(Untested, reason) }

// Violation reports that the server broke the rule in an exchange.
func (p *Probe) Violation(x *Exchange, pointer, expected, actual string) {
	p.run.judge.report(p.rule, x, document.Finding{
		Outcome: document.Violation, Pointer: pointer, Expected: expected, Actual: actual,
	})
}

// Want reports a violation unless the answer has the status, and says whether it has. An answer that cannot be for
// what was asked, as the route or the project was not found, is reported like any other.
func (p *Probe) Want(x *Exchange, status int) bool {
	if x.Status() == status {
		return true
	}
	actual := strconv.Itoa(x.Status())
	if f, ok := x.failure(); ok {
		actual += ", " + f.said()
	}
	p.Violation(x, "", strconv.Itoa(status), actual)
	return false
}

// wantSound is Want for 200 and a body that the document has nothing against.
func (p *Probe) wantSound(x *Exchange) bool { return p.Want(x, 200) && x.sound() }

// WantMessage is Want for an error whose body is {"message": …}.
func (p *Probe) WantMessage(x *Exchange, status int, message string) bool {
	return p.wantText(x, status, "message", message)
}

// WantError is Want for an error whose body is {"error": …}.
func (p *Probe) WantError(x *Exchange, status int, text string) bool {
	return p.wantText(x, status, "error", text)
}

// wantText wants an error with a text. If the text is none that GitLab has, or stands in another place, a judging rule has
// said so already, and it is not said again for each request that is answered with it.
func (p *Probe) wantText(x *Exchange, status int, key, want string) bool {
	if !p.Want(x, status) {
		return false
	}
	if x.Request.Method == http.MethodHead {
		return true
	}
	f, _ := x.failure()
	got := f.Message
	if key == "error" {
		got = f.Error
	}
	if got != nil && *got == want {
		return true
	}
	if !x.blamed {
		p.Violation(x, "/"+key, fmt.Sprintf("%s %q", key, want), f.said())
	}
	return false
}
