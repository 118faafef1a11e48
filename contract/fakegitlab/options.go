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

// settings is what the options say. An empty text means that the seed decides, or else the default.
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

// FromSeed sets what stands in GitLab at the start, instead of [DefaultSeed].
func FromSeed(seed *Seed) Option { return func(s *settings) { s.seed = seed } }

// Clock sets where the time comes from. The function must be safe for concurrent use.
func Clock(now func() time.Time) Option { return func(s *settings) { s.clock = now } }

// Random sets where secrets and request ids come from. It is read under a lock.
func Random(random io.Reader) Option { return func(s *settings) { s.random = random } }

// RequestIDs sets where the values of X-Request-Id come from. The function must be safe for concurrent use.
func RequestIDs(next func() string) Option { return func(s *settings) { s.requestIDs = next } }

// ExternalURL sets the URL that GitLab believes to have, relative root included; it overrides the seed. Link headers
// begin with its scheme and host. Without it they begin as the request did.
func ExternalURL(url string) Option { return func(s *settings) { s.externalURL = url } }

// RelativeRoot puts everything under a path such as /gitlab. Without it the path of the external URL decides.
func RelativeRoot(path string) Option { return func(s *settings) { s.root = path } }

// Latency delays each answer.
func Latency(d time.Duration) Option { return func(s *settings) { s.latency = d } }

// RateLimit answers 429 to more than n requests of one user, or of one address without user, in each period.
// GitLab counts in whole seconds, so the period is at least one.
func RateLimit(n int, per time.Duration) Option {
	return func(s *settings) { s.limit, s.period = n, per }
}

// SelectAfter makes lists two statements, as in GitLab: the rows are counted, and selected only after d. What is written in
// between makes X-Total and the other headers disagree with the entries.
func SelectAfter(d time.Duration) Option {
	return BetweenCountAndSelect(func(r *http.Request) { wait(r, d) })
}

// BetweenCountAndSelect makes lists two statements, as [SelectAfter] does, and calls between after the first. It may
// change what is in GitLab, through the server's methods or with requests. It must be safe for concurrent use.
func BetweenCountAndSelect(between func(*http.Request)) Option {
	return func(s *settings) { s.betweenStatements = between }
}

// ReplicaLag makes users read a replica of the database that lags behind by d. Until the replica has caught up with what
// a user wrote, that user reads the primary, so users see their own writes at once.
func ReplicaLag(d time.Duration) Option { return func(s *settings) { s.lag = d } }

// ReadOnly makes the instance refuse writes from the start. See [Server.SetReadOnly].
func ReadOnly() Option { return After(0, func(s *Server) { s.SetReadOnly(true) }) }

// After calls change once, after that many requests and before the next one is answered. It is for what happens in the
// middle of somebody's work: the instance becomes read-only, an access token expires, an agent is deleted.
func After(requests int, change func(*Server)) Option {
	return func(s *settings) { s.later = append(s.later, laterChange{requests, change}) }
}

// Logger sets where a line for each request goes, secrets filtered, and what went wrong inside. Without it, nowhere.
func Logger(logger *slog.Logger) Option { return func(s *settings) { s.logger = logger } }

// Deviate makes the fake depart from GitLab; deviations given earlier decide first.
func Deviate(d *Deviation) Option {
	return func(s *settings) { s.deviations = append(s.deviations, d) }
}

// New makes a GitLab. The error says which options cannot be, all of them.
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
		problems = append(problems, fmt.Errorf("%q is no edition of GitLab; ce and ee are", set.edition))
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
		problems = append(problems, fmt.Errorf("a rate limit of %d requests in %s cannot be; GitLab counts requests in whole seconds", set.limit, set.period))
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
		return nil, errors.New("the external URL has to be like https://gitlab.example.com or https://example.com/gitlab, without user, query and fragment")
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
