package scenarios

import (
	"net/url"
	"strconv"

	"example.com/gitlab-agents/contract/internal/live"
	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/internal/rules"
)

// byID is the stage with the project named by its id; as it is, if the id is unknown.
func byID(s *Stage) *Stage {
	if s.ProjectID() == 0 {
		return s
	}
	return s.Under(strconv.FormatInt(s.ProjectID(), 10))
}

// byPath is the stage with the project named by its full path.
func byPath(s *Stage) *Stage { return s.Under(url.PathEscape(s.ProjectPath())) }

// A developer reads what a maintainer reads.
var developerReads = Scenario{
	Name:   "a developer reads",
	Proves: Rules{&rules.DeveloperReads},
	Play: func(s *Stage) {
		agent, developer := s.AgentToRead(), s.As(Developer)
		var token Token
		if s.HasTokens() {
			token = s.TokenToRead(agent)
		}
		s.Quiet()

		read := s.GetAgent(agent).Assume(Status(200))
		developer.GetAgent(agent).Expect(&rules.DeveloperReads, Status(200), SameAs(read.Exchange, "as a maintainer gets it"))
		if s.Send("HEAD", s.AgentPath(agent)).Is(Status(200)) {
			developer.Send("HEAD", s.AgentPath(agent)).Expect(&rules.DeveloperReads, Status(200))
		}
		list := pageWith(s, agent)
		if list.Is(Sound(), HasAgents(agent)) {
			developer.ListAgents(Query(list.Request.URL.RawQuery)).
				Expect(&rules.DeveloperReads, Sound(), HasAgents(agent), SameEntryAs(agent.ID, list.Exchange, "as a maintainer gets it"))
		}
		if !s.HasTokens() {
			return
		}
		tokens, single := s.ListTokens(token.Agent).Assume(Sound(), HasTokens(token)), s.GetToken(token).Assume(Status(200))
		developer.ListTokens(token.Agent).Expect(&rules.DeveloperReads, Sound(), HasTokens(token),
			SameEntryAs(token.ID, tokens.Exchange, "as a maintainer gets it"))
		// Its agent may use the token meanwhile.
		developer.GetToken(token).Expect(&rules.DeveloperReads, Status(200), SameBut("last_used_at", single.Exchange, "as a maintainer gets it"))
	},
}

// A developer creates, deletes and revokes nothing.
var developerWrites = refusedWrites("a developer writes", Developer, &rules.DeveloperMayNotWrite, func(*Stage) live.Matcher { return Forbidden() })

// A guest creates, deletes and revokes nothing.
var guestWrites = refusedWrites("a guest writes", Guest, &rules.GuestMayNotWrite, func(*Stage) live.Matcher { return Forbidden() })

// Somebody who is not a member creates, deletes and revokes nothing, and does not learn whether a private project exists.
var strangerWrites = refusedWrites("a stranger writes", Stranger, &rules.StrangerMayNotWrite, func(s *Stage) live.Matcher {
	switch {
	case s.Private():
		return ProjectNotFound()
	case s.VisibilityKnown():
		return Forbidden()
	}
	return Either(Forbidden(), ProjectNotFound())
})

// Nothing is created, deleted or revoked without credentials.
var anonymousWrites = refusedWrites("nobody writes", Anonymous, &rules.RequiredToWrite, func(*Stage) live.Matcher { return Unauthorized() })

// refusedWrites is a scenario in which a caller without the role tries every write, and afterwards nothing has changed.
func refusedWrites(name string, role rule.Role, r *rule.Rule, refusal func(*Stage) live.Matcher) Scenario {
	return Scenario{
		Name:   name,
		Needs:  Writes,
		Proves: Rules{r, &rules.RefusedRoleHasNoEffect},
		Play: func(s *Stage) {
			agent := s.CreateAgent()
			caller, refused := s.As(role), refusal(s)
			name := s.Name("by-" + role.String())
			create := Named(name)
			if role == Developer {
				create = Form("name=" + name)
			}
			post := caller.PostAgent(create)
			post.Expect(r, refused, ShowsNothing(agent))
			if s.HasTokens() {
				refusedTokenWrites(s, caller, agent, r, refused)
			}
			remove := caller.DeleteAgent(agent)
			remove.Expect(r, refused, ShowsNothing(agent))
			if remove.WasRefused() {
				s.GetAgent(agent).Expect(&rules.RefusedRoleHasNoEffect, StillThere())
			}
			s.Quiet()
			if post.WasRefused() {
				for _, page := range everyPage(s) {
					page.Expect(&rules.RefusedRoleHasNoEffect, LacksAgentNamed(name))
				}
			}
		},
	}
}

// refusedTokenWrites has a caller without the role create and revoke tokens.
func refusedTokenWrites(s, caller *Stage, agent Agent, r *rule.Rule, refused live.Matcher) {
	token := s.CreateToken(agent)
	before := s.ListTokens(agent).Assume(Sound(), HasTokens(token))
	s.GetToken(token).Assume(Status(200))
	post := caller.PostToken(agent, Named("contract refused"))
	post.Expect(r, refused, ShowsNothing(agent))
	revoke := caller.RevokeToken(token)
	revoke.Expect(r, refused, ShowsNothing(agent))
	after := s.ListTokens(agent).Assume(Sound())
	if post.WasRefused() {
		after.Expect(&rules.RefusedRoleHasNoEffect, NoNewTokens(before))
	}
	if revoke.WasRefused() {
		after.Expect(&rules.RefusedRoleHasNoEffect, HasTokens(token), Active(token))
		s.GetToken(token).Expect(&rules.RefusedRoleHasNoEffect, StillThere())
	}
}

// A guest reads nothing.
var guestReads = refusedReads("a guest reads", Guest, &rules.GuestFindsNothing, func(s *Stage) (live.Matcher, live.Matcher) {
	if mayForbidReads(s) {
		return Either(Forbidden(), AgentsNotFound()), Either(Forbidden(), NotFound())
	}
	return AgentsNotFound(), NotFound()
})

// mayForbidReads says that this may be a GitLab until about 15.7, which forbids reads below developer.
func mayForbidReads(s *Stage) bool { return s.Release().Before(rule.GitLab(16, 0)) } // also if the release is unknown

// Somebody who is not a member reads nothing, and does not learn whether a private project exists.
var strangerReads = refusedReads("a stranger reads", Stranger, &rules.StrangerFindsNothing, func(s *Stage) (list, single live.Matcher) {
	list, single = AgentsNotFound(), NotFound()
	switch {
	case s.Private():
		return ProjectNotFound(), ProjectNotFound()
	case !s.VisibilityKnown():
		list, single = Either(list, ProjectNotFound()), Either(single, ProjectNotFound())
	}
	if mayForbidReads(s) {
		list, single = Either(Forbidden(), list), Either(Forbidden(), single)
	}
	return list, single
})

// Nothing is read without credentials.
var anonymousReads = refusedReads("nobody reads", Anonymous, &rules.RequiredToRead, func(*Stage) (live.Matcher, live.Matcher) {
	return Unauthorized(), Unauthorized()
})

// refusedReads is a scenario in which a caller without the role tries every read, each in several forms: a server may guard
// one form and forget another.
func refusedReads(name string, role rule.Role, r *rule.Rule, refusals func(*Stage) (list, single live.Matcher)) Scenario {
	return Scenario{
		Name:   name,
		Proves: Rules{r},
		Play: func(s *Stage) {
			agent, caller := s.AgentToRead(), s.As(role)
			list, single := refusals(s)
			etag := s.GetAgent(agent).Assume(Status(200)).Header("ETag")

			caller.ListAgents().Expect(r, list, ShowsNothing(agent))
			caller.Send("HEAD", s.AgentsPath()).Expect(r, Hidden(), ShowsNothing(agent))
			caller.GetAgent(agent).Expect(r, single, ShowsNothing(agent))
			caller.GetAgent(agent, Header("If-None-Match", etag)).Expect(r, Hidden(), ShowsNothing(agent)) // a cache may have it
			caller.Send("HEAD", s.AgentPath(agent)).Expect(r, Hidden(), ShowsNothing(agent))
			byID(caller).GetAgent(agent, AsBearer()).Expect(r, Hidden(), ShowsNothing(agent))
			if !s.HasTokens() {
				return
			}
			token := s.TokenToRead(agent)
			caller.ListTokens(token.Agent).Expect(r, single, ShowsNothing(agent))
			caller.ListTokens(token.Agent, AsBearer()).Expect(r, Hidden(), ShowsNothing(agent))
			caller.GetToken(token).Expect(r, single, ShowsNothing(agent))
			byID(caller).GetToken(token).Expect(r, Hidden(), ShowsNothing(agent))
			caller.Send("HEAD", s.TokenPath(token)).Expect(r, Hidden(), ShowsNothing(agent))
		},
	}
}
