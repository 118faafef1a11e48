package gen_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
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

	generatedpkg "example.com/gitlab-agents/generated"
	"example.com/gitlab-agents/generated/clusteragents"
	"example.com/gitlab-agents/openapi"
)

const generated = "../generated"

// What is generated is what the document makes of it, byte for byte, and nothing else.
func TestGeneratedIsUpToDate(t *testing.T) {
	t.Parallel()
	fresh := generate(t, openapi.Document)
	want, got := contents(t, fresh), contents(t, generated)
	require.NotEmpty(t, want)
	for name := range got {
		assert.Contains(t, want, name, "nothing makes %s", name)
	}
	for name, content := range want {
		assert.True(t, got[name] == content, "%s is not what the document makes of it; run make generate", name)
	}
}

// An operation that is added to the document is a method of the client without a word elsewhere, and everything builds.
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
	fresh := generate(t, edit(t, "\ncomponents:\n", operation))

	facade, err := parser.ParseFile(token.NewFileSet(), filepath.Join(fresh, "clusteragents", "facade.gen.go"), nil, 0)
	require.NoError(t, err)
	assert.True(t, slices.ContainsFunc(facade.Decls, func(d ast.Decl) bool {
		method, ok := d.(*ast.FuncDecl)
		return ok && method.Recv != nil && method.Name.Name == "RestAgent"
	}))
	build(t, fresh)
}

// A parameter that the overlay calls an option is one.
func TestNewParameterIsANewOption(t *testing.T) {
	t.Parallel()
	document := edit(t, "  parameters:\n    ProjectParameter:", `  parameters:
    Colour:
      name: colour
      in: query
      schema: {type: string, x-facade-option: true, description: is an option of lists of agents.}
    ProjectParameter:`)
	document = []byte(strings.Replace(string(document), "- $ref: '#/components/parameters/Page'", "- $ref: '#/components/parameters/Colour'\n        - $ref: '#/components/parameters/Page'", 1))
	fresh := generate(t, document)
	facade := contents(t, fresh)["clusteragents/facade.gen.go"]
	assert.Contains(t, facade, "func (o Colour) applyToListAgents(")
	assert.NotContains(t, facade, "func (o Colour) applyToListAgentTokens(")
	build(t, fresh)
}

// The generator would make wrong code of these without a word. They end make generate, and the message says what to do.
func TestGenerateRefuses(t *testing.T) {
	t.Parallel()
	program := tools(t) + "prepare"
	for name, test := range map[string]struct{ old, new, want string }{
		"a property that the overlay names was renamed": {
			"        is_receptive:\n", "        receptive:\n",
			`gen/clusteragents-overlay.yaml: the document has no "is_receptive" at $.components.schemas.Agent.properties. If it was renamed or removed, do the same in this file`,
		},
		"a schema that the overlay names was renamed": {
			"OAuthError", "OAuthProblem",
			"gen/clusteragents-overlay.yaml: the document has nothing at $.components.schemas.OAuthError.properties. If it was renamed or removed",
		},
		"a parameter that the overlay names was renamed": {
			"IfUnmodifiedSince", "UnmodifiedSince",
			"gen/clusteragents-overlay.yaml: the document has nothing at $.components.parameters.IfUnmodifiedSince.schema.",
		},
		"a property was added": {
			"        is_receptive:\n", "        colour: {type: boolean}\n        is_receptive:\n",
			`gen/clusteragents-overlay.yaml: the fields of Agent need the order of the document, and "colour" is not at place 6. Let this file say:
  - target: $.components.schemas.Agent.properties
    update:
      id: {x-order: 1}
      name: {x-order: 2}
      config_project: {x-order: 3}
      created_at: {x-order: 4}
      created_by_user_id: {x-order: 5}
      colour: {x-order: 6}
`,
		},
		"a required query parameter was added": {
			"- $ref: '#/components/parameters/Page'", "- {name: colour, in: query, required: true, schema: {type: string}}\n        - $ref: '#/components/parameters/Page'",
			`(listAgents): the query parameter "colour" is required, and the client only passes optional ones, as options: make it optional, or teach gen/templates/operations.tmpl`,
		},
		"a required header was added": {
			"- $ref: '#/components/parameters/IfUnmodifiedSince'", "- {name: X-Confirm, in: header, required: true, schema: {type: string}}",
			`(deleteAgent): the header parameter "X-Confirm" is required`,
		},
		"an optional parameter was added": {
			"- $ref: '#/components/parameters/Page'", "- {name: colour, in: query, schema: {type: string}}\n        - $ref: '#/components/parameters/Page'",
			`(listAgents): say whether the query parameter "colour" is an option of the client: set x-facade-option of its schema to true or false in gen/clusteragents-overlay.yaml`,
		},
		"an option has no type of its own": {
			"- $ref: '#/components/parameters/Page'", "- {name: colour, in: query, schema: {type: string, x-facade-option: true, description: is an option.}}\n        - $ref: '#/components/parameters/Page'",
			`an option has a type of its own: move the parameter "colour" to components/parameters`,
		},
		"an option has no description": {
			"- $ref: '#/components/parameters/Page'", "- {name: colour, in: query, schema: {type: string, x-facade-option: true}}\n        - $ref: '#/components/parameters/Page'",
			`give the schema of the parameter "colour" a description in gen/clusteragents-overlay.yaml`,
		},
		"a list is not called list": {
			"operationId: listAgents\n", "operationId: getURLConfigurations\n",
			`(getURLConfigurations): it has pages, and its iterator gets the name of the operation without "list": let the operationId begin with list, as in listAgents`,
		},
		"a list cannot be asked for a page": {
			"        - $ref: '#/components/parameters/PerPage'\n", "",
			"it has pages, and its iterator asks for them by number: give it the query parameter per_page",
		},
		"a body without JSON": {
			"          application/json:\n            schema: {$ref: '#/components/schemas/CreateAgentRequest'}", "          application/yaml:\n            schema: {$ref: '#/components/schemas/CreateAgentRequest'}",
			"(createAgent): the client sends JSON only: give the request body the content application/json",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := workplace(t, edit(t, test.old, test.new))
			command := exec.Command(program)
			command.Dir = filepath.Join(root, "gen")
			output, err := command.CombinedOutput()
			require.Error(t, err)
			assert.Contains(t, string(output), test.want)
			assert.NoFileExists(t, filepath.Join(root, "generated", "openapi.json"))
		})
	}
}

// edit returns the document with a text replaced everywhere.
func edit(t *testing.T, old, replacement string) []byte {
	t.Helper()
	require.True(t, strings.Contains(string(openapi.Document), old), "the document has no %q", old)
	return []byte(strings.ReplaceAll(string(openapi.Document), old, replacement))
}

// tools builds the programs that go generate runs, and returns their folder.
func tools(t *testing.T) string {
	t.Helper()
	folder := t.TempDir() + "/"
	run(t, ".", "go", "build", "-o", folder, "./prepare", "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen")
	return folder
}

// workplace returns a copy of gen beside a document, from which everything is generated.
func workplace(t *testing.T, document []byte) string {
	t.Helper()
	root := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(root, "gen"), os.DirFS(".")))
	require.NoError(t, os.Mkdir(filepath.Join(root, "openapi"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(root, "openapi", "openapi.yaml"), document, 0o600))
	return root
}

// generate does from nothing what go generate does, and returns the folder with what came of it.
func generate(t *testing.T, document []byte) string {
	t.Helper()
	root, programs := workplace(t, document), tools(t)
	directives, err := os.ReadFile("generate.go")
	require.NoError(t, err)
	for line := range strings.Lines(string(directives)) {
		command := strings.Fields(strings.TrimPrefix(line, "//go:generate "))
		if strings.HasPrefix(line, "//go:generate ") && command[0] != "-command" {
			run(t, filepath.Join(root, "gen"), programs+command[0], command[1:]...)
		}
	}
	return filepath.Join(root, "generated")
}

// build compiles everything with generated code in the place of the real one.
func build(t *testing.T, folder string) {
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
	run(t, ".", "go", "build", "-overlay", file, generated+"/...", "../contract/fakegitlab")
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

// contents reads all files below a folder.
func contents(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	require.NoError(t, fs.WalkDir(os.DirFS(folder), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(filepath.Join(folder, name))
		files[name] = string(content)
		return err
	}))
	return files
}

// The JSON is the same document in the same order.
func TestDocumentAsJSON(t *testing.T) {
	t.Parallel()
	var fromYAML, fromJSON any
	require.NoError(t, yaml.Unmarshal(openapi.Document, &fromYAML))
	require.NoError(t, json.Unmarshal(generatedpkg.OpenAPI, &fromJSON))
	content, err := json.Marshal(fromYAML)
	require.NoError(t, err)
	assert.JSONEq(t, string(content), string(generatedpkg.OpenAPI))
	assert.True(t, bytes.HasPrefix(generatedpkg.OpenAPI, []byte("{\n  \"openapi\": \"3.0.3\",\n  \"info\": {\n    \"title\"")), "%.80s", generatedpkg.OpenAPI)

	_, err = openapi3.NewLoader().LoadFromData(generatedpkg.OpenAPI)
	require.NoError(t, err)
}

// A program that uses the client carries nothing but the client.
func TestClientImports(t *testing.T) {
	t.Parallel()
	const client = "example.com/gitlab-agents/generated/clusteragents"
	runtime := strings.Fields(run(t, ".", "go", "list", "-deps", "github.com/oapi-codegen/runtime"))
	for dependency := range strings.FieldsSeq(run(t, ".", "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", client)) {
		assert.True(t, dependency == client || slices.Contains(runtime, dependency), "it imports %s", dependency)
	}
}

// What people import is small. A name that is added here is a decision.
func TestExportedNames(t *testing.T) {
	t.Parallel()
	var names []string
	for name, content := range contents(t, generated+"/clusteragents") {
		file, err := parser.ParseFile(token.NewFileSet(), name, content, parser.SkipObjectResolution)
		require.NoError(t, err)
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, declaration := range file.Decls {
			switch d := declaration.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					names = append(names, d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch s := spec.(type) {
					case *ast.TypeSpec:
						names = append(names, s.Name.Name)
					case *ast.ValueSpec:
						names = append(names, s.Names[0].Name)
					}
				}
			}
		}
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !ast.IsExported(name) })
	slices.Sort(names)
	assert.Equal(t, strings.Fields(`
		Agent AgentID AgentToken AgentTokenBasic AgentTokenStatus AgentTokenStatusActive AgentTokenStatusRevoked
		AgentTokenWithToken Answer BearerToken ConfigProject CreateAgentRequest CreateAgentTokenRequest DeleteAgentOption
		ErrBadRequest ErrConflict ErrForbidden ErrInternalServerError ErrMethodNotAllowed ErrNotAcceptable ErrNotFound
		ErrNotGitLab ErrPreconditionFailed ErrRateLimited ErrUnauthorized ErrUnexpectedResponse ErrUnsupportedMediaType
		Error GitLab HTTPClient IfUnmodifiedSince ListAgentTokensOption ListAgentsOption MaxAttempts MaxWait New NewSecret
		Option Page PageOf PerPage PrivateToken Project ProjectID ProjectPath RateLimit Secret Status TokenID TokenSource
		UnmodifiedSince UserAgent WithAnswer`), names, "add a name here if people should have it")
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
		assert.Equal(t, want, got, "%s; see x-order in clusteragents-overlay.yaml", model)
	}
}

// What the facade cannot know from the document has been decided for all of it.
func TestFacadeKnowsTheWholeDocument(t *testing.T) {
	t.Parallel()
	document, err := openapi3.NewLoader().LoadFromData(openapi.Document)
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
		}
	}
}
