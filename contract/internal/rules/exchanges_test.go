// Package rules_test judges exchanges that are made by hand: healthy ones, and ones that break a single rule.
package rules_test

import (
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/internal/rules"
	"example.com/gitlab-agents/contract/wire"
)

// exchanges are what a judge sees, in order.
type exchanges = []*wire.Exchange

// stream makes the exchanges of one caller with one GitLab, as GitLab answers them.
type stream struct {
	base string // scheme, host and relative root
	now  time.Time
	ids  int
}

func newStream() *stream {
	return &stream{base: "https://gitlab.example.com", now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
}

// exchange is one that begins when the one before has ended.
func (s *stream) exchange(method, path, body string, status int, answer string) *wire.Exchange {
	u, err := url.Parse(s.base + "/api/v4" + path)
	if err != nil {
		panic(err)
	}
	s.now = s.now.Add(100 * time.Millisecond)
	s.ids++
	x := &wire.Exchange{
		Request:  wire.Request{Method: method, URL: u, Header: http.Header{"Private-Token": {"glpat-01234567890123456789"}}},
		Response: &wire.Response{StatusCode: status, Header: http.Header{"X-Request-Id": {fmt.Sprintf("01JD%022d", s.ids)}}},
		Started:  s.now, Duration: 50 * time.Millisecond,
	}
	if body != "" {
		x.Request.Body = []byte(body)
		x.Request.Header.Set("Content-Type", "application/json")
	}
	h := x.Response.Header
	h.Set("Cache-Control", "no-cache")
	if answer != "" {
		x.Response.Body = []byte(answer)
		h.Set("Content-Type", "application/json")
	}
	if status < 300 {
		h.Set("X-Content-Type-Options", "nosniff")
	}
	if status == 200 || status == 201 {
		h.Set("Cache-Control", "max-age=0, private, must-revalidate")
		h.Set("Etag", fmt.Sprintf(`W/"%032d"`, s.ids))
	}
	if strings.HasPrefix(answer, "[") {
		pageHeadersOf(x, 1, 20, strings.Count(answer, `"created_by_user_id"`))
	}
	return x
}

// pageHeadersOf sets the headers of a page of a list.
func pageHeadersOf(x *wire.Exchange, page, perPage, total int) {
	h := x.Response.Header
	pages := max(1, (total+perPage-1)/perPage)
	number := func(n int) string {
		if n < 1 || n > pages {
			return ""
		}
		return fmt.Sprint(n)
	}
	h.Set("X-Page", fmt.Sprint(page))
	h.Set("X-Per-Page", fmt.Sprint(perPage))
	h["X-Next-Page"] = []string{number(page + 1)}
	h["X-Prev-Page"] = []string{number(page - 1)}
	h.Set("X-Total", fmt.Sprint(total))
	h.Set("X-Total-Pages", fmt.Sprint(pages))
	var links []string
	for _, link := range []struct {
		rel  string
		page int
	}{{"prev", page - 1}, {"next", page + 1}, {"first", 1}, {"last", pages}} {
		if number(link.page) == "" {
			continue
		}
		u := *x.Request.URL
		query := u.Query()
		query.Set("page", fmt.Sprint(link.page))
		query.Set("per_page", fmt.Sprint(perPage))
		parts := strings.Split(x.Request.URL.Path[strings.Index(x.Request.URL.Path, "/projects/")+1:], "/")
		query.Set("id", parts[1])
		if parts[len(parts)-1] == "tokens" {
			query.Set("agent_id", parts[len(parts)-2])
		}
		u.RawQuery = query.Encode()
		links = append(links, fmt.Sprintf("<%s>; rel=%q", u.String(), link.rel))
	}
	h.Set("Link", strings.Join(links, ", "))
}

func (s *stream) get(path, answer string) *wire.Exchange {
	return s.exchange("GET", path, "", 200, answer)
}

func (s *stream) post(path, body, answer string) *wire.Exchange {
	return s.exchange("POST", path, body, 201, answer)
}

func (s *stream) remove(path string) *wire.Exchange { return s.exchange("DELETE", path, "", 204, "") }

// refused is an error of the form {"message": …}.
func (s *stream) refused(method, path, body string, status int, message string) *wire.Exchange {
	return s.exchange(method, path, body, status, fmt.Sprintf(`{"message":%q}`, message))
}

// metadata is what GitLab says of itself.
func (s *stream) metadata(version string, enterprise bool) *wire.Exchange {
	return s.get("/metadata", fmt.Sprintf(`{"version":%q,"revision":"abc","enterprise":%v}`, version, enterprise))
}

const (
	agents      = "/projects/20/cluster_agents"
	projectText = `{"id":20,"description":"","name":"test","name_with_namespace":"Administrator / test","path":"test",` +
		`"path_with_namespace":"root/test","created_at":"2022-03-20T20:42:40.221Z"}`
	createdAt = "2022-04-20T20:42:40.221Z"
)

func agentPath(agent int) string        { return fmt.Sprintf("%s/%d", agents, agent) }
func tokensPath(agent int) string       { return agentPath(agent) + "/tokens" }
func tokenPath(agent, token int) string { return fmt.Sprintf("%s/%d", tokensPath(agent), token) }

func agentText(id int, name string) string {
	return fmt.Sprintf(`{"id":%d,"name":%q,"config_project":%s,"created_at":%q,"created_by_user_id":42}`, id, name, projectText, createdAt)
}

// tokenText is a token as a list shows it; more is what other answers show in addition.
func tokenText(id, agent int, more string) string {
	return fmt.Sprintf(`{"id":%d,"name":"ci","description":"Some token","agent_id":%d,"status":"active","created_at":%q,"created_by_user_id":42%s}`,
		id, agent, createdAt, more)
}

func list(entries ...string) string { return "[" + strings.Join(entries, ",") + "]" }

// nameTaken is the refusal of an agent whose name another one has.
func nameTaken(s *stream, name string) *wire.Exchange {
	return s.refused("POST", agents, fmt.Sprintf(`{"name":%q}`, name), 400, `400 Bad request - ["Name has already been taken"]`)
}

// proxyAuth is the answer of a proxy that wants credentials of its own.
func proxyAuth(s *stream) *wire.Exchange {
	x := s.exchange("GET", agents, "", 407, "<html><head><title>407 Proxy Authentication Required</title></head><body>Squid</body></html>")
	x.Response.Header = http.Header{"Content-Type": {"text/html"}, "Proxy-Authenticate": {`Basic realm="proxy"`}, "Server": {"squid/6.6"}}
	return x
}

// badGateway is the error page of a web server that does not reach GitLab.
func badGateway(s *stream) *wire.Exchange {
	x := s.exchange("GET", agents, "", 502, "<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>")
	x.Response.Header = http.Header{"Content-Type": {"text/html"}, "Server": {"nginx"}}
	return x
}

const unused = `,"last_used_at":null`

// secretOf is a secret of the form that releases before 18 give.
func secretOf(token int) string {
	sum := sha512.Sum512([]byte{byte(token), byte(token >> 8), byte(token >> 16)})
	return "glagent-" + base64.RawURLEncoding.EncodeToString(sum[:])[:50]
}

func (s *stream) readAgent(id int, name string) *wire.Exchange {
	return s.get(agentPath(id), agentText(id, name))
}

func (s *stream) createAgent(id int, name string) *wire.Exchange {
	return s.post(agents, fmt.Sprintf(`{"name":%q}`, name), agentText(id, name))
}

func (s *stream) createToken(id, agent int) *wire.Exchange {
	return s.post(tokensPath(agent), `{"name":"ci","description":"Some token"}`, tokenText(id, agent, unused+fmt.Sprintf(`,"token":%q`, secretOf(id))))
}

func (s *stream) readToken(id, agent int) *wire.Exchange {
	return s.get(tokenPath(agent, id), tokenText(id, agent, unused))
}

func (s *stream) listTokens(agent int, tokens ...int) *wire.Exchange {
	var entries []string
	for _, id := range tokens {
		entries = append(entries, tokenText(id, agent, ""))
	}
	return s.get(tokensPath(agent), list(entries...))
}

// listAgents lists agents that are named a1, a2 and so on by their ids.
func (s *stream) listAgents(ids ...int) *wire.Exchange {
	var entries []string
	for _, id := range ids {
		entries = append(entries, agentText(id, fmt.Sprintf("a%d", id)))
	}
	return s.get(agents, list(entries...))
}

// with changes an exchange.
func with(x *wire.Exchange, change func(x *wire.Exchange)) *wire.Exchange {
	change(x)
	return x
}

// answer changes the body of an answer.
func answer(x *wire.Exchange, old, new string) *wire.Exchange {
	if !strings.Contains(string(x.Response.Body), old) {
		panic(fmt.Sprintf("the answer %s has no %s", x.Response.Body, old))
	}
	x.Response.Body = []byte(strings.ReplaceAll(string(x.Response.Body), old, new))
	return x
}

// header sets a header of an answer; an empty value removes it.
func header(x *wire.Exchange, name, value string) *wire.Exchange {
	if value == "" {
		x.Response.Header.Del(name)
	} else {
		x.Response.Header.Set(name, value)
	}
	return x
}

// newest and older are releases. The secrets that secretOf makes are those of older.
var (
	newest = rule.Version{Release: rule.GitLab(19, 1)}
	older  = rule.Version{Release: rule.GitLab(17, 0)}
)

var errReset = errors.New("read tcp 127.0.0.1:1->127.0.0.1:2: read: connection reset by peer")

// newJudge judges a recording of a GitLab by every rule.
func newJudge(t testing.TB, v rule.Version, change ...func(*judge.Options)) *judge.Judge {
	t.Helper()
	options := judge.Options{Catalogue: rules.Catalogue(), Delivery: rules.AnsweredByGitLab.ID, Version: v}
	for _, f := range change {
		f(&options)
	}
	j, err := judge.New(options)
	require.NoError(t, err)
	return j
}

// live makes a judge that sees exchanges as they come, not from a recording.
func live(o *judge.Options) { o.Live = true }

// judged is what a judge finds in a recording.
func judged(t testing.TB, v rule.Version, seen ...*wire.Exchange) *rule.Result {
	t.Helper()
	j := newJudge(t, v)
	for _, x := range seen {
		j.Observe(x)
	}
	return j.Result()
}

// violations are the findings that blame the server.
func violations(found []rule.Finding) []rule.Finding {
	return slices.DeleteFunc(slices.Clone(found), func(f rule.Finding) bool { return f.Outcome != rule.Violation })
}

// under are the findings under one rule.
func under(found []rule.Finding, id string) []rule.Finding {
	return slices.DeleteFunc(slices.Clone(found), func(f rule.Finding) bool { return f.Rule != id })
}

// outcomeOf is what became of one rule.
func outcomeOf(t testing.TB, result *rule.Result, id string) rule.RuleResult {
	t.Helper()
	i := slices.IndexFunc(result.Rules, func(r rule.RuleResult) bool { return r.Rule.ID == id })
	require.GreaterOrEqual(t, i, 0, "no rule %s", id)
	return result.Rules[i]
}
