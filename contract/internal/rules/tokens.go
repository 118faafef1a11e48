package rules

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/rule"
)

var CreateToken = rule.Rule{
	ID:         "tokens/create",
	Since:      rule.GitLab(15, 0),
	Sentence:   "Creating a token returns 201.",
	Source:     docs.CreateToken,
	Operations: []string{"createAgentToken"},
}

var ReadToken = rule.Rule{
	ID:         "tokens/read",
	Since:      rule.GitLab(15, 0),
	Sentence:   "A new token can be read at once.",
	Source:     docs.GetToken,
	Operations: []string{"getAgentToken"},
}

var ListTokens = rule.Rule{
	ID:         "tokens/list",
	Since:      rule.GitLab(15, 0),
	Sentence:   "A new token is in the list of its agent.",
	Source:     docs.ListTokens,
	Operations: []string{"listAgentTokens"},
}

var NoTokens = rule.Rule{
	ID:         "tokens/none-is-an-empty-list",
	Since:      rule.GitLab(15, 0),
	Sentence:   "The token list of an agent without tokens is empty.",
	Source:     docs.ListTokens,
	Operations: []string{"listAgentTokens"},
}

var TokenReadsBack = rule.Rule{
	ID:         "tokens/read-back-equal",
	Since:      rule.GitLab(15, 0),
	Sentence:   "A token reads back as it was created, without its secret. The list leaves out last_used_at too.",
	Source:     docs.GetToken,
	Operations: readsTokens,
}

var ReadingIsNotUse = rule.Rule{
	ID:         "tokens/reading-is-no-use",
	Since:      rule.GitLab(15, 0),
	Sentence:   "Reading a token does not update last_used_at.",
	Source:     tokensAPI,
	Operations: []string{"getAgentToken"},
}

var TokenAgentMatchesPath = rule.Rule{
	ID:         "tokens/agent-matches-path",
	Since:      rule.GitLab(15, 0),
	Sentence:   "A token belongs to the agent in the URL.",
	Source:     tokensFinder,
	Operations: showTokens,
}

func tokenAgentMatchesPath(x *judge.Exchange, t *judge.Token, at string) {
	if x.AgentID != 0 && t.AgentID != x.AgentID {
		x.Differs(at+"/agent_id", number(x.AgentID), number(t.AgentID))
	}
}

var TokenIDMatchesPath = rule.Rule{
	ID:         "tokens/id-matches-path",
	Since:      rule.GitLab(15, 0),
	Sentence:   "Reading one token returns the token in the URL.",
	Source:     docs.GetToken,
	Operations: []string{"getAgentToken"},
}

func tokenIDMatchesPath(x *judge.Exchange, t *judge.Token, at string) {
	if x.TokenID != 0 && t.ID != x.TokenID {
		x.Violation(at+"/id", number(x.TokenID), number(t.ID))
	}
}

var CreateKeepsInput = rule.Rule{
	ID:         "tokens/create-keeps-input",
	Since:      rule.GitLab(15, 0),
	Sentence:   "A token is created with exactly the name and description that were sent.",
	Source:     docs.CreateToken,
	Operations: []string{"createAgentToken"},
}

func createKeepsInput(_ *judge.History, x *judge.Exchange) bool {
	t := x.NewToken()
	if t == nil {
		return false
	}
	name, description := x.Sent("name"), x.Sent("description")
	if name.Text && t.Name != name.Value {
		x.Echoes(t.Name != "", "/name", "the name that was sent, "+size(name.Value), difference(name.Value, t.Name))
	}
	switch {
	case description.Text && t.Description == nil:
		x.Differs("/description", "the description that was sent, "+size(description.Value), "null")
	case description.Text && *t.Description != description.Value:
		x.Echoes(true, "/description", "the description that was sent, "+size(description.Value), difference(description.Value, *t.Description))
	case (description.Null || !x.Mentions("description")) && t.Description != nil:
		x.Differs("/description", "null, as none was sent", "a string of "+size(*t.Description))
	}
	return name.Given || description.Given
}

var CreateIsActiveAndUnused = rule.Rule{
	ID:         "tokens/create-is-active-and-unused",
	Since:      rule.GitLab(15, 0),
	Sentence:   "A new token is active and unused.",
	Source:     docs.CreateToken,
	Operations: []string{"createAgentToken"},
}

func createIsActiveAndUnused(_ *judge.History, x *judge.Exchange) bool {
	t := x.NewToken()
	if t == nil {
		return false
	}
	if t.Status != "active" {
		x.Differs("/status", `"active"`, strconv.Quote(t.Status))
	}
	if t.LastUsedAt != nil {
		x.Differs("/last_used_at", "null", strconv.Quote(*t.LastUsedAt))
	}
	return true
}

var TokenIDFresh = rule.Rule{
	ID:         "tokens/id-fresh",
	Since:      rule.GitLab(15, 0),
	Sentence:   "A new token has an id that no token had before.",
	Source:     tokenModel,
	Operations: []string{"createAgentToken"},
}

func tokenIDFresh(h *judge.History, x *judge.Exchange) bool {
	t := x.NewToken()
	if t == nil {
		return false
	}
	if r, known := h.Token(t.ID); known && r.First.Before(x.Moment()) {
		x.Violation("/id", "a new id", fmt.Sprintf("%d, which exchange #%d returned", t.ID, r.First.Index))
	}
	return true
}

var TokenNeverChanges = rule.Rule{
	ID:         "tokens/never-change",
	Since:      rule.GitLab(15, 0),
	Sentence:   "A token's name, description, agent, creator and creation time never change. The creator becomes null if the user is deleted.",
	Source:     tokensAPI,
	Operations: readsTokens,
}

func tokenNeverChanges(h *judge.History, x *judge.Exchange) (applies bool) {
	x.EachToken(func(t *judge.Token, at string) {
		r, known := h.Token(t.ID)
		if !known || r.CreatedAt == "" {
			return
		}
		applies = true
		if t.Name != r.Name {
			x.Differs(at+"/name", "the name it was first returned with, "+size(r.Name), difference(r.Name, t.Name))
		}
		if text(t.Description) != text(r.Description) || (t.Description == nil) != (r.Description == nil) {
			x.Differs(at+"/description", "the description it was first returned with, "+describe(r.Description), describe(t.Description))
		}
		if t.AgentID != r.AgentID {
			x.Differs(at+"/agent_id", number(r.AgentID), number(t.AgentID))
		}
		if t.CreatedAt != r.CreatedAt {
			x.Differs(at+"/created_at", strconv.Quote(r.CreatedAt), strconv.Quote(t.CreatedAt))
		}
		if by := t.CreatedByUserID; by != nil && r.CreatedBy != 0 && *by != r.CreatedBy {
			x.Differs(at+"/created_by_user_id", number(r.CreatedBy), number(*by))
		}
	})
	return applies
}

var ActiveListed = rule.Rule{
	ID:         "tokens/active-listed",
	Since:      rule.GitLab(15, 0),
	Sentence:   "An active token is in the list of its agent.",
	Source:     docs.ListTokens,
	Operations: showTokens,
}

// A list that lacks a token is wrong only if the token is seen to be active after the list was read: somebody else may
// revoke a token at any time.
func activeListed(h *judge.History, x *judge.Exchange) bool {
	x.EachToken(func(t *judge.Token, _ string) {
		if t.Status != "active" {
			return
		}
		if r, known := h.Token(t.ID); known && r.Missing != nil && r.Missing.VisibleTo(x) {
			x.ViolationOf(r.Missing, "", fmt.Sprintf("token %d, which was active before and after", t.ID), "a list without it")
		}
	})
	if x.Operation != "listAgentTokens" || !x.WholeList() || !x.Sound() {
		return false
	}
	h.TokensOf(x.AgentID, func(r *judge.TokenRecord) {
		if r.Revoked == nil && r.Alive != (judge.Moment{}) && r.Alive.VisibleTo(x.Moment()) {
			r.Missing = x.Kept() // until the history finds it in the list
		}
	})
	return true
}

var TokenListedOnce = rule.Rule{
	ID:         "tokens/listed-once",
	Since:      rule.GitLab(15, 0),
	Sentence:   "A page of tokens has no duplicates.",
	Source:     docs.ListTokens,
	Operations: []string{"listAgentTokens"},
}

func tokenListedOnce(_ *judge.History, x *judge.Exchange) bool {
	seen := make(map[int64]bool)
	x.EachToken(func(t *judge.Token, at string) {
		if seen[t.ID] {
			x.Violation(at, "each token once", fmt.Sprintf("token %d again", t.ID))
		}
		seen[t.ID] = true
	})
	return len(seen) > 0
}

var LastUseNotListed = rule.Rule{
	ID:         "tokens/last-use-not-listed",
	Since:      rule.GitLab(15, 0),
	Sentence:   "Only the response for a single token has last_used_at; the list does not.",
	Source:     docs.ListTokens,
	Operations: []string{"listAgentTokens"},
}

func lastUseNotListed(_ *judge.History, x *judge.Exchange) bool {
	x.EachToken(func(t *judge.Token, at string) {
		if _, present := judge.Element(x.Response.Body, t.ID)["last_used_at"]; present {
			x.Violation(at+"/last_used_at", "no such property", "one")
		}
	})
	return len(x.Tokens()) > 0
}

var TokenLimitsEnforced = rule.Rule{
	ID:         "tokens/limits-enforced",
	Since:      rule.GitLab(15, 0),
	Sentence:   "A token is refused if its name is blank or longer than 255 characters, or its description longer than 1024.",
	Source:     tokenModel,
	Operations: []string{"createAgentToken"},
}

func tokenLimitsEnforced(_ *judge.History, x *judge.Exchange) bool {
	name, description := x.Sent("name"), x.Sent("description")
	wrong := ""
	switch {
	case name.Null, name.Text && strings.TrimSpace(name.Value) == "":
		wrong = "a blank name"
	case utf8.RuneCountInString(name.Value) > 255:
		wrong = "a name of " + size(name.Value)
	case utf8.RuneCountInString(description.Value) > 1024:
		wrong = "a description of " + size(description.Value)
	default:
		return false
	}
	if x.OK(201) {
		x.Violation("", "400, for "+wrong, "201")
	}
	return x.Complete()
}

var TokenNameRequired = rule.Rule{
	ID:         "tokens/name-required",
	Since:      rule.GitLab(15, 0),
	Sentence:   "A token without a name is refused.",
	Source:     tokenModel,
	Operations: []string{"createAgentToken"},
}

var TokenNameNotBlank = rule.Rule{
	ID:         "tokens/name-not-blank",
	Since:      rule.GitLab(15, 0),
	Sentence:   "A token is refused if its name is empty or only spaces of any kind.",
	Source:     tokenModel,
	Operations: []string{"createAgentToken"},
}

var TokenNameNotNull = rule.Rule{
	ID:         "tokens/name-not-null",
	Since:      rule.GitLab(15, 0),
	Sentence:   "A token whose name is null is refused.",
	Source:     tokenModel,
	Operations: []string{"createAgentToken"},
}

var TokenNameIsText = rule.Rule{
	ID:         "tokens/name-is-text",
	Since:      rule.GitLab(15, 0),
	Sentence:   "A token whose name is an array is refused.",
	Source:     tokenModel,
	Operations: []string{"createAgentToken"},
}

var TokenNameAtMost255 = rule.Rule{
	ID:         "tokens/name-at-most-255",
	Since:      rule.GitLab(15, 0),
	Sentence:   "A token name of 256 characters is refused.",
	Source:     tokenModel,
	Operations: []string{"createAgentToken"},
}

var DescriptionAtMost1024 = rule.Rule{
	ID:         "tokens/description-at-most-1024",
	Since:      rule.GitLab(15, 0),
	Sentence:   "A token description of 1025 characters is refused.",
	Source:     tokenModel,
	Operations: []string{"createAgentToken"},
}

var LongestTokenAccepted = rule.Rule{
	ID:         "tokens/longest-are-accepted",
	Since:      rule.GitLab(15, 0),
	Sentence:   "A name of 255 characters and a description of 1024 are accepted. Characters count, not bytes.",
	Source:     tokenModel,
	Operations: []string{"createAgentToken"},
}

var DescriptionMayBeEmpty = rule.Rule{
	ID:         "tokens/description-may-be-empty",
	Since:      rule.GitLab(15, 0),
	Sentence:   "A token's description may be null or empty.",
	Source:     tokenModel,
	Operations: []string{"createAgentToken"},
}

var UnknownInTokenBody = rule.Rule{
	ID:         "tokens/unknown-in-body-are-ignored",
	Since:      rule.GitLab(15, 0),
	Sentence:   "A token's status, secret, creator and last use cannot be set by the request.",
	Source:     tokensAPI,
	Operations: []string{"createAgentToken"},
}

var TokenNamesMayRepeat = rule.Rule{
	ID:         "tokens/names-may-repeat",
	Since:      rule.GitLab(15, 0),
	Sentence:   "Two tokens of an agent may have the same name.",
	Source:     tokenModel,
	Operations: []string{"createAgentToken"},
}

var Revoke = rule.Rule{
	ID:         "tokens/revoke",
	Since:      rule.GitLab(15, 0),
	Sentence:   "Revoking a token returns 204.",
	Source:     docs.RevokeToken,
	Operations: []string{"revokeAgentToken"},
}

var RevokeAgain = rule.Rule{
	ID:         "tokens/revoke-is-idempotent",
	Since:      rule.GitLab(15, 0),
	Sentence:   "Revoking a revoked token returns 204, whatever If-Unmodified-Since says.",
	Source:     tokensAPI,
	Operations: []string{"revokeAgentToken"},
}

var RevokeOnlyThatOne = rule.Rule{
	ID:         "tokens/revoke-only-that-one",
	Since:      rule.GitLab(15, 0),
	Sentence:   "Revoking a token leaves its agent and the agent's other tokens as they are.",
	Source:     docs.RevokeToken,
	Operations: []string{"revokeAgentToken"},
}

var RevokedIs404 = rule.Rule{
	ID:         "tokens/revoked-is-404",
	Since:      rule.GitLab(16, 0),
	Sentence:   "Reading a revoked token returns 404.",
	Source:     docs.GetToken,
	Operations: []string{"getAgentToken"},
}

var RevokedNotListed = rule.Rule{
	ID:         "tokens/revoked-not-listed",
	Since:      rule.GitLab(16, 0),
	Sentence:   "The list of tokens does not contain revoked tokens.",
	Source:     docs.ListTokens,
	Operations: []string{"listAgentTokens"},
}

func revokedNotListed(h *judge.History, x *judge.Exchange) (applies bool) {
	if !x.OK(200) {
		return false
	}
	h.TokensOf(x.AgentID, func(r *judge.TokenRecord) { applies = applies || r.Revoked != nil })
	x.EachToken(func(t *judge.Token, at string) {
		if r, known := h.Token(t.ID); known && r.Revoked != nil && r.Revoked.VisibleTo(x) {
			x.Violation(at, fmt.Sprintf("no token %d, which exchange #%d revoked", t.ID, r.Revoked.Index), "the token, with status "+strconv.Quote(t.Status))
		}
	})
	return applies
}

var RevokedNotReadable = rule.Rule{
	ID:         "tokens/revoked-not-readable",
	Since:      rule.GitLab(16, 0),
	Sentence:   "A revoked token cannot be read, by anybody and in any way.",
	Source:     docs.GetToken,
	Operations: []string{"getAgentToken"},
}

func revokedNotReadable(h *judge.History, x *judge.Exchange) bool {
	r, known := h.Token(x.TokenID)
	if !known || r.Revoked == nil || !r.Revoked.VisibleTo(x) || !x.Complete() {
		return false
	}
	if s := x.Status(); s == 200 || s == 304 {
		x.Violation("", fmt.Sprintf("404, as exchange #%d revoked the token", r.Revoked.Index), strconv.Itoa(s))
	}
	return true
}

var OnlyActiveShown = rule.Rule{
	ID:         "tokens/only-active-shown",
	Since:      rule.GitLab(16, 0),
	Sentence:   "Every token that is returned is active.",
	Source:     docs.ListTokens,
	Operations: showTokens,
}

func onlyActiveShown(h *judge.History, x *judge.Exchange) bool {
	x.EachToken(func(t *judge.Token, at string) {
		if t.Status == "revoked" {
			x.Violation(at+"/status", `"active"`, `"revoked"`)
		}
	})
	return len(x.Tokens()) > 0
}

var RevokedIsShown = rule.Rule{
	ID:         "tokens/revoked-is-shown",
	Since:      rule.GitLab(15, 0),
	Until:      rule.GitLab(16, 0),
	Sentence:   "Before 16.0 a revoked token can be read and is listed.",
	Source:     tokensAPI,
	Operations: readsTokens,
}

var RevokedStaysRevoked = rule.Rule{
	ID:         "tokens/revoked-stays-revoked",
	Since:      rule.GitLab(15, 0),
	Until:      rule.GitLab(16, 0),
	Sentence:   "Before 16.0 a revoked token is returned with the status revoked.",
	Source:     tokensAPI,
	Operations: readsTokens,
}

func revokedStaysRevoked(h *judge.History, x *judge.Exchange) (applies bool) {
	x.EachToken(func(t *judge.Token, at string) {
		r, known := h.Token(t.ID)
		if !known || r.Revoked == nil || !r.Revoked.VisibleTo(x) {
			return
		}
		applies = true
		if t.Status != "revoked" {
			x.Violation(at+"/status", `"revoked"`, strconv.Quote(t.Status))
		}
	})
	return applies
}

// eachToken judges every token of every response.
func eachToken(one func(x *judge.Exchange, t *judge.Token, at string)) func(*judge.History, *judge.Exchange) bool {
	return func(_ *judge.History, x *judge.Exchange) bool {
		x.EachToken(func(t *judge.Token, at string) { one(x, t, at) })
		return len(x.Tokens()) > 0
	}
}
