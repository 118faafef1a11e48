package report

import (
	"bufio"
	"io"
	"strings"
	"time"

	"example.com/gitlab-agents/contract"
)

// htmlComparison is the page of a comparison. It needs no script.
type htmlComparison struct {
	shell
	Mark, Status   string
	Verdict        string // in a word or two
	Counts         string
	Sides          []htmlSide
	Changes        []htmlChanges
	Answers        []htmlAnswer
	Latency        []htmlLatency
	NothingChanged bool
}

type htmlSide struct {
	Label                   string
	Target, GitLab, Verdict string
	Started                 string
}

// htmlChanges are the rules to which the same happened.
type htmlChanges struct {
	ID, Title    string
	Mark, Status string
	Rules        []Change
}

// htmlAnswer is what an operation newly answers, or no longer does.
type htmlAnswer struct{ Mark, Status, Text string }

// htmlLatency is a latency that changed, with bars whose lengths are percents of the slowest.
type htmlLatency struct {
	Operation          string
	Old, New           string
	OldWidth, NewWidth float64
	Status             string
}

// WriteComparison writes a comparison as a page.
func (HTML) WriteComparison(w io.Writer, c *Comparison) error {
	b := bufio.NewWriter(w)
	if err := page.ExecuteTemplate(b, "comparison", c.html()); err != nil {
		return err
	}
	return b.Flush()
}

func (c *Comparison) html() *htmlComparison {
	status, text := c.summary()
	short, counts, _ := strings.Cut(text, ": ")
	h := &htmlComparison{
		shell: newShell("Comparison: "+short, status, ""), Mark: status.mark, Status: status.name, Verdict: capital(short), Counts: capital(counts),
		Sides: []htmlSide{htmlSideOf("Old", c.Old), htmlSideOf("New", c.New)}, Latency: c.htmlLatency(),
	}
	bad, good, open := statusOf(contract.Violation), statusOf(contract.Pass), statusOf(contract.Inconclusive)
	for _, part := range []htmlChanges{
		{"failing", "Newly failing", bad.mark, bad.name, c.Failing},
		{"fixed", "Fixed", good.mark, good.name, c.Fixed},
		{"lost", "Held before, not tested to the end now", open.mark, open.name, c.Lost},
	} {
		if len(part.Rules) > 0 {
			h.Changes = append(h.Changes, part)
		}
	}
	for _, text := range c.Answers {
		answer := htmlAnswer{"+", statusOf(contract.Drift).name, text}
		if strings.Contains(text, ": no longer: ") {
			answer.Mark, answer.Status = "−", open.name
		}
		h.Answers = append(h.Answers, answer)
	}
	h.NothingChanged = len(h.Changes)+len(h.Answers)+len(h.Latency) == 0
	return h
}

func htmlSideOf(label string, s Side) htmlSide {
	side := htmlSide{Label: label, Target: s.Target, GitLab: s.GitLab, Verdict: capital(s.Verdict)}
	if !s.Started.IsZero() {
		side.Started = s.Started.UTC().Format("2006-01-02 15:04 UTC")
	}
	return side
}

func (c *Comparison) htmlLatency() []htmlLatency {
	slowest := time.Duration(1)
	for _, l := range c.Latency {
		slowest = max(slowest, l.Old, l.New)
	}
	percent := func(d time.Duration) float64 { return 100 * float64(d) / float64(slowest) }
	var all []htmlLatency
	for _, l := range c.Latency {
		status := statusOf(contract.Pass).name
		if l.New > l.Old {
			status = statusOf(contract.Violation).name
		}
		all = append(all, htmlLatency{l.Operation, span(l.Old), span(l.New), percent(l.Old), percent(l.New), status})
	}
	return all
}
