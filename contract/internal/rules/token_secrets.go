package rules

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"regexp"
	"strconv"
	"strings"

	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/rule"
)

var SecretOnlyOnCreate = rule.Rule{
	ID:       "tokens/secret-only-on-create",
	Since:    rule.GitLab(15, 0),
	Sentence: "The secret of a token is in the response that creates it, and in no other.",
	Source:   docs.CreateToken,
}

func secretOnlyOnCreate(h *judge.History, x *judge.Exchange) bool {
	if x.Response == nil {
		return false
	}
	applies := false
	if x.Operation != "" {
		x.Documented(SecretOnlyOnCreate.ID)
		applies = x.Status() < 300 && !x.Response.BodyNotRecorded
		for _, f := range x.Documentation() {
			if secretive.MatchString(f.Pointer) && strings.HasPrefix(f.Actual, "a string of ") {
				x.Violation(f.Pointer, "no property derived from the secret", f.Actual)
			}
		}
	}
	if _, _, sent := h.FindSecret([]byte(x.Request.URL.String())); sent {
		return applies // if the request contained the secret, echoing it is not a leak
	}
	if _, _, sent := h.FindSecret(x.Request.Body); sent {
		return applies
	}
	own := ""
	if t := x.NewToken(); t != nil {
		own = t.Token
	}
	leakInHeader(h, x, own)
	leakInBody(h, x, own)
	return applies
}

// leakInHeader reports a secret in a header: that of an earlier create, or the one that the response creates.
func leakInHeader(h *judge.History, x *judge.Exchange, own string) {
	for name, values := range x.Response.Header {
		for _, value := range values {
			if _, by, leaked := h.FindSecret([]byte(value)); leaked {
				x.Violation("", "no secret in any header", fmt.Sprintf("header %s has the secret that exchange #%d created", name, by))
			} else if own != "" && strings.Contains(value, own) {
				x.Violation("", "no secret in any header", fmt.Sprintf("header %s has the new secret", name))
			}
		}
	}
}

func leakInBody(h *judge.History, x *judge.Exchange, own string) {
	rest := x.Response.Body
	if own != "" { // another rule reports that it resembles an older one
		rest = bytes.Replace(rest, []byte(own), bytes.Repeat([]byte{'*'}, len(own)), 1)
	}
	if at, by, leaked := h.FindSecret(rest); leaked {
		x.Violation("", "no secret anywhere in the body", fmt.Sprintf("byte %d of the body begins a part of the secret that exchange #%d created", at, by))
	}
	if own != "" && bytes.Count(x.Response.Body, []byte(own)) > 1 {
		x.Violation("", `the secret once, in the property "token"`, "the secret more than once")
	}
}

// secretive is where an agent or a token has a property whose name has to do with a secret.
var secretive = regexp.MustCompile(`(?i)^(/\d+)?/[^/]*(secret|encrypted|digest|password|salt|token_hash)[^/]*$`)

var SecretOnCreate = rule.Rule{
	ID:         "tokens/secret-on-create",
	Since:      rule.GitLab(15, 0),
	Sentence:   "The response that creates a token contains its secret.",
	Source:     docs.CreateToken,
	Operations: []string{"createAgentToken"},
}

func secretOnCreate(_ *judge.History, x *judge.Exchange) bool {
	t := x.NewToken()
	if t == nil {
		return false
	}
	if t.Token == "" {
		x.Violation("/token", "the secret", "none")
	}
	return true
}

var SecretUnique = rule.Rule{
	ID:         "tokens/secret-unique",
	Since:      rule.GitLab(15, 0),
	Sentence:   "Each token has a secret of its own. No two secrets share a part.",
	Source:     tokenModel,
	Operations: []string{"createAgentToken"},
}

func secretUnique(h *judge.History, x *judge.Exchange, secret string) bool {
	if by, again := h.SecretShownBefore(secret); again {
		x.Violation("/token", "a secret of its own", fmt.Sprintf("the secret that exchange #%d created", by))
	} else if _, by, alike := h.FindSecret([]byte(secret)); alike {
		x.Violation("/token", "a secret of its own", fmt.Sprintf("a part of the secret that exchange #%d created", by))
	}
	return true
}

var SecretStrength = rule.Rule{
	ID:         "tokens/secret-strength",
	Since:      rule.GitLab(15, 0),
	Sentence:   `A secret has at least 40 characters after "glagent-": letters of both cases, digits, "-", "_" or ".".`,
	Source:     tokenModel,
	Operations: []string{"createAgentToken"},
}

func secretStrength(_ *judge.History, x *judge.Exchange, secret string) bool {
	random := randomOf(secret)
	if strings.ContainsFunc(random, notInSecret) {
		x.Violation("/token", `letters, digits, "-", "_" and "."`, "other characters too")
	}
	switch {
	case len(random) < 40:
		x.Violation("/token", "at least 40 characters", fmt.Sprintf("a string of %d characters", len(random)))
	case strings.ToLower(random) == random, strings.ToUpper(random) == random: // by chance, one of 100,000,000,000
		x.Violation("/token", "upper-case and lower-case letters, as random ones have", "letters of one case only")
	}
	return true
}

func notInSecret(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.", r))
}

// randomOf is what follows "glagent-" in a secret, and the instance's prefix before that.
func randomOf(secret string) string {
	if i := strings.LastIndex(secret, "glagent-"); i >= 0 {
		return secret[i+len("glagent-"):]
	}
	return secret
}

var SecretPrefix = rule.Rule{
	ID:         "tokens/secret-prefix",
	Since:      rule.GitLab(16, 0),
	Sentence:   `A secret begins with "glagent-", after an optional prefix of the instance.`,
	Source:     tokenModel,
	Operations: []string{"createAgentToken"},
}

func secretPrefix(_ *judge.History, x *judge.Exchange, secret string) bool {
	if i := strings.Index(secret, "glagent-"); i < 0 || (i > 0 && secret[i-1] != '-') {
		x.Violation("/token", `"glagent-" and the secret`, fmt.Sprintf("a string of %d characters without it", len(secret)))
	}
	return true
}

var SecretLength = rule.Rule{
	ID:         "tokens/secret-length",
	Since:      rule.GitLab(16, 0),
	Sentence:   `A secret that is not routable has 50 characters after "glagent-".`,
	Source:     tokenModel,
	Operations: []string{"createAgentToken"},
}

func secretLength(_ *judge.History, x *judge.Exchange, secret string) bool {
	random := randomOf(secret)
	if strings.Contains(random, ".") {
		return true // routable, as they are from some 18.x release on
	}
	if len(random) != 50 {
		x.Violation("/token", `50 characters after "glagent-"`, fmt.Sprintf("%d characters", len(random)))
	}
	return true
}

var SecretChecksum = rule.Rule{
	ID:         "tokens/secret-checksum",
	Since:      rule.GitLab(18, 0),
	Sentence:   "A routable secret ends with the length of its payload and a CRC-32, both in base 36.",
	Source:     routableToken,
	Operations: []string{"createAgentToken"},
}

// routable is the secret of later 18.x releases: a payload, a version, the payload's length in base 36 and a checksum
// of everything before it.
var routable = regexp.MustCompile(`glagent-([A-Za-z0-9_-]+)\.[0-9a-z]{2}\.([0-9a-z]{2})([0-9a-z]{7})$`)

func secretChecksum(_ *judge.History, x *judge.Exchange, secret string) bool {
	if !strings.Contains(randomOf(secret), ".") {
		return false // an 18.x that does not make them yet
	}
	part := routable.FindStringSubmatch(secret)
	if part == nil {
		x.Violation("/token", "glagent-PAYLOAD.VERSION.LENGTH and checksum", fmt.Sprintf("a string of %d characters of another form", len(secret)))
		return true
	}
	length, _ := strconv.ParseInt(part[2], 36, 32)
	sum, _ := strconv.ParseUint(part[3], 36, 64)
	if int(length) != len(part[1]) || uint32(sum) != crc32.ChecksumIEEE([]byte(secret[:len(secret)-7])) {
		x.Violation("/token", "the length and the checksum of what is before them", "others")
	}
	return true
}

// ofSecret judges the secret of each response that creates a token.
func ofSecret(one func(h *judge.History, x *judge.Exchange, secret string) bool) func(*judge.History, *judge.Exchange) bool {
	return func(h *judge.History, x *judge.Exchange) bool {
		t := x.NewToken()
		return t != nil && t.Token != "" && one(h, x, t.Token)
	}
}
