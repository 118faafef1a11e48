package rules

import (
	"fmt"
	"net/http"
	"strings"
)

var neverPublic = Rule{
	ID:       "headers/never-public",
	Sentence: "No shared cache may keep an answer.",
	Source:   rackETag,
	Judge: func(_ *History, x *Exchange) bool {
		if x.Operation == "" || !x.Complete() {
			return false
		}
		control := x.Response.Header.Get("Cache-Control")
		if lower := strings.ToLower(control); strings.Contains(lower, "public") || strings.Contains(lower, "s-maxage") {
			x.Violation("", "a Cache-Control without public and s-maxage", "Cache-Control: "+clip(control))
		}
		return true
	},
}

var cacheControl = Rule{
	ID:       "headers/cache-control",
	Level:    Should,
	Sentence: "A success has Cache-Control: max-age=0, private, must-revalidate.",
	Source:   rackETag,
	Judge: func(_ *History, x *Exchange) bool {
		if x.Operation == "" || x.Request.Method == http.MethodHead || !(x.OK(200) || x.OK(201)) {
			return false
		}
		control := x.Response.Header.Get("Cache-Control")
		for _, want := range []string{"max-age=0", "private", "must-revalidate"} {
			if !strings.Contains(control, want) {
				x.Violation("", "Cache-Control: max-age=0, private, must-revalidate", "Cache-Control: "+clip(control))
				break
			}
		}
		return true
	},
}

var weakETag = Rule{
	ID:       "headers/etag",
	Level:    Should,
	Sentence: "A success with a body has a weak ETag.",
	Source:   rackETag,
	Judge: func(_ *History, x *Exchange) bool {
		if x.Operation == "" || x.Request.Method == http.MethodHead || !(x.OK(200) || x.OK(201)) {
			return false
		}
		if etag := x.Response.Header.Get("ETag"); !strings.HasPrefix(etag, `W/"`) {
			x.Violation("", `ETag: W/"…"`, fmt.Sprintf("ETag: %s", clip(etag)))
		}
		return true
	},
}

var requestID = Rule{
	ID:       "headers/request-id",
	Level:    Should,
	Sentence: "Every answer has an X-Request-Id.",
	Source:   rootAPI,
	Judge: func(_ *History, x *Exchange) bool {
		if x.Operation == "" || !x.Complete() || x.Status() >= 500 || x.Status() == 429 {
			return false
		}
		if x.Response.Header.Get("X-Request-Id") == "" {
			x.Violation("", "an X-Request-Id", "none")
		}
		return true
	},
}

var noSniff = Rule{
	ID:       "headers/nosniff",
	Level:    Should,
	Sentence: "A success has X-Content-Type-Options: nosniff.",
	Source:   rootAPI,
	Judge: func(_ *History, x *Exchange) bool {
		if x.Operation == "" || !x.Complete() || x.Status() >= 300 {
			return false
		}
		if x.Response.Header.Get("X-Content-Type-Options") != "nosniff" {
			x.Violation("", "X-Content-Type-Options: nosniff", "X-Content-Type-Options: "+clip(x.Response.Header.Get("X-Content-Type-Options")))
		}
		return true
	},
}

var noLocation = Rule{
	ID:         "headers/no-location",
	Level:      Should,
	Sentence:   "An answer to a create has no Location.",
	Source:     agentsAPI,
	Operations: creates,
	Judge: func(_ *History, x *Exchange) bool {
		if !x.OK(201) {
			return false
		}
		if x.Response.Header.Get("Location") != "" {
			x.Violation("", "no Location", "a Location")
		}
		return true
	},
}

var notModifiedWhenAsked = Rule{
	ID:         "conditional/304-only-when-asked",
	Sentence:   "304 answers a request with If-None-Match, and no other.",
	Source:     rackETag,
	Operations: reads,
	Judge: func(_ *History, x *Exchange) bool {
		if x.Complete() && x.Status() == 304 && x.Request.Header.Get("If-None-Match") == "" && x.Request.Header.Get("If-Modified-Since") == "" {
			x.Violation("", "200", "304, though If-None-Match was not sent")
		}
		return x.Complete() && (x.Status() == 200 || x.Status() == 304)
	},
}

var preconditionWhenAsked = Rule{
	ID:         "conditional/412-only-when-asked",
	Sentence:   "412 answers a request with If-Unmodified-Since, and no other.",
	Source:     helpersAPI,
	Operations: []string{"deleteAgent"},
	Judge: func(_ *History, x *Exchange) bool {
		if x.Complete() && x.Status() == 412 && x.Request.Header.Get("If-Unmodified-Since") == "" {
			x.Violation("", "another status", "412, though If-Unmodified-Since was not sent")
		}
		return x.Complete() && (x.Status() == 204 || x.Status() == 412)
	},
}

var etagTellsApart = Rule{
	ID:         "conditional/etag-tells-apart",
	Sentence:   "Different contents of one URL have different ETags.",
	Source:     rackETag,
	Operations: reads,
	Judge: func(h *History, x *Exchange) bool {
		if !x.OK(200) || x.Request.Method != http.MethodGet || x.Response.Header.Get("ETag") == "" {
			return false
		}
		etag := x.Response.Header.Get("ETag")
		seen, known := h.contents.get(h.content(x.Request.URL.String(), string(x.caller[:]), etag))
		if known && seen != h.content(string(x.Response.Body)) {
			x.Violation("", "an ETag of its own, as the body is another than before", "the same ETag, "+clip(etag))
		}
		return true
	},
}
