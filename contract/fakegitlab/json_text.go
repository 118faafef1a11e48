package fakegitlab

import (
	"time"
	"unicode/utf8"
)

const lowerHex = "0123456789abcdef"

// appendText appends a JSON string. Rails also escapes HTML's special characters and the two Unicode line separators.
// Grape, which writes errors, does not.
func appendText(b []byte, text string, rails bool) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' && !(rails && (c == '<' || c == '>' || c == '&')) {
				i++
				continue
			}
			b = append(b, text[start:i]...)
			switch c {
			case '"', '\\':
				b = append(b, '\\', c)
			case '\b':
				b = append(b, '\\', 'b')
			case '\f':
				b = append(b, '\\', 'f')
			case '\n':
				b = append(b, '\\', 'n')
			case '\r':
				b = append(b, '\\', 'r')
			case '\t':
				b = append(b, '\\', 't')
			default:
				b = append(b, '\\', 'u', '0', '0', lowerHex[c>>4], lowerHex[c&15])
			}
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(append(b, text[start:i]...), `\ufffd`...)
			start = i + size
		case rails && (r == '\u2028' || r == '\u2029'):
			b = append(append(b, text[start:i]...), `\u202`...)
			b = append(b, lowerHex[r&15])
			start = i + size
		}
		i += size
	}
	return append(append(b, text[start:]...), '"')
}

// appendOptional appends a JSON string or null.
func appendOptional(b []byte, text *string) []byte {
	if text == nil {
		return append(b, "null"...)
	}
	return appendText(b, *text, true)
}

// appendTime appends a time as Rails writes it, or null for the zero time.
func appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(b, "null"...)
	}
	return t.UTC().AppendFormat(b, `"2006-01-02T15:04:05.000Z"`)
}

// appendDate appends a day, or null for the zero time.
func appendDate(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(b, "null"...)
	}
	return t.AppendFormat(b, `"2006-01-02"`)
}

// appendTexts appends an array of JSON strings.
func appendTexts(b []byte, texts []string) []byte {
	b = append(b, '[')
	for i, text := range texts {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, text, true)
	}
	return append(b, ']')
}
