package rack

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// parseInteger reads a text as Ruby's Integer(text, 10) does: it accepts spaces around the number, a sign, 0d in front
// and single underscores between digits.
func parseInteger(text string) (*big.Int, bool) {
	text = strings.Trim(text, " \t\n\v\f\r")
	negative := false
	if text != "" && (text[0] == '+' || text[0] == '-') {
		negative = text[0] == '-'
		text = text[1:]
	}
	if len(text) > 2 && text[0] == '0' && (text[1] == 'd' || text[1] == 'D') {
		text = text[2:]
	}
	digits := make([]byte, 0, len(text))
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			digits = append(digits, c)
		case c == '_' && i > 0 && text[i-1] != '_' && i < len(text)-1:
		default:
			return nil, false
		}
	}
	if len(digits) == 0 {
		return nil, false
	}
	n, ok := new(big.Int).SetString(string(digits), 10)
	if ok && negative {
		n.Neg(n)
	}
	return n, ok
}

// LeadingInteger reads the integer at the beginning of a text, as Ruby's String#to_i does. It reports whether there is
// one that fits.
func LeadingInteger(text string) (int64, bool) {
	text = strings.TrimLeft(text, " \t\n\v\f\r")
	end := 0
	if end < len(text) && (text[end] == '-' || text[end] == '+') {
		end++
	}
	for end < len(text) && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	n, err := strconv.ParseInt(text[:end], 10, 64)
	return n, err == nil
}

// IsIntegerLine reports whether a line of the text is a whole number, as Ruby's /^-?\d+$/ does.
func IsIntegerLine(text string) bool {
	for line := range strings.SplitSeq(text, "\n") {
		digits := strings.TrimPrefix(line, "-")
		if digits != "" && strings.Trim(digits, "0123456789") == "" {
			return true
		}
	}
	return false
}

// numberText prints a JSON number as Ruby's to_s does.
func numberText(n json.Number) string {
	text := n.String()
	if !strings.ContainsAny(text, ".eE") {
		if text == "-0" {
			return "0"
		}
		return text
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil { // beyond what a float can hold
		if strings.HasPrefix(text, "-") {
			return "-Infinity"
		}
		return "Infinity"
	}
	digits := strconv.FormatFloat(f, 'e', -1, 64)
	mantissa, exponent, _ := strings.Cut(digits, "e")
	if e, _ := strconv.Atoi(exponent); e < -4 || e >= 15 {
		if !strings.Contains(mantissa, ".") {
			mantissa += ".0"
		}
		return mantissa + "e" + exponent
	}
	decimal := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(decimal, ".") {
		decimal += ".0"
	}
	return decimal
}

// numberInteger makes a JSON number whole as Ruby's Integer(number) does: it cuts off the fraction.
func numberInteger(n json.Number) (*big.Int, bool) {
	if whole, ok := new(big.Int).SetString(n.String(), 10); ok {
		return whole, true
	}
	f, err := strconv.ParseFloat(n.String(), 64)
	if err != nil {
		return nil, false
	}
	whole, _ := big.NewFloat(f).Int(nil)
	return whole, true
}

// Inspect prints a parameter inside a text as Ruby does: a string as it is, a container in Ruby's notation.
func Inspect(value any) string {
	switch value := value.(type) {
	case []any:
		elements := make([]string, len(value))
		for i, element := range value {
			elements[i] = Inspect(element)
			if text, ok := element.(string); ok {
				elements[i] = strconv.Quote(text)
			}
		}
		return "[" + strings.Join(elements, ", ") + "]"
	case nil:
		return ""
	case json.Number:
		return numberText(value)
	}
	return fmt.Sprint(value)
}
