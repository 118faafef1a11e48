package rules

import (
	"bytes"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// page is what the headers of a list say. GitLab counts the entries in a query of its own, so that somebody else's
// change can come between count and list; that is too rare to excuse a server for.
type page struct {
	number, perPage, next, prev, total, totalPages int64 // none where the header is missing, empty or no number
	entries                                        int64
}

const none = -1

func (x *Exchange) Page() (p page, ok bool) {
	if !x.OK(200) || !bytes.HasPrefix(bytes.TrimSpace(x.Response.Body), []byte("[")) { // nor is the answer to HEAD
		return page{}, false
	}
	number := func(header string) int64 {
		n, err := strconv.ParseInt(x.Response.Header.Get(header), 10, 64)
		if err != nil {
			return none
		}
		return n
	}
	p = page{
		number("X-Page"), number("X-Per-Page"), number("X-Next-Page"), number("X-Prev-Page"),
		number("X-Total"), number("X-Total-Pages"), int64(len(x.Agents()) + len(x.Tokens())),
	}
	return p, p.Number > 0 && p.PerPage > 0
}

// wanted is the page that the request asks for, as GitLab reads it.
func (x *Exchange) WantedPage() (number, perPage int64, ok bool) {
	query := x.Request.URL.Query()
	read := func(name string, absent int64) (int64, bool) {
		values := query[name]
		if len(values) == 0 || values[len(values)-1] == "" {
			return absent, len(values) <= 1
		}
		n, err := strconv.ParseInt(values[0], 10, 64)
		return n, err == nil && len(values) == 1
	}
	number, ok1 := read("page", 1)
	perPage, ok2 := read("per_page", 20)
	if perPage < 0 {
		perPage = 20
	}
	return max(number, 1), min(perPage, 100), ok1 && ok2 && perPage != 0
}

// maxCounted is how many entries GitLab counts at most.
const maxCounted = 10_000

func judgePage(judge func(x *Exchange, p page) bool) func(*History, *Exchange) bool {
	return func(_ *History, x *Exchange) bool {
		p, ok := x.Page()
		return ok && judge(x, p)
	}
}

var pageAsAsked = Rule{
	ID:         "pagination/page-as-asked",
	Sentence:   "A list is the page that was asked for: X-Page and X-Per-Page are page and per_page, 1 and 20 if they are not given; more than 100 per page are 100.",
	Source:     pager,
	Operations: lists,
	Judge: judgePage(func(x *Exchange, p page) bool {
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
	}),
}

var pageSize = Rule{
	ID:         "pagination/page-size",
	Sentence:   "A page has as many entries as X-Per-Page says; the last one has the rest.",
	Source:     pager,
	Operations: lists,
	Judge: judgePage(func(x *Exchange, p page) bool {
		switch {
		case p.Entries > p.PerPage:
			x.Violation("", fmt.Sprintf("at most %d entries, as X-Per-Page says", p.PerPage), fmt.Sprintf("%d entries", p.Entries))
		case p.Next > 0 && p.Entries < p.PerPage:
			x.Violation("", fmt.Sprintf("%d entries, as another page follows", p.PerPage), fmt.Sprintf("%d entries", p.Entries))
		}
		return true
	}),
}

var pageTotals = Rule{
	ID:         "pagination/totals",
	Sentence:   "X-Total counts the entries of all pages, and X-Total-Pages the pages, at least one.",
	Source:     pageHeaders,
	Operations: lists,
	Judge: judgePage(func(x *Exchange, p page) bool {
		if p.Total < 0 || p.TotalPages < 0 {
			switch {
			case (p.Total < 0) != (p.TotalPages < 0):
				x.Violation("", "both X-Total and X-Total-Pages, or neither", "one of them")
			case p.Next < 0 && p.Number*p.PerPage <= maxCounted:
				x.Violation("", "X-Total and X-Total-Pages, as there are no more than 10,000 entries", "neither")
			}
			return true
		}
		if pages := max(1, (p.Total+p.PerPage-1)/p.PerPage); p.TotalPages != pages {
			x.Violation("", fmt.Sprintf("X-Total-Pages: %d, for %d entries at %d per page", pages, p.Total, p.PerPage), fmt.Sprintf("X-Total-Pages: %d", p.TotalPages))
		}
		if entries := max(0, min(p.PerPage, p.Total-(p.Number-1)*p.PerPage)); p.Entries != entries {
			x.Violation("", fmt.Sprintf("%d entries on page %d of a total of %d at %d per page", entries, p.Number, p.Total, p.PerPage), fmt.Sprintf("%d entries", p.Entries))
		}
		return true
	}),
}

var pageNeighbours = Rule{
	ID:         "pagination/neighbours",
	Sentence:   "X-Next-Page and X-Prev-Page are the pages beside this one, and empty where there is none.",
	Source:     pageHeaders,
	Operations: lists,
	Judge: judgePage(func(x *Exchange, p page) bool {
		neighbour := func(header string, got int64, exists bool, want int64) {
			switch {
			case exists && got != want:
				x.Violation("", fmt.Sprintf("%s: %d", header, want), fmt.Sprintf("%s: %s", header, x.Response.Header.Get(header)))
			case !exists && x.Response.Header.Get(header) != "":
				x.Violation("", header+" empty", fmt.Sprintf("%s: %s", header, x.Response.Header.Get(header)))
			}
		}
		// GitLab gives a page past the end, which has no entries, no neighbours.
		neighbour("X-Prev-Page", p.Prev, p.Number > 1 && p.Entries > 0, p.Number-1)
		switch {
		case p.TotalPages > 0:
			neighbour("X-Next-Page", p.Next, p.Number < p.TotalPages, p.Number+1)
		case p.Next > 0: // without a total only the number can be judged
			neighbour("X-Next-Page", p.Next, true, p.Number+1)
		}
		return true
	}),
}

var linkEntry = regexp.MustCompile(`<([^>]+)>; rel="([a-z]+)"`)

// links are the URLs of the Link header by relation.
func (x *Exchange) links() map[string]*url.URL {
	links := make(map[string]*url.URL)
	for _, m := range linkEntry.FindAllStringSubmatch(x.Response.Header.Get("Link"), -1) {
		if u, err := url.Parse(m[1]); err == nil {
			links[m[2]] = u
		}
	}
	return links
}

// rels are the relations of the Link header, in an order of ours.
func (x *Exchange) rels() []string { return slices.Sorted(maps.Keys(x.links())) }

var linkHeader = Rule{
	ID:         "pagination/link",
	Sentence:   "Link names the first page, the last one if there is a total, and the pages beside this one where they exist.",
	Source:     pageHeaders,
	Operations: lists,
	Judge: judgePage(func(x *Exchange, p page) bool {
		links := x.links()
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
			link, there := links[rel]
			switch {
			case wanted && !there:
				x.Violation("", fmt.Sprintf("a link rel=%q to page %d", rel, number), "none")
			case !wanted && there:
				x.Violation("", fmt.Sprintf("no link rel=%q", rel), "one to page "+link.Query().Get("page"))
			case wanted && link.Query().Get("page") != strconv.FormatInt(number, 10):
				x.Violation("", fmt.Sprintf("a link rel=%q to page %d", rel, number), "one to page "+link.Query().Get("page"))
			}
		}
		return true
	}),
}

var linkParameters = Rule{
	ID:         "pagination/link-parameters",
	Sentence:   "The URLs in Link are absolute and the request's own, with its parameters, the page size and another page.",
	Source:     pageHeaders,
	Operations: lists,
	Judge: judgePage(func(x *Exchange, p page) bool {
		asked := x.Request.URL.Query()
		for _, rel := range x.rels() {
			link := x.links()[rel]
			got := link.Query()
			if link.Scheme == "" || link.Host == "" {
				x.Violation("", fmt.Sprintf("an absolute URL for rel=%q", rel), "a relative one")
				break
			}
			// The host is the one that the instance is configured with, and a proxy may have put something before the path.
			if want := resource(x.Request.URL); resource(link) != want {
				x.Violation("", fmt.Sprintf("a URL ending in %s for rel=%q", want, rel), resource(link))
				break
			}
			// An admin may have capped per_page, or the URL may keep what was asked.
			if size := got.Get("per_page"); size != strconv.FormatInt(p.PerPage, 10) && size != asked.Get("per_page") {
				x.Violation("", fmt.Sprintf("per_page=%d in the link rel=%q", p.PerPage, rel), fmt.Sprintf("per_page=%s", size))
				break
			}
			for name := range got {
				if !asked.Has(name) && !slices.Contains([]string{"id", "agent_id", "page", "per_page", "format"}, name) && linkRepeats.MatchString(name) {
					x.Violation("", fmt.Sprintf("no parameter in the link rel=%q but those that were sent, and the page", rel), fmt.Sprintf("the parameter %q", clip(name)))
				}
			}
			for name := range asked {
				if name != "page" && !got.Has(name) && len(asked[name]) == 1 && linkRepeats.MatchString(name) {
					x.Violation("", fmt.Sprintf("the parameter %q in the link rel=%q", name, rel), "none")
				}
			}
		}
		return len(x.links()) > 0
	}),
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

var linkPathParameters = Rule{
	ID:         "pagination/link-repeats-path",
	Level:      Should,
	Sentence:   "The URLs in Link repeat the parameters of the path, id and agent_id, in the query.",
	Source:     pageHeaders,
	Operations: lists,
	Judge: judgePage(func(x *Exchange, p page) bool {
		want := []string{"id"}
		if x.Operation == "listAgentTokens" {
			want = append(want, "agent_id")
		}
		for _, rel := range x.rels() {
			link := x.links()[rel]
			if i := slices.IndexFunc(want, func(name string) bool { return !link.Query().Has(name) }); i >= 0 {
				x.Violation("", fmt.Sprintf("the parameter %q in the link rel=%q", want[i], rel), "none")
				break
			}
		}
		return len(x.links()) > 0
	}),
}

// linkRepeats are the parameter names that a Link repeats as they are. Rack reads brackets as nesting.
var linkRepeats = regexp.MustCompile(`^[a-z_]+$`)
