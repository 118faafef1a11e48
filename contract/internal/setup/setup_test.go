package setup_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/internal/setup"
	"example.com/gitlab-agents/contract/wire"
)

func TestWhatATokenMayLookLike(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, token, code, says string }{
		"a token":                        {text: "glpat-abc_DEF-123.01.a0b1c2", token: "glpat-abc_DEF-123.01.a0b1c2"},
		"an old token without a prefix":  {text: "aBcDeFgHiJkLmNoPqRsT", token: "aBcDeFgHiJkLmNoPqRsT"},
		"an instance's own prefix":       {text: "acme-glpat-abc", token: "acme-glpat-abc"},
		"an OAuth token":                 {text: strings.Repeat("0a", 32), token: strings.Repeat("0a", 32)},
		"white space around it":          {text: " \tglpat-abc\r\n", token: "glpat-abc"},
		"a byte order mark":              {text: "\ufeffglpat-abc\n", token: "glpat-abc"},
		"nothing":                        {text: " \n"},
		"quoted":                         {text: `"glpat-abc"`, code: setup.TokenForm, says: "quotation marks"},
		"quoted simply":                  {text: `'glpat-abc'`, code: setup.TokenForm, says: "quotation marks"},
		"an assignment":                  {text: "GITLAB_TOKEN=glpat-abc", code: setup.TokenForm, says: "NAME=token"},
		"an assignment of a shell":       {text: "export GITLAB_TOKEN='glpat-abc'", code: setup.TokenForm, says: "NAME=token"},
		"an assignment of YAML":          {text: "token: glpat-abc", code: setup.TokenForm, says: "NAME=token"},
		"a header":                       {text: "PRIVATE-TOKEN: glpat-abc", code: setup.TokenForm, says: "header"},
		"a bearer":                       {text: "Bearer glpat-abc", code: setup.TokenForm, says: "header"},
		"several lines":                  {text: "glpat-abc\nglpat-def\n", code: setup.TokenForm, says: "several lines"},
		"a variable that is not there":   {text: "$GITLAB_TOKEN", code: setup.TokenForm, says: "placeholder"},
		"a masked one":                   {text: "[MASKED]", code: setup.TokenForm, says: "placeholder"},
		"an example":                     {text: "<your_access_token>", code: setup.TokenForm, says: "placeholder"},
		"UTF-16":                         {text: "\xff\xfeg\x00l\x00", code: setup.TokenForm, says: "UTF-16"},
		"a job token":                    {text: "glcbt-64_abc", code: setup.TokenKind, says: "a job token is not accepted by these endpoints"},
		"a job token of an own prefix":   {text: "acme-glcbt-64_abc", code: setup.TokenKind, says: "job token"},
		"a deploy token":                 {text: "gldt-abc", code: setup.TokenKind, says: "deploy token"},
		"an agent's token":               {text: "glagent-abc", code: setup.TokenKind, says: "agent's token"},
		"a runner's token":               {text: "glrt-abc", code: setup.TokenKind, says: "runner's token"},
		"a GitHub token":                 {text: "ghp_abc", code: setup.TokenKind, says: "GitHub"},
		"letters that no token has":      {text: "glpat-äbc", code: setup.TokenForm, says: "holds no token"},
		"a token with white space in it": {text: "glpat-abc def", code: setup.TokenForm, says: "holds no token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			token, p := setup.CheckToken(c.text, "GITLAB_TOKEN")
			assert.Equal(t, c.token, token)
			if c.code == "" {
				require.Nil(t, p)
				return
			}
			require.NotNil(t, p)
			assert.Equal(t, c.code, p.Code)
			assert.Contains(t, p.Error(), "GITLAB_TOKEN "+strings.SplitN(p.Means, " ", 3)[1])
			assert.Contains(t, p.Error(), c.says)
		})
	}
}

func TestWhatAProjectMayLookLike(t *testing.T) {
	t.Parallel()
	for text, c := range map[string]struct{ code, do string }{
		"20":             {},
		"root/test":      {},
		"a/b/c.d_e-f":    {},
		"":               {setup.ProjectMissing, "group/project"},
		"test":           {setup.ProjectForm, "group/test"},
		"/root/test":     {setup.ProjectForm, "--project root/test."},
		"/test":          {setup.ProjectForm, "group/test"},
		"root/test/":     {setup.ProjectForm, "--project root/test."},
		"root%2Ftest":    {setup.ProjectForm, "--project root/test."},
		"root%2ftest":    {setup.ProjectForm, "--project root/test."},
		"root/test.git":  {setup.ProjectForm, "--project root/test."},
		" root/test":     {setup.ProjectForm, "--project root/test."},
		"root/test/-/ci": {setup.ProjectForm, "--project root/test."},
		"https://gitlab.example.com/sub/root/test":                        {setup.ProjectForm, "--project root/test."},
		"https://gitlab.example.com/sub/root/test/-/settings/ci_cd":       {setup.ProjectForm, "--project root/test."},
		"https://gitlab.example.com/sub/api/v4/projects/root%2Ftest":      {setup.ProjectForm, "--project root/test."},
		"https://other.example.com/group/sub/test.git":                    {setup.ProjectForm, "--project group/sub/test."},
		"git@gitlab.example.com:root/test.git":                            {setup.ProjectForm, "--project root/test."},
		"ssh://git@gitlab.example.com:2222/root/test.git":                 {setup.ProjectForm, "--project root/test."},
		"https://oauth2:secret@gitlab.example.com/sub/root/test.git#note": {setup.ProjectForm, "--project root/test."},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			p := setup.CheckProject(text, "--project", "https://gitlab.example.com/sub")
			if c.code == "" {
				require.Nil(t, p)
				return
			}
			require.NotNil(t, p)
			assert.Equal(t, c.code, p.Code)
			assert.Contains(t, p.Do, c.do)
		})
	}
}

// scripted answers by the path: status, a space, and the body. A token's own answer goes before, with its name and a
// space in front of the path. What is not there is GitLab's 404 for no route.
type scripted map[string]string

func (s scripted) Ask(_ context.Context, token, method, path string) (*wire.Exchange, error) {
	path, _, _ = strings.Cut(path, "?")
	answer, ok := s[token+" "+path]
	if !ok {
		if answer, ok = s[path]; !ok {
			answer = `404 {"error":"404 Not Found"}`
		}
	}
	if answer == "lost" {
		return nil, errors.New("connection refused")
	}
	u, err := url.Parse("http://gitlab.example.com/api/v4" + path)
	if err != nil {
		return nil, err
	}
	status, body, _ := strings.Cut(answer, " ")
	header := http.Header{"Content-Type": {"application/json"}}
	if status == "301" || status == "302" {
		header.Set("Location", body)
		body = ""
	}
	code := 0
	for _, digit := range status {
		code = code*10 + int(digit-'0')
	}
	return &wire.Exchange{
		Request:  wire.Request{Method: method, URL: u},
		Response: &wire.Response{StatusCode: code, Header: header, Body: []byte(body)},
	}, nil
}

// with are the answers of a healthy GitLab, some of them replaced.
func with(pairs ...string) scripted {
	s := scripted{
		"/metadata":                            `200 {"version":"19.1.0-ee","revision":"abc","enterprise":true}`,
		"/personal_access_tokens/self":         `200 {"id":1,"name":"ci","scopes":["api"],"active":true,"revoked":false,"expires_at":"2027-01-31"}`,
		"/projects/root%2Ftest":                project(40),
		"/projects/root%2Ftest/cluster_agents": `200 []`,
	}
	for i := 0; i < len(pairs); i += 2 {
		s[pairs[i]] = pairs[i+1]
	}
	return s
}

// everywhere is a server that answers everything alike.
func everywhere(answer string) scripted {
	return with("/metadata", answer, "/version", answer, "/user", answer, "/personal_access_tokens/self", answer, projectPath, answer, agents, answer)
}

func project(level int) string {
	access := map[int]string{0: "null", 10: "10", 20: "20", 30: "30", 40: "40", 50: "50"}[level]
	if access != "null" {
		access = `{"access_level":` + access + `,"notification_level":3}`
	}
	return `200 {"id":20,"path_with_namespace":"root/test","visibility":"private","archived":false,"permissions":{"project_access":null,"group_access":` + access + `}}`
}

const (
	noProject   = `404 {"message":"404 Project Not Found"}`
	noAgents    = `404 {"message":"404 ClusterAgents Not Found"}`
	unknown     = `401 {"message":"401 Unauthorized"}`
	noScope     = `403 {"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api read_api"}`
	granular    = `403 {"error":"insufficient_granular_scope","error_description":"Access denied: Your Personal Access Token lacks the required permissions: [read_metadata]."}`
	nginx403    = `403 <html><head><title>403 Forbidden</title></head><body><hr><center>nginx</center></body></html>`
	nginx404    = `404 <html><head><title>404 Not Found</title></head><body><hr><center>nginx</center></body></html>`
	agents      = "/projects/root%2Ftest/cluster_agents"
	projectPath = "/projects/root%2Ftest"
)

func TestWhyACheckCannotBegin(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		gitlab scripted
		change func(in *setup.Input)
		code   string
		says   []string
	}{
		"no token":       {gitlab: with(), change: func(in *setup.Input) { in.Tokens = nil }, code: setup.TokenMissing, says: []string{"GITLAB_TOKEN", "--token-file"}},
		"an unknown one": {gitlab: with("/metadata", unknown), code: setup.TokenUnknown, says: []string{`: 401 "401 Unauthorized"`}},
		"a revoked one": {
			gitlab: with("/metadata", `401 {"error":"invalid_token","error_description":"Token was revoked. You have to re-authorize from the user."}`),
			code:   setup.TokenRevoked, says: []string{"was revoked", "Token was revoked. You have to"},
		},
		"DPoP": {
			gitlab: with("/metadata", `401 {"error":"dpop_error","error_description":"DPoP validation error: DPoP header is missing"}`),
			code:   setup.TokenDPoP, says: []string{"DPoP header is missing", "Turn DPoP off"},
		},
		"a scope that reads": {
			gitlab: with("/personal_access_tokens/self", `200 {"id":1,"scopes":["read_api"],"revoked":false,"expires_at":null}`),
			code:   setup.TokenScope, says: []string{"read_api, not api", "--read-only"},
		},
		"another scope": {
			gitlab: with("/personal_access_tokens/self", `200 {"id":1,"scopes":["read_repository"],"revoked":false,"expires_at":null}`),
			change: func(in *setup.Input) { in.ReadOnly = true }, code: setup.TokenScope, says: []string{"read_repository, not api"},
		},
		"no scope, on an old release": {
			gitlab: with("/metadata", noScope, "/version", noScope, "/personal_access_tokens/self", noScope, projectPath, noScope, agents, noScope),
			code:   setup.TokenScope, says: []string{"higher privileges"},
		},
		"a blocked account": {
			gitlab: with("/metadata", `403 {"message":"403 Forbidden - Your account has been blocked."}`),
			code:   setup.AccountBlocked, says: []string{"Your account has been blocked."},
		},
		"an account that waits for approval": {
			gitlab: with("/metadata", `403 {"message":"403 Forbidden - Your account is pending approval from your administrator and hence blocked."}`),
			code:   setup.AccountBlocked, says: []string{"pending approval"},
		},
		"terms": {
			gitlab: with("/metadata", `403 {"message":"403 Forbidden - You (@jo) must accept the Terms of Service in order to perform this action. To accept these terms, please access GitLab from a web browser at http://gitlab.example.com."}`),
			code:   setup.AccountTerms, says: []string{"has not accepted", "@jo"},
		},
		"a password": {
			gitlab: with("/metadata", `403 {"message":"403 Forbidden - Your password expired. Please access GitLab from a web browser to update your password."}`),
			code:   setup.AccountPassword, says: []string{"Your password expired."},
		},
		"a SAML session": {
			gitlab: with(projectPath, `403 {"message":"403 Forbidden - Your SAML session has expired. Please sign in again."}`),
			code:   setup.AccountSAML, says: []string{"single sign-on"},
		},
		"a project that is not seen": {
			gitlab: with(projectPath, noProject), code: setup.ProjectUnknown, says: []string{"has no project root/test", "404 Project Not Found", "member"},
		},
		"a group": {
			gitlab: with(projectPath, noProject, "/groups/root%2Ftest", `200 {"id":3,"full_path":"root/test"}`),
			code:   setup.ProjectIsGroup, says: []string{"root/test is a group", "root/test/project"},
		},
		"a project that has moved": {
			gitlab: with(projectPath, "301 http://gitlab.example.com/api/v4/projects/20", "/projects/20", strings.Replace(project(40), "root/test", "root/new", 1)),
			code:   setup.ProjectMoved, says: []string{"has moved to root/new", "--project root/new"},
		},
		"an archived project": {
			gitlab: with(projectPath, strings.Replace(project(40), `"archived":false`, `"archived":true`, 1)), code: setup.ProjectArchived, says: []string{"archived", "--read-only"},
		},
		"a role that sees no agents": {
			gitlab: with(projectPath, project(20), agents, noAgents), code: setup.RoleTooLow, says: []string{"a reporter in root/test", "404 ClusterAgents Not Found"},
		},
		"a role that sees no agents, on an old release": {
			gitlab: with(projectPath, project(20), agents, `403 {"message":"403 Forbidden"}`), code: setup.RoleTooLow, says: []string{"a reporter in root/test"},
		},
		"a proxy that unescapes slashes": {
			gitlab: with(projectPath, `404 {"error":"404 Not Found"}`, agents, `404 {"error":"404 Not Found"}`),
			code:   setup.PathDecoded, says: []string{"unescapes", "AllowEncodedSlashes NoDecode", "id works"},
		},
		"a release without agents": {
			gitlab: with("/metadata", `404 {"error":"404 Not Found"}`, "/version", `200 {"version":"14.8.2-ee","revision":"abc"}`, agents, `404 {"error":"404 Not Found"}`),
			code:   setup.ReleaseTooOld, says: []string{"14.8.2-ee", "14.10"},
		},
		"the same project twice":                  {gitlab: with(), change: func(in *setup.Input) { in.OtherProject = "Root/Test" }, code: setup.ProjectTwice, says: []string{"the project itself"}},
		"the same project, once by its id":        {gitlab: with("/projects/20", project(40)), change: func(in *setup.Input) { in.OtherProject = "20" }, code: setup.ProjectTwice, says: []string{"root/test"}},
		"another project that is not seen":        {gitlab: with("/projects/a%2Fb", noProject), change: func(in *setup.Input) { in.OtherProject = "a/b" }, code: setup.ProjectUnknown, says: []string{"has no project a/b"}},
		"another project without its group":       {gitlab: with(), change: func(in *setup.Input) { in.OtherProject = "b" }, code: setup.ProjectForm, says: []string{"--other-project"}},
		"a redirect to a sign-in page":            {gitlab: with("/metadata", "302 https://sso.example.com/login?x=y"), code: setup.SignIn, says: []string{"a sign-in stands in front of GitLab", "redirects to https://sso.example.com/login"}},
		"a redirect to GitLab's sign-in page":     {gitlab: with("/metadata", "302 /users/sign_in"), code: setup.SignIn, says: []string{"http://gitlab.example.com/users/sign_in"}},
		"a redirect to another host":              {gitlab: with("/metadata", "301 http://git.example.com/sub/api/v4/metadata"), code: setup.Redirects, says: []string{"Give the URL http://git.example.com/sub instead."}},
		"another API":                             {gitlab: with("/metadata", `404 {"message":"Not Found","documentation_url":"https://docs.github.com/rest"}`), code: setup.NotGitLab, says: []string{"GitHub"}},
		"a server that says {} to all":            {gitlab: with("/metadata", "200 {}", "/version", "200 {}", "/personal_access_tokens/self", "200 {}", projectPath, "200 {}", agents, "200 {}"), code: setup.NotGitLab, says: []string{"answers as a GitLab does"}},
		"a gateway that wraps what GitLab says":   {gitlab: with("/metadata", `200 {"status":200,"data":{"version":"19.1.0"}}`, "/version", "200 {}", "/personal_access_tokens/self", "200 {}", projectPath, "200 {}", agents, `200 {"status":200,"data":[]}`), code: setup.InBetween, says: []string{"a list inside a JSON object (data, status)", "as they are"}},
		"a sign-in page of GitLab":                {gitlab: with("/metadata", `200 <!DOCTYPE html><html><head><title>Sign in · GitLab</title></head></html>`), code: setup.SignIn, says: []string{"GitLab's sign-in page answers", "relative root"}},
		"a gateway with little to say":            {gitlab: with("/metadata", `401 {"message":"Unauthorized"}`), code: setup.InBetween, says: []string{"hardly GitLab's", `401 "Unauthorized"`}},
		"an empty 403 to everything":              {gitlab: with("/metadata", "403 ", "/version", "403 ", "/personal_access_tokens/self", "403 ", projectPath, "403 ", agents, "403 "), code: setup.InBetween, says: []string{"hardly GitLab's"}},
		"a wrong relative root":                   {gitlab: with("/metadata", `404 <!DOCTYPE html><html><head><title>The page you're looking for could not be found (404)</title></head></html>`), code: setup.NotGitLab, says: []string{"web page of GitLab", "relative root"}},
		"a web server without GitLab":             {gitlab: everywhere(nginx404), code: setup.NotGitLab, says: []string{"nginx", "Check the URL"}},
		"a proxy that lets nothing pass":          {gitlab: everywhere(nginx403), code: setup.InBetween, says: []string{"something in between answered GET /api/v4/metadata", "nginx"}},
		"a challenge that says 503":               {gitlab: with("/metadata", `503 <html><head><title>Just a moment...</title></head></html>`), code: setup.InBetween, says: []string{"challenge"}},
		"an address that is not allowed":          {gitlab: with(agents, `403 {"message":"403 Forbidden - Your IP address is not allowed"}`, projectPath, project(0)), code: setup.AddressRefused, says: []string{"Your IP address is not allowed"}},
		"a server that is down":                   {gitlab: with("/metadata", "502 bad", "/version", "502 bad", projectPath, "502 bad"), code: setup.NoAnswer, says: []string{"502"}},
		"a GitLab that fails to show the project": {gitlab: with(projectPath, `500 {"message":"500 Internal Server Error"}`), code: setup.NoAnswer, says: []string{"500 Internal Server Error"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := input()
			if c.change != nil {
				c.change(&in)
			}
			_, err := setup.Find(t.Context(), c.gitlab, in)
			var p *setup.Problem
			require.ErrorAs(t, err, &p)
			assert.Equal(t, c.code, p.Code, p.Error())
			for _, text := range c.says {
				assert.Contains(t, p.Error(), text)
			}
			assert.LessOrEqual(t, strings.Count(p.Error(), "\n"), 1)
		})
	}
}

func TestWhatEndsNoCheck(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		gitlab scripted
		change func(in *setup.Input)
		want   func(t *testing.T, g *setup.Ground)
	}{
		"a healthy GitLab": {gitlab: with(), want: func(t *testing.T, g *setup.Ground) {
			assert.Equal(t, "19.1.0-ee", g.Release)
			assert.Equal(t, "ee", g.Edition)
			assert.Equal(t, setup.Project{ID: 20, Path: "root/test", Visibility: "private", Known: true}, g.Project)
			assert.Equal(t, setup.Role{AccessLevel: 40, Lists: true}, g.Roles[setup.Maintainer])
			assert.Equal(t, []string{"api"}, g.Scopes)
			assert.Equal(t, "2027-01-31", g.Expires.Format("2006-01-02"))
		}},
		"a proxy that hides the release": {
			gitlab: with("/metadata", nginx403, "/version", nginx403),
			want:   func(t *testing.T, g *setup.Ground) { assert.Empty(t, g.Release); assert.True(t, g.Project.Known) },
		},
		"a proxy that hides the release as if it was not there": {
			gitlab: with("/metadata", nginx404, "/version", nginx404),
			want:   func(t *testing.T, g *setup.Ground) { assert.Empty(t, g.Release); assert.True(t, g.Project.Known) },
		},
		"a proxy that hides half of what tells the release": {
			gitlab: with("/metadata", nginx403, "/version", `200 {"version":"18.5.0-ee","revision":"abc"}`),
			want:   func(t *testing.T, g *setup.Ground) { assert.Equal(t, "18.5.0-ee", g.Release) },
		},
		"an old release without /metadata": {
			gitlab: with("/metadata", `404 {"error":"404 Not Found"}`, "/version", `200 {"version":"14.10.0","revision":"abc"}`, "/personal_access_tokens/self", `404 {"error":"404 Not Found"}`),
			want: func(t *testing.T, g *setup.Ground) {
				assert.Equal(t, "14.10.0", g.Release)
				assert.Empty(t, g.Edition)
				assert.Nil(t, g.Scopes)
			},
		},
		"a fine-grained token that may not read the release": {
			gitlab: with("/metadata", granular, "/version", granular, "/personal_access_tokens/self", granular),
			want:   func(t *testing.T, g *setup.Ground) { assert.Empty(t, g.Release); assert.True(t, g.Project.Known) },
		},
		"a fine-grained token": {
			gitlab: with("/personal_access_tokens/self", `200 {"id":1,"scopes":["granular"],"revoked":false}`),
			want:   func(t *testing.T, g *setup.Ground) { assert.Equal(t, []string{"granular"}, g.Scopes) },
		},
		"an OAuth token": {
			gitlab: with("/personal_access_tokens/self", unknown),
			want:   func(t *testing.T, g *setup.Ground) { assert.True(t, g.Roles[setup.Maintainer].Lists) },
		},
		"a server that does not show projects": {
			gitlab: with(projectPath, `404 {"error":"404 Not Found"}`),
			want: func(t *testing.T, g *setup.Ground) {
				assert.Equal(t, setup.Project{Path: "root/test"}, g.Project)
				assert.True(t, g.Roles[setup.Maintainer].Lists)
			},
		},
		"an archived project is read": {
			gitlab: with(projectPath, strings.Replace(project(40), `"archived":false`, `"archived":true`, 1)),
			change: func(in *setup.Input) { in.ReadOnly = true },
			want:   func(t *testing.T, g *setup.Ground) { assert.True(t, g.Project.Archived) },
		},
		"a token that reads, for a run that reads": {
			gitlab: with("/personal_access_tokens/self", `200 {"id":1,"scopes":["read_api"],"revoked":false}`),
			change: func(in *setup.Input) { in.ReadOnly = true },
			want:   func(t *testing.T, g *setup.Ground) { assert.Equal(t, []string{"read_api"}, g.Scopes) },
		},
		"a broken list is for the rules": {
			gitlab: with(agents, `500 {"message":"500 Internal Server Error"}`),
			want:   func(t *testing.T, g *setup.Ground) { assert.False(t, g.Roles[setup.Maintainer].Lists) },
		},
		"a list that denies the project is for the rules": {
			gitlab: with(agents, noProject),
			want:   func(t *testing.T, g *setup.Ground) { assert.False(t, g.Roles[setup.Maintainer].Lists) },
		},
		"a maintainer who sees no agents is for the rules": {
			gitlab: with(agents, noAgents),
			want:   func(t *testing.T, g *setup.Ground) { assert.False(t, g.Roles[setup.Maintainer].Lists) },
		},
		"an archived other project": {
			gitlab: with("/projects/a%2Fb", `200 {"id":21,"path_with_namespace":"a/b","visibility":"private","archived":true,"permissions":{}}`),
			change: func(in *setup.Input) { in.OtherProject = "a/b" },
			want: func(t *testing.T, g *setup.Ground) {
				assert.Nil(t, g.Other)
				require.NotNil(t, g.OtherProblem)
				assert.Contains(t, g.OtherProblem.Error(), "a/b is archived")
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := input()
			if c.change != nil {
				c.change(&in)
			}
			g, err := setup.Find(t.Context(), c.gitlab, in)
			require.NoError(t, err)
			c.want(t, g)
		})
	}
}

func TestNoAnswerIsNoProblemOfTheSetUp(t *testing.T) {
	t.Parallel()
	_, err := setup.Find(t.Context(), with("/metadata", "lost"), input())
	var p *setup.Problem
	require.Error(t, err)
	assert.False(t, errors.As(err, &p), err)
}

func TestTheRolesOfTokens(t *testing.T) {
	t.Parallel()
	const admin = `200 {"id":1,"username":"root","name":"R","state":"active","locked":false,"is_admin":true}`
	for name, c := range map[string]struct {
		role, token string
		gitlab      scripted
		code, says  string
	}{
		"a developer":                                 {role: setup.Developer, gitlab: with("t "+projectPath, project(30))},
		"a maintainer in a developer's place":         {role: setup.Developer, gitlab: with("t "+projectPath, project(40)), code: setup.RoleTooHigh, says: "GITLAB_DEVELOPER_TOKEN is the token of a maintainer in root/test, not of a developer"},
		"a reporter in a developer's place":           {role: setup.Developer, gitlab: with("t "+projectPath, project(20), "t "+agents, noAgents), code: setup.RoleTooLow, says: "a reporter"},
		"a developer who is refused is for the rules": {role: setup.Developer, gitlab: with("t "+projectPath, project(30), "t "+agents, noAgents)},
		"a developer through a shared group":          {role: setup.Developer, gitlab: with("t "+projectPath, project(0), "t /user", `200 {"id":5,"username":"d","name":"d","state":"active","locked":false}`)},
		"an administrator in a developer's place":     {role: setup.Developer, gitlab: with("t "+projectPath, project(0), "t /user", admin), code: setup.TokenAdmin, says: "an administrator"},
		"a guest": {role: setup.Guest, gitlab: with("t "+projectPath, project(10), "t "+agents, noAgents)},
		"a guest who sees agents is for the rules":           {role: setup.Guest, gitlab: with("t "+projectPath, project(10), "t /user", unknown)},
		"a guest whom only the list of agents calls unknown": {role: setup.Guest, gitlab: with("t "+projectPath, project(10), "t "+agents, unknown)},
		"a token that is not taken for one, in a public project": {role: setup.Stranger, gitlab: with("t "+projectPath, `200 {"id":20,"path_with_namespace":"root/test","visibility":"public"}`, "t "+agents, unknown),
			code: setup.TokenUnknown, says: "GITLAB_STRANGER_TOKEN"},
		"a developer in a guest's place":               {role: setup.Guest, gitlab: with("t "+projectPath, project(30)), code: setup.RoleTooHigh, says: "a developer in root/test, not of a guest, planner or reporter"},
		"nobody in a guest's place":                    {role: setup.Guest, gitlab: with("t "+projectPath, noProject, "t "+agents, noProject), code: setup.RoleTooLow, says: "somebody who is not a member"},
		"a stranger":                                   {role: setup.Stranger, gitlab: with("t "+projectPath, noProject, "t "+agents, noProject)},
		"a guest in a stranger's place":                {role: setup.Stranger, gitlab: with("t "+projectPath, project(10), "t "+agents, noAgents), code: setup.RoleTooHigh, says: "a guest in root/test, not of somebody who is not a member"},
		"a reader":                                     {role: setup.Reader, gitlab: with("t /personal_access_tokens/self", `200 {"id":2,"scopes":["read_api"],"revoked":false}`)},
		"a reader who may write":                       {role: setup.Reader, gitlab: with(), code: setup.TokenScope, says: "GITLAB_READER_TOKEN has the scopes api, not read_api alone"},
		"an expired token in its place":                {role: setup.Expired, gitlab: with("t /personal_access_tokens/self", `401 {"error":"invalid_token","error_description":"Token is expired. You can either do re-authorization or token refresh."}`)},
		"a revoked token in an expired one's place":    {role: setup.Expired, gitlab: with("t /personal_access_tokens/self", `401 {"error":"invalid_token","error_description":"Token was revoked. You have to re-authorize from the user."}`), code: setup.TokenRevoked, says: "is to have expired, but the access token was revoked"},
		"a good token in an expired one's place":       {role: setup.Expired, gitlab: with("t /personal_access_tokens/self", `200 {"id":3,"scopes":["api"],"revoked":false,"active":true,"expires_at":"2999-01-31"}`), code: setup.TokenWorks, says: "has not expired"},
		"an expired token that works is for the rules": {role: setup.Expired, gitlab: with("t /personal_access_tokens/self", `200 {"id":3,"scopes":["api"],"revoked":false,"active":true,"expires_at":"2020-01-31"}`)},
		"an expired token that is not known":           {role: setup.Expired, gitlab: with("t /personal_access_tokens/self", unknown), code: setup.TokenUnknown, says: "nothing shows that GITLAB_EXPIRED_TOKEN has expired"},
		"an expired token":                             {role: setup.Guest, gitlab: with("t "+projectPath, `401 {"error":"invalid_token","error_description":"Token is expired. You can either do re-authorization or token refresh."}`), code: setup.TokenExpired, says: "GITLAB_GUEST_TOKEN: the access token has expired"},
		"an unknown token":                             {role: setup.Stranger, gitlab: with("t "+projectPath, unknown), code: setup.TokenUnknown, says: "GITLAB_STRANGER_TOKEN"},
		"a job token":                                  {role: setup.Developer, token: "glcbt-x", gitlab: with(), code: setup.TokenKind, says: "GITLAB_DEVELOPER_TOKEN holds the pipeline's job token"},
		"the maintainer's token again":                 {role: setup.Developer, token: "glpat-maintainer", gitlab: with(), code: setup.TokenTwice, says: "GITLAB_DEVELOPER_TOKEN holds the same token as GITLAB_TOKEN"},
		"a server that does not show projects":         {role: setup.Stranger, gitlab: with(projectPath, `404 {"error":"404 Not Found"}`, "t "+agents, noProject)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := input()
			in.Tokens[c.role] = "t"
			if c.token != "" {
				in.Tokens[c.role] = c.token
			}
			g, err := setup.Find(t.Context(), c.gitlab, in)
			require.NoError(t, err)
			p := g.Roles[c.role].Problem
			if c.code == "" {
				require.Nil(t, p)
				return
			}
			require.NotNil(t, p)
			assert.Equal(t, c.code, p.Code)
			assert.Contains(t, p.Error(), c.says)
		})
	}
}

func TestTheFakeIsAGroundInEveryRelease(t *testing.T) {
	t.Parallel()
	for _, release := range []string{"14.10", "15.0", "15.2", "15.7", "16.0", "16.7", "17.4", "18.6", "19.1"} {
		t.Run(release, func(t *testing.T) {
			t.Parallel()
			var asked []string
			in := input()
			in.OtherProject = "root/other"
			for _, role := range []string{setup.Developer, setup.Guest, setup.Stranger} {
				in.Tokens[role] = "glpat-" + role
			}
			g, err := setup.Find(t.Context(), over{gitlab(t, fakegitlab.Version(release)), &asked}, in)
			require.NoError(t, err)
			assert.True(t, strings.HasPrefix(g.Release, release), g.Release)
			assert.Equal(t, int64(20), g.Project.ID)
			assert.Equal(t, int64(21), g.Other.ID)
			assert.Equal(t, 40, g.Roles[setup.Maintainer].AccessLevel)
			assert.Equal(t, 30, g.Roles[setup.Developer].AccessLevel)
			assert.Equal(t, 10, g.Roles[setup.Guest].AccessLevel)
			for role, found := range g.Roles {
				assert.Nil(t, found.Problem, role)
			}
			for _, request := range asked {
				assert.True(t, strings.HasPrefix(request, "GET "), request)
			}
			assert.LessOrEqual(t, len(asked), 13, asked)
		})
	}
}

func TestARefusedWriteIsExplained(t *testing.T) {
	t.Parallel()
	in := input()
	in.Tokens[setup.Maintainer] = "glpat-developer"
	asker := over{gitlab: gitlab(t)}
	g, err := setup.Find(t.Context(), asker, in)
	require.NoError(t, err)
	x := asker.send(t.Context(), "glpat-developer", "POST", agents, "name=a")
	p := g.ReadRefusal(x)
	require.NotNil(t, p)
	assert.Equal(t, setup.RoleTooLow, p.Code)
	assert.Equal(t, "the token is that of a developer in root/test, and only maintainers may change agents: 403 \"403 Forbidden\"\nGive a maintainer's token, or use --read-only, which creates and deletes nothing.", p.Error())
	assert.Equal(t, setup.Forbidden, setup.ReadRefusal(x).Code, "without the ground nobody knows why")
}

func TestAFeatureThatIsTurnedOffExplainsARefusal(t *testing.T) {
	t.Parallel()
	for _, feature := range []string{"repository", "infrastructure"} {
		for level, off := range map[string]bool{"disabled": true, "private": false, "enabled": false} {
			told := fmt.Sprintf(`"archived":false,"%s_access_level":%q`, feature, level)
			answers := with(projectPath, strings.Replace(project(40), `"archived":false`, told, 1), agents, `403 {"message":"403 Forbidden"}`)
			in := input()
			g, err := setup.Find(t.Context(), with(projectPath, answers[projectPath]), in)
			require.NoError(t, err)
			x, err := answers.Ask(t.Context(), "", "POST", agents)
			require.NoError(t, err)
			p := g.ReadRefusal(x)
			require.NotNil(t, p)
			assert.Equal(t, off, strings.Contains(p.Error(), "the "+feature+" of root/test is turned off"), p.Error())
			assert.Equal(t, !off, g.MayChange())
		}
	}
}

func TestOrdinaryAnswersAreNoRefusals(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{
		`200 []`, `201 {"id":1}`, `204 `, `304 `, `400 {"error":"name is missing"}`, `404 {"message":"404 Not found"}`, `412 {"message":"412 Precondition Failed"}`,
		`429 Retry later`, `500 {"message":"500 Internal Server Error"}`,
	} {
		x, err := scripted{agents + "/1": answer}.Ask(t.Context(), "", "GET", agents+"/1")
		require.NoError(t, err)
		assert.Nil(t, setup.ReadRefusal(x), answer)
	}
	assert.Nil(t, setup.ReadRefusal(&wire.Exchange{Err: errors.New("reset")}))
}

func FuzzReadRefusal(f *testing.F) {
	f.Add(403, "POST", "", []byte(`{"message":"403 Forbidden"}`))
	f.Add(404, "GET", "", []byte(noProject))
	f.Add(301, "GET", "https://u:p@sso.example.com/?x=y", []byte(""))
	f.Add(200, "GET", "", []byte("<html>"))
	f.Add(403, "GET", "", []byte("{\"error\":\"insufficient_granular_scope\",\"error_description\":\"lacks the required permissions: [a\\n] for \\\"b\"}"))
	f.Fuzz(func(t *testing.T, status int, method, location string, body []byte) {
		u := &url.URL{Scheme: "http", Host: "gitlab.example.com", Path: "/api/v4/projects/1/cluster_agents"}
		x := &wire.Exchange{
			Request:  wire.Request{Method: method, URL: u},
			Response: &wire.Response{StatusCode: status, Header: http.Header{"Location": {location}}, Body: body},
		}
		p := setup.ReadRefusal(x)
		if p == nil {
			return
		}
		if strings.ContainsAny(p.Means+p.Said+p.Do, "\r\n\x1b") {
			t.Errorf("%q has more than two lines", p.Error())
		}
		if p.Code == "" || p.Means == "" || p.Do == "" {
			t.Errorf("a problem without a cause or a cure: %+v", p)
		}
	})
}
