package report

import (
	"fmt"
	"unicode/utf8"

	"example.com/gitlab-agents/contract/redact"
)

// Printable is a text from a server or a file as it can be shown; see [redact.Printable].
func Printable(s string) string { return redact.Printable(s) }

// printableLines likewise, but leaves line ends and tabs as they are.
func printableLines(s string) string { return redact.PrintableLines(s) }

// cut is a text, or its beginning if it is longer than limit bytes.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit] + " …"
}

// count is a number and what it counts.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
