package har_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/har"
	"example.com/gitlab-agents/contract/internal/racedetector"
	"example.com/gitlab-agents/contract/wire"
)

// tape is the recording of GitLab's own answers, to be changed in one place.
type tape struct {
	*testing.T
	entries []*wire.Exchange
}

func newTape(t *testing.T) *tape {
	t.Helper()
	f, err := os.Open("testdata/gitlab-19.1.har.json")
	require.NoError(t, err)
	defer f.Close()
	tape := &tape{T: t}
	for entry, err := range har.Entries(f) {
		require.NoError(t, err)
		tape.entries = append(tape.entries, entry.Exchange)
	}
	return tape
}

// body replaces text in the body of an answer.
func (t *tape) body(i int, old, text string) *tape {
	t.Helper()
	r := t.entries[i].Response
	require.Contains(t, string(r.Body), old)
	r.Body = []byte(strings.Replace(string(r.Body), old, text, 1))
	r.Header.Del("Content-Length")
	return t
}

// sent replaces text in the body of a request.
func (t *tape) sent(i int, old, text string) *tape {
	t.Helper()
	r := &t.entries[i].Request
	require.Contains(t, string(r.Body), old)
	r.Body = []byte(strings.Replace(string(r.Body), old, text, 1))
	r.Header.Del("Content-Length")
	return t
}

// header sets a header of an answer, or removes it.
func (t *tape) header(i int, name, value string) *tape {
	t.entries[i].Response.Header.Set(name, value)
	if value == "" {
		t.entries[i].Response.Header.Del(name)
	}
	return t
}

// link replaces text in the header Link.
func (t *tape) link(i int, old, text string) *tape {
	t.Helper()
	link := t.entries[i].Response.Header.Get("Link")
	require.Contains(t, link, old)
	return t.header(i, "Link", strings.Replace(link, old, text, 1))
}

func (t *tape) status(i, status int) *tape {
	t.entries[i].Response.StatusCode = status
	return t
}

// again adds an entry like an earlier one at the end, ten seconds later and with an id of its own, and gives its index.
func (t *tape) again(i int) int {
	x, r := *t.entries[i], *t.entries[i].Response
	r.Header = r.Header.Clone()
	r.Header.Set("X-Request-Id", "01KAQZ0000000000000000AGAIN")
	x.Response = &r
	u := *x.Request.URL
	x.Request.URL = &u
	x.Request.Header = x.Request.Header.Clone()
	for _, before := range t.entries {
		if before.Started.After(x.Started) {
			x.Started = before.Started
		}
	}
	x.Started = x.Started.Add(10 * time.Second)
	t.entries = append(t.entries, &x)
	return len(t.entries) - 1
}

// path gives an entry another path.
func (t *tape) path(i int, path string) *tape {
	u := t.entries[i].Request.URL
	u.Path, u.RawPath = "/api/v4"+path, ""
	return t
}

// What can be noticed in a recording is noticed, each in one change to it. The numbers are of its entries.
func TestMutations(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	const agent, oldToken, created, createdToken, page = 58, 153, 106, 161, 0
	for rule, change := range map[string]func(*tape){
		"document/status":              func(t *tape) { t.status(agent, 203) },
		"document/json":                func(t *tape) { t.body(agent, `{"id"`, `{"id":1010,"id"`) },
		"document/body":                func(t *tape) { t.body(agent, `"created_by_user_id":2`, `"created_by_user_id":"2"`) },
		"document/headers":             func(t *tape) { t.header(page, "X-Page", "two") },
		"document/content-type":        func(t *tape) { t.header(agent, "Content-Type", "text/plain") },
		"document/no-content":          func(t *tape) { t.entries[126].Response.Body = []byte("{}") },
		"document/undeclared-property": func(t *tape) { t.body(agent, `{"id"`, `{"colour":"red","id"`) },
		"document/request":             func(t *tape) { t.entries[created].Request.Body = []byte(`{"name":7}`) },
		"agents/id-matches-path":       func(t *tape) { t.body(agent, `"id":1010`, `"id":1011`) },
		"agents/project-matches-path":  func(t *tape) { t.body(agent, `"config_project":{"id":1`, `"config_project":{"id":3`) },
		"agents/project-names-agree":   func(t *tape) { t.body(agent, `"my-group/alpha"`, `"my-group/beta"`) },
		"agents/create-keeps-name":     func(t *tape) { t.body(created, `"name":"a"`, `"name":"b"`) },
		"agents/id-fresh":              func(t *tape) { i := t.again(created); t.sent(i, `"a"`, `"z"`).body(i, `"a"`, `"z"`) },
		"agents/never-change":          func(t *tape) { t.body(t.again(agent), `"role-agent"`, `"another"`) },
		"agents/sorted-by-name":        func(t *tape) { t.body(page, `"name":"alpha"`, `"name":"zeta"`) },
		"agents/listed-once":           func(t *tape) { t.body(page, `"id":1003`, `"id":1002`) },
		"agents/deleted-stays-gone": func(t *tape) {
			i := t.again(agent)
			t.path(i, "/projects/1/cluster_agents/1030").body(i, `1010`, `1030`)
		},
		"agent-names/enforced":       func(t *tape) { t.sent(created, `"a"`, `"A_"`).body(created, `"a"`, `"A_"`) },
		"tokens/id-fresh":            func(t *tape) { i := t.again(createdToken); t.body(i, `15.339Z`, `25.339Z`) },
		"tokens/secret-unique":       func(t *tape) { i := t.again(createdToken); t.body(i, `"id":5012`, `"id":5999`) },
		"tokens/secret-checksum":     func(t *tape) { t.body(createdToken, `w1lp9g3n`, `w1lp9g3m`) },
		"tokens/last-use-not-listed": func(t *tape) { t.body(139, `"created_by_user_id":2`, `"created_by_user_id":2,"last_used_at":null`) },
		"tokens/only-active-shown":   func(t *tape) { t.body(t.again(139), `"active"`, `"revoked"`) },
		"tokens/agent-matches-path":  func(t *tape) { t.body(oldToken, `"agent_id":1038`, `"agent_id":1039`) },
		"tokens/id-matches-path":     func(t *tape) { t.body(oldToken, `"id":5005`, `"id":5006`) },
		"tokens/create-keeps-input":  func(t *tape) { t.body(createdToken, `"description":""`, `"description":"x"`) },
		"tokens/create-is-active-and-unused": func(t *tape) {
			t.body(createdToken, `"last_used_at":null`, `"last_used_at":"2026-11-22T11:55:15.339Z"`)
		},
		"tokens/never-change": func(t *tape) { t.body(t.again(oldToken), `"two"`, `"three"`) },
		"tokens/secret-only-on-create": func(t *tape) {
			t.body(oldToken, `{"id"`, `{"token":"glagent-okcAcl66dJMbcaxqrPPlnW86MQpwOjEH.01.0w1lp9g3m","id"`)
		},
		"tokens/secret-on-create":     func(t *tape) { t.body(createdToken, `"glagent-okcAcl66dJMbcaxqrPPlnW86MQpwOjEH.01.0w1lp9g3n"`, `null`) },
		"tokens/secret-prefix":        func(t *tape) { t.body(createdToken, `"glagent-`, `"agent-`) },
		"errors/message-names-status": func(t *tape) { t.body(30, `404 Project`, `Project`) },
		"errors/key":                  func(t *tape) { t.body(72, `"error"`, `"message"`) },
		"errors/text":                 func(t *tape) { t.body(132, `401 Unauthorized`, `401 No`) },
		"errors/parameter-text":       func(t *tape) { t.body(72, `name is missing`, `name must be given`) },
		"errors/not-found-text":       func(t *tape) { t.body(30, `404 Project Not Found`, `404 Nothing Here`) },
		"errors/no-internal-error": func(t *tape) {
			t.status(agent, 500).body(agent, `{"id"`, `{"message":"500 Internal Server Error","id"`)
		},
		"errors/model-errors-are-one-text": func(t *tape) { t.body(108, `400 Bad request - [`, `400 Bad request: [`) },
		"pagination/page-as-asked":         func(t *tape) { t.header(page, "X-Per-Page", "3") },
		"pagination/page-size": func(t *tape) {
			t.body(page, `[{"id":1002`, `[{"id":1000,"name":"a","config_project":{"id":1,"description":"first project","name":"Alpha","name_with_namespace":"My Group / Alpha","path":"alpha","path_with_namespace":"my-group/alpha","created_at":"2024-01-02T03:04:05.678Z"},"created_at":"2026-11-22T11:55:10.067Z","created_by_user_id":2},{"id":1002`)
		},
		"pagination/totals":               func(t *tape) { t.header(page, "X-Total-Pages", "4") },
		"pagination/neighbours":           func(t *tape) { t.header(page, "X-Next-Page", "4") },
		"pagination/link":                 func(t *tape) { t.link(page, `rel="first"`, `rel="start"`) },
		"pagination/link-parameters":      func(t *tape) { t.link(page, `page=3&per_page=2`, `page=3&per_page=9`) },
		"headers/never-public":            func(t *tape) { t.header(agent, "Cache-Control", "public, max-age=60") },
		"headers/cache-control":           func(t *tape) { t.header(agent, "Cache-Control", "private") },
		"headers/etag":                    func(t *tape) { t.header(agent, "ETag", `"strong"`) },
		"headers/request-id":              func(t *tape) { t.header(agent, "X-Request-Id", "") },
		"headers/nosniff":                 func(t *tape) { t.header(agent, "X-Content-Type-Options", "") },
		"headers/no-location":             func(t *tape) { t.header(created, "Location", "/a") },
		"conditional/304-only-when-asked": func(t *tape) { t.status(agent, 304).entries[agent].Response.Body = nil },
		"conditional/412-only-when-asked": func(t *tape) {
			t.status(126, 412).entries[126].Response.Body = []byte(`{"message":"412 Precondition Failed"}`)
		},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			changed := newTape(t)
			change(changed)
			result, err := contract.Verify(slices.Values(changed.entries), contract.JudgeOptions{})
			require.NoError(t, err)
			var found []string
			for _, f := range result.Findings {
				if f.Rule == rule && (f.Outcome != contract.Error || f.Exchange == created) {
					return
				}
				if f.Outcome != contract.Error {
					found = append(found, f.Rule+": "+f.String())
				}
			}
			assert.Fail(t, "not noticed", strings.Join(found, "\n"))
		})
	}
}

// Nothing is wrong with the recording as it is.
func TestUnchanged(t *testing.T) {
	t.Parallel()
	result, err := contract.Verify(slices.Values(newTape(t).entries), contract.JudgeOptions{})
	require.NoError(t, err)
	for _, f := range result.Findings {
		assert.NotEqual(t, contract.Violation, f.Outcome, f)
	}
}
