package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/report"
)

var update = flag.Bool("update", false, "write the golden files")

// recorded is the recording of GitLab's own answers.
const recorded = "../../har/testdata/gitlab-19.1.har.json"

// result is what a command line came to.
type result struct {
	status         int
	stdout, stderr string
}

func glagents(t *testing.T, stdin io.Reader, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), args, stdin, &stdout, &stderr, none)
	return result{status, stdout.String(), stderr.String()}
}

// file writes a file of its own for a test.
func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func recording(entries ...string) string {
	return `{"log":{"version":"1.2","creator":{"name":"test","version":"1"},"entries":[` + strings.Join(entries, ",") + `]}}`
}

// entry is a GET of a path below the API with this answer.
func entry(path string, status int, answer string) string {
	quoted, _ := json.Marshal(answer)
	return fmt.Sprintf(`{"request":{"method":"GET","url":"https://gitlab.example.com/api/v4%s","headers":[{"name":"PRIVATE-TOKEN","value":"glpat-0123456789abcdefghij"}]},`+
		`"response":{"status":%d,"headers":[{"name":"Content-Type","value":"application/json"},{"name":"X-Request-Id","value":"01JD8Z"},`+
		`{"name":"Cache-Control","value":"max-age=0, private, must-revalidate"},{"name":"ETag","value":"W/\"0\""},{"name":"X-Content-Type-Options","value":"nosniff"}],"content":{"size":%d,"text":%s}}}`,
		path, status, len(answer), quoted)
}

var (
	good  = entry("/projects/20/cluster_agents/1", 200, agentBody(1, "prod"))
	other = entry("/projects/20", 200, `{"id":20}`)
	// leak is GitLab's worst fault: the secret of a token, read back.
	leak = entry("/projects/20/cluster_agents/5/tokens/7", 200, tokenBody(7, 5, `,"last_used_at":null,"token":"glagent-`+strings.Repeat("s3cr3t-", 7)+`x"`))
)

// TestVerifyRecording: GitLab's own answers have no violation in them, whoever decided them.
func TestVerifyRecording(t *testing.T) {
	t.Parallel()
	var whole struct {
		Log struct {
			Entries []struct {
				Case     string `json:"_case"`
				Oracle   string `json:"_oracle"`
				Response struct{ Status int }
			}
		}
	}
	data, err := os.ReadFile(recorded)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &whole))
	entries := whole.Log.Entries
	require.Len(t, entries, 196)

	out := glagents(t, nil, "verify", "--strict", "--report", "json=-", recorded)
	assert.Zero(t, out.status, out.stderr)
	var content struct {
		Findings []struct {
			Rule, Outcome, Pointer, Expected, Actual string
			Exchange                                 int
		}
		Summary struct{ Exchanges, Judged, Violations, Inconclusive int }
	}
	require.NoError(t, json.Unmarshal([]byte(out.stdout), &content))
	assert.Equal(t, 196, content.Summary.Exchanges)
	assert.Greater(t, content.Summary.Judged, 180)
	for _, f := range content.Findings {
		e := entries[f.Exchange]
		if e.Oracle == "code" && e.Response.Status < 500 {
			assert.Equal(t, "error", f.Outcome, "%q: %+v", e.Case, f)
			assert.Equal(t, "document/request", f.Rule)
		}
	}
	assert.Contains(t, out.stderr, "✓ conformant", "what a person reads goes elsewhere")
	for _, secret := range []string{"glpat-", "glagent-"} {
		assert.NotContains(t, out.stdout+out.stderr, secret+"m")
	}
}

// TestVerifyGolden: what a person reads of a violation is what the design says.
func TestVerifyGolden(t *testing.T) {
	t.Parallel()
	out := glagents(t, strings.NewReader(recording(other, good, leak)), "verify", "-")
	assert.Equal(t, 1, out.status)
	assert.Empty(t, out.stderr)
	failures, summary, _ := strings.Cut(out.stdout, "target ")
	got := regexp.MustCompile(`openapi\.yaml:\d+:\d+`).ReplaceAllString(failures, "openapi.yaml:LINE:COLUMN")
	path := filepath.Join("testdata", "verify.txt")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
	assert.Contains(t, summary, "exchanges 3: 2 judged, 1 of other APIs\n")
	assert.Contains(t, summary, "findings  1 violation, 0 drift, 0 invalid requests, 0 inconclusive\n")
	assert.Regexp(t, `(?m)^    getAgentToken +1 `, summary)
}

func TestVerifyStatus(t *testing.T) {
	t.Parallel()
	request := entry("/projects/20/cluster_agents/x", 400, `{"error":"agent_id is invalid"}`)
	for name, tc := range map[string]struct {
		entries []string
		args    []string
		status  int
		verdict string
	}{
		"conformant":                      {[]string{good, other}, nil, 0, "✓ conformant"},
		"a violation":                     {[]string{good, leak}, nil, 1, "✗ not conformant"},
		"a violation, left out":           {[]string{good, leak}, []string{"--skip", "tokens/*", "--skip", "document/*"}, 0, "✓ conformant"},
		"a violation, of another subject": {[]string{good, leak}, []string{"--rule", "agents/*"}, 0, "✓ conformant"},
		"the caller's fault":              {[]string{good, request}, nil, 0, "✓ conformant"},
		"nothing":                         {nil, nil, 4, "? not enough was tested: 0 of "},
		"nothing of ours":                 {[]string{other}, nil, 4, "? not enough was tested: 0 of "},
		"nothing readable":                {[]string{`{}`}, nil, 4, "? not enough was tested: 0 of "},
		"no answer":                       {[]string{strings.Replace(good, `"status":200`, `"status":0`, 1)}, nil, 4, "? not enough was tested: 0 of "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := glagents(t, strings.NewReader(recording(tc.entries...)), append([]string{"verify", "--quiet", "-"}, tc.args...)...)
			assert.Equal(t, tc.status, out.status, out.stdout+out.stderr)
			assert.True(t, strings.HasPrefix(out.stdout, tc.verdict), out.stdout)
			assert.NotContains(t, out.stdout, "\n\n", "the verdict only")
		})
	}
}

// TestVerifyNeverBlamesTheServer for what the caller did wrong.
func TestVerifyNeverBlamesTheServer(t *testing.T) {
	t.Parallel()
	out := glagents(t, strings.NewReader(recording(good, entry("/projects/20/cluster_agents/x", 400, `{"error":"agent_id is invalid"}`))), "verify", "-")
	assert.Zero(t, out.status)
	assert.Contains(t, out.stdout, "! document/request  the request is invalid")
	assert.NotContains(t, out.stdout, "✗")
}

// TestVerifyUnknownBody: a body that the recorder dropped is not an empty one.
func TestVerifyUnknownBody(t *testing.T) {
	t.Parallel()
	dropped := strings.Replace(good, `"text"`, `"_text"`, 1)
	out := glagents(t, strings.NewReader(recording(good, dropped)), "verify", "-")
	assert.Zero(t, out.status)
	assert.NotContains(t, out.stdout, "✗")
}

func TestVerifyBadInput(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	whole := recording(good, good)
	formats := strings.Join(report.Names(), ", ")
	for name, tc := range map[string]struct {
		content string // of standard input
		args    []string
		status  int
		stderr  string // all of it
		stdout  string // a part of it; all if empty
	}{
		"no file":         {"", []string{}, 2, "glagents: no file is given: glagents verify FILE.har… (see glagents verify --help)\n", ""},
		"missing":         {"", []string{filepath.Join(dir, "missing.har")}, 2, "glagents: " + filepath.Join(dir, "missing.har") + ": no such file or directory\n", ""},
		"a directory":     {"", []string{dir}, 2, "glagents: " + dir + " has no recordings in it: their names end in .har, .har.gz, .ndjson or .jsonl\n", ""},
		"twice":           {"", []string{"-", "-"}, 2, "glagents: standard input can be read only once\n", ""},
		"empty":           {"", []string{"-"}, 2, "glagents: standard input: the file is empty (at byte 0, after 0 entries)\n", ""},
		"not JSON":        {"<html>", []string{"-"}, 2, "glagents: standard input: not a HAR file: it is not a JSON object (at byte 0, after 0 entries)\n", ""},
		"not HAR":         {`{"openapi":"3.0.3"}`, []string{"-"}, 2, "glagents: standard input: not a HAR file: it has neither log.entries nor a request and a response in each line (at byte 19, after 0 entries)\n", ""},
		"HAR 2":           {`{"log":{"version":"2.0","entries":[]}}`, []string{"-"}, 2, "glagents: standard input: HAR version \"2.0\" is not known here: HAR 1.1 and 1.2 are (at byte 23, after 0 entries)\n", ""},
		"cut off":         {whole[:len(whole)-9], []string{"-"}, 4, fmt.Sprintf("glagents: standard input: the file is cut off at byte %d, after 1 entry\n", len(whole)-9), "after 1 entry.\n"},
		"an entry":        {recording(good, `{"request":{"method":"GET","url":"/"}}`), []string{"-"}, 0, fmt.Sprintf("glagents: standard input: entry 1 (byte %d): not judged: request.url is not an absolute URL\n", 75+len(good)+1), "exchanges 2: 1 judged, 0 of other APIs, 1 not readable\n"},
		"unknown command": {"", []string{"--", "verfy"}, 2, "glagents: verfy: no such file or directory\n", ""},
		"unknown flag":    {"", []string{"--frobnicate"}, 2, "glagents: unknown flag: --frobnicate; `glagents verify --help` lists the flags\n", ""},
		"unknown format":  {"", []string{"--report", "pdf=x", "-"}, 2, "glagents: --report pdf=x: unknown report format \"pdf\": there are " + formats + "\n", ""},
		"no report file":  {"", []string{"--report", "json", "-"}, 2, "glagents: --report json: a report is FORMAT=FILE, with one of the formats " + formats + "\n", ""},
		"one report file": {"", []string{"--report", "json=-", "--report", "junit=-", "-"}, 2, "glagents: --report junit=-: two reports go to \"-\"\n", ""},
		"a report's directory": {"", []string{"--report", "json=" + filepath.Join(dir, "a", "b.json"), "-"}, 2,
			"glagents: --report json: there is no directory " + filepath.Join(dir, "a") + "\n", ""},
		"a directory as report": {"", []string{"--report", "json=" + dir, "-"}, 2, "glagents: --report json: " + dir + " is a directory\n", ""},
		"unknown rule":          {"", []string{"--rule", "tokns/*", "-"}, 2, "glagents: --rule: the pattern \"tokns/*\" matches no rule: `glagents rules` lists them; did you mean \"tokens/*\"?\n", ""},
		"unknown skipped rule":  {"", []string{"--skip", "x", "-"}, 2, "glagents: --skip: the pattern \"x\" matches no rule: `glagents rules` lists them\n", ""},
		"version":               {"", []string{"--gitlab-version", "new", "-"}, 2, "glagents: --gitlab-version: \"new\" is not a GitLab version: write one like 16.2 or 19.1.0-ee\n", ""},
		"edition":               {"", []string{"--edition", "xe", "-"}, 2, "glagents: --edition: unknown GitLab edition \"xe\": write ce or ee\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := glagents(t, strings.NewReader(tc.content), append([]string{"verify"}, tc.args...)...)
			assert.Equal(t, tc.status, out.status)
			assert.Equal(t, tc.stderr, out.stderr)
			if tc.stdout == "" {
				assert.Empty(t, out.stdout)
			}
			assert.Contains(t, out.stdout, tc.stdout)
		})
	}
	out := glagents(t, nil, "verfy")
	assert.Equal(t, result{2, "", "glagents: unknown command \"verfy\"; did you mean \"verify\"?\n"}, out)
}

// TestVerifySaysEachReasonTenTimes, and then how often more.
func TestVerifySaysEachReasonTenTimes(t *testing.T) {
	t.Parallel()
	cached := strings.Replace(good, `{"request"`, `{"_fromCache":"disk","request"`, 1)
	entries := []string{good, `{}`}
	for range 25 {
		entries = append(entries, cached)
	}
	out := glagents(t, strings.NewReader(recording(entries...)), "verify", "-")
	assert.Zero(t, out.status)
	assert.Equal(t, 1+10+1, strings.Count(out.stderr, "\n"), out.stderr)
	assert.Contains(t, out.stderr, "the same of 15 more entries: not judged: the browser answered it from its cache, not the server\n")
	assert.Contains(t, out.stdout, "exchanges 27: 1 judged, 0 of other APIs, 26 not readable\n")
}

// TestVerifyNumbersExchangesAsTheFile does, whatever could not be read.
func TestVerifyNumbersExchangesAsTheFile(t *testing.T) {
	t.Parallel()
	out := glagents(t, strings.NewReader(recording(`{}`, other, `[]`, leak)), "verify", "-")
	assert.Equal(t, 1, out.status)
	assert.Contains(t, out.stdout, "exchange  #3\n")
}

// TestVerifyFilesOnTheirOwn: recordings of two servers that happen to have the same address say nothing of each other.
func TestVerifyFilesOnTheirOwn(t *testing.T) {
	t.Parallel()
	before := file(t, "a.har", recording(entry("/projects/20/cluster_agents/1", 200, agentBody(1, "before"))))
	after := file(t, "b.har", recording(entry("/projects/20/cluster_agents/1", 200, agentBody(1, "after")), leak))
	out := glagents(t, nil, "verify", before, after)
	assert.Equal(t, 1, out.status)
	assert.Contains(t, out.stdout, "exchange  #1 of "+after)
	assert.Contains(t, out.stdout, "exchanges 3: 3 judged")
	assert.NotContains(t, out.stdout, "agents/name")

	out = glagents(t, nil, "verify", before, file(t, "bad.har", "[]"))
	assert.Equal(t, 4, out.status, "not all could be judged")
	assert.Contains(t, out.stdout, "Not everything was judged: ")
}

// requireValid holds a JSON report against its schema.
func requireValid(t *testing.T, data []byte) {
	t.Helper()
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(report.Schema))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("report.json", schema))
	compiled, err := c.Compile("report.json")
	require.NoError(t, err)
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	require.NoError(t, err)
	require.NoError(t, compiled.Validate(instance))
}

// TestVerifyReports writes all reports at once.
func TestVerifyReports(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	args := []string{"verify", "--quiet", "-"}
	for _, name := range report.Names() {
		args = append(args, "--report", name+"="+filepath.Join(dir, name))
	}
	old := filepath.Join(dir, "junit")
	require.NoError(t, os.WriteFile(old, bytes.Repeat([]byte("x"), 1<<20), 0o600))
	link := filepath.Join(dir, "markdown")
	require.NoError(t, os.Symlink(filepath.Join(dir, "target.md"), link))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "target.md"), nil, 0o644))

	out := glagents(t, strings.NewReader(recording(good, leak)), args...)
	assert.Equal(t, 1, out.status)
	assert.Empty(t, out.stderr)

	data, err := os.ReadFile(filepath.Join(dir, "json"))
	require.NoError(t, err)
	requireValid(t, data)

	junit, err := os.ReadFile(old)
	require.NoError(t, err)
	assert.True(t, bytes.HasPrefix(junit, []byte("<?xml")) && bytes.HasSuffix(junit, []byte("</testsuites>\n")))
	info, err := os.Stat(old)
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o600), info.Mode().Perm(), "as before")
	info, err = os.Lstat(link)
	require.NoError(t, err)
	assert.NotZero(t, info.Mode()&fs.ModeSymlink, "still a link")
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	require.NoError(t, err)
	assert.Empty(t, left, "no temporary file is left")
}

func TestVerifyFullDisk(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full")
	}
	in := recording(good)
	out := glagents(t, strings.NewReader(in), "verify", "--report", "json=/dev/full", "-")
	assert.Equal(t, 3, out.status)
	assert.Equal(t, "glagents: the json report is not written: write /dev/full: no space left on device\n", out.stderr)
	assert.Contains(t, out.stdout, "✓ conformant", "the rest is there")

	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	require.NoError(t, err)
	defer full.Close()
	var stderr bytes.Buffer
	status := run(t.Context(), []string{"verify", "-"}, strings.NewReader(in), full, &stderr, none)
	assert.Equal(t, 3, status)
	assert.Equal(t, "glagents: standard output: write /dev/full: no space left on device\n", stderr.String())
}

// TestVerifyClosedOutput: whoever has seen enough is told nothing more, and the status is that of the verdict.
func TestVerifyClosedOutput(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"verify", "-"}, {"verify", "--report", "json=-", "-"}} {
		var stderr bytes.Buffer
		status := run(t.Context(), args, strings.NewReader(recording(good, leak)), closed{}, &stderr, none)
		assert.Equal(t, 1, status)
		assert.NotContains(t, stderr.String(), "pipe")
	}
}

type closed struct{}

func (closed) Write([]byte) (int, error) {
	return 0, &fs.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE}
}

// TestVerifyInterrupted: what was judged so far is reported, and that it is not all.
func TestVerifyInterrupted(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	in, feed := io.Pipe()
	defer feed.Close()
	go func() {
		_, err := io.WriteString(feed, strings.TrimSuffix(recording(good, good, good), "]}}")+",")
		if err == nil {
			// Each entry is handed on when the next begins to be read; the third is there when this is taken.
			_, _ = io.WriteString(feed, " ")
		}
		interrupt()
	}()
	var stdout, stderr bytes.Buffer
	status := run(ctx, []string{"verify", "-"}, in, &stdout, &stderr, none)
	assert.Equal(t, 4, status)
	assert.Contains(t, stderr.String(), "glagents: standard input: interrupted after ")
	if strings.Contains(stdout.String(), "exchanges") {
		assert.Contains(t, stdout.String(), "Not everything was judged: standard input: interrupted after ")
	}
}

// TestVerifyHasNoSecrets searches everything that is written for the secrets in a recording.
func TestVerifyHasNoSecrets(t *testing.T) {
	t.Parallel()
	const canary = "canary-0123456789+/=secret"
	inURL := url.QueryEscape(canary)
	escaped, err := json.Marshal(canary)
	require.NoError(t, err)
	echo := fmt.Sprintf(`{"request":{"method":"POST","url":"https://u:%s@gitlab.example.com/api/v4/projects/20/cluster_agents?private_token=%s&x=%s","headers":[`+
		`{"name":"PRIVATE-TOKEN","value":%s},{"name":"Authorization","value":"Basic %s"},{"name":"X-Echo","value":%[4]s}],"postData":{"mimeType":"application/json","text":"{\"name\":\"%[1]s\"}"}},`+
		`"response":{"status":418,"headers":[{"name":"Content-Type","value":"text/html; a=%[1]s"},{"name":"X-Request-Id","value":%[4]s},{"name":"Location","value":"https://evil/?private_token=%[2]s"}],`+
		`"content":{"size":99,"text":"{\"%[1]s\":\"%[1]s\"}"}}}`,
		url.PathEscape(canary), inURL, inURL, escaped, base64.StdEncoding.EncodeToString([]byte("u:"+canary)))
	bad := fmt.Sprintf(`{"request":{"method":"GET","url":"https://u:%s@[/?private_token=%s"}}`, canary, inURL)
	wrong := fmt.Sprintf(`{"request":{"method":"GET","url":"https://host/","headers":{"PRIVATE-TOKEN":%s}}}`, escaped)
	dir := t.TempDir()
	args := []string{"verify", "--strict", "-"}
	for _, name := range report.Names() {
		args = append(args, "--report", name+"="+filepath.Join(dir, name))
	}
	out := glagents(t, strings.NewReader(recording(good, leak, echo, bad, wrong)), args...)
	assert.Equal(t, 1, out.status, out.stderr)
	artefacts := map[string]string{"stdout": out.stdout, "stderr": out.stderr}
	for _, name := range report.Names() {
		data, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		artefacts[name] = string(data)
	}
	for where, text := range artefacts {
		for _, form := range []string{
			"canary", "0123456789%2B", "s3cr3t", "glpat-0123", base64.StdEncoding.EncodeToString([]byte(canary))[4:20],
			base64.StdEncoding.EncodeToString([]byte("u:" + canary))[8:20],
		} {
			assert.NotContains(t, text, form, where)
		}
	}
}

func TestVerifyColor(t *testing.T) {
	t.Parallel()
	// A device is what a person may be looking at.
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	require.NoError(t, err)
	defer null.Close()
	p := &program{stdout: &output{w: null}, env: none}
	assert.True(t, p.colored(p.stdout, false))
	assert.False(t, p.colored(p.stdout, true), "--no-color")
	assert.False(t, p.colored(&bytes.Buffer{}, false), "no terminal")
	for name, value := range map[string]string{"NO_COLOR": "1", "TERM": "dumb"} {
		p.env = func(n string) (string, bool) { return value, n == name }
		assert.False(t, p.colored(p.stdout, false), name)
	}
	p.env = func(n string) (string, bool) { return "", n == "NO_COLOR" }
	assert.True(t, p.colored(p.stdout, false), "an empty NO_COLOR means nothing")
}

func TestHelp(t *testing.T) {
	t.Parallel()
	out := glagents(t, nil, "verify", "--help")
	assert.Zero(t, out.status)
	assert.Empty(t, out.stderr)
	for _, text := range []string{"Examples:", "Exit status:", "--report FORMAT=FILE", "--gitlab-version VERSION", "html, json, junit,"} {
		assert.Contains(t, out.stdout, text)
	}
	out = glagents(t, nil)
	assert.Zero(t, out.status)
	assert.Contains(t, out.stdout, "verify")
	out = glagents(t, nil, "version")
	assert.Zero(t, out.status)
	assert.True(t, strings.HasPrefix(out.stdout, "glagents "), out.stdout)
}

// FuzzVerify judges whatever stands in an entry: nothing panics, and the status is one of those that there are.
func FuzzVerify(f *testing.F) {
	for _, e := range []string{good, other, leak} {
		f.Add([]byte(recording(e)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var stdout, stderr bytes.Buffer
		status := run(t.Context(), []string{"verify", "-"}, bytes.NewReader(data), &stdout, &stderr, none)
		if status < 0 || status > 4 || status == 3 {
			t.Errorf("%d\n%s", status, stderr.String())
		}
	})
}

// TestVerifySaysWhatIsRecordedTwice reads one recording under two names.
func TestVerifySaysWhatIsRecordedTwice(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(recorded)
	require.NoError(t, err)
	other := filepath.Join(t.TempDir(), "other.har")
	require.NoError(t, os.WriteFile(other, data, 0o644))
	assert.NotContains(t, glagents(t, nil, "verify", recorded).stdout, "recorded twice")
	assert.Regexp(t, `(?m)^exchanges 392: 3\d\d judged, \d+ of other APIs, [1-9]\d* recorded twice$`, glagents(t, nil, "verify", recorded, other).stdout)
}
