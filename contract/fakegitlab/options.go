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
// when the instance becomes read-only, an access token expires or an agent is deleted in the middle of a run. Change may
// call the server's methods. It must not send requests.
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
	set.complete()
	release, badRelease := ParseRelease(set.version)
	external, badURL := parseExternalURL(set.externalURL)
	if err := errors.Join(badRelease, set.badEdition(), badURL, set.badTimes()); err != nil {
		return nil, err
	}
	return newServer(&set, release, external)
}

// complete sets what the options leave open from the seed, or else to the default.
func (s *settings) complete() {
	if s.seed == nil {
		s.seed = DefaultSeed()
	}
	from := &s.seed.GitLab
	s.version = firstOf(s.version, from.Version, newest.String())
	s.edition = firstOf(s.edition, from.Edition, community)
	s.externalURL = firstOf(s.externalURL, from.ExternalURL)
	if from.SelectAfter > 0 && s.betweenStatements == nil {
		SelectAfter(from.SelectAfter)(s)
	}
	if s.lag == 0 {
		s.lag = from.ReplicaLag
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	if s.random == nil {
		s.random = rand.Reader
	}
}

func (s *settings) badEdition() error {
	if s.edition != community && s.edition != enterprise {
		return fmt.Errorf("%q is not an edition of GitLab; use ce or ee", s.edition)
	}
	return nil
}

func (s *settings) badTimes() error {
	var problems []error
	if s.latency < 0 {
		problems = append(problems, fmt.Errorf("the latency is %s; it cannot be negative", s.latency))
	}
	if s.lag < 0 {
		problems = append(problems, fmt.Errorf("the replica's lag is %s; it cannot be negative", s.lag))
	}
	if s.limit < 0 || s.limit > 0 && s.period < time.Second {
		problems = append(problems, fmt.Errorf("a rate limit of %d requests in %s is not possible; the period must be at least a second", s.limit, s.period))
	}
	return errors.Join(problems...)
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
