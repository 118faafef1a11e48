package wire_test

import (
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/redact"
	"example.com/gitlab-agents/contract/wire"
)

func TestCurl(t *testing.T) {
	t.Parallel()
	const base = "https://gitlab.example.com/root/api/v4/projects/20/cluster_agents"
	token := http.Header{"Private-Token": {"canary-secret"}}
	with := func(pairs ...string) http.Header {
		h := token.Clone()
		for i := 0; i < len(pairs); i += 2 {
			h.Add(pairs[i], pairs[i+1])
		}
		return h
	}
	for _, tt := range []struct {
		name, method, url string
		header            http.Header
		body              string
		want              string
	}{
		{
			"GET", "GET", base + "/5/tokens/7", token, "",
			`curl -H "PRIVATE-TOKEN: $GITLAB_TOKEN" "$GITLAB_URL/api/v4/projects/20/cluster_agents/5/tokens/7"`,
		},
		{
			"POST", "POST", base, with("Content-Type", "application/json", "User-Agent", "x", "Content-Length", "9", "Accept", "*/*"), `{"name":"it's"}`,
			`curl -X POST -H "PRIVATE-TOKEN: $GITLAB_TOKEN" -H 'Content-Type: application/json' --data-raw '{"name":"it'\''s"}' "$GITLAB_URL/api/v4/projects/20/cluster_agents"`,
		},
		{
			"a body without Content-Type", "POST", base, nil, `{}`,
			`curl -X POST -H 'Content-Type:' --data-raw '{}' "$GITLAB_URL/api/v4/projects/20/cluster_agents"`,
		},
		{
			"a body of many lines", "POST", base, with("Content-Type", "application/json"), "{\n\"name\":\"x\",\n::error::y\n}",
			`curl -X POST -H "PRIVATE-TOKEN: $GITLAB_TOKEN" -H 'Content-Type: application/json' --data-raw $'{\n"name":"x",\n:'$':error::y\n}' "$GITLAB_URL/api/v4/projects/20/cluster_agents"`,
		},
		{
			"a body that is no text", "POST", base, with("Content-Type", "application/json"), "{\"name\":\"100%\\ \xff\x00\"}",
			`printf '{"name":"100%%\\ \377\000"}' | curl -X POST -H "PRIVATE-TOKEN: $GITLAB_TOKEN" -H 'Content-Type: application/json' --data-binary @- "$GITLAB_URL/api/v4/projects/20/cluster_agents"`,
		},
		{"HEAD", "HEAD", base, nil, "", `curl --head "$GITLAB_URL/api/v4/projects/20/cluster_agents"`},
		{
			"a token in the query", "GET", base + "?private_token=canary-secret&page[]=1&a=$HOME!", http.Header{"If-None-Match": {`W/"x"`}, "X-Empty": {""}}, "",
			`curl --globoff -H 'If-None-Match: W/"x"' -H 'X-Empty;' "$GITLAB_URL/api/v4/projects/20/cluster_agents?private_token=$GITLAB_TOKEN&page[]=1&a=\$HOME"'!'""`,
		},
		{
			"bearer", "DELETE", base + "/5", http.Header{"Authorization": {"Bearer canary-secret"}}, "",
			`curl -X DELETE -H "Authorization: Bearer $GITLAB_TOKEN" "$GITLAB_URL/api/v4/projects/20/cluster_agents/5"`,
		},
		{
			"basic and a cookie", "GET", "https://user:canary-secret@h/other", http.Header{"Authorization": {basic("u:canary-secret")}, "Cookie": {"s=canary-secret"}}, "",
			`curl -H "Authorization: $GITLAB_AUTHORIZATION" -H "Cookie: $GITLAB_COOKIE" "https://h/other"`,
		},
		{
			"the token elsewhere", "POST", base, with("Content-Type", "application/json", "X-Echo", "canary-secret"), `{"name":"canary-secret"}`,
			`curl -X POST -H "PRIVATE-TOKEN: $GITLAB_TOKEN" -H 'Content-Type: application/json' -H 'X-Echo: [redacted]' --data-raw '{"name":"[redacted]"}' "$GITLAB_URL/api/v4/projects/20/cluster_agents"`,
		},
		{"a dot segment", "GET", "http://h/api/v4/projects/../x", nil, "", `curl --path-as-is "$GITLAB_URL/api/v4/projects/../x"`},
		{"an odd method", "G'T", "http://h/x", http.Header{"Host": {"other"}}, "", `curl -X 'G'\''T' -H 'Host: other' "http://h/x"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			u, err := url.Parse(tt.url)
			require.NoError(t, err)
			req := &wire.Request{Method: tt.method, URL: u, Header: tt.header, Body: []byte(tt.body)}
			line := wire.Curl(req)
			assert.Equal(t, tt.want, line)
			assert.NotContains(t, line, "canary")
		})
	}
	assert.Equal(t, `curl "$GITLAB_URL"`, wire.Curl(&wire.Request{}))
	assert.Equal(t, `curl "http://h/" # the body was longer`, wire.Curl(&wire.Request{URL: &url.URL{Scheme: "http", Host: "h", Path: "/"}, Truncated: true}))
}

func TestCurlOfWhatIsNotRecorded(t *testing.T) {
	t.Parallel()
	u := &url.URL{Scheme: "http", Host: "h", Path: "/"}
	assert.Equal(t, `curl "http://h/" # the body is not recorded`, wire.Curl(&wire.Request{URL: u, BodyNotRecorded: true, Truncated: true}))
	assert.Equal(t, `curl "http://h/" # headers are not recorded`, wire.Curl(&wire.Request{URL: u, HeaderNotRecorded: true}))
	assert.Equal(t, `curl "http://h/" # headers and body are not recorded`, wire.Curl(&wire.Request{URL: u, HeaderNotRecorded: true, BodyNotRecorded: true, Truncated: true}))
}

// A shell reads from the line what was sent.
func TestCurlInShell(t *testing.T) {
	t.Parallel()
	sh, err := exec.LookPath("bash") // dash does not know $'…'
	if err != nil {
		t.Skip("no bash")
	}
	const spicy = "a'b\"c$d`e\\f!g\th\ni ü *?[x] ~ ;|&<>(){} # ##[error]x ::add-mask::y\n::error file=a::z section_start:1:a\r\x1b[0K \u202e %n"
	u := &url.URL{Scheme: "https", Host: "h", Path: "/api/v4/" + spicy, RawQuery: "q=$HOME`id`\\\"!'x'\u202esection_end:&private_token=canary"}
	run := func(req *wire.Request) []string {
		t.Helper()
		// Instead of curl, a function that shows its arguments and then its input.
		line := wire.Curl(req)
		assert.Equal(t, line, redact.Printable(line), "the line is one, and harms neither a terminal nor a CI runner")
		cmd := exec.Command(sh, "-c", `curl() { for a; do printf '%s\0' "$a"; done; case "$*" in *@-*) cat ;; esac; }; `+line)
		cmd.Env = append(os.Environ(), "GITLAB_TOKEN=token", "GITLAB_URL=https://h")
		out, err := cmd.Output()
		require.NoError(t, err)
		return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	}
	assert.Equal(t, []string{
		"-X", "POST", "-H", "PRIVATE-TOKEN: token", "-H", "Content-Type: text/plain", "-H", "X-Odd: " + spicy, "--data-raw", spicy,
		"https://h" + u.EscapedPath() + "?q=$HOME`id`\\\"!'x'\u202esection_end:&private_token=token",
	}, run(&wire.Request{
		Method: "POST", URL: u, Body: []byte(spicy),
		Header: http.Header{"Private-Token": {"canary"}, "X-Odd": {spicy}, "Content-Type": {"text/plain"}},
	}))
	args := run(&wire.Request{Method: "GET", URL: u, Body: []byte("%d\\n" + spicy + "\x01\xff")})
	assert.Equal(t, "%d\\n"+spicy+"\x01\xff", args[len(args)-1])
	args = run(&wire.Request{Method: "GET", URL: u, Body: []byte("a\x00b")})
	assert.Equal(t, []string{"a", "b"}, args[len(args)-2:], "a body with a NUL comes through a pipe")
}
