package answerer_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract/internal/answerer"
)

// TestSigns judges single answers, of a GitLab of which no other answer was seen.
func TestSigns(t *testing.T) {
	t.Parallel()
	const success, refusal = "HTTP/1.1 200 OK\nContent-Type: application/json\n", "HTTP/1.1 400 Bad Request\nContent-Type: application/json\n\n"
	for name, c := range map[string]struct {
		answer   string
		kind     answerer.Kind
		by       string // empty if nobody is named
		says     string // one of the signs; empty if nothing speaks against GitLab
		doubtful bool
	}{
		"a second old":                 {success + "Age: 1\n" + ownHeaders + "\n" + agentJSON, answerer.Stranger, "a shared cache", "the answer is 1 second old (Age)", false},
		"two seconds old":              {success + "Age: 2\n" + ownHeaders + "\n" + agentJSON, answerer.Stranger, "a shared cache", "the answer is 2 seconds old (Age)", false},
		"as old as the request":        {success + "Age: 0\n" + ownHeaders + "\n" + agentJSON, answerer.GitLab, "", "X-Runtime is there", false},
		"two ids of Varnish":           {success + "X-Varnish: 12 34\n" + ownHeaders + "\n" + agentJSON, answerer.Stranger, "a Varnish cache", "X-Varnish has two ids, as for a hit", false},
		"one id of Varnish":            {success + "X-Varnish: 12\n" + ownHeaders + "\n" + agentJSON, answerer.GitLab, "", "X-Runtime is there", false},
		"a hit and a miss":             {success + "X-Cache: HIT\nX-Cache-Status: MISS\n" + ownHeaders + "\n" + agentJSON, answerer.GitLab, "", "X-Runtime is there", false},
		"two hits and a miss":          {success + "X-Cache: HIT\nCf-Cache-Status: HIT\nX-Cache-Status: MISS\n" + ownHeaders + "\n" + agentJSON, answerer.Stranger, "Cloudflare's cache", "CF-Cache-Status says HIT", false},
		"null":                         {success + "\nnull", answerer.Unknown, "", "", false},
		"true":                         {success + "\ntrue", answerer.Unknown, "", "", false},
		"false":                        {success + "\nfalse", answerer.Unknown, "", "", false},
		"a word":                       {success + "\nnone", answerer.Unknown, "", "plain text where the API has JSON", true},
		"an error that is null":        {refusal + "null", answerer.Unknown, "", "plain text where the API has JSON", true},
		"a choice that is null":        {"HTTP/1.1 300 Choices\nContent-Type: application/json\n\nnull", answerer.Unknown, "", "plain text where the API has JSON", true},
		"an empty object":              {success + "\n{}", answerer.Unknown, "", "JSON that is nothing of GitLab's", true},
		"an error that is empty":       {refusal + "{}", answerer.Unknown, "", "", false},
		"an error of another kind":     {refusal + `{"x":1}`, answerer.Unknown, "", "JSON with neither message nor error, as GitLab's errors have", true},
		"the last that is no error":    {"HTTP/1.1 399 Odd\n\n{\"x\":1}", answerer.Unknown, "", "JSON that is nothing of GitLab's", true},
		"another text as message":      {refusal + `{"message":"no"}`, answerer.Unknown, "", "JSON with a text that GitLab does not have", true},
		"another text as error":        {refusal + `{"error":"no"}`, answerer.Unknown, "", "JSON with a text that GitLab does not have", true},
		"an object as message":         {refusal + `{"message":{"name":["no"]}}`, answerer.Unknown, "", "", false},
		"a property of others":         {refusal + `{"code":1}`, answerer.Unknown, "", "JSON with a property that GitLab's errors do not have: code", true},
		"a redirect with 300":          {"HTTP/1.1 300 Choices\nLocation: https://sso.example.com/login\n\n", answerer.Stranger, "a redirect to a sign-in page", "it redirects to https://sso.example.com/login", false},
		"a redirect to Google":         {"HTTP/1.1 300 Choices\nLocation: https://accounts.google.com/x\n\n", answerer.Stranger, "a redirect to Google's sign-in page", "it redirects to https://accounts.google.com/x", false},
		"XML":                          {"HTTP/1.1 200 OK\nContent-Type: application/xml\n\n<?xml version=\"1.0\"?><a/>", answerer.Stranger, "another API, or a gateway in front of GitLab", "XML where the API has JSON", false},
		"511":                          {"HTTP/1.1 511 Network Authentication Required\n\n", answerer.Stranger, "the network's sign-in page", "511 is what a network sends that wants a sign-in", false},
		"459":                          {"HTTP/1.1 459 Odd\n\n", answerer.Unknown, "", "an error without a body, where GitLab's say what is wrong", true},
		"460":                          {"HTTP/1.1 460 Odd\n\n", answerer.Stranger, "something in front of GitLab", "460 is no status of GitLab's", false},
		"464":                          {"HTTP/1.1 464 Odd\n\n", answerer.Stranger, "something in front of GitLab", "464 is no status of GitLab's", false},
		"465":                          {"HTTP/1.1 465 Odd\n\n", answerer.Unknown, "", "an error without a body, where GitLab's say what is wrong", true},
		"519":                          {"HTTP/1.1 519 Odd\n\n", answerer.Unknown, "", "an error without a body, where GitLab's say what is wrong", true},
		"520":                          {"HTTP/1.1 520 Odd\n\n", answerer.Stranger, "something in front of GitLab", "520 is no status of GitLab's", false},
		"530":                          {"HTTP/1.1 530 Odd\n\n", answerer.Stranger, "something in front of GitLab", "530 is no status of GitLab's", false},
		"531":                          {"HTTP/1.1 531 Odd\n\n", answerer.Unknown, "", "an error without a body, where GitLab's say what is wrong", true},
		"a redirect elsewhere":         {"HTTP/1.1 302 Found\nLocation: /other\n\n", answerer.Stranger, "a web server that redirects to http://gitlab.example.com/other", "it redirects to http://gitlab.example.com/other", false},
		"a redirect to https":          {"HTTP/1.1 301 Moved\nLocation: https://gitlab.example.com/other\n\n", answerer.Stranger, "a web server that redirects http to https", "it redirects to https://gitlab.example.com/other", false},
		"a redirect to another host":   {"HTTP/1.1 302 Found\nLocation: https://portal.example.com/other\n\n", answerer.Stranger, "a web server that redirects to https://portal.example.com/other", "it redirects to https://portal.example.com/other", false},
		"a redirect with 399":          {"HTTP/1.1 399 Odd\nLocation: /other\n\n", answerer.Stranger, "a web server that redirects to http://gitlab.example.com/other", "it redirects to http://gitlab.example.com/other", false},
		"a project that has moved":     {"HTTP/1.1 301 Moved\nLocation: https://gitlab.example.com/api/v4/projects/21/cluster_agents\n\n", answerer.Unknown, "", "", false},
		"an error that has a location": {"HTTP/1.1 400 Bad Request\nLocation: https://accounts.google.com/x\n\n", answerer.Unknown, "", "an error without a body, where GitLab's say what is wrong", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := (&answerer.Learner{}).Who(exchange(t, list, c.answer), "listAgents")
			assert.Equal(t, c.kind, v.Kind)
			assert.Equal(t, c.by, v.By)
			assert.Equal(t, c.doubtful, v.Doubtful)
			if c.says == "" {
				assert.Empty(t, v.Signs)
			} else {
				assert.Contains(t, v.Signs, c.says)
			}
		})
	}
}

// TestHeadersThatThisGitLabAlwaysSends has a bare error after some answers. Once they show that this GitLab always sends its
// headers, the error is a stranger's. One answer in twenty may lack them.
func TestHeadersThatThisGitLabAlwaysSends(t *testing.T) {
	t.Parallel()
	const whole, bare = "HTTP/1.1 200 OK\n" + ownHeaders + "\n" + agentJSON, "HTTP/1.1 200 OK\n\n" + agentJSON
	for name, c := range map[string]struct {
		whole, bare int // answers
		want        answerer.Kind
	}{
		"two answers":                     {2, 0, answerer.Unknown},
		"three answers":                   {3, 0, answerer.Stranger},
		"three, and none has the headers": {0, 3, answerer.Unknown},
		"one of twenty lacks them":        {19, 1, answerer.Stranger},
		"two of twenty lack them":         {18, 2, answerer.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &answerer.Learner{}
			for range c.whole {
				l.Learn(exchange(t, list, whole))
			}
			for range c.bare {
				l.Learn(exchange(t, list, bare))
			}
			assert.Equal(t, c.want, l.Who(exchange(t, list, "HTTP/1.1 403 Forbidden\nContent-Length: 0\n\n"), "listAgents").Kind)
		})
	}
}

// TestARequestIdOfAnotherKind: once the ids of this GitLab are known, an error with an id of another kind has none of
// GitLab's.
func TestARequestIdOfAnotherKind(t *testing.T) {
	t.Parallel()
	const forbidden = "HTTP/1.1 403 Forbidden\nContent-Length: 0\nX-Runtime: 0.1\nX-Request-Id: %s\n\n"
	signs := func(headers, id string) string {
		v := learned(t, headers).Who(exchange(t, list, fmt.Sprintf(forbidden, id)), "listAgents")
		return strings.Join(v.Signs, "\n")
	}
	const missing = "an X-Request-Id like those of this GitLab"
	assert.NotContains(t, signs(ownHeaders, "01J9ZK3V5Q0000000000000001"), missing)
	assert.Contains(t, signs(ownHeaders, "5f2c0000-0000-4000-8000-000000000000"), missing)
	assert.NotContains(t, signs("X-Runtime: 0.1\n", "5f2c0000-0000-4000-8000-000000000000"), missing, "this GitLab sends none")
}
