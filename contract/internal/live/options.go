package live

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/redact"
	"example.com/gitlab-agents/contract/wire"
)

// Target is the GitLab to check, and whose credentials to use.
type Target struct {
	URL          string               // of the instance, with its relative root, with or without /api/v4
	Project      string               // id or full path of the project in which agents are made
	OtherProject string               // id or full path of a second one; "" if there is none
	Tokens       map[rule.Role]string // the maintainer's is required, each other one makes more rules testable
	Transport    http.RoundTripper    // nil means one of the check's own
}

// Options say how to check.
type Options struct {
	Catalogue []judge.Entry // the rules to test
	Delivery  string        // the id of the rule that GitLab answers
	Selected  bool          // the scenarios are some of all: what they do not reach was not selected
	SomeRules bool          // some of the rules are checked: they need not use every operation
	Scenarios []Scenario    // the scenarios to choose from: those are played that prove one of the rules

	Version        rule.Version
	ReadOnly       bool          // create, change and delete nothing
	Keep           bool          // leave what was made
	Parallel       int           // how many requests may be under way at once; 0 means DefaultParallel
	Timeout        time.Duration // ends the check; what it made is still removed; 0 means never
	RequestTimeout time.Duration // ends one request; 0 means 30 seconds
	Journal        *Journal      // notes what the check makes, so that a sweep can finish the work of a killed check
	Redactor       *redact.Redactor
	Known          []string // ids of rules that are known to fail
	Timeline       bool     // keep every exchange in the result
	Clock          Clock

	Progress func(Event)          // called with each step, by one goroutine at a time
	Observe  func(*wire.Exchange) // called with each exchange, with its secrets, by one goroutine at a time
	Played   func(Played)         // called after the first play of each scenario, by one goroutine at a time
}

// Played is what the play of a scenario came to, for those who test scenarios.
type Played struct {
	Scenario   *Scenario
	Compared   []*rule.Rule // those whose expectations were compared with an answer
	Unverified []string     // requests about which no verb said anything
}

// DefaultParallel is how many requests may be under way at once if nothing is said.
const DefaultParallel = 24

// Event is one step of a check.
type Event struct {
	Phase    string        // "set-up", "scenarios", "confirming" or "clean-up"
	Done     int           // scenarios that are done
	Total    int           // scenarios in all
	Requests int           // requests so far
	Waiting  time.Duration // how long the server asked to wait; 0 if it did not
}

// SetupError says why a check could not begin: a wrong URL, a token that is refused, a project that does not exist.
type SetupError struct {
	Problem rule.Problem
	Left    []string // what a rehearsal made and could not remove: one line each
}

func (e *SetupError) Error() string { return e.Problem.Error() }

// setupError is a SetupError about the caller's input.
func setupError(means, do string) *SetupError {
	return &SetupError{Problem: rule.Problem{Code: "input", Means: means, Do: do}}
}

// UnreachableError says that the target did not answer, so nothing can be said about it.
type UnreachableError struct {
	URL string
	Err error
}

func (e *UnreachableError) Error() string { return fmt.Sprintf("%s does not answer: %v", e.URL, e.Err) }

func (e *UnreachableError) Unwrap() error { return e.Err }

// complete fills in what the options leave open.
func (o *Options) complete() {
	o.Parallel = max(1, cmp.Or(o.Parallel, DefaultParallel))
	o.RequestTimeout = cmp.Or(o.RequestTimeout, 30*time.Second)
	if o.Redactor == nil {
		o.Redactor = redact.New()
	}
	if o.Clock == nil {
		o.Clock = SystemClock{}
	}
}

// base is scheme, host and relative root of the target, without /api/v4.
func (t *Target) base() (string, error) {
	const like = "give one like https://gitlab.example.com"
	u, err := url.Parse(t.URL)
	switch {
	case err != nil:
		return "", setupError("the URL of the GitLab cannot be read", like)
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return "", setupError(fmt.Sprintf("%q is not the URL of a GitLab", u.Redacted()), like)
	case u.User != nil:
		return "", setupError("the URL of the GitLab contains credentials", "give the token as a token, and a URL without it")
	case u.RawQuery != "" || u.Fragment != "":
		return "", setupError(fmt.Sprintf("the URL of the GitLab has a query or a fragment: %q", u.Redacted()), like)
	}
	return u.Scheme + "://" + strings.ToLower(u.Host) + strings.TrimSuffix(strings.TrimRight(u.EscapedPath(), "/"), "/api/v4"), nil
}

// projects are the projects in which the check may make something.
func (t *Target) projects() []string {
	if t.OtherProject == "" {
		return []string{t.Project}
	}
	return []string{t.Project, t.OtherProject}
}
