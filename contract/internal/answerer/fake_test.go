package answerer_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/document"
	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/faults"
	"example.com/gitlab-agents/contract/internal/answerer"
	"example.com/gitlab-agents/contract/internal/racedetector"
	"example.com/gitlab-agents/contract/wire"
)

// releases are the first and last of each way in which the fake differs.
var releases = []string{"14.10", "15.0", "15.2", "15.6", "15.7", "16.0", "16.1", "16.2", "16.7", "17.4", "17.6", "18.4", "18.6", "19.1"}

// walk asks a GitLab for all that it can answer with, roughly, and hands over each exchange.
func walk(t *testing.T, gitlab http.Handler, see func(x *wire.Exchange)) {
	t.Helper()
	ask := func(token, method, path, contentType, body string, header ...string) {
		r := httptest.NewRequest(method, "http://gitlab.example.com/api/v4"+path, strings.NewReader(body))
		if body == "" {
			r = httptest.NewRequest(method, "http://gitlab.example.com/api/v4"+path, nil)
		}
		if token != "" {
			r.Header.Set("Private-Token", token)
		}
		if contentType != "" {
			r.Header.Set("Content-Type", contentType)
		}
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		x := &wire.Exchange{Request: wire.Request{Method: method, URL: r.URL, Header: r.Header.Clone()}}
		w := httptest.NewRecorder()
		if !served(gitlab, w, r) {
			return
		}
		x.Response = &wire.Response{StatusCode: w.Code, Header: w.Header(), Body: w.Body.Bytes()}
		see(x)
	}
	const form, json = "application/x-www-form-urlencoded", "application/json"
	agents := "/projects/root%2Ftest/cluster_agents"
	ask("glpat-maintainer", "GET", "/metadata", "", "")
	ask("glpat-maintainer", "GET", "/version", "", "")
	ask("glpat-maintainer", "GET", "/user", "", "")
	for _, name := range []string{"a", "b", "c"} {
		ask("glpat-maintainer", "POST", agents, form, "name="+name)
	}
	for _, name := range []string{"t", "u", "v", "w"} {
		ask("glpat-maintainer", "POST", agents+"/1/tokens", form, "name="+name+"&description=d")
	}
	for _, token := range []string{"glpat-maintainer", "glpat-guest", "glpat-stranger", ""} {
		for _, path := range []string{
			agents, agents + "?per_page=1&page=2", agents + "?per_page=0", agents + "/1", agents + "/999", agents + "/x",
			agents + "/1/tokens", agents + "/1/tokens/1", agents + "/1/tokens/99", "/projects/99/cluster_agents", "/projects/root%2Fnone/cluster_agents",
			"/projects/20/cluster_agents/1/token/1",
		} {
			ask(token, "GET", path, "", "")
		}
		for _, method := range []string{"HEAD", "OPTIONS", "PUT"} {
			ask(token, method, agents, "", "")
			ask(token, method, agents+"/1/tokens/1", "", "")
		}
		ask(token, "POST", agents, json, `{"name":"a"}`)
		ask(token, "POST", agents, json, `{"name":`)
		ask(token, "POST", agents, json, `{}`)
		ask(token, "POST", agents, json, `{"name":"Not Good"}`)
		ask(token, "POST", agents, "text/plain", `name=x`)
		ask(token, "POST", agents+"/1/tokens", json, `{"name":""}`)
		ask(token, "POST", agents+"/1/tokens", json, `{"name":"x","description":7}`)
	}
	ask("glpat-maintainer", "GET", agents+"?a=%00", "", "")
	ask("glpat-maintainer", "DELETE", agents+"/1", "", "", "If-Unmodified-Since", "Mon, 01 Jan 2001 00:00:00 GMT")
	ask("glpat-maintainer", "DELETE", agents+"/1/tokens/1", "", "")
	ask("glpat-maintainer", "DELETE", agents+"/1/tokens/1", "", "")
	ask("glpat-maintainer", "GET", agents+"/1/tokens/1", "", "")
	ask("glpat-developer", "DELETE", agents+"/2", "", "")
	ask("glpat-maintainer", "DELETE", agents+"/2", "", "")
	ask("glpat-maintainer", "GET", agents+"/2", "", "")
}

// served has a GitLab answer. It reports false if that takes over the connection, which a recorder does not have.
func served(gitlab http.Handler, w http.ResponseWriter, r *http.Request) (ok bool) {
	defer func() {
		switch stop := recover().(type) {
		case nil:
			ok = true
		case error:
			ok = errors.Is(stop, http.ErrAbortHandler)
		default:
			panic(stop)
		}
	}()
	gitlab.ServeHTTP(w, r)
	return true
}

func operationOf(doc *document.Document, u *url.URL, method string) string {
	match, ok := doc.Route(method, u)
	if !ok {
		return ""
	}
	return match.Operation
}

func TestEveryAnswerOfTheFakeIsGitLabs(t *testing.T) {
	t.Parallel()
	doc, err := document.Load()
	require.NoError(t, err)
	for _, release := range releases {
		editions := []string{"ce"}
		if release >= "17.4" {
			editions = append(editions, "ee") // its answers differ from then on
		}
		for _, edition := range editions {
			t.Run(release+" "+edition, func(t *testing.T) {
				t.Parallel()
				gitlab, err := fakegitlab.New(fakegitlab.Version(release), fakegitlab.Edition(edition))
				require.NoError(t, err)
				n, learners := 0, learners(t)
				walk(t, gitlab, func(x *wire.Exchange) {
					n++
					assertGitLabs(t, learners, x, operationOf(doc, x.Request.URL, x.Request.Method))
				})
				assert.Greater(t, n, 100)
			})
		}
	}
}

// A fault is GitLab's own: nothing in between is to be blamed for it.
func TestNoFaultIsTakenForAStranger(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	doc, err := document.Load()
	require.NoError(t, err)
	for _, fault := range faults.All() {
		if fault.Name == "slow" || fault.Name == "cdn-challenge" {
			continue // the one changes no answer, the other is a stranger
		}
		t.Run(fault.Name, func(t *testing.T) {
			t.Parallel()
			gitlab, err := fakegitlab.New(faults.Options(fault)...)
			require.NoError(t, err)
			fromItself := &answerer.Learner{}
			learners := map[string]*answerer.Learner{"nothing learned": {}, "learned from a healthy GitLab": learned(t, ownHeaders), "learned from itself": fromItself}
			walk(t, faults.Around(gitlab, fault), func(x *wire.Exchange) {
				if answerer.Transient(x.Response.StatusCode) {
					return
				}
				x.Response.Truncated = fault.Name == "bodies-cut"
				operation := operationOf(doc, x.Request.URL, x.Request.Method)
				if operation != "" && x.Response.StatusCode < 300 && len(x.Response.Body) > 0 && len(doc.Check(x)) == 0 {
					fromItself.Learn(x)
				}
				for name, l := range learners {
					v := l.Who(x, operation)
					if v.Kind == answerer.Stranger || v.Kind == answerer.Unknown && strings.Contains(fault.Name, "html") && x.Request.Method != http.MethodHead {
						t.Fatalf("%s: %s", name, shown(x, v))
					}
				}
			})
		})
	}
}

func shown(x *wire.Exchange, v answerer.Verdict) string {
	return fmt.Sprintf("%s %s: %d %v %s %+v", x.Request.Method, x.Request.URL, x.Response.StatusCode, x.Response.Header, x.Response.Body, v)
}
