package faults

import (
	"net/http"
	"strings"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// does is an operation in words: who may not do it does it all the same.
var does = []struct {
	operation, what, explains string
	write, token              bool
}{
	{operation: "listAgents", what: "lists-agents", explains: "list agents"},
	{operation: "getAgent", what: "reads-agent", explains: "read an agent"},
	{operation: "createAgent", what: "creates-agent", explains: "create an agent", write: true},
	{operation: "deleteAgent", what: "deletes-agent", explains: "delete an agent", write: true},
	{operation: "listAgentTokens", what: "lists-tokens", explains: "list an agent's tokens", token: true},
	{operation: "getAgentToken", what: "reads-token", explains: "read a token", token: true},
	{operation: "createAgentToken", what: "creates-token", explains: "create a token", write: true, token: true},
	{operation: "revokeAgentToken", what: "revokes-token", explains: "revoke a token", write: true, token: true},
}

// roles are faults with who may do what: each caller and each operation by itself.
func roles() []Fault {
	var all []Fault
	for _, caller := range []struct{ name, reads, writes string }{
		{"developer", "", "roles/developer-may-not-write"},
		{"guest", "roles/guest-finds-nothing", "roles/guest-may-not-write"},
		{"stranger", "roles/stranger-finds-nothing", "roles/stranger-may-not-write"},
		{"anonymous", "authentication/required-to-read", "authentication/required-to-write"},
	} {
		for _, d := range does {
			rule := caller.reads
			if d.write {
				rule = caller.writes
			}
			if rule == "" {
				continue // a developer may read
			}
			f := Fault{
				Name: caller.name + "-" + d.what, Explains: "A " + caller.name + " may " + d.explains + ".", Rules: []string{rule},
				Deviation: letting(caller.name, d.operation),
			}
			if caller.name == "anonymous" {
				f.Explains = "Who gives no credentials may " + d.explains + "."
			}
			if d.token {
				f = f.since(15, 0)
			}
			switch f.Name {
			case "developer-deletes-agent", "developer-creates-token":
				f.Rules = append(f.Rules, "order/role-before-agent")
			case "anonymous-creates-agent":
				f.Rules = append(f.Rules, "order/authentication-before-parameters")
			}
			all = append(all, f)
		}
	}
	// promoting takes a caller for a maintainer if they ask in some way.
	promoting := func(asks func(r *http.Request) bool) func(http.Handler) http.Handler {
		return around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			if asks(r) {
				r = r.Clone(r.Context())
				r.Header.Del("Authorization")
				r.Header.Set("Private-Token", "glpat-maintainer")
			}
			next.ServeHTTP(w, r)
		})
	}
	return append(all, []Fault{
		{
			Name: "roles-unchecked-for-bearer", Explains: "A guest who sends the token as Authorization: Bearer is taken for a maintainer.", Since: fakegitlab.Release{Major: 15},
			Rules: []string{"roles/guest-finds-nothing"}, Wrap: promoting(func(r *http.Request) bool {
				return r.Header.Get("Authorization") == "Bearer glpat-guest"
			}),
		},
		{
			Name: "roles-unchecked-for-forms", Explains: "A developer who sends a form is taken for a maintainer.",
			Rules: []string{"roles/developer-may-not-write"}, Wrap: promoting(func(r *http.Request) bool {
				return r.Header.Get("Content-Type") == formFields && r.Header.Get("Private-Token") == "glpat-developer"
			}),
		},
		{
			Name: "roles-unchecked-by-id", Explains: "Who names a project by its id is taken for a maintainer.", Since: fakegitlab.Release{Major: 15},
			Rules: []string{"roles/stranger-finds-nothing"}, Wrap: promoting(func(r *http.Request) bool {
				p, ok := placeOf(r.URL)
				return ok && number(p.project) != 0 && r.Header.Get("Private-Token") != ""
			}),
		},
		{
			Name: "refusals-name-the-agent", Explains: "An error says which agent it is about.",
			Rules: []string{"roles/stranger-finds-nothing", "roles/guest-finds-nothing", "authentication/required-to-read"},
			Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				a := ask(next, r)
				if p, ok := placeOf(r.URL); ok && r.Method == http.MethodGet && a.status >= 400 && p.agent != "" {
					r = r.Clone(r.Context())
					r.Header.Set("Private-Token", "glpat-maintainer")
					editObjects(draft(more(next, r, http.MethodGet, p.agents()+"/"+p.agent, "")), func(agent object) {
						changed := draft(a)
						editObjects(changed, func(o object) { o["agent"] = agent["name"] })
						a.body = changed.Body
					})
				}
				a.send(w, r)
			}),
		},
		{
			Name: "refusals-count", Explains: "The error with which a list is refused has X-Total.",
			Rules: []string{"roles/stranger-finds-nothing", "roles/guest-finds-nothing", "authentication/required-to-read"},
			Deviation: rewriting(func(_ *http.Request, d *fakegitlab.ResponseDraft) {
				if d.Status >= 400 {
					d.Header.Set("X-Total", "3")
				}
			}, lists...),
		},
		{
			Name: "role-before-parameters", Explains: "The role is checked before parameters.", Since: fakegitlab.Release{Major: 16},
			Rules: []string{"order/parameters-before-role"}, Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				if agent, _ := creates(r); agent && r.Header.Get("Private-Token") == "glpat-developer" {
					refusal(403, `{"message":"403 Forbidden"}`).send(w, r)
					return
				}
				next.ServeHTTP(w, r)
			}),
		},
		{
			Name: "condition-before-role", Explains: "If-Unmodified-Since is looked at before the agent and the role.",
			Rules: []string{"order/role-before-agent", "errors/delete-unknown-agent"}, Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				p, ok := placeOf(r.URL)
				if ok && r.Method == http.MethodDelete && !p.tokens && strings.Contains(r.Header.Get("If-Unmodified-Since"), "2020") {
					refusal(412, `{"message":"412 Precondition Failed"}`).send(w, r)
					return
				}
				next.ServeHTTP(w, r)
			}),
		},

		{
			Name: "developer-reads-nothing", Explains: "Only a maintainer may read agents and tokens.",
			Rules: []string{"roles/developer-reads"}, Deviation: deciding(fakegitlab.RoleSuffices, func(c fakegitlab.Choice) bool {
				return c.Role >= fakegitlab.Maintainer
			}),
		},
		{
			Name: "developer-sees-no-agents", Explains: "A developer gets an empty list of agents.",
			Rules: []string{"roles/developer-reads"}, Deviation: rewriting(func(r *http.Request, d *fakegitlab.ResponseDraft) {
				if r.Header.Get("Private-Token") == "glpat-developer" && d.Status == 200 {
					d.Body = []byte("[]")
					d.Header.Set("X-Total", "0")
				}
			}, "listAgents"),
		},
		{
			Name: "developer-sees-no-creator", Explains: "A developer is not told who created an agent.",
			Rules: []string{"roles/developer-reads"}, Deviation: rewriting(func(r *http.Request, d *fakegitlab.ResponseDraft) {
				if r.Header.Get("Private-Token") == "glpat-developer" {
					editObjects(d, set("created_by_user_id", nil))
				}
			}, "getAgent", "listAgents"),
		},
		{
			Name: "refused-but-done", Explains: "A developer's deletion is refused with 403, and done.",
			Rules: []string{"roles/refused-has-no-effect"}, Wrap: around(refusedButDone("DELETE", false)),
		},
		{
			Name: "refused-but-revoked", Explains: "A developer's revocation is refused with 403, and done.", Since: fakegitlab.Release{Major: 15},
			Rules: []string{"roles/refused-has-no-effect"}, Wrap: around(refusedButDone("DELETE", true)),
		},
		{
			Name: "refused-but-created", Explains: "A developer's creation of a token is refused with 403, and done.", Since: fakegitlab.Release{Major: 15},
			Rules: []string{"roles/refused-has-no-effect"}, Wrap: around(refusedButDone("POST", true)),
		},
		{
			Name: "refused-but-registered", Explains: "A developer's creation of an agent is refused with 403, and done.",
			Rules: []string{"roles/refused-has-no-effect"}, Wrap: around(refusedButDone("POST", false)),
		},
		{
			Name: "role-after-agent", Explains: "The agent is looked up before the role is checked, so that 404 and 403 tell which agents there are.",
			Rules: []string{"order/role-before-agent"}, Deviation: rewriting(func(r *http.Request, d *fakegitlab.ResponseDraft) {
				if p, _ := placeOf(r.URL); d.Status == 403 && number(p.agent) > 1<<40 {
					replace(d, 404, `{"message":"404 Not found"}`)
				}
			}, "deleteAgent"),
		},
	}...)
}

// letting lets a caller do one operation.
func letting(name, operation string) func() *fakegitlab.Deviation {
	return func() *fakegitlab.Deviation {
		return &fakegitlab.Deviation{Decide: func(c fakegitlab.Choice) bool {
			if c.Operation != operation || c.GitLab {
				return c.GitLab
			}
			switch c.Point {
			case fakegitlab.TokenKnown:
				return name == "anonymous" && len(c.Request.Header["Private-Token"]) == 0 && len(c.Request.Header["Authorization"]) == 0
			case fakegitlab.ProjectVisible, fakegitlab.RoleSuffices:
				return c.User == name
			}
			return c.GitLab
		}}
	}
}

// refusedButDone does what a developer is refused, with a maintainer's rights.
func refusedButDone(method string, token bool) func(next http.Handler, w http.ResponseWriter, r *http.Request) {
	return func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		p, ok := placeOf(r.URL)
		if ok && r.Method == method && p.tokens == token && r.Header.Get("Private-Token") == "glpat-developer" {
			sent := input(r)
			secretly := r.Clone(r.Context())
			if sent != nil {
				secretly = withInput(r, sent)
			}
			secretly.Header.Set("Private-Token", "glpat-maintainer")
			a := ask(next, r)
			ask(next, secretly)
			a.send(w, r)
			return
		}
		next.ServeHTTP(w, r)
	}
}
