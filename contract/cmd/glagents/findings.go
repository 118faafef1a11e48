package main

import (
	"fmt"
	"io"
	"sync"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/report"
)

// findings prints a line for each finding as it comes.
type findings struct {
	*program

	mu   sync.Mutex
	w    io.Writer
	said map[alike]int
}

// alike are findings of which a person needs to see only the first few.
type alike struct{ rule, operation, pointer string }

// maxAlike is how many findings that are alike are printed.
const maxAlike = 10

func (p *program) newFindings(w io.Writer) *findings {
	return &findings{program: p, w: w, said: make(map[alike]int)}
}

func (f *findings) print(found contract.Finding) {
	f.mu.Lock()
	defer f.mu.Unlock()
	like := alike{found.Rule, found.Operation, found.Pointer}
	f.said[like]++
	if f.said[like] > maxAlike {
		return
	}
	about := found.Actual
	if found.Pointer != "" {
		about = found.Pointer + " is " + about
	}
	line := fmt.Sprintf("%s %s: %s %s → %d: expected %s; actual %s", markOf(found), found.Rule,
		found.Evidence.Method, found.Evidence.URL, found.Evidence.Status, found.Expected, about)
	if f.said[like] == maxAlike {
		line += "; more like it are only in the report"
	}
	fmt.Fprintln(f.w, report.Printable(f.redactor.Redact(line)))
}

// markOf shows in a word how bad a finding is.
func markOf(f contract.Finding) string {
	switch f.Outcome {
	case contract.Violation:
		return "✗ " + f.Level.String()
	case contract.Error:
		return "! caller"
	case contract.Inconclusive:
		return "? inconclusive"
	}
	return "~ " + f.Outcome.String()
}
