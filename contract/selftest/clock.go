package selftest

import (
	"context"
	"sync"
	"time"
)

// clock is a clock that jumps when somebody waits, so a run against a broken server takes no longer than its requests.
type clock struct {
	mu      sync.Mutex
	skipped time.Duration
}

func newClock() *clock { return &clock{} }

// Now is the time, and what was skipped.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.skipped)
}

// Sleep skips a while.
func (c *clock) Sleep(ctx context.Context, d time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.skipped += max(0, d)
	return ctx.Err() == nil
}
