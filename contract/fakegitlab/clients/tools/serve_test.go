package tools_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// glagents is the command, which TestMain builds.
var glagents string

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	if missing() != nil {
		return m.Run() // nothing runs it
	}
	dir, err := os.MkdirTemp("", "glagents")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	glagents = filepath.Join(dir, "glagents")
	if out, err := exec.Command("go", "build", "-o", glagents, "../../../cmd/glagents").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// missing says what is not installed.
func missing() error {
	_, noNode := exec.LookPath("node")
	_, noPackages := os.Stat("node_modules")
	return errors.Join(noNode, noPackages)
}

const whyMissing = "Node.js or npm packages are missing; run npm ci in contract/fakegitlab/clients/tools"

// needsPackages skips a test if the npm packages are not installed. In CI that is a failure.
func needsPackages(t *testing.T) {
	t.Helper()
	switch {
	case missing() == nil:
	case os.Getenv("CI") == "true":
		t.Fatal(whyMissing)
	default:
		t.Skip(whyMissing)
	}
}

// served is a "glagents serve" with its default data.
type served struct {
	url string
	log *lines // its access log
}

func serve(t *testing.T, args ...string) *served {
	t.Helper()
	command := exec.CommandContext(t.Context(), glagents, append([]string{"serve", "--log", "json"}, args...)...)
	s := &served{log: &lines{}}
	command.Stderr = s.log
	s.url = firstMatch(t, command, regexp.MustCompile(`^listening on (\S+)`))
	return s
}

// document saves the document that the server offers, and returns its path.
func (s *served) document(t *testing.T, dir, format string) string {
	t.Helper()
	status, text := request(t, http.MethodGet, s.url+"/-/openapi."+format, "")
	require.Equal(t, 200, status)
	path := filepath.Join(dir, "openapi."+format)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// answered are the operations that were requested, with their statuses.
func (s *served) answered(t *testing.T) (answered []string) {
	t.Helper()
	for line := range strings.Lines(s.log.String()) {
		var entry struct {
			Operation string
			Status    int
		}
		require.NoError(t, json.Unmarshal([]byte(line), &entry), line)
		answered = append(answered, fmt.Sprintf("%s %d", entry.Operation, entry.Status))
	}
	return answered
}

// startPrism starts Prism on a free port and returns its URL.
func startPrism(t *testing.T, args ...string) string {
	t.Helper()
	return firstMatch(t, tool(t, ".", "prism", append(args, "--port", "0")...), regexp.MustCompile(`listening on (http://\S+)`))
}

// firstMatch starts a command that runs until the test ends, and returns what its output says.
func firstMatch(t *testing.T, command *exec.Cmd, pattern *regexp.Regexp) string {
	t.Helper()
	stdout, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() { _ = command.Wait() }) // the context of the test has ended the command
	said := bufio.NewScanner(stdout)
	for said.Scan() {
		if match := pattern.FindStringSubmatch(said.Text()); match != nil {
			go func() { _, _ = io.Copy(io.Discard, stdout) }()
			return match[1]
		}
	}
	require.Fail(t, "it ended early", "%s", command)
	return ""
}

// tool is a command of an npm package.
func tool(t *testing.T, dir, name string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("node_modules", ".bin", name))
	require.NoError(t, err)
	command := exec.CommandContext(t.Context(), path, args...)
	command.Dir = dir
	command.Env = append(os.Environ(), "REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true", "NO_COLOR=1", "NO_PROXY=127.0.0.1")
	return command
}

// run runs a tool to its end, which has to be a success, and returns its output.
func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	out, err := tool(t, dir, name, args...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}

// direct takes no proxy.
var direct = &http.Transport{}

func request(t *testing.T, method, url, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("PRIVATE-TOKEN", token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := direct.RoundTrip(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	assert.NoError(t, err)
	return answer.StatusCode, string(text)
}

// lines collects what is written, and can be read at the same time.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
