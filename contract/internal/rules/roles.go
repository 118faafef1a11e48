package rules

import (
	"example.com/gitlab-agents/contract/internal/rule"
)

var DeveloperReads = rule.Rule{
	ID:         "roles/developer-reads",
	Sentence:   "A developer can list and read agents and tokens, and gets what a maintainer gets.",
	Source:     docs.ListAgents,
	Operations: reads,
}

var DeveloperMayNotWrite = rule.Rule{
	ID:         "roles/developer-may-not-write",
	Sentence:   "A developer cannot create, delete or revoke: 403.",
	Source:     docs.CreateAgent,
	Operations: writes,
}

var GuestFindsNothing = rule.Rule{
	ID:         "roles/guest-finds-nothing",
	Sentence:   "A member below developer cannot read agents or tokens: 404.",
	Source:     agentsFinder,
	Operations: reads,
}

var GuestMayNotWrite = rule.Rule{
	ID:         "roles/guest-may-not-write",
	Sentence:   "A member below developer cannot create, delete or revoke: 403.",
	Source:     agentsAPI,
	Operations: writes,
}

var StrangerFindsNothing = rule.Rule{
	ID:         "roles/stranger-finds-nothing",
	Sentence:   "Non-members get 404, for a private project as if it did not exist.",
	Source:     agentsFinder,
	Operations: reads,
}

var StrangerMayNotWrite = rule.Rule{
	ID:         "roles/stranger-may-not-write",
	Sentence:   "Non-members cannot create, delete or revoke: 404 in a private project, 403 in any other.",
	Source:     agentsAPI,
	Operations: writes,
}

var RefusedRoleHasNoEffect = rule.Rule{
	ID:         "roles/refused-has-no-effect",
	Sentence:   "A request that is refused for lack of a role has no effect.",
	Source:     agentsAPI,
	Operations: writes,
}
