package faults

import (
	"slices"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// The words in which the tables are written: releases, operations, rules, reasons.

// ids are ids of rules.
type ids = []string

// The releases in which something changed.
var (
	v15   = fakegitlab.Release{Major: 15}
	v16   = fakegitlab.Release{Major: 16}
	v16_1 = fakegitlab.Release{Major: 16, Minor: 1}
	v16_2 = fakegitlab.Release{Major: 16, Minor: 2}
	v17_4 = fakegitlab.Release{Major: 17, Minor: 4}
	v18   = fakegitlab.Release{Major: 18}
	v18_6 = fakegitlab.Release{Major: 18, Minor: 6}
)

// The operations, by what they show.
var (
	lists       = []string{"listAgents", "listAgentTokens"}
	showsAgents = []string{"listAgents", "getAgent", "createAgent"}
	showsTokens = []string{"listAgentTokens", "getAgentToken", "createAgentToken"}
	shows       = slices.Concat(showsTokens, showsAgents)
)

// Rules that expect the same status of many responses.
var (
	expectForbidden = ids{"roles/developer-may-not-write", "roles/guest-may-not-write", "order/role-before-agent"}
	expectNoRecord  = ids{
		"errors/unknown-agent", "errors/agent-zero", "errors/unknown-agent-tokens", "errors/unknown-token",
		"errors/delete-unknown-agent", "errors/revoke-unknown-token", "errors/create-token-for-unknown-agent",
		"errors/token-of-another-agent", "errors/agent-of-another-project", "agents/deleted-is-404", "agents/deleted-with-tokens",
		"tokens/revoked-is-404", "roles/guest-finds-nothing",
	}
	expectNoProject = ids{
		"roles/stranger-finds-nothing", "roles/stranger-may-not-write", "errors/unknown-project", "errors/unknown-project-path", "paths/double-encoded",
	}
	expectNotFound = join(expectNoRecord, expectNoProject...)
	// Those that read single agents.
	expectNoAgent = ids{
		"errors/unknown-agent", "errors/agent-zero", "errors/agent-past-64-bits", "errors/agent-of-another-project",
		"agents/deleted-is-404", "roles/guest-finds-nothing", "roles/stranger-finds-nothing",
	}
	expectNoRoute     = ids{"paths/unencoded", "paths/token-is-no-route", "paths/no-update", "paths/no-token-update"}
	expectCredentials = ids{
		"authentication/required-to-read", "authentication/required-to-write", "authentication/unknown-token",
		"authentication/expired-token", "order/authentication-before-parameters",
	}
	refuseNames = ids{
		"agent-names/not-null", "agent-names/not-blank", "agent-names/at-most-63", "agent-names/lower-case",
		"agent-names/no-underscore", "agent-names/no-dot", "agent-names/no-space", "agent-names/no-leading-hyphen",
		"agent-names/no-trailing-hyphen", "agent-names/no-newline", "agent-names/ascii", "agent-names/unique",
	}
	refuseTokens = ids{
		"tokens/name-not-blank", "tokens/name-not-null", "tokens/name-at-most-255", "tokens/description-at-most-1024",
		"token-limit/third-is-refused",
	}
	refuseParameters = ids{
		"parameters/agent-id-is-integer", "parameters/token-id-is-integer",
		"parameters/per-page-not-zero", "parameters/per-page-is-integer", "parameters/page-is-integer",
		"parameters/token-page-is-integer", "parameters/no-look-up-by-name", "agent-names/required", "agent-names/is-text",
		"tokens/name-required", "tokens/name-is-text",
	}
)

func join(rules ids, more ...string) ids { return slices.Concat(rules, more) }

// Reasons that several faults share.
const (
	goneOrUnreadable = "a deleted agent cannot be told from one that cannot be read"
	notDocumented    = "the document does not describe responses to what is no route"
)
