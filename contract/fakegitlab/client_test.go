package fakegitlab_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

type reply struct {
	status int
	body   string
}

// send sends a request over the network as the maintainer.
func send(t *testing.T, transport *http.Transport, method, url, body string) reply {
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if !assert.NoError(t, err) {
		return reply{}
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	request.Header.Set("Authorization", "Bearer glpat-maintainer")
	response, err := transport.RoundTrip(request)
	if !assert.NoError(t, err) {
		return reply{}
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	assert.NoError(t, err)
	return reply{response.StatusCode, string(content)}
}

func unmarshal[T any](t *testing.T, text string) T {
	var value T
	assert.NoError(t, json.Unmarshal([]byte(text), &value), "%s", text)
	return value
}
