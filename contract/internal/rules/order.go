package rules

import (
	"example.com/gitlab-agents/contract/internal/rule"
)

var AuthenticationBeforeParameters = rule.Rule{
	ID:         "order/authentication-before-parameters",
	Sentence:   "Credentials are checked before parameters.",
	Source:     rootAPI,
	Operations: []string{"createAgent"},
}

var MalformedBeforeAuthentication = rule.Rule{
	ID:         "order/malformed-before-authentication",
	Level:      rule.Should,
	Since:      rule.GitLab(16, 0),
	Sentence:   "Malformed input is refused before credentials are checked.",
	Source:     malformed,
	Operations: []string{"createAgent"},
}

var ContentTypeBeforeAuthentication = rule.Rule{
	ID:         "order/content-type-before-authentication",
	Level:      rule.Should,
	Since:      rule.GitLab(16, 0),
	Sentence:   "The content type is checked before credentials.",
	Source:     rootAPI,
	Operations: []string{"createAgent"},
}

var ParametersBeforeProject = rule.Rule{
	ID:         "order/parameters-before-project",
	Level:      rule.Should,
	Since:      rule.GitLab(16, 0),
	Sentence:   "Parameters are checked before the project is looked up.",
	Source:     rootAPI,
	Operations: []string{"createAgent"},
}

var ParametersBeforeRole = rule.Rule{
	ID:         "order/parameters-before-role",
	Level:      rule.Should,
	Since:      rule.GitLab(16, 0),
	Sentence:   "Parameters are checked before the role.",
	Source:     rootAPI,
	Operations: []string{"createAgent"},
}

var RoleBeforeAgent = rule.Rule{
	ID:         "order/role-before-agent",
	Sentence:   "The role is checked before the agent is looked up, so callers without the role cannot find out which agents exist.",
	Source:     agentsAPI,
	Operations: []string{"deleteAgent", "createAgentToken"},
}
