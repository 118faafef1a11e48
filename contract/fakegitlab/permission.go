package fakegitlab

import (
	"fmt"
	"net/http"
	"slices"
)

// permissionFor names the permission that a fine-grained access token needs for an operation.
func permissionFor(operation string) string {
	switch operation {
	case listAgents, getAgent:
		return "read_cluster_agent"
	case createAgent:
		return "create_cluster_agent"
	case deleteAgent:
		return "delete_cluster_agent"
	case listAgentTokens, getAgentToken:
		return "read_cluster_agent_token"
	case createAgentToken:
		return "create_cluster_agent_token"
	case revokeAgentToken:
		return "revoke_cluster_agent_token"
	case getProject:
		return "read_project"
	case getVersion, getMetadata:
		return "read_metadata"
	case getUser:
		return "read_user"
	case getOwnToken:
		return "read_personal_access_token"
	}
	return ""
}

// permitted refuses a fine-grained access token that lacks the permission for the operation. GitLab's sentence names the
// permission and the project.
func (c *call) permitted() bool {
	permission := permissionFor(c.route.operation)
	if c.token == nil || c.token.permissions == nil || permission == "" {
		return true
	}
	if c.decide(Permitted, slices.Contains(c.token.permissions, permission)) {
		return true
	}
	where := ""
	if c.route.project != "" {
		p, _ := c.server.store.projectNamed(c.route.project)
		if p == nil {
			return c.oauthError(http.StatusForbidden, granularCode, "Unable to determine boundary for authorization", "")
		}
		where = fmt.Sprintf(" for %q", p.path)
	}
	text := fmt.Sprintf("Access denied: Your Personal Access Token lacks the required permissions: [%s]%s.", permission, where)
	return c.oauthError(http.StatusForbidden, granularCode, text, "")
}

const granularCode = "insufficient_granular_scope"
