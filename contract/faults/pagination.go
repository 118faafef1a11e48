package faults

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// pagination are faults of the pages of lists, and of what the headers say about them.
func pagination() []Fault {
	const asAsked, size, totals, beside, pastEnd = "pagination/page-as-asked", "pagination/page-size", "pagination/totals", "pagination/neighbours", "pagination/past-the-end"
	const link, parameters, agentPages, tokenPages = "pagination/link", "pagination/link-parameters", "pagination/agent-pages", "pagination/token-pages"
	const headers, noEntry, noLink = "document/headers", "an entry is missing", "it names no page"
	type page = fakegitlab.Page
	return []Fault{
		{Name: "link-with-more", Explains: "Links have a parameter that was not sent.", Rules: ids{parameters}, Change: editHeader("Link", replacing("?", "?sort=asc&"), lists...)},
		{Name: "pages-ignored", Explains: "Every page has all entries, and says that it is the only one.", Rules: ids{asAsked}, Change: pages(func(p *page) { *p = onlyPage(p.Total) }, lists...),
			Also: ids{agentPages}, Because: "a page has more or fewer entries than requested"},
		{Name: "per-page-ignored", Explains: "Every page has all entries; the headers are right.", Rules: ids{size}, Change: pages(func(p *page) { p.Limit = max(p.Total, 1) }, lists...),
			Also: ids{totals, agentPages}, Because: "the pages repeat entries"},
		{Name: "page-number-ignored", Explains: "Every page is the first; the headers are right.", Since: v15, Rules: ids{agentPages, pastEnd}, Change: pages(func(p *page) { p.Offset = 0 }, lists...),
			Also: ids{totals, tokenPages}, Because: "the entries are those of another page"},
		{Name: "pages-from-zero", Explains: "Page 1 is the second.", Rules: ids{totals}, Change: pages(func(p *page) { p.Offset += p.PerPage }, lists...),
			Also: ids{tokenPages, "agents/list", "tokens/list"}, Because: "the first page is missing"},
		{Name: "first-entry-missing", Explains: "Every page begins one entry late.", Rules: ids{totals}, Change: pages(func(p *page) { p.Offset++ }, lists...), Also: ids{tokenPages, "tokens/list"}, Because: noEntry},
		{Name: "pages-overlap", Explains: "A page of agents begins with the last entry of the page before.", Rules: ids{agentPages}, Change: pages(overlapping, "listAgents"), Also: ids{totals}, Because: "the last page has an additional entry"},
		{Name: "pages-skip", Explains: "An entry is missing between pages of agents.", Rules: ids{totals}, Change: pages(func(p *page) { p.Offset += p.Number - 1 }, "listAgents"), Also: ids{agentPages}, Because: noEntry},
		{Name: "token-pages-overlap", Explains: "A page of tokens begins with the last entry of the page before.", Since: v15, Rules: ids{tokenPages}, Change: pages(func(p *page) { p.Offset = max(p.Offset-1, 0) }, "listAgentTokens")},
		{Name: "order-by-page", Explains: "Every second page of tokens is in the reverse order.", Since: v15, Rules: ids{tokenPages}, Change: afterwards(reversingSecondPages)},
		{Name: "second-page-404", Explains: "A second page of agents is 404.", Rules: ids{agentPages}, Change: answerPage("listAgents", 2, 404, `{"message":"404 ClusterAgents Not Found"}`)},
		{Name: "third-page-skips", Explains: "The third page of agents begins an entry late.", Rules: ids{agentPages}, Change: pages(thirdLate, "listAgents")},
		{Name: "third-page-500", Explains: "A third page of agents is 500.", Rules: ids{agentPages}, Change: answerPage("listAgents", 3, 500, serverError), Also: ids{"errors/no-internal-error"}, Because: "it is an internal error"},
		{Name: "second-token-page-404", Explains: "A second page of tokens is 404.", Since: v15, Rules: ids{tokenPages}, Change: answerPage("listAgentTokens", 2, 404, `{"message":"404 Not found"}`)},
		{Name: "token-listed-twice", Explains: "The list of tokens has the first one twice, and not the second.", Since: v15, Rules: ids{"tokens/listed-once", "tokens/list"}, Change: entries(isTokenList, repeatingFirst), Also: ids{"tokens/active-listed"}, Because: "the other is missing"},
		{Name: "agent-listed-twice", Explains: "The list of agents has the first one twice, and not the second.", Rules: ids{"agents/listed-once"}, Change: entries(isAgentList, repeatingFirst)},
		{Name: "oldest-token-unlisted", Explains: "The list of tokens lacks the oldest, and does not count it.", Since: v15, Rules: ids{"tokens/active-listed", "tokens/list"}, Change: entries(isTokenList, withoutFirst), Also: ids{"headers/head"}, Because: "HEAD counts it"},
		{Name: "new-agents-unlisted", Explains: "A list of agents that fits on one page lacks those made within the last minute.", Rules: ids{"agents/list", "agents/listed"}, Change: entries(isAgentList, withoutNew)},
		{Name: "agents-newest-first", Explains: "Agents are listed backwards.", Rules: ids{"agents/sorted-by-name"}, Change: rows("listAgents", func(position, total int) int { return total - 1 - position })},
		{Name: "agents-by-id", Explains: "Each page of agents is sorted by id.", Rules: ids{"agents/sorted-by-name"}, Change: entries(isAgentList, sortedByID), Also: ids{agentPages}, Because: "each page is sorted by itself"},
		{Name: "total-off-by-one", Explains: "X-Total is one too many.", Rules: ids{totals}, Change: pages(func(p *page) { p.Total++ }, lists...)},
		{Name: "total-of-page", Explains: "X-Total counts the entries of the page.", Rules: ids{totals}, Change: pages(func(p *page) { p.Total = min(max(p.Total-p.Offset, 0), p.PerPage) }, lists...)},
		{Name: "total-zero", Explains: "X-Total is 0.", Rules: ids{totals}, Change: pages(func(p *page) { p.Total = 0 }, lists...)},
		{Name: "total-pages-rounded-down", Explains: "X-Total-Pages is rounded down.", Rules: ids{totals}, Change: pages(func(p *page) { p.Pages = max(p.Total/p.PerPage, 1) }, lists...), Also: ids{beside}, Because: "the next page is past the last"},
		{Name: "total-pages-zero", Explains: "X-Total-Pages is 0 for an empty list.", Rules: ids{headers}, Change: pages(func(p *page) { p.Pages = min(p.Pages, p.Total) }, lists...), Also: ids{totals, link}, Because: "it is at least 1"},
		{Name: "total-pages-off-by-one", Explains: "X-Total-Pages is one too many.", Rules: ids{totals}, Change: pages(func(p *page) { p.Pages++ }, lists...), Also: ids{beside}, Because: "the headers promise a next page"},
		{Name: "totals-missing", Explains: "X-Total, X-Total-Pages and the link to the last page are missing.", Rules: ids{totals}, Change: decide(fakegitlab.Counted, never)},
		{Name: "total-missing", Explains: "X-Total is missing.", Rules: ids{totals}, Change: dropHeader("X-Total", lists...)},
		{Name: "page-missing", Explains: "X-Page is missing.", Rules: ids{headers}, Change: dropHeader("X-Page", lists...)},
		{Name: "next-page-missing", Explains: "X-Next-Page is missing.", Rules: ids{beside}, Change: dropHeader("X-Next-Page", lists...), Also: ids{link}, Because: "no next page is known"},
		{Name: "prev-page-missing", Explains: "X-Prev-Page is missing.", Rules: ids{beside}, Change: dropHeader("X-Prev-Page", lists...), Also: ids{link}, Because: "no previous page is known"},
		{Name: "next-page-never", Explains: "X-Next-Page is always empty.", Rules: ids{beside}, Change: pages(func(p *page) { p.Next = 0 }, lists...)},
		{Name: "next-page-always", Explains: "The last page has an X-Next-Page too.", Rules: ids{beside}, Change: pages(func(p *page) { p.Next = p.Number + 1 }, lists...), Also: ids{size}, Because: "the headers promise another page"},
		{Name: "next-page-off-by-one", Explains: "X-Next-Page is one too many.", Rules: ids{beside}, Change: pages(nextButOne, lists...)},
		{Name: "prev-page-never", Explains: "X-Prev-Page is always empty.", Rules: ids{beside}, Change: pages(func(p *page) { p.Prev = 0 }, lists...)},
		{Name: "prev-page-zero", Explains: "The X-Prev-Page of the first page is -1.", Rules: ids{beside, headers}, Change: pages(beforeFirst, lists...), Also: ids{link}, Because: "there is a link to it"},
		{Name: "page-number-off-by-one", Explains: "X-Page counts from 0.", Rules: ids{headers}, Change: pages(func(p *page) { p.Number-- }, lists...), Also: ids{asAsked}, Because: "the number is that of another page"},
		{Name: "per-page-unclamped", Explains: "X-Per-Page is 101 where GitLab's is 100.", Rules: ids{headers}, Change: pages(func(p *page) { p.PerPage += p.PerPage / 100 }, lists...), Also: ids{asAsked}, Because: "it is more than requested"},
		{Name: "per-page-at-most-50", Explains: "A per_page above 50 means 50.", Rules: ids{asAsked}, Change: pages(func(p *page) { paged(p, min(p.PerPage, 50)) }, lists...)},
		{Name: "default-of-30", Explains: "A page has 30 entries where GitLab's has 20.", Rules: ids{asAsked, "pagination/defaults"}, Change: pages(defaultOf30, lists...)},
		{Name: "per-page-101-refused", Explains: "A per_page above 100 is refused.", Rules: ids{"pagination/at-most-100"}, Change: refuse(hasParameter("per_page", func(s string) bool { return number(s) > 100 }), 400, `{"error":"per_page does not have a valid value"}`)},
		{Name: "negative-per-page-refused", Explains: "A negative per_page, and page 0, are refused.", Rules: ids{"pagination/page-zero"},
			Change: both(refuse(hasParameter("per_page", isNegative), 400, `{"error":"per_page is invalid"}`), refuse(hasParameter("page", isZero), 400, `{"error":"page is invalid"}`))},
		{Name: "link-missing", Explains: "There is no Link.", Rules: ids{headers}, Change: editHeader("Link", to(""), lists...), Also: ids{link}, Because: noLink},
		{Name: "link-first-missing", Explains: "Link lacks the first page.", Rules: ids{link}, Change: editHeader("Link", matching(`<[^>]*>; rel="first"(, )?`, ""), lists...)},
		{Name: "link-last-wrong", Explains: "Link says that the first page is the last.", Rules: ids{link}, Change: editHeader("Link", matching(`([?&]page=)\d+([^>]*>; rel="last")`, "${1}1${2}"), lists...)},
		{Name: "link-next-wrong", Explains: "The link to the next page leads to the first.", Rules: ids{link}, Change: editHeader("Link", matching(`([?&]page=)\d+([^>]*>; rel="next")`, "${1}1${2}"), lists...)},
		{Name: "link-without-per-page", Explains: "The links do not repeat per_page.", Rules: ids{parameters}, Change: editHeader("Link", matching(`&per_page=-?\d+`, ""), lists...)},
		{Name: "link-without-parameters", Explains: "The links repeat page and per_page only.", Rules: ids{parameters, "pagination/link-repeats-path"}, Change: editHeader("Link", onlyPageParameters, lists...)},
		{Name: "link-relative", Explains: "The links are relative.", Rules: ids{parameters}, Change: editHeader("Link", matching(`<https?://[^/]+`, "<"), lists...)},
		{Name: "link-decoded", Explains: "The links have the project's path decoded, which is no route.", Rules: ids{parameters}, Change: editHeader("Link", matching(`(/projects/[^/]*)%2F`, "$1/"), lists...)},
		{Name: "link-of-another-list", Explains: "The links lead to another list.", Rules: ids{parameters}, Change: editHeader("Link", replacing("/cluster_agents", "/clusters"), lists...)},
		{Name: "link-malformed", Explains: "Link has no angle brackets.", Rules: ids{link}, Change: editHeader("Link", replacing("<", "", ">", ""), lists...)},
	}
}

// Pages

func onlyPage(total int64) fakegitlab.Page {
	return fakegitlab.Page{Limit: max(total, 1), Number: 1, PerPage: max(total, 1), Total: total, Pages: 1, Counted: true}
}

// paged makes it the page of the same number, with pages of another size.
func paged(p *fakegitlab.Page, size int64) {
	p.PerPage, p.Limit, p.Offset = size, size, (p.Number-1)*size
	p.Pages, p.Prev = max(1, (p.Total+size-1)/size), 0
	if p.Number <= p.Pages {
		p.Prev = p.Number - 1
	}
	if p.Next = p.Number + 1; p.Next > p.Pages {
		p.Next = 0
	}
}

func overlapping(p *fakegitlab.Page) {
	if p.Offset > 0 && p.Offset < p.Total {
		p.Offset--
	}
}

func thirdLate(p *fakegitlab.Page) {
	if p.Number == 3 {
		p.Offset++
	}
}

func nextButOne(p *fakegitlab.Page) {
	if p.Next > 0 {
		p.Next++
	}
}

func beforeFirst(p *fakegitlab.Page) {
	if p.Number == 1 {
		p.Prev = -1
	}
}

func defaultOf30(p *fakegitlab.Page) {
	if p.PerPage == 20 {
		paged(p, 30)
	}
}

func isNegative(s string) bool { return number(s) < 0 }

var linkQuery = regexp.MustCompile(`\?[^>]*>`)

func onlyPageParameters(link string) string {
	return linkQuery.ReplaceAllStringFunc(link, func(s string) string {
		all, err := url.ParseQuery(strings.Trim(s, "?>"))
		if err != nil {
			return s
		}
		kept := url.Values{"page": all["page"], "per_page": all["per_page"]}
		return "?" + kept.Encode() + ">"
	})
}

// Entries

func repeatingFirst(_ http.Header, entries []object) []object {
	if len(entries) > 1 {
		entries[1] = entries[0]
	}
	return entries
}

func withoutFirst(h http.Header, entries []object) []object {
	if len(entries) == 0 || !fitsOnOnePage(h) {
		return entries
	}
	count(h, "X-Total", -1)
	return entries[1:]
}

func withoutNew(h http.Header, entries []object) []object {
	if !fitsOnOnePage(h) {
		return entries
	}
	old := slices.DeleteFunc(slices.Clone(entries), func(o object) bool {
		at, err := time.Parse(time.RFC3339, text(o["created_at"]))
		return err == nil && time.Since(at) < time.Minute
	})
	count(h, "X-Total", len(old)-len(entries))
	return old
}

func fitsOnOnePage(h http.Header) bool {
	return h.Get("X-Next-Page") == "" && h.Get("X-Prev-Page") == ""
}

func sortedByID(_ http.Header, entries []object) []object {
	slices.SortFunc(entries, func(x, y object) int {
		return cmp.Compare(number(fmt.Sprint(x["id"])), number(fmt.Sprint(y["id"])))
	})
	return entries
}

// reversingSecondPages shows what stands on an even page of tokens if the whole list is reversed.
func reversingSecondPages(next http.Handler, r *http.Request, a *reply) {
	page, size := number(a.header.Get("X-Page")), number(a.header.Get("X-Per-Page"))
	if !method(http.MethodGet, isTokenList)(r) || a.status != 200 || page%2 != 0 {
		return
	}
	p, _ := placeOf(r.URL)
	all := read(next, r, p.agentTokens()+"?per_page=100").objects()
	slices.Reverse(all)
	first, end := min((page-1)*size, int64(len(all))), min(page*size, int64(len(all)))
	a.body = marshal(append([]object{}, all[first:end]...))
}
