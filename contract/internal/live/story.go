package live

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/wire"
)

// maxShown is how much of a body a story shows.
const maxShown = 32 << 10

// notJudged is the number of an exchange that is not judged yet.
const notJudged = -1

// told is a request of a story. What is shown of it is written when the story is shown, which most never are.
type told struct {
	request *request
	sent    *wire.Exchange
	judged  *judge.Exchange // nil until it was judged
	before  variables       // what the requests before it made
	makes   string          // the variable that keeps the id of what it made; empty if it made nothing
	run     string          // the check's id, which the names have
	begins  bool            // it is the first that has it
	secret  string          // of the token that it made
	keeps   bool            // a later request uses that secret as an access token
	uses    bool            // it uses such a secret
	etag    string          // the variable that keeps the ETag of its answer; empty if no later request sends it
	sends   string          // the variable with the ETag that it sends; empty if no earlier answer had it
	shown   *rule.Step      // nil until it is shown
}

// tellStory adds an exchange to the story before it is judged, so that findings about it can tell the story.
func (p *play) tellStory(r *request, x *wire.Exchange) {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := told{request: r, sent: x, before: p.variables, run: p.own.run}
	last.begins = !p.named && (strings.Contains(r.path, last.run) || bytes.Contains(r.body, []byte(last.run)))
	p.named = p.named || last.begins
	token := credential(r.header)
	for i := range p.story {
		earlier := &p.story[i]
		if token != "" && token == earlier.secret {
			last.uses, earlier.keeps, earlier.shown = true, true, nil
		}
	}
	if from := p.lastWithETag(r.header.Get(ifNoneMatch)); from != nil {
		if from.etag == "" {
			p.etags++
			from.etag, from.shown = fmt.Sprintf("etag%d", p.etags), nil
		}
		last.sends = from.etag
	}
	p.story = append(p.story, last)
}

// lastWithETag is the last request whose answer had an ETag; nil if there is none.
func (p *play) lastWithETag(etag string) *told {
	for i := len(p.story) - 1; i >= 0 && etag != ""; i-- {
		if t := &p.story[i]; t.makes == "" && t.sent.Response != nil && t.sent.Response.Header.Get("Etag") == etag {
			return t
		}
	}
	return nil
}

// judgedStory completes the last request of the story once it was judged, and names what it made.
func (p *play) judgedStory(x *judge.Exchange) {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := &p.story[len(p.story)-1]
	last.judged = x
	switch {
	case x.NewAgent() != nil:
		last.makes = p.variables.add("agent", fmt.Sprintf("/cluster_agents/%d", x.NewAgent().ID))
	case x.NewToken() != nil:
		last.makes, last.secret = p.variables.add("token", fmt.Sprintf("/tokens/%d", x.NewToken().ID)), x.NewToken().Token
	}
	last.shown = nil // it was shown without what it made if there is a finding already
}

// storyUpTo is the story up to an exchange, of which it shows everything.
func (p *play) storyUpTo(exchange int) []rule.Step {
	last := slices.IndexFunc(p.story, func(t told) bool { return t.judged != nil && t.judged.Index == exchange })
	if last < 0 {
		last = len(p.story) - 1 // it is being judged
	}
	story := p.steps(p.story[:last+1])
	story[last].Exchange = exchange
	if p.story[last].makes != "" || p.story[last].etag != "" {
		story[last].Script = p.story[last].whole()
	}
	return story
}

// steps are a story as it is shown. Many findings tell the same story, so each step is written once.
func (p *play) steps(story []told) []rule.Step {
	steps := make([]rule.Step, len(story))
	for i := range story {
		t := &story[i]
		if t.shown == nil {
			t.shown = p.step(t)
		}
		steps[i] = *t.shown
	}
	return steps
}

// step is a request as a story shows it.
func (p *play) step(t *told) *rule.Step {
	r, x := t.request, t.sent
	s := &rule.Step{
		Exchange: notJudged, Role: r.role, Method: r.method, URL: p.base + r.path,
		RequestHeader: withoutCredentials(r.header), RequestBody: shown(r.body),
		Started: x.Started, Duration: x.Duration, Script: t.script(),
	}
	if t.judged != nil {
		s.Exchange = t.judged.Index
	}
	if x.Err != nil {
		s.Problem = cause(x.Err)
	}
	if x.Response != nil {
		s.Status, s.ResponseHeader, s.ResponseBody = x.Response.StatusCode, x.Response.Header, shown(x.Response.Body)
	}
	return s
}

func withoutCredentials(h http.Header) http.Header {
	h = h.Clone()
	h.Del("Private-Token")
	h.Del("Authorization")
	return h
}

func shown(body []byte) string {
	if len(body) > maxShown {
		return string(body[:maxShown]) + "…"
	}
	return string(body)
}

// redacted are steps without secrets. A step has another script where it ends a story.
type redacted map[redactedStep]rule.Step

type redactedStep struct {
	exchange int
	script   string
}

// redactSteps removes the secrets that were not known yet when the steps were kept, each step once.
func (c *check) redactSteps(steps []rule.Step, shown redacted) []rule.Step {
	redacted := make([]rule.Step, len(steps))
	for i, s := range steps {
		key := redactedStep{s.Exchange, s.Script}
		known, ok := shown[key]
		if !ok || s.Exchange == notJudged {
			known = c.redactStep(s)
			shown[key] = known
		}
		redacted[i] = known
	}
	return redacted
}

func (c *check) redactStep(s rule.Step) rule.Step {
	for _, text := range []*string{&s.URL, &s.RequestBody, &s.ResponseBody, &s.Script, &s.Problem} {
		*text = c.Redactor.Redact(*text)
	}
	s.RequestHeader, s.ResponseHeader = c.redactHeader(s.RequestHeader), c.redactHeader(s.ResponseHeader)
	return s
}

func (c *check) redactHeader(h http.Header) http.Header {
	redacted := make(http.Header, len(h))
	for name, values := range h {
		for _, value := range values {
			redacted[name] = append(redacted[name], c.Redactor.Redact(value))
		}
	}
	return redacted
}
