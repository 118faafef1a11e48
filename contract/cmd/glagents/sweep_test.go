package main

import (
	"bytes"
	"encoding/pem"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func pemOf(certificate []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}))
}

// leave writes the entry that a killed run leaves in a journal, and makes an agent of that run.
func leave(t *testing.T, gitlab *instanceOf, journal, run string) {
	t.Helper()
	entry := `{"run":"` + run + `","url":"` + gitlab.url + `","project":["root/test"],"started":"2026-11-22T12:00:00Z"}`
	require.NoError(t, os.WriteFile(filepath.Join(journal, run+".json"), []byte(entry), 0o600))
	ask(t, "POST", gitlab.URL+"/api/v4/projects/20/cluster_agents", "glpat-owner", strings.NewReader("name=contract-"+run+"-a"))
}

func TestSweep(t *testing.T) {
	t.Parallel()
	gitlab := startInstance(t, nil)
	ask(t, "POST", gitlab.URL+"/api/v4/projects/20/cluster_agents", "glpat-owner", strings.NewReader("name=contract-by-hand"))
	journal := t.TempDir()
	env := environment{"GITLAB_TOKEN": "glpat-maintainer"}

	out := glagentsIn(t.Context(), env, "sweep", "--journal", journal)
	assert.Zero(t, out.status)
	assert.Equal(t, "Nothing is left behind: the journal in "+journal+" is empty.\n", out.stdout)

	out = glagentsIn(t.Context(), env, "sweep", "--journal", filepath.Join(journal, "mistyped"))
	assert.Empty(t, out.stdout, "nobody knows whether something is left")
	assert.Contains(t, out.stderr, "mistyped (--journal), so nothing is known of what checks left behind")

	leave(t, gitlab, journal, "abcdefghij")
	out = glagentsIn(t.Context(), nil, "sweep", "--journal", journal, "--list")
	assert.Zero(t, out.status)
	assert.Equal(t, "Run abcdefghij of 2026-11-22 12:00:00, "+gitlab.url+", root/test: it was killed, or kept what it created.\n"+
		"`glagents sweep --url URL` removes what checks left at that URL.\n", out.stdout)
	out = glagentsIn(t.Context(), env, "sweep", "--journal", journal)
	assert.Equal(t, 2, out.status)
	assert.Contains(t, out.stderr, "--url is missing: `glagents sweep --list` shows where something was left")
	assert.Len(t, gitlab.Agents(20), 2, "nothing was done so far")

	out = glagentsIn(t.Context(), env, "sweep", "--journal", journal, "--url", "https://elsewhere.example.com")
	assert.Zero(t, out.status)
	assert.Contains(t, out.stdout, "Checks of other GitLabs, or still running: 1;")

	out = glagentsIn(t.Context(), env, "sweep", "--journal", journal, "--url", gitlab.url+"/")
	assert.Zero(t, out.status, out.stderr)
	assert.Equal(t, "Run abcdefghij: 1 agent removed.\n", out.stdout)
	assert.Equal(t, []int64{1}, gitlab.Agents(20))
	out = glagentsIn(t.Context(), env, "sweep", "--journal", journal)
	assert.Equal(t, "Nothing is left behind: the journal in "+journal+" is empty.\n", out.stdout)
}

func TestSweepBadUse(t *testing.T) {
	t.Parallel()
	gitlab := startInstance(t, nil)
	journal := t.TempDir()
	leave(t, gitlab, journal, "abcdefghij")
	require.NoError(t, os.WriteFile(filepath.Join(journal, "broken.json"), []byte("{"), 0o600))
	at := func(url string) []string { return []string{"sweep", "--journal", journal, "--url", url} }
	for _, c := range []struct {
		what   string
		token  string
		args   []string
		status int
		says   string
	}{
		{"an argument", "glpat-maintainer", append(at(gitlab.url), "x"), 2, `"x" is given, and sweep takes flags only`},
		{"an unknown flag", "glpat-maintainer", append(at(gitlab.url), "--all"), 2, "unknown flag: --all"},
		{"no token", "", at(gitlab.url), 2, "set GITLAB_TOKEN or name a --token-file"},
		{"plain http", "glpat-maintainer", at("http://gitlab.example.com"), 2, "--allow-http"},
		{"an unknown token", "glpat-nobody", at(gitlab.url), 3, "left behind: perhaps agents named contract-abcdefghij-…"},
		{"a developer's token", "glpat-developer", at(gitlab.url), 3, "DELETE returned 403"},
		{"a journal that is a file", "glpat-maintainer", []string{"sweep", "--journal", filepath.Join(journal, "broken.json")}, 2, "; give another place with --journal"},
		{"a file that is no entry", "glpat-maintainer", at("https://elsewhere.example.com"), 3, "broken.json: "},
	} {
		out := glagentsIn(t.Context(), environment{"GITLAB_TOKEN": c.token}, c.args...)
		assert.Equal(t, c.status, out.status, "%s: %s%s", c.what, out.stdout, out.stderr)
		assert.Contains(t, out.stderr, c.says, c.what)
	}
	assert.Len(t, gitlab.Agents(20), 1)
	out := glagents(t, nil, "sweep", "--help")
	assert.Zero(t, out.status)
	assert.Contains(t, out.stdout, "--journal DIRECTORY")
}

// TestSweepAfterAKill runs a check in a process of its own, kills it as soon as it has made an agent, and sweeps.
func TestSweepAfterAKill(t *testing.T) {
	if args := os.Getenv("GLAGENTS_ARGS"); args != "" {
		os.Exit(run(t.Context(), strings.Split(args, "\n"), os.Stdin, os.Stdout, os.Stderr, os.LookupEnv))
	}
	t.Parallel()
	var (
		command *exec.Cmd
		gitlab  *instanceOf
	)
	started, died := make(chan struct{}), make(chan struct{})
	gitlab = startInstance(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r)
			if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/tokens") {
				return
			}
			<-started
			if len(gitlab.Agents(20)) > 1 {
				_ = command.Process.Kill() // the second time it is dead already
				<-died
			}
		})
	})
	ask(t, "POST", gitlab.URL+"/api/v4/projects/20/cluster_agents", "glpat-owner", strings.NewReader("name=prod"))
	args := gitlab.args(t)
	command = exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSweepAfterAKill$")
	command.Env = append(os.Environ(), "GLAGENTS_ARGS="+strings.Join(args, "\n"))
	for name, value := range everyToken() {
		command.Env = append(command.Env, name+"="+value)
	}
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	require.NoError(t, command.Start())
	close(started)
	err := command.Wait()
	close(died)
	require.ErrorContains(t, err, "killed", "%s", out.String())
	assert.Greater(t, len(gitlab.Agents(20)), 1, "it left nothing")

	journal := args[len(args)-1]
	list := glagentsIn(t.Context(), nil, "sweep", "--journal", journal, "--list")
	assert.Contains(t, list.stdout, "was killed")
	swept := glagentsIn(t.Context(), everyToken(), "sweep", "--journal", journal, "--url", gitlab.url)
	assert.Zero(t, swept.status, swept.stderr)
	assert.Equal(t, []int64{1}, gitlab.Agents(20))
	assert.Empty(t, gitlab.Agents(21))
	again := glagentsIn(t.Context(), everyToken(), args...)
	assert.Zero(t, again.status, again.stdout)
}
