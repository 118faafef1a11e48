package redact

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// The forms that a text has in a shell's command line. They stand here because the Redactor has to know each of them. A
// text in any of these forms is one line, is printable, and has no command of a CI runner in it.

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./=@%+-]+$`)

// Word is s as a shell word, quoted if it has to be.
func Word(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return Quoted(s)
}

// Quoted is s as a quoted shell word: '…', or $'…' if it holds what is not printable.
func Quoted(s string) string {
	if isPrintable(s) {
		return "'" + breakCommands(strings.ReplaceAll(s, "'", `'\''`), "''") + "'"
	}
	return "$'" + dollarQuoted(s) + "'"
}

// dollarQuoted is s as it stands in $'…'. Only escapes that every shell with such quotes knows are used.
func dollarQuoted(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\'' || r == '\\':
			b.WriteString(`\` + string(r))
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case isHarmless(r) && (r != utf8.RuneError || size > 1):
			b.WriteString(s[i : i+size])
		default:
			for _, c := range []byte(s[i : i+size]) {
				fmt.Fprintf(&b, `\%03o`, c)
			}
		}
		i += size
	}
	return breakCommands(b.String(), "'$'")
}

// DoubleQuoted is s as it stands between a shell's double quotes. An exclamation mark can't be escaped there, and
// interactive shells would replace it, so it is put between single quotes.
func DoubleQuoted(s string) string {
	quoted := doubleQuoted.Replace(s)
	if isPrintable(quoted) {
		return breakCommands(quoted, `""`)
	}
	var b strings.Builder
	for i := 0; i < len(quoted); {
		r, size := utf8.DecodeRuneInString(quoted[i:])
		if isHarmless(r) && (r != utf8.RuneError || size > 1) {
			b.WriteString(quoted[i : i+size])
		} else {
			b.WriteString(`"$'` + dollarQuoted(quoted[i:i+size]) + `'"`)
		}
		i += size
	}
	return breakCommands(b.String(), `""`)
}

var doubleQuoted = strings.NewReplacer("$", `\$`, "`", "\\`", `"`, `\"`, `\`, `\\`, "!", `"'!'"`)

// PrintfFormat is the format with which printf writes s, for texts that no argument can hold.
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
