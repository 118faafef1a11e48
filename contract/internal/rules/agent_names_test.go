package rules_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/wire"
)

func TestTheNameOfADeletedAgentIsTaken(t *testing.T) {
	t.Parallel()
	other := func(x *wire.Exchange) { x.Request.Header.Set("Private-Token", "glpat-another-user-of-gitlab") }
	for _, c := range []struct {
		what   string
		found  bool
		stream func(s *stream) exchanges
	}{
		{"at once", true, func(s *stream) exchanges {
			return exchanges{s.createAgent(5, "a5"), s.remove(agentPath(5)), nameTaken(s, "a5")}
		}},
		{"in another project", false, func(s *stream) exchanges {
			return exchanges{s.createAgent(5, "a5"), s.remove(agentPath(5)), with(nameTaken(s, "a5"), func(x *wire.Exchange) {
				x.Request.URL.Path = "/api/v4/projects/21/cluster_agents"
			})}
		}},
		{"by an agent that was seen since", false, func(s *stream) exchanges {
			return exchanges{s.createAgent(5, "a5"), s.remove(agentPath(5)), s.readAgent(6, "a5"), nameTaken(s, "a5")}
		}},
		{"another user hears of it within five seconds", false, func(s *stream) exchanges {
			return exchanges{s.createAgent(5, "a5"), s.remove(agentPath(5)), with(nameTaken(s, "a5"), other)}
		}},
		{"the deletion was refused", false, func(s *stream) exchanges {
			return exchanges{s.createAgent(5, "a5"), s.refused("DELETE", agentPath(5), "", 403, "403 Forbidden"), nameTaken(s, "a5")}
		}},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			result := judged(t, newest, c.stream(newStream())...)
			assert.Empty(t, violations(result.Findings), "another user may have created one since")
			found := under(result.Findings, "agent-names/free-again")
			if !c.found {
				assert.Empty(t, found)
				return
			}
			require.Len(t, found, 1)
			assert.Equal(t, rule.Inconclusive, found[0].Outcome)
			assert.Equal(t, rule.ReasonUnconfirmed, outcomeOf(t, result, "agent-names/free-again").Reason.Code)
			assert.Equal(t, rule.TooLittle, result.Exit(false))
		})
	}
}
