package scenarios

import (
	"fmt"
	"sync"

	"example.com/gitlab-agents/contract/internal/live"
	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/internal/rules"
)

// tokens is the release since which agents have tokens in this API.
var tokens = rule.GitLab(15, 0)

// A new token can be read and listed at once, and reads back as it was created, without its secret.
var createToken = Scenario{
	Name:   "create and read a token",
	Needs:  Writes,
	Since:  tokens,
	Proves: Rules{&rules.CreateToken, &rules.ReadToken, &rules.ListTokens, &rules.TokenReadsBack, &rules.ReadingIsNotUse},
	Judged: Rules{&rules.SecretOnlyOnCreate, &rules.SecretOnCreate, &rules.SecretUnique, &rules.SecretStrength, &rules.SecretPrefix,
		&rules.SecretLength, &rules.SecretChecksum, &rules.CreateKeepsInput, &rules.CreateIsActiveAndUnused, &rules.TokenIDFresh,
		&rules.ActiveListed, &rules.TokenListedOnce, &rules.LastUseNotListed},
	Play: func(s *Stage) {
		agent := s.CreateAgent()
		created := s.PostToken(agent, JSON(`{"name":"contract","description":"`+longDescription+`"}`)).Require(&rules.CreateToken, Status(201))
		token := s.CreatedToken(agent, created)
		second := s.CreateToken(agent)

		list := s.ListTokens(agent)
		list.Expect(&rules.ListTokens, Sound(), HasTokens(token, second))
		read := s.GetToken(token).Require(&rules.ReadToken, Status(200))
		read.Expect(&rules.TokenReadsBack, SameAs(created.Exchange, "as it was created", "token"))
		list.Expect(&rules.TokenReadsBack, EntrySameAs(token.ID, read.Exchange, "as it is read alone", "last_used_at"))
		s.GetToken(token).Expect(&rules.ReadingIsNotUse, SameAs(read.Exchange, "as before it was read"))
	},
}

// longDescription is longer than what a list that shortens descriptions shows.
const longDescription = "A token that a check of the Agents API has made. It is never used, and goes with its agent when the check ends."

// What a read-only check can say about a token that somebody else made.
var readToken = Scenario{
	Name:   "read a token",
	Since:  tokens,
	Proves: Rules{&rules.ReadToken, &rules.ListTokens, &rules.TokenReadsBack},
	Judged: Rules{&rules.TokenIDMatchesPath, &rules.TokenAgentMatchesPath, &rules.TokenNeverChanges, &rules.OnlyActiveShown},
	Play: func(s *Stage) {
		token := s.TokenToRead(s.AgentToRead())
		read := s.GetToken(token).Require(&rules.ReadToken, Status(200))
		list := s.ListTokens(token.Agent).Expect(&rules.ListTokens, Sound(), HasTokens(token))
		list.Expect(&rules.TokenReadsBack, EntrySameAs(token.ID, read.Exchange, "as it is read alone", "last_used_at"))
	},
}

// An agent without tokens has an empty list of them.
var noTokens = Scenario{
	Name:   "an agent without tokens",
	Needs:  Writes,
	Since:  tokens,
	Proves: Rules{&rules.NoTokens},
	Play: func(s *Stage) {
		agent, other := s.CreateAgent(), s.CreateAgent()
		s.CreateToken(other)
		listed := func() bool { return s.ListTokens(other).Is(Sound()) }
		s.ListTokens(agent).Provided("the tokens of an agent that has one cannot be listed either", listed).
			Expect(&rules.NoTokens, Empty())
	},
}

// A token with a bad name or description is refused.
var refusedTokens = Scenario{
	Name:  "token input that is refused",
	Needs: Writes,
	Since: tokens,
	Proves: Rules{&rules.TokenNameRequired, &rules.TokenNameNotBlank, &rules.TokenNameNotNull, &rules.TokenNameIsText,
		&rules.TokenNameAtMost255, &rules.DescriptionAtMost1024, &rules.RefusedHasNoEffect, &rules.ModelText},
	Judged: Rules{&rules.TokenLimitsEnforced},
	Play: func(s *Stage) {
		agent, another := s.CreateAgent(), s.CreateAgent()
		s.CreateToken(another) // if not even this is accepted, a refusal proves nothing
		const aGoodToken = "a token with a good name is refused too"
		good := sync.OnceValue(func() bool { return s.PostToken(another, Named("contract good")).Is(Status(201)) })
		refused := true
		post := func(body string) *Answer {
			a := s.PostToken(agent, JSON(body)).Provided(aGoodToken, good)
			refused = refused && a.WasRefused()
			return a
		}

		post(`{}`).Expect(&rules.TokenNameRequired, Error(400, "name is missing"))
		post(`{"name":["contract"]}`).Expect(&rules.TokenNameIsText, Error(400, "name is invalid"))
		post(`{"name":null}`).Expect(&rules.TokenNameNotNull, Refused())
		post(`{"name":""}`).Expect(&rules.TokenNameNotBlank, Refused()).
			Expect(&rules.ModelText, InEnglish(badRequest("Name can't be blank")))
		post(`{"name":" \u3000"}`).Expect(&rules.TokenNameNotBlank, Refused())
		post(fmt.Sprintf(`{"name":%q}`, pad("", 256))).Expect(&rules.TokenNameAtMost255, Refused()).
			Expect(&rules.ModelText, InEnglish(badRequest("Name is too long (maximum is 255 characters)")))
		post(fmt.Sprintf(`{"name":"contract","description":%q}`, pad("", 1025))).Expect(&rules.DescriptionAtMost1024, Refused()).
			Expect(&rules.ModelText, InEnglish(badRequest("Description is too long (maximum is 1024 characters)")))

		if refused {
			s.ListTokens(agent).Expect(&rules.RefusedHasNoEffect, OnlyTokens())
		}
	},
}

// Token names and descriptions that are allowed, and that careless servers break.
var acceptedTokens = Scenario{
	Name:  "token input that is accepted",
	Needs: Writes,
	Since: tokens,
	Proves: Rules{&rules.LongestTokenAccepted, &rules.DescriptionMayBeEmpty, &rules.UnknownInTokenBody, &rules.TokenNamesMayRepeat,
		&rules.NumberBecomesText},
	Judged: Rules{&rules.CreateKeepsInput, &rules.TokenNeverChanges},
	Play: func(s *Stage) {
		const aPlainToken = "a second plain token of an agent is refused too"
		plain := sync.OnceValue(func() bool {
			agent := s.CreateAgent()
			s.CreateToken(agent)
			return s.PostToken(agent, Named("contract plain")).Is(Status(201))
		})
		post := func(agent Agent, body string) *Answer {
			return s.PostToken(agent, JSON(body)).Provided(aPlainToken, plain)
		}

		agent := s.CreateAgent()
		longest := post(agent, fmt.Sprintf(`{"name":%s,"description":%s}`, live.Quote(hardName), live.Quote(hardDescription))).
			Require(&rules.LongestTokenAccepted, Status(201))
		s.GetToken(s.CreatedToken(agent, longest)).Assume(Status(200)) // judges compare what is read with what was sent
		post(agent, `{"name":"contract","description":""}`).Expect(&rules.DescriptionMayBeEmpty, Status(201))

		agent = s.CreateAgent()
		post(agent, `{"name":"contract","description":null}`).Expect(&rules.DescriptionMayBeEmpty, Status(201))
		post(agent, `{"name":"contract"}`).Expect(&rules.TokenNamesMayRepeat, Status(201))

		agent = s.CreateAgent()
		post(agent, `{"name":123}`).Expect(&rules.NumberBecomesText, Status(201), Property("name", `"123"`))
		post(agent, `{"name":true}`).Expect(&rules.NumberBecomesText, Status(201), Property("name", `"true"`))

		agent, other := s.CreateAgent(), s.CreateAgent()
		chosen := post(agent, fmt.Sprintf(`{"name":"contract","status":"revoked","token":%q,"created_by_user_id":0,`+
			`"last_used_at":"2020-01-01T00:00:00.000Z","agent_id":%d}`, chosenSecret, other.ID))
		chosen.Expect(&rules.UnknownInTokenBody, Status(201), Property("status", `"active"`), Property("last_used_at", "null"),
			Property("agent_id", fmt.Sprint(agent.ID)), NotTheSecret(chosenSecret))
		s.ListTokens(other).Expect(&rules.UnknownInTokenBody, OnlyTokens())
	},
}

// chosenSecret looks like the secret of a token.
const chosenSecret = "glagent-chosen-by-the-caller-0123456789abcdefghijklmnopqr"

// A name and a description that are allowed, and that careless servers break: as long as is allowed, with markup, quotes,
// letters outside ASCII and outside the basic plane, a letter in two parts, line breaks, spaces at the ends.
var (
	hardName        = pad(" Contract <b>&\"'\\%2F\té\u200be\u0301Ａ😀</b> ", 254) + " "
	hardDescription = pad(" <script>&amp;\"\\'é\u200be\u0301Ａ😀%2F\t\r\n", 1023) + "\n"
)

// A revoked token can be neither read nor listed. Its agent and the other token stay.
var revokedToken = Scenario{
	Name:  "revoked token",
	Needs: Writes,
	Since: tokens,
	Proves: Rules{&rules.Revoke, &rules.RevokeAgain, &rules.RevokeOnlyThatOne, &rules.RevokedIs404, &rules.RevokedNotListed,
		&rules.RevokedNotReadable, &rules.RevokedIsShown, &rules.RevokedStaysRevoked, &rules.RevokeFreesSlot, &rules.ChangedList,
		&rules.ThirdTokenRefused},
	Judged: Rules{&rules.OnlyActiveShown},
	Play: func(s *Stage) {
		agent := s.CreateAgent()
		token, other := s.CreateToken(agent, Named("contract")), s.CreateToken(agent, JSON(`{"name":"contract","description":"stays"}`))
		s.GetToken(token).Assume(Status(200))
		before := s.ListTokens(agent).Assume(HasTokens(token, other))

		s.RevokeToken(token).Require(&rules.Revoke, Status(204))
		s.GetAgent(agent).Require(&rules.RevokeOnlyThatOne, StillThere())

		s.RevokeToken(token).Expect(&rules.RevokeAgain, Status(204))
		s.RevokeToken(token, Header("If-Unmodified-Since", longAgo)).Expect(&rules.RevokeAgain, Status(204))

		read := s.GetToken(token)
		read.Expect(&rules.RevokedIs404, NotFound())
		read.Expect(&rules.RevokedIsShown, Status(200))
		read.Expect(&rules.RevokedStaysRevoked, Property("status", `"revoked"`))
		s.As(Developer).GetToken(token).Expect(&rules.RevokedNotReadable, Hidden())
		s.Send("HEAD", s.TokenPath(token)).Expect(&rules.RevokedNotReadable, Hidden())
		byID(s).GetToken(token).Expect(&rules.RevokedNotReadable, Hidden())

		list := s.ListTokens(agent)
		list.Expect(&rules.RevokeOnlyThatOne, Sound(), HasTokens(other), Active(other))
		list.Assume(Sound())
		list.Expect(&rules.RevokedNotListed, LacksTokens(token))
		list.Expect(&rules.RevokedIsShown, HasTokens(token))
		s.GetToken(other).Expect(&rules.RevokeOnlyThatOne, StillThere(), Active(other))

		if etag := before.Header("ETag"); etag != "" && list.Is(LacksTokens(token)) {
			s.ListTokens(agent, Header("If-None-Match", etag)).Expect(&rules.ChangedList, Full())
		}

		s.PostToken(agent, Named("contract third")).Require(&rules.RevokeFreesSlot, Status(201))
		if s.GetToken(other).Is(Status(200)) {
			s.PostToken(agent, Named("contract fourth")).Expect(&rules.ThirdTokenRefused, Refused())
		}
	},
}

// A token without a description is revoked like any other.
var revokePlainToken = Scenario{
	Name:   "revoke a token without description",
	Needs:  Writes,
	Since:  tokens,
	Proves: Rules{&rules.Revoke, &rules.RevokedIs404},
	Judged: Rules{&rules.RevokedNotListed, &rules.RevokedNotReadable},
	Play: func(s *Stage) {
		agent := s.CreateAgent()
		token := s.CreateToken(agent, Named("contract plain"))
		s.RevokeToken(token).Require(&rules.Revoke, Status(204))
		s.GetToken(token).Expect(&rules.RevokedIs404, NotFound())
		s.ListTokens(agent, Query("per_page=20")).Assume(Status(200)) // judges look whether it is listed
	},
}

// longAgo is a date before every agent's creation.
const longAgo = "Wed, 01 Jan 2020 00:00:00 GMT"
