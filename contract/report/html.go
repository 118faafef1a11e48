package report

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"strings"
	"time"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/internal/words"
)

// HTML writes a page for a browser, in one file that loads nothing. What a server said is text in it, never markup: it
// goes through html/template, or through the page's script as text. A Content-Security-Policy allows the one script and
// the one style sheet of the page, by their hashes, and nothing else.
type HTML struct{}

var (
	//go:embed html.tmpl
	htmlTemplate string
	//go:embed html.css
	htmlStyle string
	//go:embed html.js
	htmlScript string

	page = template.Must(template.New("report").Parse(htmlTemplate))
)

// Write writes a report.
func (HTML) Write(w io.Writer, r *Report) error {
	b := bufio.NewWriterSize(w, 64<<10)
	if err := page.ExecuteTemplate(b, "report", r.html()); err != nil {
		return err
	}
	return b.Flush()
}

// shell is what every page has: how it looks, what it does, and what it may.
type shell struct {
	Title  string
	Icon   template.URL
	Policy string
	Style  template.CSS
	Script template.JS
}

func newShell(title string, s status, script string) shell {
	return shell{
		Title: title, Icon: icon(s), Policy: policy(script),
		Style: template.CSS(htmlStyle), Script: template.JS(script),
	}
}

// policy lets a page run its own script, if it has one, and use its own style sheet. Nothing is loaded, sent or embedded,
// and no script can turn text into markup.
func policy(script string) string {
	may := []string{"default-src 'none'"}
	if script != "" {
		may = append(may, "script-src "+hash(script))
	}
	return strings.Join(append(may,
		"style-src "+hash(htmlStyle),
		"img-src data:", // the icon
		"base-uri 'none'",
		"form-action 'none'",
		"require-trusted-types-for 'script'",
		"trusted-types 'none'",
	), "; ")
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// icon is what a tab of the browser shows: green for what holds, red for what fails, amber for the rest.
func icon(s status) template.URL {
	color := "%23b7791f"
	switch s.effect {
	case holds:
		color = "%231a7f45"
	case fails, broken:
		color = "%23c5283d"
	}
	return template.URL("data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><circle cx='8' cy='8' r='7' fill='" + color + "'/></svg>")
}

// htmlReport is the page of one report.
type htmlReport struct {
	shell
	Mark, Status string     // of the verdict
	Verdict      string     // in two or three words
	Holds        string     // the verdict's sentence
	Say          []htmlLine // what else it says
	Facts        []htmlFact
	Bar          []htmlShare
	Untested     []htmlReason
	Coverage     htmlCoverage
	Causes       []htmlCause
	More         int // failures that are not shown
	Dropped      int // findings that are only counted
	Subjects     []htmlSubject
	Rules        int
	Choices      htmlChoices
	Timeline     htmlTimeline
	Data         htmlData
}

type htmlFact struct{ Label, Text string }

// htmlShare is a part of the bar of all rules.
type htmlShare struct {
	Status, Mark, Word string
	N                  int
	X, Width           float64 // in percent
}

// htmlLine is a line of the verdict, in the colour of a status.
type htmlLine struct{ Status, Text string }

func (h *htmlReport) say(o contract.Outcome, lines ...string) {
	for _, line := range lines {
		if line != "" {
			h.Say = append(h.Say, htmlLine{statusOf(o).name, line})
		}
	}
}

type htmlReason struct {
	Reason string
	Rules  []string
}

func (r *Report) html() *htmlReport {
	v, causes := r.verdict(), r.causes()
	steps := r.newSteps()
	h := &htmlReport{
		Mark: v.status.mark, Status: v.status.name, Verdict: capital(v.short), Holds: v.holds,
		Facts: r.htmlFacts(), Bar: r.htmlBar(), Coverage: r.htmlCoverage(),
		Dropped: r.Result.Dropped, Rules: len(r.Result.Rules),
	}
	h.shell = newShell(h.Verdict+" · "+r.shown(r.Result.Target), v.status, htmlScript)
	h.say(contract.Violation, v.wrong...)
	h.say(contract.Inconclusive, v.open...)
	h.say(contract.Untested, v.testing...)
	h.say(contract.Error, v.last)
	for _, reason := range r.untested() {
		h.Untested = append(h.Untested, htmlReason{reason.reason, reason.ids})
	}
	h.Timeline = r.htmlTimeline()
	h.Causes, h.More = r.htmlCauses(causes, steps)
	h.Subjects = r.htmlSubjects(rolesOfRules(steps, causes))
	h.Choices = r.htmlChoices(steps)
	h.Data = htmlData{Steps: steps.all, Timeline: steps.timeline}
	return h
}

func (r *Report) htmlFacts() []htmlFact {
	var facts []htmlFact
	add := func(label, text string) {
		if text != "" {
			facts = append(facts, htmlFact{label, text})
		}
	}
	add("Target", r.shown(r.Result.Target))
	add("Project", r.shown(r.Result.Project))
	add("Version", r.gitlab())
	add("Roles", r.roles())
	if !r.Result.Started.IsZero() {
		add("Started", r.Result.Started.UTC().Format("2006-01-02 15:04:05 UTC"))
	}
	if r.Result.Duration > 0 {
		add("Took", span(r.Result.Duration))
	}
	c := r.counts()
	add("Exchanges", words.Count(c.judged, "exchange")+" judged, "+words.Count(c.exchanges, "exchange")+" in all")
	add("Findings", r.findingText())
	return facts
}

// span is a duration with three digits.
func span(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	case d < time.Second:
		return d.Round(100 * time.Microsecond).String()
	case d < time.Minute:
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// htmlBar is how many rules came to what, what fails first.
func (r *Report) htmlBar() []htmlShare {
	var bar []htmlShare
	counts, x := r.Result.Counts(), 0.0
	for o := contract.Violation; o >= contract.Untested; o-- {
		if counts[o] == 0 {
			continue
		}
		s := statusOf(o)
		width := 100 * float64(counts[o]) / float64(len(r.Result.Rules))
		bar = append(bar, htmlShare{Status: s.name, Mark: s.mark, Word: s.word, N: counts[o], X: x, Width: width})
		x += width
	}
	return bar
}

func capital(s string) string {
	var b bytes.Buffer
	for i, c := range s {
		if i == 0 {
			b.WriteString(strings.ToUpper(string(c)))
			continue
		}
		b.WriteRune(c)
	}
	return b.String()
}
