package fakegitlab

import "net/http"

// Deviation makes the fake depart from GitLab, for tests of what has to notice. Every field may be nil; the fake is
// then as GitLab there. The functions must be safe for concurrent use. Those that are called while the database is
// locked say so, and must not call the server.
type Deviation struct {
	// Features changes what the release does, once, at the start.
	Features func(*Features)
	// Decide sees every decision and may turn it round. Some are made while the database is locked.
	Decide func(Choice) bool
	// ModelErrors changes what the model says about a new agent or token; nothing means that it is accepted. Called
	// while the database is locked.
	ModelErrors func(operation string, messages []string) []string
	// Reason prints what the model says about a new agent or token; GitLab prints a Ruby array. Called while the database
	// is locked.
	Reason func(operation string, messages []string) string
	// NewAgent and NewToken change what is about to be stored. Called while the database is locked.
	NewAgent func(*NewAgent)
	NewToken func(*NewToken)
	// Secret changes the secret of a new token. Called while the database is locked.
	Secret func(secret string) string
	// Page changes which part of a list is shown, and what the headers say about it. Called while the database is locked.
	Page func(operation string, page *Page)
	// Row changes which row stands at a position of a list; both count from 0 and are below total. Called while the
	// database is locked.
	Row func(operation string, position, total int) int
	// Rewrite changes an answer before its entity tag is made.
	Rewrite func(r *http.Request, draft *ResponseDraft)
}

// NewAgent is an agent about to be stored.
type NewAgent struct {
	ID   int64
	Name string
}

// NewToken is an agent token about to be stored.
type NewToken struct {
	ID          int64
	AgentID     int64
	Name        string
	Description *string
}

// Point names a decision of GitLab's.
type Point string

// The decisions, and what GitLab's yes means.
const (
	Malformed          Point = "malformed"           // the input is not readable: 400 as text
	UnsupportedType    Point = "unsupported-type"    // the content type is not supported: 415
	TokenKnown         Point = "token-known"         // the access token is one; no: 401
	TokenValid         Point = "token-valid"         // the access token is neither expired nor revoked
	UserBlocked        Point = "user-blocked"        // the user is blocked, or must do something in a browser first: 403
	InScope            Point = "in-scope"            // a scope of the access token allows the request
	Permitted          Point = "permitted"           // a fine-grained access token has the permission for the operation
	ReadOnlyInstance   Point = "read-only-instance"  // the instance refuses writes: 403
	ParametersValid    Point = "parameters-valid"    // no: 400
	ProjectIDExact     Point = "project-id-exact"    // a text that only begins with digits is not a project's id
	PathCaseIgnored    Point = "path-case-ignored"   // a project's path in another case names the project too
	ProjectVisible     Point = "project-visible"     // the caller may know that the project exists; no: 404
	RoleSuffices       Point = "role-suffices"       // the caller's role in the project is enough for the operation
	AgentExists        Point = "agent-exists"        // the agent of that id was not deleted
	AgentOfProject     Point = "agent-of-project"    // the agent of that id is in the project of the path
	TokenOfAgent       Point = "token-of-agent"      // the agent token of that id is the agent's
	TokenShown         Point = "token-shown"         // the token's status allows it to be read
	RevokedListed      Point = "revoked-listed"      // the list has revoked tokens too
	NameTaken          Point = "name-taken"          // another agent of the project has the name
	LimitReached       Point = "limit-reached"       // the agent has as many active tokens as it may
	PreconditionFailed Point = "precondition-failed" // the agent changed since If-Unmodified-Since: 412
	AgentDeleted       Point = "agent-deleted"       // deleting an agent deletes it
	AgentForgotten     Point = "agent-forgotten"     // a deleted agent, and with it its tokens, leaves no trace
	TokenRevoked       Point = "token-revoked"       // revoking a token revokes it
	NotModified        Point = "not-modified"        // If-None-Match names the present state: 304
	Counted            Point = "counted"             // the list is short enough to be counted
	RateLimited        Point = "rate-limited"        // the caller has made too many requests: 429
)

// Points lists the decisions in the order in which a request meets them.
func Points() []Point {
	return []Point{
		Malformed, RateLimited, ReadOnlyInstance, UnsupportedType, TokenKnown, TokenValid, UserBlocked, InScope, Permitted,
		ParametersValid, ProjectIDExact, PathCaseIgnored, ProjectVisible, RoleSuffices, AgentExists, AgentOfProject, TokenOfAgent, TokenShown, RevokedListed, Counted, NameTaken,
		LimitReached, PreconditionFailed, AgentDeleted, AgentForgotten, TokenRevoked, NotModified,
	}
}

// Choice is one decision in one request.
type Choice struct {
	Point     Point
	GitLab    bool     // what GitLab decides
	Operation string   // operationId, or empty
	User      string   // the caller's name, or empty if not known yet
	Scopes    []string // of the caller's access token; nil before it is known
	Role      Role     // the caller's in the project; NoRole before the project is known
	Request   *http.Request
}

// decide returns what GitLab decides, unless a deviation decides otherwise.
func (c *call) decide(point Point, gitlab bool) bool {
	for _, d := range c.server.deviations {
		if d.Decide != nil {
			gitlab = d.Decide(c.choice(point, gitlab))
		}
	}
	return gitlab
}

func (c *call) choice(point Point, gitlab bool) Choice {
	choice := Choice{Point: point, GitLab: gitlab, Operation: c.draft.Operation, Role: c.access.role, Request: c.request}
	if c.token != nil {
		choice.Scopes = c.token.scopes
	}
	if c.user != nil {
		choice.User = c.user.name
	}
	return choice
}
