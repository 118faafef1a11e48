package judge

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"example.com/gitlab-agents/contract/internal/answerer"
)

// onTheWay says what a proxy between the client and GitLab may have to do with a finding; empty if nothing points to one.
// The finding stands: clients of this URL are affected either way.
func onTheWay(rule string, x *Exchange) string {
	if x.Response == nil || x.Response.HeaderNotRecorded {
		return ""
	}
	if seen := x.changedPath(); seen != "" {
		return "something on the way changed the path: GitLab was asked for " + seen
	}
	if missing := x.missing(headersOf(rule, x.Operation)); len(missing) > 0 {
		return "a proxy on the way may have removed " + strings.Join(missing, ", ")
	}
	if strings.HasPrefix(rule, "headers/") && len(x.Response.Header.Values("Cache-Control")) > 1 {
		return "there are several headers Cache-Control: a proxy on the way may have added one"
	}
	if x.Status() == http.StatusUnauthorized && x.Request.Header.Get("Authorization") != "" {
		return "a proxy on the way may have removed the header Authorization"
	}
	if isRefusalOfStrangers(rule) && x.Status() != http.StatusUnauthorized {
		return "a gateway on the way may have added a token of its own"
	}
	if rule == "document/content-type" && json.Valid(x.Response.Body) {
		return "the body is JSON, so a proxy on the way may have changed the header Content-Type"
	}
	if mask.Match(x.Response.Body) || removedSecret.Match(x.Response.Body) {
		return "a mask stands in the body of the answer, so something on the way may have put it there"
	}
	if name := conditionOf(rule); name != "" && x.Request.Header.Get(name) != "" {
		return "a proxy on the way may have removed the header " + name
	}
	if via := x.Header("Via"); via != "" {
		return fmt.Sprintf("it came through a proxy (Via: %s), which may have changed it", answerer.Printable(via, 60))
	}
	return ""
}

// isRefusalOfStrangers says that a rule is about requests without a token, or with an unknown one.
func isRefusalOfStrangers(rule string) bool {
	switch rule {
	case "authentication/required-to-read", "authentication/required-to-write", "authentication/unknown-token", "order/authentication-before-parameters":
		return true
	}
	return false
}

// conditionOf is the header of a request that a rule is about, and that a proxy may remove.
func conditionOf(rule string) string {
	switch rule {
	case "conditional/if-none-match":
		return "If-None-Match"
	case "conditional/if-unmodified-since":
		return "If-Unmodified-Since"
	}
	return ""
}

// headersOf are the headers that a rule is about and that a proxy may remove.
func headersOf(rule, operation string) []string {
	subject, _, _ := strings.Cut(rule, "/")
	switch {
	case rule == "headers/request-id":
		return []string{"X-Request-Id"}
	case rule == "headers/etag", subject == "conditional" && operation != "deleteAgent":
		return []string{"ETag"}
	case rule == "document/headers", subject == "pagination", rule == "headers/head":
		if operation == "listAgents" || operation == "listAgentTokens" {
			return []string{"X-Page", "X-Per-Page", "X-Next-Page", "X-Prev-Page", "X-Total", "X-Total-Pages", "Link"}
		}
	}
	return nil
}

// missing are those of some headers that an answer lacks.
func (x *Exchange) missing(names []string) (missing []string) {
	for _, name := range names {
		if len(x.Response.Header.Values(name)) == 0 && (x.Status() < 300 || name == "X-Request-Id") {
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
