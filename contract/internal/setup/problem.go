// Package setup finds out what a check stands on, before any scenario: which GitLab it is, whether the tokens work and
// what they may do, and what the project is like. If something is missing, it quotes GitLab and says what to do.
package setup

import "fmt"

// Problem is why a check cannot begin, or cannot go on. It has one or two lines.
type Problem struct {
	Code string // stays the same, such as "token-expired"
	// Means says in plain words what is wrong.
	Means string
	// Said is the sentence with which GitLab, or what is in between, refused; empty if nothing was asked or said.
	Said   string
	Status int    // of that answer; 0 if nothing was asked
	Do     string // what to do about it
}

// Quoted is what was said, with the status: 403 "403 Forbidden". It is empty if nothing was said.
func (p *Problem) Quoted() string {
	if p.Said == "" {
		return ""
	}
	return fmt.Sprintf("%d \"%s\"", p.Status, p.Said)
}

// Error says what is wrong, what GitLab said, and on a second line what to do.
func (p *Problem) Error() string {
	text := p.Means
	if said := p.Quoted(); said != "" {
		text += ": " + said
	}
	if p.Do != "" {
		text += "\n" + p.Do
	}
	return text
}

// The codes of problems.
const (
	TokenMissing    = "token-missing"
	TokenUnknown    = "token-unknown"
	TokenExpired    = "token-expired"
	TokenRevoked    = "token-revoked"
	TokenKind       = "token-of-another-kind" // a job token, a deploy token, an agent's token and the like
	TokenForm       = "token-malformed"       // quoted, or with its variable's name, or several
	TokenDPoP       = "token-needs-dpop"
	TokenScope      = "token-lacks-scope"
	TokenPermission = "token-lacks-permission"
	TokenTwice      = "token-given-twice"
	TokenAdmin      = "token-of-an-admin"

	AccountBlocked  = "account-blocked"
	AccountTerms    = "terms-not-accepted"
	AccountPassword = "password-expired"
	AccountSAML     = "saml-session-needed"

	AccountEmail     = "email-not-confirmed"
	AccountTwoFactor = "two-factor-needed"
	AddressRefused   = "address-refused" // by GitLab, or before it

	RoleTooLow  = "role-too-low"
	RoleTooHigh = "role-too-high"
	TokenWorks  = "token-works" // the expired token has not expired
	Forbidden   = "forbidden"   // GitLab does not say why
	// RefusedWithReason is a 403 in which GitLab names a reason that is not one of the others.
	RefusedWithReason = "refused-with-reason"

	ProjectMissing  = "project-missing"
	ProjectForm     = "project-malformed"
	ProjectUnknown  = "project-unknown"
	ProjectIsGroup  = "project-is-a-group"
	ProjectMoved    = "project-moved"
	ProjectArchived = "project-archived"
	ProjectDeletion = "project-marked-for-deletion"
	ProjectTwice    = "project-given-twice"
	BodyLost        = "request-body-lost" // GitLab got a request without its body
	PathDecoded     = "path-decoded"      // GitLab got the project's path with its slashes unescaped
	QueryLost       = "query-lost"        // GitLab got a request without its query

	InstanceReadOnly = "instance-read-only"
	ReleaseTooOld    = "release-too-old"
	ReleaseDiffers   = "release-differs" // GitLab tells another release or edition than was given
	NotGitLab        = "not-gitlab"
	InBetween        = "in-between" // something in between answered
	Redirects        = "redirects"
	SignIn           = "sign-in"
	NoAnswer         = "no-useful-answer" // 429, 5xx
)

const orReadOnly = ", or use --read-only, which creates and deletes nothing"
