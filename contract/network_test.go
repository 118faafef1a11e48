package contract_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/internal/racedetector"
)

// badNetwork loses, cuts and refuses requests and answers at random.
type badNetwork struct {
	next    http.RoundTripper
	trouble atomic.Int64

	mu     sync.Mutex
	random *rand.Rand
}

func (n *badNetwork) roll() (what int, carriedOut bool, part float64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.random.IntN(120), n.random.IntN(2) == 0, n.random.Float64()
}

func (n *badNetwork) RoundTrip(r *http.Request) (*http.Response, error) {
	what, carriedOut, part := n.roll()
	if what >= 12 {
		return n.next.RoundTrip(r)
	}
	n.trouble.Add(1)
	if what >= 10 { // the answer breaks off
		return n.truncate(r, part)
	}
	if carriedOut && what >= 3 {
		response, err := n.next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		_, _ = io.Copy(io.Discard, response.Body)
		response.Body.Close()
	}
	switch what {
	case 0, 1, 2:
		after := []string{"0", "1", "soon", time.Now().UTC().Format(http.TimeFormat), "-5", "59", "3600"}[int(part*7)]
		return answerOf(r, http.StatusTooManyRequests, "text/plain", "Retry later\n", "Retry-After", after), nil
	case 3, 4, 5, 6:
		return answerOf(r, []int{502, 503, 504, 502}[what-3], "text/html", "<html><h1>Bad gateway</h1></html>"), nil
	case 7, 8:
		return nil, fmt.Errorf("read tcp: %w", syscall.ECONNRESET)
	default: // half-open: the other side is never heard of again
		return nil, os.ErrDeadlineExceeded
	}
}

// truncate is a part of the answer.
func (n *badNetwork) truncate(r *http.Request, part float64) (*http.Response, error) {
	response, err := n.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil {
		return nil, err
	}
	cut := bytes.NewReader(body[:int(part*float64(len(body)))])
	response.Body = io.NopCloser(io.MultiReader(cut, errorReader{io.ErrUnexpectedEOF}))
	return response, nil
}

type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.err }

// answerOf is an answer that something in between gives.
func answerOf(r *http.Request, status int, contentType, body string, header ...string) *http.Response {
	response := &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {contentType}}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
	for i := 0; i+1 < len(header); i += 2 {
		response.Header.Set(header[i], header[i+1])
	}
	return response
}

// TestBadNetwork checks a healthy fake through a network that goes wrong in every way. Nothing is blamed for it, and
// nothing is left behind.
func TestBadNetwork(t *testing.T) { // not parallel: goroutines are counted
	seeds := 30
	switch {
	case nightly():
		seeds = 1000
	case racedetector.On:
		seeds = 5
	}
	leaks := goleak.IgnoreCurrent()
	counts := make(map[contract.Outcome]int)
	unreachable, trouble := 0, 0
	for seed := range uint64(seeds) {
		result, hurt := throughBadNetwork(t, seed)
		trouble += hurt
		if result == nil {
			unreachable++
			continue
		}
		for outcome, n := range result.Counts() {
			counts[outcome] += n
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	t.Logf("%d checks, %d could not begin, %d faults of the network, rules: %v", seeds, unreachable, trouble, counts)
	assert.Greater(t, counts[contract.Pass], counts[contract.Inconclusive], "too much goes wrong to show anything")
	assert.NotZero(t, counts[contract.Inconclusive], "too little goes wrong to show anything")
	goleak.VerifyNone(t, leaks)
}

// throughBadNetwork makes one check. It has no result if it could not begin.
func throughBadNetwork(t *testing.T, seed uint64) (result *contract.Result, trouble int) {
	versions := []string{"19.1", "17.4", "16.0", "15.0"}
	clock := &jumpingClock{}
	server := fake(t, fakegitlab.Version(versions[seed%uint64(len(versions))]), fakegitlab.Latency(time.Duration(seed%3)*200*time.Microsecond))
	populate(t, server)
	before := snapshot(t, server)

	listening := httptest.NewServer(server)
	defer listening.Close()
	transport := &http.Transport{MaxIdleConnsPerHost: 64, DisableKeepAlives: seed%5 == 0}
	defer transport.CloseIdleConnections()
	network := &badNetwork{next: transport, random: rand.New(rand.NewPCG(seed, 1))}
	target := contract.Target{URL: listening.URL, Project: "root/test", OtherProject: "root/other", Tokens: roles(), Transport: network}

	result, err := contract.Run(t.Context(), target, contract.Options{Clock: clock})
	trouble = int(network.trouble.Load())
	assert.Equal(t, before, snapshot(t, server), "seed %d", seed)
	if err != nil {
		var unreachable *contract.UnreachableError
		require.True(t, errors.As(err, &unreachable), "seed %d: %v", seed, err)
		return nil, trouble
	}
	blamesNobody(t, result)
	assert.Empty(t, result.Left, "seed %d", seed)
	return result, trouble
}

// TestLostAnswers loses the answer to each request of a kind: it was carried out.
func TestLostAnswers(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	for name, test := range map[string]struct {
		loses func(r *http.Request) bool
		times int
	}{
		"the first answer to every GET":              {func(r *http.Request) bool { return r.Method == "GET" }, 1},
		"the first answer to every DELETE":           {func(r *http.Request) bool { return r.Method == "DELETE" }, 1},
		"the first three answers to every DELETE":    {func(r *http.Request) bool { return r.Method == "DELETE" }, 3},
		"every answer to a create of a token":        {func(r *http.Request) bool { return r.Method == "POST" && strings.HasSuffix(r.URL.Path, "/tokens") }, 99},
		"every answer to a create of an agent":       {func(r *http.Request) bool { return r.Method == "POST" && strings.HasSuffix(r.URL.Path, "s") }, 99},
		"every answer to a create by the maintainer": {func(r *http.Request) bool { return r.Method == "POST" }, 99},
	} {
		for _, how := range []string{"reset", "502"} {
			t.Run(name+" by "+how, func(t *testing.T) {
				t.Parallel()
				server := fake(t)
				populate(t, server)
				before := snapshot(t, server)
				var mu sync.Mutex
				lost := make(map[string]int)
				lose := func(r *http.Request) bool {
					mu.Lock()
					defer mu.Unlock()
					key := fmt.Sprint(r.Method, r.URL, r.Header)
					lost[key]++
					return lost[key] <= test.times
				}
				target := targetOf(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if !test.loses(r) || !lose(r) {
						server.ServeHTTP(w, r)
						return
					}
					server.ServeHTTP(httptest.NewRecorder(), r)
					if how == "reset" {
						panic(http.ErrAbortHandler)
					}
					w.WriteHeader(http.StatusBadGateway)
				}))
				result := check(t, target, contract.Options{})
				blamesNobody(t, result)
				assert.Empty(t, result.Left)
				assert.NotEqual(t, contract.Violated, result.Exit(true))
				assert.Equal(t, before, snapshot(t, server))
			})
		}
	}
}

// TestCreatesAreCarriedOutLate has creates that are carried out after clean-up listed the agents once.
func TestCreatesAreCarriedOutLate(t *testing.T) {
	t.Parallel()
	server := fake(t)
	var mu sync.Mutex
	var held []*http.Request
	target := targetOf(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != "POST" || !strings.HasSuffix(r.URL.Path, "/cluster_agents") || r.Header.Get("Private-Token") != "glpat-maintainer" {
			server.ServeHTTP(w, r)
			return
		}
		body, _ := io.ReadAll(r.Body)
		late := r.Clone(t.Context())
		late.Body = io.NopCloser(bytes.NewReader(body))
		mu.Lock()
		held = append(held, late)
		mu.Unlock()
		panic(http.ErrAbortHandler)
	}))
	clock := &lateClock{late: func() {
		for _, r := range held {
			server.ServeHTTP(httptest.NewRecorder(), r)
		}
		assert.NotEmpty(t, server.Agents(20))
	}}
	var began sync.Once
	progress := func(e contract.Event) {
		if e.Phase == "clean-up" && e.Waiting == 0 {
			began.Do(func() { clock.ready.Store(true) })
		}
	}
	result := check(t, target, contract.Options{Progress: progress, Clock: clock})
	assert.False(t, clock.ready.Load(), "clean-up does not wait")
	assert.Empty(t, result.Left)
	assert.Empty(t, server.Agents(20))
}

// lateClock calls late when somebody waits, once it is ready.
type lateClock struct {
	jumpingClock
	ready atomic.Bool
	late  func()
}

func (c *lateClock) Sleep(ctx context.Context, d time.Duration) bool {
	if c.ready.CompareAndSwap(true, false) {
		c.late()
	}
	return c.jumpingClock.Sleep(ctx, d)
}
