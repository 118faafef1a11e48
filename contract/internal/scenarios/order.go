package scenarios

import (
	"example.com/gitlab-agents/contract/internal/live"
	"example.com/gitlab-agents/contract/internal/rules"
)

// The order of GitLab's checks: input, credentials, parameters, project, role, record.
var orderOfChecks = Scenario{
	Name:  "the order of checks",
	Needs: Writes,
	Proves: Rules{&rules.AuthenticationBeforeParameters, &rules.MalformedBeforeAuthentication, &rules.ContentTypeBeforeAuthentication,
		&rules.ParametersBeforeProject, &rules.ParametersBeforeRole, &rules.RoleBeforeAgent},
	Play: func(s *Stage) {
		anonymous, developer := s.As(Anonymous), s.As(Developer)
		anonymous.PostAgent(JSON(`{"name":`)).Expect(&rules.MalformedBeforeAuthentication, Status(400))
		anonymous.PostAgent(Body("text/plain", "x")).Expect(&rules.ContentTypeBeforeAuthentication, Status(415))
		anonymous.PostAgent(JSON(`{}`)).Expect(&rules.AuthenticationBeforeParameters, Unauthorized())
		s.Under(live.NoID).PostAgent(JSON(`{}`)).Expect(&rules.ParametersBeforeProject, Error(400, "name is missing"))
		developer.PostAgent(JSON(`{}`)).Expect(&rules.ParametersBeforeRole, Error(400, "name is missing"))

		// The condition is looked at when an agent exists.
		developer.DeleteAgent(nobody, Header("If-Unmodified-Since", longAgo)).Expect(&rules.RoleBeforeAgent, Forbidden())
		if s.HasTokens() {
			developer.PostToken(nobody, Named("contract")).Expect(&rules.RoleBeforeAgent, Forbidden())
		}
	},
}
