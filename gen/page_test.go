package gen_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/generated/clusteragents"
)

// pages answers page by page with the number of agents given for each, and with GitLab's headers.
func pages(counts ...int) *stub {
	s := new(stub)
	total := 0
	for _, count := range counts {
		total += count
	}
	id := 0
	for i, count := range counts {
		var agents []string
		for range count {
			id++
			agents = append(agents, strings.Replace(agentJSON, `"id":5`, `"id":`+strconv.Itoa(id), 1))
		}
		next := ""
		if i+1 < len(counts) {
			next = strconv.Itoa(i + 2)
		}
		s.answers = append(s.answers, answer{status: 200, body: "[" + strings.Join(agents, ",") + "]", header: map[string]string{
			"X-Page": strconv.Itoa(i + 1), "X-Per-Page": "2", "X-Next-Page": next, "X-Prev-Page": "",
			"X-Total": strconv.Itoa(total), "X-Total-Pages": strconv.Itoa(len(counts)),
			"Link": `<https://evil.example.com/api/v4/projects/20/cluster_agents?page=2>; rel="next"`,
		}})
	}
	return s
}

func TestIteratorYieldsAllPages(t *testing.T) {
	t.Parallel()
	transport := pages(2, 2, 1)
	gitlab := connect(t, transport)
	all := gitlab.Agents(t.Context(), project, clusteragents.PerPage(2))
	assert.Zero(t, transport.count(), "nothing is requested before the loop")

	var ids []int64
	for agent, err := range all {
		require.NoError(t, err)
		ids = append(ids, agent.ID)
		assert.Equal(t, (len(ids)+1)/2, transport.count(), "a page is requested when it is needed")
	}

	assert.Equal(t, []int64{1, 2, 3, 4, 5}, ids)
	for i, query := range []url.Values{{"per_page": {"2"}}, {"per_page": {"2"}, "page": {"2"}}, {"per_page": {"2"}, "page": {"3"}}} {
		assert.Equal(t, query, transport.requests[i].URL.Query())
		assert.Equal(t, "gitlab.example.com", transport.requests[i].URL.Host)
	}
}

func TestIteratorStopsWithTheLoop(t *testing.T) {
	t.Parallel()
	for after, requests := range map[int]int{1: 1, 2: 1, 3: 2} {
		transport := pages(2, 2, 2)
		seen := 0
		for _, err := range connect(t, transport).Agents(t.Context(), project) {
			require.NoError(t, err)
			if seen++; seen == after {
				break
			}
		}
		assert.Equal(t, requests, transport.count(), "after %d agents", after)
	}
}

func TestIteratorCanBeginLaterAndAgain(t *testing.T) {
	t.Parallel()
	transport := pages(2, 1)
	transport.answers = append(transport.answers[1:], transport.answers[1])
	all := connect(t, transport).Agents(t.Context(), project, clusteragents.Page(2))
	for range 2 {
		n := 0
		for _, err := range all {
			require.NoError(t, err)
			n++
		}
		assert.Equal(t, 1, n)
	}
	require.Equal(t, 2, transport.count())
	assert.Equal(t, "page=2", transport.requests[1].URL.RawQuery)
}

func TestIteratorOverTokens(t *testing.T) {
	t.Parallel()
	n := 0
	for token, err := range connect(t, once(200, "["+basicJSON+","+basicJSON+"]")).AgentTokens(t.Context(), project, 5) {
		require.NoError(t, err)
		assert.Equal(t, "abcd", token.Name)
		n++
	}
	assert.Equal(t, 2, n)
}

func TestIteratorEndsWithAnError(t *testing.T) {
	t.Parallel()
	transport := pages(2, 2)
	transport.answers[1] = answer{status: http.StatusForbidden, body: `{"message":"403 Forbidden"}`}
	var ids []int64
	var failures []error
	for agent, err := range connect(t, transport).Agents(t.Context(), project) {
		if err != nil {
			assert.Zero(t, agent)
			failures = append(failures, err)
			continue
		}
		ids = append(ids, agent.ID)
	}
	assert.Equal(t, []int64{1, 2}, ids)
	require.Len(t, failures, 1)
	assert.ErrorIs(t, failures[0], clusteragents.ErrForbidden)
}

func TestPage(t *testing.T) {
	t.Parallel()
	page, err := connect(t, pages(2, 2, 1)).ListAgents(t.Context(), project, nil)
	require.NoError(t, err)
	total, totalPages := int64(5), int64(3)
	assert.Len(t, page.Items, 2)
	page.Items = nil
	assert.Equal(t, clusteragents.PageOf[clusteragents.Agent]{Number: 1, PerPage: 2, Next: 2, Total: &total, TotalPages: &totalPages}, page)

	// Above 10,000 entries GitLab does not count.
	transport := pages(2, 2)
	delete(transport.answers[0].header, "X-Total")
	delete(transport.answers[0].header, "X-Total-Pages")
	page, err = connect(t, transport).ListAgents(t.Context(), project)
	require.NoError(t, err)
	assert.Nil(t, page.Total)
	assert.Nil(t, page.TotalPages)
	assert.EqualValues(t, 2, page.Next)

	empty, err := connect(t, pages(0)).ListAgents(t.Context(), project)
	require.NoError(t, err)
	assert.Equal(t, []clusteragents.Agent{}, empty.Items, "an empty page is no nil")
	assert.Zero(t, empty.Next)
}

// A server that does not keep to the rules of pagination neither keeps the loop going nor ends it as if all was seen.
func TestIteratorAgainstHostileServers(t *testing.T) {
	t.Parallel()
	list := func(n int) string { return "[" + strings.TrimSuffix(strings.Repeat(agentJSON+",", n), ",") + "]" }
	for name, test := range map[string]struct {
		header map[string]string
		items  int
		want   string // "" if it is no error
	}{
		"the same page again":     {map[string]string{"X-Page": "1", "X-Next-Page": "1"}, 2, "page 1 has page 1 for its next"},
		"back":                    {map[string]string{"X-Page": "3", "X-Next-Page": "2"}, 2, "page 3 has page 2 for its next"},
		"not even the page asked": {map[string]string{"X-Next-Page": "1"}, 2, "page 1 has page 1 for its next"},
		"for ever empty":          {map[string]string{"X-Page": "1", "X-Next-Page": "2"}, 0, "page 1 is empty and has a next page"},
		"no number":               {map[string]string{"X-Next-Page": "two"}, 2, `the header X-Next-Page is "two" and not a number`},
		"negative":                {map[string]string{"X-Next-Page": "-2"}, 2, `the header X-Next-Page is "-2" and not a number`},
		"huge":                    {map[string]string{"X-Total": "99999999999999999999"}, 2, `the header X-Total is "99999999999999999999"`},
		"many, it says":           {map[string]string{"X-Total": "9000000000000000000", "X-Per-Page": "9000000000000000000", "X-Next-Page": ""}, 2, ""},
		"not said, full page":     {nil, 20, "page 1 is full and has no header X-Next-Page"},
		"not said, and not full":  {nil, 19, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transport := &stub{answers: []answer{{status: 200, header: test.header, body: list(test.items)}}}
			n := 0
			var failure error
			for _, err := range connect(t, transport).Agents(t.Context(), project) {
				if err != nil {
					failure = err
					continue
				}
				n++
			}
			assert.Equal(t, 1, transport.count())
			if test.want == "" {
				require.NoError(t, failure)
				assert.Equal(t, test.items, n)
				return
			}
			require.ErrorContains(t, failure, test.want)
			require.ErrorIs(t, failure, clusteragents.ErrUnexpectedResponse)
			var e *clusteragents.Error
			require.ErrorAs(t, failure, &e)
			assert.Equal(t, "listAgents", e.Operation)
		})
	}
}

func TestListsAreCheckedEntryByEntry(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"null":                           "null instead of a value",
		"{}":                             "cannot unmarshal object",
		"[" + agentJSON + ",{\"id\":1}]": "/1/name is missing, null or empty",
		"[" + agentJSON + ",null]":       "/1/id is missing, null or empty",
		"":                               "the body is empty",
	} {
		page, err := connect(t, once(200, body)).ListAgents(t.Context(), project)
		require.ErrorContains(t, err, want, body)
		assert.Zero(t, page)
	}
	_, err := connect(t, once(200, fmt.Sprintf("[%s]", strings.Replace(basicJSON, `"active"`, `""`, 1)))).ListAgentTokens(t.Context(), project, 5)
	require.ErrorContains(t, err, "/0/status is missing, null or empty")
}

func TestStatusUnknownToTheDocumentIsKept(t *testing.T) {
	t.Parallel()
	token, err := connect(t, once(200, strings.Replace(tokenJSON, `"active"`, `"paused"`, 1))).GetAgentToken(t.Context(), project, 5, 7)
	require.NoError(t, err)
	assert.EqualValues(t, "paused", token.Status)
	assert.False(t, token.Status.Valid())
}
