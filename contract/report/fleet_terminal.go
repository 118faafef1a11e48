package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/mattn/go-runewidth"
)

// maxFleetShown is how many targets that are not conformant are shown in full.
const maxFleetShown = 50

// WriteFleet writes what a person reads: the targets and subjects, what is common to many, each target that is not
// conformant, the verdict.
func (t Terminal) WriteFleet(w io.Writer, f *Fleet) error {
	var b bytes.Buffer
	if !t.Quiet {
		t.fleetTable(&b, f)
		for _, c := range f.common() {
			t.hanging(&b, "  ", c.line())
		}
		if len(f.common()) > 0 {
			fmt.Fprintln(&b)
		}
		t.fleetTargets(&b, f)
	}
	status := statusOfExit(f.Exit())
	t.hanging(&b, t.paint(status, status.mark)+" ", f.text()+".")
	_, err := w.Write(b.Bytes())
	return err
}

// fleetTable has a row for each target that is not conformant, and a column with a mark for each subject.
func (t Terminal) fleetTable(b *bytes.Buffer, f *Fleet) {
	red := f.red()
	if len(red) == 0 {
		return
	}
	subjects, width := f.subjects(), 0
	for _, row := range red {
		width = max(width, runewidth.StringWidth(row.name))
	}
	for i, s := range subjects { // each name hangs above its column
		fmt.Fprintf(b, "%s%s%s\n", strings.Repeat(" ", width+3), strings.Repeat("│ ", i), s)
	}
	for _, row := range red {
		var marks []string
		for _, c := range row.cells {
			mark := " "
			if c.status.mark != "" {
				mark = t.paint(c.status, c.status.mark)
			}
			marks = append(marks, mark)
		}
		padding := strings.Repeat(" ", width-runewidth.StringWidth(row.name))
		fmt.Fprintf(b, "%s %s%s %s %s\n", t.paint(row.status, row.status.mark), row.name, padding, strings.Join(marks, " "), row.verdict.Verdict)
	}
	if green := len(f.targets) - len(red); green > 0 {
		fmt.Fprintf(b, "%s and %s that conform\n", t.paint(statusOfExit(0), "✓"), Count(green, "target"))
	}
	fmt.Fprintln(b)
}

// fleetTargets writes each target that is not conformant.
func (t Terminal) fleetTargets(b *bytes.Buffer, f *Fleet) {
	red := f.red()
	for i, row := range red {
		if i == maxFleetShown {
			fmt.Fprintf(b, "and %s; a JSON or HTML report has them all\n\n", Count(len(red)-i, "other target"))
			return
		}
		fmt.Fprintf(b, "%s %s  %s\n", t.paint(row.status, row.status.mark), row.name, row.url)
		for _, line := range row.verdict.Lines {
			t.hanging(b, "  ", line)
		}
		for _, line := range row.left {
			t.hanging(b, "  ", "Left behind: "+line)
		}
		fmt.Fprintln(b)
		if t.Verbose && row.report != nil {
			t.causes(b, row.report)
		}
	}
}
