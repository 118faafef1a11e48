package openapi_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"example.com/gitlab-agents/openapi"
)

// The document keeps OpenAPI 3.0.3, and its examples, defaults and patterns keep its schemas.
func TestDocument(t *testing.T) {
	t.Parallel()
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(openapi.Document)
	require.NoError(t, err)
	require.NoError(t, doc.Validate(t.Context(),
		openapi3.EnableExamplesValidation(),
		openapi3.EnableSchemaDefaultsValidation(),
		openapi3.EnableSchemaFormatValidation(),
		openapi3.EnableSchemaPatternValidation(),
		openapi3.EnableMultiError(),
	))
	assert.Equal(t, "3.0.3", doc.OpenAPI)
}

// Each operation names its first release, the role and permission it takes, and where GitLab documents it.
func TestOperations(t *testing.T) {
	t.Parallel()
	doc := load(t)
	success, permissions := map[string]string{}, map[string]any{}
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			for _, name := range []string{"x-gitlab-since", "x-gitlab-role", "x-gitlab-permission", "x-gitlab-documentation"} {
				assert.NotEmpty(t, op.Extensions[name], "%s needs %s", op.OperationID, name)
			}
			permissions[op.OperationID] = op.Extensions["x-gitlab-permission"]
			for status, r := range op.Responses.Map() {
				if status[0] == '2' {
					success[op.OperationID] = status
				}
				for mediaType, content := range r.Value.Content {
					assert.True(t, content.Example != nil || len(content.Examples) > 0, "%s %s %s has no example", op.OperationID, status, mediaType)
				}
			}
		}
	}
	assert.Subset(t, success, map[string]string{
		"listAgents": "200", "getAgent": "200", "createAgent": "201", "deleteAgent": "204",
		"listAgentTokens": "200", "getAgentToken": "200", "createAgentToken": "201", "revokeAgentToken": "204",
	})
	assert.Subset(t, permissions, map[string]any{
		"listAgents": "read_cluster_agent", "getAgent": "read_cluster_agent",
		"createAgent": "create_cluster_agent", "deleteAgent": "delete_cluster_agent",
		"listAgentTokens": "read_cluster_agent_token", "getAgentToken": "read_cluster_agent_token",
		"createAgentToken": "create_cluster_agent_token", "revokeAgentToken": "revoke_cluster_agent_token",
	})
}

// Any OpenAPI validator finds the secret of a token in every response except the one that creates it.
func TestSecretOnlyOnCreate(t *testing.T) {
	t.Parallel()
	doc := load(t)
	for name, allowed := range map[string]bool{"Agent": false, "AgentTokenBasic": false, "AgentToken": false, "AgentTokenWithToken": true} {
		schema := doc.Components.Schemas[name].Value
		value := map[string]any{}
		for k, v := range schema.Example.(map[string]any) {
			value[k] = v
		}
		delete(value, "token")
		err := schema.VisitJSON(value)
		assert.Equal(t, allowed, err != nil, "%s without a token: %v", name, err)
		value["token"] = nil
		assert.Error(t, schema.VisitJSON(value), "%s with null for a token", name)
		value["token"] = "qeY8UVRisx9y3Loxo1scLxFuRxYcgeX3sxsdrpP_fR3Loq4xyg"
		err = schema.VisitJSON(value)
		assert.Equal(t, allowed, err == nil, "%s with a token", name)
		if err != nil {
			var broken *openapi3.SchemaError
			require.ErrorAs(t, err, &broken)
			assert.Equal(t, "tokens/secret-only-on-create", broken.Schema.Extensions["x-gitlab-rule"])
		}
	}
}

// Tools that read YAML themselves often know no anchors, aliases and merge keys.
func TestPlainYAML(t *testing.T) {
	t.Parallel()
	var root yaml.Node
	require.NoError(t, yaml.Unmarshal(openapi.Document, &root))
	plain(t, &root)
}

func plain(t *testing.T, node *yaml.Node) {
	t.Helper()
	assert.Empty(t, node.Anchor, "line %d", node.Line)
	assert.NotEqual(t, yaml.AliasNode, node.Kind, "line %d", node.Line)
	assert.NotEqual(t, "!!merge", node.Tag, "line %d", node.Line)
	for _, child := range node.Content {
		plain(t, child)
	}
}

// Tools take the first server as it is, so it has no variables, and nobody has that name.
func TestServers(t *testing.T) {
	t.Parallel()
	doc := load(t)
	var urls []string
	for _, server := range doc.Servers {
		urls = append(urls, server.URL)
	}
	assert.Equal(t, []string{"https://gitlab.example.com/api/v4", "https://{host}/api/v4", "https://{host}/{relative_root}/api/v4"}, urls)
	assert.Empty(t, doc.Servers[0].Variables)
}

// A tool can make a request of each operation from the examples of its parameters.
func TestParametersHaveExamples(t *testing.T) {
	t.Parallel()
	for path, item := range load(t).Paths.Map() {
		for _, op := range item.Operations() {
			for _, p := range slices.Concat(item.Parameters, op.Parameters) {
				assert.NotNil(t, p.Value.Example, "%s %s", op.OperationID, p.Value.Name)
				assert.Empty(t, p.Value.Examples, "%s %s", op.OperationID, p.Value.Name)
				if p.Value.Name == "agent_id" {
					want := map[bool]float64{true: 5, false: 1}[strings.Contains(path, "tokens")]
					assert.EqualValues(t, want, p.Value.Example, "the agent that the examples of %s show", op.OperationID)
				}
			}
		}
	}
}

// The headers of a page belong together: those of the examples are of one page with two entries.
func TestPageHeadersAgree(t *testing.T) {
	t.Parallel()
	doc := load(t)
	examples := map[string]any{}
	for _, name := range []string{"X-Page", "X-Per-Page", "X-Next-Page", "X-Prev-Page", "X-Total", "X-Total-Pages"} {
		examples[name] = fmt.Sprint(doc.Components.Headers[name].Value.Example)
	}
	assert.Equal(t, map[string]any{"X-Page": "1", "X-Per-Page": "20", "X-Next-Page": "", "X-Prev-Page": "", "X-Total": "2", "X-Total-Pages": "1"}, examples)
	for _, list := range []string{"AgentList", "AgentTokenList"} {
		assert.Len(t, doc.Components.Examples[list].Value.Value, 2, list)
	}
	for path, url := range map[string]string{
		"/projects/{id}/cluster_agents":                   "https://gitlab.example.com/api/v4/projects/20/cluster_agents?id=20&page=1&per_page=20",
		"/projects/{id}/cluster_agents/{agent_id}/tokens": "https://gitlab.example.com/api/v4/projects/20/cluster_agents/5/tokens?agent_id=5&id=20&page=1&per_page=20",
	} {
		link := doc.Paths.Value(path).Get.Responses.Status(200).Value.Headers["Link"].Value
		assert.True(t, link.Required)
		assert.Equal(t, "<"+url+`>; rel="first", <`+url+`>; rel="last"`, link.Example)
	}
}

// Mocks show the example of a schema rather than those of the response. One example cannot speak for several errors.
func TestUnionsHaveNoExample(t *testing.T) {
	t.Parallel()
	for name, schema := range load(t).Components.Schemas {
		if len(schema.Value.OneOf) > 0 {
			assert.Nil(t, schema.Value.Example, name)
		}
	}
}

// What only breaks tools is left out: rules of the contract suite hold it instead.
func TestNothingThatBreaksTools(t *testing.T) {
	t.Parallel()
	doc := load(t)
	assert.NotContains(t, string(openapi.Document), "format: password", "newman refuses it")
	for _, name := range []string{"X-Next-Page", "X-Prev-Page"} {
		assert.False(t, doc.Components.Headers[name].Value.Required, "%s may be empty, which many tools take for missing", name)
	}
	for _, name := range []string{"ETag", "Link"} {
		assert.Empty(t, doc.Components.Headers[name].Value.Schema.Value.Pattern, "%s has quotes", name)
	}
	const exact = 1<<53 - 1
	assert.EqualValues(t, exact, *doc.Components.Parameters["Page"].Value.Schema.Value.Max, "larger integers are not exact everywhere")
	for name, schema := range doc.Components.Schemas {
		for property, value := range schema.Value.Properties {
			assert.False(t, value.Value.Format == "date-time" && value.Value.Pattern != "", "%s.%s: mocks keep only one of the two", name, property)
		}
	}
	assert.Empty(t, doc.Components.Schemas["AgentTokenWithToken"].Value.Properties["token"].Value.Pattern, "Specmatic does not end with it")
}

// A program that prints values sees that this one is a secret.
func TestSecretIsMarked(t *testing.T) {
	t.Parallel()
	token := load(t).Components.Schemas["AgentTokenWithToken"].Value.Properties["token"].Value
	assert.Equal(t, true, token.Extensions["x-gitlab-secret"])
	assert.EqualValues(t, 40, token.MinLength)
}

func load(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(openapi.Document)
	require.NoError(t, err)
	return doc
}
