package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/rule"
)

var CreateAgent = rule.Rule{
	ID:         "agents/create",
	Sentence:   "Creating an agent returns 201.",
	Source:     docs.CreateAgent,
	Operations: []string{"createAgent"},
}

var ReadAgent = rule.Rule{
	ID:         "agents/read",
	Sentence:   "A new agent can be read at once.",
	Source:     docs.GetAgent,
	Operations: []string{"getAgent"},
}

var ListAgents = rule.Rule{
	ID:         "agents/list",
	Sentence:   "A new agent is in the list of its project.",
	Source:     docs.ListAgents,
	Operations: []string{"listAgents"},
}

var AgentReadsBack = rule.Rule{
	ID:         "agents/read-back-equal",
	Sentence:   "An agent reads back as it was created, alone and in the list.",
	Source:     agentEntity,
	Operations: showAgents,
}

var AgentIDMatchesPath = rule.Rule{
	ID:         "agents/id-matches-path",
	Sentence:   "Reading one agent returns the agent in the URL.",
	Source:     docs.GetAgent,
	Operations: []string{"getAgent"},
}

func agentIDMatchesPath(x *judge.Exchange, a *judge.Agent, at string) {
	if x.AgentID != 0 && a.ID != x.AgentID {
		x.Violation(at+"/id", number(x.AgentID), number(a.ID))
	}
}

var ProjectMatchesPath = rule.Rule{
	ID:         "agents/project-matches-path",
	Sentence:   "An agent belongs to the project in the URL.",
	Source:     agentsFinder,
	Operations: showAgents,
}

func projectMatchesPath(x *judge.Exchange, a *judge.Agent, at string) {
	p := &a.ConfigProject
	if id, err := strconv.ParseInt(strings.TrimSpace(x.Project), 10, 64); err == nil {
		if p.ID != id {
			x.Differs(at+"/config_project/id", number(id), number(p.ID))
		}
	} else if !strings.EqualFold(p.PathWithNamespace, x.Project) {
		x.Differs(at+"/config_project/path_with_namespace", strconv.Quote(x.Project), strconv.Quote(p.PathWithNamespace))
	}
}

var ProjectNamesAgree = rule.Rule{
	ID:         "agents/project-names-agree",
	Sentence:   "The project's full path ends with its path, and its full name with its name.",
	Source:     projectEntity,
	Operations: showAgents,
}

func projectNamesAgree(x *judge.Exchange, a *judge.Agent, at string) {
	p := &a.ConfigProject
	if !strings.HasSuffix(p.PathWithNamespace, "/"+p.Path) && !x.DocumentSpokeOf(at+"/config_project/path") {
		x.Differs(at+"/config_project/path_with_namespace", strconv.Quote("…/"+p.Path), strconv.Quote(p.PathWithNamespace))
	}
	if !strings.HasSuffix(p.NameWithNamespace, " / "+p.Name) && !x.DocumentSpokeOf(at+"/config_project/name") {
		x.Differs(at+"/config_project/name_with_namespace", strconv.Quote("… / "+p.Name), strconv.Quote(p.NameWithNamespace))
	}
}

var CreateKeepsName = rule.Rule{
	ID:         "agents/create-keeps-name",
	Sentence:   "An agent is created with the name that was sent.",
	Source:     docs.CreateAgent,
	Operations: []string{"createAgent"},
}

func createKeepsName(_ *judge.History, x *judge.Exchange) bool {
	a, name := x.NewAgent(), x.Sent("name")
	if a == nil || !name.Text {
		return false
	}
	if a.Name != name.Value {
		x.Echoes(a.Name != "", "/name", strconv.Quote(name.Value), strconv.Quote(a.Name))
	}
	return true
}

var CreatedByCaller = rule.Rule{
	ID:         "agents/created-by-caller",
	Sentence:   "A new agent or token names the caller as its creator.",
	Source:     agentEntity,
	Operations: creates,
}

var CreatedNow = rule.Rule{
	ID:         "agents/created-at-is-now",
	Sentence:   "created_at of a new agent or token is within 15 minutes of its creation.",
	Source:     agentEntity,
	Operations: creates,
}

var Timestamps = rule.Rule{
	ID:         "agents/timestamps",
	Sentence:   "Times of agents, projects and tokens are ISO 8601 with three decimals and a zone, such as 2026-01-31T12:00:00.000Z.",
	Source:     agentEntity,
	Operations: slices.Concat(showAgents, showTokens),
}

func timestamps(_ *judge.History, x *judge.Exchange) bool {
	judgeTime := func(at string, value *string) {
		if value != nil && *value != "" && !timestamp.MatchString(*value) {
			x.Differs(at, "a time like 2026-01-31T12:00:00.000Z", strconv.Quote(judge.Clip(*value)))
		}
	}
	x.EachAgent(func(a *judge.Agent, at string) {
		judgeTime(at+"/created_at", &a.CreatedAt)
		judgeTime(at+"/config_project/created_at", &a.ConfigProject.CreatedAt)
	})
	x.EachToken(func(t *judge.Token, at string) {
		judgeTime(at+"/created_at", &t.CreatedAt)
		judgeTime(at+"/last_used_at", t.LastUsedAt)
	})
	return len(x.Agents())+len(x.Tokens()) > 0
}

// timestamp is how Rails writes times. The zone is that of the instance.
var timestamp = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)$`)

var AgentIDFresh = rule.Rule{
	ID:         "agents/id-fresh",
	Sentence:   "A new agent has an id that no agent had before.",
	Source:     agentModel,
	Operations: []string{"createAgent"},
}

func agentIDFresh(h *judge.History, x *judge.Exchange) bool {
	a := x.NewAgent()
	if a == nil {
		return false
	}
	if r, known := h.Agent(a.ID); known && r.CreatedAt != "" && r.First.Before(x.Moment()) {
		x.Violation("/id", "a new id", fmt.Sprintf("%d, which exchange #%d returned", a.ID, r.First.Index))
	}
	return true
}

var AgentNeverChanges = rule.Rule{
	ID:         "agents/never-change",
	Sentence:   "An agent's name, project, creator and creation time never change. The creator becomes null if the user is deleted.",
	Source:     agentsAPI,
	Operations: []string{"listAgents", "getAgent"},
}

func agentNeverChanges(h *judge.History, x *judge.Exchange) (applies bool) {
	x.EachAgent(func(a *judge.Agent, at string) {
		r, known := h.Agent(a.ID)
		if !known || r.CreatedAt == "" {
			return
		}
		applies = true
		if a.Name != r.Name {
			x.Differs(at+"/name", strconv.Quote(r.Name), strconv.Quote(a.Name))
		}
		if a.ConfigProject.ID != r.ProjectID {
			x.Differs(at+"/config_project/id", number(r.ProjectID), number(a.ConfigProject.ID))
		}
		if a.CreatedAt != r.CreatedAt {
			x.Differs(at+"/created_at", strconv.Quote(r.CreatedAt), strconv.Quote(a.CreatedAt))
		}
		if by := a.CreatedByUserID; by != nil && r.CreatedBy != 0 && *by != r.CreatedBy {
			x.Differs(at+"/created_by_user_id", number(r.CreatedBy), number(*by))
		}
	})
	return applies
}

var AgentListed = rule.Rule{
	ID:         "agents/listed",
	Sentence:   "An agent that exists is in the list of its project.",
	Source:     docs.ListAgents,
	Operations: showAgents,
}

// A list that lacks an agent is wrong only if the agent is seen to exist after the list was read: somebody else may
// delete an agent at any time.
func agentListed(h *judge.History, x *judge.Exchange) bool {
	x.EachAgent(func(a *judge.Agent, _ string) {
		if r, known := h.Agent(a.ID); known && r.Missing != nil && r.Missing.VisibleTo(x) {
			x.ViolationOf(r.Missing, "", fmt.Sprintf("agent %d, which existed before and after", a.ID), "a list without it")
		}
	})
	if x.Operation != "listAgents" || !x.WholeList() || !x.Sound() {
		return false
	}
	project, ok := projectOf(x)
	if !ok {
		return false // another rule reports agents of another project
	}
	h.AgentsOf(project, func(_ int64, r *judge.AgentRecord) {
		if r.Gone == nil && r.Alive.VisibleTo(x.Moment()) {
			r.Missing = x.Kept() // until the history finds it in the list
		}
	})
	return true
}

// projectOf is the id of the project whose agents a list has.
func projectOf(x *judge.Exchange) (id int64, ok bool) {
	id, _ = strconv.ParseInt(x.Project, 10, 64)
	for i := range x.Agents() {
		a := &x.Agents()[i]
		if id == 0 {
			id = a.ConfigProject.ID
		}
		if a.ConfigProject.ID != id {
			return 0, false
		}
	}
	return id, true
}

var AgentListedOnce = rule.Rule{
	ID:         "agents/listed-once",
	Sentence:   "A page of agents has no duplicates.",
	Source:     docs.ListAgents,
	Operations: []string{"listAgents"},
}

func agentListedOnce(_ *judge.History, x *judge.Exchange) bool {
	ids, names := make(map[int64]bool), make(map[string]bool)
	x.EachAgent(func(a *judge.Agent, at string) {
		switch {
		case ids[a.ID]:
			x.Violation(at+"/id", "each agent once", fmt.Sprintf("agent %d again", a.ID))
		case names[a.Name] && a.Name != "":
			x.Violation(at+"/name", "each name once", strconv.Quote(a.Name)+" again")
		}
		ids[a.ID], names[a.Name] = true, true
	})
	return len(ids) > 0
}

var AgentsSorted = rule.Rule{
	ID:         "agents/sorted-by-name",
	Sentence:   "Agents are sorted by name.",
	Source:     agentsFinder,
	Operations: []string{"listAgents"},
}

func agentsSorted(_ *judge.History, x *judge.Exchange) bool {
	agents := x.Agents()
	for i := 1; i < len(agents); i++ {
		if a, b := agents[i-1].Name, agents[i].Name; Misplaced(a, b) {
			x.Violation(fmt.Sprintf("/%d/name", i), "a name after "+strconv.Quote(a), strconv.Quote(b))
			break
		}
	}
	return len(agents) > 1
}

// Misplaced says whether a name that stands before another should stand behind it. The order is that of the database's
// collation. The usual ones differ in whether "-" counts, so only what is wrong either way is misplaced.
func Misplaced(name, next string) bool {
	return name > next && strings.ReplaceAll(name, "-", "") > strings.ReplaceAll(next, "-", "")
}

var DeleteAgent = rule.Rule{
	ID:         "agents/delete",
	Sentence:   "Deleting an agent returns 204, also if it has active tokens.",
	Source:     docs.DeleteAgent,
	Operations: []string{"deleteAgent"},
}

var DeletedIs404 = rule.Rule{
	ID:         "agents/deleted-is-404",
	Sentence:   "A deleted agent returns 404, and is not listed.",
	Source:     docs.DeleteAgent,
	Operations: []string{"getAgent", "listAgents", "deleteAgent"},
}

var DeleteOnlyThatOne = rule.Rule{
	ID:         "agents/delete-only-that-one",
	Sentence:   "Deleting an agent leaves the project's other agents as they are.",
	Source:     docs.DeleteAgent,
	Operations: []string{"deleteAgent"},
}

var DeletedWithTokens = rule.Rule{
	ID:         "agents/deleted-with-tokens",
	Since:      rule.GitLab(15, 0),
	Sentence:   "The tokens of a deleted agent return 404, and it gets no new ones. The next agent of the same name starts without tokens.",
	Source:     docs.DeleteAgent,
	Operations: []string{"listAgentTokens", "getAgentToken", "createAgentToken", "revokeAgentToken"},
}

var DeletedStaysGone = rule.Rule{
	ID:         "agents/deleted-stays-gone",
	Sentence:   "A deleted agent never comes back, nor do its tokens.",
	Source:     docs.DeleteAgent,
	Operations: slices.Concat([]string{"listAgents"}, ofOneAgent),
}

func deletedStaysGone(h *judge.History, x *judge.Exchange) bool {
	if x.Operation == "listAgents" {
		x.EachAgent(func(a *judge.Agent, at string) {
			if r, known := h.Agent(a.ID); known && r.Gone != nil && r.Gone.VisibleTo(x) {
				x.Violation(at, fmt.Sprintf("no agent %d, which exchange #%d deleted", a.ID, r.Gone.Index), "the agent")
			}
		})
		return false
	}
	r, known := h.Agent(x.AgentID)
	if !known || r.Gone == nil || !r.Gone.VisibleTo(x) || !x.Complete() {
		return false
	}
	if s := x.Status(); s < 300 || s == 304 {
		x.Violation("", fmt.Sprintf("404, as exchange #%d deleted the agent", r.Gone.Index), strconv.Itoa(s))
	}
	return true
}

var ReceptiveOnEE = rule.Rule{
	ID:         "agents/is-receptive-on-ee",
	Since:      rule.GitLab(17, 4),
	Edition:    rule.Enterprise,
	Sentence:   "Enterprise Edition returns is_receptive for each agent.",
	Source:     agentEntity,
	Operations: showAgents,
}

func receptiveOnEE(x *judge.Exchange, a *judge.Agent, at string) {
	if a.IsReceptive == nil {
		x.Violation(at+"/is_receptive", "true or false", "none")
	}
}

var NotReceptiveOnCE = rule.Rule{
	ID:         "agents/no-is-receptive-on-ce",
	Edition:    rule.Community,
	Sentence:   "Community Edition does not return is_receptive.",
	Source:     agentEntity,
	Operations: showAgents,
}

func notReceptiveOnCE(x *judge.Exchange, a *judge.Agent, at string) {
	if a.IsReceptive != nil {
		x.Violation(at+"/is_receptive", "no such property", strconv.FormatBool(*a.IsReceptive))
	}
}

// eachAgent judges every agent of every response.
func eachAgent(one func(x *judge.Exchange, a *judge.Agent, at string)) func(*judge.History, *judge.Exchange) bool {
	return func(_ *judge.History, x *judge.Exchange) bool {
		x.EachAgent(func(a *judge.Agent, at string) { one(x, a, at) })
		return len(x.Agents()) > 0
	}
}
