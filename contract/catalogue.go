package contract

import (
	"errors"
	"fmt"
	"path"
	"slices"

	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/rules"
	"example.com/gitlab-agents/contract/internal/scenarios"
)

// Rules are every rule, in reading order.
func Rules() []*Rule {
	var all []*Rule
	for _, entry := range rules.Catalogue() {
		all = append(all, entry.Rule)
	}
	return all
}

// Scenarios are every scenario of a live check, in reading order.
func Scenarios() []Scenario { return scenarios.All() }

// SelectRules are the rules whose id one of only matches (all, if there is none) and none of skip. Patterns are those of
// path.Match, such as tokens/*. A pattern that matches no rule is an error.
func SelectRules(only, skip []string) ([]*Rule, error) {
	kept, err := selectRules(rules.Catalogue(), only, skip)
	var selected []*Rule
	for _, entry := range kept {
		selected = append(selected, entry.Rule)
	}
	return selected, err
}

func selectRules(all []judge.Entry, only, skip []string) ([]judge.Entry, error) {
	var ids []string
	for _, entry := range all {
		ids = append(ids, entry.Rule.ID)
	}
	for _, pattern := range slices.Concat(only, skip) {
		if err := mustMatch(pattern, ids, "rule"); err != nil {
			return nil, err
		}
	}
	kept := slices.DeleteFunc(slices.Clone(all), func(entry judge.Entry) bool {
		return len(only) > 0 && !matchesAny(only, entry.Rule.ID) || matchesAny(skip, entry.Rule.ID)
	})
	if len(kept) == 0 {
		return nil, errors.New("no rule is left to test")
	}
	return kept, nil
}

// SelectScenarios are the scenarios whose name one of only matches; all, if there is none. A pattern that matches no
// scenario is an error.
func SelectScenarios(only []string) ([]Scenario, error) {
	return selectScenarios(scenarios.All(), only)
}

func selectScenarios(all []Scenario, only []string) ([]Scenario, error) {
	var names []string
	for _, s := range all {
		names = append(names, s.Name)
	}
	for _, pattern := range only {
		if err := mustMatch(pattern, names, "scenario"); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(s Scenario) bool {
		return len(only) > 0 && !matchesAny(only, s.Name)
	}), nil
}

// mustMatch is an error if a pattern is malformed, or matches nothing.
func mustMatch(pattern string, names []string, what string) error {
	if _, err := path.Match(pattern, ""); err != nil {
		return fmt.Errorf("the pattern %q cannot be read: %w", pattern, err)
	}
	if !slices.ContainsFunc(names, func(name string) bool { return matchesAny([]string{pattern}, name) }) {
		return fmt.Errorf("the pattern %q matches no %s: `glagents %ss` lists them", pattern, what, what)
	}
	return nil
}

func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		ok, _ := path.Match(pattern, name)
		return ok
	})
}
