package wire_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/redact"
	"example.com/gitlab-agents/contract/wire"
)

func basic(credentials string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(credentials))
}

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
			`curl -sS -i -w '\n' -H "PRIVATE-TOKEN: $GITLAB_TOKEN" "$GITLAB_URL/api/v4/projects/20/cluster_agents/5/tokens/7"`,
		},
		{
			"POST", "POST", base, with("Content-Type", "application/json", "User-Agent", "x", "Content-Length", "9", "Accept", "*/*"), `{"name":"it's"}`,
			`curl -sS -i -w '\n' -X POST -H "PRIVATE-TOKEN: $GITLAB_TOKEN" -H 'Content-Type: application/json' --data-raw '{"name":"it'\''s"}' "$GITLAB_URL/api/v4/projects/20/cluster_agents"`,
		},
		{
			"a body without Content-Type", "POST", base, nil, `{}`,
			`curl -sS -i -w '\n' -X POST -H 'Content-Type:' --data-raw '{}' "$GITLAB_URL/api/v4/projects/20/cluster_agents"`,
		},
		{
			"a body of many lines", "POST", base, with("Content-Type", "application/json"), "{\n\"name\":\"x\",\n::error::y\n}",
			`printf '{\012"name":"x",\012:'':error::y\012}' | curl -sS -i -w '\n' -X POST -H "PRIVATE-TOKEN: $GITLAB_TOKEN" -H 'Content-Type: application/json' --data-binary @- "$GITLAB_URL/api/v4/projects/20/cluster_agents"`,
		},
		{
			"a body in Japanese", "POST", base, with("Content-Type", "application/json"), `{"name":"日本"}`,
			`curl -sS -i -w '\n' -X POST -H "PRIVATE-TOKEN: $GITLAB_TOKEN" -H 'Content-Type: application/json' --data-raw '{"name":"日本"}' "$GITLAB_URL/api/v4/projects/20/cluster_agents"`,
		},
		{
			"a body that is no text", "POST", base, with("Content-Type", "application/json"), "{\"name\":\"100%\\ \xff\x00\"}",
			`printf '{"name":"100%%\\ \377\000"}' | curl -sS -i -w '\n' -X POST -H "PRIVATE-TOKEN: $GITLAB_TOKEN" -H 'Content-Type: application/json' --data-binary @- "$GITLAB_URL/api/v4/projects/20/cluster_agents"`,
		},
		{"HEAD", "HEAD", base, nil, "", `curl -sS -i -w '\n' --head "$GITLAB_URL/api/v4/projects/20/cluster_agents"`},
		{
			"a token in the query", "GET", base + "?private_token=canary-secret&page[]=1&a=$HOME!", http.Header{"If-None-Match": {`W/"x"`}, "X-Empty": {""}}, "",
			`curl -sS -i -w '\n' --globoff -H 'If-None-Match: W/"x"' -H 'X-Empty;' "$GITLAB_URL/api/v4/projects/20/cluster_agents?private_token=$GITLAB_TOKEN&page[]=1&a=\$HOME"'!'""`,
		},
		{
			"bearer", "DELETE", base + "/5", http.Header{"Authorization": {"Bearer canary-secret"}}, "",
			`curl -sS -i -w '\n' -X DELETE -H "Authorization: Bearer $GITLAB_TOKEN" "$GITLAB_URL/api/v4/projects/20/cluster_agents/5"`,
		},
		{
			"basic and a cookie", "GET", "https://user:canary-secret@h/other", http.Header{"Authorization": {basic("u:canary-secret")}, "Cookie": {"s=canary-secret"}}, "",
			`curl -sS -i -w '\n' -H "Authorization: $GITLAB_AUTHORIZATION" -H "Cookie: $GITLAB_COOKIE" "https://h/other"`,
		},
		{
			"the token elsewhere", "POST", base, with("Content-Type", "application/json", "X-Echo", "canary-secret"), `{"name":"canary-secret"}`,
			`curl -sS -i -w '\n' -X POST -H "PRIVATE-TOKEN: $GITLAB_TOKEN" -H 'Content-Type: application/json' -H 'X-Echo: [redacted]' --data-raw '{"name":"[redacted]"}' "$GITLAB_URL/api/v4/projects/20/cluster_agents"`,
		},
		{"a dot segment", "GET", "http://h/api/v4/projects/../x", nil, "", `curl -sS -i -w '\n' --path-as-is "$GITLAB_URL/api/v4/projects/../x"`},
		{"an odd method", "G'T", "http://h/x", http.Header{"Host": {"other"}}, "", `curl -sS -i -w '\n' -X 'G'\''T' -H 'Host: other' "http://h/x"`},
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
	assert.Equal(t, `curl -sS -i -w '\n' "$GITLAB_URL"`, wire.Curl(&wire.Request{}))
	assert.Equal(t, `curl -sS -i -w '\n' "http://h/" # the body was longer`, wire.Curl(&wire.Request{URL: &url.URL{Scheme: "http", Host: "h", Path: "/"}, Truncated: true}))
}

func TestCurlOfWhatIsNotRecorded(t *testing.T) {
	t.Parallel()
	u := &url.URL{Scheme: "http", Host: "h", Path: "/"}
	assert.Equal(t, `curl -sS -i -w '\n' "http://h/" # the body is not recorded`, wire.Curl(&wire.Request{URL: u, BodyNotRecorded: true, Truncated: true}))
	assert.Equal(t, `curl -sS -i -w '\n' "http://h/" # headers are not recorded`, wire.Curl(&wire.Request{URL: u, HeaderNotRecorded: true}))
	assert.Equal(t, `curl -sS -i -w '\n' "http://h/" # headers and body are not recorded`, wire.Curl(&wire.Request{URL: u, HeaderNotRecorded: true, BodyNotRecorded: true, Truncated: true}))
}

// Every shell reads from the line what was sent.
func TestCurlInShell(t *testing.T) {
	t.Parallel()
	const spicy = "a'b\"c$d`e\\f!g\th\ni ü *?[x] ~ ;|&<>(){} # ##[error]x ::add-mask::y\n::error file=a::z section_start:1:a\r\x1b[0K \u202e %n"
	u := &url.URL{Scheme: "https", Host: "h", Path: "/api/v4/" + spicy, RawQuery: "q=$HOME`id`\\\"!'x'&private_token=canary"}
	sentTo := "https://h" + u.EscapedPath() + "?q=$HOME`id`\\\"!'x'&private_token=token"
	show := []string{"-sS", "-i", "-w", `\n`}
	for _, tt := range []struct {
		name string
		req  *wire.Request
		args []string
		read string
	}{
		{
			"a body", &wire.Request{Method: "POST", Body: []byte(`{"a":"it's"}`), Header: http.Header{"Private-Token": {"canary"}, "Content-Type": {"text/plain"}}},
			[]string{"-X", "POST", "-H", "PRIVATE-TOKEN: token", "-H", "Content-Type: text/plain", "--data-raw", `{"a":"it's"}`}, "",
		},
		{"a body of many lines", &wire.Request{Method: "POST", Body: []byte(spicy)}, []string{"-X", "POST", "-H", "Content-Type:", "--data-binary", "@-"}, spicy},
		{"a body that begins with a hyphen", &wire.Request{Method: "POST", Body: []byte("-n\n")}, []string{"-X", "POST", "-H", "Content-Type:", "--data-binary", "@-"}, "-n\n"},
		{"a body that is no text", &wire.Request{Method: "GET", Body: []byte("%d\\n\x00\xff")}, []string{"-X", "GET", "-H", "Content-Type:", "--data-binary", "@-"}, "%d\\n\x00\xff"},
	} {
		tt.req.URL = u
		for _, shell := range []string{"bash", "dash"} {
			args, read := inShell(t, shell, tt.req)
			assert.Equal(t, slices.Concat(show, tt.args, []string{sentTo}), args, "%s in %s", tt.name, shell)
			assert.Equal(t, tt.read, read, "%s in %s", tt.name, shell)
		}
	}
	u = &url.URL{Scheme: "https", Host: "h", Path: "/api/v4/x", RawQuery: "q=\u202esection_end:&private_token=canary"}
	args, _ := inShell(t, "bash", &wire.Request{URL: u, Header: http.Header{"X-Odd": {spicy}}})
	assert.Equal(t, slices.Concat(show, []string{"-H", "X-Odd: " + spicy, "https://h/api/v4/x?q=\u202esection_end:&private_token=token"}), args)
}

// inShell runs the line for a request in a shell, and returns what curl would get: its arguments and its input.
func inShell(t *testing.T, shell string, req *wire.Request) (args []string, input string) {
	t.Helper()
	path, err := exec.LookPath(shell)
	if err != nil {
		t.Skip("no " + shell)
	}
	line := wire.Curl(req)
	assert.Equal(t, line, redact.Printable(line), "the line is one, and harms neither a terminal nor a CI runner")
	cmd := exec.Command(path, "-c", `curl() { for a; do printf '%s\0' "$a"; done; printf '\0'; case "$*" in *@-*) cat ;; esac; }; `+line)
	cmd.Env = append(os.Environ(), "GITLAB_TOKEN=token", "GITLAB_URL=https://h")
	out, err := cmd.Output()
	require.NoError(t, err)
	all, input, _ := strings.Cut(string(out), "\x00\x00")
	return strings.Split(all, "\x00"), input
}

// A program reads the body from the one line, and a person the whole answer from the other.
func TestCurlShowsTheAnswer(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("no curl")
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Total", "1")
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(`{"id":5}`))
	}))
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL + "/")
	require.NoError(t, err)
	run := func(line string) (stdout, stderr string) {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", line+" | cat") // into a pipe curl prints a progress meter
		var problems strings.Builder
		cmd.Stderr = &problems
		out, err := cmd.Output()
		require.NoError(t, err)
		return strings.ReplaceAll(string(out), "\r", ""), problems.String()
	}
	all, problems := run(wire.Curl(&wire.Request{URL: u}))
	assert.Empty(t, problems)
	assert.True(t, strings.HasPrefix(all, "HTTP/1.1 201 Created\n"), all)
	assert.Contains(t, all, "X-Total: 1\n")
	assert.True(t, strings.HasSuffix(all, "\n\n{\"id\":5}\n"), all)

	body, status := run(wire.CurlBody(&wire.Request{URL: u}))
	assert.Equal(t, `{"id":5}`, body)
	assert.Equal(t, "HTTP 201\n", status)
}
