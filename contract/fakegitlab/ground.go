package fakegitlab

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// What a caller stands on: the instance accepts writes, the account and its access token are good, the role is high
// enough. The methods here change that while the server runs, and [After] changes it in the middle of somebody's work.

// SetReadOnly makes the instance refuse writes, as in maintenance mode, or accept them again.
func (s *Server) SetReadOnly(on bool) {
	s.store.directory.mu.Lock()
	defer s.store.directory.mu.Unlock()
	s.store.readOnly = on
}

// SetArchived archives a project or undoes that. Agents and tokens of an archived project can only be read.
func (s *Server) SetArchived(projectID int64, archived bool) error {
	return s.store.changeProject(projectID, func(p *project) error {
		p.archived = archived
		return nil
	})
}

// SetVisibility makes a project private, internal or public.
func (s *Server) SetVisibility(projectID int64, visibility string) error {
	return s.store.changeProject(projectID, func(p *project) error {
		if err := oneOf("visibility", visibility, visibilities); err != nil {
			return err
		}
		p.visibility = visibility
		return nil
	})
}

// SetRole changes a user's role in a project. [NoRole] removes the user from the project.
func (s *Server) SetRole(projectID int64, userName string, role Role) error {
	return s.store.changeProject(projectID, func(p *project) error {
		id := s.store.userID(userName)
		if id == 0 {
			return fmt.Errorf("there is no user named %q", userName)
		}
		if role == NoRole {
			delete(p.members, id)
		} else {
			p.members[id] = role
		}
		return nil
	})
}

// SetUserState changes the state of a user's account: active, blocked, password_expired or terms_not_accepted.
func (s *Server) SetUserState(userName, state string) error {
	if err := oneOf("user state", state, userStates); err != nil {
		return err
	}
	s.store.directory.mu.Lock()
	defer s.store.directory.mu.Unlock()
	u := s.store.usersByName[strings.ToLower(userName)]
	if u == nil {
		return fmt.Errorf("there is no user named %q", userName)
	}
	u.state = state
	return nil
}

// SetAccessTokenState makes an access token active, expired or revoked.
func (s *Server) SetAccessTokenState(token, state string) error {
	if err := oneOf("access token state", state, accessTokenStates); err != nil {
		return err
	}
	s.store.directory.mu.Lock()
	defer s.store.directory.mu.Unlock()
	t := s.store.accessTokens[token]
	if t == nil {
		return fmt.Errorf("there is no such access token")
	}
	t.state = state
	return nil
}

func (d *directory) changeProject(id int64, change func(*project) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.projects[id]
	if p == nil {
		return fmt.Errorf("there is no project %d", id)
	}
	return change(p)
}

func oneOf(what, value string, known []string) error {
	if !slices.Contains(known, value) {
		return fmt.Errorf("%q is not a %s; use one of %s", value, what, strings.Join(known, ", "))
	}
	return nil
}

// laterChanges are the changes that [After] asks for.
type laterChanges struct {
	mu       sync.Mutex
	requests int
	pending  []laterChange
}

type laterChange struct {
	after int
	make  func(*Server)
}

// count counts a request and first makes the changes that are due before it.
func (l *laterChanges) count(s *Server) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending = slices.DeleteFunc(l.pending, func(c laterChange) bool {
		due := l.requests >= c.after
		if due {
			c.make(s)
		}
		return due
	})
	l.requests++
}
