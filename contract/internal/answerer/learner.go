package answerer

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/gitlab-agents/contract/wire"
)

// marks are headers by which GitLab's answers are known, if this GitLab sends them and nothing on the way removes them.
var marks = [...]string{"X-Gitlab-Meta", "X-Request-Id", "X-Runtime"}

// enoughAnswers is after how many answers a header counts as one that this GitLab always sends.
const enoughAnswers = 3

// Learner learns what the answers of one GitLab look like. It may be used by several goroutines at once.
type Learner struct {
	mu         sync.Mutex
	answers    int
	seen       [len(marks)]int
	requestIDs [shapes]bool

	repeats bool                 // a success came twice, so something repeats answers
	slashes bool                 // GitLab answered a request whose path has an escaped slash
	decodes bool                 // GitLab got such a path with its slashes unescaped
	given   map[string]time.Time // when answers were given, see answerID
}

// maxGiven is how many answers are remembered.
const maxGiven = 20_000

// Learn remembers the headers of an answer that is surely GitLab's: its body is one that the document knows.
func (l *Learner) Learn(x *wire.Exchange) {
	if x.Response == nil || x.Response.HeaderNotRecorded || x.FromCache != "" {
		return
	}
	if _, cached := cacheVerdict(x); cached {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answers++
	l.slashes = l.slashes || hasEscapedSlash(x)
	for i, name := range marks {
		if x.Response.Header.Get(name) != "" {
			l.seen[i]++
		}
	}
	if id := x.Response.Header.Get("X-Request-Id"); id != "" {
		l.requestIDs[shapeOf(id)] = true
	}
}

// Remember notes an answer, so that one that comes again is known for a cache's, and what it says about the way to GitLab.
// Call it once for each exchange, after [Learner.Who].
func (l *Learner) Remember(x *wire.Exchange) {
	if x.Response == nil || x.Response.HeaderNotRecorded || x.FromCache != "" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if decodedProject(x) {
		l.decodes = true
	}
	id := answerID(x)
	if id == "" {
		return
	}
	l.repeats = l.repeats || l.isRepeated(x)
	if l.given == nil || len(l.given) >= maxGiven {
		l.given = make(map[string]time.Time)
	}
	l.given[id] = x.Started
}

// isRepeated says that a read was answered before, with the same answer. An error may be one that somebody always gives
// in the same words, so it counts only where a success was repeated too. Two exchanges that began at the same time are
// one, recorded twice.
func (l *Learner) isRepeated(x *wire.Exchange) bool {
	at, given := l.given[answerID(x)]
	return given && !(at.IsZero() && x.Started.IsZero()) && !at.Equal(x.Started) && (l.repeats || x.Response.StatusCode < 300)
}

// answerID tells answers to one URL apart. GitLab gives each an id, and says how long it took. It is empty if the answer
// lacks either, the client chose the id, or it was no read.
func answerID(x *wire.Exchange) string {
	r := x.Response
	id, runtime := r.Header.Get("X-Request-Id"), r.Header.Get("X-Runtime")
	if meta := r.Header.Get("X-Gitlab-Meta"); strings.Contains(meta, `"correlation_id":"`) {
		id = meta // it has the same id, and proxies that give ids of their own leave it
	}
	if id == "" || runtime == "" || x.Request.URL == nil || x.Request.HeaderNotRecorded || x.Request.Header.Get("X-Request-Id") != "" ||
		x.Request.Method != http.MethodGet && x.Request.Method != http.MethodHead {
		return ""
	}
	return id + " " + runtime + " " + x.Request.URL.String()
}

// decodedProject says that GitLab was asked for a project by its path and found no such route. If it had got the path as
// it was sent, it would have found the route, and perhaps no such project.
func decodedProject(x *wire.Exchange) bool {
	return isRouteMissing(x) && hasEscapedSlash(x) && projectRead.MatchString(x.Request.URL.EscapedPath())
}

var projectRead = regexp.MustCompile(`/api/v4/projects/[^/]+$`)

// isRouteMissing says that an answer is what GitLab answers to paths that it does not have.
func isRouteMissing(x *wire.Exchange) bool {
	return x.Response.StatusCode == http.StatusNotFound && strings.TrimSpace(string(x.Response.Body)) == `{"error":"404 Not Found"}`
}

func hasEscapedSlash(x *wire.Exchange) bool {
	return x.Request.URL != nil && strings.Contains(strings.ToLower(x.Request.URL.EscapedPath()), "%2f")
}

// habits are what was learned so far.
type habits struct {
	always     []string // the marks that were in nearly all answers
	requestIDs [shapes]bool
	anyID      bool // there is one in requestIDs
	answered   bool
	slashes    bool
	decodes    bool
	repeated   bool // the answer was given before
}

// snapshot allows for one answer in twenty to lack a mark: a broken GitLab must not unlearn the others.
func (l *Learner) snapshot(x *wire.Exchange) habits {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := habits{requestIDs: l.requestIDs, anyID: slices.Contains(l.requestIDs[:], true), answered: l.answers > 0, slashes: l.slashes, decodes: l.decodes}
	h.repeated = l.isRepeated(x)
	if l.answers < enoughAnswers {
		return h
	}
	for i, name := range marks {
		if l.seen[i] > 0 && l.seen[i]*20 >= l.answers*19 {
			h.always = append(h.always, name)
		}
	}
	return h
}

// shape is what the id of a request looks like.
type shape int

const (
	ulid shape = iota // GitLab's own: 26 characters, a time first, which begins with 01 until 2039
	uuid              // that of Rails, and of Envoy
	hexadecimal
	otherShape
	shapes // how many there are
)

func shapeOf(id string) shape {
	isHex := func(r rune) bool { return strings.ContainsRune("0123456789abcdefABCDEF", r) }
	switch letters := []rune(id); {
	case strings.HasPrefix(id, "01") && id == strings.ToUpper(id) && !strings.Contains(id, "-"):
		return ulid
	case len(id) == 36 && strings.Count(id, "-") == 4:
		return uuid
	case len(id) >= 16 && !slices.ContainsFunc(letters, func(r rune) bool { return !isHex(r) }):
		return hexadecimal
	}
	return otherShape
}
