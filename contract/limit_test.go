package contract_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/internal/racedetector"
)

// TestRateLimit checks a GitLab that allows few requests a minute. The check waits as it is asked to and says so, blames
// nobody, and leaves nothing.
func TestRateLimit(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	for _, perMinute := range []int{60, 40, 5} {
		t.Run(fmt.Sprintf("%d a minute", perMinute), func(t *testing.T) {
			t.Parallel()
			clock := &jumpingClock{}
			server := fake(t, fakegitlab.RateLimit(perMinute, time.Minute), fakegitlab.Clock(clock.Now))
			said := make(map[string]time.Duration) // how long each phase waited
			result := check(t, targetOf(t, dated(server, clock)), contract.Options{Clock: clock, Progress: func(e contract.Event) { said[e.Phase] += e.Waiting }})
			blamesNobody(t, result)
			assert.Empty(t, result.Left)
			assert.Empty(t, server.Agents(20))
			assert.Empty(t, server.Agents(21))
			assert.Contains(t, []contract.Exit{contract.Conformant, contract.TooLittle}, result.Exit(true), "%v", result.Left)
			assert.NotZero(t, said["scenarios"], "%v", said)
			if perMinute == 5 {
				assert.NotZero(t, said["clean-up"], "%v", said)
			}
		})
	}
}

// dated has answers carry the time of a clock.
func dated(server http.Handler, clock contract.Clock) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", clock.Now().UTC().Format(http.TimeFormat))
		server.ServeHTTP(w, r)
	})
}

// waitingClock is a jumping clock that remembers the longest wait.
type waitingClock struct {
	jumpingClock
	longest atomic.Int64
	waited  func()
}

func (c *waitingClock) Sleep(ctx context.Context, d time.Duration) bool {
	for old := c.longest.Load(); int64(d) > old && !c.longest.CompareAndSwap(old, int64(d)); old = c.longest.Load() {
	}
	if d >= time.Second {
		c.waited()
	}
	return c.jumpingClock.Sleep(ctx, d)
}

// TestLimitInTheMiddle has a limit that is reached in the middle of a check.
func TestLimitInTheMiddle(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		after   string
		longest time.Duration
		ends    contract.Exit
	}{
		"a short wait is waited":       {"2", 3 * time.Second, contract.Conformant},
		"an hour is waited by nothing": {"3600", time.Minute + time.Second, contract.TooLittle}, // clean-up waits as long as it can
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := fake(t)
			var requests atomic.Int64
			var over atomic.Bool
			target := targetOf(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if requests.Add(1) > 60 && !over.Load() {
					w.Header().Set("Retry-After", test.after)
					w.Header().Set("Content-Type", "text/plain")
					w.WriteHeader(http.StatusTooManyRequests)
					_, _ = io.WriteString(w, "Retry later\n")
					return
				}
				server.ServeHTTP(w, r)
			}))
			clock := &waitingClock{waited: func() { over.Store(true) }}
			result := check(t, target, contract.Options{Clock: clock})
			blamesNobody(t, result)
			assert.LessOrEqual(t, time.Duration(clock.longest.Load()), test.longest)
			assert.GreaterOrEqual(t, time.Duration(clock.longest.Load()), 1900*time.Millisecond)
			assert.Empty(t, result.Left)
			assert.Empty(t, server.Agents(20))
			assert.Equal(t, test.ends, result.Exit(true), "%v", result.Missing())
		})
	}
}

// TestALimitInFrontThatSaysNothing has something in front of GitLab that passes few requests a second, and does not say how
// long to wait: nginx answers so, with its limit_req. The check slows down, and is done.
func TestALimitInFrontThatSaysNothing(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	const page = "<html>\r\n<head><title>%[1]d</title></head>\r\n<body>\r\n<center><h1>%[1]d</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
	for _, status := range []int{http.StatusServiceUnavailable, http.StatusTooManyRequests} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			server, clock := fake(t), &jumpingClock{}
			const burst, perSecond = 20, 10
			var mu sync.Mutex
			left, last, refused := float64(burst), clock.Now(), 0
			passes := func() bool {
				mu.Lock()
				defer mu.Unlock()
				now := clock.Now()
				left, last = min(burst, left+perSecond*now.Sub(last).Seconds()), now
				if left < 1 {
					refused++
					return false
				}
				left--
				return true
			}
			target := targetOf(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !passes() {
					w.Header().Set("Server", "nginx")
					w.Header().Set("Content-Type", "text/html")
					w.WriteHeader(status)
					_, _ = fmt.Fprintf(w, page, status)
					return
				}
				server.ServeHTTP(w, r)
			}))
			result := check(t, target, contract.Options{Clock: clock})
			blamesNobody(t, result)
			assert.NotZero(t, refused)
			assert.Empty(t, result.Left)
			assert.Empty(t, server.Agents(20))
			assert.Equal(t, contract.Conformant, result.Exit(true), "%v", result.Missing())
		})
	}
}

// TestLimitThatNeverEnds has a server that limits for ever from some request on: the check ends, and says what is left.
func TestLimitThatNeverEnds(t *testing.T) {
	t.Parallel()
	server := fake(t)
	var requests atomic.Int64
	target := targetOf(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) > 60 {
			w.Header().Set("Retry-After", "30")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		server.ServeHTTP(w, r)
	}))
	result := check(t, target, contract.Options{})
	blamesNobody(t, result)
	assert.Contains(t, strings.Join(result.Left, "\n"), "429")
	assert.Equal(t, contract.Failed, result.Exit(true))
}

// TestSilenceAfter101 has a server that answers 101 and then says nothing: --timeout and cancelling still end the check.
func TestSilenceAfter101(t *testing.T) {
	t.Parallel()
	hijack := func(w http.ResponseWriter) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: none\r\n\r\n")
		_, _ = io.Copy(io.Discard, conn) // until the other side closes it
		conn.Close()
	}
	for name, test := range map[string]struct {
		when func(r *http.Request, n int64) bool
	}{
		"from the first request on": {func(_ *http.Request, n int64) bool { return n > 0 }},
		"in the middle":             {func(_ *http.Request, n int64) bool { return n > 60 && n < 100 }},
		"for every create":          {func(r *http.Request, _ int64) bool { return r.Method == "POST" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := fake(t)
			var requests atomic.Int64
			target := targetOf(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if test.when(r, requests.Add(1)) {
					hijack(w)
					return
				}
				server.ServeHTTP(w, r)
			}))
			result, err := contract.Run(t.Context(), target, contract.Options{Clock: &jumpingClock{}, Timeout: time.Hour})
			if err != nil {
				var unreachable *contract.UnreachableError
				require.ErrorAs(t, err, &unreachable)
				return
			}
			for id, finding := range broken(result) {
				assert.Equal(t, "delivery/answered-by-gitlab", id, finding)
			}
			assert.NotEqual(t, contract.Conformant, result.Exit(true))
			assert.Empty(t, result.Left)
			assert.Empty(t, server.Agents(20))
		})
	}
}

// TestSilence has a server that does not answer some requests at all: cancelling the check, and --timeout, end it, and what
// it made is removed.
func TestSilence(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"cancel", "timeout"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			server := fake(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var silent sync.Once
			released := make(chan struct{})
			var options contract.Options
			if how == "timeout" {
				options.Timeout = 500 * time.Millisecond
			}
			target := targetOf(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == "POST" && strings.HasSuffix(r.URL.Path, "/tokens") {
					select {
					case <-released: // clean-up goes on
					default:
						if how == "cancel" {
							silent.Do(cancel)
						}
						_, _ = io.Copy(io.Discard, r.Body) // or the server does not see that the caller has gone
						select {
						case <-r.Context().Done():
						case <-released:
						}
						return
					}
				}
				server.ServeHTTP(w, r)
			}))
			defer close(released)
			options.Clock = &jumpingClock{}
			result, err := contract.Run(ctx, target, options)
			assert.Empty(t, server.Agents(20))
			if err != nil { // it ended in the set-up
				return
			}
			blamesNobody(t, result)
			assert.Empty(t, result.Left)
		})
	}
}
