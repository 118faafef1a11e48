package document_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/document"
)

func TestRoute(t *testing.T) {
	t.Parallel()
	doc, err := document.Load()
	require.NoError(t, err)
	const root = "https://gitlab.example.com"
	none := document.Match{}
	for _, tt := range []struct {
		method, url string
		want        document.Match
	}{
		{"GET", root + "/api/v4/projects/20/cluster_agents", document.Match{Operation: "listAgents", Project: "20"}},
		{"HEAD", root + "/api/v4/projects/20/cluster_agents", document.Match{Operation: "listAgents", Project: "20"}},
		{"POST", root + "/api/v4/projects/20/cluster_agents", document.Match{Operation: "createAgent", Project: "20"}},
		{"GET", root + "/api/v4/projects/20/cluster_agents/5", document.Match{Operation: "getAgent", Project: "20", AgentID: "5"}},
		{"DELETE", root + "/api/v4/projects/20/cluster_agents/5", document.Match{Operation: "deleteAgent", Project: "20", AgentID: "5"}},
		{"GET", root + "/api/v4/projects/20/cluster_agents/5/tokens", document.Match{Operation: "listAgentTokens", Project: "20", AgentID: "5"}},
		{"POST", root + "/api/v4/projects/20/cluster_agents/5/tokens", document.Match{Operation: "createAgentToken", Project: "20", AgentID: "5"}},
		{"GET", root + "/api/v4/projects/20/cluster_agents/5/tokens/7", document.Match{Operation: "getAgentToken", Project: "20", AgentID: "5", TokenID: "7"}},
		{"DELETE", root + "/api/v4/projects/20/cluster_agents/5/tokens/7", document.Match{Operation: "revokeAgentToken", Project: "20", AgentID: "5", TokenID: "7"}},

		{"GET", root + "/api/v4/projects/root%2Fsub%20group%2Ftest/cluster_agents?page=2#x", document.Match{Operation: "listAgents", Project: "root/sub group/test"}},
		{"GET", root + "/api/v4/projects/a%252Fb/cluster_agents", document.Match{Operation: "listAgents", Project: "a%2Fb"}},
		{"GET", root + "/api/v4/projects/a.json/cluster_agents", document.Match{Operation: "listAgents", Project: "a.json"}},
		{"GET", root + "/gitlab/api/v4/projects/20/cluster_agents/", document.Match{Operation: "listAgents", Project: "20"}},
		{"GET", root + "/a/b/api/v4/projects/20/cluster_agents/5/tokens/7.json", document.Match{Operation: "getAgentToken", Project: "20", AgentID: "5", TokenID: "7"}},
		{"GET", root + "//api/v4/projects/20/cluster_agents.xml/", document.Match{Operation: "listAgents", Project: "20"}},
		{"GET", root + "/api/v4/projects/20/cluster%5Fagents/abc", document.Match{Operation: "getAgent", Project: "20", AgentID: "abc"}},
		{"GET", root + "/api/v4/projects/20/cluster_agents/tokens", document.Match{Operation: "getAgent", Project: "20", AgentID: "tokens"}},
		{"GET", root + "/api/v4/projects/api/v4/projects/20/cluster_agents", document.Match{Operation: "listAgents", Project: "20"}},
		{"GET", root + "/api/v4/projects/cluster_agents/cluster_agents/cluster_agents", document.Match{Operation: "getAgent", Project: "cluster_agents", AgentID: "cluster_agents"}},

		{"PUT", root + "/api/v4/projects/20/cluster_agents", none},
		{"DELETE", root + "/api/v4/projects/20/cluster_agents", none},
		{"OPTIONS", root + "/api/v4/projects/20/cluster_agents", none},
		{"get", root + "/api/v4/projects/20/cluster_agents", none},
		{"GET", root + "/api/v4/projects/root/test/cluster_agents", none},
		{"GET", root + "/api/v4/projects//cluster_agents", none},
		{"GET", root + "/api/v4/projects/20/cluster_agents//", none},
		{"GET", root + "/api/v4/projects/20/cluster_agents/.json", none},
		{"GET", root + "/api/v4/projects/20/cluster_agents.txt", none},
		{"GET", root + "/api/v4/projects/20/cluster_agentz", none},
		{"GET", root + "/api/v4/projects/20/cluster_agents/5/token/7", none},
		{"GET", root + "/api/v4/projects/20/cluster_agents/5/tokens/7/x", none},
		{"GET", root + "/api/v4/projects/20/cluster_agents/5/something_else", none},
		{"GET", root + "/api/v3/projects/20/cluster_agents", none},
		{"GET", root + "/projects/20/cluster_agents", none},
		{"GET", root + "/api/v4/", none},
		{"GET", root, none},
		{"GET", "", none},
	} {
		u, err := url.Parse(tt.url)
		require.NoError(t, err)
		got, ok := doc.Route(tt.method, u)
		assert.Equal(t, tt.want, got, "%s %s", tt.method, tt.url)
		assert.Equal(t, tt.want != none, ok)
	}
	_, ok := doc.Route("GET", nil)
	assert.False(t, ok)
}
