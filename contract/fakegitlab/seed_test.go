package fakegitlab_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
)

const exampleSeed = `gitlab: {version: "19.1.0", edition: ce, external_url: https://gitlab.example.com}
next_ids: {agent: 1001, token: 5001}
users:
  - id: 42
    name: maintainer
    state: active                            # active, blocked
    admin: false
    tokens:
      - {token: glpat-maintainer, scopes: [api], state: active}      # active, expired, revoked
      - {token: glpat-reader, scopes: [read_api], state: active}
projects:
  - id: 20
    path_with_namespace: root/test
    name_with_namespace: Administrator / test
    description: null
    visibility: private                      # private, internal, public
    archived: false
    created_at: 2022-03-20T20:42:40.221Z
    moved_from: [root/old]
    members: {maintainer: maintainer}        # user: role
    agents:
      - id: 1
        name: agent-1
        created_by: maintainer
        tokens:
          - {id: 1, name: abcd, description: Some token, status: active, last_used_at: null}
`

func TestParseSeed(t *testing.T) {
	t.Parallel()
	seed, err := fakegitlab.ParseSeed("seed.yaml", []byte(exampleSeed))
	require.NoError(t, err)
	description := "Some token"
	assert.Equal(t, &fakegitlab.Seed{
		GitLab:  fakegitlab.SeedGitLab{Version: "19.1.0", Edition: "ce", ExternalURL: "https://gitlab.example.com"},
		NextIDs: fakegitlab.SeedNextIDs{Agent: 1001, Token: 5001},
		Users: []fakegitlab.SeedUser{{ID: 42, Name: "maintainer", State: "active", Tokens: []fakegitlab.SeedAccessToken{
			{Token: "glpat-maintainer", Scopes: []string{"api"}, State: "active"},
			{Token: "glpat-reader", Scopes: []string{"read_api"}, State: "active"},
		}}},
		Projects: []fakegitlab.SeedProject{{
			ID: 20, PathWithNamespace: "root/test", NameWithNamespace: "Administrator / test", Visibility: "private",
			CreatedAt: time.Date(2022, 3, 20, 20, 42, 40, 221e6, time.UTC), MovedFrom: []string{"root/old"},
			Members: map[string]fakegitlab.Role{"maintainer": fakegitlab.Maintainer},
			Agents: []fakegitlab.SeedAgent{{ID: 1, Name: "agent-1", CreatedBy: "maintainer", Tokens: []fakegitlab.SeedAgentToken{
				{ID: 1, Name: "abcd", Description: &description, Status: "active"},
			}}},
		}},
	}, seed)

	server, err := fakegitlab.New(fakegitlab.FromSeed(seed))
	require.NoError(t, err)
	read := asked{method: "GET", path: agentsPath + "/1/tokens/1?private_token=glpat-reader"}.of(server)
	require.Equal(t, 200, read.Code)
	assert.Contains(t, read.Body.String(), `"description":"Some token","agent_id":1,"status":"active"`)
	made := asked{as: "maintainer", method: "POST", path: agentsPath, json: `{"name":"b"}`}.of(server)
	assert.Contains(t, made.Body.String(), `{"id":1001,"name":"b","config_project":{"id":20,"description":null,"name":"test","name_with_namespace":"Administrator / test","path":"test","path_with_namespace":"root/test","created_at":"2022-03-20T20:42:40.221Z"}`)
}

func TestParseSeedJSON(t *testing.T) {
	t.Parallel()
	seed, err := fakegitlab.ParseSeed("seed.json", []byte("{\n\t\"users\": [\n\t\t{\"id\": 1, \"name\": \"a\"}\n\t]\n}\n"))
	require.NoError(t, err)
	assert.Equal(t, "a", seed.Users[0].Name)
	_, err = fakegitlab.ParseSeed("seed.json", []byte("{\n\t\"users\": [\n\t\t{\"id\": \"1\", \"name\": \"a\"}\n\t]\n}\n"))
	assert.EqualError(t, err, "seed.json:3:10: this must be a whole number")
}

// A version without quotes is a number for YAML, and 19.10 is not 19.1.
func TestVersionWithoutQuotesKeepsItsDigits(t *testing.T) {
	t.Parallel()
	seed, err := fakegitlab.ParseSeed("seed.yaml", []byte("gitlab: {version: 19.10}\n"))
	require.NoError(t, err)
	assert.Equal(t, "19.10", seed.GitLab.Version)
}

func TestEmptySeed(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "# nothing\n", "{}", "---\n"} {
		seed, err := fakegitlab.ParseSeed("seed.yaml", []byte(text))
		if assert.NoError(t, err, "%q", text) {
			_, err = fakegitlab.New(fakegitlab.FromSeed(seed))
			assert.NoError(t, err)
		}
	}
}

func TestSeedErrors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		seed   string
		errors []string
	}{
		"not YAML":          {"users:\n  - {id: 1\n", []string{"seed.yaml:2:1: this is neither YAML nor JSON: did not find expected ',' or '}'"}},
		"two documents":     {"users: []\n---\nusers: []\n", []string{"seed.yaml:2:1: a seed has one document, and this is the second"}},
		"tab":               {"users:\n\t- {id: 1}\n", []string{"seed.yaml:2:1: this is neither YAML nor JSON: found character that cannot start any token"}},
		"not a mapping":     {"- 1\n", []string{"seed.yaml:1:1: this must be a mapping of keys to values"}},
		"not a list":        {"users: {a: 1}\n", []string{"seed.yaml:1:8: this must be a list"}},
		"unknown key":       {"gitlab: {}\nuser: []\n", []string{"seed.yaml:2:1: this key is not known"}},
		"key twice":         {"users: []\nusers: []\n", []string{"seed.yaml:2:1: this key occurs twice"}},
		"alias to nothing":  {"users: *glpat-canary\n", []string{"seed.yaml:1:1: this is neither YAML nor JSON: unknown anchor … referenced"}},
		"not true or false": {"users:\n  - admin: maybe\n", []string{"seed.yaml:2:12: this must be true or false"}},
		"not a number":      {"users:\n  - id: one\n", []string{"seed.yaml:2:9: this must be a whole number"}},
		"not text":          {"users:\n  - name: [a]\n", []string{"seed.yaml:2:11: this must be text"}},
		"number too large":  {"users:\n  - id: 99999999999999999999\n", []string{"seed.yaml:2:9: this must be a whole number"}},
		"unknown version":   {"gitlab:\n  version: \"12.0\"\n", []string{"seed.yaml:2:12: gitlab.version: GitLab 12.0 is not known here; the Agents API is known from 14.10 to 19.11"}},
		"several keys and types": {
			"user: []\nusers:\n  - {id: 1, name: a, admin: glpat-canary-that-is-long, colour: red, tokens: [{glpat-canary: [api]}]}\n",
			[]string{
				"seed.yaml:1:1: this key is not known",
				"seed.yaml:3:29: this must be true or false",
				"seed.yaml:3:56: this key is not known",
				"seed.yaml:3:79: this key is not known",
			},
		},
		"ids, times and dates": {
			"users:\n  - {id: 1.5, name: a, tokens: [{token: a, scopes: [api], expires_at: 2026-13-01}]}\nprojects:\n  - {id: 1, path_with_namespace: a/b, created_at: yesterday}\n",
			[]string{
				"seed.yaml:2:10: this must be a whole number",
				"seed.yaml:2:71: this must be a date such as 2026-12-31",
				"seed.yaml:4:51: this must be a time such as 2022-03-20T20:42:40.221Z",
			},
		},
		"text that begins with an exclamation mark": {
			"users:\n  - {id: 1, name: a, tokens: [{token: !glpat-canary x, scopes: [api]}]}\n",
			[]string{"seed.yaml:2:39: text that begins with ! must be in quotes"},
		},
		"job token": {
			"users:\n  - {id: 1, name: a, tokens: [{token: glcbt-64_canary, scopes: [api]}]}\n",
			[]string{"seed.yaml:2:39: users[0].tokens[0].token: this is a job's token, which GitLab does not accept here; use a personal access token"},
		},
		"durations": {
			"gitlab: {select_after: soon, replica_lag: 5}\n",
			[]string{"seed.yaml:1:24: this must be a duration such as 100ms", "seed.yaml:1:43: this must be a duration such as 100ms"},
		},
		"negative durations": {
			"gitlab: {select_after: -1s, replica_lag: -1s}\n",
			[]string{"seed.yaml:1:24: gitlab.select_after: a duration cannot be negative", "seed.yaml:1:42: gitlab.replica_lag: a duration cannot be negative"},
		},
		"edition and URL": {
			"gitlab:\n  edition: EE\n  external_url: gitlab.example.com\n",
			[]string{
				`seed.yaml:2:12: gitlab.edition: "EE" is not valid; use one of ce, ee`,
				"seed.yaml:3:17: gitlab.external_url: the external URL must be like https://gitlab.example.com or https://example.com/gitlab, without user, query or fragment",
			},
		},
		"users": {
			"users:\n  - {id: 1, name: a, state: gone}\n  - {id: 1, name: A}\n  - name: b\n  - {id: 0, name: c, tokens: [{token: x, scopes: [all], state: new}]}\n  - {id: 5, name: d, tokens: [{token: x, scopes: [api]}, {token: y}, {token: z, scopes: [api], permissions: [READ]}]}\n",
			[]string{
				`seed.yaml:2:29: users[0].state: "gone" is not valid; use one of active, blocked, password_expired, terms_not_accepted`,
				"seed.yaml:3:10: users[1].id: user 1 is already defined at users[0].id",
				`seed.yaml:3:19: users[1].name: a user named "A" is already defined at users[0].name`,
				"seed.yaml:4:5: users[2].id: an id must be a whole number above 0",
				"seed.yaml:5:10: users[3].id: an id must be a whole number above 0",
				`seed.yaml:5:51: users[3].tokens[0].scopes[0]: "all" is not valid; use one of api, read_api,`,
				`seed.yaml:5:64: users[3].tokens[0].state: "new" is not valid; use one of active, expired, revoked`,
				"seed.yaml:6:39: users[4].tokens[0].token: this access token is already defined at users[3].tokens[0].token",
				"seed.yaml:6:58: users[4].tokens[1].scopes: this is missing; only a fine-grained access token has permissions instead",
				"seed.yaml:6:109: users[4].tokens[2].permissions: a fine-grained access token has permissions and no scopes",
				`seed.yaml:6:110: users[4].tokens[2].permissions[0]: "READ" is not a permission; write it as read_cluster_agent`,
			},
		},
		"projects": {
			"projects:\n  - id: 1\n    path_with_namespace: alone\n    name_with_namespace: Alone\n    visibility: secret\n    moved_from: [a/b, A/B]\n    members: {nobody: guest, other: king}\n    group_members: {nobody.else: owner}\n",
			[]string{
				`seed.yaml:3:26: projects[0].path_with_namespace: "alone" is not the full path of a project; write it as group/project`,
				`seed.yaml:4:26: projects[0].name_with_namespace: separate the names with " / ", as in "Administrator / test"`,
				`seed.yaml:5:17: projects[0].visibility: "secret" is not valid; use one of private, internal, public`,
				`seed.yaml:6:23: projects[0].moved_from[1]: the path "A/B" is already defined at projects[0].moved_from[0]`,
				`seed.yaml:7:23: projects[0].members.nobody: there is no user named "nobody"`,
				`seed.yaml:7:37: projects[0].members.other: there is no user named "other"`,
				"seed.yaml:7:37: projects[0].members.other: this is not a role of a member; roles are guest, planner, reporter, developer, maintainer, owner",
				`seed.yaml:8:20: projects[0].group_members.nobody.else: there is no user named "nobody.else"`,
			},
		},
		"agents": {
			"next_ids: {agent: 2, token: -1}\nusers: [{id: 1, name: a}]\nprojects:\n  - id: 1\n    path_with_namespace: a/b\n    agents:\n      - {id: 2, name: Agent, created_by: b}\n      - {id: 2, name: x, tokens: [{id: 7, name: \"\", status: idle}]}\n      - {id: 3, name: x, created_by: null}\n  - {id: 1, path_with_namespace: A/b}\n",
			[]string{
				"seed.yaml:1:19: next_ids.agent: the next id must be above 3, the highest id in the seed",
				"seed.yaml:1:29: next_ids.token: the next id must be above 7, the highest id in the seed",
				"seed.yaml:7:23: projects[0].agents[0].name: GitLab refuses this name: Name can contain only lowercase letters",
				`seed.yaml:7:42: projects[0].agents[0].created_by: there is no user named "b"`,
				"seed.yaml:8:14: projects[0].agents[1].id: agent 2 is already defined at projects[0].agents[0].id",
				"seed.yaml:8:35: projects[0].agents[1].tokens[0]: GitLab refuses this token: Name can't be blank",
				`seed.yaml:8:61: projects[0].agents[1].tokens[0].status: "idle" is not valid; use one of active, revoked`,
				`seed.yaml:9:23: projects[0].agents[2].name: an agent named "x" is already defined at projects[0].agents[1].name`,
				"seed.yaml:10:10: projects[1].id: project 1 is already defined at projects[0].id",
				`seed.yaml:10:34: projects[1].path_with_namespace: the path "A/b" is already defined at projects[0].path_with_namespace`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := fakegitlab.ParseSeed("seed.yaml", []byte(test.seed))
			require.Error(t, err)
			lines := strings.Split(err.Error(), "\n")
			for _, want := range test.errors {
				found := false
				for _, line := range lines {
					found = found || strings.HasPrefix(line, want)
				}
				assert.True(t, found, "there is no %q in\n%s", want, err)
			}
			assert.NotContains(t, err.Error(), "glpat-canary")
			assert.Len(t, lines, len(test.errors), "%s", err)
		})
	}
}

func TestSeedErrorsHaveNoSecrets(t *testing.T) {
	t.Parallel()
	_, err := fakegitlab.ParseSeed("seed.yaml", []byte("users:\n  - {id: 1, name: a, tokens: [{token: glpat-canary, scopes: [api]}, {token: glpat-canary, scopes: api}, {token: \" glpat-canary\", scopes: []}]}\n"))
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "glpat-canary")
}

func FuzzParseSeed(f *testing.F) {
	recorded, err := os.ReadFile("testdata/seed.yaml")
	require.NoError(f, err)
	f.Add(recorded)
	f.Add([]byte(exampleSeed))
	f.Add([]byte(`{"users":[{"id":1,"name":"a","tokens":[{"token":"x","scopes":["api"]}]}],"projects":[]}`))
	f.Add([]byte("a: &a [*a]\n<<: {}\n? [x]\n: y\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		seed, err := fakegitlab.ParseSeed("seed.yaml", data)
		if err != nil {
			var problems fakegitlab.SeedError
			if !errors.As(err, &problems) {
				t.Fatalf("%T: %v", err, err)
			}
			for _, problem := range problems {
				if problem.File != "seed.yaml" || problem.Line < 1 || problem.Text == "" {
					t.Fatalf("a problem without a place or text: %#v", problem)
				}
			}
			return
		}
		server, err := fakegitlab.New(fakegitlab.FromSeed(seed))
		if err != nil {
			t.Fatalf("ParseSeed accepts the seed and New refuses it: %v", err)
		}
		for _, user := range seed.Users {
			for _, token := range user.Tokens {
				for _, project := range seed.Projects {
					answer := asked{method: "GET", path: server.Root() + "/api/v4/projects/" + text(project.ID) + "/cluster_agents", header: map[string]string{"Authorization": "Bearer " + token.Token}}.of(server)
					if !json.Valid(answer.Body.Bytes()) {
						t.Fatalf("not JSON: %s", answer.Body)
					}
				}
			}
		}
	})
}
