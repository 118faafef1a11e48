package faults

import (
	"net/http"
	"strings"
	"sync"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// limits are faults with how many tokens an agent may have.
func limits() []Fault {
	since15, since16_2 := fakegitlab.Release{Major: 15}, fakegitlab.Release{Major: 16, Minor: 2}
	const third = "token-limit/third-is-refused"
	return []Fault{
		{
			Name: "third-token-by-form", Explains: "A third token is accepted if it is asked for with a form.", Since: since16_2, Rules: []string{third},
			Deviation: deciding(fakegitlab.LimitReached, func(c fakegitlab.Choice) bool {
				return c.GitLab && !strings.HasPrefix(c.Request.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
			}),
		},
		{
			Name: "third-token-with-description", Explains: "A third token is accepted if it has a description.", Since: since16_2, Rules: []string{third},
			Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				if _, token := creates(r); token && text(input(r)["description"]) == "contract" {
					r.Header.Set("X-Unlimited", "yes")
				}
				next.ServeHTTP(w, r)
			}),
			Deviation: deciding(fakegitlab.LimitReached, func(c fakegitlab.Choice) bool { return c.GitLab && c.Request.Header.Get("X-Unlimited") == "" }),
			Also:      []string{"token-limit/checked-before-name"}, Because: "there are more tokens than may be",
		},
		{
			Name: "third-token-accepted", Explains: "A third active token is accepted.", Since: since16_2,
			Rules: []string{third}, Deviation: deciding(fakegitlab.LimitReached, never),
			Also: []string{"token-limit/checked-before-name"}, Because: "without a limit only the name is checked",
		},
		{
			Name: "third-token-replaces", Explains: "A third token is accepted, and revokes the oldest.", Since: since16_2,
			Rules: []string{third}, Wrap: around(replacingTokens),
			Also: []string{"pagination/token-pages"}, Because: "a token of the run's is gone",
		},
		{
			Name: "third-token-409", Explains: "A third token is refused with 409.", Since: since16_2,
			Rules: []string{third}, Deviation: limitAnswering(409, `{"message":"409 Conflict"}`),
			Also: []string{"token-limit/checked-before-name"}, Because: "it is the same refusal",
		},
		{
			Name: "third-token-422", Explains: "A third token is refused with 422.", Since: since16_2,
			Rules: []string{third, "document/status"}, Deviation: limitAnswering(422, `{"message":"422 Unprocessable Entity"}`),
			Also: []string{"token-limit/checked-before-name"}, Because: "it is the same refusal",
		},
		{
			Name: "third-token-without-secret", Explains: "A third token is answered with 201, but no token is made.", Since: since16_2,
			Rules: []string{third, "document/body"}, Deviation: limitAnswering(201, `{}`),
			Also: []string{"token-limit/checked-before-name", "tokens/limits-enforced"}, Because: "it is the same answer",
		},
		{
			Name: "third-token-refused-but-made", Explains: "A third token is refused with 400, and made all the same.", Since: since16_2,
			Rules: []string{third}, Deviation: refusingThird,
			Also: []string{"token-limit/checked-before-name", "errors/refused-has-no-effect"}, Because: "it is made before, and listed",
		},
		{
			Name: "limit-in-15", Explains: "The limit is there before 16.1.", Since: since15, Until: fakegitlab.Release{Major: 16, Minor: 1},
			Rules: []string{"token-limit/none-before-16.1"}, Deviation: func() *fakegitlab.Deviation {
				return &fakegitlab.Deviation{Features: func(f *fakegitlab.Features) { f.TokenLimit = 2 }}
			},
		},
		{
			Name: "second-token-refused", Explains: "An agent can have one token only.", Since: since15,
			Rules: []string{"token-limit/two-are-allowed"}, Deviation: func() *fakegitlab.Deviation {
				return &fakegitlab.Deviation{Features: func(f *fakegitlab.Features) { f.TokenLimit = 1 }}
			},
		},
		{
			Name: "limit-counts-revoked", Explains: "Revoked tokens count towards the limit.", Since: since16_2,
			Rules: []string{"token-limit/revoke-frees-one"}, Deviation: countingForEver,
		},
		{
			Name: "limit-after-name", Explains: "The name is checked before the limit.", Since: since16_2,
			Rules: []string{"token-limit/checked-before-name", "errors/create-token-for-unknown-agent"},
			Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				if _, token := creates(r); token && input(r)["name"] == "" {
					refusal(400, `{"message":"400 Bad request - [\"Name can't be blank\"]"}`).send(w, r)
					return
				}
				next.ServeHTTP(w, r)
			}),
		},
		{
			Name: "limit-under-error", Explains: "The text about a third token stands under error, not message.", Since: since16_2,
			Rules: []string{"errors/key"}, Deviation: limitAnswering(400, `{"error":"400 Bad request - An agent can have only two active tokens at a time"}`),
		},
	}
}

// limitAnswering answers a third token otherwise.
func limitAnswering(status int, body string) func() *fakegitlab.Deviation {
	return instead(says("only two active tokens"), status, body)
}

// countingForEver lets two tokens be created for each agent, and never another.
func countingForEver() *fakegitlab.Deviation {
	var mu sync.Mutex
	made := make(map[string]int) // by the agent's id
	return &fakegitlab.Deviation{
		Decide: func(c fakegitlab.Choice) bool {
			if c.Point != fakegitlab.LimitReached {
				return c.GitLab
			}
			p, _ := placeOf(c.Request.URL)
			mu.Lock()
			defer mu.Unlock()
			return made[p.agent] >= 2
		},
		Rewrite: func(r *http.Request, d *fakegitlab.ResponseDraft) {
			if p, _ := placeOf(r.URL); d.Operation == "createAgentToken" && d.Status == 201 {
				mu.Lock()
				defer mu.Unlock()
				made[p.agent]++
			}
		},
	}
}

// replacingTokens revokes an agent's oldest token when there are two and a third is asked for.
func replacingTokens(next http.Handler, w http.ResponseWriter, r *http.Request) {
	if _, token := creates(r); token {
		p, _ := placeOf(r.URL)
		if name, _ := input(r)["name"].(string); name != "" {
			if there := ids(more(next, r, http.MethodGet, p.agentTokens(), "").body); len(there) >= 2 {
				more(next, r, http.MethodDelete, p.agentTokens()+"/"+there[0], "")
			}
		}
	}
	next.ServeHTTP(w, r)
}

// refusingThird makes tokens without limit, and says of each beyond the second that it was refused.
func refusingThird() *fakegitlab.Deviation {
	var beyond sync.Map // requests for one more than there may be
	return &fakegitlab.Deviation{
		Decide: func(c fakegitlab.Choice) bool {
			if c.Point != fakegitlab.LimitReached {
				return c.GitLab
			}
			if c.GitLab {
				beyond.Store(c.Request, true)
			}
			return false
		},
		Rewrite: func(r *http.Request, d *fakegitlab.ResponseDraft) {
			if _, refused := beyond.LoadAndDelete(r); refused && d.Status == 201 {
				replace(d, 400, `{"message":"400 Bad request - An agent can have only two active tokens at a time"}`)
			}
		},
	}
}
