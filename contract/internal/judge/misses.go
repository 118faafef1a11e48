package judge

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"example.com/gitlab-agents/contract/internal/answerer"
)

var (
	unescapedPath = regexp.MustCompile(`/projects/[^/]+/[^/]+(/[^/]+)*/cluster_agents(/|$)`)
	singularToken = regexp.MustCompile(`/cluster_agents/[^/]+/token(/|$)`)
)

// nearMiss says why a request that looks like one of the operations is not one; empty if it does not look like one.
func nearMiss(method string, u *url.URL) string {
	path := u.EscapedPath()
	switch {
	case !strings.Contains(path, "/cluster_agents"):
		return ""
	case unescapedPath.MatchString(path):
		return "write the slash in the project's path as %2F"
	case singularToken.MatchString(path):
		return "the route is /tokens, not /token"
	case method == http.MethodPut, method == http.MethodPatch:
		return "agents and tokens cannot be changed, so there is no " + method
	}
	return ""
}

// maxMisses is how many kinds of near misses there are at most.
const maxMisses = 8

// miss remembers the first request that nearly was one of the operations, of each kind.
func (j *Judge) miss(x *Exchange) {
	why := nearMiss(x.Request.Method, x.Request.URL)
	if why == "" || len(j.misses) == maxMisses || slices.ContainsFunc(j.misses, func(m string) bool { return strings.HasSuffix(m, why) }) {
		return
	}
	j.misses = append(j.misses, x.Request.Method+" "+answerer.Printable(x.Request.URL.EscapedPath(), 120)+": "+why)
}
