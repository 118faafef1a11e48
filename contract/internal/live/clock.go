package live

import (
	"context"
	"time"
)

// Clock tells the time and waits. Tests have one of their own.
type Clock interface {
	Now() time.Time
	// Sleep waits, and is false if ctx ended meanwhile.
	Sleep(ctx context.Context, d time.Duration) bool
}

// SystemClock is the real one.
type SystemClock struct{}

// Now is the time.
func (SystemClock) Now() time.Time { return time.Now() }

// Sleep waits, and is false if ctx ended meanwhile.
func (SystemClock) Sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
