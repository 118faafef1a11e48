package judge

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestGenerationsForgetUnusedEntries(t *testing.T) {
	t.Parallel()
	g := generations[int, string]{size: 3}
	for i := range 3 {
		g.put(i, fmt.Sprint(i))
	}
	for i := 10; i < 20; i++ {
		v, ok := g.get(0)
		assert.True(t, ok, "an entry that is used stays")
		assert.Equal(t, "0", v)
		g.put(i, fmt.Sprint(i))
	}
	_, ok := g.get(1)
	assert.False(t, ok)
	n := 0
	g.each(func(k int, v string) {
		assert.Equal(t, fmt.Sprint(k), v)
		n++
	})
	assert.LessOrEqual(t, n, 6)
}
