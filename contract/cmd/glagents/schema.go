package main

import (
	"github.com/spf13/cobra"

	"example.com/gitlab-agents/contract/report"
)

func (p *program) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the JSON report",
		Long: `Schema prints the JSON Schema (2020-12) of what --report json=FILE
writes: the report of one target, or of many (check --targets and merge).`,
		Example: `  glagents schema > report.schema.json`,
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			_, err := p.stdout.Write(report.Schema)
			return err
		},
	}
}
