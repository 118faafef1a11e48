package contract

import (
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
		path := p.run.agentPath(p.agent().ID)
		x := p.Do(Maintainer, "GET", path)
		etag := ""
		if x.ok(200) {
			etag = x.Response.Header.Get("ETag")
		}
		if etag == "" {
			p.Untested("the answer has no ETag")
		}
		p.Want(p.Do(Maintainer, "GET", path, Header("If-None-Match", etag)), 304)
	},
}

var modified = Rule{
	ID:         "conditional/other-etag",
	Sentence:   "A read with another ETag is answered in full.",
	Source:     rackETag,
	Operations: []string{"getAgent"},
	Probe: func(p *Probe) {
		p.Want(p.Do(Maintainer, "GET", p.run.agentPath(p.agent().ID), Header("If-None-Match", `W/"00000000000000000000000000000000"`)), 200)
	},
}

var heads = Rule{
	ID:         "headers/head",
	Sentence:   "HEAD is answered like GET, without the body.",
	Source:     rootAPI,
	Operations: reads,
	Probe: func(p *Probe) {
		agent := p.agent()
		head := func(path string) func(*Probe) {
			return func(p *Probe) { p.Want(p.Do(Maintainer, "HEAD", path), 200) }
		}
		parts := []func(*Probe){head(p.run.agents() + "?per_page=1"), head(p.run.agentPath(agent.ID))}
		if p.run.hasTokens() {
			parts = append(parts, head(p.run.tokensOf(agent.ID)), head(p.run.tokenPath(agent.ID, p.tokens().first.ID)))
		}
		p.Together(parts...)
	},
}

var pagesOfTokens = Rule{
	ID:         "pagination/pages-make-the-list",
	Since:      gitlab(15, 0),
	Sentence:   "The pages of a list have each entry once, and none that is not in the list.",
	Source:     pager,
	Operations: []string{"listAgentTokens"},
	Needs:      Needs{Writes: true},
	Probe: func(p *Probe) {
		first, second := p.two()
		path := p.run.tokensOf(p.agent().ID)
		var pages [2]*Exchange
		p.Together(
			func(p *Probe) { pages[0] = p.Do(Maintainer, "GET", path+"?per_page=1&page=1") },
			func(p *Probe) { pages[1] = p.Do(Maintainer, "GET", path+"?per_page=1&page=2") },
		)
		if !p.Want(pages[0], 200) || !p.Want(pages[1], 200) {
			return
		}
		var seen []int64
		for _, x := range pages {
			for _, t := range x.Tokens() {
				if slices.Contains(seen, t.ID) {
					p.Violation(x, "", "another token than on the page before", fmt.Sprintf("token %d again", t.ID))
				}
				seen = append(seen, t.ID)
			}
		}
		if total := pages[1].Response.Header.Get("X-Total"); total != "" && total != "2" {
			return // a third token was let in, which is another rule's business
		}
		for _, t := range []*ownToken{first, second} {
			if !slices.Contains(seen, t.ID) && len(seen) == 2 {
				p.Violation(pages[1], "", fmt.Sprintf("token %d on one of the pages", t.ID), "neither has it")
			}
		}
		if len(seen) != 2 {
			p.Violation(pages[1], "", "two tokens on two pages of one", strconv.Itoa(len(seen)))
		}
	},
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
