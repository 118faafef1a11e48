package gen_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/generated/clusteragents"
)

var limited = map[string]string{
	"X-Request-Id": "01JD8Z", "RateLimit-Limit": "2000", "RateLimit-Name": "throttle_authenticated_api", "RateLimit-Observed": "7",
	"RateLimit-Remaining": "1993", "RateLimit-Reset": "1767225600",
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	rate := &clusteragents.RateLimit{
		Name: "throttle_authenticated_api", Limit: 2000, Observed: 7, Remaining: 1993, Reset: time.Unix(1767225600, 0),
	}
	for name, test := range map[string]struct {
		answers []answer
		want    clusteragents.Answer
	}{
		"success":           {[]answer{{status: 200, body: agentJSON, header: limited}}, clusteragents.Answer{StatusCode: 200, RequestID: "01JD8Z", RateLimit: rate}},
		"refusal":           {[]answer{{status: 404, body: `{"message":"404 Not found"}`, header: limited}}, clusteragents.Answer{StatusCode: 404, RequestID: "01JD8Z", RateLimit: rate}},
		"no rate limit":     {[]answer{{status: 200, body: agentJSON, header: map[string]string{"X-Request-Id": "01JD8Z"}}}, clusteragents.Answer{StatusCode: 200, RequestID: "01JD8Z"}},
		"nothing":           {[]answer{{status: 200, body: agentJSON}}, clusteragents.Answer{StatusCode: 200}},
		"no answer":         {[]answer{{err: errors.New("connection reset by peer")}}, clusteragents.Answer{}},
		"the last of two":   {[]answer{{status: 502, header: limited}, {status: 200, body: agentJSON}}, clusteragents.Answer{StatusCode: 200}},
		"numbers are wrong": {[]answer{{status: 200, body: agentJSON, header: map[string]string{"RateLimit-Limit": "many"}}}, clusteragents.Answer{StatusCode: 200, RateLimit: &clusteragents.RateLimit{}}},
		"the token in it":   {[]answer{{status: 200, body: agentJSON, header: map[string]string{"X-Request-Id": secret}}}, clusteragents.Answer{StatusCode: 200, RequestID: "[redacted]"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				answer := clusteragents.Answer{RequestID: "of another call"}
				_ = read(clusteragents.WithAnswer(t.Context(), &answer), connect(t, &stub{answers: test.answers}))
				assert.Equal(t, test.want, answer)
			})
		})
	}
}

// A loop has many requests under way; the answer is that of the page it is at.
func TestAnswerOfALoop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{agents: 1_000, latency: time.Millisecond, answer: func(page, _ int) *answer {
			if page == 9 {
				return &answer{status: http.StatusForbidden, header: map[string]string{"X-Request-Id": "refused"}}
			}
			return nil
		}}
		var answer clusteragents.Answer
		var failure error
		seen := make(map[string]int)
		for _, err := range open(t, s).Agents(clusteragents.WithAnswer(t.Context(), &answer), project) {
			seen[answer.RequestID]++
			failure = err
		}
		require.ErrorIs(t, failure, clusteragents.ErrForbidden)
		assert.Equal(t, map[string]int{
			"page-1": 100, "page-2": 100, "page-3": 100, "page-4": 100, "page-5": 100, "page-6": 100, "page-7": 100, "page-8": 100,
			"refused": 1,
		}, seen)
	})
}

func TestRelease(t *testing.T) {
	t.Parallel()
	transport := with(200, `{"version":"17.4.2-ee","revision":"3a5f9c1b2d4"}`)
	release, err := connect(t, transport).Release(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "17.4.2-ee", release)
	assert.Equal(t, "GET /api/v4/version", transport.requests[0].Method+" "+transport.requests[0].URL.RequestURI())

	_, err = connect(t, with(200, `{}`)).Release(t.Context())
	require.ErrorContains(t, err, "/version is missing, null or empty")
	_, err = connect(t, with(401, `{"message":"401 Unauthorized"}`)).Release(t.Context())
	require.ErrorIs(t, err, clusteragents.ErrUnauthorized)
	_, err = new(clusteragents.GitLab).Release(t.Context())
	require.ErrorContains(t, err, "not made with New")
}
