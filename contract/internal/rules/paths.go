package rules

import (
	"example.com/gitlab-agents/contract/internal/rule"
)

var EncodedPath = rule.Rule{
	ID:         "paths/encoded",
	Sentence:   "A project is found by its full path, URL-encoded as one segment.",
	Source:     rootAPI,
	Operations: []string{"getAgent"},
}

var NumericID = rule.Rule{
	ID:         "paths/id",
	Sentence:   "A project is found by its id.",
	Source:     rootAPI,
	Operations: []string{"getAgent"},
}

var AnyCase = rule.Rule{
	ID:         "paths/any-case",
	Sentence:   "A project is found by its path in any case.",
	Source:     helpersAPI,
	Operations: []string{"getAgent"},
}

var IDIsWholeSegment = rule.Rule{
	ID:         "paths/id-is-the-whole-segment",
	Sentence:   "A project is not found by its id followed by letters, such as 1abc.",
	Source:     helpersAPI,
	Operations: []string{"getAgent"},
}

var UnencodedPath = rule.Rule{
	ID:       "paths/unencoded",
	Sentence: "A project path that is not encoded does not exist (404).",
	Source:   rootAPI,
}

var DoubleEncodedPath = rule.Rule{
	ID:         "paths/double-encoded",
	Sentence:   "A project path that is encoded twice gets 404.",
	Source:     helpersAPI,
	Operations: []string{"listAgents"},
}

var TrailingSlash = rule.Rule{
	ID:         "paths/trailing-slash",
	Level:      rule.Should,
	Sentence:   "A slash at the end of the path is ignored.",
	Source:     rootAPI,
	Operations: []string{"listAgents"},
}

var JSONSuffix = rule.Rule{
	ID:         "paths/json-suffix",
	Level:      rule.Should,
	Sentence:   "The suffix .json is ignored.",
	Source:     rootAPI,
	Operations: []string{"listAgents"},
}

var SingularToken = rule.Rule{
	ID:       "paths/token-is-no-route",
	Since:    rule.GitLab(15, 0),
	Sentence: "The URL in the documentation, …/token/1, does not exist (404).",
	Source:   tokensAPI,
}

var NoUpdate = rule.Rule{
	ID:       "paths/no-update",
	Sentence: "Agents cannot be changed: PUT does not exist (404, not 405).",
	Source:   agentsAPI,
}

var NoTokenUpdate = rule.Rule{
	ID:       "paths/no-token-update",
	Since:    rule.GitLab(15, 0),
	Sentence: "Tokens cannot be changed: PATCH does not exist (404).",
	Source:   tokensAPI,
}
