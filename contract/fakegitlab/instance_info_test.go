package fakegitlab_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract/fakegitlab"
)

func TestProjectTellsWhatTheCallerMayDo(t *testing.T) {
	t.Parallel()
	seed := fakegitlab.DefaultSeed()
	seed.Projects[0].Archived = true
	seed.Projects[1].Members = map[string]fakegitlab.Role{"developer": fakegitlab.Planner}
	seed.Projects[1].GroupMembers = map[string]fakegitlab.Role{"developer": fakegitlab.Maintainer}
	server := newServer(t, fakegitlab.FromSeed(seed))
	get := func(as, project string) map[string]any {
		answer := asked{as: as, method: "GET", path: "/api/v4/projects/" + project}.of(server)
		assert.Equal(t, 200, answer.Code, "%s", answer.Body)
		return decode[map[string]any](t, answer)
	}
	level := func(number float64) map[string]any {
		return map[string]any{"access_level": number, "notification_level": 3.0}
	}
	test := get("maintainer", "root%2Ftest")
	assert.Equal(t, "root/test", test["path_with_namespace"])
	assert.Equal(t, true, test["archived"])
	assert.Equal(t, "private", test["visibility"])
	assert.Equal(t, map[string]any{"project_access": level(40), "group_access": nil}, test["permissions"])

	assert.Equal(t, map[string]any{"project_access": level(15), "group_access": level(40)}, get("developer", "21")["permissions"])
	assert.Equal(t, 201, asked{as: "developer", method: "POST", path: "/api/v4/projects/21/cluster_agents", json: `{"name":"a"}`}.of(server).Code)

	open := get("stranger", "22")
	assert.Equal(t, "public", open["visibility"])
	assert.Equal(t, map[string]any{"project_access": nil, "group_access": nil}, open["permissions"])
	assert.NotContains(t, get("", "22"), "permissions", "without a token")

	for _, as := range []string{"stranger", ""} {
		answer := asked{as: as, method: "GET", path: "/api/v4/projects/20"}.of(server)
		assert.JSONEq(t, `{"message":"404 Project Not Found"}`, answer.Body.String(), "as %q", as)
	}
	assert.Equal(t, 401, asked{as: "unknown", method: "GET", path: "/api/v4/projects/22"}.of(server).Code)
}

func TestAccessTokenTellsAboutItself(t *testing.T) {
	t.Parallel()
	seed := fakegitlab.DefaultSeed()
	seed.Users[1].Tokens = append(seed.Users[1].Tokens,
		fakegitlab.SeedAccessToken{Token: "glpat-user", Scopes: []string{"read_user"}, ExpiresAt: time.Date(2030, 1, 2, 0, 0, 0, 0, time.UTC)},
		fakegitlab.SeedAccessToken{Token: "glpat-fine", Permissions: []string{"read_personal_access_token"}},
		fakegitlab.SeedAccessToken{Token: "glpat-blind", Permissions: []string{}},
	)
	clock := func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }
	server := newServer(t, fakegitlab.FromSeed(seed), fakegitlab.Clock(clock))
	self := func(as string) asked {
		return asked{as: as, method: "GET", path: "/api/v4/personal_access_tokens/self"}
	}
	assert.JSONEq(t, `{"id":3,"name":"maintainer","revoked":false,"created_at":"2026-01-02T03:04:05.000Z","description":null,
		"scopes":["read_user"],"user_id":42,"last_used_at":null,"active":true,"expires_at":"2030-01-02"}`, self("user").of(server).Body.String())
	fine := decode[map[string]any](t, self("fine").of(server))
	assert.Equal(t, []any{"granular"}, fine["scopes"])
	assert.Nil(t, fine["expires_at"])
	assert.Contains(t, self("blind").of(server).Body.String(), "lacks the required permissions: [read_personal_access_token].")

	old := newServer(t, fakegitlab.Version("15.4"))
	assert.JSONEq(t, `{"error":"404 Not Found"}`, self("owner").of(old).Body.String())
}

func TestMetadataHasEnterpriseFrom15_6(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]any{"15.2": nil, "15.5": nil, "15.6": true, "19.1": true} {
		server := newServer(t, fakegitlab.Version(version), fakegitlab.Edition("ee"))
		metadata := decode[map[string]any](t, asked{as: "guest", method: "GET", path: "/api/v4/metadata"}.of(server))
		assert.Equal(t, want, metadata["enterprise"], version)
	}
}

func TestSudoAsUnknownUser(t *testing.T) {
	t.Parallel()
	seed := fakegitlab.DefaultSeed()
	seed.Users[0].Admin = true
	seed.Users[0].Tokens[0].Scopes = []string{"api", "sudo"}
	server := newServer(t, fakegitlab.FromSeed(seed))
	answer := asked{as: "owner", method: "GET", path: agentsPath, header: map[string]string{"Sudo": "nobody"}}.of(server)
	assert.Equal(t, 404, answer.Code)
	assert.JSONEq(t, `{"message":"404 User with ID or username 'nobody' Not Found"}`, answer.Body.String())
}
