package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/document"
	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/faults"
	"example.com/gitlab-agents/contract/redact"
	"example.com/gitlab-agents/generated/clusteragents"
)

// serving is a glagents serve that runs.
type serving struct {
	url    string
	tell   context.CancelFunc // tells it to stop
	ended  <-chan int         // gives its exit status
	stdout *locked            // after the first line
	stderr *locked
}

// locked is a buffer that is written and read at the same time.
type locked struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// startServe runs glagents serve until the test ends, and returns once it has said where.
func startServe(t *testing.T, stdin io.Reader, args ...string) *serving {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	s := &serving{tell: cancel, ended: ended, stdout: &locked{}, stderr: &locked{}}
	read, write := io.Pipe()
	var running sync.WaitGroup
	running.Go(func() {
		ended <- run(ctx, append([]string{"serve"}, args...), stdin, write, s.stderr, none)
		write.Close()
	})
	t.Cleanup(func() { cancel(); running.Wait() })

	stdout := bufio.NewReader(read)
	first, err := stdout.ReadString('\n')
	require.NoError(t, err, s.stderr.String())
	where, ok := strings.CutPrefix(strings.TrimSuffix(first, "\n"), "listening on ")
	require.True(t, ok, first)
	s.url = where
	running.Go(func() { _, _ = io.Copy(s.stdout, stdout) })
	return s
}

// stop tells it to stop and returns all that it wrote after the first line.
func (s *serving) stop(t *testing.T) string {
	t.Helper()
	s.tell()
	assert.Zero(t, <-s.ended, s.stderr.String())
	assert.Eventually(t, func() bool { return strings.HasSuffix(s.stdout.String(), "\n\n") }, 5*time.Second, time.Millisecond)
	return s.stdout.String()
}

// ask makes a request with a token.
func ask(t *testing.T, method, address, token string, body io.Reader) (status int, header http.Header, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, body)
	require.NoError(t, err)
	if body != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Private-Token", token)
	answer, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, answer.Header, string(b)
}

func TestServe(t *testing.T) {
	t.Parallel()
	s := startServe(t, nil)
	gitlab, err := clusteragents.New(s.url, clusteragents.PrivateToken("glpat-maintainer"))
	require.NoError(t, err)
	agent, err := gitlab.CreateAgent(t.Context(), clusteragents.ProjectPath("root/test"), clusteragents.CreateAgentRequest{Name: "prod"})
	require.NoError(t, err)
	assert.Equal(t, "prod", agent.Name)

	assert.Equal(t, strings.ReplaceAll(`A fake GitLab 19.1.0 (CE), in memory. Requests to try: URL/-/docs

  USER         ACCESS TOKEN       ROLE
  owner        glpat-owner        owner
  maintainer   glpat-maintainer   maintainer
  developer    glpat-developer    developer
  reporter     glpat-reporter     reporter
  guest        glpat-guest        guest
  stranger     glpat-stranger     no member
  root         none               admin

  PROJECT   PATH          VISIBILITY   AGENTS
  20        root/test     private      3
  21        root/other    private      0
  22        public/open   public       0

  curl -H "PRIVATE-TOKEN: glpat-maintainer" URL/api/v4/projects/20/cluster_agents -d name=my-agent
  curl -H "PRIVATE-TOKEN: glpat-maintainer" URL/api/v4/projects/20/cluster_agents

`, "URL", s.url), s.stop(t))
	_, err = http.Get(s.url) //nolint:noctx // it must fail at once
	assert.Error(t, err, "it still listens")
}

// The lines to copy work.
func TestServeCurl(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("there is no curl")
	}
	s := startServe(t, nil, "--relative-root", "/gitlab")
	require.Eventually(t, func() bool { return strings.Count(s.stdout.String(), "  curl ") == 2 }, 5*time.Second, time.Millisecond)
	var answers string
	for _, line := range regexp.MustCompile(`(?m)^  curl .*$`).FindAllString(s.stdout.String(), -1) {
		answer, err := exec.CommandContext(t.Context(), "sh", "-c", line+" -sS --noproxy '*'").CombinedOutput()
		require.NoError(t, err, "%s", answer)
		answers += string(answer)
	}
	assert.Regexp(t, `^\{"id":6,"name":"my-agent",.*\}\[\{"id":1,"name":"agent-1",.*\{"id":6,"name":"my-agent",.*\}\]$`, answers)
}

func TestServeOptions(t *testing.T) {
	t.Parallel()
	s := startServe(t, nil, "--gitlab-version", "17.4", "--edition", "ee", "--external-url", "https://gitlab.example.com",
		"--relative-root", "gitlab", "--rate-limit", "4/h", "--latency", "20ms", "--addr", "localhost:0", "--log", "off")
	require.True(t, strings.HasSuffix(s.url, "/gitlab"), s.url)
	agents := s.url + "/api/v4/projects/20/cluster_agents"

	before := time.Now()
	status, _, body := ask(t, "GET", s.url+"/api/v4/version", "glpat-guest", nil)
	assert.Equal(t, 200, status)
	assert.Contains(t, body, `"version":"17.4.0-ee"`)
	assert.GreaterOrEqual(t, time.Since(before), 20*time.Millisecond)

	status, _, body = ask(t, "POST", agents, "glpat-maintainer", strings.NewReader("name=a"))
	assert.Equal(t, 201, status)
	assert.Contains(t, body, `"is_receptive":false`)
	status, header, _ := ask(t, "GET", agents, "glpat-maintainer", nil)
	assert.Equal(t, 200, status)
	assert.Contains(t, header.Get("Link"), "<https://gitlab.example.com/gitlab/api/v4/projects/20/cluster_agents?")
	for range 2 {
		_, _, _ = ask(t, "GET", agents, "glpat-maintainer", nil)
	}
	status, header, body = ask(t, "GET", agents, "glpat-maintainer", nil)
	assert.Equal(t, 429, status)
	assert.Equal(t, "Retry later\n", body)
	assert.NotEmpty(t, header.Get("Retry-After"))
	status, _, _ = ask(t, "GET", agents, "glpat-owner", nil)
	assert.Equal(t, 200, status, "somebody else")

	assert.Contains(t, s.stop(t), "A fake GitLab 17.4.0-ee (EE)")
	assert.Empty(t, s.stderr.String())
}

const canary = "canary-Hq7vT2mXw9LpB4sZ" // an access token that does not look like one

func TestServeSeed(t *testing.T) {
	t.Parallel()
	seed := `
gitlab: {version: "15.0"}
users:
  - {id: 1, name: root, admin: true, tokens: [{token: ` + canary + `, scopes: [api]}]}
  - {id: 2, name: dev, tokens: [{token: ` + canary + `-2, scopes: [api]}, {token: ` + canary + `-3, scopes: [read_api]}]}
  - {id: 3, name: gone, state: blocked}
projects:
  - id: 7
    path_with_namespace: a/b
    members: {dev: developer}
    agents: [{id: 3, name: x, created_by: null, tokens: [{id: 4, name: t}]}]
  - {id: 8, path_with_namespace: a/c, visibility: internal}
`
	asJSON := "{\n\t\"gitlab\": {\"version\": \"15.0\"},\n\t\"users\": [{\"id\": 2, \"name\": \"dev\", \"tokens\": [{\"token\": \"" + canary + "-2\", \"scopes\": [\"api\"]}]}],\n" +
		"\t\"projects\": [{\"id\": 7, \"path_with_namespace\": \"a/b\", \"members\": {\"dev\": \"developer\"}, \"agents\": [{\"id\": 3, \"name\": \"x\"}]}]}"
	for _, test := range []struct {
		name, flag string
		stdin      io.Reader
	}{
		{"yaml", file(t, "seed.yaml", seed), nil},
		{"json", file(t, "seed.json", asJSON), nil},
		{"stdin", "-", strings.NewReader(seed)},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := startServe(t, test.stdin, "--seed", test.flag)
			status, _, body := ask(t, "GET", s.url+"/api/v4/projects/a%2Fb/cluster_agents/3", canary+"-2", nil)
			assert.Equal(t, 200, status)
			assert.Contains(t, body, `"created_by_user_id":null`)
			greeting := s.stop(t)
			assert.NotContains(t, greeting+s.stderr.String(), canary)
			assert.Contains(t, greeting, "A fake GitLab 15.0.0 (CE)")
			assert.Contains(t, greeting, `curl -H "PRIVATE-TOKEN: $GITLAB_TOKEN" `+s.url+"/api/v4/projects/7/cluster_agents\n")
			if test.name == "yaml" {
				assert.Regexp(t, `root +1 in \S+seed.yaml +admin\n`, greeting)
				assert.Regexp(t, `dev +2 in \S+seed.yaml +developer in a/b\n`, greeting)
				assert.Regexp(t, `gone +none +blocked\n`, greeting)
				assert.Regexp(t, `7 +a/b +private +1\n`, greeting)
			}
		})
	}
}

func TestServePrintSeed(t *testing.T) {
	t.Parallel()
	out := glagents(t, nil, "serve", "--print-seed")
	assert.Zero(t, out.status)
	printed, err := fakegitlab.ParseSeed("seed.yaml", []byte(out.stdout))
	require.NoError(t, err)

	assert.Equal(t, fakegitlab.SeedGitLab{Version: "19.1.0", Edition: "ce"}, printed.GitLab)
	assert.Equal(t, withDefaults(fakegitlab.DefaultSeed()), withDefaults(printed), "it is not fakegitlab.DefaultSeed")

	// What its comments say can be used too.
	commented := regexp.MustCompile(`(?m)^( *)# (external_url:|next_ids:|- )`)
	_, err = fakegitlab.ParseSeed("seed.yaml", []byte(commented.ReplaceAllString(out.stdout, "$1$2")))
	require.NoError(t, err)
}

// withDefaults shows the users and projects of a seed with their defaults filled in, without what only serve has: the
// examples of the document.
func withDefaults(seed *fakegitlab.Seed) string {
	for i := range seed.Projects {
		p := &seed.Projects[i]
		if p.Visibility == "" {
			p.Visibility = "private"
		}
		p.MovedFrom, p.Agents, p.Description = nil, nil, nil
	}
	seed.Users = slices.DeleteFunc(seed.Users, func(u fakegitlab.SeedUser) bool { return u.Name == "root" })
	for i := range seed.Users {
		seed.Users[i].State = "active"
		for j := range seed.Users[i].Tokens {
			seed.Users[i].Tokens[j].State = "active"
		}
	}
	text, _ := json.MarshalIndent([]any{seed.Users, seed.Projects}, "", " ")
	return string(text)
}

func TestServeBadUse(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	seed := file(t, "seed.yaml", "users:\n  - id: 1\n    name: a b\n    tokens: [{token: "+canary+", scopes: [apii]}]\n")
	noYAML := file(t, "broken.yaml", "users: [\n")

	for _, test := range []struct {
		args string
		want string // a pattern of the whole of standard error
	}{
		{"--addr " + listener.Addr().String(), `--addr 127.0.0.1:\d+: another program listens there; choose another port, or 0 for a free one`},
		{"--addr 8080", `--addr 8080: .*missing port.*; an address is like 127.0.0.1:8080`},
		{"--seed " + seed, `\S+seed.yaml:3:11: users\[0\].name: .*\nglagents: \S+seed.yaml:4:\d+: users\[0\].tokens\[0\].scopes\[0\]: "apii" is not valid; use one of .*`},
		{"--seed " + noYAML, `\S+broken.yaml:\d+:\d+: this is neither YAML nor JSON: .*`},
		{"--seed " + t.TempDir() + "/none", `--seed: open .*/none: no such file or directory`},
		{"--seed " + t.TempDir(), `--seed: .*: is a directory`},
		{"--gitlab-version 14.9", `GitLab 14.9 is not known here; .*`},
		{"--gitlab-version new", `"new" is not a GitLab version; .*`},
		{"--edition pro", `"pro" is not an edition of GitLab; use ce or ee`},
		{"--external-url gitlab", `the external URL must be like .*`},
		{"--relative-root /a/../b", `--relative-root /a/../b: write it as /gitlab; .*`},
		{"--latency -1s", `the latency is -1s; it cannot be negative`},
		{"--latency 5", `--latency 5: write a time such as 30s or 5m`},
		{"--rate-limit 60", `--rate-limit 60: write it as 600/m, or with /s or /h`},
		{"--rate-limit 0/m", `--rate-limit 0/m: it must allow at least one request`},
		{"--fault third-token", `--fault: there is no fault "third-token": .* did you mean "third-token-by-form", .*`},
		{"--fault nonsense", `--fault: there is no fault "nonsense": .*`},
		{"--log xml", `--log xml: there are text, json and off`},
		{"now", "\"now\" is given, and serve takes flags only; `glagents serve --help` lists them"},
	} {
		t.Run(test.args, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // or it would serve
			defer cancel()
			stdout, stderr := &locked{}, &locked{}
			assert.Equal(t, 2, run(ctx, append([]string{"serve"}, strings.Fields(test.args)...), nil, stdout, stderr, none))
			assert.Regexp(t, `\Aglagents: `+test.want+`\n\z`, stderr.String())
			assert.NotContains(t, stderr.String(), canary)
			assert.Empty(t, stdout.String())
		})
	}
}

func TestServeLog(t *testing.T) {
	t.Parallel()
	seed := file(t, "seed.yaml", `
users: [{id: 1, name: dev, tokens: [{token: `+canary+`, scopes: [api]}]}]
projects: [{id: 7, path_with_namespace: a/b, members: {dev: maintainer}, agents: [{id: 3, name: x}]}]
`)
	for _, format := range []string{"text", "json", "off"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			s := startServe(t, nil, "--seed", seed, "--log", format, "--gitlab-version", "15.0")
			agents := s.url + "/api/v4/projects/7/cluster_agents"
			var secret struct{ Token string }
			status, _, body := ask(t, "POST", agents+"/3/tokens", canary, strings.NewReader("name=t"))
			require.Equal(t, 201, status)
			require.NoError(t, json.Unmarshal([]byte(body), &secret))
			require.Len(t, secret.Token, 50, "of GitLab 15.0, without a prefix")

			unknown := "unknown-" + canary[7:]
			for _, address := range []string{
				agents + "?private_token=" + canary,
				agents + "?access_token=" + url.QueryEscape(unknown),
				agents + "?x=1;private_token=" + unknown,
				agents + "?private%5ftoken=" + unknown,
				agents + "?page=" + canary,
				agents + "/" + canary,
				agents + "?q=" + secret.Token,
				strings.Replace(agents, "://", "://"+unknown+":"+canary+"@", 1),
				s.url + "/-/docs?private_token=" + unknown,
			} {
				_, _, _ = ask(t, "GET", address, canary, nil)
			}
			s.stop(t)
			log := s.stderr.String()
			for _, hidden := range []string{canary, canary[7:], secret.Token} {
				assert.NotContains(t, log, hidden)
			}
			lines := strings.Split(strings.TrimSuffix(log, "\n"), "\n")
			switch format {
			case "off":
				assert.Empty(t, log)
			case "text":
				assert.Len(t, lines, 9)
				assert.Regexp(t, `^time=\S+ level=INFO msg=request method=POST path=/api/v4/projects/7/cluster_agents/3/tokens status=201 bytes=\d+ duration=\S+ operation=createAgentToken user=dev request_id=\w{26}$`, lines[0])
				assert.Contains(t, lines[1], `path="/api/v4/projects/7/cluster_agents?private_token=[FILTERED]" status=200`)
			case "json":
				assert.Len(t, lines, 9)
				for _, line := range lines {
					var fields map[string]any
					require.NoError(t, json.Unmarshal([]byte(line), &fields), line)
					assert.Equal(t, "request", fields["msg"])
					assert.NotEmpty(t, fields["request_id"])
				}
			}
		})
	}
}

func TestServeFaults(t *testing.T) {
	t.Parallel()
	s := startServe(t, nil, "--fault", "third-token-accepted", "--fault", "receptive-missing")
	agents := s.url + "/api/v4/projects/20/cluster_agents"
	status, _, _ := ask(t, "POST", agents, "glpat-maintainer", strings.NewReader("name=a"))
	require.Equal(t, 201, status)
	for range 3 {
		status, _, body := ask(t, "POST", agents+"/1/tokens", "glpat-maintainer", strings.NewReader("name=t"))
		assert.Equal(t, 201, status, body)
	}
	assert.Contains(t, s.stop(t), "\n  broken: third-token-accepted: A third active token is accepted.\n")
	assert.Contains(t, s.stderr.String(), "glagents: warning: the fault receptive-missing makes no difference to GitLab 19.1.0 (CE)\n")
}

func TestServeWarnsOfOtherMachines(t *testing.T) {
	t.Parallel()
	s := startServe(t, nil, "--addr", "0.0.0.0:0")
	assert.Regexp(t, `^http://127\.0\.0\.1:\d+$`, s.url)
	status, _, _ := ask(t, "GET", s.url+"/api/v4/version", "glpat-guest", nil)
	assert.Equal(t, 200, status)
	s.stop(t)
	assert.Regexp(t, `\Aglagents: warning: \S+:\d+ can be reached from other machines, without encryption, and everybody knows the access tokens of the fake\n`, s.stderr.String())
}

// A request that is under way when serve is told to stop gets its answer.
func TestServeDrains(t *testing.T) {
	t.Parallel()
	s := startServe(t, nil)
	connection := underWay(t, s.url)
	s.tell()
	// No new connections are taken, long before the request ends.
	require.Eventually(t, func() bool {
		other, err := net.Dial("tcp", connection.RemoteAddr().String())
		if err == nil {
			other.Close()
		}
		return err != nil
	}, drainTime/2, time.Millisecond)
	fmt.Fprint(connection, "name=late")
	answer, err := http.ReadResponse(bufio.NewReader(connection), nil)
	require.NoError(t, err)
	assert.Equal(t, 201, answer.StatusCode)
	assert.Zero(t, <-s.ended)
	assert.NotContains(t, s.stderr.String(), "cut off")
}

// underWay begins a request, whose body of nine bytes is still to come.
func underWay(t *testing.T, where string) net.Conn {
	t.Helper()
	connection, err := net.Dial("tcp", strings.TrimPrefix(where, "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { connection.Close() })
	fmt.Fprint(connection, "POST /api/v4/projects/20/cluster_agents HTTP/1.1\r\nHost: gitlab\r\nPRIVATE-TOKEN: glpat-owner\r\n"+
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n")
	const goOn = "HTTP/1.1 100 Continue\r\n\r\n" // the request is being read
	answer := make([]byte, len(goOn))
	_, err = io.ReadFull(connection, answer)
	require.NoError(t, err)
	require.Equal(t, goOn, string(answer))
	return connection
}

// A request that does not end is not waited for.
func TestServeCutsOff(t *testing.T) {
	t.Parallel()
	gitlab, err := fakegitlab.New()
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := &http.Server{Handler: gitlab}
	var running sync.WaitGroup
	running.Go(func() { _ = server.Serve(listener) })

	connection := underWay(t, "http://"+listener.Addr().String())
	stderr := &locked{}
	s := &serve{program: &program{stderr: stderr, redactor: redact.New()}}
	s.drain(server, 20*time.Millisecond)
	assert.Equal(t, "glagents: cut off what had not ended after 20ms\n", stderr.String())
	_, err = io.ReadAll(connection)
	assert.Condition(t, func() bool { return err == nil || strings.Contains(err.Error(), "reset") }, "%v", err)
	running.Wait()
}

// A second Ctrl-C does not wait for a request that is under way.
func TestServeLeavesAtOnce(t *testing.T) {
	if os.Getenv("SERVE_IN_THIS_PROCESS") != "" {
		os.Args = []string{"glagents", "serve", "--log", "off"}
		main()
	}
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("there are no signals")
	}
	glagents := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestServeLeavesAtOnce$")
	glagents.Env = append(os.Environ(), "SERVE_IN_THIS_PROCESS=yes")
	stdout, err := glagents.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, glagents.Start())
	first, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	where := strings.TrimSpace(strings.TrimPrefix(first, "listening on "))
	underWay(t, where)

	ended := make(chan error, 1)
	go func() { ended <- glagents.Wait() }()
	require.NoError(t, glagents.Process.Signal(os.Interrupt))
	var left error
	require.Eventually(t, func() bool {
		_ = glagents.Process.Signal(os.Interrupt)
		select {
		case left = <-ended:
			return true
		default:
			return false
		}
	}, drainTime-time.Second, 20*time.Millisecond)
	assert.EqualError(t, left, "signal: interrupt")
}

func TestServeDocumentation(t *testing.T) {
	t.Parallel()
	for _, root := range []string{"", "/gitlab"} {
		t.Run("root "+root, func(t *testing.T) {
			t.Parallel()
			s := startServe(t, nil, "--relative-root", root)
			get := func(path string) (int, http.Header, string) { return ask(t, "GET", s.url+path, "", nil) }

			paths := map[string][]string{} // in the order in which they stand, by format
			for format, first := range map[string]string{"yaml": "openapi: 3.0.3", "json": `"openapi": "3.0.3"`} {
				status, header, text := get("/-/openapi." + format)
				assert.Equal(t, 200, status)
				assert.Equal(t, "application/"+format, header.Get("Content-Type"))
				assert.Contains(t, text, first)
				spec, err := openapi3.NewLoader().LoadFromData([]byte(text))
				require.NoError(t, err)
				require.NoError(t, spec.Validate(t.Context()))
				require.Len(t, spec.Servers, 1)
				assert.Equal(t, s.url+"/api/v4", spec.Servers[0].URL)
				paths[format] = regexp.MustCompile(`/projects/\{id\}[^ ":]*"?: ?[\n{]`).FindAllString(text, -1)
				assert.Len(t, paths[format], spec.Paths.Len())
				for i, path := range paths[format] {
					paths[format][i] = strings.TrimRight(path, "\": \n{")
				}
			}
			assert.NotEmpty(t, paths["json"])
			assert.Equal(t, paths["yaml"], paths["json"])

			status, header, text := get("/-/docs")
			assert.Equal(t, 200, status)
			assert.Contains(t, header.Get("Content-Security-Policy"), "default-src 'self'")
			assert.Contains(t, text, `"swaggerJsonUrl":"`+root+`/-/openapi.yaml"`)
			for _, match := range regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(text, -1) {
				path, ok := strings.CutPrefix(match[1], root)
				require.True(t, ok, match[1])
				status, _, _ := get(path)
				assert.Equal(t, 200, status, path)
			}
			status, header, _ = get("/")
			assert.Equal(t, 302, status)
			assert.Equal(t, root+"/-/docs", header.Get("Location"))
			status, _, _ = get("/-/docsx")
			assert.Equal(t, 404, status)
			status, _, _ = get("//api//v4/projects//20/cluster_agents")
			assert.Equal(t, 401, status, "the path is GitLab's")
		})
	}
}

// Each operation succeeds with the examples of its parameters and body, in the document's order. Reading an agent or a
// token gives the example of the response.
func TestServeExecutesTheExamples(t *testing.T) {
	t.Parallel()
	s := startServe(t, nil)
	_, _, text := ask(t, "GET", s.url+"/-/openapi.json", "", nil)
	spec, err := openapi3.NewLoader().LoadFromData([]byte(text))
	require.NoError(t, err)
	order, err := document.Load()
	require.NoError(t, err)

	for _, o := range order.Operations() {
		item := spec.Paths.Value(o.Path)
		operation := item.GetOperation(o.Method)
		path := o.Path
		for _, p := range slices.Concat(item.Parameters, operation.Parameters) {
			path = strings.ReplaceAll(path, "{"+p.Value.Name+"}", fmt.Sprint(p.Value.Example))
		}
		var body io.Reader
		if operation.RequestBody != nil {
			form := url.Values{}
			for name, value := range operation.RequestBody.Value.Content["application/x-www-form-urlencoded"].Examples["documentation"].Value.Value.(map[string]any) {
				form.Set(name, value.(string))
			}
			body = strings.NewReader(form.Encode())
		}
		status, _, answer := ask(t, o.Method, spec.Servers[0].URL+path, "glpat-maintainer", body)
		assert.Equal(t, o.Responses[0].Status, status, "%s: %s", o.ID, answer)

		if o.ID == "getAgent" || o.ID == "getAgentToken" {
			media := operation.Responses.Status(status).Value.Content["application/json"]
			example, err := json.Marshal(media.Examples["documentation"].Value.Value)
			require.NoError(t, err)
			assert.JSONEq(t, string(example), answer, o.ID)
		}
	}
}

func TestServeHelp(t *testing.T) {
	t.Parallel()
	out := glagents(t, nil, "serve", "--help")
	assert.Zero(t, out.status)
	for _, text := range []string{
		`"listening on "`, "--print-seed", "--addr ADDRESS", "--seed FILE", "--gitlab-version VERSION", "--edition EDITION",
		"--external-url URL", "--relative-root PATH", "--latency", "--rate-limit N/m", "--log FORMAT", "/-/docs", "glpat-maintainer",
	} {
		assert.Contains(t, out.stdout, text)
	}
	assert.Empty(t, out.stderr)
	for _, match := range regexp.MustCompile(`--fault ([a-z0-9-]+)`).FindAllStringSubmatch(out.stdout, -1) {
		if match[1] != "NAME" {
			_, err := faults.Named(match[1])
			assert.NoError(t, err)
		}
	}
}
