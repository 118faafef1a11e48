// Package component tests the CI/CD components: their form against GitLab's JSON schema, and their scripts against fakes.
package component

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// published is how a pipeline runs the command. The tests run the one of this repository instead.
const published = "go run example.com/gitlab-agents/contract/cmd/glagents@latest "

// input has the keys that GitLab knows. Its schema of pipelines says nothing about them.
type input struct {
	Description string
	Type        string
	Default     any
	Options     []any
	Regex       string
}

type job struct {
	Script      []string
	AfterScript []string `yaml:"after_script"`
	Artifacts   struct{ Paths []string }
}

// component is a template: its header, and what follows as text.
type component struct {
	inputs map[string]input
	body   string
}

func readComponent(t *testing.T, name string) component {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("templates", name))
	require.NoError(t, err)
	header, body, ok := strings.Cut(string(data), "\n---\n")
	require.True(t, ok)
	var spec struct {
		Spec struct{ Inputs map[string]input }
	}
	decoder := yaml.NewDecoder(strings.NewReader(header))
	decoder.KnownFields(true)
	require.NoError(t, decoder.Decode(&spec))
	for name, in := range spec.Spec.Inputs {
		assert.Contains(t, []string{"", "string", "number", "boolean", "array"}, in.Type, name)
	}
	return component{spec.Spec.Inputs, body}
}

var interpolation = regexp.MustCompile(`\$\[\[ inputs\.([a-z_]+) \]\]`)

// pipeline is the component as GitLab has it when it has replaced the inputs.
func (c component) pipeline(t *testing.T) string {
	t.Helper()
	used := make(map[string]bool)
	text := interpolation.ReplaceAllStringFunc(c.body, func(found string) string {
		name := interpolation.FindStringSubmatch(found)[1]
		in, ok := c.inputs[name]
		require.True(t, ok, "there is no input %s", name)
		used[name] = true
		if in.Type == "array" {
			value, err := json.Marshal(in.Default)
			require.NoError(t, err)
			return string(value)
		}
		return fmt.Sprint(in.Default)
	})
	for name, in := range c.inputs {
		assert.True(t, used[name], "the input %s is not used", name)
		assert.NotEmpty(t, in.Description, name)
	}
	return text
}

func TestTheComponentsAreValid(t *testing.T) {
	t.Parallel()
	schema := gitlabSchema(t)
	for _, name := range []string{"templates/check.yml", "templates/targets.yml", ".gitlab-ci.yml"} {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(name)
			require.NoError(t, err)
			text := string(data)
			if file, ok := strings.CutPrefix(name, "templates/"); ok {
				text = readComponent(t, file).pipeline(t)
			}
			assert.NoError(t, schema.Validate(asJSON(t, text)), text)
		})
	}
	assert.Error(t, schema.Validate(asJSON(t, "job: {script: [x], artifacts: {wen: always}}")), "the schema must find what is wrong")
}

func asJSON(t *testing.T, text string) any {
	t.Helper()
	var value any
	require.NoError(t, yaml.Unmarshal([]byte(text), &value))
	data, err := json.Marshal(value)
	require.NoError(t, err)
	decoded, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	require.NoError(t, err)
	return decoded
}

// gitlabSchema is GitLab's schema of pipelines, as gitlab-ci-local ships it.
func gitlabSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	const module = "node_modules/gitlab-ci-local/src/schema/schema.js"
	if _, err := os.Stat(module); err != nil {
		t.Skip("the schema is not installed: run npm ci --ignore-scripts in examples/gitlab-ci")
	}
	out, err := exec.CommandContext(t.Context(), "node", "--input-type=module", "--eval",
		"import { schema } from './"+module+"'; console.log(JSON.stringify(schema))").Output()
	require.NoError(t, err)
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(out))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("gitlab-ci.json", value))
	schema, err := compiler.Compile("gitlab-ci.json")
	require.NoError(t, err)
	return schema
}

func TestTheComponentsRun(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("they are written for a POSIX shell")
	}
	glagents := filepath.Join(t.TempDir(), "glagents")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", glagents, "../../contract/cmd/glagents").CombinedOutput()
	require.NoError(t, err, "%s", out)
	one, two := fakegitlab.Start(t), fakegitlab.Start(t)
	environment := func(dir string, more ...string) []string {
		return append([]string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "CI_SERVER_URL=" + one.URL, "CI_PROJECT_ID=20", "CI_PROJECT_DIR=" + dir, "GITLAB_TOKEN=glpat-maintainer",
		}, more...)
	}

	t.Run("check", func(t *testing.T) {
		dir := t.TempDir()
		for _, job := range jobs(t, "check.yml") {
			run(t, glagents, dir, append(job.Script, job.AfterScript...), environment(dir))
			assertArtifacts(t, dir, job)
		}
	})
	t.Run("targets", func(t *testing.T) {
		dir := t.TempDir()
		list := fmt.Sprintf("targets:\n- {name: one, url: %q, project: root/test, tokens: {maintainer: GITLAB_TOKEN}}\n- {name: two, url: %q, project: root/test, tokens: {maintainer: GITLAB_TOKEN}}\n", one.URL, two.URL)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "targets.yaml"), []byte(list), 0o600))
		all := jobs(t, "targets.yml")
		for _, index := range []string{"1", "2"} {
			run(t, glagents, dir, all["contract"].Script, environment(dir, "CI_NODE_INDEX="+index, "CI_NODE_TOTAL=2"))
		}
		assert.FileExists(t, filepath.Join(dir, "share-2.json"))
		run(t, glagents, dir, all["contract-report"].Script, environment(dir))
		assertArtifacts(t, dir, all["contract-report"])
		text, err := os.ReadFile(filepath.Join(dir, "contract.md"))
		require.NoError(t, err)
		assert.Contains(t, string(text), "2 of 2 targets conformant")
	})
	assert.Empty(t, one.Agents(20))
	assert.Empty(t, two.Agents(20))
}

func jobs(t *testing.T, name string) (jobs map[string]job) {
	t.Helper()
	require.NoError(t, yaml.Unmarshal([]byte(readComponent(t, name).pipeline(t)), &jobs))
	return jobs
}

// run runs the lines of a script as a runner does.
func run(t *testing.T, glagents, dir string, lines, env []string) {
	t.Helper()
	for _, line := range lines {
		require.Contains(t, line, published)
		command := exec.CommandContext(t.Context(), "sh", "-ec", strings.ReplaceAll(line, published, glagents+" "))
		command.Dir, command.Env = dir, env
		out, err := command.CombinedOutput()
		require.NoError(t, err, "%s\n%s", line, out)
	}
}

func assertArtifacts(t *testing.T, dir string, j job) {
	t.Helper()
	require.NotEmpty(t, j.Artifacts.Paths)
	for _, path := range append(j.Artifacts.Paths, "contract.xml") {
		assert.FileExists(t, filepath.Join(dir, path))
	}
}
