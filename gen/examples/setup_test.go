package clusteragents_test

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/generated/clusteragents"
)

var (
	ctx     = context.Background()
	project = clusteragents.ProjectPath("root/test")
)

// startGitLab runs a GitLab that exists only in this process. Its project root/test has the agents prod and staging.
func startGitLab(options ...fakegitlab.Option) (url string, stop func()) {
	seed := fakegitlab.DefaultSeed()
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for i := range seed.Projects {
		seed.Projects[i].Agents = nil
	}
	seed.Users[1].Tokens = append(seed.Users[1].Tokens,
		fakegitlab.SeedAccessToken{Token: "glpat-expired", Scopes: []string{"api"}, State: "expired"})
	seed.Projects[0].Agents = []fakegitlab.SeedAgent{
		{ID: 5, Name: "prod", CreatedBy: "maintainer", CreatedAt: start},
		{ID: 6, Name: "staging", CreatedBy: "maintainer", CreatedAt: start},
	}
	gitlab, err := fakegitlab.New(append([]fakegitlab.Option{fakegitlab.FromSeed(seed), fakegitlab.Version("17.4")}, options...)...)
	if err != nil {
		panic(err)
	}
	server := httptest.NewServer(gitlab)
	return server.URL, server.Close
}

// connect returns a client of such a GitLab, as a maintainer.
func connect() (gitlab *clusteragents.GitLab, stop func()) {
	url, stop := startGitLab()
	gitlab, err := clusteragents.New(url, clusteragents.PrivateToken("glpat-maintainer"))
	if err != nil {
		panic(err)
	}
	return gitlab, stop
}

// TestRegister runs what Example_testWithAFake shows. An example that runs tests itself would fail with -v.
func TestRegister(t *testing.T) { testRegister(t) }
