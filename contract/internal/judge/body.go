package judge

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"

	"example.com/gitlab-agents/contract/document"
)

// decoded holds the parts of the response body that have the types of the document. Rules of the document report the
// others.
type decoded struct {
	done    bool
	agents  []Agent
	tokens  []Token
	failure Failure
	failed  bool // the body is that of an error
	page    Page
}

// Agent is an agent in a response.
type Agent struct {
	ID            int64
	Name          string
	ConfigProject struct {
		ID                int64
		Path              string
		PathWithNamespace string
		Name              string
		NameWithNamespace string
		CreatedAt         string
	}
	CreatedAt       string
	CreatedByUserID *int64
	IsReceptive     *bool
}

// Token is a token in a response.
type Token struct {
	ID              int64
	Name            string
	Description     *string
	AgentID         int64
	Status          string
	CreatedAt       string
	CreatedByUserID *int64
	LastUsedAt      *string
	Token           string
}

// Agents are the agents in the response, whether it is a list, a single read or a create. None if the status is not a
// success, or the operation is about tokens.
func (x *Exchange) Agents() []Agent { x.decode(); return x.body.agents }

// Tokens are the tokens in the response, likewise.
func (x *Exchange) Tokens() []Token { x.decode(); return x.body.tokens }

// NewAgent and NewToken are what a create was answered with; nil if it is not the success of one.
func (x *Exchange) NewAgent() *Agent {
	if agents := x.Agents(); x.Operation == "createAgent" && x.OK(201) && len(agents) == 1 {
		return &agents[0]
	}
	return nil
}

func (x *Exchange) NewToken() *Token {
	if tokens := x.Tokens(); x.Operation == "createAgentToken" && x.OK(201) && len(tokens) == 1 {
		return &tokens[0]
	}
	return nil
}

// decode reads the parts of the body that have the right type, and leaves out the others, which the document reports.
func (x *Exchange) decode() {
	if x.body.done {
		return
	}
	x.body.done = true
	if !x.Complete() || x.Request.Method == http.MethodHead || len(x.Response.Body) == 0 {
		return
	}
	status := x.Response.StatusCode
	if status < 400 && status != 200 && status != 201 {
		return
	}
	x.Documentation()
	value := x.value
	if value == nil {
		value = document.Value(x.Response.Body)
	}
	x.value = nil // nobody needs it any more
	if status >= 400 {
		x.body.failure, x.body.failed = failureOf(value)
		return
	}
	switch x.Operation {
	case "listAgents":
		x.body.agents = each(value, agentOf)
	case "getAgent", "createAgent":
		if a := agentOf(value); a.ID != 0 {
			x.body.agents = []Agent{a}
		}
	case "listAgentTokens":
		x.body.tokens = each(value, tokenOf)
	case "getAgentToken", "createAgentToken":
		if t := tokenOf(value); t.ID != 0 {
			x.body.tokens = []Token{t}
		}
	}
	x.body.page = x.page()
}

// each reads the entries of a list.
func each[T any](value any, read func(any) T) []T {
	list, _ := value.([]any)
	entries := make([]T, len(list))
	for i, entry := range list {
		entries[i] = read(entry)
	}
	return entries
}

func agentOf(value any) Agent {
	o := asObject(value)
	a := Agent{
		ID: o.id("id"), Name: o.text("name"), CreatedAt: o.text("created_at"),
		CreatedByUserID: o.number("created_by_user_id"), IsReceptive: o.truth("is_receptive"),
	}
	project := asObject(o["config_project"])
	a.ConfigProject.ID = project.id("id")
	a.ConfigProject.Path, a.ConfigProject.PathWithNamespace = project.text("path"), project.text("path_with_namespace")
	a.ConfigProject.Name, a.ConfigProject.NameWithNamespace = project.text("name"), project.text("name_with_namespace")
	a.ConfigProject.CreatedAt = project.text("created_at")
	return a
}

func tokenOf(value any) Token {
	o := asObject(value)
	t := Token{
		ID: o.id("id"), Name: o.text("name"), Description: o.optionalText("description"), Status: o.text("status"),
		CreatedAt: o.text("created_at"), CreatedByUserID: o.number("created_by_user_id"),
		LastUsedAt: o.optionalText("last_used_at"), Token: o.text("token"),
	}
	if agent := o.number("agent_id"); agent != nil {
		t.AgentID = *agent
	}
	return t
}

// object is a JSON object. What is missing, null or of another type is left out.
type object map[string]any

func asObject(value any) object {
	o, _ := value.(map[string]any)
	return o
}

func (o object) text(name string) string {
	s, _ := o[name].(string)
	return s
}

func (o object) optionalText(name string) *string {
	if s, ok := o[name].(string); ok {
		return &s
	}
	return nil
}

func (o object) truth(name string) *bool {
	if b, ok := o[name].(bool); ok {
		return &b
	}
	return nil
}

func (o object) number(name string) *int64 {
	digits, ok := o[name].(json.Number)
	if !ok {
		return nil
	}
	n, err := digits.Int64()
	if err != nil {
		return nil
	}
	return &n
}

// id reads an id that is written as text or as 5.0, too. A rule of the document reports that. The other rules need the id,
// and so does a check that removes what it made.
func (o object) id(name string) int64 {
	var digits string
	switch v := o[name].(type) {
	case json.Number:
		digits = v.String()
	case string:
		digits = v
	}
	if n, err := strconv.ParseInt(digits, 10, 64); err == nil {
		return n
	}
	if f, err := strconv.ParseFloat(digits, 64); err == nil && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return int64(f)
	}
	return 0
}

// EachAgent calls f for each agent that has an id, with its JSON pointer.
func (x *Exchange) EachAgent(f func(a *Agent, at string)) {
	for i := range x.Agents() {
		if a := &x.Agents()[i]; a.ID != 0 {
			f(a, x.entry("listAgents", i))
		}
	}
}

// EachToken calls f for each token that has an id, with its JSON pointer.
func (x *Exchange) EachToken(f func(t *Token, at string)) {
	for i := range x.Tokens() {
		if t := &x.Tokens()[i]; t.ID != 0 {
			f(t, x.entry("listAgentTokens", i))
		}
	}
}

// entry is the JSON pointer of an entry of the response: a list has many, any other response one.
func (x *Exchange) entry(list string, i int) string {
	if x.Operation == list {
		return "/" + strconv.Itoa(i)
	}
	return ""
}

// Object is a body that is a JSON object; nil if it is not.
func Object(body []byte) map[string]any { return asObject(document.Value(body)) }

// Element is the object with that id in a body that is a list; nil if there is none.
func Element(body []byte, id int64) map[string]any {
	list, _ := document.Value(body).([]any)
	for _, entry := range list {
		if o := asObject(entry); o["id"] == json.Number(strconv.FormatInt(id, 10)) {
			return o
		}
	}
	return nil
}

// ReadAgent reads a body that is an agent, as far as its properties have the right types.
func ReadAgent(body []byte) Agent { return agentOf(document.Value(body)) }

// ReadAgents reads a body that is a list of agents, likewise.
func ReadAgents(body []byte) []Agent { return each(document.Value(body), agentOf) }
