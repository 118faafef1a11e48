package contract

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
)

var notModified = Rule{
	ID:         "conditional/if-none-match",
	Level:      Should,
	Sentence:   "A read with the ETag of the last answer is answered with 304.",
	Source:     rackETag,
	Operations: []string{"getAgent"},
	Probe: func(p *Probe) {
		a := p.readable()
		etag := a.read.Response.Header.Get("ETag")
		if etag == "" {
			p.Untested("the answer has no ETag")
		}
		x := p.Do(Maintainer, "GET", p.run.agentPath(a.ID), Header("If-None-Match", etag))
		if x.ok(200) && !bytes.Equal(x.Response.Body, a.read.Response.Body) {
			p.give(Inconclusive, "the agent was shown otherwise before")
		}
		p.Want(x, 304)
	},
}

var modified = Rule{
	ID:         "conditional/other-etag",
	Sentence:   "A read with another ETag is answered in full.",
	Source:     rackETag,
	Operations: []string{"getAgent"},
	Probe:      func(p *Probe) { p.readOtherwise(); p.wantTaken(200) },
}

var heads = Rule{
	ID:         "headers/head",
	Sentence:   "HEAD is answered like GET, without the body.",
	Source:     rootAPI,
	Operations: reads,
	Probe: func(p *Probe) {
		a := p.agent()
		// What a GET is refused, before or by now, a HEAD may be. Tokens that nobody else knows of are counted alike.
		head := func(get func(p *Probe) *Exchange, path func() string) func(*Probe) {
			return func(p *Probe) {
				p.attempt(func(p *Probe) {
					before := get(p)
					if !before.ok(200) {
						return
					}
					x := p.Do(Maintainer, "HEAD", path())
					taken := x.Status() == 200
					if taken && (x.Operation != "listAgentTokens" || x.total() == "" || x.total() == before.total()) {
						return
					}
					after := p.Do(Maintainer, "GET", path())
					switch {
					case !after.ok(200):
					case !taken:
						p.Want(x, 200)
					case before.total() == after.total(): // else one was made in between
						p.Violation(x, "", "X-Total: "+after.total(), "X-Total: "+x.total())
					}
				})
			}
		}
		parts := []func(*Probe){
			head(func(p *Probe) *Exchange { return p.run.fixtures.list }, func() string { return p.run.agents() + "?per_page=1" }),
			head(func(p *Probe) *Exchange { return a.read }, func() string { return p.run.agentPath(a.ID) }),
		}
		if p.run.hasTokens() {
			parts = append(parts,
				head(func(p *Probe) *Exchange { return p.tokensShown().list }, func() string { return p.run.tokensOf(a.ID) }),
				head(func(p *Probe) *Exchange { return p.tokensShown().read }, func() string { return p.run.tokenPath(a.ID, p.tokens().first.ID) }),
			)
		}
		p.Together(parts...)
	},
}

var pagesOfTokens = Rule{
	ID:         "pagination/token-pages",
	Since:      gitlab(15, 0),
	Sentence:   "The pages of tokens have, together, every token.",
	Source:     pager,
	Operations: []string{"listAgentTokens"},
	Needs:      Needs{Writes: true},
	Probe: func(p *Probe) {
		first, second := p.two()
		if !p.tokensShown().list.ok(200) {
			p.give(Inconclusive, "the tokens cannot be listed in the plainest way either")
		}
		pages := p.tokenPages()
		if !p.wantSound(pages[0]) || !p.wantSound(pages[1]) {
			return
		}
		if total := pages[1].total(); total != "" && total != "2" {
			return // a third token was let in, which is another rule's business
		}
		var seen []int64
		for _, x := range pages {
			for _, t := range x.Tokens() {
				seen = append(seen, t.ID)
			}
		}
		for _, t := range []*ownToken{first, second} {
			if !slices.Contains(seen, t.ID) {
				p.Violation(pages[1], "", fmt.Sprintf("token %d on one of the pages", t.ID), fmt.Sprintf("tokens %d", seen))
			}
		}
	},
}

var pagesOfAgents = Rule{
	ID:         "pagination/agent-pages",
	Sentence:   "The pages of agents have each agent once, in one order from page to page.",
	Source:     pager,
	Operations: []string{"listAgents"},
	// Somebody else may make an agent, or delete one, between two pages. What looks wrong is read again, and X-Total
	// has to stay the same all the while.
	Probe: func(p *Probe) {
		first := p.listed().first
		count, known := first.page()
		if !known || !first.sound() {
			p.give(Inconclusive, "the agents cannot be listed")
		}
		total := count.total
		switch {
		case count.next == none: // all are on this page
			total = count.entries
		case total == none:
			p.Untested("there are more agents than GitLab counts")
		}
		if total < 2 {
			p.Untested("there are not two agents")
		}
		ask := func(p *Probe, size int64, number int) *Exchange {
			return p.Do(Maintainer, "GET", fmt.Sprintf("%s?per_page=%d&page=%d", p.run.agents(), size, number))
		}
		// The last page has one entry, so that the number of pages is not a quotient without remainder.
		size := min(total-1, 100)
		var wrong string
		var second *Exchange
		for range 2 {
			var pages [2]*Exchange
			var third *Exchange // of pages of one entry: a page that is not the second of two
			p.Together(
				func(p *Probe) { pages[0] = ask(p, size, 1) },
				func(p *Probe) { pages[1] = ask(p, size, 2) },
				func(p *Probe) { third = ask(p, 1, 3) },
			)
			second = pages[1]
			for _, x := range append(pages[:], third) {
				if !p.wantSound(x) {
					return
				}
				if now, ok := x.page(); !ok || now.total != count.total {
					p.Untested("agents are made or deleted by somebody else")
				}
			}
			if wrong = wrongPages(pages[0].Agents(), pages[1].Agents(), int(min(total, 2*size))); wrong == "" && size >= 3 {
				second, wrong = third, wrongThird(pages[0].Agents(), third.Agents())
			}
			if wrong == "" {
				return
			}
		}
		p.Violation(second, "", fmt.Sprintf("page 2 of the %d agents, at %d per page", total, size), wrong)
	},
}

// wrongThird says what is wrong with the third page of one entry each, if that is anything.
func wrongThird(first, third []Agent) string {
	if len(third) != 1 || third[0].ID != first[2].ID {
		return fmt.Sprintf("page 3, at 1 per page, is not agent %d", first[2].ID)
	}
	return ""
}

// wrongPages says what is wrong with the first two pages of a list, if that is anything.
func wrongPages(first, second []Agent, entries int) string {
	if len(first)+len(second) != entries {
		return fmt.Sprintf("%d on the first page and %d on the second", len(first), len(second))
	}
	for _, a := range second {
		if slices.ContainsFunc(first, func(b Agent) bool { return a.ID == b.ID }) {
			return fmt.Sprintf("agent %d again", a.ID)
		}
	}
	if last, next := first[len(first)-1].Name, second[0].Name; misplaced(last, next) {
		return fmt.Sprintf("it begins with %q, which comes before %q on the first page", clip(next), clip(last))
	}
	return ""
}

var receptiveOnEnterprise = Rule{
	ID:         "agents/is-receptive-on-ee",
	Since:      gitlab(17, 4),
	Edition:    Enterprise,
	Sentence:   "Enterprise Edition says of each agent whether it is receptive.",
	Source:     agentEntity,
	Operations: showAgents,
	Judge: eachAgent(func(x *Exchange, a *Agent, at string) {
		if a.IsReceptive == nil {
			x.Violation(at+"/is_receptive", "true or false", "none")
		}
	}),
}

var notReceptiveOnCommunity = Rule{
	ID:         "agents/no-is-receptive-on-ce",
	Edition:    Community,
	Sentence:   "Community Edition says nothing about receptive agents.",
	Source:     agentEntity,
	Operations: showAgents,
	Judge: eachAgent(func(x *Exchange, a *Agent, at string) {
		if a.IsReceptive != nil {
			x.Violation(at+"/is_receptive", "no such property", strconv.FormatBool(*a.IsReceptive))
		}
	}),
}
