package rules_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/wire"
)

// BenchmarkObserve judges an exchange of each kind, with a history of a thousand agents.
func BenchmarkObserve(b *testing.B) {
	s := newStream()
	var entries []string
	for i := range 100 {
		entries = append(entries, agentText(i+1, fmt.Sprintf("a%03d", i+1)))
	}
	hundred := with(s.get(agents, list(entries...)), func(x *wire.Exchange) {
		x.Request.URL.RawQuery = "per_page=100"
		pageHeadersOf(x, 1, 100, 100)
	})
	for _, c := range []struct {
		name string
		x    *wire.Exchange
	}{
		{"get an agent", s.readAgent(5, "a005")},
		{"list 100 agents", hundred},
		{"get a token", s.readToken(8, 5)},
		{"another endpoint", s.get("/user", `{"id":1}`)},
		{"not found", s.refused("GET", agentPath(9), "", 404, "404 Not found")},
	} {
		b.Run(c.name, func(b *testing.B) {
			j := newJudge(b, older)
			s := newStream()
			for i := range 1000 {
				j.Observe(s.createToken(1000+i, 1000+i))
			}
			b.ReportAllocs()
			b.SetBytes(int64(len(c.x.Response.Body)))
			for b.Loop() {
				j.Observe(c.x)
			}
			require.Empty(b, j.Result().Findings)
		})
	}
}
