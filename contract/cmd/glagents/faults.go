package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/faults"
)

func (p *program) faultsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "faults [PATTERN…]",
		Short: "List the faults that the fake GitLab can have",
		Long: `Faults lists the ways in which the built-in fake GitLab can be broken on
purpose, with glagents serve --fault NAME: their names, the GitLab releases to
which they make a difference, and what they do. A PATTERN such as 'secret-*'
lists those that match. Which rules notice each is in contract/FORCE.md.`,
		Example: `  glagents faults 'secret-*'
  glagents serve --fault secret-in-list`,
		RunE: func(_ *cobra.Command, patterns []string) error {
			if err := eachMatches("", patterns, faultNames(), selectsFaults); err != nil {
				return err
			}
			list, err := faults.Matching(patterns...)
			if err != nil {
				return err
			}
			rows := make([][]string, len(list))
			for i := range list {
				f := &list[i]
				rows[i] = []string{f.Name, span(f), f.Explains}
			}
			return writeTable(p.stdout, rows, width(p.stdout))
		},
		ValidArgsFunction: completeFaults,
	}
}

// span is the releases and the edition to which a fault makes a difference.
func span(f *faults.Fault) string {
	none := fakegitlab.Release{}
	s := "all"
	switch {
	case f.Since != none && f.Until != none:
		s = fmt.Sprintf("%s to before %s", f.Since, f.Until)
	case f.Since != none:
		s = fmt.Sprintf("%s on", f.Since)
	case f.Until != none:
		s = fmt.Sprintf("before %s", f.Until)
	}
	if f.Edition != "" {
		s += ", " + f.Edition
	}
	return s
}
