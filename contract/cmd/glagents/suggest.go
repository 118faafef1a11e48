package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/spf13/cobra"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/faults"
	"example.com/gitlab-agents/contract/report"
)

// maxDistance is how many letters a mistyped name may differ.
const maxDistance = 3

// leastPart is how many letters a part of a name has at least, so that it says something.
const leastPart = 4

// maxSuggested is how many names are suggested at most.
const maxSuggested = 3

// didYouMean suggests known names for one that is not known. It is empty if none is close.
func didYouMean(name string, known []string) string {
	var quoted []string
	for _, suggested := range suggestions(name, known) {
		quoted = append(quoted, strconv.Quote(suggested))
	}
	if len(quoted) == 0 {
		return ""
	}
	text := quoted[0]
	if last := len(quoted) - 1; last > 0 {
		text = strings.Join(quoted[:last], ", ") + " or " + quoted[last]
	}
	return "; did you mean " + text + "?"
}

// suggestions are known names that may be meant by one that is not known: the closest, or else those that begin with it, or
// else those that contain it.
func suggestions(name string, known []string) []string {
	names := closest(name, known)
	part := strings.Trim(strings.ToLower(name), "*")
	for _, is := range []func(s, part string) bool{strings.HasPrefix, strings.Contains} {
		if len(names) == 0 && len(part) >= leastPart {
			names = slices.DeleteFunc(slices.Clone(known), func(candidate string) bool { return !is(candidate, part) })
		}
	}
	return names[:min(len(names), maxSuggested)]
}

// closest is the known name that differs in the fewest letters; none if all differ in too many. Of a short name, half of the
// letters must be right.
func closest(name string, known []string) []string {
	var best []string
	distance := min(maxDistance, len(name)/2) + 1
	for _, candidate := range known {
		if d := levenshtein.ComputeDistance(strings.ToLower(name), strings.ToLower(candidate)); d < distance {
			best, distance = []string{candidate}, d
		}
	}
	return best
}

// eachMatches is an error if one of some patterns is wrong. It begins with the flag that has them, if there is one, and
// suggests known names.
func eachMatches(flag string, patterns, known []string, selects func(pattern string) error) error {
	for _, pattern := range patterns {
		if err := selects(pattern); err != nil {
			problem := err.Error() + didYouMean(pattern, known)
			if flag != "" {
				problem = flag + ": " + problem
			}
			return usageError{problem}
		}
	}
	return nil
}

// selectsRules is an error if a pattern matches no rule.
func selectsRules(pattern string) error {
	_, err := contract.SelectRules([]string{pattern}, nil)
	return err
}

// selectsScenarios is an error if a pattern matches no scenario.
func selectsScenarios(pattern string) error {
	_, err := contract.SelectScenarios([]string{pattern})
	return err
}

// selectsFaults is an error if a pattern matches no fault.
func selectsFaults(pattern string) error {
	_, err := faults.Matching(pattern)
	return err
}

func ruleIDs() []string {
	var ids []string
	for _, r := range contract.Rules() {
		ids = append(ids, r.ID)
	}
	return ids
}

func scenarioNames() []string {
	var names []string
	for _, s := range contract.Scenarios() {
		names = append(names, s.Name)
	}
	return names
}

// rulePatterns are what people write after --rule: the ids, and all of a subject.
func rulePatterns() []string {
	var patterns []string
	for _, id := range ruleIDs() {
		subject, _, _ := strings.Cut(id, "/")
		if all := subject + "/*"; !slices.Contains(patterns, all) {
			patterns = append(patterns, all)
		}
		patterns = append(patterns, id)
	}
	return patterns
}

// checkPatterns finds out whether the patterns of --rule and --skip match something, and leave something to test.
func checkPatterns(only, skip []string) error {
	if err := eachMatches("--rule", only, rulePatterns(), selectsRules); err != nil {
		return err
	}
	if err := eachMatches("--skip", skip, rulePatterns(), selectsRules); err != nil {
		return err
	}
	if _, err := contract.SelectRules(only, skip); err != nil {
		return usageError{"--skip leaves out every rule that would be tested"}
	}
	return nil
}

// ruleFlags are the flags that select rules.
func ruleFlags(cmd *cobra.Command, only, skip *[]string) {
	cmd.Flags().StringArrayVar(only, "rule", nil, "test only the rules that match `PATTERN`, such as 'tokens/*'; repeatable")
	cmd.Flags().StringArrayVar(skip, "skip", nil, "leave out the rules that match `PATTERN`; repeatable")
	_ = cmd.RegisterFlagCompletionFunc("rule", completeRules)
	_ = cmd.RegisterFlagCompletionFunc("skip", completeRules)
}

// completeRules names the rules to a shell.
func completeRules(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, r := range contract.Rules() {
		names = append(names, r.ID+"\t"+r.Sentence)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeScenarios names the scenarios to a shell.
func completeScenarios(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return scenarioNames(), cobra.ShellCompDirectiveNoFileComp
}

// complete names the values of a flag to a shell.
func complete(cmd *cobra.Command, flag string, values ...string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

// completeReports names the formats to a shell; the file comes after them, and the shell completes it.
func completeReports(_ *cobra.Command, _ []string, given string) ([]string, cobra.ShellCompDirective) {
	if strings.Contains(given, "=") {
		return nil, cobra.ShellCompDirectiveDefault
	}
	var formats []string
	for _, name := range report.Names() {
		formats = append(formats, name+"=")
	}
	return formats, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
}
