package gen_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/generated/clusteragents"
	"example.com/gitlab-agents/generated/oapi"
)

// print prints a value in every way that fmt knows, and alone in every way that slog does. It is not put into other values
// for slog's JSON, because JSON is how a secret travels.
func print(value any) string {
	var out bytes.Buffer
	wrapped := []any{value, &value, []any{value}, map[string]any{"k": value}, struct{ V any }{value}, struct{ v any }{value}}
	for _, verb := range strings.Fields("%v %+v %#v %s %q %x %X %d %p %t %c %U %e %b %o %10.3v %T %w") {
		for _, w := range wrapped {
			fmt.Fprintf(&out, verb+"\n", w)
		}
	}
	fmt.Fprintln(&out, wrapped...)
	fmt.Fprintln(&out, fmt.Errorf("%w: %v", errors.New("wrapped"), value))
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		logger := slog.New(handler)
		logger.Info(fmt.Sprint(value), "value", value, slog.Group("group", "value", value))
		logger.With("value", value).Info("with")
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("wrapped", "values", wrapped)
	return out.String()
}

func TestSecretsDoNotPrint(t *testing.T) {
	t.Parallel()
	transport := with(201, newTokenJSON)
	gitlab := connect(t, transport)
	token, err := gitlab.CreateAgentToken(t.Context(), project, 5, clusteragents.CreateAgentTokenRequest{Name: "ci"})
	require.NoError(t, err)

	for name, value := range map[string]any{
		"secret":           token.Token,
		"secret's pointer": &token.Token,
		"no secret":        clusteragents.Secret{},
		"token":            token,
		"token's pointer":  &token,
		"GitLab":           gitlab,
		"GitLab's value":   *gitlab,
		"option":           clusteragents.PrivateToken(secret),
		"another option":   clusteragents.BearerToken(secret),
	} {
		printed := print(value)
		for _, canary := range []string{secret, agentToken} {
			assert.NotContains(t, printed, canary, name)
			assert.NotContains(t, printed, fmt.Sprintf("%x", canary), name)
			assert.NotContains(t, printed, fmt.Sprintf("%X", canary), name)
			assert.NotContains(t, printed, fmt.Sprintf("%d", []byte(canary)), name)
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		assert.Equal(t, "[redacted]", fmt.Sprintf(verb, token.Token), verb)
		assert.Equal(t, "[redacted]", fmt.Sprintf(verb, &token.Token), verb)
	}
	assert.Contains(t, fmt.Sprintf("%+v", token), "Token:[redacted]}")
	assert.Equal(t, "GitLab at https://gitlab.example.com", fmt.Sprint(gitlab))
	assert.Equal(t, "[redacted]", token.Token.String())
	assert.Equal(t, "[redacted]", token.Token.GoString())
}

// The stock client keeps the body beside what it read from it.
func TestStockResponseWithASecretDoesNotPrint(t *testing.T) {
	t.Parallel()
	response := oapi.CreateAgentTokenResponse{
		Body: []byte(newTokenJSON), HTTPResponse: &http.Response{Status: "201 Created"},
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "%v %+v %#v %s %q %x %d %v %+v\n", response, response, response, response, response, response, response, &response, []any{response})
	slog.New(slog.NewTextHandler(&out, nil)).Info("created", "response", response)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("created", "response", &response)
	assert.Equal(t, 11, strings.Count(out.String(), "201 Created"), out.String())
	assert.NotContains(t, out.String(), agentToken)
}

func TestSecretIsLoggedWithTheRestOfItsToken(t *testing.T) {
	t.Parallel()
	token := clusteragents.AgentTokenWithToken{ID: 7, Name: "ci", Token: clusteragents.NewSecret(agentToken)}
	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(&out, nil)).Info("created", "token", token)
	var logged struct{ Token map[string]any }
	require.NoError(t, json.Unmarshal(out.Bytes(), &logged))
	assert.Equal(t, "[redacted]", logged.Token["token"])
	assert.Equal(t, "ci", logged.Token["name"])
	assert.Equal(t, agentToken, token.Token.Reveal(), "the token itself is not changed")
}

func TestSecretTravelsAsItself(t *testing.T) {
	t.Parallel()
	var token clusteragents.AgentTokenWithToken
	require.NoError(t, json.Unmarshal([]byte(newTokenJSON), &token))
	assert.Equal(t, agentToken, token.Token.Reveal())
	again, err := json.Marshal(token)
	require.NoError(t, err)
	assert.JSONEq(t, newTokenJSON, string(again))

	assert.Equal(t, clusteragents.NewSecret(agentToken), token.Token)
	assert.True(t, clusteragents.NewSecret("a") == clusteragents.NewSecret(strings.ToLower("A")))
	assert.False(t, clusteragents.NewSecret("a") == clusteragents.NewSecret("b"))
	assert.True(t, clusteragents.NewSecret("") == clusteragents.Secret{})
	assert.Empty(t, clusteragents.Secret{}.Reveal())
}

// What went wrong with the only answer that has a secret is told without quoting it.
func TestUnusableAnswersWithASecretAreNotQuoted(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]answer{
		"half":             {status: 201, body: newTokenJSON[:len(newTokenJSON)-1]},
		"text":             {status: 201, body: newTokenJSON, header: map[string]string{"Content-Type": "text/plain"}},
		"more":             {status: 201, body: newTokenJSON + "!"},
		"a list":           {status: 201, body: "[" + newTokenJSON + "]"},
		"no string":        {status: 201, body: strings.Replace(newTokenJSON, `"`+agentToken+`"`, `["`+agentToken+`"]`, 1)},
		"as the time":      {status: 201, body: strings.Replace(newTokenJSON, "2022-03-25T14:12:11.497Z", agentToken, 1)},
		"another status":   {status: 200, body: newTokenJSON},
		"yet another":      {status: 202, body: newTokenJSON},
		"a redirect":       {status: 302, body: newTokenJSON, header: map[string]string{"Location": "https://evil.example.com/?" + agentToken}},
		"a text as status": {status: 203, body: agentToken, header: map[string]string{"Content-Type": "text/plain"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transport := &stub{answers: []answer{a}}
			token, err := connect(t, transport).CreateAgentToken(t.Context(), project, 5, clusteragents.CreateAgentTokenRequest{Name: "ci"})
			if a.header["Content-Type"] == "text/plain" && a.status == 201 {
				require.NoError(t, err, "JSON under another name is JSON")
				return
			}
			require.ErrorIs(t, err, clusteragents.ErrUnexpectedResponse)
			assert.NotContains(t, print(err), agentToken)
			assert.Zero(t, token)
			assert.Equal(t, 1, transport.count())
		})
	}
}

// An empty secret would be lost silently.
func TestAnswerWithoutTheSecretIsAnError(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		strings.Replace(newTokenJSON, agentToken, "", 1),
		strings.Replace(newTokenJSON, `"`+agentToken+`"`, "null", 1),
		tokenJSON,
	} {
		err := create(t.Context(), connect(t, with(201, body)))
		require.ErrorIs(t, err, clusteragents.ErrUnexpectedResponse)
	}
}
