// Package contract checks whether a server conforms to GitLab's Agents API.
//
// There are three ways in. [Run] sends requests to a live GitLab: it plays scenarios, judges every answer, and removes what
// it made. [Watch] and [WatchHandler] judge what a client or a server of yours does anyway. [NewJudge] and [Verify] judge
// exchanges from anywhere else, such as a recording. [Test] is Run as a Go test, with a subtest for each rule.
//
// All of them come to a [Result]: what became of each [Rule], and the [Finding] values that say what went wrong.
package contract

import (
	"context"
	"iter"
	"slices"
	"time"

	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/live"
	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/internal/rules"
	"example.com/gitlab-agents/contract/internal/scenarios"
	"example.com/gitlab-agents/contract/redact"
	"example.com/gitlab-agents/contract/wire"
)

// Target is the GitLab to check, and whose credentials to use.
type Target = live.Target

// Options say how to check. The zero value tests every rule.
type Options struct {
	Rules     []string // patterns of rule ids, such as "tokens/*"; none means all
	Skip      []string // patterns of rule ids to leave out
	Scenarios []string // patterns of scenario names; none means all

	Release  Release // of the GitLab; zero means: ask
	Edition  Edition // of the GitLab; AnyEdition means: ask
	ReadOnly bool    // create, change and delete nothing
	Keep     bool    // leave what was made; the result says what

	Parallel int           // how many requests may be under way at once; 0 means DefaultParallel
	Timeout  time.Duration // ends the check; what it made is still removed; 0 means never

	Journal       *Journal         // notes what the check makes, so that Sweep can finish the work of a killed check
	Redactor      *redact.Redactor // removes secrets; nil means one of the check's own
	KnownFailures []string         // ids of rules that are known to fail: they do not fail the check, and one that passes does
	Timeline      bool             // keep every exchange in the result
	Clock         Clock            // nil means the system's

	Progress func(Event)          // called with each step, by one goroutine at a time
	Observe  func(*wire.Exchange) // called with each exchange, with its secrets, by one goroutine at a time
}

// DefaultParallel is how many requests may be under way at once if nothing is said.
const DefaultParallel = live.DefaultParallel

// Run checks a target. The error is a *SetupError or an *UnreachableError if the check could not begin, or one about the
// options; afterwards there is a Result, whatever happens. A cancelled context ends the check early; what it had made is
// still removed.
func Run(ctx context.Context, target Target, o Options) (*Result, error) {
	options, err := o.live()
	if err != nil {
		return nil, err
	}
	return live.Check(ctx, target, options)
}

// live are the options of a live check.
func (o Options) live() (live.Options, error) {
	catalogue, err := selectRules(rules.Catalogue(), o.Rules, o.Skip)
	if err != nil {
		return live.Options{}, err
	}
	// A live check sends what the document does not allow on purpose.
	catalogue = slices.DeleteFunc(catalogue, func(entry judge.Entry) bool { return entry.Rule == &rules.DocumentRequest })
	played, err := selectScenarios(scenarios.All(), o.Scenarios)
	if err != nil {
		return live.Options{}, err
	}
	return live.Options{
		Catalogue: catalogue, Delivery: rules.AnsweredByGitLab.ID, Scenarios: played, Selected: len(o.Scenarios) > 0, SomeRules: len(o.Rules) > 0,
		Version:  rule.Version{Release: o.Release, Edition: o.Edition},
		ReadOnly: o.ReadOnly, Keep: o.Keep, Parallel: o.Parallel, Timeout: o.Timeout, Journal: o.Journal, Redactor: o.Redactor,
		Known: o.KnownFailures, Timeline: o.Timeline, Clock: o.Clock, Progress: o.Progress, Observe: o.Observe,
	}, nil
}

// Sweep removes what checks left behind on one GitLab: agents whose names hold the id of a check of the journal, and
// nothing else. Entries of other GitLabs, and of checks that are still going on, are left alone.
func Sweep(ctx context.Context, target Target, entries []*Entry) ([]Swept, error) {
	return live.Sweep(ctx, target, entries)
}

// JudgeOptions set up a Judge. The zero value judges by every rule that needs no live check.
type JudgeOptions struct {
	Rules    []string         // patterns of rule ids; none means all
	Skip     []string         // patterns of rule ids to leave out
	Release  Release          // of the GitLab; zero means: as the exchanges tell
	Edition  Edition          // of the GitLab; AnyEdition means: as the exchanges tell
	Redactor *redact.Redactor // nil means a new one

	// Live says that each exchange comes once and as it was. A recorder may have removed secrets, and recordings that were
	// merged hold an exchange twice.
	Live bool
	// Observe is called with each exchange of a Watcher, with its secrets, by several goroutines at a time; see
	// [har.Writer.Observe].
	Observe func(*wire.Exchange)
}

// NewJudge makes a Judge, for exchanges that were recorded unless the options say that they are live.
func NewJudge(o JudgeOptions) (*Judge, error) {
	catalogue, err := selectRules(rules.Catalogue(), o.Rules, o.Skip)
	if err != nil {
		return nil, err
	}
	return judge.New(judge.Options{
		Catalogue: catalogue, Delivery: rules.AnsweredByGitLab.ID,
		Version: rule.Version{Release: o.Release, Edition: o.Edition}, Redactor: o.Redactor, Live: o.Live,
	})
}

// Verify judges recorded exchanges, in the order in which they were answered.
func Verify(exchanges iter.Seq[*wire.Exchange], o JudgeOptions) (*Result, error) {
	j, err := NewJudge(o)
	if err != nil {
		return nil, err
	}
	for x := range exchanges {
		j.Observe(x)
	}
	return j.Result(), nil
}
