package rules

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/rule"
)

var RequiredToRead = rule.Rule{
	ID:         "authentication/required-to-read",
	Sentence:   "Requests without credentials get 401, in public projects too.",
	Source:     rootAPI,
	Operations: reads,
}

var RequiredToWrite = rule.Rule{
	ID:         "authentication/required-to-write",
	Sentence:   "Nothing can be created, deleted or revoked without credentials: 401.",
	Source:     rootAPI,
	Operations: writes,
}

var UnknownToken = rule.Rule{
	ID:         "authentication/unknown-token",
	Sentence:   "An unknown access token is treated like a missing one: 401. So is one that resembles a known token, and an agent's secret.",
	Source:     rootAPI,
	Operations: []string{"listAgents"},
}

var TokenNotShown = rule.Rule{
	ID:       "authentication/token-not-shown",
	Sentence: "No response contains the access token that was sent, unless the URL contains it.",
	Source:   rootAPI,
	Certain:  true,
}

func tokenNotShown(_ *judge.History, x *judge.Exchange) bool {
	if x.Operation == "" || !x.Complete() {
		return false
	}
	token := cmp.Or(x.Request.Header.Get("Private-Token"), strings.TrimPrefix(x.Request.Header.Get("Authorization"), "Bearer "))
	if len(token) < shortestToken || strings.Contains(x.Request.URL.RawQuery, token) {
		return false
	}
	for name, values := range x.Response.Header {
		if strings.Contains(strings.Join(values, "\n"), token) {
			x.Violation("", "no access token in any header", "header "+name+" has the one that was sent")
		}
	}
	if bytes.Contains(x.Response.Body, []byte(token)) {
		x.Violation("", "no access token in the body", "the one that was sent")
	}
	return !x.Response.BodyNotRecorded && !x.Response.HeaderNotRecorded
}

// shortestToken is the length below which a text may be in a response by chance. What stands in place of a token that a
// recorder removed is shorter.
const shortestToken = 12

var Bearer = rule.Rule{
	ID:         "authentication/bearer",
	Sentence:   "A token is accepted as PRIVATE-TOKEN and as Authorization: Bearer.",
	Source:     rootAPI,
	Operations: []string{"getAgent"},
}

var ReadOnlyScope = rule.Rule{
	ID:         "authentication/read-only-scope",
	Sentence:   "A token with the scope read_api can read, and cannot create, delete or revoke: 403 insufficient_scope.",
	Source:     rootAPI,
	Operations: slices.Concat(reads, writes),
}

var ExpiredToken = rule.Rule{
	ID:         "authentication/expired-token",
	Sentence:   "An expired token gets 401 invalid_token, or 401 Unauthorized.",
	Source:     rootAPI,
	Operations: reads,
}
