// Package judge takes exchanges as they come and reports where they break rules. It knows what each server said before,
// and sends nothing itself.
package judge

import (
	"sync"
	"time"

	"example.com/gitlab-agents/contract/document"
	"example.com/gitlab-agents/contract/internal/answerer"
	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/redact"
	"example.com/gitlab-agents/contract/wire"
)

// Entry is one rule, with its judge if it has one.
type Entry struct {
	Rule *rule.Rule
	// Reads names the parts of an exchange that the judge needs. It does not get exchanges that lack one of them.
	Reads Evidence
	// OnlyErrors says that the rule is about statuses from 400 on, so that it does not miss what was not recorded of others.
	OnlyErrors bool
	// Judge looks at one exchange and reports to it what is wrong. It says whether the rule applies to the exchange. Exchanges
	// come one at a time, in the order in which they were answered. It is nil if only scenarios prove the rule.
	Judge func(h *History, x *Exchange) (applies bool)
	// AnyAnswerer says that the rule applies whoever answered: a leaked secret is a violation in any case.
	AnyAnswerer bool
}

// Evidence is a part of an exchange, or several.
type Evidence uint8

// The parts of an exchange that a recording may lack.
const (
	RequestHeader Evidence = 1 << iota
	RequestBody
	ResponseHeader
	ResponseBody
)

// Options set up a Judge. The zero value is of use only with Catalogue.
type Options struct {
	Catalogue []Entry
	Delivery  string           // the id of the rule that GitLab answers, which is reported in one finding per answerer
	Version   rule.Version     // what is known of the GitLab; the rest is learned from the exchanges
	Redactor  *redact.Redactor // nil means a new one
	Live      bool             // exchanges come as they are; a recorder may have removed secrets and merged exports

	// Count is called with each finding before it counts, and may add to it. A finding is doubtful if a write by somebody
	// else would explain it. If Count returns false the finding does not count; Add may count it later. Without Count, a
	// doubtful finding is inconclusive.
	Count func(f *rule.Finding, about *Exchange, doubtful bool) bool
	// Repeat is a shell's line that sends a request again. Nil means wire.Curl.
	Repeat func(*wire.Request) string
}

// Judge compares every exchange with the document and with the rules. It may be used by several goroutines at once;
// exchanges are judged one at a time, in the order in which Observe is called.
type Judge struct {
	Options
	doc   *document.Document
	byID  map[string]int   // index into Catalogue and tally
	rules map[string][]int // what rulesFor found out

	mu        sync.Mutex
	histories generations[string, *History] // by server
	tally     []tally
	findings  []rule.Finding
	dropped   int
	exchanges int
	judged    int
	repeated  int
	misses    []string             // requests that nearly are one of the operations, and why they are not
	strangers map[string]*stranger // by what they are
	coverage  func() *coverage     // made when it is first needed, which takes longer than everything else at the start
	started   time.Time
}

// New makes a Judge.
func New(o Options) (*Judge, error) {
	doc, err := document.Load()
	if err != nil {
		return nil, err
	}
	if o.Redactor == nil {
		o.Redactor = redact.New()
	}
	if o.Repeat == nil {
		o.Repeat = wire.Curl
	}
	j := &Judge{
		Options: o, doc: doc, strangers: make(map[string]*stranger), byID: make(map[string]int, len(o.Catalogue)), rules: make(map[string][]int),
		histories: generations[string, *History]{size: maxServers / 2}, tally: make([]tally, len(o.Catalogue)),
		coverage: sync.OnceValue(func() *coverage { return newCoverage(doc) }), started: time.Now(),
	}
	for i, entry := range o.Catalogue {
		j.byID[entry.Rule.ID] = i
	}
	return j, nil
}

// Prepared is an exchange after all the work that needs no other exchange.
type Prepared struct {
	exchange *Exchange
	secrets  []string
}

// Prepare does most of the work of Observe. It may be called side by side for exchanges that are then judged in order.
func (j *Judge) Prepare(x *wire.Exchange) *Prepared {
	p := &Prepared{secrets: wire.Secrets(x)}
	recorded := x
	if !j.Live {
		x = withoutRedacted(x)
	}
	p.exchange = newExchange(j.doc, x)
	p.exchange.secretRemoved = x != recorded
	if p.exchange.Operation != "" {
		p.exchange.Documentation()
		p.exchange.decode()
	}
	return p
}

// Observe judges one exchange and returns the findings. They may be about an earlier exchange: some answers turn out to be
// wrong only when a later one comes.
func (j *Judge) Observe(x *wire.Exchange) []rule.Finding {
	found, _ := j.ObservePrepared(j.Prepare(x), nil)
	return found
}

// ObservePrepared judges an exchange that is prepared, once. The tag comes back with its findings.
//
// This is the way of an exchange.
func (j *Judge) ObservePrepared(p *Prepared, tag any) ([]rule.Finding, *Exchange) {
	j.mu.Lock()
	defer j.mu.Unlock()

	for _, secret := range p.secrets {
		j.Redactor.Learn(secret)
	}
	x := p.exchange
	x.Tag, x.Index = tag, j.exchanges
	j.exchanges++

	if x.FromCache != "" { // the client's own cache answered, and the server was not asked
		return nil, x
	}
	h := j.history(x)
	if !j.Live && h.recordedBefore(x) { // exports that were merged hold an exchange twice
		j.repeated++
		return nil, x
	}
	if x.Operation != "" {
		j.judged++
	} else {
		j.miss(x)
	}
	x.Answerer = h.answerers.Who(x.Exchange, x.Operation)
	h.answerers.Remember(x.Exchange)
	if x.fromStranger() {
		return j.meet(h, x), x
	}
	if x.Answerer.Kindof == answerer.AddressBan { // no rule is about it
		return nil, x
	}
	h.learn(x)

	var found []rule.Finding
	if x.Operation != "" {
		j.coverage().add(x)
	}
	for _, i := range j.rulesFor(x.Operation) {
		found = append(found, j.apply(i, h, x)...)
	}
	x.reports = nil
	h.add(x)
	return found, x
}

// rulesFor are the rules that judge exchanges with an operation, as indexes into Catalogue.
func (j *Judge) rulesFor(operation string) []int {
	found, known := j.rules[operation]
	if !known {
		for i, entry := range j.Catalogue {
			if entry.Judge != nil && entry.Rule.AppliesTo(operation) {
				found = append(found, i)
			}
		}
		j.rules[operation] = found
	}
	return found
}

// history is what the exchange's server said before. A server that never answered one of the operations gets none.
func (j *Judge) history(x *Exchange) *History {
	h, ok := j.histories.get(x.Server)
	if !ok {
		h = newHistory()
		if x.Operation != "" || x.tellsVersion() {
			j.histories.put(x.Server, h)
		}
	}
	return h
}

// maxServers is how many servers are remembered. A browser's recording has a few; a client that chooses its Host headers
// could make up any number.
const maxServers = 64

// Version is the release and edition, as given or as the exchanges told.
func (j *Judge) Version() rule.Version {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.version()
}

// version is what is given, completed with what the servers told. Where they differ, nothing is known.
func (j *Judge) version() rule.Version {
	var releases, proven []rule.Release
	var editions []rule.Edition
	j.histories.each(func(_ string, h *History) {
		v := h.version(j.Options.Version)
		releases, proven, editions = append(releases, v.Release), append(proven, v.AtLeast), append(editions, v.Edition)
	})
	if len(releases) == 0 {
		return j.Options.Version
	}
	return rule.Version{Release: common(releases), AtLeast: common(proven), Edition: common(editions)}
}

// common is the value of all that have one; the zero value if they differ, or none has one.
func common[T comparable](values []T) (value T) {
	var nothing T
	for _, v := range values {
		switch {
		case v == nothing:
		case value == nothing || value == v:
			value = v
		default:
			return nothing
		}
	}
	return value
}
