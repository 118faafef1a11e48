package fakegitlab

import (
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/gitlab-agents/contract/fakegitlab/internal/rack"
)

// directory holds users, access tokens and projects. The seed fills it. Later only a few settings change, through the
// methods in ground.go; mu guards those.
type directory struct {
	users        map[int64]*user
	usersByName  map[string]*user // by name in lower case
	accessTokens map[string]*accessToken

	projects map[int64]*project
	paths    map[string]*project // by full path in lower case
	moved    map[string]*project // by former full path in lower case

	mu       sync.RWMutex
	readOnly bool // the instance refuses writes
}

type user struct {
	id    int64
	name  string
	admin bool
	state string // active, blocked, password_expired, terms_not_accepted; guarded by mu
}

// accessToken authenticates a user. It is a personal, project or group access token.
type accessToken struct {
	id        int64
	user      *user
	createdAt time.Time
	expiresAt time.Time // the date; zero if it never expires

	// Guarded by the directory's mu. The slices do not change, only which slice it is.
	scopes      []string
	permissions []string // what a fine-grained token may do; nil if scopes decide
	state       string   // active, expired, revoked
}

func (t *accessToken) hasAny(scopes ...string) bool {
	return slices.ContainsFunc(scopes, func(scope string) bool { return slices.Contains(t.scopes, scope) })
}

// stateAt is the token's state at a time. A token with an expiry date expires when that day begins.
func (t *accessToken) stateAt(now time.Time) string {
	if t.state == active && !t.expiresAt.IsZero() && !now.Before(t.expiresAt) {
		return expired
	}
	return t.state
}

type project struct {
	id       int64
	path     string // with its namespace
	identity []byte // rendered, as config_project shows it

	// Guarded by the directory's mu.
	visibility   string
	archived     bool
	members      map[int64]Role // by user id
	groupMembers map[int64]Role // of the project's group, by user id
}

// access is what one user may do in a project, and the project's settings, at one moment.
type access struct {
	own, group Role // from the project and from its group
	role       Role // the higher one; an admin is like an owner
	visible    bool // the user may know that the project exists
	archived   bool
	visibility string
}

func newDirectory() *directory {
	return &directory{
		users:        map[int64]*user{},
		usersByName:  map[string]*user{},
		accessTokens: map[string]*accessToken{},
		projects:     map[int64]*project{},
		paths:        map[string]*project{},
		moved:        map[string]*project{},
	}
}

func (d *directory) isReadOnly() bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.readOnly
}

// token returns the access token, or nil. The token and its user are copies, because the originals may change during
// the request.
func (d *directory) token(secret string) *accessToken {
	d.mu.RLock()
	defer d.mu.RUnlock()
	found := d.accessTokens[secret]
	if found == nil {
		return nil
	}
	t, u := *found, *found.user
	t.user = &u
	return &t
}

// userNamed finds a user by id if a line of the text is a number, otherwise by name.
func (d *directory) userNamed(text string) *user {
	if rack.IsIntegerLine(text) && !strings.HasPrefix(text, "-") {
		id, _ := rack.LeadingInteger(text)
		return d.users[id]
	}
	return d.usersByName[strings.ToLower(text)]
}

// userID returns 0 if no user has that name.
func (d *directory) userID(name string) int64 {
	if u := d.usersByName[strings.ToLower(name)]; u != nil {
		return u.id
	}
	return 0
}

// projectNamed finds a project by id or by full path. Moved reports that the path is a former one.
func (d *directory) projectNamed(text string) (p *project, moved bool) {
	if rack.IsIntegerLine(text) {
		id, ok := rack.LeadingInteger(text)
		if !ok {
			return nil, false
		}
		return d.projects[id], false
	}
	if !strings.Contains(text, "/") {
		return nil, false
	}
	path := strings.ToLower(text)
	if p := d.paths[path]; p != nil {
		return p, false
	}
	p = d.moved[path]
	return p, p != nil
}

// access returns what the project is for the user.
func (d *directory) access(p *project, u *user) access {
	d.mu.RLock()
	defer d.mu.RUnlock()
	a := access{
		own: p.members[u.id], group: p.groupMembers[u.id],
		archived: p.archived, visibility: p.visibility,
	}
	a.role = max(a.own, a.group)
	if u.admin {
		a.role = Owner
	}
	a.visible = p.visibility != private || a.role > NoRole
	return a
}
