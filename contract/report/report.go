// Package report shows what a check, a recording or a watched client came to: on a terminal, and as files that other
// programs read. A format is one type that writes one [Report]. Some formats also write a [Fleet], the reports of many
// GitLabs, or what changed between two checks. No format writes a secret.
package report

import (
	"fmt"
	"io"
	"strings"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/redact"
)

// Report is a result, and what is needed to show it. It does not change once it is shown or written: what a finding looks
// like without secrets is found out once, for all formats. One goroutine at a time may use it.
type Report struct {
	Result *contract.Result
	// Files are the files that the findings come from, in the order of Result.Findings. They are nil if the exchanges
	// come from no file, or all from the one that Result.Target names.
	Files    []string
	Recorded bool // the exchanges come from files, so that their numbers tell where they are

	Fake bool // the target is the built-in fake, which ends with the check

	Journal string // the directory of the journal, if it is not the user's

	Unread  int    // entries of the files that could not be read
	Partial string // why not everything was judged, in half a sentence; empty if it was

	Strict   bool // a SHOULD counts like a MUST
	Redactor *redact.Redactor

	redacted []finding // the findings ready to be shown; nil until somebody asks for them
}

// Exit says how a command with this report ends. What was judged only in part is no success.
func (r *Report) Exit() contract.Exit {
	exit := r.Result.Exit(r.Strict)
	if exit == contract.Conformant && r.Partial != "" {
		return contract.TooLittle
	}
	return exit
}

// Format writes reports.
type Format interface {
	// Write writes a report. Its errors are those of w.
	Write(w io.Writer, r *Report) error
}

// formats are the formats that a command can be told to write to a file, by name.
var formats = []struct {
	name   string
	format Format
}{
	{"html", HTML{}},
	{"json", JSON{}},
	{"junit", JUnit{}},
	{"markdown", Markdown{}},
}

// Names are the names that [Named] knows.
func Names() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// ComparisonNames are the names of the formats that write comparisons.
func ComparisonNames() []string {
	var names []string
	for _, f := range formats {
		if _, ok := f.format.(ComparisonFormat); ok {
			names = append(names, f.name)
		}
	}
	return names
}

// Named is the format of that name. The error lists those that there are.
func Named(name string) (Format, error) {
	for _, f := range formats {
		if f.name == name {
			return f.format, nil
		}
	}
	return nil, fmt.Errorf("unknown report format %q: there are %s", name, strings.Join(Names(), ", "))
}
