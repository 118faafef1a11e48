package fakegitlab

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tidwall/btree"
)

// store is GitLab's database. Users, access tokens and projects do not change after the start; agents and their tokens
// do, and mu guards them and all that leads to them.
type store struct {
	users        map[int64]*user
	usersByName  map[string]*user // by name in lower case
	accessTokens map[string]*accessToken

	projects map[int64]*project
	paths    map[string]*project // by full path in lower case
	moved    map[string]*project // by former full path in lower case

	mu        sync.RWMutex
	agents    map[int64]*agent
	tokens    map[int64]*agentToken
	nextAgent int64
	nextToken int64
}

type user struct {
	id      int64
	name    string
	blocked bool
	admin   bool
}

// accessToken is what a user authenticates with: a personal, project or group access token.
type accessToken struct {
	user   *user
	scopes []string
	state  string // active, expired, revoked
}

func (t *accessToken) hasAny(scopes ...string) bool {
	return slices.ContainsFunc(scopes, func(scope string) bool { return slices.Contains(t.scopes, scope) })
}

type project struct {
	id         int64
	path       string // with its namespace
	visibility string
	archived   bool
	members    map[int64]Role // by user id
	identity   []byte         // rendered, as config_project shows it

	agents *btree.BTreeG[*agent] // by name, and by position in that order
}

type agent struct {
	id        int64
	name      string
	project   *project
	createdBy int64 // 0 when the user is gone
	createdAt time.Time
	updatedAt time.Time
	deleted   bool // kept although deleted; only a Deviation does that

	tokens []*agentToken // in the order in which they were last written
	active int           // how many of them are active
}

type agentToken struct {
	id          int64
	name        string
	description *string
	agent       *agent
	revoked     bool
	createdBy   int64 // 0 when the user is gone
	createdAt   time.Time
	lastUsedAt  time.Time // zero if never
}

func newStore() *store {
	return &store{
		users:        map[int64]*user{},
		usersByName:  map[string]*user{},
		accessTokens: map[string]*accessToken{},
		projects:     map[int64]*project{},
		paths:        map[string]*project{},
		moved:        map[string]*project{},
		agents:       map[int64]*agent{},
		tokens:       map[int64]*agentToken{},
		nextAgent:    1,
		nextToken:    1,
	}
}

func newAgentIndex() *btree.BTreeG[*agent] {
	// Names are bytes of ASCII, and the order is that of the C locale, as in the images that GitLab ships.
	byName := func(a, b *agent) bool { return a.name < b.name }
	return btree.NewBTreeGOptions(byName, btree.Options{NoLocks: true})
}

// agentNamed returns the agent of that name, or nil.
func (p *project) agentNamed(name string) *agent {
	a, _ := p.agents.Get(&agent{name: name})
	return a
}

// addAgent needs the lock.
func (s *store) addAgent(a *agent) {
	s.agents[a.id] = a
	a.project.agents.Set(a)
}

// deleteAgent needs the lock. The agent's tokens go with it.
func (s *store) deleteAgent(a *agent) {
	a.project.agents.Delete(a)
	delete(s.agents, a.id)
	for _, t := range a.tokens {
		delete(s.tokens, t.id)
	}
}

// addToken needs the lock.
func (s *store) addToken(t *agentToken) {
	s.tokens[t.id] = t
	t.agent.tokens = append(t.agent.tokens, t)
	if !t.revoked {
		t.agent.active++
	}
}

// revoke needs the lock.
func (s *store) revoke(t *agentToken) {
	if !t.revoked {
		t.revoked = true
		t.agent.active--
		t.written()
	}
}

// written moves the token to the end of its agent's, as PostgreSQL does with a row that it updates. It needs the lock.
func (t *agentToken) written() {
	a := t.agent
	i := slices.Index(a.tokens, t)
	a.tokens = append(slices.Delete(a.tokens, i, i+1), t)
}

// listed returns the agent's tokens as the list shows them: the last used first, then those never used. For ties GitLab asks
// no order; PostgreSQL's, by the index that it takes, has active ones first and then goes by when they were written. It
// needs the lock.
func (a *agent) listed(onlyActive bool) []*agentToken {
	listed := make([]*agentToken, 0, a.active)
	for _, t := range a.tokens {
		if !t.revoked || !onlyActive {
			listed = append(listed, t)
		}
	}
	slices.SortStableFunc(listed, func(x, y *agentToken) int {
		if later := y.lastUsedAt.Compare(x.lastUsedAt); later != 0 {
			return later
		}
		return boolToInt(x.revoked) - boolToInt(y.revoked)
	})
	return listed
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// projectByPath looks in the present paths and then in the former ones; moved says that it was found there. Case does
// not matter.
func (s *store) projectByPath(path string) (p *project, moved bool) {
	path = strings.ToLower(path)
	if p := s.paths[path]; p != nil {
		return p, false
	}
	p = s.moved[path]
	return p, p != nil
}
