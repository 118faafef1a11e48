package judge

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestSecretsAreFoundInOtherForms looks for parts and forms of a secret in a text.
func TestSecretsAreFoundInOtherForms(t *testing.T) {
	t.Parallel()
	const random = "4Kx-9aZq_7LmP2vTn8RsW3yBcD5eFgHjQkUoXiY1zA6tNwMrSb"
	const routable = "aBcD3fGh1jKlMn0pQrStUvWxYzAbCdEfGhIjKlMnOpQrStUv.01.0x1a2b3c4"
	digest := func(secret string) []byte { d := sha256.Sum256([]byte(secret)); return d[:] }
	for _, secret := range []string{"glagent-" + random, random, "acme-glagent-" + random, "glagent-" + routable} {
		var s secrets
		s.add(secret, 7)
		bare := secret[len(secret)-len(random):]
		if strings.HasSuffix(secret, routable) {
			bare = routable
		}
		forms := map[string]string{
			"whole": secret, "beginning": bare[:window], "end": bare[len(bare)-window:],
			"lower case": strings.ToLower(secret), "hexadecimal": hex.EncodeToString([]byte(secret)), "HEXADECIMAL": fmt.Sprintf("%X", secret),
			"SHA-256": hex.EncodeToString(digest(secret)), "SHA-256 in base64": base64.StdEncoding.EncodeToString(digest(secret)),
		}
		if bare == random && secret != random {
			forms["middle"] = bare[13:37]
		}
		for shift, before := range []string{"", "u", "u:"} {
			for _, after := range []string{"", ":", ":p", "\xff\xfe\xfd"} {
				plain := []byte(before + secret + after)
				forms[fmt.Sprintf("base64 after %d, before %q", shift, after)] = base64.StdEncoding.EncodeToString(plain)
				forms[fmt.Sprintf("base64 for URLs after %d, before %q", shift, after)] = base64.RawURLEncoding.EncodeToString(plain)
			}
		}
		for what, form := range forms {
			text := `{"note":"` + form + `"}`
			at, exchange, ok := s.find([]byte(text))
			if assert.True(t, ok, "%s of %s", what, secret) {
				assert.Equal(t, 7, exchange)
				assert.GreaterOrEqual(t, at, len(`{"note":"`), what)
			}
		}
		for _, part := range []string{bare[:window-1], bare[len(bare)-window+1:], "glagent-", "", strings.Repeat("x", 100)} {
			_, _, ok := s.find([]byte(part))
			assert.False(t, ok, part)
		}
	}
}

func TestSecretsAreFoundAnywhereInAText(t *testing.T) {
	t.Parallel()
	var s secrets
	_, _, ok := s.find([]byte(secretOf(1)))
	assert.False(t, ok, "nothing was shown yet")
	for i := range 100 {
		s.add(secretOf(i), i)
	}
	for i := range 100 {
		secret := secretOf(i)
		for _, text := range []string{
			secret, "a" + secret, secret + "b", strings.Repeat("é", 1000) + secret, strings.TrimPrefix(secret, "glagent-"), secret[:34], secret[20:],
		} {
			at, exchange, ok := s.find([]byte(text))
			if assert.True(t, ok, "%q", text) {
				assert.Equal(t, i, exchange)
				assert.GreaterOrEqual(t, at, 0)
				assert.LessOrEqual(t, at+window, len(text))
			}
		}
		exchange, ok := s.shownBefore(secret)
		assert.True(t, ok)
		assert.Equal(t, i, exchange)
	}
	for _, text := range []string{"", "glagent-", secretOf(100), secretOf(101), strings.Repeat("glagent-", 1000), secretOf(1)[:31]} {
		_, _, ok := s.find([]byte(text))
		assert.False(t, ok, "%q", text)
	}
	_, ok = s.shownBefore(secretOf(100))
	assert.False(t, ok)

	s.publish([]byte("a=" + secretOf(7) + "&b=" + secretOf(8)))
	for _, i := range []int{7, 8} {
		_, _, ok = s.find([]byte(secretOf(i)))
		assert.False(t, ok)
		_, ok = s.shownBefore(secretOf(i))
		assert.True(t, ok, "the secret is still taken")
	}
	_, _, ok = s.find([]byte(secretOf(7) + secretOf(9)))
	assert.True(t, ok)
}

func TestShortSecretsAreNotSearchedFor(t *testing.T) {
	t.Parallel()
	var s secrets
	s.add("short", 0)
	_, _, ok := s.find([]byte(strings.Repeat("short", 20)))
	assert.False(t, ok)
	_, ok = s.shownBefore("short")
	assert.True(t, ok)

	shortest := strings.Repeat("0123456789abcdef", 2)[:minSecret]
	s.add(shortest, 2)
	_, exchange, ok := s.find([]byte("the " + shortest))
	assert.True(t, ok)
	assert.Equal(t, 2, exchange)
}

// The window of a secret with a short random part begins with the prefix, or it would not be long enough.
func TestASecretWithAShortRandomPart(t *testing.T) {
	t.Parallel()
	random := secretOf(1)[len("glagent-"):]
	for length, beginning := range map[int]string{
		window - 1: ("glagent-" + random)[:window],
		window:     ("glagent-" + random)[:window],
		window + 1: random[:window],
	} {
		var s secrets
		secret := "glagent-" + random[:length]
		s.add(secret, 7)
		for _, text := range []string{secret, beginning + "!", "!" + secret[len(secret)-window:]} {
			at, exchange, ok := s.find([]byte(text))
			assert.True(t, ok, "%q of %q", text, secret)
			assert.Equal(t, 7, exchange)
			assert.GreaterOrEqual(t, at, 0)
			assert.LessOrEqual(t, at, len(text)-window)
		}
	}
}

// The place of a secret in a text is where the part begins by which it was found.
func TestThePlaceOfASecret(t *testing.T) {
	t.Parallel()
	var s secrets
	secret := secretOf(1)
	s.add(secret, 0)
	for text, want := range map[string]int{
		secret:                        len("glagent-"),
		"my " + secret:                len("my glagent-"),
		secret[len(secret)-window:]:   0,
		"a" + secret[len(secret)-30:]: len("a") + 30 - window,
	} {
		at, _, ok := s.find([]byte(text))
		assert.True(t, ok, text)
		assert.Equal(t, want, at, text)
	}
}

// TestOldSecretsAreFound adds one window more than the young generation holds.
func TestOldSecretsAreFound(t *testing.T) {
	t.Parallel()
	window := func(i int) string { return fmt.Sprintf("%0*d", window, i) }
	var s secrets
	for i := range maxWindows + 1 {
		s.put(window(i), i)
	}
	assert.Len(t, s.young.exchange, 1)
	for _, i := range []int{0, maxWindows - 1, maxWindows} {
		_, exchange, ok := s.find([]byte(window(i)))
		assert.True(t, ok)
		assert.Equal(t, i, exchange)
	}
}

// secretOf is a secret of the form that releases before 18 create.
func secretOf(token int) string {
	sum := sha512.Sum512([]byte{byte(token), byte(token >> 8), byte(token >> 16)})
	return "glagent-" + base64.RawURLEncoding.EncodeToString(sum[:])[:50]
}

// TestManySecretsInOneRequest has a request with more secrets than are remembered as sent. They are looked for once each.
func TestManySecretsInOneRequest(t *testing.T) {
	t.Parallel()
	var s secrets
	s.published.size = 1
	var text string
	for id := range 5 {
		s.add(secretOf(id), id)
		text += secretOf(id) + "&"
	}
	s.publish([]byte(text))
	_, _, found := s.find([]byte(secretOf(4)))
	assert.False(t, found)
}
