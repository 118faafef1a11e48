package fakegitlab

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestParseRelease(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Release{"14.10": {14, 10}, "v15.0": {15, 0}, "16.11.2": {16, 11}, "19.1.0-pre": {19, 1}, "17.4.2-ee": {17, 4}} {
		r, err := ParseRelease(text)
		assert.NoError(t, err, text)
		assert.Equal(t, want, r, text)
	}
	for _, text := range []string{"", "15", "15.", "14.9", "13.12", "16.12", "20.0", "latest", "15.0 ", "-1.0", "15.0.0.0", "99999999999.1"} {
		_, err := ParseRelease(text)
		assert.Error(t, err, "%q", text)
	}
	assert.True(t, Release{16, 2}.AtLeast(16, 2) && Release{17, 0}.AtLeast(16, 2) && !Release{16, 1}.AtLeast(16, 2) && !Release{15, 11}.AtLeast(16, 2))
}

// A release in which an endpoint changes is one that tests try, also if it is newer than the default.
func TestReleasesAreThoseWithChanges(t *testing.T) {
	t.Parallel()
	var before Features
	for _, major := range slices.Sorted(maps.Keys(lastMinor)) {
		for minor := range lastMinor[major] + 1 {
			r := Release{major, minor}
			if !r.AtLeast(14, 10) {
				continue
			}
			features := featuresOf(r, enterprise)
			features.OwnToken, features.Edition = false, false // no endpoint of agents shows them
			if features != before {
				assert.Contains(t, Releases(), r, "something changed in %s; add it to Releases", r)
			}
			before = features
		}
	}
}
