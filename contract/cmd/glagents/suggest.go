package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/spf13/cobra"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/report"
)

// maxDistance is how many letters a mistyped name may differ.
const maxDistance = 3

// didYouMean names the closest of the known names to the first of the given ones that is not known. It is empty if none is
// close.
func didYouMean(given, known []string) string {
	for _, name := range given {
		best, distance := "", maxDistance+1
		for _, candidate := range known {
			d := levenshtein.ComputeDistance(strings.ToLower(name), strings.ToLower(candidate))
			if d < distance {
				best, distance = candidate, d
			}
		}
		if best != "" && distance > 0 {
			return fmt.Sprintf("; did you mean %q?", best)
		}
	}
	return ""
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

// checkPatterns finds out whether the patterns of rules match something.
func checkPatterns(only, skip []string) error {
	if _, err := contract.SelectRules(only, skip); err != nil {
		return usageError{err.Error() + didYouMean(append(append([]string{}, only...), skip...), rulePatterns())}
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
