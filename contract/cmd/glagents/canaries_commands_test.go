package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/internal/racedetector"
	"example.com/gitlab-agents/contract/redact"
)

// seedOf is a seed in which each user's access token is that user's canary.
func seedOf(canary func(user string) string) *fakegitlab.Seed {
	seed := fakegitlab.DefaultSeed()
	for i := range seed.Users {
		seed.Users[i].Tokens[0].Token = canary(seed.Users[i].Name)
	}
	return seed
}

// tokensOf is an environment with the canaries of that seed, and a list of them.
func tokensOf(canary func(user string) string) (environment, []string) {
	env := environment{
		"GITLAB_TOKEN": canary("maintainer"), "GITLAB_DEVELOPER_TOKEN": canary("developer"), "GITLAB_GUEST_TOKEN": canary("guest"),
		"GITLAB_STRANGER_TOKEN": canary("stranger"), "CI_JOB_TOKEN": canary("job"),
	}
	var all []string
	for _, secret := range env {
		all = append(all, secret)
	}
	return env, all
}

// raw answers a request with bytes that need not be HTTP.
func raw(w http.ResponseWriter, answer string) {
	connection, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	defer connection.Close()
	_, _ = buffered.WriteString(answer)
	_ = buffered.Flush()
}

// atOnce runs cases side by side, many more than there are processors: they wait for each other's servers.
func atOnce[T any](cases []T, do func(T)) {
	var wait sync.WaitGroup
	room := make(chan struct{}, 16)
	for _, c := range cases {
		room <- struct{}{}
		wait.Go(func() {
			defer func() { <-room }()
			do(c)
		})
	}
	wait.Wait()
}

// brokenAnswers are such that net/http quotes a part of them in its errors, or gives only a part of them.
func brokenAnswers(token string) map[string]string {
	const head = "HTTP/1.1 418 I'm a teapot\r\nContent-Type: application/json\r\n"
	body := `{"message":` + quoted(token) + `}`
	return map[string]string{
		"no HTTP":              token + "\r\n\r\n",
		"another protocol":     "SSH-2.0-" + token + "\r\n",
		"status":               "HTTP/1.1 " + token + "\r\n\r\n",
		"reason":               "HTTP/1.1 418 " + token + "\r\nContent-Length: 0\r\n\r\n",
		"header without colon": head + token + "\r\n\r\n",
		"header's name":        head + token + ": x\r\nContent-Length: 0\r\n\r\n",
		"length":               head + "Content-Length: " + token + "\r\n\r\n",
		"two lengths":          head + "Content-Length: 1\r\nContent-Length: " + token + "\r\n\r\n",
		"transfer coding":      head + "Transfer-Encoding: " + token + "\r\n\r\n",
		"chunk":                head + "Transfer-Encoding: chunked\r\n\r\n" + token + "\r\n",
		"chunk's end":          head + "Transfer-Encoding: chunked\r\n\r\n1\r\n" + token,
		"trailer":              head + "Transfer-Encoding: chunked\r\nTrailer: " + token + "\r\n\r\n0\r\n" + token + "\r\n\r\n",
		"content coding":       head + "Content-Encoding: " + token + "\r\nContent-Length: 4\r\n\r\n\x00\x01\x02\x03",
		"gzip":                 head + "Content-Encoding: gzip\r\nContent-Length: " + fmt.Sprint(len(token)) + "\r\n\r\n" + token,
		"broken off":           head + "Content-Length: 1000\r\n\r\n" + body,
		"broken off in a token": head + "Content-Length: 1000\r\n\r\n" +
			`{"message":"` + token[:len(token)/2],
		"broken off in a success": "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n" + `[{"name":"` + token[:len(token)/2],
		"broken off in JSON's":    head + "Content-Length: 1000\r\n\r\n" + body[:len(body)/2],
		"broken off in base64":    head + "Content-Length: 1000\r\n\r\n" + base64.StdEncoding.EncodeToString([]byte(token))[:len(token)],
		"broken off in URL's":     head + "Content-Length: 1000\r\n\r\n" + percent(token)[:2*len(token)],
		"location":                "HTTP/1.1 302 Found\r\nLocation: https://evil.example.com/" + token + "%zz\r\nContent-Length: 0\r\n\r\n",
		"location's host":         "HTTP/1.1 302 Found\r\nLocation: https://" + token + "/\r\nContent-Length: 0\r\n\r\n",
		"location's user":         "HTTP/1.1 302 Found\r\nLocation: https://me:" + url.PathEscape(token) + "@evil.example.com/\r\nContent-Length: 0\r\n\r\n",
		"URLs in a body": head + "Content-Length: 1000\r\n\r\n" + `{"url":"https://me:` + url.PathEscape(token) +
			`@host/?private_token=` + url.QueryEscape(token) + `"}`,
		"429":     "HTTP/1.1 429 Slow\r\nContent-Length: " + fmt.Sprint(len(token)) + "\r\n\r\n" + token,
		"502":     "HTTP/1.1 502 " + token + "\r\nContent-Length: " + fmt.Sprint(len(token)) + "\r\n\r\n" + token,
		"nothing": "",
	}
}

// breaking answers with this one of the broken answers from the n-th request on, that many times.
func breaking(gitlab http.Handler, answer string, n, times int64, only func(*http.Request) bool) http.Handler {
	var seen atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := r.Header.Get("Private-Token")
		if i := seen.Add(1); i < n || i >= n+times || token == "" || only != nil && !only(r) {
			gitlab.ServeHTTP(w, r)
			return
		}
		raw(w, brokenAnswers(token)[answer])
	})
}

// brokenAt is a broken answer, and the request from which on it is given.
type brokenAt struct {
	answer string
	from   int64
}

func brokenFrom(from ...int64) (all []brokenAt) {
	for _, answer := range slices.Sorted(maps.Keys(brokenAnswers("xxxx"))) {
		for _, n := range from {
			all = append(all, brokenAt{answer, n})
		}
	}
	return all
}

// TestBrokenAnswersHaveNoSecrets has a server that answers what is no HTTP, and puts the caller's token into it: to the
// first request, or in the middle of a run.
func TestBrokenAnswersHaveNoSecrets(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	env, secrets := tokensOf(canaryOf)
	var searches, redacted atomic.Int64
	atOnce(brokenFrom(1, 2, 60), func(c brokenAt) {
		gitlab := startInstance(t, func(next http.Handler) http.Handler {
			// Then what was made can be removed, which a run tries for a minute.
			return breaking(next, c.answer, c.from, 40, func(r *http.Request) bool { return r.Method == "GET" || c.from == 1 })
		}, fakegitlab.FromSeed(seedOf(canaryOf)))
		dir := t.TempDir()
		args := gitlab.args(t, append(everyReport(dir), "--verbose", "--strict", "--rule", "tokens/*", "--rule", "errors/*")...)
		out := glagentsIn(t.Context(), env, args...)
		assert.Contains(t, []int{0, 1, 2, 3, 4}, out.status)
		searches.Add(int64(assertNoSecrets(t, artefacts(t, out, dir, filepath.Dir(args[8])), secrets...)))
		redacted.Add(int64(strings.Count(out.stdout+out.stderr, "[redacted]")))
	})
	assert.Greater(t, redacted.Load(), int64(200), "little was redacted")
	t.Logf("%d searches", searches.Load())
}

// TestSweepHasNoSecrets sweeps servers that say whatever they know, in each of their answers.
func TestSweepHasNoSecrets(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	env, secrets := tokensOf(canaryOf)
	token := canaryOf("maintainer")
	const run = "abcdefghij"
	var searches, redacted atomic.Int64
	sweep := func(projects string, around func(http.Handler) http.Handler) {
		gitlab := startInstance(t, around, fakegitlab.FromSeed(seedOf(canaryOf)))
		journal := t.TempDir()
		entry := `{"run":"` + run + `","url":"` + gitlab.url + `","project":` + projects + `,"started":"2026-11-22T12:00:00Z"}`
		assert.NoError(t, os.WriteFile(filepath.Join(journal, run+".json"), []byte(entry), 0o600))
		for _, agent := range []string{"a", "b"} {
			ask(t, "POST", gitlab.Instance.URL+"/api/v4/projects/20/cluster_agents", canaryOf("owner"), strings.NewReader("name=contract-"+run+"-"+agent))
		}
		list := glagentsIn(t.Context(), env, "sweep", "--journal", journal, "--list")
		out := glagentsIn(t.Context(), env, "sweep", "--journal", journal, "--url", gitlab.url)
		all := artefacts(t, out)
		all["list"] = list.stdout + list.stderr
		searches.Add(int64(assertNoSecrets(t, all, secrets...)))
		redacted.Add(int64(strings.Count(fmt.Sprint(all), "[redacted]")))
	}
	atOnce(brokenFrom(1, 2, 3, 4), func(c brokenAt) {
		sweep(`["root/test"]`, func(next http.Handler) http.Handler { return breaking(next, c.answer, c.from, 2, nil) })
	})
	// What never gets an answer is tried again for some seconds.
	atOnce([]string{"no HTTP", "status", "header without colon", "length", "chunk", "location", "gzip", "broken off in a token"}, func(answer string) {
		sweep(`["root/test"]`, func(next http.Handler) http.Handler { return breaking(next, answer, 1, 1000, nil) })
	})

	var said []string
	whole, _ := encodings(token)
	for form, text := range whole {
		if form != "shell" && !strings.HasPrefix(form, "JSON") {
			said = append(said, text)
		}
	}
	everything := strings.Join(said, " ")
	type answerTo struct {
		method string
		status int
	}
	var answers []answerTo
	for _, method := range []string{"GET", "DELETE"} {
		for _, status := range []int{200, 201, 204, 302, 400, 401, 403, 404, 409, 418, 500} {
			answers = append(answers, answerTo{method, status})
		}
	}
	atOnce(answers, func(c answerTo) {
		sweep(`["root/test",`+quoted(token)+`]`, func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != c.method {
					next.ServeHTTP(w, r)
					return
				}
				for _, name := range []string{"X-Request-Id", "Etag", "Content-Type"} {
					w.Header().Set(name, everything)
				}
				w.Header().Set("Location", "https://evil.example.com/"+everything)
				w.Header().Set("Link", "<https://evil.example.com/"+everything+`>; rel="next"`)
				body := quoted(everything)
				if c.status < 400 {
					body = `[{"id":1,"name":` + quoted("contract-"+run+"-"+everything) + `,` + body + `:` + body + `}]`
				} else {
					body = `{"message":` + body + `,"error":` + body + `}`
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, body)
			})
		})
	})
	assert.Greater(t, redacted.Load(), int64(40), "little was redacted")
	t.Logf("%d searches", searches.Load())
}

// TestJournalFilesAreNotQuoted has files in the journal that are somebody's, and that nothing is known of.
func TestJournalFilesAreNotQuoted(t *testing.T) {
	t.Parallel()
	secret := canaryOf("x")
	journal := t.TempDir()
	for i, content := range []string{
		secret, quoted(secret), `{"run":` + quoted(secret) + `}`, `{"started":` + quoted(secret) + `}`, `{"started":"2026-` + "cAn4ry" + `"}`,
		`{"url":[` + quoted(secret) + `]}`, `{` + quoted(secret) + `:1}`, `{"run":"abcdefghij","url":` + secret, `{"project":` + quoted(secret) + `}`,
		`{"run":"abcdefghij","project":{` + quoted(secret) + `:1}}`, `{"run":1` + secret + `}`,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(journal, fmt.Sprint(i, ".json")), []byte(content), 0o600))
	}
	for _, more := range [][]string{nil, {"--list"}} {
		out := glagents(t, nil, append([]string{"sweep", "--journal", journal}, more...)...)
		assert.Equal(t, 3, out.status)
		assert.Equal(t, 11, strings.Count(out.stderr, "\n"), out.stderr)
		assertNoSecrets(t, artefacts(t, out), secret)
	}
}

// TestRedirectsCarryNoToken has a server that sends every request, from the n-th on, to another host, and an other host
// that must never be asked anything.
func TestRedirectsCarryNoToken(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	var asked, searches atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		_, _ = w.Write([]byte("[]"))
	}))
	t.Cleanup(elsewhere.Close)
	env, secrets := tokensOf(canaryOf)
	host := strings.Replace(elsewhere.URL, "127.0.0.1", "localhost", 1)
	type redirectFrom struct {
		status int
		from   int64
	}
	var cases []redirectFrom
	for _, status := range []int{200, 301, 302, 303, 307, 308} {
		for _, from := range []int64{1, 2, 3, 60} {
			cases = append(cases, redirectFrom{status, from})
		}
	}
	atOnce(cases, func(c redirectFrom) {
		var seen atomic.Int64
		gitlab := startInstance(t, func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				there := host + r.URL.RequestURI() + "?private_token=" + url.QueryEscape(r.Header.Get("Private-Token"))
				w.Header().Set("Location", there)
				w.Header().Set("Refresh", "0; url="+there)
				w.Header().Set("Content-Location", there)
				if c.status != 200 && seen.Add(1) >= c.from {
					http.Redirect(w, r, there, c.status)
					return
				}
				next.ServeHTTP(&setting{ResponseWriter: w, name: "Link", value: "<" + there + `>; rel="next"`}, r)
			})
		}, fakegitlab.FromSeed(seedOf(canaryOf)))
		dir := t.TempDir()
		args := gitlab.args(t, append(everyReport(dir), "--verbose", "--strict")...)
		out := glagentsIn(t.Context(), env, args...)
		assert.NotZero(t, out.status, "%v", c)
		searches.Add(int64(assertNoSecrets(t, artefacts(t, out, dir, filepath.Dir(args[8])), secrets...)))

		assert.NoError(t, os.MkdirAll(args[8], 0o700))
		entry := `{"run":"abcdefghij","url":"` + gitlab.url + `","project":["root/test"],"started":"2026-11-22T12:00:00Z"}`
		assert.NoError(t, os.WriteFile(filepath.Join(args[8], "abcdefghij.json"), []byte(entry), 0o600))
		out = glagentsIn(t.Context(), env, "sweep", "--journal", args[8], "--url", gitlab.url)
		searches.Add(int64(assertNoSecrets(t, artefacts(t, out), secrets...)))
	})
	t.Logf("%d searches", searches.Load())
	assert.Zero(t, asked.Load(), "another host was asked")
}

// TestInterruptedHasNoSecrets presses Ctrl-C at several moments of a run against a server that says whatever it knows, with
// a disk that is full and an output that nobody reads any more.
func TestInterruptedHasNoSecrets(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	env, secrets := tokensOf(canaryOf)
	searches := 0
	for _, at := range []int64{1, 2, 5, 40, 75, 120} {
		ctx, interrupt := context.WithCancel(t.Context())
		var seen atomic.Int64
		told := &tokens{made: make(map[string]string)}
		gitlab := startInstance(t, func(next http.Handler) http.Handler {
			echoing := echo(next, told)
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if seen.Add(1) == at {
					interrupt()
				}
				echoing.ServeHTTP(w, r)
			})
		}, fakegitlab.FromSeed(seedOf(canaryOf)))
		dir := t.TempDir()
		args := gitlab.args(t, append(everyReport(dir), "--verbose")...)
		if at > 2 {
			args = append(args, "--report", "json=/dev/full")
		}
		out := glagentsIn(ctx, env, args...)
		interrupt()
		assert.NotZero(t, out.status)
		searches += assertNoSecrets(t, artefacts(t, out, dir, filepath.Dir(args[8])), append(told.all(), secrets...)...)

		var stderr bytes.Buffer
		for _, stdout := range []io.Writer{closed{}, &failing{}} {
			run(t.Context(), append(gitlab.args(t), "--verbose", "--scenario", "revoked token"), nil, stdout, &stderr, env.get)
		}
		searches += assertNoSecrets(t, map[string]string{"stderr": stderr.String()}, append(told.all(), secrets...)...)
	}
	t.Logf("%d searches", searches)
}

// failing is an output whose errors say what could not be written.
type failing struct{ n int }

func (f *failing) Write(p []byte) (int, error) {
	if f.n++; f.n < 20 {
		return len(p), nil
	}
	return 0, fmt.Errorf("cannot write %q for %q", p, canaryOf("maintainer"))
}

// panicking is a reader and writer that panics with a secret, the n-th time.
type panicking struct {
	n       int
	secret  string
	content io.Reader
}

func (p *panicking) stop() {
	if p.n--; p.n < 0 {
		panic(fmt.Errorf("no room for %s, %q, %x", p.secret, p.secret, p.secret))
	}
}

func (p *panicking) Write(b []byte) (int, error) { p.stop(); return len(b), nil }

func (p *panicking) Read(b []byte) (int, error) {
	p.stop()
	return p.content.Read(b[:min(len(b), 100)])
}

// TestPanicsHaveNoSecrets has what commands write to, and read from, panic with a token. A panic that nobody catches
// would be printed as it is.
func TestPanicsHaveNoSecrets(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	env, secrets := tokensOf(canaryOf)
	secret := canaryOf("maintainer")
	gitlab := startInstance(t, nil, fakegitlab.FromSeed(seedOf(canaryOf)))
	e := newHAREntry()
	e.send("PRIVATE-TOKEN", secret)
	har := recording(e.String(), e.String(), good)
	searches := 0
	for _, c := range []struct {
		args    []string
		in, out int // after how many reads and writes
	}{
		{gitlab.args(t), -1, 0},
		{gitlab.args(t, "--verbose"), -1, 1},
		{gitlab.args(t, "--verbose"), -1, 30},
		{gitlab.args(t, "--dry-run"), -1, 1},
		{[]string{"check", "--fake", "--rule", "tokens/*"}, -1, 1},
		{[]string{"verify", "-"}, -1, 0},
		{[]string{"verify", "-"}, 0, -1},
		{[]string{"verify", "-"}, 12, -1},
		{[]string{"verify", "--report", "json=-", "-"}, -1, 0},
		{[]string{"rules"}, -1, 0},
		{[]string{"rules", "--format", "json"}, -1, 0},
		{[]string{"faults"}, -1, 0},
		{[]string{"selftest", "secret-in-list"}, -1, 0},
		{[]string{"serve"}, -1, 0},
		{[]string{"serve", "--print-seed"}, -1, 0},
		{[]string{"serve", "--seed", "-"}, 0, -1},
		{[]string{"sweep", "--journal", t.TempDir()}, -1, 0},
		{[]string{"version"}, -1, 0},
		{[]string{"help"}, -1, 0},
	} {
		in := &panicking{n: c.in, secret: secret, content: strings.NewReader(har)}
		out := &panicking{n: c.out, secret: secret}
		if c.in < 0 {
			in.n = 1 << 30
		}
		if c.out < 0 {
			out.n = 1 << 30
		}
		var stderr bytes.Buffer
		dir := t.TempDir()
		args := c.args
		if args[0] == "check" {
			args = append(args, everyReport(dir)...)
		}
		status := run(t.Context(), args, in, out, &stderr, env.get)
		assert.Equal(t, 3, status, "%v: %s", args, stderr.String())
		all := artefacts(t, result{stderr: stderr.String()}, dir)
		assert.Contains(t, fmt.Sprint(all), "no room for [redacted]", "%v", args)
		searches += assertNoSecrets(t, all, secrets...)
	}
	t.Logf("%d searches", searches)
}

// TestServePanicsHaveNoSecrets: what net/http says of a handler that panics is in the log, without the access tokens.
func TestServePanicsHaveNoSecrets(t *testing.T) {
	t.Parallel()
	for _, secret := range canaries {
		for _, format := range []logFormat{textLog, jsonLog, noLog} {
			redactor := redact.New()
			redactor.Learn(secret)
			stderr := &locked{}
			logger := format.logger(redactor.Writer(stderr))
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(secret + quoted(secret)) }))
			server.Config.ErrorLog = errorLog(logger)
			server.Start()
			_, err := http.Get(server.URL) //nolint:noctx // it is answered at once
			assert.Error(t, err)
			server.Close()
			if format != noLog {
				assert.Contains(t, stderr.String(), "panic serving")
			}
			assertNoSecrets(t, map[string]string{"log": stderr.String()}, secret)
		}
	}
}

// TestServeLogHasNoSecrets has a seed of canaries, and requests that have them wherever a request can.
func TestServeLogHasNoSecrets(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	searches := 0
	for _, canary := range []func(string) string{canaryOf, func(user string) string { return "cAn4ry0123456789" + user }} {
		content, err := json.Marshal(object{
			"users":    []object{{"id": 1, "name": "dev", "tokens": []object{{"token": canary("dev"), "scopes": []string{"api"}}}}, {"id": 2, "name": "gone", "state": "blocked", "tokens": []object{{"token": canary("gone"), "scopes": []string{"api"}}}}},
			"projects": []object{{"id": 7, "path_with_namespace": "a/b", "members": object{"dev": "maintainer"}, "agents": []object{{"id": 3, "name": "x"}}}},
		})
		require.NoError(t, err)
		seed := file(t, "seed.json", string(content))
		for _, more := range [][]string{{"--log", "text"}, {"--log", "json"}, {"--log", "off"}, {"--log", "json", "--gitlab-version", "15.0"}, {"--fault", "secret-in-list"}} {
			s := startServe(t, nil, append([]string{"--seed", seed}, more...)...)
			agents := s.url + "/api/v4/projects/7/cluster_agents"
			secrets := []string{canary("dev"), canary("gone")}
			status, _, body := ask(t, "POST", agents+"/3/tokens", canary("dev"), strings.NewReader("name=t"))
			require.Equal(t, 201, status)
			var made struct{ Token string }
			require.NoError(t, json.Unmarshal([]byte(body), &made))
			secrets = append(secrets, made.Token)
			for _, secret := range secrets {
				whole, _ := encodings(secret)
				for form, text := range whole {
					if form == "shell" || strings.HasPrefix(form, "JSON") {
						continue // in a URL it would be encoded twice
					}
					inURL := url.PathEscape(text)
					if slices.Contains([]string{"query", "path", "percent"}, form) {
						inURL = text
					}
					for _, address := range []string{
						agents + "?private_token=" + inURL, agents + "?page=" + inURL, agents + "?" + inURL, agents + "/" + inURL,
						agents + "/3/tokens/" + inURL, s.url + "/-/docs/" + inURL, s.url + "/" + inURL, s.url + "/api/v4/projects/" + inURL + "/cluster_agents",
					} {
						for _, token := range []string{canary("dev"), canary("gone")} {
							ask(t, "GET", address, token, nil)
						}
						ask(t, "POST", address, canary("dev"), strings.NewReader("name="+url.QueryEscape(text)+"&token="+url.QueryEscape(text)))
					}
				}
			}
			stdout := s.stop(t)
			searches += assertNoSecrets(t, map[string]string{"stdout": stdout, "stderr": s.stderr.String()}, secrets...)
			if more[1] != "off" {
				assert.Greater(t, strings.Count(s.stderr.String(), "[redacted]"), 50)
			}
		}
	}
	t.Logf("%d searches", searches)
}

// TestBadSeedsHaveNoSecrets has seeds that are wrong where an access token stands: nobody has learned it then.
func TestBadSeedsHaveNoSecrets(t *testing.T) {
	t.Parallel()
	const secret = "cAn4ry0123456789abcdefXYZ"
	user := func(tokens string) string { return "users:\n  - id: 1\n    name: dev\n    tokens: " + tokens + "\n" }
	key := "[{token: " + secret + ", scopes: [api]}]"
	for _, seed := range []string{
		secret, quoted(secret), "- " + secret, secret + ": 1", secret + ":\n\t- x", user(secret), user("[" + secret + "]"), user("{" + secret + ": [api]}"), user("[{" + secret + "}]"),
		user("[{" + secret + ": [api]}]"), user("\n      - " + secret + ": [api]"), user("[{token: " + secret + "}]"), user("[{token: [" + secret + "], scopes: [api]}]"),
		user("[{token: {" + secret + ": 1}, scopes: [api]}]"), user("[{token: *" + secret + ", scopes: [api]}]"), user("[{token: &" + secret + ", scopes: [api]}]"),
		user("[{token: !" + secret + " x, scopes: [api]}]"), user("[{token: @" + secret + ", scopes: [api]}]"), user("[{token: %" + secret + ", scopes: [api]}]"),
		user("[{token: \"" + secret + ", scopes: [api]}]"), user("[{token: \"" + secret + "\\q\", scopes: [api]}]"), user("[{token: '" + secret + ", scopes: [api]}]"),
		user("[{token: " + secret + ", token: " + secret + ", scopes: [api]}]"), user("[{token: " + secret + ", scopes: [api]}, {token: " + secret + ", scopes: [api]}]"),
		user("[{token: ' " + secret + "', scopes: [api]}]"), user("[{token: " + secret + ": x, scopes: [api]}]"), user("[{token: " + secret + ", scopes: [api], expires: never}]"),
		user("[{token: "+secret+", scopes: [api]}") + "  x: y", user(key) + "projects: [{id: x}]", user(key) + "gitlab: {version: x}", user(key) + "---\n" + user(key),
		user(key) + "gitlab: {external_url: 'https://me:" + secret + "@gitlab.example.com'}", user(key) + "gitlab: {external_url: 'https://x/?private_token=" + secret + "'}",
		`{"users":[{"id":1,"name":"dev","tokens":[{"token":"` + secret + `","scopes":["api"]}]}`, `{"users":[{"id":1,"name":"dev","tokens":["` + secret + `"]}]}`,
		`{"users":[{"id":1,"name":"dev","tokens":[{"token":"` + secret + `\q","scopes":["api"]}]}]}`, `{"users":[{"id":1,"name":"dev","tokens":[{"token":"` + secret + "\n\x00" + `"}]}]}`,
		user("[{token: " + secret + "\xff, scopes: [api]}]"), user("[{token: " + secret + "\x00, scopes: [api]}]"), user("|\n" + secret), user("[{token: >" + secret + ", scopes: [api]}]"),
	} {
		for _, given := range []string{file(t, "seed.yaml", seed), "-"} {
			ctx, cancel := context.WithCancel(t.Context())
			cancel() // should it be a sound one after all
			var stdout, stderr bytes.Buffer
			status := run(ctx, []string{"serve", "--seed", given}, strings.NewReader(seed), &stdout, &stderr, none)
			assert.Equal(t, 2, status, "%s%s", seed, stderr.String())
			assertNoSecrets(t, map[string]string{"stdout": stdout.String(), "stderr": stderr.String()}, secret)
		}
	}
}

// TestFlagsHaveNoSecrets has tokens that nothing else tells of: in files that are not what they should be, instead of the
// file that they are in, and as a flag that there is not.
func TestFlagsHaveNoSecrets(t *testing.T) {
	t.Parallel()
	const word = "cAn4ry0123456789abcdefXYZ"
	at := []string{"check", "--project", "20", "--url", "http://127.0.0.1:1"}
	for _, secret := range canaries {
		holding := file(t, "any", secret)
		lines := file(t, "any", secret+"\n"+secret+"\n")
		for _, args := range [][]string{
			append(at, "--token-file", lines), append(at, "--ca-file", holding), append(at, "--known-failures", holding),
			append(at, "--token-file", holding, "--developer-token-file", lines), append(at, "--token-file", holding, "--guest-token-file", lines),
			append(at, "--token-file", holding, "--stranger-token-file", lines),
			append(at, "--token-file", word), append(at, "--token-file", holding, "--developer-token-file", word),
			{"sweep", "--url", "http://127.0.0.1:1", "--token-file", lines}, {"serve", "--seed", holding}, {"verify", holding},
			{"check", "-token=" + word}, {"check", "-token", word}, {"sweep", "-t" + word}, {"check", "--token=" + word}, {"verify", "-vtoken=" + word}, {"-token=" + word},
			{"check", "--url", "https://me:" + word + "@gitlab.example.com", "--project", "20"}, {"check", "--url", "https://gitlab.example.com/?private_token=" + word, "--project", "20"},
			{"check", "--url", "https://gitlab.example.com/%zz" + word, "--project", "20"}, {"check", "--url", word, "--project", "20"},
			{"sweep", "--url", "https://" + word + "@gitlab.example.com"}, {"serve", "--external-url", "https://me:" + word + "@gitlab.example.com"},
		} {
			env := environment{}
			if args[0] == "check" && !strings.Contains(strings.Join(args, " "), "-file") {
				env["GITLAB_TOKEN"] = "glpat-maintainer"
			}
			if args[0] == "sweep" {
				journal := t.TempDir()
				entry := `{"run":"abcdefghij","url":"http://127.0.0.1:1","project":["20"],"started":"2026-11-22T12:00:00Z"}`
				require.NoError(t, os.WriteFile(filepath.Join(journal, "abcdefghij.json"), []byte(entry), 0o600))
				args = append(args, "--journal", journal)
			} else if args[0] == "check" {
				args = append(args, "--journal", t.TempDir())
			}
			out := glagentsIn(t.Context(), env, args...)
			assert.NotZero(t, out.status, "%v: %s", args, out.stdout)
			assertNoSecrets(t, artefacts(t, out), secret, word)
		}
	}
	// What somebody may have mistyped is repeated.
	out := glagents(t, nil, append(at, "--known-failures", file(t, "known", "tokens/nothing"))...)
	assert.Contains(t, out.stderr, `no rule is called "tokens/nothing"`)
	out = glagents(t, nil, append(at, "--token-file", "tokn.txt")...)
	assert.Contains(t, out.stderr, "tokn.txt: no such file")
}

// TestCommandsHaveNoSecrets: what has no use for tokens shows none, whatever the environment and the arguments hold.
func TestCommandsHaveNoSecrets(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	env, secrets := tokensOf(canaryOf)
	secret := canaryOf("maintainer")
	env["CI_SERVER_URL"], env["CI_PROJECT_ID"] = "https://me:"+url.PathEscape(secret)+"@gitlab.example.com", secret
	searches := 0
	for _, args := range [][]string{
		{"rules"}, {"rules", "--format", "json"}, {"rules", "--format", "markdown"}, {"rules", secret}, {"faults"}, {"faults", secret}, {"version"}, {"version", secret},
		{"selftest", "secret-in-list"}, {"selftest", secret}, {"check", "--fake", "--verbose", "--rule", "tokens/*"}, {"check"}, {"check", "--dry-run"},
		{"check", "--url", "https://gitlab.example.com", "--project", secret, "--other-project", secret, "--dry-run"},
		{"serve", "--print-seed"}, {"serve", "--fault", secret}, {"serve", "--seed", secret}, {"serve", "--addr", secret}, {"serve", "--relative-root", secret},
		{"verify", secret}, {"verify", "--rule", secret, "-"}, {"verify", "--report", "json=" + secret + "/x", "-"}, {"sweep", "--list", "--journal", t.TempDir()},
		{"completion", "bash"}, {"__complete", "check", "--" + secret}, {"__complete", "serve", "--fault", ""}, {"__complete", secret, ""}, {"help", secret}, {"help", "check"},
	} {
		out := glagentsIn(t.Context(), env, args...)
		searches += assertNoSecrets(t, artefacts(t, out), secrets...)
		assert.NotRegexp(t, `gl(pat|agent)-[0-9A-Za-z_-]{20}`, out.stdout+out.stderr, "%v", args)
	}
	t.Logf("%d searches", searches)
}

// TestProxiesHaveNoSecrets has proxies with a password, in a process of its own: net/http reads the environment once. Its
// errors quote the address of a proxy.
func TestProxiesHaveNoSecrets(t *testing.T) {
	racedetector.Skip(t)
	if args := os.Getenv("GLAGENTS_ARGS"); args != "" {
		os.Exit(run(t.Context(), strings.Split(args, "\n"), os.Stdin, os.Stdout, os.Stderr, os.LookupEnv))
	}
	t.Parallel()
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		said := r.Header.Get("Proxy-Authorization") + r.Header.Get("Private-Token")
		raw(w, "HTTP/1.1 407 no: "+said+"\r\nX-Request-Id: "+said+"\r\nContent-Length: 0\r\n\r\n")
	}))
	t.Cleanup(refusing.Close)
	const secret = "cAn4ry0123456789abcdefXYZ"
	const token = "cAn4ry-the-maintainers"
	proxy := strings.TrimPrefix(refusing.URL, "http://")
	type variable struct{ name, url, address string }
	var cases []variable
	for _, address := range []string{
		"http://me:" + secret + "@" + proxy, "me:" + secret + "@" + proxy, "http://" + secret + "@" + proxy, "http://me:" + secret + "%zz@" + proxy,
		"http://me:" + secret + "@[" + proxy, "ftp://me:" + secret + "@" + proxy, "http://me:" + secret + "@127.0.0.1:x", "http://me:" + secret + "@127.0.0.1:1",
		"http://me:" + percent(secret) + "@" + proxy, "http://me:" + secret + "/%2F@" + proxy, "http://me:" + secret + " @" + proxy,
	} {
		cases = append(cases, variable{"HTTPS_PROXY", "https://gitlab.example.com", address}, variable{"http_proxy", "http://gitlab.example.com", address})
	}
	var searches, refused atomic.Int64
	atOnce(cases, func(c variable) {
		args := []string{"check", "--project", "20", "--url", c.url, "--allow-http", "--journal", t.TempDir(), "--verbose"}
		command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProxiesHaveNoSecrets$")
		command.Env = []string{"GLAGENTS_ARGS=" + strings.Join(args, "\n"), c.name + "=" + c.address, "GITLAB_TOKEN=" + token}
		out, err := command.CombinedOutput()
		assert.Error(t, err)
		if strings.Contains(string(out), "[redacted]") {
			refused.Add(1)
		}
		searches.Add(int64(assertNoSecrets(t, map[string]string{c.name + "=" + c.address: string(out)}, secret, token)))
	})
	assert.Greater(t, refused.Load(), int64(4), "proxies are not quoted")
	t.Logf("%d searches", searches.Load())
}
