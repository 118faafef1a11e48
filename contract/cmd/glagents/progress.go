package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/internal/words"
	"example.com/gitlab-agents/contract/report"
	"example.com/gitlab-agents/contract/wire"
)

// progress shows on a terminal how far a check is, in one line that is written over. Elsewhere it shows nothing: a log is
// read afterwards.
type progress struct {
	w      io.Writer // nil if nothing is shown
	width  int       // of the line that stands there
	last   time.Time
	phase  string
	screen int // columns of the terminal
}

func newProgress(stderr io.Writer, off bool) *progress {
	if off || !isTerminal(stderr) {
		return &progress{}
	}
	return &progress{w: stderr, screen: width(stderr)}
}

// frame is how long a line stands before it is written over, unless it says something new.
const frame = 50 * time.Millisecond

func (p *progress) show(e contract.Event) {
	if p.w == nil || time.Since(p.last) < frame && e.Phase == p.phase && e.Waiting == 0 {
		return
	}
	p.last, p.phase = time.Now(), e.Phase
	p.write(progressLine(e))
}

// progressLine says how far a check is.
func progressLine(e contract.Event) string {
	line := map[string]string{"set-up": "Setting up", "scenarios": "Playing", "confirming": "Confirming", "clean-up": "Cleaning up"}[e.Phase]
	if line == "" {
		line = e.Phase
	}
	if e.Total > 0 {
		line += fmt.Sprintf(": %d of %s", e.Done, words.Count(e.Total, "scenario"))
	}
	line += ", " + words.Count(e.Requests, "request")
	if e.Waiting > 0 {
		line += fmt.Sprintf(", waiting for %v as the server asked", e.Waiting.Round(time.Second))
	}
	return line
}

func (p *progress) write(line string) {
	if p.screen > 0 && len(line) >= p.screen {
		line = line[:p.screen-1]
	}
	fmt.Fprintf(p.w, "\r%s%s\r%s", line, strings.Repeat(" ", max(0, p.width-len(line))), line)
	p.width = len(line)
}

func (p *progress) clear() {
	if p.w != nil && p.width > 0 {
		p.write("")
		fmt.Fprint(p.w, "\r")
	}
}

// exchangePrinter prints each exchange in a line, without secrets.
func (c *check) exchangePrinter(w io.Writer, target contract.Target) func(*wire.Exchange) {
	roles := make(map[string]string)
	for role, token := range target.Tokens {
		roles[token] = role.String()
	}
	return func(x *wire.Exchange) {
		who, ok := roles[x.Request.Header.Get("Private-Token")]
		if !ok {
			who = contract.Anonymous.String()
		}
		status := "no answer"
		if x.Response != nil {
			status = fmt.Sprint(x.Response.StatusCode)
		}
		line := fmt.Sprintf("%-10s %-6s %s → %s in %v", who, x.Request.Method, x.Request.URL.RequestURI(), status, milliseconds(x.Duration))
		for _, part := range []struct {
			mark      string
			body      []byte
			truncated bool
		}{{" > ", x.Request.Body, false}, {" < ", responseBody(x), x.Response != nil && x.Response.Truncated}} {
			if len(part.body) > 0 {
				// Redacted before it is cut, or the beginning of a secret could be left.
				line += "\n" + part.mark + shorten(c.bodyText(part.body, part.truncated))
			}
		}
		for text := range strings.SplitSeq(c.redactor.Redact(line), "\n") {
			fmt.Fprintln(w, report.Printable(text))
		}
	}
}

// milliseconds is a time to the millisecond.
func milliseconds(d time.Duration) string {
	if d < time.Millisecond {
		return "<1ms"
	}
	return d.Round(time.Millisecond).String()
}

// bodyText is a body without secrets. One that broke off may end with the beginning of a secret, which is left out too.
func (c *check) bodyText(body []byte, truncated bool) string {
	if !truncated {
		return c.redactor.Redact(string(body))
	}
	var text strings.Builder
	_, _ = c.redactor.Writer(&text).Write(body) // and no Flush
	return text.String()
}

func responseBody(x *wire.Exchange) []byte {
	if x.Response == nil {
		return nil
	}
	return x.Response.Body
}
