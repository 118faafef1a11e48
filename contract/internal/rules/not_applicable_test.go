package rules_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/redact"
	"example.com/gitlab-agents/contract/wire"
)

// cut is an answer of which the end is missing.
func cut(x *wire.Exchange) *wire.Exchange {
	x.Response.Truncated = true
	return x
}

// duringTheLast is an exchange that began before the last one had ended.
func duringTheLast(x *wire.Exchange) *wire.Exchange {
	x.Started = x.Started.Add(-time.Second)
	return x
}

// notApplicable are streams in which a rule finds nothing: what is wrong with them, if anything is, the document or
// another rule reports.
var notApplicable = []struct {
	rule    string
	what    string
	version rule.Version
	applies bool
	stream  func(s *stream) exchanges
}{
	{"document/status", "another operation, and no answer", newest, false, func(s *stream) exchanges {
		return exchanges{s.get("/user", "{}"), with(s.readAgent(5, "a5"), func(x *wire.Exchange) { x.Response, x.Err = nil, errReset })}
	}},
	{"document/body", "an answer that broke off", newest, false, func(s *stream) exchanges {
		return exchanges{cut(s.readAgent(5, "a5"))}
	}},
	{"tokens/secret-only-on-create", "an error", newest, false, func(s *stream) exchanges {
		return exchanges{s.refused("GET", tokenPath(5, 8), "", 404, "404 Not found")}
	}},
	{"tokens/secret-on-create", "a refusal, and a read", newest, false, func(s *stream) exchanges {
		return exchanges{s.refused("POST", tokensPath(5), `{"name":"ci"}`, 403, "403 Forbidden"), s.readToken(8, 5)}
	}},
	{"tokens/secret-on-create", "a create that is answered with 200", newest, false, func(s *stream) exchanges {
		return exchanges{with(s.createToken(8, 5), func(x *wire.Exchange) { x.Response.StatusCode = 200 })}
	}},
	{"tokens/secret-unique", "no secret", newest, false, func(s *stream) exchanges {
		return exchanges{answer(s.createToken(8, 5), secretOf(8), "")}
	}},
	{"tokens/agent-matches-path", "an agent that is no number", newest, true, func(s *stream) exchanges {
		return exchanges{s.get(agents+"/abc/tokens", list(tokenText(8, 5, "")))}
	}},
	{"tokens/agent-matches-path", "no token", newest, false, func(s *stream) exchanges {
		return exchanges{s.listTokens(5)}
	}},
	{"tokens/id-matches-path", "a token that is no number", newest, true, func(s *stream) exchanges {
		return exchanges{s.get(tokensPath(5)+"/abc", tokenText(8, 5, unused))}
	}},
	{"tokens/create-keeps-input", "what is not looked into", newest, false, func(s *stream) exchanges {
		return exchanges{with(s.createToken(8, 5), func(x *wire.Exchange) {
			x.Request.Header.Set("Content-Type", "multipart/form-data; boundary=b")
			x.Request.Body = []byte("--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nci\r\n" +
				"--b\r\nContent-Disposition: form-data; name=\"description\"\r\n\r\nSome token\r\n--b--\r\n")
		})}
	}},
	{"tokens/create-keeps-input", "only a description that is known", newest, true, func(s *stream) exchanges {
		return exchanges{with(s.createToken(8, 5), func(x *wire.Exchange) { x.Request.URL.RawQuery = "name=other" })}
	}},
	{"tokens/create-keeps-input", "only a name that is known", newest, true, func(s *stream) exchanges {
		return exchanges{with(s.createToken(8, 5), func(x *wire.Exchange) { x.Request.URL.RawQuery = "description=other" })}
	}},
	{"tokens/revoked-not-readable", "an answer that broke off", newest, false, func(s *stream) exchanges {
		return exchanges{s.remove(tokenPath(5, 8)), cut(s.readToken(8, 5))}
	}},
	{"tokens/revoked-stays-revoked", "a read beside the revocation", rule.Version{Release: rule.GitLab(15, 0)}, false, func(s *stream) exchanges {
		return exchanges{s.remove(tokenPath(5, 8)), duringTheLast(s.readToken(8, 5))}
	}},
	{"tokens/active-listed", "single reads", newest, false, func(s *stream) exchanges {
		return exchanges{s.readToken(8, 5), s.readToken(8, 5)}
	}},
	{"tokens/active-listed", "a read beside the list", newest, true, func(s *stream) exchanges {
		return exchanges{s.readToken(8, 5), s.listTokens(5), duringTheLast(s.readToken(8, 5))}
	}},
	{"tokens/active-listed", "the first page of two", newest, false, func(s *stream) exchanges {
		return exchanges{s.readToken(8, 5), with(s.listTokens(5, 9), func(x *wire.Exchange) {
			x.Request.URL.RawQuery = "per_page=1"
			pageHeadersOf(x, 1, 1, 2)
		}), s.readToken(8, 5)}
	}},
	{"tokens/active-listed", "the second page", newest, false, func(s *stream) exchanges {
		return exchanges{s.readToken(8, 5), with(s.listTokens(5, 9), func(x *wire.Exchange) {
			x.Request.URL.RawQuery = "per_page=2&page=2"
			pageHeadersOf(x, 2, 2, 3)
			x.Response.Header.Set("X-Total", "1")
		}), s.readToken(8, 5)}
	}},
	{"tokens/active-listed", "a first page without totals, and one that follows", newest, false, func(s *stream) exchanges {
		return exchanges{s.readToken(8, 5), with(s.listTokens(5, 9), func(x *wire.Exchange) {
			pageHeadersOf(x, 1, 20, 21)
			uncounted(x)
		}), s.readToken(8, 5)}
	}},
	{"tokens/active-listed", "a full page without totals", newest, false, func(s *stream) exchanges {
		return exchanges{s.readToken(8, 5), with(s.listTokens(5, 9), func(x *wire.Exchange) {
			x.Request.URL.RawQuery = "per_page=1"
			pageHeadersOf(x, 1, 1, 1)
			uncounted(x)
		}), s.readToken(8, 5)}
	}},
	{"tokens/active-listed", "a page whose total is another", newest, false, func(s *stream) exchanges {
		return exchanges{s.readToken(8, 5), with(s.listTokens(5), func(x *wire.Exchange) { x.Response.Header.Set("X-Total", "1") }), s.readToken(8, 5)}
	}},
	{"tokens/active-listed", "a list that is not as the document has it", newest, false, func(s *stream) exchanges {
		return exchanges{s.readToken(8, 5), answer(s.listTokens(5, 9), `"agent_id":5,`, ""), s.readToken(8, 5)}
	}},
	{"tokens/active-listed", "no pagination", newest, false, func(s *stream) exchanges {
		return exchanges{s.readToken(8, 5), with(s.listTokens(5), func(x *wire.Exchange) { x.Response.Header = http.Header{} }), s.readToken(8, 5)}
	}},
	{"tokens/active-listed", "a token that was revoked", newest, true, func(s *stream) exchanges {
		return exchanges{s.readToken(8, 5), s.remove(tokenPath(5, 8)), s.listTokens(5), s.readToken(8, 5)}
	}},
	{"tokens/active-listed", "a token that was only seen revoked before", rule.Version{Release: rule.GitLab(15, 0)}, true, func(s *stream) exchanges {
		return exchanges{answer(s.readToken(8, 5), `"active"`, `"revoked"`), s.listTokens(5), s.readToken(8, 5)}
	}},
	{"tokens/active-listed", "a token that was created after the list", newest, true, func(s *stream) exchanges {
		return exchanges{s.listTokens(5), s.createToken(8, 5), s.readToken(8, 5)}
	}},
	{"tokens/active-listed", "a list beside the create", newest, true, func(s *stream) exchanges {
		return exchanges{s.createToken(8, 5), duringTheLast(s.listTokens(5)), s.readToken(8, 5)}
	}},
	{"authentication/token-not-shown", "another operation", older, false, func(s *stream) exchanges {
		return exchanges{s.get("/personal_access_tokens/self", `{"token":"glpat-01234567890123456789"}`)}
	}},
	{"tokens/secret-only-on-create", "properties that only sound like secrets", older, true, func(s *stream) exchanges {
		return exchanges{
			answer(s.readToken(8, 5), `"agent_id":5`, `"agent_id":5,"token_encrypted":null,"has_secret":true,"tokens_salted":3`),
			answer(s.readAgent(5, "a5"), `"path":"test"`, `"path":"test","secret_push_protection":"enabled by the group"`),
		}
	}},
	{"tokens/secret-length", "a routable secret", newest, true, func(s *stream) exchanges {
		return exchanges{answer(s.createToken(8, 5), secretOf(8), routableSecret("0123456789ABCDEFabcdef0123"))}
	}},
	{"tokens/secret-strength", "40 characters", newest, true, func(s *stream) exchanges {
		return exchanges{answer(s.createToken(8, 5), secretOf(8), secretOf(8)[:48])}
	}},
	{"tokens/secret-checksum", "a prefix with a dot", newest, false, func(s *stream) exchanges {
		return exchanges{answer(s.createToken(8, 5), secretOf(8), "acme.io-"+secretOf(8))}
	}},
	{"authentication/token-not-shown", "a token in the URL, one that was redacted, a short one, and none", older, false, func(s *stream) exchanges {
		token := func(x *wire.Exchange, token string) *wire.Exchange {
			x.Request.Header = http.Header{"Private-Token": {token}}
			return answer(x, `"a5"`, `"`+token+`"`)
		}
		return exchanges{
			with(token(s.readAgent(5, "a5"), "glpat-01234567890123456789"), func(x *wire.Exchange) { x.Request.URL.RawQuery = "private_token=glpat-01234567890123456789" }),
			token(s.readAgent(5, "a5"), redact.Redacted), token(s.readAgent(5, "a5"), "glpat-short"), cut(s.readAgent(5, "a5")),
			with(s.readAgent(5, "a5"), func(x *wire.Exchange) { x.Request.Header = http.Header{} }),
		}
	}},
	{"tokens/last-use-not-listed", "a single read", newest, false, func(s *stream) exchanges {
		return exchanges{s.readToken(8, 5), s.listTokens(5)}
	}},
	{"tokens/secret-only-on-create", "a secret that is like another", newest, true, func(s *stream) exchanges {
		return exchanges{s.createToken(8, 5), answer(s.createToken(9, 5), secretOf(9), "glagent-"+secretOf(8)[8:40]+secretOf(9)[40:])}
	}},
	{"tokens/secret-checksum", "an 18.x that makes none yet", newest, false, func(s *stream) exchanges {
		return exchanges{s.createToken(8, 5)}
	}},
	{"tokens/listed-once", "an empty list", newest, false, func(s *stream) exchanges {
		return exchanges{s.listTokens(5)}
	}},

	{"agents/id-matches-path", "an agent that is no number", newest, true, func(s *stream) exchanges {
		return exchanges{s.get(agents+"/abc", agentText(5, "a5"))}
	}},
	{"agents/id-matches-path", "an answer without an agent", newest, false, func(s *stream) exchanges {
		return exchanges{s.get(agentPath(5), "{}")}
	}},
	{"agents/project-names-agree", "names that are missing", newest, true, func(s *stream) exchanges {
		return exchanges{answer(s.readAgent(5, "a5"), `"path":"test",`, ""), answer(s.readAgent(5, "a5"), `"name":"test",`, "")}
	}},
	{"agents/create-keeps-name", "no name", newest, true, func(s *stream) exchanges {
		return exchanges{answer(s.createAgent(5, "a5"), `"name":"a5"`, `"name":""`)}
	}},
	{"agents/create-keeps-name", "a name that was sent twice", newest, false, func(s *stream) exchanges {
		return exchanges{with(s.createAgent(5, "a5"), func(x *wire.Exchange) { x.Request.URL.RawQuery = "name=other" })}
	}},
	{"agents/id-fresh", "an id that was deleted without ever being shown", newest, true, func(s *stream) exchanges {
		return exchanges{s.remove(agentPath(5)), s.createAgent(5, "a5")}
	}},
	{"agents/deleted-stays-gone", "an answer that broke off", newest, false, func(s *stream) exchanges {
		return exchanges{s.remove(agentPath(5)), cut(s.readAgent(5, "a5"))}
	}},
	{"agents/listed", "single reads", newest, false, func(s *stream) exchanges {
		return exchanges{s.readAgent(5, "a5"), s.readAgent(5, "a5")}
	}},
	{"agents/listed", "a read beside the list", newest, true, func(s *stream) exchanges {
		return exchanges{s.readAgent(5, "a5"), s.listAgents(), duringTheLast(s.readAgent(5, "a5"))}
	}},
	{"agents/listed", "the first page of two", newest, false, func(s *stream) exchanges {
		return exchanges{s.readAgent(5, "a5"), with(s.listAgents(1), func(x *wire.Exchange) {
			x.Request.URL.RawQuery = "per_page=1"
			pageHeadersOf(x, 1, 1, 2)
		}), s.readAgent(5, "a5")}
	}},
	{"agents/listed", "a list that is not as the document has it", newest, false, func(s *stream) exchanges {
		return exchanges{s.readAgent(5, "a5"), answer(s.listAgents(1), `"name":"a1",`, ""), s.readAgent(5, "a5")}
	}},
	{"agents/listed", "an agent that was deleted", newest, true, func(s *stream) exchanges {
		return exchanges{s.readAgent(5, "a5"), s.remove(agentPath(5)), s.listAgents(), s.readAgent(5, "a5")}
	}},
	{"agents/listed", "agents of two projects", newest, false, func(s *stream) exchanges {
		return exchanges{s.readAgent(5, "a5"), answer(s.listAgents(1), `"id":20`, `"id":21`), s.readAgent(5, "a5")}
	}},
	{"agents/listed", "an agent that was created after the list", newest, true, func(s *stream) exchanges {
		return exchanges{s.listAgents(), s.createAgent(5, "a5"), s.readAgent(5, "a5")}
	}},
	{"agents/listed-once", "agents without names", newest, true, func(s *stream) exchanges {
		return exchanges{s.get(agents, list(agentText(1, ""), agentText(2, "")))}
	}},
	{"agents/listed-once", "an empty list", newest, false, func(s *stream) exchanges {
		return exchanges{s.listAgents()}
	}},
	{"agents/sorted-by-name", "one agent", newest, false, func(s *stream) exchanges {
		return exchanges{s.listAgents(1)}
	}},
	{"agent-names/enforced", "a name that is an array, one of 63 characters, and none", newest, false, func(s *stream) exchanges {
		return exchanges{
			s.exchange("POST", agents, `{"name":["a"]}`, 400, `{"error":"name is invalid"}`), s.createAgent(5, strings.Repeat("a", 63)),
			s.exchange("POST", agents, `{}`, 400, `{"error":"name is missing"}`),
		}
	}},
	{"agent-names/enforced", "an answer that broke off", newest, false, func(s *stream) exchanges {
		return exchanges{cut(s.createAgent(5, "A"))}
	}},

	{"pagination/page-as-asked", "parameters that are given twice, or are no numbers", newest, false, func(s *stream) exchanges {
		var exchanges exchanges
		for _, query := range []string{"page=2&page=3", "per_page=2&per_page=3", "page=abc", "per_page=abc", "per_page=0", "page=&page=", "page=99999999999999999999"} {
			exchanges = append(exchanges, with(s.listAgents(1), func(x *wire.Exchange) { x.Request.URL.RawQuery = query }))
		}
		return exchanges
	}},
	{"pagination/page-as-asked", "empty parameters, which are none", newest, true, func(s *stream) exchanges {
		return exchanges{with(s.listAgents(1), func(x *wire.Exchange) { x.Request.URL.RawQuery = "page=&per_page=" })}
	}},
	{"pagination/page-as-asked", "no page headers that are numbers", newest, false, func(s *stream) exchanges {
		return exchanges{
			header(s.listAgents(1), "X-Page", "0"), header(s.listAgents(1), "X-Per-Page", "0"), header(s.listAgents(1), "X-Page", "one"), header(s.listAgents(1), "X-Per-Page", ""),
		}
	}},
	{"pagination/totals", "an object instead of a list", newest, false, func(s *stream) exchanges {
		return exchanges{answer(answer(s.listAgents(1), "[", ""), "]", "")}
	}},
	{"pagination/totals", "the answer to HEAD", newest, false, func(s *stream) exchanges {
		return exchanges{with(s.listAgents(1), func(x *wire.Exchange) { x.Request.Method, x.Response.Body = "HEAD", nil })}
	}},
	{"pagination/page-size", "a next page 0", newest, true, func(s *stream) exchanges {
		return exchanges{header(s.listAgents(1), "X-Next-Page", "0")}
	}},
	{"pagination/link", "pages 0", newest, true, func(s *stream) exchanges {
		return exchanges{
			header(s.listAgents(1), "X-Next-Page", "0"), header(s.listAgents(1), "X-Prev-Page", "0"),
			with(header(s.listAgents(1), "X-Total-Pages", "0"), func(x *wire.Exchange) {
				header(x, "Link", strings.Split(x.Response.Header.Get("Link"), ", ")[0])
			}),
		}
	}},
	{"pagination/link-parameters", "no links", newest, false, func(s *stream) exchanges {
		return exchanges{header(s.listAgents(1), "Link", "")}
	}},
	{"pagination/link-parameters", "no page in a link", newest, true, func(s *stream) exchanges {
		return exchanges{with(s.listAgents(1), func(x *wire.Exchange) {
			x.Request.URL.RawQuery = "page=1"
			header(x, "Link", strings.ReplaceAll(x.Response.Header.Get("Link"), "page=1&per", "per"))
		})}
	}},
	{"pagination/link-repeats-path", "no links", newest, false, func(s *stream) exchanges {
		return exchanges{header(s.listAgents(1), "Link", "")}
	}},

	{"errors/key", "an object without either", newest, false, func(s *stream) exchanges {
		return exchanges{s.exchange("GET", agentPath(5), "", 404, `{}`), s.exchange("GET", agentPath(5), "", 404, `no object`)}
	}},
	{"errors/key", "a route that is not there", newest, true, func(s *stream) exchanges {
		return exchanges{s.exchange("GET", agentPath(5), "", 404, `{"error":"404 Not Found"}`)}
	}},
	{"errors/not-found-text", "a route that is not there", newest, true, func(s *stream) exchanges {
		return exchanges{s.exchange("GET", agentPath(5), "", 404, `{"error":"404 Not Found"}`)}
	}},
	{"errors/key", "both", newest, false, func(s *stream) exchanges {
		return exchanges{s.exchange("GET", agentPath(5), "", 404, `{"message":"page is invalid","error":"404 Not found"}`)}
	}},
	{"errors/text", "neither, or both", newest, false, func(s *stream) exchanges {
		return exchanges{s.exchange("GET", agentPath(5), "", 401, `{}`), s.exchange("GET", agentPath(5), "", 401, `{"message":"no","error":"no"}`)}
	}},
	{"errors/message-names-status", "what belongs under error", newest, false, func(s *stream) exchanges {
		return exchanges{s.refused("GET", agents+"?page=a", "", 400, "page is invalid")}
	}},
	{"errors/parameter-text", "what is about no parameter", newest, false, func(s *stream) exchanges {
		return exchanges{
			s.exchange("GET", agentPath(5), "", 404, `{"error":"no"}`), s.exchange("GET", agentPath(5), "", 400, `{}`),
			s.exchange("GET", agentPath(5), "", 400, `{"message":"400 Bad request","error":"no"}`), s.exchange("GET", agentPath(5), "", 400, `{"error":"400 Bad request"}`),
			s.exchange("GET", agentPath(5), "", 400, `{"error":"invalid_request","error_description":"no"}`),
			s.exchange("POST", agents, "{", 400, `{"error":"body does not match declared format"}`),
		}
	}},
	{"errors/not-found-text", "neither, and what belongs under error", newest, true, func(s *stream) exchanges {
		return exchanges{s.exchange("GET", agentPath(5), "", 404, `{}`), s.refused("GET", agentPath(5), "", 404, "agent_id is invalid")}
	}},
	{"errors/not-found-text", "neither", newest, false, func(s *stream) exchanges {
		return exchanges{s.exchange("GET", agentPath(5), "", 404, `{}`), s.exchange("GET", agentPath(5), "", 404, `[]`)}
	}},
	{"errors/no-internal-error", "an answer that broke off", newest, false, func(s *stream) exchanges {
		return exchanges{cut(s.refused("GET", agentPath(5), "", 500, "500 Internal Server Error"))}
	}},
	{"errors/model-errors-are-one-text", "another status, and what belongs under error", newest, false, func(s *stream) exchanges {
		return exchanges{
			s.refused("POST", agents, `{"name":"a"}`, 403, "403 Forbidden"), s.refused("POST", agents, `{}`, 400, "name is missing"), s.exchange("POST", agents, `{}`, 400, "no"),
		}
	}},

	{"headers/cache-control", "a token that is created, which has it", newest, true, func(s *stream) exchanges {
		return exchanges{s.createToken(8, 5)}
	}},
	{"headers/etag", "an agent that is created, which has it", newest, true, func(s *stream) exchanges {
		return exchanges{s.createAgent(5, "a5")}
	}},
	{"conditional/304-only-when-asked", "answers that broke off, and errors", newest, false, func(s *stream) exchanges {
		return exchanges{cut(s.exchange("GET", agentPath(5), "", 304, "")), cut(s.readAgent(5, "a5")), s.refused("GET", agentPath(5), "", 404, "404 Not found")}
	}},
	{"conditional/304-only-when-asked", "304 to who asked", newest, true, func(s *stream) exchanges {
		return exchanges{with(s.exchange("GET", agentPath(5), "", 304, ""), func(x *wire.Exchange) { x.Request.Header.Set("If-None-Match", `W/"1"`) })}
	}},
	{"conditional/304-only-when-asked", "a whole answer", newest, true, func(s *stream) exchanges {
		return exchanges{s.readAgent(5, "a5")}
	}},
	{"conditional/412-only-when-asked", "answers that broke off, and errors", newest, false, func(s *stream) exchanges {
		return exchanges{
			cut(s.refused("DELETE", agentPath(5), "", 412, "412 Precondition Failed")), cut(s.remove(agentPath(5))), s.refused("DELETE", agentPath(5), "", 404, "404 Not found"),
		}
	}},
	{"conditional/412-only-when-asked", "an agent that is deleted", newest, true, func(s *stream) exchanges {
		return exchanges{s.remove(agentPath(5))}
	}},
	{"conditional/412-only-when-asked", "412 to who asked", newest, true, func(s *stream) exchanges {
		return exchanges{with(s.refused("DELETE", agentPath(5), "", 412, "412 Precondition Failed"), func(x *wire.Exchange) {
			x.Request.Header.Set("If-Unmodified-Since", "Wed, 01 Jan 2020 00:00:00 GMT")
		})}
	}},
	{"conditional/etag-tells-apart", "HEAD, and no ETag", newest, false, func(s *stream) exchanges {
		return exchanges{
			with(s.readAgent(5, "a5"), func(x *wire.Exchange) { x.Request.Method, x.Response.Body = "HEAD", nil }),
			header(s.readAgent(5, "a5"), "ETag", ""), header(s.readAgent(5, "a6"), "ETag", ""),
		}
	}},
}

func TestRulesFindNothingInWhatOtherRulesReport(t *testing.T) {
	t.Parallel()
	for _, c := range notApplicable {
		t.Run(c.rule+"/"+c.what, func(t *testing.T) {
			t.Parallel()
			result := judged(t, c.version, c.stream(newStream())...)
			assert.Empty(t, under(result.Findings, c.rule))
			r := outcomeOf(t, result, c.rule)
			assert.Equal(t, c.applies, r.Applied > 0, "applied to %d exchanges", r.Applied)
			assert.Equal(t, map[bool]rule.Outcome{false: rule.Untested, true: rule.Pass}[c.applies], r.Outcome)
		})
	}
}
