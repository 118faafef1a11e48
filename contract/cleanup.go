package contract

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// namePrefix begins the name of every agent that a run makes; the run's id follows.
const namePrefix = "contract-"

// made is what a run made. A create response alone does not show that an agent is the run's own, as a broken server may
// answer with the id of somebody else's, or keep another name than the one that was sent: the agent has to be read
// under a name that holds the run's id before anything is done to it. Tokens go with their agents.
type made struct {
	run string

	mu     sync.Mutex
	agents []madeAgent    // that create responses showed
	owned  map[int64]bool // that were read under a name of the run's
	others map[int64]bool // that were there before
	gone   map[int64]bool // agents whose deletion was granted, or happened all the same

	tokens  map[int64]bool // tokens that create responses showed
	revoked map[int64]bool // tokens whose revocation was granted, under whichever agent
	entry   *Entry         // nil if no journal is kept
}

type madeAgent struct {
	id      int64
	name    string
	project string // as it stands in a URL
}

func newMade(run string) *made {
	return &made{
		run: run, owned: make(map[int64]bool), others: make(map[int64]bool), gone: make(map[int64]bool),
		tokens: make(map[int64]bool), revoked: make(map[int64]bool),
	}
}

// own says whether a name can only be that of an agent of this run.
func (m *made) own(name string) bool { return strings.Contains(name, m.run) }

// foreign notes an agent that was there before the run.
func (m *made) foreign(id int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.others[id] = true
}

// note takes up what an answer says about what there is.
func (m *made) note(x *Exchange) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch granted := x.complete() && x.Status() < 300; x.Operation {
	case "createAgent":
		if a := x.newAgent(); a != nil && !m.others[a.ID] {
			m.agents = append(m.agents, madeAgent{a.ID, a.Name, url.PathEscape(x.Project)})
		}
	case "createAgentToken":
		if t := x.newToken(); t != nil {
			m.tokens[t.ID] = true
		}
	case "deleteAgent":
		m.gone[x.AgentID] = m.gone[x.AgentID] || granted
	case "revokeAgentToken":
		m.revoked[x.TokenID] = m.revoked[x.TokenID] || granted
	}
}

// lookAfter notes whether an agent is still there after its deletion was refused.
func (m *made) lookAfter(x *Exchange) *Exchange {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gone[x.AgentID] = m.gone[x.AgentID] || x.Status() == 404
	return x
}

func (m *made) has(set map[int64]bool, id int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return set[id]
}

// isGone says that an agent is not there any more, or is not to be.
func (m *made) isGone(agent int64) bool { return m.has(m.gone, agent) }

// isRevoked says that the revocation of a token was granted.
func (m *made) isRevoked(token int64) bool { return m.has(m.revoked, token) }

// grants says whether a create response showed a token.
func (m *made) grants(token int64) bool { return m.has(m.tokens, token) }

// confirm notes that an agent is the run's own.
func (m *made) confirm(id int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.owned[id] = !m.others[id]
}

// foreigner says whether an agent was there before the run.
func (m *made) foreigner(id int64) bool { return m.has(m.others, id) }

// claimed says whether a create response showed an agent.
func (m *made) claimed(id int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.ContainsFunc(m.agents, func(a madeAgent) bool { return a.id == id })
}

// may says whether the run may send a request: whatever changes an agent must be about one of its own.
func (m *made) may(method, path string) bool {
	if method == http.MethodGet || method == http.MethodHead {
		return true
	}
	_, id, ok := strings.Cut(path, "/cluster_agents/")
	if !ok {
		return true // no agent is named, so none is changed
	}
	if end := strings.IndexAny(id, "/?"); end >= 0 {
		id = id[:end]
	}
	if isNoAgent(id) {
		return true
	}
	n, err := strconv.ParseInt(id, 10, 64)
	m.mu.Lock()
	defer m.mu.Unlock()
	return err == nil && m.owned[n]
}

// isNoAgent says that what stands for an agent's id in a URL is one that no agent has, so that the request can only be
// refused.
func isNoAgent(id string) bool {
	for _, none := range []string{noAgent, "0", "-1", "abc"} {
		if id == none {
			return true
		}
	}
	return false
}

// cleanUpTime is how long cleaning up may take, after whatever ended the run.
const cleanUpTime = 60 * time.Second

// lateness is how long after a lost answer a server may still carry out what was asked for.
const lateness = time.Second

// cleanUp removes what the run made, and says what is left.
func (r *run) cleanUp(ctx context.Context) (left []string) {
	entry := r.made.entry
	if entry != nil {
		defer entry.leave()
	}
	if r.attempted {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
		defer cancel()
		var again bool
		left, again = r.sweepOwn(ctx)
		if r.lost {
			again = r.pause(ctx, lateness)
		}
		if again {
			left, _ = r.sweepOwn(ctx)
		}
	}
	if len(left) == 0 && entry != nil {
		if err := entry.end(); err != nil {
			left = append(left, fmt.Sprintf("the journal's file cannot be removed: %v", err))
		}
	}
	return left
}

// sweepOwn removes the run's agents from its projects, and then those that only create responses showed. It may help to do
// it again: a broken server lists agents under both projects, whose sweeps come in each other's way.
func (r *run) sweepOwn(ctx context.Context) (left []string, again bool) {
	s := &sweeper{run: r, id: r.id, listed: make(map[int64]bool)}
	for _, lines := range sideBySide(r.names(), func(project string) []string { return s.sweep(ctx, url.PathEscape(project)) }) {
		left = append(left, lines...)
	}
	left = append(left, s.unlisted(ctx, r.made.agents)...)
	r.chain += s.chain
	return left, s.stubborn
}

// sideBySide calls f for each value at once, and returns what it returned in their order. It panics if one of them does.
func sideBySide[V, R any](values []V, f func(V) R) []R {
	results, stops := make([]R, len(values)), make([]any, len(values))
	var wait sync.WaitGroup
	for i, v := range values {
		wait.Go(func() {
			defer func() { stops[i] = recover() }()
			results[i] = f(v)
		})
	}
	wait.Wait()
	for _, stop := range stops {
		if stop != nil {
			panic(stop)
		}
	}
	return results
}

// Swept is what became of one entry of a journal.
type Swept struct {
	Entry   *Entry
	Removed int      // agents that were removed
	Left    []string // what is left: one line each
}

// Sweep removes what runs left behind on one GitLab: agents whose names hold the id of a run of the journal, and
// nothing else. Entries of other GitLabs, and of runs that are still going on, are left alone.
func Sweep(ctx context.Context, target Target, entries []*Entry) ([]Swept, error) {
	r, err := newRun(Target{URL: target.URL, Project: "any", Tokens: target.Tokens, Transport: target.Transport}, nil)
	if err != nil {
		return nil, err
	}
	defer r.close()
	var swept []Swept
	for _, e := range entries {
		if e.URL != r.base || e.Running() {
			continue
		}
		s := &sweeper{run: r, id: e.Run, listed: make(map[int64]bool)}
		done := Swept{Entry: e}
		for _, project := range e.Project {
			done.Left = append(done.Left, s.sweep(ctx, url.PathEscape(project))...)
		}
		done.Removed = s.removed
		if len(done.Left) == 0 {
			if err := e.end(); err != nil {
				done.Left = append(done.Left, err.Error())
			}
		}
		swept = append(swept, done)
	}
	return swept, nil
}

// sweeper removes the agents of one run.
type sweeper struct {
	run *run   // how to make requests
	id  string // of the run whose agents are removed

	mu      sync.Mutex
	removed int
	listed  map[int64]bool // agents of the run that a list showed
	chain   int            // requests that waited for each other

	stubborn bool // agents were still there after they were deleted
	judged   int
}

// maxJudged is how many of a sweep's requests are judged: a list that does not end tells no more later on.
const maxJudged = 200

// sweep lists a project's agents, deletes those whose name holds the run's id, and lists again, until none is there.
func (s *sweeper) sweep(ctx context.Context, project string) (left []string) {
	path := "/api/v4/projects/" + project + "/cluster_agents"
	chain := 0
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.chain = max(s.chain, chain)
	}()
	const rounds = 3
	for round := 1; ; round++ {
		own, pages, err := s.own(ctx, path)
		chain += pages
		switch {
		case err != nil && round < rounds && pages < maxPages:
			continue
		case err != nil:
			return []string{s.line("perhaps agents named %s%s-… in project %s: %v", namePrefix, s.id, project, err)}
		case len(own) == 0:
			return nil
		case round > rounds:
			s.mu.Lock()
			s.stubborn = true
			s.mu.Unlock()
			for _, a := range own {
				left = append(left, s.line("agent %d, %q: still there after DELETE", a.ID, a.Name))
			}
			return left
		}
		chain += 2 // a read and a delete
		left = slices.DeleteFunc(sideBySide(own, func(a Agent) string { return s.remove(ctx, path, a, true) }), func(line string) bool { return line == "" })
		if len(left) > 0 && round == rounds {
			return left
		}
	}
}

// remove deletes an agent, and says what is left if that fails. A broken server may list somebody else's agent under a
// name of the run's, or answer a create with its id, so two answers have to agree that it is the run's own: the read of
// it, or if that fails the list and the create.
func (s *sweeper) remove(ctx context.Context, path string, a Agent, listed bool) (left string) {
	path = fmt.Sprintf("%s/%d", path, a.ID)
	read, err := s.do(ctx, http.MethodGet, path)
	switch is := unmarshal[Agent](read.body); {
	case err == nil && read.status == 200 && is.ID == a.ID && strings.Contains(is.Name, s.id):
	case err == nil && read.status == 404 && !listed:
		return ""
	case err == nil && read.status == 200 && is.ID != 0, !listed, !s.run.made.claimed(a.ID):
		return s.line("agent %d, %q: it is left alone, as it is not read under that name", a.ID, a.Name)
	}
	x, err := s.do(ctx, http.MethodDelete, path)
	switch {
	case err != nil:
		return s.line("agent %d, %q: %v", a.ID, a.Name, err)
	case x.status == 204:
		s.mu.Lock()
		s.removed++
		s.mu.Unlock()
	case x.status != 404:
		return s.line("agent %d, %q: DELETE answers %d", a.ID, a.Name, x.status)
	}
	return ""
}

// unlisted removes what create responses showed and no list did.
func (s *sweeper) unlisted(ctx context.Context, agents []madeAgent) (left []string) {
	for _, a := range agents {
		if s.listed[a.id] || s.run.made.isGone(a.id) { // if it is there all the same, lists show it
			continue
		}
		path := fmt.Sprintf("/api/v4/projects/%s/cluster_agents", a.project)
		s.chain += 2
		if line := s.remove(ctx, path, Agent{ID: a.id, Name: a.name}, false); line != "" {
			left = append(left, line)
		}
	}
	return left
}

// line is what is said of something that is left.
func (s *sweeper) line(format string, args ...any) string {
	return s.run.redactor.Redact(fmt.Sprintf(format, args...))
}

// maxPages is how many pages of agents a sweep looks at: 100,000 agents.
const maxPages = 1000

// own lists the agents of the run in a project, page by page, and counts the pages.
func (s *sweeper) own(ctx context.Context, path string) (own []Agent, pages int, err error) {
	seen := make(map[int64]bool)
	for page := 1; page <= maxPages; page++ {
		x, err := s.do(ctx, http.MethodGet, fmt.Sprintf("%s?per_page=100&page=%d", path, page))
		if err != nil {
			return nil, page, err
		}
		if x.status != 200 {
			return nil, page, fmt.Errorf("listing agents answers %d", x.status)
		}
		fresh := false
		agents := unmarshal[[]Agent](x.body)
		for _, a := range agents {
			if seen[a.ID] {
				continue
			}
			fresh, seen[a.ID] = true, true
			if !s.run.made.foreigner(a.ID) && strings.Contains(a.Name, s.id) {
				own = append(own, a)
				s.mu.Lock()
				s.listed[a.ID] = true
				s.mu.Unlock()
			}
		}
		if !fresh || len(agents) < 100 {
			return own, page, nil
		}
	}
	if len(own) == 0 {
		return nil, maxPages, fmt.Errorf("the list of agents does not end after %d pages", maxPages)
	}
	return own, maxPages, nil
}

type sweptAnswer struct {
	status int
	body   []byte
}

// do makes a request until an answer comes that says something.
func (s *sweeper) do(ctx context.Context, method, path string) (answer sweptAnswer, err error) {
	for attempt := 1; attempt <= 6; attempt++ {
		if answer, err = s.once(ctx, method, path); err == nil {
			return answer, nil
		}
		wait := time.Duration(attempt*attempt) * 50 * time.Millisecond
		if busy := (*busyError)(nil); errors.As(err, &busy) && busy.wait > 0 {
			wait = min(busy.wait, maxWait)
		}
		if !s.run.pause(ctx, wait) {
			break
		}
	}
	return answer, err
}

// busyError is an answer that says nothing yet: 429, or a gateway's.
type busyError struct {
	status int
	wait   time.Duration
}

func (e *busyError) Error() string {
	return fmt.Sprintf("the answer was %d, again and again", e.status)
}

// mayJudge counts the requests that are judged.
func (s *sweeper) mayJudge() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.judged++
	return s.judged <= maxJudged
}

func (s *sweeper) once(ctx context.Context, method, path string) (sweptAnswer, error) {
	r := s.run
	if !r.gate.enter(ctx, 0) {
		return sweptAnswer{}, errors.New(cause(ctx.Err()))
	}
	defer r.gate.leave()
	ctx, cancel := context.WithTimeout(ctx, r.requestTimeout)
	defer cancel()
	x, err := r.exchange(ctx, method, path, &ask{header: http.Header{"Private-Token": {r.target.Tokens[Maintainer]}}})
	if err != nil {
		return sweptAnswer{}, err
	}
	if s.id == r.id && s.mayJudge() { // the end of a run is judged like the rest of it
		r.mu.Lock()
		r.judged(x)
		r.mu.Unlock()
	}
	switch {
	case x.Response == nil:
		return sweptAnswer{}, errors.New(cause(x.Err))
	case x.Response.StatusCode == 429 || x.Response.StatusCode > 501:
		return sweptAnswer{}, &busyError{x.Response.StatusCode, retryAfter(x.Response.Header, time.Now())}
	case x.Err != nil:
		return sweptAnswer{}, errors.New("the answer broke off")
	case x.Response.Truncated:
		return sweptAnswer{}, fmt.Errorf("the answer has more than %d MB", maxBody>>20)
	}
	return sweptAnswer{x.Response.StatusCode, x.Response.Body}, nil
}
