package judge

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/document"
	"example.com/gitlab-agents/contract/internal/rule"
)

// covered is what the coverage says of one operation after some exchanges.
func covered(t *testing.T, operation string, v rule.Version, exchanges ...*Exchange) rule.OperationCoverage {
	t.Helper()
	doc, err := document.Load()
	require.NoError(t, err)
	c := newCoverage(doc)
	for _, x := range exchanges {
		c.add(x)
	}
	for _, o := range c.result(v).Operations {
		if o.Operation == operation {
			return o
		}
	}
	t.Fatal("there is no operation " + operation)
	return rule.OperationCoverage{}
}

// statuses are those that were seen, and how often.
func statuses(o rule.OperationCoverage) map[int]int {
	seen := make(map[int]int)
	for _, s := range o.Statuses {
		if s.Seen > 0 {
			seen[s.Status] = s.Seen
		}
	}
	return seen
}

func property(t *testing.T, o rule.OperationCoverage, pointer string) rule.PropertyCoverage {
	t.Helper()
	for _, p := range o.Values {
		if p.Pointer == pointer {
			return p
		}
	}
	t.Fatal(o.Operation + " has no property " + pointer)
	return rule.PropertyCoverage{}
}

func TestStatusesThatWereSeen(t *testing.T) {
	t.Parallel()
	get := func(status int) *Exchange { return asked(t, "GET", agentPath, status, agentBody(5, "a")) }
	lost, partly, removed := get(200), get(200), get(200)
	lost.Response = nil
	partly.Response.Truncated = true
	removed.Response.Truncated, removed.secretRemoved = true, true

	o := covered(t, "getAgent", rule.Version{}, get(200), get(200), get(404), get(304), get(299), get(300), get(418), lost, partly, removed,
		asked(t, "GET", agentsPath, 200, "[]"), asked(t, "GET", "20/issues", 200, "[]"))
	assert.Equal(t, map[int]int{200: 4, 299: 1, 300: 1, 304: 1, 404: 1, 418: 1}, statuses(o))
	assert.Equal(t, 5, o.Successes, "two of 200, one without its secret, 299 and 304")
	for i, s := range o.Statuses {
		assert.True(t, i == 0 || o.Statuses[i-1].Status < s.Status, "statuses are in order")
		assert.Equal(t, s.Status != 299 && s.Status != 300 && s.Status != 418, s.Listed, "%d is in the document", s.Status)
	}
}

func TestWhyAStatusWasNotSeen(t *testing.T) {
	t.Parallel()
	reasons := make(map[int]string)
	for _, s := range covered(t, "createAgentToken", rule.Version{}, asked(t, "POST", tokensPath, 201, newTokenBody(7, "x"))).Statuses {
		reasons[s.Status] = s.Reason
	}
	assert.Equal(t, "", reasons[201])
	assert.Equal(t, "no request was answered with 400", reasons[400])
	assert.Equal(t, "it takes a project that was moved", reasons[405])
	assert.Equal(t, "no request had a Content-Type that is not a media type", reasons[406])
	assert.Equal(t, "no two requests met at one record", reasons[409])
	assert.Equal(t, "no rate limit was reached", reasons[429])
	assert.Equal(t, "GitLab did not fail", reasons[500])

	for release, want := range map[rule.Release]string{
		rule.GitLab(14, 10): "GitLab 14.10 does not have the operation", rule.GitLab(15, 0): "no request was answered with 201",
		{}: "no request was answered with 201",
	} {
		for _, s := range covered(t, "createAgentToken", rule.Version{Release: release}).Statuses {
			if s.Status == 201 {
				assert.Equal(t, want, s.Reason)
			}
		}
	}
}

func TestPropertiesThatWereSeen(t *testing.T) {
	t.Parallel()
	list := func(body string) *Exchange { return asked(t, "GET", tokensPath, 200, body) }
	o := covered(t, "listAgentTokens", rule.Version{}, list("["+listed(7, "active")+`,{"id":8,"description":null}]`), list("["+listed(9, "revoked")+"]"))
	id, description, status := property(t, o, "/*/id"), property(t, o, "/*/description"), property(t, o, "/*/status")
	assert.Equal(t, 3, id.Seen)
	assert.Nil(t, id.Null, "it cannot be null")
	assert.Equal(t, 1, *description.Null)
	assert.Equal(t, map[string]int{"active": 1, "revoked": 1}, status.Enum)
	assert.Equal(t, []string{"", "", ""}, []string{id.Reason, description.Reason, status.Reason})

	// What shows nothing new is not read again.
	again := covered(t, "listAgentTokens", rule.Version{}, list("["+listed(7, "active")+"]"), list("["+listed(8, "active")+"]"))
	assert.Equal(t, 1, property(t, again, "/*/id").Seen)

	// A null alone is something new, as long as there was none.
	null := `[{"created_by_user_id":null}]`
	again = covered(t, "listAgentTokens", rule.Version{}, list("["+listed(7, "revoked")+","+listed(8, "active")+"]"), list(null), list(null))
	assert.Equal(t, 1, *property(t, again, "/*/created_by_user_id").Null)

	for name, x := range map[string]*Exchange{
		"the answer to HEAD": asked(t, "HEAD", agentPath, 200, agentBody(5, "a")),
		"an error":           asked(t, "GET", agentPath, 404, agentBody(5, "a")),
		"no JSON":            asked(t, "GET", agentPath, 200, `"id" of agents`),
		"a list":             asked(t, "GET", agentPath, 200, "["+agentBody(5, "a")+"]"),
	} {
		assert.Zero(t, property(t, covered(t, "getAgent", rule.Version{}, x), "/id").Seen, name)
	}
	inside := covered(t, "getAgent", rule.Version{}, asked(t, "GET", agentPath, 200, agentBody(5, "a")))
	assert.Equal(t, 1, property(t, inside, "/config_project/id").Seen)
}

func TestWhyAPropertyWasNotSeen(t *testing.T) {
	t.Parallel()
	agent := asked(t, "GET", agentPath, 200, agentBody(5, "a"))
	for name, c := range map[string]struct {
		version rule.Version
		want    string
	}{
		"nothing is known":   {rule.Version{}, "no answer had it"},
		"not in this one":    {rule.Version{Edition: rule.Community}, "Enterprise Edition only"},
		"not yet":            {rule.Version{Release: rule.GitLab(17, 3)}, "since GitLab 17.4"},
		"it could have been": {rule.Version{Release: rule.GitLab(17, 4)}, "no answer had it"},
	} {
		assert.Equal(t, c.want, property(t, covered(t, "getAgent", c.version, agent), "/is_receptive").Reason, name)
	}
	got := covered(t, "getAgent", rule.Version{}, agent)
	assert.Equal(t, "never null: that takes a user who was deleted", property(t, got, "/created_by_user_id").Reason)
	assert.Equal(t, "", property(t, got, "/name").Reason)

	active := asked(t, "GET", tokensPath, 200, "["+listed(7, "active")+"]")
	for release, want := range map[rule.Release]string{
		rule.GitLab(15, 11): "", rule.GitLab(16, 0): "revoked tokens are not shown since 16.0", {}: "",
	} {
		o := covered(t, "listAgentTokens", rule.Version{Release: release}, active)
		assert.Equal(t, want, property(t, o, "/*/status").Reason, release.String())
	}
}
