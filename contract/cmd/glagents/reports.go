package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

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

// String is the empty string: there are no reports unless somebody asks.
func (r *reports) String() string { return "" }

// Type is how help texts show the value.
func (r *reports) Type() string { return "FORMAT=FILE" }

// check finds out before the work is done whether the reports can be written after it.
func (r reports) check() error {
	for _, f := range r {
		if f.path == "-" {
			continue
		}
		if info, err := os.Stat(f.path); err == nil && info.IsDir() {
			return usageError{fmt.Sprintf("the %s report can't be written: %s is a directory", f.name, f.path)}
		}
		if info, err := os.Stat(filepath.Dir(f.path)); err != nil || !info.IsDir() {
			return fmt.Errorf("the %s report can't be written: there is no directory %s", f.name, filepath.Dir(f.path))
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

// include says whether a report of that format is asked for.
func (r reports) include(format string) bool {
	return slices.ContainsFunc(r, func(f reportFile) bool { return f.name == format })
}

// write writes the reports. It tries all of them, and returns the first error.
func (r reports) write(stdout io.Writer, content *report.Report) (first error) {
	for _, f := range r {
		var err error
		if f.path == "-" {
			err = f.format.Write(stdout, content)
		} else {
			err = writeFile(f.path, func(w io.Writer) error { return f.format.Write(w, content) })
		}
		if err != nil && first == nil {
			first = fmt.Errorf("the %s report is not written: %w", f.name, err)
		}
	}
	return first
}

// writeFile writes a file so that whoever looks sees the old one or the whole new one. What is no regular file, such as
// /dev/stderr or a named pipe, is written to as it is.
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
