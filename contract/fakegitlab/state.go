package fakegitlab

import (
	"fmt"
	"time"
)

// Changes to agents and tokens without a request, as if another user had made them.

// nobody is the author of these changes. If there is a replica, every user sees them late.
const nobody = 0

// change makes a change if the record exists, and reports whether it does.
func (s *Server) change(exists func(*records) bool, change func(*records)) bool {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	if !exists(s.store.primary) {
		return false
	}
	s.store.write(nobody, s.clock(), change)
	return true
}

func agentExists(id int64) func(*records) bool {
	return func(r *records) bool { return r.agents[id] != nil }
}

func tokenExists(id int64) func(*records) bool {
	return func(r *records) bool { return r.tokens[id] != nil }
}

// ForgetCreator clears who created an agent, as deleting that user does.
func (s *Server) ForgetCreator(agentID int64) error {
	if !s.change(agentExists(agentID), func(r *records) { r.forgetCreator(agentID) }) {
		return fmt.Errorf("there is no agent %d", agentID)
	}
	return nil
}

// UseToken sets when an agent last connected with a token. The zero time means never.
func (s *Server) UseToken(tokenID int64, when time.Time) error {
	if !s.change(tokenExists(tokenID), func(r *records) { r.use(tokenID, when) }) {
		return fmt.Errorf("there is no token %d", tokenID)
	}
	return nil
}

// DeleteAgent deletes an agent and its tokens. It reports whether there was one.
func (s *Server) DeleteAgent(agentID int64) bool {
	return s.change(agentExists(agentID), func(r *records) { r.deleteAgent(agentID) })
}

// RevokeToken revokes a token. It reports whether there was one.
func (s *Server) RevokeToken(tokenID int64) bool {
	return s.change(tokenExists(tokenID), func(r *records) { r.revoke(tokenID) })
}

// Agents returns the ids of a project's agents, by name. It returns nil if there is no such project.
func (s *Server) Agents(projectID int64) []int64 {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	p := s.store.projects[projectID]
	if p == nil {
		return nil
	}
	agents := s.store.primary.of(p)
	ids := make([]int64, 0, agents.Len())
	agents.Scan(func(a *agent) bool {
		ids = append(ids, a.id)
		return true
	})
	return ids
}
