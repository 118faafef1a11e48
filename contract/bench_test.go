package contract_test

import (
	"net/http"
	"net/http/httptest"
	"runtime/metrics"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
)

// BenchmarkCheck is a whole check against the fake on the loopback interface, with all roles.
func BenchmarkCheck(b *testing.B) { benchmark(b) }

// BenchmarkCheckWithLatency is a whole check of a GitLab that takes 50 ms to answer.
func BenchmarkCheckWithLatency(b *testing.B) { benchmark(b, fakegitlab.Latency(50*time.Millisecond)) }

func benchmark(b *testing.B, options ...fakegitlab.Option) {
	var agents atomic.Int64
	server := fake(b, options...)
	target := targetOf(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		if r.Method != "POST" {
			server.ServeHTTP(w, r)
			return
		}
		server.ServeHTTP(answer, r)
		if createsAgent(r, answer) {
			agents.Add(1)
		}
		passOn(w, answer)
	}))
	b.ReportAllocs()
	exchanges, checks := 0, 0
	for b.Loop() {
		result, err := contract.Run(b.Context(), target, contract.Options{})
		require.NoError(b, err)
		require.Equal(b, contract.Conformant, result.Exit(true), "%v", broken(result))
		exchanges, checks = result.Exchanges, checks+1
	}
	b.ReportMetric(float64(exchanges), "exchanges")
	b.ReportMetric(float64(agents.Load())/float64(checks), "agents")
	memory := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(memory)
	b.ReportMetric(float64(memory[0].Value.Uint64()-memory[1].Value.Uint64())/(1<<20), "MB")
}
