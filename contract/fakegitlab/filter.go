package fakegitlab

import (
	"net/url"
	"strings"
)

// filtered returns the request's path and query as GitLab logs them, with the values of secret parameters replaced.
func (s *Server) filtered(u *url.URL) string {
	if u.RawQuery == "" {
		return u.EscapedPath()
	}
	entries := strings.Split(u.RawQuery, "&")
	for i, entry := range entries {
		name, value, hasValue := strings.Cut(entry, "=")
		if hasValue && (isSecretName(name) || strings.Contains(value, ";")) { // a semicolon may begin another parameter
			entries[i] = name + "=[FILTERED]"
		}
	}
	return u.EscapedPath() + "?" + strings.Join(entries, "&")
}

// isSecretName reports whether a parameter's value is replaced in the log. Percent signs can hide a secret's name, so
// any name with one counts as secret.
func isSecretName(name string) bool {
	if strings.ContainsAny(name, "%;") {
		return true
	}
	name = strings.ToLower(name)
	for _, part := range []string{"token", "secret", "password", "key"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}
