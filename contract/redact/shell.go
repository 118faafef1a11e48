package redact

import (
	"fmt"
	"strings"
)

// The forms that a text has in a shell's command line. They stand here because the Redactor has to know each of them.

// DoubleQuoted is s as it stands between a shell's double quotes. An exclamation mark can't be escaped there, and
// interactive shells would replace it, so it is put between single quotes.
func DoubleQuoted(s string) string { return doubleQuoted.Replace(s) }

var doubleQuoted = strings.NewReplacer("$", `\$`, "`", "\\`", `"`, `\"`, `\`, `\\`, "!", `"'!'"`)

// PrintfFormat is the format with which printf writes s.
func PrintfFormat(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		switch {
		case c == '%':
			b.WriteString("%%")
		case c == '\\':
			b.WriteString(`\\`)
		case c < ' ' || c >= 0x7f:
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
