package selftest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// createToken creates an agent and a token.
func createToken(t *testing.T, handler http.Handler) {
	t.Helper()
	for _, path := range []string{"", "/1/tokens"} {
		r := httptest.NewRequest(http.MethodPost, "http://gitlab.example.com/api/v4/projects/20/cluster_agents"+path, strings.NewReader(`{"name":"prod"}`))
		r.Header.Set("Private-Token", "glpat-maintainer")
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		require.Equal(t, http.StatusCreated, w.Code, w.Body)
	}
}
