package scenarios

import (
	"encoding/json"

	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/rules"
)

// A new agent can be read at once, reads back as it was created, and names its creator.
var createAgent = Scenario{
	Name:   "create and read an agent",
	Needs:  Writes,
	Proves: Rules{&rules.CreateAgent, &rules.ReadAgent, &rules.AgentReadsBack, &rules.CreatedByCaller, &rules.CreatedNow},
	Play: func(s *Stage) {
		created := s.PostAgent(Named(s.Name("a"))).Require(&rules.CreateAgent, Status(201))
		agent := s.Unread(created)
		read := s.GetAgent(agent).Require(&rules.ReadAgent, Status(200))
		read.Expect(&rules.AgentReadsBack, SameAs(created.Exchange, "as it was created"))

		created.Assume(HasName(agent.Name)) // else the answer is about an agent that somebody else created earlier
		user := callerID(s)
		created.Expect(&rules.CreatedByCaller, CreatedBy(user))
		expectCreatedNow(created)
		if s.HasTokens() {
			if user == "" { // then the creator of the agent is taken for the caller
				user = creatorOf(created)
			}
			token := s.PostToken(agent, Named("contract")).Assume(Status(201))
			token.Expect(&rules.CreatedByCaller, CreatedBy(user))
			expectCreatedNow(token)
		}
	},
}

// expectCreatedNow compares the time of creation, if the answer tells the server's time. Our own clock may be wrong.
func expectCreatedNow(created *Answer) {
	if created.Header("Date") != "" {
		created.Expect(&rules.CreatedNow, CreatedNow())
	}
}

// creatorOf is the id of the user who created an agent, as the answer has it; empty if it names no user.
func creatorOf(created *Answer) string {
	by, _ := judge.Object(created.Response.Body)["created_by_user_id"].(json.Number)
	return by.String()
}

// callerID is the id of the maintainer's user; empty if GitLab does not tell.
func callerID(s *Stage) string {
	user := s.Send("GET", "/api/v4/user").Note()
	if !user.OK(200) {
		return ""
	}
	return idOf(judge.Object(user.Response.Body))
}

// Agents are listed by name, each as it is read alone. The agents are created in another order than that of their names.
var listAgents = Scenario{
	Name:   "list agents",
	Proves: Rules{&rules.ReadAgent, &rules.ListAgents, &rules.AgentReadsBack},
	Judged: Rules{&rules.AgentsSorted, &rules.AgentListed, &rules.AgentListedOnce, &rules.ProjectMatchesPath},
	Play: func(s *Stage) {
		agent := s.AgentToRead()
		if !s.ReadOnly() {
			s.CreateAgent(Named("0-" + s.Name("first"))) // its id is higher, its name comes first
		}
		s.Quiet()
		read := s.GetAgent(agent).Require(&rules.ReadAgent, Status(200))
		page := pageWith(s, agent)
		page.Expect(&rules.ListAgents, Sound(), HasAgents(agent))
		page.Expect(&rules.AgentReadsBack, EntrySameAs(agent.ID, read.Exchange, "as it is read alone"))
		s.GetAgent(agent).Expect(&rules.ReadAgent, Status(200)) // it existed all the time
	},
}

// pageWith is the page of the list that has an agent, or the first one if none has.
func pageWith(s *Stage, agent Agent) *Answer {
	pages := everyPage(s)
	for _, page := range pages {
		if page.Is(HasAgents(agent)) {
			return page
		}
	}
	return pages[0]
}

// everyPage walks through the list of all agents. It ends where no page follows, or where one has nothing new.
func everyPage(s *Stage) (pages []*Answer) {
	const size, maxPages = 100, 200
	seen := make(map[int64]bool)
	for n := 1; n <= maxPages; n++ {
		query := "per_page=100"
		if n > 1 {
			query = pageQuery(n, size)
		}
		page := s.ListAgents(Query(query)).Note()
		pages = append(pages, page)
		isNew := false
		for _, a := range page.Agents() {
			isNew = isNew || !seen[a.ID]
			seen[a.ID] = true
		}
		if !page.OK(200) || !isNew || page.Header("X-Next-Page") == "" && len(page.Agents()) < size {
			break
		}
	}
	return pages
}

// A deleted agent returns 404 and is not listed, and nor are its tokens; other agents and their tokens stay. Its name is
// free again.
var deleteAgent = Scenario{
	Name:  "delete an agent",
	Needs: Writes,
	Alone: true,
	Proves: Rules{&rules.DeleteAgent, &rules.DeletedIs404, &rules.DeletedStaysGone, &rules.DeleteOnlyThatOne,
		&rules.DeletedWithTokens, &rules.NameFreeAgain},
	Play: func(s *Stage) {
		agent, other := s.CreateAgent(), s.CreateAgent()
		var token, otherToken Token
		if s.HasTokens() {
			token, otherToken = s.CreateToken(agent), s.CreateToken(other)
			s.GetToken(otherToken).Assume(Status(200))
		}
		etag := s.GetAgent(agent).Assume(Status(200)).Header("ETag")
		before := everyPage(s)
		before[0].Assume(Status(200))

		s.DeleteAgent(agent).Require(&rules.DeleteAgent, Status(204))

		// A cache in front of GitLab answers 304 for what is gone.
		s.GetAgent(agent, Header("If-None-Match", etag)).Expect(&rules.DeletedIs404, NotFound())
		s.DeleteAgent(agent).Expect(&rules.DeletedIs404, NotFound())
		s.Send("HEAD", s.AgentPath(agent)).Expect(&rules.DeletedStaysGone, Hidden())
		s.As(Developer).GetAgent(agent).Expect(&rules.DeletedStaysGone, Hidden())
		byID(s).GetAgent(agent).Expect(&rules.DeletedStaysGone, Hidden())
		if s.HasTokens() {
			s.ListTokens(agent).Expect(&rules.DeletedWithTokens, NotFound())
			s.GetToken(token).Expect(&rules.DeletedWithTokens, NotFound())
			s.PostToken(agent, Named("contract late")).Expect(&rules.DeletedWithTokens, NotFound())
			s.RevokeToken(token).Expect(&rules.DeletedWithTokens, NotFound())
		}

		s.GetAgent(other).Expect(&rules.DeleteOnlyThatOne, StillThere())
		if s.HasTokens() {
			s.GetToken(otherToken).Expect(&rules.DeleteOnlyThatOne, StillThere())
		}
		after := everyPage(s)
		for _, page := range after {
			page.Expect(&rules.DeletedIs404, LacksAgents(agent))
		}
		after[0].Assume(Status(200)).Expect(&rules.DeleteOnlyThatOne, HasAgentsWith(after[1:], allBut(s, before, agent)...))

		again := s.PostAgent(Named(agent.Name)).Require(&rules.NameFreeAgain, Status(201))
		if s.HasTokens() {
			s.ListTokens(s.Created(again)).Assume(Sound()).Expect(&rules.DeletedWithTokens, OnlyTokens())
		}
	},
}

// allBut are the agents of a list without one, and without those of other checks, which come and go.
func allBut(s *Stage, pages []*Answer, left Agent) (agents []Agent) {
	for _, page := range pages {
		for _, a := range page.Agents() {
			if a.ID != left.ID && !s.OfOtherCheck(a.Name) {
				agents = append(agents, Agent{ID: a.ID, Name: a.Name})
			}
		}
	}
	return agents
}
