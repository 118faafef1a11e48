package fakegitlab_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
)

const agentsPath = "/api/v4/projects/20/cluster_agents"

// newServer returns a GitLab with the default seed.
func newServer(t testing.TB, options ...fakegitlab.Option) *fakegitlab.Server {
	t.Helper()
	server, err := fakegitlab.New(options...)
	require.NoError(t, err)
	return server
}

// asked is a request: the user, the method, the path, the JSON body and the headers.
type asked struct {
	as, method, path, json string
	header                 map[string]string
}

func (a asked) of(handler http.Handler) *httptest.ResponseRecorder {
	var request *http.Request
	if a.json == "" {
		request = httptest.NewRequest(a.method, a.path, nil)
	} else {
		request = httptest.NewRequest(a.method, a.path, strings.NewReader(a.json))
		request.Header.Set("Content-Type", "application/json")
	}
	if a.as != "" {
		request.Header.Set("PRIVATE-TOKEN", "glpat-"+a.as)
	}
	for name, value := range a.header {
		request.Header.Set(name, value)
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder
}

// created creates something as the maintainer and returns its id and secret.
func created(t testing.TB, handler http.Handler, path, json string) (id int64, secret string) {
	t.Helper()
	answer := asked{as: "maintainer", method: http.MethodPost, path: path, json: json}.of(handler)
	require.Equal(t, http.StatusCreated, answer.Code, "%s", answer.Body)
	made := decode[struct {
		ID    int64
		Token string
	}](t, answer)
	return made.ID, made.Token
}

func decode[T any](t testing.TB, answer *httptest.ResponseRecorder) T {
	t.Helper()
	var value T
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &value), "%s", answer.Body)
	return value
}

func TestDefaultSeedGivesEachUserTheRoleOfThatName(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	for path, byRole := range map[string]map[string]int{
		"root%2Ftest":   {"owner": 200, "maintainer": 200, "developer": 200, "reporter": 404, "guest": 404, "stranger": 404},
		"21":            {"owner": 200, "maintainer": 200, "developer": 200, "reporter": 404, "guest": 404, "stranger": 404},
		"public%2Fopen": {"owner": 200, "maintainer": 200, "developer": 200, "reporter": 404, "guest": 404, "stranger": 404},
	} {
		for name, status := range byRole {
			answer := asked{as: name, method: "GET", path: "/api/v4/projects/" + path + "/cluster_agents"}.of(server)
			assert.Equal(t, status, answer.Code, "%s lists agents of %s", name, path)
		}
	}
	stranger := asked{as: "stranger", method: "GET", path: "/api/v4/projects/22/cluster_agents"}.of(server)
	assert.JSONEq(t, `{"message":"404 ClusterAgents Not Found"}`, stranger.Body.String(), "a stranger sees a public project and not its agents")
}

func TestWrongOptionsAreAllNamed(t *testing.T) {
	t.Parallel()
	_, err := fakegitlab.New(
		fakegitlab.Version("14.9"), fakegitlab.Edition("me"), fakegitlab.ExternalURL("gitlab.example.com"),
		fakegitlab.Latency(-time.Second), fakegitlab.RateLimit(3, time.Millisecond),
	)
	require.Error(t, err)
	for _, part := range []string{"GitLab 14.9 is not known here", `"me" is not an edition`, "https://gitlab.example.com", "latency", "rate limit"} {
		assert.ErrorContains(t, err, part)
	}
	_, err = fakegitlab.New(fakegitlab.FromSeed(&fakegitlab.Seed{Users: []fakegitlab.SeedUser{{ID: 1, Name: "a"}, {ID: 1, Name: "a"}}}))
	assert.ErrorContains(t, err, "seed: users[1].id: user 1 is already defined at users[0].id")
}

func TestEditionAndRelease(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		version, edition string
		shown            string
		receptive        bool
	}{
		{"19.1", "ce", "19.1.0", false},
		{"19.1.0-pre", "ee", "19.1.0-pre-ee", true},
		{"v17.4.2-ee", "ee", "17.4.2-ee", true},
		{"17.3", "ee", "17.3.0-ee", false},
		{"15.0", "ce", "15.0.0", false},
	} {
		server := newServer(t, fakegitlab.Version(test.version), fakegitlab.Edition(test.edition))
		assert.Equal(t, test.shown, server.Version())
		answer := asked{as: "maintainer", method: "POST", path: agentsPath, json: `{"name":"a"}`}.of(server)
		agent := decode[map[string]any](t, answer)
		receptive, has := agent["is_receptive"]
		assert.Equal(t, test.receptive, has, "%s %s", test.version, test.edition)
		if has {
			assert.Equal(t, false, receptive)
		}
		version := decode[map[string]any](t, asked{as: "guest", method: "GET", path: "/api/v4/version"}.of(server))
		assert.Equal(t, test.shown, version["version"])
	}
}

// The releases differ as the page on GitLab's behaviour says.
func TestEachReleaseBehavesAsItDid(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		version                string
		tokens, revoked, limit bool
		belowDeveloper         int
		secret                 string
		metadata               int
		moved                  int
	}{
		{version: "14.10", belowDeveloper: 403, metadata: 404, moved: 404},
		{version: "15.0", tokens: true, revoked: true, belowDeveloper: 403, secret: `^[A-Za-z0-9_-]{50}$`, metadata: 404, moved: 404},
		{version: "15.11", tokens: true, revoked: true, belowDeveloper: 404, secret: `^glagent-[A-Za-z0-9_-]{50}$`, metadata: 200, moved: 404},
		{version: "16.0", tokens: true, belowDeveloper: 404, secret: `^glagent-[A-Za-z0-9_-]{50}$`, metadata: 200, moved: 404},
		{version: "16.2", tokens: true, limit: true, belowDeveloper: 404, secret: `^glagent-[A-Za-z0-9_-]{50}$`, metadata: 200, moved: 404},
		{version: "17.4", tokens: true, limit: true, belowDeveloper: 404, secret: `^glagent-[A-Za-z0-9_-]{50}$`, metadata: 200, moved: 301},
		{version: "19.1", tokens: true, limit: true, belowDeveloper: 404, secret: `^glagent-[A-Za-z0-9_-]+\.01\.[0-9a-z]{9}$`, metadata: 200, moved: 301},
	} {
		t.Run(test.version, func(t *testing.T) {
			t.Parallel()
			seed := fakegitlab.DefaultSeed()
			seed.Projects[0].MovedFrom = []string{"root/old"}
			server := newServer(t, fakegitlab.Version(test.version), fakegitlab.FromSeed(seed))
			agent, _ := created(t, server, agentsPath, `{"name":"a"}`)
			path := agentsPath + "/" + text(agent)

			for _, read := range []string{agentsPath, path, path + "/tokens", path + "/tokens/1"} {
				want := test.belowDeveloper
				if !test.tokens && strings.Contains(read, "/tokens") {
					want = http.StatusNotFound
				}
				answer := asked{as: "reporter", method: "GET", path: read}.of(server)
				assert.Equal(t, want, answer.Code, "reporter reads %s: %s", read, answer.Body)
			}
			assert.Equal(t, test.metadata, asked{as: "guest", method: "GET", path: "/api/v4/metadata"}.of(server).Code)
			old := asked{as: "maintainer", method: "GET", path: "/api/v4/projects/root%2Fold/cluster_agents"}.of(server)
			assert.Equal(t, test.moved, old.Code)

			post := asked{as: "maintainer", method: "POST", path: path + "/tokens", json: `{"name":"t"}`}
			if !test.tokens {
				assert.JSONEq(t, `{"error":"404 Not Found"}`, post.of(server).Body.String())
				return
			}
			token, secret := created(t, server, path+"/tokens", `{"name":"t"}`)
			assert.Regexp(t, test.secret, secret)
			created(t, server, path+"/tokens", `{"name":"u"}`)
			if third := post.of(server); test.limit {
				assert.JSONEq(t, `{"message":"400 Bad request - An agent can have only two active tokens at a time"}`, third.Body.String())
			} else {
				assert.Equal(t, http.StatusCreated, third.Code)
			}
			require.Equal(t, 204, asked{as: "maintainer", method: "DELETE", path: path + "/tokens/" + text(token)}.of(server).Code)
			listed := asked{as: "developer", method: "GET", path: path + "/tokens"}.of(server).Body.String()
			read := asked{as: "developer", method: "GET", path: path + "/tokens/" + text(token)}.of(server)
			if test.revoked {
				assert.Contains(t, listed, `"revoked"`)
				assert.Contains(t, read.Body.String(), `"status":"revoked"`)
			} else {
				assert.NotContains(t, listed, `"revoked"`)
				assert.Equal(t, http.StatusNotFound, read.Code)
			}
		})
	}
}

func text(id int64) string { return string(appendInt(id)) }

func appendInt(id int64) []byte {
	b, _ := json.Marshal(id)
	return b
}

func TestArchivedProjectIsReadOnly(t *testing.T) {
	t.Parallel()
	seed := fakegitlab.DefaultSeed()
	seed.Projects[0].Archived = true
	seed.Projects[0].Agents = []fakegitlab.SeedAgent{{ID: 1, Name: "a", CreatedBy: "owner", Tokens: []fakegitlab.SeedAgentToken{{ID: 1, Name: "t"}}}}
	server := newServer(t, fakegitlab.FromSeed(seed))
	for _, test := range []struct {
		method, path, json string
		status             int
	}{
		{"GET", "", "", 200},
		{"GET", "/1/tokens/1", "", 200},
		{"POST", "", `{"name":"b"}`, 403},
		{"DELETE", "/1", "", 403},
		{"POST", "/1/tokens", `{"name":"b"}`, 403},
		{"DELETE", "/1/tokens/1", "", 403},
	} {
		answer := asked{as: "owner", method: test.method, path: agentsPath + test.path, json: test.json}.of(server)
		assert.Equal(t, test.status, answer.Code, "%s %s: %s", test.method, test.path, answer.Body)
	}
}

func TestDeletingAnAgentDeletesItsTokens(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	agent, _ := created(t, server, agentsPath, `{"name":"a"}`)
	token, _ := created(t, server, agentsPath+"/"+text(agent)+"/tokens", `{"name":"t"}`)
	require.Equal(t, 204, asked{as: "maintainer", method: "DELETE", path: agentsPath + "/" + text(agent)}.of(server).Code)
	again, _ := created(t, server, agentsPath, `{"name":"a"}`)
	assert.Greater(t, again, agent, "an id is not used twice")
	for _, of := range []int64{agent, again} {
		answer := asked{as: "maintainer", method: "GET", path: agentsPath + "/" + text(of) + "/tokens/" + text(token)}.of(server)
		assert.Equal(t, 404, answer.Code)
	}
}

func TestLongListsAreNotCounted(t *testing.T) {
	t.Parallel()
	server := crowded(t, 10_001)
	middle := get(t, server, benchAgents+"?per_page=100&page=50")
	assert.Empty(t, middle.Header().Values("X-Total"))
	assert.Empty(t, middle.Header().Values("X-Total-Pages"))
	assert.Equal(t, "51", middle.Header().Get("X-Next-Page"))
	assert.NotContains(t, middle.Header().Get("Link"), `rel="last"`)
	last := get(t, server, benchAgents+"?per_page=100&page=101")
	assert.Equal(t, "", last.Header().Get("X-Next-Page"))
	assert.Len(t, decode[[]any](t, last), 1)
	counted := get(t, crowded(t, 10_000), benchAgents)
	assert.Equal(t, "10000", counted.Header().Get("X-Total"))
}

func TestRelativeRoot(t *testing.T) {
	t.Parallel()
	gitlab := fakegitlab.Start(t, fakegitlab.ExternalURL("https://example.com/gitlab/"))
	assert.True(t, strings.HasSuffix(gitlab.URL, "/gitlab"), gitlab.URL)
	answer := asked{as: "owner", method: "GET", path: "/gitlab" + agentsPath}.of(gitlab)
	assert.Equal(t, `<https://example.com/gitlab`+agentsPath+`?id=20&page=1&per_page=20>; rel="first", <https://example.com/gitlab`+agentsPath+`?id=20&page=1&per_page=20>; rel="last"`, answer.Header().Get("Link"))
	assert.Equal(t, 404, asked{as: "owner", method: "GET", path: agentsPath}.of(gitlab).Code)

	response, err := http.Get(gitlab.URL + "/api/v4/")
	require.NoError(t, err)
	response.Body.Close()
	assert.Equal(t, 404, response.StatusCode)
	assert.Equal(t, "application/json", response.Header.Get("Content-Type"))
}

func TestRedirectOfMovedProjectLeadsToIt(t *testing.T) {
	t.Parallel()
	seed := fakegitlab.DefaultSeed()
	seed.Projects[0].MovedFrom = []string{"root/old"}
	gitlab := fakegitlab.Start(t, fakegitlab.FromSeed(seed), fakegitlab.RelativeRoot("/gitlab"), fakegitlab.ExternalURL("https://elsewhere.example.com"))
	request, err := http.NewRequest(http.MethodGet, gitlab.URL+"/api/v4/projects/root%2Fold/cluster_agents?per_page=3", nil)
	require.NoError(t, err)
	request.Header.Set("PRIVATE-TOKEN", "glpat-developer")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	response.Body.Close()
	assert.Equal(t, 200, response.StatusCode)
	assert.Equal(t, gitlab.URL+"/api/v4/projects/20/cluster_agents?per_page=3", response.Request.URL.String())
}

func TestEntityTags(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	agent, _ := created(t, server, agentsPath, `{"name":"a"}`)
	path := agentsPath + "/" + text(agent)
	tag := asked{as: "developer", method: "GET", path: path}.of(server).Header().Get("ETag")
	same := asked{as: "developer", method: "GET", path: path, header: map[string]string{"If-None-Match": tag}}
	unchanged := same.of(server)
	assert.Equal(t, http.StatusNotModified, unchanged.Code)
	assert.Empty(t, unchanged.Body.String())
	assert.Equal(t, tag, unchanged.Header().Get("ETag"))
	require.NoError(t, server.ForgetCreator(agent))
	assert.Equal(t, http.StatusOK, same.of(server).Code)
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 50, 0, time.UTC)
	server := newServer(t, fakegitlab.RateLimit(2, time.Minute), fakegitlab.Clock(func() time.Time { return now }))
	list := asked{as: "developer", method: "GET", path: agentsPath}
	assert.Equal(t, "1", list.of(server).Header().Get("RateLimit-Remaining"))
	assert.Equal(t, 200, list.of(server).Code)
	refused := list.of(server)
	assert.Equal(t, http.StatusTooManyRequests, refused.Code)
	assert.Equal(t, "Retry later\n", refused.Body.String())
	for name, value := range map[string]string{
		"Content-Type": "text/plain", "Retry-After": "10", "RateLimit-Limit": "2", "RateLimit-Name": "throttle_authenticated_api",
		"RateLimit-Observed": "3", "RateLimit-Remaining": "0", "RateLimit-Reset": "1767323100",
		"RateLimit-ResetTime": "Fri, 02 Jan 2026 03:05:00 GMT", "Cache-Control": "no-cache",
	} {
		assert.Equal(t, value, refused.Header().Get(name), name)
	}
	assert.Equal(t, 200, asked{as: "owner", method: "GET", path: agentsPath}.of(server).Code, "another user has another limit")
	assert.Equal(t, 401, asked{method: "GET", path: agentsPath}.of(server).Code, "and so has a caller without a token")
	now = now.Add(10 * time.Second)
	assert.Equal(t, 200, list.of(server).Code, "the window ends at RateLimit-Reset")
}

func TestLatency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newServer(t, fakegitlab.Latency(50*time.Millisecond))
		started := time.Now()
		assert.Equal(t, 200, asked{as: "developer", method: "GET", path: agentsPath}.of(server).Code)
		assert.Equal(t, 50*time.Millisecond, time.Since(started))
	})
}

func TestInjectedClockRandomAndRequestIDs(t *testing.T) {
	t.Parallel()
	options := []fakegitlab.Option{
		fakegitlab.Clock(func() time.Time { return time.Date(2022, 3, 25, 14, 12, 11, 497e6, time.UTC) }),
		fakegitlab.Random(zeroes{}),
	}
	server := newServer(t, options...)
	answer := asked{as: "maintainer", method: "POST", path: agentsPath, json: `{"name":"a"}`}.of(server)
	assert.Contains(t, answer.Body.String(), `"created_at":"2022-03-25T14:12:11.497Z","created_by_user_id":42`)
	assert.Equal(t, "01FZ0PQ9390000000000000000", answer.Header().Get("X-Request-Id"))
	assert.Equal(t, "0.000000", answer.Header().Get("X-Runtime"))
	token := asked{as: "maintainer", method: "POST", path: agentsPath + "/1/tokens", json: `{"name":"t"}`}.of(server)
	assert.Contains(t, token.Body.String(), `"token":"glagent-AAAAAAAAAAAAAAAAAAAAAG86MQpwOmsH.01.0w`)

	named := newServer(t, append(options, fakegitlab.RequestIDs(func() string { return "mine" }))...)
	assert.Equal(t, "mine", asked{method: "GET", path: "/"}.of(named).Header().Get("X-Request-Id"))
}

type zeroes struct{}

func (zeroes) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

func TestLogHasNoSecrets(t *testing.T) {
	t.Parallel()
	const canary = "glpat-canary-3f9"
	seed := fakegitlab.DefaultSeed()
	seed.Users[1].Tokens = append(seed.Users[1].Tokens, fakegitlab.SeedAccessToken{Token: canary, Scopes: []string{"api"}})
	var log bytes.Buffer
	server := newServer(t, fakegitlab.FromSeed(seed), fakegitlab.Logger(slog.New(slog.NewJSONHandler(&log, nil))))
	for _, query := range []string{
		"?private_token=" + canary, "?page=1&access_token=" + canary + "&per_page=2", "?a;private_token=" + canary,
		"?private%5Ftoken=" + canary, "?PRIVATE_TOKEN=" + canary, "?bearer_token=" + canary, "?private_token[]=" + canary,
	} {
		asked{method: "GET", path: agentsPath + query}.of(server)
	}
	_, secret := created(t, server, agentsPath+"/"+text(first(created(t, server, agentsPath, `{"name":"a"}`)))+"/tokens", `{"name":"t"}`)
	assert.NotContains(t, log.String(), canary)
	assert.NotContains(t, log.String(), secret)
	assert.Contains(t, log.String(), `"path":"/api/v4/projects/20/cluster_agents?page=1&access_token=[FILTERED]&per_page=2","status":200`)
	assert.Contains(t, log.String(), `"user":"maintainer"`)
}

func first[A, B any](a A, _ B) A { return a }

func TestPanicsAreAnswered(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	server := newServer(t, fakegitlab.Logger(slog.New(slog.NewTextHandler(&log, nil))),
		fakegitlab.Deviate(&fakegitlab.Deviation{Decide: func(c fakegitlab.Choice) bool { panic("no") }}))
	answer := asked{as: "developer", method: "GET", path: agentsPath}.of(server)
	assert.Equal(t, http.StatusInternalServerError, answer.Code)
	assert.JSONEq(t, `{"message":"500 Internal Server Error"}`, answer.Body.String())
	assert.Contains(t, log.String(), "panic=no")
}

func TestRandomThatFailsIsAnError(t *testing.T) {
	t.Parallel()
	server := newServer(t, fakegitlab.Random(broken{}), fakegitlab.RequestIDs(func() string { return "x" }))
	created(t, server, agentsPath, `{"name":"a"}`)
	answer := asked{as: "maintainer", method: "POST", path: agentsPath + "/1/tokens", json: `{"name":"t"}`}.of(server)
	assert.Equal(t, http.StatusInternalServerError, answer.Code)
	assert.JSONEq(t, `[]`, asked{as: "maintainer", method: "GET", path: agentsPath + "/1/tokens"}.of(server).Body.String())
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("out of entropy") }

func TestCurrentUser(t *testing.T) {
	t.Parallel()
	answer := asked{as: "guest", method: "GET", path: "/api/v4/user"}.of(newServer(t))
	assert.Equal(t, "guest", decode[map[string]any](t, answer)["username"])
	assert.Equal(t, 401, asked{method: "GET", path: "/api/v4/user"}.of(newServer(t)).Code)
}

func TestPathOutsideOfTheAPIIsAPage(t *testing.T) {
	t.Parallel()
	answer := asked{method: "GET", path: "/users/sign_in"}.of(newServer(t))
	assert.Equal(t, 404, answer.Code)
	assert.Equal(t, "text/html; charset=utf-8", answer.Header().Get("Content-Type"))
}

func TestHugeBodyIsRefused(t *testing.T) {
	t.Parallel()
	answer := asked{as: "maintainer", method: "POST", path: agentsPath, json: `{"name":"` + strings.Repeat("a", 9<<20) + `"}`}.of(newServer(t))
	assert.Equal(t, http.StatusRequestEntityTooLarge, answer.Code)
}

func TestOrderOfTokens(t *testing.T) {
	t.Parallel()
	server := newServer(t, fakegitlab.Version("15.0"))
	agent, _ := created(t, server, agentsPath, `{"name":"a"}`)
	path := agentsPath + "/" + text(agent) + "/tokens"
	var ids []int64
	for range 4 {
		id, _ := created(t, server, path, `{"name":"t"}`)
		ids = append(ids, id)
	}
	listed := func() (order []int64) {
		for _, token := range decode[[]struct{ ID int64 }](t, asked{as: "developer", method: "GET", path: path}.of(server)) {
			order = append(order, token.ID)
		}
		return order
	}
	assert.Equal(t, []int64{ids[0], ids[1], ids[2], ids[3]}, listed())
	server.RevokeToken(ids[0])
	assert.Equal(t, []int64{ids[1], ids[2], ids[3], ids[0]}, listed(), "revoked tokens come last")
	require.NoError(t, server.UseToken(ids[2], time.Unix(1, 0)))
	assert.Equal(t, []int64{ids[2], ids[1], ids[3], ids[0]}, listed(), "used tokens come first")
	require.NoError(t, server.UseToken(ids[0], time.Unix(2, 0)))
	assert.Equal(t, []int64{ids[0], ids[2], ids[1], ids[3]}, listed(), "the last used token is the first, even if it is revoked")
}
