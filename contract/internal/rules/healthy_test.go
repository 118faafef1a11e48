package rules_test

import (
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/internal/rules"
	"example.com/gitlab-agents/contract/wire"
)

// routableSecret is a secret of the form that releases from 18 on give.
func routableSecret(payload string) string {
	return routableSecretOf("glagent-", payload, len(payload))
}

// routableSecretOf is one with a prefix, and what it says of the payload's length.
func routableSecretOf(prefix, payload string, length int) string {
	head := fmt.Sprintf("%s%s.01.%02s", prefix, payload, strconv.FormatInt(int64(length), 36))
	return head + fmt.Sprintf("%07s", strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(head))), 36))
}

const payload = "bzoxCnA6NzY0MTM5CmM6MTIzNDU2Nzg5MGFiY2RlZmdoaWprbG1ub3BxcnN0"

// healthyLife is the life of an agent and two tokens of a healthy GitLab.
func healthyLife(s *stream) exchanges {
	created := with(s.createToken(8, 5), func(x *wire.Exchange) { answer(x, secretOf(8), routableSecret(payload)) })
	return exchanges{
		s.listAgents(1, 2),
		s.createAgent(5, "a5"),
		s.readAgent(5, "a5"),
		s.listAgents(1, 2, 5),
		created,
		s.createToken(9, 5),
		s.listTokens(5, 8, 9),
		s.readToken(8, 5),
		s.readToken(8, 5),
		s.remove(tokenPath(5, 8)),
		s.listTokens(5, 9),
		s.refused("GET", tokenPath(5, 8), "", 404, "404 Not found"),
		s.refused("POST", agents, `{"name":"A b"}`, 400, `400 Bad request - ["Name can contain only lowercase letters, digits, and '-', but cannot start or end with '-'"]`),
		s.refused("POST", tokensPath(5), `{"name":""}`, 400, `400 Bad request - ["Name can't be blank"]`),
		s.exchange("POST", agents, `{}`, 400, `{"error":"name is missing"}`),
		with(s.exchange("GET", agentPath(5), "", 304, ""), func(x *wire.Exchange) { x.Request.Header.Set("If-None-Match", `W/"1"`) }),
		s.remove(agentPath(5)),
		s.refused("GET", agentPath(5), "", 404, "404 Not found"),
		s.listAgents(1, 2),
	}
}

// lifeBefore16 is the same before 16.0, when revoked tokens were shown, and secrets had no prefix.
func lifeBefore16(s *stream) exchanges {
	revoked := strings.Replace(tokenText(8, 5, ""), `"active"`, `"revoked"`, 1)
	return exchanges{
		s.createAgent(5, "a5"),
		with(s.createToken(8, 5), func(x *wire.Exchange) { answer(x, "glagent-", "") }),
		s.createToken(9, 5), s.createToken(10, 5), s.createToken(11, 5),
		s.remove(tokenPath(5, 8)),
		s.get(tokensPath(5), list(revoked, tokenText(9, 5, ""), tokenText(10, 5, ""), tokenText(11, 5, ""))),
		s.get(tokenPath(5, 8), strings.Replace(tokenText(8, 5, unused), `"active"`, `"revoked"`, 1)),
		s.refused("GET", agents, "", 403, "403 Forbidden"),
	}
}

// receptive is healthyLife as an Enterprise Edition answers it.
func receptive(s *stream) exchanges {
	seen := healthyLife(s)
	for _, x := range seen {
		if !strings.Contains(x.Request.URL.Path, "/tokens") {
			x.Response.Body = []byte(strings.ReplaceAll(string(x.Response.Body), `"created_by_user_id":42}`, `"created_by_user_id":42,"is_receptive":false}`))
		}
	}
	return seen
}

func TestHealthyServersPassEveryJudgingRule(t *testing.T) {
	t.Parallel()
	applied := make(map[string]bool)
	for name, server := range map[string]struct {
		version rule.Version
		stream  func(*stream) exchanges
	}{
		"19.1 ce": {rule.Version{Release: rule.GitLab(19, 1), Edition: rule.Community}, healthyLife},
		"19.1 ee": {rule.Version{Release: rule.GitLab(19, 1), Edition: rule.Enterprise}, receptive},
		"17.0 ce": {rule.Version{Release: rule.GitLab(17, 0), Edition: rule.Community}, func(s *stream) exchanges {
			seen := healthyLife(s)
			answer(seen[4], routableSecret(payload), secretOf(8))
			return seen
		}},
		"15.0 ce": {rule.Version{Release: rule.GitLab(15, 0), Edition: rule.Community}, lifeBefore16},
	} {
		result := judged(t, server.version, server.stream(newStream())...)
		assert.Empty(t, violations(result.Findings), name)
		for _, r := range result.Rules {
			applied[r.Rule.ID] = applied[r.Rule.ID] || r.Outcome != rule.Violation && r.Applied > 0
		}
	}
	for _, entry := range rules.Catalogue() {
		if entry.Judge != nil && entry.Rule != &rules.NameFreeAgain { // which is about refusals only
			assert.True(t, applied[entry.Rule.ID], "%s was never applied", entry.Rule.ID)
		}
	}
}
