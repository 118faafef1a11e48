package contract

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
)

func TestGate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(2)
		assert.True(t, g.enter(t.Context(), 0))
		assert.True(t, g.enter(t.Context(), 0))

		var order []int
		var wait sync.WaitGroup
		for i, rank := range []int{0, 5, 0, 9, 5} {
			wait.Go(func() {
				assert.True(t, g.enter(t.Context(), rank))
				order = append(order, i)
				g.leave()
			})
			synctest.Wait() // so that it is known who came first
		}
		ctx, cancel := context.WithCancel(t.Context())
		wait.Go(func() { assert.False(t, g.enter(ctx, 99), "it went away") })
		synctest.Wait()
		cancel()
		synctest.Wait()
		g.leave()
		wait.Wait()
		assert.Equal(t, []int{3, 1, 4, 0, 2}, order, "by rank, and then in the order of coming")
		assert.False(t, g.enter(ctx, 0), "whose time is over does not enter, though there is a place")
		g.leave()
		assert.Equal(t, 2, g.free)
		assert.Empty(t, g.waiting)
	})
}

// TestGateLosesNoPlace has those who wait go away just when it is their turn.
func TestGateLosesNoPlace(t *testing.T) {
	t.Parallel()
	g := newGate(3)
	var inside, most atomic.Int64
	var wait sync.WaitGroup
	for i := range 500 {
		ctx, cancel := context.WithCancel(t.Context())
		wait.Go(func() {
			if g.enter(ctx, i%4) {
				now := inside.Add(1)
				for old := most.Load(); now > old && !most.CompareAndSwap(old, now); old = most.Load() {
				}
				inside.Add(-1)
				g.leave()
			}
		})
		if i%2 == 0 {
			go cancel()
		} else {
			defer cancel()
		}
	}
	wait.Wait()
	assert.LessOrEqual(t, most.Load(), int64(3))
	assert.Equal(t, 3, g.free)
	assert.Empty(t, g.waiting)
}
