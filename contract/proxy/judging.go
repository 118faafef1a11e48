package proxy

import (
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/wire"
)

// judging judges exchanges one after the other. Those that wait are in a buffer of limited size. So as not to take the
// processor from the traffic, it judges while no request is under way; but no exchange waits for that longer than patience,
// or in a buffer that is half full.
type judging struct {
	judge *contract.Judge
	proxy *Proxy

	one sync.Mutex // held while an exchange is judged

	mu       sync.Mutex
	changed  *sync.Cond // anything below
	waiting  []*wire.Exchange
	size     int  // of what is waiting, in bytes
	accepted int  // exchanges that were put
	judged   int  // of these
	lost     int  // exchanges for which there was no room
	busy     int  // requests that are under way
	urgent   bool // what waits must not wait longer
	closed   bool
	ended    bool
	recorded error // why the recording could not be written
}

func startJudging(judge *contract.Judge, p *Proxy) *judging {
	j := &judging{judge: judge, proxy: p}
	j.changed = sync.NewCond(&j.mu)
	go j.run()
	return j
}

// patience is how long an exchange waits for a moment without traffic.
const patience = time.Second

// overhead is about what an exchange takes without its bodies.
const overhead = 4 << 10

func sizeOf(x *wire.Exchange) int {
	size := overhead + len(x.Request.Body)
	if x.Response != nil {
		size += len(x.Response.Body)
	}
	return size
}

// put has an exchange judged later. It never waits: without room, the exchange is dropped.
func (j *judging) put(x *wire.Exchange) {
	j.mu.Lock()
	defer j.mu.Unlock()
	size := sizeOf(x)
	if j.closed { // the program ends
		return
	}
	if j.size+size > j.proxy.Buffer {
		j.lost++
		return
	}
	if len(j.waiting) == 0 {
		time.AfterFunc(patience, j.hurry)
	}
	j.waiting = append(j.waiting, x)
	j.size += size
	j.accepted++
	j.changed.Broadcast()
}

// passing notes that so many more requests are under way.
func (j *judging) passing(n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.busy += n
	j.changed.Broadcast()
}

// hurry has judged what waits, whatever is under way.
func (j *judging) hurry() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.urgent = true
	j.changed.Broadcast()
}

// run judges what comes, until it is closed.
func (j *judging) run() {
	for {
		batch, more := j.take()
		for _, x := range batch {
			j.now(x)
			j.mu.Lock()
			j.size -= sizeOf(x)
			j.judged++
			j.changed.Broadcast()
			j.mu.Unlock()
		}
		if !more {
			return
		}
	}
}

// mayJudge says whether it is time to judge what waits.
func (j *judging) mayJudge() bool {
	if j.closed {
		return true
	}
	return len(j.waiting) > 0 && (j.busy == 0 || j.urgent || j.size > j.proxy.Buffer/2)
}

// take waits for exchanges. There are no more once it was closed.
func (j *judging) take() (batch []*wire.Exchange, more bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for !j.mayJudge() {
		j.changed.Wait()
	}
	if len(j.waiting) == 0 { // closed
		j.ended = true
		j.changed.Broadcast()
		return nil, false
	}
	if j.busy == 0 { // one, and then the next if still nothing is under way
		batch, j.waiting = j.waiting[:1:1], j.waiting[1:]
	} else {
		batch, j.waiting = j.waiting, nil
	}
	if len(j.waiting) == 0 {
		j.urgent = false
	}
	return batch, true
}

// now judges an exchange, and returns the violations of a MUST in it.
func (j *judging) now(x *wire.Exchange) (broken []contract.Finding) {
	j.one.Lock()
	defer j.one.Unlock()
	defer func() {
		if stop := recover(); stop != nil { // a fault of ours must not stop the traffic
			j.proxy.Log.Printf("judging panicked: %v\n%s", stop, debug.Stack())
		}
	}()
	found, this := j.judge.ObservePrepared(j.judge.Prepare(x), nil)
	for _, f := range found {
		if f.Outcome == contract.Violation && f.Level == contract.Must && f.Exchange == this.Index {
			broken = append(broken, f)
		}
		if j.proxy.Found != nil {
			j.proxy.Found(f)
		}
	}
	j.record(x)
	return broken
}

// record adds an exchange to the recording. The first error is said, and kept.
func (j *judging) record(x *wire.Exchange) {
	if j.proxy.Record == nil {
		return
	}
	if err := j.proxy.Record.Write(x); err != nil {
		j.mu.Lock()
		defer j.mu.Unlock()
		if j.recorded == nil {
			j.recorded = fmt.Errorf("the recording is not whole: %w", err)
			j.proxy.Log.Print(j.recorded)
		}
	}
}

// settle waits until all is judged that was put before.
func (j *judging) settle() {
	j.mu.Lock()
	defer j.mu.Unlock()
	for until := j.accepted; j.judged < until; {
		j.urgent = true
		j.changed.Broadcast()
		j.changed.Wait()
	}
}

func (j *judging) dropped() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.lost
}

func (j *judging) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closed = true
	j.changed.Broadcast()
	for !j.ended {
		j.changed.Wait()
	}
	return j.recorded
}
