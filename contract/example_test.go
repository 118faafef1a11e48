package contract_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/har"
	"example.com/gitlab-agents/contract/wire"
	"example.com/gitlab-agents/generated/clusteragents"
)

// Run checks a GitLab. Here it is the fake one; of all rules, those about tokens are tested.
func ExampleRun() {
	gitlab, err := fakegitlab.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(gitlab)
	defer server.Close()

	result, err := contract.Run(context.Background(), contract.Target{
		URL:     server.URL,
		Project: "root/test",
		Tokens:  map[contract.Role]string{contract.Maintainer: "glpat-maintainer"},
	}, contract.Options{Rules: []string{"tokens/*"}, Skip: []string{"tokens/secret-*"}})
	if err != nil {
		fmt.Println(err) // a *SetupError says what to do
		return
	}
	for _, rule := range result.Broken(false) {
		fmt.Println(rule.Rule.ID, rule.Rule.Sentence)
	}
	fmt.Println("GitLab", result.Release, "exit", int(result.Exit(false)))
	// Output:
	// GitLab 19.1 exit 0
}

// Test is Run as a Go test. Each rule is a subtest, so that `go test -run 'TestConformance/tokens'` shows those about
// tokens.
func ExampleTest() {
	testConformance := func(t *testing.T) {
		contract.Test(t, contract.Target{
			URL:     os.Getenv("GITLAB_URL"),
			Project: os.Getenv("GITLAB_PROJECT"),
			Tokens:  map[contract.Role]string{contract.Maintainer: os.Getenv("GITLAB_TOKEN")},
		}, contract.Options{})
	}
	_ = testConformance // in a test file: func TestConformance(t *testing.T)
}

// Watch judges what a program does anyway. In a test, watcher.Check(t) fails the test for each violation.
func ExampleWatch() {
	gitlab, err := fakegitlab.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(gitlab)
	defer server.Close()

	watcher, err := contract.Watch(nil, contract.JudgeOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := clusteragents.New(server.URL, clusteragents.PrivateToken("glpat-maintainer"), clusteragents.HTTPClient(&http.Client{Transport: watcher}))
	if err != nil {
		fmt.Println(err)
		return
	}
	agent, err := client.CreateAgent(context.Background(), clusteragents.ProjectPath("root/test"), clusteragents.CreateAgentRequest{Name: "prod"})
	fmt.Println(agent.Name, err)

	result := watcher.Result()
	fmt.Println(result.Judged, "exchange,", len(result.Findings), "findings")
	// Output:
	// prod <nil>
	// 1 exchange, 0 findings
}

// WatchHandler does the same on the side of a server, such as a fake GitLab of your own.
func ExampleWatchHandler() {
	yours := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Request-Id", "01JD8Z")
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"message":"404 Agent Not Found"}`)
	})
	watcher, handler, err := contract.WatchHandler(yours, contract.JudgeOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/api/v4/projects/20/cluster_agents/1", nil))
	for _, f := range watcher.Result().Findings {
		fmt.Println(f.Rule, f.Outcome)
		fmt.Println("expected", f.Expected)
		fmt.Println("actual", f.Actual)
	}
	// Output:
	// errors/not-found-text violation
	// expected one of ["404 Project Not Found" "404 Not found"]
	// actual "404 Agent Not Found"
}

// Verify judges exchanges that were recorded, here in a HAR file.
func ExampleVerify() {
	file, err := os.Open("har/testdata/gitlab-19.1.har.json")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer file.Close()

	exchanges := func(yield func(*wire.Exchange) bool) {
		for entry, err := range har.Entries(file) {
			if err == nil && !yield(entry.Exchange) {
				return
			}
		}
	}
	result, err := contract.Verify(exchanges, contract.JudgeOptions{Release: contract.Release{Major: 19, Minor: 1}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(result.Broken(true)), "rules violated,", result.Exchanges, "exchanges, exit", int(result.Exit(true)))
	// Output:
	// 0 rules violated, 196 exchanges, exit 0
}
