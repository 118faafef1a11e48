package contract

import (
	"net/http"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// BenchmarkRun is a whole run against the fake on the loopback interface.
func BenchmarkRun(b *testing.B) {
	gitlab := fakegitlab.Start(b)
	b.ReportAllocs()
	var result *Result
	for b.Loop() {
		var err error
		result, err = Run(b.Context(), fakeTarget(gitlab.URL))
		require.NoError(b, err)
		require.Equal(b, Conformant, result.Exit(true))
	}
	b.ReportMetric(float64(result.Exchanges), "exchanges")
	memory := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(memory)
	b.ReportMetric(float64(memory[0].Value.Uint64()-memory[1].Value.Uint64())/(1<<20), "MB")
	runtime.KeepAlive(gitlab)
}

// BenchmarkRunWithLatency is a whole run with 50 ms before each answer. What it takes is compared with the time that its
// longest chain of requests has to take.
func BenchmarkRunWithLatency(b *testing.B) {
	const latency = 50 * time.Millisecond
	gitlab := fakegitlab.Start(b)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	defer transport.CloseIdleConnections()
	target := fakeTarget(gitlab.URL)
	target.Transport = transportFunc(func(r *http.Request) (*http.Response, error) {
		time.Sleep(latency)
		return transport.RoundTrip(r)
	})
	var took, least time.Duration
	chain := 0
	for b.Loop() {
		result, err := Run(b.Context(), target)
		require.NoError(b, err)
		require.Equal(b, Conformant, result.Exit(true))
		took += result.Duration
		least += time.Duration(result.Chain) * latency
		chain = result.Chain
	}
	b.ReportMetric(float64(chain), "chain")
	b.ReportMetric(float64(took)/float64(least), "×chain")
}
