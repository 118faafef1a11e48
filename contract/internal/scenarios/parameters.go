package scenarios

import (
	"fmt"
	"strings"

	"example.com/gitlab-agents/contract/internal/live"
	"example.com/gitlab-agents/contract/internal/rules"
)

// Ids that are not integers are refused.
var wrongIDs = Scenario{
	Name:   "ids that are not integers",
	Proves: Rules{&rules.AgentIDIsInteger, &rules.NoLookUpByName, &rules.TokenIDIsInteger},
	Play: func(s *Stage) {
		agent := s.AgentToRead()
		s.GetAgent(agent).Assume(Status(200))
		s.GetAgent(agent, Suffix("abc")).Expect(&rules.AgentIDIsInteger, Error(400, "agent_id is invalid"))
		if agent.Name != "" && !strings.ContainsAny(agent.Name[:1], "0123456789") { // GitLab may read such a name as a number
			s.Send("GET", s.AgentsPath()+"/"+agent.Name).Expect(&rules.NoLookUpByName, Error(400, "agent_id is invalid"))
		}
		if s.HasTokens() {
			token := s.TokenToRead(agent)
			s.GetToken(token, Suffix("abc")).Expect(&rules.TokenIDIsInteger, Error(400, "token_id is invalid"))
		}
	},
}

// Pages that are not integers are refused.
var wrongPages = Scenario{
	Name:   "pages that are not integers",
	Proves: Rules{&rules.PerPageNotZero, &rules.PerPageIsInteger, &rules.PageIsInteger, &rules.ErrorsAreJoined, &rules.TokenPageIsInteger},
	Judged: Rules{&rules.ParameterText, &rules.ErrorKey},
	Play: func(s *Stage) {
		s.ListAgents(Query("per_page=0")).Expect(&rules.PerPageNotZero, Error(400, "per_page has a value not allowed"))
		perPage := s.ListAgents(Query("per_page=abc")).Expect(&rules.PerPageIsInteger, Status(400))
		s.ListAgents(Query("page=1.5")).Expect(&rules.PageIsInteger, Error(400, "page is invalid"))
		page := s.ListAgents(Query("page=abc")).Expect(&rules.PageIsInteger, Error(400, "page is invalid"))
		if perPage.Is(Status(400)) && page.Is(Status(400)) {
			s.ListAgents(Query("page=abc&per_page=abc")).Expect(&rules.ErrorsAreJoined, Error(400, "page is invalid, per_page is invalid"))
		}
		if s.HasTokens() {
			s.ListTokens(s.AgentToRead(), Query("page=abc")).Expect(&rules.TokenPageIsInteger, Error(400, "page is invalid"))
		}
	},
}

// Lists cannot be searched or sorted.
var unknownParameters = Scenario{
	Name:   "unknown query parameters",
	Proves: Rules{&rules.UnknownIgnored, &rules.UnknownForTokensIgnored},
	Play: func(s *Stage) {
		agent := s.AgentToRead()
		var token Token
		if s.HasTokens() {
			token = s.TokenToRead(agent)
		}
		s.Quiet()
		s.ListAgents(Query("per_page=1")).Assume(Sound(), NotEmpty())
		s.ListAgents(Query("per_page=1&search=nothing&name=nothing&status=&ids=0&order_by=id&sort=desc&limit=0&offset=1000&pagination=keyset")).
			Expect(&rules.UnknownIgnored, Sound(), NotEmpty())
		if !s.HasTokens() {
			return
		}
		s.ListTokens(token.Agent).Assume(Sound(), HasTokens(token))
		s.ListTokens(token.Agent, Query("status=revoked&search=nothing&name=nothing&order_by=id&sort=asc&limit=0&offset=1000")).
			Expect(&rules.UnknownForTokensIgnored, Sound(), NotEmpty())
	},
}

// Parameters may be sent in several ways.
var waysToSend = Scenario{
	Name:   "ways to send parameters",
	Needs:  Writes,
	Proves: Rules{&rules.JSONWithCharset, &rules.FormAccepted, &rules.UnknownInBodyIgnored, &rules.MultipartAccepted, &rules.QueryAccepted},
	Judged: Rules{&rules.CreateKeepsName},
	Play: func(s *Stage) {
		const asJSON = "the same in plain JSON is refused too"
		plain := func() bool { return s.PostAgent(Named(s.FreshName())).Is(Status(201)) }
		s.PostAgent(Named(s.Name("charset")), Header("Content-Type", "application/json; charset=utf-8")).Provided(asJSON, plain).
			Expect(&rules.JSONWithCharset, Status(201))
		s.PostAgent(Form("name="+s.Name("form"))).Provided(asJSON, plain).Expect(&rules.FormAccepted, Status(201))
		s.PostAgent(JSON(fmt.Sprintf(`{"name":%q,"contract":"ignored","project_id":0,"created_by_user_id":0,"is_receptive":true}`, s.Name("unknown")))).
			Provided(asJSON, plain).Expect(&rules.UnknownInBodyIgnored, Status(201), NotReceptive())
		if s.HasTokens() {
			tokensInWays(s)
		}
	},
}

// tokensInWays creates tokens in the same ways, each for an agent of its own, as an agent can have two only.
func tokensInWays(s *Stage) {
	const asJSON = "the same in plain JSON is refused too"
	post := func(parts ...live.Part) *Answer {
		agent := s.CreateAgent()
		return s.PostToken(agent, parts...).Provided(asJSON, func() bool { return s.PostToken(agent, Named("contract plain")).Is(Status(201)) })
	}
	post(Form("name=contract+form&description=a%26b+%2B%0A")).Expect(&rules.FormAccepted, Status(201))
	post(Body("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\ncontract multipart\r\n--b--\r\n")).
		Expect(&rules.MultipartAccepted, Status(201))
	post(Query("name=contract-query")).Expect(&rules.QueryAccepted, Status(201))
}
