package fakegitlab

import (
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Server is a GitLab: an [http.Handler] that is safe for concurrent use.
type Server struct {
	version  string // as /version shows it
	release  Release
	edition  string
	features Features
	external *url.URL // nil if nothing is configured
	root     string   // the relative root, such as /gitlab, or empty

	store      *store
	clock      func() time.Time
	random     *lockedReader
	requestIDs func() string
	latency    time.Duration
	throttle   *throttle // nil if there is no rate limit
	logger     *slog.Logger
	deviations []*Deviation

	betweenStatements func(*http.Request) // nil if lists are atomic
	later             *laterChanges       // nil if there are none
	document          *http.ServeMux
}

func newServer(set *settings, release Release, external *url.URL) (*Server, error) {
	store, err := set.seed.plant(set.clock())
	if err != nil {
		return nil, err
	}
	s := &Server{
		version:    fullVersion(set.version, release, set.edition),
		release:    release,
		edition:    set.edition,
		features:   featuresOf(release, set.edition),
		external:   external,
		root:       strings.Trim(set.root, "/"),
		store:      store,
		clock:      set.clock,
		random:     &lockedReader{from: set.random},
		requestIDs: set.requestIDs,
		latency:    set.latency,
		logger:     set.logger,
		deviations: set.deviations,

		betweenStatements: set.betweenStatements,
		document:          documentRouter(),
	}
	if set.lag > 0 {
		store.startReplica(set.lag)
	}
	if len(set.later) > 0 {
		s.later = &laterChanges{pending: set.later}
	}
	if s.root == "" && external != nil {
		s.root = strings.Trim(external.Path, "/")
	}
	if s.root != "" {
		s.root = "/" + s.root
	}
	if s.requestIDs == nil {
		s.requestIDs = s.correlationID
	}
	if set.limit > 0 {
		s.throttle = newThrottle(set.limit, set.period)
	}
	for _, d := range s.deviations {
		if d.Features != nil {
			d.Features(&s.features)
		}
	}
	return s, nil
}

// Version is the version as in the response to GET /version, such as 19.1.0 or 19.1.0-ee.
func (s *Server) Version() string { return s.version }

// Edition is ce or ee.
func (s *Server) Edition() string { return s.edition }

// Root is the path before /api, such as /gitlab. It is empty by default.
func (s *Server) Root() string { return s.root }

func fullVersion(text string, release Release, edition string) string {
	text = strings.TrimPrefix(text, "v")
	number, suffix, _ := strings.Cut(text, "-")
	if strings.Count(number, ".") < 2 {
		number = release.String() + ".0"
	}
	suffix = strings.TrimSuffix(strings.TrimSuffix(suffix, enterprise), community)
	suffix = strings.Trim(suffix, "-")
	if edition == enterprise {
		suffix = strings.TrimPrefix(suffix+"-"+enterprise, "-")
	}
	if suffix == "" {
		return number
	}
	return number + "-" + suffix
}

// ServeHTTP answers a request as GitLab does.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.later.count(s)
	c := &call{
		server:    s,
		request:   r,
		method:    r.Method,
		requestID: s.requestIDs(),
		started:   s.clock(),
		draft:     ResponseDraft{Header: w.Header()},
	}
	if s.latency > 0 && !wait(r, s.latency) {
		return
	}
	c.run()
	c.send(w)
	c.log()
}

// wait waits for d and reports whether the client is still connected.
func wait(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// lockedReader makes a reader safe for concurrent use.
type lockedReader struct {
	mu   sync.Mutex
	from io.Reader
}

// read fills b. It panics if the source of randomness fails.
func (r *lockedReader) read(b []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, err := io.ReadFull(r.from, b); err != nil {
		panic("fakegitlab: the source of randomness failed: " + err.Error())
	}
}
