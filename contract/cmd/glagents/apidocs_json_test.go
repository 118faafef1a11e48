package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"example.com/gitlab-agents/openapi"
)

func TestDocumentAsJSON(t *testing.T) {
	t.Parallel()
	converted, err := yamlToJSON(openapi.Document)
	require.NoError(t, err)

	var fromYAML any
	require.NoError(t, yaml.Unmarshal(openapi.Document, &fromYAML))
	want, err := json.Marshal(fromYAML)
	require.NoError(t, err)
	assert.JSONEq(t, string(want), string(converted))
}

func TestYAMLToJSON(t *testing.T) {
	t.Parallel()
	converted, err := yamlToJSON([]byte("z: 1\na: [x, null, true, '2', \"<a>; rel=\\\"next\\\"\"]\n'200': {}\nb: []\n"))
	require.NoError(t, err)
	assert.Equal(t, `{"z":1,"a":["x",null,true,"2","<a>; rel=\"next\""],"200":{},"b":[]}`, string(converted), "in the order of the keys")

	_, err = yamlToJSON([]byte("a: &x 1\nb: *x\n"))
	assert.ErrorContains(t, err, "line 2: the document has no aliases")
	_, err = yamlToJSON([]byte("a: [\n"))
	assert.Error(t, err)
}
