package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/har"
)

// at is an exchange at a second after noon.
func at(second int, method, path string, status int, answer string) string {
	started := time.Date(2026, 11, 22, 12, 0, second, 0, time.UTC).Format(time.RFC3339)
	text := strings.Replace(entry(path, status, answer), "{", fmt.Sprintf(`{"startedDateTime":%q,"time":1,`, started), 1)
	return strings.Replace(text, `"GET"`, fmt.Sprintf("%q", method), 1)
}

// found are the findings of a JSON report.
func found(t *testing.T, out result) (findings []struct {
	Rule, Outcome, Expected, Actual, File string
	Exchange                              int
}) {
	t.Helper()
	var content struct {
		Findings []struct {
			Rule, Outcome, Expected, Actual, File string
			Exchange                              int
		}
	}
	require.NoError(t, json.Unmarshal([]byte(out.stdout), &content), out.stderr)
	for _, f := range content.Findings {
		if f.Outcome == "violation" {
			findings = append(findings, f)
		}
	}
	return findings
}

// An agent is created before and read after its deletion, of which another file tells. In whatever order the files are
// named, and also by their directory, they are one history.
func TestSeveralRecordings(t *testing.T) {
	t.Parallel()
	const agent = "/projects/20/cluster_agents/1"
	dir := t.TempDir()
	deletions, reads := filepath.Join(dir, "deletions.ndjson"), filepath.Join(dir, "reads.har")
	require.NoError(t, os.WriteFile(deletions, []byte(at(20, "GET", "/user", 200, "{}")+"\n"+at(30, "DELETE", agent, 204, "")+"\n"), 0o600))
	require.NoError(t, os.WriteFile(reads, []byte(recording(at(10, "GET", agent, 200, agentBody(1, "prod")), at(50, "GET", agent, 200, agentBody(1, "prod")))), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("no recording"), 0o600))

	for _, files := range [][]string{{deletions, reads}, {reads, deletions}, {dir}} {
		out := glagents(t, nil, append([]string{"verify", "--report", "json=-"}, files...)...)
		require.Equal(t, 1, out.status, out.stderr)
		list := found(t, out)
		require.Len(t, list, 1)
		assert.Equal(t, "agents/deleted-stays-gone", list[0].Rule)
		assert.Equal(t, 1, list[0].Exchange)
		assert.Equal(t, reads, list[0].File)
		assert.Equal(t, "404, as exchange #1 of "+deletions+" deleted the agent", list[0].Expected)
	}

	// The deletion comes last where it is later.
	require.NoError(t, os.WriteFile(deletions, []byte(at(60, "DELETE", agent, 204, "")+"\n"), 0o600))
	out := glagents(t, nil, "verify", "--report", "json=-", dir)
	assert.Empty(t, found(t, out))
}

// Entries come in order of time, and files are open only while they are read.
func TestOrderOfTime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var files []string
	for file, seconds := range [][]int{{40, 41}, {1, 3, 5}, {2, 4, 6}, {}, {7, 0, 50}} {
		var lines []string
		for _, second := range seconds {
			lines = append(lines, at(second, "GET", fmt.Sprintf("/%d", second), 200, "{}"))
		}
		name := filepath.Join(dir, fmt.Sprint(file)+".har")
		require.NoError(t, os.WriteFile(name, []byte(recording(lines...)), 0o600))
		files = append(files, name)
	}
	p := &program{}
	judge := newJudge(t)
	m := p.merge(t.Context(), files, judge)
	var order []string
	open := 0
	for _, next := range m.entries() {
		require.NoError(t, next.err)
		order = append(order, filepath.Base(next.Exchange.Request.URL.Path))
		now := 0
		for _, p := range m.all {
			if p.pull != nil {
				now++
			}
		}
		open = max(open, now)
	}
	assert.Equal(t, []string{"1", "2", "3", "4", "5", "6", "7", "0", "40", "41", "50"}, order, "entries of one file stay in their order")
	assert.LessOrEqual(t, open, 2)
	for _, p := range m.all {
		assert.Nil(t, p.pull)
	}
}

// startFollow runs glagents verify --follow, and gives what it prints line by line. Stop ends it.
func startFollow(t *testing.T, name string) (lines *bufio.Scanner, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	read, write := io.Pipe()
	var stderr locked
	ended := make(chan int, 1)
	var running sync.WaitGroup
	running.Go(func() {
		ended <- run(ctx, []string{"verify", "--follow", name}, nil, write, &stderr, none)
		write.Close()
	})
	t.Cleanup(func() { cancel(); read.Close(); running.Wait() })
	return bufio.NewScanner(read), func() int {
		cancel()
		_, _ = io.Copy(io.Discard, read)
		status := <-ended
		assert.Empty(t, stderr.String())
		return status
	}
}

// A stream is judged line by line while it is written.
func TestFollowStream(t *testing.T) {
	t.Parallel()
	name := file(t, "exchanges.ndjson", good+"\n")
	lines, stop := startFollow(t, name)
	out, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	defer out.Close()
	for range 3 {
		_, err = io.WriteString(out, leak[:len(leak)/2])
		require.NoError(t, err)
		_, err = io.WriteString(out, leak[len(leak)/2:]+"\n")
		require.NoError(t, err)
		require.True(t, lines.Scan())
		assert.Contains(t, lines.Text(), "✗ MUST tokens/secret-only-on-create: GET https://gitlab.example.com/api/v4/projects/20/cluster_agents/5/tokens/7 → 200:")
	}
	assert.Equal(t, 1, stop())
}

// A HAR is judged entry by entry while it is written, although its end is there after each entry.
func TestFollowHAR(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "traffic.har")
	w, err := har.Create(name, nil, "1")
	require.NoError(t, err)
	lines, stop := startFollow(t, name)
	for leaked := range har.Entries(strings.NewReader(recording(leak, leak, leak))) {
		require.NoError(t, w.Write(leaked.Exchange))
		require.True(t, lines.Scan())
		assert.Contains(t, lines.Text(), "✗ MUST tokens/secret-only-on-create: ")
	}
	require.NoError(t, w.Close())
	assert.Equal(t, 1, stop())
}

func TestFollowUsage(t *testing.T) {
	t.Parallel()
	name := file(t, "a.har", recording(good))
	out := glagents(t, nil, "verify", "--follow", name, name)
	assert.Equal(t, 2, out.status)
	assert.Contains(t, out.stderr, "--follow follows one recording, and there are 2")
}

func newJudge(t *testing.T) *contract.Judge {
	t.Helper()
	judge, err := contract.NewJudge(contract.JudgeOptions{})
	require.NoError(t, err)
	return judge
}
