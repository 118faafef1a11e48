package faults

import (
	"bytes"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// allowed are the operations, as roles and words have them.
var allowed = []struct {
	operation, name, explains string
	write                     bool
	since                     fakegitlab.Release
}{
	{operation: "listAgents", name: "lists-agents", explains: "list agents"},
	{operation: "getAgent", name: "reads-agent", explains: "read an agent"},
	{operation: "createAgent", name: "creates-agent", explains: "create an agent", write: true},
	{operation: "deleteAgent", name: "deletes-agent", explains: "delete an agent", write: true},
	{operation: "listAgentTokens", name: "lists-tokens", explains: "list an agent's tokens", since: v15},
	{operation: "getAgentToken", name: "reads-token", explains: "read a token", since: v15},
	{operation: "createAgentToken", name: "creates-token", explains: "create a token", write: true, since: v15},
	{operation: "revokeAgentToken", name: "revokes-token", explains: "revoke a token", write: true, since: v15},
}

// callers are those who may not do everything, and the rules that say so.
var callers = []struct {
	name, explains, reads, writes string
	is                            func(c fakegitlab.Choice) bool
}{
	{"developer", "A developer", "", "roles/developer-may-not-write", hasRole(fakegitlab.Developer)},
	{"guest", "A guest", "roles/guest-finds-nothing", "roles/guest-may-not-write", hasRole(fakegitlab.Guest)},
	{"stranger", "A user who is not a member", "roles/stranger-finds-nothing", "roles/stranger-may-not-write", hasRole(fakegitlab.NoRole)},
	{"anonymous", "A caller without credentials", "authentication/required-to-read", "authentication/required-to-write", isAnonymous},
}

// roles are faults of who may do what: first each caller with each operation.
func roles() []Fault {
	var all []Fault
	for _, caller := range callers {
		for _, o := range allowed {
			rule := caller.reads
			if o.write {
				rule = caller.writes
			}
			if rule == "" {
				continue // a developer may read
			}
			f := Fault{
				Name: caller.name + "-" + o.name, Explains: caller.explains + " can " + o.explains + ".", Since: o.since, Rules: ids{rule},
				Change: let(func(c fakegitlab.Choice) bool { return c.Operation == o.operation && caller.is(c) }),
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
	return append(all, otherRoles()...)
}

func otherRoles() []Fault {
	finds := ids{"roles/stranger-finds-nothing", "roles/guest-finds-nothing", "authentication/required-to-read"}
	return []Fault{
		{Name: "roles-unchecked-for-bearer", Explains: "A guest who sends Authorization: Bearer has the rights of a maintainer.", Since: v15, Rules: ids{"roles/guest-finds-nothing"}, Change: let(hasRole(fakegitlab.Guest), bearer)},
		{Name: "roles-unchecked-for-forms", Explains: "A developer who sends a form has the rights of a maintainer.", Rules: ids{"roles/developer-may-not-write"}, Change: let(hasRole(fakegitlab.Developer), hasType(formType))},
		{Name: "roles-unchecked-by-id", Explains: "A user who names the project by its id has the rights of a maintainer.", Since: v15, Rules: ids{"roles/stranger-finds-nothing", "roles/guest-finds-nothing"}, Change: let(isUser, byID)},
		{Name: "private-project-revealed", Explains: "A stranger is refused in a private project as in a public one.", Rules: ids{"roles/stranger-finds-nothing", "roles/stranger-may-not-write"}, Change: inside(privateProjectRevealed)},
		{Name: "refusals-name-the-agent", Explains: "An error says the name of the agent in the URL.", Rules: finds, Change: inside(namingAgents)},
		{Name: "refusals-count", Explains: "The error that refuses a list has X-Total.", Rules: finds, Change: rewrite(countingInErrors, lists...)},
		{Name: "role-before-parameters", Explains: "The role is checked before parameters.", Since: v16, Rules: ids{"order/parameters-before-role"}, Change: handle(checkingRoleFirst)},
		{Name: "condition-before-role", Explains: "If-Unmodified-Since is checked before the agent and the role.", Rules: ids{"order/role-before-agent", "errors/delete-unknown-agent"},
			Change: refuse(all(method(http.MethodDelete, isAgent), unmodifiedForDays), 412, `{"message":"412 Precondition Failed"}`)},
		{Name: "developer-reads-nothing", Explains: "Only a maintainer can read agents and tokens.", Rules: ids{"roles/developer-reads"}, Change: decide(fakegitlab.RoleSuffices, func(c fakegitlab.Choice) bool { return c.Role >= fakegitlab.Maintainer })},
		{Name: "developer-sees-no-agents", Explains: "A developer gets an empty list of agents.", Rules: ids{"roles/developer-reads"}, Change: showTo(fakegitlab.Developer, emptyingList, "listAgents"), Also: ids{"pagination/totals"}, Because: "X-Total counts what is not shown"},
		{Name: "developer-sees-no-creator", Explains: "For a developer, the creator of an agent is null.", Rules: ids{"roles/developer-reads"}, Change: showTo(fakegitlab.Developer, hidingCreator, "getAgent", "listAgents")},
		{Name: "refused-but-done", Explains: "A developer's deletion is refused with 403, but done.", Rules: ids{"roles/refused-has-no-effect"}, Change: doneForDevelopers("deleteAgent")},
		{Name: "refused-but-revoked", Explains: "A developer's revocation is refused with 403, but done.", Since: v15, Rules: ids{"roles/refused-has-no-effect"}, Change: doneForDevelopers("revokeAgentToken")},
		{Name: "refused-but-created", Explains: "A developer's creation of a token is refused with 403, but done.", Since: v15, Rules: ids{"roles/refused-has-no-effect"}, Change: doneForDevelopers("createAgentToken")},
		{Name: "refused-but-registered", Explains: "A developer's creation of an agent is refused with 403, but done.", Rules: ids{"roles/refused-has-no-effect"}, Change: doneForDevelopers("createAgent")},
		{Name: "role-after-agent", Explains: "The agent is looked up before the role is checked, so that 404 and 403 show which agents exist.", Rules: ids{"order/role-before-agent"}, Change: lookingUpFirst()},
	}
}

// doneForDevelopers does what a developer is refused.
func doneForDevelopers(operation string) Change {
	return despite(fakegitlab.RoleSuffices, func(c fakegitlab.Choice) bool {
		return noIn(operation)(c) && c.Role == fakegitlab.Developer
	}, replaceBy(403, `{"message":"403 Forbidden"}`))
}

// lookingUpFirst answers 404 for an agent that does not exist to callers who may not delete any.
func lookingUpFirst() Change {
	return both(
		despite(fakegitlab.RoleSuffices, noIn("deleteAgent"), func(d *fakegitlab.ResponseDraft) {
			if d.Status != 404 {
				replace(d, 403, `{"message":"403 Forbidden"}`)
			}
		}),
		decide(fakegitlab.AgentDeleted, func(c fakegitlab.Choice) bool { return c.GitLab && c.Role >= fakegitlab.Maintainer }),
	)
}

// namingAgents adds the name of the agent in the URL to errors.
func namingAgents() *fakegitlab.Deviation {
	var names sync.Map // by the agent's id
	return &fakegitlab.Deviation{Rewrite: func(r *http.Request, d *fakegitlab.ResponseDraft) {
		edited(d.Body, func(o object) {
			if id, ok := o["id"].(json.Number); ok && o["config_project"] != nil {
				names.Store(id.String(), o["name"])
			}
		})
		p, _ := placeOf(r.URL)
		if name, known := names.Load(p.agent); known && d.Status >= 400 && r.Method == http.MethodGet {
			editObjects(d, func(o object) { o["agent"] = name })
		}
	}}
}

func countingInErrors(_ *http.Request, d *fakegitlab.ResponseDraft) {
	if d.Status >= 400 {
		d.Header.Set("X-Total", "3")
	}
}

// checkingRoleFirst refuses a caller who may not create agents, also if a parameter is wrong.
func checkingRoleFirst(next http.Handler, w http.ResponseWriter, r *http.Request) {
	a := ask(next, r)
	if createsAgent(r) && a.status == 400 && bytes.HasPrefix(a.body, []byte(`{"error":`)) {
		// The model refuses this name, so that no agent is made of it.
		if role := more(next, r, http.MethodPost, r.URL.EscapedPath(), "name=-"); role.status == 403 {
			a = role
		}
	}
	a.send(w, r)
}

// unmodifiedForDays is a request whose If-Unmodified-Since is more than a day ago.
func unmodifiedForDays(r *http.Request) bool {
	date, err := http.ParseTime(r.Header.Get("If-Unmodified-Since"))
	return err == nil && time.Since(date) > 24*time.Hour
}

func emptyingList(d *fakegitlab.ResponseDraft) {
	d.Body = []byte("[]")
	d.Header.Set("X-Total", "0")
}

func hidingCreator(d *fakegitlab.ResponseDraft) {
	editObjects(d, func(o object) { o["created_by_user_id"] = nil })
}
