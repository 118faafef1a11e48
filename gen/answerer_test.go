package gen_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/generated/clusteragents"
)

func TestErrorsNameWhoAnswered(t *testing.T) {
	t.Parallel()
	const html = "text/html; charset=utf-8"
	signIn := answer{status: 200, body: `<!DOCTYPE html><title>Sign in</title>`, header: map[string]string{"Content-Type": html}}
	redirect := func(to string) answer { return answer{status: 302, header: map[string]string{"Location": to}} }
	page := func(status int, body string, header ...string) []answer {
		a := answer{status: status, body: body, header: map[string]string{"Content-Type": html}}
		for i := 0; i < len(header); i += 2 {
			a.header[header[i]] = header[i+1]
		}
		return []answer{a}
	}
	for name, test := range map[string]struct {
		answers []answer
		want    string // "" if it may be GitLab
		write   bool
	}{
		"a sign-in page after a redirect":           {answers: []answer{redirect("/users/sign_in?state=1"), signIn}, want: "a sign-in page at https://gitlab.example.com/users/sign_in"},
		"another page after a redirect":             {answers: []answer{redirect("/home"), {status: 200, body: "<html>Welcome"}}, want: "a web page at https://gitlab.example.com/home"},
		"a redirect to sign in elsewhere":           {answers: []answer{redirect("https://sso.example.com/auth?x=1")}, want: "a redirect to the sign-in page https://sso.example.com/auth"},
		"a write redirected to sign in":             {answers: []answer{redirect("https://login.example.com/")}, write: true, want: "a redirect to the sign-in page https://login.example.com/"},
		"a sign-in page at once":                    {answers: []answer{signIn}, want: "a sign-in page"},
		"a sign-in page that refuses":               {answers: page(403, `<html><form><input type="password">`), want: "a sign-in page"},
		"a challenge of a CDN":                      {answers: page(403, "<!DOCTYPE html><title>Just a moment...</title>", "Server", "cloudflare", "cf-mitigated", "challenge"), want: "a challenge that only a browser can meet (Server: cloudflare)"},
		"a challenge without its header":            {answers: page(403, "<!DOCTYPE html><title>Just a moment...</title>"), want: "a challenge that only a browser can meet"},
		"a corporate proxy":                         {answers: page(407, "<title>Access Denied</title>", "Proxy-Authenticate", `Basic realm="corp"`, "Via", "1.1 squid"), want: "a proxy that wants a password (Via: 1.1 squid)"},
		"a web server's 404":                        {answers: page(404, "<!DOCTYPE HTML PUBLIC>\n<title>404 Not Found</title>", "Server", "Apache"), want: "a web page (Server: Apache)"},
		"a web server with a request id":            {answers: page(403, "<html><center>nginx</center>", "Server", "nginx", "X-Request-Id", "a1b2"), want: "a web page (Server: nginx)"},
		"another website":                           {answers: page(200, "<!DOCTYPE html><title>Welcome</title>"), want: "a web page"},
		"another website, to a write":               {answers: page(200, "<!DOCTYPE html><title>Welcome</title>"), write: true, want: "a web page"},
		"a mesh":                                    {answers: []answer{{status: 403, body: "RBAC: access denied", header: map[string]string{"Content-Type": "text/plain", "Server": "envoy"}}}, want: "a proxy (Server: envoy)"},
		"the token in a header":                     {answers: page(403, "<html>", "Via", "1.1 "+secret), want: "a web page (Via: 1.1 [redacted])"},
		"GitLab refuses":                            {answers: []answer{{status: 403, body: `{"message":"403 Forbidden"}`}}},
		"a read-only GitLab":                        {answers: []answer{{status: 403, body: `{"message":"You cannot perform write operations on a read-only instance"}`}}, write: true},
		"GitLab's rate limit":                       {answers: []answer{{status: 429, body: "Retry later\n", header: map[string]string{"Content-Type": "text/plain"}}}},
		"GitLab's 400 in plain text":                {answers: []answer{{status: 400, body: "Bad Request", header: map[string]string{"Content-Type": "text/plain"}}}},
		"GitLab's page for 406":                     {answers: page(406, "<html>"), write: true},
		"GitLab's page for 502":                     {answers: page(502, "<!DOCTYPE html><title>GitLab is not responding (502)</title>")},
		"a page that Rails made":                    {answers: page(500, "<!DOCTYPE html><title>500</title>", "X-Runtime", "0.01")},
		"JSON of another shape":                     {answers: []answer{{status: 404, body: `{"detail":"Not Found"}`}}},
		"half of an answer":                         {answers: []answer{{status: 200, body: agentJSON[:50]}}},
		"a moved project":                           {answers: []answer{{status: 301, header: map[string]string{"Location": "/api/v4/projects/20/cluster_agents"}}}, write: true},
		"a redirect to https":                       {answers: []answer{{status: 301, header: map[string]string{"Location": "https://gitlab.example.com/api/v4/projects/20/cluster_agents"}}}, write: true},
		"a redirect to an unknown elsewhere":        {answers: []answer{redirect("https://www.example.com/")}},
		"a redirect to a host with sso in its name": {answers: []answer{redirect("https://crossover.example.com/")}},
		"a redirect of a project called login":      {answers: []answer{redirect("https://gitlab.example.com/api/v4/projects/root%2Flogin/cluster_agents")}, write: true},
		"nothing":                                   {answers: []answer{{status: 401}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call := read
			if test.write {
				call = create
			}
			err := call(t.Context(), connect(t, &stub{answers: test.answers}, clusteragents.MaxAttempts(1)))
			var failure *clusteragents.Error
			require.ErrorAs(t, err, &failure)
			assert.Equal(t, test.want, failure.AnsweredBy)
			assert.NotContains(t, err.Error(), secret)
			if test.want == "" {
				assert.NotErrorIs(t, err, clusteragents.ErrNotGitLab)
				return
			}
			assert.ErrorIs(t, err, clusteragents.ErrNotGitLab)
			assert.ErrorContains(t, err, "answered by "+test.want+", not by GitLab's API")
			if failure.StatusCode != 0 {
				assert.ErrorIs(t, err, clusteragents.Status(failure.StatusCode))
			}
		})
	}
}

// A redirect that a caller's own policy stops is judged as well.
func TestSignInPageThatACallersPolicyStops(t *testing.T) {
	t.Parallel()
	transport := once(answer{status: 302, header: map[string]string{"Location": "/users/sign_in"}})
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	err := read(t.Context(), connect(t, transport, clusteragents.HTTPClient(client)))
	require.ErrorIs(t, err, clusteragents.ErrNotGitLab)
}
