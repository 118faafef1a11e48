package rules_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/racedetector"
	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/internal/rules"
	"example.com/gitlab-agents/contract/wire"
)

// parts are what a recorder may have lost.
var parts = map[string]judge.Evidence{
	"request headers": judge.RequestHeader, "request bodies": judge.RequestBody,
	"response headers": judge.ResponseHeader, "response bodies": judge.ResponseBody,
	"all bodies": judge.RequestBody | judge.ResponseBody, "all headers": judge.RequestHeader | judge.ResponseHeader,
}

// without is a recording of which the recorder lost something.
func without(lost judge.Evidence, seen exchanges) exchanges {
	for _, x := range seen {
		if lost&judge.RequestHeader != 0 {
			x.Request.Header, x.Request.HeaderNotRecorded = http.Header{}, true
		}
		if lost&judge.RequestBody != 0 {
			x.Request.Body, x.Request.BodyNotRecorded, x.Request.Truncated = nil, true, true
		}
		if x.Response == nil {
			continue
		}
		if lost&judge.ResponseHeader != 0 {
			x.Response.Header, x.Response.HeaderNotRecorded = http.Header{}, true
		}
		if lost&judge.ResponseBody != 0 {
			x.Response.Body, x.Response.BodyNotRecorded, x.Response.Truncated = nil, true, true
		}
	}
	return seen
}

// TestWhatWasNotRecordedIsNotHeldAgainstTheServer judges healthy servers through recorders that lose parts.
func TestWhatWasNotRecordedIsNotHeldAgainstTheServer(t *testing.T) {
	t.Parallel()
	healthy := map[string]struct {
		version rule.Version
		stream  func(*stream) exchanges
	}{
		"19.1": {rule.Version{Release: rule.GitLab(19, 1), Edition: rule.Community}, healthyLife},
		"ee":   {rule.Version{Release: rule.GitLab(19, 1), Edition: rule.Enterprise}, receptive},
		"15.0": {rule.Version{Release: rule.GitLab(15, 0), Edition: rule.Community}, lifeBefore16},
	}
	for what, lost := range parts {
		for release, server := range healthy {
			t.Run(what+"/"+release, func(t *testing.T) {
				t.Parallel()
				result := judged(t, server.version, without(lost, server.stream(newStream()))...)
				assert.Empty(t, violations(result.Findings))
			})
		}
		for _, c := range allowed {
			t.Run(what+"/"+c.what, func(t *testing.T) {
				t.Parallel()
				assert.Empty(t, violations(judged(t, c.version, without(lost, c.stream(newStream()))...).Findings))
			})
		}
	}
}

// TestALostPartMakesNoNewViolation judges broken servers through such recorders: a rule that is not violated by the whole
// recording is not violated by a part of it.
func TestALostPartMakesNoNewViolation(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	for what, lost := range parts {
		for id, cases := range broken {
			for _, c := range cases {
				t.Run(what+"/"+id+"/"+c.what, func(t *testing.T) {
					t.Parallel()
					whole := make(map[string]bool)
					for _, f := range violations(judged(t, c.version, c.stream(newStream())...).Findings) {
						whole[f.Rule] = true
					}
					for _, f := range violations(judged(t, c.version, without(lost, c.stream(newStream()))...).Findings) {
						assert.True(t, whole[f.Rule], "%s", f)
					}
				})
			}
		}
	}
}

// TestARuleIsTestedOnlyWithItsEvidence loses what a rule reads: the rule is untested, and says why.
func TestARuleIsTestedOnlyWithItsEvidence(t *testing.T) {
	t.Parallel()
	for _, entry := range rules.Catalogue() {
		if entry.Reads == 0 {
			continue
		}
		for part := judge.RequestHeader; part <= judge.ResponseBody; part <<= 1 {
			if entry.Reads&part == 0 {
				continue
			}
			for _, c := range broken[entry.Rule.ID] {
				t.Run(entry.Rule.ID+"/"+c.what, func(t *testing.T) {
					t.Parallel()
					seen := c.stream(newStream())
					if seen[0].Response == nil && part > judge.RequestBody {
						t.Skip("there is no answer of which something could be lost")
					}
					if entry.Rule.Edition != rule.AnyEdition {
						c.version.Edition = entry.Rule.Edition
					}
					result := judged(t, c.version, without(part, seen)...)
					r := outcomeOf(t, result, entry.Rule.ID)
					assert.Zero(t, r.Applied)
					assert.Equal(t, rule.Untested, r.Outcome)
					assert.Equal(t, rule.ReasonNotRecorded, r.Reason.Code, r.Reason.Text)
				})
			}
		}
	}
}

func TestALeakInWhatWasRecordedIsFound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what   string
		stream func(s *stream) exchanges
	}{
		{"in a header, and the bodies of reads were lost", func(s *stream) exchanges {
			return append(exchanges{s.createToken(8, 5)}, without(judge.ResponseBody, exchanges{header(s.readAgent(5, "a5"), "X-Debug", secretOf(8))})...)
		}},
		{"in a body, and the headers of responses were lost", func(s *stream) exchanges {
			return append(exchanges{s.createToken(8, 5)}, without(judge.ResponseHeader, exchanges{answer(s.listTokens(5, 8), `"Some token"`, `"`+secretOf(8)+`"`)})...)
		}},
		{"in a body, and everything of the requests was lost", func(s *stream) exchanges {
			return without(judge.RequestHeader|judge.RequestBody, exchanges{s.createToken(8, 5), answer(s.listTokens(5, 8), `"Some token"`, `"`+secretOf(8)+`"`)})
		}},
		{"as a property of a list, and all headers were lost", func(s *stream) exchanges {
			return without(judge.RequestHeader|judge.ResponseHeader, exchanges{answer(s.listTokens(5, 8), `"agent_id":5`, `"agent_id":5,"token":"`+secretOf(8)+`"`)})
		}},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			found := under(violations(judged(t, older, c.stream(newStream())...).Findings), "tokens/secret-only-on-create")
			require.NotEmpty(t, found)
			for _, f := range found {
				assert.NotContains(t, f.String(), secretOf(8)[8:])
			}
		})
	}
}

// TestARecordingWithoutBodiesTestsTooLittle has operations that succeed, but nothing that most rules read.
func TestARecordingWithoutBodiesTestsTooLittle(t *testing.T) {
	t.Parallel()
	result := judged(t, newest, without(judge.RequestBody|judge.ResponseBody, healthyLife(newStream()))...)
	assert.Equal(t, rule.TooLittle, result.Exit(false))
	assert.NotEmpty(t, result.Missing())
}

// TestALostBodyDoesNotDifferFromTheNextOne has one ETag twice, and the first body was lost.
func TestALostBodyDoesNotDifferFromTheNextOne(t *testing.T) {
	t.Parallel()
	s := newStream()
	lost := without(judge.ResponseBody, exchanges{header(s.readAgent(5, "a5"), "ETag", `W/"1"`)})
	result := judged(t, newest, append(lost, header(s.readAgent(5, "a5"), "ETag", `W/"1"`))...)
	assert.Empty(t, violations(result.Findings))
}

// TestASecretThatTheRecorderRemovedIsNotJudged has what a recorder writes in place of a secret.
func TestASecretThatTheRecorderRemovedIsNotJudged(t *testing.T) {
	t.Parallel()
	s := newStream()
	redacted := func(x *wire.Exchange, id int) *wire.Exchange { return answer(x, secretOf(id), "[redacted]") }
	result := judged(t, newest, redacted(s.createToken(8, 5), 8), redacted(s.createToken(9, 5), 9), s.listTokens(5, 8, 9))
	assert.Empty(t, violations(result.Findings))
	assert.Equal(t, rule.Untested, outcomeOf(t, result, "tokens/secret-strength").Outcome)
	assert.Equal(t, rule.Pass, outcomeOf(t, result, "document/response").Outcome, "the responses were complete")
}

// TestALostBodyOfASuccessIsNotMissedByRulesAboutErrors loses one body among others: the rest is enough.
func TestALostBodyOfASuccessIsNotMissedByRulesAboutErrors(t *testing.T) {
	t.Parallel()
	s := newStream()
	seen := append(without(judge.ResponseBody, exchanges{s.readAgent(5, "a5")}), s.readAgent(5, "a5"), s.readAgent(5, "a5"))
	result := judged(t, newest, seen...)
	assert.Equal(t, rule.ReasonNoExchange, outcomeOf(t, result, "errors/key").Reason.Code)
	assert.Equal(t, rule.Conformant, result.Exit(true), result.Missing())

	lost := without(judge.ResponseBody, exchanges{s.refused("GET", agentPath(6), "", 404, "404 Not found")})
	result = judged(t, newest, append(seen, lost...)...)
	assert.Equal(t, rule.ReasonNotRecorded, outcomeOf(t, result, "errors/key").Reason.Code)
}
