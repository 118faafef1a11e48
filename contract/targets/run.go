package targets

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"example.com/gitlab-agents/contract"
)

// Job is a target that is ready to be checked. Its Transport must not be nil.
type Job struct {
	Target  contract.Target
	Options contract.Options
}

// Limits say how much happens at once.
type Limits struct {
	Requests int // to all targets together
	Targets  int // that are being checked; one whose server asks to wait does not count
}

// Ended is how the check of a target ended.
type Ended struct {
	Result *contract.Result // nil if the check could not begin
	Err    error
	Panic  string // what a fault of ours said, and where; empty if there was none
}

// Run checks the targets side by side. Start and done are called for each, by one goroutine at a time. After ctx has ended,
// no other check begins; those that are under way remove what they made.
func Run(ctx context.Context, jobs []Job, limits Limits, start func(i int), done func(i int, e Ended)) {
	places, requests := newPlaces(limits.Targets), make(chan struct{}, limits.Requests)
	var mu sync.Mutex
	var wait sync.WaitGroup
	for i := range jobs {
		if !places.enter(ctx) {
			mu.Lock()
			done(i, Ended{Err: context.Cause(ctx)})
			mu.Unlock()
			continue
		}
		mu.Lock()
		start(i)
		mu.Unlock()
		wait.Go(func() {
			defer places.leave()
			e := runOne(ctx, jobs[i], requests, places)
			mu.Lock()
			defer mu.Unlock()
			done(i, e)
		})
	}
	wait.Wait()
}

// runOne checks one target. Its place is free for another while its server asks to wait.
func runOne(ctx context.Context, job Job, requests chan struct{}, places *places) (e Ended) {
	defer func() {
		if stop := recover(); stop != nil {
			e.Panic = fmt.Sprintf("panic: %v\n%s", stop, debug.Stack())
		}
	}()
	job.Target.Transport = &transport{base: job.Target.Transport, requests: requests}
	sleeper := places.sleeper()
	defer sleeper.wake()
	progress := job.Options.Progress
	job.Options.Progress = func(event contract.Event) {
		sleeper.sleep(event.Waiting)
		if progress != nil {
			progress(event)
		}
	}
	e.Result, e.Err = contract.Run(ctx, job.Target, job.Options)
	if idle, ok := job.Target.Transport.(*transport).base.(interface{ CloseIdleConnections() }); ok {
		idle.CloseIdleConnections()
	}
	return e
}
