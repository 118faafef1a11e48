package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/internal/racedetector"
)

// environment is a program's environment.
type environment map[string]string

func (e environment) get(name string) (string, bool) {
	value, ok := e[name]
	return value, ok
}

// everyToken is the environment of one who has the tokens of all roles in the fake.
func everyToken() environment {
	return environment{
		"GITLAB_TOKEN": "glpat-maintainer", "GITLAB_DEVELOPER_TOKEN": "glpat-developer",
		"GITLAB_GUEST_TOKEN": "glpat-guest", "GITLAB_STRANGER_TOKEN": "glpat-stranger",
	}
}

// glagentsIn runs the command line in an environment.
func glagentsIn(ctx context.Context, env environment, args ...string) result {
	var stdout, stderr bytes.Buffer
	status := run(ctx, args, strings.NewReader(""), &stdout, &stderr, env.get)
	return result{status, stdout.String(), stderr.String()}
}

// instanceOf is a GitLab with a name of its own, and how to check it.
type instanceOf struct {
	*fakegitlab.Instance
	url      string
	requests atomic.Int64
}

// startInstance runs a fake GitLab, behind a handler if there is one.
func startInstance(t *testing.T, around func(next http.Handler) http.Handler, options ...fakegitlab.Option) *instanceOf {
	t.Helper()
	i := &instanceOf{Instance: fakegitlab.Start(t, options...)}
	var handler http.Handler = i.Instance
	if around != nil {
		handler = around(handler)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.requests.Add(1)
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	i.url = server.URL
	return i
}

// args are those that check the instance, and more.
func (i *instanceOf) args(t *testing.T, more ...string) []string {
	t.Helper()
	return append([]string{"check", "--url", i.url, "--project", "root/test", "--other-project", "root/other", "--journal", filepath.Join(t.TempDir(), "journal")}, more...)
}

func TestCheckTheFake(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	out := glagents(t, nil, "check")
	assert.Zero(t, out.status, out.stdout)
	assert.Empty(t, out.stderr)
	first, _, _ := strings.Cut(out.stdout, "\n")
	assert.Regexp(t, `^Checking the built-in fake GitLab 19\.1\.0 \(CE\) at http://127\.0\.0\.1:\d+\. To check another, give --url and --project\.$`, first)
	assert.Contains(t, out.stdout, "✓ conformant")

	for _, c := range []struct{ version, edition, says string }{
		{"14.10", "ce", "fake GitLab 14.10"}, {"15.0", "ee", "fake GitLab 15.0.0-ee (EE)"}, {"17.4", "ee", "fake GitLab 17.4.0-ee (EE)"},
	} {
		out := glagents(t, nil, "check", "--gitlab-version", c.version, "--edition", c.edition)
		assert.Zero(t, out.status, out.stdout)
		assert.Contains(t, out.stdout, c.says)
	}
	out = glagents(t, nil, "check", "--read-only")
	assert.Zero(t, out.status, out.stdout)
	assert.NotContains(t, out.stdout, "has no agent", "there is something to read")
	out = glagents(t, nil, "check", "--quiet")
	assert.Zero(t, out.status)
	assert.Regexp(t, `^✓ conformant: \d+ of \d+ MUST rules hold at the built-in fake \(http://127`, out.stdout, "the verdict only, with its target")
}

func TestCheckAnInstance(t *testing.T) {
	t.Parallel()
	gitlab := startInstance(t, nil)
	out := glagentsIn(t.Context(), everyToken(), gitlab.args(t)...)
	assert.Zero(t, out.status, out.stdout)
	assert.Empty(t, out.stderr)
	assert.True(t, strings.HasPrefix(out.stdout, "Checking "+gitlab.url+", project root/test.\n"), out.stdout)
	for _, given := range []string{"developer", "guest", "stranger"} {
		assert.NotContains(t, out.stdout, "no "+given+" token is given")
	}
	assert.Empty(t, gitlab.Agents(20))
	assert.Empty(t, gitlab.Agents(21))

	// The tokens may come from files; one that is given by file counts more than the environment.
	env := everyToken()
	env["GITLAB_DEVELOPER_TOKEN"] = "glpat-stranger"
	out = glagentsIn(t.Context(), env, gitlab.args(t,
		"--token-file", file(t, "token", "  glpat-maintainer\n"), "--developer-token-file", file(t, "token", "glpat-developer"))...)
	assert.Zero(t, out.status, out.stdout)

	// Without them rules are untested, and say why.
	out = glagentsIn(t.Context(), environment{"GITLAB_TOKEN": "glpat-maintainer"}, "check", "--url", gitlab.url, "--project", "20", "--journal", t.TempDir())
	assert.Zero(t, out.status, out.stdout)
	for _, why := range []string{"no developer token is given", "no guest token is given", "no stranger token is given", "no other project is given"} {
		assert.Contains(t, out.stdout, why)
	}
}

func TestCheckBadUse(t *testing.T) {
	t.Parallel()
	gitlab := startInstance(t, nil)
	url := []string{"check", "--url", gitlab.url}
	project := append(url, "--project", "root/test")
	at := func(url string, more ...string) []string {
		return append([]string{"check", "--project", "root/test", "--url", url}, more...)
	}
	token := environment{"GITLAB_TOKEN": "glpat-maintainer"}
	dir := t.TempDir()
	for _, c := range []struct {
		what   string
		env    environment
		args   []string
		status int
		says   string
	}{
		{"an argument", token, []string{"check", "https://gitlab.example.com"}, 2, `"https://gitlab.example.com" is given, and check takes flags only; did you mean --url https://gitlab.example.com?`},
		{"an unknown flag", token, append(project, "--colour"), 2, "unknown flag: --colour; `glagents check --help` lists the flags"},
		{"a token as a flag", token, append(project, "--token", "glpat-0123456789abcdefghij"), 2, "unknown flag: --token"},
		{"no project", token, url, 2, "--project is missing"},
		{"no token", nil, project, 2, "set GITLAB_TOKEN or name a --token-file"},
		{"an empty token", environment{"GITLAB_TOKEN": " "}, project, 2, "set GITLAB_TOKEN or name a --token-file"},
		{"a token of two lines", environment{"GITLAB_TOKEN": "glpat-a\nglpat-b"}, project, 2, "GITLAB_TOKEN is not a token"},
		{"a token file that is not there", token, append(project, "--token-file", "/nowhere/token"), 2, "--token-file: open /nowhere/token: no such file"},
		{"an empty token file", token, append(project, "--token-file", file(t, "empty", "\n")), 2, "is empty"},
		{"a directory as a token file", token, append(project, "--token-file", dir), 2, "is a directory"},
		{"a developer's token file that is not there", token, append(project, "--developer-token-file", "/nowhere/token"), 2, "--developer-token-file: open /nowhere/token: no such file"},
		{"no URL", token, at("gitlab.example.com"), 2, "is not the URL of a GitLab"},
		{"another scheme", token, at("ftp://gitlab.example.com"), 2, "is not the URL of a GitLab"},
		{"credentials in the URL", token, at("https://me:c0rrect-h0rse@gitlab.example.com"), 2, "more than scheme, host and path"},
		{"a query in the URL", token, at("https://gitlab.example.com?private_token=c0rrect-h0rse"), 2, "more than scheme, host and path"},
		{"plain http", token, at("http://gitlab.example.com"), 2, "plain http, which shows the tokens to everyone on the way; use https, or give --allow-http"},
		{"a closed port", token, at("http://127.0.0.1:1"), 4, "http://127.0.0.1:1 does not answer"},
		{"https for a GitLab that speaks http", token, at(strings.Replace(gitlab.url, "http:", "https:", 1)), 4, "answers in plain http; write http:// in the URL"},
		{"an unknown token", environment{"GITLAB_TOKEN": "glpat-nobody"}, project, 2, "401"},
		{"an unknown project", token, append(url, "--project", "root/none"), 2, "404"},
		{"a pattern that matches nothing", token, append(project, "--rule", "nothing/*"), 2, `the pattern "nothing/*" matches no rule`},
		{"a mistyped subject", token, append(project, "--rule", "token/*"), 2, `did you mean "tokens/*"?`},
		{"a pattern to skip that matches nothing", token, append(project, "--skip", "nothing"), 2, `the pattern "nothing" matches no rule`},
		{"an invalid pattern", token, append(project, "--rule", "["), 2, `the pattern "[" cannot be read`},
		{"nothing left to test", token, append(project, "--skip", "*/*"), 2, "--skip leaves out every rule that would be tested"},
		{"an invalid version", token, append(project, "--gitlab-version", "latest"), 2, `--gitlab-version: "latest" is not a GitLab version`},
		{"an unknown edition", token, append(project, "--edition", "ultimate"), 2, "--edition: unknown GitLab edition"},
		{"no parallelism", token, append(project, "--parallel", "0"), 2, "--parallel: with 0 requests"},
		{"no time", token, append(project, "--timeout", "0s"), 2, "--timeout: in 0s nothing can be checked"},
		{"a release without the Agents API", token, append(project, "--gitlab-version", "13.0"), 2, "--gitlab-version: GitLab 13.0 has no Agents API: it came with 14.10"},
		{"an invalid time", token, append(project, "--timeout", "soon"), 2, "--timeout soon: write a time such as 30s or 5m"},
		{"certificates that are not there", token, append(project, "--ca-file", "/nowhere/ca.pem"), 2, "--ca-file: open /nowhere/ca.pem: no such file"},
		{"a file without certificates", token, append(project, "--ca-file", file(t, "ca.pem", "x")), 2, "contains no certificate (PEM)"},
		{"known failures that are not there", token, append(project, "--known-failures", "/nowhere/known"), 2, "--known-failures: open /nowhere/known: no such file"},
		{"a known failure that is no rule", token, append(project, "--known-failures", file(t, "known", "# so far\npaths/id\ntokens/nothing # why\n")), 2, `:3: no rule is called "tokens/nothing"`},
		{"a report of another format", token, append(project, "--report", "pdf=x"), 2, "pdf"},
		{"a report without a file", token, append(project, "--report", "json"), 2, "FORMAT=FILE"},
		{"a report into a directory", token, append(project, "--report", "json="+dir), 2, "--report json: "},
		{"a report into no directory", token, append(project, "--report", "json=/nowhere/x"), 2, "--report json: there is no directory /nowhere"},
		{"two reports to one file", token, append(project, "--report", "json=x", "--report", "junit=./x"), 2, "two reports go to"},
		{"a project, but no URL", nil, []string{"check", "--project", "root/test"}, 2, "--project is set, but no URL"},
		{"a token, but no URL", token, []string{"check"}, 2, "GITLAB_TOKEN is set, but no URL: give --url or set GITLAB_URL; to check the built-in fake, give --fake"},
		{"a URL for the fake", token, append(url, "--fake"), 2, "--fake and --url exclude each other"},
		{"a token for the fake", nil, []string{"check", "--fake", "--guest-token-file", "x"}, 2, "--fake and --guest-token-file exclude each other"},
		{"a URL in the environment, but no project", environment{"GITLAB_URL": "https://gitlab.example.com"}, []string{"check"}, 2, "--project is missing"},
		{"a secret that is missing", environment{"GITLAB_TOKEN": ""}, []string{"check", "-q"}, 2, "GITLAB_TOKEN is set, but no URL: give --url or set GITLAB_URL; to check the built-in fake, give --fake"},
		{"a token of another role alone", environment{"GITLAB_DEVELOPER_TOKEN": "glpat-x"}, []string{"check", "-q"}, 2, "GITLAB_DEVELOPER_TOKEN is set, but no URL"},
		{"quotation marks around a token", environment{}, append(project, "--token-file", file(t, "quoted", "'glpat-a'\n")), 2, "quoted has quotation marks around the token: leave them out"},
		{"a token in UTF-16", environment{}, append(project, "--token-file", file(t, "wide", "\xff\xfea\x00")), 2, "wide is in UTF-16: save it in UTF-8"},
		{"a pipeline without a token", environment{"CI_SERVER_URL": "https://gitlab.example.com", "CI_PROJECT_ID": "20"}, []string{"check", "-q"}, 2, "A protected variable is set only on protected branches"},
		{"a mistyped rule", token, append(project, "--rule", "tokens/revok"), 2, `did you mean "tokens/revoke"?`},
		{"a mistyped scenario", token, append(project, "--scenario", "revoked tokens"), 2, `did you mean "revoked token"?`},
		{"a mistyped known failure", token, append(project, "--known-failures", file(t, "known", "paths/idd")), 2, `did you mean "paths/id"?`},
		{"a version that the fake does not know", nil, []string{"check", "--gitlab-version", "20.12"}, 2, "GitLab 20.12 is not known here"},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			out := glagentsIn(t.Context(), c.env, c.args...)
			assert.Equal(t, c.status, out.status, "%s%s", out.stdout, out.stderr)
			assert.Contains(t, out.stderr, c.says)
			assert.True(t, strings.HasPrefix(out.stderr, "glagents: "), out.stderr)
			assert.LessOrEqual(t, strings.Count(out.stderr, "\n"), 3, "few lines: %s", out.stderr)
			for _, secret := range []string{"c0rrect-h0rse", "glpat-"} {
				assert.NotContains(t, out.stdout+out.stderr, secret)
			}
		})
	}
}

// TestCheckStatus has servers that break a rule, and the statuses that a check ends with.
func TestCheckStatus(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	violates := func(name, value string) func(http.Handler) http.Handler {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				next.ServeHTTP(&setting{ResponseWriter: w, name: name, value: value}, r)
			})
		}
	}
	must, should := violates("Cache-Control", "public"), violates("X-Content-Type-Options", "")
	for _, c := range []struct {
		what   string
		around func(http.Handler) http.Handler
		args   []string
		status int
		says   string
	}{
		{"all is well", nil, nil, 0, "✓ conformant"},
		{"a MUST is violated", must, nil, 1, "headers/never-public"},
		{"a SHOULD is violated", should, nil, 0, "headers/nosniff"},
		{"a SHOULD is violated, strictly", should, []string{"--strict"}, 1, "headers/nosniff"},
		{"what is violated is not looked at", must, []string{"--rule", "tokens/*"}, 0, "✓ conformant"},
		{"what is violated is left out", must, []string{"--skip", "headers/*"}, 0, "✓ conformant"},
		{"what is violated is known", must, []string{"--known-failures", "never-public"}, 0, "✓ conformant"},
		{"what is known is not violated", nil, []string{"--known-failures", "never-public"}, 1, "headers/never-public"},
		{"only a SHOULD was tested", nil, []string{"--rule", "headers/nosniff"}, 4, "no MUST rule was tested"},
		{"read-only", nil, []string{"--read-only"}, 0, "which only read"},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			gitlab := startInstance(t, c.around)
			ask(t, "POST", gitlab.URL+"/api/v4/projects/20/cluster_agents", "glpat-owner", strings.NewReader("name=prod"))
			ask(t, "POST", gitlab.URL+"/api/v4/projects/20/cluster_agents/1/tokens", "glpat-owner", strings.NewReader("name=prod"))
			for i, arg := range c.args {
				if arg == "never-public" {
					c.args[i] = file(t, "known", "headers/never-public   # until the proxy is fixed\n\n#\n")
				}
			}
			out := glagentsIn(t.Context(), everyToken(), gitlab.args(t, c.args...)...)
			assert.Equal(t, c.status, out.status, "%s%s", out.stdout, out.stderr)
			assert.Contains(t, out.stdout, c.says)
			assert.Equal(t, []int64{1}, gitlab.Agents(20))
		})
	}
}

// setting sets a header of every answer.
type setting struct {
	http.ResponseWriter
	name, value string
}

func (s *setting) WriteHeader(status int) {
	s.Header().Set(s.name, s.value)
	s.ResponseWriter.WriteHeader(status)
}

func TestCheckInAPipeline(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	gitlab := startInstance(t, nil)
	pipeline := everyToken()
	pipeline["CI_SERVER_URL"], pipeline["CI_PROJECT_ID"] = gitlab.url, "20"
	journal := t.TempDir()

	out := glagentsIn(t.Context(), pipeline, "check", "--journal", journal)
	assert.Zero(t, out.status, "%s%s", out.stdout, out.stderr)
	assert.Contains(t, out.stdout, "Checking "+gitlab.url+", project 20.")

	out = glagentsIn(t.Context(), pipeline, "check", "--project", "21", "--journal", journal)
	assert.Zero(t, out.status)
	assert.Contains(t, out.stdout, "project 21.", "what is given counts more")

	requests := gitlab.requests.Load()
	out = glagentsIn(t.Context(), pipeline, "check", "--fake")
	assert.Zero(t, out.status)
	assert.Contains(t, out.stdout, "built-in fake")

	assert.Equal(t, requests, gitlab.requests.Load())
}

// TestCheckTheGitLabOfTheEnvironment has a GitLab in GITLAB_URL.
func TestCheckTheGitLabOfTheEnvironment(t *testing.T) {
	t.Parallel()
	gitlab := startInstance(t, nil)
	env := everyToken()
	env["GITLAB_URL"] = gitlab.url
	out := glagentsIn(t.Context(), env, "check", "--project", "20", "--journal", t.TempDir(), "--rule", "tokens/revoke", "-q")
	assert.Contains(t, out.stdout, "hold at "+gitlab.url, "the verdict names the target")
	assert.Zero(t, out.status, "%s%s", out.stdout, out.stderr)
}

// TestCheckWithEveryRole has a token that may only read, and one that has expired.
func TestCheckWithEveryRole(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	seed := fakegitlab.DefaultSeed()
	seed.Users[1].Tokens = append(seed.Users[1].Tokens,
		fakegitlab.SeedAccessToken{Token: "glpat-reader", Scopes: []string{"read_api"}, State: "active"},
		fakegitlab.SeedAccessToken{Token: "glpat-expired", Scopes: []string{"api"}, State: "expired"})
	gitlab := startInstance(t, nil, fakegitlab.FromSeed(seed))
	env := everyToken()
	env["GITLAB_READER_TOKEN"] = "glpat-reader"
	out := glagentsIn(t.Context(), env, gitlab.args(t, "--rule", "authentication/*", "--expired-token-file", file(t, "token", "glpat-expired"))...)
	assert.Zero(t, out.status, "%s%s", out.stdout, out.stderr)
	assert.Contains(t, out.stdout, "by maintainer, developer, guest, stranger, anonymous, reader and expired.")
	assert.NotContains(t, out.stdout, "token is given")
}

func TestCheckKeeps(t *testing.T) {
	t.Parallel()
	gitlab := startInstance(t, nil)
	journal := t.TempDir()
	args := []string{"--url", gitlab.url, "--journal", journal}
	out := glagentsIn(t.Context(), everyToken(), append([]string{"check", "--project", "20", "--scenario", "revoked token", "--keep"}, args...)...)
	assert.Contains(t, out.stdout, "Kept: agent ", out.stderr)
	command := regexp.MustCompile("`glagents (.*)` removes it").FindStringSubmatch(out.stdout)
	require.NotEmpty(t, command, out.stdout)
	require.Len(t, gitlab.Agents(20), 1)
	out = glagentsIn(t.Context(), everyToken(), strings.Fields(command[1])...)
	assert.Zero(t, out.status, out.stderr)
	assert.Contains(t, out.stdout, ": 1 agent removed.")
	assert.Empty(t, gitlab.Agents(20))

	out = glagents(t, nil, "check", "--keep")
	assert.Equal(t, 2, out.status)
	assert.Contains(t, out.stderr, "--keep is given, but the built-in fake ends with the check: keep what is created in one that `glagents serve` runs")
}

func TestCheckDryRun(t *testing.T) {
	t.Parallel()
	gitlab := startInstance(t, nil)
	out := glagentsIn(t.Context(), nil, "check", "--url", gitlab.url, "--project", "group/sub/project", "--other-project", "group/other", "--dry-run")
	assert.Zero(t, out.status, out.stderr)
	assert.Zero(t, gitlab.requests.Load(), "it asked")
	assert.Contains(t, out.stdout, "Nothing was sent.")
	assert.Contains(t, out.stdout, "\n# revoked token: tokens/revoke ")
	assert.Contains(t, out.stdout, `"$GITLAB_URL/api/v4/projects/group%2Fsub%2Fproject/cluster_agents/$agent/tokens/$token"`)
	assert.True(t, strings.HasPrefix(out.stdout, "# Nothing is sent. The scripts need curl and jq. Long bodies are shortened.\nexport GITLAB_URL='"+gitlab.url+"'"), out.stdout)
	assert.NotContains(t, out.stdout, "GITLAB_DEVELOPER_TOKEN", "no developer's token is given")
	assert.NotContains(t, out.stdout, "root%2Ftest")
	assert.NotContains(t, out.stdout, "/projects/20/")
	assert.Regexp(t, `x… \([1-9][0-9,]* more bytes\)' "\$GITLAB_URL`, out.stdout, "a description of 1024 characters")
	assert.NotContains(t, out.stdout, "glpat-maintainer")

	out = glagentsIn(t.Context(), everyToken(), "check", "--url", gitlab.url, "--project", "20", "--dry-run", "--read-only")
	assert.Zero(t, out.status, out.stderr)
	assert.Contains(t, out.stdout, "GITLAB_DEVELOPER_TOKEN")
	assert.Contains(t, out.stdout, "\n# revoked token: not played: ")

	out = glagentsIn(t.Context(), nil, "check", "--dry-run", "--scenario", "HEAD")
	assert.Zero(t, out.status, out.stderr)
	assert.Equal(t, 1, strings.Count(out.stdout, "\n# HEAD: "), "one scenario only")

	out = glagentsIn(t.Context(), nil, "check", "--url", gitlab.url, "--dry-run")
	assert.Equal(t, 2, out.status)
	assert.Contains(t, out.stderr, "--project is missing")
}

// TestCheckInterrupted presses Ctrl-C in the middle.
func TestCheckInterrupted(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	var seen atomic.Int64
	gitlab := startInstance(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if seen.Add(1) == 60 {
				interrupt()
			}
			next.ServeHTTP(w, r)
		})
	})
	args := gitlab.args(t, "--report", "json="+filepath.Join(t.TempDir(), "report.json"))
	out := glagentsIn(ctx, everyToken(), args...)
	assert.Equal(t, 4, out.status, "%s%s", out.stdout, out.stderr)
	assert.Contains(t, out.stdout, "Not everything was judged: interrupted.")
	assert.Empty(t, gitlab.Agents(20))
	assert.FileExists(t, strings.TrimPrefix(args[len(args)-1], "json="))
	entries, err := os.ReadDir(args[len(args)-3])
	require.NoError(t, err)
	assert.Empty(t, entries, "the journal has nothing to say")

	interrupted, interrupt := context.WithCancel(t.Context())
	interrupt()
	out = glagentsIn(interrupted, everyToken(), gitlab.args(t)...)
	assert.Equal(t, 4, out.status)
	assert.Contains(t, out.stderr, "interrupted")
}

func TestCheckTimeout(t *testing.T) {
	t.Parallel()
	gitlab := startInstance(t, nil, fakegitlab.Latency(60*time.Millisecond))
	out := glagentsIn(t.Context(), everyToken(), gitlab.args(t, "--timeout", "400ms")...)
	assert.Equal(t, 4, out.status, "%s%s", out.stdout, out.stderr)
	assert.Contains(t, out.stdout+out.stderr, "--timeout")
	assert.Empty(t, gitlab.Agents(20))
}

func TestCheckReports(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	gitlab := startInstance(t, nil)
	dir := t.TempDir()
	out := glagentsIn(t.Context(), everyToken(), gitlab.args(t, "--report", "json=-", "--report", "junit="+filepath.Join(dir, "x.xml"), "--report", "markdown="+filepath.Join(dir, "x.md"))...)
	assert.Zero(t, out.status, out.stderr)
	var content struct {
		Version int              `json:"version"`
		Rules   []map[string]any `json:"rules"`
	}
	require.NoError(t, json.Unmarshal([]byte(out.stdout), &content), "only the report is on standard output")
	assert.Equal(t, 1, content.Version)
	assert.NotEmpty(t, content.Rules)
	assert.Contains(t, out.stderr, "✓ conformant", "what people read is on standard error")
	data, err := os.ReadFile(filepath.Join(dir, "x.xml"))
	require.NoError(t, err)
	assert.NoError(t, xml.Unmarshal(data, new(struct {
		XMLName xml.Name `xml:"testsuites"`
	})))
	assert.FileExists(t, filepath.Join(dir, "x.md"))
}

func TestCheckVerbose(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	gitlab := startInstance(t, nil)
	out := glagentsIn(t.Context(), everyToken(), gitlab.args(t, "--verbose")...)
	assert.Zero(t, out.status)
	assert.Regexp(t, `(?m)^maintainer GET    /api/v4/metadata → 200 in (<1|\d+)m?s$`, out.stdout)
	assert.Regexp(t, `(?m)^developer  DELETE /api/v4/projects/root%2Ftest/cluster_agents/\d+ → 403 in `, out.stdout)
	assert.Regexp(t, `(?m)^ < {"message":"403 Forbidden"}$`, out.stdout)
	assert.Regexp(t, `(?m)^exchanges \d+: .*, in \d`, out.stdout)
	assert.Contains(t, out.stdout, `"token":"[redacted]"`)
	assert.NotContains(t, out.stdout, "glagent-")
}

func TestCheckFullDiskAndClosedOutput(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	gitlab := startInstance(t, nil)
	if _, err := os.Stat("/dev/full"); err == nil {
		out := glagentsIn(t.Context(), everyToken(), gitlab.args(t, "--report", "junit=/dev/full")...)
		assert.Equal(t, 3, out.status)
		assert.Contains(t, out.stderr, "the junit report is not written: write /dev/full: no space left on device")
		assert.Contains(t, out.stdout, "✓ conformant", "the rest is there")

		out = glagentsIn(t.Context(), everyToken(), gitlab.args(t, "--metrics", "/dev/full")...)
		assert.Equal(t, 3, out.status)
		assert.True(t, strings.HasSuffix(out.stderr, "the metrics are not written: write /dev/full: no space left on device\n"), out.stderr)
		assert.Equal(t, 1, strings.Count(out.stderr, "no space left"), "it is said once")

		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		require.NoError(t, err)
		defer full.Close()
		var stderr bytes.Buffer
		status := run(t.Context(), gitlab.args(t), nil, full, &stderr, everyToken().get)
		assert.Equal(t, 3, status)
		assert.Contains(t, stderr.String(), "standard output: write /dev/full: no space left on device")
	}
	var stderr bytes.Buffer
	status := run(t.Context(), gitlab.args(t, "--verbose"), nil, closed{}, &stderr, everyToken().get)
	assert.Zero(t, status, "whoever has seen enough is told nothing more")
	assert.Empty(t, stderr.String())
	assert.Empty(t, gitlab.Agents(20))
}

func TestCheckLeftBehind(t *testing.T) {
	t.Parallel()
	var deletions atomic.Int64
	gitlab := startInstance(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == "DELETE" && r.Header.Get("Private-Token") == "glpat-maintainer" && deletions.Add(1) > 2 { // after the set-up
				w.WriteHeader(http.StatusNoContent) // and that is all
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	args := gitlab.args(t, "--rule", "tokens/create-keeps-input", "--rule", "tokens/read-back-equal")
	out := glagentsIn(t.Context(), everyToken(), args...)
	assert.Equal(t, 3, out.status, out.stdout)
	assert.Contains(t, out.stdout, "Left behind: agent ")
	entries, err := os.ReadDir(args[len(args)-5])
	require.NoError(t, err)
	assert.Len(t, entries, 1, "the journal remembers it")
}

// TestCheckCannotDelete has a proxy that refuses deletes: the check does not begin, and says what its rehearsal left.
func TestCheckCannotDelete(t *testing.T) {
	t.Parallel()
	gitlab := startInstance(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == "DELETE" {
				w.Header().Set("Server", "nginx")
				w.WriteHeader(http.StatusMethodNotAllowed)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	out := glagentsIn(t.Context(), everyToken(), gitlab.args(t)...)
	assert.Equal(t, 2, out.status, out.stderr)
	assert.Regexp(t, `left behind: agent \d+, "contract-[a-z0-9]+-rehearsal`, out.stderr)
	assert.Contains(t, out.stderr, "glagents sweep")
}

// TestCheckTwice runs two checks with one journal at once.
func TestCheckTwice(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	gitlab := startInstance(t, nil)
	args := gitlab.args(t)
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() {
			out := glagentsIn(t.Context(), everyToken(), args...)
			// What one check changes can make what the other sees inconclusive.
			assert.Contains(t, []int{0, 4}, out.status, "%s%s", out.stdout, out.stderr)
			assert.Contains(t, out.stdout, "findings  0 violations, 0 drift, 0 invalid requests")
		})
	}
	wait.Wait()
	assert.Empty(t, gitlab.Agents(20))
}

func TestCheckTLS(t *testing.T) {
	t.Parallel()
	gitlab := fakegitlab.Start(t)
	server := httptest.NewUnstartedServer(gitlab)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains of handshakes
	server.StartTLS()
	defer server.Close()
	args := []string{"check", "--url", server.URL, "--project", "20", "--journal", t.TempDir()}
	out := glagentsIn(t.Context(), everyToken(), args...)
	assert.Equal(t, 4, out.status)
	assert.Contains(t, out.stderr, "certificate")
	assert.Contains(t, out.stderr, "if the certificate is self-signed or of a private authority, give its file with --ca-file")

	out = glagentsIn(t.Context(), everyToken(), append(args, "--ca-file", file(t, "ca.pem", pemOf(server.Certificate().Raw)))...)
	assert.Zero(t, out.status, "%s%s", out.stdout, out.stderr)
}

func TestCheckHelp(t *testing.T) {
	t.Parallel()
	out := glagents(t, nil, "check", "--help")
	assert.Zero(t, out.status)
	assert.Empty(t, out.stderr)
	for _, flag := range []string{
		"--allow-http", "--ca-file", "--developer-token-file", "--dry-run", "--edition", "--fake", "--gitlab-version", "--guest-token-file", "--journal",
		"--keep", "--known-failures", "--other-project", "--parallel", "--reader-token-file", "--expired-token-file", "--scenario", "--project", "--quiet", "--read-only", "--report", "--rule", "--skip", "--stranger-token-file",
		"--strict", "--timeout", "--token-file", "--url", "--verbose",
	} {
		assert.Contains(t, out.stdout, flag)
	}
	assert.Contains(t, out.stdout, "Exit status:")
	assert.NotContains(t, out.stdout, "--token ", "a token is never an argument")
}

// FuzzKnownFailures reads whatever a file of known failures holds: what comes out are rules that there are, or an error
// that names the line.
func FuzzKnownFailures(f *testing.F) {
	f.Add("headers/never-public   # until the proxy is fixed\n\n#\npaths/id\r\n")
	f.Add("tokens/nothing")
	f.Add("\xef\xbb\xbfpaths/id\x00")
	known := make(map[string]bool)
	for _, rule := range contract.Rules() {
		known[rule.ID] = true
	}
	f.Fuzz(func(t *testing.T, text string) {
		ids, err := parseKnownFailures("known", text, nil)
		if err != nil {
			assert.Regexp(t, `^known:[0-9]+: `, err.Error())
			assert.Empty(t, ids)
		}
		for _, id := range ids {
			assert.True(t, known[id], id)
			assert.Contains(t, text, id)
		}
	})
}
