package contract

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"example.com/gitlab-agents/contract/wire"
)

// Watcher judges every exchange of a client or a server while it goes about its business. What passes through is not
// changed. Probing rules are untested with it: it makes no requests of its own.
type Watcher struct {
	judge *Judge
	next  http.RoundTripper
}

// Watch wraps a client's transport ([http.DefaultTransport] if nil).
//
//	watcher, err := contract.Watch(nil, contract.JudgeOptions{})
//	client := &http.Client{Transport: watcher}
//	…
//	watcher.Check(t)
func Watch(next http.RoundTripper, options JudgeOptions) (*Watcher, error) {
	judge, err := NewJudge(options)
	if err != nil {
		return nil, err
	}
	w := &Watcher{judge: judge}
	w.next = wire.NewRecorder(next, 0, func(x *wire.Exchange) { judge.Observe(x) })
	return w, nil
}

// RoundTrip makes a request with the wrapped transport. Its exchange is judged once the response body was read or
// closed.
func (w *Watcher) RoundTrip(r *http.Request) (*http.Response, error) { return w.next.RoundTrip(r) }

// WatchHandler wraps a server's handler. Request and response bodies are kept in memory while they are judged.
func WatchHandler(next http.Handler, options JudgeOptions) (*Watcher, http.Handler, error) {
	judge, err := NewJudge(options)
	if err != nil {
		return nil, nil, err
	}
	return &Watcher{judge: judge}, http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		x := &wire.Exchange{Request: wire.Request{Method: r.Method, URL: absolute(r), Header: r.Header.Clone()}, Started: time.Now()}
		var sent bytes.Buffer
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = struct {
				io.Reader
				io.Closer
			}{io.TeeReader(r.Body, &sent), r.Body}
		}
		kept := &keptResponse{ResponseWriter: out}
		defer func() {
			x.Duration = time.Since(x.Started)
			x.Request.Body = sent.Bytes()
			if kept.status == 0 {
				kept.WriteHeader(http.StatusOK)
			}
			x.Response = &wire.Response{StatusCode: kept.status, Header: kept.header, Body: kept.body.Bytes()}
			judge.Observe(x)
		}()
		next.ServeHTTP(kept, r)
	}), nil
}

// absolute is the URL that a server was asked for, with scheme and host.
func absolute(r *http.Request) *url.URL {
	u := *r.URL
	u.Host = r.Host
	u.Scheme = "http"
	if r.TLS != nil {
		u.Scheme = "https"
	}
	return &u
}

// keptResponse keeps what a handler answers.
type keptResponse struct {
	http.ResponseWriter
	status int
	header http.Header
	body   bytes.Buffer
}

func (k *keptResponse) WriteHeader(status int) {
	if k.status == 0 && status >= 200 {
		k.status, k.header = status, k.Header().Clone()
	}
	k.ResponseWriter.WriteHeader(status)
}

func (k *keptResponse) Write(p []byte) (int, error) {
	if k.status == 0 {
		k.WriteHeader(http.StatusOK)
	}
	n, err := k.ResponseWriter.Write(p)
	k.body.Write(p[:n])
	return n, err
}

// Unwrap lets http.ResponseController reach the server's own writer.
func (k *keptResponse) Unwrap() http.ResponseWriter { return k.ResponseWriter }

// Result is what was judged so far.
func (w *Watcher) Result() *Result { return w.judge.Result() }

// Check fails a test for each MUST that was violated so far.
func (w *Watcher) Check(t testing.TB) {
	t.Helper()
	for _, f := range w.Result().Findings {
		if f.Outcome == Violation && f.Level == Must {
			t.Errorf("%s", f)
		}
	}
}

// Test checks a target in a subtest for each rule. A rule that could not be tested is a skipped subtest, with its
// reason; a violated SHOULD is logged.
func Test(t *testing.T, target Target, options ...Option) {
	t.Helper()
	result, err := Run(t.Context(), target, options...)
	if err != nil {
		t.Fatal(err)
	}
	for _, left := range result.Left {
		t.Errorf("left behind: %s", left)
	}
	for _, rule := range result.Rules {
		t.Run(rule.Rule.ID, func(t *testing.T) {
			for _, f := range result.Findings {
				switch {
				case f.Rule != rule.Rule.ID:
				case f.Outcome == Violation && f.Level == Must:
					t.Errorf("%s\n%s", rule.Rule.Sentence, f)
				default:
					t.Logf("%s\n%s", rule.Rule.Sentence, f)
				}
			}
			switch rule.Outcome {
			case Untested, Inconclusive:
				t.Skipf("%s: %s", rule.Outcome, rule.Reason)
			case Error:
				if rule.Reason != "" {
					t.Errorf("%s", rule.Reason)
				}
			}
		})
	}
}
