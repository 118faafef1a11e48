package gen_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/generated/clusteragents"
)

func TestIteratorOverTokens(t *testing.T) {
	t.Parallel()
	n := 0
	for token, err := range connect(t, with(200, "["+basicJSON+","+basicJSON+"]")).AgentTokens(t.Context(), project, 5) {
		require.NoError(t, err)
		assert.Equal(t, "abcd", token.Name)
		n++
	}
	assert.Equal(t, 2, n)
}

func TestPage(t *testing.T) {
	t.Parallel()
	page, err := connect(t, once(list(2, map[string]string{
		"X-Page": "1", "X-Per-Page": "2", "X-Next-Page": "2", "X-Prev-Page": "", "X-Total": "5", "X-Total-Pages": "3",
	}))).ListAgents(t.Context(), project, nil)
	require.NoError(t, err)
	total, totalPages := int64(5), int64(3)
	assert.Len(t, page.Items, 2)
	page.Items = nil
	assert.Equal(t, clusteragents.PageOf[clusteragents.Agent]{Number: 1, PerPage: 2, Next: 2, Total: &total, TotalPages: &totalPages}, page)

	uncounted, err := connect(t, once(list(2, map[string]string{"X-Page": "1", "X-Next-Page": "2"}))).ListAgents(t.Context(), project)
	require.NoError(t, err)
	assert.Nil(t, uncounted.Total, "above 10,000 entries GitLab does not count")
	assert.Nil(t, uncounted.TotalPages)
	assert.EqualValues(t, 2, uncounted.Next)

	empty, err := connect(t, once(list(0, map[string]string{"X-Next-Page": ""}))).ListAgents(t.Context(), project)
	require.NoError(t, err)
	assert.Equal(t, []clusteragents.Agent{}, empty.Items, "an empty page is no nil")
	assert.Zero(t, empty.Next)

	for _, number := range []clusteragents.Page{0, -7} {
		page, err := connect(t, once(list(1, map[string]string{"X-Page": "1", "X-Next-Page": ""}))).ListAgents(t.Context(), project, number)
		require.NoError(t, err, "GitLab takes %d for 1", number)
		assert.EqualValues(t, 1, page.Number)
	}
}

// list is a page of so many agents.
func list(n int, header map[string]string) answer {
	return answer{status: 200, header: header, body: "[" + strings.TrimSuffix(strings.Repeat(agentJSON+",", n), ",") + "]"}
}

// A server that breaks the rules of pagination cannot keep the loop going, or end it as if it had seen everything.
func TestIteratorAgainstHostileServers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		header map[string]string
		items  int
		want   string // "" if it is no error
	}{
		"the same page again":     {map[string]string{"X-Page": "1", "X-Next-Page": "1"}, 2, "page 1 has page 1 for its next"},
		"back":                    {map[string]string{"X-Page": "3", "X-Next-Page": "2"}, 2, "page 1 was asked for, and page 3 came"},
		"forth and back":          {map[string]string{"X-Page": "1", "X-Next-Page": "3"}, 2, "page 1 has page 3 for its next"},
		"not even the page asked": {map[string]string{"X-Next-Page": "1"}, 2, "page 1 has page 1 for its next"},
		"for ever empty":          {map[string]string{"X-Page": "1", "X-Next-Page": "2"}, 0, "page 1 is empty and has a next page"},
		"no number":               {map[string]string{"X-Next-Page": "two"}, 2, `the header X-Next-Page is "two" and not a number`},
		"negative":                {map[string]string{"X-Next-Page": "-2"}, 2, `the header X-Next-Page is "-2" and not a number`},
		"huge":                    {map[string]string{"X-Total": "99999999999999999999"}, 2, `the header X-Total is "99999999999999999999"`},
		"many, it says":           {map[string]string{"X-Total": "9000000000000000000", "X-Per-Page": "9000000000000000000", "X-Next-Page": ""}, 2, ""},
		"not said, full page":     {nil, 100, "page 1 is full and has no header X-Next-Page"},
		"not said, and not full":  {nil, 99, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transport := once(list(test.items, test.header))
			n := 0
			var failure error
			for _, err := range connect(t, transport).Agents(t.Context(), project) {
				if err != nil {
					failure = err
					continue
				}
				if n++; n > 1_000 {
					break
				}
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
		page, err := connect(t, with(200, body)).ListAgents(t.Context(), project)
		require.ErrorContains(t, err, want, body)
		assert.Zero(t, page)
	}
	_, err := connect(t, with(200, fmt.Sprintf("[%s]", strings.Replace(basicJSON, `"active"`, `""`, 1)))).ListAgentTokens(t.Context(), project, 5)
	require.ErrorContains(t, err, "/0/status is missing, null or empty")
}

func TestStatusUnknownToTheDocumentIsKept(t *testing.T) {
	t.Parallel()
	token, err := connect(t, with(200, strings.Replace(tokenJSON, `"active"`, `"paused"`, 1))).GetAgentToken(t.Context(), project, 5, 7)
	require.NoError(t, err)
	assert.EqualValues(t, "paused", token.Status)
	assert.False(t, token.Status.Valid())
}
