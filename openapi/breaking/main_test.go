package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/openapi"
)

func TestBreaking(t *testing.T) {
	t.Parallel()
	const (
		prohibition = "      not:\n        required: [token]\n"
		list        = "    AgentTokenBasic:\n"
		one         = "    AgentToken:\n"
	)
	// in changes the first occurrence of a text after the place.
	in := func(place, old, replacement string) string {
		text := string(openapi.Document)
		before, after, found := strings.Cut(text, place)
		require.True(t, found)
		require.Contains(t, after, old)
		return before + place + strings.Replace(after, old, replacement, 1)
	}
	for name, test := range map[string]struct {
		document string
		want     []string
	}{
		"the same document":   {string(openapi.Document), nil},
		"another description": {in("", "Get one agent", "Read one agent"), nil},
		"an operationId that is renamed": {in("", "operationId: getAgentToken", "operationId: readAgentToken"), []string{
			`GET /projects/{id}/cluster_agents/{agent_id}/tokens/{token_id}: the operationId was "getAgentToken" and is "readAgentToken", so generated clients rename its method`,
		}},
		"the prohibition is dropped in a list": {in(list, prohibition, ""), []string{
			`GET /projects/{id}/cluster_agents/{agent_id}/tokens 200: the property "token" was forbidden and is not any more`,
		}},
		"the token is declared in a list": {in(list, "      properties:\n", "      properties:\n        token: {type: string}\n"), []string{
			`GET /projects/{id}/cluster_agents/{agent_id}/tokens 200: the property "token" was forbidden and is declared`,
		}},
		"the prohibition is dropped where one is read": {in(one, prohibition, ""), []string{
			`GET /projects/{id}/cluster_agents/{agent_id}/tokens/{token_id} 200: the property "token" was forbidden and is not any more`,
		}},
		"the token is declared where one is read": {in(one, "      properties:\n", "      properties:\n        token: {type: string}\n"), []string{
			`GET /projects/{id}/cluster_agents/{agent_id}/tokens/{token_id} 200: the property "token" was forbidden and is declared`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			before, after := filepath.Join(dir, "before.yaml"), filepath.Join(dir, "after.yaml")
			require.NoError(t, os.WriteFile(before, openapi.Document, 0o600))
			require.NoError(t, os.WriteFile(after, []byte(test.document), 0o600))
			var stdout, stderr bytes.Buffer
			status := run([]string{before, after}, &stdout, &stderr)
			assert.Empty(t, stderr.String())
			assert.Equal(t, len(test.want) > 0, status == 1)
			assert.Equal(t, strings.Join(test.want, "\n"), strings.TrimSpace(stdout.String()))
		})
	}
}

func TestBadUse(t *testing.T) {
	t.Parallel()
	for _, files := range [][]string{nil, {"one.yaml"}, {"missing.yaml", "missing.yaml"}} {
		var stdout, stderr bytes.Buffer
		assert.Equal(t, 2, run(files, &stdout, &stderr))
		assert.NotEmpty(t, stderr.String())
	}
}
