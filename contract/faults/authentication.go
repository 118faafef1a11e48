package faults

import (
	"net/http"
	"strings"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// authentication are faults with who a caller is.
func authentication() []Fault {
	return []Fault{
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
			Rules: []string{"authentication/bearer"}, Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				r = r.Clone(r.Context())
				r.Header.Del("Authorization")
				next.ServeHTTP(w, r)
			}),
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
