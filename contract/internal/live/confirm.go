package live

import (
	"context"
	"fmt"
	"maps"
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
		if len(p.held) == 0 || ctx.Err() != nil {
			c.unconfirmed(p, nil, 0)
			continue
		}
		seen := make(map[string]int) // replays in which a rule failed
		for range replays {
			q, err := c.replay(ctx, p.scenario)
			if err != nil || ctx.Err() != nil {
				break
			}
			again[p]++
			for _, id := range slices.Collect(maps.Keys(q.failed)) {
				seen[id]++
			}
		}
		c.unconfirmed(p, seen, again[p])
	}
	return again
}

// replay plays a scenario alone.
func (c *check) replay(ctx context.Context, s *Scenario) (*play, error) {
	j, err := c.newJudge()
	if err != nil {
		return nil, err
	}
	q := c.newPlay(ctx, s, j, true)
	q.run()
	return q, nil
}

// unconfirmed counts the findings that were held: as violations if they came in every replay, else as inconclusive.
func (c *check) unconfirmed(p *play, seen map[string]int, played int) {
	for _, f := range p.held {
		switch n := seen[f.Rule]; {
		case played == replays && n == replays:
			f.Note = strings.TrimPrefix(fmt.Sprintf("%s; confirmed: it came in %d of %d plays", f.Note, n+1, played+1), "; ")
		default:
			f.Outcome = rule.Inconclusive
			f.Note = fmt.Sprintf("seen in %d of %d plays: intermittent, or another user changed the project", n+1, played+1)
		}
		c.judge.Add(f)
	}
}
