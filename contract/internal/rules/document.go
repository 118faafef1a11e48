package rules

import (
	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/rule"
)

// Every finding of document.Check is under one of these rules, or under tokens/secret-only-on-create. The ids are those
// that document.Check gives.

var DocumentStatus = rule.Rule{
	ID:       "document/status",
	Sentence: "The status is one that the document lists for the operation.",
	Source:   openAPI,
}

var DocumentContentType = rule.Rule{
	ID:       "document/content-type",
	Sentence: "The content type is one that the document lists for the status.",
	Source:   openAPI,
}

var DocumentJSON = rule.Rule{
	ID:       "document/json",
	Sentence: "A JSON body is one JSON text in UTF-8, without duplicate names and with nothing after it.",
	Source:   openAPI,
}

var DocumentBody = rule.Rule{
	ID:       "document/body",
	Sentence: "The body matches its schema: properties, types, nulls, lengths and values.",
	Source:   openAPI,
}

var DocumentHeaders = rule.Rule{
	ID:       "document/headers",
	Sentence: "The headers that the document requires are present, and each matches its schema.",
	Source:   openAPI,
}

var DocumentNoContent = rule.Rule{
	ID:       "document/no-content",
	Sentence: "Responses to HEAD, and 204 and 304, have no body.",
	Source:   openAPI,
}

var DocumentUndeclaredProperty = rule.Rule{
	ID:       "document/undeclared-property",
	Level:    rule.Should,
	Sentence: "The body has no property that the document does not declare.",
	Source:   openAPI,
}

var DocumentRequest = rule.Rule{
	ID:       "document/request",
	Sentence: "The client sends what the document allows.",
	Source:   openAPI,
}

var DocumentResponse = rule.Rule{
	ID:       "document/response",
	Sentence: "The response is complete.",
	Source:   openAPI,
}

// ofDocument judges under one rule of the document.
func ofDocument(r *rule.Rule) func(*judge.History, *judge.Exchange) bool {
	return func(_ *judge.History, x *judge.Exchange) bool { return x.Operation != "" && x.Documented(r.ID) }
}

// ofWholeBodies is ofDocument for rules that apply to whole bodies only.
func ofWholeBodies(r *rule.Rule) func(*judge.History, *judge.Exchange) bool {
	all := ofDocument(r)
	return func(h *judge.History, x *judge.Exchange) bool { return all(h, x) && x.Complete() }
}
