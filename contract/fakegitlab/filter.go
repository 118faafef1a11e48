package fakegitlab

import (
	"net/url"
	"strings"
)

// filtered is the request's path and query as GitLab logs them: values of parameters that hold secrets are replaced.
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

// isSecretName reports whether a parameter's value is filtered. Percent signs and brackets can hide a name from it, so
// that it filters too much rather than too little.
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
