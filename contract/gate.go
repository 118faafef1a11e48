package contract

import (
	"context"
	"sync"
)

// gate lets so many requests pass at once. Those that others wait for go first, so that a run takes little longer than
// its longest chain of requests.
type gate struct {
	mu     sync.Mutex
	free   int
	urgent []chan struct{} // who waits, in the order of coming
	others []chan struct{}
}

func newGate(places int) *gate { return &gate{free: places} }

// enter waits for a place, and is false if ctx ends first. Who entered has to leave.
func (g *gate) enter(ctx context.Context, urgent bool) bool {
	if ctx.Err() != nil {
		return false
	}
	g.mu.Lock()
	if g.free > 0 {
		g.free--
		g.mu.Unlock()
		return true
	}
	turn := make(chan struct{})
	if urgent {
		g.urgent = append(g.urgent, turn)
	} else {
		g.others = append(g.others, turn)
	}
	g.mu.Unlock()
	select {
	case <-turn:
		return true
	case <-ctx.Done():
	}
	g.mu.Lock()
	select {
	case <-turn: // it came meanwhile, and is passed on
		g.mu.Unlock()
		g.leave()
	default:
		g.urgent, g.others = without(g.urgent, turn), without(g.others, turn)
		g.mu.Unlock()
	}
	return false
}

// leave gives the place to who comes next.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case len(g.urgent) > 0:
		close(g.urgent[0])
		g.urgent = g.urgent[1:]
	case len(g.others) > 0:
		close(g.others[0])
		g.others = g.others[1:]
	default:
		g.free++
	}
}

func without(waiting []chan struct{}, turn chan struct{}) []chan struct{} {
	for i, w := range waiting {
		if w == turn {
			return append(waiting[:i:i], waiting[i+1:]...)
		}
	}
	return waiting
}
