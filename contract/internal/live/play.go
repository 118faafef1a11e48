package live

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/internal/setup"
	"example.com/gitlab-agents/contract/wire"
)

// play is one scenario being played.
type play struct {
	*check
	scenario *Scenario
	ctx      context.Context
	judge    *judge.Judge // whose history counts: the check's own, or one of its own if the scenario is played again
	again    bool         // it is played again, to confirm findings
	prefix   string       // begins the names of its agents
	quiet    func()       // says that it writes no more, and waits until nobody does
	reading  bool         // it writes no more
	agents   int          // made so far
	tokens   int

	requests int
	answers  []*Answer
	started  time.Time
	duration time.Duration

	mu      sync.Mutex // judges report about other plays too
	story   []told
	reached map[*rule.Rule]bool        // expectations that were compared
	reasons map[*rule.Rule]rule.Reason // why others were not
	doubts  map[*rule.Rule]rule.Reason // why others say nothing
	held    []rule.Finding             // findings that have to be confirmed
	failed  map[string]bool            // ids of rules with findings
	end     *ending                    // how the scenario ended before its end
}

// ending is how a scenario ended before its end. A scenario that is stopped panics with one.
type ending struct {
	outcome rule.Outcome
	reason  rule.Reason
}

// newPlay prepares a scenario to be played.
func (c *check) newPlay(ctx context.Context, s *Scenario, j *judge.Judge, again bool) *play {
	return &play{
		check: c, scenario: s, ctx: ctx, judge: j, again: again, prefix: c.own.prefix(s.Name), quiet: func() {},
		reached: make(map[*rule.Rule]bool), reasons: make(map[*rule.Rule]rule.Reason), doubts: make(map[*rule.Rule]rule.Reason),
		failed: make(map[string]bool),
	}
}

// run plays the scenario to its end.
func (p *play) run() {
	p.started = p.Clock.Now()
	defer func() {
		p.duration = p.Clock.Now().Sub(p.started)
		switch stop := recover().(type) {
		case nil:
		case *ending:
			p.end = stop
		default:
			text := p.Redactor.Redact(fmt.Sprintf("the scenario panicked: %v\n%s", stop, debug.Stack()))
			p.end = &ending{rule.Error, rule.Reason{Code: rule.ReasonInternal, Text: text}}
		}
	}()
	p.scenario.Play(&Stage{play: p, role: rule.Maintainer, project: p.ground.segment})
}

// stop ends the scenario.
func (p *play) stop(outcome rule.Outcome, reason rule.Reason) { panic(&ending{outcome, reason}) }

// made says whether an agent with that id and name is one of this play: a broken server may answer a create with the agent
// of another.
func (p *play) made(id int64, name string) bool {
	return p.own.has(id) && strings.Contains(name, p.prefix)
}

// pause waits, and is false if the check ended meanwhile.
func (p *play) pause(d time.Duration) bool { return p.Clock.Sleep(p.ctx, d) }

// answer sends a request until a useful answer comes, and has it judged.
//
// This is the way of a request.
func (p *play) answer(a *Answer) *Answer {
	r := a.request
	if p.reading && !reads(r.method) {
		panic(fmt.Errorf("the scenario writes after Quiet: %s %s", r.method, r.path))
	}
	if !p.own.mayChange(r) {
		p.stop(rule.Inconclusive, rule.Reason{Code: rule.ReasonEarlierStep, Text: fmt.Sprintf("%s %s would change what is not surely the check's own", r.method, r.path)})
	}
	lost := false // whether an answer was lost, or a gateway gave it: GitLab may have done what the request asks for
	for attempt := 1; ; attempt++ {
		x := p.once(r)
		s := silent(x, attempt, p.Clock.Now())
		switch {
		case s == nil && lost && r.method == http.MethodDelete && x.Status() == http.StatusNotFound:
			p.unanswered(r, "an answer was lost, and 404 may be what the same request did before")
		case s == nil && !x.FromGitLab():
			p.checkGround(x, r.role)
			p.stop(rule.Inconclusive, rule.Reason{Code: rule.ReasonInBetween, Text: fmt.Sprintf("%s %s was answered by %s, not by GitLab", r.method, r.path, x.Answerer.By)})
		case s == nil:
			p.heard()
			a.Exchange = x
			p.answers = append(p.answers, a)
			return a
		case !s.again || attempt == maxAttempts:
			p.unanswered(r, s.reason)
		}
		lost = lost || x.Status() != http.StatusTooManyRequests
		if s.limit {
			p.gate.close(s.wait)
			p.tell(Event{Waiting: s.wait})
		} else if !p.pause(s.wait) {
			p.unanswered(r, s.reason)
		}
	}
}

// unanswered ends the scenario: no useful answer came. It ends the check if none has come for long.
func (p *play) unanswered(r *request, why string) {
	if p.silentFor() > longSilence {
		p.endAll(rule.Problem{
			Code: setup.NoAnswer, Means: fmt.Sprintf("no useful answer has come for %v: %s", longSilence, why),
			Do: "Check that GitLab is up and reached, and run the check again.",
		})
	}
	p.stop(rule.Inconclusive, rule.Reason{Code: rule.ReasonNoAnswer, Text: fmt.Sprintf("%s %s: %s", r.method, r.path, why)})
}

// once sends a request once and has the exchange judged.
func (p *play) once(r *request) *judge.Exchange {
	if !p.gate.enter(p.ctx) {
		p.interrupted()
	}
	p.own.sending(r)
	x, err := p.send(p.ctx, r)
	p.gate.leave()
	if err != nil {
		panic(err)
	}
	p.requests++
	p.tellStory(r, x)
	judged := p.observe(p.judge, x, p)
	p.judgedStory(judged)
	if x.Err != nil && p.ctx.Err() != nil {
		p.interrupted()
	}
	return judged
}

// interrupted ends the scenario: the check ended early.
func (p *play) interrupted() {
	reason := rule.Reason{Code: rule.ReasonInterrupted, Text: cause(context.Cause(p.ctx))}
	if ended := p.ended(); ended != nil {
		reason = rule.Reason{Code: rule.ReasonGroundGone, Text: ended.Means}
	}
	p.stop(rule.Inconclusive, reason)
}

// What becomes of the rules.

// reach notes that an expectation was compared.
func (p *play) reach(r *rule.Rule) { p.reached[r] = true }

// skip notes why an expectation could not be compared.
func (p *play) skip(r *rule.Rule, why rule.Reason) { p.reasons[r] = why }

// doubt notes why a comparison says nothing.
func (p *play) doubt(r *rule.Rule, why rule.Reason) { p.doubts[r] = why }

// report hands a mismatch to the judge.
func (p *play) report(r *rule.Rule, a *Answer, m Mismatch) {
	f := rule.Finding{Outcome: rule.Violation, Pointer: m.Pointer, Expected: m.Expected, Actual: m.Actual}
	p.judge.Report(r, a.Exchange, f, m.Entries && a.Operation == "listAgents")
}

// count takes up a finding of the play, and says whether it counts at once.
func (p *play) count(f *rule.Finding, about *judge.Exchange, doubtful bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	f.Scenario, f.Story = p.scenario.Name, p.storyUpTo(about.Index)
	if f.Outcome != rule.Violation {
		return true
	}
	p.failed[f.Rule] = true
	if refusedAsRepeated(about) {
		f.Note = joined(f.Note, "the create is refused as if it had been sent twice; some proxies do that")
		doubtful = true
	}
	// In a read-only check, others may change the agents at any time.
	if doubtful || p.ReadOnly && about.AgentID != 0 {
		p.held = append(p.held, *f)
		return false
	}
	return true
}

// refusedAsRepeated says that a create was refused as it would be if it had been sent before. Some proxies send a POST twice
// (nginx: proxy_next_upstream non_idempotent).
func refusedAsRepeated(x *judge.Exchange) bool {
	message := x.Refusal().Message
	return x.Request.Method == http.MethodPost && message != nil &&
		(strings.Contains(*message, "already been taken") || strings.Contains(*message, "only two active tokens"))
}

// outcome is what the play says about a rule that it declares.
func (p *play) outcome(r *rule.Rule) (rule.Outcome, rule.Reason) {
	if why, ok := p.doubts[r]; ok {
		return rule.Inconclusive, why
	}
	switch why, skipped := p.reasons[r]; {
	case p.end != nil && p.end.outcome == rule.Error:
		return rule.Error, p.end.reason
	case p.reached[r]:
		return rule.Pass, rule.Reason{}
	case skipped:
		return rule.Untested, why
	case p.end != nil:
		return p.end.outcome, p.end.reason
	}
	return rule.Untested, rule.Reason{Code: rule.ReasonNoExchange, Text: fmt.Sprintf("the scenario %q did not come to it", p.scenario.Name)}
}

// unverified are the requests of the play that no verb said anything about.
func (p *play) unverified() []string {
	var names []string
	for _, a := range p.answers {
		if !a.verified {
			names = append(names, a.name())
		}
	}
	return names
}

// observe has an exchange judged, and takes up what it says about what exists.
func (c *check) observe(j *judge.Judge, x *wire.Exchange, tag any) *judge.Exchange {
	prepared := j.Prepare(x)
	c.mu.Lock()
	defer c.mu.Unlock()
	_, judged := j.ObservePrepared(prepared, tag)
	c.own.note(judged)
	c.requests++
	if c.Observe != nil {
		c.Observe(x)
	}
	c.tellLocked(Event{})
	return judged
}

// selected are the scenarios to play: first those that may be played side by side, then those that are played alone.
func (c *check) selected() (together, alone []*Scenario) {
	needed := c.needed()
	for i := range c.Scenarios {
		s := &c.Scenarios[i]
		switch {
		case !slices.ContainsFunc(s.Tests(), needed):
		case s.Alone:
			alone = append(alone, s)
		default:
			together = append(together, s)
		}
	}
	return together, alone
}

// needed says for which rules scenarios have to be played. A rule with a judge that no scenario names is tested on
// the traffic of all scenarios.
func (c *check) needed() func(*rule.Rule) bool {
	named := make(map[*rule.Rule]bool)
	for _, s := range c.Scenarios {
		for _, r := range s.Tests() {
			named[r] = true
		}
	}
	selected := make(map[*rule.Rule]bool)
	for _, entry := range c.Catalogue {
		selected[entry.Rule] = true
		if entry.Judge != nil && !named[entry.Rule] {
			return func(*rule.Rule) bool { return true }
		}
	}
	return func(r *rule.Rule) bool { return selected[r] }
}

// cannotPlay says why a scenario cannot be played here.
func (c *check) cannotPlay(s *Scenario) (rule.Reason, bool) {
	switch {
	case s.Needs.has(Writes) && c.ReadOnly:
		return rule.Reason{Code: rule.ReasonReadOnly, Text: readOnly}, true
	case s.Needs.has(OtherProject) && c.ground.found.OtherProblem != nil:
		return rule.Reason{Code: rule.ReasonOtherProject, Text: c.ground.found.OtherProblem.Means}, true
	case s.Needs.has(OtherProject) && c.OtherProject == "":
		return rule.Reason{Code: rule.ReasonOtherProject, Text: "no other project is given (--other-project)"}, true
	case !c.ground.version.Release.IsZero() && c.ground.version.Release.Before(s.Since):
		return rule.Reason{Code: rule.ReasonRelease, Text: fmt.Sprintf("it takes GitLab %s, and this is %s", s.Since, c.ground.version.Release)}, true
	}
	return rule.Reason{}, false
}

// playAll plays the scenarios.
func (c *check) playAll(ctx context.Context) []*play {
	together, alone := c.selected()
	c.total = len(together) + len(alone)
	plays := make([]*play, 0, c.total)
	for _, s := range slices.Concat(together, alone) {
		plays = append(plays, c.newPlay(ctx, s, c.judge, false))
	}
	var wait, writing sync.WaitGroup
	writing.Add(len(together))
	for _, p := range plays[:len(together)] {
		done := sync.OnceFunc(writing.Done)
		p.quiet = func() { done(); writing.Wait() }
		wait.Go(func() {
			defer done()
			c.playOne(p)
		})
	}
	wait.Wait()
	for _, p := range plays[len(together):] {
		c.playOne(p)
	}
	return plays
}

func (c *check) playOne(p *play) {
	if why, cannot := c.cannotPlay(p.scenario); cannot {
		p.end = &ending{rule.Untested, why}
	} else {
		p.run()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done++
	c.tellLocked(Event{})
	if c.Played != nil {
		c.Played(Played{p.scenario, slices.Collect(maps.Keys(p.reached)), p.unverified()})
	}
}

// slug is a name as part of an agent's name.
func slug(name string) string {
	s := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(name))
	return strings.Trim(s[:min(len(s), 20)], "-")
}
