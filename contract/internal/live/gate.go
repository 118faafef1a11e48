package live

import (
	"context"
	"sync"
	"time"
)

// gate lets a limited number of requests pass at once, and none while the server asks to wait.
type gate struct {
	places chan struct{}
	clock  Clock

	mu     sync.Mutex
	closed time.Time // no request passes before
	fewer  int       // places that are not used any more
}

func newGate(places int, clock Clock) *gate {
	return &gate{places: make(chan struct{}, places), clock: clock}
}

// enter waits for a place, and is false if ctx ends first. Callers must call leave.
func (g *gate) enter(ctx context.Context) bool {
	select {
	case g.places <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	for {
		g.mu.Lock()
		wait := g.closed.Sub(g.clock.Now())
		g.mu.Unlock()
		if wait <= 0 {
			break
		}
		if !g.clock.Sleep(ctx, wait) {
			g.leave()
			return false
		}
	}
	if ctx.Err() != nil {
		g.leave()
		return false
	}
	return true
}

// leave gives the place to another request.
func (g *gate) leave() { <-g.places }

// close lets no request pass for a while, and one fewer at once after that: the server has too many.
func (g *gate) close(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.fewer < cap(g.places)-1 {
		select {
		case g.places <- struct{}{}:
			g.fewer++
		default: // all are in use
		}
	}
	if until := g.clock.Now().Add(d); until.After(g.closed) {
		g.closed = until
	}
}
