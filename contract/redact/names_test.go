package redact

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNamesOfCredentials(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"private_token", "PRIVATE-TOKEN", "Private-Token", "accessToken", "CLIENT_SECRET", "accesstoken", "APIKEY", "api_key", "X-Api-Key",
		"X-Amz-Signature", "sig", "pwd", "pat", "jwt", "key", "code", "Gitlab-Kas-Api-Request", "X-Auth", "_gitlab_session", "deviceCode",
	} {
		assert.True(t, IsCredentialName(name), name)
	}
	for _, name := range []string{
		"", "name", "token_type", "token_id", "broken", "spoken", "status_code", "Surrogate-Key", "keyset", "path", "author", "signal", "page", "public_key",
	} {
		assert.False(t, IsCredentialName(name), name)
	}
	// What is left out at once by its last letters must be no name of a credential.
	for _, name := range slices.Concat(lastWords, joined, whole) {
		assert.True(t, IsCredentialName(name), name)
		assert.True(t, IsCredentialName("x_"+name) || slices.Contains(whole, name), name)
		assert.True(t, IsCredentialName(strings.ToUpper(name)), name)
	}
}
