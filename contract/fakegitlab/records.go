package fakegitlab

import (
	"slices"
	"time"

	"github.com/tidwall/btree"
)

// records is one copy of the rows that the endpoints read and write. The store's lock guards it and everything that it
// refers to.
type records struct {
	agents    map[int64]*agent
	tokens    map[int64]*agentToken
	byProject map[int64]*btree.BTreeG[*agent] // by project id; agents by name, and by position in that order
}

type agent struct {
	id        int64
	name      string
	project   *project
	createdBy int64 // 0 when the user is gone
	createdAt time.Time
	updatedAt time.Time
	deleted   bool // hidden from lists by a Deviation

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

func newRecords() *records {
	return &records{
		agents:    map[int64]*agent{},
		tokens:    map[int64]*agentToken{},
		byProject: map[int64]*btree.BTreeG[*agent]{},
	}
}

func newAgentIndex() *btree.BTreeG[*agent] {
	// Names are ASCII. Their order is that of the C locale, as in GitLab's own images.
	byName := func(a, b *agent) bool { return a.name < b.name }
	return btree.NewBTreeGOptions(byName, btree.Options{NoLocks: true})
}

// of returns the project's agents.
func (r *records) of(p *project) *btree.BTreeG[*agent] {
	if index := r.byProject[p.id]; index != nil {
		return index
	}
	return newAgentIndex() // empty
}

// agentNamed returns the project's agent of that name, or nil.
func (r *records) agentNamed(p *project, name string) *agent {
	a, _ := r.of(p).Get(&agent{name: name})
	return a
}

// addAgent adds a copy.
func (r *records) addAgent(a agent) {
	if r.byProject[a.project.id] == nil {
		r.byProject[a.project.id] = newAgentIndex()
	}
	r.agents[a.id] = &a
	r.byProject[a.project.id].Set(&a)
}

// deleteAgent deletes the agent and its tokens.
func (r *records) deleteAgent(id int64) {
	a := r.agents[id]
	if a == nil {
		return
	}
	r.of(a.project).Delete(a)
	delete(r.agents, id)
	for _, t := range a.tokens {
		delete(r.tokens, t.id)
	}
}

// hideAgent removes the agent from lists only. Only a [Deviation] does that.
func (r *records) hideAgent(id int64) {
	if a := r.agents[id]; a != nil {
		r.of(a.project).Delete(a)
		a.deleted = true
	}
}

// addToken adds a copy to the agent, if it is still there.
func (r *records) addToken(t agentToken, agentID int64) {
	if t.agent = r.agents[agentID]; t.agent == nil {
		return
	}
	r.tokens[t.id] = &t
	t.agent.tokens = append(t.agent.tokens, &t)
	if !t.revoked {
		t.agent.active++
	}
}

// revoke revokes the token. Revoking it again changes nothing.
func (r *records) revoke(id int64) {
	if t := r.tokens[id]; t != nil && !t.revoked {
		t.revoked = true
		t.agent.active--
		t.written()
	}
}

// use sets when the token was last used.
func (r *records) use(id int64, when time.Time) {
	if t := r.tokens[id]; t != nil {
		t.lastUsedAt = when
		t.written()
	}
}

// forgetCreator clears who created the agent.
func (r *records) forgetCreator(id int64) {
	if a := r.agents[id]; a != nil {
		a.createdBy = 0
	}
}

// clone copies the records of a seed, in which no agent has been deleted.
func (r *records) clone() *records {
	copied := newRecords()
	for _, a := range r.agents {
		tokens := a.tokens
		added := *a
		added.tokens, added.active = nil, 0
		copied.addAgent(added)
		for _, t := range tokens {
			copied.addToken(*t, a.id)
		}
	}
	return copied
}

// tokensOf returns the tokens of the agent as [agent.listed] does; none if the agent is gone.
func (r *records) tokensOf(agentID int64, onlyActive bool) []*agentToken {
	if a := r.agents[agentID]; a != nil {
		return a.listed(onlyActive)
	}
	return nil
}

// written moves the token to the end of the agent's tokens. PostgreSQL moves a row that it updates in the same way.
func (t *agentToken) written() {
	a := t.agent
	i := slices.Index(a.tokens, t)
	a.tokens = append(slices.Delete(a.tokens, i, i+1), t)
}

// listed returns the agent's tokens in the order of the list: the last used first, those never used at the end. GitLab
// defines no order for ties. With the index that PostgreSQL uses, active tokens come first, then those written earlier.
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
