package rules

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/rule"
)

var NamesEnforced = rule.Rule{
	ID:         "agent-names/enforced",
	Sentence:   `An agent is refused if its name is blank, longer than 63 characters, or not made of lower-case letters, digits and inner "-".`,
	Source:     agentModel,
	Operations: []string{"createAgent"},
}

var validName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)

func namesEnforced(_ *judge.History, x *judge.Exchange) bool {
	name := x.Sent("name")
	if !name.Null && !name.Text || validName.MatchString(name.Value) && utf8.RuneCountInString(name.Value) <= 63 {
		return false
	}
	if x.OK(201) {
		x.Violation("", "400, for the name "+strconv.Quote(name.Value), "201")
	}
	return x.Complete()
}

var NameRequired = rule.Rule{
	ID:         "agent-names/required",
	Sentence:   "An agent without a name is refused.",
	Source:     agentModel,
	Operations: []string{"createAgent"},
}

var NameNotNull = rule.Rule{
	ID:         "agent-names/not-null",
	Sentence:   "An agent whose name is null is refused.",
	Source:     agentModel,
	Operations: []string{"createAgent"},
}

var NameNotBlank = rule.Rule{
	ID:         "agent-names/not-blank",
	Sentence:   "An agent with an empty name is refused.",
	Source:     agentModel,
	Operations: []string{"createAgent"},
}

var NameIsText = rule.Rule{
	ID:         "agent-names/is-text",
	Sentence:   "An agent whose name is an array is refused.",
	Source:     agentModel,
	Operations: []string{"createAgent"},
}

var NameAtMost63 = rule.Rule{
	ID:         "agent-names/at-most-63",
	Sentence:   "A name of 64 characters is refused.",
	Source:     agentModel,
	Operations: []string{"createAgent"},
}

var NameLowerCase = rule.Rule{
	ID:         "agent-names/lower-case",
	Sentence:   "A name with an upper-case letter is refused.",
	Source:     agentModel,
	Operations: []string{"createAgent"},
}

var NameNoUnderscore = rule.Rule{
	ID:         "agent-names/no-underscore",
	Sentence:   "A name with an underscore is refused.",
	Source:     agentModel,
	Operations: []string{"createAgent"},
}

var NameNoDot = rule.Rule{
	ID:         "agent-names/no-dot",
	Sentence:   "A name with a dot is refused.",
	Source:     agentModel,
	Operations: []string{"createAgent"},
}

var NameNoSpace = rule.Rule{
	ID:         "agent-names/no-space",
	Sentence:   "A name with a space is refused.",
	Source:     agentModel,
	Operations: []string{"createAgent"},
}

var NameNoLeadingHyphen = rule.Rule{
	ID:         "agent-names/no-leading-hyphen",
	Sentence:   `A name that begins with "-" is refused.`,
	Source:     agentModel,
	Operations: []string{"createAgent"},
}

var NameNoTrailingHyphen = rule.Rule{
	ID:         "agent-names/no-trailing-hyphen",
	Sentence:   `A name that ends with "-" is refused.`,
	Source:     agentModel,
	Operations: []string{"createAgent"},
}

var NameNoNewline = rule.Rule{
	ID:         "agent-names/no-newline",
	Sentence:   "A name that ends with a line break is refused.",
	Source:     agentModel,
	Operations: []string{"createAgent"},
}

var NameASCII = rule.Rule{
	ID:         "agent-names/ascii",
	Sentence:   "A name with a letter outside ASCII is refused.",
	Source:     agentModel,
	Operations: []string{"createAgent"},
}

var LongestName = rule.Rule{
	ID:         "agent-names/longest-is-accepted",
	Sentence:   `A name of 63 characters, with two "-" in a row, is accepted.`,
	Source:     agentModel,
	Operations: []string{"createAgent"},
}

var DigitsAtEnds = rule.Rule{
	ID:         "agent-names/digits-at-ends",
	Sentence:   "A name may begin and end with a digit.",
	Source:     agentModel,
	Operations: []string{"createAgent"},
}

var NameUnique = rule.Rule{
	ID:         "agent-names/unique",
	Sentence:   "A name that another agent of the project has is refused with 400, not 409.",
	Source:     agentModel,
	Operations: []string{"createAgent"},
}

var NameFreeAgain = rule.Rule{
	ID:         "agent-names/free-again",
	Sentence:   "The name of a deleted agent can be used again.",
	Source:     agentModel,
	Operations: []string{"createAgent"},
}

// In a recording, a name may be taken by an agent that somebody else created after the deletion.
func nameFreeAgain(h *judge.History, x *judge.Exchange) bool {
	name := x.Sent("name")
	f := x.Refusal()
	if !name.Text || x.Status() != 400 || f.Message == nil || !strings.Contains(*f.Message, "already been taken") {
		return false
	}
	if by, freed := h.NameFreed(x.Project, name.Value); freed && by.VisibleTo(x) {
		x.Disagreement("201, as exchange #"+strconv.Itoa(by.Index)+" deleted the agent of that name", f.Said())
	}
	return false // a create that succeeds does not show that the name was free again
}

var NameUniquePerProject = rule.Rule{
	ID:         "agent-names/unique-per-project",
	Sentence:   "A name that only an agent of another project has is accepted.",
	Source:     agentModel,
	Operations: []string{"createAgent"},
}
