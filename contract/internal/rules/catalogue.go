package rules

// Catalogue is every rule, in reading order.
func Catalogue() []Rule {
	return []Rule{
		// The document itself.
		documentStatus, documentContentType, documentJSON, documentBody, documentHeaders, documentNoContent,
		documentUndeclared, documentRequest, documentResponse,

		// Agents.
		agentCreate, agentRead, agentList, agentReadsBack, agentIDMatchesPath, projectMatchesPath, projectConsistent,
		agentCreateEcho, createdByCaller, createdNow, agentIDFresh, agentImmutable, agentListed, agentListedOnce,
		agentsSorted, agentDelete, agentDeleted, agentDeleteOnlyOne, tokensDeleted, deletedStaysGone,
		receptiveOnEnterprise, notReceptiveOnCommunity,

		// Agent names.
		agentNameRefused, nameMissing, nameNull, nameBlank, nameArray, nameLong, nameUpper, nameUnderscore, nameDot,
		nameSpace, nameLeading, nameTrailing, nameNewline, nameLetters, longestName, digitsInName, nameTaken, nameFreeAgain,
		nameInOtherProject,

		// Tokens.
		tokenCreate, tokenRead, tokenList, noTokens, tokenReadsBack, readingIsNoUse, tokenAgentMatchesPath, tokenIDMatchesPath, tokenCreateEcho,
		tokenCreateState, tokenIDFresh, tokenImmutable, activeListed, tokenListedOnce, lastUseUnlisted, tokenInputRefused, tokenNameMissing,
		tokenNameBlank, tokenNameNull, tokenNameArray, tokenNameLong, tokenDescriptionLong, longestToken, noDescription, unknownInTokens, namesMayRepeat,

		// Token secrets.
		secretOnlyOnCreate, secretOnCreate, secretUnique, secretStrength, secretPrefix, secretLength, secretChecksum,

		// Token lifecycle.
		revokes, revokesAgain, revokesOnlyOne, revokedGone, revokedNotListed, revokedNotReadable, onlyActiveShown, revokedShown,
		revokedStaysRevoked,

		// The two-token limit.
		twoTokens, thirdToken, limitBeforeName, revokeFreesSlot, noLimitYet,

		// Roles and visibility.
		developerReads, developerWrites, guestReads, guestWrites, strangerReads, strangerWrites, refusedWithoutEffect,

		// Authentication.
		anonymousReads, anonymousWrites, unknownToken, tokenNotShown, bearer,

		// Errors and their shapes.
		messageNamesStatus, errorKey, errorText, parameterText, notFoundText, noInternalError, modelErrorsAreOneText, unknownProject, unknownPath,
		unknownAgent, agentZero, agentTooLarge, unknownAgentTokens, unknownTokenRead, deleteUnknown, revokeUnknown,
		createForUnknown, tokenOfOtherAgent, agentOfOtherProject, refusedHasNoEffect, unsupportedType, noContentType, unsupportedOnDelete,
		malformedJSON, nulByte, badUTF8,

		// The order of checks.
		authenticationBeforeParameters, formBeforeAuthentication, typeBeforeAuthentication, parametersBeforeProject, parametersBeforeRole,
		roleBeforeRecord,

		// Parameters.
		agentIDText, noLookUpByName, tokenIDText, severalFaults, perPageZero, perPageText, pageText, tokensPageText,
		unknownIgnored, unknownForTokens, unknownInBody, jsonWithCharset, formAccepted, multipartAccepted, queryAccepted, numberBecomesText,

		// Pagination.
		defaultPage, pageAsAsked, pageSize, pageTotals, pageNeighbours, linkHeader, linkParameters, linkPathParameters, pagesOfTokens, pagesOfAgents,
		perPageLarge, pageZero, pagePastEnd,

		// Headers.
		heads, neverPublic, cacheControl, weakETag, requestID, noSniff, noLocation,

		// Conditional requests.
		notModified, modified, etagTellsApart, notModifiedWhenAsked, changedList, staleDelete, unreadableDate, laterDate, preconditionWhenAsked,

		// Paths.
		encodedPath, numericID, unencodedPath, doubleEncodedPath, trailingSlash, jsonSuffix, singularToken, noUpdate,
		noPatch,
	}
}
