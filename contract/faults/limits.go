package faults

import (
	"net/http"
	"sync"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// limits are faults of how many tokens an agent may have.
func limits() []Fault {
	const third, name = "token-limit/third-is-refused", "token-limit/checked-before-name"
	limitError := says("only two active tokens")
	return []Fault{
		{Name: "third-token-by-form", Explains: "A third token is accepted if it is requested with a form.", Since: v16_2, Rules: ids{third}, Change: noFor(fakegitlab.LimitReached, hasType(formType))},
		{Name: "third-token-with-description", Explains: "A third token is accepted if it has a description.", Since: v16_2, Rules: ids{third}, Change: unlimitedWithDescription()},
		{Name: "third-token-accepted", Explains: "A third active token is accepted.", Since: v16_2, Rules: ids{third}, Change: decide(fakegitlab.LimitReached, never)},
		{Name: "third-token-replaces", Explains: "A third token is accepted, and revokes the oldest.", Since: v16_2, Rules: ids{third}, Change: handle(replacingTokens)},
		{Name: "third-token-409", Explains: "A third token is refused with 409.", Since: v16_2, Rules: ids{third}, Change: answerWhen(limitError, 409, `{"message":"409 Conflict"}`)},
		{Name: "third-token-422", Explains: "A third token is refused with 422.", Since: v16_2, Rules: ids{third, "document/status"}, Change: answerWhen(limitError, 422, `{"message":"422 Unprocessable Entity"}`)},
		{Name: "third-token-without-secret", Explains: "A third token is answered with 201, but no token is made.", Since: v16_2, Rules: ids{third, "document/body"}, Change: answerWhen(limitError, 201, `{}`),
			Also: ids{"tokens/limits-enforced"}, Because: "it is the same response"},
		{Name: "third-token-refused-but-made", Explains: "A third token is refused with 400, but made.", Since: v16_2, Rules: ids{third},
			Change: despite(fakegitlab.LimitReached, yes, replaceSuccess(400, `{"message":"400 Bad request - An agent can have only two active tokens at a time"}`)),
			Also:   ids{name}, Because: "the token is made, and listed"},
		{Name: "limit-in-15", Explains: "The limit exists before 16.1.", Since: v15, Until: v16_1, Rules: ids{"token-limit/none-before-16.1"}, Change: features(func(f *fakegitlab.Features) { f.TokenLimit = 2 })},
		{Name: "second-token-refused", Explains: "An agent can have one token only.", Since: v15, Rules: ids{"token-limit/two-are-allowed"}, Change: features(func(f *fakegitlab.Features) { f.TokenLimit = 1 })},
		{Name: "limit-counts-revoked", Explains: "Revoked tokens count towards the limit.", Since: v16_2, Rules: ids{"token-limit/revoke-frees-one"}, Change: inside(countingForever)},
		{Name: "limit-after-name", Explains: "The name is checked before the limit.", Since: v16_2, Rules: ids{name, "errors/create-token-for-unknown-agent"},
			Change: refuse(all(createsToken, sends(nameIs(""))), 400, `{"message":"400 Bad request - [\"Name can't be blank\"]"}`)},
		{Name: "limit-under-error", Explains: "The text about a third token is under error instead of message.", Since: v16_2, Rules: ids{"errors/key"}, Change: answerWhen(limitError, 400, `{"error":"400 Bad request - An agent can have only two active tokens at a time"}`)},
	}
}

// nameIs is input whose name has a value.
func nameIs(value any) func(o object) bool {
	return func(o object) bool { name, there := o["name"]; return there && name == value }
}

func unlimitedWithDescription() Change {
	return both(
		request(func(r *http.Request) *http.Request {
			if createsToken(r) && text(input(r)["description"]) != "" {
				return mark(r)
			}
			return r
		}),
		noFor(fakegitlab.LimitReached, marked),
	)
}

// countingForever lets two tokens be created for each agent, and never another.
func countingForever() *fakegitlab.Deviation {
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

// replacingTokens revokes an agent's oldest token when there are two and a third is requested.
func replacingTokens(next http.Handler, w http.ResponseWriter, r *http.Request) {
	if createsToken(r) && text(input(r)["name"]) != "" {
		p, _ := placeOf(r.URL)
		if there := idsIn(read(next, r, p.agentTokens()).body); len(there) >= 2 {
			more(next, r, http.MethodDelete, p.agentTokens()+"/"+there[0], "")
		}
	}
	next.ServeHTTP(w, r)
}
