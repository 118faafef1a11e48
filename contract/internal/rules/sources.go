package rules

import "example.com/gitlab-agents/contract/internal/rule"

// docs are the headings of GitLab's documentation of the API. The Japanese heading is that of the documentation that this
// project began from.
var docs = struct {
	ListAgents, GetAgent, CreateAgent, DeleteAgent, ListTokens, GetToken, CreateToken, RevokeToken rule.Source
}{
	ListAgents:  documentation("List all agents", "list-all-agents", "プロジェクトのエージェントをリストアップします。"),
	GetAgent:    documentation("Retrieve details on an agent", "retrieve-details-on-an-agent", "エージェントの詳細の取得"),
	CreateAgent: documentation("Create an agent", "create-an-agent", "エージェントのプロジェクト登録"),
	DeleteAgent: documentation("Delete an agent", "delete-an-agent", "登録エージェントの削除"),
	ListTokens:  documentation("List all agent tokens", "list-all-agent-tokens", "エージェントのトークンをリストアップします。"),
	GetToken:    documentation("Retrieve an agent token", "retrieve-an-agent-token", "単一エージェントトークンの取得"),
	CreateToken: documentation("Create an agent token", "create-an-agent-token", "エージェントトークンの作成"),
	RevokeToken: documentation("Revoke an agent token", "revoke-an-agent-token", "エージェントトークンの失効"),
}

// Files of GitLab's repository, and what else says how it behaves.
var (
	agentsAPI     = file("lib/api/clusters/agents.rb")
	tokensAPI     = file("lib/api/clusters/agent_tokens.rb")
	helpersAPI    = file("lib/api/helpers.rb")
	rootAPI       = file("lib/api/api.rb")
	agentModel    = file("app/models/clusters/agent.rb")
	tokenModel    = file("app/models/clusters/agent_token.rb")
	routableToken = file("lib/authn/token_field/generator/routable_token.rb")
	agentEntity   = file("lib/api/entities/clusters/agent.rb")
	projectEntity = file("lib/api/entities/project_identity.rb")
	tokensFinder  = file("app/finders/clusters/agent_tokens_finder.rb")
	agentsFinder  = file("app/finders/clusters/agents_finder.rb")
	tokenService  = file("app/services/clusters/agent_tokens/create_service.rb")
	pager         = file("lib/gitlab/pagination/offset_pagination.rb")
	pageHeaders   = file("lib/gitlab/pagination/offset_header_builder.rb")
	malformed     = file("lib/gitlab/middleware/handle_malformed_strings.rb")

	rackETag    = rule.Source{Name: "Rack::ETag and Rack::ConditionalGet", URL: "https://github.com/rack/rack/tree/main/lib/rack"}
	openAPI     = rule.Source{Name: "openapi/openapi.yaml"}
	thisProject = rule.Source{Name: "this project"}
)

func documentation(heading, anchor, japanese string) rule.Source {
	return rule.Source{Name: heading + " (" + japanese + ")", URL: "https://docs.gitlab.com/api/cluster_agents/#" + anchor}
}

func file(path string) rule.Source {
	return rule.Source{Name: path, URL: "https://gitlab.com/gitlab-org/gitlab/-/blob/master/" + path}
}

// The operations, by what they do.
var (
	lists       = []string{"listAgents", "listAgentTokens"}
	reads       = []string{"listAgents", "getAgent", "listAgentTokens", "getAgentToken"}
	writes      = []string{"createAgent", "deleteAgent", "createAgentToken", "revokeAgentToken"}
	creates     = []string{"createAgent", "createAgentToken"}
	ofOneAgent  = []string{"getAgent", "deleteAgent", "listAgentTokens", "createAgentToken", "getAgentToken", "revokeAgentToken"}
	showAgents  = []string{"listAgents", "getAgent", "createAgent"}
	showTokens  = []string{"listAgentTokens", "getAgentToken", "createAgentToken"}
	readsTokens = []string{"listAgentTokens", "getAgentToken"}
)
