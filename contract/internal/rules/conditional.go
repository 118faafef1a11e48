package rules

import (
	"net/http"

	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/rule"
)

var NotModified = rule.Rule{
	ID:         "conditional/if-none-match",
	Level:      rule.Should,
	Sentence:   "A read with the current ETag gets 304.",
	Source:     rackETag,
	Operations: []string{"getAgent"},
}

var OtherETag = rule.Rule{
	ID:         "conditional/other-etag",
	Sentence:   "A read with another ETag gets the full response.",
	Source:     rackETag,
	Operations: []string{"getAgent"},
}

var ETagTellsApart = rule.Rule{
	ID:         "conditional/etag-tells-apart",
	Sentence:   "Different contents of one URL have different ETags.",
	Source:     rackETag,
	Operations: reads,
}

func etagTellsApart(h *judge.History, x *judge.Exchange) bool {
	if !x.OK(200) || x.Request.Method != http.MethodGet || x.Header("ETag") == "" {
		return false
	}
	if sameTag, sameBody := h.SameTag(x); sameTag && !sameBody {
		x.Violation("", "an ETag of its own, as the body differs from an earlier one", "the same ETag, "+judge.Clip(x.Header("ETag")))
	}
	return true
}

var NotModifiedOnlyWhenAsked = rule.Rule{
	ID:         "conditional/304-only-when-asked",
	Sentence:   "304 is sent only in response to If-None-Match or If-Modified-Since.",
	Source:     rackETag,
	Operations: reads,
}

func notModifiedOnlyWhenAsked(_ *judge.History, x *judge.Exchange) bool {
	if x.LacksCredentials() { // so the headers that would show it may be missing too
		return false
	}
	if x.Complete() && x.Status() == 304 && x.Request.Header.Get("If-None-Match") == "" && x.Request.Header.Get("If-Modified-Since") == "" {
		x.Violation("", "200", "304, though If-None-Match was not sent")
	}
	return x.Complete() && (x.Status() == 200 || x.Status() == 304)
}

var ChangedList = rule.Rule{
	ID:         "conditional/changed-list",
	Since:      rule.GitLab(15, 0),
	Sentence:   "A list of tokens that changed is returned in full for an outdated ETag.",
	Source:     rackETag,
	Operations: []string{"listAgentTokens"},
}

var StaleDelete = rule.Rule{
	ID:         "conditional/if-unmodified-since",
	Sentence:   "An agent that changed after If-Unmodified-Since is not deleted: 412.",
	Source:     helpersAPI,
	Operations: []string{"deleteAgent"},
}

var UnreadableDate = rule.Rule{
	ID:         "conditional/unreadable-date",
	Sentence:   "If-Unmodified-Since is ignored if it is not a date.",
	Source:     helpersAPI,
	Operations: []string{"deleteAgent"},
}

var LaterDate = rule.Rule{
	ID:         "conditional/later-date",
	Sentence:   "An agent that did not change after If-Unmodified-Since is deleted.",
	Source:     helpersAPI,
	Operations: []string{"deleteAgent"},
}

var PreconditionOnlyWhenAsked = rule.Rule{
	ID:         "conditional/412-only-when-asked",
	Sentence:   "412 is sent only in response to If-Unmodified-Since.",
	Source:     helpersAPI,
	Operations: []string{"deleteAgent"},
}

func preconditionOnlyWhenAsked(_ *judge.History, x *judge.Exchange) bool {
	if x.Complete() && x.Status() == 412 && x.Request.Header.Get("If-Unmodified-Since") == "" {
		x.Violation("", "another status", "412, though If-Unmodified-Since was not sent")
	}
	return x.Complete() && (x.Status() == 204 || x.Status() == 412)
}
