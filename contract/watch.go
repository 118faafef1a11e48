package contract

import (
	"net/http"
	"testing"

	"example.com/gitlab-agents/contract/wire"
)

// Watcher judges every exchange of a client or a server while it goes about its business. What passes through is not
// changed. Probing rules are untested with it: it makes no requests of its own.
type Watcher struct {
	judge   *Judge
	observe func(*wire.Exchange) // nil if nobody asked
	next    http.RoundTripper
}

// Watch wraps a client's transport ([http.DefaultTransport] if nil).
//
//	watcher, err := contract.Watch(nil, contract.JudgeOptions{})
//	client := &http.Client{Transport: watcher}
//	…
//	watcher.Check(t)
func Watch(next http.RoundTripper, options JudgeOptions) (*Watcher, error) {
	options.Live = true
	judge, err := NewJudge(options)
	if err != nil {
		return nil, err
	}
	w := &Watcher{judge: judge, observe: options.Observe}
	w.next = wire.NewRecorder(next, 0, w.take)
	return w, nil
}

// RoundTrip makes a request with the wrapped transport. Its exchange is judged once the response body was read or
// closed.
func (w *Watcher) RoundTrip(r *http.Request) (*http.Response, error) { return w.next.RoundTrip(r) }

// WatchHandler wraps a server's handler. Of each request and response body up to [wire.DefaultLimit] bytes are kept in
// memory until they are judged.
func WatchHandler(next http.Handler, options JudgeOptions) (*Watcher, http.Handler, error) {
	options.Live = true
	judge, err := NewJudge(options)
	if err != nil {
		return nil, nil, err
	}
	w := &Watcher{judge: judge, observe: options.Observe}
	return w, wire.RecordHandler(next, 0, w.take), nil
}

// take judges an exchange.
func (w *Watcher) take(x *wire.Exchange) {
	w.judge.Observe(x)
	if w.observe != nil {
		w.observe(x)
	}
}

// Result is what was judged so far.
func (w *Watcher) Result() *Result { return w.judge.Result() }

// Check fails a test for each MUST that was found violated so far.
func (w *Watcher) Check(t testing.TB) {
	t.Helper()
	result := w.Result()
	for _, f := range result.Findings {
		if f.Outcome == Violation && f.Level == Must {
			t.Errorf("%s: %s", f.Rule, f)
		}
	}
	for _, rule := range result.Rules {
		if rule.Outcome == Error && rule.Reason.Text != "" {
			t.Errorf("%s: %s", rule.Rule.ID, rule.Reason.Text)
		}
	}
}
