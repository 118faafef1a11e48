package rule

import (
	"slices"
	"time"
)

// Result is what a check, a recording or a watched client came to.
type Result struct {
	Target    string  // what was judged: a URL, or the name of a file
	Project   string  // the path of the project in which a live check made agents; empty otherwise
	Release   Release // of the GitLab; zero if unknown
	Edition   Edition // of the GitLab
	Roles     []Role  // who made requests in a live check
	ReadOnly  bool    // nothing was created or deleted
	Run       string  // the id in the names of what the check made; empty if nothing was made
	Started   time.Time
	Duration  time.Duration
	Exchanges int // all that were seen
	Judged    int // those that belong to one of the eight operations
	Repeated  int // those that a recording holds a second time; they are not judged again

	Misses []string // requests that nearly belong to one of the operations, each with the reason why not

	Rules     []RuleResult     // in the catalogue's order
	Findings  []Finding        // in the order in which they were found
	Dropped   int              // findings beyond MaxFindings, which are counted but not kept
	Scenarios []ScenarioResult // of a live check
	Coverage  Coverage
	Ended     *Problem  // why a live check ended before its end; nil if it did not
	Left      []string  // what could not be removed: one line each, with what to do
	Kept      []string  // what was kept because the caller asked for it: one line each
	Latency   []Latency // of a live check, by operation

	Timeline []Step // every exchange of a live check, if the caller asked for them
}

// MaxFindings is how many findings a Result keeps. The rest are counted in Dropped.
const MaxFindings = 10_000

// RuleResult is what became of one rule.
type RuleResult struct {
	Rule     *Rule
	Outcome  Outcome
	Reason   Reason // why it is untested, inconclusive or an error
	Applied  int    // exchanges that it was tested on
	Findings int    // findings under it
	Known    bool   // it is known to fail, so a violation does not fail the check
	Stale    bool   // it is known to fail, but does not, which fails the check
}

// ScenarioResult is what became of one scenario.
type ScenarioResult struct {
	Name     string        `json:"name"`
	Outcome  Outcome       `json:"outcome"` // the worst of its rules
	Reason   string        `json:"reason,omitempty"`
	Plays    int           `json:"plays"` // 0 if it was not played, 4 if it had to be confirmed
	Requests int           `json:"requests"`
	Duration time.Duration `json:"duration"`
}

// Latency is how long the answers to one operation took.
type Latency struct {
	Operation string        `json:"operation"`
	Requests  int           `json:"requests"`
	Median    time.Duration `json:"median"`
	Slowest   time.Duration `json:"slowest"`
}

// Problem is something about the set-up that stops a check: each part is one or two lines.
type Problem struct {
	Code  string `json:"code"`  // a kind of problem, for programs
	Said  string `json:"said"`  // what the server said, quoted; empty if it said nothing
	Means string `json:"means"` // what that means
	Do    string `json:"do"`    // what to do about it
}

// Error is all three parts.
func (p *Problem) Error() string {
	s := p.Means
	if p.Said != "" {
		s += "\n  GitLab said: " + p.Said
	}
	if p.Do != "" {
		s += "\n  " + p.Do
	}
	return s
}

// Counts are rules per outcome.
func (r *Result) Counts() map[Outcome]int {
	counts := make(map[Outcome]int)
	for _, rule := range r.Rules {
		counts[rule.Outcome]++
	}
	return counts
}

// MarkKnown marks the rules that are known to fail, by id.
func (r *Result) MarkKnown(ids []string) {
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
	Allowed   bool               `json:"allowed,omitempty"` // the set-up of a live check allows it to succeed
	Successes int                `json:"-"`                 // complete responses that are a success
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
