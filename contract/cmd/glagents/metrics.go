package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"example.com/gitlab-agents/contract/report"
)

// checkMetrics finds out, before the work, whether the file of --metrics can be written.
func (c *check) checkMetrics() error {
	if c.metrics == "" {
		return nil
	}
	if info, err := os.Stat(filepath.Dir(c.metrics)); err != nil || !info.IsDir() {
		return usageError{"--metrics: there is no directory " + filepath.Dir(c.metrics)}
	}
	if info, err := os.Stat(c.metrics); err == nil && info.IsDir() {
		return usageError{"--metrics: " + c.metrics + " is a directory"}
	}
	return nil
}

// writeMetrics replaces the file at once, as the textfile collector needs it. Without a path nothing is written.
func (p *program) writeMetrics(path string, fleet *report.Fleet) error {
	if path == "" {
		return nil
	}
	err := writeFile(path, func(w io.Writer) error {
		clean := p.redactor.Writer(w)
		if err := fleet.WriteMetrics(clean); err != nil {
			return err
		}
		return clean.Flush()
	})
	if err != nil {
		return fmt.Errorf("the metrics are not written: %w", err)
	}
	return nil
}

// writeOneMetrics writes the metrics of a check of one target, which is called by its URL.
func (p *program) writeOneMetrics(path string, r *report.Report) error {
	fleet := &report.Fleet{}
	if path != "" {
		fleet.Add(r.Result.Target, r)
	}
	return p.writeMetrics(path, fleet)
}
