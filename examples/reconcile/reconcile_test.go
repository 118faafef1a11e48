package reconcile

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/faults"
	"example.com/gitlab-agents/generated/clusteragents"
)

// start runs a fake with a fault until the test ends; "" is none. Every exchange is judged.
func start(t *testing.T, fault string) (*clusteragents.GitLab, *contract.Watcher) {
	t.Helper()
	var broken []faults.Fault
	if fault != "" {
		f, err := faults.Named(fault)
		require.NoError(t, err)
		broken = append(broken, f)
	}
	fake, err := fakegitlab.New(faults.Options(broken...)...)
	require.NoError(t, err)
	server := httptest.NewServer(faults.Around(fake, broken...))
	t.Cleanup(server.Close)

	watcher, err := contract.Watch(nil, contract.JudgeOptions{})
	require.NoError(t, err)
	gitlab, err := clusteragents.New(server.URL, clusteragents.PrivateToken("glpat-maintainer"), clusteragents.HTTPClient(&http.Client{Transport: watcher}))
	require.NoError(t, err)
	return gitlab, watcher
}

// The loop converges on a GitLab that is slow, busy, far away or behind a proxy.
func TestApply(t *testing.T) {
	t.Parallel()
	project := clusteragents.ProjectPath("root/test")
	for _, fault := range []string{"", "slow", "chunked", "connections-closed", "time-zone", "more-headers"} {
		t.Run("GitLab "+fault, func(t *testing.T) {
			t.Parallel()
			gitlab, watcher := start(t, fault)
			for _, wanted := range [][]string{{"prod", "staging"}, {"prod", "test"}, {"prod", "test"}, nil} {
				state, err := Apply(t.Context(), gitlab, project, wanted)
				require.NoError(t, err)
				var names []string
				for name := range state {
					names = append(names, name)
				}
				slices.Sort(names)
				assert.Equal(t, wanted, names)
			}
			watcher.Check(t)
		})
	}
}

// What the loop cannot bring about is an error, and not a loop without an end.
func TestApplyFails(t *testing.T) {
	t.Parallel()
	gitlab, _ := start(t, "")
	_, err := Apply(t.Context(), gitlab, clusteragents.ProjectPath("root/test"), []string{"Not_A_Name"})
	require.ErrorIs(t, err, clusteragents.ErrBadRequest)
	_, err = Apply(t.Context(), gitlab, clusteragents.ProjectID(99), []string{"prod"})
	require.ErrorIs(t, err, clusteragents.ErrNotFound)
}

// A GitLab that breaks its word is noticed while the loop runs, even if the loop does not mind.
func TestApplyNotices(t *testing.T) {
	t.Parallel()
	gitlab, watcher := start(t, "errors-as-text")
	_, err := Apply(t.Context(), gitlab, clusteragents.ProjectPath("root/test"), []string{"Not_A_Name"})
	require.Error(t, err)
	violations := 0
	for _, f := range watcher.Result().Findings {
		if f.Outcome == contract.Violation {
			violations++
		}
	}
	assert.NotZero(t, violations)
}
