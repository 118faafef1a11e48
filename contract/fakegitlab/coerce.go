package fakegitlab

import (
	"math"
	"math/big"
	"net/http"
	"strings"

	"example.com/gitlab-agents/contract/fakegitlab/internal/rack"
	"example.com/gitlab-agents/generated/oapi"
)

var (
	agentIDParameter = rack.Parameter{Name: "agent_id", Required: true}
	tokenIDParameter = rack.Parameter{Name: "token_id", Required: true}
	nameParameter    = rack.Parameter{Name: "name", Text: true, Required: true}
	description      = rack.Parameter{Name: "description", Text: true}
	pageParameter    = rack.Parameter{Name: "page", Fallback: 1}
	perPageParameter = rack.Parameter{Name: "per_page", Fallback: defaultPerPage, NotZero: true}
)

// declaredBy lists an operation's parameters in the order of their error messages.
func declaredBy(operation string) []rack.Parameter {
	switch operation {
	case listAgents:
		return []rack.Parameter{pageParameter, perPageParameter}
	case getAgent, deleteAgent:
		return []rack.Parameter{agentIDParameter}
	case createAgent:
		return []rack.Parameter{nameParameter}
	case listAgentTokens:
		return []rack.Parameter{agentIDParameter, pageParameter, perPageParameter}
	case getAgentToken, revokeAgentToken:
		return []rack.Parameter{agentIDParameter, tokenIDParameter}
	case createAgentToken:
		return []rack.Parameter{agentIDParameter, nameParameter, description}
	}
	return nil
}

// coerce converts the declared parameters to their types. If some cannot be converted, one response names them all.
func (c *call) coerce() bool {
	var problems []string
	for _, declared := range declaredBy(c.route.operation) {
		if problem := declared.Coerce(c.params); problem != "" {
			problems = append(problems, declared.Name+" "+problem)
		}
	}
	if c.decide(ParametersValid, len(problems) == 0) {
		return true
	}
	if len(problems) == 0 {
		problems = []string{"id is invalid"}
	}
	return c.refuse(http.StatusBadRequest, errorKey, strings.Join(problems, ", "))
}

// integer returns a converted parameter. A number outside of int64 becomes the nearest int64; no record has such an id.
func (c *call) integer(name string) int64 {
	switch n := c.params[name].(type) {
	case int64:
		return n
	case *big.Int:
		if n.Sign() < 0 {
			return math.MinInt64
		}
		return math.MaxInt64
	}
	return 0
}

func (c *call) page() *oapi.Page {
	page := c.integer("page")
	return &page
}

func (c *call) perPage() *oapi.PerPage {
	perPage := oapi.PerPage(min(max(c.integer("per_page"), math.MinInt32), math.MaxInt32))
	return &perPage
}

// text returns a converted text parameter, or nil if it is null or absent.
func (c *call) text(name string) *string {
	if text, ok := c.params[name].(string); ok {
		return &text
	}
	return nil
}
