package fakegitlab

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/openapi"
)

func TestOperationThatNobodyHasWritten(t *testing.T) {
	t.Parallel()
	server, err := New(RelativeRoot("/gitlab"), Version("14.10"))
	require.NoError(t, err)
	never := func(http.ResponseWriter, *http.Request) { t.Error("the generated handler was called") }
	server.document.HandleFunc("GET /projects/{id}/cluster_agents/{agent_id}/something_new", never)
	for path, status := range map[string]int{
		"/projects/root%2Ftest/cluster_agents/1/something_new": http.StatusNotImplemented,
		"/projects/20/cluster_agents/1/other":                  http.StatusNotFound,
		"/projects/20/cluster_agents/1/tokens":                 http.StatusNotFound, // of a later release
		"/projects/20/cluster_agents/1.2.3":                    http.StatusNotFound,
	} {
		recorder := httptest.NewRecorder()
		server.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/gitlab/api/v4"+path, nil))
		assert.Equal(t, status, recorder.Code, path)
		if status == http.StatusNotImplemented {
			assert.JSONEq(t, `{"error":"501 Not Implemented: the document has GET /projects/{id}/cluster_agents/{agent_id}/something_new, and this fake GitLab cannot answer it yet"}`, recorder.Body.String())
		}
	}
}

func TestOperationThatIsRoutedAndNotCalled(t *testing.T) {
	t.Parallel()
	server, err := New()
	require.NoError(t, err)
	c := &call{server: server, request: httptest.NewRequest(http.MethodGet, "/", nil), route: route{operation: "somethingNew"}}
	c.draft.Header = http.Header{}
	assert.False(t, c.dispatch())
	assert.Equal(t, http.StatusNotImplemented, c.draft.Status)
	assert.Contains(t, string(c.draft.Body), "dispatch, in pipeline.go, does not call somethingNew")
}

// An operation cannot read a parameter that is not declared: an id would always be 0. Without a permission it would be
// open to every fine-grained token.
func TestParametersAndPermissionsAreThoseOfTheDocument(t *testing.T) {
	t.Parallel()
	document, err := openapi3.NewLoader().LoadFromData(openapi.Document)
	require.NoError(t, err)
	for path, item := range document.Paths.Map() {
		for method, operation := range item.Operations() {
			if !isWritten(method + " " + path) {
				continue
			}
			var declared []string
			for _, p := range declaredBy(operation.OperationID) {
				declared = append(declared, p.Name)
			}
			for _, name := range parametersOf(item, operation) {
				assert.Contains(t, declared, name, "declaredBy, in coerce.go, lacks a parameter of %s", operation.OperationID)
			}
			assert.Equal(t, operation.Extensions["x-gitlab-permission"], permissionFor(operation.OperationID),
				"permissionFor, in permission.go, lacks %s", operation.OperationID)
		}
	}
}

// parametersOf are the parameters in the path, the query and the body, but for the project's id.
func parametersOf(item *openapi3.PathItem, operation *openapi3.Operation) (names []string) {
	for _, p := range slices.Concat(item.Parameters, operation.Parameters) {
		if p.Value.In != "header" && p.Value.Name != "id" {
			names = append(names, p.Value.Name)
		}
	}
	if operation.RequestBody != nil {
		for name := range operation.RequestBody.Value.Content["application/json"].Schema.Value.Properties {
			names = append(names, name)
		}
	}
	return names
}
