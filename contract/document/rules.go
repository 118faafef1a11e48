package document

// The rules that Check reports under, beside those that the document itself names with x-gitlab-rule.
const (
	// RuleResponse: there is an answer, and all of it. If not, the outcome is Inconclusive.
	RuleResponse = "document/response"
	// RuleStatus: the document lists the status for the operation. An undocumented status that gateways and proxies give
	// (408, and 5xx other than 501) is Inconclusive.
	RuleStatus = "document/status"
	// RuleHeaders: the headers that the document requires are there, and those it describes are as described.
	RuleHeaders = "document/headers"
	// RuleContentType: the document lists the content type for the status.
	RuleContentType = "document/content-type"
	// RuleNoContent: where the document has no content, and in the answer to HEAD, there is no body.
	RuleNoContent = "document/no-content"
	// RuleJSON: the body is one JSON text that every reader understands alike.
	RuleJSON = "document/json"
	// RuleBody: the body is as its schema says.
	RuleBody = "document/body"
	// RuleUndeclaredProperty: the body has no property that the document does not know. If it has, the outcome is Drift.
	RuleUndeclaredProperty = "document/undeclared-property"
	// RuleRequest: the request is as the document says. If not, the outcome is Error: the caller is to blame, not the
	// server.
	RuleRequest = "document/request"
)
