package rules_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/wire"
)

func TestWhatFindingsSay(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 256)
	for _, c := range []struct {
		rule              string
		version           rule.Version
		pointer, expected string
		actual            string
		stream            func(s *stream) exchanges
	}{
		{"tokens/limits-enforced", older, "", "400, for a blank name", "201", func(s *stream) exchanges {
			return exchanges{s.post(tokensPath(5), `{"name":" "}`, tokenText(8, 5, unused+`,"token":"`+secretOf(8)+`"`))}
		}},
		{"tokens/limits-enforced", older, "", "400, for a name of 256 characters", "201", func(s *stream) exchanges {
			return exchanges{s.post(tokensPath(5), `{"name":"`+long+`"}`, tokenText(8, 5, unused+`,"token":"`+secretOf(8)+`"`))}
		}},
		{"tokens/limits-enforced", older, "", "400, for a description of 1280 characters", "201", func(s *stream) exchanges {
			return exchanges{s.post(tokensPath(5), `{"name":"a","description":"`+strings.Repeat(long, 5)+`"}`, tokenText(8, 5, unused+`,"token":"`+secretOf(8)+`"`))}
		}},
		{"tokens/secret-unique", older, "/token", "a secret of its own", "a part of the secret that exchange #0 created", func(s *stream) exchanges {
			return exchanges{s.createToken(8, 5), answer(s.createToken(9, 5), secretOf(9), "glagent-"+secretOf(8)[8:40]+secretOf(9)[40:])}
		}},
		{"pagination/link-parameters", older, "", `no parameter in the link rel="first" but those that were sent, and the page`, `the parameter "token"`, func(s *stream) exchanges {
			return exchanges{with(s.listAgents(1), func(x *wire.Exchange) {
				header(x, "Link", strings.ReplaceAll(x.Response.Header.Get("Link"), "page=1&per", "page=1&token=x&per"))
			})}
		}},
		{"tokens/create-keeps-input", older, "/description", "null, as none was sent", "a string of 10 characters", func(s *stream) exchanges {
			return exchanges{s.post(tokensPath(5), `{"name":"ci","description":null}`, tokenText(8, 5, unused+`,"token":"`+secretOf(8)+`"`))}
		}},
		{"tokens/create-keeps-input", older, "/name", "the name that was sent, 2 characters", "2 characters, which differ from character 1 on", func(s *stream) exchanges {
			return exchanges{answer(s.createToken(8, 5), `"ci"`, `"CI"`)}
		}},
		{"tokens/create-keeps-input", older, "/name", "the name that was sent, 2 characters", "3 characters, which differ from character 3 on", func(s *stream) exchanges {
			return exchanges{answer(s.createToken(8, 5), `"ci"`, `"ci!"`)}
		}},
		{"tokens/create-keeps-input", older, "/name", "the name that was sent, 2 characters", "1 character, which differ from character 2 on", func(s *stream) exchanges {
			return exchanges{answer(s.createToken(8, 5), `"ci"`, `"c"`)}
		}},
		{"tokens/agent-matches-path", older, "/1/agent_id", "5", "6", func(s *stream) exchanges {
			return exchanges{s.get(tokensPath(5), list(tokenText(8, 5, ""), tokenText(9, 6, "")))}
		}},
		{"tokens/agent-matches-path", older, "/agent_id", "5", "6", func(s *stream) exchanges {
			return exchanges{s.get(tokenPath(5, 9), tokenText(9, 6, unused))}
		}},
		{"tokens/never-change", older, "/description", "the description it was first returned with, null", "a string of 0 characters", func(s *stream) exchanges {
			return exchanges{answer(s.readToken(8, 5), `"Some token"`, "null"), answer(s.readToken(8, 5), `"Some token"`, `""`)}
		}},
		{"tokens/never-change", older, "/created_at", `"2022-04-20T20:42:40.221Z"`, `"2022-04-20T20:42:40.222Z"`, func(s *stream) exchanges {
			return exchanges{s.readToken(8, 5), answer(s.readToken(8, 5), "40.221Z", "40.222Z")}
		}},
		{"tokens/never-change", older, "/created_by_user_id", "42", "43", func(s *stream) exchanges {
			return exchanges{s.readToken(8, 5), answer(s.readToken(8, 5), `_id":42`, `_id":43`)}
		}},
		{"tokens/revoked-not-readable", older, "", "404, as exchange #0 revoked the token", "304", func(s *stream) exchanges {
			return exchanges{s.remove(tokenPath(5, 8)), s.exchange("GET", tokenPath(5, 8), "", 304, "")}
		}},
		{"agents/never-change", older, "/created_by_user_id", "42", "43", func(s *stream) exchanges {
			return exchanges{s.readAgent(5, "a5"), answer(s.readAgent(5, "a5"), `_id":42`, `_id":43`)}
		}},
		{"agents/create-keeps-name", older, "/name", `"a5"`, `"A 5"`, func(s *stream) exchanges {
			return exchanges{answer(s.createAgent(5, "a5"), `"a5"`, `"A 5"`)}
		}},
		{"agents/deleted-stays-gone", older, "", "404, as exchange #0 deleted the agent", "304", func(s *stream) exchanges {
			return exchanges{s.remove(agentPath(5)), s.exchange("GET", agentPath(5), "", 304, "")}
		}},
		{"pagination/totals", older, "", "both X-Total and X-Total-Pages, or neither", "one of them", func(s *stream) exchanges {
			return exchanges{header(s.listAgents(), "X-Total", "")}
		}},
		{"pagination/totals", older, "", "both X-Total and X-Total-Pages, or neither", "one of them", func(s *stream) exchanges {
			return exchanges{header(s.listAgents(), "X-Total-Pages", "")}
		}},
		{"pagination/totals", older, "", "X-Total and X-Total-Pages, as there are no more than 10,000 entries", "neither", func(s *stream) exchanges {
			return exchanges{with(s.listAgents(1), func(x *wire.Exchange) {
				x.Request.URL.RawQuery = "page=100&per_page=100"
				pageHeadersOf(x, 100, 100, 10_000)
				uncounted(x)
			})}
		}},
		{"pagination/neighbours", older, "", "X-Next-Page: 2", "X-Next-Page: 3", func(s *stream) exchanges {
			return exchanges{with(s.listAgents(1), func(x *wire.Exchange) {
				x.Request.URL.RawQuery = "per_page=1"
				pageHeadersOf(x, 1, 1, 10_001)
				uncounted(x)
				header(x, "X-Next-Page", "3")
			})}
		}},
		{"pagination/link", older, "", `no link rel="next"`, "one to page 2", func(s *stream) exchanges {
			return exchanges{with(s.listAgents(1), func(x *wire.Exchange) {
				header(x, "Link", x.Response.Header.Get("Link")+`, <https://gitlab.example.com/api/v4/projects/20/cluster_agents?id=20&page=2&per_page=20>; rel="next"`)
			})}
		}},
		{"pagination/link-parameters", older, "", `an absolute URL for rel="first"`, "a relative one", func(s *stream) exchanges {
			return exchanges{with(s.listAgents(1), func(x *wire.Exchange) {
				header(x, "Link", strings.ReplaceAll(x.Response.Header.Get("Link"), "https://gitlab.example.com", ""))
			})}
		}},
		{"pagination/link-parameters", older, "", `an absolute URL for rel="first"`, "a relative one", func(s *stream) exchanges {
			return exchanges{with(s.listAgents(1), func(x *wire.Exchange) {
				header(x, "Link", strings.ReplaceAll(x.Response.Header.Get("Link"), "https:", ""))
			})}
		}},
		{"pagination/link-parameters", older, "", `an absolute URL for rel="first"`, "a relative one", func(s *stream) exchanges {
			return exchanges{with(s.listAgents(1), func(x *wire.Exchange) {
				header(x, "Link", strings.ReplaceAll(x.Response.Header.Get("Link"), "//gitlab.example.com", ""))
			})}
		}},
		{"pagination/link-parameters", older, "", `the parameter "search" in the link rel="first"`, "none", func(s *stream) exchanges {
			return exchanges{with(s.listAgents(1), func(x *wire.Exchange) { x.Request.URL.RawQuery = "search=x" })}
		}},
		{"pagination/link-parameters", older, "", `a URL ending in /api/v4/projects/20/cluster_agents for rel="first"`, "/projects/20/cluster_agents", func(s *stream) exchanges {
			return exchanges{with(s.listAgents(1), func(x *wire.Exchange) {
				header(x, "Link", strings.ReplaceAll(x.Response.Header.Get("Link"), "/api/v4", ""))
			})}
		}},
		{"errors/not-found-text", older, "/error", `"404 Not Found"`, `"no"`, func(s *stream) exchanges {
			return exchanges{s.exchange("GET", agentPath(5), "", 404, `{"error":"no"}`)}
		}},
		{"errors/model-errors-are-one-text", older, "/message", `"400 Bad request - …", and several messages as ["…", "…"]`, `"400 Bad request: Name"`, func(s *stream) exchanges {
			return exchanges{s.refused("POST", agents, `{"name":"a"}`, 400, "400 Bad request: Name")}
		}},
		{"headers/cache-control", older, "", "Cache-Control: max-age=0, private, must-revalidate", "Cache-Control: ", func(s *stream) exchanges {
			return exchanges{header(s.createAgent(5, "a5"), "Cache-Control", "")}
		}},
		{"headers/etag", older, "", `ETag: W/"…"`, "ETag: ", func(s *stream) exchanges {
			return exchanges{header(s.createAgent(5, "a5"), "ETag", "")}
		}},
	} {
		t.Run(c.rule+"/"+c.expected, func(t *testing.T) {
			t.Parallel()
			all := judged(t, c.version, c.stream(newStream())...).Findings
			found := under(all, c.rule)
			require.NotEmpty(t, found, "%v", all)
			assert.Equal(t, c.pointer, found[0].Pointer)
			assert.Equal(t, c.expected, found[0].Expected)
			assert.Equal(t, c.actual, found[0].Actual)
		})
	}
}
