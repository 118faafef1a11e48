package fakegitlab

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/generated/oapi"
)

// patterns collects what the generated router is asked to route.
type patterns struct {
	http.Handler
	registered []string
}

func (p *patterns) HandleFunc(pattern string, _ func(http.ResponseWriter, *http.Request)) {
	p.registered = append(p.registered, pattern)
}

func TestWrittenOperationsAreInTheDocument(t *testing.T) {
	t.Parallel()
	var document patterns
	oapi.HandlerFromMux(nil, &document)
	for _, pattern := range written {
		assert.Contains(t, document.registered, pattern)
	}
}

func TestOperationThatNobodyHasWritten(t *testing.T) {
	t.Parallel()
	server, err := New(RelativeRoot("/gitlab"))
	require.NoError(t, err)
	never := func(http.ResponseWriter, *http.Request) { t.Error("the generated handler was called") }
	server.document.HandleFunc("GET /projects/{id}/cluster_agents/{agent_id}/something_new", never)
	for path, status := range map[string]int{
		"/projects/root%2Ftest/cluster_agents/1/something_new": http.StatusNotImplemented,
		"/projects/20/cluster_agents/1/other":                  http.StatusNotFound,
	} {
		recorder := httptest.NewRecorder()
		server.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/gitlab/api/v4"+path, nil))
		assert.Equal(t, status, recorder.Code, path)
		if status == http.StatusNotImplemented {
			assert.JSONEq(t, `{"error":"501 Not Implemented: the document has GET /projects/{id}/cluster_agents/{agent_id}/something_new, and this fake GitLab cannot answer it yet"}`, recorder.Body.String())
		}
	}
}
