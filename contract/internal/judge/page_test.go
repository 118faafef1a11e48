package judge

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestThePageThatAnAnswerIs(t *testing.T) {
	t.Parallel()
	const none = NoNumber
	headers := []string{"X-Page", "2", "X-Per-Page", "20", "X-Next-Page", "3", "X-Prev-Page", "1", "X-Total", "41", "X-Total-Pages", "4"}
	agents := "[" + agentBody(5, "a") + "," + agentBody(6, "b") + "]"
	page := func(entries int64) Page {
		return Page{Number: 2, PerPage: 20, Next: 3, Prev: 1, Total: 41, TotalPages: 4, Entries: entries, Links: map[string]Link{}}
	}
	for name, c := range map[string]struct {
		method, path string
		status       int
		body         string
		headers      []string
		want         Page
		ok           bool
	}{
		"a list of agents":         {"GET", agentsPath, 200, agents, headers, page(2), true},
		"a list of tokens":         {"GET", tokensPath, 200, "[" + listed(7, "active") + "]", headers, page(1), true},
		"an empty list":            {"GET", agentsPath, 200, "[]", headers, page(0), true},
		"space before the list":    {"GET", agentsPath, 200, "\n []", headers, page(0), true},
		"an entry without an id":   {"GET", agentsPath, 200, "[{}]", headers, page(1), true},
		"only what a page needs":   {"GET", agentsPath, 200, "[]", []string{"X-Page", "1", "X-Per-Page", "1"}, Page{1, 1, none, none, none, none, 0, map[string]Link{}}, true},
		"no number of the page":    {"GET", agentsPath, 200, "[]", []string{"X-Per-Page", "20"}, Page{none, 20, none, none, none, none, 0, map[string]Link{}}, false},
		"no size of the page":      {"GET", agentsPath, 200, "[]", []string{"X-Page", "1"}, Page{1, none, none, none, none, none, 0, map[string]Link{}}, false},
		"page 0":                   {"GET", agentsPath, 200, "[]", []string{"X-Page", "0", "X-Per-Page", "20"}, Page{0, 20, none, none, none, none, 0, map[string]Link{}}, false},
		"a page of 0 entries":      {"GET", agentsPath, 200, "[]", []string{"X-Page", "1", "X-Per-Page", "0"}, Page{1, 0, none, none, none, none, 0, map[string]Link{}}, false},
		"what is not a number":     {"GET", agentsPath, 200, "[]", []string{"X-Page", "1", "X-Per-Page", "20", "X-Total", "5.0", "X-Next-Page", ""}, Page{1, 20, none, none, none, none, 0, map[string]Link{}}, true},
		"an object with headers":   {"GET", agentPath, 200, agentBody(5, "a"), headers, Page{}, false},
		"a list that is a refusal": {"GET", agentsPath, 400, "[]", headers, Page{}, false},
		"a list that was created":  {"GET", agentsPath, 201, "[]", headers, Page{}, false},
		"the answer to HEAD":       {"HEAD", agentsPath, 200, "", headers, Page{}, false},
		"no body":                  {"GET", agentsPath, 200, "", headers, Page{}, false},
	} {
		p, ok := asked(t, c.method, c.path, c.status, c.body, c.headers...).Page()
		assert.Equal(t, c.ok, ok, name)
		assert.Equal(t, c.want, p, name)
	}
}

func TestTheLinksOfAPage(t *testing.T) {
	t.Parallel()
	const first = "https://gitlab.example.com/api/v4/projects/20/cluster_agents?id=20&page=1&per_page=20"
	const last = "https://gitlab.example.com/api/v4/projects/20/cluster_agents?id=20&page=3&per_page=20"
	for name, c := range map[string]struct {
		header string
		want   map[string]string // the page of each relation
	}{
		"one":                     {"<" + first + `>; rel="first"`, map[string]string{"first": "1"}},
		"two":                     {"<" + first + `>; rel="first", <` + last + `>; rel="last"`, map[string]string{"first": "1", "last": "3"}},
		"none":                    {"", map[string]string{}},
		"not a URL":               {`<:>; rel="first", <` + last + `>; rel="last"`, map[string]string{"last": "3"}},
		"no relation":             {"<" + first + ">", map[string]string{}},
		"a relation twice":        {"<" + first + `>; rel="first", <` + last + `>; rel="first"`, map[string]string{"first": "3"}},
		"a link that is no link ": {"the first page", map[string]string{}},
	} {
		p, ok := asked(t, "GET", agentsPath, 200, "[]", "X-Page", "1", "X-Per-Page", "20", "Link", c.header).Page()
		require.True(t, ok, name)
		got := map[string]string{}
		for relation, link := range p.Links {
			got[relation] = link.Query.Get("page")
			assert.Equal(t, "/api/v4/projects/20/cluster_agents", link.Path, name)
		}
		assert.Equal(t, c.want, got, name)
	}
}

func TestThePageThatARequestAsksFor(t *testing.T) {
	t.Parallel()
	type page struct {
		number, perPage int64
		ok              bool
	}
	for query, want := range map[string]page{
		"":                         {1, 20, true},
		"page=3":                   {3, 20, true},
		"per_page=50":              {1, 50, true},
		"page=3&per_page=50":       {3, 50, true},
		"page=":                    {1, 20, true},
		"per_page=":                {1, 20, true},
		"page=0":                   {1, 20, true},
		"page=-3":                  {1, 20, true},
		"per_page=1":               {1, 1, true},
		"per_page=100":             {1, 100, true},
		"per_page=101":             {1, 100, true},
		"per_page=-1":              {1, 20, true},
		"per_page=0":               {1, 0, false},
		"page=x":                   {1, 20, false},
		"per_page=x":               {1, 0, false},
		"page=3&page=4":            {3, 20, false},
		"page=3&page=":             {1, 20, false},
		"per_page=10&per_page=":    {1, 20, false},
		"per_page=10&per_page=10":  {1, 10, false},
		"search=x&page=2":          {2, 20, true},
		"page=x&per_page=50":       {1, 50, false},
		"page=2&per_page=x":        {2, 0, false},
		"page=9223372036854775807": {9223372036854775807, 20, true},
	} {
		x := asked(t, "GET", agentsPath+"?"+query, 200, "[]")
		number, perPage, ok := x.WantedPage()
		assert.Equal(t, want, page{number, perPage, ok}, query)
	}
}

func TestAListThatLacksNothing(t *testing.T) {
	t.Parallel()
	one, two := "["+agentBody(5, "a")+"]", "["+agentBody(5, "a")+","+agentBody(6, "b")+"]"
	for name, c := range map[string]struct {
		query, body                  string
		number, perPage, next, total string
		want                         bool
	}{
		"one page":                               {"", one, "1", "20", "", "1", true},
		"an empty one":                           {"", "[]", "1", "20", "", "0", true},
		"its page was asked for":                 {"?page=1", one, "1", "20", "", "1", true},
		"its size was asked for":                 {"?per_page=20", one, "1", "20", "", "1", true},
		"both were":                              {"?page=1&per_page=20", one, "1", "20", "", "1", true},
		"a parameter that GitLab ignores":        {"?search=x", one, "1", "20", "", "1", true},
		"the second page":                        {"", one, "2", "20", "", "1", false},
		"there is another page":                  {"", one, "1", "20", "2", "1", false},
		"the next page has number 0":             {"", one, "1", "20", "0", "1", false},
		"there are more entries in all":          {"", one, "1", "20", "", "2", false},
		"there are fewer entries in all":         {"", two, "1", "20", "", "1", false},
		"a full page":                            {"", two, "1", "2", "", "2", true},
		"no total, and the page is not full":     {"", one, "1", "2", "", "", true},
		"no total, and the page is full":         {"", two, "1", "2", "", "", false},
		"no total, and more than the page holds": {"", two, "1", "1", "", "", false},
		"a total of 0":                           {"", one, "1", "2", "", "0", false},
		"no number":                              {"", one, "", "20", "", "1", false},
		"no size":                                {"", one, "1", "", "", "1", false},
	} {
		x := asked(t, "GET", agentsPath+c.query, 200, c.body,
			"X-Page", c.number, "X-Per-Page", c.perPage, "X-Next-Page", c.next, "X-Total", c.total)
		assert.Equal(t, c.want, x.WholeList(), name)
	}
	assert.False(t, asked(t, "GET", agentPath, 200, agentBody(5, "a"), pageHeaders...).WholeList(), "no list")
}
