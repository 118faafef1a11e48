package redact

import "strings"

// prefixes begin the tokens that GitLab gives out: personal, OAuth application, deploy, runner, CI job, trigger, feed,
// incoming mail, agent, workspace, SCIM and feature flag client tokens.
// https://docs.gitlab.com/security/tokens/#token-prefixes
var prefixes = []string{
	"glpat-", "gloas-", "gldt-", "glrt-", "glrtr-", "glcbt-", "glptt-", "glft-", "glimt-", "glagent-", "glwt-",
	"glsoat-", "glffct-",
}

// minRandom and maxRandom are how many characters have to follow a prefix, and may, for the whole to be a token. GitLab
// makes no token with fewer than 20; a job token with a JWT in it has more than a thousand.
const (
	minRandom = 16
	maxRandom = 8192
)

// HasTokenPrefix says whether text contains a prefix of GitLab's tokens, however little follows it.
func HasTokenPrefix(text string) bool {
	if !strings.Contains(text, "gl") {
		return false
	}
	for _, prefix := range prefixes {
		if strings.Contains(text, prefix) {
			return true
		}
	}
	return false
}

// isToken says whether a secret is recognized as one wherever it appears, by its shape alone.
func isToken(secret string) bool {
	for _, prefix := range prefixes {
		random, ok := strings.CutPrefix(secret, prefix)
		if ok && len(random) >= minRandom && len(random) <= maxRandom && strings.IndexFunc(random, notRandom) < 0 {
			return true
		}
	}
	return false
}

func notRandom(r rune) bool { return r >= 0x80 || !inToken(byte(r)) }

// inToken says whether c can be part of a token.
func inToken(c byte) bool { return isAlphanumeric(c) || c == '-' || c == '_' || c == '.' }

// inBase64 says whether c is a digit of base64, in either alphabet.
func inBase64(c byte) bool {
	return isAlphanumeric(c) || c == '+' || c == '/' || c == '-' || c == '_'
}

func inHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
