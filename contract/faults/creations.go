package faults

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// creations are faults of what a create makes.
func creations() []Fault {
	return []Fault{
		{Name: "agent-not-kept", Explains: "Creating an agent answers 201, but none is made.", Rules: ids{"agents/read"}, Change: afterwards(forgetting(createsAgent))},
		{Name: "token-not-kept", Explains: "Creating a token answers 201, but none is made.", Since: v15, Rules: ids{"tokens/read", "tokens/list"}, Change: afterwards(forgetting(createsToken))},
		{Name: "agent-cannot-be-created", Explains: "A maintainer cannot create agents: 403.", Rules: ids{"agents/create"}, Change: answer("createAgent", 201, 403, `{"message":"403 Forbidden"}`)},
		{Name: "token-cannot-be-created", Explains: "A maintainer cannot create tokens: 403.", Since: v15, Rules: ids{"tokens/create"}, Change: decide(fakegitlab.RoleSuffices, on(false, "createAgentToken"))},
		{Name: "agent-in-another-project", Explains: "An agent is created in another project than that of the URL.", Rules: ids{"agents/project-matches-path"}, Change: request(creatingElsewhere),
			Also: ids{"agents/read"}, Because: "the agent is not where it was created"},
		{Name: "agent-named-otherwise", Explains: "An agent is created with another name than the one that was sent.", Rules: ids{"agents/create-keeps-name"}, Change: renameAgent(matching(`^[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?$`, "$0-z"))},
		{Name: "agent-name-truncated", Explains: "Names of agents are cut to 50 characters.", Rules: ids{"agents/create-keeps-name"}, Change: storeAgentName(func(s string) string { return s[:min(50, len(s))] })},
		{Name: "agent-echo-differs", Explains: "The response that creates an agent has another created_at than a read.", Rules: ids{"agents/never-change"},
			Change: edit("created_at", func(s string) string { return s[:len(s)-4] + "999Z" }, "createAgent")},
		{Name: "agent-id-of-another", Explains: "The response that creates an agent shows another agent.", Rules: ids{"agents/id-fresh"}, Change: afterwards(answeringWithAnother),
			Also: ids{"agents/create-keeps-name", "errors/refused-has-no-effect"}, Because: "the agent that was requested is made too"},
		{Name: "create-body-empty", Explains: "The response that creates an agent has no body.", Rules: ids{"document/json"}, Change: raw(func([]byte) []byte { return nil }, "createAgent"),
			Also: ids{"headers/etag", "headers/cache-control"}, Because: "without a body there is no ETag"},
		{Name: "refused-name-created", Explains: "A name with a dot is refused with 400, but the agent is made.", Rules: ids{"errors/refused-has-no-effect"}, Change: around(refusingAfterwards),
			Also: ids{"document/body", "agents/sorted-by-name"}, Because: "the name is shown in lists"},
		{Name: "token-for-another-agent", Explains: "A token is created for another agent than that of the URL.", Since: v15, Rules: ids{"tokens/agent-matches-path"}, Change: inside(misplacingTokens)},
		{Name: "token-named-otherwise", Explains: "Tokens are named after their agent, whatever is sent.", Since: v15, Rules: ids{"tokens/create-keeps-input"},
			Change: storeToken(func(t *fakegitlab.NewToken) { t.Name = fmt.Sprint("agent ", t.AgentID) })},
		{Name: "token-id-reused", Explains: "The ids of each agent's tokens start at 1.", Since: v15, Rules: ids{"tokens/never-change"}, Change: around(countingTokens),
			Also:    ids{"tokens/id-fresh", "tokens/revoked-not-listed", "tokens/revoked-not-readable"},
			Because: "two tokens look like one, and if one is revoked, the other seems to be"},
		{Name: "token-id-again", Explains: "A new token gets the id of the token that was revoked last.", Since: v15, Rules: ids{"tokens/id-fresh"}, Change: inside(reusingTokenIDs),
			Also:    ids{"tokens/never-change", "tokens/revoked-not-listed", "tokens/revoked-not-readable", "tokens/revoke-is-idempotent"},
			Because: "the new token looks like the revoked one"},
		{Name: "token-for-the-agent-in-the-body", Explains: "A token is created for the agent that the body names.", Since: v15, Rules: ids{"tokens/agent-matches-path", "tokens/unknown-in-body-are-ignored"}, Change: request(obeyingAgentID)},
		{Name: "receptive-by-request", Explains: "The request that creates an agent can make it receptive.", Since: v17_4, Edition: "ee", Rules: ids{"parameters/unknown-in-body-are-ignored"}, Change: echoing(createsAgent, "is_receptive")},
		{Name: "token-created-revoked", Explains: "A new token says that it is revoked.", Since: v15, Rules: ids{"tokens/create-is-active-and-unused"}, Change: set("status", "revoked", "createAgentToken"),
			Also: ids{"tokens/only-active-shown", "tokens/read-back-equal"}, Because: "no token is shown as revoked"},
		{Name: "token-created-used", Explains: "A new token says that it was used.", Since: v15, Rules: ids{"tokens/create-is-active-and-unused"}, Change: set("last_used_at", "2024-01-02T03:04:05.678Z", "createAgentToken"),
			Also: ids{"tokens/read-back-equal"}, Because: "a read differs"},
		{Name: "creator-null", Explains: "The creator of an agent is null.", Rules: ids{"agents/created-by-caller"}, Change: set("created_by_user_id", nil, showsAgents...)},
		{Name: "creator-of-token-null", Explains: "The creator of a token is null.", Since: v15, Rules: ids{"agents/created-by-caller"}, Change: set("created_by_user_id", nil, showsTokens...)},
		{Name: "creator-another", Explains: "User 1 is the creator of everything.", Rules: ids{"agents/created-by-caller"}, Change: set("created_by_user_id", 1, shows...)},
		{Name: "created-in-local-time", Explains: "created_at is local time that is marked as UTC.", Rules: ids{"agents/created-at-is-now"}, Change: edit("created_at", nineHoursLater, shows...)},
	}
}

// storeAgentName changes the names of agents that are about to be stored.
func storeAgentName(change func(string) string) Change {
	return inside(func() *fakegitlab.Deviation {
		return &fakegitlab.Deviation{NewAgent: func(a *fakegitlab.NewAgent) { a.Name = change(a.Name) }}
	})
}

// echoing shows a property of the input in the response that creates an agent or a token.
func echoing(of func(r *http.Request) bool, property string) Change {
	return handle(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		if !of(r) {
			next.ServeHTTP(w, r)
			return
		}
		value := input(r)[property]
		a := ask(next, r)
		if value != nil && a.status == 201 {
			a.edit(func(o object) { o[property] = value })
		}
		a.send(w, r)
	})
}

// forgetting removes at once what was created.
func forgetting(of func(r *http.Request) bool) func(next http.Handler, r *http.Request, a *reply) {
	return func(next http.Handler, r *http.Request, a *reply) {
		if of(r) && a.status == 201 {
			for _, created := range a.objects() {
				more(next, r, http.MethodDelete, r.URL.EscapedPath()+"/"+fmt.Sprint(created["id"]), "")
			}
		}
	}
}

// creatingElsewhere creates the agents of the first project in the second.
func creatingElsewhere(r *http.Request) *http.Request {
	if p, _ := placeOf(r.URL); createsAgent(r) && p.inFirst() {
		p.project = secondPath
		moveTo(r, p.agents())
	}
	return r
}

// answeringWithAnother answers a create with the first agent of the list.
func answeringWithAnother(next http.Handler, r *http.Request, a *reply) {
	if createsAgent(r) && a.status == 201 {
		a.body = marshal(read(next, r, r.URL.EscapedPath()).objects()[0])
	}
}

// misplacingTokens gives a token to the agent that got the last one, if that is another.
func misplacingTokens() *fakegitlab.Deviation {
	var mu sync.Mutex
	var last int64
	return &fakegitlab.Deviation{NewToken: func(t *fakegitlab.NewToken) {
		mu.Lock()
		defer mu.Unlock()
		if last != 0 {
			t.AgentID, last = last, t.AgentID
		} else {
			last = t.AgentID
		}
	}}
}

// countingTokens shows the tokens of each agent with ids from 1 on.
func countingTokens(next http.Handler) http.Handler {
	c := &tokenCounter{tokens: make(map[string][]string)}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, ok := placeOf(r.URL)
		if !ok || !p.tokens {
			next.ServeHTTP(w, r)
			return
		}
		if id := c.stored(p.agent, number(p.token)); id != "" {
			r = r.Clone(r.Context())
			moveTo(r, p.agentTokens()+"/"+id)
		}
		a := ask(next, r)
		if a.status == 200 || a.status == 201 {
			a.edit(func(o object) { o["id"] = c.shown(p.agent, fmt.Sprint(o["id"])) })
		}
		a.send(w, r)
	})
}

// tokenCounter knows which token of the fake has which id of its agent.
type tokenCounter struct {
	mu     sync.Mutex
	tokens map[string][]string // the ids of each agent's tokens in the fake, by the agent's id
}

func (c *tokenCounter) shown(agent, id string) json.Number {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := slices.Index(c.tokens[agent], id)
	if at < 0 {
		at = len(c.tokens[agent])
		c.tokens[agent] = append(c.tokens[agent], id)
	}
	return json.Number(strconv.Itoa(at + 1))
}

func (c *tokenCounter) stored(agent string, at int64) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at < 1 || at > int64(len(c.tokens[agent])) {
		return ""
	}
	return c.tokens[agent][at-1]
}

// refusingAfterwards makes agents whose names have dots, and says that it did not.
func refusingAfterwards(next http.Handler) http.Handler {
	hasDot := func(name any) bool { return strings.Contains(text(name), ".") }
	accepted := acceptName(hasDot).Around(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		dotted := createsAgent(r) && hasDot(input(r)["name"])
		a := ask(accepted, r)
		if dotted && a.status == 201 {
			a = refusal(400, `{"message":"400 Bad request - [\"Name can contain only lowercase letters, digits, and '-', but cannot start or end with '-'\"]"}`)
		}
		a.send(w, r)
	})
}

// reusingTokenIDs gives a new token the id of the token that was revoked last.
func reusingTokenIDs() *fakegitlab.Deviation {
	free := &freeIDs{}
	return &fakegitlab.Deviation{
		Rewrite: func(r *http.Request, d *fakegitlab.ResponseDraft) {
			if p, _ := placeOf(r.URL); d.Operation == "revokeAgentToken" && d.Status == 204 {
				free.put(number(p.token))
			}
		},
		NewToken: func(t *fakegitlab.NewToken) { t.ID = free.take(t.ID) },
	}
}

// obeyingAgentID creates a token for the agent that the body names.
func obeyingAgentID(r *http.Request) *http.Request {
	if createsToken(r) {
		if id, ok := input(r)["agent_id"].(float64); ok {
			p, _ := placeOf(r.URL)
			p.agent = fmt.Sprintf("%.0f", id)
			moveTo(r, p.agentTokens())
		}
	}
	return r
}

func nineHoursLater(s string) string {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return s
	}
	return t.Add(9 * time.Hour).Format(timeLayout)
}

// timeLayout is how GitLab writes times.
const timeLayout = "2006-01-02T15:04:05.000Z07:00"
