package fakegitlab

import (
	"encoding/json"
	"math"
	"math/big"
	"net/http"
	"strconv"
	"strings"

	"example.com/gitlab-agents/generated/oapi"
)

// declared is a parameter that an operation declares, in Grape's params block.
type declared struct {
	name     string
	text     bool // a String; else an Integer
	required bool
	fallback int64 // for what is absent or empty; 0 is none
	notZero  bool
}

var (
	agentIDParameter = declared{name: "agent_id", required: true}
	tokenIDParameter = declared{name: "token_id", required: true}
	nameParameter    = declared{name: "name", text: true, required: true}
	description      = declared{name: "description", text: true}
	pageParameter    = declared{name: "page", fallback: 1}
	perPageParameter = declared{name: "per_page", fallback: defaultPerPage, notZero: true}
)

// declaredBy lists an operation's parameters in the order in which their errors are given.
func declaredBy(operation string) []declared {
	switch operation {
	case listAgents:
		return []declared{pageParameter, perPageParameter}
	case getAgent, deleteAgent:
		return []declared{agentIDParameter}
	case createAgent:
		return []declared{nameParameter}
	case listAgentTokens:
		return []declared{agentIDParameter, pageParameter, perPageParameter}
	case getAgentToken, revokeAgentToken:
		return []declared{agentIDParameter, tokenIDParameter}
	case createAgentToken:
		return []declared{agentIDParameter, nameParameter, description}
	}
	return nil
}

// coerce coerces the declared parameters to their types, and refuses those that cannot be, all in one text.
func (c *call) coerce() bool {
	var problems []string
	for _, d := range declaredBy(c.route.operation) {
		if problem := d.coerce(c.params); problem != "" {
			problems = append(problems, d.name+" "+problem)
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

// coerce replaces the parameter's value by one of its type - nil, a string, an int64 or a *big.Int - or returns what is
// wrong with it.
func (d *declared) coerce(params parameters) string {
	value, present := params[d.name]
	if !present && d.required {
		return "is missing"
	}
	if d.text {
		text, ok := toText(value)
		if !ok {
			return "is invalid"
		}
		if present {
			params[d.name] = text
		}
		return ""
	}
	number, ok := toInteger(value)
	if !ok {
		return "is invalid"
	}
	if number == nil && d.fallback != 0 {
		number = d.fallback
	}
	if d.notZero && number == int64(0) {
		return "has a value not allowed"
	}
	params[d.name] = number
	return ""
}

// toText makes a String of a value as Grape does: nil stays nil, numbers and booleans are printed, and arrays and hashes
// are refused.
func toText(value any) (any, bool) {
	switch value := value.(type) {
	case nil, string:
		return value, true
	case bool:
		return strconv.FormatBool(value), true
	case json.Number:
		return numberText(value), true
	}
	return nil, false
}

// toInteger makes an Integer of a value as Grape does: nil and the empty string are nil.
func toInteger(value any) (any, bool) {
	var (
		number *big.Int
		ok     bool
	)
	switch value := value.(type) {
	case nil:
		return nil, true
	case string:
		if value == "" {
			return nil, true
		}
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			return n, true
		}
		number, ok = parseInteger(value)
	case json.Number:
		number, ok = numberInteger(value)
	}
	if !ok {
		return nil, false
	}
	if number.IsInt64() {
		return number.Int64(), true
	}
	return number, true
}

// integer is a coerced parameter; what is beyond an int64 becomes the nearest there is. No
// record has such an id.
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
	page := oapi.Page(c.integer("page"))
	return &page
}

func (c *call) perPage() *oapi.PerPage {
	perPage := oapi.PerPage(min(max(c.integer("per_page"), math.MinInt32), math.MaxInt32))
	return &perPage
}

// text is a coerced text parameter, or nil if it is null or absent.
func (c *call) text(name string) *string {
	if text, ok := c.params[name].(string); ok {
		return &text
	}
	return nil
}
