package redact

import (
	"html"
	"unicode/utf16"
	"unicode/utf8"
)

// isEscape says whether an escaped character may begin with c.
func isEscape(c byte) bool {
	return c == '%' || c == '\\' || c == '&' || c == '+' || c == '~' || c == '\''
}

// unescape returns what the escaped character at the beginning of text stands for, and how long it is: in a URL
// (%2F, and + for a space), in JSON (\u002f, \/), in HTML and XML (&#47;, &amp;), in a JSON pointer (~1) or between a
// shell's quotes (\$). The size is 0 if there is none. Cut says that the text ends where one may have begun.
//
// JSON's short escapes (\", \\, \n and the like) are patterns of their own; see textForms.
func unescape(text []byte) (s string, size int, cut bool) {
	switch text[0] {
	case '+':
		return " ", 1, false
	case '%':
		c, size, cut := hexDigits(text[1:], 2)
		if size == 0 {
			return "", 0, cut
		}
		return string([]byte{byte(c)}), 1 + size, false
	case '\\':
		return unescapeJSON(text)
	case '&':
		return unescapeHTML(text)
	case '~':
		switch {
		case len(text) == 1:
			return "", 0, true
		case text[1] == '0':
			return "~", 2, false
		case text[1] == '1':
			return "/", 2, false
		}
	case '\'':
		const quote = `'\''`
		if n := min(len(text), len(quote)); string(text[:n]) == quote[:n] {
			if n < len(quote) {
				return "", 0, true
			}
			return "'", n, false
		}
	}
	return "", 0, false
}

// maxBackslashes is how many backslashes may stand before an escape: JSON inside JSON has two, once more inside four.
const maxBackslashes = 4

func unescapeJSON(text []byte) (s string, size int, cut bool) {
	n := 1
	for n < len(text) && n < maxBackslashes && text[n] == '\\' {
		n++
	}
	switch {
	case n == len(text):
		return "", 0, true
	case text[n] == '/':
		return "/", n + 1, false
	case n == 1 && (text[n] == '$' || text[n] == '`'): // between a shell's double quotes
		return string(text[n]), n + 1, false
	case text[n] != 'u':
		return "", 0, false
	}
	r, size, cut := hexDigits(text[n+1:], 4)
	if size == 0 {
		return "", 0, cut
	}
	end := n + 5
	if !utf16.IsSurrogate(r) {
		return string(r), end, false
	}
	for i := range n + 1 { // the other half
		switch {
		case end+i == len(text):
			return "", 0, true
		case text[end+i] != text[i]:
			return "", 0, false
		}
	}
	low, size, cut := hexDigits(text[end+n+1:], 4)
	if r = utf16.DecodeRune(r, low); size == 0 || r == utf8.RuneError {
		return "", 0, cut
	}
	return string(r), 2 * end, false
}

// longestEntity is the length of the longest entity that is looked for. Those that HTML and XML writers use are shorter.
const longestEntity = 10

func unescapeHTML(text []byte) (s string, size int, cut bool) {
	for i, c := range text[1:] {
		switch {
		case i+2 > longestEntity:
			return "", 0, false
		case c == ';':
			entity := string(text[:i+2])
			if s = html.UnescapeString(entity); s == entity {
				return "", 0, false
			}
			return s, i + 2, false
		case c != '#' && !isAlphanumeric(c):
			return "", 0, false
		}
	}
	return "", 0, true
}

// hexDigits reads n hexadecimal digits. The size is n, or 0 if they are not there; cut says that they may have been.
func hexDigits(text []byte, n int) (value rune, size int, cut bool) {
	for i := range n {
		if i == len(text) {
			return 0, 0, true
		}
		c := text[i]
		if !inHex(c) {
			return 0, 0, false
		}
		if c |= 0x20; c >= 'a' { // letters in lower case; digits have the bit already
			c -= 'a' - '0' - 10
		}
		value = value<<4 | rune(c-'0')
	}
	return value, n, false
}
