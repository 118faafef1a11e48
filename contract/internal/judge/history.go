package judge

import (
	"cmp"
	"encoding/json"
	"hash/maphash"
	"strings"
)

// History is what one server said before. It keeps what GitLab never takes back: ids are never used twice, names,
// descriptions and creation times never change, what was deleted or revoked stays so. Whatever somebody else may
// change between two exchanges is no part of it.
type History struct {
	agents   generations[int64, *AgentRecord]
	tokens   generations[int64, *TokenRecord]
	children generations[parent, []int64] // ids of a project's agents and of an agent's tokens
	secrets  secrets
	contents generations[uint64, uint64] // of URL, caller and ETag, to that of the body; all as content says
	seed     maphash.Seed

	seenRelease Release
	seenEdition Edition
}

// AgentRecord is what is known of an agent for good.
type AgentRecord struct {
	id        int64
	name      string
	projectID int64
	createdAt string    // empty as long as no answer showed it as the document has it
	createdBy int64     // 0 as long as none is known
	first     Mark      // when it was first seen
	alive     Moment    // when it was last seen alive
	gone      *Exchange // the exchange that deleted it
	missing   *Exchange // a whole list that lacked it after it was seen alive
}

// TokenRecord is what is known of a token for good.
type TokenRecord struct {
	id          int64
	agentID     int64
	name        string
	description *string
	createdAt   string    // empty as long as no answer showed it as the document has it
	createdBy   int64     // 0 as long as none is known
	first       Mark      // when it was first seen
	alive       Moment    // when it was last seen active
	revoked     *Exchange // the exchange that revoked it
	missing     *Exchange // a whole list that lacked it after it was seen active
}

func newHistory() *History { return &History{seed: maphash.MakeSeed()} }

// tellsRelease says whether the exchange asks for the release.
func (x *Exchange) tellsRelease() bool {
	path := x.Request.URL.Path
	return strings.HasSuffix(path, "/api/v4/version") || strings.HasSuffix(path, "/api/v4/metadata")
}

// learnRelease reads the answers of GET /version and GET /metadata.
func (h *History) learnRelease(x *Exchange) {
	if !x.tellsRelease() || !x.OK(200) || x.Request.Method != "GET" {
		return
	}
	var v struct {
		Version    string `json:"version"`
		Enterprise *bool  `json:"enterprise"`
	}
	if json.Unmarshal(x.Response.Body, &v) != nil {
		return
	}
	if release, err := ParseRelease(v.Version); err == nil {
		h.seenRelease = release
	}
	switch {
	case v.Enterprise != nil && *v.Enterprise, strings.HasSuffix(v.Version, "-ee"):
		h.seenEdition = Enterprise
	case v.Enterprise != nil:
		h.seenEdition = Community
	}
}

func (h *History) release(given Release) Release {
	if given.IsZero() {
		return h.seenRelease
	}
	return given
}

func (h *History) edition(given Edition) Edition {
	if given == AnyEdition {
		return h.seenEdition
	}
	return given
}

// add takes up what an exchange says, after it was judged.
func (h *History) add(x *Exchange) {
	h.secrets.publish([]byte(x.Request.URL.String()))
	h.secrets.publish(x.Request.Body)
	if x.Operation == "" || !x.Complete() {
		return
	}
	if etag := x.Response.Header.Get("ETag"); etag != "" && x.OK(200) && x.Request.Method == "GET" {
		h.contents.put(h.content(x.Request.URL.String(), string(x.caller[:]), etag), h.content(string(x.Response.Body)))
	}
	now := x.Moment()
	for i := range x.Agents() {
		a := &x.Agents()[i]
		if a.ID == 0 {
			continue
		}
		r, ok := h.Agent(a.ID)
		if !ok {
			r = &AgentRecord{id: a.ID, first: now.Mark()}
			h.agents.put(a.ID, r)
		}
		if r.CreatedAt == "" && x.Sound() {
			r.Name, r.ProjectID, r.CreatedAt = a.Name, a.ConfigProject.ID, a.CreatedAt
			h.adopt(parent{project: r.ProjectID}, a.ID)
		}
		if r.CreatedBy == 0 && a.CreatedByUserID != nil {
			r.CreatedBy = *a.CreatedByUserID
		}
		r.Alive = later(r.Alive, now)
		r.Missing = nil
	}
	for i := range x.Tokens() {
		t := &x.Tokens()[i]
		if t.ID == 0 {
			continue
		}
		r, ok := h.Token(t.ID)
		if !ok {
			r = &TokenRecord{id: t.ID, first: now.Mark()}
			h.tokens.put(t.ID, r)
		}
		if r.CreatedAt == "" && x.Sound() && t.AgentID == x.AgentID {
			r.AgentID, r.Name, r.Description, r.CreatedAt = t.AgentID, t.Name, t.Description, t.CreatedAt
			h.adopt(parent{agent: r.AgentID}, t.ID)
		}
		if r.CreatedBy == 0 && t.CreatedByUserID != nil {
			r.CreatedBy = *t.CreatedByUserID
		}
		if t.Status == "active" {
			r.Alive = later(r.Alive, now)
			r.Missing = nil
		}
		if t.Token != "" && x.Operation == "createAgentToken" {
			h.secrets.add(t.Token, x.Index)
		}
	}
	if !x.OK(204) {
		return
	}
	switch x.Operation {
	case "deleteAgent":
		r, ok := h.Agent(x.AgentID)
		if !ok {
			r = &AgentRecord{id: x.AgentID, first: now.Mark()}
			h.agents.put(x.AgentID, r)
		}
		if r.Gone == nil {
			r.Gone = x.trace()
		}
	case "revokeAgentToken":
		r, ok := h.Token(x.TokenID)
		if ok && r.AgentID != 0 && r.AgentID != x.AgentID {
			return // no token of that agent, so that nothing is known of it
		}
		if !ok {
			r = &TokenRecord{id: x.TokenID, agentID: x.AgentID, first: now.Mark()}
			h.tokens.put(x.TokenID, r)
		}
		r.Alive = later(r.Alive, now) // or at least there
		if r.Revoked == nil {
			r.Revoked = x.trace()
		}
	}
}

// content is a short stand-in for texts that need only be told apart.
func (h *History) content(texts ...string) uint64 {
	var m maphash.Hash
	m.SetSeed(h.seed)
	for _, text := range texts {
		_, _ = m.WriteString(text)
		_ = m.WriteByte(0)
	}
	return m.Sum64()
}

// parent is a project or an agent.
type parent struct{ project, agent int64 }

// maxChildren is how many agents of a project and tokens of an agent are remembered. A list that fits on one page,
// the only kind that is compared with them, has no more than 100.
const maxChildren = 256

func (h *History) adopt(p parent, id int64) {
	ids, _ := h.children.get(p)
	if len(ids) >= maxChildren {
		ids = append(ids[:0:0], ids[maxChildren/2:]...)
	}
	h.children.put(p, append(ids, id))
}

// tokensOf calls f for each token of an agent that is remembered.
func (h *History) TokensOf(agent int64, f func(*TokenRecord)) {
	ids, _ := h.children.get(parent{agent: agent})
	for _, id := range ids {
		if r, ok := h.Token(id); ok {
			f(r)
		}
	}
}

// agentsOf calls f for each agent of a project that is remembered.
func (h *History) AgentsOf(project int64, f func(*AgentRecord)) {
	ids, _ := h.children.get(parent{project: project})
	for _, id := range ids {
		if r, ok := h.Agent(id); ok {
			f(r)
		}
	}
}

func later(a, b Moment) Moment {
	if a == (Moment{}) || !b.Before(a) {
		return b
	}
	return a
}

// generations is a map that forgets: once a generation is full, what was not used in it goes. A recording of any
// length is judged in bounded memory.
type generations[K comparable, V any] struct {
	young, old map[K]V
	size       int // how many entries a generation holds, if not as many as the constant says
}

// generation is how many entries a generation holds. At some 300 bytes an entry both take some 20 MB.
const generation = 8_192

func (g *generations[K, V]) get(k K) (V, bool) {
	if v, ok := g.young[k]; ok {
		return v, true
	}
	v, ok := g.old[k]
	if ok {
		g.put(k, v)
	}
	return v, ok
}

func (g *generations[K, V]) put(k K, v V) {
	if g.young == nil {
		g.young = make(map[K]V)
	} else if len(g.young) >= cmp.Or(g.size, generation) {
		g.old, g.young = g.young, make(map[K]V)
	}
	g.young[k] = v
}

// each calls f for each entry.
func (g *generations[K, V]) each(f func(K, V)) {
	for k, v := range g.old {
		if _, again := g.young[k]; !again {
			f(k, v)
		}
	}
	for k, v := range g.young {
		f(k, v)
	}
}
