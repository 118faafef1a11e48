package rules_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/internal/rules"
	"example.com/gitlab-agents/contract/wire"
)

// brokenStream is a stream of a server that does one thing wrong.
type brokenStream struct {
	what    string
	version rule.Version
	stream  func(s *stream) exchanges
}

// broken are streams of servers that do one thing wrong, by the rule that has to notice.
var broken = map[string][]brokenStream{
	"document/status": {{"a status that is not listed", newest, func(s *stream) exchanges {
		return exchanges{s.refused("GET", agentPath(5), "", 418, "418 I'm a teapot")}
	}}},
	"document/content-type": {{"HTML", newest, func(s *stream) exchanges {
		return exchanges{header(s.readAgent(5, "a5"), "Content-Type", "text/html")}
	}}},
	"document/json": {{"a body that breaks off", newest, func(s *stream) exchanges {
		return exchanges{s.get(agentPath(5), `{"id":5`)}
	}}},
	"document/body": {{"an id of another type", newest, func(s *stream) exchanges {
		return exchanges{answer(s.readAgent(5, "a5"), `{"id":5,`, `{"id":"5",`)}
	}}},
	"document/headers": {{"no X-Page", newest, func(s *stream) exchanges {
		return exchanges{header(s.listAgents(1), "X-Page", "")}
	}}},
	"document/no-content": {{"a body with 204", newest, func(s *stream) exchanges {
		return exchanges{s.exchange("DELETE", agentPath(5), "", 204, "{}")}
	}}},
	"document/undeclared-property": {{"one property more", newest, func(s *stream) exchanges {
		return exchanges{answer(s.readAgent(5, "a5"), `"id":5,`, `"id":5,"colour":"red",`)}
	}}},
	"document/request": {{"a name that cannot be", newest, func(s *stream) exchanges {
		return exchanges{s.refused("POST", agents, `{"name":"A b"}`, 400, "400 Bad request")}
	}}},
	"document/response": {{"no answer", newest, func(s *stream) exchanges {
		return exchanges{with(s.readAgent(5, "a5"), func(x *wire.Exchange) { x.Response, x.Err = nil, errReset })}
	}}},

	"agents/id-matches-path": {{"another agent", newest, func(s *stream) exchanges {
		return exchanges{s.get(agentPath(5), agentText(6, "a6"))}
	}}},
	"agents/project-matches-path": {
		{"another project's id", newest, func(s *stream) exchanges {
			return exchanges{s.get("/projects/21/cluster_agents/5", agentText(5, "a5"))}
		}},
		{"another project's path", newest, func(s *stream) exchanges {
			return exchanges{s.get("/projects/root%2Fother/cluster_agents", list(agentText(5, "a5")))}
		}},
	},
	"agents/project-names-agree": {{"a path that ends otherwise", newest, func(s *stream) exchanges {
		return exchanges{answer(s.readAgent(5, "a5"), `"path":"test"`, `"path":"best"`)}
	}}},
	"agents/create-keeps-name": {{"another name", newest, func(s *stream) exchanges {
		return exchanges{s.post(agents, `{"name":"prod"}`, agentText(5, "production"))}
	}}},
	"agents/id-fresh": {
		{"an id that was listed", newest, func(s *stream) exchanges {
			return exchanges{s.listAgents(5), s.createAgent(5, "b")}
		}},
		{"the id of a deleted agent", newest, func(s *stream) exchanges {
			return exchanges{s.createAgent(5, "a5"), s.remove(agentPath(5)), answer(s.createAgent(5, "a5"), createdAt, "2022-05-01T00:00:00.000Z")}
		}},
	},
	"agents/timestamps": {{"a time without decimals", newest, func(s *stream) exchanges {
		return exchanges{answer(s.readAgent(5, "a5"), createdAt, "2022-04-20T20:42:40Z")}
	}}},
	"agents/never-change": {
		{"the name", newest, func(s *stream) exchanges {
			return exchanges{s.createAgent(5, "a5"), s.readAgent(5, "b")}
		}},
		{"the time of creation", newest, func(s *stream) exchanges {
			return exchanges{s.listAgents(5), answer(s.listAgents(5), createdAt, "2022-04-20T20:42:40.222Z")}
		}},
		{"the project", newest, func(s *stream) exchanges {
			moved := strings.Replace(agentText(5, "a5"), `"config_project":{"id":20`, `"config_project":{"id":21`, 1)
			return exchanges{s.readAgent(5, "a5"), s.get(agentPath(5), moved)}
		}},
	},
	"agents/listed": {
		{"a list without an agent that is read before and after", newest, func(s *stream) exchanges {
			return exchanges{s.readAgent(5, "a5"), s.listAgents(1), s.readAgent(5, "a5")}
		}},
		{"a list without an agent that was created and is listed later", newest, func(s *stream) exchanges {
			return exchanges{s.createAgent(5, "a5"), s.listAgents(1), s.listAgents(1, 5)}
		}},
	},
	"agents/listed-once": {
		{"an id twice", newest, func(s *stream) exchanges { return exchanges{s.listAgents(5, 5)} }},
		{"a name twice", newest, func(s *stream) exchanges {
			return exchanges{s.get(agents, list(agentText(1, "a"), agentText(2, "a")))}
		}},
	},
	"agents/sorted-by-name": {{"the order of creation", newest, func(s *stream) exchanges {
		return exchanges{s.get(agents, list(agentText(1, "b"), agentText(2, "a")))}
	}}},
	"agents/deleted-stays-gone": {
		{"read", newest, func(s *stream) exchanges {
			return exchanges{s.readAgent(5, "a5"), s.remove(agentPath(5)), s.readAgent(5, "a5")}
		}},
		{"listed", newest, func(s *stream) exchanges {
			return exchanges{s.listAgents(4, 5), s.remove(agentPath(5)), s.listAgents(4, 5)}
		}},
		{"deleted again", newest, func(s *stream) exchanges {
			return exchanges{s.remove(agentPath(5)), s.remove(agentPath(5))}
		}},
		{"its tokens listed", newest, func(s *stream) exchanges {
			return exchanges{s.remove(agentPath(5)), s.listTokens(5, 7)}
		}},
		{"its token read", newest, func(s *stream) exchanges {
			return exchanges{s.remove(agentPath(5)), s.readToken(7, 5)}
		}},
		{"a token made for it", newest, func(s *stream) exchanges {
			return exchanges{s.remove(agentPath(5)), s.createToken(7, 5)}
		}},
	},
	"agents/is-receptive-on-ee": {{"it is missing", newest, func(s *stream) exchanges {
		return exchanges{s.metadata("19.1.0-ee", true), s.readAgent(5, "a5")}
	}}},
	"agents/no-is-receptive-on-ce": {{"it is there", newest, func(s *stream) exchanges {
		return exchanges{s.metadata("19.1.0", false), answer(s.readAgent(5, "a5"), `"created_by`, `"is_receptive":true,"created_by`)}
	}}},
	"delivery/answered-by-gitlab": {{"a proxy that asks for a password", newest, func(s *stream) exchanges {
		return exchanges{proxyAuth(s)}
	}}},
	"agent-names/free-again": {{"the name of a deleted agent is taken", newest, func(s *stream) exchanges {
		return exchanges{s.createAgent(5, "a5"), s.remove(agentPath(5)), nameTaken(s, "a5")}
	}}},
	"agent-names/enforced": {
		{"upper case", newest, func(s *stream) exchanges { return exchanges{s.createAgent(5, "A")} }},
		{"null", newest, func(s *stream) exchanges {
			return exchanges{s.post(agents, `{"name":null}`, agentText(5, "a"))}
		}},
		{"64 characters", newest, func(s *stream) exchanges {
			return exchanges{s.createAgent(5, strings.Repeat("a", 64))}
		}},
		{"a line break", newest, func(s *stream) exchanges { return exchanges{s.createAgent(5, "a\n")} }},
	},

	"tokens/agent-matches-path": {{"another agent's", newest, func(s *stream) exchanges {
		return exchanges{s.get(tokensPath(5), list(tokenText(8, 6, "")))}
	}}},
	"tokens/id-matches-path": {{"another token", newest, func(s *stream) exchanges {
		return exchanges{s.get(tokenPath(5, 8), tokenText(9, 5, unused))}
	}}},
	"tokens/create-keeps-input": {
		{"a name made shorter", newest, func(s *stream) exchanges {
			return exchanges{answer(s.createToken(8, 5), `"name":"ci"`, `"name":"c"`)}
		}},
		{"a description left out", newest, func(s *stream) exchanges {
			return exchanges{answer(s.createToken(8, 5), `"Some token"`, `null`)}
		}},
		{"a description escaped", newest, func(s *stream) exchanges {
			return exchanges{with(s.createToken(8, 5), func(x *wire.Exchange) {
				x.Request.Body = []byte(`{"name":"ci","description":"a & b"}`)
				answer(x, "Some token", "a &amp; b")
			})}
		}},
		{"a description made up", newest, func(s *stream) exchanges {
			return exchanges{with(s.createToken(8, 5), func(x *wire.Exchange) { x.Request.Body = []byte(`{"name":"ci"}`) })}
		}},
		{"a form's name changed", newest, func(s *stream) exchanges {
			return exchanges{with(s.createToken(8, 5), func(x *wire.Exchange) {
				x.Request.Body = []byte(`name=a+b&description=Some+token`)
				x.Request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				answer(x, `"name":"ci"`, `"name":"a+b"`)
			})}
		}},
	},
	"tokens/create-is-active-and-unused": {
		{"revoked", newest, func(s *stream) exchanges {
			return exchanges{answer(s.createToken(8, 5), `"active"`, `"revoked"`)}
		}},
		{"used", newest, func(s *stream) exchanges {
			return exchanges{answer(s.createToken(8, 5), `"last_used_at":null`, `"last_used_at":"2022-04-20T20:42:40.222Z"`)}
		}},
	},
	"tokens/id-fresh": {{"an id that was listed", newest, func(s *stream) exchanges {
		return exchanges{s.listTokens(5, 8), s.createToken(8, 5)}
	}}},
	"tokens/never-change": {
		{"the name", newest, func(s *stream) exchanges {
			return exchanges{s.createToken(8, 5), answer(s.readToken(8, 5), `"ci"`, `"cd"`)}
		}},
		{"the description", newest, func(s *stream) exchanges {
			return exchanges{s.listTokens(5, 8), answer(s.readToken(8, 5), `"Some token"`, `""`)}
		}},
		{"the description, to null", newest, func(s *stream) exchanges {
			return exchanges{s.readToken(8, 5), answer(s.listTokens(5, 8), `"Some token"`, `null`)}
		}},
		{"the agent", newest, func(s *stream) exchanges {
			return exchanges{s.readToken(8, 5), s.readToken(8, 6)}
		}},
	},
	"tokens/active-listed": {{"a list without a token that is read before and after", newest, func(s *stream) exchanges {
		return exchanges{s.createToken(8, 5), s.listTokens(5, 9), s.readToken(8, 5)}
	}}},
	"tokens/listed-once": {{"twice", newest, func(s *stream) exchanges {
		return exchanges{s.listTokens(5, 8, 8)}
	}}},
	"tokens/limits-enforced": {
		{"a blank name", newest, func(s *stream) exchanges {
			return exchanges{s.post(tokensPath(5), `{"name":" "}`, tokenText(8, 5, unused))}
		}},
		{"a long description", newest, func(s *stream) exchanges {
			return exchanges{s.post(tokensPath(5), fmt.Sprintf(`{"name":"a","description":%q}`, strings.Repeat("é", 1025)), tokenText(8, 5, unused))}
		}},
	},

	"tokens/secret-only-on-create": leaks,
	"tokens/secret-on-create": {{"none", newest, func(s *stream) exchanges {
		return exchanges{answer(s.createToken(8, 5), fmt.Sprintf(`,"token":%q`, secretOf(8)), "")}
	}}},
	"tokens/secret-unique": {{"the same again", newest, func(s *stream) exchanges {
		return exchanges{s.createToken(8, 5), answer(s.createToken(9, 6), secretOf(9), secretOf(8))}
	}}},
	"tokens/secret-strength": {
		{"short", newest, func(s *stream) exchanges {
			return exchanges{answer(s.createToken(8, 5), secretOf(8), secretOf(8)[:39])}
		}},
		{"another alphabet", newest, func(s *stream) exchanges {
			return exchanges{answer(s.createToken(8, 5), secretOf(8), secretOf(8)[:57]+"+")}
		}},
		{"only hexadecimal digits", older, func(s *stream) exchanges {
			return exchanges{answer(s.createToken(8, 5), secretOf(8), "glagent-"+strings.Repeat("0123456789abcdef", 4)[:50])}
		}},
		{"only capitals", older, func(s *stream) exchanges {
			return exchanges{answer(s.createToken(8, 5), secretOf(8), "glagent-"+strings.Repeat("0123456789ABCDEF", 4)[:50])}
		}},
		{"what follows z", newest, func(s *stream) exchanges {
			return exchanges{answer(s.createToken(8, 5), secretOf(8), secretOf(8)[:57]+"{")}
		}},
		{"what follows Z", newest, func(s *stream) exchanges {
			return exchanges{answer(s.createToken(8, 5), secretOf(8), secretOf(8)[:57]+"[")}
		}},
		{"what follows 9", newest, func(s *stream) exchanges {
			return exchanges{answer(s.createToken(8, 5), secretOf(8), secretOf(8)[:57]+":")}
		}},
	},
	"tokens/secret-prefix": {
		{"none", newest, func(s *stream) exchanges {
			return exchanges{answer(s.createToken(8, 5), "glagent-", "glagent_")}
		}},
		{"in the middle of a word", newest, func(s *stream) exchanges {
			return exchanges{answer(s.createToken(8, 5), "glagent-", "xglagent-")}
		}},
	},
	"tokens/secret-length": {{"a UUID", newest, func(s *stream) exchanges {
		return exchanges{answer(s.createToken(8, 5), secretOf(8), "glagent-01234567-89AB-cdef-0123-456789abcdef")}
	}}, {"one less", older, func(s *stream) exchanges {
		return exchanges{answer(s.createToken(8, 5), secretOf(8), secretOf(8)[:57])}
	}}},
	"tokens/secret-checksum": {
		{"no checksum", newest, func(s *stream) exchanges {
			secret := routableSecret(payload)
			return exchanges{answer(s.createToken(8, 5), secretOf(8), secret[:len(secret)-1]+"?")}
		}},
		{"a wrong checksum", newest, func(s *stream) exchanges {
			return exchanges{answer(s.createToken(8, 5), secretOf(8), strings.Replace(routableSecret(payload), "bzox", "bzoy", 1))}
		}},
		{"a wrong length", newest, func(s *stream) exchanges {
			return exchanges{answer(s.createToken(8, 5), secretOf(8), routableSecretOf("glagent-", payload, len(payload)+1))}
		}},
		{"a payload cut short", newest, func(s *stream) exchanges {
			return exchanges{answer(s.createToken(8, 5), secretOf(8), strings.Replace(routableSecret(payload), "bzox", "", 1))}
		}},
	},
	"tokens/revoked-not-listed": {{"it is", newest, func(s *stream) exchanges {
		return exchanges{s.remove(tokenPath(5, 8)), s.listTokens(5, 8)}
	}}},
	"tokens/revoked-not-readable": {{"it is", newest, func(s *stream) exchanges {
		return exchanges{s.createToken(8, 5), s.remove(tokenPath(5, 8)), s.readToken(8, 5)}
	}}},
	"tokens/only-active-shown": {{"a revoked one", newest, func(s *stream) exchanges {
		return exchanges{answer(s.listTokens(5, 8), `"active"`, `"revoked"`)}
	}}},
	"tokens/revoked-stays-revoked": {{"active again", rule.Version{Release: rule.GitLab(15, 0)}, func(s *stream) exchanges {
		return exchanges{s.remove(tokenPath(5, 8)), s.readToken(8, 5)}
	}}},

	"tokens/last-use-not-listed": {{"it is", older, func(s *stream) exchanges {
		return exchanges{s.get(tokensPath(5), list(tokenText(8, 5, unused)))}
	}}},
	"authentication/token-not-shown": {
		{"in a header", older, func(s *stream) exchanges {
			return exchanges{header(s.readAgent(5, "a5"), "X-Debug", "token=glpat-01234567890123456789")}
		}},
		{"in the body", older, func(s *stream) exchanges {
			return exchanges{s.refused("GET", agentPath(5), "", 404, "404 Not found for glpat-01234567890123456789")}
		}},
		{"the shortest", older, func(s *stream) exchanges {
			return exchanges{with(s.refused("GET", agentPath(5), "", 404, "404 Not found for glpat-123456"), func(x *wire.Exchange) {
				x.Request.Header = http.Header{"Private-Token": {"glpat-123456"}}
			})}
		}},
		{"that came as a bearer's", older, func(s *stream) exchanges {
			return exchanges{with(s.refused("GET", agentPath(5), "", 404, "404 Not found for glpat-01234567890123456789"), func(x *wire.Exchange) {
				x.Request.Header = http.Header{"Authorization": {"Bearer glpat-01234567890123456789"}}
			})}
		}},
	},

	"errors/message-names-status": {{"another status", newest, func(s *stream) exchanges {
		return exchanges{s.refused("GET", agentPath(5), "", 404, "403 Forbidden")}
	}}},
	"errors/key": {
		{"a record that is missing, under error", newest, func(s *stream) exchanges {
			return exchanges{s.exchange("GET", agentPath(5), "", 404, `{"error":"404 Not found"}`)}
		}},
		{"a parameter that is wrong, under message", newest, func(s *stream) exchanges {
			return exchanges{s.refused("GET", agents+"?page=a", "", 400, "page is invalid")}
		}},
	},
	"errors/text": {
		{"other words", newest, func(s *stream) exchanges {
			return exchanges{s.refused("GET", agentPath(5), "", 401, "401 Who are you?")}
		}},
		{"another content type", newest, func(s *stream) exchanges {
			return exchanges{s.exchange("POST", agents, "x", 415, `{"error":"415 Unsupported Media Type"}`)}
		}},
	},
	"errors/parameter-text": {{"other words", newest, func(s *stream) exchanges {
		return exchanges{s.exchange("GET", agents+"?page=a", "", 400, `{"error":"page must be a number"}`)}
	}}},
	"errors/not-found-text": {
		{"other words", newest, func(s *stream) exchanges {
			return exchanges{s.refused("GET", agentPath(5), "", 404, "404 Agent Not Found")}
		}},
		{"the other spelling", newest, func(s *stream) exchanges {
			return exchanges{s.refused("GET", agentPath(5), "", 404, "404 Not Found")}
		}},
	},
	"errors/no-internal-error": {{"500", newest, func(s *stream) exchanges {
		return exchanges{s.refused("GET", agentPath(5), "", 500, "500 Internal Server Error")}
	}}},
	"errors/model-errors-are-one-text": {{"without what is wrong", newest, func(s *stream) exchanges {
		return exchanges{s.refused("POST", agents, `{"name":"a"}`, 400, "400 Name has already been taken")}
	}}},

	"pagination/page-as-asked": {
		{"another page", newest, func(s *stream) exchanges {
			return exchanges{with(s.listAgents(1), func(x *wire.Exchange) { x.Request.URL.RawQuery = "page=2" })}
		}},
		{"another size", newest, func(s *stream) exchanges {
			return exchanges{with(s.listAgents(1), func(x *wire.Exchange) { x.Request.URL.RawQuery = "per_page=5" })}
		}},
	},
	"pagination/page-size": {
		{"too many", newest, func(s *stream) exchanges {
			return exchanges{with(s.listAgents(1, 2, 3), func(x *wire.Exchange) {
				x.Request.URL.RawQuery = "per_page=2"
				pageHeadersOf(x, 1, 2, 3)
			})}
		}},
	},
	"pagination/totals": {
		{"more pages than there are", newest, func(s *stream) exchanges {
			return exchanges{header(s.listAgents(1, 2), "X-Total-Pages", "3")}
		}},
		{"no pages", newest, func(s *stream) exchanges {
			return exchanges{header(s.get(agents, "[]"), "X-Total-Pages", "0")}
		}},
	},
	"pagination/neighbours": {
		{"a next page after the last", newest, func(s *stream) exchanges {
			return exchanges{header(s.listAgents(1), "X-Next-Page", "2")}
		}},
		{"the page itself", newest, func(s *stream) exchanges {
			return exchanges{with(s.listAgents(1, 2), func(x *wire.Exchange) {
				x.Request.URL.RawQuery = "per_page=2"
				pageHeadersOf(x, 1, 2, 3)
				header(x, "X-Next-Page", "1")
			})}
		}},
	},
	"pagination/link": {
		{"none", newest, func(s *stream) exchanges {
			return exchanges{header(s.listAgents(1), "Link", `<https://gitlab.example.com/>; rel="next"`)}
		}},
		{"another last page", newest, func(s *stream) exchanges {
			return exchanges{with(s.listAgents(1), func(x *wire.Exchange) {
				header(x, "Link", strings.Replace(x.Response.Header.Get("Link"), `page=1&per_page=20>; rel="last"`, `page=2&per_page=20>; rel="last"`, 1))
			})}
		}},
	},
	"pagination/link-parameters": {{"another page size", newest, func(s *stream) exchanges {
		return exchanges{with(s.listAgents(1), func(x *wire.Exchange) {
			header(x, "Link", strings.ReplaceAll(x.Response.Header.Get("Link"), "per_page=20", "per_page=30"))
		})}
	}}},

	"pagination/link-repeats-path": {{"no agent_id", newest, func(s *stream) exchanges {
		return exchanges{with(s.listTokens(5, 8), func(x *wire.Exchange) {
			header(x, "Link", strings.ReplaceAll(x.Response.Header.Get("Link"), "agent_id=5", "agent=5"))
		})}
	}}},

	"headers/never-public": {{"public", newest, func(s *stream) exchanges {
		return exchanges{header(s.readAgent(5, "a5"), "Cache-Control", "public, max-age=60")}
	}}},
	"headers/cache-control": {{"none", newest, func(s *stream) exchanges {
		return exchanges{header(s.readAgent(5, "a5"), "Cache-Control", "")}
	}}},
	"headers/etag": {{"a strong one", newest, func(s *stream) exchanges {
		return exchanges{header(s.readAgent(5, "a5"), "ETag", `"1"`)}
	}}},
	"headers/request-id": {{"none", newest, func(s *stream) exchanges {
		return exchanges{header(s.readAgent(5, "a5"), "X-Request-Id", "")}
	}}},
	"headers/nosniff": {{"none", newest, func(s *stream) exchanges {
		return exchanges{header(s.readAgent(5, "a5"), "X-Content-Type-Options", "")}
	}}},
	"headers/no-location": {{"one", newest, func(s *stream) exchanges {
		return exchanges{header(s.createAgent(5, "a5"), "Location", "/api/v4/projects/20/cluster_agents/5")}
	}}},
	"conditional/etag-tells-apart": {{"one for all", newest, func(s *stream) exchanges {
		return exchanges{header(s.listAgents(1), "ETag", `W/"1"`), header(s.listAgents(1, 2), "ETag", `W/"1"`)}
	}}},
	"conditional/304-only-when-asked": {{"unasked", newest, func(s *stream) exchanges {
		return exchanges{s.exchange("GET", agentPath(5), "", 304, "")}
	}}},
	"conditional/412-only-when-asked": {{"unasked", newest, func(s *stream) exchanges {
		return exchanges{s.refused("DELETE", agentPath(5), "", 412, "412 Precondition Failed")}
	}}},
}

func TestEachJudgingRuleFindsItsBreach(t *testing.T) {
	t.Parallel()
	other := map[string]rule.Outcome{
		"document/undeclared-property": rule.Drift, "document/request": rule.Error, "document/response": rule.Inconclusive,
		"agent-names/free-again": rule.Inconclusive, // another user may have taken the name
	}
	for id, cases := range broken {
		want, ok := other[id]
		if !ok {
			want = rule.Violation
		}
		for _, c := range cases {
			t.Run(id+"/"+c.what, func(t *testing.T) {
				t.Parallel()
				all := judged(t, c.version, c.stream(newStream())...).Findings
				found := under(all, id)
				require.NotEmpty(t, found, "found %v", all)
				assert.Equal(t, want, found[0].Outcome)
				assert.NotEmpty(t, found[0].Expected)
				assert.NotEmpty(t, found[0].Actual)
				for _, f := range all {
					for _, text := range []string{f.Expected, f.Actual, f.Evidence.URL, f.Evidence.Repeat} {
						assert.NotContains(t, text, secretOf(8)[8:40])
						assert.NotContains(t, text, "01234567890123456789")
					}
				}
			})
		}
	}
	for _, entry := range rules.Catalogue() {
		if entry.Judge != nil {
			assert.NotEmpty(t, broken[entry.Rule.ID], "no broken stream sets off %s", entry.Rule.ID)
		}
	}
}
