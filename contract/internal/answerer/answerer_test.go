package answerer_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/har"
	"example.com/gitlab-agents/contract/internal/answerer"
	"example.com/gitlab-agents/contract/wire"
)

const list = "GET /api/v4/projects/20/cluster_agents"

// exchange is a request, given as method and path, and an answer as it came over the wire.
func exchange(t testing.TB, request, answer string) *wire.Exchange {
	t.Helper()
	if request == "" {
		request = list
	}
	method, path, _ := strings.Cut(request, " ")
	u, err := url.Parse("http://gitlab.example.com" + path)
	require.NoError(t, err)
	head, body, _ := strings.Cut(answer, "\n\n")
	r, err := http.ReadResponse(bufio.NewReader(strings.NewReader(head+"\n\n")), &http.Request{Method: http.MethodHead})
	require.NoError(t, err)
	require.NoError(t, r.Body.Close())
	return &wire.Exchange{
		Request:  wire.Request{Method: method, URL: u, Header: http.Header{}},
		Response: &wire.Response{StatusCode: r.StatusCode, Header: r.Header, Body: []byte(body)},
	}
}

const (
	ownHeaders = "X-Gitlab-Meta: {\"correlation_id\":\"01J9ZK3V5Q0000000000000000\",\"version\":\"1\"}\nX-Request-Id: 01J9ZK3V5Q0000000000000000\nX-Runtime: 0.031\nVary: Origin\n"
	agentJSON  = `[{"id":1,"name":"a","config_project":{"id":20,"path_with_namespace":"root/test"},"created_at":"2026-11-22T11:55:10.067Z","created_by_user_id":42}]`
)

// learned is a learner that saw some answers of a GitLab with these headers.
func learned(t testing.TB, headers string) *answerer.Learner {
	l := &answerer.Learner{}
	for range 5 {
		l.Learn(exchange(t, list, "HTTP/1.1 200 OK\nContent-Type: application/json\n"+headers+"\n"+agentJSON))
	}
	return l
}

func TestStrangersAreNamed(t *testing.T) {
	t.Parallel()
	for _, s := range strangers {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			v := learned(t, ownHeaders).Who(exchange(t, s.request, s.wire), "listAgents")
			require.Equal(t, answerer.Stranger, v.Kind, "%+v", v)
			assert.Equal(t, s.kindof, v.Kindof)
			assert.Contains(t, v.By, s.by)
			assert.Contains(t, v.Cure, s.cure)
			assert.NotEmpty(t, v.Cure)
			assert.NotEmpty(t, v.Signs)
		})
	}
}

func TestStrangersAreKnownWithoutHavingSeenThisGitLab(t *testing.T) {
	t.Parallel()
	for _, s := range strangers {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			for name, l := range map[string]*answerer.Learner{"nothing learned": {}, "a proxy removes GitLab's headers": learned(t, "")} {
				v := l.Who(exchange(t, s.request, s.wire), "listAgents")
				if s.weak {
					assert.Equal(t, answerer.Unknown, v.Kind, "%s: %+v", name, v)
				} else {
					assert.Equal(t, answerer.Stranger, v.Kind, "%s: %+v", name, v)
					assert.Equal(t, s.kindof, v.Kindof, name)
				}
			}
		})
	}
}

func TestARequestIdOfNginxHidesNoStranger(t *testing.T) {
	t.Parallel()
	const added = "X-Request-Id: 5a1c9d0e7b3f4a6d8c2e1f0a9b8c7d6e\nVia: 1.1 edge\nX-Frame-Options: SAMEORIGIN\n"
	for _, s := range strangers {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			if strings.Contains(s.wire, "X-Request-Id:") {
				t.Skip("it has one already")
			}
			x := exchange(t, s.request, strings.Replace(s.wire, "\n", "\n"+added, 1))
			v := learned(t, ownHeaders+"Server: nginx\n").Who(x, "listAgents")
			if s.weak {
				assert.NotEqual(t, answerer.GitLab, v.Kind, "%+v", v)
			} else {
				assert.Equal(t, answerer.Stranger, v.Kind, "%+v", v)
			}
		})
	}
}

// variants are what happens to GitLab's answers on the way, none of which makes them a stranger's.
var variants = []struct {
	name   string
	change func(h http.Header)
}{
	{"as it is", func(http.Header) {}},
	{"a proxy removes GitLab's headers", func(h http.Header) {
		for _, name := range []string{"X-Gitlab-Meta", "X-Request-Id", "X-Runtime", "X-Frame-Options", "X-Content-Type-Options", "Etag", "Vary", "Cache-Control"} {
			h.Del(name)
		}
	}},
	{"a proxy removes all headers but two", func(h http.Header) {
		for name := range h {
			if name != "Content-Type" && name != "Location" {
				h.Del(name)
			}
		}
	}},
	{"a proxy adds headers", func(h http.Header) {
		h.Set("Via", "1.1 varnish, 1.1 edge (squid/6.6)")
		h.Set("X-Cache", "MISS")
		h.Set("Age", "0")
		h.Set("Server", "nginx")
		h.Set("X-Request-Id", "5a1c9d0e7b3f4a6d8c2e1f0a9b8c7d6e")
	}},
	{"Cloudflare passes it on", func(h http.Header) {
		h.Set("Server", "cloudflare")
		h.Set("CF-RAY", "8f1a2b3c4d5e6f70-FRA")
		h.Set("CF-Cache-Status", "DYNAMIC")
		h.Add("Set-Cookie", "__cf_bm=x")
	}},
	{"a CDN asks GitLab again", func(h http.Header) {
		h.Set("X-Cache", "RefreshHit from cloudfront")
		h.Set("Via", "1.1 a.cloudfront.net (CloudFront)")
	}},
	{"Kong passes it on", func(h http.Header) {
		h.Set("Via", "kong/3.7.1")
		h.Set("X-Kong-Upstream-Latency", "20")
		h.Set("X-Kong-Proxy-Latency", "1")
	}},
}

// assertGitLabs requires that no variant of an answer of GitLab's is taken for a stranger's, and that those with a body
// are taken for GitLab's.
func assertGitLabs(t *testing.T, learners map[string]*answerer.Learner, x *wire.Exchange, operation string) {
	t.Helper()
	for _, variant := range variants {
		response := *x.Response
		response.Header = x.Response.Header.Clone()
		variant.change(response.Header)
		changed := &wire.Exchange{Request: x.Request, Response: &response}
		for name, l := range learners {
			if name == "all learned" && strings.Contains(variant.name, "removes") && len(response.Body) == 0 {
				continue // a proxy that removes headers does so from all answers
			}
			v := l.Who(changed, operation)
			known := len(response.Body) > 0 && x.Request.Method != http.MethodHead
			if v.Kind == answerer.Stranger || known && v.Kind != answerer.GitLab {
				t.Errorf("%s, %s: %s", variant.name, name, shown(changed, v))
			}
		}
	}
}

// learners are one that has learned nothing, and two that have: of a GitLab as it is, and behind a proxy that removes its
// headers.
func learners(t testing.TB) map[string]*answerer.Learner {
	return map[string]*answerer.Learner{"nothing learned": {}, "all learned": learned(t, ownHeaders), "none of its headers learned": learned(t, "")}
}

func TestRecordedAnswersOfGitLabAreGitLabs(t *testing.T) {
	t.Parallel()
	f, err := os.Open("../../har/testdata/gitlab-19.1.har.json")
	require.NoError(t, err)
	defer f.Close()
	n, learners := 0, learners(t)
	for entry, err := range har.Entries(f) {
		require.NoError(t, err)
		require.NotNil(t, entry.Exchange.Response)
		assertGitLabs(t, learners, entry.Exchange, "listAgents")
		n++
	}
	assert.Equal(t, 196, n)
}

func TestAnswersThatOnlyGitLabGives(t *testing.T) {
	t.Parallel()
	for name, wire := range map[string]string{
		"read-only":           "HTTP/1.1 403 Forbidden\nContent-Type: application/json\n\n{\"message\": \"You cannot perform write operations on a read-only instance\"}",
		"terms":               "HTTP/1.1 403 Forbidden\nContent-Type: application/json\n\n{\"message\":\"403 Forbidden - You (@jo) must accept the Terms of Service in order to perform this action. To accept these terms, please access GitLab from a web browser at http://gitlab.example.com.\"}",
		"blocked":             "HTTP/1.1 403 Forbidden\nContent-Type: application/json\n\n{\"message\":\"403 Forbidden - Your account has been blocked.\"}",
		"fine-grained":        "HTTP/1.1 403 Forbidden\nContent-Type: application/json\nX-Request-Id: 01FIELD\n\n{\"error\": \"insufficient_granular_scope\", \"error_description\": \"Access denied: Your Personal Access Token lacks the required permissions: [read_cluster_agent] for \\\"root/test\\\".\"}",
		"expired":             "HTTP/1.1 401 Unauthorized\nContent-Type: application/json\n\n{\"error\":\"invalid_token\",\"error_description\":\"Token is expired. You can either do re-authorization or token refresh.\"}",
		"scope":               "HTTP/1.1 403 Forbidden\nContent-Type: application/json\n\n{\"error\":\"insufficient_scope\",\"error_description\":\"The request requires higher privileges than provided by the access token.\",\"scope\":\"api\"}",
		"no route":            "HTTP/1.1 404 Not Found\nContent-Type: application/json\n\n{\"error\":\"404 Not Found\"}",
		"Retry later":         "HTTP/1.1 429 Too Many Requests\nContent-Type: text/plain\n\nRetry later\n",
		"its own 500":         "HTTP/1.1 500 Internal Server Error\nContent-Type: text/html\n\n<!DOCTYPE html>\n<html>\n<head>\n  <title>Something went wrong (500)</title>\n</head>\n<body><img src=\"data:image/svg+xml;base64,PHN2\" alt=\"GitLab Logo\" /><h1>500</h1></body>\n</html>",
		"its own 404":         "HTTP/1.1 404 Not Found\nContent-Type: text/html\n\n<!DOCTYPE html>\n<html>\n<head>\n  <title>The page you're looking for could not be found (404)</title>\n</head>\n<body><h1>404</h1></body>\n</html>",
		"its own 502":         "HTTP/1.1 502 Bad Gateway\nServer: nginx\nContent-Type: text/html\n\n<!DOCTYPE html>\n<html>\n<head>\n  <title>GitLab is not responding (502)</title>\n</head>\n<body></body></html>",
		"its sign-in page":    "HTTP/1.1 200 OK\nContent-Type: text/html; charset=utf-8\n" + ownHeaders + "\n<!DOCTYPE html>\n<html class=\"devise-layout-html\"><head><meta content=\"GitLab\" property=\"og:site_name\"><title>Sign in · GitLab</title></head></html>",
		"a half of an agent":  "HTTP/1.1 200 OK\nContent-Type: application/json\n\n" + agentJSON[:80],
		"an agent said HTML":  "HTTP/1.1 200 OK\nContent-Type: text/html\n\n" + agentJSON,
		"a property missing":  "HTTP/1.1 200 OK\nContent-Type: application/json\n\n" + strings.Replace(agentJSON, `"created_by_user_id"`, `"x"`, 1),
		"a version":           "HTTP/1.1 200 OK\nContent-Type: application/json\n\n{\"version\":\"19.1.0\",\"revision\":\"abc\"}",
		"errors in a list":    "HTTP/1.1 404 Not Found\nContent-Type: application/json\n\n{\"errors\":[{\"message\":\"404 Not found\"}]}",
		"moved":               "HTTP/1.1 301 Moved Permanently\nLocation: http://gitlab.example.com/api/v4/projects/20/cluster_agents\n\nThis resource has been moved permanently to http://gitlab.example.com/api/v4/projects/20/cluster_agents",
		"a web page in a log": "HTTP/1.1 200 OK\nContent-Type: application/json\n\n" + strings.Replace(agentJSON, `"name":"a"`, `"name":"a","description":"<title>Just a moment...</title> Incapsula incident"`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for learning, l := range learners(t) {
				v := l.Who(exchange(t, list, wire), "listAgents")
				assert.Equal(t, answerer.GitLab, v.Kind, "%s: %+v", learning, v)
			}
		})
	}
}

func TestABrokenGitLabThatAnswersHTMLIsStillGitLab(t *testing.T) {
	t.Parallel()
	const html = "Content-Type: text/html\n\n<html><body><h1>Not Found</h1></body></html>"
	v := learned(t, ownHeaders).Who(exchange(t, list, "HTTP/1.1 404 Not Found\n"+ownHeaders+html), "listAgents")
	assert.Equal(t, answerer.GitLab, v.Kind, "%+v", v)
	v = learned(t, "X-Request-Id: 01J9ZK3V5Q0000000000000000\n").Who(exchange(t, list, "HTTP/1.1 404 Not Found\nX-Request-Id: 01J9ZK3V5R0000000000000000\n"+html), "listAgents")
	assert.NotEqual(t, answerer.Stranger, v.Kind, "its own X-Request-Id alone: %+v", v)
	v = learned(t, ownHeaders).Who(exchange(t, list, "HTTP/1.1 404 Not Found\n"+html), "listAgents")
	assert.Equal(t, answerer.Stranger, v.Kind, "none of its headers: %+v", v)
}

func TestWhatIsNotRecordedIsNotHeldAgainstAnAnswer(t *testing.T) {
	t.Parallel()
	l := learned(t, ownHeaders)

	x := exchange(t, list, "HTTP/1.1 404 Not Found\nContent-Length: 0\n\n")
	assert.Equal(t, answerer.Stranger, l.Who(x, "listAgents").Kind, "it is known that there is nothing")
	x.Response.BodyNotRecorded, x.Response.Truncated = true, true
	assert.Equal(t, answerer.Unknown, l.Who(x, "listAgents").Kind, "the body is not recorded")

	x = exchange(t, list, "HTTP/1.1 404 Not Found\n\n")
	x.Response.HeaderNotRecorded = true
	assert.Equal(t, answerer.Unknown, l.Who(x, "listAgents").Kind, "the headers are not recorded")

	x = exchange(t, list, "HTTP/1.1 404 Not Found\n\n{\"message\":\"404 Project Not Found\"}")
	x.Response.HeaderNotRecorded = true
	assert.Equal(t, answerer.GitLab, l.Who(x, "listAgents").Kind, "the body tells")

	assert.Equal(t, answerer.Unknown, l.Who(&wire.Exchange{Request: x.Request, Err: errors.New("reset")}, "listAgents").Kind, "no answer came")
}

func TestTheClientsOwnCacheIsNotGitLab(t *testing.T) {
	t.Parallel()
	x := exchange(t, list, "HTTP/1.1 200 OK\n"+ownHeaders+"\n"+agentJSON)
	x.FromCache = "disk"
	v := (&answerer.Learner{}).Who(x, "listAgents")
	assert.Equal(t, answerer.Stranger, v.Kind)
	assert.Equal(t, answerer.SharedCache, v.Kindof)
	assert.Contains(t, v.Cure, "browser's cache")
}

func TestPagesOutsideTheAPIAreNoSign(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"GET /root/test", "GET /users/sign_in", "GET /api/v4/projects/20/repository/files/a.html/raw"} {
		v := (&answerer.Learner{}).Who(exchange(t, path, "HTTP/1.1 200 OK\nContent-Type: text/html\n\n<!DOCTYPE html><html><head><title>Welcome</title></head></html>"), "")
		assert.NotEqual(t, answerer.Stranger, v.Kind, path)
	}
}

func TestABrokenAnswerDoesNotUnlearnTheOthers(t *testing.T) {
	t.Parallel()
	l := &answerer.Learner{}
	for range 40 {
		l.Learn(exchange(t, list, "HTTP/1.1 200 OK\n"+ownHeaders+"\n"+agentJSON))
	}
	l.Learn(exchange(t, list, "HTTP/1.1 200 OK\n\n"+agentJSON))
	assert.Equal(t, answerer.Stranger, l.Who(exchange(t, list, "HTTP/1.1 403 Forbidden\nContent-Length: 0\n\n"), "listAgents").Kind)
}

func TestSignsHoldNoSecretsOfARedirect(t *testing.T) {
	t.Parallel()
	v := (&answerer.Learner{}).Who(exchange(t, list, "HTTP/1.1 302 Found\nLocation: https://u:pw-secret@sso.example.com/login?private_token=glpat-secret#s\n\n"), "listAgents")
	all := strings.Join(append(v.Signs, v.By, v.Cure), "\n")
	assert.Contains(t, all, "https://sso.example.com/login")
	assert.NotContains(t, all, "secret")
}

func TestTransient(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]bool{429: true, 502: true, 503: true, 504: true, 500: false, 403: false, 407: false, 519: false, 520: true, 530: true, 531: false} {
		assert.Equal(t, want, answerer.Transient(status), status)
	}
}

func FuzzWho(f *testing.F) {
	for _, s := range strangers {
		head, body, _ := strings.Cut(s.wire, "\n\n")
		f.Add(head, []byte(body))
	}
	f.Add("HTTP/1.1 200 OK\n"+strings.TrimSpace(ownHeaders), []byte(agentJSON))
	f.Fuzz(func(t *testing.T, head string, body []byte) {
		r, err := http.ReadResponse(bufio.NewReader(io.MultiReader(strings.NewReader(head), strings.NewReader("\n\n"))), &http.Request{Method: http.MethodHead})
		if err != nil {
			t.Skip()
		}
		_ = r.Body.Close()
		u, _ := url.Parse("http://gitlab.example.com/api/v4/projects/20/cluster_agents")
		x := &wire.Exchange{Request: wire.Request{Method: "GET", URL: u}, Response: &wire.Response{StatusCode: r.StatusCode, Header: r.Header, Body: body}}
		v := (&answerer.Learner{}).Who(x, "listAgents")
		for _, text := range append(v.Signs, v.By, v.Cure) {
			if strings.ContainsAny(text, "\r\n\x1b") || !bytes.Equal([]byte(text), bytes.ToValidUTF8([]byte(text), nil)) {
				t.Errorf("%q is no line that can be shown", text)
			}
		}
		if v.Kind == answerer.Stranger && (v.Kindof == "" || v.Cure == "" || v.By == "") {
			t.Errorf("a stranger without a name or a cure: %+v", v)
		}
	})
}

// Traefik answers "Bad Request" to an escaped slash, and GitLab to malformed input.
func TestBadRequestIsGitLabsWhereTheInputMayBeMalformed(t *testing.T) {
	t.Parallel()
	for request, want := range map[string]answerer.Kind{
		"POST /api/v4/projects/20/cluster_agents":            answerer.GitLab,
		"DELETE /api/v4/projects/20/cluster_agents/1":        answerer.GitLab,
		"GET /api/v4/projects/20/cluster_agents/%00":         answerer.GitLab,
		"GET /api/v4/projects/20/cluster_agents?page=%FF":    answerer.GitLab,
		"GET /api/v4/projects/root%2Ftest/cluster_agents":    answerer.Unknown,
		"GET /api/v4/projects/20/cluster_agents?per_page=20": answerer.Unknown,
	} {
		t.Run(request, func(t *testing.T) {
			t.Parallel()
			x := exchange(t, request, "HTTP/1.1 400 Bad Request\nContent-Type: text/plain\n\nBad Request")
			assert.Equal(t, want, (&answerer.Learner{}).Who(x, "listAgents").Kind)
		})
	}
}

// An answer that might be a gateway's proves nothing, as long as this GitLab's own answers are not known.
func TestDoubtfulAnswers(t *testing.T) {
	t.Parallel()
	const foreign = "HTTP/1.1 401 Unauthorized\nContent-Type: application/json\n"
	for name, c := range map[string]struct {
		l        *answerer.Learner
		wire     string
		doubtful bool
	}{
		"JSON with another text":            {&answerer.Learner{}, foreign + "\n{\"message\":\"Unauthorized\"}", true},
		"an error without a body":           {&answerer.Learner{}, "HTTP/1.1 403 Forbidden\nServer: nginx\n\n", true},
		"with a header that is GitLab's":    {&answerer.Learner{}, foreign + "X-Runtime: 0.1\n\n{\"message\":\"Unauthorized\"}", false},
		"GitLab's own text":                 {&answerer.Learner{}, foreign + "\n{\"message\":\"401 Unauthorized\"}", false},
		"this GitLab never sends its marks": {learned(t, ""), foreign + "\n{\"message\":\"Unauthorized\"}", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := c.l.Who(exchange(t, list, c.wire), "listAgents")
			assert.Equal(t, c.doubtful, v.Doubtful, "%+v", v)
		})
	}
}
