package rules

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

var agentIDMatchesPath = Rule{
	ID:         "agents/id-matches-path",
	Sentence:   "Reading one agent gives the agent in the URL.",
	Source:     docs(docsGetAgent),
	Operations: []string{"getAgent"},
	Judge: eachAgent(func(x *Exchange, a *Agent, at string) {
		if x.AgentID != 0 && a.ID != x.AgentID {
			x.Violation(at+"/id", strconv.FormatInt(x.AgentID, 10), strconv.FormatInt(a.ID, 10))
		}
	}),
}

var projectMatchesPath = Rule{
	ID:         "agents/project-matches-path",
	Sentence:   "An agent belongs to the project in the URL.",
	Source:     agentsFinder,
	Operations: showAgents,
	Judge: eachAgent(func(x *Exchange, a *Agent, at string) {
		if id, err := strconv.ParseInt(strings.TrimSpace(x.Project), 10, 64); err == nil {
			if a.ConfigProject.ID != id {
				x.Differs(at+"/config_project/id", strconv.FormatInt(id, 10), strconv.FormatInt(a.ConfigProject.ID, 10))
			}
		} else if !strings.EqualFold(a.ConfigProject.PathWithNamespace, x.Project) {
			x.Differs(at+"/config_project/path_with_namespace", quoted(x.Project), quoted(a.ConfigProject.PathWithNamespace))
		}
	}),
}

var projectConsistent = Rule{
	ID:         "agents/project-names-agree",
	Sentence:   "The project's full path ends with its path, and its full name with its name.",
	Source:     projectEntity,
	Operations: showAgents,
	Judge: eachAgent(func(x *Exchange, a *Agent, at string) {
		p := &a.ConfigProject
		if !strings.HasSuffix(p.PathWithNamespace, "/"+p.Path) && !x.DocumentSpokeOf(at+"/config_project/path") {
			x.Differs(at+"/config_project/path_with_namespace", quoted("…/"+p.Path), quoted(p.PathWithNamespace))
		}
		if !strings.HasSuffix(p.NameWithNamespace, " / "+p.Name) && !x.DocumentSpokeOf(at+"/config_project/name") {
			x.Differs(at+"/config_project/name_with_namespace", quoted("… / "+p.Name), quoted(p.NameWithNamespace))
		}
	}),
}

var agentCreateEcho = Rule{
	ID:         "agents/create-keeps-name",
	Sentence:   "An agent is created with the name that was sent.",
	Source:     docs(docsCreateAgent),
	Operations: []string{"createAgent"},
	Judge: func(_ *History, x *Exchange) bool {
		a, name := x.NewAgent(), x.Sent("name")
		if a == nil || !name.text {
			return false
		}
		if a.Name != name.value {
			x.Echoes(a.Name != "", "/name", quoted(name.value), quoted(a.Name))
		}
		return true
	},
}

var agentIDFresh = Rule{
	ID:         "agents/id-fresh",
	Sentence:   "A new agent has an id that no agent had before.",
	Source:     agentModel,
	Operations: []string{"createAgent"},
	Judge: func(h *History, x *Exchange) bool {
		a := x.NewAgent()
		if a == nil {
			return false
		}
		if r, known := h.Agent(a.ID); known && r.CreatedAt != "" && r.First.Before(x.Moment()) {
			x.Violation("/id", "a new id", fmt.Sprintf("%d, which exchange #%d showed", a.ID, r.First.index))
		}
		return true
	},
}

var agentImmutable = Rule{
	ID:         "agents/never-change",
	Sentence:   "An agent's name, project, creator and time of creation never change, unless the creator is deleted.",
	Source:     agentsAPI + ": there is no update",
	Operations: []string{"listAgents", "getAgent"},
	Judge: func(h *History, x *Exchange) bool {
		met := false
		x.EachAgent(func(a *Agent, at string) {
			r, known := h.Agent(a.ID)
			if !known || r.CreatedAt == "" {
				return
			}
			met = true
			if a.Name != r.Name {
				x.Differs(at+"/name", quoted(r.Name), quoted(a.Name))
			}
			if a.ConfigProject.ID != r.ProjectID {
				x.Differs(at+"/config_project/id", strconv.FormatInt(r.ProjectID, 10), strconv.FormatInt(a.ConfigProject.ID, 10))
			}
			if a.CreatedAt != r.CreatedAt {
				x.Differs(at+"/created_at", quoted(r.CreatedAt), quoted(a.CreatedAt))
			}
			if by := a.CreatedByUserID; by != nil && r.CreatedBy != 0 && *by != r.CreatedBy {
				x.Differs(at+"/created_by_user_id", strconv.FormatInt(r.CreatedBy, 10), strconv.FormatInt(*by, 10))
			}
		})
		return met
	},
}

var deletedStaysGone = Rule{
	ID:         "agents/deleted-stays-gone",
	Sentence:   "A deleted agent is gone, and its tokens with it.",
	Source:     docs(docsDeleteAgent),
	Operations: append([]string{"listAgents"}, ofOneAgent...),
	Judge: func(h *History, x *Exchange) bool {
		if x.Operation == "listAgents" {
			x.EachAgent(func(a *Agent, at string) {
				if r, known := h.Agent(a.ID); known && r.Gone != nil && r.Gone.Before(x) {
					x.Violation(at, fmt.Sprintf("no agent %d, which exchange #%d deleted", a.ID, r.Gone.Index), "the agent")
				}
			})
			return false
		}
		r, known := h.Agent(x.AgentID)
		if !known || r.Gone == nil || !r.Gone.Before(x) || !x.Complete() {
			return false
		}
		if s := x.Status(); s < 300 || s == 304 {
			x.Violation("", fmt.Sprintf("404, as exchange #%d deleted the agent", r.Gone.Index), strconv.Itoa(s))
		}
		return true
	},
}

var agentListed = Rule{
	ID:         "agents/listed",
	Sentence:   "An agent that exists is in the list of its project's agents.",
	Source:     docs(docsListAgents),
	Operations: showAgents,
	// As for tokens: a list that lacks an agent is wrong only if the agent is seen to exist after the list was read.
	Judge: func(h *History, x *Exchange) bool {
		x.EachAgent(func(a *Agent, _ string) {
			if r, known := h.Agent(a.ID); known && r.Missing != nil && r.Missing.Before(x) {
				x.ViolationOf(r.Missing, "", fmt.Sprintf("agent %d, which existed before and after", a.ID), "a list without it")
			}
		})
		if x.Operation != "listAgents" || !x.WholeList() || !x.Sound() {
			return false
		}
		project, _ := strconv.ParseInt(x.Project, 10, 64)
		for i := range x.Agents() {
			a := &x.Agents()[i]
			if project == 0 {
				project = a.ConfigProject.ID
			}
			if a.ConfigProject.ID != project {
				return false // which project it is of is another rule's business
			}
		}
		h.AgentsOf(project, func(r *AgentRecord) {
			if r.Gone == nil && r.Alive.Before(x.Moment()) {
				r.Missing = x.Kept() // until History.add finds it in the list
			}
		})
		return true
	},
}

var agentListedOnce = Rule{
	ID:         "agents/listed-once",
	Sentence:   "No agent and no name is twice on a page.",
	Source:     docs(docsListAgents),
	Operations: []string{"listAgents"},
	Judge: func(_ *History, x *Exchange) bool {
		ids, names := make(map[int64]bool), make(map[string]bool)
		x.EachAgent(func(a *Agent, at string) {
			switch {
			case ids[a.ID]:
				x.Violation(at+"/id", "each agent once", fmt.Sprintf("agent %d again", a.ID))
			case names[a.Name] && a.Name != "":
				x.Violation(at+"/name", "each name once", quoted(a.Name)+" again")
			}
			ids[a.ID], names[a.Name] = true, true
		})
		return len(ids) > 0
	},
}

var agentsSorted = Rule{
	ID:         "agents/sorted-by-name",
	Sentence:   "The list of agents is sorted by name.",
	Source:     agentsFinder,
	Operations: []string{"listAgents"},
	Judge: func(_ *History, x *Exchange) bool {
		agents := x.Agents()
		for i := 1; i < len(agents); i++ {
			a, b := agents[i-1].Name, agents[i].Name
			if misplaced(a, b) {
				x.Violation(fmt.Sprintf("/%d/name", i), "a name after "+quoted(a), quoted(b))
				break
			}
		}
		return len(agents) > 1
	},
}

// misplaced says whether a name that stands before another should stand behind it. The order is that of the database's
// collation. The usual ones differ in whether "-" counts, so that only what is wrong either way is.
func misplaced(name, next string) bool {
	return name > next && strings.ReplaceAll(name, "-", "") > strings.ReplaceAll(next, "-", "")
}

var validName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)

var agentNameRefused = Rule{
	ID:         "agent-names/enforced",
	Sentence:   "An agent whose name is blank, longer than 63 characters or not made of lower-case letters, digits and inner \"-\" is refused.",
	Source:     agentModel,
	Operations: []string{"createAgent"},
	Judge: func(_ *History, x *Exchange) bool {
		name := x.Sent("name")
		if !name.null && !name.text || validName.MatchString(name.value) && utf8.RuneCountInString(name.value) <= 63 {
			return false
		}
		if x.OK(201) {
			x.Violation("", "400, for the name "+quoted(name.value), "201")
		}
		return x.Complete()
	},
}

// eachAgent judges every agent of every response.
func eachAgent(judge func(x *Exchange, a *Agent, at string)) func(*History, *Exchange) bool {
	return func(_ *History, x *Exchange) bool {
		x.EachAgent(func(a *Agent, at string) { judge(x, a, at) })
		return len(x.Agents()) > 0
	}
}

// eachAgent calls f for each agent that has an id, with its JSON pointer.
func (x *Exchange) EachAgent(f func(a *Agent, at string)) {
	for i := range x.Agents() {
		if x.Agents()[i].ID == 0 {
			continue
		}
		at := ""
		if x.Operation == "listAgents" {
			at = "/" + strconv.Itoa(i)
		}
		f(&x.Agents()[i], at)
	}
}
