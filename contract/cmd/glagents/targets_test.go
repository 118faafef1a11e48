package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/faults"
	"example.com/gitlab-agents/contract/internal/racedetector"
)

// simulation is many GitLabs in one process, some of them not as they should be.
type simulation struct {
	file   string                        // targets.yaml
	fakes  map[string]*fakegitlab.Server // those that answer, by name
	broken map[string]string             // the fault of each that is broken
	dead   []string
}

// simulate starts n GitLabs.
func simulate(t *testing.T, n, broken, slow, dead int) *simulation {
	t.Helper()
	s := &simulation{file: filepath.Join(t.TempDir(), "targets.yaml"), fakes: make(map[string]*fakegitlab.Server), broken: make(map[string]string)}
	wrong := certainFaults(t)
	yaml := "targets:\n"
	for i := range n {
		name := fmt.Sprintf("gitlab-%04d", i)
		url := ""
		switch place := i * 7919 % n; { // the others are spread among those that are as they should be
		case place < broken:
			fault := wrong[place%len(wrong)]
			s.broken[name] = fault.Name
			url = s.start(t, name, []faults.Fault{fault})
		case place < broken+slow:
			url = s.start(t, name, nil, fakegitlab.Latency(20*time.Millisecond))
		case place < broken+slow+dead:
			s.dead = append(s.dead, name)
			url = deadURL(t)
		default:
			url = s.start(t, name, nil)
		}
		yaml += fmt.Sprintf("  - {name: %s, url: %q, project: root/test, other_project: root/other, tokens: {maintainer: SIM_MAINTAINER, developer: SIM_DEVELOPER, guest: SIM_GUEST, stranger: SIM_STRANGER}}\n", name, url)
	}
	require.NoError(t, os.WriteFile(s.file, []byte(yaml), 0o600))
	return s
}

// certainFaults are faults that every check notices, and that leave nothing behind.
func certainFaults(t *testing.T) []faults.Fault {
	t.Helper()
	var found []faults.Fault
	for _, name := range []string{
		"secret-in-list", "secret-in-get", "revoked-token-listed", "revoked-token-readable", "two-hundred-for-create",
	} {
		if f, err := faults.Named(name); err == nil {
			found = append(found, f)
		}
	}
	for _, f := range faults.All() {
		if len(found) < 20 && f.Verdict == faults.Violates && f.Subject == "bodies" && f.Keeps == "" && !f.ByID && f.In(fakegitlab.Release{Major: 19, Minor: 1}, "ce") {
			found = append(found, f)
		}
	}
	require.NotEmpty(t, found)
	return found
}

func (s *simulation) start(t *testing.T, name string, broken []faults.Fault, options ...fakegitlab.Option) string {
	t.Helper()
	fake, err := fakegitlab.New(append(options, faults.Options(broken...)...)...)
	require.NoError(t, err)
	s.fakes[name] = fake
	server := httptest.NewServer(faults.Around(fake, broken...))
	t.Cleanup(server.Close)
	return server.URL
}

// deadURL is where every connection is closed after the first request. Its port stays taken: another fake must not get it.
func deadURL(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = http.ReadRequest(bufio.NewReader(connection)) // what was not read would make it a reset
			_ = connection.Close()
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		wait.Wait()
	})
	return "http://" + listener.Addr().String()
}

// simulationTokens are the tokens of the fakes, in variables.
func simulationTokens(more ...string) func(string) (string, bool) {
	env := map[string]string{
		"SIM_MAINTAINER": "glpat-maintainer", "SIM_DEVELOPER": "glpat-developer", "SIM_GUEST": "glpat-guest", "SIM_STRANGER": "glpat-stranger",
	}
	for i := 0; i < len(more); i += 2 {
		env[more[i]] = more[i+1]
	}
	return func(name string) (string, bool) { v, ok := env[name]; return v, ok }
}

// fleetJSON is what the tests read of a JSON report.
type fleetJSON struct {
	Targets []struct {
		Name    string
		Verdict struct {
			Exit  int
			Lines []string
		}
		Report struct {
			Rules []struct{ ID, Outcome string }
			Left  []string
		}
	}
}

func readFleetJSON(t *testing.T, path string) (fleet fleetJSON) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	requireValid(t, data)
	require.NoError(t, json.Unmarshal(data, &fleet))
	return fleet
}

// withoutTimes is a JSON report without times.
func withoutTimes(t *testing.T, path string) map[string]any {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return reportWithout(t, data, "started", "seconds", "duration", "median", "slowest")
}

// ofAnyRun is what of a JSON report is the same each time that the same GitLabs are checked. Requests at the same time are
// answered in another order each time, so ids and numbers of exchanges differ, and with them what findings say.
func ofAnyRun(t *testing.T, path string) map[string]any {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	data = regexp.MustCompile(`((?:agent|token)s?[ /]\[?)\d[\d ]*|contract-[a-z0-9]{10}-`).ReplaceAll(data, []byte("${1}ID"))
	return reportWithout(t, data, "started", "seconds", "duration", "median", "slowest", "findings", "evidence", "preamble", "properties")
}

func reportWithout(t *testing.T, data []byte, keys ...string) (report map[string]any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(data, &report))
	without(report, keys...)
	return report
}

// without removes keys wherever they are.
func without(v any, keys ...string) {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range keys {
			delete(v, key)
		}
		for _, value := range v {
			without(value, keys...)
		}
	case []any:
		for _, value := range v {
			without(value, keys...)
		}
	}
}

// assertSame compares reports target by target, or the difference would be too long to read.
func assertSame(t *testing.T, want, got map[string]any) {
	t.Helper()
	wanted, given := want["targets"].([]any), got["targets"].([]any)
	require.Len(t, given, len(wanted))
	for i := range wanted {
		require.Equal(t, wanted[i], given[i])
	}
	delete(want, "targets")
	delete(got, "targets")
	assert.Equal(t, want, got)
}

// share writes the report of one of four shares of the targets, made of the report of all.
func share(t *testing.T, whole string, index int) (path string) {
	t.Helper()
	data, err := os.ReadFile(whole)
	require.NoError(t, err)
	var report map[string]json.RawMessage
	var all, taken []json.RawMessage
	require.NoError(t, json.Unmarshal(data, &report))
	require.NoError(t, json.Unmarshal(report["targets"], &all))
	for i := index; i < len(all); i += 4 {
		taken = append(taken, all[i])
	}
	report["targets"], err = json.Marshal(taken)
	require.NoError(t, err)
	data, err = json.Marshal(report)
	require.NoError(t, err)
	path = filepath.Join(t.TempDir(), "share.json")
	require.NoError(t, os.WriteFile(path, data, 0o600))
	return path
}

func TestManyGitLabsAreCheckedSideBySide(t *testing.T) {
	n, broken, slow, dead := 12, 2, 1, 1
	switch {
	case racedetector.On:
		n, broken = 5, 1
	case os.Getenv("NIGHTLY") != "":
		n, broken, slow, dead = 1000, 20, 5, 5
	}
	s := simulate(t, n, broken, slow, dead)
	dir := t.TempDir()
	whole := filepath.Join(dir, "whole.json")
	started, peak := time.Now(), watchMemory(t)
	var out, errs bytes.Buffer
	status := run(t.Context(), []string{
		"check", "--targets", s.file, "--journal", dir, "--report", "json=" + whole, "--report", "junit=" + filepath.Join(dir, "x.xml"),
		"--report", "html=" + filepath.Join(dir, "x.html"), "--report", "markdown=" + filepath.Join(dir, "x.md"), "--metrics", filepath.Join(dir, "x.prom"),
	}, nil, &out, &errs, simulationTokens())
	t.Logf("%d targets in %v, %d MB", n, time.Since(started).Round(time.Millisecond), peak()>>20)
	assert.Equal(t, 1, status)
	assert.Empty(t, errs.String())

	fleet := readFleetJSON(t, whole)
	require.Len(t, fleet.Targets, n)
	for _, target := range fleet.Targets {
		want := 0
		if s.broken[target.Name] != "" {
			want = 1
			assert.Contains(t, out.String(), target.Name, "a broken target is named")
		}
		for _, name := range s.dead {
			if name == target.Name {
				want = 4
				assert.Contains(t, out.String(), target.Name, "a dead target is named")
			}
		}
		assert.Equal(t, want, target.Verdict.Exit, "%s, which has the fault %q: %q", target.Name, s.broken[target.Name], target.Verdict.Lines)
	}
	s.assertClean(t)

	merged := filepath.Join(dir, "merged.json")
	merge := func(t *testing.T, parts ...string) {
		var errs bytes.Buffer
		status := run(t.Context(), append([]string{"merge", "--quiet", "--report", "json=" + merged}, parts...), nil, io.Discard, &errs, none)
		require.Equal(t, 1, status, errs.String())
	}
	t.Run("merging loses nothing", func(t *testing.T) {
		merge(t, share(t, whole, 2), share(t, whole, 0), share(t, whole, 3), share(t, whole, 1))
		assertSame(t, withoutTimes(t, whole), withoutTimes(t, merged))
	})
	t.Run("four shares, merged, say the same", func(t *testing.T) {
		racedetector.Skip(t)
		var parts []string
		for i := range 4 {
			part := filepath.Join(dir, fmt.Sprintf("part-%d.json", i))
			status := run(t.Context(), []string{"check", "--quiet", "--targets", s.file, "--journal", dir, "--report", "json=" + part}, nil, io.Discard, io.Discard,
				simulationTokens("CI_NODE_INDEX", fmt.Sprint(i+1), "CI_NODE_TOTAL", "4"))
			assert.Contains(t, []int{0, 1, 4}, status)
			parts = append(parts, part)
		}
		merge(t, parts...)
		assertSame(t, ofAnyRun(t, whole), ofAnyRun(t, merged))
	})
	s.assertClean(t)
}

// assertClean says that the fakes have no agent left that a check made.
func (s *simulation) assertClean(t *testing.T) {
	t.Helper()
	for name, fake := range s.fakes {
		r := httptest.NewRequest("GET", "/api/v4/projects/20/cluster_agents?per_page=100", nil)
		r.Header.Set("Private-Token", "glpat-maintainer")
		w := httptest.NewRecorder()
		fake.ServeHTTP(w, r)
		assert.NotContains(t, w.Body.String(), `"contract`, "%s still has an agent of a check", name)
	}
}

// watchMemory returns a function that says what the heap came to at most.
func watchMemory(t *testing.T) func() uint64 {
	done, peak := make(chan struct{}), uint64(0)
	var wait sync.WaitGroup
	wait.Go(func() {
		ticker := time.NewTicker(100 * time.Millisecond)
		defer ticker.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.Sys-m.HeapReleased)
			select {
			case <-ticker.C:
			case <-done:
				return
			}
		}
	})
	return func() uint64 {
		close(done)
		wait.Wait()
		return peak
	}
}

func TestMetricsAreWhatPrometheusReads(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	s := simulate(t, 3, 1, 0, 1)
	path := filepath.Join(t.TempDir(), "glagents.prom")
	run(t.Context(), []string{"check", "--quiet", "--targets", s.file, "--journal", t.TempDir(), "--metrics", path}, nil, io.Discard, io.Discard, simulationTokens())
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Contains(t, string(data), `glagents_target_verdict{target="gitlab-0000",verdict="not_conformant"} 1`)
	assert.Regexp(t, `glagents_target_rules\{target="gitlab-0000",outcome="violation"\} [1-9]`, string(data))
	assert.NotRegexp(t, regexp.MustCompile(`glpat-|NaN`), string(data))

	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not installed")
	}
	command := exec.CommandContext(t.Context(), promtool, "check", "metrics")
	command.Stdin = bytes.NewReader(data)
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Empty(t, string(out))
}

func TestMetricsOfOneTarget(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	path := filepath.Join(t.TempDir(), "glagents.prom")
	require.Equal(t, 0, run(t.Context(), []string{"check", "--fake", "--quiet", "--metrics", path}, nil, io.Discard, os.Stderr, none))
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Regexp(t, `glagents_target_verdict\{target="http://127.0.0.1:\d+",verdict="conformant"\} 1`, string(data))
}

func TestBadTargetsEndTheCheckBeforeTheFirstRequest(t *testing.T) {
	t.Parallel()
	asked := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	t.Cleanup(server.Close)
	good := "  - {name: good, url: " + server.URL + ", project: a/b, tokens: {maintainer: SIM_MAINTAINER}}\n"
	for _, c := range []struct{ name, yaml, want string }{
		{"an unknown key", "targets:\n" + good + "  - {name: b, url: https://b.example.com, project: a/b, tokens: {maintainer: SIM_MAINTAINER}, colour: red}\n", `:3:95: targets[1].colour: this key is not known`},
		{"a target given twice", "targets:\n" + good + good, `targets[1].name: this name is given twice, first in line 2`},
		{"a variable that is not set", "targets:\n" + good + "  - name: b\n    url: https://b.example.com\n    project: a/b\n    tokens:\n      maintainer: NOT_SET\n", `:7:19: tokens.maintainer of b: the environment variable NOT_SET is not set`},
		{"a file that does not exist", "targets:\n" + good + "  - name: b\n    url: https://b.example.com\n    project: a/b\n    token_files: {maintainer: /none/such}\n", `:6:31: token_files.maintainer of b: there is no such file`},
		{"known failures that do not exist", "targets:\n" + good + "  - {name: b, url: https://b.example.com, project: a/b, known_failures: /none/such, tokens: {maintainer: SIM_MAINTAINER}}\n", `known_failures of b: `},
		{"certificates that do not exist", "targets:\n" + good + "  - {name: b, url: https://b.example.com, project: a/b, ca_file: /none/such, tokens: {maintainer: SIM_MAINTAINER}}\n", `ca_file of b: `},
		{"a share that does not exist", "targets:\n" + good, `CI_NODE_INDEX is set, but CI_NODE_TOTAL is not`},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "targets.yaml")
			require.NoError(t, os.WriteFile(file, []byte(c.yaml), 0o600))
			env := simulationTokens()
			if strings.HasPrefix(c.name, "a share") {
				env = simulationTokens("CI_NODE_INDEX", "3")
			}
			var errs bytes.Buffer
			assert.Equal(t, 2, run(t.Context(), []string{"check", "--targets", file, "--journal", t.TempDir()}, nil, io.Discard, &errs, env))
			assert.Contains(t, errs.String(), c.want)
		})
	}
	assert.False(t, asked)
}

func TestAShareWithoutTargetsCanBeMerged(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	s := simulate(t, 1, 0, 0, 0)
	dir := t.TempDir()
	merge := []string{"merge"}
	for i, want := range []int{0, 4} {
		part := filepath.Join(dir, fmt.Sprintf("part-%d.json", i))
		var out bytes.Buffer
		status := run(t.Context(), []string{"check", "--targets", s.file, "--journal", dir, "--report", "json=" + part}, nil, &out, io.Discard,
			simulationTokens("JOB_COMPLETION_INDEX", fmt.Sprint(i), "JOB_COMPLETIONS", "2"))
		assert.Equal(t, want, status)
		if i == 1 {
			assert.Contains(t, out.String(), "share 2 of 2 has no targets")
		}
		merge = append(merge, part)
	}
	var out, errs bytes.Buffer
	assert.Equal(t, 0, run(t.Context(), merge, nil, &out, &errs, none), errs.String())
	assert.Contains(t, out.String(), "1 of 1 target conformant")
	assert.Equal(t, 4, run(t.Context(), []string{"merge", merge[2]}, nil, io.Discard, &errs, none), "nothing was checked")
}

func TestInterruptedTargetsAreCleanedUp(t *testing.T) {
	t.Parallel()
	s := simulate(t, 40, 0, 0, 0)
	ctx, stop := context.WithCancel(t.Context())
	requests := 0
	var mu sync.Mutex
	data, err := os.ReadFile(s.file)
	require.NoError(t, err)
	fake, err := fakegitlab.New()
	require.NoError(t, err)
	s.fakes["stops"] = fake
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		if requests++; requests == 60 {
			stop()
		}
		mu.Unlock()
		fake.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	text := strings.Replace(string(data), "targets:\n", "targets:\n  - {name: stops, url: "+server.URL+", project: root/test, tokens: {maintainer: SIM_MAINTAINER}}\n", 1)
	require.NoError(t, os.WriteFile(s.file, []byte(text), 0o600))
	journal := t.TempDir()
	var out bytes.Buffer
	status := run(ctx, []string{"check", "--targets", s.file, "--journal", journal}, nil, &out, io.Discard, simulationTokens())
	assert.Equal(t, 4, status)
	assert.Contains(t, out.String(), "interrupted before anything was checked")
	s.assertClean(t)
	left, err := os.ReadDir(journal)
	require.NoError(t, err)
	assert.Empty(t, left, "the journal is empty if nothing was left behind")
}
