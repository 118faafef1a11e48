package targets

import (
	"context"
	"sync"
	"time"
)

// places lets a limited number of checks go on at once. A check that has to wait gives its place away, and goes on when it
// may, even if that makes it one too many: it is not made to wait twice.
type places struct {
	mu    sync.Mutex
	free  int
	freed chan struct{} // has a value if a place may have become free
}

func newPlaces(n int) *places { return &places{free: n, freed: make(chan struct{}, 1)} }

// enter waits for a place, and is false if ctx ends first. One goroutine calls it at a time.
func (p *places) enter(ctx context.Context) bool {
	for ctx.Err() == nil {
		p.mu.Lock()
		if p.free > 0 {
			p.free--
			p.mu.Unlock()
			return true
		}
		p.mu.Unlock()
		select {
		case <-p.freed:
		case <-ctx.Done():
		}
	}
	return false
}

func (p *places) leave() { p.change(1) }

func (p *places) change(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free += n
	select {
	case p.freed <- struct{}{}:
	default:
	}
}

// sleeper is one check, which may have to wait.
type sleeper struct {
	places *places
	mu     sync.Mutex
	timer  *time.Timer // runs while the check waits; nil while it does not
}

func (p *places) sleeper() *sleeper { return &sleeper{places: p} }

// sleep gives the place away for a while, unless it is given away already.
func (s *sleeper) sleep(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d <= 0 || s.timer != nil {
		return
	}
	s.places.change(1)
	s.timer = time.AfterFunc(d, s.wake)
}

// wake takes the place back.
func (s *sleeper) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
		s.places.change(-1)
	}
}
