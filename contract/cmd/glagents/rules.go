package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"example.com/gitlab-agents/contract"
)

func (p *program) rulesCommand() *cobra.Command {
	format := ""
	cmd := &cobra.Command{
		Use:   "rules [PATTERN…]",
		Short: "List the rules",
		Long: `Rules lists the rules of the suite: their ids, how binding they are, the GitLab
releases they hold for, and what they say. A PATTERN such as 'tokens/*' lists
those that match.`,
		Example: `  glagents rules 'token-limit/*'
  glagents rules --format json | jq -r '.[] | select(.level == "SHOULD").id'`,
		RunE: func(_ *cobra.Command, patterns []string) error {
			if err := eachMatches("", patterns, rulePatterns(), selectsRules); err != nil {
				return err
			}
			rules, err := contract.SelectRules(patterns, nil)
			if err != nil {
				return err
			}
			switch format {
			case "text":
				return p.rulesAsText(rules)
			case "json":
				return p.rulesAsJSON(rules)
			}
			return usageError{fmt.Sprintf("--format %s: there are text and json", format)}
		},
	}
	cmd.ValidArgsFunction = completeRules
	cmd.Flags().StringVar(&format, "format", "text", "`FORMAT`: text or json")
	complete(cmd, "format", "text", "json")
	return cmd
}

func (p *program) rulesAsText(rules []*contract.Rule) error {
	rows := make([][]string, len(rules))
	for i, r := range rules {
		rows[i] = []string{r.ID, r.Level.String(), r.Span(), r.Sentence}
	}
	return writeTable(p.stdout, rows, width(p.stdout))
}

func (p *program) rulesAsJSON(rules []*contract.Rule) error {
	type rule struct {
		ID         string           `json:"id"`
		Level      contract.Level   `json:"level"`
		Since      contract.Release `json:"since"`
		Until      contract.Release `json:"until"`
		Edition    string           `json:"edition"`
		Operations []string         `json:"operations"`
		Sentence   string           `json:"sentence"`
		Source     contract.Source  `json:"source"`
	}
	list := []rule{}
	for _, r := range rules {
		operations := r.Operations
		if operations == nil {
			operations = []string{}
		}
		list = append(list, rule{r.ID, r.Level, r.Since, r.Until, r.Edition.String(), operations, r.Sentence, r.Source})
	}
	encoder := json.NewEncoder(p.stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(list)
}
