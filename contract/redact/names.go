package redact

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
)

// The names of credentials. This is the only list: headers, queries, fragments, cookies, forms, JSON and texts that quote
// them are all read by it.
var (
	// lastWords end the name of a credential: private_token, clientSecret, X-Amz-Signature, Gitlab-Kas-Api-Request.
	lastWords = []string{
		"token", "tokens", "secret", "secrets", "password", "passwd", "passphrase", "pwd", "apikey", "sig", "signature", "jwt", "pat",
		"credential", "credentials", "assertion", "auth", "authorization", "session", "sid",
		"api key", "access key", "secret key", "auth key", "private key", "api request", "session id",
		"auth code", "authorization code", "device code", "code verifier",
	}
	// joined end names that are written without a mark between their words: accesstoken, APIKEY.
	joined = []string{"token", "secret", "password", "passwd", "passphrase", "apikey", "accesskey", "secretkey", "privatekey", "sessionid"}
	// whole are names only on their own: status_code and Surrogate-Key are not secret.
	whole = []string{"key", "code", "cookie", "set cookie"}
)

// IsCredentialName says whether a header, parameter or property with this name holds a credential.
func IsCredentialName(name string) bool {
	if !mayBeCredentialName([]byte(name)) {
		return false
	}
	w := words(name)
	return slices.Contains(whole, w) || endsLikeCredential(w)
}

func isWholeName(name string) bool { return slices.Contains(whole, words(name)) }

func endsLikeCredential(w string) bool {
	for _, last := range lastWords {
		if rest, ok := strings.CutSuffix(w, last); ok && (rest == "" || strings.HasSuffix(rest, " ")) {
			return true
		}
	}
	end := w[strings.LastIndexByte(w, ' ')+1:]
	return slices.ContainsFunc(joined, func(j string) bool { return strings.HasSuffix(end, j) })
}

// words are the words of a name in lower case, with spaces between them: "private token" for private_token,
// PRIVATE-TOKEN and privateToken.
func words(name string) string {
	var b strings.Builder
	before := ' '
	for _, r := range name {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			r = ' '
		case unicode.IsUpper(r) && unicode.IsLower(before):
			b.WriteByte(' ')
		}
		if r != ' ' || before != ' ' {
			b.WriteRune(unicode.ToLower(r))
		}
		before = r
	}
	return strings.TrimSuffix(b.String(), " ")
}

// mayBeCredentialName is a quick check that rejects most other names by their last letters.
func mayBeCredentialName(name []byte) bool {
	if len(name) < 3 {
		return false
	}
	end := [3]byte{name[len(name)-3] | 0x20, name[len(name)-2] | 0x20, name[len(name)-1] | 0x20} // letters in lower case
	switch string(end[:]) {
	case "ken", "ens", "ret", "ets", "ord", "swd", "ase", "pwd", "key", "sig", "ure", "jwt", "pat", "ial", "als", "ion", "uth", "sid",
		"est", "ode", "ier", "kie":
		return true
	}
	return end[1] == 'i' && end[2] == 'd' && (bytes.Contains(name, []byte("ession")) || bytes.Contains(name, []byte("ESSION")))
}
