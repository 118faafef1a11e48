package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/faults"
	"example.com/gitlab-agents/contract/report"
	"example.com/gitlab-agents/contract/selftest"
)

func (p *program) selftestCommand() *cobra.Command {
	return &cobra.Command{
		ValidArgsFunction: completeFaults,

		Use:   "selftest [PATTERN…]",
		Short: "Show that the suite notices what it claims",
		Long: `Selftest runs the suite against the built-in fake GitLab: the healthy one in
every release and edition that differ, where nothing may be found, and once for
each fault that "glagents faults" lists. Every rule that claims a fault must
notice it, no unrelated rule may be set off, and every MUST must be violated by
at least one fault. What existed before a run must be unchanged after it, and
what the run created must be gone.

A PATTERN such as 'secret-*' runs only those faults, and does not check whether
every MUST is violated. The whole matrix is in contract/FORCE.md.

Exit status:
  0  the suite notices what it claims
  1  it does not
  2  wrong usage
  3  an internal error`,
		RunE: func(cmd *cobra.Command, patterns []string) error {
			if err := eachMatches("", patterns, faultNames(), selectsFaults); err != nil {
				return err
			}
			broken, err := faults.Matching(patterns...)
			if err != nil {
				return err
			}
			width := 0
			for i := range broken {
				width = max(width, len(broken[i].Name))
			}
			started := time.Now()
			matrix, err := selftest.Measure(cmd.Context(), broken, func(r *selftest.Run) { p.showRun(r, width) })
			if err != nil {
				return err
			}
			if err := cmd.Context().Err(); err != nil {
				return errors.New("interrupted")
			}
			for _, problem := range matrix.Unkilled() {
				fmt.Fprintf(p.stdout, "✗ %s\n", problem)
			}
			problems := matrix.Problems()
			mark, exit := "✓", contract.Conformant
			if len(problems) > 0 {
				mark, exit = "✗", contract.Violated
			}
			fmt.Fprintf(p.stdout, "\n%s %s %s, in %v\n", mark, matrix.Summary(), report.Count(len(problems), "problem"), time.Since(started).Round(100*time.Millisecond))
			return exitError{exit}
		},
	}
}

// showRun prints a run in a line, and its problems below.
func (p *program) showRun(r *selftest.Run, width int) {
	mark := "✓"
	if len(r.Problems) > 0 {
		mark = "✗"
	}
	noticed := strings.Join(r.Noticed, ", ")
	if noticed == "" {
		noticed = "-"
	}
	fmt.Fprintf(p.stdout, "%s %-*s  %s\n", mark, width, r.Name(), noticed)
	for _, problem := range r.Problems {
		fmt.Fprintf(p.stdout, "    %s\n", p.redactor.Redact(problem))
	}
}
