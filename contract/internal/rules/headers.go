package rules

import (
	"net/http"
	"regexp"
	"strings"

	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/rule"
)

var Head = rule.Rule{
	ID:         "headers/head",
	Sentence:   "HEAD is answered like GET, without the body.",
	Source:     rootAPI,
	Operations: reads,
}

var NeverPublic = rule.Rule{
	ID:       "headers/never-public",
	Sentence: "Shared caches may not store a response.",
	Source:   rackETag,
	Certain:  true,
}

func neverPublic(_ *judge.History, x *judge.Exchange) bool {
	if x.Operation == "" || !x.Complete() {
		return false
	}
	control := strings.Join(x.Response.Header.Values("Cache-Control"), ", ")
	if lower := strings.ToLower(control); strings.Contains(lower, "public") || strings.Contains(lower, "s-maxage") {
		x.Violation("", "Cache-Control without public and s-maxage", "Cache-Control: "+judge.Clip(control))
	}
	return true
}

var CacheControl = rule.Rule{
	ID:       "headers/cache-control",
	Level:    rule.Should,
	Sentence: "A success has Cache-Control: max-age=0, private, must-revalidate.",
	Source:   rackETag,
	Certain:  true,
}

func cacheControl(_ *judge.History, x *judge.Exchange) bool {
	if !isSuccessWithBody(x) {
		return false
	}
	control := x.Header("Cache-Control")
	for _, want := range []string{"max-age=0", "private", "must-revalidate"} {
		if !strings.Contains(control, want) {
			x.Violation("", "Cache-Control: max-age=0, private, must-revalidate", "Cache-Control: "+judge.Clip(control))
			break
		}
	}
	return true
}

func isSuccessWithBody(x *judge.Exchange) bool {
	return x.Operation != "" && x.Request.Method != http.MethodHead && (x.OK(200) || x.OK(201))
}

var WeakETag = rule.Rule{
	ID:       "headers/etag",
	Level:    rule.Should,
	Sentence: "A success with a body has a weak ETag.",
	Source:   rackETag,
	Certain:  true,
}

func weakETag(_ *judge.History, x *judge.Exchange) bool {
	if !isSuccessWithBody(x) {
		return false
	}
	if etag := x.Header("ETag"); !weakTag.MatchString(etag) {
		x.Violation("", `ETag: W/"…"`, "ETag: "+judge.Clip(etag))
	}
	return true
}

// weakTag is a weak entity tag with its quotes.
var weakTag = regexp.MustCompile(`^W/"[^"]+"$`)

var RequestID = rule.Rule{
	ID:       "headers/request-id",
	Level:    rule.Should,
	Sentence: "Every response has an X-Request-Id.",
	Source:   rootAPI,
	Certain:  true,
}

func requestID(_ *judge.History, x *judge.Exchange) bool {
	if x.Operation == "" || !x.Complete() || x.Status() >= 500 || x.Status() == 429 {
		return false
	}
	if x.Header("X-Request-Id") == "" {
		x.Violation("", "an X-Request-Id", "none")
	}
	return true
}

var NoSniff = rule.Rule{
	ID:       "headers/nosniff",
	Level:    rule.Should,
	Sentence: "A success has X-Content-Type-Options: nosniff.",
	Source:   rootAPI,
	Certain:  true,
}

func noSniff(_ *judge.History, x *judge.Exchange) bool {
	if x.Operation == "" || !x.Complete() || x.Status() >= 300 {
		return false
	}
	if got := x.Header("X-Content-Type-Options"); got != "nosniff" {
		x.Violation("", "X-Content-Type-Options: nosniff", "X-Content-Type-Options: "+judge.Clip(got))
	}
	return true
}

var NoLocation = rule.Rule{
	ID:         "headers/no-location",
	Level:      rule.Should,
	Sentence:   "The response to a create has no Location.",
	Source:     agentsAPI,
	Operations: creates,
	Certain:    true,
}

func noLocation(_ *judge.History, x *judge.Exchange) bool {
	if !x.OK(201) {
		return false
	}
	if x.Header("Location") != "" {
		x.Violation("", "no Location", "a Location")
	}
	return true
}
