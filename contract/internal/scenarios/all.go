package scenarios

// All is every scenario, in reading order.
func All() []Scenario {
	return []Scenario{
		createAgent, listAgents, deleteAgent,
		refusedNames, acceptedNames, nameInOtherProject,
		createToken, readToken, noTokens, refusedTokens, acceptedTokens, revokedToken, revokePlainToken,
		twoTokens,
		developerReads, developerWrites, guestReads, guestWrites, strangerReads, strangerWrites, anonymousReads, anonymousWrites,
		unknownTokens, agentSecret, bearer, readOnlyScope, expiredToken,
		unknownThings, changeUnknownThings, tokenOfOtherAgent, agentOfOtherProject, refusedCreates, unreadableBodies,
		orderOfChecks,
		wrongIDs, wrongPages, unknownParameters, waysToSend,
		pageParameters, agentPages,
		heads,
		conditionalReads, staleDelete, conditionalDeletes,
		projectPaths, pathVariants, singularToken, noUpdates,
	}
}
