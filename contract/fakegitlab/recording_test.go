package fakegitlab_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// accepted lists the differences from a recording that stay, by case, each with its reason.
var accepted = map[string]string{}

// TestRecording replays GitLab's recorded answers. RECORDING=file.jsonl RECORDING_SEED=seed.yaml GITLAB_VERSION=15.0
// replays another recording instead.
func TestRecording(t *testing.T) {
	t.Parallel()
	file, seed, version := os.Getenv("RECORDING"), os.Getenv("RECORDING_SEED"), os.Getenv("GITLAB_VERSION")
	if file == "" {
		file, seed = "testdata/replay-19.1.jsonl", "testdata/seed.yaml"
	}
	require.NotEmpty(t, seed, "RECORDING_SEED must name the seed for RECORDING")
	replayAll(t, readRecording(t, file), seed, version)
}

// TestUnanswered replays the requests of the recording for which it has no response. testdata/README.md says where
// these responses are from.
func TestUnanswered(t *testing.T) {
	t.Parallel()
	entries := readRecording(t, "testdata/replay-19.1.jsonl")
	decoder := json.NewDecoder(bytes.NewReader(readFile(t, "testdata/unanswered-19.1.jsonl")))
	for decoder.More() {
		var answer struct {
			Line     int
			Response *answer
		}
		require.NoError(t, decoder.Decode(&answer))
		require.Nil(t, entries[answer.Line-1].Response, "line %d", answer.Line)
		entries[answer.Line-1].Response = answer.Response
	}
	replayAll(t, entries, "testdata/seed.yaml", "")
}

// TestUnusualRequests replays requests that nobody sends on purpose; see testdata/README.md.
func TestUnusualRequests(t *testing.T) {
	t.Parallel()
	replayAll(t, readRecording(t, "testdata/unusual-requests.jsonl"), "testdata/seed.yaml", "")
}

// readFile reads a file. The name is relative to this folder or to the root of the repository.
func readFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		data, err = os.ReadFile(filepath.Join("..", "..", name))
	}
	require.NoError(t, err)
	return data
}

func readRecording(t *testing.T, name string) []entry {
	t.Helper()
	var entries []entry
	decoder := json.NewDecoder(bytes.NewReader(readFile(t, name)))
	for decoder.More() {
		var e entry
		require.NoError(t, decoder.Decode(&e), "line %d of %s", len(entries)+1, name)
		entries = append(entries, e)
	}
	return entries
}

func replayAll(t *testing.T, entries []entry, seedFile, version string) {
	seed, err := fakegitlab.ParseSeed(seedFile, readFile(t, seedFile))
	require.NoError(t, err)
	gitlab := fakegitlab.Start(t, fakegitlab.FromSeed(seed), fakegitlab.Version(version))
	r := newReplay(t, gitlab)
	agreed, answered := 0, 0
	differing := map[string]bool{}
	for i, e := range entries {
		differences := r.play(&e)
		if e.Response == nil && len(differences) == 0 {
			continue
		}
		answered++
		name := e.Case
		if name == "" {
			name = fmt.Sprintf("line %d", i+1)
		}
		reason, known := accepted[name]
		switch {
		case len(differences) == 0:
			agreed++
		case known:
			differing[name] = true
			t.Logf("line %d, %s: differs, accepted: %s", i+1, name, reason)
		default:
			t.Errorf("line %d, %s: %s %s\n  %s", i+1, name, e.Request.Method, e.Request.Path, strings.Join(differences, "\n  "))
		}
	}
	require.NotZero(t, answered, "the recording has no responses")
	for name := range accepted {
		assert.True(t, differing[name], "%s is accepted as a difference, and differs no more", name)
	}
	t.Logf("agreed %d of %d", agreed, answered)
}

// entry is a line of a recording.
type entry struct {
	Case    string
	Request struct {
		Method  string
		Path    string
		Headers map[string]string
		Body    *string
	}
	Response *answer
	Change   map[string]any
}

type answer struct {
	Status  int
	Headers [][2]string
	Body    string
}

// replay sends recorded requests to a fake and compares the responses. It translates the ids and ETags of the recording
// to those of the fake.
type replay struct {
	t      testing.TB
	gitlab *fakegitlab.Instance
	host   string
	conn   net.Conn
	reader *bufio.Reader

	agents, tokens, tags map[string]string // recorded -> the fake's
}

func newReplay(t testing.TB, gitlab *fakegitlab.Instance) *replay {
	return &replay{
		t: t, gitlab: gitlab, host: strings.TrimPrefix(gitlab.URL, "http://"),
		agents: map[string]string{}, tokens: map[string]string{}, tags: map[string]string{},
	}
}

// play returns the differences between the fake's response and the recorded one.
func (r *replay) play(e *entry) []string {
	if e.Change != nil {
		return r.change(e.Change)
	}
	method, status, header, body := r.send(e)
	if e.Response == nil {
		return nil
	}
	recorded := e.Response
	if recorded.Status == http.StatusCreated && status == http.StatusCreated {
		r.learn(e.Request.Path, recorded.Body, body)
	}
	var differences []string
	differ := func(what string, want, got any) {
		differences = append(differences, fmt.Sprintf("%s: want %v, got %v", what, want, got))
	}
	if status != recorded.Status {
		differ("status", recorded.Status, status)
	}
	want := map[string]string{}
	for _, h := range recorded.Headers {
		want[http.CanonicalHeaderKey(h[0])] = h[1]
	}
	if tag, ok := want["Etag"]; ok {
		r.tags[tag] = header.Get("Etag")
	}
	for _, name := range slices.Sorted(unionOfKeys(want, header)) {
		if notGitLabs[name] {
			continue
		}
		wanted, isWanted := want[name]
		if w, g := r.comparable(name, wanted, true), r.comparable(name, header.Get(name), false); isWanted != (header[name] != nil) || w != g {
			differ(name, present(wanted, isWanted), present(header.Get(name), header[name] != nil))
		}
	}
	if method != http.MethodHead {
		if w, g := r.shape(e.Request.Path, recorded.Body, true), r.shape(e.Request.Path, body, false); w != g {
			differ("body", w, g)
		}
	}
	return differences
}

// notGitLabs are headers that other layers set, or whose values cannot be compared.
var notGitLabs = map[string]bool{
	"Date": true, "Content-Length": true, "Transfer-Encoding": true, "Connection": true, "Server": true,
	"X-Runtime": true, "X-Request-Id": true, "X-Gitlab-Meta": true, "Vary": true,
	"Strict-Transport-Security": true,
}

func unionOfKeys(a map[string]string, b http.Header) func(func(string) bool) {
	return func(yield func(string) bool) {
		for name := range a {
			if !yield(name) {
				return
			}
		}
		for name := range b {
			if _, both := a[name]; !both && !yield(name) {
				return
			}
		}
	}
}

func present(value string, is bool) string {
	if !is {
		return "none"
	}
	return fmt.Sprintf("%q", value)
}

var (
	tagPattern    = regexp.MustCompile(`^W/"[0-9a-f]{32}"$`)
	originPattern = regexp.MustCompile(`https?://[^/]+`)
	agentPattern  = regexp.MustCompile(`(/cluster_agents/|agent_id=)(\d+)`)
	tokenPattern  = regexp.MustCompile(`(/tokens/)(\d+)`)
)

// comparable returns a header's value in a form that makes a recorded value and the fake's comparable.
func (r *replay) comparable(name, value string, recorded bool) string {
	switch {
	case name == "Etag" && tagPattern.MatchString(value):
		return "an entity tag"
	case name == "Location": // the hosts differ
		value = originPattern.ReplaceAllString(value, "http://host")
	}
	if recorded && name == "Link" {
		return r.translate(value)
	}
	return value
}

// translate replaces recorded ids in a path or URL with those of the fake.
func (r *replay) translate(path string) string {
	path = replaceIDs(path, agentPattern, r.agents)
	return replaceIDs(path, tokenPattern, r.tokens)
}

func replaceIDs(text string, pattern *regexp.Regexp, ids map[string]string) string {
	return pattern.ReplaceAllStringFunc(text, func(found string) string {
		match := pattern.FindStringSubmatch(found)
		if id, ok := ids[match[2]]; ok {
			return match[1] + id
		}
		return found
	})
}

// learn notes that two responses created the same object.
func (r *replay) learn(path, recorded, got string) {
	ids := r.agents
	if isTokenPath(path) {
		ids = r.tokens
	}
	var w, g struct{ ID json.Number }
	if json.Unmarshal([]byte(recorded), &w) == nil && json.Unmarshal([]byte(got), &g) == nil {
		ids[w.ID.String()] = g.ID.String()
	}
}

func isTokenPath(path string) bool { return strings.Contains(path, "/tokens") }

var (
	timePattern = regexp.MustCompile(`^"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"$`)
	secretForms = map[string]*regexp.Regexp{
		"plain secret":    regexp.MustCompile(`^"[A-Za-z0-9_-]{50}"$`),
		"prefixed secret": regexp.MustCompile(`^"glagent-[A-Za-z0-9_-]{50}"$`),
		"routable secret": regexp.MustCompile(`^"glagent-[A-Za-z0-9_-]{27,}\.01\.[0-9a-z]{9}"$`),
	}
)

// shape is a body in a comparable form. Keys, their order and escapes stay as they are. Ids become those of the fake,
// times and secrets become names of their forms, and hosts in plain text are removed.
func (r *replay) shape(path, body string, recorded bool) string {
	if !json.Valid([]byte(body)) {
		return originPattern.ReplaceAllString(body, "http://host")
	}
	var (
		out     bytes.Buffer
		decoder = json.NewDecoder(strings.NewReader(body))
		stack   []json.Delim // the enclosing containers
		key     string
		isKey   bool
	)
	decoder.UseNumber()
	last := int64(0)
	for {
		token, err := decoder.Token()
		if err != nil {
			return out.String()
		}
		raw := strings.TrimLeft(body[last:decoder.InputOffset()], " \n\t")
		last = decoder.InputOffset()
		if delim, ok := token.(json.Delim); ok {
			out.WriteString(raw)
			if delim == '{' || delim == '[' {
				stack = append(stack, delim)
			} else {
				stack = stack[:len(stack)-1]
			}
			isKey = len(stack) > 0 && stack[len(stack)-1] == '{'
			continue
		}
		if isKey {
			out.WriteString(raw)
			key, isKey = token.(string), false
			continue
		}
		value := strings.TrimLeft(raw, ":,")
		out.WriteString(raw[:len(raw)-len(value)])
		objects := 0
		for _, delim := range stack {
			if delim == '{' {
				objects++
			}
		}
		if objects == 1 {
			value = r.standIn(path, key, value, recorded)
		}
		out.WriteString(value)
		isKey = len(stack) > 0 && stack[len(stack)-1] == '{'
	}
}

// standIn returns the comparable form of a property's value.
func (r *replay) standIn(path, key, value string, recorded bool) string {
	switch {
	case key == "created_at" && timePattern.MatchString(value):
		return "(time)"
	case key == "token":
		for form, pattern := range secretForms {
			if pattern.MatchString(value) {
				return "(" + form + ")"
			}
		}
	case recorded && key == "id" && isTokenPath(path):
		return orSame(r.tokens, value)
	case recorded && (key == "id" || key == "agent_id"):
		return orSame(r.agents, value)
	}
	return value
}

func orSame(ids map[string]string, id string) string {
	if translated, ok := ids[id]; ok {
		return translated
	}
	return id
}

// send sends the recorded request byte by byte.
func (r *replay) send(e *entry) (method string, status int, header http.Header, body string) {
	var request bytes.Buffer
	fmt.Fprintf(&request, "%s %s HTTP/1.1\r\nHost: %s\r\n", e.Request.Method, r.translate(e.Request.Path), r.host)
	for name, value := range e.Request.Headers {
		if tag, ok := r.tags[value]; ok && name == "If-None-Match" {
			value = tag
		}
		fmt.Fprintf(&request, "%s: %s\r\n", name, latin1(value))
	}
	if e.Request.Body != nil {
		content := e.bodyBytes()
		fmt.Fprintf(&request, "Content-Length: %d\r\n\r\n%s", len(content), content)
	} else {
		request.WriteString("\r\n")
	}
	if r.conn == nil {
		conn, err := net.Dial("tcp", r.host)
		require.NoError(r.t, err)
		r.conn, r.reader = conn, bufio.NewReader(conn)
	}
	_, err := r.conn.Write(request.Bytes())
	require.NoError(r.t, err)
	response, err := http.ReadResponse(r.reader, &http.Request{Method: e.Request.Method})
	require.NoError(r.t, err)
	content, err := io.ReadAll(response.Body)
	require.NoError(r.t, err)
	response.Body.Close()
	if response.Close {
		r.conn.Close()
		r.conn = nil
	}
	return e.Request.Method, response.StatusCode, response.Header, string(content)
}

// bodyBytes is the body as it was sent. The recording has bytes that are not UTF-8 as if they were Latin-1. Its cases
// name UTF-8 then, or GitLab refused the request.
func (e *entry) bodyBytes() string {
	text := *e.Request.Body
	beyond := strings.IndexFunc(text, func(r rune) bool { return r > 0xff }) >= 0
	refused := e.Response != nil && e.Response.Body == "Bad Request"
	if !beyond && (refused || strings.Contains(e.Case, "UTF-8")) {
		return latin1(text)
	}
	return text
}

func latin1(text string) string {
	out := make([]byte, 0, len(text))
	for _, r := range text {
		out = append(out, byte(r))
	}
	return string(out)
}

// change makes a change that was made in the database.
func (r *replay) change(change map[string]any) []string {
	var id int64
	field := func(kind string, ids map[string]string) bool {
		number, ok := change[kind].(float64)
		if ok {
			_, err := fmt.Sscan(orSame(ids, fmt.Sprintf("%.0f", number)), &id)
			require.NoError(r.t, err)
		}
		return ok
	}
	done := 0
	switch {
	case field("agent", r.agents):
		if creator, ok := change["created_by_user_id"]; ok && creator == nil {
			require.NoError(r.t, r.gitlab.ForgetCreator(id))
			done++
		}
	case field("token", r.tokens):
		if used, ok := change["last_used_at"]; ok {
			var when time.Time
			if used != nil {
				var err error
				when, err = time.Parse(time.RFC3339Nano, fmt.Sprint(used))
				require.NoError(r.t, err)
			}
			require.NoError(r.t, r.gitlab.UseToken(id, when))
			done++
		}
		if change["status"] == "revoked" {
			require.True(r.t, r.gitlab.RevokeToken(id))
			done++
		}
	}
	if done != len(change)-1 {
		return []string{fmt.Sprintf("the change %v is not understood", change)}
	}
	return nil
}
