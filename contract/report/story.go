package report

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/internal/words"
	"example.com/gitlab-agents/contract/redact"
)

// steps are the steps of a story, ready to be shown. Bodies keep their lines.
func (r *Report) steps(story []contract.Step) []contract.Step {
	shown := slices.Clone(story)
	for i := range shown {
		s := &shown[i]
		s.Method, s.URL, s.Script, s.Problem = r.shown(s.Method), r.shown(s.URL), r.shown(s.Script), r.shown(s.Problem)
		s.RequestBody, s.ResponseBody = r.body(s.RequestBody, false), r.body(s.ResponseBody, s.Problem != "")
		s.RequestHeader, s.ResponseHeader = r.header(s.RequestHeader), r.header(s.ResponseHeader)
	}
	return shown
}

// body is a body without secrets. One that broke off, or was cut, may end with the beginning of a secret, which is left out
// too.
func (r *Report) body(text string, brokeOff bool) string {
	whole, cut := strings.CutSuffix(text, "…")
	if r.Redactor == nil || !brokeOff && !cut {
		return printableLines(r.redact(text))
	}
	var b strings.Builder
	_, _ = r.Redactor.Writer(&b).Write([]byte(whole)) // and no Flush
	return printableLines(b.String()) + "…"
}

func (r *Report) header(h http.Header) http.Header {
	shown := make(http.Header, len(h))
	for name, values := range h {
		name = r.shown(name)
		shown[name] = append(shown[name], r.shownAll(values)...)
	}
	return shown
}

// script is a story as lines for a shell. A request that was repeated until its answer was final stands there once.
func script(story []contract.Step) []string {
	var lines []string
	for _, s := range story {
		if s.Script != "" {
			lines = append(lines, s.Script)
		}
	}
	return slices.Compact(lines)
}

// ServedFake is where howToRepeat says to start the fake again.
const ServedFake = "http://127.0.0.1:8080"

// howToRepeat says what a reader does with the scripts of the stories.
func (r *Report) howToRepeat() string {
	text := "Each story below is a script for a shell with curl and jq. What it creates stays until you delete it. Before the first story, paste this:"
	if r.Fake {
		text = "The fake is gone; `glagents serve --addr " + strings.TrimPrefix(ServedFake, "http://") + "` starts it again. " + text
	}
	return text
}

// preamble is the line that a shell needs before the scripts of the stories: where the GitLab is, and a check that the
// tokens are set. It is empty if there is no story.
func (r *Report) preamble() string {
	var tokens []string
	stories := false
	for _, f := range r.Result.Findings {
		for _, s := range f.Story {
			stories = true
			if name := s.Role.Variable(); name != "" && !slices.Contains(tokens, name) {
				tokens = append(tokens, name)
			}
		}
	}
	if !stories {
		return ""
	}
	if r.Fake {
		return Preamble(ServedFake, tokens)
	}
	return Preamble(r.shown(r.Result.Target), tokens)
}

// Preamble is the line that a shell needs before the script of a story: it says where the GitLab is, and fails if a
// variable with a token is not set.
func Preamble(url string, tokens []string) string {
	line := "export GITLAB_URL=" + redact.Word(url)
	if len(tokens) > 0 {
		line += "; :"
	}
	for _, name := range slices.Sorted(slices.Values(tokens)) {
		line += fmt.Sprintf(` "${%s:?is not set}"`, name)
	}
	return line
}

// told says how a story begins, in half a sentence.
func told(f *finding) string {
	return fmt.Sprintf("scenario %q, up to the request that failed: %s", f.Scenario, words.Count(len(script(f.Story)), "request"))
}
