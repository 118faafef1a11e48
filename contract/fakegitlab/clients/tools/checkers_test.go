package tools_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// checker is a tool that says whether a server is as the document says, or as GitLab is.
type checker struct {
	name     string
	packages []string // the npm packages that have its version
	program  string   // what has to be installed, if it is no npm package
	sends    string
	judges   string
	// accepts reports whether the tool finds nothing wrong.
	accepts func(*testing.T, *served) bool
}

func checkers() []checker {
	const (
		examples = "the document's examples: 8 requests"
		changes  = "responses, and what they change, by the document and rules"
	)
	return []checker{
		{name: "`glagents check`", sends: "about 480 valid and invalid requests", judges: changes, accepts: checkAlone},
		{name: "`glagents check`, tokens of four roles", sends: "about 560 valid and invalid requests", judges: changes + "; who may do what", accepts: checkWithRoles},
		{name: "`glagents proxy`", sends: examples, judges: changes, accepts: watch},
		{name: "`glagents verify`", sends: "nothing: it reads what this proxy recorded", judges: changes, accepts: verify},
		{name: "Dredd", packages: []string{"dredd"}, sends: examples, judges: "status, headers and body by the document", accepts: acceptedByDredd},
		{name: "Portman with newman", packages: []string{"@apideck/portman", "newman"}, sends: examples, judges: "status, headers and body by the document", accepts: acceptedByPortman},
		{name: "Prism `proxy --errors`", packages: []string{"@stoplight/prism-cli"}, sends: examples, judges: "requests and responses by the document", accepts: acceptedByPrism},
		{name: "Redocly respect", packages: []string{"@redocly/cli"}, sends: examples, judges: "status and body by the document", accepts: acceptedByRespect},
		{name: "Schemathesis", program: "schemathesis", sends: "about 370 requests, made from the document", judges: "status, headers and body by the document", accepts: acceptedBySchemathesis},
	}
}

func checkAlone(t *testing.T, gitlab *served) bool {
	return succeeds(t, check(t, gitlab))
}

func checkWithRoles(t *testing.T, gitlab *served) bool {
	command := check(t, gitlab, "--other-project", "21")
	command.Env = append(command.Env, "GITLAB_DEVELOPER_TOKEN=glpat-developer", "GITLAB_GUEST_TOKEN=glpat-guest", "GITLAB_STRANGER_TOKEN=glpat-stranger")
	return succeeds(t, command)
}

func check(t *testing.T, gitlab *served, args ...string) *exec.Cmd {
	t.Helper()
	args = append([]string{"check", "--url", gitlab.url, "--project", "20", "--strict", "--journal", t.TempDir()}, args...)
	command := exec.CommandContext(t.Context(), glagents, args...)
	command.Env = append(os.Environ(), "GITLAB_TOKEN="+token)
	return command
}

func watch(t *testing.T, gitlab *served) bool {
	accepted, _ := watchExamples(t, gitlab)
	return accepted
}

func verify(t *testing.T, gitlab *served) bool {
	_, recording := watchExamples(t, gitlab)
	return succeeds(t, exec.CommandContext(t.Context(), glagents, "verify", "--strict", recording))
}

// watchExamples sends the examples through "glagents proxy", and returns its verdict and its recording.
func watchExamples(t *testing.T, gitlab *served) (accepted bool, recording string) {
	t.Helper()
	recording = filepath.Join(t.TempDir(), "traffic.har")
	proxy := exec.CommandContext(t.Context(), glagents, "proxy", "--upstream", gitlab.url, "--strict", "--record", recording)
	url := firstMatch(t, proxy, regexp.MustCompile(`^listening on (\S+)`))
	sendExamples(t, url+"/api/v4")
	require.NoError(t, proxy.Process.Signal(os.Interrupt))
	return proxy.Wait() == nil, recording
}

func acceptedByDredd(t *testing.T, gitlab *served) bool {
	return succeeds(t, dredd(t, gitlab))
}

func acceptedByPortman(t *testing.T, gitlab *served) bool {
	dir := t.TempDir()
	return succeeds(t, tool(t, dir, "newman", "run", portmanCollection(t, gitlab, dir), "--env-var", "apiKey="+token))
}

func acceptedByRespect(t *testing.T, gitlab *served) bool {
	dir := t.TempDir()
	return succeeds(t, tool(t, dir, "redocly", "respect", workflows(t, gitlab, dir), "--input", "privateToken="+token))
}

// acceptedByPrism: Prism replaces an answer that the document does not allow by an error of its own.
func acceptedByPrism(t *testing.T, gitlab *served) bool {
	prism := startPrism(t, "proxy", "--errors", gitlab.document(t, t.TempDir(), "yaml"), gitlab.url+"/api/v4")
	for _, answer := range sendExamples(t, prism) {
		if strings.Contains(answer, "stoplight.io/prism/errors#") {
			return false
		}
	}
	return true
}

// acceptedBySchemathesis: the checks that refuse the healthy fake are left out, and the phases that take minutes. Under
// load it may give up an operation and end with status 1, though it found nothing.
func acceptedBySchemathesis(t *testing.T, gitlab *served) bool {
	config, err := filepath.Abs("testdata/schemathesis.toml")
	require.NoError(t, err)
	command := exec.CommandContext(t.Context(), "schemathesis", "--config-file", config, "run", gitlab.url+"/-/openapi.json", "--url", gitlab.url+"/api/v4",
		"--header", "PRIVATE-TOKEN: "+token, "--phases", "examples,fuzzing", "--max-examples", "20",
		"--exclude-checks", "missing_required_header,negative_data_rejection,not_a_server_error,positive_data_acceptance,unsupported_method",
		"--suppress-health-check", "all", "--seed", "1", "--generation-database", "none", "--no-color")
	command.Dir = t.TempDir()
	out, success := finish(t, command)
	return success || strings.Contains(out, "No issues found")
}

// installed reports whether a tool is there. Those of npm are.
func (c *checker) installed() bool {
	if c.program == "" {
		return true
	}
	_, err := exec.LookPath(c.program)
	return err == nil
}

// sendExamples sends the document's examples in their order, and returns the bodies of the answers. It does not judge them.
func sendExamples(t *testing.T, api string) (answers []string) {
	t.Helper()
	for _, example := range []struct{ method, path, body string }{
		{"GET", "/projects/20/cluster_agents?page=1&per_page=20", ""},
		{"POST", "/projects/20/cluster_agents", `{"name":"some-agent"}`},
		{"GET", "/projects/20/cluster_agents/5/tokens/1", ""},
		{"DELETE", "/projects/20/cluster_agents/5/tokens/1", ""},
		{"GET", "/projects/20/cluster_agents/5/tokens?page=1&per_page=20", ""},
		{"POST", "/projects/20/cluster_agents/5/tokens", `{"name":"some-token"}`},
		{"GET", "/projects/20/cluster_agents/1", ""},
		{"DELETE", "/projects/20/cluster_agents/1", ""},
	} {
		_, answer := request(t, example.method, api+example.path, example.body)
		answers = append(answers, answer)
	}
	return answers
}

// enough is the longest that a tool may take. One that takes longer does not accept the server.
const enough = 2 * time.Minute

// succeeds reports whether a command ends with status 0.
func succeeds(t *testing.T, command *exec.Cmd) bool {
	t.Helper()
	_, success := finish(t, command)
	return success
}

// finish runs a command to its end, and returns what it says, which is kept with -artifacts.
func finish(t *testing.T, command *exec.Cmd) (out string, success bool) {
	t.Helper()
	command.WaitDelay = time.Second
	timer := time.AfterFunc(enough, func() { _ = command.Cancel() })
	defer timer.Stop()
	said, err := command.CombinedOutput()
	require.NoError(t, os.WriteFile(filepath.Join(t.ArtifactDir(), "output.txt"), said, 0o600))
	var status *exec.ExitError
	if !errors.As(err, &status) {
		require.NoError(t, err)
	}
	return string(said), err == nil
}
