package fakegitlab

import (
	"sync"
	"time"
)

// store is GitLab's database. The mutex guards agents and tokens, which requests change.
type store struct {
	*directory

	mu        sync.RWMutex
	primary   *records
	nextAgent int64
	nextToken int64

	// The replica is nil unless there is a lag. Users read from it unless they have just written.
	lag     time.Duration
	replica *records
	pending []pendingChange
	wrote   map[int64]time.Time // when each user last wrote, by id
}

// pendingChange is a write that has not reached the replica.
type pendingChange struct {
	due  time.Time
	make func(*records)
}

func newStore() *store {
	return &store{directory: newDirectory(), primary: newRecords(), nextAgent: 1, nextToken: 1}
}

// startReplica adds a replica that lags behind.
func (s *store) startReplica(lag time.Duration) {
	s.lag = lag
	s.wrote = map[int64]time.Time{}
	s.replica = s.primary.clone()
}

// write makes a change for a user: at once in the primary, and after the lag in the replica. Change runs once for each
// copy and finds records by id. It needs the lock.
func (s *store) write(userID int64, now time.Time, change func(*records)) {
	change(s.primary)
	if s.replica != nil {
		s.pending = append(s.pending, pendingChange{now.Add(s.lag), change})
		s.wrote[userID] = now
	}
}

// catchUp makes the changes in the replica that are due.
func (s *store) catchUp(now time.Time) {
	if s.replica == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.pending) > 0 && !s.pending[0].due.After(now) {
		s.pending[0].make(s.replica)
		s.pending = s.pending[1:]
	}
}

// readBy returns the copy that the user reads. That is the primary until the replica has caught up with the user's last
// write. It needs the lock.
func (s *store) readBy(userID int64, now time.Time) *records {
	wrote, ok := s.wrote[userID]
	if s.replica == nil || ok && now.Before(wrote.Add(s.lag)) {
		return s.primary
	}
	return s.replica
}
