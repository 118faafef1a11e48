package rules

// Where sentences are known from. All of GitLab's files are at gitlab.com/gitlab-org/gitlab.

// docs is a heading of GitLab's documentation of the Agents API, in its Japanese version.
func docs(heading string) string { return "Agents API, \"" + heading + "\"" }

const (
	docsListAgents  = "プロジェクトのエージェントをリストアップします。"
	docsGetAgent    = "エージェントの詳細の取得"
	docsCreateAgent = "エージェントのプロジェクト登録"
	docsDeleteAgent = "登録エージェントの削除"
	docsListTokens  = "エージェントのトークンをリストアップします。"
	docsGetToken    = "単一エージェントトークンの取得"
	docsCreateToken = "エージェントトークンの作成"
	docsRevokeToken = "エージェントトークンの失効"
)

const (
	agentsAPI     = "lib/api/clusters/agents.rb"
	tokensAPI     = "lib/api/clusters/agent_tokens.rb"
	helpersAPI    = "lib/api/helpers.rb"
	rootAPI       = "lib/api/api.rb"
	agentModel    = "app/models/clusters/agent.rb"
	tokenModel    = "app/models/clusters/agent_token.rb"
	agentEntity   = "lib/api/entities/clusters/agent.rb"
	projectEntity = "lib/api/entities/project_identity.rb"
	tokensFinder  = "app/finders/clusters/agent_tokens_finder.rb"
	agentsFinder  = "app/finders/clusters/agents_finder.rb"
	tokenService  = "app/services/clusters/agent_tokens/create_service.rb"
	pager         = "lib/gitlab/pagination/offset_pagination.rb"
	pageHeaders   = "lib/gitlab/pagination/offset_header_builder.rb"
	malformed     = "lib/gitlab/middleware/handle_malformed_strings.rb"
	rackETag      = "Rack::ETag and Rack::ConditionalGet, in GitLab's stack"
	openAPI       = "openapi/openapi.yaml"
)

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
