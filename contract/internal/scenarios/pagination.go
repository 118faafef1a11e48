package scenarios

import (
	"fmt"
	"slices"

	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/rules"
)

func pageQuery(page, perPage int) string { return fmt.Sprintf("per_page=%d&page=%d", perPage, page) }

// Page sizes and page numbers are read as GitLab reads them.
var pageParameters = Scenario{
	Name:   "page parameters",
	Proves: Rules{&rules.DefaultPage, &rules.AtMost100, &rules.PageZero, &rules.PastTheEnd},
	Judged: Rules{&rules.PageAsAsked, &rules.PageSize, &rules.Totals, &rules.Neighbours, &rules.Link, &rules.LinkParameters, &rules.LinkRepeatsPath},
	Play: func(s *Stage) {
		s.AgentToRead()
		s.Quiet()
		s.ListAgents(Query("per_page=1")).Assume(Status(200), WithHeader("X-Page", "1"), WithHeader("X-Per-Page", "1"))
		s.ListAgents().Expect(&rules.DefaultPage, Status(200), WithHeader("X-Per-Page", "20"), WithHeader("X-Page", "1"))
		s.ListAgents(Query("per_page=101")).Expect(&rules.AtMost100, Status(200)) // judges compare the headers with what was asked for
		s.ListAgents(Query("page=0&per_page=-1")).Expect(&rules.PageZero, Status(200))
		s.ListAgents(Query(pageQuery(1000000, 100))).Expect(&rules.PastTheEnd, Empty())
	},
}

// The pages of agents contain each agent once, in one order.
var agentPages = Scenario{
	Name:   "the pages of agents",
	Proves: Rules{&rules.AgentPages},
	Judged: Rules{&rules.PageSize, &rules.Totals, &rules.Neighbours, &rules.Link, &rules.AgentsSorted},
	Play: func(s *Stage) {
		var newest []Agent
		if !s.ReadOnly() {
			newest = []Agent{s.CreateAgent(), s.CreateAgent(), s.CreateAgent()}
		}
		s.Quiet()
		for _, agent := range newest {
			pageWith(s, agent).Assume(HasAgents(agent)) // else the list is out of date
		}
		whole := s.ListAgents(Query("per_page=100")).Assume(Sound())
		all := whole.Agents()
		if len(all) < 2 {
			s.Untestable("the project has fewer than two agents")
		}
		size := len(all) - 1                                      // the last page has one entry, so the number of pages is not a quotient without remainder
		if len(all) >= 100 || whole.Header("X-Next-Page") != "" { // there are more
			size = len(all) / 2
		}
		page := func(number int) *Answer { // if its total differs, the list has changed
			return s.ListAgents(Query(pageQuery(number, size))).Expect(&rules.AgentPages, Sound()).Assume(Sound(), SameTotal(whole.Exchange))
		}
		one := page(1)
		page(2).Expect(&rules.AgentPages, ContinuesAgents(one, all))
		if len(all) >= 3 {
			s.ListAgents(Query(pageQuery(3, 1))).Expect(&rules.AgentPages, Sound(), IsAgents(all[2:3]))
		}
	},
}

// ContinuesAgents wants the second page of a list: it has what follows the first.
func ContinuesAgents(one *Answer, all []judge.Agent) matcher {
	return func(x *judge.Exchange) []mismatch {
		n := len(one.Agents())
		if !sameAgents(one.Agents(), all[:min(n, len(all))]) || n > len(all) {
			return []mismatch{{Entries: true, Expected: "a first page with the first agents of the list", Actual: fmt.Sprintf("agents %d", ids(one.Agents()))}}
		}
		return IsAgents(all[n:min(len(all), n+n)])(x)
	}
}

// IsAgents wants a list with these agents in this order.
func IsAgents(want []judge.Agent) matcher {
	return func(x *judge.Exchange) []mismatch {
		if sameAgents(x.Agents(), want) {
			return nil
		}
		return []mismatch{{Entries: true, Expected: fmt.Sprintf("agents %d", ids(want)), Actual: fmt.Sprintf("agents %d", ids(x.Agents()))}}
	}
}

func sameAgents(a, b []judge.Agent) bool { return slices.Equal(ids(a), ids(b)) }

func ids(agents []judge.Agent) (ids []int64) {
	for _, a := range agents {
		ids = append(ids, a.ID)
	}
	return ids
}
