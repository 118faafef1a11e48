package answerer

import (
	"slices"
	"strings"
	"sync"

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
}

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
	for i, name := range marks {
		if x.Response.Header.Get(name) != "" {
			l.seen[i]++
		}
	}
	if id := x.Response.Header.Get("X-Request-Id"); id != "" {
		l.requestIDs[shapeOf(id)] = true
	}
}

// habits are what was learned so far.
type habits struct {
	always     []string // the marks that were in nearly all answers
	requestIDs [shapes]bool
	anyID      bool // there is one in requestIDs
}

// snapshot allows for one answer in twenty to lack a mark: a broken GitLab must not unlearn the others.
func (l *Learner) snapshot() habits {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := habits{requestIDs: l.requestIDs, anyID: slices.Contains(l.requestIDs[:], true)}
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
