package judge

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"example.com/gitlab-agents/contract/internal/answerer"
)

// onTheWay says what a proxy between the client and GitLab may have to do with a finding; empty if nothing points to one.
// The finding stands: who uses this URL meets it.
func onTheWay(rule string, x *Exchange) string {
	if x.Response == nil || x.Response.HeaderNotRecorded {
		return ""
	}
	if seen := x.changedPath(); seen != "" {
		return "something on the way changed the path: GitLab was asked for " + seen
	}
	if missing := x.missingHeaders(); len(missing) > 0 && aboutHeaders(rule) {
		return fmt.Sprintf("a proxy on the way may have removed %s", strings.Join(missing, ", "))
	}
	if x.Status() == http.StatusUnauthorized && x.Request.Header.Get("Authorization") != "" {
		return "a proxy on the way may have removed the header Authorization"
	}
	if via := x.Header("Via"); via != "" {
		return fmt.Sprintf("it came through a proxy (Via: %s), which may have changed it", answerer.Printable(via, 60))
	}
	return ""
}

func aboutHeaders(rule string) bool {
	subject, _, _ := strings.Cut(rule, "/")
	return rule == "document/headers" || slices.Contains([]string{"headers", "pagination", "conditional"}, subject)
}

// missingHeaders are the headers that GitLab sends with such an answer and that are not there.
func (x *Exchange) missingHeaders() (missing []string) {
	names := []string{"X-Request-Id"}
	if x.Status() < 300 && x.Status() != http.StatusNoContent {
		names = append(names, "ETag")
		if x.Operation == "listAgents" || x.Operation == "listAgentTokens" {
			names = append(names, "X-Page", "X-Per-Page", "X-Total", "X-Total-Pages", "Link")
		}
	}
	for _, name := range names {
		if x.Header(name) == "" {
			missing = append(missing, name)
		}
	}
	return missing
}

// changedPath is the path that GitLab was asked for, as its Link header tells, if an escape was undone on the way; else it
// is empty.
func (x *Exchange) changedPath() string {
	_, asked, _ := strings.Cut(x.Request.URL.EscapedPath(), "/api/v4/")
	_, link, _ := strings.Cut(x.Header("Link"), "/api/v4/")
	seen, _, _ := strings.Cut(link, "?")
	if seen != "" && seen != asked && seen == strings.ReplaceAll(asked, "%25", "%") {
		return "/api/v4/" + answerer.Printable(seen, 200)
	}
	return ""
}
