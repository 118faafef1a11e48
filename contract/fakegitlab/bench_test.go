package fakegitlab_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
)

const benchAgents = "/api/v4/projects/20/cluster_agents"

// crowded returns a default GitLab with the given number of agents in project 20.
func crowded(t testing.TB, agents int, options ...fakegitlab.Option) *fakegitlab.Server {
	seed := fakegitlab.DefaultSeed()
	list := make([]fakegitlab.SeedAgent, agents)
	for i := range list {
		list[i] = fakegitlab.SeedAgent{ID: int64(i + 1), Name: fmt.Sprintf("agent-%06d", i), CreatedBy: "maintainer"}
	}
	seed.Projects[0].Agents = list
	server, err := fakegitlab.New(append(options, fakegitlab.FromSeed(seed))...)
	require.NoError(t, err)
	return server
}

// BenchmarkLoopback compares the fake with a handler that writes the same bytes. The fake should answer at least 0.6
// times as many requests for one agent, and 0.3 times as many for a page of 100.
func BenchmarkLoopback(b *testing.B) {
	server := crowded(b, 1000)
	for _, bench := range []struct{ name, path string }{
		{"agent", benchAgents + "/500"},
		{"page of 100", benchAgents + "?per_page=100"},
	} {
		answer := get(b, server, bench.path)
		bare := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for name, values := range answer.Header() {
				w.Header()[name] = values
			}
			_, _ = w.Write(answer.Body.Bytes())
		})
		b.Run(bench.name, func(b *testing.B) {
			askBare, askFake := loopback(b, bare, bench.path), loopback(b, server, bench.path)
			var inBare, inFake time.Duration
			const turn = 50
			b.ResetTimer()
			for done := 0; done < b.N; done += turn {
				inBare += askBare(turn)
				inFake += askFake(turn)
			}
			b.ReportMetric(0, "ns/op")
			requests := float64((b.N + turn - 1) / turn * turn)
			b.ReportMetric(requests/inBare.Seconds(), "bare-requests/s")
			b.ReportMetric(requests/inFake.Seconds(), "fake-requests/s")
			b.ReportMetric(inBare.Seconds()/inFake.Seconds(), "of-bare")
		})
	}
}

func get(t testing.TB, handler http.Handler, path string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodGet, path, nil)
	request.Header.Set("PRIVATE-TOKEN", "glpat-developer")
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	require.Equal(t, http.StatusOK, recorder.Code, "%s: %s", path, recorder.Body)
	return recorder
}

// loopback runs a handler. It returns a function that sends n requests, from as many clients as there are processors,
// and returns the time that took.
func loopback(b *testing.B, handler http.Handler, path string) func(n int) time.Duration {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	server := &http.Server{Handler: handler}
	go server.Serve(listener)
	b.Cleanup(func() { server.Close() })
	url := "http://" + listener.Addr().String() + path
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	b.Cleanup(client.CloseIdleConnections)
	ask := func() {
		request, _ := http.NewRequest(http.MethodGet, url, nil)
		request.Header.Set("PRIVATE-TOKEN", "glpat-developer")
		response, err := client.Do(request)
		if err != nil {
			b.Error(err)
			return
		}
		_, _ = io.Copy(io.Discard, response.Body)
		response.Body.Close()
	}
	return func(n int) time.Duration {
		started := time.Now()
		var clients sync.WaitGroup
		var next atomic.Int64
		for range runtime.GOMAXPROCS(0) {
			clients.Go(func() {
				for next.Add(1) <= int64(n) {
					ask()
				}
			})
		}
		clients.Wait()
		return time.Since(started)
	}
}

// BenchmarkCreate creates an agent in a project with 100, 10,000 or 100,000 agents.
func BenchmarkCreate(b *testing.B) {
	for _, present := range []int{100, 10_000, 100_000} {
		b.Run(fmt.Sprint(present), func(b *testing.B) {
			server := crowded(b, present)
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				// Names are unique and spread over the whole order.
				body := fmt.Sprintf(`{"name":"x%06d-%d"}`, i*7919%1_000_000, i)
				request := httptest.NewRequest(http.MethodPost, benchAgents, strings.NewReader(body))
				request.Header.Set("Content-Type", "application/json")
				request.Header.Set("PRIVATE-TOKEN", "glpat-maintainer")
				recorder := httptest.NewRecorder()
				server.ServeHTTP(recorder, request)
				if recorder.Code != http.StatusCreated {
					b.Fatal(recorder.Code, recorder.Body)
				}
			}
		})
	}
}

// BenchmarkPage reads a page of 100 of 100,000 agents, and measures the memory for an agent.
func BenchmarkPage(b *testing.B) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	server := crowded(b, 0)
	for i := range 100_000 {
		body := fmt.Sprintf(`{"name":"agent-%06d"}`, i)
		request := httptest.NewRequest(http.MethodPost, benchAgents, strings.NewReader(body))
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("PRIVATE-TOKEN", "glpat-maintainer")
		server.ServeHTTP(httptest.NewRecorder(), request)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	perAgent := float64(after.HeapAlloc-before.HeapAlloc) / 100_000
	for _, page := range []int{1, 500, 1000} {
		b.Run(fmt.Sprint(page), func(b *testing.B) {
			path := fmt.Sprintf("%s?per_page=100&page=%d", benchAgents, page)
			for range b.N {
				get(b, server, path)
			}
			b.ReportMetric(perAgent, "B/agent")
		})
	}
	runtime.KeepAlive(server)
}
