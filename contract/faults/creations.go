package faults

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// creations are faults with what a create makes.
func creations() []Fault {
	since15 := fakegitlab.Release{Major: 15}
	return []Fault{
		{
			Name: "agent-not-kept", Explains: "Creating an agent answers 201, but none is made.",
			Rules: []string{"agents/read"}, Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				forgetting(next, w, r, false)
			}),
		},
		{
			Name: "token-not-kept", Explains: "Creating a token answers 201, but none is made.", Since: since15,
			Rules: []string{"tokens/read", "tokens/list"}, Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				forgetting(next, w, r, true)
			}),
		},
		{
			Name: "agent-cannot-be-created", Explains: "A maintainer may create no agent: 403.",
			Rules: []string{"agents/create"}, Deviation: answering("createAgent", 201, 403, `{"message":"403 Forbidden"}`),
		},
		{
			Name: "token-cannot-be-created", Explains: "A maintainer may create no token: 403.", Since: since15,
			Rules: []string{"tokens/create"}, Deviation: deciding(fakegitlab.RoleSuffices, on(false, "createAgentToken")),
		},
		{
			Name: "agent-in-another-project", Explains: "An agent is created in another project than that of the URL.",
			Rules: []string{"agents/project-matches-path"}, Wrap: around(creatingElsewhere),
			Also: []string{"agents/read"}, Because: "it is not where it was asked for",
		},
		{
			Name: "agent-named-otherwise", Explains: "An agent is created with another name than the one that was sent.",
			Rules: []string{"agents/create-keeps-name"}, Wrap: changingNames(func(s string) string { return regexp.MustCompile("-a$").ReplaceAllString(s, "-z") }),
		},
		{
			Name: "agent-name-truncated", Explains: "Names of agents are cut to 50 characters.",
			Rules: []string{"agents/create-keeps-name"}, Deviation: func() *fakegitlab.Deviation {
				return &fakegitlab.Deviation{NewAgent: func(a *fakegitlab.NewAgent) { a.Name = a.Name[:min(50, len(a.Name))] }}
			},
		},
		{
			Name: "agent-echo-differs", Explains: "The answer that creates an agent says another time of creation than a read.",
			Rules:     []string{"agents/never-change", "agents/read-back-equal"},
			Deviation: eachObject(edit("created_at", func(s string) string { return s[:len(s)-4] + "999Z" }), "createAgent"),
		},
		{
			Name: "agent-id-of-another", Explains: "Creating an agent is answered with one that was there before.",
			Rules: []string{"agents/id-fresh"}, Wrap: answeringWithAnother,
			Also:    []string{"agents/create-keeps-name", "agent-names/free-again", "errors/refused-has-no-effect"},
			Because: "it is not the agent that was asked for, which is there too",
		},
		{
			Name: "create-body-empty", Explains: "The answer that creates an agent has no body.", Rules: []string{"document/json"},
			Deviation: rewriting(func(_ *http.Request, d *fakegitlab.ResponseDraft) {
				if d.Status == 201 {
					d.Body = nil
				}
			}, "createAgent"),
			Also: []string{"headers/etag", "headers/cache-control"}, Because: "without a body there is no entity tag",
		},
		{
			Name: "refused-name-created", Explains: "A name with a dot is refused with 400, and the agent made all the same.",
			Rules: []string{"errors/refused-has-no-effect"}, Wrap: refusingAfterwards,
			Also: []string{"document/body", "agents/sorted-by-name"}, Because: "the name is shown in lists",
		},
		{
			Name: "token-for-another-agent", Explains: "A token is created for another agent than that of the URL.", Since: since15,
			Rules: []string{"tokens/agent-matches-path"}, Deviation: misplacingTokens,
			Also:    []string{"token-limit/two-are-allowed", "token-limit/revoke-frees-one", "tokens/create", "tokens/read"},
			Because: "it is not where it was asked for, and takes a place there",
		},
		{
			Name: "token-named-otherwise", Explains: "Tokens are named after their agent, whatever is sent.", Since: since15,
			Rules: []string{"tokens/create-keeps-input", "parameters/number-becomes-text"}, Deviation: newToken(func(t *fakegitlab.NewToken) { t.Name = fmt.Sprint("agent ", t.AgentID) }),
		},
		{
			Name: "token-id-reused", Explains: "The tokens of each agent count from 1.", Since: since15,
			Rules: []string{"tokens/never-change"}, Wrap: countingTokens,
			Also: []string{
				"tokens/id-fresh", "tokens/revoked-not-listed", "tokens/revoked-not-readable", "errors/token-of-another-agent",
				"token-limit/third-is-refused", "token-limit/checked-before-name", "tokens/read", "tokens/list", "tokens/active-listed",
				"pagination/token-pages", "tokens/read-back-equal", "headers/head",
			},
			Because: "two tokens look like one, and what is revoked of one is gone of the other",
		},
		{
			Name: "token-id-again", Explains: "A new token gets the id of the one that was revoked last.", Since: since15,
			Rules: []string{"tokens/id-fresh"}, Deviation: reusingTokenIDs,
			Also: []string{
				"tokens/never-change", "tokens/revoked-not-listed", "tokens/revoked-not-readable", "tokens/revoked-is-404",
				"tokens/revoke-is-idempotent", "tokens/revoke", "token-limit/third-is-refused", "errors/refused-has-no-effect",
			},
			Because: "what has the id of a revoked token looks like it",
		},
		{
			Name: "token-for-the-agent-in-the-body", Explains: "A token is created for the agent that the body names.", Since: since15,
			Rules: []string{"tokens/agent-matches-path"}, Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				if _, token := creates(r); token {
					if id, ok := input(r)["agent_id"].(float64); ok {
						p, _ := placeOf(r.URL)
						p.agent = fmt.Sprintf("%.0f", id)
						r.URL.RawPath = p.agentTokens()
						r.URL.Path, _ = url.PathUnescape(r.URL.RawPath)
					}
				}
				next.ServeHTTP(w, r)
			}),
		},
		{
			Name: "receptive-by-request", Explains: "Who creates an agent can make it receptive.", Edition: "ee", Since: fakegitlab.Release{Major: 17, Minor: 4},
			Rules: []string{"parameters/unknown-in-body-are-ignored"}, Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				receptive := input(r)["is_receptive"] == true
				a := ask(next, r)
				if agent, _ := creates(r); agent && receptive {
					changed := draft(a)
					editObjects(changed, set("is_receptive", true))
					a.body = changed.Body
				}
				a.send(w, r)
			}),
			Also: []string{"agents/never-change"}, Because: "it is read as it is",
		},
		{
			Name: "token-created-revoked", Explains: "A new token says that it is revoked.", Since: since15,
			Rules: []string{"tokens/create-is-active-and-unused"}, Deviation: eachObject(set("status", "revoked"), "createAgentToken"),
			Also: []string{"tokens/only-active-shown", "tokens/read-back-equal"}, Because: "no token is shown as revoked",
		},
		{
			Name: "token-created-used", Explains: "A new token says that it was used just now.", Since: since15,
			Rules:     []string{"tokens/create-is-active-and-unused"},
			Deviation: eachObject(set("last_used_at", "2024-01-02T03:04:05.678Z"), "createAgentToken"),
			Also:      []string{"tokens/read-back-equal"}, Because: "a read says otherwise",
		},
		{
			Name: "creator-null", Explains: "It is not said who created an agent.",
			Rules: []string{"agents/created-by-caller"}, Deviation: eachObject(set("created_by_user_id", nil), showAgents...),
		},
		{
			Name: "creator-of-token-null", Explains: "It is not said who created a token.", Since: since15,
			Rules: []string{"agents/created-by-caller"}, Deviation: eachObject(set("created_by_user_id", nil), showTokens...),
		},
		{
			Name: "creator-another", Explains: "All that is created is the work of user 1.",
			Rules:     []string{"agents/created-by-caller"},
			Deviation: eachObject(set("created_by_user_id", 1), append(showTokens[:3:3], showAgents...)...),
		},
		{
			Name: "created-in-local-time", Explains: "Times of creation are local ones, said to be in UTC.",
			Rules: []string{"agents/created-at-is-now"}, Deviation: shiftingTimes,
		},
	}
}

func newToken(change func(t *fakegitlab.NewToken)) func() *fakegitlab.Deviation {
	return func() *fakegitlab.Deviation { return &fakegitlab.Deviation{NewToken: change} }
}

// forgetting deletes, or revokes, at once what was created.
func forgetting(next http.Handler, w http.ResponseWriter, r *http.Request, tokens bool) {
	agent, token := creates(r)
	a := ask(next, r)
	if a.status == 201 && (agent && !tokens || token && tokens) {
		for _, id := range ids([]byte("[" + string(a.body) + "]")) {
			more(next, r, http.MethodDelete, r.URL.EscapedPath()+"/"+id, "")
		}
	}
	a.send(w, r)
}

// creatingElsewhere creates agents of root/test in root/other.
func creatingElsewhere(next http.Handler, w http.ResponseWriter, r *http.Request) {
	if agent, _ := creates(r); agent && strings.EqualFold(r.URL.EscapedPath(), "/api/v4/projects/root%2Ftest/cluster_agents") {
		r = r.Clone(r.Context())
		r.URL.Path, r.URL.RawPath = "/api/v4/projects/root/other/cluster_agents", "/api/v4/projects/root%2Fother/cluster_agents"
	}
	next.ServeHTTP(w, r)
}

// answeringWithAnother answers a create with the first agent of the list.
func answeringWithAnother(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := ask(next, r)
		if agent, _ := creates(r); agent && a.status == 201 {
			list := more(next, r, http.MethodGet, r.URL.EscapedPath(), "")
			d := draft(list)
			var first object
			editObjects(d, func(o object) {
				if first == nil {
					first = o
				}
			})
			a.body = marshal(first)
		}
		a.send(w, r)
	})
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
	var mu sync.Mutex
	tokens := make(map[string][]string) // the ids of each agent's tokens in the fake, by the agent's id
	shown := func(agent, id string) json.Number {
		mu.Lock()
		defer mu.Unlock()
		at := slices.Index(tokens[agent], id)
		if at < 0 {
			at = len(tokens[agent])
			tokens[agent] = append(tokens[agent], id)
		}
		return json.Number(strconv.Itoa(at + 1))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, ok := placeOf(r.URL)
		if !ok || !p.tokens {
			next.ServeHTTP(w, r)
			return
		}
		mu.Lock()
		if at := number(p.token); at > 0 && at <= int64(len(tokens[p.agent])) {
			r = r.Clone(r.Context())
			r.URL.Path = strings.TrimSuffix(r.URL.Path, p.token) + tokens[p.agent][at-1]
			r.URL.RawPath = strings.TrimSuffix(r.URL.RawPath, p.token) + tokens[p.agent][at-1]
		}
		mu.Unlock()
		a := ask(next, r)
		if a.status == 200 || a.status == 201 {
			d := draft(a)
			editObjects(d, func(o object) {
				if id, ok := o["id"].(json.Number); ok {
					o["id"] = shown(p.agent, id.String())
				}
			})
			a.body = d.Body
		}
		a.send(w, r)
	})
}

// refusingAfterwards makes agents whose names have dots, and says that it did not.
func refusingAfterwards(next http.Handler) http.Handler {
	accepted := accepting(func(name any) bool { return strings.Contains(text(name), ".") })(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		agent, _ := creates(r)
		dotted := agent && strings.Contains(text(input(r)["name"]), ".")
		a := ask(accepted, r)
		if dotted && a.status == 201 {
			a = refusal(400, `{"message":"400 Bad request - [\"Name can contain only lowercase letters, digits, and '-', but cannot start or end with '-'\"]"}`)
		}
		a.send(w, r)
	})
}

// shiftingTimes shows all times of creation nine hours late.
func shiftingTimes() *fakegitlab.Deviation {
	late := edit("created_at", func(s string) string {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return s
		}
		return t.Add(9 * time.Hour).Format("2006-01-02T15:04:05.000Z07:00")
	})
	return eachObject(late, append(showTokens[:3:3], showAgents...)...)()
}

// reusingTokenIDs gives a new token the id of the one that was revoked last.
func reusingTokenIDs() *fakegitlab.Deviation {
	var mu sync.Mutex
	var free []int64
	return &fakegitlab.Deviation{
		Rewrite: func(r *http.Request, d *fakegitlab.ResponseDraft) {
			p, _ := placeOf(r.URL)
			mu.Lock()
			defer mu.Unlock()
			if id := number(p.token); d.Operation == "revokeAgentToken" && d.Status == 204 && !slices.Contains(free, id) {
				free = append(free, id)
			}
		},
		NewToken: func(t *fakegitlab.NewToken) {
			mu.Lock()
			defer mu.Unlock()
			if n := len(free); n > 0 {
				t.ID, free = free[n-1], free[:n-1]
			}
		},
	}
}
