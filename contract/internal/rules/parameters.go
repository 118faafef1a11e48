package rules

import (
	"example.com/gitlab-agents/contract/internal/rule"
)

var AgentIDIsInteger = rule.Rule{
	ID:         "parameters/agent-id-is-integer",
	Sentence:   "An agent id that is not an integer gets 400. `5abc` is rejected too.",
	Source:     agentsAPI,
	Operations: []string{"getAgent"},
}

var NoLookUpByName = rule.Rule{
	ID:         "parameters/no-look-up-by-name",
	Sentence:   "An agent cannot be read by its name.",
	Source:     agentsAPI,
	Operations: []string{"getAgent"},
}

var TokenIDIsInteger = rule.Rule{
	ID:         "parameters/token-id-is-integer",
	Since:      rule.GitLab(15, 0),
	Sentence:   "A token id that is not an integer gets 400.",
	Source:     tokensAPI,
	Operations: []string{"getAgentToken"},
}

var ErrorsAreJoined = rule.Rule{
	ID:         "parameters/faults-are-joined",
	Sentence:   "Errors about several parameters come in one text.",
	Source:     rootAPI,
	Operations: []string{"listAgents"},
}

var PerPageNotZero = rule.Rule{
	ID:         "parameters/per-page-not-zero",
	Sentence:   "per_page=0 gets 400.",
	Source:     pager,
	Operations: []string{"listAgents"},
}

var PerPageIsInteger = rule.Rule{
	ID:         "parameters/per-page-is-integer",
	Sentence:   "A per_page that is not an integer gets 400.",
	Source:     pager,
	Operations: []string{"listAgents"},
}

var PageIsInteger = rule.Rule{
	ID:         "parameters/page-is-integer",
	Sentence:   "A page that is not an integer gets 400.",
	Source:     pager,
	Operations: []string{"listAgents"},
}

var TokenPageIsInteger = rule.Rule{
	ID:         "parameters/token-page-is-integer",
	Since:      rule.GitLab(15, 0),
	Sentence:   "A page of tokens that is not an integer gets 400.",
	Source:     pager,
	Operations: []string{"listAgentTokens"},
}

var UnknownIgnored = rule.Rule{
	ID:         "parameters/unknown-are-ignored",
	Sentence:   "Unknown query parameters are ignored: agents cannot be searched or sorted.",
	Source:     agentsAPI,
	Operations: []string{"listAgents"},
}

var UnknownForTokensIgnored = rule.Rule{
	ID:         "parameters/unknown-for-tokens-are-ignored",
	Since:      rule.GitLab(15, 0),
	Sentence:   "Tokens cannot be searched or sorted either.",
	Source:     tokensAPI,
	Operations: []string{"listAgentTokens"},
}

var UnknownInBodyIgnored = rule.Rule{
	ID:         "parameters/unknown-in-body-are-ignored",
	Sentence:   "Unknown properties of a body are ignored: a new agent cannot be made receptive.",
	Source:     agentsAPI,
	Operations: []string{"createAgent"},
}

var JSONWithCharset = rule.Rule{
	ID:         "parameters/json-with-charset",
	Sentence:   "A JSON body may declare its charset as UTF-8.",
	Source:     rootAPI,
	Operations: []string{"createAgent"},
}

var FormAccepted = rule.Rule{
	ID:         "parameters/form",
	Sentence:   "Parameters may be sent as a form.",
	Source:     rootAPI,
	Operations: creates,
}

var MultipartAccepted = rule.Rule{
	ID:         "parameters/multipart",
	Level:      rule.Should,
	Since:      rule.GitLab(15, 0),
	Sentence:   "Parameters may be sent as a multipart form.",
	Source:     rootAPI,
	Operations: []string{"createAgentToken"},
}

var QueryAccepted = rule.Rule{
	ID:         "parameters/query",
	Level:      rule.Should,
	Since:      rule.GitLab(15, 0),
	Sentence:   "Parameters of a POST may be sent in the query.",
	Source:     rootAPI,
	Operations: []string{"createAgentToken"},
}

var NumberBecomesText = rule.Rule{
	ID:         "parameters/number-becomes-text",
	Since:      rule.GitLab(15, 0),
	Sentence:   "A name that is a number or a boolean becomes text.",
	Source:     tokensAPI,
	Operations: []string{"createAgentToken"},
}
