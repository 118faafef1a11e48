package report_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/report"
)

func TestALongTextIsCutBetweenCharacters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, actual, want string }{
		{"as long as a line may be", strings.Repeat("a", 4000), strings.Repeat("a", 4000)},
		{"a byte longer", strings.Repeat("a", 4001), strings.Repeat("a", 4000) + " …"},
		{"the limit is within a character", "a" + strings.Repeat("é", 2000), "a" + strings.Repeat("é", 1999) + " …"},
		{"the limit is between characters", strings.Repeat("é", 2001), strings.Repeat("é", 2000) + " …"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := violation("a/one", "getAgent", 1, "")
			f.Actual = c.actual
			text := string(write(t, report.Terminal{}, violations(f)))
			assert.True(t, strings.Contains(text, "    actual    "+c.want+"\n"))
		})
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		width      int
		want       string
	}{
		{"no width", "ab cd", 0, "ab cd"},
		{"the text fits", "ab cd", 5, "ab cd"},
		{"the text is a column too long", "ab cd", 4, "ab\ncd"},
		{"the spaces of a text that fits stay", "a  b", 4, "a  b"},
		{"the spaces of a text that does not fit do not", "a  b c", 5, "a b c"},
		{"the last word of a line fits", "ab cd ef", 5, "ab cd\nef"},
		{"a word is too long", "abcdef g", 3, "abcdef\ng"},
		{"characters of two columns fit", "エー ジ", 7, "エー ジ"},
		{"characters of two columns do not fit", "エー ジ", 6, "エー\nジ"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, report.Wrap(c.text, c.width))
		})
	}
}

func TestEightAgentsThatWereKeptAreNamed(t *testing.T) {
	t.Parallel()
	for kept, want := range map[int]string{
		1: "agent 1, \"a\". `glagents sweep` removes it.", 8: "; agent 8, \"a\". `glagents sweep` removes them.",
		9: "; agent 8, \"a\"; and 1 more. `glagents sweep` removes them.",
	} {
		r := &report.Report{Result: &contract.Result{Kept: agents(kept)}}
		assert.Contains(t, string(write(t, report.Terminal{Quiet: true}, r)), want)
	}
}

func TestEightOtherPlacesAndExchangesAreNamed(t *testing.T) {
	t.Parallel()
	const exchanges, places = "#1, #2, #3, #4, #5, #6, #7, #8", "/1/id, /2/id, /3/id, /4/id, /5/id, /6/id, /7/id, /8/id"
	exchange := func(i int) contract.Finding { return violation("a/one", "getAgent", i, "") }
	place := func(i int) contract.Finding { return violation("a/one", "listAgents", 1, fmt.Sprintf("/%d/id", i)) }
	for _, c := range []struct {
		others int
		of     func(i int) contract.Finding
		want   string
	}{
		{1, exchange, "1 other exchange: #1"},
		{8, exchange, "8 other exchanges: " + exchanges},
		{9, exchange, "9 other exchanges: " + exchanges + " …"},
		{1, place, "1 other place in this answer: /1/id"},
		{8, place, "8 other places in this answer: " + places},
		{9, place, "9 other places in this answer: " + places + " …"},
	} {
		t.Run(c.want, func(t *testing.T) {
			t.Parallel()
			var findings []contract.Finding
			for i := range c.others + 1 {
				findings = append(findings, c.of(i))
			}
			assert.Contains(t, string(write(t, report.Terminal{}, violations(findings...))), "    and       "+c.want+"\n")
		})
	}
}

// TestJSONTellsTenStoriesOfARule: findings without a story do not count.
func TestJSONTellsTenStoriesOfARule(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ without, with, told int }{{0, 9, 9}, {0, 10, 10}, {0, 12, 10}, {11, 10, 10}, {11, 12, 10}} {
		var findings []contract.Finding
		for i := range c.without + c.with {
			f := violation("a/one", "getAgent", i, "")
			if i >= c.without {
				f.Story = []contract.Step{step("GET", "cluster_agents", 200, "curl")}
			}
			findings = append(findings, f)
		}
		other := violation("b/two", "getAgent", 0, "")
		other.Story = []contract.Step{step("GET", "cluster_agents", 200, "curl")}
		var got struct{ Findings []struct{ Story []any } }
		require.NoError(t, json.Unmarshal(write(t, report.JSON{}, violations(append(findings, other)...)), &got))
		require.Len(t, got.Findings, c.without+c.with+1)
		for i, f := range got.Findings[:c.without+c.with] {
			assert.Equal(t, i >= c.without && i < c.without+c.told, len(f.Story) > 0, "finding %d of %v", i, c)
		}
		assert.NotEmpty(t, got.Findings[c.without+c.with].Story, "another rule has stories of its own")
	}
}

func TestARuleInJSONRefersToAHundredFindings(t *testing.T) {
	t.Parallel()
	for findings, want := range map[int]int{99: 99, 100: 100, 101: 100} {
		var got struct{ Rules []struct{ Evidence []int } }
		require.NoError(t, json.Unmarshal(write(t, report.JSON{}, apart(findings)), &got))
		require.Len(t, got.Rules, 1)
		require.Len(t, got.Rules[0].Evidence, want)
		assert.Equal(t, want-1, got.Rules[0].Evidence[want-1])
	}
}
