package judge

import (
	"regexp"
	"strings"

	"example.com/gitlab-agents/contract/internal/rule"
)

// People who share a recording put masks in the place of names, paths and ids. What they changed proves nothing against the
// server.

const maskWord = `(redacted|masked|filtered|removed|hidden|anonymi[sz]ed|scrubbed|saniti[sz]ed|censored|obfuscated)`

var (
	// mask is a word in brackets or in capitals, or characters that stand for others.
	mask = regexp.MustCompile(`(?i:[\[<{(]` + maskWord + `[^"\]>})]*[\]>})])|` +
		`["/]` + strings.ToUpper(maskWord) + `["/]|["/](redacted|anonymi[sz]ed)["/]|` +
		`\*{3,}|[•●█]{3,}|["/][xX]{3,}["/]`)
	// template is a segment of a path that names an id instead of showing it: :id, {id}, <id>, [id].
	template = regexp.MustCompile(`/(:[A-Za-z_]+|[{<\[][^/]*[}>\]])/`)
)

// edited says where a mask stands in what a judge read of an exchange; empty if nowhere. A secret that was removed does not
// count.
func edited(x *Exchange, reads Evidence, f *rule.Finding) string {
	path := x.Request.URL.Path + "/"
	switch {
	case mask.MatchString(path), template.MatchString(path):
		return "the URL"
	case reads&RequestBody != 0 && mask.Match(x.Request.Body):
		return "the body of the request"
	case reads&ResponseBody != 0 && x.Response != nil && mask.Match(removedSecret.ReplaceAll(x.Response.Body, nil)):
		return "the body of the answer"
	case mask.MatchString(f.Expected), mask.MatchString(f.Actual):
		return "an earlier exchange"
	}
	return ""
}
