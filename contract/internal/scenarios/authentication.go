package scenarios

import (
	"strings"

	"example.com/gitlab-agents/contract/internal/rules"
)

// A token that GitLab does not know is treated like a missing one. So is one that resembles a known token.
var unknownTokens = Scenario{
	Name:   "unknown access tokens",
	Proves: Rules{&rules.UnknownToken},
	Play: func(s *Stage) {
		unknown, known := "glpat-"+strings.Repeat("x", 20), s.Secret()
		nobody := s.As(Anonymous)
		for _, token := range []string{unknown, known + "x", known[:len(known)-1], strings.ToUpper(known)} {
			if token != known {
				nobody.ListAgents(Header("Private-Token", token)).Expect(&rules.UnknownToken, Unauthorized())
			}
		}
		nobody.ListAgents(Header("Authorization", "Bearer "+unknown)).Expect(&rules.UnknownToken, Unauthorized())
	},
}

// The secret of an agent's token is good for its agent only.
var agentSecret = Scenario{
	Name:   "an agent's secret as access token",
	Needs:  Writes,
	Since:  tokens,
	Proves: Rules{&rules.UnknownToken},
	Play: func(s *Stage) {
		token := s.CreateToken(s.CreateAgent())
		if token.Secret == "" {
			return // another rule reports it
		}
		s.As(Anonymous).ListAgents(Header("Private-Token", token.Secret)).Expect(&rules.UnknownToken, Unauthorized())
	},
}

// A token may be sent in two ways.
var bearer = Scenario{
	Name:   "a bearer token",
	Proves: Rules{&rules.Bearer},
	Play: func(s *Stage) {
		agent := s.AgentToRead()
		s.GetAgent(agent).Assume(Status(200))
		s.GetAgent(agent, AsBearer()).Expect(&rules.Bearer, Status(200))
	},
}

// A token with the scope read_api reads, and writes nothing.
var readOnlyScope = Scenario{
	Name:   "a token with the scope read_api",
	Proves: Rules{&rules.ReadOnlyScope},
	Play: func(s *Stage) {
		agent, reader := s.AgentToRead(), s.As(Reader)
		reader.GetAgent(agent).Expect(&rules.ReadOnlyScope, Status(200))
		if s.ReadOnly() {
			return
		}
		reader.PostAgent(Named(s.Name("by-reader"))).Expect(&rules.ReadOnlyScope, InsufficientScope())
		if s.HasTokens() {
			token := s.CreateToken(agent)
			reader.PostToken(agent, Named("contract by reader")).Expect(&rules.ReadOnlyScope, InsufficientScope())
			reader.RevokeToken(token).Expect(&rules.ReadOnlyScope, InsufficientScope())
		}
		reader.DeleteAgent(agent).Expect(&rules.ReadOnlyScope, InsufficientScope())
	},
}

// A token that has expired reads nothing.
var expiredToken = Scenario{
	Name:   "an expired access token",
	Proves: Rules{&rules.ExpiredToken},
	Play: func(s *Stage) {
		agent := s.AgentToRead()
		s.As(Expired).GetAgent(agent).Expect(&rules.ExpiredToken, Status(401))
		s.As(Expired).ListAgents().Expect(&rules.ExpiredToken, Status(401))
	},
}
