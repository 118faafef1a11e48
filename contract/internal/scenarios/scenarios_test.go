package scenarios_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/live"
	"example.com/gitlab-agents/contract/internal/racedetector"
	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/internal/rules"
	"example.com/gitlab-agents/contract/internal/scenarios"
)

// newest is the newest release in which something changed. All scenarios can be played there.
func newest() fakegitlab.Option { return fakegitlab.Version(fakegitlab.Releases()[0].String()) }

func TestNamesAreUnique(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, s := range scenarios.All() {
		assert.False(t, seen[s.Name], "there are two scenarios %q", s.Name)
		seen[s.Name] = true
	}
}

// TestProves plays everything on healthy GitLabs. What a scenario says that it proves is what it compares there, in one
// release or another. Nothing is found, so nothing is confirmed, however many requests are under way at once.
func TestProves(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	var mu sync.Mutex
	compared := make(map[string]map[string]bool) // ids of rules, by the scenario's name
	t.Run("releases", func(t *testing.T) {
		for _, release := range fakegitlab.Releases() {
			t.Run(release.String(), func(t *testing.T) {
				t.Parallel()
				options := everything()
				options.Played = func(p live.Played) {
					mu.Lock()
					defer mu.Unlock()
					if compared[p.Scenario.Name] == nil {
						compared[p.Scenario.Name] = make(map[string]bool)
					}
					for _, r := range p.Compared {
						compared[p.Scenario.Name][r.ID] = true
					}
					assert.Empty(t, p.Unverified, "requests of %q that no verb says anything about", p.Scenario.Name)
				}
				result := check(t, options, fakegitlab.Version(release.String()))
				assert.Empty(t, result.Findings)
				for _, s := range result.Scenarios {
					assert.LessOrEqual(t, s.Plays, 1, "%q had to be confirmed", s.Name)
				}
			})
		}
	})
	for _, s := range scenarios.All() {
		assert.ElementsMatch(t, ids(s.Proves), slices.Collect(maps.Keys(compared[s.Name])), "what %q proves, and what it compares", s.Name)
	}
}

// TestJudged plays each scenario alone: judges test the rules that it makes requests for.
func TestJudged(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios.All() {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			options := everything()
			options.Scenarios = []live.Scenario{s}
			result := check(t, options, newest())
			for _, r := range result.Rules {
				if slices.Contains(ids(s.Judged), r.Rule.ID) {
					assert.NotZero(t, r.Applied, "%s was not tested", r.Rule.ID)
				}
			}
			for _, id := range ids(s.Judged) {
				assert.NotContains(t, ids(s.Proves), id, "what it proves need not be listed twice")
			}
		})
	}
}

// TestReadOnly tests without writing what can be tested so.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	options := everything()
	options.ReadOnly = true
	result := check(t, options)
	assert.Empty(t, result.Findings)
	var tested []string
	for _, r := range result.Rules {
		if r.Outcome == rule.Pass {
			tested = append(tested, r.Rule.ID)
		}
	}
	assert.Subset(t, tested, []string{
		"agents/read", "agents/list", "agents/read-back-equal", "tokens/read", "tokens/list", "tokens/read-back-equal",
		"roles/developer-reads", "roles/guest-finds-nothing", "roles/stranger-finds-nothing",
		"authentication/required-to-read", "authentication/unknown-token", "authentication/bearer",
		"errors/unknown-project", "errors/unknown-project-path", "errors/unknown-agent", "errors/agent-zero",
		"errors/agent-past-64-bits", "errors/unknown-agent-tokens", "errors/unknown-token",
		"errors/agent-of-another-project", "parameters/agent-id-is-integer", "parameters/no-look-up-by-name",
		"parameters/token-id-is-integer", "parameters/faults-are-joined", "parameters/per-page-not-zero",
		"parameters/per-page-is-integer", "parameters/page-is-integer", "parameters/token-page-is-integer",
		"parameters/unknown-are-ignored", "parameters/unknown-for-tokens-are-ignored", "pagination/defaults",
		"pagination/agent-pages", "pagination/at-most-100", "pagination/page-zero", "pagination/past-the-end",
		"headers/head", "conditional/if-none-match", "conditional/other-etag", "paths/encoded", "paths/id",
		"paths/unencoded", "paths/double-encoded", "paths/trailing-slash", "paths/json-suffix", "paths/token-is-no-route",
	})
}

// TestManyAgents checks a project whose agents do not fit on one page, with some before the check's own and some behind.
func TestManyAgents(t *testing.T) {
	t.Parallel()
	crowded := seed()
	for i := range 240 {
		crowded.Projects[0].Agents = append(crowded.Projects[0].Agents, fakegitlab.SeedAgent{
			ID: int64(2000 + i), Name: fmt.Sprintf("%s-%d", []string{"a", "z"}[i%2], i), CreatedBy: "maintainer",
			CreatedAt: time.Date(2023, 4, 5, 6, 7, 8, 9e6, time.UTC),
		})
	}
	result := check(t, everything(), newest(), fakegitlab.FromSeed(crowded))
	assert.Empty(t, result.Findings)
	for _, s := range result.Scenarios {
		assert.Equal(t, rule.Pass, s.Outcome, "%s: %s", s.Name, s.Reason)
	}
}

func ids(list []*rule.Rule) (ids []string) {
	for _, r := range list {
		ids = append(ids, r.ID)
	}
	return ids
}

// everything is a check of all rules with all scenarios.
func everything() live.Options {
	return live.Options{
		// A live check sends what the document does not allow on purpose.
		Catalogue: slices.DeleteFunc(rules.Catalogue(), func(e judge.Entry) bool { return e.Rule == &rules.DocumentRequest }),
		Delivery:  rules.AnsweredByGitLab.ID, Scenarios: scenarios.All(), Parallel: 24, Clock: &clock{},
	}
}

// check checks a healthy GitLab, with a token of every role.
func check(t *testing.T, options live.Options, more ...fakegitlab.Option) *rule.Result {
	t.Helper()
	gitlab := fakegitlab.Start(t, append([]fakegitlab.Option{fakegitlab.FromSeed(seed())}, more...)...)
	result, err := live.Check(t.Context(), live.Target{
		URL: gitlab.URL, Project: "root/test", OtherProject: "root/other",
		Tokens: map[rule.Role]string{
			rule.Maintainer: "glpat-maintainer", rule.Developer: "glpat-developer", rule.Guest: "glpat-guest",
			rule.Stranger: "glpat-stranger", rule.Reader: "glpat-reader", rule.Expired: "glpat-expired",
		},
	}, options)
	require.NoError(t, err)
	return result
}

// seed is the default one with tokens for the roles that it lacks, and with agents that were there before.
func seed() *fakegitlab.Seed {
	s := fakegitlab.DefaultSeed()
	for i := range s.Users {
		if u := &s.Users[i]; u.Name == "maintainer" {
			u.Tokens = append(u.Tokens,
				fakegitlab.SeedAccessToken{Token: "glpat-reader", Scopes: []string{"read_api"}},
				fakegitlab.SeedAccessToken{Token: "glpat-expired", Scopes: []string{"api"}, State: "expired"})
		}
	}
	created := time.Date(2023, 4, 5, 6, 7, 8, 9e6, time.UTC)
	for i, name := range []string{"contract", "alpha", "zebra"} {
		id := int64(101 + i)
		s.Projects[0].Agents = append(s.Projects[0].Agents, fakegitlab.SeedAgent{
			ID: id, Name: name, CreatedAt: created, CreatedBy: "maintainer",
			Tokens: []fakegitlab.SeedAgentToken{{ID: 10 * id, Name: "abcd", Status: "active", CreatedAt: created}},
		})
	}
	return s
}

// clock is a clock that jumps when somebody waits.
type clock struct {
	mu      sync.Mutex
	skipped time.Duration
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.skipped)
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.skipped += max(0, d)
	return ctx.Err() == nil
}
