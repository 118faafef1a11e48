package setup_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/internal/setup"
	"example.com/gitlab-agents/contract/wire"
)

// inGroup is the project in the group a/b, as a maintainer sees it, with more properties.
func inGroup(more string) string {
	return strings.Replace(project(40), `"id":20,`, `"id":20,"namespace":{"id":3,"kind":"group","full_path":"a/b"},`+more, 1)
}

// A maintainer's write is refused with a bare 403. GitLab has reasons for that which the project does not always show.
func TestWhyAMaintainerMayNotWrite(t *testing.T) {
	t.Parallel()
	const group = `200 {"id":3,"full_path":"a/b","archived":false,"marked_for_deletion_on":null}`
	for name, c := range map[string]struct {
		pairs      []string
		code, says string
	}{
		"the group is archived":         {[]string{"/groups/a%2Fb", `200 {"id":3,"full_path":"a/b","archived":true}`}, setup.ProjectArchived, "the group a/b of the project is archived"},
		"a group above is archived":     {[]string{"/groups/a%2Fb", group, "/groups/a", `200 {"id":2,"full_path":"a","archived":true}`}, setup.ProjectArchived, "the group a of the project is archived"},
		"the group is to be deleted":    {[]string{"/groups/a%2Fb", `200 {"id":3,"full_path":"a/b","marked_for_deletion_on":"2026-12-05"}`}, setup.ProjectDeletion, "the group a/b of the project is marked for deletion"},
		"the project is to be deleted":  {[]string{projectPath, inGroup(`"marked_for_deletion_on":"2026-12-05",`)}, setup.ProjectDeletion, "root/test is marked for deletion"},
		"the groups are as they should": {[]string{"/groups/a%2Fb", group, "/groups/a", group}, "", ""},
		"the group is not shown":        {nil, "", ""},
		"the group is no JSON":          {[]string{"/groups/a%2Fb", "200 <html>"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asker := with(append([]string{projectPath, inGroup("")}, c.pairs...)...)
			ground, err := setup.Find(t.Context(), asker, input())
			require.NoError(t, err)
			refused := &wire.Exchange{
				Request:  wire.Request{Method: http.MethodPost, URL: urlOf(t, agents)},
				Response: &wire.Response{StatusCode: 403, Header: http.Header{"X-Gitlab-Meta": {"{}"}}, Body: []byte(`{"message":"403 Forbidden"}`)},
			}
			assert.True(t, ground.MayChange(), "a refusal that nothing explains is GitLab's fault")
			for _, p := range []*setup.Problem{
				ground.WhyForbidden(t.Context(), asker, ground.ReadRefusal(refused)), ground.Recheck(t.Context(), asker, "glpat-maintainer", refused),
				ground.Recheck(t.Context(), asker, "glpat-stranger", refused),
			} {
				if c.code == "" {
					assert.Nil(t, p)
					continue
				}
				require.NotNil(t, p)
				assert.Equal(t, c.code, p.Code)
				assert.Contains(t, p.Error(), c.says)
				assert.Contains(t, p.Error(), `403 "403 Forbidden"`)
				assert.Contains(t, p.Do, "--read-only")
			}
		})
	}
}

func TestWhatAWriteIsRefusedFor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ answer, code, says string }{
		"GitLab names a reason":       {`{"message":"403 Forbidden - Your license has expired"}`, setup.RefusedWithReason, "Your license has expired"},
		"the address is not verified": {`{"message":"403 Forbidden - Your primary email address is not confirmed. Please check your inbox"}`, setup.AccountEmail, "confirm it"},
		"the account is deactivated":  {`{"message":"403 Forbidden - Your account has been deactivated by your administrator."}`, setup.AccountBlocked, "activates it again"},
		"the account is banned":       {`{"message":"403 Forbidden - Your account has been banned."}`, setup.AccountBlocked, "unblock it"},
		"reads pass, writes do not":   {"Forbidden", setup.InBetween, "lets reads pass"},
		"GitLab names no reason":      {`{"message":"403 Forbidden"}`, setup.Forbidden, "maintainer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := setup.ReadRefusal(&wire.Exchange{
				Request:  wire.Request{Method: http.MethodPost, URL: urlOf(t, agents)},
				Response: &wire.Response{StatusCode: 403, Header: http.Header{"X-Gitlab-Meta": {"{}"}}, Body: []byte(c.answer)},
			})
			require.NotNil(t, p)
			assert.Equal(t, c.code, p.Code)
			assert.Contains(t, p.Error(), c.says)
		})
	}
}

// What something in between refuses with hardly a word is not GitLab's, which takes %2F in paths.
func TestAnEscapedSlashIsRefusedWithoutAPage(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{"in two words": "400 Bad Request", "without a body": "400 "} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := setup.Find(t.Context(), with(projectPath, answer, agents, answer), input())
			var p *setup.Problem
			require.ErrorAs(t, err, &p)
			assert.Equal(t, setup.InBetween, p.Code)
			assert.Contains(t, p.Means, "%2F")
			assert.Contains(t, p.Do, "allowEncodedSlash in Traefik")
		})
	}
}

func TestNothingThereIsAGitLab(t *testing.T) {
	t.Parallel()
	everything := func(answer string, list string) scripted {
		return scripted{"/metadata": answer, "/version": answer, "/personal_access_tokens/self": answer, projectPath: answer, agents: list}
	}
	for _, answer := range []string{"200 []", "200 null", "200 {}", `200 {"status":"ok"}`, `200 "ok"`} {
		_, err := setup.Find(t.Context(), everything(answer, answer), input())
		var p *setup.Problem
		require.ErrorAs(t, err, &p, answer)
		assert.Equal(t, setup.NotGitLab, p.Code, answer)
	}
	_, err := setup.Find(t.Context(), everything("400 ", "400 "), input())
	var p *setup.Problem
	require.ErrorAs(t, err, &p)
	assert.Equal(t, setup.NotGitLab, p.Code, "it is not the slash in the path that is refused")
	_, err = setup.Find(t.Context(), everything("200 []", `200 [{"id":1,"name":"a","config_project":{"id":20}}]`), input())
	assert.NoError(t, err, "a fake that has the Agents API alone is for the rules to judge")
	_, err = setup.Find(t.Context(), with(agents, "200 null"), input())
	assert.NoError(t, err, "and so is a GitLab whose list is wrong")
}

// lists answers the list of agents with headers.
type lists struct {
	scripted
	header func(path string) http.Header
}

func (l lists) Ask(ctx context.Context, token, method, path string) (*wire.Exchange, error) {
	x, err := l.scripted.Ask(ctx, token, method, path)
	if err == nil && strings.HasPrefix(path, agents+"?") {
		for name, values := range l.header(path) {
			x.Response.Header[name] = values
		}
	}
	return x, err
}

func TestTheQueryIsLostOnTheWay(t *testing.T) {
	t.Parallel()
	link := func(query string) []string {
		return []string{`<http://gitlab.example.com/api/v4/projects/20/cluster_agents?id=20&page=1` + query + `>; rel="first"`}
	}
	for name, c := range map[string]struct {
		header func(path string) http.Header
		lost   bool
	}{
		"GitLab got no query": {func(string) http.Header { return http.Header{"X-Per-Page": {"20"}, "Link": link("&per_page=20")} }, true},
		"GitLab got it":       {func(string) http.Header { return http.Header{"X-Per-Page": {"1"}, "Link": link("&per_page=1")} }, false},
		"GitLab got it, and takes no notice of per_page": {func(path string) http.Header {
			_, query, _ := strings.Cut(path, "?")
			return http.Header{"X-Per-Page": {"20"}, "Link": link("&" + query)}
		}, false},
		"there is no Link": {func(string) http.Header { return http.Header{"X-Per-Page": {"20"}} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := setup.Find(t.Context(), lists{with(), c.header}, input())
			if !c.lost {
				require.NoError(t, err)
				return
			}
			var p *setup.Problem
			require.ErrorAs(t, err, &p)
			assert.Equal(t, setup.QueryLost, p.Code)
		})
	}
}

func urlOf(t *testing.T, path string) *url.URL {
	t.Helper()
	u, err := url.Parse("http://gitlab.example.com/api/v4" + path)
	require.NoError(t, err)
	return u
}

// A header that reads have and writes lose is lost on the way.
func TestAHeaderOfWritesIsLostOnTheWay(t *testing.T) {
	t.Parallel()
	ground, err := setup.Find(t.Context(), with(), input())
	require.NoError(t, err)
	answered := func(status int, body string) *wire.Exchange {
		return &wire.Exchange{
			Request: wire.Request{
				Method: http.MethodPost, URL: urlOf(t, agents), Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{"name":"a"}`),
			},
			Response: &wire.Response{StatusCode: status, Header: http.Header{"X-Gitlab-Meta": {"{}"}}, Body: []byte(body)},
		}
	}
	p := ground.ReadRefusal(answered(401, `{"message":"401 Unauthorized"}`))
	require.NotNil(t, p)
	assert.Equal(t, setup.InBetween, p.Code)
	assert.Contains(t, p.Error(), "PRIVATE-TOKEN")
	p = ground.ReadRefusal(answered(415, `{"error":"The provided content-type '' is not supported."}`))
	require.NotNil(t, p)
	assert.Equal(t, setup.BodyLost, p.Code)
	assert.Contains(t, p.Error(), "Content-Type")
	assert.Nil(t, ground.ReadRefusal(answered(415, `{"error":"The provided content-type 'application/json' is not supported."}`)), "a GitLab that refuses JSON is wrong")
	assert.Equal(t, setup.TokenUnknown, setup.ReadRefusal(answered(401, `{"message":"401 Unauthorized"}`)).Code, "nothing is known of reads")
}

// A developer who loses the project in mid-run is no fault of GitLab's; one who never saw it is none either.
func TestADeveloperLosesTheProject(t *testing.T) {
	t.Parallel()
	in := input()
	in.Tokens[setup.Developer] = "d"
	before := with("d "+projectPath, project(30))
	ground, err := setup.Find(t.Context(), before, in)
	require.NoError(t, err)
	after := with("d "+projectPath, noProject, "d "+agents, noProject)
	refused, err := after.Ask(t.Context(), "d", http.MethodGet, agents)
	require.NoError(t, err)
	p := ground.Recheck(t.Context(), after, "d", refused)
	require.NotNil(t, p)
	assert.Equal(t, setup.ProjectUnknown, p.Code)
	assert.Nil(t, ground.Recheck(t.Context(), before, "d", refused), "if the project is shown, GitLab is wrong")
}
