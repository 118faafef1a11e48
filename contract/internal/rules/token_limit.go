package rules

import (
	"example.com/gitlab-agents/contract/internal/rule"
)

var TwoTokensAllowed = rule.Rule{
	ID:         "token-limit/two-are-allowed",
	Since:      rule.GitLab(15, 0),
	Sentence:   "An agent can have two active tokens.",
	Source:     docs.CreateToken,
	Operations: []string{"createAgentToken"},
}

var ThirdTokenRefused = rule.Rule{
	ID:         "token-limit/third-is-refused",
	Since:      rule.GitLab(16, 2),
	Sentence:   "A third active token is refused.",
	Source:     docs.CreateToken,
	Operations: []string{"createAgentToken"},
}

var LimitBeforeName = rule.Rule{
	ID:         "token-limit/checked-before-name",
	Level:      rule.Should,
	Since:      rule.GitLab(16, 2),
	Sentence:   "The two-token limit is checked before the name.",
	Source:     tokenService,
	Operations: []string{"createAgentToken"},
}

var RevokeFreesSlot = rule.Rule{
	ID:         "token-limit/revoke-frees-one",
	Since:      rule.GitLab(15, 0),
	Sentence:   "After a token is revoked, another can be created.",
	Source:     docs.CreateToken,
	Operations: []string{"createAgentToken"},
}

var NoLimitYet = rule.Rule{
	ID:         "token-limit/none-before-16.1",
	Since:      rule.GitLab(15, 0),
	Until:      rule.GitLab(16, 1),
	Sentence:   "Before 16.1 a third active token is accepted.",
	Source:     tokenService,
	Operations: []string{"createAgentToken"},
}
