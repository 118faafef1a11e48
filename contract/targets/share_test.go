package targets

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func env(pairs ...string) func(string) (string, bool) {
	values := make(map[string]string)
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	return func(name string) (string, bool) { v, ok := values[name]; return v, ok }
}

func TestTheShareIsTheOneThatTheEngineAssigns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		env  []string
		want Share
	}{
		{"no engine", nil, Share{0, 1}},
		{"GitLab without parallel", []string{"CI_NODE_TOTAL", "1"}, Share{0, 1}},
		{"GitLab's first job", []string{"CI_NODE_INDEX", "1", "CI_NODE_TOTAL", "4"}, Share{0, 4}},
		{"GitLab's last job", []string{"CI_NODE_INDEX", "4", "CI_NODE_TOTAL", "4"}, Share{3, 4}},
		{"Kubernetes' first pod", []string{"JOB_COMPLETION_INDEX", "0", "JOB_COMPLETIONS", "4"}, Share{0, 4}},
		{"Kubernetes' last pod", []string{"JOB_COMPLETION_INDEX", "3", "JOB_COMPLETIONS", "4"}, Share{3, 4}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			share, err := ShareOf(env(c.env...))
			require.NoError(t, err)
			assert.Equal(t, c.want, share)
		})
	}
}

func TestAShareThatDoesNotExistIsAnError(t *testing.T) {
	t.Parallel()
	for _, pairs := range [][]string{
		{"CI_NODE_INDEX", "0", "CI_NODE_TOTAL", "4"}, {"CI_NODE_INDEX", "5", "CI_NODE_TOTAL", "4"}, {"CI_NODE_INDEX", "x", "CI_NODE_TOTAL", "4"},
		{"CI_NODE_INDEX", "1"}, {"JOB_COMPLETION_INDEX", "4", "JOB_COMPLETIONS", "4"}, {"JOB_COMPLETION_INDEX", "0"}, {"JOB_COMPLETION_INDEX", "0", "JOB_COMPLETIONS", "0"},
	} {
		_, err := ShareOf(env(pairs...))
		assert.Error(t, err, "%q", pairs)
	}
}

func TestEachTargetIsInOneShare(t *testing.T) {
	t.Parallel()
	var all []*Target
	for i := range 11 {
		all = append(all, &Target{Name: fmt.Sprint(i)})
	}
	var taken []*Target
	for i := range 4 {
		taken = append(taken, Share{i, 4}.Take(all)...)
	}
	assert.ElementsMatch(t, all, taken)
	assert.Empty(t, Share{11, 12}.Take(all), "a share may be empty")
}
