package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/internal/racedetector"
)

// top is the folder of the READMEs and the Makefile.
const top = "../../.."

const (
	goInstall = "go install ./contract/cmd/glagents"
	goRun     = "go run ./contract/cmd/glagents"
)

// TestCommandsOfTheReadMe runs what the README shows, against a fake.
func TestCommandsOfTheReadMe(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("they are written for a POSIX shell")
	}
	bin := t.TempDir()
	install := exec.CommandContext(t.Context(), "sh", "-ec", goInstall)
	install.Dir, install.Env = top, append(os.Environ(), "GOBIN="+bin)
	out, err := install.CombinedOutput()
	require.NoError(t, err, "%s", out)

	gitlab := fakegitlab.Start(t)
	scripts := blocks(t, "README.md", "sh")
	require.NotEmpty(t, scripts)
	for _, script := range scripts {
		runShown(t, bin, gitlab.URL, script)
	}
	for _, command := range inline(t, "README.md") {
		runInline(t, command)
	}
	assert.Empty(t, gitlab.Agents(20))
}

// runShown runs a block of commands. It does not make the targets of make; they must exist.
func runShown(t *testing.T, bin, url, block string) {
	t.Helper()
	root, err := filepath.Abs(top)
	require.NoError(t, err)
	var script []string
	for line := range strings.Lines(block) {
		command := strings.TrimPrefix(strings.TrimSpace(line), "GITLAB_TOKEN=glpat-… ")
		switch {
		case command == goInstall: // done before
		case strings.HasPrefix(command, "make "):
			script = append(script, "cd '"+root+"'; make --dry-run "+strings.TrimPrefix(command, "make ")+"; cd -")
		case strings.HasPrefix(command, goRun+" "), strings.HasPrefix(command, "glagents "), strings.HasPrefix(command, "export GITLAB_TOKEN="):
			script = append(script, strings.ReplaceAll(line, goRun, "glagents"))
		default:
			t.Errorf("this test does not know how to run %q", line)
		}
	}
	text := strings.NewReplacer(
		"https://gitlab.example.com", url, "group/project", "root/test", "glpat-…", "glpat-maintainer", "origin/main", "HEAD",
	).Replace(strings.Join(script, "\n"))
	dir := t.TempDir()
	command := exec.CommandContext(t.Context(), "sh", "-ec", text)
	command.Dir, command.Env = dir, []string{"PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH"), "HOME=" + dir}
	out, err := command.CombinedOutput()
	assert.NoError(t, err, "%s\n%s", text, out)
	for _, report := range regexp.MustCompile(`--report \w+=(\S+)`).FindAllStringSubmatch(text, -1) {
		assert.FileExists(t, filepath.Join(dir, report[1]))
	}
}

// runInline finds out whether a command within a sentence exists, with its flags. Some of them run until they are stopped.
func runInline(t *testing.T, command string) {
	t.Helper()
	words := strings.Fields(command)
	if words[0] == "make" {
		out, err := exec.CommandContext(t.Context(), "make", append([]string{"--dry-run", "--directory", top}, words[1:]...)...).CombinedOutput()
		assert.NoError(t, err, "%s\n%s", command, out)
		return
	}
	out := glagents(t, nil, append(words[1:], "--help")...)
	assert.Zero(t, out.status, "%s\n%s", command, out.stderr)
	assert.Contains(t, out.stdout, "Usage:\n  glagents "+words[1], command)
}

// TestTheReadMesShowTheSame: the Japanese README has the commands and the program of the English one.
func TestTheReadMesShowTheSame(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"sh", "go"} {
		assert.Equal(t, blocks(t, "README.md", language), blocks(t, "README.ja.md", language))
	}
	assert.Equal(t, inline(t, "README.md"), inline(t, "README.ja.md"))
}

// TestProgramOfTheReadMe runs the Go program of the README against a fake. It prints what its comment says.
func TestProgramOfTheReadMe(t *testing.T) {
	t.Parallel()
	programs := blocks(t, "README.md", "go")
	require.Len(t, programs, 1)
	gitlab := fakegitlab.Start(t)
	body := strings.NewReplacer("https://gitlab.example.com", gitlab.URL, "group/project", "root/test").Replace(programs[0])
	path := filepath.Join(t.TempDir(), "main.go")
	require.NoError(t, os.WriteFile(path, []byte(`package main

import (
	"context"
	"fmt"
	"os"

	"example.com/gitlab-agents/generated/clusteragents"
)

func main() {
	ctx := context.Background()
	`+body+`
	if err != nil {
		panic(err)
	}
}
`), 0o600))
	command := exec.CommandContext(t.Context(), "go", "run", path)
	command.Dir, command.Env = top, append(os.Environ(), "GITLAB_TOKEN=glpat-maintainer")
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Equal(t, "[redacted]\n", string(out))
	assert.Len(t, gitlab.Agents(20), 1)
}

// blocks are the fenced blocks in a language, without the comments at the ends of lines.
func blocks(t *testing.T, name, language string) (blocks []string) {
	t.Helper()
	comments := regexp.MustCompile(`(?m) +(#|//) .*$`)
	for _, found := range regexp.MustCompile("(?s)\n```"+language+"\n(.*?)\n```").FindAllStringSubmatch(read(t, name), -1) {
		blocks = append(blocks, comments.ReplaceAllString(found[1], ""))
	}
	return blocks
}

// inline are the commands within sentences and tables, sorted.
func inline(t *testing.T, name string) (commands []string) {
	t.Helper()
	for _, found := range regexp.MustCompile("`((?:glagents|make) [^`\n]+)`").FindAllStringSubmatch(read(t, name), -1) {
		commands = append(commands, found[1])
	}
	slices.Sort(commands)
	return slices.Compact(commands)
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(top, name))
	require.NoError(t, err)
	return string(data)
}
