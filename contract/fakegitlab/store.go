package fakegitlab

import (
	"sync"
	"time"
)

// store is GitLab's database. The endpoints read and write agents and agent tokens; mu guards both copies of them.
type store struct {
	*directory

	mu        sync.RWMutex
	primary   *records
	nextAgent int64
	nextToken int64

	// With a lag there is a replica too. Users read it unless they have just written.
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

// write makes a change for a user: at once, and in the replica after the lag. Change is called once for each copy, so it
// finds records by their ids. It needs the lock.
func (s *store) write(userID int64, now time.Time, change func(*records)) {
	change(s.primary)
	if s.replica != nil {
		s.pending = append(s.pending, pendingChange{now.Add(s.lag), change})
		s.wrote[userID] = now
	}
}

// catchUp brings the replica to where it is at that time.
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

// readBy returns the copy that the user reads: the primary, until the replica has caught up with what the user wrote. It
// needs the lock.
func (s *store) readBy(userID int64, now time.Time) *records {
	wrote, ok := s.wrote[userID]
	if s.replica == nil || ok && now.Before(wrote.Add(s.lag)) {
		return s.primary
	}
	return s.replica
}
