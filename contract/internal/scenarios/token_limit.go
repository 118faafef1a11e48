package scenarios

import "example.com/gitlab-agents/contract/internal/rules"

// An agent can have two active tokens and no third.
var twoTokens = Scenario{
	Name:  "two tokens and no third",
	Needs: Writes,
	Since: tokens,
	Proves: Rules{&rules.TwoTokensAllowed, &rules.ThirdTokenRefused, &rules.LimitBeforeName, &rules.NoLimitYet,
		&rules.TokenPages, &rules.ModelText},
	Play: func(s *Stage) {
		agent := s.CreateAgent()
		first := s.CreateToken(agent)
		second := s.CreatedToken(agent, s.PostToken(agent, Named("contract second")).Require(&rules.TwoTokensAllowed, Status(201)))
		s.GetToken(first).Assume(Status(200))
		s.GetToken(second).Assume(Status(200))
		s.ListTokens(agent).Assume(Sound())
		page := s.ListTokens(agent, Query("per_page=1&page=1")).Expect(&rules.TokenPages, Sound())
		s.ListTokens(agent, Query("per_page=1&page=2")).Expect(&rules.TokenPages, Sound(), CompletesTokens(page, first, second))

		third := s.PostToken(agent, JSON(`{"name":"contract third","description":"contract"}`))
		third.Expect(&rules.ThirdTokenRefused, Refused())
		third.Expect(&rules.NoLimitYet, Status(201))
		if s.HasTokenLimit() {
			third.Expect(&rules.ModelText, InEnglish(limitReached))
			if third.WasRefused() {
				s.ListTokens(agent).Expect(&rules.ThirdTokenRefused, OnlyTokens(first, second))
			}
			s.PostToken(agent, Form("name=contract+fourth")).Expect(&rules.ThirdTokenRefused, Hidden())
			s.PostToken(agent, Named("")).Provided("a third token is accepted", func() bool { return third.Is(Status(400)) }).
				Expect(&rules.LimitBeforeName, Refused(), NotAnArray())
		}
	},
}

const limitReached = "400 Bad request - An agent can have only two active tokens at a time"
