package gen_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/generated/clusteragents"
)

// A shelf is a transport with a list of agents in memory, and answers any page of it as GitLab does, after a while.
type shelf struct {
	agents    int
	uncounted bool          // without X-Total, as above 10,000 entries
	latency   time.Duration // of every answer
	answer    func(page int, request int) *answer

	mu       sync.Mutex
	asked    []int    // the pages, in the order in which they were asked for
	queries  []string // of the requests
	now      int      // requests under way
	most     int      // requests that were under way at once
	canceled int      // requests that ended with their context
}

func (s *shelf) RoundTrip(r *http.Request) (*http.Response, error) {
	query := r.URL.Query()
	page, _ := strconv.Atoi(query.Get("page"))
	page = max(page, 1)
	perPage, err := strconv.Atoi(query.Get("per_page"))
	if err != nil {
		perPage = 20
	}
	s.mu.Lock()
	s.asked, s.queries = append(s.asked, page), append(s.queries, r.URL.RawQuery)
	request := len(s.asked)
	s.now++
	s.most = max(s.most, s.now)
	s.mu.Unlock()

	timer := time.NewTimer(s.latency)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now--
	if err := r.Context().Err(); err != nil {
		s.canceled++
		return nil, err
	}
	if s.answer != nil {
		if a := s.answer(page, request); a != nil {
			return (&stub{answers: []answer{*a}}).RoundTrip(r)
		}
	}
	return s.page(r, page, perPage), nil
}

// page is what GitLab answers.
func (s *shelf) page(r *http.Request, page, perPage int) *http.Response {
	var agents []string
	for id := (page-1)*perPage + 1; id <= min(page*perPage, s.agents); id++ {
		agents = append(agents, strings.Replace(agentJSON, `"id":5`, `"id":`+strconv.Itoa(id), 1))
	}
	header := make(http.Header)
	header.Set("X-Page", strconv.Itoa(page))
	header.Set("X-Per-Page", strconv.Itoa(perPage))
	header.Set("X-Next-Page", "")
	if page*perPage < s.agents {
		header.Set("X-Next-Page", strconv.Itoa(page+1))
	}
	if !s.uncounted {
		header.Set("X-Total", strconv.Itoa(s.agents))
		header.Set("X-Total-Pages", strconv.Itoa(max(1, (s.agents+perPage-1)/perPage)))
	}
	header.Set("Link", `<https://evil.example.com/api/v4/projects/20/cluster_agents?page=2>; rel="next"`)
	header.Set("X-Request-Id", fmt.Sprintf("page-%d", page))
	body := "[" + strings.Join(agents, ",") + "]"
	return &http.Response{StatusCode: 200, Header: header, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r}
}

// count is how many requests were made.
func (s *shelf) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked)
}

func open(t *testing.T, s *shelf, options ...clusteragents.Option) *clusteragents.GitLab {
	t.Helper()
	options = append([]clusteragents.Option{clusteragents.PrivateToken(secret), clusteragents.HTTPClient(&http.Client{Transport: s})}, options...)
	gitlab, err := clusteragents.New("https://gitlab.example.com", options...)
	require.NoError(t, err)
	return gitlab
}

// readAll reads a list to its end and holds that its entries are all there and in order.
func readAll(t *testing.T, gitlab *clusteragents.GitLab, want int, options ...clusteragents.ListAgentsOption) {
	t.Helper()
	n := 0
	for agent, err := range gitlab.Agents(t.Context(), project, options...) {
		require.NoError(t, err, "after %d", n)
		n++
		require.EqualValues(t, n, agent.ID)
	}
	require.Equal(t, want, n)
}

func TestLoopReadsAllPagesInOrder(t *testing.T) {
	t.Parallel()
	for _, agents := range []int{0, 1, 99, 100, 101, 200, 201, 1000, 2345} {
		for _, uncounted := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				s := &shelf{agents: agents, uncounted: uncounted, latency: time.Millisecond}
				gitlab := open(t, s)
				all := gitlab.Agents(t.Context(), project)
				assert.Zero(t, s.count(), "nothing is asked before the loop")
				readAll(t, gitlab, agents)
				pages := max(1, (agents+99)/100)
				if !uncounted {
					assert.Equal(t, pages, s.count(), "each page is asked for once, and no other")
				}
				assert.LessOrEqual(t, s.count(), pages+8, "pages past the end of a list of unknown length")
				assert.Equal(t, "per_page=100", s.queries[0])
				_ = all
			})
		}
	}
}

// Times are exact: they are those of synctest.
func TestLoopFetchesAhead(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		agents int
		within time.Duration
	}{
		{100, 50 * time.Millisecond},
		{200, 100 * time.Millisecond},
		{1_000, 150 * time.Millisecond},
		{10_000, 800 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &shelf{agents: test.agents, latency: 50 * time.Millisecond}
			start := time.Now()
			readAll(t, open(t, s), test.agents)
			assert.LessOrEqual(t, time.Since(start), test.within, "%d agents", test.agents)
			assert.LessOrEqual(t, s.most, 8)
		})
	}
}

func TestLoopThatEndsEarly(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ after, asked int }{
		"with the first entry":             {1, 2},
		"with the last of the first page":  {100, 2},
		"with the first of the second":     {101, 10},
		"with the first of the third page": {201, 11},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &shelf{agents: 5_000, latency: 50 * time.Millisecond}
				seen := 0
				var ended time.Time
				for _, err := range open(t, s).Agents(t.Context(), project) {
					require.NoError(t, err)
					synctest.Wait() // until the requests of the moment are under way
					if seen++; seen == test.after {
						ended = time.Now()
						break
					}
				}
				assert.Zero(t, time.Since(ended), "it does not wait for answers that nobody needs")
				assert.Equal(t, test.asked, s.count())
				assert.Zero(t, s.now, "nothing of it goes on")
				time.Sleep(time.Minute)
				assert.Equal(t, test.asked, s.count())
			})
		})
	}
}

func TestLoopThatPanicsEndsItsRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{agents: 500, latency: 50 * time.Millisecond}
		assert.Panics(t, func() {
			for range open(t, s).Agents(t.Context(), project) {
				panic("in the loop")
			}
		})
		assert.Zero(t, s.now)
	})
}

func TestOptionsOfALoop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{agents: 50}
		n := 0
		all := open(t, s).Agents(t.Context(), project, clusteragents.Page(3), clusteragents.PerPage(10), nil)
		for range 2 {
			for agent, err := range all {
				require.NoError(t, err)
				assert.EqualValues(t, 21+n%30, agent.ID)
				n++
			}
		}
		assert.Equal(t, 60, n, "a loop can be repeated")
		assert.Equal(t, []int{3, 4, 5, 3, 4, 5}, s.asked)
		assert.Equal(t, "page=3&per_page=10", s.queries[0])
	})
}

// What was read before the error is used before it is told.
func TestLoopEndsWithAnError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{agents: 1_000, latency: time.Millisecond, answer: func(page, _ int) *answer {
			if page == 4 {
				return &answer{status: http.StatusForbidden, body: `{"message":"403 Forbidden"}`}
			}
			return nil
		}}
		seen := 0
		var failures []error
		for agent, err := range open(t, s).Agents(t.Context(), project) {
			if err != nil {
				assert.Zero(t, agent)
				failures = append(failures, err)
				continue
			}
			seen++
		}
		assert.Equal(t, 300, seen)
		require.Len(t, failures, 1)
		assert.ErrorIs(t, failures[0], clusteragents.ErrForbidden)
	})
}

func TestContextEndsALoop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{agents: 1_000, latency: time.Hour}
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Minute)
		defer cancel()
		start := time.Now()
		var failure error
		for _, err := range open(t, s).Agents(ctx, project) {
			failure = err
		}
		require.ErrorIs(t, failure, context.DeadlineExceeded)
		assert.Equal(t, 90*time.Minute, time.Since(start))
		assert.Zero(t, s.now)
	})
}

// A list may grow and shrink while it is read. The pages themselves say where it ends.
func TestLoopOverAListThatChanges(t *testing.T) {
	t.Parallel()
	for name, then := range map[string]int{"it grows": 1_500, "it shrinks": 350, "it shrinks to what was read": 200} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &shelf{agents: 1_000, latency: time.Millisecond}
				n := 0
				for agent, err := range open(t, s).Agents(t.Context(), project) {
					require.NoError(t, err)
					n++
					assert.EqualValues(t, n, agent.ID)
					if n == 100 {
						s.mu.Lock()
						s.agents = then
						s.mu.Unlock()
					}
				}
				assert.Equal(t, then, n)
			})
		})
	}
}

// A GitLab that allows so many requests in a minute gets no more than these and one that it refuses, and all are read.
func TestLoopKeepsToARateLimit(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{1, 5, 8} {
		synctest.Test(t, func(t *testing.T) {
			began, allowed, refused := time.Now(), 0, 0
			s := &shelf{agents: 2_000, latency: 10 * time.Millisecond}
			s.answer = func(page, _ int) *answer {
				if time.Since(began) >= time.Minute {
					began, allowed = time.Now(), 0
				}
				if allowed++; allowed > limit {
					refused++
					wait := time.Minute - time.Since(began)
					return &answer{status: 429, header: map[string]string{"Retry-After": strconv.Itoa(int(wait/time.Second) + 1)}, body: "Retry later"}
				}
				return nil
			}
			readAll(t, open(t, s), 2_000)
			assert.LessOrEqual(t, refused, 8+20/limit, "after the first 429 there is one in each minute")
		})
	}
}

// A 429 on one page holds back the requests of all others.
func TestA429SlowsAllPages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var late []time.Duration
		s := &shelf{agents: 3_000, latency: 50 * time.Millisecond}
		s.answer = func(page, request int) *answer {
			since := time.Since(start)
			if page == 5 && since < time.Second {
				return &answer{status: 429, header: map[string]string{"Retry-After": "30"}, body: "Retry later"}
			}
			if since > time.Second {
				late = append(late, since)
			}
			return nil
		}
		gitlab := open(t, s)
		n := 0
		for _, err := range gitlab.Agents(t.Context(), project) {
			require.NoError(t, err)
			if n++; n == 1_100 {
				s.mu.Lock()
				s.most = 0
				s.mu.Unlock()
			}
		}
		assert.Equal(t, 3_000, n)
		require.NotEmpty(t, late)
		assert.GreaterOrEqual(t, late[0], 30*time.Second, "none came before the time that GitLab named")
		assert.Equal(t, 1, s.most, "one at a time from then on")
	})
}

// The guard against lists without end compares with what was asked for, not with what the server says of itself.
func TestListWithoutEnd(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		header map[string]string
		want   string
	}{
		"always the first page and a next": {map[string]string{"X-Page": "1", "X-Next-Page": "2"}, "page 2 was asked for, and page 1 came"},
		"always a next page of the first":  {map[string]string{"X-Next-Page": "2"}, "page 2 has page 2 for its next"},
		"a count that is never reached":    {map[string]string{"X-Page": "1", "X-Next-Page": "2", "X-Total": "5000", "X-Total-Pages": "50"}, "page 2 was asked for, and page 1 came"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transport := once(list(2, test.header))
			var failure error
			n := 0
			for _, err := range connect(t, transport).Agents(t.Context(), project) {
				if failure = err; err == nil {
					n++
				}
				if n > 100 {
					break
				}
			}
			require.ErrorContains(t, failure, test.want)
			require.ErrorIs(t, failure, clusteragents.ErrUnexpectedResponse)
			assert.Equal(t, 2, n)
			assert.Equal(t, 2, transport.count())
		})
	}
}
