package gen_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/generated/clusteragents"
)

// source gives one token after the other, the last one again and again.
type source struct {
	tokens []string
	err    error // once the tokens are used up
	mu     sync.Mutex
	asked  int
}

func (s *source) next(context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.asked > len(s.tokens) && s.err != nil {
		return "", s.err
	}
	return s.tokens[min(s.asked, len(s.tokens))-1], nil
}

// rotated returns a GitLab whose tokens come from a source.
func rotated(t *testing.T, transport http.RoundTripper, source func(context.Context) (string, error), options ...clusteragents.Option) *clusteragents.GitLab {
	t.Helper()
	options = append([]clusteragents.Option{
		clusteragents.TokenSource(source), clusteragents.HTTPClient(&http.Client{Transport: transport}),
	}, options...)
	gitlab, err := clusteragents.New("https://gitlab.example.com", options...)
	require.NoError(t, err)
	return gitlab
}

// accepting is a GitLab that knows one token.
func accepting(token string) *stub {
	return &stub{answer: func(r *http.Request) *answer {
		switch {
		case r.Header.Get("Authorization") != "Bearer "+token:
			return &answer{status: 401, body: `{"message":"401 Unauthorized"}`}
		case r.Method == http.MethodPost:
			return &answer{status: 201, body: newTokenJSON}
		}
		return &answer{status: 200, body: agentJSON}
	}}
}

func TestTokenSource(t *testing.T) {
	t.Parallel()
	gone := errors.New("the vault is sealed")
	const old, fresh = secret, "glpat-canary-4712"
	for name, test := range map[string]struct {
		source   *source
		options  []clusteragents.Option
		calls    int // 1 if not said
		asked    int
		requests int
		want     string // in the error of the last call
		is       error
	}{
		"one token":                    {source: &source{tokens: []string{fresh}}, calls: 3, asked: 1, requests: 3},
		"rotated before the call":      {source: &source{tokens: []string{old, fresh}}, asked: 2, requests: 2},
		"rotated, then used again":     {source: &source{tokens: []string{old, fresh}}, calls: 3, asked: 2, requests: 4},
		"the same token again":         {source: &source{tokens: []string{old}}, asked: 2, requests: 1, want: "401 Unauthorized", is: clusteragents.ErrUnauthorized},
		"asked again in the next call": {source: &source{tokens: []string{old}}, calls: 2, asked: 3, requests: 2, want: "401 Unauthorized", is: clusteragents.ErrUnauthorized},
		"another token, refused too":   {source: &source{tokens: []string{old, "glpat-other"}}, asked: 2, requests: 2, want: "401 Unauthorized", is: clusteragents.ErrUnauthorized},
		"no token":                     {source: &source{err: gone}, asked: 1, want: "TokenSource: the vault is sealed", is: gone},
		"no other token":               {source: &source{tokens: []string{old}, err: gone}, asked: 2, requests: 1, want: "no other token: TokenSource: the vault is sealed", is: gone},
		"no other token, the status":   {source: &source{tokens: []string{old}, err: gone}, asked: 2, requests: 1, want: "401 Unauthorized", is: clusteragents.ErrUnauthorized},
		"an empty token":               {source: &source{tokens: []string{""}}, asked: 1, want: "TokenSource: the token is empty"},
		"a token with a line break":    {source: &source{tokens: []string{old + "\n"}}, asked: 1, want: "TokenSource: byte 18 of the token's 18 is a space, a line break or no ASCII"},
		"no repeating": {
			source: &source{tokens: []string{old, fresh}}, options: []clusteragents.Option{clusteragents.MaxAttempts(1)},
			asked: 1, requests: 1, want: "401 Unauthorized", is: clusteragents.ErrUnauthorized,
		},
	} {
		for kind, call := range map[string]func(context.Context, *clusteragents.GitLab) error{"read": read, "create": create} {
			t.Run(name+", "+kind, func(t *testing.T) {
				t.Parallel()
				source := &source{tokens: test.source.tokens, err: test.source.err}
				transport := accepting(fresh)
				gitlab := rotated(t, transport, source.next, test.options...)
				var err error
				for range max(1, test.calls) {
					err = call(t.Context(), gitlab)
				}
				assert.Equal(t, test.asked, source.asked, "how often the source was asked")
				assert.Equal(t, test.requests, transport.count(), "requests")
				for _, canary := range []string{old, fresh} {
					assert.NotContains(t, print(gitlab), canary)
					assert.NotContains(t, print(err), canary)
				}
				if test.want == "" {
					require.NoError(t, err)
					return
				}
				require.ErrorContains(t, err, test.want)
				var failure *clusteragents.Error
				require.ErrorAs(t, err, &failure)
				assert.Equal(t, test.requests, failure.Attempts*max(1, test.calls))
				if test.is != nil {
					assert.ErrorIs(t, err, test.is)
				}
			})
		}
	}
}

// Many calls that meet the same 401 ask for one token together.
func TestTokenSourceIsNotAskedByEveryCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked, at int
		s := &shelf{agents: 2_000, latency: time.Millisecond}
		transport := roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.URL.Query().Get("page") == "5" && at == 0 {
				at = 1 // the token is rotated while pages are fetched
			}
			if r.Header.Get("Authorization") != "Bearer token-"+strconv.Itoa(at) {
				return with(401, `{"message":"401 Unauthorized"}`).RoundTrip(r)
			}
			return s.RoundTrip(r)
		})
		readAll(t, rotated(t, serialized(transport), func(context.Context) (string, error) {
			asked++
			time.Sleep(time.Second)
			return "token-" + strconv.Itoa(at), nil
		}), 2_000)
		assert.Equal(t, 2, asked)
	})
}

// serialized lets one request at a time through, so that what it does needs no lock.
func serialized(transport http.RoundTripper) http.RoundTripper {
	turn := make(chan struct{}, 1)
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		turn <- struct{}{}
		defer func() { <-turn }()
		return transport.RoundTrip(r)
	})
}

// A call that waits for a source that another call is asking does not wait longer than its own context.
func TestWaitForATokenEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gitlab := rotated(t, accepting(secret), func(ctx context.Context) (string, error) {
			time.Sleep(time.Hour)
			return secret, nil
		})
		first := make(chan error)
		go func() { first <- read(t.Context(), gitlab) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		require.ErrorIs(t, read(ctx, gitlab), context.DeadlineExceeded)
		assert.Equal(t, time.Minute, time.Since(start))
		require.NoError(t, <-first)
	})
}

func TestTokenSourceIsTheOnlySourceOfTokens(t *testing.T) {
	t.Parallel()
	none := func(context.Context) (string, error) { return "", nil }
	for _, options := range [][]clusteragents.Option{
		{clusteragents.TokenSource(none), clusteragents.TokenSource(none)},
		{clusteragents.TokenSource(none), clusteragents.PrivateToken(secret)},
		{clusteragents.BearerToken(secret), clusteragents.TokenSource(none)},
	} {
		_, err := clusteragents.New("https://gitlab.example.com", options...)
		require.ErrorContains(t, err, "there is a token already; give one")
	}
	_, err := clusteragents.New("https://gitlab.example.com", clusteragents.TokenSource(nil))
	require.ErrorContains(t, err, "TokenSource: the source is nil")
}

// What a proxy repeats may be the token of now or the one before.
func TestErrorsShowNoTokenOfASource(t *testing.T) {
	t.Parallel()
	s := &source{tokens: []string{secret, "glpat-canary-4712"}}
	transport := &stub{answer: func(r *http.Request) *answer {
		if strings.HasSuffix(r.Header.Get("Authorization"), secret) {
			return &answer{status: 401, body: `{"message":"401 Unauthorized"}`}
		}
		return &answer{status: 403, body: `{"message":"neither ` + secret + ` nor ` + s.tokens[1] + `"}`}
	}}
	err := read(t.Context(), rotated(t, transport, s.next))
	require.ErrorContains(t, err, "neither [redacted] nor [redacted]")
}
