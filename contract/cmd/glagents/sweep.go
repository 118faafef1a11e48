package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/internal/words"
	"example.com/gitlab-agents/contract/report"
)

// sweep is the command that removes what killed runs left behind.
type sweep struct {
	*program
	instance
	journal string
	list    bool
}

func (p *program) sweepCommand() *cobra.Command {
	s := &sweep{program: p}
	cmd := &cobra.Command{
		Use:   "sweep",
		Short: "Remove what killed checks left behind",
		Long: `Sweep removes what killed checks, and checks with --keep, left behind. It reads
the journal, in which each check notes what it is about to create, and deletes
the agents whose names contain the id of such a check, and nothing else. Checks
that are still running are left alone.

The GitLab and the token come from the same flags and variables as for check.

Exit status:
  0  nothing is left
  2  wrong usage or set-up
  3  something is left; it is listed`,
		Example: `  # What would be removed?
  glagents sweep --list

  glagents sweep --url https://gitlab.example.com`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.run(cmd.Context()) },
	}
	s.instance.flags(cmd)
	_ = cmd.Flags().MarkHidden("project") // the journal knows the projects
	cmd.Flags().StringVar(&s.journal, "journal", "", "the `DIRECTORY` of the journal (default: glagents in the user's cache directory)")
	cmd.Flags().BoolVar(&s.list, "list", false, "list what is in the journal, and remove nothing")
	return cmd
}

func (s *sweep) run(ctx context.Context) error {
	if _, err := os.Stat(s.journal); s.journal != "" && err != nil { // it may be mistyped
		s.complain(fmt.Sprintf("there is no journal at %s (--journal), so nothing is known of what checks left behind", s.journal))
		return nil
	}
	journal, err := openJournal(s.journal)
	if err != nil {
		return err
	}
	entries, unreadable := journal.Entries()
	for _, err := range unreadable {
		s.complain(journalProblem(err))
	}
	if len(entries) == 0 {
		place, err := journalPlace(s.journal)
		if err != nil {
			return err
		}
		fmt.Fprintln(s.stdout, hanging("Nothing is left behind: the journal in "+report.Printable(place)+" is empty.", width(s.stdout)))
		return s.unless(len(unreadable) == 0)
	}
	if s.list {
		s.showEntries(entries)
		return nil
	}
	s.fromEnvironment(s.program)
	if s.url == "" {
		return usageError{"--url is missing: `glagents sweep --list` shows where something was left"}
	}
	s.project = "any" // the journal knows better
	target, err := s.instance.target(s.program)
	if err != nil {
		return err
	}
	target.Transport = advising{target.Transport, s.caFile}
	swept, err := contract.Sweep(ctx, target, entries)
	if err != nil {
		var setup *contract.SetupError
		if errors.As(err, &setup) {
			s.complainOf(&setup.Problem)
			return exitError{contract.Usage}
		}
		return err
	}
	clean := len(unreadable) == 0
	for _, done := range swept {
		fmt.Fprintf(s.stdout, "Run %s: %s removed.\n", done.Entry.Run, words.Count(done.Removed, "agent"))
		for _, left := range done.Left {
			clean = false
			s.complain("left behind: " + left)
		}
	}
	if n := len(entries) - len(swept); n > 0 {
		fmt.Fprintf(s.stdout, "Checks of other GitLabs, or still running: %d; `glagents sweep --list` shows them.\n", n)
	}
	return s.unless(clean)
}

// showEntries prints what is in the journal, the oldest first.
func (s *sweep) showEntries(entries []*contract.Entry) {
	slices.SortStableFunc(entries, func(a, b *contract.Entry) int { return a.Started.Compare(b.Started) })
	for _, e := range entries {
		state := "it was killed, or kept what it created"
		if e.Running() {
			state = "it is still running"
		}
		line := fmt.Sprintf("Run %s of %s, %s, %s: %s.", e.Run, e.Started.Format("2006-01-02 15:04:05"), e.URL, strings.Join(e.Project, " and "), state)
		fmt.Fprintln(s.stdout, hanging(report.Printable(s.redactor.Redact(line)), width(s.stdout)))
	}
	fmt.Fprintln(s.stdout, "`glagents sweep --url URL` removes what checks left at that URL.")
}

// journalProblem is what is wrong with a file in the journal, which may be anybody's: nothing of it is quoted.
func journalProblem(err error) string {
	var wrong *time.ParseError
	if errors.As(err, &wrong) {
		file, _, _ := strings.Cut(err.Error(), ": ")
		return file + ": started is not a time"
	}
	return err.Error()
}

// unless ends the command with 3 unless all is well.
func (s *sweep) unless(well bool) error {
	if well {
		return nil
	}
	return exitError{contract.Failed}
}
