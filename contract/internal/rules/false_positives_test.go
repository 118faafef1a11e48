package rules_test

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/redact"
	"example.com/gitlab-agents/contract/wire"
)

// TestNoFalsePositives judges streams in which every answer is right, though something happened in between that the judge
// did not see.
func TestNoFalsePositives(t *testing.T) {
	t.Parallel()
	revoked := func(id, agent int, more string) string {
		return strings.Replace(tokenText(id, agent, more), `"active"`, `"revoked"`, 1)
	}
	stranger := func(x *wire.Exchange) *wire.Exchange {
		x.Request.Header.Set("Private-Token", "glpat-98765432109876543210")
		return x
	}
	notFound := func(s *stream, path string) *wire.Exchange { return s.refused("GET", path, "", 404, "404 Not found") }
	// during is an exchange that was under way while those judged before it were.
	during := func(x, first *wire.Exchange) *wire.Exchange {
		x.Started = first.Started.Add(-time.Second)
		x.Duration = 10 * time.Second
		return x
	}

	for what, c := range map[string]struct {
		version rule.Version
		stream  func(s *stream) exchanges
	}{
		"somebody else deletes an agent and creates another of the same name": {stream: func(s *stream) exchanges {
			return exchanges{
				s.createAgent(5, "prod"), s.get(agents, list(agentText(5, "prod"))), s.get(agents, list()),
				notFound(s, agentPath(5)), s.get(agents, list(agentText(9, "prod"))), s.readAgent(9, "prod"),
				stranger(s.createToken(8, 9)), s.listTokens(9, 8),
			}
		}},
		"somebody else revokes a token": {stream: func(s *stream) exchanges {
			return exchanges{
				s.createToken(8, 5), s.listTokens(5, 8), s.listTokens(5), notFound(s, tokenPath(5, 8)),
				s.remove(tokenPath(5, 8)), notFound(s, tokenPath(5, 8)),
			}
		}},
		"a token is revoked by another caller of the same recording": {stream: func(s *stream) exchanges {
			return exchanges{
				s.createToken(8, 5), stranger(s.remove(tokenPath(5, 8))), s.listTokens(5), notFound(s, tokenPath(5, 8)),
				s.remove(tokenPath(5, 8)),
			}
		}},
		"a third token is accepted, because somebody revoked one of two": {stream: func(s *stream) exchanges {
			return exchanges{
				s.createToken(8, 5), s.createToken(9, 5),
				s.refused("POST", tokensPath(5), `{"name":"ci"}`, 400, "400 Bad request - An agent can have only two active tokens at a time"),
				s.createToken(10, 5), s.listTokens(5, 9, 10),
			}
		}},
		"the project's description changes": {stream: func(s *stream) exchanges {
			return exchanges{
				s.readAgent(5, "a5"), answer(s.readAgent(5, "a5"), `"description":""`, `"description":"new"`),
				answer(s.listAgents(5), `"description":""`, `"description":null`),
			}
		}},
		"the project is renamed": {stream: func(s *stream) exchanges {
			renamed := func(x *wire.Exchange) *wire.Exchange {
				answer(x, `"path":"test"`, `"path":"best"`)
				answer(x, `"root/test"`, `"root/best"`)
				answer(x, `"name":"test"`, `"name":"Best"`)
				return answer(x, `"Administrator / test"`, `"Administrator / Best"`)
			}
			return exchanges{
				s.get("/projects/root%2Ftest/cluster_agents", list(agentText(5, "a5"))),
				renamed(s.get("/projects/root%2Fbest/cluster_agents", list(agentText(5, "a5")))),
				renamed(s.readAgent(5, "a5")),
				header(s.exchange("GET", "/projects/root%2Ftest/cluster_agents", "", 301, ""), "Location", "https://gitlab.example.com/api/v4/projects/20/cluster_agents"),
				s.refused("DELETE", "/projects/root%2Ftest/cluster_agents/5", "", 405, "Non GET methods are not allowed for moved projects"),
			}
		}},
		"a project's path is written in upper case": {stream: func(s *stream) exchanges {
			return exchanges{s.get("/projects/Root%2FTest/cluster_agents", list(agentText(5, "a5")))}
		}},
		"the creator is deleted": {stream: func(s *stream) exchanges {
			gone := func(x *wire.Exchange) *wire.Exchange {
				return answer(x, `"created_by_user_id":42`, `"created_by_user_id":null`)
			}
			return exchanges{
				s.createAgent(5, "a5"), s.createToken(8, 5), gone(s.readAgent(5, "a5")), gone(s.listAgents(5)),
				gone(s.listTokens(5, 8)), gone(s.readToken(8, 5)),
			}
		}},
		"a token is used": {stream: func(s *stream) exchanges {
			return exchanges{
				s.createToken(8, 5), answer(s.readToken(8, 5), `"last_used_at":null`, `"last_used_at":"2026-11-22T12:00:01.000Z"`),
				answer(s.readToken(8, 5), `"last_used_at":null`, `"last_used_at":"2026-11-22T12:00:09.000Z"`),
			}
		}},
		"is_receptive is switched": {rule.Version{Edition: rule.Enterprise}, func(s *stream) exchanges {
			receptive := func(x *wire.Exchange, value string) *wire.Exchange {
				return answer(x, `"created_by_user_id":42`, `"created_by_user_id":42,"is_receptive":`+value)
			}
			return exchanges{
				receptive(s.readAgent(5, "a5"), "false"), receptive(s.readAgent(5, "a5"), "true"), receptive(s.listAgents(5), "false"),
			}
		}},
		"the caller's role is lowered": {stream: func(s *stream) exchanges {
			return exchanges{
				s.createAgent(5, "a5"), s.createToken(8, 5), s.listAgents(5),
				s.refused("POST", agents, `{"name":"b"}`, 403, "403 Forbidden"),
				s.refused("GET", agents, "", 404, "404 ClusterAgents Not Found"),
				notFound(s, agentPath(5)), notFound(s, tokensPath(5)), notFound(s, tokenPath(5, 8)),
				s.refused("GET", agents, "", 404, "404 Project Not Found"),
				s.refused("GET", agents, "", 401, "401 Unauthorized"),
				s.exchange("GET", agents, "", 401, `{"error":"invalid_token","error_description":"Token was revoked. You have to re-authorize from the user."}`),
				s.listAgents(5), s.readAgent(5, "a5"),
			}
		}},
		"agents come and go": {stream: func(s *stream) exchanges {
			return exchanges{
				s.listAgents(1, 2, 3), s.listAgents(1), s.listAgents(1, 4, 5), s.get(agents, list()), s.listAgents(6), notFound(s, agentPath(1)),
			}
		}},
		"the total changes between two pages": {stream: func(s *stream) exchanges {
			page := func(number, total int, ids ...int) *wire.Exchange {
				return with(s.listAgents(ids...), func(x *wire.Exchange) {
					x.Request.URL.RawQuery = fmt.Sprintf("per_page=2&page=%d", number)
					pageHeadersOf(x, number, 2, total)
				})
			}
			return exchanges{page(1, 4, 1, 2), page(2, 5, 3, 4), page(3, 5, 5), page(1, 3, 1, 2), page(2, 3, 4)}
		}},
		"entries move from one page to another": {stream: func(s *stream) exchanges {
			page := func(number int, ids ...int) *wire.Exchange {
				return with(s.listAgents(ids...), func(x *wire.Exchange) {
					x.Request.URL.RawQuery = fmt.Sprintf("per_page=2&page=%d", number)
					pageHeadersOf(x, number, 2, 4)
				})
			}
			// Agent 2 is deleted and agent 9 created: 3 moves to the first page after the first page was read, and 5 comes.
			return exchanges{page(1, 1, 2), page(2, 5, 9), page(1, 1, 3), s.readAgent(3, "a3"), page(2, 5, 9)}
		}},
		"more than 10,000 agents are not counted": {stream: func(s *stream) exchanges {
			return exchanges{with(s.listAgents(1, 2), func(x *wire.Exchange) {
				x.Request.URL.RawQuery = "per_page=2&page=3"
				pageHeadersOf(x, 3, 2, 20_000)
				header(x, "X-Total", "")
				header(x, "X-Total-Pages", "")
				link := x.Response.Header.Get("Link")
				header(x, "Link", link[:strings.LastIndex(link, ", ")])
			})}
		}},
		"a list is read while an agent is created": {stream: func(s *stream) exchanges {
			created := s.createAgent(5, "a5")
			return exchanges{s.listAgents(1), created, during(s.listAgents(1), created), s.readAgent(5, "a5")}
		}},
		"an agent is listed before its create is answered": {stream: func(s *stream) exchanges {
			listed := s.listAgents(5)
			return exchanges{listed, during(s.createAgent(5, "a5"), listed), s.readAgent(5, "a5")}
		}},
		"an agent is read while it is deleted": {stream: func(s *stream) exchanges {
			removed := s.remove(agentPath(5))
			return exchanges{removed, during(s.readAgent(5, "a5"), removed), during(s.listAgents(5), removed), during(s.remove(agentPath(5)), removed)}
		}},
		"a token is read while it is revoked": {stream: func(s *stream) exchanges {
			removed := s.remove(tokenPath(5, 8))
			return exchanges{removed, during(s.readToken(8, 5), removed), during(s.listTokens(5, 8), removed)}
		}},
		"a token is revoked before its create is answered": {stream: func(s *stream) exchanges {
			removed := s.remove(tokenPath(5, 8))
			return exchanges{removed, during(s.createToken(8, 5), removed)}
		}},
		"a list is read while a token is created": {stream: func(s *stream) exchanges {
			created := s.createToken(8, 5)
			return exchanges{created, during(s.listTokens(5), created), s.readToken(8, 5)}
		}},
		"two GitLabs have the same ids": {stream: func(s *stream) exchanges {
			other := newStream()
			other.base = "https://gitlab.example.org:8443/gitlab"
			other.now = s.now
			return exchanges{
				s.createAgent(5, "a5"), other.createAgent(5, "b"), s.createToken(8, 5), answer(other.createToken(8, 5), secretOf(8), secretOf(9)),
				other.remove(tokenPath(5, 8)), s.readToken(8, 5), s.listTokens(5, 8), other.remove(agentPath(5)),
				s.readAgent(5, "a5"), other.createAgent(6, "b"), s.listAgents(5),
			}
		}},
		"two projects have agents of the same names": {stream: func(s *stream) exchanges {
			elsewhere := strings.NewReplacer(`"config_project":{"id":20`, `"config_project":{"id":21`).Replace(agentText(6, "a5"))
			return exchanges{
				s.createAgent(5, "a5"), s.post("/projects/21/cluster_agents", `{"name":"a5"}`, elsewhere),
				s.listAgents(5), s.get("/projects/21/cluster_agents", list(elsewhere)), s.readAgent(5, "a5"),
			}
		}},
		"the recording has no credentials": {stream: func(s *stream) exchanges {
			exchanges := healthyLife(s)
			for _, x := range exchanges {
				delete(x.Request.Header, "Private-Token")
			}
			return exchanges
		}},
		"the recording has no times": {stream: func(s *stream) exchanges {
			exchanges := healthyLife(s)
			for _, x := range exchanges {
				x.Started, x.Duration = time.Time{}, 0
			}
			return exchanges
		}},
		"the recorder dropped the bodies": {stream: func(s *stream) exchanges {
			exchanges := healthyLife(s)
			for _, x := range exchanges {
				x.Request.Truncated = len(x.Request.Body) > 0
				x.Response.Truncated = len(x.Response.Body) > 0
				x.Request.Body, x.Response.Body = nil, nil
			}
			return exchanges
		}},
		"a sanitizer put its own word in the place of the secrets": {stream: func(s *stream) exchanges { return sanitized(s, "[token redacted]") }},
		"a sanitizer put REDACTED in the place of the secrets":     {stream: func(s *stream) exchanges { return sanitized(s, "REDACTED") }},
		"a sanitizer put asterisks in the place of the secrets":    {stream: func(s *stream) exchanges { return sanitized(s, "********") }},
		"a sanitizer kept the beginning of the secrets":            {stream: func(s *stream) exchanges { return sanitized(s, "glagent-****") }},
		"the names of projects are masked in answers":              {stream: func(s *stream) exchanges { return anonymised(s, `"root/test"`, `"[REDACTED]/[REDACTED]"`) }},
		"users are masked in answers": {stream: func(s *stream) exchanges {
			return anonymised(s, `"created_by_user_id":42`, `"created_by_user_id":"***"`)
		}},
		"the names of agents are masked in what was sent": {stream: func(s *stream) exchanges { return anonymised(s, `{"name":"`, `{"name":"***","x":"`) }},
		"ids are templates in URLs": {stream: func(s *stream) exchanges {
			exchanges := healthyLife(s)
			for _, x := range exchanges {
				x.Request.URL.Path, x.Request.URL.RawPath = templateOf(x.Request.URL.Path), ""
			}
			return exchanges
		}},
		"the browser left request headers out": {stream: func(s *stream) exchanges {
			read := s.readAgent(5, "a5")
			again := s.readAgent(5, "a5")
			again.Response.StatusCode, again.Response.Body = 304, nil
			again.Response.Header.Del("Content-Type")
			exchanges := exchanges{s.createAgent(5, "a5"), read, again}
			for _, x := range exchanges {
				x.Request.Header = http.Header{"User-Agent": {"Mozilla/5.0"}, "Content-Type": x.Request.Header["Content-Type"]}
			}
			return exchanges
		}},
		"a gateway words its 503 in JSON": {stream: func(s *stream) exchanges {
			x := s.readAgent(5, "a5")
			x.Response.StatusCode, x.Response.Body = 503, []byte(`{"message":"the upstream is down"}`)
			return append(healthyLife(s), x)
		}},
		"the recording was made without secrets": {stream: func(s *stream) exchanges {
			exchanges := healthyLife(s)
			redactor := redact.New()
			for _, x := range exchanges {
				x.Response.Body = redactor.RedactBytes(x.Response.Body)
			}
			return exchanges
		}},
		"the recorder kept the beginnings of bodies": {stream: func(s *stream) exchanges {
			exchanges := healthyLife(s)
			for _, x := range exchanges {
				if n := len(x.Response.Body); n > 10 {
					x.Response.Body, x.Response.Truncated = x.Response.Body[:n/2], true
				}
			}
			return exchanges
		}},
		"nothing was answered": {stream: func(s *stream) exchanges {
			exchanges := healthyLife(s)
			for _, x := range exchanges {
				x.Response, x.Err = nil, errReset
			}
			return exchanges
		}},
		"gateways and limits answered": {stream: func(s *stream) exchanges {
			var exchanges exchanges
			for _, status := range []int{502, 503, 504, 429} {
				exchanges = append(exchanges, with(s.exchange("GET", agents, "", status, "<html>Bad gateway</html>"), func(x *wire.Exchange) {
					x.Response.Header = http.Header{"Content-Type": {"text/html"}, "Server": {"nginx"}}
				}))
			}
			return exchanges
		}},
		"revoked tokens are shown by 15.0": {rule.Version{Release: rule.GitLab(15, 0)}, lifeBefore16},
		"revoked tokens are shown by a GitLab that says it is 15.11": {stream: func(s *stream) exchanges {
			return append(exchanges{s.metadata("15.11.13", false)}, lifeBefore16(s)...)
		}},
		"a token revoked by somebody else is shown as revoked by 15.0": {rule.Version{Release: rule.GitLab(15, 0)}, func(s *stream) exchanges {
			return exchanges{
				s.listTokens(5, 8), s.get(tokensPath(5), list(revoked(8, 5, ""))), s.get(tokenPath(5, 8), revoked(8, 5, unused)),
				s.listTokens(5, 9),
			}
		}},
		"a GitLab is upgraded between two exchanges": {stream: func(s *stream) exchanges {
			return exchanges{
				s.metadata("15.11.13", false), s.get(tokensPath(5), list(revoked(8, 5, ""), tokenText(9, 5, ""))),
				s.metadata("16.0.0-ee", true), s.listTokens(5, 9), notFound(s, tokenPath(5, 8)),
			}
		}},
		"a secret is stored in a CI/CD variable and read from there": {stream: func(s *stream) exchanges {
			return exchanges{
				s.createToken(8, 5),
				s.post("/projects/20/variables", fmt.Sprintf(`{"key":"AGENT","value":%q}`, secretOf(8)), fmt.Sprintf(`{"key":"AGENT","value":%q}`, secretOf(8))),
				s.get("/projects/20/variables", fmt.Sprintf(`[{"key":"AGENT","value":%q}]`, secretOf(8))),
			}
		}},
		"a Link repeats a secret that the request contained": {stream: func(s *stream) exchanges {
			return exchanges{s.createToken(8, 5), with(s.listAgents(1), func(x *wire.Exchange) {
				x.Request.URL.RawQuery = "search=" + secretOf(8)
				pageHeadersOf(x, 1, 20, 1)
			})}
		}},
		"agents are sorted by another collation": {stream: func(s *stream) exchanges {
			return exchanges{
				s.get(agents, list(agentText(1, "a-b"), agentText(2, "aa"), agentText(3, "b"))),
				s.get(agents, list(agentText(2, "aa"), agentText(1, "a-b"), agentText(3, "b"))),
			}
		}},
		"parameters are sent twice, in one place or two": {stream: func(s *stream) exchanges {
			return exchanges{
				with(s.createToken(8, 5), func(x *wire.Exchange) { x.Request.URL.RawQuery = "name=other" }),
				with(s.listAgents(1), func(x *wire.Exchange) { x.Request.URL.RawQuery = "page=1&page=2" }),
			}
		}},
		"a number is sent as a name": {stream: func(s *stream) exchanges {
			return exchanges{with(answer(s.createToken(8, 5), `"name":"ci"`, `"name":"1.50"`), func(x *wire.Exchange) {
				x.Request.Body = []byte(`{"name":1.50,"description":"Some token"}`)
			})}
		}},
		"a page far past the end": {stream: func(s *stream) exchanges {
			return exchanges{with(s.get(agents, list()), func(x *wire.Exchange) {
				x.Request.URL.RawQuery = "page=9"
				pageHeadersOf(x, 9, 20, 3)
				x.Response.Header["X-Prev-Page"] = []string{""}
			})}
		}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			result := judged(t, c.version, c.stream(newStream())...)
			assert.Empty(t, violations(result.Findings))
			if result.Release.IsZero() {
				c.version.Release = newest.Release
			} else {
				c.version.Release = rule.Release{}
			}
			assert.Empty(t, violations(judged(t, c.version, c.stream(newStream())...).Findings), "with the release, or without")
		})
	}
}

// sanitized is a healthy recording in which a program put a word in the place of each agent token's secret.
func sanitized(s *stream, word string) exchanges {
	exchanges := healthyLife(s)
	for _, x := range exchanges {
		x.Response.Body = secretText.ReplaceAll(x.Response.Body, []byte(`"token":"`+word+`"`))
	}
	return exchanges
}

var secretText = regexp.MustCompile(`"token":"[^"]*"`)

// anonymised is a healthy recording in which a program replaced a text in all bodies.
func anonymised(s *stream, text, by string) exchanges {
	exchanges := healthyLife(s)
	replaced := 0
	replace := func(body []byte) []byte {
		replaced += bytes.Count(body, []byte(text))
		return bytes.ReplaceAll(body, []byte(text), []byte(by))
	}
	for _, x := range exchanges {
		x.Request.Body, x.Response.Body = replace(x.Request.Body), replace(x.Response.Body)
	}
	if replaced == 0 {
		panic("there is no " + text)
	}
	return exchanges
}

// templateOf is a path as some tools record it.
func templateOf(path string) string {
	path = regexp.MustCompile(`/projects/[^/]+`).ReplaceAllString(path, "/projects/:id")
	path = regexp.MustCompile(`/cluster_agents/[^/]+`).ReplaceAllString(path, "/cluster_agents/:agent_id")
	return regexp.MustCompile(`/tokens/[^/]+`).ReplaceAllString(path, "/tokens/:token_id")
}
