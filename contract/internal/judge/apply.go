package judge

import (
	"fmt"
	"runtime/debug"
	"strconv"
	"strings"

	"example.com/gitlab-agents/contract/internal/rule"
)

// tally is what became of one rule so far.
type tally struct {
	applied     int // exchanges that the rule was tested on
	findings    int
	worst       rule.Outcome
	reason      rule.Reason
	notRecorded bool // an exchange lacked what the rule reads
}

// becomes takes over an outcome and its reason if the outcome is worse than before.
func (t *tally) becomes(o rule.Outcome, why rule.Reason) {
	if o > t.worst {
		t.worst, t.reason = o, why
	}
}

// apply has one rule judge one exchange.
func (j *Judge) apply(i int, h *History, x *Exchange) (found []rule.Finding) {
	entry, t := &j.Catalogue[i], &j.tally[i]
	holds, why := entry.Rule.HoldsFor(h.version(j.Options.Version))
	if holds == rule.DoesNot {
		return nil
	}
	if entry.Reads&x.lacks() != 0 {
		t.notRecorded = t.notRecorded || x.Operation != "" && (x.Status() >= 400 || !entry.OnlyErrors)
		return nil
	}
	x.reports = nil
	applies, panicked := run(entry, h, x)
	if applies && x.FromGitLab() {
		t.applied++
	}
	if panicked != "" {
		t.becomes(rule.Error, rule.Reason{Code: rule.ReasonInternal, Text: j.Redactor.Redact(panicked)})
	}
	if holds == rule.MayHold && len(x.reports) > 0 {
		t.becomes(rule.Inconclusive, why)
		return nil
	}
	for _, r := range x.reports {
		f := r.finding
		f.Rule = entry.Rule.ID
		if r.more > 0 {
			f.Actual += fmt.Sprintf(", and %d more like it", r.more)
		}
		if r.about == x {
			x.about = append(x.about, f.Pointer)
		}
		if full, counts := j.finding(f, r.about, r.doubtful); counts {
			found = append(found, full)
		}
	}
	return found
}

// run has a rule judge an exchange, and says what it panicked with, if it did: a fault of ours must not bring down the
// program whose traffic is judged.
func run(entry *Entry, h *History, x *Exchange) (applies bool, panicked string) {
	defer func() {
		if stop := recover(); stop != nil {
			panicked = fmt.Sprintf("the rule panicked: %v\n%s", stop, debug.Stack())
		}
	}()
	return entry.Judge(h, x), ""
}

// lacks is what of the exchange was not recorded.
func (x *Exchange) lacks() (missing Evidence) {
	if x.Request.HeaderNotRecorded {
		missing |= RequestHeader
	}
	if x.Request.BodyNotRecorded || x.Request.Truncated {
		missing |= RequestBody
	}
	if x.Response != nil && x.Response.HeaderNotRecorded {
		missing |= ResponseHeader
	}
	if x.Response != nil && x.Response.BodyNotRecorded {
		missing |= ResponseBody
	}
	return missing
}

// reports are what one rule reports about one exchange. The same problem in several entries of a list is one report.
type reports []reported

type reported struct {
	about    *Exchange
	finding  rule.Finding
	doubtful bool
	more     int // further entries of the same list
}

func (r *reports) add(about *Exchange, f rule.Finding, doubtful bool) {
	for i := range *r {
		if same := &(*r)[i]; same.about == about && f.Pointer != "" && inEntry(same.finding.Pointer) == inEntry(f.Pointer) && inEntry(f.Pointer) != f.Pointer {
			same.more++
			return
		}
	}
	*r = append(*r, reported{about: about, finding: f, doubtful: doubtful})
}

// inEntry is a pointer without the entry of a list that it begins with.
func inEntry(pointer string) string {
	index, rest, _ := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
	if _, err := strconv.Atoi(index); err != nil {
		return pointer
	}
	return "*/" + rest
}

// Report keeps a finding that a scenario has against an exchange, and says whether it counts.
func (j *Judge) Report(r *rule.Rule, x *Exchange, f rule.Finding, doubtful bool) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, selected := j.byID[r.ID]; !selected {
		return false
	}
	f.Rule = r.ID
	x.about = append(x.about, f.Pointer)
	_, counts := j.finding(f, x, doubtful)
	return counts
}

// finding completes a finding and counts it, if it counts.
func (j *Judge) finding(f rule.Finding, about *Exchange, doubtful bool) (full rule.Finding, counts bool) {
	i := j.byID[f.Rule]
	if f.Operation == "" {
		f.Operation = about.Operation
	}
	f.Level, f.Exchange, f.Evidence = j.Catalogue[i].Rule.Level, about.Index, j.evidence(about)
	if !j.Live && f.Outcome == rule.Violation && !j.Catalogue[i].AnyAnswerer {
		if place := edited(about, j.Catalogue[i].Reads, &f); place != "" {
			f.Outcome, f.Note = rule.Inconclusive, "the recording was edited: a mask stands in "+place
		}
	}
	f.Expected, f.Actual = j.Redactor.RedactCut(f.Expected), j.Redactor.RedactCut(f.Actual)
	if f.Note == "" && f.Outcome == rule.Violation {
		f.Note = onTheWay(f.Rule, about)
	}
	if about.Answerer.Doubtful && f.Outcome == rule.Violation && !j.Catalogue[i].AnyAnswerer {
		f.Outcome, f.Note = rule.Inconclusive, "perhaps GitLab did not answer: "+strings.Join(about.Answerer.Signs, "; ")
	}
	if doubtful && j.Count == nil { // nobody can confirm it
		f.Outcome, f.Note = rule.Inconclusive, "a write by somebody else would explain it"
	}
	if j.Count != nil && !j.Count(&f, about, doubtful) {
		return f, false
	}
	j.add(f)
	return f, true
}

// Add counts a finding that did not count when it was found.
func (j *Judge) Add(f rule.Finding) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.add(f)
}

func (j *Judge) add(f rule.Finding) {
	t := &j.tally[j.byID[f.Rule]]
	t.findings++
	var reason rule.Reason
	switch {
	case f.Outcome != rule.Inconclusive:
	case f.Note != "":
		reason = rule.Reason{Code: rule.ReasonUnconfirmed, Text: f.Note}
	default: // of the document
		reason = rule.Reason{Code: rule.ReasonNoAnswer, Text: "this proves nothing: " + f.Actual}
	}
	t.becomes(f.Outcome, reason)
	if len(j.findings) < rule.MaxFindings {
		j.findings = append(j.findings, f)
	} else {
		j.dropped++
	}
}

// ellipsis stands where a text was shortened.
const ellipsis = "…"

func (j *Judge) evidence(x *Exchange) rule.Evidence {
	return rule.Evidence{
		Method: x.Request.Method,
		URL:    j.Redactor.Redact(x.Request.URL.String()),
		Status: x.Status(),
		Repeat: j.Redactor.Redact(j.Repeat(&x.Request)),

		RequestID: j.Redactor.Redact(x.Header("X-Request-Id")),
	}
}
