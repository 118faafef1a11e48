package setup_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/internal/setup"
	"example.com/gitlab-agents/contract/wire"
)

func TestTheAddressIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ path, answer, code, says string }{
		"GitLab bans it for a while": {"/metadata", `403 Forbidden`, setup.AddressRefused, "bans one for a while"},
		"the instance allows others": {"/metadata", `403 {"message":"403 Forbidden - Your current IP address is not allowed to access this resource."}`, setup.AddressRefused, "your current IP address"},
		"the group allows others":    {projectPath, noProject, setup.ProjectUnknown, "list of IP addresses"},
		"two-factor authentication":  {"/metadata", `403 {"message":"403 Forbidden - You must set up two-factor authentication to access this group."}`, setup.AccountTwoFactor, "set it up"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := setup.Find(t.Context(), with(c.path, c.answer), input())
			var p *setup.Problem
			require.ErrorAs(t, err, &p)
			assert.Equal(t, c.code, p.Code)
			assert.Regexp(t, "(?i)"+c.says, p.Error())
		})
	}
}

func TestABodyThatIsLostOnTheWay(t *testing.T) {
	t.Parallel()
	post := func(body, answer string) *setup.Problem {
		x := &wire.Exchange{
			Request:  wire.Request{Method: http.MethodPost, URL: &url.URL{Scheme: "https", Host: "gitlab.example.com", Path: "/api/v4/projects/20/cluster_agents"}, Body: []byte(body)},
			Response: &wire.Response{StatusCode: 400, Body: []byte(answer)},
		}
		return setup.ReadRefusal(x)
	}
	p := post(`{"name":"a"}`, `{"error":"name is missing"}`)
	require.NotNil(t, p)
	assert.Equal(t, setup.BodyLost, p.Code)
	assert.Contains(t, p.Error(), "did not get the body of POST /api/v4/projects/20/cluster_agents")
	assert.Nil(t, post(`{"description":"a"}`, `{"error":"name is missing"}`))
	assert.Nil(t, post(`{"name":"A"}`, `{"message":"400 Bad request - [\"Name can contain only lowercase letters\"]"}`))
}

// byID are the answers of a GitLab behind a proxy that does something to escaped slashes, where the project is given by its
// id.
func byID(escaped string) scripted {
	s := with("/projects/20", project(40), "/projects/20/cluster_agents", `200 []`)
	s[projectPath], s["/projects/root%2Fother"], s["/projects/root%2Fother/cluster_agents"] = escaped, escaped, escaped
	return s
}

func TestTheIDWorksWhereThePathDoesNot(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ escaped, code string }{
		"the path is unescaped": {`404 {"error":"404 Not Found"}`, setup.PathDecoded},
		"the path is refused":   {"404 <!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>404 Not Found</title>\n</head></html>", setup.InBetween},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := input()
			in.Project, in.OtherProject = "20", "root/other"
			g, err := setup.Find(t.Context(), byID(c.escaped), in)
			require.NoError(t, err)
			assert.True(t, g.Project.Known)
			assert.Nil(t, g.Other)
			require.NotNil(t, g.OtherProblem)
			assert.Equal(t, c.code, g.OtherProblem.Code)
			assert.Contains(t, g.OtherProblem.Do, "NoDecode")
		})
	}
}

// Where the id is given, a judge learns from one read of the project whether its path is misread on the way.
func TestThePathIsReadOnceWhereTheIDIsGiven(t *testing.T) {
	t.Parallel()
	var asked []string
	in := input()
	in.Project = "20"
	_, err := setup.Find(t.Context(), over{gitlab: gitlab(t), paths: &asked}, in)
	require.NoError(t, err)
	assert.Contains(t, asked, "GET /projects/root%2Ftest")
}
