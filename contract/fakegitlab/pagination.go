package fakegitlab

import (
	"fmt"
	"math"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"example.com/gitlab-agents/contract/fakegitlab/internal/rack"
)

const (
	defaultPerPage = 20
	maxPerPage     = 100
	// countLimit is the number of rows above which GitLab does not count a list.
	countLimit = 10_000
)

// Page is the part of a list that is returned, with its pagination headers.
type Page struct {
	Offset int64 // rows before the first one shown
	Limit  int64 // rows shown at most

	Number  int64 // X-Page
	PerPage int64 // X-Per-Page, and per_page in Link
	Next    int64 // X-Next-Page; 0 means none
	Prev    int64 // X-Prev-Page; 0 means none
	Total   int64 // X-Total
	Pages   int64 // X-Total-Pages
	Counted bool  // whether Total, Pages and the link to the last page are shown
}

// paginate does what Kaminari does in GitLab. A page below 1 becomes 1, a per_page below 1 becomes the default, and one
// above 100 becomes 100. PostgreSQL cannot select an offset beyond bigint: ok is then false.
func (c *call) paginate(number, perPage, total int64) (page Page, ok bool) {
	switch {
	case perPage < 1:
		perPage = defaultPerPage
	case perPage > maxPerPage:
		perPage = maxPerPage
	}
	number = max(number, 1)
	if number == math.MaxInt64 || number-1 > math.MaxInt64/perPage {
		return Page{}, false
	}
	page = Page{
		Offset: (number - 1) * perPage, Limit: perPage, Number: number, PerPage: perPage,
		Total: total, Pages: max((total+perPage-1)/perPage, 1),
		Counted: c.decide(Counted, total <= countLimit),
	}
	if number < page.Pages {
		page.Next = number + 1
	}
	if number > 1 && number <= page.Pages {
		page.Prev = number - 1
	}
	for _, d := range c.server.deviations {
		if d.Page != nil {
			d.Page(c.draft.Operation, &page)
		}
	}
	return page, true
}

// rows calls show with the row at each position of the page.
func (c *call) rows(page Page, total int, show func(row int)) {
	first := min(max(page.Offset, 0), int64(total))
	for position := first; position < min(first+page.Limit, int64(total)); position++ {
		row := int(position)
		for _, d := range c.server.deviations {
			if d.Row != nil {
				row = d.Row(c.draft.Operation, row, total)
			}
		}
		show(row)
	}
}

// paginationHeaders sets the pagination headers.
func (c *call) paginationHeaders(p Page) {
	h := c.draft.Header
	h.Set("X-Per-Page", strconv.FormatInt(p.PerPage, 10))
	h.Set("X-Page", strconv.FormatInt(p.Number, 10))
	h.Set("X-Next-Page", numberOrNothing(p.Next))
	h.Set("X-Prev-Page", numberOrNothing(p.Prev))
	h.Set("Link", c.links(p))
	if p.Counted {
		h.Set("X-Total", strconv.FormatInt(p.Total, 10))
		h.Set("X-Total-Pages", strconv.FormatInt(p.Pages, 10))
	}
}

func numberOrNothing(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// links returns the Link header. Each URL is the request's, with the configured scheme and host. It repeats all
// parameters, including those of the path and secrets.
func (c *call) links(p Page) string {
	base := c.origin() + c.request.URL.EscapedPath() + "?"
	before, after := c.queryAround(p.PerPage)
	var b strings.Builder
	link := func(rel string, page int64) {
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, `<%s%spage=%d%s>; rel="%s"`, base, before, page, after, rel)
	}
	if p.Prev != 0 {
		link("prev", p.Prev)
	}
	if p.Next != 0 {
		link("next", p.Next)
	}
	link("first", 1)
	if p.Counted {
		link("last", p.Pages)
	}
	return b.String()
}

// origin is the configured scheme and host, or else those of the request.
func (c *call) origin() string {
	if external := c.server.external; external != nil {
		return external.Scheme + "://" + external.Host
	}
	return c.requestOrigin()
}

// requestOrigin is the scheme and host of the request. An HTTP/1.0 request may have no host; then it is the local
// address.
func (c *call) requestOrigin() string {
	host := c.request.Host
	if address, ok := c.request.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && host == "" {
		host = address.String()
	}
	if c.request.TLS != nil {
		return "https://" + host
	}
	return "http://" + host
}

// queryAround returns the query of a link, before and after its page. Rails' to_query sorts the entries as text.
func (c *call) queryAround(perPage int64) (before, after string) {
	entries := make([]string, 0, len(c.params)+2)
	for name, value := range c.params {
		if name != "page" && name != "per_page" {
			entries = rack.AppendQuery(entries, name, value)
		}
	}
	entries = append(entries, "per_page="+strconv.FormatInt(perPage, 10))
	slices.Sort(entries)
	at, _ := slices.BinarySearch(entries, "page=")
	if at > 0 {
		before = strings.Join(entries[:at], "&") + "&"
	}
	return before, "&" + strings.Join(entries[at:], "&")
}
