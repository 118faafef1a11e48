package fakegitlab

import (
	"fmt"
	"time"
)

// What changes in a GitLab without a request to these endpoints.

// ForgetCreator makes it unknown who created an agent, as deleting that user does.
func (s *Server) ForgetCreator(agentID int64) error {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	a := s.store.agents[agentID]
	if a == nil {
		return fmt.Errorf("there is no agent %d", agentID)
	}
	a.createdBy = 0
	return nil
}

// UseToken notes when an agent last connected with a token. The zero time means never.
func (s *Server) UseToken(tokenID int64, when time.Time) error {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	t := s.store.tokens[tokenID]
	if t == nil {
		return fmt.Errorf("there is no token %d", tokenID)
	}
	t.lastUsedAt = when
	t.written()
	return nil
}

// Agents returns the ids of a project's agents, by name. It returns nil if there is no such project.
func (s *Server) Agents(projectID int64) []int64 {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	p := s.store.projects[projectID]
	if p == nil {
		return nil
	}
	ids := make([]int64, 0, p.agents.Len())
	p.agents.Scan(func(a *agent) bool {
		ids = append(ids, a.id)
		return true
	})
	return ids
}

// DeleteAgent deletes an agent and its tokens, and reports whether there was one.
func (s *Server) DeleteAgent(agentID int64) bool {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	a := s.store.agents[agentID]
	if a != nil {
		s.store.deleteAgent(a)
	}
	return a != nil
}

// RevokeToken revokes a token, and reports whether there was one.
func (s *Server) RevokeToken(tokenID int64) bool {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	t := s.store.tokens[tokenID]
	if t != nil {
		s.store.revoke(t)
	}
	return t != nil
}
