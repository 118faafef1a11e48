package proxy_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/proxy"
)

// BenchmarkReverseProxy sends the same requests in turns through the proxy and through httputil.ReverseProxy alone, to a
// GitLab that takes no time and to one that takes as long as GitLab does, and reports how they compare:
//
//	go test -run '^$' -bench ReverseProxy -benchtime 5000x ./contract/proxy
func BenchmarkReverseProxy(b *testing.B) {
	for _, latency := range []time.Duration{0, 20 * time.Millisecond} {
		b.Run(fmt.Sprint("GitLab takes ", latency), func(b *testing.B) {
			gitlab := fakegitlab.Start(b, fakegitlab.Latency(latency))
			upstream := parse(b, gitlab.URL)
			alone := httptest.NewServer(&httputil.ReverseProxy{
				Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(upstream) },
				Transport: &http.Transport{MaxIdleConnsPerHost: 256},
			})
			b.Cleanup(alone.Close)
			p, base := start(b, proxy.Options{Upstream: upstream})

			var bare, ours side
			b.ResetTimer()
			const round = 250
			for sent := 0; sent < b.N; sent += round {
				bare.run(b, alone.URL, round)
				ours.run(b, base, round)
			}
			b.StopTimer()
			b.ReportMetric(ours.quantile(0.5)/bare.quantile(0.5), "median-ratio")
			b.ReportMetric(ours.quantile(0.99)/bare.quantile(0.99), "p99-ratio")
			b.ReportMetric(float64(bare.took)/float64(ours.took), "requests/s-ratio")
			b.ReportMetric(float64(p.Dropped()), "dropped")
			require.Equal(b, len(ours.times), p.Result().Judged+p.Dropped())
		})
	}
}

// side is one of the two that are compared.
type side struct {
	mu    sync.Mutex
	times []time.Duration
	took  time.Duration
}

// run has four clients send requests, each the next as soon as it has an answer.
func (s *side) run(b *testing.B, base string, n int) {
	const clients = 4
	began := time.Now()
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			var times []time.Duration
			for range n / clients {
				request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, base+"/api/v4/projects/20/cluster_agents", nil)
				if err != nil {
					b.Error(err)
					return
				}
				request.Header.Set("Private-Token", "glpat-maintainer")
				sent := time.Now()
				response, err := http.DefaultClient.Do(request)
				if err != nil {
					b.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, response.Body)
				response.Body.Close()
				times = append(times, time.Since(sent))
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			s.times = append(s.times, times...)
		})
	}
	all.Wait()
	s.took += time.Since(began)
}

func (s *side) quantile(q float64) float64 {
	slices.Sort(s.times)
	return float64(s.times[int(q*float64(len(s.times)-1))])
}
