package report

import (
	"bytes"
	"fmt"
	"io"
)

// WriteComparison writes what a person reads of a comparison.
func (t Terminal) WriteComparison(w io.Writer, c *Comparison) error {
	var b bytes.Buffer
	t.hanging(&b, "old  ", c.Old.String())
	t.hanging(&b, "new  ", c.New.String())
	fmt.Fprintln(&b)
	for _, s := range c.sections() {
		fmt.Fprintf(&b, "%s (%d)\n", s.title, len(s.lines))
		for _, l := range s.lines {
			t.hanging(&b, "  ", l.text)
			for _, below := range l.below {
				t.hanging(&b, "    "+below.prefix(), below.text)
			}
		}
		fmt.Fprintln(&b)
	}
	status, text := c.summary()
	t.hanging(&b, t.paint(status, status.mark)+" ", text)
	_, err := w.Write(b.Bytes())
	return err
}
