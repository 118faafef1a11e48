package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

var agentCreate = Rule{
	ID:         "agents/create",
	Sentence:   "Creating an agent is answered with 201.",
	Source:     docs(docsCreateAgent),
	Operations: []string{"createAgent"},
	Needs:      Needs{Writes: true},
	Probe:      func(p *Probe) { p.Want(p.firstAgent().made, 201) },
}

var agentRead = Rule{
	ID:         "agents/read",
	Sentence:   "An agent that was created can be read at once: 200.",
	Source:     docs(docsGetAgent),
	Operations: []string{"getAgent"},
	Probe: func(p *Probe) {
		a := p.firstAgent()
		if a.read == nil {
			p.give(Inconclusive, a.why)
		}
		p.Want(a.read, 200)
	},
}

var agentList = Rule{
	ID:         "agents/list",
	Sentence:   "An agent that was created is in the list of its project's agents: 200.",
	Source:     docs(docsListAgents),
	Operations: []string{"listAgents"},
	Probe: func(p *Probe) {
		l := p.listed()
		if p.wantSound(l.first) && l.page == nil {
			p.Violation(l.first, "", fmt.Sprintf("agent %d in the list of the project's agents", p.agent().ID), "a list without it")
		}
	},
}

var agentReadsBack = Rule{
	ID:         "agents/read-back-equal",
	Sentence:   "An agent reads back as it was created, alone and in the list.",
	Source:     agentEntity,
	Operations: showAgents,
	Probe: func(p *Probe) {
		a := p.readable()
		if a.made != nil {
			p.wantEqual(a.read, object(a.read.Response.Body), a.made, object(a.made.Response.Body), "as it was created")
		}
		if page := p.listed().page; page != nil {
			p.wantEqual(page, element(page.Response.Body, a.ID), a.read, object(a.read.Response.Body), "as it is read alone")
		}
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

var tokenCreate = Rule{
	ID:         "tokens/create",
	Since:      gitlab(15, 0),
	Sentence:   "Creating a token is answered with 201.",
	Source:     docs(docsCreateToken),
	Operations: []string{"createAgentToken"},
	Needs:      Needs{Writes: true},
	Probe:      func(p *Probe) { p.Want(p.firstTokens().first.made, 201) },
}

var tokenRead = Rule{
	ID:         "tokens/read",
	Since:      gitlab(15, 0),
	Sentence:   "A token that was created can be read at once: 200.",
	Source:     docs(docsGetToken),
	Operations: []string{"getAgentToken"},
	Probe:      func(p *Probe) { p.Want(p.tokensShown().read, 200) },
}

var tokenList = Rule{
	ID:         "tokens/list",
	Since:      gitlab(15, 0),
	Sentence:   "The tokens that were created are in the list of their agent's tokens: 200.",
	Source:     docs(docsListTokens),
	Operations: []string{"listAgentTokens"},
	Probe: func(p *Probe) {
		list, pair := p.tokensShown().list, p.tokens()
		if !p.wantSound(list) {
			return
		}
		for _, t := range []*ownToken{pair.first, pair.second} {
			if t.Token != nil && !slices.ContainsFunc(list.Tokens(), func(is Token) bool { return is.ID == t.ID }) {
				p.Violation(list, "", fmt.Sprintf("token %d in the list of its agent's tokens", t.ID), "a list without it")
			}
		}
	},
}

var noTokens = Rule{
	ID:         "tokens/none-is-an-empty-list",
	Since:      gitlab(15, 0),
	Sentence:   "The tokens of an agent that has none are an empty list.",
	Source:     docs(docsListTokens),
	Operations: []string{"listAgentTokens"},
	Needs:      Needs{Writes: true},
	Probe: func(p *Probe) {
		agent := p.usable(p.fourthAgent())
		x := p.Do(Maintainer, "GET", p.run.tokensOf(agent.ID))
		if shown := p.tokensShown().list; !shown.ok(200) && shown.Status() == x.Status() {
			p.give(Inconclusive, fmt.Sprintf("listing tokens is answered with %d", x.Status()))
		}
		if x.Status() == 404 && p.Do(Maintainer, "GET", p.run.agentPath(agent.ID)).Status() == 404 {
			p.give(Inconclusive, "the agent is not there any more")
		}
		if p.wantSound(x) && strings.TrimSpace(string(x.Response.Body)) != "[]" {
			p.Violation(x, "", "[]", fmt.Sprintf("%d tokens", len(x.Tokens())))
		}
	},
}

var tokenReadsBack = Rule{
	ID:         "tokens/read-back-equal",
	Since:      gitlab(15, 0),
	Sentence:   "A token reads back as it was created, but for its secret; the list leaves out last_used_at too.",
	Source:     docs(docsGetToken),
	Operations: readsTokens,
	Probe: func(p *Probe) {
		token, shown := p.tokens().first, p.tokensShown()
		if !shown.read.ok(200) {
			p.give(Inconclusive, fmt.Sprintf("reading the token is answered with %d", shown.read.Status()))
		}
		single := object(shown.read.Response.Body)
		if token.made != nil {
			want := object(token.made.Response.Body)
			delete(want, "token")
			p.wantEqual(shown.read, single, token.made, want, "as it was created")
		}
		if listed := element(shown.list.Response.Body, token.ID); listed != nil {
			basic := maps.Clone(single)
			delete(basic, "last_used_at")
			p.wantEqual(shown.list, listed, shown.read, basic, "as it is read alone")
		}
	},
}

var readingIsNoUse = step("tokens/reading-is-no-use", gitlab(15, 0),
	"A token is not used by being read: its last_used_at stays null.", tokensAPI, []string{"getAgentToken"},
	func(p *Probe, l *lifecycle) {
		for _, t := range p.tokensShown().read.Tokens() {
			if t.LastUsedAt != nil {
				p.give(Inconclusive, "the token was shown as used when it was read first")
			}
		}
		tested := false
		for _, x := range l.kept {
			if x == nil || x.documentSpokeOf("/last_used_at") {
				continue
			}
			for _, t := range x.Tokens() {
				tested = true
				if t.LastUsedAt != nil {
					p.Violation(x, "/last_used_at", "null, as no agent used the token", quoted(*t.LastUsedAt))
				}
			}
		}
		if !tested {
			p.give(Inconclusive, "no token could be read twice")
		}
	})

// wantEqual reports each property of got, which came in x, that is not as in want, which came in y, unless the document
// has something against it in either.
func (p *Probe) wantEqual(x *Exchange, got map[string]any, y *Exchange, want map[string]any, as string) {
	if got == nil || want == nil {
		return // no object, which is the document's business
	}
	differs := func(name, expected, actual string) {
		for _, e := range []*Exchange{x, y} {
			if e.documentSpokeOf("/"+name) || e.documentSpokeOf("/0/"+name) {
				return
			}
		}
		p.Violation(x, "/"+name, expected, actual)
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		value, there := got[name]
		switch {
		case !there:
			differs(name, "the property, "+as, "none")
		case !reflect.DeepEqual(value, want[name]):
			differs(name, shape(want[name])+", "+as, shape(value))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, there := want[name]; !there {
			differs(name, "no such property, "+as, shape(got[name]))
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

var (
	formAccepted = taken("parameters/form", Must, Release{},
		"Parameters may come as a form.", rootAPI, creates,
		func(p *Probe) { p.secondAgent() }, func(p *Probe) {
			if p.run.hasTokens() {
				p.tokens()
			}
		})
	multipartAccepted = taken("parameters/multipart", Should, gitlab(15, 0),
		"Parameters may come as a multipart form.", rootAPI, []string{"createAgentToken"},
		func(p *Probe) { p.intruders() })
	queryAccepted = taken("parameters/query", Should, gitlab(15, 0),
		"Parameters of a POST may come in the query.", rootAPI, []string{"createAgentToken"},
		func(p *Probe) { p.lifecycle() })
	jsonWithCharset = taken("parameters/json-with-charset", Must, Release{},
		"A JSON body may say that it is in UTF-8.", rootAPI, []string{"createAgent"},
		func(p *Probe) { p.firstAgent() })
	unknownInTokens = taken("tokens/unknown-in-body-are-ignored", Must, gitlab(15, 0),
		"A token's status, secret, creator and last use are not taken from the request.", tokensAPI, []string{"createAgentToken"},
		func(p *Probe) { p.lifecycle() })
	unknownInBody = func() Rule {
		rule := taken("parameters/unknown-in-body-are-ignored", Must, Release{},
			"Parameters in a body that GitLab does not know are ignored: nobody makes a new agent receptive.", agentsAPI, []string{"createAgent"},
			func(p *Probe) { p.fourthAgent() })
		granted := rule.Probe
		rule.Probe = func(p *Probe) {
			granted(p)
			if a := p.fourthAgent(); a.Agent != nil && a.IsReceptive != nil && *a.IsReceptive {
				p.Violation(a.made, "/is_receptive", "false", "true")
			}
		}
		return rule
	}()
	longestName = taken("agent-names/longest-is-accepted", Must, Release{},
		"A name of 63 characters, with two \"-\" in a row, is accepted.", agentModel, []string{"createAgent"},
		func(p *Probe) { p.secondAgent() })
	digitsInName = taken("agent-names/digits-at-ends", Must, Release{},
		"A name may begin and end with a digit.", agentModel, []string{"createAgent"},
		func(p *Probe) { p.fourthAgent() })
	longestToken = taken("tokens/longest-are-accepted", Must, gitlab(15, 0),
		"A name of 255 characters and a description of 1024 are accepted, whatever the characters are, and however many bytes.", tokenModel, []string{"createAgentToken"},
		func(p *Probe) { p.firstTokens() })
	noDescription = taken("tokens/description-may-be-empty", Must, gitlab(15, 0),
		"A token's description may be null, or an empty text.", tokenModel, []string{"createAgentToken"},
		func(p *Probe) { p.lifecycle() })
	namesMayRepeat = taken("tokens/names-may-repeat", Must, gitlab(15, 0),
		"Two tokens of an agent may have the same name.", tokenModel, []string{"createAgentToken"},
		func(p *Probe) { p.lifecycle() })
)

var numberBecomesText = func() Rule {
	rule := taken("parameters/number-becomes-text", Must, gitlab(15, 0),
		"A name that is a number or a boolean becomes text.", tokensAPI, []string{"createAgentToken"},
		func(p *Probe) { p.lifecycle() })
	granted := rule.Probe
	rule.Probe = func(p *Probe) {
		granted(p)
		l := p.lifecycle()
		for text, t := range map[string]*ownToken{"123": l.token, "true": l.other} {
			if t == nil || t.Token == nil {
				continue
			}
			// In a plainer way, another name was sent.
			if sent := t.made.sent("name"); sent.value == text && t.Name != text && !t.made.documentSpokeOf("/name") {
				p.Violation(t.made, "/name", quoted(text), quoted(clip(t.Name)))
			}
		}
	}
	return rule
}()

// until is a rule that no longer holds from a release on.
func until(release Release, rule Rule) Rule {
	rule.Until = release
	return rule
}

func refusedToken(id, what, sentence string, want func(p *Probe, x *Exchange)) Rule {
	return step(id, gitlab(15, 0), sentence, tokenModel, []string{"createAgentToken"}, func(p *Probe, l *lifecycle) {
		x := p.reached(l.refused[what])
		if l.token.Token == nil && l.token.made.Status() == x.Status() {
			p.give(Inconclusive, fmt.Sprintf("a token with which nothing is wrong is refused with %d as well", x.Status()))
		}
		want(p, x)
	})
}

var (
	tokenNameMissing = refusedToken("tokens/name-required", "missing", "A token without a name is refused.",
		func(p *Probe, x *Exchange) { p.WantError(x, 400, "name is missing") })
	tokenNameBlank = refusedToken("tokens/name-not-blank", "blank", "A token whose name is empty, or nothing but spaces of any kind, is refused.",
		func(p *Probe, x *Exchange) {
			if p.wantRefused(x) {
				p.wantRefused(p.reached(p.lifecycle().refused["spaces"]))
			}
		})
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
	if f, _ := x.failure(); f.Message == nil && !x.blamed {
		p.Violation(x, "/message", `message "400 Bad request - …"`, f.said())
		return false
	}
	return true
}

var revokes = step("tokens/revoke", gitlab(15, 0),
	"Revoking a token is answered with 204.", docs(docsRevokeToken), []string{"revokeAgentToken"},
	func(p *Probe, l *lifecycle) {
		p.Want(p.reached(l.revoked), 204)
		if l.revokedLast != nil && !l.lacks(l.revokedLast.AgentID) {
			p.Want(l.revokedLast, 204)
		}
	})

// sure gives the probe up if the token was not revoked, or the agent is lost with it.
func (p *Probe) sure(l *lifecycle) {
	if p.reached(l.revoked).Status() != 204 || l.lost() {
		p.reached(nil)
	}
}

var revokesAgain = step("tokens/revoke-is-idempotent", gitlab(15, 0),
	"Revoking a revoked token is answered with 204, whatever If-Unmodified-Since says.", tokensAPI, []string{"revokeAgentToken"},
	func(p *Probe, l *lifecycle) {
		p.sure(l)
		p.Want(p.reached(l.again), 204)
	})

var revokesOnlyOne = step("tokens/revoke-only-that-one", gitlab(15, 0),
	"Revoking a token leaves its agent and the agent's other tokens as they are.", docs(docsRevokeToken), []string{"revokeAgentToken"},
	func(p *Probe, l *lifecycle) {
		if p.reached(l.revoked).Status() != 204 || !l.shown.ok(200) {
			p.reached(nil)
		}
		if l.otherRead != nil && l.otherRead.Status() == 404 {
			p.Violation(l.otherRead, "", fmt.Sprintf("token %d, as only token %d was revoked", l.other.ID, l.token.ID), "404")
		}
		for _, x := range []*Exchange{l.listRevoked, l.otherRead} {
			if x == nil {
				continue
			}
			x.eachToken(func(t *Token, at string) {
				if t.ID == l.other.ID && t.Status == "revoked" {
					p.Violation(x, at+"/status", fmt.Sprintf(`"active", as only token %d was revoked`, l.token.ID), `"revoked"`)
				}
			})
		}
	})

var revokedGone = step("tokens/revoked-is-404", gitlab(16, 0),
	"Reading a revoked token is answered with 404.", docs(docsGetToken), []string{"getAgentToken"},
	func(p *Probe, l *lifecycle) {
		p.sure(l)
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
		p.sure(l)
		p.Want(p.reached(l.another), 201)
	})

var staleDelete = Rule{
	ID:         "conditional/if-unmodified-since",
	Sentence:   "An agent that changed after If-Unmodified-Since is not deleted: 412.",
	Source:     helpersAPI,
	Operations: []string{"deleteAgent"},
	Needs:      Needs{Writes: true},
	Probe: func(p *Probe) {
		path := p.run.agentPath(p.usable(p.fourthAgent()).ID)
		stale := p.Do(Maintainer, "DELETE", path, Header("If-Unmodified-Since", "Wed, 01 Jan 2020 00:00:00 GMT"))
		kept := p.run.made.lookAfter(p.Do(Maintainer, "GET", path))
		p.WantMessage(stale, 412, "412 Precondition Failed")
		if stale.Status() == 412 && kept.Status() == 404 {
			p.Violation(kept, "", "the agent, as it was not deleted", "404")
		}
	},
}

var agentDelete = step("agents/delete", Release{},
	"Deleting an agent is answered with 204, though it has active tokens.", docs(docsDeleteAgent), []string{"deleteAgent"},
	func(p *Probe, l *lifecycle) {
		if l.lost() {
			p.reached(nil)
		}
		p.Want(l.deleted, 204)
	})

var unreadableDate = step("conditional/unreadable-date", Release{},
	"If-Unmodified-Since is ignored if it is no date.", helpersAPI, []string{"deleteAgent"},
	func(p *Probe, l *lifecycle) { p.unlessRefused(l, l.unreadable) })

var laterDate = step("conditional/later-date", Release{},
	"An agent that did not change after If-Unmodified-Since is deleted.", helpersAPI, []string{"deleteAgent"},
	func(p *Probe, l *lifecycle) { p.unlessRefused(l, l.later) })

// unlessRefused wants an agent to be deleted with a condition, if one is deleted without.
func (p *Probe) unlessRefused(l *lifecycle, x *Exchange) {
	p.gone(l)
	p.Want(p.reached(x), 204)
}

var changedList = step("conditional/changed-list", gitlab(15, 0),
	"A list of tokens that changed is shown to who has the ETag of what it was.", rackETag, []string{"listAgentTokens"},
	func(p *Probe, l *lifecycle) {
		p.sure(l)
		if l.listed.etag() == "" {
			p.Untested("the answer has no ETag")
		}
		if !slices.ContainsFunc(l.listed.Tokens(), func(t Token) bool { return t.ID == l.token.ID }) {
			p.reached(nil)
		}
		if x := p.reached(l.listRevoked); x.Status() == 304 {
			p.Want(x, 200)
		}
	})

// gone gives the probe up if the agent was not deleted.
func (p *Probe) gone(l *lifecycle) {
	if l.deleted.Status() != 204 {
		p.give(Inconclusive, fmt.Sprintf("deleting the agent was answered with %d", l.deleted.Status()))
	}
}

var agentDeleted = step("agents/deleted-is-404", Release{},
	"A deleted agent is not found, and not listed.", docs(docsDeleteAgent), []string{"getAgent", "listAgents", "deleteAgent"},
	func(p *Probe, l *lifecycle) {
		p.gone(l)
		if !p.reused(l) {
			p.WantMessage(l.read, 404, "404 Not found")
			// The second DELETE goes out beside the first read; it can only come to an agent that is gone.
			p.WantMessage(l.deletedAgain, 404, "404 Not found")
		}
		if slices.ContainsFunc(l.list.Agents(), func(a Agent) bool { return a.ID == l.agent.ID && a.CreatedAt == l.agent.CreatedAt }) {
			p.Violation(l.list, "", fmt.Sprintf("no agent %d", l.agent.ID), "a list with it")
		}
	})

// reused says whether the server gave the id of the deleted agent to the next one, so that what has it is another.
func (p *Probe) reused(l *lifecycle) bool {
	return slices.ContainsFunc(l.anew.Agents(), func(a Agent) bool { return a.ID == l.agent.ID })
}

var agentDeleteOnlyOne = step("agents/delete-only-that-one", Release{},
	"Deleting an agent leaves the project's other agents as they are.", docs(docsDeleteAgent), []string{"deleteAgent"},
	func(p *Probe, l *lifecycle) {
		p.gone(l)
		for _, id := range slices.Sorted(maps.Keys(l.siblings)) {
			if x := l.siblings[id]; x.Status() == 404 {
				p.Violation(x, "", fmt.Sprintf("agent %d, as only agent %d was deleted", id, l.agent.ID), "404")
			}
		}
	})

var nameFreeAgain = step("agent-names/free-again", Release{},
	"The name of a deleted agent can be given to a new one.", agentModel, []string{"createAgent"},
	func(p *Probe, l *lifecycle) {
		p.gone(l)
		p.Want(l.anew, 201)
	})

var tokensDeleted = step("agents/deleted-with-tokens", gitlab(15, 0),
	"The tokens of a deleted agent are not found, and it gets no new ones; nor has the next agent of its name any.", docs(docsDeleteAgent), append([]string{"createAgentToken"}, readsTokens...),
	func(p *Probe, l *lifecycle) {
		p.gone(l)
		if p.reused(l) {
			p.give(Inconclusive, "another agent has the id of the deleted one")
		}
		p.WantMessage(l.readTokens, 404, "404 Not found")
		if l.token.Token != nil || l.late.Status() == 201 { // else nobody gets any
			p.WantMessage(l.late, 404, "404 Not found")
		}
		if l.readToken != nil {
			p.WantMessage(l.readToken, 404, "404 Not found")
			p.WantMessage(l.lateRevoked, 404, "404 Not found")
		}
		if x := l.anewTokens; x != nil {
			x.eachToken(func(t *Token, at string) {
				if t.AgentID == x.AgentID {
					p.Violation(x, at, "no token, as the agent is new", fmt.Sprintf("token %d", t.ID))
				}
			})
		}
	})

var twoTokens = Rule{
	ID:         "token-limit/two-are-allowed",
	Since:      gitlab(15, 0),
	Sentence:   "An agent can have two active tokens.",
	Source:     docs(docsCreateToken),
	Operations: []string{"createAgentToken"},
	Needs:      Needs{Writes: true},
	Probe: func(p *Probe) {
		t := p.tokens() // in a read-only run it is not tested
		p.Want(t.second.made, 201)
	},
}

var thirdToken = Rule{
	ID:         "token-limit/third-is-refused",
	Since:      gitlab(16, 2),
	Sentence:   "A third active token is refused: 400.",
	Source:     docs(docsCreateToken),
	Operations: []string{"createAgentToken"},
	Needs:      Needs{Writes: true},
	Probe: func(p *Probe) {
		third := p.third()
		if !p.wantRefused(third) {
			return
		}
		if x := p.tokenPages()[1]; x.total() == "3" {
			list := p.Do(Maintainer, "GET", p.run.tokensOf(p.agent().ID))
			if slices.ContainsFunc(list.Tokens(), func(t Token) bool { return t.Name == thirdName }) {
				p.Violation(third, "", "no third token, as it was refused", "one, which is listed")
			}
		}
		// After one was revoked, twice, and another made; it is a form, which may be refused for another reason.
		if l := p.lifecycle(); l.beyond != nil && l.beyond.Status() < 400 && (l.otherRead == nil || l.otherRead.ok(200)) {
			p.Want(l.beyond, 400)
		}
	},
}

var limitBeforeName = Rule{
	ID:         "token-limit/checked-before-name",
	Level:      Should,
	Since:      gitlab(16, 2),
	Sentence:   "The two-token limit is checked before the name.",
	Source:     tokenService,
	Operations: []string{"createAgentToken"},
	Needs:      Needs{Writes: true},
	Probe: func(p *Probe) {
		p.full()
		x := p.Do(Maintainer, "POST", p.run.tokensOf(p.agent().ID), JSON(`{"name":""}`))
		if !p.wantRefused(x) {
			return
		}
		// A model rule's messages are printed as an array, the limit's is not.
		if f, _ := x.failure(); f.Message != nil && strings.Contains(*f.Message, "[") {
			p.Violation(x, "/message", "what is said of a third token", f.said())
		}
	},
}

var noLimitYet = Rule{
	ID:         "token-limit/none-before-16.1",
	Since:      gitlab(15, 0),
	Until:      gitlab(16, 1),
	Sentence:   "A third active token is accepted.",
	Source:     tokenService,
	Operations: []string{"createAgentToken"},
	Needs:      Needs{Writes: true},
	Probe: func(p *Probe) {
		p.Want(p.third(), 201)
	},
}

// creations are the answers that an agent and, if there can be one, a token were made with.
func (p *Probe) creations() []*Exchange {
	made := []*Exchange{p.agent().made}
	if p.run.hasTokens() {
		p.attempt(func(p *Probe) { made = append(made, p.tokens().first.made) })
	}
	return made
}

var createdByCaller = Rule{
	ID:         "agents/created-by-caller",
	Sentence:   "What is created names its creator, who is the caller.",
	Source:     agentEntity,
	Operations: creates,
	Needs:      Needs{Writes: true},
	Probe: func(p *Probe) {
		var user struct {
			ID json.Number `json:"id"`
		}
		if x := p.Do(Maintainer, "GET", "/api/v4/user"); x.ok(200) {
			_ = json.Unmarshal(x.Response.Body, &user)
		}
		for _, x := range p.creations() {
			by := object(x.Response.Body)["created_by_user_id"]
			switch {
			case x.documentSpokeOf("/created_by_user_id"): // as if it is missing
			case by == nil:
				p.Violation(x, "/created_by_user_id", "the caller's id", "null")
			case user.ID == "":
				user.ID, _ = by.(json.Number) // a server without /user can at least be held to say the same
			case by != user.ID:
				p.Violation(x, "/created_by_user_id", user.ID.String(), fmt.Sprint(by))
			}
		}
	},
}

var createdNow = Rule{
	ID:         "agents/created-at-is-now",
	Sentence:   "The time of creation of what is created is that of the answer, as its header Date has it, give or take a quarter of an hour.",
	Source:     agentEntity,
	Operations: creates,
	Needs:      Needs{Writes: true},
	Probe: func(p *Probe) {
		tested := false
		for _, x := range p.creations() {
			at, _ := object(x.Response.Body)["created_at"].(string)
			created, err1 := time.Parse(time.RFC3339, at)
			date, err2 := http.ParseTime(x.Response.Header.Get("Date"))
			if err1 != nil || err2 != nil {
				continue
			}
			tested = true
			if created.Sub(date).Abs() > 15*time.Minute {
				p.Violation(x, "/created_at", "about "+date.UTC().Format(time.RFC3339), created.UTC().Format(time.RFC3339))
			}
		}
		if !tested {
			p.Untested("the answers have no header Date, or no times")
		}
	},
}
