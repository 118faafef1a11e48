package targets

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// checks are checks that have entered, or wait for a place.
type checks struct {
	places  *places
	entered atomic.Int32
}

// enter lets n checks enter, one after the other.
func (c *checks) enter(ctx context.Context, n int) {
	go func() {
		for range n {
			if c.places.enter(ctx) {
				c.entered.Add(1)
			}
		}
	}()
}

// in is how many have entered, once the others wait.
func (c *checks) in() int {
	synctest.Wait()
	return int(c.entered.Load())
}

func TestOnlySoManyChecksEnter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &checks{places: newPlaces(2)}
		c.enter(t.Context(), 4)
		assert.Equal(t, 2, c.in())
		c.places.leave()
		assert.Equal(t, 3, c.in())
		c.places.leave()
		assert.Equal(t, 4, c.in())
	})
}

func TestACheckThatWaitsLendsItsPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &checks{places: newPlaces(1)}
		c.enter(t.Context(), 3)
		assert.Equal(t, 1, c.in())
		first := c.places.sleeper()
		first.sleep(0)
		assert.Equal(t, 1, c.in(), "it does not wait at all")
		first.sleep(time.Minute)
		first.sleep(time.Minute)
		assert.Equal(t, 2, c.in(), "it has one place to lend")

		time.Sleep(2 * time.Minute)
		assert.Equal(t, 2, c.in(), "it goes on, although the second has its place")
		c.places.leave()
		assert.Equal(t, 2, c.in(), "one still has the place")
		c.places.leave()
		assert.Equal(t, 3, c.in())
	})
}

func TestACheckThatEndsWhileItWaitsTakesItsPlaceBackOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &checks{places: newPlaces(1)}
		c.enter(t.Context(), 1)
		assert.Equal(t, 1, c.in())
		first := c.places.sleeper()
		first.sleep(time.Minute)
		first.wake()
		first.wake()
		time.Sleep(2 * time.Minute)
		c.enter(t.Context(), 2)
		assert.Equal(t, 1, c.in())
		c.places.leave()
		assert.Equal(t, 2, c.in())
		c.places.leave()
		assert.Equal(t, 3, c.in())
	})
}

func TestNobodyEntersAfterTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		c := &checks{places: newPlaces(1)}
		c.enter(ctx, 2)
		assert.Equal(t, 1, c.in())
		cancel()
		assert.Equal(t, 1, c.in())
		c.places.leave()
		assert.False(t, c.places.enter(ctx))
	})
}
