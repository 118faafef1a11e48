package main

import (
	"encoding/json"
	"log"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/report"
)

func TestMistypedCommands(t *testing.T) {
	t.Parallel()
	for args, says := range map[string]string{
		"chek":               `unknown command "chek"; did you mean "check"?`,
		"scenario":           `unknown command "scenario"; did you mean "scenarios"?`,
		"frobnicate":         "unknown command \"frobnicate\"; `glagents --help` lists the commands",
		"-- check":           "unknown command \"check\"; `glagents --help` lists the commands",
		"help chek":          `unknown command "chek"; did you mean "check"?`,
		"completion bsh":     "unknown command \"bsh\"; `glagents completion --help` lists the commands",
		"completion bash x":  "\"x\" is given, and bash takes flags only",
		"rules tokens/revke": `did you mean "tokens/revoke"?`,
		"scenarios HEED":     `did you mean "HEAD"?`,
		"faults sloww":       `did you mean "slow"?`,
		"serve --fault slw":  `did you mean "slow"?`,
	} {
		out := glagents(t, nil, strings.Fields(args)...)
		assert.Equal(t, 2, out.status, args)
		assert.Contains(t, out.stderr, says, args)
		assert.Empty(t, out.stdout, args)
	}
}

func TestMistypedFlags(t *testing.T) {
	t.Parallel()
	for args, says := range map[string]string{
		"check --projct x":        "unknown flag: --projct; did you mean --project?",
		"check -project x":        "unknown shorthand flag: 'p'; did you mean --project?",
		"check --token glpat-x":   "unknown flag: --token; did you mean --token-file?",
		"check -token=glpat-x":    "unknown shorthand flag: 't'; did you mean --token-file?",
		"check --colour":          "unknown flag: --colour; `glagents check --help` lists the flags",
		"sweep --projekt x":       "unknown flag: --projekt; `glagents sweep --help` lists the flags", // --project is hidden
		"-q check":                "unknown shorthand flag: 'q'; `glagents --help` lists the flags; those of a command come after it",
		"check --project":         "--project needs a value: --project PROJECT",
		"check --timeout soon":    "--timeout soon: write a time such as 30s or 5m",
		"check --parallel many":   "--parallel many: write a whole number",
		"check --fake=maybe":      "--fake maybe: write true or false",
		"serve --rate-limit 5":    "--rate-limit 5: write it as 600/m, or with /s or /h",
		"check https://x.org":     `"https://x.org" is given, and check takes flags only; did you mean --url https://x.org?`,
		"check group/project":     "did you mean --project group/project?",
		"proxy https://x.org":     "did you mean --upstream https://x.org?",
		"serve :8080":             "did you mean --addr :8080?",
		"sweep group/project":     "`glagents sweep --help` lists them",
		"verify https://x.org":    "https://x.org is a URL, and verify reads files; ",
		"rules --format xml":      "--format xml: there are text and json",
		"verify --report pdf=x -": "--report pdf=x: unknown report format \"pdf\": there are ",
	} {
		out := glagents(t, nil, strings.Fields(args)...)
		assert.Equal(t, 2, out.status, args)
		assert.Contains(t, out.stderr, says, args)
		assert.NotContains(t, out.stderr, "glpat", args)
		assert.Empty(t, out.stdout, args)
	}
}

// TestPatternsThatMatchNothing: the message names the flag, and names that may be meant.
func TestPatternsThatMatchNothing(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args []string
		says string
	}{
		{[]string{"check", "--rule", "token/*"}, `--rule: the pattern "token/*" matches no rule: ` + "`glagents rules` lists them" + `; did you mean "tokens/*"?`},
		{[]string{"verify", "--rule", "TOKENS/*", "-"}, `--rule: the pattern "TOKENS/*" matches no rule: ` + "`glagents rules` lists them" + `; did you mean "tokens/*"?`},
		{[]string{"check", "--rule", "tokens/*", "--skip", "idempotent"}, `--skip: the pattern "idempotent" matches no rule: ` + "`glagents rules` lists them" + `; did you mean "tokens/revoke-is-idempotent"?`},
		{[]string{"proxy", "--upstream", "http://x", "--skip", "x"}, `--skip: the pattern "x" matches no rule: ` + "`glagents rules` lists them\n"},
		{[]string{"check", "--skip", "*/*"}, "--skip leaves out every rule that would be tested"},
		{[]string{"check", "--scenario", "revoked token", "--scenario", "HEED"}, `--scenario: the pattern "HEED" matches no scenario: ` + "`glagents scenarios` lists them" + `; did you mean "HEAD"?`},
		{[]string{"check", "--scenario", "["}, `--scenario: the pattern "[" cannot be read`},
		{[]string{"selftest", "secret-empti"}, `the pattern "secret-empti" matches no fault: ` + "`glagents faults` lists them" + `; did you mean "secret-empty"?`},
		{[]string{"faults", "slow", "secret"}, `; did you mean "secret-predictable", "secret-in-list" or "secret-in-get"?`},
		{[]string{"serve", "--fault", "secret"}, `--fault: there is no fault "secret": ` + "`glagents faults` lists them" + `; did you mean "secret-predictable", "secret-in-list" or "secret-in-get"?`},
	} {
		out := glagents(t, nil, tt.args...)
		assert.Equal(t, 2, out.status, tt.args)
		assert.Contains(t, out.stderr, tt.says, tt.args)
		assert.Empty(t, out.stdout, tt.args)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	out := glagents(t, nil, "version")
	assert.Zero(t, out.status)
	assert.Regexp(t, `^glagents \S+ \(go1`, out.stdout)
	assert.Equal(t, out, glagents(t, nil, "--version"))
}

func TestSchema(t *testing.T) {
	t.Parallel()
	out := glagents(t, nil, "schema")
	assert.Zero(t, out.status)
	assert.Equal(t, string(report.Schema), out.stdout)
}

func TestScenarios(t *testing.T) {
	t.Parallel()
	out := glagents(t, nil, "scenarios", "revoke*")
	assert.Zero(t, out.status)
	assert.Contains(t, out.stdout, "revoked token\n    tokens/revoke ")
	assert.NotContains(t, out.stdout, "HEAD")

	out = glagents(t, nil, "scenarios", "--format", "json")
	assert.Zero(t, out.status)
	var list []struct {
		Name  string
		Rules []string
	}
	require.NoError(t, json.Unmarshal([]byte(out.stdout), &list))
	require.Len(t, list, len(contract.Scenarios()))
	for _, s := range list {
		assert.NotEmpty(t, s.Rules, s.Name)
	}
	assert.Equal(t, 2, glagents(t, nil, "scenarios", "--format", "yaml").status)
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"check --rule":     "tokens/revoke\t",
		"check --skip":     "tokens/revoke\t",
		"check --scenario": "revoked token\n",
		"check --report":   "junit=\n",
		"check --edition":  "ce\nee\n",
		"rules --format":   "text\njson\n",
		"faults":           "slow\t",
	} {
		out := glagents(t, nil, append([]string{"__complete"}, append(strings.Fields(args), "")...)...)
		assert.Zero(t, out.status, args)
		assert.Contains(t, out.stdout, want, args)
	}
	assert.Equal(t, ":0\n", glagents(t, nil, "__complete", "check", "--report", "junit=").stdout, "the shell completes the file")
}

// TestStoriesCanBePasted runs the scripts of findings, and gets the answer that the rule forbids.
func TestStoriesCanBePasted(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"bash", "curl", "jq"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(tool, " is not installed")
		}
	}
	gitlab := startInstance(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodDelete && strings.Contains(r.URL.Path, "/tokens/") {
				r.Method = http.MethodGet // a token is not revoked but read
			}
			next.ServeHTTP(w, r)
		})
	})
	path := filepath.Join(t.TempDir(), "report.json")
	out := glagentsIn(t.Context(), everyToken(), gitlab.args(t, "--rule", "tokens/revoke", "--report", "json="+path)...)
	assert.Equal(t, 1, out.status, "%s%s", out.stdout, out.stderr)
	var content struct {
		Preamble string
		Findings []struct {
			Rule  string
			Story []struct{ Script string }
		}
		Latency []struct{ Operation string }
	}
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	requireValid(t, data)
	require.NoError(t, json.Unmarshal(data, &content))
	require.NotEmpty(t, content.Findings)
	require.Greater(t, len(content.Findings[0].Story), 2)
	assert.NotEmpty(t, content.Latency)
	script := content.Preamble
	for _, step := range content.Findings[0].Story {
		script += "\n" + step.Script
		assert.Contains(t, out.stdout, "\n      "+step.Script+"\n", "the terminal shows it in one line")
	}
	assert.Contains(t, out.stdout, "\n"+content.Preamble+"\n")
	command := exec.CommandContext(t.Context(), "bash", "-s")
	command.Stdin = strings.NewReader(script)
	command.Env = append(os.Environ(), "http_proxy=")
	for name, value := range everyToken() {
		command.Env = append(command.Env, name+"="+value)
	}
	said, err := command.Output()
	require.NoError(t, err, script)
	assert.Contains(t, string(said), `"status":"active"`, "the token is read where it should be revoked:\n%s", script)

	command = exec.CommandContext(t.Context(), "bash", "-s")
	command.Stdin, command.Env = strings.NewReader(script), []string{"PATH=" + os.Getenv("PATH")}
	said, err = command.CombinedOutput()
	require.Error(t, err, "without tokens nothing is sent")
	assert.Contains(t, string(said), "GITLAB_TOKEN: is not set")
}

// TestLogsHaveNoSecrets: what dependencies print goes through the redactor. net/http quotes bytes that a server sends
// unasked.
func TestLogsHaveNoSecrets(t *testing.T) {
	const secret = "cAn4ry-token-of-an-agent"
	if os.Getenv("GLAGENTS_LOGS") != "" {
		p := newProgram(os.Stdin, os.Stdout, os.Stderr, os.LookupEnv)
		p.redactor.Learn(secret)
		p.redactLogs()
		log.Printf("Unsolicited response received on idle HTTP channel starting with %q; err=%v", secret[4:], secret)
		slog.Info("answered", "token", secret)
		os.Exit(0)
	}
	t.Parallel()
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestLogsHaveNoSecrets$")
	command.Env = append(os.Environ(), "GLAGENTS_LOGS=yes")
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Equal(t, 2, strings.Count(string(out), "glagents: "), "%s", out)
	assert.NotContains(t, string(out), secret[4:])
	assert.Contains(t, string(out), "Unsolicited response received")
}

func TestProgressLine(t *testing.T) {
	t.Parallel()
	for want, event := range map[string]contract.Event{
		"Setting up, 0 requests":                                                  {Phase: "set-up"},
		"Playing: 3 of 58 scenarios, 41 requests":                                 {Phase: "scenarios", Done: 3, Total: 58, Requests: 41},
		"Cleaning up: 58 of 58 scenarios, 501 requests":                           {Phase: "clean-up", Done: 58, Total: 58, Requests: 501},
		"Playing: 0 of 1 scenario, 1 request, waiting for 5s as the server asked": {Phase: "scenarios", Total: 1, Requests: 1, Waiting: 5 * time.Second},
	} {
		assert.Equal(t, want, progressLine(event))
	}
}

func TestMilliseconds(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "<1ms", milliseconds(999*time.Microsecond))
	assert.Equal(t, "1ms", milliseconds(time.Millisecond))
	assert.Equal(t, "1.235s", milliseconds(1234567*time.Microsecond))
}

// TestCompare compares checks of a GitLab before and after an upgrade.
func TestCompare(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	before, after, changes := filepath.Join(dir, "before.json"), filepath.Join(dir, "after.json"), filepath.Join(dir, "changes.md")
	assert.Zero(t, glagents(t, strings.NewReader(recording(good)), "verify", "--report", "json="+before, "-").status)
	assert.Equal(t, 1, glagents(t, strings.NewReader(recording(good, leak)), "verify", "--report", "json="+after, "-").status)

	out := glagents(t, nil, "compare", before, after, "--report", "markdown="+changes)
	assert.Equal(t, 1, out.status)
	assert.Empty(t, out.stderr)
	assert.Contains(t, out.stdout, "tokens/secret-only-on-create (MUST): ")
	assert.Contains(t, out.stdout, "getAgentToken: new: status 200")
	assert.Contains(t, out.stdout, "✗ worse: 1 rule newly failing, 0 fixed")
	note, err := os.ReadFile(changes)
	require.NoError(t, err)
	assert.Contains(t, string(note), "<details><summary>Newly failing (1)</summary>")

	out = glagents(t, nil, "compare", after, before)
	assert.Zero(t, out.status)
	assert.Contains(t, out.stdout, "✓ not worse: 0 rules newly failing, 1 fixed")

	for args, says := range map[string]string{
		"compare " + before:                                              "give two files",
		"compare " + before + " /nowhere/x.json":                         "glagents: /nowhere/x.json: no such file or directory\n",
		"compare " + dir + " " + after:                                   "glagents: " + dir + ": is a directory\n",
		"compare " + before + " " + changes:                              "glagents: " + changes + ": it is not JSON: invalid character ",
		"compare " + before + " " + file(t, "x.json", "[]"):              "x.json: it is JSON, but not a report that --report json=FILE wrote: it is an array\n",
		"compare " + file(t, "y.json", "{}") + " " + after:               "y.json: it is JSON, but not a report that --report json=FILE wrote: it has no version\n",
		"merge " + file(t, "z.json", ""):                                 "z.json: it is empty\n",
		"merge /nowhere/x.json":                                          "glagents: /nowhere/x.json: no such file or directory\n",
		"compare --report junit=" + changes + " " + before + " " + after: "a comparison cannot be written as junit: there are ",
	} {
		out := glagents(t, nil, strings.Fields(args)...)
		assert.Equal(t, 2, out.status, args)
		assert.Contains(t, out.stderr, says, args)
	}
}

func TestRenamedRules(t *testing.T) {
	t.Parallel()
	_, err := parseKnownFailures("known", "paths/id\npaths/old # why\n", map[string]string{"paths/old": "paths/id"})
	require.EqualError(t, err, "known:2: the rule paths/old is now called paths/id")
	for old, now := range renamed {
		assert.Contains(t, ruleIDs(), now)
		assert.NotContains(t, ruleIDs(), old)
	}
}
