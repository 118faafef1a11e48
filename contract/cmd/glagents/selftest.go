package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"
	"github.com/spf13/cobra"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/faults"
	"example.com/gitlab-agents/contract/internal/words"
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
			names := len("healthy 14.10 ee")
			for i := range broken {
				names = max(names, len(broken[i].Name))
			}
			started := time.Now()
			matrix, err := selftest.Measure(cmd.Context(), broken, func(r *selftest.Run) { p.showRun(r, names) })
			if err != nil {
				return err
			}
			if err := cmd.Context().Err(); err != nil {
				return errors.New("interrupted")
			}
			return exitError{p.showMatrix(matrix, time.Since(started))}
		},
	}
}

// showRun prints a run in a line, and its problems below. The names of the faults have so many letters at most.
func (p *program) showRun(r *selftest.Run, names int) {
	mark := "✓"
	if len(r.Problems) > 0 {
		mark = "✗"
	}
	screen := width(p.stdout)
	name := fmt.Sprintf("%s %-*s", mark, names, r.Name())
	noticed := noticedIn(r)
	if line := name + "  " + noticed; screen == 0 || runewidth.StringWidth(line) <= screen {
		fmt.Fprintln(p.stdout, line)
	} else {
		fmt.Fprintln(p.stdout, strings.TrimSpace(name)+"\n"+below(noticed, screen))
	}
	for _, problem := range r.Problems {
		fmt.Fprintln(p.stdout, below(report.Printable(p.redactor.Redact(problem)), screen))
	}
}

// noticedIn says which rules noticed something.
func noticedIn(r *selftest.Run) string {
	switch noticed := strings.Join(r.Noticed, ", "); {
	case noticed == "":
		return "nothing was found"
	case r.Fault != nil && r.Fault.Verdict == faults.Drifts:
		return noticed + " (drift)"
	case r.Fault != nil && r.Fault.Verdict == faults.Obscures:
		return noticed + " (inconclusive)"
	default:
		return noticed
	}
}

// showMatrix prints what all runs came to.
func (p *program) showMatrix(matrix *selftest.Matrix, took time.Duration) contract.Exit {
	screen := width(p.stdout)
	fmt.Fprintln(p.stdout)
	for _, problem := range matrix.Unkilled() {
		fmt.Fprintln(p.stdout, "✗ "+problem)
	}
	verdict, exit := "✓ The suite notices what it claims", contract.Conformant
	if problems := len(matrix.Problems()); problems > 0 {
		verdict, exit = "✗ The suite does not do what it claims: "+words.Count(problems, "problem"), contract.Violated
	}
	fmt.Fprintf(p.stdout, "%s, in %s and %v.\n", verdict, words.Count(len(matrix.Healthy)+len(matrix.Broken), "run"), took.Round(100*time.Millisecond))
	lines := []string{matrix.Summary()}
	if all := len(faults.All()); len(matrix.Broken) < all {
		lines = append(lines, fmt.Sprintf("There are %d faults. Only all of them show whether every MUST is violated by one.", all))
	}
	for _, line := range lines {
		fmt.Fprintln(p.stdout, "  "+strings.ReplaceAll(report.Wrap(line, max(0, screen-2)), "\n", "\n  "))
	}
	return exit
}
