package rules_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/wire"
)

// page is a list of agents that claims to be a page of so many entries.
func page(s *stream, number, perPage, total int, ids ...int) *wire.Exchange {
	return with(s.listAgents(ids...), func(x *wire.Exchange) {
		query := x.Request.URL.Query()
		query.Set("page", strconv.Itoa(number))
		query.Set("per_page", strconv.Itoa(perPage))
		x.Request.URL.RawQuery = query.Encode()
		pageHeadersOf(x, number, perPage, total)
	})
}

// counted are lists whose headers were counted before the entries were selected, and something was written in between.
var counted = []struct {
	what string
	rule string
	list func(s *stream) *wire.Exchange
}{
	{"an agent was created in between", "pagination/totals", func(s *stream) *wire.Exchange { return page(s, 1, 20, 1, 1, 2) }},
	{"an agent was deleted in between", "pagination/totals", func(s *stream) *wire.Exchange { return page(s, 1, 20, 3, 1, 2) }},
	{"all were deleted in between", "pagination/totals", func(s *stream) *wire.Exchange { return page(s, 1, 20, 3) }},
	{"a page before the last is short", "pagination/page-size", func(s *stream) *wire.Exchange { return page(s, 1, 2, 3, 1) }},
	{"the last page is full", "pagination/totals", func(s *stream) *wire.Exchange { return page(s, 2, 2, 3, 3, 4) }},
}

func TestAListThatIsCountedBeforeItIsSelectedIsInconclusive(t *testing.T) {
	t.Parallel()
	for _, c := range counted {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			result := judged(t, newest, c.list(newStream()))
			assert.Empty(t, violations(result.Findings))
			r := outcomeOf(t, result, c.rule)
			assert.Equal(t, rule.Inconclusive, r.Outcome)
			assert.Equal(t, rule.ReasonUnconfirmed, r.Reason.Code)
			assert.Equal(t, rule.TooLittle, result.Exit(false))
		})
	}
}

// TestALiveCheckMayConfirmADisagreement has a check that confirms every finding: then it is a violation.
func TestALiveCheckMayConfirmADisagreement(t *testing.T) {
	t.Parallel()
	for _, c := range counted {
		doubts := 0
		j := newJudge(t, newest, live, func(o *judge.Options) {
			o.Count = func(_ *rule.Finding, _ *judge.Exchange, doubtful bool) bool {
				if doubtful {
					doubts++
				}
				return true
			}
		})
		j.Observe(c.list(newStream()))
		assert.Positive(t, doubts, c.what)
		assert.Equal(t, rule.Violation, outcomeOf(t, j.Result(), c.rule).Outcome, c.what)
	}
}

func TestHeadersThatDisagreeWithEachOtherAreAViolation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what, rule, expected, actual string
		list                         func(s *stream) *wire.Exchange
	}{
		{"X-Total is not a whole number", "pagination/totals", "X-Total as a whole number", "X-Total: 12.0",
			func(s *stream) *wire.Exchange { return header(s.listAgents(1), "X-Total", "12.0") }},
		{"X-Total-Pages is a word", "pagination/totals", "X-Total-Pages as a whole number", "X-Total-Pages: one",
			func(s *stream) *wire.Exchange { return header(s.listAgents(1), "X-Total-Pages", "one") }},
		{"both are not whole numbers", "pagination/totals", "X-Total as a whole number", "X-Total: 1.0",
			func(s *stream) *wire.Exchange {
				return header(header(s.listAgents(1), "X-Total", "1.0"), "X-Total-Pages", "1.0")
			}},
		{"X-Total is negative", "pagination/totals", "X-Total as a whole number", "X-Total: -1",
			func(s *stream) *wire.Exchange { return header(s.listAgents(1), "X-Total", "-1") }},
		{"X-Total is missing", "pagination/totals", "both X-Total and X-Total-Pages, or neither", "one of them",
			func(s *stream) *wire.Exchange { return header(s.listAgents(1), "X-Total", "") }},
		{"both are missing on a short list", "pagination/totals", "X-Total and X-Total-Pages, as there are no more than 10,000 entries", "neither",
			func(s *stream) *wire.Exchange { return with(s.listAgents(1), uncounted) }},
		{"the pages do not follow from the total", "pagination/totals", "X-Total-Pages: 2, for 3 entries at 2 per page", "X-Total-Pages: 3",
			func(s *stream) *wire.Exchange { return header(page(s, 1, 2, 3, 1, 2), "X-Total-Pages", "3") }},
		{"there are more entries than a page holds", "pagination/page-size", "at most 2 entries, as X-Per-Page says", "3 entries",
			func(s *stream) *wire.Exchange { return page(s, 1, 2, 3, 1, 2, 3) }},
		{"no next page, though there are two", "pagination/neighbours", "X-Next-Page, empty if there is no such page", "none",
			func(s *stream) *wire.Exchange { return header(page(s, 1, 2, 3, 1, 2), "X-Next-Page", "") }},
		{"a previous page of the first", "pagination/neighbours", "X-Prev-Page empty", "X-Prev-Page: 1",
			func(s *stream) *wire.Exchange { return header(s.listAgents(1), "X-Prev-Page", "1") }},
		{"the next page is not a number", "pagination/neighbours", "X-Next-Page: 2", "X-Next-Page: two",
			func(s *stream) *wire.Exchange { return header(page(s, 1, 2, 3, 1, 2), "X-Next-Page", "two") }},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			found := violations(under(judged(t, newest, c.list(newStream())).Findings, c.rule))
			require.NotEmpty(t, found)
			assert.Equal(t, c.expected, found[0].Expected)
			assert.Equal(t, c.actual, found[0].Actual)
		})
	}
}

// TestNeighboursAgreeWithTheCount has pages whose neighbours follow from the count, whatever the entries are.
func TestNeighboursAgreeWithTheCount(t *testing.T) {
	t.Parallel()
	s := newStream()
	for _, x := range []*wire.Exchange{page(s, 1, 2, 3, 1), page(s, 1, 2, 3), page(s, 2, 2, 5, 1, 2), page(s, 3, 2, 5)} {
		assert.Empty(t, under(judged(t, newest, x).Findings, "pagination/neighbours"))
	}
}
