package gen_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/generated/clusteragents"
)

// The three kinds of operation that differ in when they are retried.
var (
	read = func(ctx context.Context, g *clusteragents.GitLab) error {
		_, err := g.GetAgent(ctx, project, 5)
		return err
	}
	remove = func(ctx context.Context, g *clusteragents.GitLab) error { return g.DeleteAgent(ctx, project, 5) }
	create = func(ctx context.Context, g *clusteragents.GitLab) error {
		_, err := g.CreateAgentToken(ctx, project, 5, clusteragents.CreateAgentTokenRequest{Name: "ci"})
		return err
	}
)

func TestRepeating(t *testing.T) {
	t.Parallel()
	later := func(status int, header ...string) answer {
		a := answer{status: status, header: map[string]string{"Content-Type": "text/plain"}, body: "Retry later"}
		for i := 0; i < len(header); i += 2 {
			a.header[header[i]] = header[i+1]
		}
		return a
	}
	// A minute past the start of synctest's time, and of a GitLab whose clock is an hour ahead.
	const soon, date, soonThere = "Sat, 01 Jan 2000 00:01:00 GMT", "Sat, 01 Jan 2000 01:00:00 GMT", "Sat, 01 Jan 2000 01:00:20 GMT"
	reset := errors.New("connection reset by peer")
	ok, created, gone := answer{status: 200, body: agentJSON}, answer{status: 201, body: newTokenJSON}, answer{status: 204}

	for name, test := range map[string]struct {
		call     func(context.Context, *clusteragents.GitLab) error
		answers  []answer
		options  []clusteragents.Option
		attempts int
		wait     time.Duration // exactly, unless
		most     time.Duration // it may be as long as this
		status   int           // of the error
	}{
		"429, seconds":            {call: create, answers: []answer{later(429, "Retry-After", "30"), created}, attempts: 2, wait: 30 * time.Second},
		"429, date":               {call: create, answers: []answer{later(429, "Retry-After", soon), created}, attempts: 2, wait: time.Minute},
		"429, date by its clock":  {call: read, answers: []answer{later(429, "Retry-After", soonThere, "Date", date), ok}, attempts: 2, wait: 20 * time.Second},
		"429, date in the past":   {call: read, answers: []answer{later(429, "Retry-After", "Sat, 01 Jan 1999 00:00:00 GMT"), ok}, attempts: 2},
		"429, reset":              {call: create, answers: []answer{later(429, "RateLimit-Reset", "946684845"), created}, attempts: 2, wait: 45 * time.Second},
		"429, Retry-After wins":   {call: read, answers: []answer{later(429, "Retry-After", "5", "RateLimit-Reset", "946684845"), ok}, attempts: 2, wait: 5 * time.Second},
		"429, at once":            {call: read, answers: []answer{later(429, "Retry-After", "0"), ok}, attempts: 2},
		"429, nothing said":       {call: create, answers: []answer{later(429), created}, attempts: 2, wait: 125 * time.Millisecond, most: 250 * time.Millisecond},
		"429, nonsense":           {call: read, answers: []answer{later(429, "Retry-After", "-3"), ok}, attempts: 2, wait: 125 * time.Millisecond, most: 250 * time.Millisecond},
		"429, too long":           {call: read, answers: []answer{later(429, "Retry-After", "61")}, attempts: 1, status: 429},
		"429, absurdly long":      {call: read, answers: []answer{later(429, "Retry-After", "9223372036854775807")}, attempts: 1, status: 429},
		"429, longer allowed":     {call: read, answers: []answer{later(429, "Retry-After", "61"), ok}, options: []clusteragents.Option{clusteragents.MaxWait(2 * time.Minute)}, attempts: 2, wait: 61 * time.Second},
		"429 again and again":     {call: create, answers: []answer{later(429, "Retry-After", "1")}, attempts: 4, wait: 3 * time.Second, status: 429},
		"429, more tries":         {call: create, answers: []answer{later(429, "Retry-After", "1")}, options: []clusteragents.Option{clusteragents.MaxAttempts(6)}, attempts: 6, wait: 5 * time.Second, status: 429},
		"429, one try":            {call: read, answers: []answer{later(429, "Retry-After", "1")}, options: []clusteragents.Option{clusteragents.MaxAttempts(1)}, attempts: 1, status: 429},
		"503, seconds":            {call: create, answers: []answer{later(503, "Retry-After", "10"), created}, attempts: 2, wait: 10 * time.Second},
		"503, create":             {call: create, answers: []answer{later(503, "RateLimit-Reset", "946684845"), created}, attempts: 1, status: 503},
		"503, read":               {call: read, answers: []answer{later(503, "RateLimit-Reset", "946684845"), ok}, attempts: 2, wait: 125 * time.Millisecond, most: 250 * time.Millisecond},
		"502, read":               {call: read, answers: []answer{later(502), later(504), ok}, attempts: 3, wait: 375 * time.Millisecond, most: 750 * time.Millisecond},
		"504, delete":             {call: remove, answers: []answer{later(504), gone}, attempts: 2, wait: 125 * time.Millisecond, most: 250 * time.Millisecond},
		"502, create":             {call: create, answers: []answer{later(502), created}, attempts: 1, status: 502},
		"500":                     {call: read, answers: []answer{later(500), ok}, attempts: 1, status: 500},
		"lost, read":              {call: read, answers: []answer{{err: reset}, ok}, attempts: 2, wait: 125 * time.Millisecond, most: 250 * time.Millisecond},
		"lost, delete":            {call: remove, answers: []answer{{err: reset}, gone}, attempts: 2, wait: 125 * time.Millisecond, most: 250 * time.Millisecond},
		"lost, create":            {call: create, answers: []answer{{err: reset}, created}, attempts: 1},
		"lost again and again":    {call: read, answers: []answer{{err: reset}}, attempts: 4, wait: 875 * time.Millisecond, most: 1750 * time.Millisecond},
		"body cut, read":          {call: read, answers: []answer{{status: 200, reader: iotest.ErrReader(io.ErrUnexpectedEOF)}, ok}, attempts: 2, wait: 125 * time.Millisecond, most: 250 * time.Millisecond},
		"body cut, create":        {call: create, answers: []answer{{status: 201, reader: iotest.ErrReader(io.ErrUnexpectedEOF)}, created}, attempts: 1, status: 201},
		"no such host":            {call: read, answers: []answer{{err: &net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true}}}, ok}, attempts: 1},
		"untrusted certificate":   {call: read, answers: []answer{{err: &tls.CertificateVerificationError{Err: errors.New("expired")}}, ok}, attempts: 1},
		"a body that is no agent": {call: read, answers: []answer{{status: 200, body: "[]"}, ok}, attempts: 1, status: 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				transport := &stub{answers: test.answers}
				gitlab := connect(t, transport, test.options...)
				start := time.Now()

				err := test.call(t.Context(), gitlab)

				assert.Equal(t, test.attempts, transport.count(), "attempts")
				waited := time.Since(start)
				assert.GreaterOrEqual(t, waited, test.wait)
				assert.LessOrEqual(t, waited, max(test.wait, test.most))
				last := test.answers[min(test.attempts, len(test.answers))-1]
				if last.status >= 200 && last.status < 300 && test.status == 0 {
					require.NoError(t, err)
					return
				}
				var failure *clusteragents.Error
				require.ErrorAs(t, err, &failure)
				assert.Equal(t, test.status, failure.StatusCode)
				assert.Equal(t, test.attempts, failure.Attempts)
			})
		})
	}
}

func TestEachAttemptSendsTheWholeBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		transport := &stub{answers: []answer{{status: 429}, {status: 429}, {status: 201, body: newTokenJSON}}}
		require.NoError(t, create(t.Context(), connect(t, transport)))
		assert.Equal(t, []string{`{"name":"ci"}`, `{"name":"ci"}`, `{"name":"ci"}`}, transport.bodies)
	})
}

func TestContextEndsAnyWait(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]answer{
		"told":   {status: 429, header: map[string]string{"Retry-After": "60"}},
		"untold": {status: 429},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				transport := &stub{answers: []answer{first}}
				ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
				defer cancel()
				start := time.Now()

				err := create(ctx, connect(t, transport))

				assert.Equal(t, 100*time.Millisecond, time.Since(start))
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.ErrorIs(t, err, clusteragents.ErrRateLimited, "what it waited for is not forgotten")
				assert.ErrorContains(t, err, "context deadline exceeded while waiting")
				assert.Equal(t, 1, transport.count())
			})
		})
	}
}

func TestCancelledContextIsNotRepeated(t *testing.T) {
	t.Parallel()
	transport := with(200, agentJSON)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := read(ctx, connect(t, transport))
	require.ErrorIs(t, err, context.Canceled)
	assert.EqualError(t, err, "clusteragents: getAgent: context canceled (GET /api/v4/projects/root%2Ftest/cluster_agents/5)")
	var failure *clusteragents.Error
	require.ErrorAs(t, err, &failure)
	assert.Equal(t, 1, failure.Attempts)
}

func TestLostCreateSaysThatItMayHaveHappened(t *testing.T) {
	t.Parallel()
	lost := &stub{answers: []answer{{err: errors.New("connection reset by peer")}}}
	err := create(t.Context(), connect(t, lost))
	assert.EqualError(t, err, "clusteragents: createAgentToken: connection reset by peer; GitLab may have carried it out "+
		"(POST /api/v4/projects/root%2Ftest/cluster_agents/5/tokens)")

	timeout := with(504, "<html>")
	err = create(t.Context(), connect(t, timeout))
	assert.ErrorContains(t, err, "504 Gateway Timeout: GitLab may have carried it out: ")
	assert.ErrorIs(t, err, clusteragents.ErrUnexpectedResponse)

	unsent := &stub{answers: []answer{{err: &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}}}}
	err = create(t.Context(), connect(t, unsent))
	assert.NotContains(t, err.Error(), "may have")
	assert.Equal(t, 1, unsent.count())
}

// The transport may send a request again if it wrote nothing of it. For that it needs the body again.
func TestTransportCanSendARequestAgain(t *testing.T) {
	t.Parallel()
	transport := with(201, newTokenJSON)
	require.NoError(t, create(t.Context(), connect(t, transport)))
	body, err := transport.requests[0].GetBody()
	require.NoError(t, err)
	content, err := io.ReadAll(body)
	require.NoError(t, err)
	assert.Equal(t, `{"name":"ci"}`, string(content))
}
