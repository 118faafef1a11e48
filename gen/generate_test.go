package gen_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"example.com/gitlab-agents/generated/clusteragents"
	"example.com/gitlab-agents/openapi"
)

const generated = "../generated/clusteragents"

// The package is what the document makes of it, byte for byte, and nothing else.
func TestGeneratedPackageIsUpToDate(t *testing.T) {
	t.Parallel()
	fresh := generate(t, openapi.Document)
	want, got := contents(t, fresh), contents(t, generated)
	require.NotEmpty(t, want)
	for name := range got {
		assert.True(t, strings.HasSuffix(name, ".gen.go"), "%s is not generated", name)
		assert.Contains(t, want, name, "%s comes from no configuration", name)
	}
	for name, content := range want {
		assert.True(t, got[name] == content, "%s is not what the document makes of it; run go generate ./gen", name)
	}
}

// An operation that is added to the document is a method of the facade, without a word elsewhere.
func TestNewOperationIsANewMethod(t *testing.T) {
	t.Parallel()
	const operation = `
  /projects/{id}/cluster_agents/{agent_id}/rest/{name}:
    parameters:
      - $ref: '#/components/parameters/ProjectParameter'
      - $ref: '#/components/parameters/AgentID'
      - {name: name, in: path, required: true, schema: {type: string}}
    put:
      operationId: restAgent
      summary: Let an agent rest
      requestBody:
        content:
          application/json:
            schema: {$ref: '#/components/schemas/CreateAgentRequest'}
      responses:
        '200':
          description: The agents that rest.
          content:
            application/json:
              schema: {type: array, items: {$ref: '#/components/schemas/Agent'}}
        '404': {$ref: '#/components/responses/NotFound'}

components:
`
	document := strings.Replace(string(openapi.Document), "\ncomponents:\n", operation, 1)
	fresh := generate(t, []byte(document))

	facade, err := parser.ParseFile(token.NewFileSet(), filepath.Join(fresh, "facade.gen.go"), nil, 0)
	require.NoError(t, err)
	assert.True(t, slices.ContainsFunc(facade.Decls, func(d ast.Decl) bool {
		method, ok := d.(*ast.FuncDecl)
		return ok && method.Recv != nil && method.Name.Name == "RestAgent"
	}))
	vet(t, fresh)
}

// generate does from nothing what go generate does, and returns the folder of the package.
func generate(t *testing.T, document []byte) string {
	t.Helper()
	root := t.TempDir()
	gen := filepath.Join(root, "gen")
	require.NoError(t, os.CopyFS(gen, os.DirFS(".")))
	require.NoError(t, os.Mkdir(filepath.Join(root, "openapi"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(root, "openapi", "openapi.yaml"), document, 0o600))
	require.NoError(t, os.MkdirAll(filepath.Join(root, "generated", "clusteragents"), 0o700))

	const tool = "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"
	generator := filepath.Join(root, "oapi-codegen")
	run(t, ".", "go", "build", "-o", generator, tool)
	directives, err := os.ReadFile("generate.go")
	require.NoError(t, err)
	for line := range strings.Lines(string(directives)) {
		if arguments, ok := strings.CutPrefix(line, "//go:generate oapi-codegen "); ok {
			run(t, gen, generator, strings.Fields(arguments)...)
		}
	}
	return filepath.Join(root, "generated", "clusteragents")
}

// vet compiles a generated package in the place of the real one.
func vet(t *testing.T, folder string) {
	t.Helper()
	replace := make(map[string]string)
	for name := range contents(t, folder) {
		place, err := filepath.Abs(filepath.Join(generated, name))
		require.NoError(t, err)
		replace[place] = filepath.Join(folder, name)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "overlay.json")
	require.NoError(t, os.WriteFile(file, overlay, 0o600))
	run(t, ".", "go", "build", "-overlay", file, generated)
}

func run(t *testing.T, folder, program string, arguments ...string) string {
	t.Helper()
	command := exec.Command(program, arguments...)
	command.Dir = folder
	var errors strings.Builder
	command.Stderr = &errors
	out, err := command.Output()
	require.NoError(t, err, "%s: %s", command, errors.String())
	return string(out)
}

// contents reads the files of a folder.
func contents(t *testing.T, folder string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	files := make(map[string]string)
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		require.NoError(t, err)
		files[entry.Name()] = string(content)
	}
	return files
}

// A program that uses the client carries nothing but the client.
func TestGeneratedPackageImports(t *testing.T) {
	t.Parallel()
	ours := "example.com/gitlab-agents/generated/clusteragents"
	runtime := strings.Fields(run(t, ".", "go", "list", "-deps", "github.com/oapi-codegen/runtime"))
	for dependency := range strings.FieldsSeq(run(t, ".", "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ours)) {
		assert.True(t, dependency == ours || slices.Contains(runtime, dependency), "it imports %s", dependency)
	}
}

func TestFieldsStandInTheDocumentsOrder(t *testing.T) {
	t.Parallel()
	var document struct {
		Components struct {
			Schemas map[string]struct{ Properties yaml.Node }
		}
	}
	require.NoError(t, yaml.Unmarshal(openapi.Document, &document))
	for _, model := range []any{
		clusteragents.Agent{}, clusteragents.ConfigProject{}, clusteragents.AgentTokenBasic{}, clusteragents.AgentToken{},
		clusteragents.AgentTokenWithToken{}, clusteragents.CreateAgentRequest{}, clusteragents.CreateAgentTokenRequest{},
		clusteragents.Message{}, clusteragents.RequestError{}, clusteragents.OAuthError{},
	} {
		model := reflect.TypeOf(model)
		schema, ok := document.Components.Schemas[model.Name()]
		require.True(t, ok, model)
		delete(document.Components.Schemas, model.Name())
		var want, got []string
		for i := 0; i < len(schema.Properties.Content); i += 2 {
			want = append(want, schema.Properties.Content[i].Value)
		}
		for i := range model.NumField() {
			name, _, _ := strings.Cut(model.Field(i).Tag.Get("json"), ",")
			got = append(got, name)
		}
		assert.Equal(t, want, got, "%s; see x-order in overlay.yaml", model)
	}
	for name, schema := range document.Components.Schemas {
		assert.Empty(t, schema.Properties.Content, "%s is not in this test", name)
	}
}

// What the facade cannot know from the document has been decided for all of it.
func TestFacadeKnowsTheWholeDocument(t *testing.T) {
	t.Parallel()
	document, err := openapi3.NewLoader().LoadFromData(openapi.Document)
	require.NoError(t, err)
	overlay, err := os.ReadFile("overlay.yaml")
	require.NoError(t, err)
	sentinels := []clusteragents.Status{
		clusteragents.ErrBadRequest, clusteragents.ErrUnauthorized, clusteragents.ErrForbidden, clusteragents.ErrNotFound,
		clusteragents.ErrMethodNotAllowed, clusteragents.ErrNotAcceptable, clusteragents.ErrConflict,
		clusteragents.ErrPreconditionFailed, clusteragents.ErrUnsupportedMediaType, clusteragents.ErrRateLimited,
		clusteragents.ErrInternalServerError,
	}
	facade := reflect.TypeFor[*clusteragents.GitLab]()
	for path, item := range document.Paths.Map() {
		for method, operation := range item.Operations() {
			id := strings.ToUpper(operation.OperationID[:1]) + operation.OperationID[1:]
			_, ok := facade.MethodByName(id)
			assert.True(t, ok, "%s %s is no method", method, path)
			for status := range operation.Responses.Map() {
				assert.True(t, status < "400" || slices.ContainsFunc(sentinels, func(s clusteragents.Status) bool {
					return strings.HasPrefix(s.Error(), status+" ")
				}), "%s: no sentinel error for %s", id, status)
			}
			for _, parameter := range operation.Parameters {
				component := strings.TrimPrefix(parameter.Ref, "#/components/parameters/")
				assert.Contains(t, string(overlay), "$.components.parameters."+component+".schema",
					"%s: overlay.yaml does not say whether %s is an option", id, parameter.Value.Name)
			}
		}
	}
}
