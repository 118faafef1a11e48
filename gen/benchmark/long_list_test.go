package benchmark_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"

	"example.com/gitlab-agents/generated/clusteragents"
)

// latency is how far away the GitLab with the long list is.
const latency = 50 * time.Millisecond

// BenchmarkLongList reads all agents of a project with an iterator, from a GitLab that is some way off.
func BenchmarkLongList(b *testing.B) {
	for _, agents := range []int{100, 1_000, 10_000} {
		url := startFarServer(b, agents)
		facade, err := clusteragents.New(url, clusteragents.PrivateToken(token))
		if err != nil {
			b.Fatal(err)
		}
		clientGo, err := gitlab.NewClient(token, gitlab.WithBaseURL(url))
		if err != nil {
			b.Fatal(err)
		}
		for _, contestant := range []struct {
			name string
			read func(ctx context.Context) (int, error)
		}{
			{"client-go", func(ctx context.Context) (int, error) { return scan(ctx, clientGo, 0) }},
			{"client-go-100-per-page", func(ctx context.Context) (int, error) { return scan(ctx, clientGo, 100) }},
			{"facade", func(ctx context.Context) (n int, _ error) {
				for _, err := range facade.Agents(ctx, clusteragents.ProjectID(project)) {
					if err != nil {
						return n, err
					}
					n++
				}
				return n, nil
			}},
		} {
			b.Run(fmt.Sprintf("%d/%s", agents, contestant.name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if n, err := contestant.read(b.Context()); err != nil || n != agents {
						b.Fatal(n, err)
					}
				}
			})
		}
	}
}

// scan reads all pages with client-go's own iterator.
func scan(ctx context.Context, client *gitlab.Client, perPage int64) (n int, _ error) {
	for _, err := range gitlab.Scan2(func(next gitlab.PaginationOptionFunc) ([]*gitlab.Agent, *gitlab.Response, error) {
		options := &gitlab.ListAgentsOptions{ListOptions: gitlab.ListOptions{PerPage: perPage}}
		return client.ClusterAgents.ListAgents(project, options, next, gitlab.WithContext(ctx))
	}) {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// startFarServer answers pages of 20 or 100 agents from memory, each after a while.
func startFarServer(b *testing.B, agents int) string {
	b.Helper()
	pages := make(map[string][]byte)
	for _, perPage := range []int{20, 100} {
		for page := range (agents + perPage - 1) / perPage {
			entries := manyAgents(page*perPage+1, min(perPage, agents-page*perPage))
			content, err := json.Marshal(entries)
			if err != nil {
				b.Fatal(err)
			}
			pages[fmt.Sprint(page+1, perPage)] = content
		}
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v4/projects/20/cluster_agents" {
			http.NotFound(w, r) // client-go asks for the API's root first
			return
		}
		timer := time.NewTimer(latency)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			return
		}
		page, perPage := number(r, "page", 1), number(r, "per_page", 20)
		header := w.Header()
		header.Set("Content-Type", "application/json")
		header.Set("X-Page", strconv.Itoa(page))
		header.Set("X-Per-Page", strconv.Itoa(perPage))
		header.Set("X-Total", strconv.Itoa(agents))
		header.Set("X-Total-Pages", strconv.Itoa((agents+perPage-1)/perPage))
		header.Set("X-Next-Page", "")
		if page*perPage < agents {
			header.Set("X-Next-Page", strconv.Itoa(page+1))
		}
		_, _ = w.Write(pages[fmt.Sprint(page, perPage)])
	}))
	b.Cleanup(server.Close)
	return server.URL
}

func number(r *http.Request, name string, otherwise int) int {
	if n, err := strconv.Atoi(r.URL.Query().Get(name)); err == nil {
		return n
	}
	return otherwise
}
