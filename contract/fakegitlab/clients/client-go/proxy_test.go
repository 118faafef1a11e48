package clientgo

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	gitlab "gitlab.com/gitlab-org/api/client-go/v2"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/har"
	"example.com/gitlab-agents/contract/proxy"
)

// seen is a transport that keeps the bodies of answers.
type seen struct{ bodies [][]byte }

func (s *seen) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	s.bodies = append(s.bodies, body)
	return resp, err
}

// steps are all eight operations.
func steps(t *testing.T, c *gitlab.Client) {
	t.Helper()
	agents := c.ClusterAgents
	agent, _, err := agents.RegisterAgent(20, &gitlab.RegisterAgentOptions{Name: gitlab.Ptr("prod")})
	require.NoError(t, err)
	_, _, err = agents.GetAgent(20, agent.ID)
	require.NoError(t, err)
	_, _, err = agents.ListAgents("root/test", nil)
	require.NoError(t, err)
	token, _, err := agents.CreateAgentToken(20, agent.ID, &gitlab.CreateAgentTokenOptions{Name: gitlab.Ptr("ci")})
	require.NoError(t, err)
	_, _, err = agents.GetAgentToken(20, agent.ID, token.ID)
	require.NoError(t, err)
	_, _, err = agents.ListAgentTokens(20, agent.ID, nil)
	require.NoError(t, err)
	_, err = agents.RevokeAgentToken(20, agent.ID, token.ID)
	require.NoError(t, err)
	_, err = agents.DeleteAgent(20, agent.ID)
	require.NoError(t, err)
}

// Through the proxy the client sees what the fake sends, byte for byte, and the proxy finds nothing wrong with either.
func TestThroughProxy(t *testing.T) {
	t.Parallel()
	var sent [][]byte
	fake, err := fakegitlab.New()
	require.NoError(t, err)
	upstream := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kept := &keeper{ResponseWriter: w}
		fake.ServeHTTP(kept, r)
		sent = append(sent, kept.body.Bytes())
	}))
	u, err := url.Parse(upstream)
	require.NoError(t, err)
	p, err := proxy.New(proxy.Options{Upstream: u})
	require.NoError(t, err)

	var transport seen
	steps(t, client(t, serve(t, p), gitlab.WithHTTPClient(&http.Client{Transport: &transport})))
	require.Len(t, transport.bodies, 8)
	for i := range sent {
		assert.Equal(t, string(sent[i]), string(transport.bodies[i]))
	}
	require.NoError(t, p.Close())
	result := p.Result()
	assert.Equal(t, 8, result.Judged)
	assert.Empty(t, result.Findings)
}

type keeper struct {
	http.ResponseWriter
	body bytes.Buffer
}

func (k *keeper) Write(p []byte) (int, error) {
	k.body.Write(p)
	return k.ResponseWriter.Write(p)
}

func serve(t *testing.T, handler http.Handler) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := &http.Server{Handler: handler}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return "http://" + listener.Addr().String()
}

// The same in a test of one's own code, without a proxy: the client's transport is watched, and recorded too.
func TestUnderWatch(t *testing.T) {
	t.Parallel()
	var recorded bytes.Buffer
	recording := har.NewWriter(&recorded, nil, "1")
	watcher, err := contract.Watch(nil, contract.JudgeOptions{Observe: recording.Observe})
	require.NoError(t, err)
	steps(t, client(t, fakegitlab.Start(t).URL, gitlab.WithHTTPClient(&http.Client{Transport: watcher})))
	watcher.Check(t)
	assert.Equal(t, 8, watcher.Result().Judged)
	require.NoError(t, recording.Close())
	n := 0
	for _, err := range har.Entries(&recorded) {
		require.NoError(t, err)
		n++
	}
	assert.Equal(t, 8, n)
}
