package judge

import (
	"bytes"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
)

// Page is what the headers of a list say, and how many entries the list has. GitLab counts the entries before it selects
// them, in a statement of its own, so a write in between makes the headers disagree with the entries.
type Page struct {
	Number, PerPage, Next, Prev, Total, TotalPages int64 // NoNumber where the header is missing, empty or not a number
	Entries                                        int64
	Links                                          map[string]Link // the Link header, by relation
}

// Link is a link to another page.
type Link struct {
	*url.URL
	Query url.Values
}

// NoNumber stands for a header that is missing, empty or not a number.
const NoNumber = -1

// Page is the page that a response is; ok is false if it is not a list, or does not say which page it is.
func (x *Exchange) Page() (p Page, ok bool) {
	x.decode()
	return x.body.page, x.body.page.Number > 0 && x.body.page.PerPage > 0
}

// page reads the headers of a response that is a list. The answer to a HEAD has no list.
func (x *Exchange) page() Page {
	if x.Response.StatusCode != http.StatusOK || !bytes.HasPrefix(bytes.TrimSpace(x.Response.Body), []byte("[")) {
		return Page{}
	}
	number := func(header string) int64 {
		value := x.Header(header)
		if value == "" {
			return NoNumber
		}
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return NoNumber
		}
		return n
	}
	return Page{
		number("X-Page"), number("X-Per-Page"), number("X-Next-Page"), number("X-Prev-Page"),
		number("X-Total"), number("X-Total-Pages"), int64(len(x.body.agents) + len(x.body.tokens)), links(x.Header("Link")),
	}
}

var linkEntry = regexp.MustCompile(`<([^>]+)>; rel="([a-z]+)"`)

// links are the URLs of a Link header by relation.
func links(header string) map[string]Link {
	links := make(map[string]Link)
	for _, m := range linkEntry.FindAllStringSubmatch(header, -1) {
		if u, err := url.Parse(m[1]); err == nil {
			links[m[2]] = Link{u, u.Query()}
		}
	}
	return links
}

// WantedPage is the page that the request asks for, as GitLab reads it.
func (x *Exchange) WantedPage() (number, perPage int64, ok bool) {
	query := x.Query()
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

// WholeList says that the response is a list on one page that nothing filters, so nothing is missing from it.
func (x *Exchange) WholeList() bool {
	for name := range x.Query() {
		if name != "page" && name != "per_page" && x.doc.HasQuery(x.Operation, name) {
			return false // a parameter of the operation may leave entries out
		}
	}
	p, ok := x.Page()
	return ok && p.Number == 1 && p.Next < 0 && (p.Total == p.Entries || p.Total < 0 && p.Entries < p.PerPage)
}
