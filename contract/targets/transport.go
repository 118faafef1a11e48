package targets

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// firstAnswer is how long a target may take for its first answer. One that is that slow is taken for dead, so that a dead one
// does not hold its place for long.
const firstAnswer = 10 * time.Second

// transport sends the requests of one target, as many at once as all targets together may send.
type transport struct {
	base     http.RoundTripper
	requests chan struct{} // shared by all targets
	answered atomic.Bool   // the target has answered
	dead     atomic.Bool   // it did not answer in time
}

var errDead = errors.New("no answer within " + firstAnswer.String())

// RoundTrip sends a request. Its place is taken until the body of the answer is closed.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.dead.Load() && !t.answered.Load() {
		return nil, errDead
	}
	select {
	case t.requests <- struct{}{}:
	case <-r.Context().Done():
		return nil, context.Cause(r.Context())
	}
	leave := sync.OnceFunc(func() { <-t.requests })
	response, err := t.send(r)
	if err != nil {
		leave()
		return nil, err
	}
	response.Body = &body{response.Body, leave}
	return response, nil
}

// send sends a request, and ends it early if the target has never answered.
func (t *transport) send(r *http.Request) (*http.Response, error) {
	if t.answered.Load() {
		return t.base.RoundTrip(r)
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	timer := time.AfterFunc(firstAnswer, func() {
		if !t.answered.Load() {
			t.dead.Store(true)
			cancel(errDead)
		}
	})
	response, err := t.base.RoundTrip(r.WithContext(ctx))
	timer.Stop()
	if err != nil {
		defer cancel(nil)
		if context.Cause(ctx) == errDead {
			return nil, errDead
		}
		return nil, err
	}
	t.answered.Store(true)
	response.Body = &body{response.Body, func() { cancel(nil) }}
	return response, nil
}

// body calls a function when it is closed.
type body struct {
	io.ReadCloser
	closed func()
}

func (b *body) Close() error {
	defer b.closed()
	return b.ReadCloser.Close()
}
