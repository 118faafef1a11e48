package document_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/document"
	"example.com/gitlab-agents/openapi"
)

func TestOperations(t *testing.T) {
	t.Parallel()
	doc, err := document.Load()
	require.NoError(t, err)
	operations := doc.Operations()
	var ids []string
	for _, op := range operations {
		ids = append(ids, op.ID)
		assert.NotEmpty(t, op.Summary)
		assert.NotEmpty(t, op.Heading)
		assert.Contains(t, []string{"developer", "maintainer"}, op.Role)
		assert.Regexp(t, `^\d+\.\d+$`, op.Since)
		assert.Equal(t, strings.ToLower(op.Method), line(t, op.Position))
		require.NotEmpty(t, op.Responses)
		for i, r := range op.Responses {
			assert.NotEmpty(t, r.Position)
			assert.True(t, i == 0 || op.Responses[i-1].Status < r.Status, "by status")
		}
	}
	assert.Subset(t, ids, []string{
		"listAgents", "createAgent", "getAgentToken", "revokeAgentToken",
		"listAgentTokens", "createAgentToken", "getAgent", "deleteAgent",
	})
	var inDocument []string
	for _, match := range regexp.MustCompile(`operationId: (\w+)`).FindAllSubmatch(openapi.Document, -1) {
		inDocument = append(inDocument, string(match[1]))
	}
	assert.Equal(t, inDocument, ids, "in the document's order")

	operation := func(id string) document.Operation { return operations[slices.Index(ids, id)] }
	list := operation("listAgents")
	assert.Equal(t, "GET", list.Method)
	assert.Equal(t, "/projects/{id}/cluster_agents", list.Path)
	assert.Equal(t, "プロジェクトのエージェントをリストアップします。", list.Heading)
	ok := list.Responses[0]
	assert.Equal(t, 200, ok.Status)
	assert.Equal(t, []string{"application/json"}, ok.MediaTypes)
	assert.Equal(t, document.Header{Name: "ETag", Position: ok.Headers[0].Position}, ok.Headers[0])
	assert.Equal(t, document.Header{Name: "Link", Required: true, Position: ok.Headers[1].Position}, ok.Headers[1])
	assert.Equal(t, "Link", line(t, ok.Headers[1].Position))

	type property struct {
		pointer                    string
		required, nullable, secret bool
	}
	brief := func(r document.Response) (all []property) {
		for _, p := range r.Properties {
			all = append(all, property{p.Pointer, p.Required, p.Nullable, p.Secret})
			assert.NotEmpty(t, p.Position)
		}
		return all
	}
	assert.Subset(t, brief(ok), []property{
		{"/*/id", true, false, false},
		{"/*/name", true, false, false},
		{"/*/config_project", true, false, false},
		{"/*/config_project/id", true, false, false},
		{"/*/config_project/description", true, true, false},
		{"/*/config_project/name", true, false, false},
		{"/*/config_project/name_with_namespace", true, false, false},
		{"/*/config_project/path", true, false, false},
		{"/*/config_project/path_with_namespace", true, false, false},
		{"/*/config_project/created_at", true, false, false},
		{"/*/created_at", true, false, false},
		{"/*/created_by_user_id", true, true, false},
		{"/*/is_receptive", false, false, false},
	})
	receptive := ok.Properties[slices.IndexFunc(ok.Properties, func(p document.Property) bool { return p.Pointer == "/*/is_receptive" })]
	assert.Equal(t, "17.4", receptive.Since)
	assert.Equal(t, "ee", receptive.Edition)
	assert.Equal(t, "is_receptive", line(t, receptive.Position))

	created := operation("createAgentToken").Responses[0]
	assert.Equal(t, 201, created.Status)
	assert.Equal(t, property{"/token", true, false, true}, brief(created)[8])
	assert.Equal(t, "/status", created.Properties[4].Pointer)
	assert.Equal(t, []string{"active", "revoked"}, created.Properties[4].Enum)

	unauthorized := list.Responses[4]
	assert.Equal(t, 401, unauthorized.Status)
	assert.Equal(t, []property{
		{"/message", true, false, false},
		{"/error", true, false, false},
		{"/error_description", true, false, false},
		{"/scope", false, false, false},
	}, brief(unauthorized), "of all alternatives")
	assert.Empty(t, operation("revokeAgentToken").Responses[0].MediaTypes, "204")
}

func TestLoadTwice(t *testing.T) {
	t.Parallel()
	a, err := document.Load()
	require.NoError(t, err)
	b, err := document.Load()
	require.NoError(t, err)
	assert.Same(t, a, b)
}

func BenchmarkRead(b *testing.B) {
	for b.Loop() {
		if _, err := document.Read(); err != nil {
			b.Fatal(err)
		}
	}
}
