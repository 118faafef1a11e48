package live

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/rule"
)

// patience is how long cleaning up goes on without a useful answer. It is longer than a server may ask to wait.
const patience = 60*time.Second + sweepAttempts*maxWait

// lateness is how long after a lost answer a server may still carry out the request.
const lateness = time.Second

// cleanUp removes what the check made, and says what is left. It goes on after the check was interrupted.
func (c *check) cleanUp(ctx context.Context) (left []string) {
	if c.entry != nil {
		defer c.entry.leave()
	}
	if c.own.attempted {
		c.tell(Event{Phase: "clean-up"})
		ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		defer cancel()
		giveUp := time.AfterFunc(patience, cancel)
		defer giveUp.Stop()
		var again bool
		left, again = c.sweepOwn(ctx, giveUp)
		if again && c.Clock.Sleep(ctx, lateness) {
			left, _ = c.sweepOwn(ctx, giveUp)
		}
	}
	if len(left) == 0 && c.entry != nil {
		if err := c.entry.end(); err != nil {
			left = append(left, fmt.Sprintf("the journal's file cannot be removed: %v", err))
		}
	}
	return left
}

// sweepOwn removes the check's agents from its projects, and then those that only the responses to creates showed. A second
// call may remove more: a server may carry out late what it did not answer, and a broken one lists agents under both projects,
// so that the two sweeps disturb each other.
func (c *check) sweepOwn(ctx context.Context, giveUp *time.Timer) (left []string, again bool) {
	s := &sweeper{check: c, id: c.own.run, giveUp: giveUp, listed: make(map[int64]bool)}
	if gone := c.ended(); gone != nil { // nothing can be removed one by one either
		if lines := s.sweep(ctx, url.PathEscape(c.Project)); len(lines) > 0 {
			return []string{s.line("%d agents named %s%s-… in project %s: %s", c.own.remaining(), namePrefix, s.id, c.Project, gone.Means)}, false
		}
	}
	for _, lines := range sideBySide(c.projects(), func(project string) []string { return s.sweep(ctx, url.PathEscape(project)) }) {
		left = append(left, lines...)
	}
	left = append(left, s.unlisted(ctx, c.own.agents)...)
	return left, (s.stubborn || c.own.lost) && !s.nobodyAnswers()
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

// Sweep removes what checks left behind on one GitLab: agents whose names hold the id of a check of the journal, and
// nothing else. Entries of other GitLabs, and of checks that are still going on, are left alone.
func Sweep(ctx context.Context, target Target, entries []*Entry) ([]Swept, error) {
	target.Project, target.OtherProject = "any", ""
	c, err := newCheck(target, Options{})
	if err != nil {
		return nil, err
	}
	defer c.close()
	var swept []Swept
	for _, e := range entries {
		if e.URL != c.base || e.Running() {
			continue
		}
		s := &sweeper{check: c, id: e.Run, listed: make(map[int64]bool)}
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

// sweeper removes the agents of one check.
type sweeper struct {
	*check
	id     string      // of the check whose agents are removed
	giveUp *time.Timer // ends the sweep; nil if nothing does

	mu       sync.Mutex
	answers  int    // that said something
	silences int    // requests without such an answer, one after the other
	silence  string // why the last of them had none
	removed  int
	listed   map[int64]bool // agents of the check that a list showed
	stubborn bool           // agents still existed after they were deleted
	judged   int
}

// sweep lists a project's agents, deletes those whose name holds the check's id, and lists again, until none is listed.
func (s *sweeper) sweep(ctx context.Context, project string) (left []string) {
	path := "/api/v4/projects/" + project + "/cluster_agents"
	const rounds = 3
	for round := 1; ; round++ {
		more := ""
		if round > rounds { // in case a cache answers: it does not have this URL
			more = "&contract=" + s.id
		}
		own, pages, err := s.ownAgents(ctx, path, more)
		switch {
		case err != nil && round < rounds && pages < maxPages && !s.nobodyAnswers():
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
				left = append(left, s.line("agent %d, %q: still exists after DELETE", a.ID, a.Name))
			}
			return left
		}
		left = sideBySide(own, func(a judge.Agent) string { return s.remove(ctx, path, a, true) })
		left = slices.DeleteFunc(left, func(line string) bool { return line == "" })
		if len(left) > 0 && round == rounds {
			return left
		}
	}
}

// nobodyAnswers says that the last requests got no answer, so that more of them are of no use now.
func (s *sweeper) nobodyAnswers() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.silences >= maxSilences
}

// maxSilences is after how many requests without an answer a sweep tries no more agents one by one.
const maxSilences = 2

// remove deletes an agent, and says what is left if that fails. A broken server may list somebody else's agent under a
// name of the check's, or answer a create with its id, so two answers have to agree that it is the check's own: the read
// of it, or if that fails the list and the create.
func (s *sweeper) remove(ctx context.Context, path string, a judge.Agent, listed bool) (left string) {
	path = fmt.Sprintf("%s/%d", path, a.ID)
	read, err := s.do(ctx, http.MethodGet, path)
	is := judge.ReadAgent(read.body)
	switch {
	case err == nil && read.status == 200 && is.ID == a.ID && strings.Contains(is.Name, s.id):
	case err == nil && read.status == 404 && !listed:
		return ""
	case err != nil && !listed:
		return s.line("agent %d, %q: %v", a.ID, a.Name, err)
	case err == nil && read.status == 200 && is.ID != 0, !listed, !s.own.created(a.ID):
		return s.line("agent %d, %q: left alone, as it cannot be read under that name", a.ID, a.Name)
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
		return s.line("agent %d, %q: DELETE returned %d", a.ID, a.Name, x.status)
	}
	return ""
}

// unlisted removes what create responses showed and no list did.
func (s *sweeper) unlisted(ctx context.Context, agents []madeAgent) (left []string) {
	for _, a := range agents {
		if s.listed[a.id] || s.own.isGone(a.id) { // if it still exists, lists show it
			continue
		}
		if s.nobodyAnswers() {
			return append(left, s.line("agent %d, %q, and perhaps more: %s", a.id, a.name, s.lastSilence()))
		}
		path := fmt.Sprintf("/api/v4/projects/%s/cluster_agents", a.project)
		if line := s.remove(ctx, path, judge.Agent{ID: a.id, Name: a.name}, false); line != "" {
			left = append(left, line)
		}
	}
	return left
}

// line is what is said of something that is left.
func (s *sweeper) line(format string, args ...any) string {
	return s.Redactor.RedactCut(fmt.Sprintf(format, args...))
}

// maxPages is how many pages of agents a sweep looks at: 100,000 agents.
const maxPages = 1000

// ownAgents lists the agents of the check in a project, page by page, and counts the pages. More is added to the query.
func (s *sweeper) ownAgents(ctx context.Context, path, more string) (own []judge.Agent, pages int, err error) {
	seen := make(map[int64]bool)
	for page := 1; page <= maxPages; page++ {
		x, err := s.do(ctx, http.MethodGet, fmt.Sprintf("%s?per_page=100&page=%d%s", path, page, more))
		if err != nil {
			return nil, page, err
		}
		if x.status != 200 {
			return nil, page, fmt.Errorf("listing agents returned %d", x.status)
		}
		fresh := false
		agents := judge.ReadAgents(x.body)
		for _, a := range agents {
			if seen[a.ID] {
				continue
			}
			fresh, seen[a.ID] = true, true
			if !s.own.isForeign(a.ID) && strings.Contains(a.Name, s.id) {
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

// sweepAttempts is how often a sweep sends a request.
const sweepAttempts = 6

// do sends a request until an answer comes that says something. A rate limit that lets other requests of the sweep pass
// lets this one pass later, so its refusals do not count.
func (s *sweeper) do(ctx context.Context, method, path string) (answer sweptAnswer, err error) {
	r := &request{role: rule.Maintainer, method: method, path: path, header: http.Header{"Private-Token": {s.Tokens[rule.Maintainer]}}}
	answers := 0 // to the sweep, when the last refusal came
	for attempt := 1; attempt <= sweepAttempts; attempt++ {
		if !s.gate.enter(ctx) {
			return answer, errors.New(cause(ctx.Err()))
		}
		x, err := s.send(ctx, r)
		s.gate.leave()
		if err != nil {
			return answer, err
		}
		judged := &judge.Exchange{Exchange: x}
		if s.id == s.own.run && s.mayJudge() { // the end of a check is judged like the rest of it
			judged = s.observe(s.judge, x, nil)
		}
		silence := silent(judged, attempt, s.Clock.Now())
		if silence == nil {
			s.answered()
			return sweptAnswer{x.Response.StatusCode, x.Response.Body}, nil
		}
		answer, err = sweptAnswer{}, errors.New(silence.reason)
		if silence.wait > patience && (attempt > 1 || s.nobodyAnswers()) { // a limit may end earlier than it says, so it is tried once
			err = fmt.Errorf("%w: the server asks to wait %v", err, silence.wait.Round(time.Second))
			s.unanswered(err)
			return answer, err
		}
		if now := s.answersSoFar(); silence.limit && now > answers {
			answers, attempt = now, 1
		}
		switch wait := min(silence.wait, maxWait); {
		case attempt == sweepAttempts, attempt > 1 && s.nobodyAnswers():
			s.unanswered(err)
			return answer, err
		case silence.limit:
			s.gate.close(wait)
			s.tell(Event{Phase: "clean-up", Waiting: wait})
		case !s.Clock.Sleep(ctx, wait):
			return answer, err
		}
	}
	return answer, err
}

// answered notes an answer that says something.
func (s *sweeper) answered() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers++
	s.silences = 0
	if s.giveUp != nil {
		s.giveUp.Reset(patience)
	}
}

// unanswered notes a request that got no such answer.
func (s *sweeper) unanswered(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.silences++
	s.silence = why.Error()
}

func (s *sweeper) lastSilence() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.silence
}

func (s *sweeper) answersSoFar() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.answers
}

// maxJudged is how many of a sweep's requests are judged: a list that does not end tells no more later on.
const maxJudged = 200

// mayJudge counts the requests that are judged.
func (s *sweeper) mayJudge() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.judged++
	return s.judged <= maxJudged
}
