package rack

import (
	"encoding/json"
	"math/big"
	"strconv"
)

// Parameter is a parameter that an endpoint declares in Grape's params block.
type Parameter struct {
	Name     string
	Text     bool // a String; else an Integer
	Required bool
	Fallback int64 // the value if it is absent or empty; 0 means no such value
	NotZero  bool
}

// Coerce replaces the parameter's value by one of its type: nil, a string, an int64 or a *big.Int. If it cannot, it
// returns what is wrong.
func (p *Parameter) Coerce(params Parameters) string {
	value, present := params[p.Name]
	if !present && p.Required {
		return "is missing"
	}
	if p.Text {
		text, ok := toText(value)
		if !ok {
			return "is invalid"
		}
		if present {
			params[p.Name] = text
		}
		return ""
	}
	number, ok := toInteger(value)
	if !ok {
		return "is invalid"
	}
	if number == nil && p.Fallback != 0 {
		number = p.Fallback
	}
	if p.NotZero && number == int64(0) {
		return "has a value not allowed"
	}
	params[p.Name] = number
	return ""
}

// toText makes a String of a value as Grape does. It keeps nil, prints numbers and booleans, and refuses arrays and
// hashes.
func toText(value any) (any, bool) {
	switch value := value.(type) {
	case nil, string:
		return value, true
	case bool:
		return strconv.FormatBool(value), true
	case json.Number:
		return numberText(value), true
	}
	return nil, false
}

// toInteger makes an Integer of a value as Grape does. The empty string becomes nil.
func toInteger(value any) (any, bool) {
	var (
		number *big.Int
		ok     bool
	)
	switch value := value.(type) {
	case nil:
		return nil, true
	case string:
		if value == "" {
			return nil, true
		}
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			return n, true
		}
		number, ok = parseInteger(value)
	case json.Number:
		number, ok = numberInteger(value)
	}
	if !ok {
		return nil, false
	}
	if number.IsInt64() {
		return number.Int64(), true
	}
	return number, true
}
