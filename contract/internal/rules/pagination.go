package rules

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/rule"
)

var DefaultPage = rule.Rule{
	ID:         "pagination/defaults",
	Sentence:   "Without page and per_page the first 20 entries are returned.",
	Source:     pager,
	Operations: []string{"listAgents"},
}

var PageAsAsked = rule.Rule{
	ID:         "pagination/page-as-asked",
	Sentence:   "X-Page and X-Per-Page repeat page and per_page. The defaults are 1 and 20, and per_page is at most 100.",
	Source:     pager,
	Operations: lists,
}

func pageAsAsked(x *judge.Exchange, p judge.Page) bool {
	number, perPage, ok := x.WantedPage()
	if !ok {
		return false
	}
	if p.Number != number {
		x.Violation("", fmt.Sprintf("X-Page: %d", number), fmt.Sprintf("X-Page: %d", p.Number))
	}
	if p.PerPage != perPage {
		x.Violation("", fmt.Sprintf("X-Per-Page: %d", perPage), fmt.Sprintf("X-Per-Page: %d", p.PerPage))
	}
	return true
}

var PageSize = rule.Rule{
	ID:         "pagination/page-size",
	Sentence:   "A page has as many entries as X-Per-Page says; the last one has the rest.",
	Source:     pager,
	Operations: lists,
}

func pageSize(x *judge.Exchange, p judge.Page) bool {
	switch {
	case p.Entries > p.PerPage:
		x.Violation("", fmt.Sprintf("at most %s, as X-Per-Page says", entries(p.PerPage)), entries(p.Entries))
	case p.Next > 0 && p.Entries < p.PerPage:
		x.Disagreement(fmt.Sprintf("%s, as another page follows", entries(p.PerPage)), entries(p.Entries))
	}
	return true
}

var Totals = rule.Rule{
	ID:         "pagination/totals",
	Sentence:   "X-Total is the number of all entries, and X-Total-Pages that of all pages, at least 1.",
	Source:     pageHeaders,
	Operations: lists,
}

func totals(x *judge.Exchange, p judge.Page) bool {
	if p.Total < 0 || p.TotalPages < 0 {
		noTotals(x, p)
		return true
	}
	if pages := max(1, (p.Total+p.PerPage-1)/p.PerPage); p.TotalPages != pages {
		x.Violation("", fmt.Sprintf("X-Total-Pages: %d, for %s at %d per page", pages, entries(p.Total), p.PerPage), fmt.Sprintf("X-Total-Pages: %d", p.TotalPages))
	}
	if want := max(0, min(p.PerPage, p.Total-(p.Number-1)*p.PerPage)); p.Entries != want {
		x.Disagreement(fmt.Sprintf("%s on page %d of a total of %d at %d per page", entries(want), p.Number, p.Total, p.PerPage), entries(p.Entries))
	}
	return true
}

// noTotals reports totals that are missing or unreadable. GitLab leaves both out if there are more entries than it counts.
func noTotals(x *judge.Exchange, p judge.Page) {
	for _, name := range []string{"X-Total", "X-Total-Pages"} {
		if value := x.Header(name); value != "" && !isNumber(value) {
			x.Violation("", name+" as a whole number", name+": "+judge.Clip(value))
			return
		}
	}
	switch {
	case (p.Total < 0) != (p.TotalPages < 0):
		x.Violation("", "both X-Total and X-Total-Pages, or neither", "one of them")
	case p.Next < 0 && p.Number*p.PerPage <= maxCounted:
		x.Violation("", "X-Total and X-Total-Pages, as there are no more than 10,000 entries", "neither")
	}
}

func isNumber(s string) bool { return strings.Trim(s, "0123456789") == "" }

// maxCounted is how many entries GitLab counts at most.
const maxCounted = 10_000

var Neighbours = rule.Rule{
	ID:         "pagination/neighbours",
	Sentence:   "X-Next-Page and X-Prev-Page are always present: the numbers of the next and the previous page, or empty.",
	Source:     pageHeaders,
	Operations: lists,
}

func neighbours(x *judge.Exchange, p judge.Page) bool {
	neighbour := func(header string, got int64, exists bool, want int64) {
		value := x.Header(header)
		switch {
		case len(x.Response.Header.Values(header)) == 0:
			x.Violation("", header+", empty if there is no such page", "none")
		case exists && got != want && value == "":
			x.Violation("", fmt.Sprintf("%s: %d", header, want), header+" empty")
		case exists && got != want:
			x.Violation("", fmt.Sprintf("%s: %d", header, want), fmt.Sprintf("%s: %s", header, judge.Clip(value)))
		case !exists && value != "":
			x.Violation("", header+" empty", fmt.Sprintf("%s: %s", header, judge.Clip(value)))
		}
	}
	switch { // GitLab makes these headers from the count, so they agree with it whatever is written in between
	case p.TotalPages > 0:
		neighbour("X-Prev-Page", p.Prev, p.Number > 1 && p.Number <= p.TotalPages, p.Number-1)
		neighbour("X-Next-Page", p.Next, p.Number < p.TotalPages, p.Number+1)
	case p.Next > 0, len(x.Response.Header.Values("X-Next-Page")) == 0: // without a total only the number can be judged
		neighbour("X-Next-Page", p.Next, true, p.Number+1)
	}
	return true
}

var Link = rule.Rule{
	ID:         "pagination/link",
	Sentence:   "Link has the first page, the next and the previous one where they exist, and the last one if the total is known.",
	Source:     pageHeaders,
	Operations: lists,
}

func link(x *judge.Exchange, p judge.Page) bool {
	want := map[string]int64{"first": 1}
	if p.Next > 0 {
		want["next"] = p.Next
	}
	if p.Prev > 0 {
		want["prev"] = p.Prev
	}
	if p.TotalPages > 0 {
		want["last"] = p.TotalPages
	}
	for _, rel := range []string{"first", "prev", "next", "last"} {
		number, wanted := want[rel]
		link, present := p.Links[rel]
		switch {
		case wanted && !present:
			x.Violation("", fmt.Sprintf("a link rel=%q to page %d", rel, number), "none")
		case !wanted && present:
			x.Violation("", fmt.Sprintf("no link rel=%q", rel), "one to page "+link.Query.Get("page"))
		case wanted && link.Query.Get("page") != strconv.FormatInt(number, 10):
			x.Violation("", fmt.Sprintf("a link rel=%q to page %d", rel, number), "one to page "+link.Query.Get("page"))
		}
	}
	return true
}

var LinkParameters = rule.Rule{
	ID:         "pagination/link-parameters",
	Sentence:   "The URLs in Link are absolute and have the request's path and parameters, the page size and another page.",
	Source:     pageHeaders,
	Operations: lists,
}

func linkParameters(x *judge.Exchange, p judge.Page) bool {
	for _, rel := range slices.Sorted(maps.Keys(p.Links)) {
		if !linkIsTheRequests(x, p, rel, p.Links[rel]) {
			break
		}
	}
	return len(p.Links) > 0
}

// linkIsTheRequests reports where a link differs from the request. It is false if more links would say the same.
func linkIsTheRequests(x *judge.Exchange, p judge.Page, rel string, link judge.Link) bool {
	sent, got := x.Query(), link.Query
	if link.Scheme == "" || link.Host == "" {
		x.Violation("", fmt.Sprintf("an absolute URL for rel=%q", rel), "a relative one")
		return false
	}
	// The host is the one that the instance is configured with, and a proxy may have put something before the path.
	if want := resource(x.Request.URL); resource(link.URL) != want {
		x.Violation("", fmt.Sprintf("a URL ending in %s for rel=%q", want, rel), resource(link.URL))
		return false
	}
	// An admin may have capped per_page, or the URL may keep what was sent.
	if size := got.Get("per_page"); size != strconv.FormatInt(p.PerPage, 10) && size != sent.Get("per_page") {
		x.Violation("", fmt.Sprintf("per_page=%d in the link rel=%q", p.PerPage, rel), fmt.Sprintf("per_page=%s", size))
		return false
	}
	for name := range got {
		if !sent.Has(name) && !slices.Contains([]string{"id", "agent_id", "page", "per_page", "format"}, name) && linkRepeats.MatchString(name) {
			x.Violation("", fmt.Sprintf("no parameter in the link rel=%q but those that were sent, and the page", rel), fmt.Sprintf("the parameter %q", judge.Clip(name)))
		}
	}
	for name := range sent {
		if name != "page" && !got.Has(name) && len(sent[name]) == 1 && linkRepeats.MatchString(name) {
			x.Violation("", fmt.Sprintf("the parameter %q in the link rel=%q", name, rel), "none")
		}
	}
	return true
}

// resource is the path of a URL from /api/v4 on, as far as it tells resources apart.
func resource(u *url.URL) string {
	path := u.EscapedPath()
	if _, after, ok := strings.Cut(path, "/api/v4/"); ok {
		path = "/api/v4/" + after
	}
	path = strings.ReplaceAll(path, "%2f", "%2F")
	return strings.TrimSuffix(strings.TrimRight(path, "/"), ".json")
}

// linkRepeats are the parameter names that a Link repeats as they are. Rack reads brackets as nesting.
var linkRepeats = regexp.MustCompile(`^[a-z_]+$`)

var LinkRepeatsPath = rule.Rule{
	ID:         "pagination/link-repeats-path",
	Level:      rule.Should,
	Sentence:   "The URLs in Link repeat the path parameters id and agent_id in the query.",
	Source:     pageHeaders,
	Operations: lists,
}

func linkRepeatsPath(x *judge.Exchange, p judge.Page) bool {
	want := []string{"id"}
	if x.Operation == "listAgentTokens" {
		want = append(want, "agent_id")
	}
	for _, rel := range slices.Sorted(maps.Keys(p.Links)) {
		if i := slices.IndexFunc(want, func(name string) bool { return !p.Links[rel].Query.Has(name) }); i >= 0 {
			x.Violation("", fmt.Sprintf("the parameter %q in the link rel=%q", want[i], rel), "none")
			break
		}
	}
	return len(p.Links) > 0
}

// asAsked leaves out pages whose number is not the one that was asked for, which another rule reports.
func asAsked(one func(x *judge.Exchange, p judge.Page) bool) func(x *judge.Exchange, p judge.Page) bool {
	return func(x *judge.Exchange, p judge.Page) bool {
		number, _, ok := x.WantedPage()
		return !(ok && number != p.Number) && one(x, p)
	}
}

// eachPage judges every response that is a page of a list.
func eachPage(one func(x *judge.Exchange, p judge.Page) bool) func(*judge.History, *judge.Exchange) bool {
	return func(_ *judge.History, x *judge.Exchange) bool {
		p, ok := x.Page()
		return ok && one(x, p)
	}
}

var TokenPages = rule.Rule{
	ID:         "pagination/token-pages",
	Since:      rule.GitLab(15, 0),
	Sentence:   "The pages of tokens contain every token.",
	Source:     pager,
	Operations: []string{"listAgentTokens"},
}

var AgentPages = rule.Rule{
	ID:         "pagination/agent-pages",
	Sentence:   "The pages of agents contain each agent once, in the same order.",
	Source:     pager,
	Operations: []string{"listAgents"},
}

var AtMost100 = rule.Rule{
	ID:         "pagination/at-most-100",
	Sentence:   "per_page above 100 means 100.",
	Source:     pager,
	Operations: []string{"listAgents"},
}

var PageZero = rule.Rule{
	ID:         "pagination/page-zero",
	Level:      rule.Should,
	Sentence:   "page 0 means 1, and a negative per_page means 20.",
	Source:     pager,
	Operations: []string{"listAgents"},
}

var PastTheEnd = rule.Rule{
	ID:         "pagination/past-the-end",
	Sentence:   "A page past the end is an empty list.",
	Source:     pager,
	Operations: []string{"listAgents"},
}
