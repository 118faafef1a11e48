package live

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestAGateThatWasClosed lets fewer requests pass at once than before, but never none.
func TestAGateThatWasClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(3, SystemClock{})
		for _, want := range []int{2, 1, 1} {
			g.close(time.Second)
			began := time.Now()
			for range want {
				assert.True(t, g.enter(t.Context()))
			}
			assert.Equal(t, time.Second, time.Since(began))
			assert.Len(t, g.places, cap(g.places), "one more has to wait")
			for range want {
				g.leave()
			}
		}
	})
}

// TestAGateThatIsFull is closed while all its places are in use. They are given back later.
func TestAGateThatIsFull(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(2, SystemClock{})
		assert.True(t, g.enter(t.Context()))
		assert.True(t, g.enter(t.Context()))
		g.close(time.Second)
		g.leave()
		g.leave()
		assert.True(t, g.enter(t.Context()))
		assert.True(t, g.enter(t.Context()))
	})
}
