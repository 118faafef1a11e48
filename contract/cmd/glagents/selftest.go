package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/faults"
	"example.com/gitlab-agents/contract/selftest"
)

func (p *program) selftestCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "selftest [PATTERN…]",
		Short: "Show that the suite notices what it claims to",
		Long: `Selftest runs the suite against the built-in fake GitLab: the healthy one in
every release and edition in which something changed, which has to be green, and
one for each fault that glagents faults lists. Each of the rules that claim a
fault has to notice it, no unrelated rule may be set off, and each rule that says
MUST has to be killed by a fault. What was there before a run has to be as it
was, and what the run made has to be gone.

A PATTERN such as 'secret-*' runs those faults only, and says nothing about rules
that none of them kills. The whole matrix is in contract/FORCE.md.

Exit status: 0 if all is as it has to be, 1 if not, 2 if the command was used
wrongly, 3 for an error of its own.`,
		RunE: func(cmd *cobra.Command, patterns []string) error {
			broken, err := faults.Matching(patterns...)
			if err != nil {
				return usageError{err.Error()}
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
			fmt.Fprintf(p.stdout, "\n%s %s %d problems, in %v\n", mark, matrix.Summary(), len(problems), time.Since(started).Round(100*time.Millisecond))
			return exitError{exit}
		},
	}
}

// showRun prints a run in a line, and what is not as it has to be below.
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
