package live

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"example.com/gitlab-agents/contract/internal/judge"
)

// namePrefix begins the name of every agent that a check makes; the check's id follows.
const namePrefix = "contract-"

// runIDLength is how long the id of a check is: 50 random bits, in letters and digits that an agent's name may have.
const runIDLength = 10

// newRunID makes the names of a check its own.
func newRunID() string { return strings.ToLower(rand.Text()[:runIDLength]) }

// NoID is the id of an agent, token or project that exists nowhere, though it could.
const NoID = "9007199254740991"

// own is what a check made. The response to a create does not prove that an agent is the check's own: a broken server may
// return the id of somebody else's agent, or keep another name than it was sent. So the check reads each agent, and changes
// it only if its name has the check's id. Tokens are deleted with their agents.
type own struct {
	run string // the check's id

	mu     sync.Mutex
	plays  int
	agents []madeAgent    // that create responses showed
	mine   map[int64]bool // that were read under a name of the check's
	others map[int64]bool // that existed before
	gone   map[int64]bool // whose deletion was granted

	attempted bool // a create was sent
	lost      bool // the answer to a create did not come, so GitLab may still carry it out
}

type madeAgent struct {
	id      int64
	name    string
	project string // as it stands in a URL
}

func newOwn() *own {
	return &own{run: newRunID(), mine: make(map[int64]bool), others: make(map[int64]bool), gone: make(map[int64]bool)}
}

// prefix begins the names of the agents of a play, and no other's.
func (o *own) prefix(scenario string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.plays++
	return fmt.Sprintf("%s%s-%s-%d-", namePrefix, o.run, slug(scenario), o.plays)
}

// names says whether a name can only be that of an agent of this check.
func (o *own) names(name string) bool { return strings.Contains(name, o.run) }

// foreign notes an agent that existed before the check.
func (o *own) foreign(id int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.others[id] = true
}

// has says whether an agent is the check's own.
func (o *own) has(id int64) bool { return o.in(o.mine, id) }

// isForeign says whether an agent existed before the check.
func (o *own) isForeign(id int64) bool { return o.in(o.others, id) }

// isGone says that the deletion of an agent was granted.
func (o *own) isGone(id int64) bool { return o.in(o.gone, id) }

func (o *own) in(set map[int64]bool, id int64) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return set[id]
}

// created says whether a create response showed an agent.
func (o *own) created(id int64) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.createdLocked(id)
}

// remaining is how many agents were created and not deleted.
func (o *own) remaining() (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, a := range o.agents {
		if !o.gone[a.id] {
			n++
		}
	}
	return n
}

func (o *own) createdLocked(id int64) bool {
	return slices.ContainsFunc(o.agents, func(a madeAgent) bool { return a.id == id })
}

// sending notes that a request is about to be sent.
func (o *own) sending(r *request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.attempted = o.attempted || r.method == http.MethodPost
}

// note takes up what an exchange says about what exists.
func (o *own) note(x *judge.Exchange) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case x.Request.Method == http.MethodPost && (!x.Complete() || x.Status() >= 500):
		o.lost = true
	case x.Operation == "deleteAgent" && x.Complete() && x.Status() < 300:
		o.gone[x.AgentID] = true
	}
	if a := x.NewAgent(); a != nil && !o.others[a.ID] {
		o.agents = append(o.agents, madeAgent{a.ID, a.Name, url.PathEscape(x.Project)})
	}
	if x.Operation == "getAgent" {
		for _, a := range x.Agents() {
			if a.ID == x.AgentID && o.names(a.Name) && o.createdLocked(a.ID) {
				o.mine[a.ID] = true
			}
		}
	}
}

// mayChange says whether a request changes only what the check made.
func (o *own) mayChange(r *request) bool {
	if reads(r.method) {
		return true
	}
	_, id, named := strings.Cut(r.path, "/cluster_agents/")
	if !named {
		return true // no agent is named, so none is changed
	}
	if end := strings.IndexAny(id, "/?"); end >= 0 {
		id = id[:end]
	}
	n, err := strconv.ParseInt(id, 10, 64)
	return isNobody(id) || err == nil && o.has(n)
}

func reads(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// isNobody says that no agent has this id, so GitLab can only refuse the request.
func isNobody(id string) bool {
	for _, none := range []string{NoID, "0", "-1", "abc"} {
		if id == none {
			return true
		}
	}
	return false
}
