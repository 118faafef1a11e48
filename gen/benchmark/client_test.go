// Package benchmark_test sets the facade beside three other ways to the same two answers, from a server in the same process
// whose share is in the numbers. It is a module of its own, so that no program that imports the client meets client-go.
//
//	go test -bench . -benchmem -count 10
package benchmark_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"

	"example.com/gitlab-agents/generated/clusteragents"
	"example.com/gitlab-agents/generated/oapi"
)

const (
	token   = "glpat-benchmark-token"
	project = 20
	agentID = 5
	tokenID = 7
)

// A contestant lists 100 agents, and gets one token unless get is nil.
type contestant struct {
	name string
	list func(context.Context) (int, error)
	get  func(context.Context) (string, error)
}

func BenchmarkList(b *testing.B) {
	for _, c := range contestants(b, startServer(b)) {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if n, err := c.list(b.Context()); err != nil || n != 100 {
					b.Fatal(n, err)
				}
			}
		})
	}
}

func BenchmarkGet(b *testing.B) {
	for _, c := range contestants(b, startServer(b)) {
		if c.get == nil {
			continue
		}
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if name, err := c.get(b.Context()); err != nil || name != "abcd" {
					b.Fatal(name, err)
				}
			}
		})
	}
}

// The facade does more than the reader by hand, and allocates no more.
func TestFacadeAllocatesNoMoreThanByHand(t *testing.T) {
	results := make(map[string][2]testing.BenchmarkResult)
	for _, c := range contestants(t, startServer(t)) {
		if c.name != "hand" && c.name != "facade" {
			continue
		}
		results[c.name] = [2]testing.BenchmarkResult{
			testing.Benchmark(func(b *testing.B) {
				for b.Loop() {
					if _, err := c.list(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
			}),
			testing.Benchmark(func(b *testing.B) {
				for b.Loop() {
					if _, err := c.get(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
			}),
		}
	}
	for i, what := range []string{"list", "get"} {
		hand, facade := results["hand"][i], results["facade"][i]
		// Bytes vary by a few percent with what the connections of a run happened to buffer; under the race detector more.
		if facade.AllocsPerOp() > hand.AllocsPerOp() || facade.AllocedBytesPerOp() > hand.AllocedBytesPerOp()*105/100 {
			t.Errorf("%s: by hand%s, facade%s", what, hand.MemString(), facade.MemString())
		}
	}
}

func contestants(b testing.TB, url string) []contestant {
	b.Helper()
	facade, err := clusteragents.New(url, clusteragents.PrivateToken(token))
	if err != nil {
		b.Fatal(err)
	}
	stock, err := oapi.NewClientWithResponses(url+"/api/v4", oapi.WithRequestEditorFn(
		func(_ context.Context, r *http.Request) error {
			r.Header.Set("PRIVATE-TOKEN", token)
			return nil
		}))
	if err != nil {
		b.Fatal(err)
	}
	clientGo, err := gitlab.NewClient(token, gitlab.WithBaseURL(url))
	if err != nil {
		b.Fatal(err)
	}
	perPage := clusteragents.PerPage(100)
	id := clusteragents.ProjectID(project)

	return []contestant{
		{"hand", func(ctx context.Context) (int, error) {
			var agents []clusteragents.Agent
			err := byHand(ctx, fmt.Sprintf("%s/api/v4/projects/%d/cluster_agents?per_page=100", url, project), &agents)
			return len(agents), err
		}, func(ctx context.Context) (string, error) {
			var t clusteragents.AgentToken
			err := byHand(ctx, fmt.Sprintf("%s/api/v4/projects/%d/cluster_agents/%d/tokens/%d", url, project, agentID, tokenID), &t)
			return t.Name, err
		}},
		{"client-go", func(ctx context.Context) (int, error) {
			agents, _, err := clientGo.ClusterAgents.ListAgents(project,
				&gitlab.ListAgentsOptions{ListOptions: gitlab.ListOptions{PerPage: 100}}, gitlab.WithContext(ctx))
			return len(agents), err
		}, func(ctx context.Context) (string, error) {
			t, _, err := clientGo.ClusterAgents.GetAgentToken(project, agentID, tokenID, gitlab.WithContext(ctx))
			if err != nil {
				return "", err
			}
			return t.Name, nil
		}},
		{"stock", func(ctx context.Context) (int, error) {
			response, err := stock.ListAgentsWithResponse(ctx, id, &oapi.ListAgentsParams{PerPage: new(oapi.PerPage(100))})
			if err != nil {
				return 0, err
			}
			return len(*response.JSON200), nil
		}, func(ctx context.Context) (string, error) {
			response, err := stock.GetAgentTokenWithResponse(ctx, id, agentID, tokenID, nil)
			if err != nil {
				return "", err
			}
			return response.JSON200.Name, nil
		}},
		{"facade", func(ctx context.Context) (int, error) {
			page, err := facade.ListAgents(ctx, id, perPage)
			return len(page.Items), err
		}, func(ctx context.Context) (string, error) {
			t, err := facade.GetAgentToken(ctx, id, agentID, tokenID)
			return t.Name, err
		}},
		{"facade-iterator", func(ctx context.Context) (n int, _ error) {
			for _, err := range facade.Agents(ctx, id, perPage) {
				if err != nil {
					return n, err
				}
				n++
			}
			return n, nil
		}, nil},
	}
}

// byHand is what one would write without a client: one buffer of Content-Length, one json.Unmarshal.
func byHand(ctx context.Context, url string, answer any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	request.Header.Set("PRIVATE-TOKEN", token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s", response.Status)
	}
	body := make([]byte, response.ContentLength)
	if _, err := io.ReadFull(response.Body, body); err != nil {
		return err
	}
	return json.Unmarshal(body, answer)
}

// startServer answers as GitLab does, from memory: 100 agents on one page, and one token.
func startServer(b testing.TB) string {
	agents := manyAgents(1, 100)
	some := "Some token"
	list := answer(b, agents, "100")
	one := answer(b, clusteragents.AgentToken{
		ID: tokenID, Name: "abcd", Description: &some, AgentID: agentID, Status: clusteragents.AgentTokenStatusActive,
		CreatedAt: created, CreatedByUserID: new(int64(42)),
	}, "")

	const path = "/api/v4/projects/20/cluster_agents"
	mux := http.NewServeMux()
	mux.HandleFunc(path, list)
	mux.HandleFunc(path+"/5/tokens/7", one)
	mux.HandleFunc("/", http.NotFound) // client-go asks for the API's root first
	server := httptest.NewServer(mux)
	b.Cleanup(server.Close)
	return server.URL
}

var created = time.Date(2022, 4, 20, 20, 42, 40, 221e6, time.UTC)

// manyAgents are n agents with ids from first on.
func manyAgents(first, n int) []clusteragents.Agent {
	agents := make([]clusteragents.Agent, n)
	for i := range agents {
		agents[i] = clusteragents.Agent{
			ID:   int64(first + i),
			Name: fmt.Sprintf("agent-%d", first+i),
			ConfigProject: clusteragents.ConfigProject{
				ID: project, Description: new(""), Name: "test", NameWithNamespace: "Administrator / test",
				Path: "test", PathWithNamespace: "root/test", CreatedAt: created,
			},
			CreatedAt: created, CreatedByUserID: new(int64(42)),
		}
	}
	return agents
}

// answer is a handler that sends a value as JSON, with the headers of pagination if it has a total.
func answer(b testing.TB, value any, total string) http.HandlerFunc {
	b.Helper()
	body, err := json.Marshal(value)
	if err != nil {
		b.Fatal(err)
	}
	length := strconv.Itoa(len(body))
	return func(w http.ResponseWriter, _ *http.Request) {
		header := w.Header()
		header.Set("Content-Type", "application/json")
		header.Set("Content-Length", length)
		if total != "" {
			header.Set("X-Page", "1")
			header.Set("X-Per-Page", "100")
			header.Set("X-Next-Page", "")
			header.Set("X-Prev-Page", "")
			header.Set("X-Total", total)
			header.Set("X-Total-Pages", "1")
		}
		_, _ = w.Write(body)
	}
}
