package fakegitlab_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// FuzzRequest sends arbitrary requests. No request causes a panic, responses with the content type of JSON are JSON,
// and only the response that creates a token contains its secret.
func FuzzRequest(f *testing.F) {
	f.Add("GET", "/api/v4/projects/20/cluster_agents", "page=1&per_page[]=2&a[b][]=c", "", "", "")
	f.Add("POST", "/api/v4/projects/20/cluster_agents", "", "application/json", `{"name":1.5e300,"a":[{"b":"\u0000"}]}`, "")
	f.Add("POST", "/api/v4/projects/root%2Ftest/cluster_agents/1/tokens", "name=x", "multipart/form-data; boundary=B", "--B\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nx\r\n--B--\r\n", "")
	f.Add("DELETE", "/api/v4/projects/20/cluster_agents/1/tokens/1", "", "application/x-www-form-urlencoded", "a=b&c[d]=%00", "Sun, 01 Jan 2023 00:00:00 GMT")
	f.Add("OPTIONS", "//api/v4//projects/%2e/cluster_agents/1.json/", "format=xml", "bogus", "x", "2020-01-01")
	f.Fuzz(func(t *testing.T, method, path, query, contentType, body, since string) {
		target, err := url.ParseRequestURI(path)
		if err != nil || target.Host != "" || method == "" || strings.ContainsAny(method, " \r\n\t") {
			t.Skip("a client cannot send this URL or method")
		}
		request, err := http.NewRequest(method, "http://gitlab.example.com/", strings.NewReader(body))
		if err != nil {
			t.Skip("a client cannot send this: ", err)
		}
		request.URL.Path, request.URL.RawPath, request.URL.RawQuery = target.Path, target.RawPath, query
		request.Header = http.Header{"Content-Type": {contentType}, "If-Unmodified-Since": {since}, "Private-Token": {"glpat-owner"}}

		server := newServer(t, fakegitlab.Logger(slog.New(panics{t})))
		created(t, server, agentsPath, `{"name":"a"}`)
		_, secret := created(t, server, agentsPath+"/1/tokens", `{"name":"t"}`)
		recorder := httptest.NewRecorder()
		server.ServeHTTP(recorder, request)
		if recorder.Header().Get("Content-Type") == "application/json" && !json.Valid(recorder.Body.Bytes()) {
			t.Errorf("not JSON: %q", recorder.Body)
		}
		if strings.Contains(recorder.Body.String(), secret) {
			t.Errorf("the response contains the secret of a token: %s", recorder.Body)
		}
	})
}

// panics is a log that fails the test when the server logs a panic.
type panics struct{ t *testing.T }

func (panics) Enabled(context.Context, slog.Level) bool { return true }
func (p panics) WithAttrs([]slog.Attr) slog.Handler     { return p }
func (p panics) WithGroup(string) slog.Handler          { return p }
func (p panics) Handle(_ context.Context, record slog.Record) error {
	if record.Level >= slog.LevelError {
		record.Attrs(func(a slog.Attr) bool {
			p.t.Error(a)
			return true
		})
	}
	return nil
}
