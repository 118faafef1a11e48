package proxy_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/document"
	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/faults"
	"example.com/gitlab-agents/contract/har"
	"example.com/gitlab-agents/contract/internal/racedetector"
	"example.com/gitlab-agents/contract/proxy"
	"example.com/gitlab-agents/contract/wire"
)

// broken runs a fake with faults until the test ends.
func broken(t *testing.T, names ...string) string {
	t.Helper()
	var list []faults.Fault
	for _, name := range names {
		fault, err := faults.Named(name)
		require.NoError(t, err)
		list = append(list, fault)
	}
	fake, err := fakegitlab.New(faults.Options(list...)...)
	require.NoError(t, err)
	server := httptest.NewServer(faults.Around(fake, list...))
	t.Cleanup(server.Close)
	return server.URL
}

// as makes requests as the maintainer.
func as(t *testing.T, base, method, path, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, base+"/api/v4"+path, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Private-Token", "glpat-maintainer")
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(text)
}

// target is what a check needs to know of the fake.
func target(url string) contract.Target {
	return contract.Target{URL: url, Project: "root/test", OtherProject: "root/other", Tokens: map[contract.Role]string{
		contract.Maintainer: "glpat-maintainer", contract.Developer: "glpat-developer",
		contract.Guest: "glpat-guest", contract.Stranger: "glpat-stranger",
	}}
}

func violated(result *contract.Result) (ids []string) {
	for _, rule := range result.Rules {
		if rule.Outcome == contract.Violation {
			ids = append(ids, rule.Rule.ID)
		}
	}
	return ids
}

// A whole check goes through the proxy: it and the proxy find the same, and so does who reads the recording.
func TestCheckThroughProxy(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		fault []string
		finds []string
	}{
		{"a GitLab", nil, nil},
		{"one that shows no secret", []string{"secret-missing"}, []string{"document/body", "tokens/secret-on-create"}},
		{"one that lists secrets", []string{"secret-in-list"}, []string{"tokens/secret-only-on-create"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "traffic.har")
			recording, err := har.Create(file, nil, "1")
			require.NoError(t, err)
			var printed []contract.Finding
			p, base := start(t, proxy.Options{
				Upstream: parse(t, broken(t, test.fault...)), Record: recording,
				Found: func(f contract.Finding) { printed = append(printed, f) },
			})
			checked, err := contract.Run(t.Context(), target(base), contract.Options{})
			require.NoError(t, err)
			assert.Empty(t, checked.Left)

			result := p.Result()
			assert.Zero(t, p.Dropped())
			assert.Equal(t, result.Exchanges, result.Judged+others(t, file))
			assert.Len(t, result.Misses, 4, "%v", result.Misses)
			assert.Len(t, printed, len(result.Findings))
			for _, rule := range test.finds {
				assert.Contains(t, violated(result), rule)
			}
			if test.finds == nil {
				assert.Empty(t, violated(result))
			}
			for _, f := range result.Findings {
				if test.finds == nil {
					assert.Equal(t, "document/request", f.Rule, f) // a check asks what is not allowed, on purpose
				}
			}

			read, err := contract.Verify(entries(t, file), contract.JudgeOptions{})
			require.NoError(t, err)
			assert.Subset(t, violated(result), violated(read))
			assert.Equal(t, result.Exchanges, read.Exchanges)
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.NotContains(t, string(text), "glpat-")
			assert.NotContains(t, string(text), "glagent-")
		})
	}
}

// entries are the exchanges of a recording.
func entries(t *testing.T, file string) func(func(*wire.Exchange) bool) {
	return func(yield func(*wire.Exchange) bool) {
		f, err := os.Open(file)
		require.NoError(t, err)
		defer f.Close()
		for entry, err := range har.Entries(f) {
			require.NoError(t, err)
			if !yield(entry.Exchange) {
				return
			}
		}
	}
}

// others is how many requests of a recording are none of the operations: those for the version, and those that nearly are one.
func others(t *testing.T, file string) (n int) {
	doc, err := document.Load()
	require.NoError(t, err)
	for x := range entries(t, file) {
		if _, is := doc.Route(x.Request.Method, x.Request.URL); !is {
			n++
		}
	}
	return n
}

// An answer that violates a MUST is replaced; one that conforms or belongs to another operation is not.
func TestEnforce(t *testing.T) {
	t.Parallel()
	upstream := broken(t, "secret-missing")
	p, base := start(t, proxy.Options{Upstream: parse(t, upstream), Enforce: true})

	status, body := as(t, base, "POST", "/projects/20/cluster_agents", `{"name":"enforced"}`)
	require.Equal(t, 201, status, body)
	var agent struct{ ID int }
	require.NoError(t, json.Unmarshal([]byte(body), &agent))
	_, direct := as(t, upstream, "GET", fmt.Sprintf("/projects/20/cluster_agents/%d", agent.ID), "")
	assert.JSONEq(t, direct, body)

	status, body = as(t, base, "POST", fmt.Sprintf("/projects/20/cluster_agents/%d/tokens", agent.ID), `{"name":"ci"}`)
	assert.Equal(t, 502, status)
	var problem struct {
		Status          int
		Detail, Message string
		Violations      []struct{ Rule, Pointer, Expected, Actual string }
	}
	require.NoError(t, json.Unmarshal([]byte(body), &problem), body)
	assert.Equal(t, 502, problem.Status)
	assert.Contains(t, problem.Message, "glagents proxy: The answer of the GitLab, 201, violates ")
	assert.Equal(t, "/token", problem.Violations[0].Pointer)

	status, _ = as(t, base, "GET", "/user", "")
	assert.Equal(t, 200, status)
	assert.Contains(t, violated(p.Result()), "tokens/secret-on-create")
}

// An answer that is too long to be judged at once is delivered as it comes, also under --enforce.
func TestLongAnswer(t *testing.T) {
	t.Parallel()
	long := "[" + strings.Repeat(" ", 3<<20) + "]"
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, long)
	}))
	t.Cleanup(upstream.Close)
	for _, enforce := range []bool{false, true} {
		p, base := start(t, proxy.Options{Upstream: parse(t, upstream.URL), Enforce: enforce})
		status, body := as(t, base, "GET", "/projects/20/cluster_agents", "")
		assert.Equal(t, 200, status)
		assert.True(t, body == long)
		assert.Equal(t, 1, p.Result().Judged)
	}
}

// Without room in the buffer exchanges are not judged, and counted. They are delivered as ever.
func TestNoRoom(t *testing.T) {
	t.Parallel()
	p, base := start(t, proxy.Options{Upstream: parse(t, fakegitlab.Start(t).URL), Buffer: 1})
	for range 5 {
		status, _ := as(t, base, "GET", "/projects/20/cluster_agents", "")
		assert.Equal(t, 200, status)
	}
	assert.Equal(t, 5, p.Dropped())
	assert.Zero(t, p.Result().Judged)
}

// Judging that takes for ever delays no response.
func TestSlowJudge(t *testing.T) {
	t.Parallel()
	going := make(chan struct{})
	p, base := start(t, proxy.Options{
		Upstream: parse(t, broken(t, "secret-in-list")),
		Found:    func(contract.Finding) { <-going },
	})
	_, body := as(t, base, "POST", "/projects/20/cluster_agents", `{"name":"slow"}`)
	var agent struct{ ID int }
	require.NoError(t, json.Unmarshal([]byte(body), &agent))
	tokens := fmt.Sprintf("/projects/20/cluster_agents/%d/tokens", agent.ID)
	as(t, base, "POST", tokens, `{"name":"ci"}`)
	for range 50 {
		status, _ := as(t, base, "GET", tokens, "")
		assert.Equal(t, 200, status)
	}
	close(going)
	assert.Equal(t, 52, p.Result().Judged)
}

// Many exchanges at once are all judged, and what one client sees is its own.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	n := 2000
	switch {
	case os.Getenv("NIGHTLY") != "":
		n = 10_000
	case racedetector.On:
		n = 500
	}
	p, base := start(t, proxy.Options{Upstream: parse(t, fakegitlab.Start(t).URL)})
	var clients sync.WaitGroup
	for worker := range 20 {
		clients.Go(func() {
			for i := range n / 20 {
				status, body := as(t, base, "GET", fmt.Sprintf("/projects/20/cluster_agents/%d", 1_000_000+worker*10_000+i), "")
				assert.Equal(t, 404, status, body)
			}
		})
	}
	clients.Wait()
	result := p.Result()
	assert.Equal(t, n, result.Judged+p.Dropped())
	assert.Empty(t, violated(result))
}

// zeros is a body of any length.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// Bodies of any size pass through in little memory, on the way there and back, whatever the path. Tests that run at the
// same time would be counted too, so this one runs alone.
func TestLargeBodies(t *testing.T) {
	racedetector.Skip(t)
	size := int64(64 << 20)
	if os.Getenv("NIGHTLY") != "" {
		size = 1 << 30
	}
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil || n != size {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		_, _ = io.CopyN(w, zeros{}, size)
	}))
	t.Cleanup(upstream.Close)
	_, base := start(t, proxy.Options{Upstream: parse(t, upstream.URL)})
	for _, path := range []string{"/api/v4/projects/20/packages/generic/a/1/b", "/api/v4/projects/20/cluster_agents"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+path, io.LimitReader(zeros{}, size))
		require.NoError(t, err)
		request.ContentLength = size
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		n, err := io.Copy(io.Discard, response.Body)
		require.NoError(t, err)
		response.Body.Close()
		runtime.ReadMemStats(&after)
		assert.Equal(t, 200, response.StatusCode)
		assert.Equal(t, size, n)
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(16<<20), path)
	}
}

// Without an upstream there is a clean answer.
func TestUpstreamIsDown(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(nil)
	gone.Close()
	p, base := start(t, proxy.Options{Upstream: parse(t, gone.URL+"/gitlab")})
	for _, path := range []string{"/user", "/projects/20/cluster_agents"} {
		status, body := as(t, base, "GET", path, "")
		assert.Equal(t, 502, status)
		assert.Contains(t, body, "cannot be reached")
		assert.Contains(t, body, "connection refused")
	}
	assert.Empty(t, violated(p.Result()))
}

// An upstream that does not begin to answer in time is answered for.
// TestUpstreamIsDownForBodies sends requests with bodies, one after the other over one connection. The server must be done with
// each body before it reads the next request.
func TestUpstreamIsDownForBodies(t *testing.T) {
	t.Parallel()
	var said bytes.Buffer
	upstream, err := url.Parse("http://127.0.0.1:1")
	require.NoError(t, err)
	for _, size := range []int{10, 100_000, 1_000_000, 10_000_000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			_, address := start(t, proxy.Options{Upstream: upstream, Log: log.New(&said, "", 0)})
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for range 20 {
				resp, err := client.Post(address+"/api/v4/projects/20/cluster_agents", "application/json", strings.NewReader(strings.Repeat("a", size)))
				require.NoError(t, err)
				body, err := io.ReadAll(resp.Body)
				require.NoError(t, err)
				resp.Body.Close()
				require.Equal(t, http.StatusBadGateway, resp.StatusCode)
				require.Contains(t, string(body), "cannot be reached")
			}
		})
	}
	assert.Empty(t, said.String())
}

func TestUpstreamIsSlow(t *testing.T) {
	t.Parallel()
	upstream := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(upstream.Close)
	_, base := start(t, proxy.Options{Upstream: parse(t, upstream.URL), Transport: proxy.NewTransport(nil, 20*time.Millisecond)})
	status, body := as(t, base, "GET", "/user", "")
	assert.Equal(t, 504, status)
	assert.Contains(t, body, "did not answer in time")
}

// A reverse proxy is not what HTTP_PROXY needs, and says so.
func TestUsedAsForwardProxy(t *testing.T) {
	t.Parallel()
	_, base := start(t, proxy.Options{Upstream: parse(t, "http://127.0.0.1:1")})
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(parse(t, base))}}
	response, err := client.Get("http://gitlab.example.com/api/v4/user")
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	assert.Equal(t, 400, response.StatusCode)
	assert.Contains(t, string(body), "not as HTTP_PROXY")
}

// A GitLab under a relative root has its links and its cookies there, so the target stays as it is.
func TestRelativeRoot(t *testing.T) {
	t.Parallel()
	gitlab := fakegitlab.Start(t, fakegitlab.RelativeRoot("/gitlab"))
	p, base := start(t, proxy.Options{Upstream: parse(t, gitlab.URL)})
	status, body := as(t, base+"/gitlab", "GET", "/projects/root%2Ftest/cluster_agents", "")
	assert.Equal(t, 200, status, body)
	assert.Equal(t, 1, p.Result().Judged)
	assert.Empty(t, p.Result().Findings)
}

// Tokens are not in what is logged, found or recorded, whatever goes wrong.
func TestNoTokens(t *testing.T) {
	t.Parallel()
	const canary = "canary-0123456789abcdef"
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/1") {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"message":%q,"x":%q}`, r.Header.Get("Private-Token"), r.URL.String())
	}))
	t.Cleanup(upstream.Close)
	var logged, found, recorded bytes.Buffer // each is written by a goroutine of its own
	recording := har.NewWriter(&recorded, nil, "1")
	p, base := start(t, proxy.Options{
		Upstream: parse(t, upstream.URL), Record: recording, Log: log.New(&logged, "", 0),
		Found: func(f contract.Finding) { fmt.Fprintln(&found, f) },
	})
	for _, path := range []string{"", "/1", "/2?private_token=" + canary} {
		request, err := http.NewRequestWithContext(t.Context(), "GET", base+"/api/v4/projects/20/cluster_agents"+path, nil)
		require.NoError(t, err)
		request.Header.Set("Private-Token", canary)
		if response, err := http.DefaultClient.Do(request); err == nil {
			response.Body.Close()
		}
	}
	result := p.Result()
	assert.Equal(t, 3, result.Judged)
	assert.NotEmpty(t, logged.String())
	assert.NotEmpty(t, found.String())
	assert.NotContains(t, logged.String()+found.String()+recorded.String()+fmt.Sprint(result.Findings), canary)
}

// What cannot be an upstream is refused.
func TestOptions(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "gitlab.example.com", "ftp://gitlab.example.com", "https://me:secret@gitlab.example.com"} {
		_, err := proxy.New(proxy.Options{Upstream: parse(t, text)})
		require.Error(t, err, text)
		assert.NotContains(t, err.Error(), "secret")
	}
	_, err := proxy.New(proxy.Options{})
	require.Error(t, err)
	_, err = proxy.New(proxy.Options{Upstream: parse(t, "https://gitlab.example.com"), Judge: contract.JudgeOptions{Rules: []string{"nowhere/*"}}})
	require.Error(t, err)
}
