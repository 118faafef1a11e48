package judge

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/wire"
)

// asksFor is a request to a path outside the eight operations, and its answer.
func asksFor(t *testing.T, method, path string, status int, body string) *wire.Exchange {
	t.Helper()
	x := answeredJSON(t, method, agentsPath, status, body, "X-Gitlab-Meta", "{}")
	x.Request.URL.Path = path
	return x
}

func TestTheVersionThatAServerTells(t *testing.T) {
	t.Parallel()
	ask := func(path, body string) *wire.Exchange { return asksFor(t, "GET", path, 200, body) }
	const version, metadata = "/api/v4/version", "/api/v4/metadata"
	const ce, ee = `{"version":"16.2.0","enterprise":false}`, `{"version":"16.3.1-ee","enterprise":true}`
	brokeOff := ask(version, ce)
	brokeOff.Response.Truncated = true
	known := func(major, minor int, e rule.Edition) rule.Version {
		return rule.Version{Release: rule.GitLab(major, minor), Edition: e}
	}
	for name, c := range map[string]struct {
		exchanges []*wire.Exchange
		want      rule.Version
	}{
		"the version of Community Edition":        {[]*wire.Exchange{ask(version, ce)}, known(16, 2, rule.Community)},
		"the version of Enterprise Edition":       {[]*wire.Exchange{ask(version, ee)}, known(16, 3, rule.Enterprise)},
		"metadata":                                {[]*wire.Exchange{ask(metadata, ee)}, known(16, 3, rule.Enterprise)},
		"only the suffix tells the edition":       {[]*wire.Exchange{ask(version, `{"version":"15.11.13-ee"}`)}, known(15, 11, rule.Enterprise)},
		"the suffix tells the opposite":           {[]*wire.Exchange{ask(version, `{"version":"15.11.13-ee","enterprise":false}`)}, known(15, 11, rule.Enterprise)},
		"only a property tells the edition":       {[]*wire.Exchange{ask(version, `{"version":"15.11.13","enterprise":true}`)}, known(15, 11, rule.Enterprise)},
		"nothing tells the edition":               {[]*wire.Exchange{ask(version, `{"version":"15.11.13"}`)}, known(15, 11, rule.AnyEdition)},
		"only the edition is told":                {[]*wire.Exchange{ask(version, `{"enterprise":false}`)}, known(0, 0, rule.Community)},
		"not a version":                           {[]*wire.Exchange{ask(version, `{"version":"new","enterprise":true}`)}, known(0, 0, rule.Enterprise)},
		"not a version, after one":                {[]*wire.Exchange{ask(version, ce), ask(version, `{"version":"new"}`)}, known(16, 2, rule.Community)},
		"an upgrade":                              {[]*wire.Exchange{ask(version, ce), ask(version, ee)}, known(16, 3, rule.Enterprise)},
		"below a relative root":                   {[]*wire.Exchange{ask("/gitlab"+version, ce)}, known(16, 2, rule.Community)},
		"another path":                            {[]*wire.Exchange{ask("/api/v4/user", ce)}, rule.Version{}},
		"a longer path":                           {[]*wire.Exchange{ask(version+"/x", ce)}, rule.Version{}},
		"a version of something else":             {[]*wire.Exchange{ask("/version", ce)}, rule.Version{}},
		"another method":                          {[]*wire.Exchange{asksFor(t, "POST", version, 200, ce)}, rule.Version{}},
		"the answer to HEAD":                      {[]*wire.Exchange{asksFor(t, "HEAD", version, 200, ce)}, rule.Version{}},
		"a refusal":                               {[]*wire.Exchange{asksFor(t, "GET", version, 401, ce)}, rule.Version{}},
		"an answer that broke off":                {[]*wire.Exchange{brokeOff}, rule.Version{}},
		"no JSON":                                 {[]*wire.Exchange{ask(version, `{"version":"16.2.0"`)}, rule.Version{}},
		"a wrong type":                            {[]*wire.Exchange{ask(version, `{"version":16.2,"enterprise":true}`)}, rule.Version{}},
		"one of the operations tells no version":  {[]*wire.Exchange{answeredJSON(t, "GET", agentPath, 200, ce)}, rule.Version{}},
		"a refusal does not take back an edition": {[]*wire.Exchange{ask(version, ee), asksFor(t, "GET", version, 401, ce)}, known(16, 3, rule.Enterprise)},
	} {
		j := judging(t, Options{})
		for _, x := range c.exchanges {
			j.Observe(x)
		}
		assert.Equal(t, c.want, j.Version(), name)
		result := j.Result()
		assert.Equal(t, c.want.Release, result.Release, name)
		assert.Equal(t, c.want.Edition, result.Edition, name)
	}
}

// TestTheVersionThatIsGiven has a server that tells another version than the user.
func TestTheVersionThatIsGiven(t *testing.T) {
	t.Parallel()
	v := func(release, atLeast rule.Release, edition rule.Edition) rule.Version {
		return rule.Version{Release: release, AtLeast: atLeast, Edition: edition}
	}
	for name, c := range map[string]struct{ given, want rule.Version }{
		"nothing is given":           {rule.Version{}, v(rule.GitLab(18, 1), rule.GitLab(17, 4), rule.Enterprise)},
		"a release":                  {v(rule.GitLab(16, 0), rule.Release{}, rule.AnyEdition), v(rule.GitLab(16, 0), rule.GitLab(17, 4), rule.Enterprise)},
		"an edition":                 {v(rule.Release{}, rule.Release{}, rule.Community), v(rule.GitLab(18, 1), rule.GitLab(17, 4), rule.Community)},
		"a release at least":         {v(rule.Release{}, rule.GitLab(17, 5), rule.AnyEdition), v(rule.GitLab(18, 1), rule.GitLab(17, 5), rule.Enterprise)},
		"an older release, at least": {v(rule.Release{}, rule.GitLab(17, 3), rule.AnyEdition), v(rule.GitLab(18, 1), rule.GitLab(17, 4), rule.Enterprise)},
	} {
		j := judging(t, Options{Version: c.given})
		j.Observe(answeredJSON(t, "GET", agentPath, 200, receptive(agentBody(5, "a"), "false")))
		j.Observe(asksFor(t, "GET", "/api/v4/version", 200, `{"version":"18.1.0-ee"}`))
		assert.Equal(t, c.want, j.Version(), name)
	}
}

// TestTheVersionOfSeveralServers has a recording of several servers, of which one version may be true for all, or none.
func TestTheVersionOfSeveralServers(t *testing.T) {
	t.Parallel()
	const silent = `{}`
	for name, c := range map[string]struct {
		told []string
		want rule.Version
	}{
		"the same":            {[]string{`{"version":"16.2.0-ee"}`, `{"version":"16.2.3-ee"}`}, rule.Version{Release: rule.GitLab(16, 2), Edition: rule.Enterprise}},
		"another edition":     {[]string{`{"version":"16.2.0-ee"}`, `{"version":"16.2.0","enterprise":false}`}, rule.Version{Release: rule.GitLab(16, 2)}},
		"another release":     {[]string{`{"version":"16.2.0-ee"}`, `{"version":"18.1.0-ee"}`}, rule.Version{Edition: rule.Enterprise}},
		"two of three differ": {[]string{`{"version":"16.2.0"}`, `{"version":"18.1.0"}`, `{"version":"16.2.0"}`}, rule.Version{}},
		"one does not say":    {[]string{silent, `{"version":"16.2.0-ee"}`}, rule.Version{Release: rule.GitLab(16, 2), Edition: rule.Enterprise}},
		"nobody says":         {[]string{silent, silent}, rule.Version{}},
	} {
		j := judging(t, Options{})
		for i, version := range c.told {
			x := asksFor(t, "GET", "/api/v4/version", 200, version)
			x.Request.URL.Host = fmt.Sprintf("gitlab-%d.example.com", i)
			j.Observe(x)
		}
		assert.Equal(t, c.want, j.Version(), name)
	}
}

// receptive is an agent that has the property that came with GitLab 17.4.
func receptive(agent, is string) string {
	return strings.TrimSuffix(agent, "}") + `,"is_receptive":` + is + "}"
}

// TestWhatAnswersProveOfTheRelease has answers that only later releases give.
func TestWhatAnswersProveOfTheRelease(t *testing.T) {
	t.Parallel()
	const routable = "glagent-aBcD3fGh1jKlMn0pQrStUvWxYzAbCdEfGhIjKlMnOpQrStUv.01.0x1a2b3c4"
	const twoTokens = `{"message":"400 Bad request - An agent can have only two active tokens at a time"}`
	agent := func(body string) *wire.Exchange { return answeredJSON(t, "GET", agentPath, 200, body) }
	token := func(secret string) *wire.Exchange {
		return answeredJSON(t, "POST", tokensPath, 201, newTokenBody(7, secret))
	}
	refusal := func(status int, body string) *wire.Exchange { return answeredJSON(t, "POST", tokensPath, status, body) }
	for name, c := range map[string]struct {
		exchanges []*wire.Exchange
		want      rule.Release
	}{
		"an agent":                          {[]*wire.Exchange{agent(agentBody(5, "a"))}, rule.Release{}},
		"an agent that may be receptive":    {[]*wire.Exchange{agent(receptive(agentBody(5, "a"), "false"))}, rule.GitLab(17, 4)},
		"an agent that is receptive":        {[]*wire.Exchange{agent(receptive(agentBody(5, "a"), "true"))}, rule.GitLab(17, 4)},
		"null says nothing":                 {[]*wire.Exchange{agent(receptive(agentBody(5, "a"), "null"))}, rule.Release{}},
		"the last of a list":                {[]*wire.Exchange{answeredJSON(t, "GET", agentsPath, 200, "["+agentBody(4, "b")+","+receptive(agentBody(5, "a"), "false")+"]")}, rule.GitLab(17, 4)},
		"a token":                           {[]*wire.Exchange{token(secretOf(7))}, rule.Release{}},
		"a routable token":                  {[]*wire.Exchange{token(routable)}, rule.GitLab(18, 5)},
		"a routable token of an own prefix": {[]*wire.Exchange{token("acme-" + routable)}, rule.GitLab(18, 5)},
		"another kind of token":             {[]*wire.Exchange{token(strings.Replace(routable, "glagent-", "glpat-", 1))}, rule.Release{}},
		"a routable token in a read":        {[]*wire.Exchange{answeredJSON(t, "GET", tokenPath, 200, newTokenBody(7, routable))}, rule.Release{}},
		"a third token is refused":          {[]*wire.Exchange{refusal(400, twoTokens)}, rule.GitLab(16, 1)},
		"another refusal":                   {[]*wire.Exchange{refusal(400, `{"message":"400 Bad request"}`)}, rule.Release{}},
		"a refusal with another text":       {[]*wire.Exchange{refusal(400, strings.Replace(twoTokens, "message", "error", 1))}, rule.Release{}},
		"a limit on the way":                {[]*wire.Exchange{refusal(429, twoTokens)}, rule.Release{}},
		"a lower one after a higher":        {[]*wire.Exchange{token(routable), agent(receptive(agentBody(5, "a"), "true"))}, rule.GitLab(18, 5)},
		"a higher one after a lower":        {[]*wire.Exchange{refusal(400, twoTokens), agent(receptive(agentBody(5, "a"), "true"))}, rule.GitLab(17, 4)},
	} {
		j := judging(t, Options{})
		for _, x := range c.exchanges {
			j.Observe(x)
		}
		assert.Equal(t, rule.Version{AtLeast: c.want}, j.Version(), name)
	}
}

// TestAnswersThatTheDocumentKnowsTeachWhatGitLabSends has answers that carry a header, and then one that lacks it. That is
// a sign against the last one only if the first ones are surely GitLab's.
func TestAnswersThatTheDocumentKnowsTeachWhatGitLabSends(t *testing.T) {
	t.Parallel()
	with := func(path, body string) *wire.Exchange {
		return answeredJSON(t, "GET", path, 200, body, append([]string{"X-Runtime", "0.1"}, pageHeaders...)...)
	}
	lost := with(agentPath, "")
	lost.Response = nil
	for name, c := range map[string]struct {
		answer  *wire.Exchange
		learned bool
	}{
		"as the document has them":     {with(agentPath, agentBody(5, "a")), true},
		"not as the document has them": {with(agentPath, noAgent), false},
		"only the request was wrong":   {with(agentsPath+"?page=x", "[]"), true},
		"answers to other requests":    {with("20/issues", "[]"), false},
		"no answers":                   {lost, false},
	} {
		j := judging(t, Options{})
		for range 3 {
			j.Observe(c.answer)
		}
		_, x := j.ObservePrepared(j.Prepare(answeredJSON(t, "GET", agentPath, 401, `{"message":"Unauthorized"}`)), nil)
		const sign = "it lacks X-Runtime, which this GitLab always sends"
		if c.learned {
			assert.Contains(t, x.Answerer.Signs, sign, name)
		} else {
			assert.NotContains(t, x.Answerer.Signs, sign, name)
		}
	}
}
