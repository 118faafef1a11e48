package fakegitlab_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
)

const readOnlyBody = `{"message":"You cannot perform write operations on a read-only instance"}`

func TestReadOnlyInstanceRefusesWritesOnly(t *testing.T) {
	t.Parallel()
	server := newServer(t, fakegitlab.ReadOnly())
	for _, as := range []string{"maintainer", "stranger", ""} {
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
			answer := asked{as: as, method: method, path: agentsPath}.of(server)
			assert.Equal(t, 403, answer.Code, "%s as %q", method, as)
			assert.JSONEq(t, readOnlyBody, answer.Body.String())
		}
	}
	assert.Equal(t, 200, asked{as: "developer", method: "GET", path: agentsPath}.of(server).Code)
	server.SetReadOnly(false)
	created(t, server, agentsPath, `{"name":"a"}`)
}

func TestReadOnlyInstanceFromSeed(t *testing.T) {
	t.Parallel()
	seed, err := fakegitlab.ParseSeed("seed.yaml", []byte("gitlab: {read_only: true}\n"))
	require.NoError(t, err)
	answer := asked{method: "POST", path: agentsPath}.of(newServer(t, fakegitlab.FromSeed(seed)))
	assert.JSONEq(t, readOnlyBody, answer.Body.String())
}

func TestAccountsThatMustDoSomethingFirst(t *testing.T) {
	t.Parallel()
	server := newServer(t, fakegitlab.ExternalURL("https://example.com/gitlab"))
	for state, message := range map[string]string{
		"blocked":            "403 Forbidden - Your account has been blocked.",
		"password_expired":   "403 Forbidden - Your password expired. Please access GitLab from a web browser to update your password.",
		"terms_not_accepted": "403 Forbidden - You (@developer) must accept the Terms of Service in order to perform this action. To accept these terms, please access GitLab from a web browser at https://example.com/gitlab.",
	} {
		require.NoError(t, server.SetUserState("developer", state))
		answer := asked{as: "developer", method: "GET", path: "/gitlab" + agentsPath}.of(server)
		assert.Equal(t, 403, answer.Code)
		assert.Equal(t, message, decode[map[string]string](t, answer)["message"])
	}
	require.NoError(t, server.SetUserState("developer", "active"))
	assert.Equal(t, 200, asked{as: "developer", method: "GET", path: "/gitlab" + agentsPath}.of(server).Code)
}

func TestAccessTokenIsExpiredOrRevokedWhileTheServerRuns(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	list := asked{as: "developer", method: "GET", path: agentsPath}
	for state, description := range map[string]string{
		"expired": "Token is expired. You can either do re-authorization or token refresh.",
		"revoked": "Token was revoked. You have to re-authorize from the user.",
	} {
		require.NoError(t, server.SetAccessTokenState("glpat-developer", state))
		answer := list.of(server)
		assert.Equal(t, 401, answer.Code)
		assert.Equal(t, map[string]string{"error": "invalid_token", "error_description": description}, decode[map[string]string](t, answer))
	}
	require.NoError(t, server.SetAccessTokenState("glpat-developer", "active"))
	assert.Equal(t, 200, list.of(server).Code)
}

func TestAccessTokenExpiresOnItsDate(t *testing.T) {
	t.Parallel()
	seed, err := fakegitlab.ParseSeed("seed.yaml", []byte("users: [{id: 1, name: a, tokens: [{token: glpat-a, scopes: [api], expires_at: 2026-03-01}]}]\n"))
	require.NoError(t, err)
	now := time.Date(2026, 2, 28, 23, 59, 59, 0, time.UTC)
	server := newServer(t, fakegitlab.FromSeed(seed), fakegitlab.Clock(func() time.Time { return now }))
	self := asked{as: "a", method: "GET", path: "/api/v4/personal_access_tokens/self"}
	assert.Equal(t, "2026-03-01", decode[map[string]any](t, self.of(server))["expires_at"])
	now = now.Add(time.Second)
	assert.Equal(t, 401, self.of(server).Code)
}

func TestJobTokensAreNotAccepted(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	const job = "glcbt-64_abcdefghij1234567890"
	for _, header := range []string{"PRIVATE-TOKEN", "JOB-TOKEN"} {
		answer := asked{method: "GET", path: agentsPath, header: map[string]string{header: job}}.of(server)
		assert.JSONEq(t, `{"message":"401 Unauthorized"}`, answer.Body.String(), header)
	}
	answer := asked{method: "GET", path: agentsPath + "?job_token=" + job}.of(server)
	assert.Equal(t, 401, answer.Code)
}

func TestScopesAndPermissionsChangeWhileTheServerRuns(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	create := asked{as: "maintainer", method: "POST", path: agentsPath, json: `{"name":"a"}`}
	require.NoError(t, server.SetScopes("glpat-maintainer", "read_api"))
	assert.Contains(t, create.of(server).Body.String(), "insufficient_scope")
	require.NoError(t, server.SetPermissions("glpat-maintainer", "read_cluster_agent"))
	assert.Contains(t, create.of(server).Body.String(), "insufficient_granular_scope")
	require.NoError(t, server.SetScopes("glpat-maintainer", "api"))
	assert.Equal(t, 201, create.of(server).Code)
	assert.EqualError(t, server.SetScopes("glpat-maintainer", "all"), `"all" is not a scope; use one of api, read_api, read_user, sudo, admin_mode, read_repository, write_repository, read_registry, write_registry, create_runner, manage_runner, k8s_proxy, ai_features, self_rotate, read_service_ping, read_virtual_registry, write_virtual_registry`)
}

func TestFineGrainedTokenNeedsThePermission(t *testing.T) {
	t.Parallel()
	for permission, operation := range map[string]asked{
		"read_cluster_agent":         {method: "GET", path: ""},
		"create_cluster_agent":       {method: "POST", path: "", json: `{"name":"b"}`},
		"delete_cluster_agent":       {method: "DELETE", path: "/1"},
		"read_cluster_agent_token":   {method: "GET", path: "/1/tokens"},
		"create_cluster_agent_token": {method: "POST", path: "/1/tokens", json: `{"name":"b"}`},
		"revoke_cluster_agent_token": {method: "DELETE", path: "/1/tokens/1"},
	} {
		t.Run(permission, func(t *testing.T) {
			t.Parallel()
			seed := fakegitlab.DefaultSeed()
			seed.Users[1].Tokens = append(seed.Users[1].Tokens,
				fakegitlab.SeedAccessToken{Token: "glpat-with", Permissions: []string{permission}},
				fakegitlab.SeedAccessToken{Token: "glpat-without", Permissions: []string{"read_project"}},
			)
			seed.Projects[0].Agents = []fakegitlab.SeedAgent{{ID: 1, Name: "a", Tokens: []fakegitlab.SeedAgentToken{{ID: 1, Name: "t"}}}}
			server := newServer(t, fakegitlab.FromSeed(seed))
			operation.path = agentsPath + operation.path

			operation.as = "without"
			refused := operation.of(server)
			assert.Equal(t, 403, refused.Code)
			assert.Equal(t, map[string]string{
				"error":             "insufficient_granular_scope",
				"error_description": "Access denied: Your Personal Access Token lacks the required permissions: [" + permission + `] for "root/test".`,
			}, decode[map[string]string](t, refused))

			operation.as = "with"
			assert.Less(t, operation.of(server).Code, 300)
		})
	}
}

func TestRoleIsLoweredWhileTheServerRuns(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	require.NoError(t, server.SetRole(20, "maintainer", fakegitlab.Developer))
	assert.Equal(t, 403, asked{as: "maintainer", method: "POST", path: agentsPath, json: `{"name":"a"}`}.of(server).Code)
	require.NoError(t, server.SetRole(20, "maintainer", fakegitlab.NoRole))
	assert.Equal(t, 404, asked{as: "maintainer", method: "GET", path: agentsPath}.of(server).Code)
	require.NoError(t, server.SetVisibility(20, "public"))
	answer := asked{as: "maintainer", method: "GET", path: agentsPath}.of(server)
	assert.JSONEq(t, `{"message":"404 ClusterAgents Not Found"}`, answer.Body.String())
}

func TestArchivedProjectRefusesEveryWrite(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/archived.yaml")
	require.NoError(t, err)
	seed, err := fakegitlab.ParseSeed("archived.yaml", data)
	require.NoError(t, err)
	server := newServer(t, fakegitlab.FromSeed(seed))
	create := asked{as: "owner", method: "POST", path: agentsPath, json: `{"name":"a"}`}
	assert.JSONEq(t, `{"message":"403 Forbidden"}`, create.of(server).Body.String())
	assert.Equal(t, 200, asked{as: "developer", method: "GET", path: agentsPath}.of(server).Code)
	require.NoError(t, server.SetArchived(20, false))
	assert.Equal(t, 201, create.of(server).Code)
}

func TestGroundThatDoesNotExist(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	assert.EqualError(t, server.SetArchived(1, true), "there is no project 1")
	assert.EqualError(t, server.SetVisibility(20, "secret"), `"secret" is not a visibility; use one of private, internal, public`)
	assert.EqualError(t, server.SetRole(20, "nobody", fakegitlab.Guest), `there is no user named "nobody"`)
	assert.EqualError(t, server.SetUserState("nobody", "active"), `there is no user named "nobody"`)
	assert.Error(t, server.SetUserState("owner", "away"))
	assert.EqualError(t, server.SetAccessTokenState("glpat-canary", "active"), "there is no such access token")
	assert.Error(t, server.SetAccessTokenState("glpat-owner", "lost"))
}

func TestSomethingChangesAfterSomeRequests(t *testing.T) {
	t.Parallel()
	server := newServer(t,
		fakegitlab.After(3, func(s *fakegitlab.Server) { _ = s.SetAccessTokenState("glpat-developer", "expired") }),
		fakegitlab.After(2, func(s *fakegitlab.Server) { s.SetReadOnly(true) }),
	)
	list := asked{as: "developer", method: "GET", path: agentsPath}
	created(t, server, agentsPath, `{"name":"a"}`)
	assert.Equal(t, 200, list.of(server).Code)
	assert.Equal(t, 403, asked{as: "maintainer", method: "POST", path: agentsPath, json: `{"name":"b"}`}.of(server).Code)
	assert.Equal(t, 401, list.of(server).Code)
}
