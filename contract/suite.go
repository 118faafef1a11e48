package contract

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/gitlab-agents/contract/document"
	"example.com/gitlab-agents/contract/redact"
	"example.com/gitlab-agents/contract/wire"
)

// Target is the GitLab to check, and who may ask it.
type Target struct {
	URL          string          // of the instance, with its relative root, with or without /api/v4
	Project      string          // id or full path of the project in which agents are made
	OtherProject string          // id or full path of a second one; "" if there is none
	Tokens       map[Role]string // the tokens; the maintainer's is needed, each other one makes more rules testable
	Transport    http.RoundTripper
}

// Option changes how a run is made.
type Option func(*settings)

type settings struct {
	rules    []Rule
	release  Release
	edition  Edition
	readOnly bool
	parallel int
	timeout  time.Duration
	journal  *Journal
	redactor *redact.Redactor
	progress func(Event)
	observe  func(*wire.Exchange)
	known    []string

	requestTimeout time.Duration                                   // how long one request may take
	pause          func(ctx context.Context, d time.Duration) bool // waits; false if ctx ended meanwhile
}

// Rules has the run test these rules instead of the whole catalogue.
func Rules(rules ...Rule) Option { return func(s *settings) { s.rules = rules } }

// GitLab says which release and edition the target is, instead of having it found out.
func GitLab(release Release, edition Edition) Option {
	return func(s *settings) { s.release, s.edition = release, edition }
}

// ReadOnly has the run create, change and delete nothing. What needs that is untested.
func ReadOnly() Option { return func(s *settings) { s.readOnly = true } }

// DefaultParallel is how many requests may be under way at once if nothing is said: enough that the longest chain of
// requests decides how long a run takes.
const DefaultParallel = 24

// Parallel is how many requests may be under way at once.
func Parallel(requests int) Option { return func(s *settings) { s.parallel = max(1, requests) } }

// Timeout ends the run after a while. What it had made is still removed.
func Timeout(d time.Duration) Option { return func(s *settings) { s.timeout = d } }

// WithJournal has the run note in a journal what it makes, so that a sweep can finish the work of a killed run.
func WithJournal(j *Journal) Option { return func(s *settings) { s.journal = j } }

// Redact has the run keep secrets with this redactor, which the caller can use for output of its own.
func Redact(r *redact.Redactor) Option { return func(s *settings) { s.redactor = r } }

// Progress is told of each request and each rule as it is done. It is called by one goroutine at a time.
func Progress(f func(Event)) Option { return func(s *settings) { s.progress = f } }

// Observe is given each exchange, with its secrets. It is called by one goroutine at a time.
func Observe(f func(*wire.Exchange)) Option { return func(s *settings) { s.observe = f } }

// KnownFailures are the ids of rules that are known to fail. They do not fail the run; one that passes does.
func KnownFailures(ids ...string) Option { return func(s *settings) { s.known = ids } }

// Event is one step of a run.
type Event struct {
	Rule     *Rule   // the rule that is done; nil after a request
	Outcome  Outcome // of the rule, as far as its own probe goes
	Done     int     // probing rules done
	Total    int     // probing rules in all
	Requests int     // requests so far
}

// SetupError says why a run could not begin: a wrong URL, a token that is refused, a project that is not there.
type SetupError struct{ Problem string }

func (e *SetupError) Error() string { return e.Problem }

// UnreachableError says that the target did not answer, so that nothing can be said about it.
type UnreachableError struct {
	URL string
	Err error
}

func (e *UnreachableError) Error() string { return fmt.Sprintf("%s does not answer: %v", e.URL, e.Err) }

func (e *UnreachableError) Unwrap() error { return e.Err }

// run is one run of the suite against one target.
type run struct {
	settings
	target  Target
	id      string // in the name of all that the run makes
	base    string // scheme, host and relative root
	project string // as it stands in a URL: escaped
	other   string
	client  *http.Client
	judge   *Judge
	gate    *gate // through which requests pass
	made    *made
	close   func() // lets go of connections that are the run's own

	mu        sync.Mutex
	attempted bool // a create was sent
	lost      bool // one was sent whose answer did not come, so that it may still be carried out
	unsure    bool // one was sent that was neither granted nor refused
	requests  int
	begun     int // the requests of begin that waited for each other
	chain     int
	done      int
	total     int

	nowhere  string         // why nothing can be tested; empty if something can
	busy     sync.WaitGroup // probes that do not wait for the end of the lifecycle
	odd      oddities
	fixtures fixtures
}

// Run checks a target. The error is a *SetupError or an *UnreachableError if the run could not begin; afterwards there
// is a Result, whatever happens. A cancelled context ends the run early; what it had made is removed all the same.
func Run(ctx context.Context, target Target, options ...Option) (*Result, error) {
	r, err := newRun(target, options)
	if err != nil {
		return nil, err
	}
	if r.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.timeout)
		defer cancel()
	}
	defer r.close()
	started := time.Now()
	if err := r.begin(ctx); err != nil {
		return nil, err
	}
	if r.journal != nil && !r.readOnly {
		r.made.entry = &Entry{Run: r.id, URL: r.base, Project: r.names(), Started: started}
		if err := r.journal.begin(r.made.entry); err != nil {
			return nil, err
		}
	}
	reasons := r.probe(ctx)
	left := r.cleanUp(ctx)

	result := r.judge.Result()
	result.Target, result.Run = r.base, r.id
	result.Started, result.Duration = started, time.Since(started)
	result.Chain, result.Left = r.chain, left
	for i := range result.Rules {
		if end, probed := reasons[result.Rules[i].Rule.ID]; probed {
			settle(&result.Rules[i], end)
		}
	}
	result.markKnown(r.known)
	return result, nil
}

// settle brings together what was found under a probing rule and how its probe ended.
func settle(rule *RuleResult, end ending) {
	switch {
	case rule.Outcome == Violation:
	case end.outcome != Pass:
		rule.Outcome, rule.Reason = end.outcome, end.reason
	case rule.Findings == 0:
		rule.Outcome, rule.Reason = Pass, ""
	}
}

func newRun(target Target, options []Option) (*run, error) {
	r := &run{target: target, close: func() {}}
	r.parallel, r.requestTimeout, r.pause = DefaultParallel, requestTimeout, pause
	for _, option := range options {
		option(&r.settings)
	}
	if r.rules == nil {
		r.rules = Catalogue()
	}
	// A run asks wrong questions on purpose.
	r.rules = slices.DeleteFunc(slices.Clone(r.rules), func(rule Rule) bool { return rule.ID == documentRequest.ID })
	if r.redactor == nil {
		r.redactor = redact.New()
	}
	for _, token := range target.Tokens {
		r.redactor.Learn(token)
	}
	if target.Tokens[Maintainer] == "" {
		return nil, &SetupError{"no maintainer token is given"}
	}
	if target.Project == "" {
		return nil, &SetupError{"no project is given"}
	}
	if strings.EqualFold(target.Project, target.OtherProject) {
		return nil, &SetupError{fmt.Sprintf("the other project is the project itself, %q: give another one, or none", target.Project)}
	}
	u, err := url.Parse(target.URL)
	switch {
	case err != nil:
		return nil, &SetupError{"the URL of the GitLab cannot be read: it is like https://gitlab.example.com"}
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, &SetupError{fmt.Sprintf("%q is no URL of a GitLab: it is like https://gitlab.example.com", u.Redacted())}
	case u.User != nil:
		return nil, &SetupError{"the URL of the GitLab has credentials in it, which no request may show; give the token as a token"}
	case u.RawQuery != "" || u.Fragment != "":
		return nil, &SetupError{fmt.Sprintf("the URL of the GitLab has a query or a fragment: %q", u.Redacted())}
	}
	r.base = u.Scheme + "://" + strings.ToLower(u.Host) + strings.TrimSuffix(strings.TrimRight(u.EscapedPath(), "/"), "/api/v4")
	r.project = url.PathEscape(target.Project)
	r.other = url.PathEscape(target.OtherProject)
	r.id = runID()
	r.made = newMade(r.id)
	r.gate = newGate(r.parallel)
	transport := target.Transport
	if transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost = r.parallel
		transport, r.close = t, t.CloseIdleConnections
	}
	r.client = &http.Client{
		Transport: transport,
		// A redirect is an answer like any other; following one could carry a token elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	r.judge, err = NewJudge(JudgeOptions{Rules: r.rules, Release: r.release, Edition: r.edition, Redactor: r.redactor})
	if err != nil {
		return nil, err
	}
	r.judge.live = true
	r.judge.repeat = r.repeat
	go r.judge.coverage() // while the first answer is awaited
	return r, nil
}

// repeat is a line that makes a request again, with the caller's own variable for the token.
func (r *run) repeat(request *wire.Request) string {
	line := wire.Curl(request)
	token := cmp.Or(request.Header.Get("Private-Token"), strings.TrimPrefix(request.Header.Get("Authorization"), "Bearer "))
	for _, role := range []Role{Developer, Guest, Stranger} {
		if token != "" && token == r.target.Tokens[role] && token != r.target.Tokens[Maintainer] {
			return strings.ReplaceAll(line, "$GITLAB_TOKEN", "$GITLAB_"+strings.ToUpper(role.String())+"_TOKEN")
		}
	}
	return line
}

// runIDLength is how long the id of a run is: 50 random bits, in letters and digits that an agent's name may have.
const runIDLength = 10

// runID makes the names of a run its own.
func runID() string { return strings.ToLower(rand.Text()[:runIDLength]) }

// begin finds out what the target is and that it can be checked at all.
func (r *run) begin(ctx context.Context) (err error) {
	p := &Probe{run: r, ctx: ctx}
	defer func() {
		switch stop := recover().(type) {
		case nil:
		case *ending:
			err = &UnreachableError{r.base, errors.New(stop.reason)}
		default:
			err = errors.New(r.panicked(stop))
		}
	}()
	var list, other *Exchange
	p.Together(
		// The judge learns the release and the edition from the answer. Older releases have /version only.
		func(p *Probe) {
			if metadata := p.Do(Maintainer, "GET", "/api/v4/metadata"); metadata.Status() == 404 {
				p.Do(Maintainer, "GET", "/api/v4/version")
			}
		},
		func(p *Probe) { list = p.Do(Maintainer, "GET", r.agents()+"?per_page=100") },
		func(p *Probe) {
			if r.other != "" {
				other = p.Do(Maintainer, "GET", r.elsewhere()+"?per_page=100")
			}
		},
		func(p *Probe) {
			if !r.readOnly { // nothing is there to be deleted, but a token that may only read is refused
				p.attempt(func(p *Probe) { r.fixtures.deleted = p.deleteNone() })
			}
		},
	)
	r.begun = p.chain
	switch status := list.Status(); {
	case status == 401:
		return &SetupError{fmt.Sprintf("%s refuses the maintainer's token (401): it is unknown, expired or revoked", r.base)}
	case status == 403:
		return &SetupError{fmt.Sprintf("%s forbids the maintainer's token (403): it needs the scope api", r.base)}
	case status == 404 && r.lostOnTheWay(list):
		return nil
	case status == 404:
		return &SetupError{fmt.Sprintf("%s has no project %q whose agents the maintainer's token may list (404)", r.base, r.target.Project)}
	case r.fixtures.deleted != nil && r.fixtures.deleted.lacksScope():
		return &SetupError{fmt.Sprintf("%s lets the maintainer's token read only (403): it needs the scope api, or make the run read-only", r.base)}
	case redirects(status):
		return &SetupError{fmt.Sprintf("%s redirects (%d): give the URL and the project's path that it redirects to", r.base, status)}
	}
	if other != nil && other.Status() == 404 {
		return &SetupError{fmt.Sprintf("%s has no project %q whose agents the maintainer's token may list (404), to be the other project", r.base, r.target.OtherProject)}
	}
	if other != nil && redirects(other.Status()) {
		return &SetupError{fmt.Sprintf("%s redirects (%d) from %q: give the path of the other project that it redirects to", r.base, other.Status(), r.target.OtherProject)}
	}
	for _, x := range []*Exchange{list, other} {
		if x == nil {
			continue
		}
		for _, a := range x.Agents() {
			r.made.foreign(a.ID)
		}
	}
	r.fixtures.list = list
	return nil
}

func redirects(status int) bool {
	return status >= 300 && status < 400 && status != http.StatusNotModified
}

// lostOnTheWay says whether the project's path, of which the slashes are escaped, did not come through to a GitLab that
// knows the API: it says that there is no route, not that there is no project. Nothing else can be tested then.
func (r *run) lostOnTheWay(list *Exchange) bool {
	f, _ := list.failure()
	release, _ := r.found()
	if f.Error == nil || *f.Error != "404 Not Found" || !strings.Contains(r.project, "%2F") || release.Compare(gitlab(14, 10)) < 0 {
		return false
	}
	r.nowhere = "the project is not found by its path, so that nothing else can be tested; its id may work"
	r.judge.report(&encodedPath, list, document.Finding{
		Outcome: document.Violation, Expected: "200, or message \"404 Project Not Found\"", Actual: "404, " + f.said(),
	})
	return true
}

// ending is how a probe ended before its end; the zero ending is none. A probe that is given up panics with one.
type ending struct {
	outcome Outcome
	reason  string
}

// probe runs the probing rules side by side, and says how those ended that did not come to their end.
func (r *run) probe(ctx context.Context) map[string]ending {
	reasons := make(map[string]ending)
	release, edition := r.found()
	var testable []*Rule
	for i := range r.rules {
		rule := &r.rules[i]
		if rule.Probe == nil {
			continue
		}
		if why := r.untestable(rule, release, edition); why != "" {
			reasons[rule.ID] = ending{Untested, why}
			continue
		}
		testable = append(testable, rule)
	}
	r.total = len(testable)
	r.busy.Add(len(testable))
	var wait sync.WaitGroup
	for _, rule := range testable {
		wait.Go(func() {
			end := r.probeOne(ctx, rule)
			r.mu.Lock()
			defer r.mu.Unlock()
			reasons[rule.ID] = end
			r.done++
			if r.progress != nil {
				r.progress(Event{Rule: rule, Outcome: end.outcome, Done: r.done, Total: r.total, Requests: r.requests})
			}
		})
	}
	wait.Wait()
	return reasons
}

// found is the release and edition, as given or as the target told.
func (r *run) found() (Release, Edition) {
	r.judge.mu.Lock()
	defer r.judge.mu.Unlock()
	return r.judge.found()
}

// untestable says why a rule cannot be tested here, if it cannot.
func (r *run) untestable(rule *Rule, release Release, edition Edition) string {
	if holds, why := rule.holds(release, edition); !holds {
		return why
	}
	if r.nowhere != "" {
		return r.nowhere
	}
	if rule.Needs.Writes && r.readOnly {
		return "it creates or deletes, and the run is read-only"
	}
	for _, role := range rule.Needs.Roles {
		if role != Anonymous && r.target.Tokens[role] == "" {
			return fmt.Sprintf("no %s token is given", role)
		}
	}
	if rule.Needs.OtherProject && r.target.OtherProject == "" {
		return "no other project is given"
	}
	return ""
}

func (r *run) probeOne(ctx context.Context, rule *Rule) (end ending) {
	p := &Probe{run: r, ctx: ctx, rule: rule, chain: r.begun, standBy: sync.OnceFunc(r.busy.Done)}
	defer p.standBy()
	defer func() {
		switch stop := recover().(type) {
		case nil:
		case *ending:
			end = *stop
		default:
			end = ending{Error, r.panicked(stop)}
		}
	}()
	rule.Probe(p)
	return ending{outcome: Pass}
}

// panicked says what a panic said, and where it happened.
func (r *run) panicked(stop any) string {
	return r.redactor.Redact(fmt.Sprintf("the rule panicked: %v\n%s", stop, debug.Stack()))
}

// names are the projects in which the run may make something.
func (r *run) names() []string {
	if r.target.OtherProject == "" {
		return []string{r.target.Project}
	}
	return []string{r.target.Project, r.target.OtherProject}
}

// agents is the path of the project's agents.
func (r *run) agents() string { return "/api/v4/projects/" + r.project + "/cluster_agents" }

// elsewhere is the path of the other project's agents.
func (r *run) elsewhere() string { return "/api/v4/projects/" + r.other + "/cluster_agents" }

// Select keeps the rules whose id one of only matches (all, if there is none) and none of skip. Patterns are those of
// path.Match, such as tokens/*. A pattern that matches no rule is an error.
func Select(rules []Rule, only, skip []string) ([]Rule, error) {
	matches := func(patterns []string, id string) (bool, error) {
		for _, pattern := range patterns {
			if ok, err := path.Match(pattern, id); err != nil {
				return false, fmt.Errorf("the pattern %q cannot be read: %w", pattern, err)
			} else if ok {
				return true, nil
			}
		}
		return false, nil
	}
	for _, pattern := range slices.Concat(only, skip) {
		used := false
		for i := range rules {
			ok, err := matches([]string{pattern}, rules[i].ID)
			if err != nil {
				return nil, err
			}
			used = used || ok
		}
		if !used {
			return nil, fmt.Errorf("the pattern %q matches no rule: `glagents rules` lists them", pattern)
		}
	}
	var kept []Rule
	for i := range rules {
		in, _ := matches(only, rules[i].ID)
		out, _ := matches(skip, rules[i].ID)
		if (in || len(only) == 0) && !out {
			kept = append(kept, rules[i])
		}
	}
	if len(kept) == 0 {
		return nil, errors.New("no rule is left to test")
	}
	return kept, nil
}

// maxBody is how much of a response body a run reads: far more than a page of 100 agents takes.
const maxBody = 8 << 20

// readBody reads a body up to maxBody.
func readBody(body io.Reader) (data []byte, truncated bool, err error) {
	data, err = io.ReadAll(io.LimitReader(body, maxBody+1))
	if len(data) > maxBody {
		return data[:maxBody], true, nil
	}
	return data, err != nil, err
}
