package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"example.com/gitlab-agents/contract"
)

func (p *program) scenariosCommand() *cobra.Command {
	format := ""
	cmd := &cobra.Command{
		Use:   "scenarios [PATTERN…]",
		Short: "List the scenarios of a check and their rules",
		Long: `Scenarios lists the stories that "glagents check" plays, each with the rules that
it proves. A PATTERN such as 'revoke*' lists those that match. "glagents check
--scenario PATTERN" plays them; with --dry-run it shows their requests.`,
		Example: `  glagents scenarios 'revoke*'
  glagents scenarios --format json |
    jq -r '.[] | select(.rules | index("tokens/revoke")).name'`,
		RunE: func(_ *cobra.Command, patterns []string) error {
			if err := eachMatches("", patterns, scenarioNames(), selectsScenarios); err != nil {
				return err
			}
			scenarios, err := contract.SelectScenarios(patterns)
			if err != nil {
				return err
			}
			switch format {
			case "text":
				p.scenariosAsText(scenarios)
				return nil
			case "json":
				return p.scenariosAsJSON(scenarios)
			}
			return usageError{fmt.Sprintf("--format %s: there are text and json", format)}
		},
		ValidArgsFunction: completeScenarios,
	}
	cmd.Flags().StringVar(&format, "format", "text", "`FORMAT`: text or json")
	complete(cmd, "format", "text", "json")
	return cmd
}

func (p *program) scenariosAsText(scenarios []contract.Scenario) {
	for i := range scenarios {
		fmt.Fprintln(p.stdout, scenarios[i].Name)
		fmt.Fprintln(p.stdout, below(strings.Join(tested(&scenarios[i]), " "), width(p.stdout)))
	}
}

// tested are the ids of the rules that a scenario is about.
func tested(s *contract.Scenario) []string {
	ids := []string{}
	for _, rule := range s.Tests() {
		ids = append(ids, rule.ID)
	}
	return ids
}

func (p *program) scenariosAsJSON(scenarios []contract.Scenario) error {
	type scenario struct {
		Name  string   `json:"name"`
		Rules []string `json:"rules"`
	}
	list := []scenario{}
	for i := range scenarios {
		list = append(list, scenario{scenarios[i].Name, tested(&scenarios[i])})
	}
	encoder := json.NewEncoder(p.stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(list)
}
