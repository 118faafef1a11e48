package judge

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// at is a moment of a caller, in milliseconds from some time on.
func at(index int, caller byte, start, end time.Duration) Moment {
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return Moment{Index: index, caller: [8]byte{caller}, start: begin.Add(start * time.Millisecond), end: begin.Add(end * time.Millisecond)}
}

func TestOrderOfMoments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what   string
		m, o   Moment
		before bool
	}{
		{"one ends when the other begins", at(1, 0, 0, 5), at(2, 0, 5, 9), true},
		{"they overlap", at(1, 0, 0, 6), at(2, 0, 5, 9), false},
		{"the source has them the other way round", at(2, 0, 0, 5), at(1, 0, 5, 9), false},
		{"without times the order of the source counts", Moment{Index: 1}, Moment{Index: 2}, true},
		{"a moment and itself", Moment{Index: 2}, Moment{Index: 2}, false},
		{"only one has a time", Moment{Index: 1}, at(2, 0, 5, 9), true},
	} {
		assert.Equal(t, c.before, c.m.Before(c.o), c.what)
		assert.Equal(t, c.before, c.m.mark().Before(c.o), c.what+", as a mark")
	}
	assert.Equal(t, at(2, 0, 5, 9), later(at(1, 0, 0, 5), at(2, 0, 5, 9)))
	assert.Equal(t, at(2, 0, 5, 9), later(Moment{}, at(2, 0, 5, 9)))
}

func TestAnotherCallersWriteIsVisibleAfterFiveSeconds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what    string
		m, o    Moment
		visible bool
	}{
		{"the same caller at once", at(1, 7, 0, 5), at(2, 7, 5, 9), true},
		{"the same caller, at the same time", at(1, 7, 0, 6), at(2, 7, 5, 9), false},
		{"another caller at once", at(1, 7, 0, 5), at(2, 8, 5, 9), false},
		{"another caller just before", at(1, 7, 0, 5), at(2, 8, 5004, 5100), false},
		{"another caller after five seconds", at(1, 7, 0, 5), at(2, 8, 5005, 5100), true},
		{"the same caller without times", Moment{Index: 1, caller: [8]byte{7}}, Moment{Index: 2, caller: [8]byte{7}}, true},
		{"callers that were not recorded", at(1, 0, 0, 5), at(2, 0, 5, 9), false},
		{"callers that were not recorded, after five seconds", at(1, 0, 0, 5), at(2, 0, 5005, 5100), true},
		{"another caller without times", Moment{Index: 1}, Moment{Index: 2, caller: [8]byte{1}}, false},
		{"another caller, and one time is missing", Moment{Index: 1}, at(2, 8, 9000, 9001), false},
	} {
		assert.Equal(t, c.visible, c.m.VisibleTo(c.o), c.what)
	}
}
