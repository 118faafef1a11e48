package faults

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
)

func TestMistakesOfGitLabsOwn(t *testing.T) {
	t.Parallel()
	const agents = "/api/v4/projects/20/cluster_agents"
	for name, test := range map[string]struct {
		deviation                 func() *fakegitlab.Deviation
		token, method, path, json string
		healthy, broken           string // the status and a part of the body
	}{
		"errors printed as an object": {
			errorsPrintedAsObject, "maintainer", "POST", agents, `{"name":""}`,
			`400 {"message":"400 Bad request - [\"Name can't be blank\", \"Name can contain only`,
			`400 {"message":"400 Bad request - #<ActiveModel::Errors [#<ActiveModel::Error attribute=name, type=invalid, options={}>, #<`,
		},
		"errors printed as a sentence": {
			errorsPrintedAsSentence, "maintainer", "POST", agents, `{"name":""}`,
			`400 {"message":"400 Bad request - [`, `400 {"message":"400 Bad request - Name can't be blank and Name can contain only`,
		},
		"last error missing": {
			lastModelErrorMissing, "maintainer", "POST", agents, `{"name":""}`,
			`can contain only`, `400 {"message":"400 Bad request - [\"Name can't be blank\"]"}`,
		},
		"first error missing": {
			firstModelErrorMissing, "maintainer", "POST", agents, `{"name":""}`,
			`can't be blank`, `400 {"message":"400 Bad request - [\"Name can contain only`,
		},
		"errors reworded": {
			modelErrorsReworded, "maintainer", "POST", agents, `{"name":""}`,
			`can't be blank`, `400 {"message":"400 Bad request - [\"Name must be given\", \"Name may have only`,
		},
		"project by leading digits": {
			projectByLeadingDigits, "maintainer", "GET", "/api/v4/projects/20abc/cluster_agents", "",
			`404 {"message":"404 Project Not Found"}`, `200 []`,
		},
		"project path in another case": {
			projectPathCaseSensitive, "maintainer", "GET", "/api/v4/projects/ROOT%2Ftest/cluster_agents", "",
			`200 []`, `404 {"message":"404 Project Not Found"}`,
		},
		"NUL in the path": {
			nulInPathAccepted, "maintainer", "GET", agents + "/1%00", "",
			`400 Bad Request`, `400 {"error":"agent_id is invalid"}`,
		},
		"stranger reads a private project": {
			privateProjectRevealed, "stranger", "GET", agents, "",
			`404 {"message":"404 Project Not Found"}`, `404 {"message":"404 ClusterAgents Not Found"}`,
		},
		"stranger writes to a private project": {
			privateProjectRevealed, "stranger", "POST", agents, `{"name":"a"}`,
			`404 {"message":"404 Project Not Found"}`, `403 {"message":"403 Forbidden"}`,
		},
		"token with read_api writes": {
			readTokenMayWrite, "reads", "POST", agents, `{"name":"a"}`, `403 {"error":"insufficient_scope"`, `201 {"id":`,
		},
		"token with read_user reads nothing": {
			readTokenMayWrite, "user", "GET", agents, "", `403 {"error":"insufficient_scope"`, `403 {"error":"insufficient_scope"`,
		},
		"expired token reads": {
			expiredTokenMayRead, "expired", "GET", agents, "", `401 {"error":"invalid_token"`, `200 []`,
		},
		"expired token writes nothing": {
			expiredTokenMayRead, "expired", "POST", agents, `{"name":"a"}`, `401 {"error":"invalid_token"`, `401 {"error":"invalid_token"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed := fakegitlab.DefaultSeed()
			seed.Users[1].Tokens = append(seed.Users[1].Tokens,
				fakegitlab.SeedAccessToken{Token: "glpat-reads", Scopes: []string{"read_api"}},
				fakegitlab.SeedAccessToken{Token: "glpat-user", Scopes: []string{"read_user"}},
				fakegitlab.SeedAccessToken{Token: "glpat-expired", Scopes: []string{"api"}, State: "expired"},
			)
			answer := func(options ...fakegitlab.Option) string {
				server, err := fakegitlab.New(append(options, fakegitlab.FromSeed(seed))...)
				require.NoError(t, err)
				request := httptest.NewRequest(test.method, test.path, strings.NewReader(test.json))
				request.Header.Set("PRIVATE-TOKEN", "glpat-"+test.token)
				if test.json != "" {
					request.Header.Set("Content-Type", "application/json")
				}
				recorder := httptest.NewRecorder()
				server.ServeHTTP(recorder, request)
				return strings.TrimSuffix(recorder.Result().Status, " "+http.StatusText(recorder.Code)) + " " + recorder.Body.String()
			}
			assert.Contains(t, answer(), test.healthy)
			assert.Contains(t, answer(fakegitlab.Deviate(test.deviation())), test.broken)
		})
	}
}
