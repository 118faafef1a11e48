// Package watch shows how to have every exchange of any HTTP client judged, while its tests run as they always did.
package watch

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
)

func TestClientUnderWatch(t *testing.T) {
	t.Parallel()
	gitlab := fakegitlab.Start(t)

	watcher, err := contract.Watch(http.DefaultTransport, contract.JudgeOptions{})
	require.NoError(t, err)
	client := &http.Client{Transport: watcher} // give this one to the code under test

	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, gitlab.URL+"/api/v4/projects/20/cluster_agents", strings.NewReader(`{"name":"watched"}`))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("PRIVATE-TOKEN", "glpat-maintainer")
	response, err := client.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusCreated, response.StatusCode)

	watcher.Check(t) // fails the test for each MUST that the server violated
}

// The same for a server: its handler is wrapped, whoever its clients are.
func TestServerUnderWatch(t *testing.T) {
	t.Parallel()
	handler, err := fakegitlab.New() // give this place to the handler under test, or to a reverse proxy
	require.NoError(t, err)

	watcher, watched, err := contract.WatchHandler(handler, contract.JudgeOptions{})
	require.NoError(t, err)
	server := httptest.NewServer(watched)
	defer server.Close()

	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/api/v4/projects/20/cluster_agents", nil)
	require.NoError(t, err)
	request.Header.Set("PRIVATE-TOKEN", "glpat-developer")
	response, err := server.Client().Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())

	server.Close() // with it the last exchange is over
	watcher.Check(t)
	require.Equal(t, 1, watcher.Result().Judged)
}
