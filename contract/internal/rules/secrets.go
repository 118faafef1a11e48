package rules

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var secretOnlyOnCreate = Rule{
	ID:       "tokens/secret-only-on-create",
	Since:    rule.GitLab(15, 0),
	Sentence: "The secret of a token is in the response that creates it, and in no other.",
	Source:   docs(docsCreateToken),
	Judge: func(h *History, x *Exchange) bool {
		if x.Response == nil {
			return false
		}
		met := false
		if x.Operation != "" {
			x.Documented("tokens/secret-only-on-create")
			met = x.Status() < 300
			for _, f := range x.Documentation() {
				if secretive.MatchString(f.Pointer) && strings.HasPrefix(f.Actual, "a string of ") {
					x.Violation(f.Pointer, "no property that is made of the secret", f.Actual)
				}
			}
		}
		// Whoever put the secret into the request finds it in a Link or an error text; that is no leak.
		if _, _, asked := h.secrets.find([]byte(x.Request.URL.String())); asked {
			return met
		}
		if _, _, asked := h.secrets.find(x.Request.Body); asked {
			return met
		}
		own := ""
		if t := x.NewToken(); t != nil {
			own = t.Token
		}
		for name, values := range x.Response.Header {
			for _, value := range values {
				if _, by, leaked := h.secrets.find([]byte(value)); leaked {
					x.Violation("", "no secret in any header", fmt.Sprintf("header %s holds the secret that exchange #%d created", name, by))
				} else if own != "" && strings.Contains(value, own) {
					x.Violation("", "no secret in any header", fmt.Sprintf("header %s holds the new secret", name))
				}
			}
		}
		rest := x.Response.Body
		if own != "" { // that it is like another one is another rule's business
			rest = bytes.Replace(rest, []byte(own), bytes.Repeat([]byte{'*'}, len(own)), 1)
		}
		if at, by, leaked := h.secrets.find(rest); leaked {
			x.Violation("", "no secret anywhere in the body", fmt.Sprintf("byte %d of the body begins a part of the secret that exchange #%d created", at, by))
		}
		if own != "" && strings.Count(string(x.Response.Body), own) > 1 {
			x.Violation("", "the secret once, in the property \"token\"", "the secret more than once")
		}
		return met
	},
}

// secretive is where an agent or a token has a property whose name has to do with a secret.
var secretive = regexp.MustCompile(`(?i)^(/\d+)?/[^/]*(secret|encrypted|digest|password|salt|token_hash)[^/]*$`)

var secretOnCreate = Rule{
	ID:         "tokens/secret-on-create",
	Since:      rule.GitLab(15, 0),
	Sentence:   "The response that creates a token holds its secret.",
	Source:     docs(docsCreateToken),
	Operations: []string{"createAgentToken"},
	Judge: func(_ *History, x *Exchange) bool {
		t := x.NewToken()
		if t == nil {
			return false
		}
		if t.Token == "" {
			x.Violation("/token", "the secret", "none")
		}
		return true
	},
}

var secretUnique = Rule{
	ID:         "tokens/secret-unique",
	Since:      rule.GitLab(15, 0),
	Sentence:   "No two tokens have the same secret, nor secrets of which a part is the same.",
	Source:     tokenModel,
	Operations: []string{"createAgentToken"},
	Judge: judgeSecret(func(h *History, x *Exchange, secret string) bool {
		if by, again := h.secrets.shownBefore(secret); again {
			x.Violation("/token", "a secret of its own", fmt.Sprintf("the secret that exchange #%d created", by))
		} else if _, by, alike := h.secrets.find([]byte(secret)); alike {
			x.Violation("/token", "a secret of its own", fmt.Sprintf("a part of the secret that exchange #%d created", by))
		}
		return true
	}),
}

var secretPrefix = Rule{
	ID:         "tokens/secret-prefix",
	Since:      rule.GitLab(16, 0), // some 15.x release; which one is not known
	Sentence:   "A secret begins with \"glagent-\", perhaps after a prefix of the instance.",
	Source:     tokenModel,
	Operations: []string{"createAgentToken"},
	Judge: judgeSecret(func(_ *History, x *Exchange, secret string) bool {
		if i := strings.Index(secret, "glagent-"); i < 0 || (i > 0 && secret[i-1] != '-') {
			x.Violation("/token", "\"glagent-\" and the secret", fmt.Sprintf("a string of %d characters without it", len(secret)))
		}
		return true
	}),
}

var secretLength = Rule{
	ID:         "tokens/secret-length",
	Since:      rule.GitLab(16, 0),
	Sentence:   "A secret is \"glagent-\" and 50 characters, unless it is a routable one.",
	Source:     tokenModel,
	Operations: []string{"createAgentToken"},
	Judge: judgeSecret(func(_ *History, x *Exchange, secret string) bool {
		random := randomOf(secret)
		if strings.Contains(random, ".") {
			return true // routable, as they are from some 18.x release on
		}
		if len(random) != 50 {
			x.Violation("/token", "50 characters after \"glagent-\"", fmt.Sprintf("%d characters", len(random)))
		}
		return true
	}),
}

// randomOf is what of a secret follows "glagent-", and the instance's prefix before that.
func randomOf(secret string) string {
	if i := strings.LastIndex(secret, "glagent-"); i >= 0 {
		return secret[i+len("glagent-"):]
	}
	return secret
}

// routable is the secret of later 18.x releases: a payload, a version, the payload's length in base 36 and a checksum
// of all before it.
var routable = regexp.MustCompile(`glagent-([A-Za-z0-9_-]+)\.[0-9a-z]{2}\.([0-9a-z]{2})([0-9a-z]{7})$`)

var secretChecksum = Rule{
	ID:         "tokens/secret-checksum",
	Since:      rule.GitLab(18, 0),
	Sentence:   "A routable secret ends with the length of its payload and the CRC-32 of all before, both in base 36.",
	Source:     "lib/gitlab/encryption (routable tokens)",
	Operations: []string{"createAgentToken"},
	Judge: judgeSecret(func(_ *History, x *Exchange, secret string) bool {
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
	}),
}

var secretStrength = Rule{
	ID:         "tokens/secret-strength",
	Since:      rule.GitLab(15, 0),
	Sentence:   "A secret has at least 40 characters after \"glagent-\", all of them letters of both cases, digits, \"-\", \"_\" or \".\".",
	Source:     tokenModel,
	Operations: []string{"createAgentToken"},
	Judge: judgeSecret(func(_ *History, x *Exchange, secret string) bool {
		random := randomOf(secret)
		if strings.ContainsFunc(random, notInSecret) {
			x.Violation("/token", "letters, digits, \"-\", \"_\" and \".\"", "other characters too")
		}
		switch {
		case len(random) < 40:
			x.Violation("/token", "at least 40 characters", fmt.Sprintf("a string of %d characters", len(random)))
		case strings.ToLower(random) == random, strings.ToUpper(random) == random: // by chance, one of 100,000,000,000
			x.Violation("/token", "capitals and small letters, as random ones have", "letters of one case only")
		}
		return true
	}),
}

func notInSecret(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || slices.Contains([]rune("-_."), r))
}

// judgeSecret judges the secret of each response that creates a token.
func judgeSecret(judge func(h *History, x *Exchange, secret string) bool) func(*History, *Exchange) bool {
	return func(h *History, x *Exchange) bool {
		t := x.NewToken()
		return t != nil && t.Token != "" && judge(h, x, t.Token)
	}
}
