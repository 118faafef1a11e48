package judge

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestRequestsThatNearlyAreAnOperation(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ method, path, why string }{
		"the slash of the project is not escaped": {"GET", "root/test/cluster_agents", "GET /api/v4/projects/root/test/cluster_agents: write the slash in the project's path as %2F"},
		"a project in a subgroup":                 {"GET", "a/b/c/cluster_agents/5/tokens", "GET /api/v4/projects/a/b/c/cluster_agents/5/tokens: write the slash in the project's path as %2F"},
		"one token too few":                       {"GET", "20/cluster_agents/5/token/1", "GET /api/v4/projects/20/cluster_agents/5/token/1: the route is /tokens, not /token"},
		"an update":                               {"PUT", "20/cluster_agents/5", "PUT /api/v4/projects/20/cluster_agents/5: agents and tokens cannot be changed, so there is no PUT"},
		"an operation":                            {"GET", "root%2Ftest/cluster_agents", ""},
		"another API":                             {"PUT", "20/issues/5", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := judging(t, Options{})
			for range 2 {
				j.Observe(answered(t, c.method, c.path, 404, `{"error":"404 Not Found"}`))
			}
			if c.why == "" {
				assert.Empty(t, j.Result().Misses)
			} else {
				assert.Equal(t, []string{c.why}, j.Result().Misses)
			}
		})
	}
}
