package redact_test

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract/redact"
)

// What has the shape of a token is one, up to the last character, whether it was learned or not.
func TestShapeOfATokens(t *testing.T) {
	t.Parallel()
	const random = "0123456789abcdef" // the shortest
	inHex := hex.EncodeToString([]byte("glpat-"))
	inBase64 := base64.RawStdEncoding.EncodeToString([]byte("glpat-")) // whole groups
	for text, want := range map[string]string{
		"glpat-" + random:                          redact.Redacted,
		"glpat-" + random[1:]:                      "glpat-" + random[1:],
		"(glpat-" + random + ")":                   "(" + redact.Redacted + ")",
		"glagent-09AZaz-_." + random + "/x":        redact.Redacted + "/x",
		"glpat-" + strings.Repeat("a", 8192) + "a": redact.Redacted + "a",
		inHex + strings.Repeat("09afAF00", 4):      redact.Redacted,
		inHex + strings.Repeat("0", 31):            inHex + strings.Repeat("0", 31),
		inHex + strings.Repeat("0", 31) + "g":      inHex + strings.Repeat("0", 31) + "g",
		inHex + strings.Repeat("0", 2*8192) + "0":  redact.Redacted + "0",
		inBase64 + strings.Repeat("0", 21):         redact.Redacted,
		inBase64 + strings.Repeat("0", 20):         inBase64 + strings.Repeat("0", 20),
		inBase64 + strings.Repeat("0+/_-", 5):      redact.Redacted,
		inBase64 + strings.Repeat("0", 22) + "==x": redact.Redacted + "x",
		inBase64 + strings.Repeat("0", 22) + "===": redact.Redacted + "=",
		inBase64 + strings.Repeat("a", 8192*4/3+1): redact.Redacted + "a",
	} {
		assert.Equal(t, want, redact.New().Redact(text), "%.80s, of %d bytes", text, len(text))
	}
	for _, c := range "/:@[`{ \u00e9" { // beside the characters that a token may have
		text := "glpat-" + random[:15] + string(c) + "x"
		assert.Equal(t, text, redact.New().Redact(text))
	}
}

// A token is found by its shape, so it takes no memory to learn it. What only begins like one is learned.
func TestWhatIsLearned(t *testing.T) {
	t.Parallel()
	for secret, text := range map[string]string{
		"secret":                "[redacted]s",
		"secre":                 "secres",
		" secret\n":             "[redacted]s",
		"glpat-short":           "[redacted]s",
		"glpat-0123456789abcd!": "[redacted]s",
	} {
		r := redact.New()
		r.Learn(secret)
		assert.Equal(t, text, r.Redact(strings.TrimSpace(secret)+"s"), "%q", secret)
	}
	r := redact.New()
	r.Learn("redacted") // part of what stands in a secret's place
	assert.Equal(t, "it is redacted", r.Redact("it is redacted"))
}
