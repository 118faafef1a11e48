package wire_test

import (
	"errors"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract/wire"
)

// Every part of an exchange is searched; redact.Finder knows where a secret stands in a part.
func TestSecrets(t *testing.T) {
	t.Parallel()
	x := &wire.Exchange{
		Request: wire.Request{
			URL: &url.URL{RawQuery: "private_token=c1"}, Header: http.Header{"Private-Token": {"c2"}}, Body: []byte(`{"token":"c3"}`),
		},
		Response: &wire.Response{Header: http.Header{"X-Auth-Token": {"c4"}}, Body: []byte(`{"token":"c5"}`)},
		Err:      errors.New(`Get "https://h/?private_token=c6": refused`),
	}
	assert.Equal(t, []string{"c1", "c2", "c3", "c4", "c5", "c6"}, wire.Secrets(x))
	assert.Empty(t, wire.Secrets(&wire.Exchange{Err: errors.New("refused")}))
}
