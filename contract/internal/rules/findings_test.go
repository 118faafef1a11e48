package rules_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/internal/racedetector"
	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/wire"
)

func TestOneFindingCoversAllEntriesOfAList(t *testing.T) {
	t.Parallel()
	var ids []int
	for i := range 20 {
		ids = append(ids, i+1)
	}
	s := newStream()
	result := judged(t, newest, with(s.listAgents(ids...), func(x *wire.Exchange) {
		x.Request.URL.Path = "/api/v4/projects/21/cluster_agents"
	}))
	found := under(result.Findings, "agents/project-matches-path")
	require.Len(t, found, 1)
	assert.Contains(t, found[0].Actual, "19 more")
}

func TestAFindingMayBeAboutAnEarlierExchange(t *testing.T) {
	t.Parallel()
	s := newStream()
	found := judged(t, newest, s.readAgent(5, "a5"), s.listAgents(1), s.listAgents(1, 2), s.readAgent(5, "a5")).Findings
	require.Len(t, found, 1)
	assert.Equal(t, 2, found[0].Exchange, "the last list without it")
	assert.Equal(t, "listAgents", found[0].Operation)
	assert.Equal(t, "https://gitlab.example.com/api/v4/projects/20/cluster_agents", found[0].Evidence.URL)
	assert.Contains(t, found[0].Evidence.Repeat, "curl")
	assert.NotEmpty(t, found[0].Evidence.RequestID)
}

func TestAWrongValueIsReportedOnce(t *testing.T) {
	t.Parallel()
	s := newStream()
	found := judged(t, newest, s.readAgent(5, "a5"), answer(s.readAgent(5, "a5"), `"name":"a5"`, `"name":5`)).Findings
	require.Len(t, found, 1, "the document reports the type, and no other rule the value")
	assert.Equal(t, "document/body", found[0].Rule)
}

func TestAQuotationDoesNotEndInsideASecret(t *testing.T) {
	t.Parallel()
	s := newStream()
	const secret = "zK4vQ9wT2xY7uB1nM5cD8eF3gH6jL0pR"
	for at := 100; at < 170; at++ {
		x := with(s.refused("GET", agentPath(5), "", 404, strings.Repeat("-", at)+secret), func(x *wire.Exchange) {
			x.Request.Header.Set("Private-Token", secret)
		})
		found := judged(t, newest, x).Findings
		require.NotEmpty(t, found)
		for _, f := range found {
			for n := 4; n < len(secret); n++ {
				assert.NotContains(t, f.Actual, secret[:n], "with %d characters before it", at)
			}
		}
	}
}

// TestASecretThatIsLearnedLaterIsRedacted has an error quote a token's secret before the create that shows it is judged, as
// in a recording whose exchanges overlap.
func TestASecretThatIsLearnedLaterIsRedacted(t *testing.T) {
	t.Parallel()
	s := newStream()
	secret := secretOf(8)[8:] // before 16.0 nothing about its form says that it is one
	result := judged(t, rule.Version{Release: rule.GitLab(15, 0)},
		s.refused("GET", agentPath(5), "", 404, "404 Agent of "+secret), answer(s.createToken(8, 5), secretOf(8), secret))
	require.NotEmpty(t, result.Findings)
	for _, f := range result.Findings {
		assert.NotContains(t, f.Actual, secret)
	}
}

// TestALongRecordingTakesBoundedMemory judges far more exchanges than a judge remembers, each of which breaks a rule.
func TestALongRecordingTakesBoundedMemory(t *testing.T) {
	racedetector.Skip(t)
	exchanges := 100_000
	j := newJudge(t, older)
	s := newStream()
	seen := []*wire.Exchange{
		header(s.readAgent(5, "a5"), "X-Request-Id", ""), s.readToken(8, 5), s.refused("GET", agentPath(9), "", 404, "404 Not found"),
		s.createToken(9, 5), s.remove(tokenPath(5, 9)),
	}
	before := heap()
	for i := range exchanges {
		x := *seen[i%len(seen)]
		x.Started = x.Started.Add(x.Duration * 2)
		j.Observe(&x)
	}
	grown := int64(heap()) - int64(before)
	assert.Less(t, grown>>20, int64(64), "MB")
	result := j.Result()
	assert.Equal(t, exchanges, result.Exchanges)
	assert.Len(t, result.Findings, rule.MaxFindings)
	assert.Positive(t, result.Dropped)
	runtime.KeepAlive(j)
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestServersDoNotShareAHistory(t *testing.T) {
	t.Parallel()
	s := newStream()
	here := exchanges{s.createAgent(5, "a5"), s.createToken(8, 5), s.remove(tokenPath(5, 8)), s.remove(agentPath(5))}
	s.base = "https://other.example.com"
	there := exchanges{s.createAgent(5, "other"), s.readAgent(5, "other"), s.createToken(8, 5), s.listTokens(5, 8)}
	result := judged(t, older, append(here, there...)...)
	assert.Empty(t, violations(result.Findings))
	assert.Equal(t, 8, result.Judged, fmt.Sprint(result.Findings))
}
