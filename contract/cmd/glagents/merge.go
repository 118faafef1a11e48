package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"example.com/gitlab-agents/contract/report"
)

// merge is the command that joins JSON reports. It shows them as a check of many targets does.
type merge struct {
	check
}

func (p *program) mergeCommand() *cobra.Command {
	m := &merge{check{program: p}}
	cmd := &cobra.Command{
		Use:   "merge FILE.json…",
		Short: "Join JSON reports of many targets into one",
		Long: `Merge reads reports that "check --report json=FILE" wrote, of one target or of many
(--targets), and joins them into one report, as if all targets had been checked at
once. Use it after "parallel:" in a GitLab pipeline, or after an Indexed Job.

` + exitStatuses,
		Example: `  glagents merge share-*.json --report html=all.html --report junit=all.xml`,
		Args: arguments(func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("give one file or more: glagents merge FILE.json")
			}
			return nil
		}),
		RunE: func(_ *cobra.Command, args []string) error { return m.run(args) },
	}
	m.reports.flag(cmd)
	flags := cmd.Flags()
	flags.StringVar(&m.metrics, "metrics", "", "also write a `FILE` with metrics in Prometheus' text format")
	flags.BoolVarP(&m.verbose, "verbose", "v", false, "print each failure in full")
	flags.BoolVarP(&m.quiet, "quiet", "q", false, "print only the verdict")
	flags.BoolVar(&m.noColor, "no-color", false, "print without colors, like NO_COLOR in the environment")
	return cmd
}

func (m *merge) run(files []string) error {
	if err := errors.Join(m.reports.check(), m.checkMetrics()); err != nil {
		return err
	}
	all := &report.Fleet{}
	for _, file := range files {
		fleet, err := readFleet(file)
		if err != nil {
			return err
		}
		if err := all.Join(fleet); err != nil {
			return usageError{file + ": " + err.Error()}
		}
	}
	return m.showFleet(all, m.human())
}

// fileError is an error about a file, which it names once.
func fileError(path string, err error) error {
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
		err = failed.Err
	}
	return usageError{path + ": " + err.Error()}
}

// readFleet reads a JSON report. The error names the file.
func readFleet(path string) (*report.Fleet, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fileError(path, err)
	}
	fleet, err := report.ReadFleet(bytes.NewReader(data))
	if err != nil {
		return nil, usageError{path + ": " + err.Error()}
	}
	return fleet, nil
}
