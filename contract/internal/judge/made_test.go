package judge

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/document"
	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/wire"
)

// Paths of the operations, below /api/v4/projects.
const (
	agentsPath = "20/cluster_agents"
	agentPath  = "20/cluster_agents/5"
	tokensPath = "20/cluster_agents/5/tokens"
	tokenPath  = "20/cluster_agents/5/tokens/7"
)

// agentBody is an agent as the document has it.
func agentBody(id int, name string) string {
	return fmt.Sprintf(`{"id":%d,"name":%q,"config_project":{"id":20,"description":null,"name":"test",`+
		`"name_with_namespace":"Root / test","path":"test","path_with_namespace":"root/test",`+
		`"created_at":"2022-03-20T20:42:40.221Z"},"created_at":"2022-04-20T20:42:40.221Z","created_by_user_id":42}`, id, name)
}

// tokenBody is a token of agent 5 as a read shows it.
func tokenBody(id int, status string) string {
	return fmt.Sprintf(`{"id":%d,"name":"t","description":"d","agent_id":5,"status":%q,`+
		`"created_at":"2022-04-21T20:42:40.221Z","created_by_user_id":42,"last_used_at":null}`, id, status)
}

// listed is a token of agent 5 as a list shows it.
func listed(id int, status string) string {
	return strings.Replace(tokenBody(id, status), `,"last_used_at":null`, "", 1)
}

// newTokenBody is a token of agent 5 as its create shows it.
func newTokenBody(id int, secret string) string {
	return strings.TrimSuffix(tokenBody(id, "active"), "}") + fmt.Sprintf(`,"token":%q}`, secret)
}

// asked is an exchange as judges see it, answered with JSON if the body looks like that.
func asked(t *testing.T, method, path string, status int, body string, header ...string) *Exchange {
	t.Helper()
	doc, err := document.Load()
	require.NoError(t, err)
	return newExchange(doc, answeredJSON(t, method, path, status, body, header...))
}

func answeredJSON(t *testing.T, method, path string, status int, body string, header ...string) *wire.Exchange {
	t.Helper()
	if strings.HasPrefix(body, "{") || strings.HasPrefix(body, "[") {
		header = append([]string{"Content-Type", "application/json"}, header...)
	}
	return answered(t, method, path, status, body, header...)
}

// reporting is a rule that reports something about every exchange.
func reporting(id string, report func(h *History, x *Exchange)) Entry {
	return Entry{Rule: &rule.Rule{ID: id}, Judge: func(h *History, x *Exchange) bool {
		report(h, x)
		return true
	}}
}

// outcomeOf is what became of the only rule of a judge.
func outcomeOf(t *testing.T, j *Judge) rule.RuleResult {
	t.Helper()
	rules := j.Result().Rules
	require.Len(t, rules, 1)
	rules[0].Rule = nil
	return rules[0]
}
