package report

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"

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

// apart are texts with commas of their own, of which at most so many are listed.
func apart(texts []string, most int) string {
	if n := len(texts) - most; n > 0 {
		return fmt.Sprintf("%s; and %d more", strings.Join(texts[:most], "; "), n)
	}
	return strings.Join(texts, "; ")
}

// Wrap breaks a text into lines for a terminal of that width; see wrap.
func Wrap(text string, width int) string { return strings.Join(wrap(text, width), "\n") }

// wrap breaks a text into lines of at most width columns, at spaces. Words that are longer stay whole, so that they can be
// copied. Without a width it is one line.
func wrap(text string, width int) []string {
	if width <= 0 || runewidth.StringWidth(text) <= width {
		return []string{text}
	}
	var lines []string
	line, columns := "", 0
	for word := range strings.FieldsSeq(text) {
		w := runewidth.StringWidth(word)
		if line != "" && columns+1+w > width {
			lines = append(lines, line)
			line, columns = "", 0
		}
		if line != "" {
			line, columns = line+" ", columns+1
		}
		line, columns = line+word, columns+w
	}
	return append(lines, line)
}

// wrapAfter is wrap for a text whose first line stands after so many columns, and whose others are indented.
func wrapAfter(text string, after, indent, width int) []string {
	if width <= 0 || after+runewidth.StringWidth(text) <= width {
		return []string{text}
	}
	text = strings.Join(strings.Fields(text), " ") // as wrap does
	first := wrap(text, max(20, width-after))[0]
	rest := strings.TrimSpace(strings.TrimPrefix(text, first))
	if rest == "" {
		return []string{first}
	}
	return append([]string{first}, wrap(rest, max(20, width-indent))...)
}
