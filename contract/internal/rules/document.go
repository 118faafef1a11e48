package rules

// Every finding of document.Check is under one of these rules, or under tokens/secret-only-on-create. The ids are
// those that document.Check gives.

func documentRule(id string, level Level, sentence string) Rule {
	return Rule{
		ID: id, Level: level, Sentence: sentence, Source: openAPI,
		Judge: func(_ *History, x *Exchange) bool { return x.Operation != "" && x.Documented(id) },
	}
}

// bodyRule is a documentRule that speaks of whole bodies only.
func bodyRule(id string, level Level, sentence string) Rule {
	rule := documentRule(id, level, sentence)
	judge := rule.Judge
	rule.Judge = func(h *History, x *Exchange) bool { return judge(h, x) && x.Complete() }
	return rule
}

var (
	documentStatus = documentRule("document/status", Must,
		"The status is one that the document lists for the operation.")
	documentContentType = documentRule("document/content-type", Must,
		"The content type is one that the document lists for the status.")
	documentJSON = bodyRule("document/json", Must,
		"A JSON body is one JSON text in UTF-8, without duplicate names and with nothing after it.")
	documentBody = bodyRule("document/body", Must,
		"The body has the properties, types, nulls, lengths and values that the document states.")
	documentHeaders = documentRule("document/headers", Must,
		"The headers that the document requires are there, and each is as it states.")
	documentNoContent = documentRule("document/no-content", Must,
		"A 204, a 304 and an answer to HEAD have no body.")
	documentUndeclared = bodyRule("document/undeclared-property", Should,
		"The body has no property that the document does not know.")
	documentRequest = documentRule("document/request", Must,
		"The caller's request is as the document states.")
	documentResponse = documentRule("document/response", Must,
		"A whole answer comes.")
)
