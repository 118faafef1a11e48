package scenarios

import (
	"math/big"
	"sync"

	"example.com/gitlab-agents/contract/internal/live"
	"example.com/gitlab-agents/contract/internal/rules"
)

// nobody is an agent that does not exist, though it could.
var nobody = Agent{ID: 9007199254740991}

// What does not exist gets 404.
var unknownThings = Scenario{
	Name: "what does not exist",
	Proves: Rules{&rules.UnknownProject, &rules.UnknownProjectPath, &rules.UnknownAgent, &rules.AgentZero, &rules.AgentPast64Bits,
		&rules.UnknownAgentTokens, &rules.UnknownTokenRead},
	Play: func(s *Stage) {
		s.Under(live.NoID).ListAgents().Expect(&rules.UnknownProject, ProjectNotFound())
		s.Under("contract-"+s.RunID()+"%2Fnone").ListAgents().Expect(&rules.UnknownProjectPath, ProjectNotFound())

		agent := s.AgentToRead()
		path := s.AgentsPath() + "/"
		s.Send("GET", path+past(agent.ID, 32)).Expect(&rules.UnknownAgent, NotFound()) // to a server that counts in 32 bits, it exists
		s.Send("GET", path+live.NoID).Expect(&rules.UnknownAgent, NotFound())
		s.Send("GET", path+"0").Expect(&rules.AgentZero, NotFound())
		s.Send("GET", path+past(agent.ID, 64)).Expect(&rules.AgentPast64Bits, NotFound())
		if s.HasTokens() {
			s.Send("GET", path+live.NoID+"/tokens").Expect(&rules.UnknownAgentTokens, NotFound())
			s.Send("GET", s.TokensPath(agent)+"/"+live.NoID).Expect(&rules.UnknownTokenRead, NotFound())
		}
	},
}

// past is an id that equals another one to a server that counts in so many bits.
func past(id int64, bits uint) string {
	n := new(big.Int).Lsh(big.NewInt(1), bits)
	return n.Add(n, big.NewInt(id)).String()
}

// What does not exist cannot be changed either.
var changeUnknownThings = Scenario{
	Name:   "change what does not exist",
	Needs:  Writes,
	Proves: Rules{&rules.DeleteUnknownAgent, &rules.RevokeUnknownToken, &rules.CreateForUnknownAgent},
	Play: func(s *Stage) {
		s.DeleteAgent(nobody).Expect(&rules.DeleteUnknownAgent, NotFound())
		s.DeleteAgent(nobody, Header("If-Unmodified-Since", longAgo)).Expect(&rules.DeleteUnknownAgent, NotFound())
		if !s.HasTokens() {
			return
		}
		agent := s.CreateAgent()
		s.Send("DELETE", s.TokensPath(agent)+"/"+live.NoID).Expect(&rules.RevokeUnknownToken, NotFound())
		for _, body := range []string{`{"name":""}`, `{"name":"contract"}`} { // a blank name is found only if the agent is
			s.PostToken(nobody, JSON(body)).
				Provided("a token for an agent that exists is refused too", func() bool { return s.PostToken(agent, Named("contract")).Is(Status(201)) }).
				Expect(&rules.CreateForUnknownAgent, NotFound())
		}
	},
}

// A token is not found under another agent, and a refused revocation revokes nothing.
var tokenOfOtherAgent = Scenario{
	Name:   "a token under another agent",
	Needs:  Writes,
	Since:  tokens,
	Proves: Rules{&rules.TokenOfOtherAgent, &rules.RefusedHasNoEffect},
	Play: func(s *Stage) {
		agent, other := s.CreateAgent(), s.CreateAgent()
		token := s.CreateToken(agent)
		s.GetToken(token).Assume(Status(200))
		misplaced := Token{ID: token.ID, Agent: other}
		s.GetToken(misplaced).Expect(&rules.TokenOfOtherAgent, NotFound())
		s.Send("HEAD", s.TokenPath(misplaced)).Expect(&rules.TokenOfOtherAgent, Hidden())
		revoke := s.RevokeToken(misplaced).Expect(&rules.TokenOfOtherAgent, NotFound())
		if revoke.WasRefused() {
			s.GetToken(token).Expect(&rules.RefusedHasNoEffect, StillThere(), Active(token))
		}
	},
}

// An agent and its tokens are not found under another project, and a refused request there has no side effects.
var agentOfOtherProject = Scenario{
	Name:   "an agent under another project",
	Needs:  OtherProject,
	Proves: Rules{&rules.AgentOfOtherProject, &rules.RefusedHasNoEffect},
	Play: func(s *Stage) {
		agent, elsewhere := s.AgentToRead(), s.Elsewhere()
		s.GetAgent(agent).Assume(Status(200))
		elsewhere.GetAgent(agent).Expect(&rules.AgentOfOtherProject, NotFound())
		var token Token
		if s.HasTokens() {
			token = s.TokenToRead(agent)
			elsewhere.ListTokens(token.Agent).Expect(&rules.AgentOfOtherProject, NotFound())
			elsewhere.GetToken(token).Expect(&rules.AgentOfOtherProject, NotFound())
		}
		if s.ReadOnly() {
			return
		}
		const inNoWay = "agents cannot be changed in the other project at all" // without the role, a write is forbidden
		mayWrite := sync.OnceValue(func() bool { return elsewhere.PostAgent(Named(s.FreshName())).Is(Status(201)) })
		if s.HasTokens() {
			before := s.ListTokens(agent).Assume(Sound(), HasTokens(token))
			post := elsewhere.PostToken(agent, Named("contract elsewhere")).Provided(inNoWay, mayWrite)
			post.Expect(&rules.AgentOfOtherProject, NotFound())
			revoke := elsewhere.RevokeToken(token).Provided(inNoWay, mayWrite)
			revoke.Expect(&rules.AgentOfOtherProject, NotFound())
			list := s.ListTokens(agent).Assume(Sound())
			if post.WasRefused() {
				list.Expect(&rules.RefusedHasNoEffect, NoNewTokens(before))
			}
			if revoke.WasRefused() {
				list.Expect(&rules.RefusedHasNoEffect, HasTokens(token), Active(token))
			}
		}
		remove := elsewhere.DeleteAgent(agent).Provided(inNoWay, mayWrite)
		remove.Expect(&rules.AgentOfOtherProject, NotFound())
		if remove.WasRefused() {
			s.GetAgent(agent).Expect(&rules.RefusedHasNoEffect, StillThere())
		}
	},
}

// A refused create creates nothing.
var refusedCreates = Scenario{
	Name:   "refused creates create nothing",
	Needs:  Writes,
	Proves: Rules{&rules.RefusedHasNoEffect},
	Play: func(s *Stage) {
		taken := s.CreateAgent()
		names := []string{pad(s.Name("l"), 64), "Contract-" + s.RunID() + "-refused", "contract-" + s.RunID() + "_refused",
			"contract." + s.RunID() + ".refused", taken.Name}
		var refused []string
		for _, name := range names {
			if s.PostAgent(Named(name)).Note().WasRefused() {
				refused = append(refused, name)
			}
		}
		s.Quiet()
		pages := everyPage(s)
		pages[0].Assume(HasAgentsWith(pages[1:], taken))
		for _, page := range pages {
			for _, name := range refused {
				page.Expect(&rules.RefusedHasNoEffect, LacksAgentNamed(name, taken))
			}
		}
	},
}

// Bodies that GitLab cannot read are refused.
var unreadableBodies = Scenario{
	Name:  "bodies that cannot be read",
	Needs: Writes,
	Proves: Rules{&rules.UnsupportedMediaType, &rules.NoMediaType, &rules.UnsupportedMediaTypeOnDelete, &rules.MalformedJSON,
		&rules.NULByte, &rules.InvalidUTF8},
	Play: func(s *Stage) {
		name := func(suffix string) string { return `{"name":"` + s.Name(suffix) + `"}` }
		s.PostAgent(Body("text/plain", name("plain"))).
			Expect(&rules.UnsupportedMediaType, Error(415, "The provided content-type 'text/plain' is not supported."))
		s.DeleteAgent(nobody, Body("text/plain", "x")).Expect(&rules.UnsupportedMediaTypeOnDelete, Status(415))
		s.PostAgent(JSON(`{"name":`)).Expect(&rules.MalformedJSON, Status(400))

		// Where such a name is refused for no other reason.
		post := s.PostAgent
		if s.HasTokens() {
			post = func(parts ...live.Part) *Answer { return s.PostToken(nobody, parts...) }
		}
		post(Body("", name("bare"))).Expect(&rules.NoMediaType, Status(415))
		post(JSON(`{"name":"`+s.Name("nul")+`\u0000"}`)).Expect(&rules.NULByte, Status(400))
		post(JSON("{\"name\":\""+s.Name("utf")+"\xff\"}")).Expect(&rules.InvalidUTF8, Status(400))
		s.Under(live.NoID+"%00").ListAgents().Expect(&rules.NULByte, Status(400))
	},
}
