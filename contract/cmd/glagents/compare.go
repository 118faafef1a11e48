package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/report"
)

// compare is the command that compares two JSON reports.
type compare struct {
	*program
	reports reports
	noColor bool
}

func (p *program) compareCommand() *cobra.Command {
	c := &compare{program: p}
	cmd := &cobra.Command{
		Use:   "compare OLD.json NEW.json",
		Short: "Compare two JSON reports, as of an upgrade",
		Long: `Compare reads two reports that --report json=FILE wrote, and says which rules are
newly violated, which are fixed, which were not tested to the end any more, which
answers are new or gone, and which operations became slower or faster.

Exit status:
  0  nothing got worse
  1  something got worse: a rule is newly violated, or the verdict was
     conformant and no longer is
  2  wrong usage`,
		Example: `  glagents check --report json=before.json
  # … upgrade GitLab …
  glagents check --report json=after.json
  glagents compare before.json after.json --report markdown=changes.md`,
		Args: arguments(func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return errors.New("give two files: glagents compare OLD.json NEW.json")
			}
			return nil
		}),
		RunE: func(_ *cobra.Command, args []string) error { return c.run(args[0], args[1]) },
	}
	c.reports.flag(cmd)
	cmd.Flag("report").Usage = "also write the comparison: " + strings.Join(report.ComparisonNames(), ", ") + "; repeatable, - is standard output"
	cmd.Flags().BoolVar(&c.noColor, "no-color", false, "print without colors, like NO_COLOR in the environment")
	return cmd
}

func (c *compare) run(before, after string) error {
	formats, err := c.formats()
	if err != nil {
		return err
	}
	if err := c.reports.check(); err != nil {
		return err
	}
	comparison, err := compareFiles(before, after)
	if err != nil {
		return err
	}
	human := io.Writer(c.stdout)
	if c.reports.toStdout() {
		human = c.stderr
	}
	human = c.redactor.Writer(human) // the files may be anybody's
	failed := c.reports.writeWith(c.stdout, func(i int, w io.Writer) error {
		redacted := c.redactor.Writer(w)
		return errors.Join(formats[i].WriteComparison(redacted, comparison), redacted.Flush())
	})
	terminal := report.Terminal{Color: c.colored(c.stdout, c.noColor), Width: width(c.stdout)}
	if err := terminal.WriteComparison(human, comparison); err != nil {
		return err
	}
	if err := human.(interface{ Flush() error }).Flush(); err != nil {
		return err
	}
	switch {
	case failed != nil:
		return failed
	case comparison.Worse:
		return exitError{contract.Violated}
	}
	return nil
}

// formats are the formats of the reports. Not every format writes comparisons.
func (c *compare) formats() ([]report.ComparisonFormat, error) {
	var formats []report.ComparisonFormat
	for _, f := range c.reports {
		format, ok := f.format.(report.ComparisonFormat)
		if !ok {
			return nil, usageError{fmt.Sprintf("--report: a comparison cannot be written as %s: there are %s", f.name, strings.Join(report.ComparisonNames(), ", "))}
		}
		formats = append(formats, format)
	}
	return formats, nil
}

func compareFiles(before, after string) (*report.Comparison, error) {
	old, err := readFleet(before)
	if err != nil {
		return nil, err
	}
	new, err := readFleet(after)
	if err != nil {
		return nil, err
	}
	comparison, err := report.CompareFleets(old, new)
	if err != nil {
		return nil, usageError{fmt.Sprintf("%s and %s cannot be compared: %v", before, after, err)}
	}
	return comparison, nil
}
