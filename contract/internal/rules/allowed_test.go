package rules_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/wire"
)

// allowed are streams of healthy servers that come close to what a rule forbids.
var allowed = []struct {
	what    string
	version rule.Version
	stream  func(s *stream) exchanges
}{
	{"a secret of 40 characters", rule.Version{Release: rule.GitLab(15, 0)}, func(s *stream) exchanges {
		return exchanges{answer(s.createToken(8, 5), secretOf(8), secretOf(8)[8:48])}
	}},
	{"a routable secret with a prefix of the instance", newest, func(s *stream) exchanges {
		return exchanges{answer(s.createToken(8, 5), secretOf(8), routableSecretOf("acme-glagent-", payload, len(payload)))}
	}},
	{"a creator who is deleted, or not shown at first", older, func(s *stream) exchanges {
		gone := func(x *wire.Exchange) *wire.Exchange {
			return answer(x, `"created_by_user_id":42`, `"created_by_user_id":null`)
		}
		return exchanges{
			s.readAgent(5, "a5"), gone(s.readAgent(5, "a5")), gone(s.readAgent(6, "a6")), s.readAgent(6, "a6"),
			s.readToken(8, 5), gone(s.readToken(8, 5)), gone(s.readToken(9, 5)), s.readToken(9, 5),
		}
	}},
	{"empty lists, and empty parameters", newest, func(s *stream) exchanges {
		return exchanges{s.get(agents, "[]"), s.get(tokensPath(5)+"?page=&per_page=", "[]")}
	}},
	{"a page past the end", newest, func(s *stream) exchanges {
		return exchanges{with(s.get(agents+"?page=3", "[]"), func(x *wire.Exchange) {
			pageHeadersOf(x, 3, 20, 39)
			x.Response.Header["X-Prev-Page"] = []string{""}
			header(x, "Link", strings.Join(slices.DeleteFunc(strings.Split(x.Response.Header.Get("Link"), ", "), func(l string) bool {
				return strings.Contains(l, `"prev"`)
			}), ", "))
		})}
	}},
	{"the last page of more than 10,000, which are not counted", newest, func(s *stream) exchanges {
		return exchanges{with(s.listAgents(1), func(x *wire.Exchange) {
			x.Request.URL.RawQuery = "page=101&per_page=100"
			pageHeadersOf(x, 101, 100, 10_001)
			uncounted(x)
		})}
	}},
	{"a first page of more than 10,000, which lacks most", newest, func(s *stream) exchanges {
		return exchanges{s.readAgent(2, "a2"), with(s.listAgents(1), func(x *wire.Exchange) {
			x.Request.URL.RawQuery = "per_page=1"
			pageHeadersOf(x, 1, 1, 10_001)
			uncounted(x)
		}), s.readAgent(2, "a2")}
	}},
	{"links that keep what was asked for", newest, func(s *stream) exchanges {
		return exchanges{with(s.listAgents(1), func(x *wire.Exchange) {
			x.Request.URL.RawQuery = "per_page=101&a=1&a=2&b[]=3"
			pageHeadersOf(x, 1, 100, 1)
			header(x, "Link", strings.NewReplacer("per_page=100", "per_page=101", "a=1&a=2&", "", "b%5B%5D=3&", "").Replace(x.Response.Header.Get("Link")))
		})}
	}},
	{"links of an instance behind a proxy", newest, func(s *stream) exchanges {
		return exchanges{with(s.listAgents(1), func(x *wire.Exchange) {
			x.Request.URL.Path, x.Request.URL.RawPath = "/api/v4/projects/root/test/cluster_agents", "/api/v4/projects/root%2ftest/cluster_agents"
			header(x, "Link", strings.ReplaceAll(x.Response.Header.Get("Link"), "https://gitlab.example.com/api/v4/projects/20", "http://other/gitlab/api/v4/projects/root%2Ftest"))
		})}
	}},
	{"a token of GitLab's that expired", newest, func(s *stream) exchanges {
		return exchanges{s.exchange("GET", agents, "", 401, `{"error":"invalid_token","error_description":"Token is expired. You can either do re-authorization or token refresh."}`)}
	}},
	{"a token of GitLab's that may only read", newest, func(s *stream) exchanges {
		return exchanges{s.exchange("POST", agents, `{"name":"a"}`, 403, `{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api"}`)}
	}},
	{"a bad request without a reason", newest, func(s *stream) exchanges {
		return exchanges{s.refused("POST", agents, `{"name":"a"}`, 400, "400 Bad request")}
	}},
	{"a moved project", newest, func(s *stream) exchanges {
		return exchanges{s.refused("POST", agents, `{"name":"a"}`, 405, "Non GET methods are not allowed for moved projects")}
	}},
	{"a page past 64 bits", newest, func(s *stream) exchanges {
		return exchanges{s.refused("GET", agents+"?page=99999999999999999999", "", 500, "500 Internal Server Error")}
	}},
	{"304 to If-Modified-Since", newest, func(s *stream) exchanges {
		return exchanges{with(s.exchange("GET", agentPath(5), "", 304, ""), func(x *wire.Exchange) {
			x.Request.Header.Set("If-Modified-Since", "Wed, 01 Jan 2020 00:00:00 GMT")
		})}
	}},
	{"412 to If-Unmodified-Since", newest, func(s *stream) exchanges {
		return exchanges{with(s.refused("DELETE", agentPath(5), "", 412, "412 Precondition Failed"), func(x *wire.Exchange) {
			x.Request.Header.Set("If-Unmodified-Since", "Wed, 01 Jan 2020 00:00:00 GMT")
		})}
	}},
	{"an ETag of another caller, another URL, or none", newest, func(s *stream) exchanges {
		return exchanges{
			header(s.readAgent(5, "a5"), "ETag", `W/"1"`), header(s.readAgent(6, "a6"), "ETag", `W/"1"`),
			with(header(s.readAgent(5, "a5"), "ETag", `W/"1"`), func(x *wire.Exchange) {
				x.Request.Header.Set("Private-Token", "glpat-another-user-of-gitlab")
				answer(x, `"description":""`, `"description":"for your eyes"`)
			}),
		}
	}},
	{"what other parts of GitLab answer", newest, func(s *stream) exchanges {
		plain := func(x *wire.Exchange) *wire.Exchange {
			x.Response.Header = http.Header{"Content-Type": {"application/json"}, "Cache-Control": {"public"}}
			return x
		}
		return exchanges{
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
			result := judged(t, c.version, c.stream(newStream())...)
			assert.Empty(t, violations(result.Findings))
			for _, r := range result.Rules {
				assert.NotEqual(t, rule.ReasonInternal, r.Reason.Code, "%s: %s", r.Rule.ID, r.Reason.Text)
			}
		})
	}
}
