package fakegitlab

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The editions of GitLab.
const (
	community  = "ce"
	enterprise = "ee"
)

// Option sets up a [Server].
type Option func(*settings)

// settings collects the options. An empty text means that the seed decides, or else the default.
type settings struct {
	version, edition, externalURL, root string

	seed       *Seed
	clock      func() time.Time
	random     io.Reader
	requestIDs func() string
	latency    time.Duration
	limit      int
	period     time.Duration
	logger     *slog.Logger
	deviations []*Deviation

	lag               time.Duration
	betweenStatements func(*http.Request)
	later             []laterChange
}

// Version sets the GitLab version, such as 15.0 or 19.1.0; it overrides the seed. See [ParseRelease].
func Version(version string) Option { return func(s *settings) { s.version = version } }

// Edition sets the GitLab edition, ce or ee; it overrides the seed.
func Edition(edition string) Option { return func(s *settings) { s.edition = edition } }

// FromSeed sets what the instance contains at the start, instead of [DefaultSeed].
func FromSeed(seed *Seed) Option { return func(s *settings) { s.seed = seed } }

// Clock sets the source of time. The function must be safe for concurrent use.
func Clock(now func() time.Time) Option { return func(s *settings) { s.clock = now } }

// Random sets the source of secrets and request ids. It is read under a lock.
func Random(random io.Reader) Option { return func(s *settings) { s.random = random } }

// RequestIDs sets the source of X-Request-Id. The function must be safe for concurrent use.
func RequestIDs(next func() string) Option { return func(s *settings) { s.requestIDs = next } }

// ExternalURL sets the URL that GitLab is configured with, including a relative root; it overrides the seed. Link
// headers use its scheme and host. Without it they use those of the request.
func ExternalURL(url string) Option { return func(s *settings) { s.externalURL = url } }

// RelativeRoot moves everything under a path such as /gitlab. The default is the path of the external URL.
func RelativeRoot(path string) Option { return func(s *settings) { s.root = path } }

// Latency delays each response.
func Latency(d time.Duration) Option { return func(s *settings) { s.latency = d } }

// RateLimit answers 429 if a user sends more than n requests in a period. Requests without a user count by address.
// GitLab counts in whole seconds, so the period is at least one second.
func RateLimit(n int, per time.Duration) Option {
	return func(s *settings) { s.limit, s.period = n, per }
}

// SelectAfter makes lists non-atomic, as in GitLab: a list counts the rows, waits for d, and then selects them. Writes
// in between make X-Total and the other headers disagree with the entries.
func SelectAfter(d time.Duration) Option {
	return BetweenCountAndSelect(func(r *http.Request) { wait(r, d) })
}

// BetweenCountAndSelect makes lists non-atomic, like [SelectAfter], and calls between after the count. The function may
// change the instance, through the server's methods or with requests. It must be safe for concurrent use.
func BetweenCountAndSelect(between func(*http.Request)) Option {
	return func(s *settings) { s.betweenStatements = between }
}

// ReplicaLag makes users read from a replica of the database that is d behind. A user who has just written reads from
// the primary until the replica has caught up, so users see their own writes at once.
func ReplicaLag(d time.Duration) Option { return func(s *settings) { s.lag = d } }

// ReadOnly makes the instance refuse writes from the start. See [Server.SetReadOnly].
func ReadOnly() Option { return After(0, func(s *Server) { s.SetReadOnly(true) }) }

// After calls change once, before the request that follows the given number of requests. Use it to test what happens
// when the instance becomes read-only, an access token expires or an agent is deleted in the middle of a run.
func After(requests int, change func(*Server)) Option {
	return func(s *settings) { s.later = append(s.later, laterChange{requests, change}) }
}

// Logger sets where the server logs requests, without secrets, and internal errors. By default it logs nothing.
func Logger(logger *slog.Logger) Option { return func(s *settings) { s.logger = logger } }

// Deviate makes the fake differ from GitLab. If several deviations decide the same point, the last one wins.
func Deviate(d *Deviation) Option {
	return func(s *settings) { s.deviations = append(s.deviations, d) }
}

// New returns a GitLab. The error names every option that is wrong.
func New(options ...Option) (*Server, error) {
	var set settings
	for _, option := range options {
		option(&set)
	}
	if set.seed == nil {
		set.seed = DefaultSeed()
	}
	set.version = firstOf(set.version, set.seed.GitLab.Version, newest.String())
	set.edition = firstOf(set.edition, set.seed.GitLab.Edition, community)
	set.externalURL = firstOf(set.externalURL, set.seed.GitLab.ExternalURL)
	if d := set.seed.GitLab.SelectAfter; d > 0 && set.betweenStatements == nil {
		SelectAfter(d)(&set)
	}
	if set.lag == 0 {
		set.lag = set.seed.GitLab.ReplicaLag
	}
	if set.clock == nil {
		set.clock = time.Now
	}
	if set.random == nil {
		set.random = rand.Reader
	}

	var problems []error
	release, err := ParseRelease(set.version)
	problems = append(problems, err)
	if set.edition != community && set.edition != enterprise {
		problems = append(problems, fmt.Errorf("%q is not an edition of GitLab; use ce or ee", set.edition))
	}
	external, err := parseExternalURL(set.externalURL)
	problems = append(problems, err)
	if set.latency < 0 {
		problems = append(problems, fmt.Errorf("the latency is %s; it cannot be negative", set.latency))
	}
	if set.lag < 0 {
		problems = append(problems, fmt.Errorf("the replica's lag is %s; it cannot be negative", set.lag))
	}
	if set.limit < 0 || set.limit > 0 && set.period < time.Second {
		problems = append(problems, fmt.Errorf("a rate limit of %d requests in %s is not possible; the period must be at least a second", set.limit, set.period))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return newServer(&set, release, external)
}

// parseExternalURL returns nil for an empty text.
func parseExternalURL(text string) (*url.URL, error) {
	if text == "" {
		return nil, nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("the external URL must be like https://gitlab.example.com or https://example.com/gitlab, without user, query or fragment")
	}
	u.Path = strings.TrimRight(u.Path, "/")
	return u, nil
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
