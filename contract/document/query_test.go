package document_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/document"
)

func TestQueryParametersOfAnOperation(t *testing.T) {
	t.Parallel()
	doc, err := document.Load()
	require.NoError(t, err)
	assert.True(t, doc.HasQuery("listAgents", "per_page"))
	assert.False(t, doc.HasQuery("listAgents", "colour"), "no operation has it")
	assert.False(t, doc.HasQuery("getAgent", "page"))
	assert.False(t, doc.HasQuery("listAgents", "id"), "it is in the path")
	assert.False(t, doc.HasQuery("unknown", "page"))
}
