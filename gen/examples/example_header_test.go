package clusteragents_test

import (
	"context"
	"fmt"
	"net/http"

	"example.com/gitlab-agents/generated/clusteragents"
)

// traced sends the trace id of a request's context in a header.
type traced struct{ http.RoundTripper }

type traceID struct{}

func (t traced) RoundTrip(r *http.Request) (*http.Response, error) {
	if id, ok := r.Context().Value(traceID{}).(string); ok {
		r = r.Clone(r.Context())
		r.Header.Set("X-Trace-Id", id)
		fmt.Println(r.Method, "with the trace id", id)
	}
	return t.RoundTripper.RoundTrip(r)
}

// A header per request needs no option: the transport can add it.
func ExampleHTTPClient_headerPerRequest() {
	url, stop := startGitLab()
	defer stop()

	gitlab, err := clusteragents.New(url,
		clusteragents.PrivateToken("glpat-maintainer"),
		clusteragents.HTTPClient(&http.Client{Transport: traced{http.DefaultTransport}}),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	agent, err := gitlab.GetAgent(context.WithValue(ctx, traceID{}, "4711"), project, 5)
	fmt.Println(agent.Name, err)
	// Output:
	// GET with the trace id 4711
	// prod <nil>
}
