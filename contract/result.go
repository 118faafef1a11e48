package contract

import (
	"fmt"
	"slices"
	"time"

	"example.com/gitlab-agents/contract/document"
)

// The outcomes of a rule; see [document.Outcome].
const (
	Pass         = document.Pass
	Untested     = document.Untested
	Drift        = document.Drift
	Inconclusive = document.Inconclusive
	Error        = document.Error
	Violation    = document.Violation
)

// Outcome is what became of a rule.
type Outcome = document.Outcome

// Finding is one way in which one exchange and a rule differ, with what is needed to look into it.
type Finding struct {
	document.Finding
	Level    Level    `json:"level"`
	Exchange int      `json:"exchange"` // the exchange's place in its source, from 0
	Evidence Evidence `json:"evidence"`
}

// Evidence is one exchange as it may be shown: no secret is in it.
type Evidence struct {
	Method    string `json:"method"`
	URL       string `json:"url"`
	Status    int    `json:"status"`               // 0 if no answer came
	Repeat    string `json:"repeat"`               // a curl command that asks the same
	RequestID string `json:"request_id,omitempty"` // GitLab's X-Request-Id
}

// String says in a few lines what was asked, what was expected and what came.
func (f Finding) String() string {
	s := fmt.Sprintf("%s %s → %d: expected %s; actual ", f.Evidence.Method, f.Evidence.URL, f.Evidence.Status, f.Expected)
	if f.Pointer != "" {
		s += f.Pointer + " is "
	}
	s += f.Actual
	if f.Document != "" {
		s += "; document " + f.Document
	}
	return s + "; repeat with " + f.Evidence.Repeat
}

// RuleResult is what became of one rule.
type RuleResult struct {
	Rule     *Rule
	Outcome  Outcome
	Reason   string // why it is untested, inconclusive or an error of ours
	Met      int    // exchanges the rule spoke about
	Findings int    // findings under it
	Known    bool   // it is known to fail, so that a violation does not fail the run
	Stale    bool   // it is known to fail, but does not, which fails the run
}

// Result is what a run, a recording or a watched client came to.
type Result struct {
	Target    string  // what was judged: a URL, or the name of a file
	Release   Release // of the GitLab; zero if unknown
	Edition   Edition // of the GitLab
	Run       string  // the id in the names of what the run made; empty if nothing was run
	Started   time.Time
	Duration  time.Duration
	Exchanges int // all that were seen
	Judged    int // those that are one of the eight operations
	Chain     int // requests in the longest chain of which each needed the one before; 0 if nothing was run

	Rules    []RuleResult // in the catalogue's order
	Findings []Finding    // in the order in which they were found
	Dropped  int          // findings beyond MaxFindings, which are counted but not kept
	Coverage Coverage
	Left     []string // what could not be removed: one line each, with what to do
}

// MaxFindings is how many findings a Result keeps. The rest are counted in Dropped.
const MaxFindings = 10_000

// Counts are rules per outcome.
func (r *Result) Counts() map[Outcome]int {
	counts := make(map[Outcome]int)
	for _, rule := range r.Rules {
		counts[rule.Outcome]++
	}
	return counts
}

// Exit is the status with which a command ends.
type Exit int

// The exit statuses.
const (
	Conformant Exit = 0 // no MUST was violated
	Violated   Exit = 1 // a MUST was violated; with strict, or a SHOULD
	Usage      Exit = 2 // the command was used wrongly
	Failed     Exit = 3 // our own error, or something was left behind
	TooLittle  Exit = 4 // too little was tested to say
)

// Exit says how a command with this result ends. With strict a violated SHOULD counts as a violated MUST.
func (r *Result) Exit(strict bool) Exit {
	exercised := false
	exit := Conformant
	for _, rule := range r.Rules {
		switch {
		case rule.Stale:
			return Violated
		case rule.Outcome == Violation && !rule.Known && (rule.Rule.Level == Must || strict):
			return Violated
		case rule.Outcome == Error && (r.Run != "" || rule.Reason != ""):
			exit = Failed // in a recording an error without a reason is the caller's whose requests these are
		case rule.Outcome == Pass && rule.Rule.Level == Must:
			exercised = true
		}
	}
	switch {
	case exit == Failed || len(r.Left) > 0:
		return Failed
	case !exercised:
		return TooLittle
	}
	return Conformant
}

// markKnown marks the rules that are known to fail.
func (r *Result) markKnown(ids []string) {
	for i := range r.Rules {
		rule := &r.Rules[i]
		if slices.Contains(ids, rule.Rule.ID) {
			rule.Known = true
			rule.Stale = rule.Outcome == Pass
		}
	}
}

// Coverage is what of the document was seen.
type Coverage struct {
	Operations []OperationCoverage `json:"operations"`
}

// OperationCoverage is what of one operation was seen.
type OperationCoverage struct {
	Operation string             `json:"operation"`
	Statuses  []StatusCoverage   `json:"statuses"`
	Values    []PropertyCoverage `json:"properties,omitempty"`
}

// StatusCoverage is how often a status was seen. Listed says that the document has it.
type StatusCoverage struct {
	Status int    `json:"status"`
	Seen   int    `json:"seen"`
	Listed bool   `json:"listed"`
	Reason string `json:"reason,omitempty"` // why it was not seen
}

// PropertyCoverage is how often a property of a success response was seen: at all, as null, with each enum value.
type PropertyCoverage struct {
	Pointer string         `json:"pointer"` // such as /config_project/description
	Seen    int            `json:"seen"`
	Null    *int           `json:"null,omitempty"` // nil if it may not be null
	Enum    map[string]int `json:"enum,omitempty"`
	Reason  string         `json:"reason,omitempty"` // why it was not seen
}
