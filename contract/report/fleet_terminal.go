package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/mattn/go-runewidth"

	"example.com/gitlab-agents/contract/internal/words"
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

// fleetTable has a row for each target that is not conformant, and a column with a mark for each subject. On a screen that is
// too narrow, a row names the subjects instead that have another mark than conformant ones.
func (t Terminal) fleetTable(b *bytes.Buffer, f *Fleet) {
	red := f.red()
	if len(red) == 0 {
		return
	}
	subjects, names := f.subjects(), 0
	for _, row := range red {
		names = max(names, runewidth.StringWidth(row.name))
	}
	columns := 0
	for i, s := range subjects {
		columns = max(columns, names+3+2*i+len(s))
	}
	if t.Width > 0 && columns > t.Width {
		t.fleetLines(b, red, subjects)
	} else {
		t.fleetRows(b, red, subjects, names)
	}
	if green := len(f.targets) - len(red); green == 1 {
		fmt.Fprintf(b, "%s and 1 target that conforms\n", t.paint(statusOfExit(0), "✓"))
	} else if green > 0 {
		fmt.Fprintf(b, "%s and %s that conform\n", t.paint(statusOfExit(0), "✓"), words.Count(green, "target"))
	}
	fmt.Fprintln(b)
}

// fleetRows writes the rows of the table. The verdict stands at the end if there is room.
func (t Terminal) fleetRows(b *bytes.Buffer, red []fleetRow, subjects []string, names int) {
	for i, s := range subjects { // each name hangs above its column
		fmt.Fprintf(b, "%s%s%s\n", strings.Repeat(" ", names+3), strings.Repeat("│ ", i), s)
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
		line := row.name + strings.Repeat(" ", names-runewidth.StringWidth(row.name)) + " " + strings.Join(marks, " ")
		if row.report == nil { // it has no marks
			line = row.name + strings.Repeat(" ", names-runewidth.StringWidth(row.name))
		}
		if whole := line + " " + row.verdict.Verdict; t.Width == 0 || runewidth.StringWidth(withoutColor(whole))+2 <= t.Width {
			line = whole
		}
		fmt.Fprintf(b, "%s %s\n", t.paint(row.status, row.status.mark), strings.TrimRight(line, " "))
	}
}

// fleetLines writes the rows as text.
func (t Terminal) fleetLines(b *bytes.Buffer, red []fleetRow, subjects []string) {
	for _, row := range red {
		var wrong []string
		for i, c := range row.cells {
			if c.status.name != "pass" && c.status.name != "untested" && c.status.mark != "" {
				wrong = append(wrong, subjects[i])
			}
		}
		text := row.verdict.Verdict
		if len(wrong) > 0 {
			text += " (" + strings.Join(wrong, ", ") + ")"
		}
		t.flowing(b, t.paint(row.status, row.status.mark)+" ", row.name+": "+text)
	}
}

// fleetTargets writes each target that is not conformant.
func (t Terminal) fleetTargets(b *bytes.Buffer, f *Fleet) {
	red := f.red()
	for i, row := range red {
		if i == maxFleetShown {
			fmt.Fprintf(b, "and %s; a JSON or HTML report has them all\n\n", words.Count(len(red)-i, "other target"))
			return
		}
		fmt.Fprintf(b, "%s %s  %s\n", t.paint(row.status, row.status.mark), row.name, row.url)
		for _, line := range row.lines() {
			t.hanging(b, "  ", line)
		}
		fmt.Fprintln(b)
		if t.Verbose && row.report != nil {
			t.causes(b, row.report)
		}
	}
}
