package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

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
			rules, err := contract.Select(contract.Catalogue(), patterns, nil)
			if err != nil {
				return usageError{err.Error()}
			}
			switch format {
			case "text":
				return p.rulesAsText(rules)
			case "json":
				return p.rulesAsJSON(rules)
			case "markdown":
				if len(patterns) > 0 {
					return usageError{"--format markdown is the whole ledger, without a pattern"}
				}
				_, err := fmt.Fprint(p.stdout, contract.Ledger())
				return err
			}
			return usageError{fmt.Sprintf("unknown format %q: there are text, json, markdown", format)}
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "`FORMAT`: text, json or markdown, which lists what is not tested too")
	return cmd
}

func (p *program) rulesAsText(rules []contract.Rule) error {
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for i := range rules {
		r := &rules[i]
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.ID, r.Level, r.Span(), r.Sentence)
	}
	return w.Flush()
}

func (p *program) rulesAsJSON(rules []contract.Rule) error {
	type rule struct {
		ID         string           `json:"id"`
		Level      contract.Level   `json:"level"`
		Since      contract.Release `json:"since"`
		Until      contract.Release `json:"until"`
		Edition    string           `json:"edition"`
		Kind       string           `json:"kind"`
		Operations []string         `json:"operations"`
		Roles      []string         `json:"roles"`
		Sentence   string           `json:"sentence"`
		Source     string           `json:"source"`
	}
	list := []rule{}
	for i := range rules {
		r := &rules[i]
		kind, _, _ := strings.Cut(r.How(), ",")
		roles := []string{}
		for _, role := range r.Needs.Roles {
			roles = append(roles, role.String())
		}
		operations := r.Operations
		if operations == nil {
			operations = []string{}
		}
		list = append(list, rule{r.ID, r.Level, r.Since, r.Until, r.Edition.String(), kind, operations, roles, r.Sentence, r.Source})
	}
	encoder := json.NewEncoder(p.stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(list)
}
