package fakegitlab

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Every caller relies on an instance that accepts writes, a usable account, a valid access token and a sufficient role.
// The methods here change these while the server runs. [After] does so in the middle of a run.

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
	return s.store.changeToken(token, func(t *accessToken) error {
		if err := oneOf("access token state", state, accessTokenStates); err != nil {
			return err
		}
		t.state = state
		return nil
	})
}

// SetScopes changes the scopes of an access token. The token is not fine-grained then.
func (s *Server) SetScopes(token string, scopes ...string) error {
	return s.store.changeToken(token, func(t *accessToken) error {
		for _, scope := range scopes {
			if err := oneOf("scope", scope, knownScopes); err != nil {
				return err
			}
		}
		t.scopes, t.permissions = slices.Clone(scopes), nil
		return nil
	})
}

// SetPermissions makes an access token fine-grained, with these permissions and no scopes.
func (s *Server) SetPermissions(token string, permissions ...string) error {
	return s.store.changeToken(token, func(t *accessToken) error {
		t.scopes, t.permissions = nil, append([]string{}, permissions...)
		return nil
	})
}

func (d *directory) changeToken(secret string, change func(*accessToken) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.accessTokens[secret]
	if t == nil {
		return errors.New("there is no such access token")
	}
	return change(t)
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
