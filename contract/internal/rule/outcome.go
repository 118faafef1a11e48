package rule

import (
	"fmt"
	"slices"
)

// Outcome is what became of a rule, and so who is to blame.
type Outcome int

// The outcomes, in the order in which they prevail where several come together.
const (
	Untested     Outcome = iota // could not be tested; the set-up is to blame
	Pass                        // tested at least once, and held
	Drift                       // the server sent something harmless that the document does not know; the document is to blame
	Inconclusive                // no answer that proves anything, or not confirmed; the network or time is to blame
	Error                       // the request broke the document, or a fault of ours; the caller is to blame
	Violation                   // the server broke a MUST or a SHOULD
)

var outcomeNames = [...]string{"untested", "pass", "drift", "inconclusive", "error", "violation"}

func (o Outcome) String() string {
	if o < 0 || int(o) >= len(outcomeNames) {
		return fmt.Sprintf("Outcome(%d)", int(o))
	}
	return outcomeNames[o]
}

// MarshalText gives the name that String gives.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads the name that String gives.
func (o *Outcome) UnmarshalText(text []byte) error {
	i := slices.Index(outcomeNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("unknown outcome %q", text)
	}
	*o = Outcome(i)
	return nil
}

// Reason is why a rule is untested, inconclusive or an error.
type Reason struct {
	Code ReasonCode // empty if there is no reason
	Text string     // half a sentence
}

// ReasonCode is a kind of reason, for programs.
type ReasonCode string

// The kinds of reasons. SetUp says which of them are about the set-up.
const (
	ReasonReadOnly       ReasonCode = "read-only"       // the check is read-only
	ReasonRole           ReasonCode = "role"            // no token of a role is given, or it is not of that role
	ReasonOtherProject   ReasonCode = "other-project"   // no second project is given
	ReasonNothingToRead  ReasonCode = "nothing-to-read" // the check is read-only, and the project has no agent or token
	ReasonRelease        ReasonCode = "release"         // the rule does not hold for this release
	ReasonEdition        ReasonCode = "edition"         // the rule does not hold for this edition, or the edition is unknown
	ReasonLiveOnly       ReasonCode = "live-only"       // only a live check makes the requests that it takes
	ReasonNotSelected    ReasonCode = "not-selected"    // the scenarios that prove it were not selected
	ReasonNoExchange     ReasonCode = "no-exchange"     // no exchange that the rule applies to
	ReasonReleaseUnknown ReasonCode = "release-unknown" // it depends on the release, which is unknown
	ReasonNotRecorded    ReasonCode = "not-recorded"    // the recording lacks what the rule reads
	ReasonNoAnswer       ReasonCode = "no-answer"       // no answer, or one that says nothing, such as 429
	ReasonInBetween      ReasonCode = "in-between"      // something between the caller and GitLab answered
	ReasonGroundGone     ReasonCode = "ground-gone"     // the check ended early, because its ground was gone
	ReasonEarlierStep    ReasonCode = "earlier-step"    // an earlier step of the scenario did not come out as assumed
	ReasonControl        ReasonCode = "control"         // the control request failed too, so the answer says nothing
	ReasonUnconfirmed    ReasonCode = "unconfirmed"     // it was not seen again when the scenario was played again
	ReasonInterrupted    ReasonCode = "interrupted"     // the check was interrupted
	ReasonInternal       ReasonCode = "internal"        // a fault of ours
)

// SetUp says whether the reason is about what the check was given, so that the rule could not be tested here at all.
func (c ReasonCode) SetUp() bool {
	return slices.Contains([]ReasonCode{
		ReasonReadOnly, ReasonRole, ReasonOtherProject, ReasonNothingToRead, ReasonRelease, ReasonEdition, ReasonLiveOnly, ReasonNotSelected,
	}, c)
}
