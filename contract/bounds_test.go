package contract

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/redact"
	"example.com/gitlab-agents/contract/wire"
)

// allowed are streams of healthy servers that come as near as can be to what a rule is against.
var allowed = []struct {
	what    string
	options JudgeOptions
	stream  func(s *stream) []*wire.Exchange
}{
	{"a secret of 40 characters", JudgeOptions{Release: gitlab(15, 0)}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{answer(s.createToken(8, 5), secretOf(8), secretOf(8)[8:48])}
	}},
	{"a routable secret with a prefix of the instance", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{answer(s.createToken(8, 5), secretOf(8), routableSecretOf("acme-glagent-", payload, len(payload)))}
	}},
	{"a creator who is deleted, or not shown at first", older, func(s *stream) []*wire.Exchange {
		gone := func(x *wire.Exchange) *wire.Exchange {
			return answer(x, `"created_by_user_id":42`, `"created_by_user_id":null`)
		}
		return []*wire.Exchange{
			s.readAgent(5, "a5"), gone(s.readAgent(5, "a5")), gone(s.readAgent(6, "a6")), s.readAgent(6, "a6"),
			s.readToken(8, 5), gone(s.readToken(8, 5)), gone(s.readToken(9, 5)), s.readToken(9, 5),
		}
	}},
	{"empty lists, and empty parameters", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.get(agents, "[]"), s.get(tokensPath(5)+"?page=&per_page=", "[]")}
	}},
	{"a page past the end", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{with(s.get(agents+"?page=3", "[]"), func(x *wire.Exchange) {
			pageHeadersOf(x, 3, 20, 39)
			x.Response.Header["X-Prev-Page"] = []string{""}
			header(x, "Link", strings.Join(slices.DeleteFunc(strings.Split(x.Response.Header.Get("Link"), ", "), func(l string) bool {
				return strings.Contains(l, `"prev"`)
			}), ", "))
		})}
	}},
	{"the last page of more than 10,000, which are not counted", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{with(s.listAgents(1), func(x *wire.Exchange) {
			x.Request.URL.RawQuery = "page=101&per_page=100"
			pageHeadersOf(x, 101, 100, 10_001)
			uncounted(x)
		})}
	}},
	{"a first page of more than 10,000, which lacks most", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.readAgent(2, "a2"), with(s.listAgents(1), func(x *wire.Exchange) {
			x.Request.URL.RawQuery = "per_page=1"
			pageHeadersOf(x, 1, 1, 10_001)
			uncounted(x)
		}), s.readAgent(2, "a2")}
	}},
	{"links that keep what was asked for", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{with(s.listAgents(1), func(x *wire.Exchange) {
			x.Request.URL.RawQuery = "per_page=101&a=1&a=2&b[]=3"
			pageHeadersOf(x, 1, 100, 1)
			header(x, "Link", strings.NewReplacer("per_page=100", "per_page=101", "a=1&a=2&", "", "b%5B%5D=3&", "").Replace(x.Response.Header.Get("Link")))
		})}
	}},
	{"links of an instance behind a proxy", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{with(s.listAgents(1), func(x *wire.Exchange) {
			x.Request.URL.Path, x.Request.URL.RawPath = "/api/v4/projects/root/test/cluster_agents", "/api/v4/projects/root%2ftest/cluster_agents"
			header(x, "Link", strings.ReplaceAll(x.Response.Header.Get("Link"), "https://gitlab.example.com/api/v4/projects/20", "http://other/gitlab/api/v4/projects/root%2Ftest"))
		})}
	}},
	{"a token of GitLab's that expired", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.exchange("GET", agents, "", 401, `{"error":"invalid_token","error_description":"Token is expired. You can either do re-authorization or token refresh."}`)}
	}},
	{"a token of GitLab's that may only read", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.exchange("POST", agents, `{"name":"a"}`, 403, `{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api"}`)}
	}},
	{"a bad request without a reason", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.refused("POST", agents, `{"name":"a"}`, 400, "400 Bad request")}
	}},
	{"a moved project", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.refused("POST", agents, `{"name":"a"}`, 405, "Non GET methods are not allowed for moved projects")}
	}},
	{"a page past 64 bits", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.refused("GET", agents+"?page=99999999999999999999", "", 500, "500 Internal Server Error")}
	}},
	{"304 to If-Modified-Since", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{with(s.exchange("GET", agentPath(5), "", 304, ""), func(x *wire.Exchange) {
			x.Request.Header.Set("If-Modified-Since", "Wed, 01 Jan 2020 00:00:00 GMT")
		})}
	}},
	{"412 to If-Unmodified-Since", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{with(s.refused("DELETE", agentPath(5), "", 412, "412 Precondition Failed"), func(x *wire.Exchange) {
			x.Request.Header.Set("If-Unmodified-Since", "Wed, 01 Jan 2020 00:00:00 GMT")
		})}
	}},
	{"an ETag of another caller, another URL, or none", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{
			header(s.readAgent(5, "a5"), "ETag", `W/"1"`), header(s.readAgent(6, "a6"), "ETag", `W/"1"`),
			with(header(s.readAgent(5, "a5"), "ETag", `W/"1"`), func(x *wire.Exchange) {
				x.Request.Header.Set("Private-Token", "glpat-another-user-of-gitlab")
				answer(x, `"description":""`, `"description":"for your eyes"`)
			}),
		}
	}},
	{"what other parts of GitLab answer", JudgeOptions{}, func(s *stream) []*wire.Exchange {
		plain := func(x *wire.Exchange) *wire.Exchange {
			x.Response.Header = http.Header{"Content-Type": {"application/json"}, "Cache-Control": {"public"}}
			return x
		}
		return []*wire.Exchange{
			plain(s.get("/user", `{"id":1}`)), plain(s.refused("GET", "/user", "", 404, "nobody")), plain(s.exchange("GET", "/user", "", 400, `{"error":"no"}`)),
			plain(s.refused("GET", "/user", "", 500, "oh")), plain(s.refused("GET", "/user", "", 401, "who?")), plain(s.exchange("GET", "/user", "", 404, `{"error":"no"}`)),
			plain(s.refused("POST", "/user", "{}", 400, "no")),
		}
	}},
}

// uncounted removes what GitLab leaves out where there are more than 10,000 entries.
func uncounted(x *wire.Exchange) {
	x.Response.Header.Del("X-Total")
	x.Response.Header.Del("X-Total-Pages")
	header(x, "Link", strings.Join(slices.DeleteFunc(strings.Split(x.Response.Header.Get("Link"), ", "), func(l string) bool {
		return strings.Contains(l, `"last"`)
	}), ", "))
}

func TestNothingIsFoundInWhatIsAllowed(t *testing.T) {
	t.Parallel()
	for _, c := range allowed {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			result, found := judged(t, c.options, c.stream(newStream())...)
			assert.Empty(t, violations(found))
			for _, rule := range result.Rules {
				assert.NotContains(t, rule.Reason, "panicked", rule.Rule.ID)
			}
		})
	}
}

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

// elsewhere are streams that a rule has nothing to say about: what is wrong with them, if anything is, is the business of
// the document, of another rule, or of nobody. If none is named, the rule is not even met.
var elsewhere = []struct {
	rule    string
	what    string
	options JudgeOptions
	met     bool
	stream  func(s *stream) []*wire.Exchange
}{
	{"document/status", "what is none of the eight, and no answer", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.get("/user", "{}"), with(s.readAgent(5, "a5"), func(x *wire.Exchange) { x.Response, x.Err = nil, errReset })}
	}},
	{"document/body", "an answer that broke off", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{cut(s.readAgent(5, "a5"))}
	}},
	{"tokens/secret-only-on-create", "an error", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.refused("GET", tokenPath(5, 8), "", 404, "404 Not found")}
	}},
	{"tokens/secret-on-create", "a refusal, and a read", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.refused("POST", tokensPath(5), `{"name":"ci"}`, 403, "403 Forbidden"), s.readToken(8, 5)}
	}},
	{"tokens/secret-on-create", "a create that is answered with 200", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{with(s.createToken(8, 5), func(x *wire.Exchange) { x.Response.StatusCode = 200 })}
	}},
	{"tokens/secret-unique", "no secret", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{answer(s.createToken(8, 5), secretOf(8), "")}
	}},
	{"tokens/agent-matches-path", "an agent that is no number", JudgeOptions{}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.get(agents+"/abc/tokens", list(tokenText(8, 5, "")))}
	}},
	{"tokens/agent-matches-path", "no token", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.listTokens(5)}
	}},
	{"tokens/id-matches-path", "a token that is no number", JudgeOptions{}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.get(tokensPath(5)+"/abc", tokenText(8, 5, unused))}
	}},
	{"tokens/create-keeps-input", "what is not looked into", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{with(s.createToken(8, 5), func(x *wire.Exchange) {
			x.Request.Header.Set("Content-Type", "multipart/form-data; boundary=b")
			x.Request.Body = []byte("--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nci\r\n" +
				"--b\r\nContent-Disposition: form-data; name=\"description\"\r\n\r\nSome token\r\n--b--\r\n")
		})}
	}},
	{"tokens/create-keeps-input", "only a description that is known", JudgeOptions{}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{with(s.createToken(8, 5), func(x *wire.Exchange) { x.Request.URL.RawQuery = "name=other" })}
	}},
	{"tokens/create-keeps-input", "only a name that is known", JudgeOptions{}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{with(s.createToken(8, 5), func(x *wire.Exchange) { x.Request.URL.RawQuery = "description=other" })}
	}},
	{"tokens/revoked-not-readable", "an answer that broke off", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.remove(tokenPath(5, 8)), cut(s.readToken(8, 5))}
	}},
	{"tokens/revoked-stays-revoked", "a read beside the revocation", JudgeOptions{Release: gitlab(15, 0)}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.remove(tokenPath(5, 8)), duringTheLast(s.readToken(8, 5))}
	}},
	{"tokens/active-listed", "single reads", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.readToken(8, 5), s.readToken(8, 5)}
	}},
	{"tokens/active-listed", "a read beside the list", JudgeOptions{}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.readToken(8, 5), s.listTokens(5), duringTheLast(s.readToken(8, 5))}
	}},
	{"tokens/active-listed", "the first page of two", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.readToken(8, 5), with(s.listTokens(5, 9), func(x *wire.Exchange) {
			x.Request.URL.RawQuery = "per_page=1"
			pageHeadersOf(x, 1, 1, 2)
		}), s.readToken(8, 5)}
	}},
	{"tokens/active-listed", "the second page", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.readToken(8, 5), with(s.listTokens(5, 9), func(x *wire.Exchange) {
			x.Request.URL.RawQuery = "per_page=2&page=2"
			pageHeadersOf(x, 2, 2, 3)
			x.Response.Header.Set("X-Total", "1")
		}), s.readToken(8, 5)}
	}},
	{"tokens/active-listed", "a first page without totals, and one that follows", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.readToken(8, 5), with(s.listTokens(5, 9), func(x *wire.Exchange) {
			pageHeadersOf(x, 1, 20, 21)
			uncounted(x)
		}), s.readToken(8, 5)}
	}},
	{"tokens/active-listed", "a full page without totals", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.readToken(8, 5), with(s.listTokens(5, 9), func(x *wire.Exchange) {
			x.Request.URL.RawQuery = "per_page=1"
			pageHeadersOf(x, 1, 1, 1)
			uncounted(x)
		}), s.readToken(8, 5)}
	}},
	{"tokens/active-listed", "a page whose total is another", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.readToken(8, 5), with(s.listTokens(5), func(x *wire.Exchange) { x.Response.Header.Set("X-Total", "1") }), s.readToken(8, 5)}
	}},
	{"tokens/active-listed", "a list that is not as the document has it", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.readToken(8, 5), answer(s.listTokens(5, 9), `"agent_id":5,`, ""), s.readToken(8, 5)}
	}},
	{"tokens/active-listed", "no pagination", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.readToken(8, 5), with(s.listTokens(5), func(x *wire.Exchange) { x.Response.Header = http.Header{} }), s.readToken(8, 5)}
	}},
	{"tokens/active-listed", "a token that was revoked", JudgeOptions{}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.readToken(8, 5), s.remove(tokenPath(5, 8)), s.listTokens(5), s.readToken(8, 5)}
	}},
	{"tokens/active-listed", "a token that was only seen revoked before", JudgeOptions{Release: gitlab(15, 0)}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{answer(s.readToken(8, 5), `"active"`, `"revoked"`), s.listTokens(5), s.readToken(8, 5)}
	}},
	{"tokens/active-listed", "a token that was created after the list", JudgeOptions{}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.listTokens(5), s.createToken(8, 5), s.readToken(8, 5)}
	}},
	{"tokens/active-listed", "a list beside the create", JudgeOptions{}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.createToken(8, 5), duringTheLast(s.listTokens(5)), s.readToken(8, 5)}
	}},
	{"authentication/token-not-shown", "what is none of the operations", older, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.get("/personal_access_tokens/self", `{"token":"glpat-01234567890123456789"}`)}
	}},
	{"tokens/secret-only-on-create", "properties that only sound like secrets", older, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{
			answer(s.readToken(8, 5), `"agent_id":5`, `"agent_id":5,"token_encrypted":null,"has_secret":true,"tokens_salted":3`),
			answer(s.readAgent(5, "a5"), `"path":"test"`, `"path":"test","secret_push_protection":"enabled by the group"`),
		}
	}},
	{"tokens/secret-length", "a routable secret", JudgeOptions{}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{answer(s.createToken(8, 5), secretOf(8), routableSecret("0123456789ABCDEFabcdef0123"))}
	}},
	{"tokens/secret-strength", "40 characters", JudgeOptions{}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{answer(s.createToken(8, 5), secretOf(8), secretOf(8)[:48])}
	}},
	{"tokens/secret-checksum", "a prefix with a dot", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{answer(s.createToken(8, 5), secretOf(8), "acme.io-"+secretOf(8))}
	}},
	{"authentication/token-not-shown", "a token in the URL, one that was redacted, a short one, and none", older, false, func(s *stream) []*wire.Exchange {
		token := func(x *wire.Exchange, token string) *wire.Exchange {
			x.Request.Header = http.Header{"Private-Token": {token}}
			return answer(x, `"a5"`, `"`+token+`"`)
		}
		return []*wire.Exchange{
			with(token(s.readAgent(5, "a5"), "glpat-01234567890123456789"), func(x *wire.Exchange) { x.Request.URL.RawQuery = "private_token=glpat-01234567890123456789" }),
			token(s.readAgent(5, "a5"), redact.Redacted), token(s.readAgent(5, "a5"), "glpat-short"), cut(s.readAgent(5, "a5")),
			with(s.readAgent(5, "a5"), func(x *wire.Exchange) { x.Request.Header = http.Header{} }),
		}
	}},
	{"tokens/last-use-not-listed", "a single read", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.readToken(8, 5), s.listTokens(5)}
	}},
	{"tokens/secret-only-on-create", "a secret that is like another", JudgeOptions{}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.createToken(8, 5), answer(s.createToken(9, 5), secretOf(9), "glagent-"+secretOf(8)[8:40]+secretOf(9)[40:])}
	}},
	{"tokens/secret-checksum", "an 18.x that makes none yet", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.createToken(8, 5)}
	}},
	{"tokens/listed-once", "an empty list", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.listTokens(5)}
	}},

	{"agents/id-matches-path", "an agent that is no number", JudgeOptions{}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.get(agents+"/abc", agentText(5, "a5"))}
	}},
	{"agents/id-matches-path", "an answer without an agent", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.get(agentPath(5), "{}")}
	}},
	{"agents/project-names-agree", "names that are missing", JudgeOptions{}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{answer(s.readAgent(5, "a5"), `"path":"test",`, ""), answer(s.readAgent(5, "a5"), `"name":"test",`, "")}
	}},
	{"agents/create-keeps-name", "no name", JudgeOptions{}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{answer(s.createAgent(5, "a5"), `"name":"a5"`, `"name":""`)}
	}},
	{"agents/create-keeps-name", "a name that was sent twice", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{with(s.createAgent(5, "a5"), func(x *wire.Exchange) { x.Request.URL.RawQuery = "name=other" })}
	}},
	{"agents/id-fresh", "an id that was deleted without ever being shown", JudgeOptions{}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.remove(agentPath(5)), s.createAgent(5, "a5")}
	}},
	{"agents/deleted-stays-gone", "an answer that broke off", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.remove(agentPath(5)), cut(s.readAgent(5, "a5"))}
	}},
	{"agents/listed", "single reads", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.readAgent(5, "a5"), s.readAgent(5, "a5")}
	}},
	{"agents/listed", "a read beside the list", JudgeOptions{}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.readAgent(5, "a5"), s.listAgents(), duringTheLast(s.readAgent(5, "a5"))}
	}},
	{"agents/listed", "the first page of two", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.readAgent(5, "a5"), with(s.listAgents(1), func(x *wire.Exchange) {
			x.Request.URL.RawQuery = "per_page=1"
			pageHeadersOf(x, 1, 1, 2)
		}), s.readAgent(5, "a5")}
	}},
	{"agents/listed", "a list that is not as the document has it", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.readAgent(5, "a5"), answer(s.listAgents(1), `"name":"a1",`, ""), s.readAgent(5, "a5")}
	}},
	{"agents/listed", "an agent that was deleted", JudgeOptions{}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.readAgent(5, "a5"), s.remove(agentPath(5)), s.listAgents(), s.readAgent(5, "a5")}
	}},
	{"agents/listed", "agents of two projects", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.readAgent(5, "a5"), answer(s.listAgents(1), `"id":20`, `"id":21`), s.readAgent(5, "a5")}
	}},
	{"agents/listed", "an agent that was created after the list", JudgeOptions{}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.listAgents(), s.createAgent(5, "a5"), s.readAgent(5, "a5")}
	}},
	{"agents/listed-once", "agents without names", JudgeOptions{}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.get(agents, list(agentText(1, ""), agentText(2, "")))}
	}},
	{"agents/listed-once", "an empty list", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.listAgents()}
	}},
	{"agents/sorted-by-name", "one agent", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.listAgents(1)}
	}},
	{"agent-names/enforced", "a name that is an array, one of 63 characters, and none", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{
			s.exchange("POST", agents, `{"name":["a"]}`, 400, `{"error":"name is invalid"}`), s.createAgent(5, strings.Repeat("a", 63)),
			s.exchange("POST", agents, `{}`, 400, `{"error":"name is missing"}`),
		}
	}},
	{"agent-names/enforced", "an answer that broke off", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{cut(s.createAgent(5, "A"))}
	}},

	{"pagination/page-as-asked", "parameters that are given twice, or are no numbers", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		var exchanges []*wire.Exchange
		for _, query := range []string{"page=2&page=3", "per_page=2&per_page=3", "page=abc", "per_page=abc", "per_page=0", "page=&page=", "page=99999999999999999999"} {
			exchanges = append(exchanges, with(s.listAgents(1), func(x *wire.Exchange) { x.Request.URL.RawQuery = query }))
		}
		return exchanges
	}},
	{"pagination/page-as-asked", "empty parameters, which are none", JudgeOptions{}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{with(s.listAgents(1), func(x *wire.Exchange) { x.Request.URL.RawQuery = "page=&per_page=" })}
	}},
	{"pagination/page-as-asked", "no page headers that are numbers", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{
			header(s.listAgents(1), "X-Page", "0"), header(s.listAgents(1), "X-Per-Page", "0"), header(s.listAgents(1), "X-Page", "one"), header(s.listAgents(1), "X-Per-Page", ""),
		}
	}},
	{"pagination/totals", "an object instead of a list", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{answer(answer(s.listAgents(1), "[", ""), "]", "")}
	}},
	{"pagination/totals", "the answer to HEAD", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{with(s.listAgents(1), func(x *wire.Exchange) { x.Request.Method, x.Response.Body = "HEAD", nil })}
	}},
	{"pagination/page-size", "a next page 0", JudgeOptions{}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{header(s.listAgents(1), "X-Next-Page", "0")}
	}},
	{"pagination/link", "pages 0", JudgeOptions{}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{
			header(s.listAgents(1), "X-Next-Page", "0"), header(s.listAgents(1), "X-Prev-Page", "0"),
			with(header(s.listAgents(1), "X-Total-Pages", "0"), func(x *wire.Exchange) {
				header(x, "Link", strings.Split(x.Response.Header.Get("Link"), ", ")[0])
			}),
		}
	}},
	{"pagination/link-parameters", "no links", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{header(s.listAgents(1), "Link", "")}
	}},
	{"pagination/link-parameters", "no page in a link", JudgeOptions{}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{with(s.listAgents(1), func(x *wire.Exchange) {
			x.Request.URL.RawQuery = "page=1"
			header(x, "Link", strings.ReplaceAll(x.Response.Header.Get("Link"), "page=1&per", "per"))
		})}
	}},
	{"pagination/link-repeats-path", "no links", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{header(s.listAgents(1), "Link", "")}
	}},

	{"errors/key", "an object without either", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.exchange("GET", agentPath(5), "", 404, `{}`), s.exchange("GET", agentPath(5), "", 404, `no object`)}
	}},
	{"errors/key", "a route that is not there", JudgeOptions{}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.exchange("GET", agentPath(5), "", 404, `{"error":"404 Not Found"}`)}
	}},
	{"errors/not-found-text", "a route that is not there", JudgeOptions{}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.exchange("GET", agentPath(5), "", 404, `{"error":"404 Not Found"}`)}
	}},
	{"errors/key", "both", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.exchange("GET", agentPath(5), "", 404, `{"message":"page is invalid","error":"404 Not found"}`)}
	}},
	{"errors/text", "neither, or both", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.exchange("GET", agentPath(5), "", 401, `{}`), s.exchange("GET", agentPath(5), "", 401, `{"message":"no","error":"no"}`)}
	}},
	{"errors/message-names-status", "what belongs under error", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.refused("GET", agents+"?page=a", "", 400, "page is invalid")}
	}},
	{"errors/parameter-text", "what is about no parameter", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{
			s.exchange("GET", agentPath(5), "", 404, `{"error":"no"}`), s.exchange("GET", agentPath(5), "", 400, `{}`),
			s.exchange("GET", agentPath(5), "", 400, `{"message":"400 Bad request","error":"no"}`), s.exchange("GET", agentPath(5), "", 400, `{"error":"400 Bad request"}`),
			s.exchange("GET", agentPath(5), "", 400, `{"error":"invalid_request","error_description":"no"}`),
			s.exchange("POST", agents, "{", 400, `{"error":"body does not match declared format"}`),
		}
	}},
	{"errors/not-found-text", "neither, and what belongs under error", JudgeOptions{}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.exchange("GET", agentPath(5), "", 404, `{}`), s.refused("GET", agentPath(5), "", 404, "agent_id is invalid")}
	}},
	{"errors/not-found-text", "neither", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.exchange("GET", agentPath(5), "", 404, `{}`), s.exchange("GET", agentPath(5), "", 404, `[]`)}
	}},
	{"errors/no-internal-error", "an answer that broke off", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{cut(s.refused("GET", agentPath(5), "", 500, "500 Internal Server Error"))}
	}},
	{"errors/model-errors-are-one-text", "another status, and what belongs under error", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{
			s.refused("POST", agents, `{"name":"a"}`, 403, "403 Forbidden"), s.refused("POST", agents, `{}`, 400, "name is missing"), s.exchange("POST", agents, `{}`, 400, "no"),
		}
	}},

	{"headers/cache-control", "a token that is created, which has it", JudgeOptions{}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.createToken(8, 5)}
	}},
	{"headers/etag", "an agent that is created, which has it", JudgeOptions{}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.createAgent(5, "a5")}
	}},
	{"conditional/304-only-when-asked", "answers that broke off, and errors", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{cut(s.exchange("GET", agentPath(5), "", 304, "")), cut(s.readAgent(5, "a5")), s.refused("GET", agentPath(5), "", 404, "404 Not found")}
	}},
	{"conditional/304-only-when-asked", "304 to who asked", JudgeOptions{}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{with(s.exchange("GET", agentPath(5), "", 304, ""), func(x *wire.Exchange) { x.Request.Header.Set("If-None-Match", `W/"1"`) })}
	}},
	{"conditional/304-only-when-asked", "a whole answer", JudgeOptions{}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.readAgent(5, "a5")}
	}},
	{"conditional/412-only-when-asked", "answers that broke off, and errors", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{
			cut(s.refused("DELETE", agentPath(5), "", 412, "412 Precondition Failed")), cut(s.remove(agentPath(5))), s.refused("DELETE", agentPath(5), "", 404, "404 Not found"),
		}
	}},
	{"conditional/412-only-when-asked", "an agent that is deleted", JudgeOptions{}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{s.remove(agentPath(5))}
	}},
	{"conditional/412-only-when-asked", "412 to who asked", JudgeOptions{}, true, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{with(s.refused("DELETE", agentPath(5), "", 412, "412 Precondition Failed"), func(x *wire.Exchange) {
			x.Request.Header.Set("If-Unmodified-Since", "Wed, 01 Jan 2020 00:00:00 GMT")
		})}
	}},
	{"conditional/etag-tells-apart", "HEAD, and no ETag", JudgeOptions{}, false, func(s *stream) []*wire.Exchange {
		return []*wire.Exchange{
			with(s.readAgent(5, "a5"), func(x *wire.Exchange) { x.Request.Method, x.Response.Body = "HEAD", nil }),
			header(s.readAgent(5, "a5"), "ETag", ""), header(s.readAgent(5, "a6"), "ETag", ""),
		}
	}},
}

func TestRulesLeaveToOthersWhatIsTheirs(t *testing.T) {
	t.Parallel()
	for _, c := range elsewhere {
		t.Run(c.rule+"/"+c.what, func(t *testing.T) {
			t.Parallel()
			result, found := judged(t, c.options, c.stream(newStream())...)
			for _, f := range found {
				assert.NotEqual(t, c.rule, f.Rule, "%s", f)
			}
			i := slices.IndexFunc(result.Rules, func(r RuleResult) bool { return r.Rule.ID == c.rule })
			require.GreaterOrEqual(t, i, 0)
			assert.Equal(t, c.met, result.Rules[i].Met > 0, "met %d times", result.Rules[i].Met)
			assert.Equal(t, map[bool]Outcome{false: Untested, true: Pass}[c.met], result.Rules[i].Outcome)
		})
	}
}

// TestWhatFindingsSay holds what people read of findings of which nothing else depends on the words.
func TestWhatFindingsSay(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 256)
	for _, c := range []struct {
		rule              string
		options           JudgeOptions
		pointer, expected string
		actual            string
		stream            func(s *stream) []*wire.Exchange
	}{
		{"tokens/limits-enforced", older, "", "400, for a blank name", "201", func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.post(tokensPath(5), `{"name":" "}`, tokenText(8, 5, unused+`,"token":"`+secretOf(8)+`"`))}
		}},
		{"tokens/limits-enforced", older, "", "400, for a name of 256 characters", "201", func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.post(tokensPath(5), `{"name":"`+long+`"}`, tokenText(8, 5, unused+`,"token":"`+secretOf(8)+`"`))}
		}},
		{"tokens/limits-enforced", older, "", "400, for a description of 1280 characters", "201", func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.post(tokensPath(5), `{"name":"a","description":"`+strings.Repeat(long, 5)+`"}`, tokenText(8, 5, unused+`,"token":"`+secretOf(8)+`"`))}
		}},
		{"tokens/secret-unique", older, "/token", "a secret of its own", "a part of the secret that exchange #0 created", func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.createToken(8, 5), answer(s.createToken(9, 5), secretOf(9), "glagent-"+secretOf(8)[8:40]+secretOf(9)[40:])}
		}},
		{"pagination/link-parameters", older, "", `no parameter in the link rel="first" but those that were sent, and the page`, `the parameter "token"`, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{with(s.listAgents(1), func(x *wire.Exchange) {
				header(x, "Link", strings.ReplaceAll(x.Response.Header.Get("Link"), "page=1&per", "page=1&token=x&per"))
			})}
		}},
		{"tokens/create-keeps-input", older, "/description", "null, as none was sent", "a string of 10 characters", func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.post(tokensPath(5), `{"name":"ci","description":null}`, tokenText(8, 5, unused+`,"token":"`+secretOf(8)+`"`))}
		}},
		{"tokens/create-keeps-input", older, "/name", "the name that was sent, 2 characters", "2 characters, which differ from character 1 on", func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{answer(s.createToken(8, 5), `"ci"`, `"CI"`)}
		}},
		{"tokens/create-keeps-input", older, "/name", "the name that was sent, 2 characters", "3 characters, which differ from character 3 on", func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{answer(s.createToken(8, 5), `"ci"`, `"ci!"`)}
		}},
		{"tokens/create-keeps-input", older, "/name", "the name that was sent, 2 characters", "1 characters, which differ from character 2 on", func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{answer(s.createToken(8, 5), `"ci"`, `"c"`)}
		}},
		{"tokens/agent-matches-path", older, "/1/agent_id", "5", "6", func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.get(tokensPath(5), list(tokenText(8, 5, ""), tokenText(9, 6, "")))}
		}},
		{"tokens/agent-matches-path", older, "/agent_id", "5", "6", func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.get(tokenPath(5, 9), tokenText(9, 6, unused))}
		}},
		{"tokens/never-change", older, "/description", "the description it was first shown with, null", "a string of 0 characters", func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{answer(s.readToken(8, 5), `"Some token"`, "null"), answer(s.readToken(8, 5), `"Some token"`, `""`)}
		}},
		{"tokens/never-change", older, "/created_at", `"2022-04-20T20:42:40.221Z"`, `"2022-04-20T20:42:40.222Z"`, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.readToken(8, 5), answer(s.readToken(8, 5), "40.221Z", "40.222Z")}
		}},
		{"tokens/never-change", older, "/created_by_user_id", "42", "43", func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.readToken(8, 5), answer(s.readToken(8, 5), `_id":42`, `_id":43`)}
		}},
		{"tokens/revoked-not-readable", older, "", "404, as exchange #0 revoked the token", "304", func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.remove(tokenPath(5, 8)), s.exchange("GET", tokenPath(5, 8), "", 304, "")}
		}},
		{"agents/never-change", older, "/created_by_user_id", "42", "43", func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.readAgent(5, "a5"), answer(s.readAgent(5, "a5"), `_id":42`, `_id":43`)}
		}},
		{"agents/create-keeps-name", older, "/name", `"a5"`, `"A 5"`, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{answer(s.createAgent(5, "a5"), `"a5"`, `"A 5"`)}
		}},
		{"agents/deleted-stays-gone", older, "", "404, as exchange #0 deleted the agent", "304", func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.remove(agentPath(5)), s.exchange("GET", agentPath(5), "", 304, "")}
		}},
		{"pagination/totals", older, "", "both X-Total and X-Total-Pages, or neither", "one of them", func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{header(s.listAgents(), "X-Total", "")}
		}},
		{"pagination/totals", older, "", "both X-Total and X-Total-Pages, or neither", "one of them", func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{header(s.listAgents(), "X-Total-Pages", "")}
		}},
		{"pagination/totals", older, "", "X-Total and X-Total-Pages, as there are no more than 10,000 entries", "neither", func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{with(s.listAgents(1), func(x *wire.Exchange) {
				x.Request.URL.RawQuery = "page=100&per_page=100"
				pageHeadersOf(x, 100, 100, 10_000)
				uncounted(x)
			})}
		}},
		{"pagination/neighbours", older, "", "X-Next-Page: 2", "X-Next-Page: 3", func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{with(s.listAgents(1), func(x *wire.Exchange) {
				x.Request.URL.RawQuery = "per_page=1"
				pageHeadersOf(x, 1, 1, 10_001)
				uncounted(x)
				header(x, "X-Next-Page", "3")
			})}
		}},
		{"pagination/link", older, "", `no link rel="next"`, "one to page 2", func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{with(s.listAgents(1), func(x *wire.Exchange) {
				header(x, "Link", x.Response.Header.Get("Link")+`, <https://gitlab.example.com/api/v4/projects/20/cluster_agents?id=20&page=2&per_page=20>; rel="next"`)
			})}
		}},
		{"pagination/link-parameters", older, "", `an absolute URL for rel="first"`, "a relative one", func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{with(s.listAgents(1), func(x *wire.Exchange) {
				header(x, "Link", strings.ReplaceAll(x.Response.Header.Get("Link"), "https://gitlab.example.com", ""))
			})}
		}},
		{"pagination/link-parameters", older, "", `an absolute URL for rel="first"`, "a relative one", func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{with(s.listAgents(1), func(x *wire.Exchange) {
				header(x, "Link", strings.ReplaceAll(x.Response.Header.Get("Link"), "https:", ""))
			})}
		}},
		{"pagination/link-parameters", older, "", `an absolute URL for rel="first"`, "a relative one", func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{with(s.listAgents(1), func(x *wire.Exchange) {
				header(x, "Link", strings.ReplaceAll(x.Response.Header.Get("Link"), "//gitlab.example.com", ""))
			})}
		}},
		{"pagination/link-parameters", older, "", `the parameter "search" in the link rel="first"`, "none", func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{with(s.listAgents(1), func(x *wire.Exchange) { x.Request.URL.RawQuery = "search=x" })}
		}},
		{"pagination/link-parameters", older, "", `a URL ending in /api/v4/projects/20/cluster_agents for rel="first"`, "/projects/20/cluster_agents", func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{with(s.listAgents(1), func(x *wire.Exchange) {
				header(x, "Link", strings.ReplaceAll(x.Response.Header.Get("Link"), "/api/v4", ""))
			})}
		}},
		{"errors/not-found-text", older, "/error", `"404 Not Found"`, `"no"`, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.exchange("GET", agentPath(5), "", 404, `{"error":"no"}`)}
		}},
		{"errors/model-errors-are-one-text", older, "/message", `"400 Bad request - …"`, `"400 Bad request: Name"`, func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{s.refused("POST", agents, `{"name":"a"}`, 400, "400 Bad request: Name")}
		}},
		{"headers/cache-control", older, "", "Cache-Control: max-age=0, private, must-revalidate", "Cache-Control: ", func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{header(s.createAgent(5, "a5"), "Cache-Control", "")}
		}},
		{"headers/etag", older, "", `ETag: W/"…"`, "ETag: ", func(s *stream) []*wire.Exchange {
			return []*wire.Exchange{header(s.createAgent(5, "a5"), "ETag", "")}
		}},
	} {
		t.Run(c.rule+"/"+c.expected, func(t *testing.T) {
			t.Parallel()
			_, found := judged(t, c.options, c.stream(newStream())...)
			i := slices.IndexFunc(found, func(f Finding) bool { return f.Rule == c.rule })
			require.GreaterOrEqual(t, i, 0, "%v", found)
			assert.Equal(t, c.pointer, found[i].Pointer)
			assert.Equal(t, c.expected, found[i].Expected)
			assert.Equal(t, c.actual, found[i].Actual)
		})
	}
}

func TestFailuresAreErrorsOnly(t *testing.T) {
	t.Parallel()
	s := newStream()
	judge, err := NewJudge(JudgeOptions{})
	require.NoError(t, err)
	_, made := judge.observe(judge.Prepare(s.createAgent(5, "a5")))
	_, ok := made.failure()
	assert.False(t, ok)
	for body, want := range map[string]string{
		`{"message":"404 Not found"}`: `message "404 Not found"`, `{"error":"no"}`: `error "no"`, `{}`: "neither message nor error",
	} {
		_, x := judge.observe(judge.Prepare(s.exchange("GET", agentPath(5), "", 404, body)))
		f, ok := x.failure()
		assert.True(t, ok)
		assert.Equal(t, want, f.said())
	}
	assert.Equal(t, strings.Repeat("é", 160), clip(strings.Repeat("é", 160)))
	assert.Equal(t, strings.Repeat("é", 160)+"…", clip(strings.Repeat("é", 161)))
}
