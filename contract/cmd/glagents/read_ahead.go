package main

import (
	"context"
	"io"
	"runtime"

	"golang.org/x/sync/semaphore"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/har"
)

// How far a recording is read ahead of the judge: so many entries, and so many bytes of their bodies.
const (
	maxAhead      = 64
	maxAheadBytes = 32 << 20
)

// next is the next entry of a file.
type next struct {
	har.Entry
	err      error
	prepared *contract.Prepared // nil if err is not
	stop     string             // what reading or preparing it panicked with
}

// size is what counts of an entry for maxAheadBytes.
func (n next) size() int64 {
	if n.Exchange == nil {
		return 0
	}
	size := len(n.Exchange.Request.Body)
	if n.Exchange.Response != nil {
		size += len(n.Exchange.Response.Body)
	}
	return int64(min(size, maxAheadBytes))
}

// prepare finds out what can be found out about the entry alone.
func (n next) prepare(judge *contract.Judge) (result next) {
	result = n
	defer func() {
		if stop := stopped(recover()); stop != "" {
			result.stop = stop
		}
	}()
	if n.err == nil && n.stop == "" {
		result.prepared = judge.Prepare(n.Exchange)
	}
	return result
}

// readAhead reads entries and prepares them side by side, while earlier ones are judged.
type readAhead struct {
	ctx     context.Context
	judge   *contract.Judge
	room    *semaphore.Weighted // for bodies
	work    chan func()         // for those who prepare
	inOrder chan chan next      // each entry comes out of its channel when it is prepared
}

// entries are the entries of a file, until the context is done. A file that does not end, such as a terminal, does not keep
// a command from ending.
func entries(ctx context.Context, r io.Reader, judge *contract.Judge) func(yield func(next) bool) {
	return func(yield func(next) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		a := &readAhead{ctx, judge, semaphore.NewWeighted(maxAheadBytes), make(chan func(), maxAhead), make(chan chan next, maxAhead)}
		go a.read(r)
		for range runtime.GOMAXPROCS(0) {
			go a.prepare()
		}
		for {
			select {
			case entry, more := <-a.inOrder:
				if !more {
					return
				}
				n := <-entry
				a.room.Release(n.size())
				if n.stop != "" {
					panic(elsewhere(n.stop))
				}
				if !yield(n) {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}
}

// read reads the entries.
func (a *readAhead) read(r io.Reader) {
	defer close(a.work)
	defer close(a.inOrder)
	defer func() {
		if stop := stopped(recover()); stop != "" {
			a.add(next{stop: stop})
		}
	}()
	for e, err := range har.Entries(r) {
		if !a.add(next{Entry: e, err: err}) {
			return
		}
	}
}

// add hands an entry on once there is room for it, and is false if the context is done before.
func (a *readAhead) add(n next) (more bool) {
	if a.room.Acquire(a.ctx, n.size()) != nil {
		return false
	}
	entry := make(chan next, 1)
	select {
	case a.inOrder <- entry:
	case <-a.ctx.Done():
		return false
	}
	a.work <- func() { entry <- n.prepare(a.judge) }
	return true
}

// prepare prepares entries until there are no more.
func (a *readAhead) prepare() {
	for work := range a.work {
		work()
	}
}
