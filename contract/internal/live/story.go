package live

import (
	"bytes"
	"cmp"
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

// told is a step of a story. Its script is written when the story is shown, which most never are.
type told struct {
	rule.Step
	sent   wire.Request
	before variables // what the steps before it made
	makes  string    // the variable that keeps the id of what it made; empty if it made nothing
	run    string    // the check's id, which the names have
	begins bool      // it is the first that has it
}

// tellStory adds an exchange to the story before it is judged, so that findings about it can tell the story.
func (p *play) tellStory(r *request, x *wire.Exchange) {
	step := p.step(r, x)
	p.mu.Lock()
	defer p.mu.Unlock()
	step.begins = !p.named && (strings.Contains(r.path, step.run) || bytes.Contains(r.body, []byte(step.run)))
	p.named = p.named || step.begins
	p.story = append(p.story, step)
}

// numberStory completes the last step once its exchange has a number, and names what it made.
func (p *play) numberStory(x *judge.Exchange) {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := &p.story[len(p.story)-1]
	last.Exchange = x.Index
	switch {
	case x.NewAgent() != nil:
		last.makes = p.variables.add("agent", fmt.Sprintf("/cluster_agents/%d", x.NewAgent().ID))
	case x.NewToken() != nil:
		last.makes = p.variables.add("token", fmt.Sprintf("/tokens/%d", x.NewToken().ID))
	}
	last.Script = "" // it was written if there is a finding already, without what it made
}

// storyUpTo is the story up to an exchange, of which it shows everything.
func (p *play) storyUpTo(exchange int) []rule.Step {
	last := slices.IndexFunc(p.story, func(s told) bool { return s.Exchange == exchange })
	if last < 0 {
		last = len(p.story) - 1 // it is being judged
	}
	story := p.steps(p.story[:last+1])
	story[last].Exchange = exchange
	if p.story[last].makes != "" {
		story[last].Script = p.story[last].whole()
	}
	return story
}

// steps are the steps of a story with their scripts. Many findings tell the same story, so a script is written once.
func (p *play) steps(story []told) []rule.Step {
	steps := make([]rule.Step, len(story))
	for i := range story {
		t := &story[i]
		if t.Script == "" {
			t.Script = t.script()
		}
		steps[i] = t.Step
	}
	return steps
}

// script is a line that sends the request of a step again, and keeps the id of what it made.
func (t *told) script() string {
	if t.makes == "" {
		return t.whole()
	}
	line := t.before.in(asCaller(t.Role, wire.CurlBody(&t.sent)))
	return t.named(t.makes + "=$(" + inEachQuotes(line, t.run) + " | jq .id)")
}

// whole is a line that sends the request of a step again, and shows the whole answer.
func (t *told) whole() string {
	return t.named(inEachQuotes(t.before.in(repeat(t.Role, &t.sent)), t.run))
}

// named is a script after a command that gives names another id, in the line that has the first of them. The names of the
// check are taken as long as what an earlier script made exists.
func (t *told) named(script string) string {
	if !t.begins {
		return script
	}
	return "run=$(od -An -N5 -tx1 /dev/urandom | tr -d ' '); " + script
}

// inEachQuotes has the variable run in the place of a check's id in a line for a shell, whatever quotes it stands in.
func inEachQuotes(line, id string) string {
	var b strings.Builder
	quotes := "" // that are open
	for i := 0; i < len(line); {
		rest, n := line[i:], 1
		switch {
		case strings.HasPrefix(rest, id):
			b.WriteString(map[string]string{"": `"$run"`, "'": `'"$run"'`, `"`: "${run}", "$'": `'"$run"$'`}[quotes])
			i += len(id)
			continue
		case rest[0] == '\\' && quotes != "'" && len(rest) > 1:
			n = 2
		case quotes == "" && strings.HasPrefix(rest, "$'"):
			quotes, n = "$'", 2
		case quotes == "" && (rest[0] == '\'' || rest[0] == '"'):
			quotes = rest[:1]
		case quotes != "" && rest[0] == quotes[len(quotes)-1]:
			quotes = ""
		}
		b.WriteString(rest[:n])
		i += n
	}
	return b.String()
}

// step is an exchange as a story shows it.
func (p *play) step(r *request, x *wire.Exchange) told {
	s := rule.Step{
		Exchange: notJudged, Role: r.role, Method: r.method, URL: p.base + r.path,
		RequestHeader: withoutCredentials(r.header), RequestBody: shown(r.body),
		Started: x.Started, Duration: x.Duration,
	}
	if x.Err != nil {
		s.Problem = cause(x.Err)
	}
	if x.Response != nil {
		s.Status, s.ResponseHeader, s.ResponseBody = x.Response.StatusCode, x.Response.Header, shown(x.Response.Body)
	}
	return told{Step: s, sent: x.Request, before: p.variables, run: p.own.run}
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

// repeat is a line that sends a request again, with the variable of the caller's own token.
func repeat(caller rule.Role, sent *wire.Request) string {
	return asCaller(caller, wire.Curl(sent))
}

// asCaller is a line with the variable of the caller's own token.
func asCaller(caller rule.Role, line string) string {
	variable := cmp.Or(caller.Variable(), rule.Maintainer.Variable()) // a made-up token is sent as nobody
	return strings.ReplaceAll(line, "$"+rule.Maintainer.Variable(), "$"+variable)
}

// variables are what a story made, as variables of a shell.
type variables struct {
	paths, names []string // a part of a path, and what stands in its place
	count        map[string]int
}

// add names a variable for what a step made.
func (v *variables) add(kind, path string) (name string) {
	if v.count == nil {
		v.count = make(map[string]int)
	}
	v.count[kind]++
	name = kind
	if n := v.count[kind]; n > 1 {
		name = fmt.Sprintf("%s%d", kind, n)
	}
	v.paths = append(v.paths, path)
	v.names = append(v.names, path[:strings.LastIndex(path, "/")+1]+"$"+name)
	return name
}

// in is a line in which the ids of what was made are variables.
func (v *variables) in(line string) string {
	for i, path := range v.paths {
		for _, after := range []string{"/", `"`, "?"} {
			line = strings.ReplaceAll(line, path+after, v.names[i]+after)
		}
	}
	return line
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
