package setup

import (
	"fmt"
	"regexp"
	"strings"
)

// maxToken is how long a token may be: far longer than any of GitLab's.
const maxToken = 4096

// otherTokens are the tokens of GitLab's that the API does not take, by their prefixes. An instance may have put its own
// in front of them.
var otherTokens = []struct{ prefix, is string }{
	{"glcbt-", "the pipeline's job token: a job token is not accepted by these endpoints"},
	{"gldt-", "a deploy token, which is not accepted by these endpoints"},
	{"glagent-", "an agent's token, with which only the agent in the cluster signs in"},
	{"glrt-", "a runner's token, which is not accepted by these endpoints"},
	{"glrtr-", "a runner's registration token, which is not accepted by these endpoints"},
	{"glptt-", "a trigger token, which only starts pipelines"},
	{"glft-", "a feed token, which only reads feeds"},
	{"glimt-", "a token for incoming mail"},
	{"glsoat-", "a SCIM token, which is not accepted by these endpoints"},
	{"glffct-", "a feature flags client's token, which is not accepted by these endpoints"},
	{"gloas-", "the secret of an OAuth application, not an access token"},
	{"_gitlab_session", "a session cookie, not an access token"},
	{"ghp_", "a token of GitHub's"},
	{"github_pat_", "a token of GitHub's"},
	{"sha256~", "a token of OpenShift's"},
}

var (
	assignment = regexp.MustCompile(`^(export\s+|set\s+|\$env:)?[A-Za-z_][A-Za-z0-9_]*\s*[=:]\s*["']?[^"'\s]+["']?;?$`)
	header     = regexp.MustCompile(`(?i)^(private-token|authorization|job-token|deploy-token)\s*:|^bearer\s`)
	// placeholder is a variable that nobody replaced, or an example.
	placeholder = regexp.MustCompile(`^(\$\{?[A-Za-z_][A-Za-z0-9_]*\}?|\$\{\{.*\}\}|%[A-Za-z_]+%|<.*>|\[?(MASKED|masked|REDACTED|redacted)\]?|\*+|x{6,}|.*your[-_ ]?(access[-_ ]?)?token.*)$`)
)

const accessToken = "a personal, project or group access token with the scope api"

// CheckToken takes the text of a variable or a file for an access token: without white space around it and without a
// byte order mark. From is where it came from, such as GITLAB_TOKEN. An empty text is no token and no problem. The
// problem never quotes the text.
func CheckToken(text, from string) (token string, problem *Problem) {
	if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
		return "", malformed(from, "is in UTF-16, as PowerShell writes files", "Write it in ASCII or UTF-8: Set-Content -Encoding ascii.")
	}
	token = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(text), "\ufeff"))
	unquoted := strings.Trim(token, "\"'`‘’“”")
	switch {
	case token == "":
		return "", nil
	case strings.ContainsAny(token, "\r\n"):
		return "", malformed(from, "has several lines", "Give one token, alone on its line.")
	case placeholder.MatchString(unquoted):
		return "", malformed(from, "holds a placeholder, not a token", "Set it to a token. In a pipeline, a protected variable is there on protected branches only, and one that does not exist stays as it is written.")
	case header.MatchString(unquoted):
		return "", malformed(from, "holds a header, not only the token in it", "Leave out the header's name, and Bearer.")
	case unquoted == "":
		return "", malformed(from, "holds nothing but quotation marks", "Set it to a token.")
	case unquoted != token && !strings.Contains(unquoted, "="):
		return "", malformed(from, "has quotation marks around the token", "Leave them out: they are not part of it.")
	case assignment.MatchString(token) && !strings.HasPrefix(token, "glpat-"):
		return "", malformed(from, "holds an assignment such as NAME=token, not only the token", "Keep the token alone in it, without the variable's name.")
	case len(token) > maxToken, strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "", malformed(from, "holds no token: a token is one line of letters, digits, -, _ and .", "Set it to "+accessToken+".")
	}
	for _, other := range otherTokens {
		if strings.HasPrefix(token, other.prefix) || strings.HasPrefix(other.prefix, "gl") && strings.Contains(token, "-"+other.prefix) {
			return "", &Problem{Code: TokenKind, Means: fmt.Sprintf("%s holds %s", from, other.is), Do: "Set it to " + accessToken + "."}
		}
	}
	return token, nil
}

func malformed(from, what, do string) *Problem {
	return &Problem{Code: TokenForm, Means: from + " " + what, Do: do}
}
