package document

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/wire"
)

// agents is a page of n agents as GitLab sends it; a hundred are 28 kB.
func agents(n int) []byte {
	var b bytes.Buffer
	b.WriteByte('[')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":%d,"name":"agent-%03d","config_project":{"id":5,"description":"","name":"Paginated","name_with_namespace":"My Group / Paginated","path":"paginated","path_with_namespace":"my-group/paginated","created_at":"2024-01-02T03:04:05.678Z"},"created_at":"2026-11-22T11:55:10.067Z","created_by_user_id":2}`, i+1, i+1)
	}
	b.WriteByte(']')
	return b.Bytes()
}

func listOf(tb testing.TB, n int) *wire.Exchange {
	u, err := url.Parse("https://gitlab.example.com/api/v4/projects/5/cluster_agents?per_page=100")
	require.NoError(tb, err)
	return &wire.Exchange{
		Request: wire.Request{Method: "GET", URL: u, Header: http.Header{"Private-Token": {"secret"}}},
		Response: &wire.Response{StatusCode: 200, Body: agents(n), Header: http.Header{
			"Content-Type":  {"application/json"},
			"X-Page":        {"1"},
			"X-Per-Page":    {"100"},
			"X-Next-Page":   {""},
			"X-Prev-Page":   {""},
			"X-Total":       {strconv.Itoa(n)},
			"X-Total-Pages": {"1"},
			"Link":          {`<https://gitlab.example.com/api/v4/projects/5/cluster_agents?id=5&page=1&per_page=100>; rel="first", <https://gitlab.example.com/api/v4/projects/5/cluster_agents?id=5&page=1&per_page=100>; rel="last"`},
			"Etag":          {`W/"186c50061855e601aaffb4199b4b399e"`},
			"X-Request-Id":  {"9dbd8345-29b7-450c-b2a8-7a4c1fc3a100"},
		}},
	}
}

// BenchmarkCheck checks a list of agents, beside what reading it as JSON takes.
func BenchmarkCheck(b *testing.B) {
	doc, err := Load()
	require.NoError(b, err)
	for _, n := range []int{1, 10, 100, 1000, 10_000} {
		x := listOf(b, n)
		b.Run(fmt.Sprintf("agents=%d/json.Unmarshal", n), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(x.Response.Body)))
			for b.Loop() {
				var v any
				if err := json.Unmarshal(x.Response.Body, &v); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("agents=%d/Check", n), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(x.Response.Body)))
			for b.Loop() {
				if findings := doc.Check(x); n <= 100 && len(findings) > 0 {
					b.Fatal(findings)
				}
			}
		})
	}
}
