package setup_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/internal/setup"
	"example.com/gitlab-agents/contract/wire"
)

// over asks a GitLab in this process.
type over struct {
	gitlab http.Handler
	paths  *[]string // what was asked, if wanted
}

func (o over) Ask(ctx context.Context, token, method, path string) (*wire.Exchange, error) {
	return o.send(ctx, token, method, path, ""), nil
}

func (o over) send(ctx context.Context, token, method, path, form string) *wire.Exchange {
	r := httptest.NewRequestWithContext(ctx, method, "http://gitlab.example.com/api/v4"+path, strings.NewReader(form))
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if token != "" {
		r.Header.Set("Private-Token", token)
	}
	if o.paths != nil {
		*o.paths = append(*o.paths, method+" "+path)
	}
	w := httptest.NewRecorder()
	o.gitlab.ServeHTTP(w, r)
	return &wire.Exchange{
		Request:  wire.Request{Method: method, URL: r.URL, Header: r.Header},
		Response: &wire.Response{StatusCode: w.Code, Header: w.Header(), Body: w.Body.Bytes()},
	}
}

// front stands in front of a GitLab and answers some requests itself.
type front struct {
	Rules []struct {
		Method, Path string
		Status       int
		Headers      map[string]string
		Body         string
	}
	after  int // so many requests are passed on first
	seen   int
	gitlab http.Handler
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.seen++
	for _, rule := range f.Rules {
		if f.seen <= f.after || !regexp.MustCompile(rule.Method).MatchString(r.Method) || !regexp.MustCompile(rule.Path).MatchString(r.URL.EscapedPath()) {
			continue
		}
		for name, value := range rule.Headers {
			w.Header().Set(name, value)
		}
		w.WriteHeader(rule.Status)
		_, _ = io.WriteString(w, rule.Body)
		return
	}
	f.gitlab.ServeHTTP(w, r)
}

func gitlab(t testing.TB, options ...fakegitlab.Option) http.Handler {
	t.Helper()
	g, err := fakegitlab.New(options...)
	require.NoError(t, err)
	return g
}

func inFront(t testing.TB, name string, after int) *front {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "field", name))
	require.NoError(t, err)
	f := &front{after: after, gitlab: gitlab(t)}
	require.NoError(t, json.Unmarshal(data, f))
	return f
}

func input() setup.Input {
	return setup.Input{URL: "http://gitlab.example.com", Project: "root/test", Tokens: map[string]string{setup.Maintainer: "glpat-maintainer"}}
}

func parsed(t testing.TB, seed string) *fakegitlab.Seed {
	t.Helper()
	s, err := fakegitlab.ParseSeed("seed.yaml", []byte(seed))
	require.NoError(t, err)
	return s
}

func seeded(t testing.TB, seed string) http.Handler {
	t.Helper()
	return gitlab(t, fakegitlab.FromSeed(parsed(t, seed)))
}

func TestWhatPeopleMet(t *testing.T) {
	t.Parallel()
	archived, err := os.ReadFile("testdata/field/01-archived.yaml")
	require.NoError(t, err)
	for _, c := range []struct {
		name   string
		gitlab http.Handler
		token  string
		code   string
		first  string // a part of the first line
		second string // a part of the second
	}{
		{name: "01 an archived project", gitlab: seeded(t, string(archived)), code: setup.ProjectArchived, first: "root/test is archived", second: "--read-only"},
		{name: "04 a CDN's challenge", gitlab: inFront(t, "04-cdn-challenge.json", 0), code: setup.InBetween, first: "this 403 is not GitLab's: something in between answered GET /api/v4/metadata, Cloudflare's challenge page", second: "challenge"},
		{name: "05 a fine-grained token", gitlab: inFront(t, "05-granular-permission.json", 0), code: setup.TokenPermission, first: "lacks the permission read_cluster_agent for root/test", second: "read_cluster_agent"},
		{name: "07 a job token", gitlab: gitlab(t), token: "glcbt-64_abcdefghij1234567890", code: setup.TokenKind, first: "a job token is not accepted by these endpoints", second: "scope api"},
		{name: "08 Apache and escaped slashes", gitlab: inFront(t, "08-apache-encoded-slash.json", 0), code: setup.InBetween, first: "this 404 is not GitLab's: something in between answered GET /api/v4/projects/root%2Ftest, an Apache web server or proxy", second: "AllowEncodedSlashes NoDecode"},
		{name: "10 a corporate proxy", gitlab: inFront(t, "10-proxy-407.json", 0), code: setup.InBetween, first: "this 407 is not GitLab's: something in between answered GET /api/v4/metadata, a Squid proxy", second: "HTTPS_PROXY"},
		{name: "11 any website", gitlab: inFront(t, "11-any-website-200.json", 0), code: setup.NotGitLab, first: "there is no GitLab API at http://gitlab.example.com", second: "Check the URL"},
		{name: "23 http redirects to https", gitlab: inFront(t, "23-https-redirect.json", 0), code: setup.Redirects, first: "redirects to https://gitlab.example.com/", second: "https://gitlab.example.com"},
		{name: "25 an expired token", gitlab: inFront(t, "25-token-expires-midway.json", 0), code: setup.TokenExpired, first: "the access token has expired", second: "still valid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := input()
			if c.token != "" {
				in.Tokens[setup.Maintainer] = c.token
			}
			_, err := setup.Find(t.Context(), over{gitlab: c.gitlab}, in)
			var p *setup.Problem
			require.ErrorAs(t, err, &p)
			first, second, two := strings.Cut(p.Error(), "\n")
			assert.True(t, two)
			assert.NotContains(t, second, "\n")
			assert.Equal(t, c.code, p.Code)
			assert.Contains(t, first, c.first)
			assert.Contains(t, second, c.second)
		})
	}
}

func TestAReadOnlyInstanceRefusesWrites(t *testing.T) {
	t.Parallel()
	asker := over{gitlab: inFront(t, "02-read-only-instance.json", 0)}
	ground, err := setup.Find(t.Context(), asker, input())
	require.NoError(t, err, "reads work")
	x := asker.send(t.Context(), "glpat-maintainer", "POST", "/projects/root%2Ftest/cluster_agents", "name=a")
	for _, p := range []*setup.Problem{setup.ReadRefusal(x), ground.ReadRefusal(x), ground.Recheck(t.Context(), asker, "glpat-maintainer", x)} {
		require.NotNil(t, p)
		assert.Equal(t, setup.InstanceReadOnly, p.Code)
		assert.Contains(t, p.Error(), `: 403 "You cannot perform write operations on a read-only instance"`)
		assert.Contains(t, p.Error(), "--read-only")
	}
}

func TestTheGroundGoesInMidRun(t *testing.T) {
	t.Parallel()
	const agents = "/projects/root%2Ftest/cluster_agents"
	for name, want := range map[string]string{
		"25-token-expires-midway.json": setup.TokenExpired, "04-cdn-challenge.json": setup.InBetween, "23-https-redirect.json": setup.Redirects,
		"11-any-website-200.json": setup.NotGitLab, "10-proxy-407.json": setup.InBetween,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := inFront(t, name, 1000)
			asker := over{gitlab: f}
			ground, err := setup.Find(t.Context(), asker, input())
			require.NoError(t, err)
			f.after = 0
			x := asker.send(t.Context(), "glpat-maintainer", "GET", agents, "")
			p := ground.Recheck(t.Context(), asker, "glpat-maintainer", x)
			require.NotNil(t, p)
			assert.Equal(t, want, p.Code)
			f.after = 1000
			assert.Nil(t, ground.Recheck(t.Context(), asker, "glpat-maintainer", x), "one refusal proves nothing")
		})
	}
}

func TestTheProjectGoesInMidRun(t *testing.T) {
	t.Parallel()
	const agents = "/projects/root%2Ftest/cluster_agents"
	now := gitlab(t)
	asker := over{gitlab: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { now.ServeHTTP(w, r) })}
	ground, err := setup.Find(t.Context(), asker, input())
	require.NoError(t, err)

	archived, err := os.ReadFile("testdata/field/01-archived.yaml")
	require.NoError(t, err)
	recheck := func(method string) *setup.Problem {
		return ground.Recheck(t.Context(), asker, "glpat-maintainer", asker.send(t.Context(), "glpat-maintainer", method, agents, "name=a"))
	}
	now = seeded(t, string(archived))
	require.NotNil(t, recheck("POST"))
	assert.Equal(t, setup.ProjectArchived, recheck("POST").Code)

	now = seeded(t, strings.Replace(string(archived), "path_with_namespace: root/test", "path_with_namespace: root/gone", 1))
	require.NotNil(t, recheck("GET"))
	assert.Equal(t, setup.ProjectUnknown, recheck("GET").Code)

	moved := strings.Replace(string(archived), "path_with_namespace: root/test", "path_with_namespace: root/new", 1)
	now = seeded(t, strings.Replace(moved, "moved_from: []", "moved_from: [root/test]", 1))
	require.NotNil(t, recheck("GET"))
	assert.Equal(t, setup.ProjectMoved, recheck("GET").Code)
	require.NotNil(t, recheck("POST"))
	assert.Equal(t, setup.ProjectMoved, recheck("POST").Code)
}

func TestAnotherTokenGoesInMidRun(t *testing.T) {
	t.Parallel()
	in := input()
	in.Tokens[setup.Developer], in.Tokens[setup.Stranger] = "glpat-developer", "glpat-stranger"
	asker := over{gitlab: gitlab(t)}
	ground, err := setup.Find(t.Context(), asker, in)
	require.NoError(t, err)

	revoked := with("d "+projectPath, `401 {"error":"invalid_token","error_description":"Token was revoked. You have to re-authorize from the user."}`)
	x, err := scripted{agents: revoked["d "+projectPath]}.Ask(t.Context(), "d", "GET", agents)
	require.NoError(t, err)
	p := ground.Recheck(t.Context(), revoked, "d", x)
	require.NotNil(t, p)
	assert.Equal(t, setup.TokenRevoked, p.Code)

	x = asker.send(t.Context(), "glpat-stranger", "GET", agents, "")
	assert.Nil(t, ground.Recheck(t.Context(), asker, "glpat-stranger", x), "a stranger never saw the project")
}

// The problem never shows a token, whoever says it.
func TestNoProblemShowsAToken(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`"glpat-canary"`, "GITLAB_TOKEN=glpat-canary", "export GITLAB_TOKEN='glpat-canary'", "Bearer glpat-canary", "glpat-canary\nglpat-canary2", "glcbt-canary", "glpat-canary two"} {
		_, p := setup.CheckToken(text, "GITLAB_TOKEN")
		require.NotNil(t, p, text)
		assert.NotContains(t, p.Error(), "canary")
	}
	var b bytes.Buffer
	b.WriteString("https://oauth2:glpat-canary@gitlab.example.com/root/test.git?private_token=glpat-canary")
	p := setup.CheckProject(b.String(), "--project", "https://gitlab.example.com")
	require.NotNil(t, p)
	assert.NotContains(t, p.Error(), "canary")
}
