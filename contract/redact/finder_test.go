package redact_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/redact"
)

func basic(credentials string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(credentials))
}

func TestFinder(t *testing.T) {
	t.Parallel()
	const form, multi = "application/x-www-form-urlencoded", `multipart/form-data; boundary=b`
	header := func(name, value string) http.Header { return http.Header{name: {value}} }
	for _, tt := range []struct {
		name     string
		url      string
		request  http.Header
		sent     string
		response http.Header
		got      string
		want     []string
	}{
		{name: "PRIVATE-TOKEN", request: header("Private-Token", "canary"), want: []string{"canary"}},
		{name: "PRIVATE-TOKEN, as written", request: header("PRIVATE-TOKEN", " canary "), want: []string{"canary"}},
		{name: "JOB-TOKEN", request: header("Job-Token", "canary"), want: []string{"canary"}},
		{name: "Deploy-Token", request: header("Deploy-Token", "canary"), want: []string{"canary"}},
		{name: "Bearer", request: header("Authorization", "bearer canary"), want: []string{"canary"}},
		{name: "Basic", request: header("Authorization", basic("user:canary")), want: []string{"dXNlcjpjYW5hcnk=", "canary"}},
		{name: "Basic, no password", request: header("Authorization", basic("canary:")), want: []string{"Y2FuYXJ5Og==", "canary"}},
		{name: "Basic, broken", request: header("Authorization", "Basic canary"), want: []string{"canary"}},
		{name: "a header like them", request: header("X-Auth-Token", "canary"), response: header("Cf-Access-Client-Secret", "c2"), want: []string{"canary", "c2"}},
		{name: "a header like Authorization", request: header("X-Forwarded-Authorization", basic("user:canary")), want: []string{"dXNlcjpjYW5hcnk=", "canary"}},
		{name: "a header with words", response: header("Surrogate-Key", "projects agents")},
		{name: "no scheme, but a space", request: header("Authorization", "can ary"), want: []string{"can ary", "ary"}},
		{name: "no scheme", request: header("Authorization", "canary"), want: []string{"canary"}},
		{name: "Cookie", request: header("Cookie", "theme=lightmode; _gitlab_session=canary; x=c4n4ry"), want: []string{"canary", "c4n4ry"}},
		{name: "Set-Cookie", response: header("Set-Cookie", "remember_user_token=can%2Bary; path=/"), want: []string{"can%2Bary", "can+ary"}},
		{name: "query", url: "http://h/?private_token=can%2Fary&access_token=c2&job_token=c3&page=2&name=x", want: []string{"can/ary", "c2", "c3"}},
		{name: "query, names in brackets", url: "http://h/?token[]=c1&token%5B0%5D=c2&user[password]=c3", want: []string{"c1", "c2", "c3"}},
		{name: "query, names escaped", url: "http://h/?private_toke%6E=can%2Fary&page%5B=2", want: []string{"can/ary"}},
		{name: "user information", url: "http://user:canary@h/", want: []string{"canary"}},
		{name: "a token as user", url: "http://canary@h/", want: []string{"canary"}},
		{name: "a token as user, with a password", url: "http://glpat-user:canary@h/", want: []string{"canary", "glpat-user"}},
		{
			name:     "Link",
			response: header("Link", `<https://h/a?id=1&private_token=canary&page=1>; rel="first", <https://h/a?access_token=c2>; rel="last"`),
			want:     []string{"canary", "c2"},
		},
		{name: "Location", response: header("Location", "https://user:can%40ary@h/?private_token=c2"), want: []string{"c2", "can@ary"}},
		{name: "form", request: header("Content-Type", form), sent: "name=x&private_token=can%2Fary", want: []string{"can/ary"}},
		{
			name:    "multipart form",
			request: header("Content-Type", multi),
			sent:    "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nx\r\n--b\r\nContent-Disposition: form-data; name=\"private_token\"\r\nX: y\r\n\r\ncanary\r\n--b--",
			want:    []string{"canary"},
		},
		{name: "JSON", request: header("Content-Type", "application/json"), sent: `{"name":"x","private_token" : "can\"\u0061ry"}`, want: []string{`can"ary`}},
		{name: "JSON, other names", sent: `{"accessToken":"c1","CLIENT_SECRET":"c2","Password":"c3","broken":"no","spoken":"no"}`, want: []string{"c1", "c2", "c3"}},
		{name: "JSON, a list", sent: `{"token":["c1" , "c2",3,"no"]}`, want: []string{"c1", "c2"}},
		{name: "form that does not say so", sent: "name=x&private_token=canary", want: []string{"canary"}},
		{name: "URLs in a body", got: `{"a":"https://user:canary@h/x","b":"https://h/?private_token=c2"}`, want: []string{"canary", "c2"}},
		{name: "create response", got: `{"id":1,"name":"x","token":"canary"}`, want: []string{"canary"}},
		{name: "leak in a list", got: `[{"id":1,"token":"canary"},{"id":2,"token":"c2"}]`, want: []string{"canary", "c2"}},
		{name: "truncated JSON", got: `{"id":1,"token":"canar`, want: []string{"canar"}},
		{name: "broken JSON", got: `{"token":"can\ary", `, want: []string{`can\ary`}},
		{name: "no text", got: `{"token":null,"a_token":{"b":1},"password":12}`},
		{name: "the word in a text", got: `{"message":"no \"token\": none"}`},
		{name: "fragment", url: "http://h/#access_token=c1&state=x", want: []string{"c1"}},
		{name: "fragment in Referer", request: header("Referer", "https://h/cb#access_token=c1&token_type=bearer"), want: []string{"c1"}},
		{name: "fragment in a body", got: `{"u":"https://h/cb#access_token=c1\u0026x=2"}`, want: []string{"c1", `c1\u0026x=2`}},
		{
			name: "query, other names", url: "http://h/?apikey=c1&key=c2&sig=c3&X-Amz-Signature=c4&pwd=c5&pat=c6&jwt=c7&code=c8&api_key=c9&status_code=no&keyset=no&key=default",
			want: []string{"c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9"},
		},
		{name: "query in the query", url: "http://h/?to=https%3A%2F%2Fh%2F%3Fprivate_token%3Dc1%26x%3D2", want: []string{"c1"}},
		{name: "form, other names", request: header("Content-Type", form), sent: "pwd=c1&client_assertion=c2&key=c3&name=x", want: []string{"c1", "c2", "c3"}},
		{name: "JSON, more names", got: `{"jwt":"c1","api_key":"c2","pwd":"c3","key":"c4","code":"invalid_request","keys":"no","private_key":"c5"}`, want: []string{"c1", "c2", "c3", "c4", "c5"}},
		{name: "JSON, the name escaped", got: `{"t\u006fken":"c1","toke\u006e":"c2"}`, want: []string{"c1", "c2"}},
		{name: "JSON in JSON", got: `{"body":"{\"token\":\"c1\",\"name\":\"x\"}"}`, want: []string{"c1"}},
		{name: "a sentence about a token", got: `{"message":{"token":["has already been taken"]},"error":"Token: invalid"}`},
		{name: "headers, other names", request: header("X-Amz-Signature", "c1"), response: header("X-Gitlab-Jwt", "c2"), want: []string{"c1", "c2"}},
		{
			name: "Sec-WebSocket-Protocol", request: header("Sec-Websocket-Protocol", "graphql-ws, base64url.bearer.authorization.k8s.io.Y2FuYXJ5LWNhbmFyeQ"),
			want: []string{"base64url.bearer.authorization.k8s.io.Y2FuYXJ5LWNhbmFyeQ", "Y2FuYXJ5LWNhbmFyeQ", "canary-canary"},
		},
		{name: "a text that quotes a header", got: `{"message":"curl -H \"PRIVATE-TOKEN: c1\" -H 'Authorization: Bearer c2' failed"}`, want: []string{"c1", "c2"}},
		{name: "a text that quotes curl -u", got: `{"message":"curl -u user:c1 https://h/ or --user \"me:c2\""}`, want: []string{"c1", "c2"}},
		{name: "a form that quotes a header", request: header("Content-Type", form), sent: "name=PRIVATE-TOKEN%3A+c1", want: []string{"c1"}},
		{name: "nothing", url: "http://h/?page=1", request: header("Accept", "*/*"), got: `{"message":"404 Not found"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			u, err := url.Parse(tt.url)
			require.NoError(t, err)
			var f redact.Finder
			f.URL(u)
			f.Header(tt.request)
			f.Body(tt.request, []byte(tt.sent))
			f.Header(tt.response)
			f.Body(tt.response, []byte(tt.got))
			assert.ElementsMatch(t, tt.want, f.Secrets())
		})
	}
	var none redact.Finder
	none.URL(nil)
	none.Text("refused")
	assert.Empty(t, none.Secrets())
}

func FuzzFinder(f *testing.F) {
	f.Add("a=b&private_token=c", "application/json", `{"token":"x\"}`)
	f.Add("://u:p@h", "multipart/form-data", "name=\"token\"\r\n\r\nx")
	f.Fuzz(func(_ *testing.T, text, contentType, body string) {
		var f redact.Finder
		f.URL(&url.URL{RawQuery: text})
		f.Header(http.Header{"Authorization": {text}, "Cookie": {text}, "Link": {text}})
		f.Body(http.Header{"Content-Type": {contentType}}, []byte(body))
	})
}
