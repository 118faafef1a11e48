package contract

import (
	"fmt"
	"io"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"example.com/gitlab-agents/contract/document"
	"example.com/gitlab-agents/contract/redact"
	"example.com/gitlab-agents/contract/wire"
)

// Judge holds every exchange against the document and the judging rules. It may be used by several goroutines at
// once; exchanges are judged one at a time, in the order in which Observe is called.
type Judge struct {
	doc      *document.Document
	redactor *redact.Redactor
	rules    []Rule
	byID     map[string]int // index into rules and tally
	release  Release        // as given; zero if to be found out
	edition  Edition
	live     bool                       // exchanges come as they are; a recorder may have removed secrets
	repeat   func(*wire.Request) string // a shell's line that makes a request again

	mu        sync.Mutex
	histories generations[string, *History] // by server
	tally     []tally
	findings  []Finding
	dropped   int
	exchanges int
	judged    int
	coverage  func() *coverage // worked out when it is first needed, which takes longer than all else at the start
	started   time.Time
}

// tally is what has become of one rule so far.
type tally struct {
	met      int
	findings int
	worst    Outcome
	reason   string
}

// JudgeOptions set up a Judge. The zero value judges by the whole catalogue, against the newest GitLab.
type JudgeOptions struct {
	Rules    []Rule           // nil means Catalogue()
	Release  Release          // zero means: as the exchanges tell, else the newest
	Edition  Edition          // AnyEdition means: as the exchanges tell
	Redactor *redact.Redactor // nil means a new one
}

// NewJudge makes a Judge.
func NewJudge(o JudgeOptions) (*Judge, error) {
	doc, err := document.Load()
	if err != nil {
		return nil, err
	}
	if o.Rules == nil {
		o.Rules = Catalogue()
	}
	if o.Redactor == nil {
		o.Redactor = redact.New()
	}
	j := &Judge{
		repeat: wire.Curl,
		doc:    doc, redactor: o.Redactor, rules: o.Rules, byID: make(map[string]int, len(o.Rules)),
		release: o.Release, edition: o.Edition,
		histories: generations[string, *History]{size: maxServers / 2}, tally: make([]tally, len(o.Rules)),
		coverage: sync.OnceValue(func() *coverage { return newCoverage(doc) }), started: time.Now(),
	}
	for i := range o.Rules {
		j.byID[o.Rules[i].ID] = i
	}
	return j, nil
}

// Observe judges one exchange and returns what it found. Findings may speak of an earlier exchange: some answers are
// seen to be wrong only in the light of a later one.
func (j *Judge) Observe(x *wire.Exchange) []Finding { return j.ObservePrepared(j.Prepare(x)) }

// Prepared is an exchange of which everything is worked out that takes no memory of others.
type Prepared struct {
	exchange *Exchange
	secrets  []string
}

// Prepare does most of the work of Observe. It may be called side by side for exchanges that are then judged in order.
func (j *Judge) Prepare(x *wire.Exchange) *Prepared {
	p := &Prepared{secrets: wire.Secrets(x)}
	if !j.live {
		x = withoutRedacted(x)
	}
	p.exchange = newExchange(j.doc, x)
	if p.exchange.Operation != "" {
		p.exchange.findings()
		p.exchange.decode()
	}
	return p
}

// ObservePrepared judges an exchange that is prepared, once.
func (j *Judge) ObservePrepared(p *Prepared) []Finding {
	found, _ := j.observe(p)
	return found
}

func (j *Judge) observe(p *Prepared) ([]Finding, *Exchange) {
	j.mu.Lock()
	defer j.mu.Unlock()

	for _, secret := range p.secrets {
		j.redactor.Learn(secret)
	}
	e := p.exchange
	e.Index = j.exchanges
	j.exchanges++
	h := j.history(e)
	h.learnRelease(e)

	var found []Finding
	if e.Operation != "" {
		j.judged++
		j.coverage().add(e)
	}
	for i := range j.rules {
		rule := &j.rules[i]
		if rule.Judge == nil || !rule.speaksOf(e.Operation) {
			continue
		}
		if holds, _ := rule.holds(h.release(j.release), h.edition(j.edition)); !holds {
			continue
		}
		var reported reports
		e.report = reported.add
		met, panicked := judgeBy(rule, h, e)
		if met {
			j.tally[i].met++
		}
		if panicked != "" {
			t := &j.tally[i]
			t.worst, t.reason = max(t.worst, Error), j.redactor.Redact(panicked)
		}
		for _, r := range reported {
			f := r.finding
			f.Rule = rule.ID
			if r.more > 0 {
				f.Actual += fmt.Sprintf(", and %d more like it", r.more)
			}
			if r.about == e && f.Outcome == document.Violation && isAboutErrors(rule.ID) {
				e.blamed = true
			}
			j.add(&found, r.about, f)
		}
	}
	e.report = nil
	h.add(e)
	return found, e
}

// judgeBy has a rule judge an exchange, and says what it panicked with, if it did: a fault of ours must not bring down
// whose traffic is judged, nor print what it was about.
func judgeBy(rule *Rule, h *History, x *Exchange) (met bool, panicked string) {
	defer func() {
		if stop := recover(); stop != nil {
			panicked = fmt.Sprintf("the rule panicked: %v\n%s", stop, debug.Stack())
		}
	}()
	return rule.Judge(h, x), ""
}

// isAboutErrors says whether a judging rule is about the bodies of errors, or of all answers.
func isAboutErrors(rule string) bool {
	return strings.HasPrefix(rule, "errors/") || strings.HasPrefix(rule, "document/")
}

// reports are what one rule has against one exchange. What it has against several entries of a list is told once.
type reports []reported

type reported struct {
	about   *Exchange
	finding document.Finding
	more    int // further entries of the same list
}

func (r *reports) add(about *Exchange, f document.Finding) {
	for i := range *r {
		if same := &(*r)[i]; same.about == about && f.Pointer != "" && inEntry(same.finding.Pointer) == inEntry(f.Pointer) && inEntry(f.Pointer) != f.Pointer {
			same.more++
			return
		}
	}
	*r = append(*r, reported{about: about, finding: f})
}

// inEntry is a pointer without the entry of a list that it begins with.
func inEntry(pointer string) string {
	index, rest, _ := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
	if _, err := strconv.Atoi(index); err != nil {
		return pointer
	}
	return "*/" + rest
}

// add keeps a finding, if its rule is one of those that count here.
func (j *Judge) add(found *[]Finding, about *Exchange, f document.Finding) {
	i, ok := j.byID[f.Rule]
	if !ok {
		return
	}
	if f.Operation == "" {
		f.Operation = about.Operation
	}
	full := Finding{Finding: f, Level: j.rules[i].Level, Exchange: about.Index, Evidence: j.evidence(about)}
	full.Expected, full.Actual = j.shown(f.Expected), j.shown(f.Actual)
	t := &j.tally[i]
	t.findings++
	t.worst = max(t.worst, f.Outcome)
	if found != nil {
		*found = append(*found, full)
	}
	if len(j.findings) < MaxFindings {
		j.findings = append(j.findings, full)
	} else {
		j.dropped++
	}
}

// shown is a text without secrets. What a server said is quoted up to an ellipsis; a secret that goes on behind it is
// removed as far as it was quoted.
func (j *Judge) shown(text string) string {
	quoted, rest, clipped := strings.Cut(text, ellipsis)
	if !clipped {
		return j.redactor.Redact(text)
	}
	var before strings.Builder
	w := j.redactor.Writer(&before)
	_, _ = io.WriteString(w, quoted) // and no Flush: what may be the beginning of a secret is held back
	return before.String() + ellipsis + j.shown(rest)
}

// ellipsis stands where a text was shortened.
const ellipsis = "…"

// report keeps a finding of a probing rule.
func (j *Judge) report(rule *Rule, x *Exchange, f document.Finding) {
	j.mu.Lock()
	defer j.mu.Unlock()
	f.Rule = rule.ID
	j.add(nil, x, f)
}

func (j *Judge) evidence(x *Exchange) Evidence {
	e := Evidence{
		Method: x.Request.Method,
		URL:    j.redactor.Redact(x.Request.URL.String()),
		Status: x.Status(),
		Repeat: j.redactor.Redact(j.repeat(&x.Request)),
	}
	if x.Response != nil {
		e.RequestID = j.redactor.Redact(x.Response.Header.Get("X-Request-Id"))
	}
	return e
}

// maxServers is how many servers are remembered. A recording of a browser's has a few; whoever can write Host headers
// could make up any number.
const maxServers = 64

// history is what the exchange's server said before. Who never answered one of the operations is no such server.
func (j *Judge) history(x *Exchange) *History {
	h, ok := j.histories.get(x.Server)
	if !ok {
		h = newHistory()
		if x.Operation != "" || x.tellsRelease() {
			j.histories.put(x.Server, h)
		}
	}
	return h
}

// redact removes the secrets that were not known yet when the finding was kept: a server may show one elsewhere before
// the create that it belongs to is answered.
func (j *Judge) redact(f *Finding) {
	for _, text := range []*string{&f.Expected, &f.Actual, &f.Evidence.URL, &f.Evidence.Repeat, &f.Evidence.RequestID} {
		*text = j.redactor.Redact(*text)
	}
}

// found is the release and edition, as given or as the exchanges told.
func (j *Judge) found() (release Release, edition Edition) {
	release, edition = j.release, j.edition
	j.histories.each(func(_ string, h *History) {
		release, edition = h.release(release), h.edition(edition)
	})
	return release, edition
}

// Result is what has been judged so far.
func (j *Judge) Result() *Result {
	j.mu.Lock()
	defer j.mu.Unlock()
	r := &Result{
		Release: j.release, Edition: j.edition,
		Started: j.started, Duration: time.Since(j.started),
		Exchanges: j.exchanges, Judged: j.judged,
		Findings: append([]Finding(nil), j.findings...), Dropped: j.dropped,
	}
	for i := range r.Findings {
		j.redact(&r.Findings[i])
	}
	r.Release, r.Edition = j.found()
	r.Coverage = j.coverage().result(r.Release, r.Edition)
	for i := range j.rules {
		rule, t := &j.rules[i], &j.tally[i]
		rr := RuleResult{Rule: rule, Met: t.met, Findings: t.findings, Outcome: t.worst, Reason: t.reason}
		if t.findings == 0 && t.met == 0 && t.reason == "" {
			rr.Outcome = Untested
			if holds, why := rule.holds(r.Release, r.Edition); !holds {
				rr.Reason = why
			} else if rr.Reason == "" && rule.Probe != nil {
				rr.Reason = "it has to make requests of its own, which only a live check does"
			} else if rr.Reason == "" {
				rr.Reason = "no exchange that it speaks about"
			}
		}
		r.Rules = append(r.Rules, rr)
	}
	return r
}
