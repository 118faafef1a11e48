package faults

import (
	"net/http"
	"strings"
	"sync"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// authentication are faults of who a caller is.
func authentication() []Fault {
	const unknown, shown = "authentication/unknown-token", "authentication/token-not-shown"
	return []Fault{
		{Name: "access-token-in-header", Explains: "Responses show the access token in a header.", Rules: ids{shown}, Change: rewrite(showingCredentials),
			Also: ids{"tokens/secret-only-on-create"}, Because: "the secret of an agent's token may be sent as an access token"},
		{Name: "access-token-in-error", Explains: "The 403 error contains the access token.", Rules: ids{shown}, Change: rewrite(forbiddingByName)},
		{Name: "agent-secret-is-access-token", Explains: "The secret of an agent's token is accepted as an access token.", Since: v15, Rules: ids{unknown}, Change: inside(acceptingAgentSecrets)},
		{Name: "head-needs-no-credentials", Explains: "HEAD needs no credentials.", Rules: ids{"authentication/required-to-read"}, Change: let(isAnonymous, isHead)},
		{Name: "head-needs-no-role", Explains: "HEAD needs credentials, but no role.", Rules: ids{"roles/guest-finds-nothing", "roles/stranger-finds-nothing"}, Change: let(isUser, isHead)},
		{Name: "304-needs-no-credentials", Explains: "Every caller who sends the ETag of an agent gets 304.", Rules: ids{"roles/guest-finds-nothing", "roles/stranger-finds-nothing", "authentication/required-to-read"}, Change: around(comparingTagsFirst)},
		{Name: "304-for-the-deleted", Explains: "A caller who sends the ETag of a deleted agent gets 304.", Rules: ids{"agents/deleted-is-404", "agents/deleted-stays-gone"}, Change: around(rememberingTags)},
		{Name: "any-token-accepted", Explains: "An unknown access token is accepted.", Rules: ids{unknown}, Change: yesFor(fakegitlab.TokenKnown, not(anonymous))},
		{Name: "any-bearer-accepted", Explains: "An unknown bearer token is accepted.", Rules: ids{unknown}, Change: yesFor(fakegitlab.TokenKnown, bearer)},
		{Name: "unknown-token-is-a-guest", Explains: "An unknown access token gets 404, like a user who is not a member.", Rules: ids{unknown}, Change: rewrite(hidingProject)},
		{Name: "bearer-refused", Explains: "Authorization: Bearer is ignored.", Rules: ids{"authentication/bearer"}, Change: request(withoutBearer)},
		{Name: "authentication-before-all", Explains: "Credentials are checked before malformed input and content types.", Since: v16,
			Rules:  ids{"order/malformed-before-authentication", "order/content-type-before-authentication"},
			Change: refuse(all(isOperation, anonymous), 401, `{"message":"401 Unauthorized"}`)},
		{Name: "read-token-may-write", Explains: "An access token with the scope read_api may write.", Rules: ids{"authentication/read-only-scope"}, Change: inside(readTokenMayWrite)},
		{Name: "read-token-may-not-read", Explains: "An access token with the scope read_api is refused everything.", Rules: ids{"authentication/read-only-scope"}, Change: decide(fakegitlab.InScope, readTokenMayNothing)},
		{Name: "expired-token-may-read", Explains: "An access token that has expired may read.", Rules: ids{"authentication/expired-token"}, Change: inside(expiredTokenMayRead)},
		{Name: "access-tokens-in-any-case", Explains: "Access tokens are not case-sensitive.", Rules: ids{unknown}, Change: acceptSimilar(strings.EqualFold)},
		{Name: "access-tokens-with-more", Explains: "An access token can have a character too many at its end.", Rules: ids{unknown}, Change: acceptSimilar(func(known, sent string) bool { return sent != "" && known == sent[:len(sent)-1] })},
		{Name: "access-tokens-with-less", Explains: "The last character of an access token can be missing.", Rules: ids{unknown}, Change: acceptSimilar(func(known, sent string) bool { return known[:len(known)-1] == sent })},
		{Name: "parameters-before-authentication", Explains: "Parameters are checked before credentials.", Rules: ids{"order/authentication-before-parameters"},
			Change: refuse(all(createsAgent, anonymous, sends(func(o object) bool { return o["name"] == nil })), 400, `{"error":"name is missing"}`)},
	}
}

func showingCredentials(r *http.Request, d *fakegitlab.ResponseDraft) {
	if token := r.Header.Get("Private-Token"); token != "" {
		d.Header.Set("X-Debug-Token", token)
	}
}

func forbiddingByName(r *http.Request, d *fakegitlab.ResponseDraft) {
	if token := r.Header.Get("Private-Token"); token != "" && d.Status == 403 {
		replace(d, 403, `{"message":"403 Forbidden - `+token+` may not"}`)
	}
}

func hidingProject(r *http.Request, d *fakegitlab.ResponseDraft) {
	if d.Status == 401 && !anonymous(r) && strings.Contains(string(d.Body), "Unauthorized") {
		replace(d, 404, `{"message":"404 Project Not Found"}`)
	}
}

func withoutBearer(r *http.Request) *http.Request {
	r.Header.Del("Authorization")
	return r
}

// acceptingAgentSecrets accepts the secrets of agents' tokens as access tokens.
func acceptingAgentSecrets() *fakegitlab.Deviation {
	var secrets sync.Map
	return &fakegitlab.Deviation{
		Secret: func(secret string) string {
			secrets.Store(secret, true)
			return secret
		},
		Decide: func(c fakegitlab.Choice) bool {
			_, known := secrets.Load(c.Request.Header.Get("Private-Token"))
			return c.GitLab || known && c.Point == fakegitlab.TokenKnown
		},
	}
}

// acceptSimilar accepts what is similar to an access token that the fake accepted before.
func acceptSimilar(similar func(known, sent string) bool) Change {
	return inside(func() *fakegitlab.Deviation {
		var known sync.Map
		return &fakegitlab.Deviation{Decide: func(c fakegitlab.Choice) bool {
			sent := c.Request.Header.Get("Private-Token")
			if c.Point != fakegitlab.TokenKnown || sent == "" {
				return c.GitLab
			}
			if c.GitLab {
				known.Store(sent, true)
				return true
			}
			found := false
			known.Range(func(token, _ any) bool {
				found = similar(token.(string), sent)
				return !found
			})
			return found
		}}
	})
}

// comparingTagsFirst answers 304 to every caller who sends the ETag that an agent has.
func comparingTagsFirst(next http.Handler) http.Handler {
	var tags sync.Map // by URL
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := ask(next, r)
		known, _ := tags.Load(r.URL.String())
		switch {
		case method(http.MethodDelete, isAgent)(r) && a.status == 204:
			tags.Delete(r.URL.String())
		case !method(http.MethodGet, isAgent)(r):
		case a.status == 200:
			tags.Store(r.URL.String(), a.header.Get("ETag"))
		case a.status >= 400 && r.Header.Get("If-None-Match") == known:
			a = notModified(r)
		}
		a.send(w, r)
	})
}

// rememberingTags answers 304 for what is gone to a caller who sends the ETag with which the caller has seen it.
func rememberingTags(next http.Handler) http.Handler {
	var tags sync.Map // by URL and caller
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := ask(next, r)
		known, _ := tags.Load(callerAndURL(r))
		switch {
		case !method(http.MethodGet, isAgent)(r):
		case a.status == 200:
			tags.Store(callerAndURL(r), a.header.Get("ETag"))
		case a.status >= 400 && r.Header.Get("If-None-Match") == known:
			a = notModified(r)
		}
		a.send(w, r)
	})
}

func notModified(r *http.Request) *reply {
	return &reply{status: 304, header: http.Header{"Etag": {r.Header.Get("If-None-Match")}, "X-Request-Id": {requestID}}}
}
