// Package tools_test runs tools that others wrote for OpenAPI documents against "glagents serve", with the document that
// it offers. The README of the clients has a table of the tools, with what they cannot do. They are npm packages: npm ci
// installs them.
package tools_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const token = "glpat-maintainer"

// all are the eight operations, each with its success.
var all = []string{
	"listAgents 200", "createAgent 201", "getAgent 200", "deleteAgent 204",
	"listAgentTokens 200", "createAgentToken 201", "getAgentToken 200", "revokeAgentToken 204",
}

// Redocly generates a workflow for each operation, and runs them in the document's order.
func TestRedoclyRespect(t *testing.T) {
	t.Parallel()
	needsPackages(t)
	gitlab, dir := serve(t), t.TempDir()
	out := run(t, dir, "redocly", "respect", workflows(t, gitlab, dir), "--input", "privateToken="+token)
	assert.Contains(t, out, "Checks: 28 passed, 28 total")
	assert.ElementsMatch(t, all, gitlab.answered(t))
}

// workflows makes the workflows that Redocly respect runs, and returns their path.
func workflows(t *testing.T, gitlab *served, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "all.arazzo.yaml")
	run(t, dir, "redocly", "generate-arazzo", gitlab.document(t, dir, "yaml"), "-o", path)

	// The document allows PRIVATE-TOKEN or Bearer. Redocly takes this as both, and has an input only for the first.
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	const bearer = "          - schemeName: bearer\n            values:\n              token: $inputs.bearer\n"
	require.Equal(t, 8, strings.Count(string(text), bearer))
	require.NoError(t, os.WriteFile(path, []byte(strings.ReplaceAll(string(text), bearer, "")), 0o600))
	return path
}

// Portman generates tests for each operation, and newman runs them.
func TestPortman(t *testing.T) {
	t.Parallel()
	needsPackages(t)
	gitlab, dir := serve(t), t.TempDir()
	report := newman(t, dir, portmanCollection(t, gitlab, dir))
	assert.Empty(t, report.Run.Failures)
	assert.Equal(t, 34, report.Run.Stats.Assertions.Total)
	assert.ElementsMatch(t, all, gitlab.answered(t))
}

// portmanCollection makes the requests and tests that newman runs, and returns their path.
func portmanCollection(t *testing.T, gitlab *served, dir string) string {
	t.Helper()
	environment := filepath.Join(dir, ".env")
	require.NoError(t, os.WriteFile(environment, []byte("PORTMAN_API_KEY="+token+"\n"), 0o600))
	path := filepath.Join(dir, "collection.json")
	run(t, dir, "portman", "--local", gitlab.document(t, dir, "yaml"), "--baseUrl", gitlab.url+"/api/v4", "--includeTests", "true", "--envFile", environment, "--output", path)
	return path
}

// A collection as Postman imports it, with the examples for parameters.
func TestPostman(t *testing.T) {
	t.Parallel()
	needsPackages(t)
	gitlab, dir := serve(t), t.TempDir()
	collection := filepath.Join(dir, "collection.json")
	run(t, dir, "openapi2postmanv2", "-s", gitlab.document(t, dir, "json"), "-o", collection, "-O", "parametersResolution=Example")

	report := newman(t, dir, collection)
	assert.Empty(t, report.Run.Failures)
	assert.ElementsMatch(t, all, gitlab.answered(t))
}

// newmanReport is the part of newman's report that tests look at.
type newmanReport struct {
	Run struct {
		Stats    struct{ Assertions struct{ Total int } }
		Failures []struct{ Error struct{ Message string } }
	}
}

func newman(t *testing.T, dir, collection string) (report newmanReport) {
	t.Helper()
	file := filepath.Join(dir, "newman.json")
	run(t, dir, "newman", "run", collection, "--env-var", "apiKey="+token, "--reporters", "json", "--reporter-json-export", file)
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &report))
	return report
}

// Dredd makes a request for each response of the document. dredd-hooks.cjs keeps those that are to succeed.
func TestDredd(t *testing.T) {
	t.Parallel()
	needsPackages(t)
	gitlab := serve(t)
	out, err := dredd(t, gitlab).CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), "8 passing, 0 failing, 0 errors")
	assert.ElementsMatch(t, all, gitlab.answered(t))
}

func dredd(t *testing.T, gitlab *served) *exec.Cmd {
	t.Helper()
	hooks, err := filepath.Abs("dredd-hooks.cjs")
	require.NoError(t, err)
	dir := t.TempDir()
	return tool(t, dir, "dredd", gitlab.document(t, dir, "yaml"), gitlab.url+"/api/v4", "--header", "PRIVATE-TOKEN: "+token, "--hookfiles", hooks)
}

// Prism answers 500 where a request or response is not as the document says.
func TestPrismProxy(t *testing.T) {
	t.Parallel()
	needsPackages(t)
	t.Run("the fake passes", func(t *testing.T) {
		t.Parallel()
		gitlab := serve(t)
		prism := startPrism(t, "proxy", "--errors", gitlab.document(t, t.TempDir(), "yaml"), gitlab.url+"/api/v4")
		for _, r := range []struct {
			method, path, body string
			status             int
		}{
			{"GET", "/projects/20/cluster_agents?per_page=2", "", 200},
			{"GET", "/projects/20/cluster_agents?per_page=2&page=2", "", 200}, // the last page
			{"GET", "/projects/20/cluster_agents?page=3", "", 200},            // past the end
			{"GET", "/projects/root%2Ftest/cluster_agents/1", "", 200},
			{"GET", "/projects/20/cluster_agents/5/tokens", "", 200},
			{"GET", "/projects/20/cluster_agents/5/tokens/1", "", 200},
			{"GET", "/projects/20/cluster_agents/77", "", 404},
			{"GET", "/projects/99/cluster_agents", "", 404},
			{"POST", "/projects/20/cluster_agents", `{"name":"agent-1"}`, 400}, // taken
			{"POST", "/projects/20/cluster_agents", `{"name":"some-agent"}`, 201},
			{"POST", "/projects/20/cluster_agents/1/tokens", `{"name":"some-token"}`, 201},
			{"DELETE", "/projects/20/cluster_agents/5/tokens/1", "", 204},
			{"DELETE", "/projects/20/cluster_agents/1", "", 204},
		} {
			status, answer := request(t, r.method, prism+r.path, r.body)
			assert.Equal(t, r.status, status, "%s %s: %s", r.method, r.path, answer)
		}
	})

	// The document alone is enough to find a leak.
	for _, test := range []struct{ fault, path string }{
		{"secret-in-list", "/projects/20/cluster_agents/1/tokens"},
		{"secret-null-in-list", "/projects/20/cluster_agents/1/tokens"},
		{"secret-in-get", "/projects/20/cluster_agents/1/tokens/3"},
	} {
		t.Run(test.fault, func(t *testing.T) {
			t.Parallel()
			gitlab := serve(t, "--fault", test.fault)
			status, token := request(t, "POST", gitlab.url+"/api/v4/projects/20/cluster_agents/1/tokens", `{"name":"some-token"}`)
			require.Equal(t, 201, status)
			require.Contains(t, token, `"id":3,`)
			prism := startPrism(t, "proxy", "--errors", gitlab.document(t, t.TempDir(), "yaml"), gitlab.url+"/api/v4")

			status, answer := request(t, "GET", prism+test.path, "")
			assert.Equal(t, 500, status)
			assert.Contains(t, answer, "must NOT be valid")
		})
	}
}

// Prism shows an example of the status that is asked for.
func TestPrismMock(t *testing.T) {
	t.Parallel()
	needsPackages(t)
	prism := startPrism(t, "mock", serve(t).document(t, t.TempDir(), "yaml"))
	for status, body := range map[string]string{
		"401": `{"message":"401 Unauthorized"}`,
		"403": `{"message":"403 Forbidden"}`,
		"404": `{"message":"404 Not found"}`,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, prism+"/projects/20/cluster_agents/1", nil)
		require.NoError(t, err)
		r.Header.Set("PRIVATE-TOKEN", token)
		r.Header.Set("Prefer", "code="+status)
		answer, err := direct.RoundTrip(r)
		require.NoError(t, err)
		got, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		answer.Body.Close()
		assert.JSONEq(t, body, string(got))
	}
}
