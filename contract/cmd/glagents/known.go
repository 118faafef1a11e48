package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"example.com/gitlab-agents/contract"
)

// renamed are the rules that have another id than in an earlier release: the old id, and the new one.
var renamed = map[string]string{}

// ruleID is the form of a rule's id.
var ruleID = regexp.MustCompile(`^[a-z-]+/[a-z0-9-]+$`)

// knownFailures reads a file of rule ids, one a line. What follows a # is a comment.
func knownFailures(path string) ([]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, usageError{"--known-failures: " + err.Error()}
	}
	return parseKnownFailures(path, strings.TrimPrefix(string(data), "\ufeff"), renamed) // Windows begins a text so
}

func parseKnownFailures(path, text string, renamed map[string]string) (ids []string, err error) {
	rules := contract.Rules()
	for i, line := range strings.Split(text, "\n") {
		id, _, _ := strings.Cut(line, "#")
		if id = strings.TrimSpace(id); id == "" {
			continue
		}
		if !ruleID.MatchString(id) { // the file is not a list of rules
			return nil, usageError{fmt.Sprintf("%s:%d: this is not the id of a rule: `glagents rules` lists them", path, i+1)}
		}
		if now, ok := renamed[id]; ok {
			return nil, usageError{fmt.Sprintf("%s:%d: the rule %s is now called %s", path, i+1, id, now)}
		}
		if !slices.ContainsFunc(rules, func(r *contract.Rule) bool { return r.ID == id }) {
			return nil, usageError{fmt.Sprintf("%s:%d: no rule is called %q: `glagents rules` lists them%s", path, i+1, id, didYouMean(id, ruleIDs()))}
		}
		ids = append(ids, id)
	}
	return ids, nil
}
