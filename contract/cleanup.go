package contract

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// namePrefix begins the name of every agent that a run makes; the run's id follows.
const namePrefix = "contract-"

// made is what a run made, and so may delete: agents whose id a create response showed, and whose name holds the
// run's id. Both are asked for, as a broken server may answer a create with the id of somebody else's agent, or keep
// another name than the one that was sent. Tokens go with their agents.
type made struct {
	run string

	mu     sync.Mutex
	agents []madeAgent
	others map[int64]bool // agents that were there before
	entry  *Entry         // nil if no journal is kept
}

type madeAgent struct {
	id      int64
	name    string
	project string // as it stands in a URL
}

func newMade(run string) *made { return &made{run: run, others: make(map[int64]bool)} }

// foreign notes an agent that was there before the run.
func (m *made) foreign(id int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.others[id] = true
}

// created notes the agent that a create response shows.
func (m *made) created(x *Exchange) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, a := range x.Agents() {
		if !m.others[a.ID] && x.Operation == "createAgent" {
			m.agents = append(m.agents, madeAgent{a.ID, a.Name, url.PathEscape(x.Project)})
		}
	}
}

// may says whether the run may send a request: whatever deletes must be about what it made.
func (m *made) may(method, path string) bool {
	if method != http.MethodDelete {
		return true
	}
	_, rest, ok := strings.Cut(path, "/cluster_agents/")
	if !ok {
		return true // no agent is named, so none is deleted
	}
	id, _, _ := strings.Cut(rest, "/")
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, a := range m.agents {
		if fmt.Sprint(a.id) == id {
			return true
		}
	}
	return isNoAgent(id)
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

// cleanUp removes what the run made, last first, and says what is left.
func (r *run) cleanUp(ctx context.Context) (left []string) {
	entry := r.made.entry
	if entry != nil {
		defer entry.leave()
	}
	if r.attempted {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
		defer cancel()
		s := sweeper{client: r.client, base: r.base, token: r.target.Tokens[Maintainer], run: r.id, redact: r.redactor.Redact}
		for _, project := range r.names() {
			left = append(left, s.sweep(ctx, url.PathEscape(project))...)
		}
		left = append(left, s.unlisted(ctx, r.made.agents)...)
	}
	if len(left) == 0 && entry != nil {
		if err := entry.end(); err != nil {
			left = append(left, fmt.Sprintf("the journal's file cannot be removed: %v", err))
		}
	}
	return left
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
	var swept []Swept
	for _, e := range entries {
		if e.URL != r.base || e.Running() {
			continue
		}
		s := sweeper{client: r.client, base: r.base, token: target.Tokens[Maintainer], run: e.Run, redact: r.redactor.Redact}
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

// sweeper removes the agents of one run from a project. Its requests are no part of what is judged.
type sweeper struct {
	client  *http.Client
	base    string
	token   string
	run     string
	removed int
	redact  func(string) string
}

// sweep lists a project's agents, deletes those whose name holds the run's id, and lists again, until none is there.
func (s *sweeper) sweep(ctx context.Context, project string) (left []string) {
	path := "/api/v4/projects/" + project + "/cluster_agents"
	var failed error
	for range 3 {
		own, err := s.own(ctx, path)
		if err != nil {
			failed = err
			continue
		}
		if len(own) == 0 {
			return nil
		}
		failed, left = nil, nil
		for i := len(own) - 1; i >= 0; i-- {
			x, err := s.do(ctx, http.MethodDelete, fmt.Sprintf("%s/%d", path, own[i].ID))
			switch {
			case err != nil:
				left = append(left, fmt.Sprintf("agent %d, %q: %v", own[i].ID, own[i].Name, err))
			case x.status == 204:
				s.removed++
			case x.status != 404:
				left = append(left, fmt.Sprintf("agent %d, %q: DELETE answers %d", own[i].ID, own[i].Name, x.status))
			}
		}
	}
	if failed != nil {
		return []string{s.redact(fmt.Sprintf("perhaps agents named %s%s-… in project %s: %v", namePrefix, s.run, project, failed))}
	}
	if left == nil {
		if own, err := s.own(ctx, path); err == nil {
			for _, a := range own {
				left = append(left, fmt.Sprintf("agent %d, %q: still there after DELETE", a.ID, a.Name))
			}
		}
	}
	return left
}

// unlisted removes what create responses showed and no list did.
func (s *sweeper) unlisted(ctx context.Context, agents []madeAgent) (left []string) {
	for _, a := range agents {
		path := fmt.Sprintf("/api/v4/projects/%s/cluster_agents/%d", a.project, a.id)
		x, err := s.do(ctx, http.MethodGet, path)
		if err == nil && x.status == 404 {
			continue
		}
		if read := unmarshal[Agent](x.body); err == nil && x.status == 200 && read.ID == a.id && strings.Contains(read.Name, s.run) {
			if x, err = s.do(ctx, http.MethodDelete, path); err == nil && x.status == 204 {
				s.removed++
				continue
			}
		}
		left = append(left, s.redact(fmt.Sprintf("agent %d, made as %q in project %s: it cannot be read as the run's own, or not be deleted", a.id, a.name, a.project)))
	}
	return left
}

// own lists the agents of the run in a project, page by page.
func (s *sweeper) own(ctx context.Context, path string) (own []Agent, err error) {
	seen := make(map[int64]bool)
	for page := 1; page <= 1000; page++ {
		x, err := s.do(ctx, http.MethodGet, fmt.Sprintf("%s?per_page=100&page=%d", path, page))
		if err != nil {
			return nil, err
		}
		if x.status != 200 {
			return nil, fmt.Errorf("listing agents answers %d", x.status)
		}
		fresh := false
		agents := unmarshal[[]Agent](x.body)
		for _, a := range agents {
			if !seen[a.ID] {
				fresh, seen[a.ID] = true, true
				if strings.Contains(a.Name, s.run) {
					own = append(own, a)
				}
			}
		}
		if !fresh || len(agents) < 100 {
			break
		}
	}
	return own, nil
}

type sweptAnswer struct {
	status int
	body   []byte
}

// do makes a request until an answer comes that says something.
func (s *sweeper) do(ctx context.Context, method, path string) (answer sweptAnswer, err error) {
	for attempt := 1; attempt <= 6; attempt++ {
		answer, err = s.once(ctx, method, path)
		wait := time.Duration(attempt*attempt) * 50 * time.Millisecond
		var busy *busyError
		switch {
		case err == nil:
			return answer, nil
		case errors.As(err, &busy) && busy.wait > 0:
			wait = min(busy.wait, maxWait)
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return answer, err
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

func (s *sweeper) once(ctx context.Context, method, path string) (sweptAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, s.base+path, nil)
	if err != nil {
		return sweptAnswer{}, err
	}
	request.Header.Set("Private-Token", s.token)
	request.Header.Set("User-Agent", userAgent)
	response, err := s.client.Do(request)
	if err != nil {
		return sweptAnswer{}, errors.New(cause(err))
	}
	defer response.Body.Close()
	if response.StatusCode == 429 || response.StatusCode > 501 {
		return sweptAnswer{}, &busyError{response.StatusCode, retryAfter(response.Header, time.Now())}
	}
	body, truncated, err := readBody(response.Body)
	if err != nil || truncated {
		return sweptAnswer{}, errors.New("the answer broke off")
	}
	return sweptAnswer{response.StatusCode, body}, nil
}
