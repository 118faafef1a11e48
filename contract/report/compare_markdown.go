package report

import (
	"bytes"
	"fmt"
	"io"
)

// WriteComparison writes a comparison as a comment for a merge request.
func (Markdown) WriteComparison(w io.Writer, c *Comparison) error {
	var b bytes.Buffer
	status, text := c.summary()
	fmt.Fprintf(&b, "## %s GitLab Agents API: %s\n\n", status.mark, escapeMarkdown(text))
	fmt.Fprintf(&b, "- old: %s\n- new: %s\n\n", escapeMarkdown(c.Old.String()), escapeMarkdown(c.New.String()))
	for _, s := range c.sections() {
		fmt.Fprintf(&b, "<details><summary>%s (%d)</summary>\n\n", s.title, len(s.lines))
		for _, l := range s.lines {
			if b.Len() > maxMarkdown {
				b.WriteString("- and more\n")
				break
			}
			fmt.Fprintf(&b, "- %s\n", escapeMarkdown(l.text))
			for _, below := range l.below {
				fmt.Fprintf(&b, "  - %s %s\n", below.label, codeSpan(below.text))
			}
		}
		b.WriteString("\n</details>\n\n")
	}
	_, err := w.Write(b.Bytes())
	return err
}
