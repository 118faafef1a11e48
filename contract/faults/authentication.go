package faults

import (
	"net/http"
	"strings"
	"sync"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// authentication are faults with who a caller is.
func authentication() []Fault {
	return []Fault{
		{
			Name: "access-token-in-header", Explains: "Answers show the access token in a header.", Rules: []string{"authentication/token-not-shown"},
			Deviation: rewriting(func(r *http.Request, d *fakegitlab.ResponseDraft) {
				if token := r.Header.Get("Private-Token"); token != "" {
					d.Header.Set("X-Debug-Token", token)
				}
			}),
			Also: []string{"tokens/secret-only-on-create"}, Because: "the secret of an agent's token may come as one",
		},
		{
			Name: "access-token-in-error", Explains: "What is refused is refused to an access token that is named.", Rules: []string{"authentication/token-not-shown"},
			Deviation: rewriting(func(r *http.Request, d *fakegitlab.ResponseDraft) {
				if token := r.Header.Get("Private-Token"); token != "" && d.Status == 403 {
					replace(d, 403, `{"message":"403 Forbidden - `+token+` may not"}`)
				}
			}),
			Also: wantForbidden, Because: "the text is another",
		},
		{
			Name: "agent-secret-is-access-token", Explains: "The secret of an agent's token is an access token too.", Since: fakegitlab.Release{Major: 15},
			Rules: []string{"authentication/unknown-token"}, Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				if strings.Contains(r.Header.Get("Private-Token"), "glagent-") {
					r = r.Clone(r.Context())
					r.Header.Set("Private-Token", "glpat-maintainer")
				}
				next.ServeHTTP(w, r)
			}),
		},
		{
			Name: "head-needs-no-credentials", Explains: "HEAD is answered to everybody.", Rules: []string{"authentication/required-to-read"},
			Wrap: around(headingAs("")),
		},
		{
			Name: "head-needs-no-role", Explains: "HEAD is answered to everybody who has credentials.", Rules: []string{"roles/guest-finds-nothing"},
			Wrap: around(headingAs("glpat-guest")),
		},
		{
			Name: "304-needs-no-credentials", Explains: "Who has the ETag of an agent is answered 304, whoever it is.",
			Rules: []string{"roles/guest-finds-nothing", "roles/stranger-finds-nothing", "authentication/required-to-read"}, Wrap: remembering(false),
		},
		{
			Name: "304-for-the-deleted", Explains: "Who has the ETag of an agent is answered 304 though it was deleted.",
			Rules: []string{"agents/deleted-is-404", "agents/deleted-stays-gone"}, Wrap: remembering(true),
		},
		{
			Name: "any-token-accepted", Explains: "A token that is not known is as good as any.",
			Rules: []string{"authentication/unknown-token"}, Deviation: deciding(fakegitlab.TokenKnown, func(c fakegitlab.Choice) bool {
				return c.GitLab || c.Request.Header.Get("Private-Token") != "" || c.Request.Header.Get("Authorization") != ""
			}),
		},
		{
			Name: "any-bearer-accepted", Explains: "A bearer token that is not known is as good as any.",
			Rules: []string{"authentication/unknown-token"}, Deviation: deciding(fakegitlab.TokenKnown, func(c fakegitlab.Choice) bool {
				return c.GitLab || strings.HasPrefix(c.Request.Header.Get("Authorization"), "Bearer ")
			}),
		},
		{
			Name: "unknown-token-is-a-guest", Explains: "A token that is not known is answered like a stranger's: 404.",
			Rules: []string{"authentication/unknown-token"}, Deviation: rewriting(func(r *http.Request, d *fakegitlab.ResponseDraft) {
				if d.Status == 401 && (r.Header.Get("Private-Token") != "" || r.Header.Get("Authorization") != "") {
					replace(d, 404, `{"message":"404 Project Not Found"}`)
				}
			}),
		},
		{
			Name: "bearer-refused", Explains: "A token is accepted as PRIVATE-TOKEN only.",
			Also: []string{"roles/guest-finds-nothing"}, Because: "a guest asks so too",
			Rules: []string{"authentication/bearer"}, Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				r = r.Clone(r.Context())
				r.Header.Del("Authorization")
				next.ServeHTTP(w, r)
			}),
		},
		{
			Name: "authentication-before-all", Explains: "Credentials are checked before what is malformed, and before its type.", Since: fakegitlab.Release{Major: 16},
			Rules: []string{"order/malformed-before-authentication", "order/content-type-before-authentication"},
			Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				if _, ok := placeOf(r.URL); ok && r.Header.Get("Private-Token") == "" && r.Header.Get("Authorization") == "" {
					refusal(401, `{"message":"401 Unauthorized"}`).send(w, r)
					return
				}
				next.ServeHTTP(w, r)
			}),
		},
		{
			Name: "access-tokens-in-any-case", Explains: "Capitals in an access token do not matter.",
			Rules: []string{"authentication/unknown-token"}, Wrap: around(likening(strings.ToLower)),
		},
		{
			Name: "access-tokens-with-more", Explains: "An x after an access token does not matter.",
			Rules: []string{"authentication/unknown-token"}, Wrap: around(likening(func(token string) string {
				return strings.TrimSuffix(token, "x")
			})),
		},
		{
			Name: "access-tokens-with-less", Explains: "The last character of an access token may be missing.",
			Rules: []string{"authentication/unknown-token"}, Wrap: around(likening(func(token string) string {
				if token == "glpat-maintaine" {
					token += "r"
				}
				return token
			})),
		},
		{
			Name: "parameters-before-authentication", Explains: "Parameters are checked before credentials.",
			Rules: []string{"order/authentication-before-parameters"},
			Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				if agent, _ := creates(r); agent && r.Header.Get("Private-Token") == "" {
					if o := input(r); o != nil && o["name"] == nil {
						refusal(400, `{"error":"name is missing"}`).send(w, r)
						return
					}
				}
				next.ServeHTTP(w, r)
			}),
		},
	}
}

// headingAs serves HEAD as the maintainer's, if it comes with this token.
func headingAs(token string) func(next http.Handler, w http.ResponseWriter, r *http.Request) {
	return func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead && r.Header.Get("Private-Token") == token {
			r = r.Clone(r.Context())
			r.Header.Set("Private-Token", "glpat-maintainer")
		}
		next.ServeHTTP(w, r)
	}
}

// remembering answers 304 by itself to who has an ETag that was given for the URL, to the maintainer only if they ask for
// what is gone.
func remembering(maintainer bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		var tags sync.Map
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			a := ask(next, r)
			p, ok := placeOf(r.URL)
			tag := r.Header.Get("If-None-Match")
			known, _ := tags.Load(r.URL.String())
			if asks := r.Header.Get("Private-Token") == "glpat-maintainer"; tag != "" && tag == known && a.status >= 400 && asks == maintainer {
				a = &answer{status: 304, header: http.Header{"Etag": {tag}, "X-Request-Id": {"01J00000000000000000000000"}}}
			}
			if ok && p.agent != "" && !p.tokens && r.Method == http.MethodGet && a.status == 200 {
				tags.Store(r.URL.String(), a.header.Get("ETag"))
			}
			a.send(w, r)
		})
	}
}

// likening takes an access token for another one.
func likening(change func(token string) string) func(next http.Handler, w http.ResponseWriter, r *http.Request) {
	return func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		if token := r.Header.Get("Private-Token"); token != "" {
			r = r.Clone(r.Context())
			r.Header.Set("Private-Token", change(token))
		}
		next.ServeHTTP(w, r)
	}
}
