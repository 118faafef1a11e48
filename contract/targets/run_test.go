package targets

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
)

// jobOf is a check of a GitLab, which is a handler.
func jobOf(t *testing.T, handler http.Handler) Job {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return Job{Target: contract.Target{
		URL: server.URL, Project: "root/test", Transport: &http.Transport{}, Tokens: map[contract.Role]string{contract.Maintainer: "glpat-maintainer"},
	}}
}

func healthy(t *testing.T) http.Handler {
	t.Helper()
	fake, err := fakegitlab.New()
	require.NoError(t, err)
	return fake
}

// TestATargetThatAnswers429SlowsOnlyItself has one place, which a target takes that is told to wait until the others are done.
func TestATargetThatAnswers429SlowsOnlyItself(t *testing.T) {
	t.Parallel()
	fake := healthy(t)
	var others atomic.Int32
	limited := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if others.Load() < 3 {
			w.Header().Set("Retry-After", "60")
			http.Error(w, `{"message":{"error":"This endpoint has been requested too many times. Try again later."}}`, http.StatusTooManyRequests)
			return
		}
		fake.ServeHTTP(w, r)
	})
	jobs := []Job{jobOf(t, limited), jobOf(t, healthy(t)), jobOf(t, healthy(t)), jobOf(t, healthy(t))}
	clock := untilDone{make(chan struct{})}
	jobs[0].Options.Clock = clock
	var order []int
	Run(t.Context(), jobs, Limits{Requests: 8, Targets: 1}, func(int) {}, func(i int, e Ended) {
		order = append(order, i)
		if i > 0 {
			assert.NoError(t, e.Err)
			if others.Add(1) == 3 {
				close(clock.done)
			}
		}
	})
	require.Len(t, order, 4)
	assert.Equal(t, 0, order[3], "the target that had to wait ends last: %v", order)
}

// untilDone is a clock by which every wait lasts until done is closed, and is long over then.
type untilDone struct{ done chan struct{} }

func (c untilDone) Now() time.Time {
	select {
	case <-c.done:
		return time.Now().Add(time.Hour)
	default:
		return time.Now()
	}
}

func (c untilDone) Sleep(ctx context.Context, _ time.Duration) bool {
	select {
	case <-c.done:
		return true
	case <-ctx.Done():
		return false
	}
}

func TestAllTargetsTogetherKeepTheSharedLimit(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int32
	counted := func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n := now.Add(1)
			defer now.Add(-1)
			for {
				m := most.Load()
				if n <= m || most.CompareAndSwap(m, n) {
					break
				}
			}
			h.ServeHTTP(w, r)
		})
	}
	var jobs []Job
	for range 4 {
		jobs = append(jobs, jobOf(t, counted(healthy(t))))
	}
	Run(t.Context(), jobs, Limits{Requests: 2, Targets: 4}, func(int) {}, func(_ int, e Ended) { assert.NoError(t, e.Err) })
	assert.LessOrEqual(t, most.Load(), int32(2))
}

func TestAPanicEndsOneTargetOnly(t *testing.T) {
	t.Parallel()
	jobs := []Job{jobOf(t, healthy(t)), jobOf(t, healthy(t))}
	jobs[0].Options.Progress = func(contract.Event) { panic("broken") }
	ended := make([]Ended, 2)
	Run(t.Context(), jobs, Limits{Requests: 8, Targets: 2}, func(int) {}, func(i int, e Ended) { ended[i] = e })
	assert.Contains(t, ended[0].Panic, "broken")
	assert.NotNil(t, ended[1].Result)
}

// roundTripper is a target as a function.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestATargetThatNeverAnswersIsTakenForDeadAfterTenSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		transport := &transport{requests: make(chan struct{}, 1), base: roundTripper(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, context.Cause(r.Context())
		})}
		started := time.Now()
		for range 4 { // a check tries again
			_, err := transport.RoundTrip(httptest.NewRequest("GET", "http://dead.example.com/", nil))
			assert.ErrorIs(t, err, errDead)
		}
		assert.Equal(t, firstAnswer, time.Since(started))
		assert.Empty(t, transport.requests, "its place is free again")
	})
}

func TestAnErrorOfTheNetworkStaysWhatItIs(t *testing.T) {
	t.Parallel()
	refused := errors.New("connection refused")
	base := roundTripper(func(*http.Request) (*http.Response, error) { return nil, refused })
	transport := &transport{requests: make(chan struct{}, 1), base: base}
	for range 2 {
		_, err := transport.RoundTrip(httptest.NewRequest("GET", "http://a.example.com/", nil))
		assert.Equal(t, refused, err)
	}
}

// TestWhatEndsADeadRequestIsNamed: a transport may say no more than that the request was canceled.
func TestWhatEndsADeadRequestIsNamed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		transport := &transport{requests: make(chan struct{}, 1), base: roundTripper(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})}
		_, err := transport.RoundTrip(httptest.NewRequest("GET", "http://dead.example.com/", nil))
		assert.Equal(t, errDead, err)
	})
}

func TestASlowTargetThatHasAnsweredIsNotDead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wait := time.Duration(0)
		transport := &transport{requests: make(chan struct{}, 1), base: roundTripper(func(r *http.Request) (*http.Response, error) {
			select {
			case <-time.After(wait):
				return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
			case <-r.Context().Done():
				return nil, context.Cause(r.Context())
			}
		})}
		for range 2 {
			response, err := transport.RoundTrip(httptest.NewRequest("GET", "http://slow.example.com/", nil))
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			wait = 2 * firstAnswer
		}
	})
}

func TestARequestWaitsForAPlaceUntilABodyIsClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		transport := &transport{requests: make(chan struct{}, 1), base: roundTripper(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
		})}
		first, err := transport.RoundTrip(httptest.NewRequest("GET", "http://a.example.com/", nil))
		require.NoError(t, err)
		done := false
		var wait sync.WaitGroup
		wait.Go(func() {
			second, err := transport.RoundTrip(httptest.NewRequest("GET", "http://a.example.com/", nil))
			assert.NoError(t, err)
			assert.NoError(t, second.Body.Close())
			done = true
		})
		synctest.Wait()
		assert.False(t, done)
		require.NoError(t, first.Body.Close())
		wait.Wait()

		ctx, cancel := context.WithCancelCause(t.Context())
		_, err = transport.RoundTrip(httptest.NewRequest("GET", "http://a.example.com/", nil))
		require.NoError(t, err)
		cancel(errors.New("enough"))
		_, err = transport.RoundTrip(httptest.NewRequest("GET", "http://a.example.com/", nil).WithContext(ctx))
		assert.ErrorContains(t, err, "enough")
	})
}
