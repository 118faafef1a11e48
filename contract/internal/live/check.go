package live

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"example.com/gitlab-agents/contract/document"
	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/wire"
)

// check is one check of one target.
type check struct {
	Options
	Target
	base   string // scheme, host and relative root
	client *http.Client
	close  func() // lets go of connections that are the check's own
	judge  *judge.Judge
	// operations are those of the document, by operationId.
	operations map[string]document.Operation
	gate       *gate
	own        *own
	ground     *ground
	entry      *Entry // nil if no journal is kept

	mu       sync.Mutex
	phase    string
	requests int
	done     int
	total    int
	answered time.Time     // when the last useful answer came
	problem  *rule.Problem // why the check ended before its end
	end      context.CancelFunc
}

// Check checks a target. The error is a *SetupError or an *UnreachableError if the check could not begin; afterwards there
// is a Result, whatever happens. A cancelled context ends the check early; what it had made is still removed.
//
// This is the way of a check.
func Check(ctx context.Context, target Target, options Options) (*rule.Result, error) {
	c, err := newCheck(target, options)
	if err != nil {
		return nil, err
	}
	defer c.close()
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.Timeout)
		defer cancel()
	}
	ctx, c.end = context.WithCancel(ctx)
	defer c.end()
	started := time.Now()

	c.tell(Event{Phase: "set-up"})
	if err := c.setUp(ctx); err != nil {
		return nil, err
	}
	c.heard()
	c.tell(Event{Phase: "scenarios"})
	plays := c.playAll(ctx)
	c.tell(Event{Phase: "confirming"})
	confirmed := c.confirm(ctx, plays)
	left, kept := c.leave(ctx)

	result := c.result(plays, confirmed)
	result.Started, result.Duration = started, time.Since(started)
	result.Left, result.Kept = left, kept
	return result, nil
}

// newCheck prepares a check. Nothing is sent.
func newCheck(target Target, options Options) (*check, error) {
	options.complete()
	c := &check{Options: options, Target: target, close: func() {}, end: func() {}}
	var err error
	if c.base, err = target.base(); err != nil {
		return nil, err
	}
	for _, token := range target.Tokens {
		c.Redactor.Learn(token)
	}
	transport, close := c.transport()
	c.close = close
	c.client = &http.Client{
		Transport: transport,
		// A redirect is an answer like any other; following one could carry a token elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	c.gate, c.own = newGate(c.Parallel, c.Clock), newOwn()
	doc, err := document.Load()
	if err != nil {
		return c, err
	}
	c.operations = make(map[string]document.Operation)
	for _, o := range doc.Operations() {
		c.operations[o.ID] = o
	}
	c.judge, err = c.newJudge()
	return c, err
}

// newJudge makes a judge with a history of its own.
func (c *check) newJudge() (*judge.Judge, error) {
	return judge.New(judge.Options{
		Catalogue: c.Catalogue, Delivery: c.Delivery, Version: c.Version, Redactor: c.Redactor, Live: true,
		Count:  func(f *rule.Finding, about *judge.Exchange, doubtful bool) bool { return c.count(f, about, doubtful) },
		Repeat: func(sent *wire.Request) string { return repeat(c.callerOf(sent), sent) },
	})
}

// callerOf is the role whose token was sent in a header; Anonymous if it is nobody's.
func (c *check) callerOf(sent *wire.Request) rule.Role {
	token := credential(sent.Header)
	if token == "" || token == c.Tokens[rule.Maintainer] {
		return rule.Maintainer
	}
	for role, is := range c.Tokens {
		if is == token {
			return role
		}
	}
	return rule.Anonymous
}

// credential is the token in a header; empty if there is none.
func credential(h http.Header) string {
	return strings.TrimPrefix(cmp.Or(h.Get("Private-Token"), h.Get("Authorization")), "Bearer ")
}

// count is asked about each finding before it counts. A finding that others may have brought about is held until it is
// confirmed; in the set-up and in clean-up nothing can be confirmed.
func (c *check) count(f *rule.Finding, about *judge.Exchange, doubtful bool) bool {
	if p, ok := about.Tag.(*play); ok {
		return p.count(f, about, doubtful)
	}
	return !doubtful
}

// tell tells the caller how far the check has come.
func (c *check) tell(e Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tellLocked(e)
}

func (c *check) tellLocked(e Event) {
	if e.Phase != "" {
		c.phase = e.Phase
	}
	if c.Progress != nil {
		e.Phase, e.Done, e.Total, e.Requests = c.phase, c.done, c.total, c.requests
		c.Progress(e)
	}
}
