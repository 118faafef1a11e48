package rules_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/wire"
)

const answeredByGitLab = "delivery/answered-by-gitlab"

// challenge is the page of a CDN that keeps programs out.
func challenge(s *stream, path string) *wire.Exchange {
	x := s.exchange("GET", path, "", 403, "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>")
	x.Response.Header = http.Header{"Content-Type": {"text/html; charset=UTF-8"}, "Server": {"cloudflare"}, "Cf-Mitigated": {"challenge"}, "Cf-Ray": {"8f1e-FRA"}}
	return x
}

func TestEachKindOfStrangerIsOneFinding(t *testing.T) {
	t.Parallel()
	s := newStream()
	result := judged(t, newest,
		s.readAgent(5, "a5"), challenge(s, agents), challenge(s, agentPath(5)), challenge(s, agentPath(6)), challenge(s, tokensPath(5)), proxyAuth(s), s.readAgent(5, "a5"))
	found := violations(result.Findings)
	require.Len(t, found, 2)
	for _, f := range found {
		assert.Equal(t, answeredByGitLab, f.Rule)
		assert.Equal(t, "an answer from GitLab", f.Expected)
		assert.NotEmpty(t, f.Note, "what to do")
	}
	assert.Contains(t, found[0].Actual, "It answered 4 requests: GET /api/v4/projects/20/cluster_agents, ")
	assert.Contains(t, found[0].Actual, " and 1 more")
	assert.Contains(t, found[1].Actual, "407")
	assert.NotContains(t, found[1].Actual, "It answered", "one request is the finding's own")
	assert.Equal(t, rule.Violated, result.Exit(false))
}

func TestOtherRulesDoNotApplyToAStranger(t *testing.T) {
	t.Parallel()
	s := newStream()
	result := judged(t, newest, challenge(s, agents), proxyAuth(s))
	for _, r := range result.Rules {
		if r.Rule.ID == answeredByGitLab {
			assert.Equal(t, rule.Violation, r.Outcome)
			assert.Equal(t, 2, r.Applied)
			continue
		}
		assert.Equal(t, rule.Untested, r.Outcome, r.Rule.ID)
		assert.Zero(t, r.Applied, r.Rule.ID)
	}
	for _, o := range result.Coverage.Operations {
		assert.False(t, o.Occurred(), "%s was not answered by GitLab", o.Operation)
	}
}

// TestAStrangersAnswerIsNotRemembered has a proxy answer 204 to a deletion: GitLab never saw it.
func TestAStrangersAnswerIsNotRemembered(t *testing.T) {
	t.Parallel()
	s := newStream()
	page := with(challenge(s, agentPath(5)), func(x *wire.Exchange) { x.Request.Method = "DELETE" })
	result := judged(t, newest, s.createAgent(5, "a5"), page, s.readAgent(5, "a5"), s.listAgents(5))
	found := violations(result.Findings)
	require.Len(t, found, 1)
	assert.Equal(t, answeredByGitLab, found[0].Rule)
}

func TestALeakedSecretIsAViolationWhoeverAnswered(t *testing.T) {
	t.Parallel()
	s := newStream()
	result := judged(t, older, s.createToken(8, 5), with(challenge(s, tokensPath(5)), func(x *wire.Exchange) {
		x.Response.Body = append(x.Response.Body, []byte("<!-- "+secretOf(8)+" -->")...)
	}))
	assert.Len(t, under(violations(result.Findings), "tokens/secret-only-on-create"), 1)
	assert.Len(t, under(violations(result.Findings), answeredByGitLab), 1)
	for _, f := range result.Findings {
		assert.NotContains(t, f.String(), secretOf(8)[8:])
	}
}

func TestAShownAccessTokenIsAViolationWhoeverAnswered(t *testing.T) {
	t.Parallel()
	s := newStream()
	result := judged(t, older, with(challenge(s, agents), func(x *wire.Exchange) {
		x.Response.Body = append(x.Response.Body, []byte("<pre>PRIVATE-TOKEN: glpat-01234567890123456789</pre>")...)
	}))
	assert.Len(t, under(violations(result.Findings), "authentication/token-not-shown"), 1)
}

// TestAGatewayThatIsNotReachedIsNoStranger has errors that pass: they prove nothing.
func TestAGatewayThatIsNotReachedIsNoStranger(t *testing.T) {
	t.Parallel()
	for _, status := range []int{429, 502, 503, 504} {
		s := newStream()
		x := with(badGateway(s), func(x *wire.Exchange) { x.Response.StatusCode = status })
		result := judged(t, newest, x)
		assert.Empty(t, violations(result.Findings), status)
		assert.NotEqual(t, rule.Violation, outcomeOf(t, result, answeredByGitLab).Outcome, status)
		assert.Equal(t, rule.TooLittle, result.Exit(false), status)
		assert.Contains(t, result.Missing(), "listAgents never succeeded", status)
		for _, r := range result.Rules {
			if r.Outcome == rule.Inconclusive {
				assert.Equal(t, rule.ReasonNoAnswer, r.Reason.Code, "%s after %d", r.Rule.ID, status)
				assert.Contains(t, r.Reason.Text, "proves nothing", r.Rule.ID)
			}
		}
	}
}

// TestABrokenGitLabIsStillGitLab has GitLab itself answer with HTML or without headers.
func TestABrokenGitLabIsStillGitLab(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what, rule string
		stream     func(s *stream) exchanges
	}{
		{"JSON as text/html", "document/content-type", func(s *stream) exchanges {
			return exchanges{s.readAgent(5, "a5"), header(s.readAgent(5, "a5"), "Content-Type", "text/html")}
		}},
		{"an error page with GitLab's headers", "document/content-type", func(s *stream) exchanges {
			return exchanges{s.readAgent(5, "a5"), with(s.exchange("GET", agentPath(5), "", 404, "<html><body>404</body></html>"), func(x *wire.Exchange) {
				header(x, "Content-Type", "text/html")
			})}
		}},
		{"no X-Request-Id", "headers/request-id", func(s *stream) exchanges {
			return exchanges{s.readAgent(5, "a5"), header(s.readAgent(5, "a5"), "X-Request-Id", "")}
		}},
		{"a body that breaks off", "document/json", func(s *stream) exchanges {
			return exchanges{s.readAgent(5, "a5"), s.get(agentPath(5), `{"id":5`)}
		}},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			result := judged(t, newest, c.stream(newStream())...)
			assert.NotEmpty(t, under(violations(result.Findings), c.rule), "%v", result.Findings)
			assert.Empty(t, under(result.Findings, answeredByGitLab))
		})
	}
}

func TestAnswersToOtherRequestsMakeNoStranger(t *testing.T) {
	t.Parallel()
	s := newStream()
	page := challenge(s, "/projects/20")
	result := judged(t, newest, s.readAgent(5, "a5"), page)
	assert.Empty(t, violations(result.Findings))
	assert.Equal(t, 1, result.Judged)
}

func TestTheRuleAboutStrangersCanBeLeftOut(t *testing.T) {
	t.Parallel()
	s := newStream()
	j := newJudge(t, newest)
	j.Delivery = "none"
	j.Observe(challenge(s, agents))
	assert.Empty(t, j.Result().Findings)
}
