// Package examples tests the pipelines beside it. The other examples have tests of their own.
package examples

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// published is how a pipeline runs the command. The tests run the one of this repository instead.
const published = "go run example.com/gitlab-agents/contract/cmd/glagents@latest "

func TestPipelines(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("they are written for a POSIX shell")
	}
	glagents := filepath.Join(t.TempDir(), "glagents")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", glagents, "../contract/cmd/glagents").CombinedOutput()
	require.NoError(t, err, "%s", out)
	gitlab := fakegitlab.Start(t)

	t.Run("gitlab-ci", func(t *testing.T) {
		var pipeline struct {
			Contract struct {
				Script      []string
				AfterScript []string `yaml:"after_script"`
				Artifacts   struct {
					Paths   []string
					Reports struct{ JUnit string }
				}
			}
		}
		read(t, "gitlab-ci/.gitlab-ci.yml", &pipeline)
		dir := t.TempDir()
		job := pipeline.Contract
		for _, line := range append(job.Script, job.AfterScript...) {
			shell(t, glagents, dir, line, "CI_SERVER_URL="+gitlab.URL, "CI_PROJECT_ID=20", "CI_PROJECT_DIR="+dir, "GITLAB_TOKEN=glpat-maintainer")
		}
		require.NotEmpty(t, job.Artifacts.Reports.JUnit)
		for _, path := range append(job.Artifacts.Paths, job.Artifacts.Reports.JUnit) {
			assert.FileExists(t, filepath.Join(dir, path))
		}
	})

	t.Run("github-actions", func(t *testing.T) {
		var workflow struct {
			Jobs map[string]struct {
				Steps []struct {
					Run  string
					Env  map[string]string
					With map[string]string
				}
			}
		}
		read(t, "github-actions/contract.yml", &workflow)
		dir := t.TempDir()
		values := map[string]string{"GITLAB_URL": gitlab.URL, "GITLAB_PROJECT": "root/test", "GITLAB_TOKEN": "glpat-maintainer"}
		ran := 0
		for _, step := range workflow.Jobs["contract"].Steps {
			if step.Run != "" {
				env := []string{"GITHUB_STEP_SUMMARY=" + filepath.Join(dir, "summary")}
				for name := range step.Env {
					env = append(env, name+"="+values[name])
				}
				shell(t, glagents, dir, step.Run, env...)
				ran++
			}
			if path := step.With["path"]; path != "" {
				assert.FileExists(t, filepath.Join(dir, path))
			}
		}
		assert.Equal(t, 1, ran)
		summary, err := os.ReadFile(filepath.Join(dir, "summary"))
		require.NoError(t, err)
		assert.Contains(t, string(summary), "conformant")
	})
	assert.Empty(t, gitlab.Agents(20))
}

// TestReadMe: it names every example, and nothing that is not there.
func TestReadMe(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	folders := 0
	for _, entry := range entries {
		if entry.IsDir() {
			folders++
			assert.Contains(t, string(text), "["+entry.Name()+"]("+entry.Name()+")")
		}
	}
	assert.Equal(t, folders, strings.Count(string(text), "]("))
}

func read(t *testing.T, path string, into any) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(data, into))
}

// shell runs a line of a pipeline as a runner does.
func shell(t *testing.T, glagents, dir, line string, env ...string) {
	t.Helper()
	require.Contains(t, line, published)
	command := exec.CommandContext(t.Context(), "sh", "-ec", strings.ReplaceAll(line, published, glagents+" "))
	command.Dir = dir
	command.Env = append(env, "PATH="+os.Getenv("PATH"), "HOME="+t.TempDir())
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s\n%s", line, out)
}
