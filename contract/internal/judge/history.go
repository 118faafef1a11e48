package judge

import (
	"encoding/json"
	"hash/maphash"
	"slices"
	"strings"

	"example.com/gitlab-agents/contract/document"
	"example.com/gitlab-agents/contract/internal/answerer"
	"example.com/gitlab-agents/contract/internal/rule"
)

// History is what one server said before. It keeps what GitLab never takes back: ids are never used twice, names,
// descriptions and creation times never change, what was deleted or revoked stays so. What somebody else may change
// between two exchanges is not kept.
type History struct {
	agents   generations[int64, *AgentRecord]
	tokens   generations[int64, *TokenRecord]
	children generations[parent, []int64]  // ids of a project's agents and of an agent's tokens
	freed    generations[place, *Exchange] // the deletion of the agent that had a name
	projects generations[string, int64]    // ids of projects, by how URLs name them
	secrets  secrets
	contents generations[uint64, uint64] // hash of URL, caller and ETag, to the hash of the body
	seed     maphash.Seed

	answerers answerer.Learner // what this GitLab's answers look like

	release rule.Release // as the server told
	atLeast rule.Release // as its answers prove
	edition rule.Edition
}

// place is the name of an agent in a project, which one agent can have at a time.
type place struct {
	project int64
	name    string
}

// AgentRecord is what is known of an agent for good.
type AgentRecord struct {
	Name      string
	ProjectID int64
	CreatedAt string    // empty as long as no answer showed it as the document has it
	CreatedBy int64     // 0 as long as none is known
	First     Mark      // when it was first seen
	creation  creation  // the create that was answered with it
	Alive     Moment    // when it was last seen
	Gone      *Exchange // the exchange that deleted it
	Missing   *Exchange // a whole list that lacked it after it was seen
}

// TokenRecord is what is known of a token for good.
type TokenRecord struct {
	ID          int64
	AgentID     int64
	Name        string
	Description *string
	CreatedAt   string    // empty as long as no answer showed it as the document has it
	CreatedBy   int64     // 0 as long as none is known
	First       Mark      // when it was first seen
	creation    creation  // the create that was answered with it
	Alive       Moment    // when it was last seen active
	Revoked     *Exchange // the exchange that revoked it
	Missing     *Exchange // a whole list that lacked it after it was seen active
}

func newHistory() *History { return &History{seed: maphash.MakeSeed()} }

// Agent is the record of an agent.
func (h *History) Agent(id int64) (*AgentRecord, bool) { return h.agents.get(id) }

// Token is the record of a token.
func (h *History) Token(id int64) (*TokenRecord, bool) { return h.tokens.get(id) }

// tellsVersion says whether the exchange asks for the release.
func (x *Exchange) tellsVersion() bool {
	path := x.Request.URL.Path
	return strings.HasSuffix(path, "/api/v4/version") || strings.HasSuffix(path, "/api/v4/metadata")
}

// learn takes up what an answer tells about its server, before it is judged.
func (h *History) learn(x *Exchange) {
	if x.Operation != "" && x.Response != nil && x.conforms() {
		h.answerers.Learn(x.Exchange)
	}
	h.learnVersion(x)
}

// conforms says that the document has nothing against the response.
func (x *Exchange) conforms() bool {
	return !slices.ContainsFunc(x.Documentation(), func(f document.Finding) bool { return f.Rule != document.RuleRequest })
}

// learnVersion reads the answers of GET /version and GET /metadata, and what other answers prove about the release.
func (h *History) learnVersion(x *Exchange) {
	h.learnAtLeast(x)
	if !x.tellsVersion() || !x.OK(200) || x.Request.Method != "GET" {
		return
	}
	var v struct {
		Version    string `json:"version"`
		Enterprise *bool  `json:"enterprise"`
	}
	if json.Unmarshal(x.Response.Body, &v) != nil {
		return
	}
	if release, err := rule.ParseRelease(v.Version); err == nil {
		h.release = release
	}
	switch {
	case v.Enterprise != nil && *v.Enterprise, strings.HasSuffix(v.Version, "-ee"):
		h.edition = rule.Enterprise
	case v.Enterprise != nil:
		h.edition = rule.Community
	}
}

// learnAtLeast notes the youngest release that an answer gives away.
func (h *History) learnAtLeast(x *Exchange) {
	proves := func(release rule.Release) {
		if h.atLeast.Before(release) {
			h.atLeast = release
		}
	}
	x.EachAgent(func(a *Agent, _ string) {
		if a.IsReceptive != nil {
			proves(rule.GitLab(17, 4))
		}
	})
	if t := x.NewToken(); t != nil && strings.Contains(t.Token, "glagent-") && strings.Contains(t.Token, ".") {
		proves(rule.GitLab(18, 5)) // a routable token
	}
	if f := x.Refusal(); f.Message != nil && strings.Contains(*f.Message, "only two active tokens") {
		proves(rule.GitLab(16, 1))
	}
}

// version completes what is given with what the server told.
func (h *History) version(given rule.Version) rule.Version {
	if given.Release.IsZero() {
		given.Release = h.release
	}
	if given.AtLeast.Before(h.atLeast) {
		given.AtLeast = h.atLeast
	}
	if given.Edition == rule.AnyEdition {
		given.Edition = h.edition
	}
	return given
}

// creation is what tells the answer to a create from other answers; the zero value if no create was seen.
type creation struct {
	seen            bool
	meta, requestID string // headers in which GitLab gives each answer an id; proxies may replace the second
}

func creationOf(x *Exchange) creation {
	return creation{true, x.Header("X-Gitlab-Meta"), x.Header("X-Request-Id")}
}

// mayBe says that the answers may be the same, as far as their ids tell.
func (c creation) mayBe(other creation) bool {
	switch {
	case !c.seen:
		return false
	case strings.Contains(c.meta, "correlation_id") && strings.Contains(other.meta, "correlation_id"):
		return c.meta == other.meta
	}
	return c.requestID == "" || other.requestID == "" || c.requestID == other.requestID
}

// recordedBefore says whether the history knows this very exchange: the same creation, with the same id, secret and time.
// A server that answers a second create with what the first one made gives that answer another id.
func (h *History) recordedBefore(x *Exchange) bool {
	if t := x.NewToken(); t != nil && t.Token != "" {
		r, known := h.tokens.get(t.ID)
		_, shown := h.secrets.shownBefore(t.Token)
		return known && shown && r.CreatedAt == t.CreatedAt && r.creation.mayBe(creationOf(x))
	}
	if a := x.NewAgent(); a != nil {
		r, known := h.agents.get(a.ID)
		return known && r.CreatedAt == a.CreatedAt && r.Name == a.Name && r.creation.mayBe(creationOf(x))
	}
	return false
}

// add takes up what an exchange says, after it was judged.
func (h *History) add(x *Exchange) {
	h.secrets.publish([]byte(x.Request.URL.String()))
	h.secrets.publish(x.Request.Body)
	if x.Operation == "" || !x.Complete() {
		return
	}
	if etag := x.Header("ETag"); etag != "" && x.OK(200) && !x.Response.BodyNotRecorded && x.Request.Method == "GET" {
		h.contents.put(h.tagKey(x, etag), maphash.Bytes(h.seed, x.Response.Body))
	}
	x.EachAgent(func(a *Agent, _ string) { h.addAgent(x, a) })
	x.EachToken(func(t *Token, _ string) { h.addToken(x, t) })
	switch {
	case !x.OK(204):
	case x.Operation == "deleteAgent":
		h.addDeletion(x)
	case x.Operation == "revokeAgentToken":
		h.addRevocation(x)
	}
}

func (h *History) addAgent(x *Exchange, a *Agent) {
	r, ok := h.agents.get(a.ID)
	if !ok {
		r = &AgentRecord{First: x.Moment().mark()}
		h.agents.put(a.ID, r)
	}
	if r.CreatedAt == "" && x.Sound() {
		r.Name, r.ProjectID, r.CreatedAt = a.Name, a.ConfigProject.ID, a.CreatedAt
		h.adopt(parent{project: r.ProjectID}, a.ID)
	}
	if x.Sound() {
		h.projects.put(x.Project, a.ConfigProject.ID)
	}
	if r.CreatedBy == 0 && a.CreatedByUserID != nil {
		r.CreatedBy = *a.CreatedByUserID
	}
	if x.Operation == "createAgent" && !r.creation.seen {
		r.creation = creationOf(x)
	}
	r.Alive = later(r.Alive, x.Moment())
	r.Missing = nil
	if _, freed := h.NameFreed(x.Project, a.Name); freed {
		h.freed.put(h.place(x.Project, a.Name), nil) // another agent has it
	}
}

func (h *History) addToken(x *Exchange, t *Token) {
	r, ok := h.tokens.get(t.ID)
	if !ok {
		r = &TokenRecord{ID: t.ID, First: x.Moment().mark()}
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
		r.Alive = later(r.Alive, x.Moment())
		r.Missing = nil
	}
	if x.Operation == "createAgentToken" && !r.creation.seen {
		r.creation = creationOf(x)
	}
	if t.Token != "" && x.Operation == "createAgentToken" {
		h.secrets.add(t.Token, x.Index)
	}
}

func (h *History) addDeletion(x *Exchange) {
	r, ok := h.agents.get(x.AgentID)
	if !ok {
		r = &AgentRecord{First: x.Moment().mark()}
		h.agents.put(x.AgentID, r)
	}
	if r.Gone != nil {
		return
	}
	r.Gone = x.trace()
	if r.Name != "" {
		h.freed.put(place{r.ProjectID, r.Name}, r.Gone)
	}
}

// NameFreed returns the exchange that deleted the agent of that name, unless a later answer showed another agent with it.
// The project is as a URL names it.
func (h *History) NameFreed(project, name string) (by *Exchange, ok bool) {
	by, _ = h.freed.get(h.place(project, name))
	return by, by != nil
}

func (h *History) place(project, name string) place {
	id, _ := h.projects.get(project)
	return place{id, name}
}

func (h *History) addRevocation(x *Exchange) {
	r, ok := h.tokens.get(x.TokenID)
	if ok && r.AgentID != 0 && r.AgentID != x.AgentID {
		return // not a token of that agent, so nothing is known of it
	}
	if !ok {
		r = &TokenRecord{ID: x.TokenID, AgentID: x.AgentID, First: x.Moment().mark()}
		h.tokens.put(x.TokenID, r)
	}
	r.Alive = later(r.Alive, x.Moment()) // or at least there
	if r.Revoked == nil {
		r.Revoked = x.trace()
	}
}

// SameTag says whether the caller has seen the exchange's URL with the same ETag, and with the same body.
func (h *History) SameTag(x *Exchange) (tag, body bool) {
	seen, known := h.contents.get(h.tagKey(x, x.Header("ETag")))
	return known, known && seen == maphash.Bytes(h.seed, x.Response.Body)
}

func (h *History) tagKey(x *Exchange, etag string) uint64 {
	return h.hash(x.Request.URL.String(), string(x.caller[:]), etag)
}

// hash stands in for texts that need only be told apart.
func (h *History) hash(texts ...string) uint64 {
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

// TokensOf calls f for each token of an agent that is remembered.
func (h *History) TokensOf(agent int64, f func(*TokenRecord)) {
	ids, _ := h.children.get(parent{agent: agent})
	for _, id := range ids {
		if r, ok := h.tokens.get(id); ok {
			f(r)
		}
	}
}

// AgentsOf calls f for each agent of a project that is remembered, with its id.
func (h *History) AgentsOf(project int64, f func(id int64, r *AgentRecord)) {
	ids, _ := h.children.get(parent{project: project})
	for _, id := range ids {
		if r, ok := h.agents.get(id); ok {
			f(id, r)
		}
	}
}

// FindSecret returns where in a text a secret that an earlier exchange created begins, and which exchange that was. A
// secret that a caller sent to the server afterwards is not found: the server may say it back.
func (h *History) FindSecret(text []byte) (at, exchange int, ok bool) { return h.secrets.find(text) }

// SecretShownBefore says which exchange created this secret before.
func (h *History) SecretShownBefore(secret string) (exchange int, ok bool) {
	return h.secrets.shownBefore(secret)
}
