package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/mattn/go-runewidth"

	"example.com/gitlab-agents/contract/internal/words"
)

// Terminal writes what a person reads: the results by subject, what is wrong, the summary, the verdict.
type Terminal struct {
	Color   bool // with ANSI colours
	Verbose bool // with each cell of the coverage that was not seen
	Quiet   bool // the verdict only
	Width   int  // in columns; 0 means that nothing is wrapped
}

// maxShown is how many causes a terminal shows.
const maxShown = 100

// Write writes a report.
func (t Terminal) Write(w io.Writer, r *Report) error {
	var b bytes.Buffer
	if !t.Quiet {
		t.subjects(&b, r)
		t.causes(&b, r)
		t.errors(&b, r)
		t.summary(&b, r)
	}
	t.verdict(&b, r)
	_, err := w.Write(b.Bytes())
	return err
}

// subjects writes a line for each subject, with how many of its rules came to what.
func (t Terminal) subjects(b *bytes.Buffer, r *Report) {
	for _, s := range r.subjects() {
		t.hanging(b, fmt.Sprintf("%s  %-16s ", t.paint(s.worst, s.worst.mark), s.name), strings.Join(s.counts, ", "))
	}
	fmt.Fprintln(b)
}

// causes writes what was found, the most fundamental first.
func (t Terminal) causes(b *bytes.Buffer, r *Report) {
	causes := r.causes()
	if preamble := r.preamble(); preamble != "" {
		t.hanging(b, "", r.howToRepeat())
		fmt.Fprintf(b, "%s\n\n", preamble)
	}
	for i := range causes[:min(len(causes), maxShown)] {
		t.failure(b, r, causes[i].first())
		others, more := causes[i].others()
		for _, f := range others {
			t.consequence(b, f)
		}
		if more > 0 {
			fmt.Fprintf(b, "  and %s of the same cause\n\n", words.Count(more, "other failure"))
		}
	}
	if n := len(causes) - maxShown; n > 0 {
		fmt.Fprintf(b, "and %s; a JSON report has them all\n\n", words.Count(n, "other failure"))
	}
}

// failure writes a failure in full, with its story.
func (t Terminal) failure(b *bytes.Buffer, r *Report, f *failure) {
	t.hanging(b, t.paint(f.status(), f.status().mark)+" ", f.title())
	for _, l := range r.lines(f) {
		if l.isCommand() {
			fmt.Fprintln(b, "    "+l.String())
			continue
		}
		t.hanging(b, "    "+l.prefix(), l.text)
	}
	if story := script(f.found[0].Story); len(story) > 0 {
		t.hanging(b, "    "+line{label: "story"}.prefix(), told(&f.found[0]))
		for _, command := range story {
			fmt.Fprintln(b, "      "+command)
		}
	}
	fmt.Fprintln(b)
}

// consequence writes a failure that seems to have the same cause as the one before, in short.
func (t Terminal) consequence(b *bytes.Buffer, f *failure) {
	t.hanging(b, "  "+t.paint(f.status(), f.status().mark)+" ", f.title()+"  seems to have the same cause")
	for _, l := range f.short() {
		t.hanging(b, "      "+l.prefix(), l.text)
	}
	fmt.Fprintln(b)
}

// errors writes what our own faults spoiled, in full: somebody has to report them.
func (t Terminal) errors(b *bytes.Buffer, r *Report) {
	for _, e := range r.internalErrors() {
		fmt.Fprintf(b, "%s  %s\n\n", t.paint(e.status, e.status.mark+" "+e.rule), e.text)
	}
}

func (t Terminal) summary(b *bytes.Buffer, r *Report) {
	for _, f := range r.facts() {
		t.hanging(b, fmt.Sprintf("%-10s", f.label), f.text)
	}
	fmt.Fprintln(b)
	for _, l := range r.table().lines(t.Width - 4) {
		fmt.Fprintln(b, strings.TrimRight("    "+l, " "))
	}
	fmt.Fprintf(b, "    %s not seen   ! not in the document\n\n", unseen)
	if t.Verbose {
		for _, gap := range r.gaps() {
			t.hanging(b, "    not seen  ", gap)
		}
		fmt.Fprintln(b)
	}
}

// verdict writes the verdict; what was left behind is its last line.
func (t Terminal) verdict(b *bytes.Buffer, r *Report) {
	v := r.verdict()
	t.flowing(b, t.paint(v.status, v.status.mark+" "+v.short+":")+" ", v.holds)
	for _, l := range v.lines()[1:] {
		t.flowing(b, "  ", l)
	}
}

// hanging writes a text after a prefix. Its further lines stand below where it began.
func (t Terminal) hanging(b *bytes.Buffer, prefix, text string) {
	indent := runewidth.StringWidth(withoutColor(prefix))
	width := 0
	if t.Width > 0 {
		width = max(20, t.Width-indent)
	}
	writeLines(b, prefix, indent, wrap(text, width))
}

// flowing writes a text after a prefix. Its further lines stand two columns in.
func (t Terminal) flowing(b *bytes.Buffer, prefix, text string) {
	writeLines(b, prefix, 2, wrapAfter(text, runewidth.StringWidth(withoutColor(prefix)), 2, t.Width))
}

// writeLines writes lines, the first after a prefix, and the others indented.
func writeLines(b *bytes.Buffer, prefix string, indent int, lines []string) {
	for i, l := range lines {
		if i > 0 {
			prefix = strings.Repeat(" ", indent)
		}
		fmt.Fprintln(b, strings.TrimRight(prefix+l, " "))
	}
}

// paint is text in the colour of a status.
func (t Terminal) paint(s status, text string) string {
	if !t.Color {
		return text
	}
	color := map[string]string{
		"pass": "32", "violation": "31;1", "error": "35", "inconclusive": "33", "drift": "36", "untested": "2",
	}[s.name]
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

// withoutColor is text without what paint adds.
func withoutColor(s string) string {
	for {
		before, after, ok := strings.Cut(s, "\x1b[")
		if !ok {
			return s
		}
		_, after, _ = strings.Cut(after, "m")
		s = before + after
	}
}
