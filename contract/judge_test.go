package contract

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash/crc32"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/redact"
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

// life is the life of an agent and two tokens in which all is well.
func life(s *stream) []*wire.Exchange {
	created := with(s.createToken(8, 5), func(x *wire.Exchange) { answer(x, secretOf(8), routableSecret(payload)) })
	return []*wire.Exchange{
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

// revokedLife is the same before 16.0, when revoked tokens were shown, and secrets had no prefix.
func revokedLife(s *stream) []*wire.Exchange {
	revoked := strings.Replace(tokenText(8, 5, ""), `"active"`, `"revoked"`, 1)
	return []*wire.Exchange{
		s.createAgent(5, "a5"),
		with(s.createToken(8, 5), func(x *wire.Exchange) { answer(x, "glagent-", "") }),
		s.createToken(9, 5), s.createToken(10, 5), s.createToken(11, 5),
		s.remove(tokenPath(5, 8)),
		s.get(tokensPath(5), list(revoked, tokenText(9, 5, ""), tokenText(10, 5, ""), tokenText(11, 5, ""))),
		s.get(tokenPath(5, 8), strings.Replace(tokenText(8, 5, unused), `"active"`, `"revoked"`, 1)),
		s.refused("GET", agents, "", 403, "403 Forbidden"),
	}
}

func TestNothingIsFoundInAHealthyStream(t *testing.T) {
	t.Parallel()
	met := make(map[string]bool)
	receptive := func(s *stream) []*wire.Exchange {
		exchanges := life(s)
		for _, x := range exchanges {
			x.Response.Body = []byte(strings.ReplaceAll(string(x.Response.Body), `"created_by_user_id":42}`, `"created_by_user_id":42,"is_receptive":false}`))
			if strings.Contains(x.Request.URL.Path, "/tokens") {
				x.Response.Body = []byte(strings.ReplaceAll(string(x.Response.Body), `,"is_receptive":false`, ""))
			}
		}
		return exchanges
	}
	for name, profile := range map[string]struct {
		JudgeOptions
		stream func(*stream) []*wire.Exchange
	}{
		"19.1 ce": {JudgeOptions{Release: gitlab(19, 1), Edition: Community}, life},
		"19.1 ee": {JudgeOptions{Release: gitlab(19, 1), Edition: Enterprise}, receptive},
		"17.0 ce": {JudgeOptions{Release: gitlab(17, 0), Edition: Community}, func(s *stream) []*wire.Exchange {
			exchanges := life(s)
			answer(exchanges[4], routableSecret(payload), secretOf(8))
			return exchanges
		}},
		"15.0 ce": {JudgeOptions{Release: gitlab(15, 0), Edition: Community}, revokedLife},
	} {
		result, found := judged(t, profile.JudgeOptions, profile.stream(newStream())...)
		assert.Empty(t, violations(found), name)
		for _, rule := range result.Rules {
			met[rule.Rule.ID] = met[rule.Rule.ID] || rule.Outcome != Violation && rule.Met > 0
		}
	}
	for _, rule := range Catalogue() {
		if rule.Judge != nil {
			assert.True(t, met[rule.ID], "%s was never met", rule.ID)
		}
	}
}

// broken are streams of servers that do one thing wrong, by the rule that has to notice.
var broken = map[string][]struct {
	what    string
	options JudgeOptions
	stream  func(s *stream) []*wire.Exchange
}{
	"document/status": {{"a status that is not listed", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.refused("GET", agentPath(5), "", 418, "418 I'm a teapot")}
	}}},
	"document/content-type": {{"HTML", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{header(s.readAgent(5, "a5"), "Content-Type", "text/html")}
	}}},
	"document/json": {{"a body that breaks off", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.get(agentPath(5), `{"id":5`)}
	}}},
	"document/body": {{"an id of another type", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{answer(s.readAgent(5, "a5"), `{"id":5,`, `{"id":"5",`)}
	}}},
	"document/headers": {{"no X-Page", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{header(s.listAgents(1), "X-Page", "")}
	}}},
	"document/no-content": {{"a body with 204", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.exchange("DELETE", agentPath(5), "", 204, "{}")}
	}}},
	"document/undeclared-property": {{"one property more", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{answer(s.readAgent(5, "a5"), `"id":5,`, `"id":5,"colour":"red",`)}
	}}},
	"document/request": {{"a name that cannot be", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.refused("POST", agents, `{"name":"A b"}`, 400, "400 Bad request")}
	}}},
	"document/response": {{"no answer", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{with(s.readAgent(5, "a5"), func(x *wire.Exchange) { x.Response, x.Err = nil, errReset })}
	}}},

	"agents/id-matches-path": {{"another agent", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.get(agentPath(5), agentText(6, "a6"))}
	}}},
	"agents/project-matches-path": {
		{"another project's id", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.get("/projects/21/cluster_agents/5", agentText(5, "a5"))}
		}},
		{"another project's path", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.get("/projects/root%2Fother/cluster_agents", list(agentText(5, "a5")))}
		}},
	},
	"agents/project-names-agree": {{"a path that ends otherwise", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{answer(s.readAgent(5, "a5"), `"path":"test"`, `"path":"best"`)}
	}}},
	"agents/create-keeps-name": {{"another name", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.post(agents, `{"name":"prod"}`, agentText(5, "production"))}
	}}},
	"agents/id-fresh": {
		{"an id that was listed", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.listAgents(5), s.createAgent(5, "b")}
		}},
		{"the id of a deleted agent", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.createAgent(5, "a5"), s.remove(agentPath(5)), s.createAgent(5, "a5")}
		}},
	},
	"agents/never-change": {
		{"the name", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.createAgent(5, "a5"), s.readAgent(5, "b")}
		}},
		{"the time of creation", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.listAgents(5), answer(s.listAgents(5), createdAt, "2022-04-20T20:42:40.222Z")}
		}},
		{"the project", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			moved := strings.Replace(agentText(5, "a5"), `"config_project":{"id":20`, `"config_project":{"id":21`, 1)
			return []*wire.Exchange{s.readAgent(5, "a5"), s.get(agentPath(5), moved)}
		}},
	},
	"agents/listed": {
		{"a list without an agent that is read before and after", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.readAgent(5, "a5"), s.listAgents(1), s.readAgent(5, "a5")}
		}},
		{"a list without an agent that was created and is listed later", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.createAgent(5, "a5"), s.listAgents(1), s.listAgents(1, 5)}
		}},
	},
	"agents/listed-once": {
		{"an id twice", JudgeOptions{}, func(s *stream) []*wire.Exchange { return []*wire.Exchange{s.listAgents(5, 5)} }},
		{"a name twice", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.get(agents, list(agentText(1, "a"), agentText(2, "a")))}
		}},
	},
	"agents/sorted-by-name": {{"the order of creation", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.get(agents, list(agentText(1, "b"), agentText(2, "a")))}
	}}},
	"agents/deleted-stays-gone": {
		{"read", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.readAgent(5, "a5"), s.remove(agentPath(5)), s.readAgent(5, "a5")}
		}},
		{"listed", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.listAgents(4, 5), s.remove(agentPath(5)), s.listAgents(4, 5)}
		}},
		{"deleted again", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.remove(agentPath(5)), s.remove(agentPath(5))}
		}},
		{"its tokens listed", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.remove(agentPath(5)), s.listTokens(5, 7)}
		}},
		{"its token read", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.remove(agentPath(5)), s.readToken(7, 5)}
		}},
		{"a token made for it", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.remove(agentPath(5)), s.createToken(7, 5)}
		}},
	},
	"agents/is-receptive-on-ee": {{"it is missing", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.metadata("19.1.0-ee", true), s.readAgent(5, "a5")}
	}}},
	"agents/no-is-receptive-on-ce": {{"it is there", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.metadata("19.1.0", false), answer(s.readAgent(5, "a5"), `"created_by`, `"is_receptive":true,"created_by`)}
	}}},
	"agent-names/enforced": {
		{"upper case", JudgeOptions{}, func(s *stream) []*wire.Exchange { return []*wire.Exchange{s.createAgent(5, "A")} }},
		{"null", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.post(agents, `{"name":null}`, agentText(5, "a"))}
		}},
		{"64 characters", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.createAgent(5, strings.Repeat("a", 64))}
		}},
		{"a line break", JudgeOptions{}, func(s *stream) []*wire.Exchange { return []*wire.Exchange{s.createAgent(5, "a\n")} }},
	},

	"tokens/agent-matches-path": {{"another agent's", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.get(tokensPath(5), list(tokenText(8, 6, "")))}
	}}},
	"tokens/id-matches-path": {{"another token", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.get(tokenPath(5, 8), tokenText(9, 5, unused))}
	}}},
	"tokens/create-keeps-input": {
		{"a name made shorter", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{answer(s.createToken(8, 5), `"name":"ci"`, `"name":"c"`)}
		}},
		{"a description left out", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{answer(s.createToken(8, 5), `"Some token"`, `null`)}
		}},
		{"a description escaped", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{with(s.createToken(8, 5), func(x *wire.Exchange) {
				x.Request.Body = []byte(`{"name":"ci","description":"a & b"}`)
				answer(x, "Some token", "a &amp; b")
			})}
		}},
		{"a description made up", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{with(s.createToken(8, 5), func(x *wire.Exchange) { x.Request.Body = []byte(`{"name":"ci"}`) })}
		}},
		{"a form's name changed", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{with(s.createToken(8, 5), func(x *wire.Exchange) {
				x.Request.Body = []byte(`name=a+b&description=Some+token`)
				x.Request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				answer(x, `"name":"ci"`, `"name":"a+b"`)
			})}
		}},
	},
	"tokens/create-is-active-and-unused": {
		{"revoked", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{answer(s.createToken(8, 5), `"active"`, `"revoked"`)}
		}},
		{"used", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{answer(s.createToken(8, 5), `"last_used_at":null`, `"last_used_at":"2022-04-20T20:42:40.222Z"`)}
		}},
	},
	"tokens/id-fresh": {{"an id that was listed", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.listTokens(5, 8), s.createToken(8, 5)}
	}}},
	"tokens/never-change": {
		{"the name", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.createToken(8, 5), answer(s.readToken(8, 5), `"ci"`, `"cd"`)}
		}},
		{"the description", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.listTokens(5, 8), answer(s.readToken(8, 5), `"Some token"`, `""`)}
		}},
		{"the description, to null", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.readToken(8, 5), answer(s.listTokens(5, 8), `"Some token"`, `null`)}
		}},
		{"the agent", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.readToken(8, 5), s.readToken(8, 6)}
		}},
	},
	"tokens/active-listed": {{"a list without a token that is read before and after", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.createToken(8, 5), s.listTokens(5, 9), s.readToken(8, 5)}
	}}},
	"tokens/listed-once": {{"twice", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.listTokens(5, 8, 8)}
	}}},
	"tokens/limits-enforced": {
		{"a blank name", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.post(tokensPath(5), `{"name":" "}`, tokenText(8, 5, unused))}
		}},
		{"a long description", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.post(tokensPath(5), fmt.Sprintf(`{"name":"a","description":%q}`, strings.Repeat("é", 1025)), tokenText(8, 5, unused))}
		}},
	},

	"tokens/secret-only-on-create": leaks,
	"tokens/secret-on-create": {{"none", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{answer(s.createToken(8, 5), fmt.Sprintf(`,"token":%q`, secretOf(8)), "")}
	}}},
	"tokens/secret-unique": {{"the same again", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.createToken(8, 5), answer(s.createToken(9, 6), secretOf(9), secretOf(8))}
	}}},
	"tokens/secret-strength": {
		{"short", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{answer(s.createToken(8, 5), secretOf(8), secretOf(8)[:39])}
		}},
		{"another alphabet", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{answer(s.createToken(8, 5), secretOf(8), secretOf(8)[:57]+"+")}
		}},
		{"only hexadecimal digits", older, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{answer(s.createToken(8, 5), secretOf(8), "glagent-"+strings.Repeat("0123456789abcdef", 4)[:50])}
		}},
		{"only capitals", older, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{answer(s.createToken(8, 5), secretOf(8), "glagent-"+strings.Repeat("0123456789ABCDEF", 4)[:50])}
		}},
		{"what follows z", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{answer(s.createToken(8, 5), secretOf(8), secretOf(8)[:57]+"{")}
		}},
		{"what follows Z", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{answer(s.createToken(8, 5), secretOf(8), secretOf(8)[:57]+"[")}
		}},
		{"what follows 9", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{answer(s.createToken(8, 5), secretOf(8), secretOf(8)[:57]+":")}
		}},
	},
	"tokens/secret-prefix": {
		{"none", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{answer(s.createToken(8, 5), "glagent-", "glagent_")}
		}},
		{"in the middle of a word", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{answer(s.createToken(8, 5), "glagent-", "xglagent-")}
		}},
	},
	"tokens/secret-length": {{"a UUID", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{answer(s.createToken(8, 5), secretOf(8), "glagent-01234567-89AB-cdef-0123-456789abcdef")}
	}}, {"one less", older, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{answer(s.createToken(8, 5), secretOf(8), secretOf(8)[:57])}
	}}},
	"tokens/secret-checksum": {
		{"no checksum", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			secret := routableSecret(payload)
			return []*wire.Exchange{answer(s.createToken(8, 5), secretOf(8), secret[:len(secret)-1]+"?")}
		}},
		{"a wrong checksum", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{answer(s.createToken(8, 5), secretOf(8), strings.Replace(routableSecret(payload), "bzox", "bzoy", 1))}
		}},
		{"a wrong length", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{answer(s.createToken(8, 5), secretOf(8), routableSecretOf("glagent-", payload, len(payload)+1))}
		}},
		{"a payload cut short", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{answer(s.createToken(8, 5), secretOf(8), strings.Replace(routableSecret(payload), "bzox", "", 1))}
		}},
	},
	"tokens/revoked-not-listed": {{"it is", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.remove(tokenPath(5, 8)), s.listTokens(5, 8)}
	}}},
	"tokens/revoked-not-readable": {{"it is", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.createToken(8, 5), s.remove(tokenPath(5, 8)), s.readToken(8, 5)}
	}}},
	"tokens/only-active-shown": {{"a revoked one", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{answer(s.listTokens(5, 8), `"active"`, `"revoked"`)}
	}}},
	"tokens/revoked-stays-revoked": {{"active again", JudgeOptions{Release: gitlab(15, 0)}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.remove(tokenPath(5, 8)), s.readToken(8, 5)}
	}}},

	"tokens/last-use-not-listed": {{"it is", older, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.get(tokensPath(5), list(tokenText(8, 5, unused)))}
	}}},
	"authentication/token-not-shown": {
		{"in a header", older, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{header(s.readAgent(5, "a5"), "X-Debug", "token=glpat-01234567890123456789")}
		}},
		{"in the body", older, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.refused("GET", agentPath(5), "", 404, "404 Not found for glpat-01234567890123456789")}
		}},
		{"the shortest", older, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{with(s.refused("GET", agentPath(5), "", 404, "404 Not found for glpat-123456"), func(x *wire.Exchange) {
				x.Request.Header = http.Header{"Private-Token": {"glpat-123456"}}
			})}
		}},
		{"that came as a bearer's", older, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{with(s.refused("GET", agentPath(5), "", 404, "404 Not found for glpat-01234567890123456789"), func(x *wire.Exchange) {
				x.Request.Header = http.Header{"Authorization": {"Bearer glpat-01234567890123456789"}}
			})}
		}},
	},

	"errors/message-names-status": {{"another status", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.refused("GET", agentPath(5), "", 404, "403 Forbidden")}
	}}},
	"errors/key": {
		{"a record that is missing, under error", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.exchange("GET", agentPath(5), "", 404, `{"error":"404 Not found"}`)}
		}},
		{"a parameter that is wrong, under message", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.refused("GET", agents+"?page=a", "", 400, "page is invalid")}
		}},
	},
	"errors/text": {
		{"other words", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.refused("GET", agentPath(5), "", 401, "401 Who are you?")}
		}},
		{"another content type", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.exchange("POST", agents, "x", 415, `{"error":"415 Unsupported Media Type"}`)}
		}},
	},
	"errors/parameter-text": {{"other words", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.exchange("GET", agents+"?page=a", "", 400, `{"error":"page must be a number"}`)}
	}}},
	"errors/not-found-text": {
		{"other words", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.refused("GET", agentPath(5), "", 404, "404 Agent Not Found")}
		}},
		{"the other spelling", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.refused("GET", agentPath(5), "", 404, "404 Not Found")}
		}},
	},
	"errors/no-internal-error": {{"500", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.refused("GET", agentPath(5), "", 500, "500 Internal Server Error")}
	}}},
	"errors/model-errors-are-one-text": {{"without what is wrong", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.refused("POST", agents, `{"name":"a"}`, 400, "400 Name has already been taken")}
	}}},

	"pagination/page-as-asked": {
		{"another page", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{with(s.listAgents(1), func(x *wire.Exchange) { x.Request.URL.RawQuery = "page=2" })}
		}},
		{"another size", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{with(s.listAgents(1), func(x *wire.Exchange) { x.Request.URL.RawQuery = "per_page=5" })}
		}},
	},
	"pagination/page-size": {
		{"too many", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{with(s.listAgents(1, 2, 3), func(x *wire.Exchange) {
				x.Request.URL.RawQuery = "per_page=2"
				pageHeadersOf(x, 1, 2, 3)
			})}
		}},
		{"too few before the last", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{with(s.listAgents(1), func(x *wire.Exchange) {
				x.Request.URL.RawQuery = "per_page=2"
				pageHeadersOf(x, 1, 2, 3)
			})}
		}},
	},
	"pagination/totals": {
		{"one more than there are", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{header(s.listAgents(1, 2), "X-Total", "3")}
		}},
		{"no pages", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{header(s.get(agents, "[]"), "X-Total-Pages", "0")}
		}},
	},
	"pagination/neighbours": {
		{"a next page after the last", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{header(s.listAgents(1), "X-Next-Page", "2")}
		}},
		{"the page itself", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{with(s.listAgents(1, 2), func(x *wire.Exchange) {
				x.Request.URL.RawQuery = "per_page=2"
				pageHeadersOf(x, 1, 2, 3)
				header(x, "X-Next-Page", "1")
			})}
		}},
	},
	"pagination/link": {
		{"none", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{header(s.listAgents(1), "Link", `<https://gitlab.example.com/>; rel="next"`)}
		}},
		{"another last page", JudgeOptions{}, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{with(s.listAgents(1), func(x *wire.Exchange) {
				header(x, "Link", strings.Replace(x.Response.Header.Get("Link"), `page=1&per_page=20>; rel="last"`, `page=2&per_page=20>; rel="last"`, 1))
			})}
		}},
	},
	"pagination/link-parameters": {{"another page size", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{with(s.listAgents(1), func(x *wire.Exchange) {
			header(x, "Link", strings.ReplaceAll(x.Response.Header.Get("Link"), "per_page=20", "per_page=30"))
		})}
	}}},

	"pagination/link-repeats-path": {{"no agent_id", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{with(s.listTokens(5, 8), func(x *wire.Exchange) {
			header(x, "Link", strings.ReplaceAll(x.Response.Header.Get("Link"), "agent_id=5", "agent=5"))
		})}
	}}},

	"headers/never-public": {{"public", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{header(s.readAgent(5, "a5"), "Cache-Control", "public, max-age=60")}
	}}},
	"headers/cache-control": {{"none", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{header(s.readAgent(5, "a5"), "Cache-Control", "")}
	}}},
	"headers/etag": {{"a strong one", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{header(s.readAgent(5, "a5"), "ETag", `"1"`)}
	}}},
	"headers/request-id": {{"none", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{header(s.readAgent(5, "a5"), "X-Request-Id", "")}
	}}},
	"headers/nosniff": {{"none", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{header(s.readAgent(5, "a5"), "X-Content-Type-Options", "")}
	}}},
	"headers/no-location": {{"one", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{header(s.createAgent(5, "a5"), "Location", "/api/v4/projects/20/cluster_agents/5")}
	}}},
	"conditional/etag-tells-apart": {{"one for all", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{header(s.listAgents(1), "ETag", `W/"1"`), header(s.listAgents(1, 2), "ETag", `W/"1"`)}
	}}},
	"conditional/304-only-when-asked": {{"unasked", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.exchange("GET", agentPath(5), "", 304, "")}
	}}},
	"conditional/412-only-when-asked": {{"unasked", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.refused("DELETE", agentPath(5), "", 412, "412 Precondition Failed")}
	}}},
}

// leaks are ways in which the secret of a token comes again.
var leaks = []struct {
	what    string
	options JudgeOptions
	stream  func(s *stream) []*wire.Exchange
}{
	{"a property of the list", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.get(tokensPath(5), list(tokenText(8, 5, fmt.Sprintf(`,"token":%q`, secretOf(8)))))}
	}},
	{"a property of the single read", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.get(tokenPath(5, 8), tokenText(8, 5, unused+fmt.Sprintf(`,"token":%q`, secretOf(8))))}
	}},
	{"a property of an agent", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{answer(s.readAgent(5, "a5"), `"created_by`, `"token":"anything","created_by`)}
	}},
	{"under another name", JudgeOptions{}, leak(func(x *wire.Exchange, secret string) {
		answer(x, `"created_by`, fmt.Sprintf(`"key":%q,"created_by`, secret))
	})},
	{"a value", JudgeOptions{}, leak(func(x *wire.Exchange, secret string) {
		answer(x, `"Some token"`, fmt.Sprintf("%q", "made: "+secret))
	})},
	{"without its prefix", JudgeOptions{}, leak(func(x *wire.Exchange, secret string) {
		answer(x, `"Some token"`, fmt.Sprintf("%q", strings.TrimPrefix(secret, "glagent-")))
	})},
	{"all but its last characters", JudgeOptions{}, leak(func(x *wire.Exchange, secret string) {
		answer(x, `"Some token"`, fmt.Sprintf("%q", secret[:len(secret)-8]))
	})},
	{"in base64", JudgeOptions{}, leak(func(x *wire.Exchange, secret string) {
		answer(x, `"Some token"`, fmt.Sprintf("%q", base64.StdEncoding.EncodeToString([]byte(secret))))
	})},
	{"in base64 as the password of a user", JudgeOptions{}, leak(func(x *wire.Exchange, secret string) {
		answer(x, `"Some token"`, fmt.Sprintf("%q", base64.StdEncoding.EncodeToString([]byte("me:"+secret))))
	})},
	{"in base64 as the password of another user", JudgeOptions{}, leak(func(x *wire.Exchange, secret string) {
		answer(x, `"Some token"`, fmt.Sprintf("%q", base64.StdEncoding.EncodeToString([]byte("user:"+secret+"!"))))
	})},
	{"in a header", JudgeOptions{}, leak(func(x *wire.Exchange, secret string) { header(x, "X-Debug", "token="+secret) })},
	{"in a cookie", JudgeOptions{}, leak(func(x *wire.Exchange, secret string) { header(x, "Set-Cookie", "t="+secret+"; Path=/") })},
	{"in Link", JudgeOptions{}, leak(func(x *wire.Exchange, secret string) {
		header(x, "Link", strings.ReplaceAll(x.Response.Header.Get("Link"), "page=1", "page=1&token="+secret))
	})},
	{"in Location", JudgeOptions{}, leak(func(x *wire.Exchange, secret string) { header(x, "Location", "https://gitlab.example.com/?"+secret) })},
	{"in an error", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.createToken(8, 5), s.refused("GET", agentPath(5), "", 403, "403 Forbidden - "+secretOf(8))}
	}},
	{"in the create of the next", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.createToken(8, 5), answer(s.createToken(9, 5), `"Some token"`, fmt.Sprintf("%q", secretOf(8)))}
	}},
	{"in a header of its own create", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{header(s.createToken(8, 5), "Location", "https://gitlab.example.com/?token="+secretOf(8))}
	}},
	{"twice in its own create", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{answer(s.createToken(8, 5), `"Some token"`, fmt.Sprintf("%q", secretOf(8)))}
	}},
	{"to another caller", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.createToken(8, 5), with(s.readAgent(5, "a5"), func(x *wire.Exchange) {
			x.Request.Header.Set("Private-Token", "glpat-another-user-of-gitlab")
			answer(x, `"name":"a5"`, fmt.Sprintf(`"name":%q`, secretOf(8)))
		})}
	}},
	{"in another project, much later", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		exchanges := []*wire.Exchange{s.createToken(8, 5)}
		for i := range 500 {
			exchanges = append(exchanges, s.createToken(100+i, 5))
		}
		return append(exchanges, s.get("/projects/21/repository/files/x", fmt.Sprintf(`{"content":%q}`, secretOf(8))))
	}},
	{"as what it is made of", older, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{answer(s.readToken(8, 5), `"agent_id":5`, `"agent_id":5,"token_encrypted":"c2FsdGVkX18="`)}
	}},
	{"as its SHA-256", older, leak(func(x *wire.Exchange, secret string) {
		header(x, "X-Token", fmt.Sprintf("%x", sha256.Sum256([]byte(secret))))
	})},
	{"as its SHA-256 in base64", older, leak(func(x *wire.Exchange, secret string) {
		digest := sha256.Sum256([]byte(secret))
		header(x, "X-Token", base64.StdEncoding.EncodeToString(digest[:]))
	})},
	{"in small letters", older, leak(func(x *wire.Exchange, secret string) { header(x, "X-Token", strings.ToLower(secret)) })},
	{"without its ends", older, leak(func(x *wire.Exchange, secret string) { header(x, "X-Token", secret[14:52]) })},
	{"in an answer that is none of the eight", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.createToken(8, 5), s.get("/events", fmt.Sprintf(`[{"note":%q}]`, secretOf(8)))}
	}},
}

// leak shows the secret of token 8 in a list of tokens that is read afterwards.
func leak(show func(x *wire.Exchange, secret string)) func(s *stream) []*wire.Exchange {
	return func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.createToken(8, 5), with(s.listTokens(5, 8), func(x *wire.Exchange) { show(x, secretOf(8)) })}
	}
}

func TestJudgingRulesNoticeWhatIsBroken(t *testing.T) {
	t.Parallel()
	other := map[string]Outcome{
		"document/undeclared-property": Drift, "document/request": Error, "document/response": Inconclusive,
	}
	for id, cases := range broken {
		want, ok := other[id]
		if !ok {
			want = Violation
		}
		for _, c := range cases {
			t.Run(id+"/"+c.what, func(t *testing.T) {
				t.Parallel()
				_, found := judged(t, c.options, c.stream(newStream())...)
				i := slices.IndexFunc(found, func(f Finding) bool { return f.Rule == id })
				require.GreaterOrEqual(t, i, 0, "found %v", found)
				assert.Equal(t, want, found[i].Outcome)
				assert.NotEmpty(t, found[i].Expected)
				assert.NotEmpty(t, found[i].Actual)
				for _, f := range found {
					for _, text := range []string{f.Expected, f.Actual, f.Evidence.URL, f.Evidence.Repeat} {
						assert.NotContains(t, text, secretOf(8)[8:40])
						assert.NotContains(t, text, "01234567890123456789")
					}
				}
			})
		}
	}
	for _, rule := range Catalogue() {
		if rule.Judge != nil {
			assert.NotEmpty(t, broken[rule.ID], "no broken stream sets off %s", rule.ID)
		}
	}
}

func TestFindingsOfAListAreToldOnce(t *testing.T) {
	t.Parallel()
	var ids []int
	for i := range 20 {
		ids = append(ids, i+1)
	}
	s := newStream()
	_, found := judged(t, JudgeOptions{}, with(s.listAgents(ids...), func(x *wire.Exchange) {
		x.Request.URL.Path = "/api/v4/projects/21/cluster_agents"
	}))
	of := 0
	for _, f := range found {
		if f.Rule == "agents/project-matches-path" {
			of++
			assert.Contains(t, f.Actual, "19 more")
		}
	}
	assert.Equal(t, 1, of)
}

func TestAFindingMaySpeakOfAnEarlierExchange(t *testing.T) {
	t.Parallel()
	s := newStream()
	_, found := judged(t, JudgeOptions{}, s.readAgent(5, "a5"), s.listAgents(1), s.listAgents(1, 2), s.readAgent(5, "a5"))
	require.Len(t, found, 1)
	assert.Equal(t, 2, found[0].Exchange, "the last list without it")
	assert.Equal(t, "listAgents", found[0].Operation)
	assert.Equal(t, "https://gitlab.example.com/api/v4/projects/20/cluster_agents", found[0].Evidence.URL)
	assert.Contains(t, found[0].Evidence.Repeat, "curl")
	assert.NotEmpty(t, found[0].Evidence.RequestID)
}

func TestARuleThatPanicsIsAnErrorOfOurs(t *testing.T) {
	t.Parallel()
	const secret = "correct-horse-battery-staple"
	redactor := redact.New()
	redactor.Learn(secret)
	judge, err := NewJudge(JudgeOptions{Redactor: redactor, Rules: []Rule{
		{ID: "test/panics", Judge: func(*History, *Exchange) bool { panic("what a " + secret) }},
		{ID: "test/passes", Judge: func(*History, *Exchange) bool { return true }},
	}})
	require.NoError(t, err)
	assert.Empty(t, judge.Observe(newStream().readAgent(5, "a5")))
	result := judge.Result()
	assert.Equal(t, Error, result.Rules[0].Outcome)
	assert.Contains(t, result.Rules[0].Reason, "the rule panicked: what a [redacted]")
	assert.NotContains(t, result.Rules[0].Reason, secret)
	assert.Equal(t, Pass, result.Rules[1].Outcome)
	assert.Equal(t, Failed, result.Exit(false))
}

func TestAQuotationDoesNotEndInsideASecret(t *testing.T) {
	t.Parallel()
	s := newStream()
	const secret = "zK4vQ9wT2xY7uB1nM5cD8eF3gH6jL0pR"
	for at := 100; at < 170; at++ {
		x := with(s.refused("GET", agentPath(5), "", 404, strings.Repeat("-", at)+secret), func(x *wire.Exchange) {
			x.Request.Header.Set("Private-Token", secret)
		})
		_, found := judged(t, JudgeOptions{}, x)
		require.NotEmpty(t, found)
		for _, f := range found {
			for n := 4; n < len(secret); n++ {
				assert.NotContains(t, f.Actual, secret[:n], "with %d characters before it", at)
			}
		}
	}
}

func TestServersAreForgotten(t *testing.T) {
	t.Parallel()
	judge, err := NewJudge(JudgeOptions{})
	require.NoError(t, err)
	s := newStream()
	for i := range 10 * maxServers {
		s.base = fmt.Sprintf("https://host-%d.example.com", i)
		judge.Observe(s.readAgent(5, fmt.Sprintf("a%d", i)))
	}
	servers := 0
	judge.histories.each(func(string, *History) { servers++ })
	assert.LessOrEqual(t, servers, maxServers)
	assert.Empty(t, judge.Result().Findings)

	s.base = "https://elsewhere.example.com"
	judge.Observe(s.exchange("GET", "/user", "", 200, "{}"))
	_, ok := judge.histories.get(s.base)
	assert.False(t, ok, "a server that answers none of the operations is not remembered")
}

func TestExit(t *testing.T) {
	t.Parallel()
	must, should := &Rule{Level: Must}, &Rule{Level: Should}
	pass := RuleResult{Rule: must, Outcome: Pass}
	for _, c := range []struct {
		what           string
		result         Result
		lenient, eager Exit
	}{
		{"nothing", Result{}, TooLittle, TooLittle},
		{"a pass", Result{Rules: []RuleResult{pass}}, Conformant, Conformant},
		{"only a SHOULD", Result{Rules: []RuleResult{{Rule: should, Outcome: Pass}}}, TooLittle, TooLittle},
		{"untested", Result{Rules: []RuleResult{{Rule: must, Outcome: Untested}}}, TooLittle, TooLittle},
		{"inconclusive", Result{Rules: []RuleResult{{Rule: must, Outcome: Inconclusive}}}, TooLittle, TooLittle},
		{"a violated MUST", Result{Rules: []RuleResult{pass, {Rule: must, Outcome: Violation}}}, Violated, Violated},
		{"a violated SHOULD", Result{Rules: []RuleResult{pass, {Rule: should, Outcome: Violation}}}, Conformant, Violated},
		{"known to fail", Result{Rules: []RuleResult{pass, {Rule: must, Outcome: Violation, Known: true}}}, Conformant, Conformant},
		{"known to fail, and does not", Result{Rules: []RuleResult{{Rule: must, Outcome: Pass, Known: true, Stale: true}}}, Violated, Violated},
		{"left behind", Result{Rules: []RuleResult{pass}, Left: []string{"agent 1"}}, Failed, Failed},
		{"left behind, and a violation", Result{Rules: []RuleResult{{Rule: must, Outcome: Violation}}, Left: []string{"agent 1"}}, Violated, Violated},
		{"an error in a run", Result{Run: "x", Rules: []RuleResult{pass, {Rule: must, Outcome: Error}}}, Failed, Failed},
		{"a caller's error in a recording", Result{Rules: []RuleResult{pass, {Rule: must, Outcome: Error}}}, Conformant, Conformant},
		{"drift", Result{Rules: []RuleResult{pass, {Rule: should, Outcome: Drift}}}, Conformant, Conformant},
	} {
		assert.Equal(t, c.lenient, c.result.Exit(false), c.what)
		assert.Equal(t, c.eager, c.result.Exit(true), c.what+", strictly")
	}
}

func TestMomentsThatOverlapHaveNoOrder(t *testing.T) {
	t.Parallel()
	at := func(index int, start, end time.Duration) moment {
		begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		return moment{index, begin.Add(start), begin.Add(end)}
	}
	assert.True(t, at(1, 0, 5).before(at(2, 5, 9)))
	assert.False(t, at(1, 0, 6).before(at(2, 5, 9)), "they overlap")
	assert.False(t, at(2, 0, 5).before(at(1, 5, 9)), "the source has them the other way round")
	assert.True(t, moment{index: 1}.before(moment{index: 2}), "without times the order of the source counts")
	assert.False(t, moment{index: 2}.before(moment{index: 2}))
	assert.Equal(t, at(2, 5, 9), later(at(1, 0, 5), at(2, 5, 9)))
}
