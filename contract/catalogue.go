package contract

// Catalogue is every rule, in reading order.
func Catalogue() []Rule {
	return []Rule{
		// The document itself.
		documentStatus, documentContentType, documentJSON, documentBody, documentHeaders, documentNoContent,
		documentUndeclared, documentRequest, documentResponse,

		// Agents.
		agentReadsBack, agentIDMatchesPath, projectMatchesPath, projectConsistent, agentCreateEcho, createdByCaller,
		agentIDFresh, agentImmutable, agentListed, agentListedOnce, agentsSorted, agentDelete, agentDeleted,
		tokensDeleted, deletedStaysGone, receptiveOnEnterprise, notReceptiveOnCommunity,

		// Agent names.
		agentNameRefused, nameMissing, nameNull, nameBlank, nameArray, nameLong, nameUpper, nameUnderscore, nameDot,
		nameSpace, nameLeading, nameTrailing, nameNewline, nameLetters, nameTaken, nameInOtherProject,

		// Tokens.
		tokenReadsBack, tokenAgentMatchesPath, tokenIDMatchesPath, tokenCreateEcho, tokenCreateState, tokenIDFresh,
		tokenImmutable, activeListed, tokenListedOnce, tokenInputRefused, tokenNameMissing, tokenNameBlank,
		tokenNameNull, tokenNameArray, tokenNameLong, tokenDescriptionLong,

		// Token secrets.
		secretOnlyOnCreate, secretOnCreate, secretUnique, secretStrength, secretPrefix, secretLength, secretChecksum,

		// Token lifecycle.
		revokes, revokesAgain, revokedGone, revokedNotListed, revokedNotReadable, onlyActiveShown, revokedShown,
		revokedStaysRevoked,

		// The two-token limit.
		twoTokens, thirdToken, limitBeforeName, revokeFreesSlot, noLimitYet,

		// Roles and visibility.
		developerReads, developerWrites, guestReads, guestWrites, strangerReads, strangerWrites, refusedWithoutEffect,

		// Authentication.
		anonymousReads, anonymousWrites, unknownToken, bearer,

		// Errors and their shapes.
		messageNamesStatus, notFoundText, noInternalError, modelErrorsAreOneText, unknownProject, unknownPath,
		unknownAgent, agentZero, agentTooLarge, unknownAgentTokens, unknownTokenRead, deleteUnknown, revokeUnknown,
		createForUnknown, tokenOfOtherAgent, agentOfOtherProject, unsupportedType, noContentType, unsupportedOnDelete,
		malformedJSON, nulByte, badUTF8,

		// The order of checks.
		authenticationBeforeParameters, parametersBeforeProject, roleBeforeRecord,

		// Parameters.
		agentIDText, noLookUpByName, tokenIDText, severalFaults, perPageZero, perPageText, pageText, tokensPageText,
		unknownIgnored, formAccepted, numberBecomesText,

		// Pagination.
		defaultPage, pageAsAsked, pageSize, pageTotals, pageNeighbours, linkHeader, linkParameters, pagesOfTokens,
		perPageLarge, perPageNegative, pageZero, pagePastEnd,

		// Headers.
		heads, neverPublic, cacheControl, weakETag, requestID, noSniff, noLocation,

		// Conditional requests.
		notModified, modified, notModifiedWhenAsked, staleDelete, preconditionWhenAsked,

		// Paths.
		encodedPath, numericID, unencodedPath, doubleEncodedPath, trailingSlash, jsonSuffix, singularToken, noUpdate,
		noPatch,
	}
}
