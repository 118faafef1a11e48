package live

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/rule"
)

// Answer is what came back for a request of a scenario. Four verbs say what must come back: Assume, Require, Expect and
// Provided.
type Answer struct {
	*judge.Exchange // nil if the request was not sent

	stage    *Stage
	request  *request
	skipped  *rule.Reason // why the request was not sent
	control  func() bool  // what Provided gave
	provides string
	verified bool // a verb was used
}

// Assume says what another scenario proves. If it does not hold, this one ends, inconclusive.
func (a *Answer) Assume(matchers ...Matcher) *Answer {
	a.verified = true
	if a.skipped != nil {
		return a
	}
	if wrong := a.compare(matchers); len(wrong) > 0 {
		a.stage.play.checkGround(a.Exchange, a.request.role)
		a.fail(fmt.Sprintf("%s: expected %s, and got %s", a.name(), wrong[0].Expected, wrong[0].Actual))
	}
	return a
}

// Require states an expectation on which later steps build: if it fails, the scenario ends.
func (a *Answer) Require(r *rule.Rule, matchers ...Matcher) *Answer {
	if !a.prove(r, matchers) {
		a.stage.play.stop(rule.Inconclusive, rule.Reason{Code: rule.ReasonEarlierStep, Text: r.ID + " was violated in an earlier step"})
	}
	return a
}

// Expect states an expectation.
func (a *Answer) Expect(r *rule.Rule, matchers ...Matcher) *Answer {
	a.prove(r, matchers)
	return a
}

// Provided makes the expectations that follow count only if a control succeeds: "a name of 64 letters is refused" says
// something only if a good name is accepted. The control is sent only after an expectation failed.
func (a *Answer) Provided(what string, control func() bool) *Answer {
	a.control, a.provides = control, what
	return a
}

// prove compares the answer with an expectation, and says whether it holds. What cannot be tested here holds.
func (a *Answer) prove(r *rule.Rule, matchers []Matcher) bool {
	a.verified = true
	p := a.stage.play
	if a.skipped != nil {
		p.skip(r, *a.skipped)
		return true
	}
	holds, why := r.HoldsFor(p.ground.version)
	if holds == rule.DoesNot {
		return true
	}
	wrong := a.compare(matchers)
	switch {
	case len(wrong) == 0:
		p.reach(r)
		return true
	case holds == rule.MayHold:
		p.doubt(r, why)
		return true
	}
	p.checkGround(a.Exchange, a.request.role)
	if a.control != nil && !a.control() {
		p.doubt(r, rule.Reason{Code: rule.ReasonControl, Text: "the control failed too: " + a.provides})
		return false
	}
	p.reach(r)
	for _, m := range wrong {
		if m.Known || m.Pointer != "" && (a.Reported(m.Pointer) || a.DocumentSpokeOf(m.Pointer)) {
			continue // one wrong value is one finding
		}
		p.report(r, a, m)
	}
	return false
}

// compare returns where the answer does not match. A read of what another user wrote may come from a replica that is
// behind, so it is repeated for a while, and the last answer counts.
func (a *Answer) compare(matchers []Matcher) []Mismatch {
	wrong := a.mismatches(matchers)
	for waited, pause := time.Duration(0), 100*time.Millisecond; len(wrong) > 0 && a.mayLag() && waited < maxLag; pause *= 2 {
		pause = min(pause, maxLag-waited)
		if !a.stage.play.pause(pause) {
			break
		}
		waited += pause
		a.stage.play.answer(a)
		wrong = a.mismatches(matchers)
	}
	return wrong
}

// maxLag is how long a replica of GitLab's database may be behind.
const maxLag = 5 * time.Second

// mayLag says that the answer is a read, by another user than the one who writes.
func (a *Answer) mayLag() bool {
	return reads(a.request.method) && !a.stage.ReadOnly() && (a.request.role == rule.Developer || a.request.role == rule.Guest || a.request.role == rule.Stranger)
}

func (a *Answer) mismatches(matchers []Matcher) (wrong []Mismatch) {
	for _, match := range matchers {
		if wrong = match(a.Exchange); len(wrong) > 0 {
			return wrong // what follows builds on it
		}
	}
	return nil
}

// fail ends the scenario: this answer is not what it assumes.
func (a *Answer) fail(text string) {
	a.verified = true
	if a.skipped != nil {
		a.stage.play.stop(rule.Untested, *a.skipped)
	}
	a.stage.play.stop(rule.Inconclusive, rule.Reason{Code: rule.ReasonEarlierStep, Text: text})
}

// name is the request in words.
func (a *Answer) name() string { return a.request.method + " " + a.request.path }

// Sent says whether the request was sent: it is not if the check has no token of its role.
func (a *Answer) Sent() bool { return a.skipped == nil }

// Note says that the scenario only looks at the answer.
func (a *Answer) Note() *Answer {
	a.verified = true
	return a
}

// Is says whether the answer matches, without stating an expectation.
func (a *Answer) Is(matchers ...Matcher) bool {
	a.verified = true
	return a.skipped == nil && len(a.mismatches(matchers)) == 0
}

// WasRefused says that the answer came and is a refusal.
func (a *Answer) WasRefused() bool { return a.skipped == nil && a.Complete() && a.Status() >= 400 }

// Outcome is the status of the answer and what it says, in half a sentence.
func (a *Answer) Outcome() string {
	if a.skipped != nil {
		return a.skipped.Text
	}
	s := strconv.Itoa(a.Status())
	if f, ok := a.Failure(); ok {
		s += ", " + f.Said()
	}
	return s
}

// Agent is the agent that a create was answered with.
func (a *Answer) Agent() (Agent, bool) {
	if a.skipped != nil {
		return Agent{}, false
	}
	is := a.NewAgent()
	if is == nil {
		return Agent{}, false
	}
	name := is.Name
	if sent := a.Exchange.Sent("name"); sent.Text { // what a broken server makes of it is a rule's business
		name = sent.Value
	}
	return Agent{ID: is.ID, Name: name, Project: is.ConfigProject.ID, Created: a.Exchange}, true
}

// Token is the token that a create was answered with, if it is one of that agent and no other's.
func (a *Answer) Token(agent Agent) (Token, bool) {
	if a.skipped != nil {
		return Token{}, false
	}
	is := a.NewToken()
	if is == nil || is.AgentID != agent.ID && is.AgentID != 0 {
		return Token{}, false
	}
	return Token{ID: is.ID, Agent: agent, Secret: is.Token, Created: a.Exchange}, true
}

// OK says whether the answer came, whole and with this status.
func (a *Answer) OK(status int) bool { return a.skipped == nil && a.Exchange.OK(status) }

// Agents are the agents in the answer.
func (a *Answer) Agents() []judge.Agent {
	if a.skipped != nil {
		return nil
	}
	return a.Exchange.Agents()
}

// Tokens are the tokens in the answer.
func (a *Answer) Tokens() []judge.Token {
	if a.skipped != nil {
		return nil
	}
	return a.Exchange.Tokens()
}

// Quote is a text as JSON, with <, > and & as they are.
func Quote(s string) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		panic(err) // every string can be encoded
	}
	return strings.TrimSuffix(b.String(), "\n")
}
