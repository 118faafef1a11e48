package rules_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/wire"
)

// again is a copy of exchanges, as a merged export has them.
func again(seen exchanges) exchanges {
	var copies exchanges
	for _, x := range seen {
		c, response := *x, *x.Response
		c.Response = &response
		copies = append(copies, &c)
	}
	return copies
}

func TestARecordingTwiceInOneFileHasNoViolation(t *testing.T) {
	t.Parallel()
	for what, version := range map[string]struct {
		version rule.Version
		stream  func(*stream) exchanges
	}{"19.1": {newest, healthyLife}, "15.0": {rule.Version{Release: rule.GitLab(15, 0)}, lifeBefore16}, "unknown": {unknown, healthyLife}} {
		seen := version.stream(newStream())
		assert.Empty(t, violations(judged(t, version.version, slices.Concat(seen, again(seen))...).Findings), "%s, one after the other", what)
		var pairs exchanges
		for _, x := range seen {
			pairs = append(pairs, x, again(exchanges{x})[0])
		}
		assert.Empty(t, violations(judged(t, version.version, pairs...).Findings), "%s, each beside its copy", what)
	}
}

func TestASecretThatIsGivenTwiceIsFoundInAMergedRecording(t *testing.T) {
	t.Parallel()
	s := newStream()
	seen := exchanges{s.createToken(8, 5), answer(s.createToken(9, 5), secretOf(9), secretOf(8))}
	result := judged(t, older, slices.Concat(seen, again(seen))...)
	assert.NotEmpty(t, under(violations(result.Findings), "tokens/secret-unique"))
}

func TestALiveServerMayNotAnswerACreateWithTheSameToken(t *testing.T) {
	t.Parallel()
	s := newStream()
	j := newJudge(t, older, live)
	j.Observe(s.createToken(8, 5))
	j.Observe(s.createToken(8, 5))
	result := j.Result()
	assert.NotEmpty(t, under(result.Findings, "tokens/secret-unique"))
	assert.NotEmpty(t, under(result.Findings, "tokens/id-fresh"))
}

func TestSudoForAnUnknownUserIsGitLabsOwnText(t *testing.T) {
	t.Parallel()
	s := newStream()
	x := with(s.refused("GET", agents, "", 404, "404 User with ID or username 'nobody' Not Found"), func(x *wire.Exchange) {
		x.Request.Header.Set("Sudo", "nobody")
	})
	result := judged(t, newest, x)
	assert.Empty(t, violations(result.Findings))
	assert.Equal(t, rule.Pass, outcomeOf(t, result, "errors/not-found-text").Outcome)
}

func TestAnAnswerFromTheCacheIsNotJudged(t *testing.T) {
	t.Parallel()
	s := newStream()
	cached := with(s.readAgent(5, "a5"), func(x *wire.Exchange) { x.FromCache = "_fromDiskCache" })
	result := judged(t, newest, s.createAgent(5, "a5"), s.remove(agentPath(5)), cached, with(header(s.listAgents(5), "X-Total-Pages", "9"), func(x *wire.Exchange) {
		x.FromCache = "_fetchType"
	}))
	assert.Empty(t, violations(result.Findings))
	assert.Equal(t, 4, result.Exchanges)
	assert.Equal(t, 2, result.Judged)
	assert.Equal(t, 1, outcomeOf(t, result, "agents/project-matches-path").Applied, "the create only")
}
