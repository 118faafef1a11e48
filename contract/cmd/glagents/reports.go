package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"example.com/gitlab-agents/contract/report"
)

// reports is the flag --report: which reports to write where.
type reports []reportFile

type reportFile struct {
	format report.Format
	name   string // its format's
	path   string // "-" is standard output
}

// Set takes FORMAT=FILE.
func (r *reports) Set(value string) error {
	name, path, ok := strings.Cut(value, "=")
	if !ok || path == "" {
		return fmt.Errorf("a report is FORMAT=FILE, with one of the formats %s", strings.Join(report.Names(), ", "))
	}
	format, err := report.Named(name)
	if err != nil {
		return err
	}
	for _, other := range *r {
		if other.path == path || path != "-" && filepath.Clean(other.path) == filepath.Clean(path) {
			return fmt.Errorf("two reports go to %q", path)
		}
	}
	*r = append(*r, reportFile{format, name, path})
	return nil
}

// flag declares --report.
func (r *reports) flag(cmd *cobra.Command) {
	cmd.Flags().Var(r, "report", "also write a report: "+strings.Join(report.Names(), ", ")+"; repeatable, - is standard output")
	_ = cmd.RegisterFlagCompletionFunc("report", completeReports)
}

// String is empty: by default no report is written.
func (r *reports) String() string { return "" }

// Type is how help texts show the value.
func (r *reports) Type() string { return "FORMAT=FILE" }

// check finds out, before the work, whether the reports can be written.
func (r reports) check() error {
	for _, f := range r {
		if f.path == "-" {
			continue
		}
		if info, err := os.Stat(f.path); err == nil && info.IsDir() {
			return usageError{fmt.Sprintf("--report %s: %s is a directory", f.name, f.path)}
		}
		if info, err := os.Stat(filepath.Dir(f.path)); err != nil || !info.IsDir() {
			return usageError{fmt.Sprintf("--report %s: there is no directory %s", f.name, filepath.Dir(f.path))}
		}
	}
	return nil
}

// toStdout says whether a report goes to standard output, so that nothing else may.
func (r reports) toStdout() bool {
	for _, f := range r {
		if f.path == "-" {
			return true
		}
	}
	return false
}

// write writes the reports. It tries all of them, and returns the first error.
func (r reports) write(stdout io.Writer, content *report.Report) error {
	return r.writeWith(stdout, func(i int, w io.Writer) error { return r[i].format.Write(w, content) })
}

// writeWith has each report written to its place. It tries all of them, and returns the first error.
func (r reports) writeWith(stdout io.Writer, write func(i int, w io.Writer) error) (first error) {
	for i, f := range r {
		var err error
		if f.path == "-" {
			err = write(i, stdout)
		} else {
			err = writeFile(f.path, func(w io.Writer) error { return write(i, w) })
		}
		if err != nil && first == nil {
			first = fmt.Errorf("the %s report is not written: %w", f.name, err)
		}
	}
	return first
}

// writeFile replaces a file at once: a reader sees the old one or the whole new one. A device or a named pipe is written to
// as it is.
func writeFile(path string, write func(io.Writer) error) (err error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // the link stays
	}
	mode := fs.FileMode(0o666) // less the umask
	switch info, err := os.Stat(path); {
	case err == nil && !info.Mode().IsRegular():
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		if err := write(f); err != nil {
			f.Close()
			return err
		}
		return f.Close()
	case err == nil:
		mode = info.Mode().Perm()
	}

	temporary := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%d.tmp", filepath.Base(path), os.Getpid()))
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(temporary)
		}
	}()
	if err := write(f); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}
