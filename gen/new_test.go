package gen_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/generated/clusteragents"
)

func TestProjectPathIsOneSegmentUnderAnyRoot(t *testing.T) {
	t.Parallel()
	var asked string
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.RequestURI
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(agentJSON))
	}))
	t.Cleanup(web.Close)

	for base, root := range map[string]string{
		"":                  "",
		"/":                 "",
		"/api/v4":           "",
		"/api/v4/":          "",
		"/gitlab":           "/gitlab",
		"/gitlab/":          "/gitlab",
		"/gitlab//":         "/gitlab",
		"/gitlab/api/v4":    "/gitlab",
		"/gitlab/api/v4//":  "/gitlab",
		"/a/b/api/v4/":      "/a/b",
		"/git%20lab%2Fx/":   "/git%20lab%2Fx",
		"/gitlab/api/v4/no": "/gitlab/api/v4/no",
	} {
		gitlab, err := clusteragents.New(web.URL + base)
		require.NoError(t, err, base)
		_, err = gitlab.GetAgent(t.Context(), clusteragents.ProjectPath("root/sub group/projekt ü"), 5)
		require.NoError(t, err, base)
		assert.Equal(t, root+"/api/v4/projects/root%2Fsub%20group%2Fprojekt%20%C3%BC/cluster_agents/5", asked, base)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	const password = "canary-password"
	good := "https://gitlab.example.com"
	for name, test := range map[string]struct {
		url     string
		options []clusteragents.Option
		want    string
	}{
		"nothing":           {url: "", want: "the base URL has to begin with https:// or http://"},
		"no scheme":         {url: "gitlab.example.com", want: "has to begin with https:// or http://"},
		"a port, no scheme": {url: "gitlab.example.com:8080", want: "base URL"},
		"a path":            {url: "/gitlab", want: "has to begin with https:// or http://"},
		"another scheme":    {url: "ftp://gitlab.example.com", want: "has to begin with https:// or http://"},
		"no host":           {url: "https:///gitlab", want: "names no host"},
		"only a port":       {url: "https://:8080", want: "names no host"},
		"opaque":            {url: "https:gitlab.example.com", want: "names no host"},
		"user":              {url: "https://root@gitlab.example.com", want: "holds credentials"},
		"password":          {url: "https://root:" + password + "@gitlab.example.com", want: "holds credentials"},
		"broken password":   {url: "https://root:" + password + "%@gitlab.example.com", want: "cannot be parsed"},
		"password as port":  {url: "https://root:" + password, want: "cannot be parsed"},
		"query":             {url: good + "?private_token=" + password, want: "has a query"},
		"empty query":       {url: good + "?", want: "has a query"},
		"fragment":          {url: good + "#" + password, want: "has a fragment"},
		"empty fragment":    {url: good + "#", want: "has a fragment"},
		"space":             {url: " " + good, want: "cannot be parsed"},
		"control character": {url: good + "\n", want: "cannot be parsed"},

		"empty private token": {good, []clusteragents.Option{clusteragents.PrivateToken("")}, "PrivateToken: the token is empty"},
		"empty bearer token":  {good, []clusteragents.Option{clusteragents.BearerToken("")}, "BearerToken: the token is empty"},
		"token with a line break": {
			good, []clusteragents.Option{clusteragents.PrivateToken(password + "\n")},
			"byte 16 of the token's 16 is a space, a line break or no ASCII",
		},
		"token with an umlaut": {good, []clusteragents.Option{clusteragents.BearerToken(password + "ü")}, "no ASCII"},
		"two tokens": {
			good, []clusteragents.Option{clusteragents.PrivateToken(password), clusteragents.BearerToken(password)},
			"BearerToken: there is a token already",
		},
		"nil HTTP client": {good, []clusteragents.Option{clusteragents.HTTPClient(nil)}, "HTTPClient: the client is nil"},
		"user agent":      {good, []clusteragents.Option{clusteragents.UserAgent("a\r\nb")}, "UserAgent"},
		"no attempt":      {good, []clusteragents.Option{clusteragents.MaxAttempts(0)}, "MaxAttempts: 0 is less than 1"},
		"negative wait":   {good, []clusteragents.Option{clusteragents.MaxWait(-time.Second)}, "MaxWait: -1s is negative"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gitlab, err := clusteragents.New(test.url, test.options...)
			assert.Nil(t, gitlab)
			require.ErrorContains(t, err, test.want)
			assert.True(t, strings.HasPrefix(err.Error(), "clusteragents: "), err)
			assert.NotContains(t, err.Error(), password)
		})
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	transport := with(200, agentJSON)
	client := &http.Client{Transport: transport, Timeout: time.Hour}

	gitlab, err := clusteragents.New("https://gitlab.example.com", nil, clusteragents.HTTPClient(client),
		clusteragents.BearerToken(secret), clusteragents.UserAgent("test/1.0"))
	require.NoError(t, err)
	_, err = gitlab.GetAgent(t.Context(), project, 5)
	require.NoError(t, err)

	assert.Nil(t, client.CheckRedirect, "the caller's client is not changed")
	header := transport.requests[0].Header
	assert.Equal(t, "Bearer "+secret, header.Get("Authorization"))
	assert.Empty(t, header.Get("PRIVATE-TOKEN"))
	assert.Equal(t, "test/1.0", header.Get("User-Agent"))
}

func TestHeadersOfOneRequestDoNotReachTheNext(t *testing.T) {
	t.Parallel()
	transport := with(200, agentJSON)
	gitlab := connect(t, transport)
	for range 2 {
		_, err := gitlab.GetAgent(t.Context(), project, 5)
		require.NoError(t, err)
		assert.Empty(t, transport.requests[transport.count()-1].Header.Get("Trace"))
		transport.requests[transport.count()-1].Header.Set("Trace", "as a transport might")
	}
}

func TestProjectsThatCannotBe(t *testing.T) {
	t.Parallel()
	var none clusteragents.Project
	for project, want := range map[clusteragents.Project]string{
		none:                                       "no project is given",
		clusteragents.ProjectPath(""):              "no project is given",
		clusteragents.ProjectPath("test"):          `"test" is neither a project's id nor its full path`,
		clusteragents.ProjectPath("root%2Ftest"):   "unescaped",
		clusteragents.ProjectPath("/root/test"):    "no part of it may be empty or dots",
		clusteragents.ProjectPath("root/test/"):    "no part of it may be empty or dots",
		clusteragents.ProjectPath("root//test"):    "no part of it may be empty or dots",
		clusteragents.ProjectPath("../../version"): "no part of it may be empty or dots",
		clusteragents.ProjectPath("root/."):        "no part of it may be empty or dots",
	} {
		transport := with(200, agentJSON)
		agent, err := connect(t, transport).GetAgent(t.Context(), project, 5)
		require.ErrorContains(t, err, want, "%q", project)
		var failure *clusteragents.Error
		assert.ErrorAs(t, err, &failure)
		assert.Zero(t, agent)
		assert.Zero(t, transport.count(), "nothing is sent")
		_, err = project.MarshalText()
		assert.ErrorContains(t, err, want, "%q", project)
	}
}

func TestProject(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		project clusteragents.Project
		text    string
		id      int64
		isID    bool
	}{
		{clusteragents.ProjectID(20), "20", 20, true},
		{clusteragents.ProjectID(-1), "-1", -1, true},
		{clusteragents.ProjectPath("20"), "20", 20, true},
		{clusteragents.ProjectPath("root/test"), "root/test", 0, false},
		{clusteragents.ProjectPath("a/+20"), "a/+20", 0, false},
	} {
		assert.Equal(t, test.text, test.project.String())
		id, isID := test.project.ID()
		assert.Equal(t, test.id, id)
		assert.Equal(t, test.isID, isID)
		text, err := test.project.MarshalText()
		require.NoError(t, err)
		var again clusteragents.Project
		require.NoError(t, again.UnmarshalText(text))
		assert.Equal(t, test.project, again)
	}
}

func TestUseWithoutNewIsAnError(t *testing.T) {
	t.Parallel()
	var none *clusteragents.GitLab
	for _, gitlab := range []*clusteragents.GitLab{none, {}} {
		_, err := gitlab.GetAgent(t.Context(), project, 5)
		require.ErrorContains(t, err, "not made with New")
		for _, err := range gitlab.Agents(t.Context(), project) {
			require.ErrorContains(t, err, "not made with New")
		}
	}
	var nothing context.Context
	_, err := connect(t, with(200, agentJSON)).GetAgent(nothing, project, 5)
	require.ErrorContains(t, err, "the context is nil")
	assert.False(t, errors.Is(err, clusteragents.ErrUnexpectedResponse))
}
