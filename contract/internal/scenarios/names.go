package scenarios

import (
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/internal/rules"
)

// Names that break a rule are refused. Each contains the check's id, so that what a broken server creates can be found
// and removed.
var refusedNames = Scenario{
	Name:  "agent names that are refused",
	Needs: Writes,
	Proves: Rules{&rules.NameRequired, &rules.NameNotNull, &rules.NameNotBlank, &rules.NameIsText, &rules.NameAtMost63,
		&rules.NameLowerCase, &rules.NameNoUnderscore, &rules.NameNoDot, &rules.NameNoSpace, &rules.NameNoLeadingHyphen,
		&rules.NameNoTrailingHyphen, &rules.NameNoNewline, &rules.NameASCII, &rules.NameUnique, &rules.ModelText},
	Judged: Rules{&rules.NamesEnforced, &rules.ModelErrorsAreOneText},
	Play: func(s *Stage) {
		const aGoodName = "an agent with a good name is refused too"
		good := sync.OnceValue(func() bool { return s.PostAgent(Named(s.FreshName())).Is(Status(201)) })
		const pattern = "Name can contain only lowercase letters, digits, and '-', but cannot start or end with '-'"

		taken := s.CreateAgent() // if not even this is accepted, a refusal proves nothing

		s.PostAgent(JSON(`{}`)).Provided(aGoodName, good).Expect(&rules.NameRequired, Error(400, "name is missing"))
		s.PostAgent(JSON(`{"name":["contract"]}`)).Provided(aGoodName, good).Expect(&rules.NameIsText, Error(400, "name is invalid"))
		s.PostAgent(JSON(`{"name":null}`)).Provided(aGoodName, good).Expect(&rules.NameNotNull, Refused())
		s.PostAgent(Named("")).Provided(aGoodName, good).Expect(&rules.NameNotBlank, Refused()).
			Expect(&rules.ModelText, InEnglish(badRequest("Name can't be blank", pattern)))
		s.PostAgent(Named(pad(s.Name("l"), 64))).Provided(aGoodName, good).Expect(&rules.NameAtMost63, Refused()).
			Expect(&rules.ModelText, InEnglish(badRequest("Name is too long (maximum is 63 characters)")))

		for _, bad := range []struct {
			rule *rule.Rule
			name string
		}{
			{&rules.NameLowerCase, "Contract-" + s.RunID() + "-upper"},
			{&rules.NameNoUnderscore, "contract_" + s.RunID() + "_low"},
			{&rules.NameNoDot, "contract." + s.RunID() + ".dot"},
			{&rules.NameNoSpace, "contract " + s.RunID() + " space"},
			{&rules.NameNoLeadingHyphen, "-contract-" + s.RunID()},
			{&rules.NameNoTrailingHyphen, "contract-" + s.RunID() + "-"},
			{&rules.NameNoNewline, "contract-" + s.RunID() + "\n"},
			{&rules.NameASCII, "contract-" + s.RunID() + "-é"},
		} {
			s.PostAgent(Named(bad.name)).Provided(aGoodName, good).Expect(bad.rule, Refused()).
				Expect(&rules.ModelText, InEnglish(badRequest(pattern)))
		}

		s.PostAgent(Named(taken.Name)).Expect(&rules.NameUnique, Refused()).
			Expect(&rules.ModelText, InEnglish(badRequest("Name has already been taken")))
	},
}

// badRequest is how GitLab prints the messages of a model: as Ruby prints an array of texts.
func badRequest(messages ...string) string {
	for i, message := range messages {
		messages[i] = `"` + message + `"`
	}
	return fmt.Sprintf("400 Bad request - [%s]", strings.Join(messages, ", "))
}

// Names at the edge of what is allowed are accepted.
var acceptedNames = Scenario{
	Name:   "agent names that are accepted",
	Needs:  Writes,
	Proves: Rules{&rules.LongestName, &rules.DigitsAtEnds},
	Judged: Rules{&rules.CreateKeepsName, &rules.AgentIDFresh},
	Play: func(s *Stage) {
		const aPlainName = "an agent with a plain name is refused too"
		plain := func() bool { return s.PostAgent(Named(s.FreshName())).Is(Status(201)) }
		s.PostAgent(Named(pad(s.Name("a--"), 63))).Provided(aPlainName, plain).Expect(&rules.LongestName, Status(201))
		s.PostAgent(Named("0-"+s.Name("9"))).Provided(aPlainName, plain).Expect(&rules.DigitsAtEnds, Status(201))
	},
}

// An agent may have the name of another project's agent.
var nameInOtherProject = Scenario{
	Name:   "an agent name in two projects",
	Needs:  Writes | OtherProject,
	Proves: Rules{&rules.NameUniquePerProject},
	Play: func(s *Stage) {
		agent := s.CreateAgent()
		another := func() bool { return s.Elsewhere().PostAgent(Named(s.FreshName())).Is(Status(201)) }
		s.Elsewhere().PostAgent(Named(agent.Name)).Provided("another name is refused in the other project too", another).
			Expect(&rules.NameUniquePerProject, Status(201))
	},
}

// pad makes a text that many characters long.
func pad(s string, characters int) string {
	return s + strings.Repeat("x", characters-utf8.RuneCountInString(s))
}
