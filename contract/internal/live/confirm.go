package live

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"example.com/gitlab-agents/contract/internal/rule"
)

// replays is how often a scenario is played again to confirm its findings.
const replays = 3

// confirm plays each scenario with doubtful findings again, alone and with a history of its own. A finding that comes
// every time counts; one that does not stays inconclusive: it is intermittent, or others changed the project. It returns
// how often each scenario was played again.
func (c *check) confirm(ctx context.Context, plays []*play) map[*play]int {
	again := make(map[*play]int)
	for _, p := range plays {
		if p.endedOnAssumption() {
			again[p] = c.playEndedAgain(ctx, p)
		}
		if len(p.held) == 0 {
			continue
		}
		r := replayed{seen: make(map[string]int)}
		for r.plays < 2*replays && r.quiet < replays && ctx.Err() == nil {
			if c.replay(ctx, p.scenario, &r) != nil {
				break
			}
		}
		again[p] = r.plays
		c.settleHeld(p, &r)
	}
	return again
}

// endedOnAssumption says that the scenario ended because an answer was not as assumed, and that no rule was violated in it.
func (p *play) endedOnAssumption() bool {
	return p.end != nil && p.end.reason.Code == rule.ReasonEarlierStep && len(p.failed) == 0
}

// playEndedAgain plays a scenario again that ended on an assumption. If it does not end there again, the server is
// intermittent, or others changed the project, and the check has not shown that it conforms. It returns how often the
// scenario was played again.
func (c *check) playEndedAgain(ctx context.Context, p *play) int {
	j, err := c.newJudge()
	if err != nil || ctx.Err() != nil {
		return 0
	}
	q := c.newPlay(ctx, p.scenario, j, true)
	q.run()
	if q.end == nil && ctx.Err() == nil {
		p.end.reason.Code = rule.ReasonUnconfirmed
		p.end.reason.Text += "; when the scenario was played again, it was as expected: intermittent, or another user changed the project"
	}
	return 1
}

// replayed is what came of playing a scenario again.
type replayed struct {
	plays int            // in all
	quiet int            // during which nobody else changed the project
	seen  map[string]int // quiet plays in which a rule failed
}

// replay plays a scenario alone. It proves something only if others change nothing meanwhile.
func (c *check) replay(ctx context.Context, s *Scenario, r *replayed) error {
	j, err := c.newJudge()
	if err != nil {
		return err
	}
	before, err := c.agentsOfOthers(ctx)
	if err != nil {
		return err
	}
	p := c.newPlay(ctx, s, j, true)
	p.run()
	after, err := c.agentsOfOthers(ctx)
	if err != nil || ctx.Err() != nil {
		return cmp.Or(err, ctx.Err())
	}
	r.plays++
	if !slices.Equal(before, after) {
		return nil
	}
	r.quiet++
	for id := range p.failed {
		r.seen[id]++
	}
	return nil
}

// agentsOfOthers are the ids of the agents of the project that the check did not make.
func (c *check) agentsOfOthers(ctx context.Context) (ids []int64, err error) {
	for page := 1; page <= maxPages; page++ {
		path := fmt.Sprintf("/api/v4/projects/%s/cluster_agents?per_page=100&page=%d", c.ground.segment, page)
		x, err := c.askAs(ctx, c.Tokens[rule.Maintainer], http.MethodGet, path)
		if err != nil {
			return nil, err
		}
		agents := x.Agents()
		for _, a := range agents {
			if !c.own.names(a.Name) {
				ids = append(ids, a.ID)
			}
		}
		if len(agents) < 100 {
			break
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// settleHeld counts the findings that were held: as violations if they came in every replay, else as inconclusive.
func (c *check) settleHeld(p *play, r *replayed) {
	for _, f := range p.held {
		switch n := r.seen[f.Rule]; {
		case r.quiet == replays && n == replays:
			f.Note = joined(f.Note, fmt.Sprintf("confirmed: it came in %d of %d plays", n+1, r.quiet+1))
		case r.quiet < r.plays:
			f.Outcome = rule.Inconclusive
			f.Note = joined(f.Note, fmt.Sprintf("seen in %d of %d plays; another user changed the project during %d more", n+1, r.quiet+1, r.plays-r.quiet))
		default:
			f.Outcome = rule.Inconclusive
			f.Note = joined(f.Note, fmt.Sprintf("seen in %d of %d plays: intermittent, or another user changed the project", n+1, r.quiet+1))
		}
		c.judge.Add(f)
	}
}

// joined is two notes in one.
func joined(note, more string) string { return strings.TrimPrefix(note+"; "+more, "; ") }
