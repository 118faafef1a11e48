package live

import (
	"net/http"
	"slices"

	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/wire"
)

// maxShown is how much of a body a story shows.
const maxShown = 32 << 10

// notJudged is the number of an exchange that is not judged yet.
const notJudged = -1

// told is a request of a story, and what came of it. What is shown of it is written when the story is shown.
type told struct {
	request *request
	sent    *wire.Exchange
	judged  *judge.Exchange // nil until it was judged
}

// tellStory adds an exchange to the story before it is judged, so that findings about it can tell the story.
func (p *play) tellStory(r *request, x *wire.Exchange) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.story = append(p.story, told{request: r, sent: x})
}

// judgedStory completes the last request of the story once it was judged.
func (p *play) judgedStory(x *judge.Exchange) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.story[len(p.story)-1].judged = x
}

// storyUpTo is the story up to an exchange.
func (p *play) storyUpTo(exchange int) []rule.Step {
	last := slices.IndexFunc(p.story, func(t told) bool { return t.judged != nil && t.judged.Index == exchange })
	if last < 0 {
		last = len(p.story) - 1 // it is being judged
	}
	story := p.steps(p.story[:last+1])
	story[last].Exchange = exchange
	return story
}

// steps are a story as it is shown.
func (p *play) steps(story []told) []rule.Step {
	steps := make([]rule.Step, len(story))
	lines := scripts(story, p.own.run)
	for i := range story {
		steps[i] = p.step(&story[i])
		steps[i].Script = lines[i]
	}
	return steps
}

// step is a request as a story shows it, without its script.
func (p *play) step(t *told) rule.Step {
	r, x := t.request, t.sent
	s := rule.Step{
		Exchange: notJudged, Role: r.role, Method: r.method, URL: p.base + r.path,
		RequestHeader: withoutCredentials(r.header), RequestBody: shown(r.body),
		Started: x.Started, Duration: x.Duration,
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

// redacted are steps without secrets. A step may have another script in another story.
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
