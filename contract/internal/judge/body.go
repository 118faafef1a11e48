package judge

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
)

// decoded holds the parts of the response body that have the types of the document. Rules of the document report the
// others.
type decoded struct {
	done    bool
	agents  []Agent
	tokens  []Token
	failure Failure
	failed  bool // the body is that of an error
}

// Agent is an agent in a response.
type Agent struct {
	ID            int64  `json:"id"`
	Name          string `json:"name"`
	ConfigProject struct {
		ID                int64  `json:"id"`
		Path              string `json:"path"`
		PathWithNamespace string `json:"path_with_namespace"`
		Name              string `json:"name"`
		NameWithNamespace string `json:"name_with_namespace"`
		CreatedAt         string `json:"created_at"`
	} `json:"config_project"`
	CreatedAt       string `json:"created_at"`
	CreatedByUserID *int64 `json:"created_by_user_id"`
	IsReceptive     *bool  `json:"is_receptive"`
}

// Token is a token in a response.
type Token struct {
	ID              int64   `json:"id"`
	Name            string  `json:"name"`
	Description     *string `json:"description"`
	AgentID         int64   `json:"agent_id"`
	Status          string  `json:"status"`
	CreatedAt       string  `json:"created_at"`
	CreatedByUserID *int64  `json:"created_by_user_id"`
	LastUsedAt      *string `json:"last_used_at"`
	Token           string  `json:"token"`
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

func (x *Exchange) decode() {
	if x.body.done {
		return
	}
	x.body.done = true
	if !x.Complete() || x.Request.Method == http.MethodHead || len(x.Response.Body) == 0 {
		return
	}
	switch s := x.Response.StatusCode; {
	case s >= 400:
		x.body.failed = json.Unmarshal(x.Response.Body, &x.body.failure) == nil
		return
	case s != 200 && s != 201:
		return
	}
	switch x.Operation {
	case "listAgents":
		x.body.agents = unmarshal[[]Agent](x.Response.Body)
	case "getAgent", "createAgent":
		if a := unmarshal[Agent](x.Response.Body); a.ID != 0 {
			x.body.agents = []Agent{a}
		}
	case "listAgentTokens":
		x.body.tokens = unmarshal[[]Token](x.Response.Body)
	case "getAgentToken", "createAgentToken":
		if t := unmarshal[Token](x.Response.Body); t.ID != 0 {
			x.body.tokens = []Token{t}
		}
	}
}

// unmarshal reads the values that have the right type, and leaves out the others.
func unmarshal[T any](body []byte) (v T) {
	err := json.Unmarshal(body, &v)
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrongType):
		readIDs(body, any(&v))
	case err != nil:
		var zero T
		return zero
	}
	return v
}

// readIDs also reads ids that are written as text or as 5.0. A rule of the document reports them. The other rules need them,
// and so does a check that removes what it made.
func readIDs(body []byte, v any) {
	var id struct{ ID json.RawMessage }
	var ids []struct{ ID json.RawMessage }
	number := func(id *int64, raw json.RawMessage) {
		text := strings.Trim(string(raw), `"`)
		n, err := strconv.ParseInt(text, 10, 64)
		if f, err2 := strconv.ParseFloat(text, 64); err != nil && err2 == nil && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			n, err = int64(f), nil
		}
		if err == nil && *id == 0 {
			*id = n
		}
	}
	switch v := v.(type) {
	case *Agent:
		_ = json.Unmarshal(body, &id)
		number(&v.ID, id.ID)
	case *Token:
		_ = json.Unmarshal(body, &id)
		number(&v.ID, id.ID)
	case *[]Agent:
		_ = json.Unmarshal(body, &ids)
		for i := range min(len(ids), len(*v)) {
			number(&(*v)[i].ID, ids[i].ID)
		}
	case *[]Token:
		_ = json.Unmarshal(body, &ids)
		for i := range min(len(ids), len(*v)) {
			number(&(*v)[i].ID, ids[i].ID)
		}
	}
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
func Object(body []byte) map[string]any {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var v map[string]any
	if decoder.Decode(&v) != nil {
		return nil
	}
	return v
}

// Element is the object with that id in a body that is a list; nil if there is none.
func Element(body []byte, id int64) map[string]any {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var list []map[string]any
	if decoder.Decode(&list) != nil {
		return nil
	}
	for _, v := range list {
		if v["id"] == json.Number(strconv.FormatInt(id, 10)) {
			return v
		}
	}
	return nil
}

// ReadAgent reads a body that is an agent, as far as its properties have the right types.
func ReadAgent(body []byte) Agent { return unmarshal[Agent](body) }

// ReadAgents reads a body that is a list of agents, likewise.
func ReadAgents(body []byte) []Agent { return unmarshal[[]Agent](body) }
