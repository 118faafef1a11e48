package contract

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// TestBadNetwork has runs check a healthy fake through a network, a gateway and a rate limit that go wrong in every way:
// never is the server blamed for it, and never is anything left behind. A thousand seeds at night.
func TestBadNetwork(t *testing.T) { // not parallel: goroutines are counted
	runs := 15
	if nightly() {
		runs = 1000
	}
	leaks := goleak.IgnoreCurrent()
	var outcomes [Violation + 1]atomic.Int64
	var unreachable, trouble atomic.Int64
	seeds := make(chan uint64)
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			for seed := range seeds {
				result, hurt := runThroughBadNetwork(t, seed)
				trouble.Add(hurt)
				if result == nil {
					unreachable.Add(1)
					continue
				}
				for outcome, n := range result.Counts() {
					outcomes[outcome].Add(int64(n))
				}
			}
		})
	}
	for seed := range uint64(runs) {
		seeds <- seed
	}
	close(seeds)
	wait.Wait()
	t.Logf("%d runs, %d of them could not begin; %d faults of the network; rules: %d pass, %d untested, %d inconclusive",
		runs, unreachable.Load(), trouble.Load(), outcomes[Pass].Load(), outcomes[Untested].Load(), outcomes[Inconclusive].Load())
	for _, outcome := range []Outcome{Drift, Error, Violation} {
		assert.Zero(t, outcomes[outcome].Load(), outcome)
	}
	assert.Greater(t, outcomes[Pass].Load(), outcomes[Inconclusive].Load(), "too much goes wrong to show anything")
	assert.NotZero(t, outcomes[Inconclusive].Load(), "too little goes wrong to show anything")
	http.DefaultClient.CloseIdleConnections()
	goleak.VerifyNone(t, leaks)
}

// runThroughBadNetwork makes one run, and counts what went wrong on its way. There is no result if it could not begin.
func runThroughBadNetwork(t *testing.T, seed uint64) (result *Result, trouble int64) {
	profiles := []string{"19.1", "17.4", "16.0", "15.0"}
	version := profiles[seed%uint64(len(profiles))]
	done := &cleanups{TB: t}
	defer done.run()
	gitlab := fakegitlab.Start(done, fakegitlab.Version(version))
	populate(t, gitlab)
	before := snapshot(t, gitlab)

	gateway := &badGateway{next: gitlab, random: rand.New(rand.NewPCG(seed, 1))}
	server := httptest.NewUnstartedServer(gateway)
	server.Config.ErrorLog = nil
	server.Start()
	defer server.Close()
	network := startBadNetwork(t, server.Listener.Addr().String(), seed)
	defer network.stop()

	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableKeepAlives = seed%2 == 0
	defer transport.CloseIdleConnections()
	target := fakeTarget("http://" + network.listener.Addr().String())
	target.Transport = transport
	result, err := Run(t.Context(), target, func(s *settings) {
		s.requestTimeout = 300 * time.Millisecond
		s.pause = func(ctx context.Context, d time.Duration) bool { return pause(ctx, d/100) }
	})
	trouble = gateway.trouble.Load() + network.trouble.Load()
	if err != nil {
		var unreachable *UnreachableError
		require.ErrorAs(t, err, &unreachable, "seed %d", seed)
		return nil, trouble
	}
	for _, f := range result.Findings {
		assert.Equal(t, Inconclusive, f.Outcome, "seed %d: %s", seed, f)
	}
	for _, rule := range result.Rules {
		assert.Contains(t, []Outcome{Pass, Untested, Inconclusive}, rule.Outcome, "seed %d: %s: %s", seed, rule.Rule.ID, rule.Reason)
		if rule.Outcome == Inconclusive && rule.Findings == 0 {
			assert.NotEmpty(t, rule.Reason, "seed %d: %s", seed, rule.Rule.ID)
		}
	}
	assert.Empty(t, result.Left, "seed %d", seed)
	assert.Equal(t, before, snapshot(t, gitlab), "seed %d", seed)
	return result, trouble
}

// cleanups runs what a test wants done at its end sooner.
type cleanups struct {
	testing.TB
	functions []func()
}

func (c *cleanups) Cleanup(f func()) { c.functions = append(c.functions, f) }

func (c *cleanups) run() {
	for _, f := range c.functions {
		f()
	}
}

// badGateway is what stands between people and GitLabs: it limits, gives up, loses answers and cuts them short.
type badGateway struct {
	next    http.Handler
	trouble atomic.Int64

	mu     sync.Mutex
	random *rand.Rand
}

func (g *badGateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	what, carriedOut, part := g.random.IntN(100), g.random.IntN(2) == 0, g.random.Float64()
	g.mu.Unlock()
	if what >= 10 {
		g.next.ServeHTTP(w, r)
		return
	}
	g.trouble.Add(1)
	answer := httptest.NewRecorder()
	if carriedOut && what >= 3 {
		g.next.ServeHTTP(answer, r)
	}
	switch what {
	case 0, 1, 2:
		after := []string{"0", "1", "soon", time.Now().UTC().Format(http.TimeFormat), "-5"}[int(part*5)]
		w.Header().Set("Retry-After", after)
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, "Retry later\n")
	case 3, 4, 5, 6:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader([]int{502, 503, 504, 520}[what-3])
		_, _ = io.WriteString(w, "<html><h1>Bad gateway</h1></html>")
	case 7:
		panic(http.ErrAbortHandler)
	default: // a part of the answer
		if answer.Code == 200 && answer.Body.Len() == 0 {
			g.next.ServeHTTP(answer, r)
		}
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		if what == 8 {
			w.Header().Del("Content-Length") // chunked
		} else {
			w.Header().Set("Content-Length", strconv.Itoa(answer.Body.Len()))
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes()[:int(part*float64(answer.Body.Len()))])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// badNetwork passes connections on, and treats each in a way of its own.
type badNetwork struct {
	listener net.Listener
	to       string
	trouble  atomic.Int64
	stopped  chan struct{}
	wait     sync.WaitGroup
}

func startBadNetwork(t *testing.T, to string, seed uint64) *badNetwork {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	n := &badNetwork{listener: listener, to: to, stopped: make(chan struct{})}
	n.wait.Go(func() {
		for number := uint64(0); ; number++ {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			n.wait.Go(func() { n.carry(conn.(*net.TCPConn), rand.New(rand.NewPCG(seed, 100+number))) })
		}
	})
	return n
}

func (n *badNetwork) stop() {
	close(n.stopped)
	n.listener.Close()
	n.wait.Wait()
}

// carry passes one connection on.
func (n *badNetwork) carry(client *net.TCPConn, random *rand.Rand) {
	defer client.Close()
	what := random.IntN(100)
	if what < 8 {
		n.trouble.Add(1)
	}
	switch what {
	case 0: // refused, more or less
		_ = client.SetLinger(0)
		return
	case 1: // half-open: taken, and never heard of again
		n.until(client)
		return
	}
	dialled, err := net.Dial("tcp", n.to)
	if err != nil {
		return
	}
	server := dialled.(*net.TCPConn)
	defer server.Close()
	up, down := link{from: client, to: server}, link{from: server, to: client}
	limit := 1 + random.IntN(3000)
	switch what {
	case 2:
		up.limit, up.reset = limit, true
	case 3:
		down.limit, down.reset = limit, true
	case 4:
		down.limit = limit
	case 5: // half-open from here on
		down.limit, down.hang = limit, true
	case 6:
		down.pace = 16
	case 7:
		up.delay, down.delay = time.Duration(random.IntN(20))*time.Millisecond, time.Duration(random.IntN(20))*time.Millisecond
	}
	var both sync.WaitGroup
	both.Go(func() { n.pass(&up) })
	both.Go(func() { n.pass(&down) })
	both.Wait()
}

// until waits until a connection is closed by the other side, or all is over.
func (n *badNetwork) until(conn net.Conn) {
	over := make(chan struct{})
	n.wait.Go(func() {
		_, _ = io.Copy(io.Discard, conn)
		close(over)
	})
	select {
	case <-over:
	case <-n.stopped:
		conn.Close()
	}
}

// link is one direction of a connection.
type link struct {
	from, to *net.TCPConn
	limit    int           // bytes after which it breaks; 0 is never
	reset    bool          // it breaks with a reset
	hang     bool          // it breaks by silence
	pace     int           // bytes passed on at once, with a millisecond between them; 0 is all
	delay    time.Duration // before each piece
}

func (n *badNetwork) pass(l *link) {
	defer l.to.CloseWrite()
	passed := 0
	buffer := make([]byte, 4096)
	for {
		size, err := l.from.Read(buffer)
		piece := buffer[:size]
		time.Sleep(l.delay)
		for len(piece) > 0 {
			next := piece
			if l.pace > 0 && len(next) > l.pace {
				next = next[:l.pace]
				time.Sleep(time.Millisecond / 4)
			}
			broken := l.limit > 0 && passed+len(next) > l.limit
			if broken {
				next = next[:l.limit-passed]
			}
			if _, err := l.to.Write(next); err != nil {
				return
			}
			passed += len(next)
			piece = piece[len(next):]
			switch {
			case !broken:
			case l.hang:
				n.until(l.from)
				return
			case l.reset:
				_ = l.to.SetLinger(0)
				_ = l.from.SetLinger(0)
				l.to.Close()
				l.from.Close()
				return
			default:
				l.to.Close()
				l.from.Close()
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// TestLostAnswers loses the answer to each request of a kind once, and to its repetition: what was asked for happened
// all the same.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what  string
		loses func(r *http.Request) bool
		times int
	}{
		{"the first answer to every GET", func(r *http.Request) bool { return r.Method == "GET" }, 1},
		{"the first answer to every DELETE", func(r *http.Request) bool { return r.Method == "DELETE" }, 1},
		{"the first three answers to every DELETE", func(r *http.Request) bool { return r.Method == "DELETE" }, 3},
		{"every answer to a create of a token", func(r *http.Request) bool { return r.Method == "POST" && strings.HasSuffix(r.URL.Path, "/tokens") }, 99},
		{"every answer to a create of an agent", func(r *http.Request) bool { return r.Method == "POST" && strings.HasSuffix(r.URL.Path, "s") }, 99},
	} {
		for _, how := range []string{"reset", "502"} {
			t.Run(c.what+" by "+how, func(t *testing.T) {
				t.Parallel()
				gitlab := fakegitlab.Start(t)
				populate(t, gitlab)
				before := snapshot(t, gitlab)
				var mu sync.Mutex
				lost := make(map[string]int)
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if !c.loses(r) {
						gitlab.ServeHTTP(w, r)
						return
					}
					key := fmt.Sprint(r.Method, r.URL, r.Header)
					mu.Lock()
					lost[key]++
					lose := lost[key] <= c.times
					mu.Unlock()
					if !lose {
						gitlab.ServeHTTP(w, r)
						return
					}
					gitlab.ServeHTTP(httptest.NewRecorder(), r)
					if how == "reset" {
						panic(http.ErrAbortHandler)
					}
					w.WriteHeader(http.StatusBadGateway)
				}))
				defer server.Close()
				result, err := Run(t.Context(), fakeTarget(server.URL), quickly(10*time.Second))
				require.NoError(t, err)
				assert.Empty(t, violations(result.Findings))
				assert.Empty(t, result.Left)
				for _, rule := range result.Rules {
					assert.Contains(t, []Outcome{Pass, Untested, Inconclusive}, rule.Outcome, "%s: %s", rule.Rule.ID, rule.Reason)
				}
				assert.Equal(t, before, snapshot(t, gitlab))
			})
		}
	}
}

// TestALateCreate is carried out after its answer was given up and all was cleaned up once.
func TestALateCreate(t *testing.T) {
	t.Parallel()
	gitlab := fakegitlab.Start(t)
	var late []*http.Request
	var mu sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "POST" && strings.HasSuffix(r.URL.Path, "/cluster_agents") && r.Header.Get("Private-Token") == "glpat-maintainer" {
			body, _ := io.ReadAll(r.Body)
			copied := r.Clone(context.Background())
			copied.Body = io.NopCloser(strings.NewReader(string(body)))
			mu.Lock()
			late = append(late, copied)
			mu.Unlock()
			panic(http.ErrAbortHandler)
		}
		gitlab.ServeHTTP(w, r)
	}))
	defer server.Close()
	waited := false
	result, err := Run(t.Context(), fakeTarget(server.URL), quickly(10*time.Second), func(s *settings) {
		s.pause = func(ctx context.Context, d time.Duration) bool {
			if d == lateness && !waited {
				waited = true
				for _, r := range late {
					gitlab.ServeHTTP(httptest.NewRecorder(), r)
				}
				assert.NotEmpty(t, gitlab.Agents(20))
			}
			return ctx.Err() == nil
		}
	})
	require.NoError(t, err)
	assert.True(t, waited)
	assert.Empty(t, result.Left)
	assert.Empty(t, gitlab.Agents(20))
}

func TestWaitsAsAsked(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		header http.Header
		want   time.Duration
	}{
		{http.Header{}, 0},
		{http.Header{"Retry-After": {"7"}}, 7 * time.Second},
		{http.Header{"Retry-After": {"Sun, 22 Nov 2026 12:00:09 GMT"}}, 9 * time.Second},
		{http.Header{"Retry-After": {"Sun, 22 Nov 2026 11:00:00 GMT"}}, -time.Hour},
		{http.Header{"Ratelimit-Reset": {strconv.FormatInt(now.Unix()+30, 10)}}, 30 * time.Second},
		{http.Header{"Retry-After": {"later"}, "Ratelimit-Reset": {"never"}}, 0},
	} {
		assert.Equal(t, c.want, retryAfter(c.header, now), "%v", c.header)
	}
}

// TestRateLimit runs against a limit that is reached in the middle, as GitLab has them.
func TestRateLimit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		after string
		waits time.Duration
		ends  bool
	}{
		{"2", 2 * time.Second, true},
		{"3600", maxWait, false}, // probes are given up, and only cleaning up waits as long as it can
	} {
		gitlab := fakegitlab.Start(t)
		var n atomic.Int64
		var over atomic.Bool
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if n.Add(1) > 40 && !over.Load() {
				w.Header().Set("Retry-After", c.after)
				w.Header().Set("Content-Type", "text/plain")
				w.WriteHeader(http.StatusTooManyRequests)
				_, _ = io.WriteString(w, "Retry later\n")
				return
			}
			gitlab.ServeHTTP(w, r)
		}))
		var waited atomic.Int64
		result, err := Run(t.Context(), fakeTarget(server.URL), func(s *settings) {
			s.pause = func(_ context.Context, d time.Duration) bool {
				waited.Store(max(waited.Load(), int64(d)))
				over.Store(true)
				return true
			}
		})
		server.Close()
		require.NoError(t, err)
		assert.Empty(t, violations(result.Findings))
		assert.Equal(t, c.waits, time.Duration(waited.Load()))
		if c.ends {
			assert.Empty(t, result.Left)
			for _, rule := range result.Rules {
				if rule.Rule.Probe != nil {
					assert.NotEqual(t, Inconclusive, rule.Outcome, "%s: %s", rule.Rule.ID, rule.Reason)
				}
			}
		} else {
			assert.NotZero(t, result.Counts()[Inconclusive])
		}
	}
}

func TestCausesHaveNoURLs(t *testing.T) {
	t.Parallel()
	_, err := http.Get("http://127.0.0.1:1/?private_token=secret")
	require.Error(t, err)
	assert.NotContains(t, cause(err), "secret")
	assert.Equal(t, "interrupted", cause(fmt.Errorf("x: %w", context.Canceled)))
	assert.Equal(t, "timed out", cause(fmt.Errorf("x: %w", context.DeadlineExceeded)))
	assert.Equal(t, "x", cause(errors.New("x")))
}
