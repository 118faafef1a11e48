package rules

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

var tokenAgentMatchesPath = Rule{
	ID:         "tokens/agent-matches-path",
	Since:      rule.GitLab(15, 0),
	Sentence:   "A token belongs to the agent in the URL.",
	Source:     tokensFinder,
	Operations: showTokens,
	Judge: eachToken(func(x *Exchange, t *Token, at string) {
		if x.AgentID != 0 && t.AgentID != x.AgentID {
			x.Differs(at+"/agent_id", strconv.FormatInt(x.AgentID, 10), strconv.FormatInt(t.AgentID, 10))
		}
	}),
}

var tokenIDMatchesPath = Rule{
	ID:         "tokens/id-matches-path",
	Since:      rule.GitLab(15, 0),
	Sentence:   "Reading one token gives the token in the URL.",
	Source:     docs(docsGetToken),
	Operations: []string{"getAgentToken"},
	Judge: eachToken(func(x *Exchange, t *Token, at string) {
		if x.TokenID != 0 && t.ID != x.TokenID {
			x.Violation(at+"/id", strconv.FormatInt(x.TokenID, 10), strconv.FormatInt(t.ID, 10))
		}
	}),
}

var tokenCreateEcho = Rule{
	ID:         "tokens/create-keeps-input",
	Since:      rule.GitLab(15, 0),
	Sentence:   "A token is created with the name and description that were sent, to the letter.",
	Source:     docs(docsCreateToken),
	Operations: []string{"createAgentToken"},
	Judge: func(_ *History, x *Exchange) bool {
		t := x.NewToken()
		if t == nil {
			return false
		}
		name, description := x.Sent("name"), x.Sent("description")
		if name.text && t.Name != name.value {
			x.Echoes(t.Name != "", "/name", "the name that was sent, "+size(name.value), difference(name.value, t.Name))
		}
		switch {
		case description.text && t.Description == nil:
			x.Differs("/description", "the description that was sent, "+size(description.value), "null")
		case description.text && *t.Description != description.value:
			x.Echoes(true, "/description", "the description that was sent, "+size(description.value), difference(description.value, *t.Description))
		case (description.null || !x.Mentions("description")) && t.Description != nil:
			x.Differs("/description", "null, as none was sent", "a string of "+size(*t.Description))
		}
		return name.given || description.given
	},
}

var tokenCreateState = Rule{
	ID:         "tokens/create-is-active-and-unused",
	Since:      rule.GitLab(15, 0),
	Sentence:   "A new token is active and was never used.",
	Source:     docs(docsCreateToken),
	Operations: []string{"createAgentToken"},
	Judge: func(_ *History, x *Exchange) bool {
		t := x.NewToken()
		if t == nil {
			return false
		}
		if t.Status != "active" {
			x.Differs("/status", `"active"`, quoted(t.Status))
		}
		if t.LastUsedAt != nil {
			x.Differs("/last_used_at", "null", quoted(*t.LastUsedAt))
		}
		return true
	},
}

var tokenIDFresh = Rule{
	ID:         "tokens/id-fresh",
	Since:      rule.GitLab(15, 0),
	Sentence:   "A new token has an id that no token had before.",
	Source:     tokenModel,
	Operations: []string{"createAgentToken"},
	Judge: func(h *History, x *Exchange) bool {
		t := x.NewToken()
		if t == nil {
			return false
		}
		if r, known := h.Token(t.ID); known && r.First.Before(x.Moment()) {
			x.Violation("/id", "a new id", fmt.Sprintf("%d, which exchange #%d showed", t.ID, r.First.index))
		}
		return true
	},
}

var tokenImmutable = Rule{
	ID:         "tokens/never-change",
	Since:      rule.GitLab(15, 0),
	Sentence:   "A token's name, description, agent, creator and time of creation never change, unless the creator is deleted.",
	Source:     tokensAPI + ": there is no update",
	Operations: readsTokens,
	Judge: func(h *History, x *Exchange) bool {
		met := false
		x.EachToken(func(t *Token, at string) {
			r, known := h.Token(t.ID)
			if !known || r.CreatedAt == "" {
				return
			}
			met = true
			if t.Name != r.Name {
				x.Differs(at+"/name", "the name it was first shown with, "+size(r.Name), difference(r.Name, t.Name))
			}
			if text(t.Description) != text(r.Description) || (t.Description == nil) != (r.Description == nil) {
				x.Differs(at+"/description", "the description it was first shown with, "+describe(r.Description), describe(t.Description))
			}
			if t.AgentID != r.AgentID {
				x.Differs(at+"/agent_id", strconv.FormatInt(r.AgentID, 10), strconv.FormatInt(t.AgentID, 10))
			}
			if t.CreatedAt != r.CreatedAt {
				x.Differs(at+"/created_at", quoted(r.CreatedAt), quoted(t.CreatedAt))
			}
			if by := t.CreatedByUserID; by != nil && r.CreatedBy != 0 && *by != r.CreatedBy {
				x.Differs(at+"/created_by_user_id", strconv.FormatInt(r.CreatedBy, 10), strconv.FormatInt(*by, 10))
			}
		})
		return met
	},
}

var revokedNotListed = Rule{
	ID:         "tokens/revoked-not-listed",
	Since:      rule.GitLab(16, 0),
	Sentence:   "A revoked token is not in the list of tokens.",
	Source:     docs(docsListTokens),
	Operations: []string{"listAgentTokens"},
	Judge: func(h *History, x *Exchange) bool {
		if !x.OK(200) {
			return false
		}
		met := false
		h.TokensOf(x.AgentID, func(r *TokenRecord) { met = met || r.Revoked != nil })
		x.EachToken(func(t *Token, at string) {
			if r, known := h.Token(t.ID); known && r.Revoked != nil && r.Revoked.Before(x) {
				x.Violation(at, fmt.Sprintf("no token %d, which exchange #%d revoked", t.ID, r.Revoked.Index), "the token, with status "+quoted(t.Status))
			}
		})
		return met
	},
}

var revokedNotReadable = Rule{
	ID:         "tokens/revoked-not-readable",
	Since:      rule.GitLab(16, 0),
	Sentence:   "A revoked token is not found.",
	Source:     docs(docsGetToken),
	Operations: []string{"getAgentToken"},
	Judge: func(h *History, x *Exchange) bool {
		r, known := h.Token(x.TokenID)
		if !known || r.Revoked == nil || !r.Revoked.Before(x) || !x.Complete() {
			return false
		}
		if s := x.Status(); s == 200 || s == 304 {
			x.Violation("", fmt.Sprintf("404, as exchange #%d revoked the token", r.Revoked.Index), strconv.Itoa(s))
		}
		return true
	},
}

var onlyActiveShown = Rule{
	ID:         "tokens/only-active-shown",
	Since:      rule.GitLab(16, 0),
	Sentence:   "Only active tokens are shown.",
	Source:     docs(docsListTokens),
	Operations: showTokens,
	Judge: eachToken(func(x *Exchange, t *Token, at string) {
		if t.Status == "revoked" {
			x.Violation(at+"/status", `"active"`, `"revoked"`)
		}
	}),
}

var revokedStaysRevoked = Rule{
	ID:         "tokens/revoked-stays-revoked",
	Since:      rule.GitLab(15, 0),
	Until:      rule.GitLab(16, 0),
	Sentence:   "A revoked token is shown as revoked.",
	Source:     tokensAPI,
	Operations: readsTokens,
	Judge: func(h *History, x *Exchange) bool {
		met := false
		x.EachToken(func(t *Token, at string) {
			r, known := h.Token(t.ID)
			if !known || r.Revoked == nil || !r.Revoked.Before(x) {
				return
			}
			met = true
			if t.Status != "revoked" {
				x.Violation(at+"/status", `"revoked"`, quoted(t.Status))
			}
		})
		return met
	},
}

var activeListed = Rule{
	ID:         "tokens/active-listed",
	Since:      rule.GitLab(15, 0),
	Sentence:   "A token that is active is in the list of its agent's tokens.",
	Source:     docs(docsListTokens),
	Operations: showTokens,
	// Somebody else may revoke a token at any time, so a list that lacks one is wrong only if the token is seen to be
	// active after the list was read.
	Judge: func(h *History, x *Exchange) bool {
		x.EachToken(func(t *Token, _ string) {
			if t.Status != "active" {
				return
			}
			if r, known := h.Token(t.ID); known && r.Missing != nil && r.Missing.Before(x) {
				x.ViolationOf(r.Missing, "", fmt.Sprintf("token %d, which was active before and after", t.ID), "a list without it")
			}
		})
		if x.Operation != "listAgentTokens" || !x.WholeList() || !x.Sound() {
			return false
		}
		h.TokensOf(x.AgentID, func(r *TokenRecord) {
			if r.Revoked == nil && r.Alive != (Moment{}) && r.Alive.Before(x.Moment()) {
				r.Missing = x.Kept() // until History.add finds it in the list
			}
		})
		return true
	},
}

var tokenListedOnce = Rule{
	ID:         "tokens/listed-once",
	Since:      rule.GitLab(15, 0),
	Sentence:   "No token is twice on a page.",
	Source:     docs(docsListTokens),
	Operations: []string{"listAgentTokens"},
	Judge: func(_ *History, x *Exchange) bool {
		seen := make(map[int64]bool)
		x.EachToken(func(t *Token, at string) {
			if seen[t.ID] {
				x.Violation(at, "each token once", fmt.Sprintf("token %d again", t.ID))
			}
			seen[t.ID] = true
		})
		return len(seen) > 0
	},
}

var lastUseUnlisted = Rule{
	ID:         "tokens/last-use-not-listed",
	Since:      rule.GitLab(15, 0),
	Sentence:   "Only the answer about one token says when it was last used; the list does not.",
	Source:     docs(docsListTokens),
	Operations: []string{"listAgentTokens"},
	Judge: func(_ *History, x *Exchange) bool {
		x.EachToken(func(t *Token, at string) {
			if _, there := element(x.Response.Body, t.ID)["last_used_at"]; there {
				x.Violation(at+"/last_used_at", "no such property", "one")
			}
		})
		return len(x.Tokens()) > 0
	},
}

var tokenInputRefused = Rule{
	ID:         "tokens/limits-enforced",
	Since:      rule.GitLab(15, 0),
	Sentence:   "A token whose name is blank or longer than 255 characters, or whose description is longer than 1024, is refused.",
	Source:     tokenModel,
	Operations: []string{"createAgentToken"},
	Judge: func(_ *History, x *Exchange) bool {
		name, description := x.Sent("name"), x.Sent("description")
		wrong := ""
		switch {
		case name.null, name.text && strings.TrimSpace(name.value) == "":
			wrong = "a blank name"
		case utf8.RuneCountInString(name.value) > 255:
			wrong = "a name of " + size(name.value)
		case utf8.RuneCountInString(description.value) > 1024:
			wrong = "a description of " + size(description.value)
		default:
			return false
		}
		if x.OK(201) {
			x.Violation("", "400, for "+wrong, "201")
		}
		return x.Complete()
	},
}

// eachToken judges every token of every response.
func eachToken(judge func(x *Exchange, t *Token, at string)) func(*History, *Exchange) bool {
	return func(_ *History, x *Exchange) bool {
		x.EachToken(func(t *Token, at string) { judge(x, t, at) })
		return len(x.Tokens()) > 0
	}
}

// eachToken calls f for each token that has an id, with its JSON pointer.
func (x *Exchange) EachToken(f func(t *Token, at string)) {
	for i := range x.Tokens() {
		if x.Tokens()[i].ID == 0 {
			continue
		}
		at := ""
		if x.Operation == "listAgentTokens" {
			at = "/" + strconv.Itoa(i)
		}
		f(&x.Tokens()[i], at)
	}
}

// wholeList says that the response is a list on one page, so that nothing is missing from it.
func (x *Exchange) WholeList() bool {
	p, ok := x.Page()
	return ok && p.Number == 1 && p.Next < 0 && (p.Total == p.Entries || p.Total < 0 && p.Entries < p.PerPage)
}

// size is how a text is described without showing it.
func size(s string) string { return fmt.Sprintf("%d characters", utf8.RuneCountInString(s)) }

func quoted(s string) string { return strconv.Quote(s) }

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func describe(s *string) string {
	if s == nil {
		return "null"
	}
	return "a string of " + size(*s)
}

// difference says how a text differs from what it should be, without showing either: both are other people's.
func difference(want, got string) string {
	w, g := []rune(want), []rune(got)
	i := 0
	for i < len(w) && i < len(g) && w[i] == g[i] {
		i++
	}
	return fmt.Sprintf("%d characters, which differ from character %d on", len(g), i+1)
}
