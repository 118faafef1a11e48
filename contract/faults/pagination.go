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

// pagination are faults with the pages of lists, and what is said about them.
func pagination() []Fault {
	const asAsked, size, totals, beside = "pagination/page-as-asked", "pagination/page-size", "pagination/totals", "pagination/neighbours"
	const link, parameters, agentPages, tokenPages = "pagination/link", "pagination/link-parameters", "pagination/agent-pages", "pagination/token-pages"
	paged := func(name, explains string, change func(operation string, p *fakegitlab.Page), rules ...string) Fault {
		return Fault{Name: name, Explains: explains, Rules: rules, Deviation: func() *fakegitlab.Deviation {
			return &fakegitlab.Deviation{Page: change}
		}}
	}
	linked := func(name, explains string, change func(link string) string, rules ...string) Fault {
		return Fault{Name: name, Explains: explains, Rules: rules, Deviation: rewriting(func(_ *http.Request, d *fakegitlab.ResponseDraft) {
			if l := d.Header.Get("Link"); l != "" {
				d.Header.Del("Link")
				if l = change(l); l != "" {
					d.Header.Set("Link", l)
				}
			}
		}, lists...)}
	}
	without := func(name, explains, header string, rules ...string) Fault {
		return Fault{Name: name, Explains: explains, Rules: rules, Deviation: rewriting(func(_ *http.Request, d *fakegitlab.ResponseDraft) {
			d.Header.Del(header)
		}, lists...)}
	}
	toEnd := func(p *fakegitlab.Page) { p.Limit = max(p.Total, 1) }
	agents := func(change func(p *fakegitlab.Page)) func(string, *fakegitlab.Page) {
		return func(operation string, p *fakegitlab.Page) {
			if operation == "listAgents" {
				change(p)
			}
		}
	}
	all := func(change func(p *fakegitlab.Page)) func(string, *fakegitlab.Page) {
		return func(_ string, p *fakegitlab.Page) { change(p) }
	}
	return []Fault{
		{
			Name: "link-with-more", Explains: "Links have a parameter that nobody gave.", Rules: []string{"pagination/link-parameters"},
			Deviation: rewriting(func(_ *http.Request, d *fakegitlab.ResponseDraft) {
				if link := d.Header.Get("Link"); link != "" {
					d.Header.Set("Link", strings.ReplaceAll(link, "?", "?sort=asc&"))
				}
			}, lists...),
		},
		paged("pages-ignored", "Every page has all entries, and says to be the only one.", all(func(p *fakegitlab.Page) {
			*p = fakegitlab.Page{Limit: max(p.Total, 1), Number: 1, PerPage: 20, Total: p.Total, Pages: 1, Counted: true}
		}), asAsked).also("more or fewer entries than one page", agentPages, tokenPages, "pagination/past-the-end"),
		paged("per-page-ignored", "Every page has all entries; the headers are right.", all(toEnd), size).
			also("the pages have each entry again", totals, agentPages, tokenPages),
		paged("page-number-ignored", "Every page is the first; the headers are right.", all(func(p *fakegitlab.Page) { p.Offset = 0 }),
			agentPages, "pagination/past-the-end").also("the entries are not those of the page", totals, beside, tokenPages).since(15, 0),
		paged("pages-from-zero", "Page 1 is the second.", all(func(p *fakegitlab.Page) { p.Offset += p.PerPage }), totals).
			also("the first page is missing", beside, tokenPages, "agents/list", "tokens/list"),
		paged("first-entry-missing", "Every page begins one entry late.", all(func(p *fakegitlab.Page) { p.Offset++ }), totals).
			also("an entry is missing", beside, tokenPages, "tokens/list"),
		paged("pages-overlap", "A page of agents begins with the last entry of the page before.", agents(func(p *fakegitlab.Page) {
			if p.Offset > 0 && p.Offset < p.Total {
				p.Offset--
			}
		}), agentPages).also("the last page has an entry more", totals),
		paged("pages-skip", "Between pages of agents an entry is left out.", agents(func(p *fakegitlab.Page) {
			p.Offset += p.Number - 1
		}), totals).also("an entry is missing", agentPages, beside),
		paged("token-pages-overlap", "A page of tokens begins with the last entry of the page before.", func(operation string, p *fakegitlab.Page) {
			if operation == "listAgentTokens" && p.Offset > 0 {
				p.Offset--
			}
		}, tokenPages).since(15, 0),
		{
			Name: "order-by-page", Explains: "The order of tokens is another on each page.", Since: fakegitlab.Release{Major: 15},
			Rules: []string{tokenPages}, Deviation: func() *fakegitlab.Deviation {
				return &fakegitlab.Deviation{Row: func(operation string, position, total int) int {
					if operation == "listAgentTokens" && total == 2 && position == 1 {
						return 0
					}
					return position
				}}
			},
			Also: []string{"tokens/listed-once", "tokens/list", "tokens/active-listed"}, Because: "one page has both orders",
		},
		{
			Name: "second-page-404", Explains: "A second page of agents is 404.", Rules: []string{agentPages},
			Deviation: rewriting(func(r *http.Request, d *fakegitlab.ResponseDraft) {
				if number(r.URL.Query().Get("page")) == 2 {
					replace(d, 404, `{"message":"404 ClusterAgents Not Found"}`)
				}
			}, "listAgents"),
		},
		paged("third-page-skips", "The third page of agents begins an entry late.", agents(func(p *fakegitlab.Page) {
			if p.Number == 3 {
				p.Offset++
			}
		}), agentPages),
		{
			Name: "third-page-500", Explains: "A third page of agents is 500.", Rules: []string{agentPages},
			Deviation: rewriting(func(r *http.Request, d *fakegitlab.ResponseDraft) {
				if number(r.URL.Query().Get("page")) == 3 {
					replace(d, 500, `{"message":"500 Internal Server Error"}`)
				}
			}, "listAgents"),
			Also: []string{"errors/no-internal-error"}, Because: "it is one",
		},
		{
			Name: "second-token-page-404", Explains: "A second page of tokens is 404.", Since: fakegitlab.Release{Major: 15}, Rules: []string{tokenPages},
			Deviation: rewriting(func(r *http.Request, d *fakegitlab.ResponseDraft) {
				if number(r.URL.Query().Get("page")) == 2 {
					replace(d, 404, `{"message":"404 Not found"}`)
				}
			}, "listAgentTokens"),
		},
		{
			Name: "token-listed-twice", Explains: "The list of an agent's two tokens has the first one twice.", Since: fakegitlab.Release{Major: 15},
			Rules: []string{"tokens/listed-once", "tokens/list"},
			Wrap:  repeatingFirst(func(p place) bool { return p.tokens && p.token == "" }),
			Also:  []string{"tokens/active-listed"}, Because: "the other is missing",
		},
		{
			Name: "agent-listed-twice", Explains: "The list of agents has the first one twice.", Rules: []string{"agents/listed-once"},
			Wrap: repeatingFirst(func(p place) bool { return p.agent == "" }),
			Also: []string{"agents/listed"}, Because: "another is missing",
		},
		{
			Name: "oldest-token-unlisted", Explains: "The list of tokens lacks the oldest, and does not count it.", Since: fakegitlab.Release{Major: 15},
			Rules: []string{"tokens/active-listed", "tokens/list"},
			Also:  []string{"headers/head"}, Because: "HEAD counts it",
			Wrap: editingLists(func(p place) bool { return p.tokens && p.token == "" }, func(h http.Header, entries []object) []object {
				if len(entries) > 0 && h.Get("X-Next-Page") == "" && h.Get("X-Prev-Page") == "" {
					add(h, "X-Total", -1)
					return entries[1:]
				}
				return entries
			}),
		},
		{
			Name: "new-agents-unlisted", Explains: "A list of agents that fits on one page lacks those made within the last minute.",
			Rules: []string{"agents/list", "agents/listed"},
			Wrap: editingLists(func(p place) bool { return p.agent == "" }, func(h http.Header, entries []object) []object {
				if h.Get("X-Next-Page") != "" || h.Get("X-Prev-Page") != "" {
					return entries
				}
				old := slices.DeleteFunc(slices.Clone(entries), func(o object) bool {
					at, err := time.Parse(time.RFC3339, text(o["created_at"]))
					return err == nil && time.Since(at) < time.Minute
				})
				add(h, "X-Total", len(old)-len(entries))
				return old
			}),
			Also: []string{"pagination/agent-pages", "roles/developer-reads"}, Because: "some lists have them, and others have not",
		},
		{
			Name: "agents-newest-first", Explains: "Agents are listed backwards.", Rules: []string{"agents/sorted-by-name"},
			Deviation: func() *fakegitlab.Deviation {
				return &fakegitlab.Deviation{Row: func(operation string, position, total int) int {
					if operation == "listAgents" {
						return total - 1 - position
					}
					return position
				}}
			},
			Also: []string{agentPages}, Because: "the pages are not in order",
		},
		{
			Name: "agents-by-id", Explains: "Agents are listed in the order in which they were made.", Rules: []string{"agents/sorted-by-name"},
			Wrap: editingLists(func(p place) bool { return p.agent == "" }, func(_ http.Header, entries []object) []object {
				slices.SortFunc(entries, func(x, y object) int {
					return cmp.Compare(number(fmt.Sprint(x["id"])), number(fmt.Sprint(y["id"])))
				})
				return entries
			}),
			Also: []string{agentPages}, Because: "each page is put in order by itself",
		},
		paged("total-off-by-one", "X-Total is one too many.", all(func(p *fakegitlab.Page) { p.Total++ }), totals),
		paged("total-of-page", "X-Total counts the entries of the page.", all(func(p *fakegitlab.Page) {
			p.Total = min(max(p.Total-p.Offset, 0), p.PerPage)
		}), totals),
		paged("total-zero", "X-Total is 0.", all(func(p *fakegitlab.Page) { p.Total = 0 }), totals),
		paged("total-pages-rounded-down", "X-Total-Pages is rounded down.", all(func(p *fakegitlab.Page) {
			p.Pages = max(p.Total/p.PerPage, 1)
		}), totals).also("the next page is past the last", beside),
		paged("total-pages-zero", "X-Total-Pages is 0 for an empty list.", all(func(p *fakegitlab.Page) {
			if p.Total == 0 {
				p.Pages = 0
			}
		}), "document/headers").also("it is at least 1", totals, link),
		paged("total-pages-off-by-one", "X-Total-Pages is one too many.", all(func(p *fakegitlab.Page) { p.Pages++ }), totals).
			also("there should be a next page", beside),
		paged("totals-missing", "X-Total, X-Total-Pages and the link to the last page are missing.", all(func(p *fakegitlab.Page) { p.Counted = false }),
			totals),
		without("total-missing", "X-Total is missing.", "X-Total", totals),
		without("page-missing", "X-Page is missing.", "X-Page", "document/headers"),
		without("next-page-missing", "X-Next-Page is missing.", "X-Next-Page", "document/headers").also("it is empty", beside, link),
		paged("next-page-never", "X-Next-Page is always empty.", all(func(p *fakegitlab.Page) { p.Next = 0 }), beside),
		paged("next-page-always", "X-Next-Page is there on the last page too.", all(func(p *fakegitlab.Page) { p.Next = p.Number + 1 }), beside).
			also("another page is promised", size),
		paged("next-page-off-by-one", "X-Next-Page is one too many.", all(func(p *fakegitlab.Page) {
			if p.Next > 0 {
				p.Next++
			}
		}), beside),
		paged("prev-page-never", "X-Prev-Page is always empty.", all(func(p *fakegitlab.Page) { p.Prev = 0 }), beside),
		paged("prev-page-zero", "X-Prev-Page is 0 on the first page.", all(func(p *fakegitlab.Page) {
			if p.Number == 1 {
				p.Prev = -1
			}
		}), beside, "document/headers").also("there is a link to it", link),
		paged("page-number-off-by-one", "X-Page counts from 0.", all(func(p *fakegitlab.Page) { p.Number-- }), "document/headers").
			also("the page is another", asAsked, beside),
		paged("per-page-unclamped", "per_page above 100 is taken as it is.", all(func(p *fakegitlab.Page) {
			if p.PerPage == 100 {
				p.PerPage = 101
			}
		}), "document/headers").also("it is more than was asked for", asAsked),
		paged("per-page-at-most-50", "per_page above 50 is taken as 50.", all(func(p *fakegitlab.Page) { p.PerPage = min(p.PerPage, 50) }), asAsked),
		paged("default-of-30", "Without per_page 30 are listed.", all(func(p *fakegitlab.Page) {
			if p.PerPage == 20 {
				p.PerPage = 30
			}
		}), asAsked, "pagination/defaults"),
		{
			Name: "per-page-101-refused", Explains: "per_page above 100 is refused.", Rules: []string{"pagination/at-most-100"},
			Wrap: refusingQuery("per_page", func(s string) bool { return number(s) > 100 }),
		},
		{
			Name: "negative-per-page-refused", Explains: "A negative per_page, and page 0, are refused.", Rules: []string{"pagination/page-zero"},
			Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				if q := r.URL.Query(); number(q.Get("per_page")) < 0 || q.Get("page") == "0" {
					refusal(400, `{"error":"page is invalid"}`).send(w, r)
					return
				}
				next.ServeHTTP(w, r)
			}),
		},
		linked("link-missing", "There is no Link.", func(string) string { return "" }, "document/headers").also("it names no page", link),
		linked("link-first-missing", "Link does not name the first page.", func(l string) string {
			return regexp.MustCompile(`<[^>]*>; rel="first"(, )?`).ReplaceAllString(l, "")
		}, link),
		linked("link-last-wrong", "Link says that the first page is the last.", func(l string) string {
			return regexp.MustCompile(`([?&]page=)\d+([^>]*>; rel="last")`).ReplaceAllString(l, "${1}1${2}")
		}, link),
		linked("link-next-wrong", "The link to the next page leads to this one.", func(l string) string {
			return regexp.MustCompile(`([?&]page=)\d+([^>]*>; rel="next")`).ReplaceAllString(l, "${1}1${2}")
		}, link),
		linked("link-without-per-page", "The links do not repeat per_page.", func(l string) string {
			return regexp.MustCompile(`&per_page=-?\d+`).ReplaceAllString(l, "")
		}, parameters),
		linked("link-without-parameters", "The links repeat page and per_page only.", func(l string) string {
			return regexp.MustCompile(`\?[^>]*>`).ReplaceAllStringFunc(l, func(s string) string {
				asked, err := url.ParseQuery(strings.Trim(s, "?>"))
				if err != nil {
					return s
				}
				kept := url.Values{"page": asked["page"], "per_page": asked["per_page"]}
				return "?" + kept.Encode() + ">"
			})
		}, parameters, "pagination/link-repeats-path"),
		linked("link-relative", "The links are relative.", func(l string) string {
			return regexp.MustCompile(`<https?://[^/]+`).ReplaceAllString(l, "<")
		}, parameters),
		linked("link-decoded", "The links have the project's path decoded, which is no route.", func(l string) string {
			return regexp.MustCompile(`/projects/([^/]*)/`).ReplaceAllStringFunc(l, func(s string) string { return strings.ReplaceAll(s, "%2F", "/") })
		}, parameters),
		linked("link-of-another-list", "The links lead to another list.", func(l string) string {
			return strings.ReplaceAll(l, "/cluster_agents", "/clusters")
		}, parameters),
		linked("link-malformed", "Link has no angle brackets.", func(l string) string {
			return strings.NewReplacer("<", "", ">", "").Replace(l)
		}, "document/headers").also("it names no page", link),
	}
}

func refusingQuery(name string, refuses func(string) bool) func(http.Handler) http.Handler {
	return around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		if q := r.URL.Query(); q.Has(name) && refuses(q.Get(name)) {
			refusal(400, `{"error":"`+name+` does not have a valid value"}`).send(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// repeatingFirst puts the first entry of a list in place of the second.
func repeatingFirst(of func(place) bool) func(http.Handler) http.Handler {
	return editingLists(of, func(_ http.Header, entries []object) []object {
		if len(entries) > 1 {
			entries[1] = entries[0]
		}
		return entries
	})
}

// editingLists changes the entries of some lists, and what is said about them.
func editingLists(of func(place) bool, change func(h http.Header, entries []object) []object) func(http.Handler) http.Handler {
	return around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		a := ask(next, r)
		if p, ok := placeOf(r.URL); ok && of(p) && r.Method == http.MethodGet && a.status == 200 {
			entries := []object{}
			editObjects(draft(a), func(o object) { entries = append(entries, o) })
			a.body = marshal(change(a.header, entries))
		}
		a.send(w, r)
	})
}
