// Package clients_test runs clients that others wrote against the fake: each does all that it has of the eight
// operations, step by step, and what it says and sends is what is expected, mistakes of its own included. Every exchange
// is judged by the suite. README.md has a table of the clients. Those in Go and a browser are modules of their own.
package clients_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
)

var update = flag.Bool("update", false, "write the golden files")

// instance is a fake that remembers what it was asked, and whose every exchange is judged.
type instance struct {
	url     string
	watcher *contract.Watcher
	mu      sync.Mutex
	asked   []request
}

// request is what a client sent, and how it was answered.
type request struct {
	method, target string // the target as it was sent
	header         http.Header
	body           string
	status         int
}

func (r request) String() string { return fmt.Sprintf("%s %s → %d", r.method, r.target, r.status) }

// start runs a fake until the test ends. What stands in front of it, if anything, is asked before it.
func start(t *testing.T, front func(http.Handler) http.Handler, options ...fakegitlab.Option) *instance {
	t.Helper()
	gitlab, err := fakegitlab.New(options...)
	require.NoError(t, err)
	watcher, handler, err := contract.WatchHandler(gitlab, contract.JudgeOptions{})
	require.NoError(t, err)
	if front != nil {
		handler = front(handler)
	}
	i := &instance{watcher: watcher}
	server := httptest.NewServer(i.remember(handler))
	t.Cleanup(func() {
		server.Close()
		watcher.Check(t)
	})
	i.url = server.URL + gitlab.Root()
	return i
}

func (i *instance) remember(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer := &statusWriter{ResponseWriter: w}
		next.ServeHTTP(answer, r)
		i.mu.Lock()
		defer i.mu.Unlock()
		i.asked = append(i.asked, request{r.Method, r.RequestURI, r.Header.Clone(), string(body), answer.status})
	})
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (i *instance) requests() []request {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.asked)
}

// needs skips a test without a program of others. Where CI is true it fails.
func needs(t *testing.T, why string, probe ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), probe[0], probe[1:]...).CombinedOutput()
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatalf("%s: %v %s", why, err, out)
	default:
		t.Skip(why)
	}
}

// clients are those whose steps the tests run.
var clients = []struct {
	name    string
	needs   string   // what has to be there
	probe   []string // a command that succeeds if it is
	command []string
}{
	{
		"python-gitlab", "python-gitlab is not there; on Debian: apt install python3-gitlab",
		[]string{python, "-c", "import gitlab"}, []string{python, "python-gitlab/client.py"},
	},
	{
		"gitbeaker", "@gitbeaker/rest is not there; run npm ci in contract/fakegitlab/clients/gitbeaker",
		[]string{"node", "--input-type=module", "-e", "await import('./gitbeaker/node_modules/@gitbeaker/rest/dist/index.mjs')"}, []string{"node", "gitbeaker/client.js"},
	},
	{
		"ruby", "the gem gitlab is not there; on Debian: apt install ruby-gitlab",
		[]string{ruby, "-e", "require 'gitlab'"}, []string{ruby, "ruby/client.rb"},
	},
	{
		"perl", "GitLab::API::v4 is not there; on Debian: apt install libgitlab-api-v4-perl",
		[]string{perl, "-e", "use GitLab::API::v4"}, []string{perl, "perl/client.pl"},
	},
}

// Debian's interpreters, which have Debian's packages, whatever else is installed.
const (
	python = "/usr/bin/python3"
	ruby   = "/usr/bin/ruby"
	perl   = "/usr/bin/perl"
)

// run runs a client's script to its end and returns what it says: a line for each step.
func (i *instance) run(t *testing.T, command []string, environment ...string) string {
	t.Helper()
	client := exec.CommandContext(t.Context(), command[0], command[1:]...)
	client.Env = append(os.Environ(), "GITLAB_URL="+i.url, "no_proxy=*")
	client.Env = append(client.Env, environment...)
	var stderr bytes.Buffer
	client.Stderr = &stderr
	stdout, err := client.Output()
	require.NoError(t, err, "%s\n%s", stdout, stderr.String())
	assert.Empty(t, stderr.String())
	return string(stdout)
}

const (
	token     = "glpat-maintainer"
	longToken = "glpat-0123456789abcdefghij" // the gem gitlab sends those of more than 20 characters as Bearer
)

func seed() *fakegitlab.Seed {
	seed := fakegitlab.DefaultSeed()
	maintainer := &seed.Users[1]
	maintainer.Tokens = append(maintainer.Tokens, fakegitlab.SeedAccessToken{Token: longToken, Scopes: []string{"api"}, State: "active"})
	return seed
}

// Each client's steps: by PRIVATE-TOKEN with the project's path, and as Bearer with its id under a relative root. What it
// sends and says is in testdata, and the same both times.
func TestSteps(t *testing.T) {
	t.Parallel()
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			needs(t, c.needs, c.probe...)
			golden := filepath.Join("testdata", c.name+".txt")

			i := start(t, nil, fakegitlab.FromSeed(seed()))
			said := i.run(t, c.command, "GITLAB_TOKEN="+token, "AUTHENTICATION=private", "GITLAB_PROJECT=root/test")
			for _, r := range i.requests() {
				assert.Equal(t, []string{token}, r.header["Private-Token"], r)
				assert.Empty(t, r.header.Get("Authorization"), r)
			}
			got := transcript(i.requests(), said, "root%2Ftest")
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			assert.Equal(t, string(want), got)

			i = start(t, nil, fakegitlab.FromSeed(seed()), fakegitlab.RelativeRoot("/gitlab"))
			said = i.run(t, c.command, "GITLAB_TOKEN="+longToken, "AUTHENTICATION=bearer", "GITLAB_PROJECT=20")
			for _, r := range i.requests() {
				assert.Equal(t, "Bearer "+longToken, r.header.Get("Authorization"), r)
				assert.Empty(t, r.header.Get("Private-Token"), r)
			}
			assert.Equal(t, string(want), transcript(i.requests(), said, "20"))
		})
	}
}

var (
	apiPrefix = regexp.MustCompile(`^(?:/gitlab)?/api/v4`)
	address   = regexp.MustCompile(`http://127\.0\.0\.1:\d+(?:/gitlab)?`)
	now       = regexp.MustCompile(`"2\d{3}-\d\d-\d\dT[0-9:.]+Z"`)
	secret    = regexp.MustCompile(`glagent-[\w.-]+`)
	place     = regexp.MustCompile(` at \S+ line \d+\.`)
)

// configProject is project 20 as canonical gives it, without its time.
const configProject = `{"created_at":TIME,"description":null,"id":20,"name":"test","name_with_namespace":"Administrator / test","path":"test","path_with_namespace":"root/test"}`

// transcript shows requests and what a client said, without what differs from run to run.
func transcript(requests []request, said, project string) string {
	var b strings.Builder
	b.WriteString("It sends\n\n")
	for _, r := range requests {
		target := apiPrefix.ReplaceAllString(r.target, "")
		target = strings.ReplaceAll(target, "/projects/"+project+"/", "/projects/:id/")
		target = strings.ReplaceAll(target, "id="+project+"&", "id=:id&")
		by := ""
		if r.header.Get("X-By-Hand") != "" {
			by = "  (by hand)"
		}
		fmt.Fprintf(&b, "  %s %s → %d%s\n", r.method, target, r.status, by)
		switch contentType := r.header.Get("Content-Type"); {
		case r.body == "":
		case contentType == "application/json":
			fmt.Fprintf(&b, "      %s: %s\n", contentType, canonical(json.RawMessage(r.body)))
		default:
			fmt.Fprintf(&b, "      %s: %s\n", contentType, r.body)
		}
	}
	b.WriteString("\nIt says\n\n")
	for line := range strings.Lines(said) {
		var outcome struct {
			Step, Error   string
			Value, Status json.RawMessage
		}
		if err := json.Unmarshal([]byte(line), &outcome); err != nil {
			return err.Error() + ": " + line
		}
		if outcome.Error != "" {
			fmt.Fprintf(&b, "  %s: error %s: %s\n", outcome.Step, outcome.Status, strings.TrimSpace(outcome.Error))
			continue
		}
		fmt.Fprintf(&b, "  %s: %s\n", outcome.Step, canonical(outcome.Value))
	}
	text := strings.ReplaceAll(b.String(), "/projects/"+project+"/", "/projects/:id/")
	text = address.ReplaceAllString(text, "http://gitlab")
	text = secret.ReplaceAllString(now.ReplaceAllString(text, "TIME"), "SECRET")
	text = strings.ReplaceAll(text, configProject, "{…}")
	return place.ReplaceAllString(text, "")
}

// canonical is a value as JSON with the keys in order and no spaces.
func canonical(value json.RawMessage) string {
	var v any
	if json.Unmarshal(value, &v) != nil {
		return "nothing"
	}
	text, _ := json.Marshal(v)
	return string(text)
}

// Wrong of gitbeaker: a create whose answer was lost is made again, up to ten times. Here GitLab makes the agent, what
// stands in front of it loses the answer, and the caller is told that the name is taken.
func TestGitbeakerRepeatsCreates(t *testing.T) {
	t.Parallel()
	gitbeaker := clients[1]
	needs(t, gitbeaker.needs, gitbeaker.probe...)
	var lost atomic.Bool
	i := start(t, func(gitlab http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if lost.Swap(true) {
				gitlab.ServeHTTP(w, r)
				return
			}
			gitlab.ServeHTTP(httptest.NewRecorder(), r)
			w.WriteHeader(http.StatusBadGateway)
		})
	})
	said := i.run(t, gitbeaker.command, "GITLAB_TOKEN="+token, "AUTHENTICATION=private", "GITLAB_PROJECT=20")
	assert.Equal(t, `It sends

  POST /projects/:id/cluster_agents → 502
      application/json: {"name":"a"}
  POST /projects/:id/cluster_agents → 400
      application/json: {"name":"a"}

It says

  register: error 400: 400 Bad request - ["Name has already been taken"]
`, transcript(i.requests(), said, "20"))
}
