package contract

import (
	"context"
	"slices"
	"sync"
)

// gate lets so many requests pass at once. Those that others wait for go first, so that a run takes little longer than
// its longest chain of requests.
type gate struct {
	mu      sync.Mutex
	free    int
	waiting []waiter // in the order of coming
}

type waiter struct {
	rank int
	turn chan struct{}
}

func newGate(places int) *gate { return &gate{free: places} }

// enter waits for a place, and is false if ctx ends first. Who has a higher rank goes before. Who entered has to leave.
func (g *gate) enter(ctx context.Context, rank int) bool {
	if ctx.Err() != nil {
		return false
	}
	g.mu.Lock()
	if g.free > 0 {
		g.free--
		g.mu.Unlock()
		return true
	}
	w := waiter{rank, make(chan struct{})}
	g.waiting = append(g.waiting, w)
	g.mu.Unlock()

	select {
	case <-w.turn:
		return true
	case <-ctx.Done():
	}
	g.mu.Lock()
	i := slices.Index(g.waiting, w)
	if i >= 0 {
		g.waiting = slices.Delete(g.waiting, i, i+1)
	}
	g.mu.Unlock()
	if i < 0 { // the turn came meanwhile, and is passed on
		g.leave()
	}
	return false
}

// leave gives the place to who comes next.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) == 0 {
		g.free++
		return
	}
	next := 0
	for i, w := range g.waiting {
		if w.rank > g.waiting[next].rank {
			next = i
		}
	}
	close(g.waiting[next].turn)
	g.waiting = slices.Delete(g.waiting, next, next+1)
}
