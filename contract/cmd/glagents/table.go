package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/mattn/go-runewidth"

	"example.com/gitlab-agents/contract/report"
)

// writeTable writes rows in columns. On a screen that is too narrow, the last cell of each row, a sentence, stands below the
// others. Without a screen, which is 0 columns wide, each row is one line.
func writeTable(w io.Writer, rows [][]string, screen int) error {
	var table strings.Builder
	columns := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(columns, strings.Join(row, "\t"))
	}
	if err := columns.Flush(); err != nil {
		return err
	}
	if screen == 0 || fits(table.String(), screen) {
		_, err := io.WriteString(w, table.String())
		return err
	}
	for _, row := range rows {
		last := len(row) - 1
		if _, err := fmt.Fprintln(w, strings.Join(row[:last], "  ")+"\n"+below(row[last], screen)); err != nil {
			return err
		}
	}
	return nil
}

func fits(text string, screen int) bool {
	for line := range strings.Lines(text) {
		if runewidth.StringWidth(strings.TrimSuffix(line, "\n")) > screen {
			return false
		}
	}
	return true
}

// hanging is a text that is broken into lines if it does not fit the screen. Further lines are indented by two columns more.
func hanging(text string, screen int) string {
	if screen == 0 || runewidth.StringWidth(text) <= screen {
		return text
	}
	whole := strings.TrimLeft(text, " ")
	indent := text[:len(text)-len(whole)]
	return indent + strings.ReplaceAll(report.Wrap(whole, max(20, screen-len(indent)-2)), "\n", "\n  "+indent)
}

// below is a text that stands indented below a line.
func below(text string, screen int) string {
	const indent = "    "
	if screen > 0 {
		text = report.Wrap(text, max(20, screen-len(indent)))
	}
	return indent + strings.ReplaceAll(text, "\n", "\n"+indent)
}
