package fakegitlab

import "net/http"

// Deviation makes the fake differ from GitLab. With it, tests show that something notices the difference. Every field
// may be nil; the fake then behaves like GitLab there. The functions must be safe for concurrent use. Some are called
// while the database is locked: their comments say so, and they must not call the server.
type Deviation struct {
	// Features changes what the release does. It is called once, at the start.
	Features func(*Features)
	// Decide sees every decision and may reverse it. Some decisions are made while the database is locked.
	Decide func(Choice) bool
	// ModelErrors changes the model's messages about a new agent or token. Without messages the agent or token is
	// accepted. Called while the database is locked.
	ModelErrors func(operation string, messages []string) []string
	// Reason prints the model's messages. GitLab prints them as a Ruby array. Called while the database is locked.
	Reason func(operation string, messages []string) string
	// NewAgent and NewToken change what will be stored. Called while the database is locked.
	NewAgent func(*NewAgent)
	NewToken func(*NewToken)
	// Secret changes the secret of a new token. Called while the database is locked.
	Secret func(secret string) string
	// Page changes which part of a list is returned, and its pagination headers. Called while the database is locked.
	Page func(operation string, page *Page)
	// Row changes which row is at a position of a list. Positions and rows count from 0 to total-1. Called while the
	// database is locked.
	Row func(operation string, position, total int) int
	// Rewrite changes a response before its ETag is computed.
	Rewrite func(r *http.Request, draft *ResponseDraft)
}

// NewAgent is an agent that will be stored.
type NewAgent struct {
	ID   int64
	Name string
}

// NewToken is an agent token that will be stored.
type NewToken struct {
	ID          int64
	AgentID     int64
	Name        string
	Description *string
}

// Point names a decision that GitLab makes.
type Point string

// The decisions. Each comment says what yes means.
const (
	Malformed          Point = "malformed"           // the input cannot be read: 400 as text
	UnsupportedType    Point = "unsupported-type"    // the content type is not supported: 415
	TokenKnown         Point = "token-known"         // the access token exists; no: 401
	TokenValid         Point = "token-valid"         // the access token is neither expired nor revoked
	UserBlocked        Point = "user-blocked"        // the user is blocked, or must do something in a browser first: 403
	InScope            Point = "in-scope"            // a scope of the access token allows the request
	Permitted          Point = "permitted"           // a fine-grained access token has the permission for the operation
	ReadOnlyInstance   Point = "read-only-instance"  // the instance refuses writes: 403
	ParametersValid    Point = "parameters-valid"    // no: 400
	ProjectIDExact     Point = "project-id-exact"    // a text that only begins with digits is not a project's id
	PathCaseIgnored    Point = "path-case-ignored"   // a project's path in another case names the project too
	ProjectVisible     Point = "project-visible"     // the caller may see the project; no: 404
	RoleSuffices       Point = "role-suffices"       // the caller's role in the project is enough for the operation
	AgentExists        Point = "agent-exists"        // the agent with that id was not deleted
	AgentOfProject     Point = "agent-of-project"    // the agent with that id belongs to the project in the path
	TokenOfAgent       Point = "token-of-agent"      // the agent token with that id belongs to the agent
	TokenShown         Point = "token-shown"         // the token's status allows reading it
	RevokedListed      Point = "revoked-listed"      // the list includes revoked tokens
	NameTaken          Point = "name-taken"          // another agent of the project has the name
	LimitReached       Point = "limit-reached"       // the agent already has the highest number of active tokens
	PreconditionFailed Point = "precondition-failed" // the agent changed since If-Unmodified-Since: 412
	AgentDeleted       Point = "agent-deleted"       // deleting an agent deletes it
	AgentForgotten     Point = "agent-forgotten"     // nothing of a deleted agent and its tokens remains
	TokenRevoked       Point = "token-revoked"       // revoking a token revokes it
	NotModified        Point = "not-modified"        // If-None-Match matches the current state: 304
	Counted            Point = "counted"             // the list is short enough to count
	RateLimited        Point = "rate-limited"        // the caller has made too many requests: 429
)

// Points lists the decisions in the order in which a request reaches them.
func Points() []Point {
	return []Point{
		Malformed, RateLimited, ReadOnlyInstance, UnsupportedType, TokenKnown, TokenValid, UserBlocked, InScope, Permitted,
		ParametersValid, ProjectIDExact, PathCaseIgnored, ProjectVisible, RoleSuffices, AgentExists, AgentOfProject,
		TokenOfAgent, TokenShown, RevokedListed, Counted, NameTaken, LimitReached, PreconditionFailed, AgentDeleted,
		AgentForgotten, TokenRevoked, NotModified,
	}
}

// Choice is one decision about one request.
type Choice struct {
	Point     Point
	GitLab    bool     // what GitLab decides
	Operation string   // operationId, or empty
	User      string   // the caller's name, or empty if not known yet
	Scopes    []string // of the caller's access token; nil before it is known
	Role      Role     // the caller's in the project; NoRole before the project is known
	Request   *http.Request
}

// decide returns GitLab's decision, or a deviation's.
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
