package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

var agentReadsBack = Rule{
	ID:         "agents/read-back-equal",
	Sentence:   "An agent reads back as it was created, alone and in the list.",
	Source:     agentEntity,
	Operations: showAgents,
	Probe: func(p *Probe) {
		made := p.agent()
		var one, list *Exchange
		p.Together(
			func(p *Probe) { one = p.Do(Maintainer, "GET", p.run.agentPath(made.ID)) },
			func(p *Probe) { list = p.findAgent(made.ID) },
		)
		if !p.Want(one, 200) {
			return
		}
		single := object(one.Response.Body)
		if list == nil {
			p.Violation(one, "", fmt.Sprintf("agent %d in the list of the project's agents", made.ID), "a list without it")
			return
		}
		listed := element(list.Response.Body, made.ID)
		if made.made != nil {
			p.wantEqual(one, single, object(made.made.Response.Body), "as it was created")
		}
		p.wantEqual(list, listed, single, "as it is read alone")
	},
}

// findAgent is the page of the list that has an agent; nil if none has.
func (p *Probe) findAgent(id int64) *Exchange {
	for page := 1; page <= 200; page++ {
		x := p.Do(Maintainer, "GET", fmt.Sprintf("%s?per_page=100&page=%d", p.run.agents(), page))
		if slices.ContainsFunc(x.Agents(), func(a Agent) bool { return a.ID == id }) {
			return x
		}
		if len(x.Agents()) < 100 {
			return nil
		}
	}
	return nil
}

var tokenReadsBack = Rule{
	ID:         "tokens/read-back-equal",
	Since:      gitlab(15, 0),
	Sentence:   "A token reads back as it was created, but for its secret; the list leaves out last_used_at too.",
	Source:     docs(docsGetToken),
	Operations: readsTokens,
	Probe: func(p *Probe) {
		agent, token := p.agent(), p.tokens().first
		var one, list *Exchange
		p.Together(
			func(p *Probe) { one = p.Do(Maintainer, "GET", p.run.tokenPath(agent.ID, token.ID)) },
			func(p *Probe) { list = p.Do(Maintainer, "GET", p.run.tokensOf(agent.ID)) },
		)
		if !p.Want(one, 200) || !p.Want(list, 200) {
			return
		}
		single := object(one.Response.Body)
		if token.made != nil {
			want := object(token.made.Response.Body)
			delete(want, "token")
			p.wantEqual(one, single, want, "as it was created")
		}
		listed := element(list.Response.Body, token.ID)
		if listed == nil {
			p.Violation(list, "", fmt.Sprintf("token %d in the list of its agent's tokens", token.ID), "a list without it")
			return
		}
		basic := maps.Clone(single)
		delete(basic, "last_used_at")
		p.wantEqual(list, listed, basic, "as it is read alone")
	},
}

// wantEqual reports each property of got that is not as in want.
func (p *Probe) wantEqual(x *Exchange, got, want map[string]any, as string) {
	for _, name := range slices.Sorted(maps.Keys(want)) {
		value, there := got[name]
		switch {
		case !there:
			p.Violation(x, "/"+name, "the property, "+as, "none")
		case !reflect.DeepEqual(value, want[name]):
			p.Violation(x, "/"+name, shape(want[name])+", "+as, shape(value))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, there := want[name]; !there {
			p.Violation(x, "/"+name, "no such property, "+as, shape(got[name]))
		}
	}
}

// shape says what a value is like, without showing a text that may be other people's or a secret.
func shape(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return "a string of " + size(v)
	case map[string]any:
		return "an object"
	case []any:
		return "an array"
	}
	return fmt.Sprint(v)
}

func object(body []byte) map[string]any {
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.UseNumber()
	var v map[string]any
	if decoder.Decode(&v) != nil {
		return nil
	}
	return v
}

// element is the object with that id in a list.
func element(body []byte, id int64) map[string]any {
	decoder := json.NewDecoder(strings.NewReader(string(body)))
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

// step is a rule about one step of the life of an agent and its tokens.
func step(id string, since Release, sentence, source string, operations []string, want func(p *Probe, l *lifecycle)) Rule {
	return Rule{
		ID: id, Since: since, Sentence: sentence, Source: source, Operations: operations,
		Needs: Needs{Writes: true},
		Probe: func(p *Probe) { want(p, p.lifecycle()) },
	}
}

// reached ends the probe if the life did not come to that step.
func (p *Probe) reached(x *Exchange) *Exchange {
	if x == nil {
		p.give(Inconclusive, "an earlier step of the agent's life went wrong")
	}
	return x
}

var formAccepted = step("parameters/form", Release{},
	"Parameters may come as a form.", rootAPI, []string{"createAgent"},
	func(p *Probe, l *lifecycle) { p.Want(l.created, 201) })

var numberBecomesText = step("parameters/number-becomes-text", gitlab(15, 0),
	"A name that is a number or a boolean becomes text.", tokensAPI, []string{"createAgentToken"},
	func(p *Probe, l *lifecycle) {
		if l.other == nil {
			p.reached(nil)
		}
		if l.token.Name != "123" {
			p.Violation(l.token.made, "/name", `"123"`, quoted(clip(l.token.Name)))
		}
		if l.other.Name != "true" {
			p.Violation(l.other.made, "/name", `"true"`, quoted(clip(l.other.Name)))
		}
	})

// until is a rule that no longer holds from a release on.
func until(release Release, rule Rule) Rule {
	rule.Until = release
	return rule
}

func refusedToken(id, what, sentence string, want func(p *Probe, x *Exchange)) Rule {
	return step(id, gitlab(15, 0), sentence, tokenModel, []string{"createAgentToken"}, func(p *Probe, l *lifecycle) {
		want(p, p.reached(l.refused[what]))
	})
}

var (
	tokenNameMissing = refusedToken("tokens/name-required", "missing", "A token without a name is refused.",
		func(p *Probe, x *Exchange) { p.WantError(x, 400, "name is missing") })
	tokenNameBlank = refusedToken("tokens/name-not-blank", "blank", "A token with an empty name is refused.",
		func(p *Probe, x *Exchange) { p.wantRefused(x) })
	tokenNameNull = refusedToken("tokens/name-not-null", "null", "A token whose name is null is refused.",
		func(p *Probe, x *Exchange) { p.wantRefused(x) })
	tokenNameLong = refusedToken("tokens/name-at-most-255", "long", "A token with a name of 256 characters is refused.",
		func(p *Probe, x *Exchange) { p.wantRefused(x) })
	tokenDescriptionLong = refusedToken("tokens/description-at-most-1024", "description", "A token with a description of 1025 characters is refused.",
		func(p *Probe, x *Exchange) { p.wantRefused(x) })
	tokenNameArray = refusedToken("tokens/name-is-text", "array", "A token whose name is an array is refused.",
		func(p *Probe, x *Exchange) { p.WantError(x, 400, "name is invalid") })
)

// wantRefused is what a model rule answers. The words follow the caller's language, so only their form is judged.
func (p *Probe) wantRefused(x *Exchange) bool {
	if !p.Want(x, 400) {
		return false
	}
	if f, ok := x.failure(); !ok || f.Message == nil {
		p.Violation(x, "/message", `message "400 Bad request - …"`, f.said())
		return false
	}
	return true
}

var revokes = step("tokens/revoke", gitlab(15, 0),
	"Revoking a token is answered with 204, whatever If-Unmodified-Since says.", docs(docsRevokeToken), []string{"revokeAgentToken"},
	func(p *Probe, l *lifecycle) { p.Want(p.reached(l.revoked), 204) })

var revokesAgain = step("tokens/revoke-is-idempotent", gitlab(15, 0),
	"Revoking a revoked token is answered with 204.", tokensAPI, []string{"revokeAgentToken"},
	func(p *Probe, l *lifecycle) {
		if p.reached(l.revoked).Status() != 204 {
			p.reached(nil)
		}
		p.Want(p.reached(l.again), 204)
	})

var revokedGone = step("tokens/revoked-is-404", gitlab(16, 0),
	"Reading a revoked token is answered with 404.", docs(docsGetToken), []string{"getAgentToken"},
	func(p *Probe, l *lifecycle) {
		if p.reached(l.revoked).Status() != 204 {
			p.reached(nil)
		}
		p.WantMessage(p.reached(l.readRevoked), 404, "404 Not found")
	})

var revokedShown = until(gitlab(16, 0), step("tokens/revoked-is-shown", gitlab(15, 0),
	"Before 16.0 a revoked token is read and listed as revoked.", tokensAPI, readsTokens,
	func(p *Probe, l *lifecycle) {
		p.Want(p.reached(l.readRevoked), 200)
		if x := p.reached(l.listRevoked); p.Want(x, 200) && !slices.ContainsFunc(x.Tokens(), func(t Token) bool { return t.ID == l.token.ID }) {
			p.Violation(x, "", fmt.Sprintf("token %d, revoked", l.token.ID), "a list without it")
		}
	}))

var revokeFreesSlot = step("token-limit/revoke-frees-one", gitlab(15, 0),
	"Once a token is revoked another can be created.", docs(docsCreateToken), []string{"createAgentToken"},
	func(p *Probe, l *lifecycle) {
		if p.reached(l.revoked).Status() != 204 {
			p.reached(nil)
		}
		p.Want(p.reached(l.another), 201)
	})

var staleDelete = step("conditional/if-unmodified-since", Release{},
	"An agent that changed after If-Unmodified-Since is not deleted: 412.", helpersAPI, []string{"deleteAgent"},
	func(p *Probe, l *lifecycle) {
		p.WantMessage(l.stale, 412, "412 Precondition Failed")
		if l.stale.Status() == 412 && l.kept.Status() != 200 {
			p.Violation(l.kept, "", "the agent, as it was not deleted", strconv.Itoa(l.kept.Status()))
		}
	})

var agentDelete = step("agents/delete", Release{},
	"Deleting an agent is answered with 204. A date that cannot be read is ignored.", docs(docsDeleteAgent), []string{"deleteAgent"},
	func(p *Probe, l *lifecycle) { p.Want(l.deleted, 204) })

var agentDeleted = step("agents/deleted-is-404", Release{},
	"A deleted agent is not found, and not listed.", docs(docsDeleteAgent), []string{"getAgent", "listAgents", "deleteAgent"},
	func(p *Probe, l *lifecycle) {
		if l.deleted.Status() != 204 {
			p.reached(nil)
		}
		p.WantMessage(l.read, 404, "404 Not found")
		if slices.ContainsFunc(l.list.Agents(), func(a Agent) bool { return a.ID == l.agent.ID }) {
			p.Violation(l.list, "", fmt.Sprintf("no agent %d", l.agent.ID), "a list with it")
		}
		// The second DELETE goes out beside the first read; it can only come to an agent that is gone.
		p.WantMessage(l.deletedAgain, 404, "404 Not found")
	})

var tokensDeleted = step("agents/deleted-with-tokens", gitlab(15, 0),
	"The tokens of a deleted agent are not found.", docs(docsDeleteAgent), readsTokens,
	func(p *Probe, l *lifecycle) {
		if l.deleted.Status() != 204 {
			p.reached(nil)
		}
		p.WantMessage(p.reached(l.readTokens), 404, "404 Not found")
		p.WantMessage(p.reached(l.readToken), 404, "404 Not found")
	})

var twoTokens = Rule{
	ID:         "token-limit/two-are-allowed",
	Since:      gitlab(15, 0),
	Sentence:   "An agent can have two active tokens.",
	Source:     docs(docsCreateToken),
	Operations: []string{"createAgentToken"},
	Needs:      Needs{Writes: true},
	Probe:      func(p *Probe) { p.Want(p.tokens().second.made, 201) },
}

var thirdToken = Rule{
	ID:         "token-limit/third-is-refused",
	Since:      gitlab(16, 2),
	Sentence:   "A third active token is refused: 400.",
	Source:     docs(docsCreateToken),
	Operations: []string{"createAgentToken"},
	Needs:      Needs{Writes: true},
	Probe: func(p *Probe) {
		p.two()
		p.wantRefused(p.Do(Maintainer, "POST", p.run.tokensOf(p.agent().ID), JSON(`{"name":"contract third"}`)))
	},
}

var limitBeforeName = Rule{
	ID:         "token-limit/checked-before-name",
	Level:      Should,
	Since:      gitlab(16, 2),
	Sentence:   "The two-token limit is checked before the name.",
	Source:     tokenCreate,
	Operations: []string{"createAgentToken"},
	Needs:      Needs{Writes: true},
	Probe: func(p *Probe) {
		p.two()
		x := p.Do(Maintainer, "POST", p.run.tokensOf(p.agent().ID), JSON(`{"name":""}`))
		if !p.wantRefused(x) {
			return
		}
		// A model rule's messages are printed as an array, the limit's is not.
		if f, _ := x.failure(); strings.Contains(*f.Message, "[") {
			p.Violation(x, "/message", "what is said of a third token", f.said())
		}
	},
}

var noLimitYet = Rule{
	ID:         "token-limit/none-before-16.1",
	Since:      gitlab(15, 0),
	Until:      gitlab(16, 1),
	Sentence:   "A third active token is accepted.",
	Source:     tokenCreate,
	Operations: []string{"createAgentToken"},
	Needs:      Needs{Writes: true},
	Probe: func(p *Probe) {
		p.two()
		p.Want(p.Do(Maintainer, "POST", p.run.tokensOf(p.agent().ID), JSON(`{"name":"contract third"}`)), 201)
	},
}

var createdByCaller = Rule{
	ID:         "agents/created-by-caller",
	Sentence:   "What is created names its creator, and it is one user for all that one caller creates.",
	Source:     agentEntity,
	Operations: creates,
	Needs:      Needs{Writes: true},
	Probe: func(p *Probe) {
		agent := p.agent()
		switch by := agent.CreatedByUserID; {
		case by == nil:
			p.Violation(agent.made, "/created_by_user_id", "the caller's id", "null")
		case p.run.hasTokens():
			token := p.tokens().first
			if token.CreatedByUserID == nil {
				p.Violation(token.made, "/created_by_user_id", strconv.FormatInt(*by, 10), "null")
			} else if *token.CreatedByUserID != *by {
				p.Violation(token.made, "/created_by_user_id", strconv.FormatInt(*by, 10), strconv.FormatInt(*token.CreatedByUserID, 10))
			}
		}
	},
}
