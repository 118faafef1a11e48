package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"example.com/gitlab-agents/contract/internal/words"
)

// WriteFleet writes a comment or an artifact: the table of targets and subjects, what is common, each target that is not
// conformant.
func (Markdown) WriteFleet(w io.Writer, f *Fleet) error {
	var b bytes.Buffer
	status := statusOfExit(f.Exit())
	fmt.Fprintf(&b, "## %s GitLab Agents API: %s\n\n", status.mark, f.text())
	markdownFleetTable(&b, f)
	for _, line := range f.commonLines() {
		fmt.Fprintf(&b, "- %s\n", escapeMarkdown(line))
	}
	if len(f.common()) > 0 {
		b.WriteString("\n")
	}
	red := f.red()
	for i, row := range red {
		if i == maxDetails || b.Len() > maxMarkdown {
			fmt.Fprintf(&b, "Not shown in full: %s.\n\n", words.Count(len(red)-i, "target"))
			break
		}
		markdownFleetTarget(&b, row)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// markdownFleetTable has a row for each target that is not conformant.
func markdownFleetTable(b *bytes.Buffer, f *Fleet) {
	red := f.red()
	if len(red) == 0 {
		return
	}
	b.WriteString("| | target | verdict |")
	for _, s := range f.subjects() {
		fmt.Fprintf(b, " %s |", escapeMarkdown(s))
	}
	b.WriteString("\n|:-:|:--|:--|" + strings.Repeat(":-:|", len(f.subjects())) + "\n")
	for _, row := range red {
		fmt.Fprintf(b, "| %s | %s | %s |", row.status.mark, escapeMarkdown(row.name), row.verdict.Verdict)
		for _, c := range row.cells {
			fmt.Fprintf(b, " %s |", c.status.mark)
		}
		b.WriteString("\n")
	}
	if green := len(f.targets) - len(red); green > 0 {
		fmt.Fprintf(b, "| ✓ | and %s | conformant |%s\n", words.Count(green, "other target"), strings.Repeat(" |", len(f.subjects())))
	}
	b.WriteString("\n")
}

// markdownFleetTarget is a target in full. It can be opened.
func markdownFleetTarget(b *bytes.Buffer, row fleetRow) {
	fmt.Fprintf(b, "<details><summary>%s %s: %s</summary>\n\n", row.status.mark, escapeMarkdown(row.name), escapeMarkdown(row.verdict.Verdict))
	for _, line := range row.lines() {
		fmt.Fprintf(b, "%s\n\n", escapeMarkdown(line))
	}
	if row.report != nil {
		causes := row.report.causes()
		markdownTable(b, causes)
		markdownDetails(b, row.report, causes)
	}
	b.WriteString("</details>\n\n")
}
