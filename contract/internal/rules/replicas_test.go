package rules_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/wire"
)

// byAnother makes an exchange that of another user.
func byAnother(x *wire.Exchange) *wire.Exchange {
	x.Request.Header.Set("Private-Token", "glpat-another-user-of-gitlab")
	return x
}

// TestAnotherUsersReadMayLag has a read that shows an old state: it counts if the same user wrote, or five seconds passed.
func TestAnotherUsersReadMayLag(t *testing.T) {
	t.Parallel()
	later := func(s *stream, d time.Duration) { s.now = s.now.Add(d) }
	before16 := rule.Version{Release: rule.GitLab(15, 0)}
	for _, c := range []struct {
		rule    string
		version rule.Version
		write   func(s *stream) exchanges
		read    func(s *stream) *wire.Exchange
	}{
		{"agents/deleted-stays-gone", newest, func(s *stream) exchanges { return exchanges{s.createAgent(5, "a5"), s.remove(agentPath(5))} },
			func(s *stream) *wire.Exchange { return s.readAgent(5, "a5") }},
		{"agents/deleted-stays-gone", newest, func(s *stream) exchanges { return exchanges{s.createAgent(5, "a5"), s.remove(agentPath(5))} },
			func(s *stream) *wire.Exchange { return s.listAgents(5) }},
		{"tokens/revoked-not-readable", older, func(s *stream) exchanges { return exchanges{s.createToken(8, 5), s.remove(tokenPath(5, 8))} },
			func(s *stream) *wire.Exchange { return s.readToken(8, 5) }},
		{"tokens/revoked-not-listed", older, func(s *stream) exchanges { return exchanges{s.createToken(8, 5), s.remove(tokenPath(5, 8))} },
			func(s *stream) *wire.Exchange { return s.listTokens(5, 8) }},
		{"tokens/revoked-stays-revoked", before16, func(s *stream) exchanges { return exchanges{s.createToken(8, 5), s.remove(tokenPath(5, 8))} },
			func(s *stream) *wire.Exchange { return s.readToken(8, 5) }},
	} {
		for _, who := range []struct {
			what  string
			wait  time.Duration
			other bool
			found bool
		}{
			{"the same user at once", 0, false, true},
			{"another user at once", 0, true, false},
			{"another user four seconds later", 4 * time.Second, true, false},
			{"another user six seconds later", 6 * time.Second, true, true},
		} {
			t.Run(c.rule+"/"+who.what, func(t *testing.T) {
				t.Parallel()
				s := newStream()
				seen := c.write(s)
				later(s, who.wait)
				x := c.read(s)
				if who.other {
					byAnother(x)
				}
				found := under(judged(t, c.version, append(seen, x)...).Findings, c.rule)
				assert.Equal(t, who.found, len(violations(found)) > 0, "%v", found)
			})
		}
	}
}

// TestAListOfAReplicaMayLackANewEntry has another user list what was just created, and its creator read it again.
func TestAListOfAReplicaMayLackANewEntry(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule   string
		stream func(s *stream, list func(*wire.Exchange) *wire.Exchange) exchanges
	}{
		{"agents/listed", func(s *stream, list func(*wire.Exchange) *wire.Exchange) exchanges {
			return exchanges{s.createAgent(5, "a5"), list(s.listAgents(1)), s.readAgent(5, "a5")}
		}},
		{"tokens/active-listed", func(s *stream, list func(*wire.Exchange) *wire.Exchange) exchanges {
			return exchanges{s.createToken(8, 5), list(s.listTokens(5)), s.readToken(8, 5)}
		}},
	} {
		own := c.stream(newStream(), func(x *wire.Exchange) *wire.Exchange { return x })
		assert.NotEmpty(t, under(judged(t, older, own...).Findings, c.rule), "the creator's list")
		other := c.stream(newStream(), byAnother)
		assert.Empty(t, under(judged(t, older, other...).Findings, c.rule), "another user's list")
	}
}
