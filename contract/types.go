package contract

import (
	"fmt"

	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/live"
	"example.com/gitlab-agents/contract/internal/rule"
)

// What a check is made of.
type (
	// Rule is one normative sentence about the API.
	Rule = rule.Rule
	// Source is where a rule is known from.
	Source = rule.Source
	// Level is how binding a rule is.
	Level = rule.Level
	// Role is a caller, named by what the caller may do in the project.
	Role = rule.Role
	// Release is a GitLab release, major and minor.
	Release = rule.Release
	// Edition is a GitLab edition.
	Edition = rule.Edition
	// Scenario is a story that a live check plays.
	Scenario = live.Scenario
	// Judge compares exchanges with the document and with the rules.
	Judge = judge.Judge
	// Prepared is an exchange that is ready to be judged.
	Prepared = judge.Prepared
	// Clock tells the time and waits.
	Clock = live.Clock
	// Event is one step of a live check.
	Event = live.Event
)

// What a check comes to.
type (
	// Result is what a check, a recording or a watched client came to.
	Result = rule.Result
	// RuleResult is what became of one rule.
	RuleResult = rule.RuleResult
	// ScenarioResult is what became of one scenario.
	ScenarioResult = rule.ScenarioResult
	// Finding is one way in which one exchange and a rule differ.
	Finding = rule.Finding
	// Evidence is one exchange as it may be shown.
	Evidence = rule.Evidence
	// Step is one exchange of a scenario.
	Step = rule.Step
	// Outcome is what became of a rule.
	Outcome = rule.Outcome
	// Reason is why a rule was not tested to the end.
	Reason = rule.Reason
	// ReasonCode is a kind of reason, for programs.
	ReasonCode = rule.ReasonCode
	// Latency is how long the answers to one operation took.
	Latency = rule.Latency
	// Problem is why a check could not begin, or ended early.
	Problem = rule.Problem
	// Exit is the status with which a command ends.
	Exit = rule.Exit
	// Coverage is what of the document was seen.
	Coverage = rule.Coverage
	// OperationCoverage is what of one operation was seen.
	OperationCoverage = rule.OperationCoverage
	// StatusCoverage is how often a status was seen.
	StatusCoverage = rule.StatusCoverage
	// PropertyCoverage is how often a property was seen.
	PropertyCoverage = rule.PropertyCoverage
	// SetupError says why a check could not begin.
	SetupError = live.SetupError
	// UnreachableError says that the target did not answer.
	UnreachableError = live.UnreachableError
)

// What a check keeps so that nothing is left behind.
type (
	// Journal is a folder in which each check keeps a file of what it is about to make.
	Journal = live.Journal
	// Entry is what one check made.
	Entry = live.Entry
	// Swept is what became of one entry.
	Swept = live.Swept
)

// OpenJournal uses a folder, which is made if it does not exist.
func OpenJournal(dir string) (*Journal, error) { return live.OpenJournal(dir) }

// The levels, roles and editions.
const (
	Must   = rule.Must
	Should = rule.Should

	Maintainer = rule.Maintainer
	Developer  = rule.Developer
	Guest      = rule.Guest
	Stranger   = rule.Stranger
	Anonymous  = rule.Anonymous
	Reader     = rule.Reader
	Expired    = rule.Expired

	AnyEdition = rule.AnyEdition
	Community  = rule.Community
	Enterprise = rule.Enterprise
)

// The outcomes.
const (
	Untested     = rule.Untested
	Pass         = rule.Pass
	Drift        = rule.Drift
	Inconclusive = rule.Inconclusive
	Error        = rule.Error
	Violation    = rule.Violation
)

// The kinds of reasons.
const (
	ReasonReadOnly       = rule.ReasonReadOnly
	ReasonRole           = rule.ReasonRole
	ReasonOtherProject   = rule.ReasonOtherProject
	ReasonNothingToRead  = rule.ReasonNothingToRead
	ReasonRelease        = rule.ReasonRelease
	ReasonEdition        = rule.ReasonEdition
	ReasonLiveOnly       = rule.ReasonLiveOnly
	ReasonNotSelected    = rule.ReasonNotSelected
	ReasonNoExchange     = rule.ReasonNoExchange
	ReasonReleaseUnknown = rule.ReasonReleaseUnknown
	ReasonNotRecorded    = rule.ReasonNotRecorded
	ReasonNoAnswer       = rule.ReasonNoAnswer
	ReasonInBetween      = rule.ReasonInBetween
	ReasonGroundGone     = rule.ReasonGroundGone
	ReasonEarlierStep    = rule.ReasonEarlierStep
	ReasonControl        = rule.ReasonControl
	ReasonUnconfirmed    = rule.ReasonUnconfirmed
	ReasonInterrupted    = rule.ReasonInterrupted
	ReasonInternal       = rule.ReasonInternal
)

// The exit statuses.
const (
	Conformant = rule.Conformant
	Violated   = rule.Violated
	Usage      = rule.Usage
	Failed     = rule.Failed
	TooLittle  = rule.TooLittle
)

// MaxFindings is how many findings a Result keeps.
const MaxFindings = rule.MaxFindings

// ParseRelease reads a GitLab version such as "16.2", "19.1.0-pre" or "15.11.13-ee". Releases before 14.10 have no Agents
// API, and are errors.
func ParseRelease(version string) (Release, error) {
	release, err := rule.ParseRelease(version)
	if err == nil && release.Before(rule.GitLab(14, 10)) {
		return Release{}, fmt.Errorf("GitLab %s has no Agents API: it came with 14.10", release)
	}
	return release, err
}

// ParseEdition reads "ce", "ee" or "".
func ParseEdition(edition string) (Edition, error) { return rule.ParseEdition(edition) }
