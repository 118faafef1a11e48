package openapi_test

import (
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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

// Each of the eight operations says since when there is it, for whom, and where GitLab documents it.
func TestOperations(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(openapi.Document)
	require.NoError(t, err)
	success := map[string]string{}
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			for _, name := range []string{"x-gitlab-since", "x-gitlab-role", "x-gitlab-documentation"} {
				assert.NotEmpty(t, op.Extensions[name], "%s %s", op.OperationID, name)
			}
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
	assert.Equal(t, map[string]string{
		"listAgents": "200", "getAgent": "200", "createAgent": "201", "deleteAgent": "204",
		"listAgentTokens": "200", "getAgentToken": "200", "createAgentToken": "201", "revokeAgentToken": "204",
	}, success)
}

// Any OpenAPI validator finds the secret of a token in every response but that which creates it.
func TestSecretOnlyOnCreate(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(openapi.Document)
	require.NoError(t, err)
	for name, allowed := range map[string]bool{"Agent": false, "AgentTokenBasic": false, "AgentToken": false, "AgentTokenWithToken": true} {
		schema := doc.Components.Schemas[name].Value
		value := map[string]any{}
		for k, v := range schema.Example.(map[string]any) {
			value[k] = v
		}
		delete(value, "token")
		err := schema.VisitJSON(value)
		assert.Equal(t, allowed, err != nil, "%s without a token: %v", name, err)
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
