package wire_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"example.com/gitlab-agents/contract/wire"
)

// BenchmarkSecrets looks for credentials in an ordinary exchange: a page of a hundred agents.
func BenchmarkSecrets(b *testing.B) {
	const agent = `{"id":1002,"name":"alpha","config_project":{"id":1,"description":"first project","name":"Alpha","name_with_namespace":"G / Alpha","path":"alpha","path_with_namespace":"g/alpha","created_at":"2026-11-22T11:55:10.067Z"},"created_at":"2026-11-22T11:55:10.067Z","created_by_user_id":2},`
	x := &wire.Exchange{
		Request: wire.Request{
			Method: "GET", URL: &url.URL{Scheme: "https", Host: "h", Path: "/api/v4/projects/5/cluster_agents", RawQuery: "per_page=100&page=2"},
			Header: http.Header{"Private-Token": {"glpat-0123456789abcdefghij"}, "User-Agent": {"x"}, "Accept": {"*/*"}},
		},
		Response: &wire.Response{
			StatusCode: 200, Body: []byte("[" + strings.Repeat(agent, 100) + "{}]"),
			Header: http.Header{"Content-Type": {"application/json"}, "X-Page": {"2"}, "X-Per-Page": {"100"}, "X-Request-Id": {"01J"}, "Date": {"Sun, 22 Nov 2026 11:55:10 GMT"}, "Link": {`<https://h/api/v4/projects/5/cluster_agents?id=5&page=1&per_page=100>; rel="first"`}},
		},
	}
	b.SetBytes(int64(len(x.Response.Body)))
	b.ReportAllocs()
	for b.Loop() {
		wire.Secrets(x)
	}
}
