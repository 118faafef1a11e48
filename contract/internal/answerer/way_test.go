package answerer_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract/internal/answerer"
	"example.com/gitlab-agents/contract/wire"
)

// seen has a learner look at an answer as a judge does, and returns who answered.
func seen(l *answerer.Learner, x *wire.Exchange) answerer.Verdict {
	x.Started = time.Now()
	v := l.Who(x, "listAgents")
	l.Remember(x)
	if v.Kind == answerer.GitLab && x.Response.StatusCode == 200 {
		l.Learn(x)
	}
	return v
}

const (
	aRead   = "GET /api/v4/projects/20/cluster_agents/1"
	aPerson = "HTTP/1.1 200 OK\nContent-Type: application/json\nX-Runtime: 0.0123\nX-Request-Id: 01JDP5T2Z0000000000000000"
)

func TestSilentCache(t *testing.T) {
	t.Parallel()
	unauthorized := "HTTP/1.1 401 Unauthorized\nContent-Type: application/json\nX-Runtime: 0.01\nX-Request-Id: 01JDP5T2Z00000000000000009\n\n{\"message\":\"401 Unauthorized\"}"
	repeated := func(t *testing.T, l *answerer.Learner) {
		assert.Equal(t, answerer.GitLab, seen(l, exchange(t, aRead, aPerson+"1\n\n"+agentJSON)).Kind)
		v := seen(l, exchange(t, aRead, aPerson+"1\n\n"+agentJSON))
		assert.Equal(t, answerer.SharedCache, v.Kindof)
		assert.Contains(t, v.Cure, "Turn caching off")
	}
	t.Run("the same answer to the same read", func(t *testing.T) {
		t.Parallel()
		repeated(t, &answerer.Learner{})
	})
	t.Run("a proxy gives each answer an id of its own", func(t *testing.T) {
		t.Parallel()
		l := &answerer.Learner{}
		const meta = "\nX-Gitlab-Meta: {\"correlation_id\":\"01JDP5T2Z\",\"version\":\"1\"}\n\n"
		assert.Equal(t, answerer.GitLab, seen(l, exchange(t, aRead, aPerson+"1"+meta+agentJSON)).Kind)
		assert.Equal(t, answerer.SharedCache, seen(l, exchange(t, aRead, aPerson+"2"+meta+agentJSON)).Kindof)
	})
	t.Run("an error counts after a success was repeated", func(t *testing.T) {
		t.Parallel()
		l := &answerer.Learner{}
		seen(l, exchange(t, aRead, unauthorized))
		assert.Equal(t, answerer.GitLab, seen(l, exchange(t, aRead, unauthorized)).Kind)
		repeated(t, l)
		assert.Equal(t, answerer.SharedCache, seen(l, exchange(t, aRead, unauthorized)).Kindof)
	})
	t.Run("one exchange that was recorded twice", func(t *testing.T) {
		t.Parallel()
		l := &answerer.Learner{}
		x := exchange(t, aRead, aPerson+"1\n\n"+agentJSON)
		seen(l, x)
		assert.Equal(t, answerer.GitLab, l.Who(x, "listAgents").Kind)
	})
	first := aPerson + "1\n\n" + agentJSON
	for name, test := range map[string]struct{ first, second, answer string }{
		"another id":      {aRead, aRead, aPerson + "2\n\n" + agentJSON},
		"another runtime": {aRead, aRead, strings.Replace(first, "0.0123", "0.5", 1)},
		"another URL":     {aRead, aRead + "?page=1", first},
		"two creates":     {"POST /api/v4/projects/20/cluster_agents", "POST /api/v4/projects/20/cluster_agents", first},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &answerer.Learner{}
			seen(l, exchange(t, test.first, first))
			assert.Equal(t, answerer.GitLab, seen(l, exchange(t, test.second, test.answer)).Kind)
		})
	}
	t.Run("the client chose the id", func(t *testing.T) {
		t.Parallel()
		l := &answerer.Learner{}
		for range 2 {
			x := exchange(t, aRead, aPerson+"1\n\n"+agentJSON)
			x.Request.Header = map[string][]string{"X-Request-Id": {"01JDP5T2Z00000000000000001"}}
			assert.Equal(t, answerer.GitLab, seen(l, x).Kind)
		}
	})
}

const noRoute = "HTTP/1.1 404 Not Found\nContent-Type: application/json\n" + ownHeaders + "\n{\"error\":\"404 Not Found\"}"

func TestProxyThatUnescapesPaths(t *testing.T) {
	t.Parallel()
	l := &answerer.Learner{}
	assert.Equal(t, answerer.GitLab, seen(l, exchange(t, encoded, noRoute)).Kind, "GitLab may misread its own routes")
	l.Remember(exchange(t, "GET /api/v4/projects/root%2Fnone", "HTTP/1.1 404 Not Found\nContent-Type: application/json\n"+ownHeaders+"\n{\"message\":\"404 Project Not Found\"}"))
	assert.Equal(t, answerer.GitLab, seen(l, exchange(t, encoded, noRoute)).Kind, "this path was read as it is")
	l.Remember(exchange(t, "GET /api/v4/projects/root%2Ftest", noRoute))
	v := seen(l, exchange(t, encoded, noRoute))
	assert.Equal(t, answerer.PathDecoder, v.Kindof)
	assert.Contains(t, v.Cure, "proxy_pass without a URI")
	assert.Equal(t, answerer.GitLab, seen(l, exchange(t, "GET /api/v4/projects/20/cluster_agents", noRoute)).Kind, "nothing was escaped")
}

func TestErrorPagesHaveACureOfTheirOwn(t *testing.T) {
	t.Parallel()
	page := "HTTP/1.1 404 Not Found\nServer: nginx\nContent-Type: text/html\n\n<html><head><title>404 Not Found</title></head><body><hr><center>nginx</center></body></html>"
	l := &answerer.Learner{}
	assert.Contains(t, seen(l, exchange(t, encoded, page)).Cure, "proxy_pass without a URI")
	l.Learn(exchange(t, encoded, "HTTP/1.1 200 OK\nContent-Type: application/json\n"+ownHeaders+"\n["+agentJSON+"]"))
	assert.Contains(t, seen(l, exchange(t, encoded, page)).Cure, "proxy_intercept_errors off")
}

func TestThroughCache(t *testing.T) {
	t.Parallel()
	assert.True(t, answerer.ThroughCache(exchange(t, aRead, "HTTP/1.1 200 OK\nX-Cache-Status: MISS\n\n"+agentJSON)))
	assert.True(t, answerer.ThroughCache(exchange(t, aRead, "HTTP/1.1 200 OK\nAge: 0\n\n"+agentJSON)))
	assert.False(t, answerer.ThroughCache(exchange(t, aRead, "HTTP/1.1 200 OK\n"+ownHeaders+"\n"+agentJSON)))
}
