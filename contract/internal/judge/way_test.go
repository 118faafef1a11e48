package judge

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/wire"
)

// answered is an exchange with a path below /api/v4/projects, and some headers of its answer.
func answered(t *testing.T, method, path string, status int, body string, header ...string) *wire.Exchange {
	t.Helper()
	u, err := url.Parse("https://gitlab.example.com/api/v4/projects/" + path)
	require.NoError(t, err)
	x := &wire.Exchange{
		Request:  wire.Request{Method: method, URL: u, Header: http.Header{}},
		Response: &wire.Response{StatusCode: status, Header: http.Header{}, Body: []byte(body)},
	}
	for i := 0; i < len(header); i += 2 {
		x.Response.Header.Add(header[i], header[i+1])
	}
	return x
}

// delivery is the rule that GitLab answers.
var delivery = Entry{Rule: &rule.Rule{ID: "delivery/answered-by-gitlab", Sentence: "GitLab answers."}}

const page400 = "<html>\r\n<head><title>400 Bad Request</title></head>\r\n<body>\r\n<center><h1>400 Bad Request</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"

// TestWhoIsBlamedForAPage has pages of nginx. One that stands for a path with a NUL byte is nobody's fault: no nginx passes
// such a path, and GitLab comes with one.
func TestWhoIsBlamedForAPage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method, path string
		blamed       bool
	}{
		"an operation":                        {"GET", "20/cluster_agents", true},
		"a NUL byte in a body or a query":     {"GET", "20/cluster_agents?page=%00", true},
		"a NUL byte in the path":              {"GET", "20/cluster_agents/7%00", false},
		"a method that GitLab does not have":  {"PUT", "20/cluster_agents/7", true},
		"a path that GitLab does not have":    {"GET", "20/cluster_agents/7/token/1", true},
		"a request about something else":      {"GET", "20/issues", false},
		"a page of the project in a browser ": {"GET", "20/../../../../root/test", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j, err := New(Options{Catalogue: []Entry{delivery}, Delivery: delivery.Rule.ID})
			require.NoError(t, err)
			j.Observe(answered(t, c.method, c.path, 400, page400, "Server", "nginx", "Content-Type", "text/html"))
			if !c.blamed {
				assert.Empty(t, j.Result().Findings)
				return
			}
			require.Len(t, j.Result().Findings, 1)
			assert.Contains(t, j.Result().Findings[0].Actual, "nginx")
		})
	}
}

func TestWhatAProxyMayHaveToDoWithIt(t *testing.T) {
	t.Parallel()
	bearer := answered(t, "GET", "20/cluster_agents", 401, `{"message":"401 Unauthorized"}`)
	bearer.Request.Header.Set("Authorization", "Bearer glpat-x")
	link := func(path string) string {
		return "<https://gitlab.example.com/api/v4/projects/" + path + "/cluster_agents?id=x&page=1>; rel=\"first\""
	}
	condition := answered(t, "DELETE", "20/cluster_agents/1", 204, "")
	condition.Request.Header.Set("If-Unmodified-Since", "Sat, 01 Jan 2000 00:00:00 GMT")
	for name, c := range map[string]struct {
		rule string
		x    *wire.Exchange
		want string
	}{
		"a condition may have been removed": {"conditional/if-unmodified-since", condition, "a proxy on the way may have removed the header If-Unmodified-Since"},
		"page headers are missing": {
			"document/headers", answered(t, "GET", "20/cluster_agents", 200, "[]", "X-Page", "1", "X-Per-Page", "20", "Link", link("20")),
			"a proxy on the way may have removed X-Next-Page, X-Prev-Page, X-Total, X-Total-Pages",
		},
		"the ETag is missing":                   {"headers/etag", answered(t, "GET", "20/cluster_agents/1", 200, "{}"), "a proxy on the way may have removed ETag"},
		"the id of a refusal is missing":        {"headers/request-id", answered(t, "GET", "20/cluster_agents/1", 404, "{}"), "a proxy on the way may have removed X-Request-Id"},
		"a header has nothing to do with it":    {"agents/read", answered(t, "GET", "20/cluster_agents/1", 200, "{}"), ""},
		"there are two headers":                 {"headers/never-public", answered(t, "GET", "20/cluster_agents/1", 200, "{}", "Cache-Control", "private", "Cache-Control", "public"), "there are several headers Cache-Control: a proxy on the way may have added one"},
		"the path was unescaped":                {"paths/double-encoded", answered(t, "GET", "root%252Ftest/cluster_agents", 200, "[]", "Link", link("root%2Ftest")), "something on the way changed the path: GitLab was asked for /api/v4/projects/root%2Ftest/cluster_agents"},
		"the path is as it was asked":           {"paths/double-encoded", answered(t, "GET", "root%252Ftest/cluster_agents", 200, "[]", "Link", link("root%252Ftest")), ""},
		"a credential may have been removed":    {"authentication/bearer", bearer, "a proxy on the way may have removed the header Authorization"},
		"a token may have been added":           {"authentication/required-to-read", answered(t, "GET", "20/cluster_agents/1", 200, "{}"), "a gateway on the way may have added a token of its own"},
		"a token was not added":                 {"authentication/required-to-read", answered(t, "GET", "20/cluster_agents/1", 401, "{}"), ""},
		"JSON of another type":                  {"document/content-type", answered(t, "GET", "20/cluster_agents/1", 200, "{}", "Content-Type", "text/plain"), "the body is JSON, so a proxy on the way may have changed the header Content-Type"},
		"no JSON, of another type":              {"document/content-type", answered(t, "GET", "20/cluster_agents/1", 200, "x", "Content-Type", "text/plain"), ""},
		"a secret was masked":                   {"document/body", answered(t, "POST", "20/cluster_agents/1/tokens", 201, `{"token":"xxxx"}`), "a mask stands in the body of the answer, so something on the way may have put it there"},
		"an id was masked":                      {"document/body", answered(t, "GET", "20/cluster_agents/1", 200, `{"created_by_user_id":"***"}`), "a mask stands in the body of the answer, so something on the way may have put it there"},
		"a proxy names itself":                  {"agents/read", answered(t, "GET", "20/cluster_agents/1", 200, "{}", "Via", "1.1 squid"), "it came through a proxy (Via: 1.1 squid), which may have changed it"},
		"no answer":                             {"agents/read", &wire.Exchange{Request: bearer.Request}, ""},
		"headers that were not recorded at all": {"headers/etag", &wire.Exchange{Request: bearer.Request, Response: &wire.Response{StatusCode: 200, HeaderNotRecorded: true}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j, err := New(Options{})
			require.NoError(t, err)
			assert.Equal(t, c.want, onTheWay(c.rule, newExchange(j.doc, c.x)))
		})
	}
}

// One answer that may be a gateway's proves nothing against GitLab. One with GitLab's headers does.
func TestADoubtfulAnswerProvesNothing(t *testing.T) {
	t.Parallel()
	wrong := Entry{
		Rule: &rule.Rule{ID: "errors/some-text", Sentence: "Errors have some text."},
		Judge: func(_ *History, x *Exchange) bool {
			x.Violation("/message", "some text", "another")
			return true
		},
	}
	for name, c := range map[string]struct {
		header string
		want   rule.Outcome
	}{"no header of GitLab's": {"Server", rule.Inconclusive}, "with one": {"X-Gitlab-Meta", rule.Violation}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j, err := New(Options{Catalogue: []Entry{delivery, wrong}, Delivery: delivery.Rule.ID})
			require.NoError(t, err)
			j.Observe(answered(t, "GET", "20/cluster_agents", 401, `{"message":"Unauthorized"}`, c.header, "x", "Content-Type", "application/json"))
			require.Len(t, j.Result().Findings, 1)
			assert.Equal(t, c.want, j.Result().Findings[0].Outcome)
		})
	}
}
